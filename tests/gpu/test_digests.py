"""Names of tensors, made where the tensors are."""

import pytest
import torch

from nodegraph.digest import digest

from .ground import BIG, DEVICE, HAS_GPU, NAME, copies_to_host, device_only, on_gpu

pytestmark = on_gpu
LONG = (5 << 20) + 3 if HAS_GPU else 4099  # elements; on a device more than are hashed at a time


def some(dtype: torch.dtype, count: int) -> torch.Tensor:
    """Elements of every kind that the type has."""
    generator = torch.Generator().manual_seed(count)
    if dtype.is_complex:
        return torch.randn(count, dtype=dtype, generator=generator)
    if dtype.is_floating_point:
        return torch.randn(count, generator=generator).to(dtype)
    return torch.randint(0, 2 if dtype is torch.bool else 100, (count,), generator=generator).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64, torch.int64,
                                   torch.uint8, torch.bool, torch.complex64], ids=str)
def test_equal_bytes_have_one_name_on_host_and_device(dtype):
    for count in (0, 1, 3, 30, 61, 240, 241, 257, 1001, 1024, 1025, 4096, 16385, LONG):
        tensor = some(dtype, count)
        assert digest(tensor.to(DEVICE)) == digest(tensor), count


def test_a_part_that_begins_anywhere_has_the_name_of_its_bytes():
    data = torch.randint(0, 256, (70_000,), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    for start in (1, 3, 8, 1023):
        assert digest(data.to(DEVICE)[start:]) == digest(data[start:].clone()), start


def test_the_kernels_work_here_and_nothing_is_copied_to_be_named():
    from nodegraph.digest import _device_hash

    assert not HAS_GPU or _device_hash() is not None


VIEWS = {"turned": lambda t: t.T, "every other row": lambda t: t[::2], "a part": lambda t: t[:, 1:5],
         "repeated": lambda t: t.expand(2, 33, 40), "one element": lambda t: t[0, 0]}


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_named_by_what_it_shows(view):
    shown = VIEWS[view](torch.randn(33, 40).to(DEVICE))
    assert digest(shown) == digest(shown.clone())


def test_one_changed_bit_is_another_name():
    tensor = torch.zeros(LONG, dtype=torch.int32, device=DEVICE)
    names = {digest(tensor)}
    for place in (0, LONG // 2, LONG - 1):
        changed = tensor.clone()
        changed[place] = 1
        names.add(digest(changed))
    assert len(names) == 4


@device_only
def test_naming_a_tensor_brings_its_name_to_the_host_and_nothing_else(figure):
    tensor = torch.randn(BIG // 4, device=DEVICE)
    with copies_to_host() as copies:
        digest(tensor)
    figure("copied to the host", f"{sum(copies)} bytes of {tensor.nbytes >> 20} MiB")
    assert copies and sum(copies) <= NAME
