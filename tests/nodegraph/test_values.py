"""Values in hand: what is given out cannot be spoilt, and what was spoilt is not given out."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from nodegraph import PortType
from nodegraph.cache import Cache, prepare
from nodegraph.types import ANY, FILE, INT, TEXT


def put(cache: Cache, type: PortType, value: Any) -> bytes:
    """Store and keep a value; its digest."""
    prepared = prepare(type, value)
    cache.store(type, prepared, 1.0)
    cache.keep(type, prepared, 1.0)
    return prepared.digest


def refuse(plain: Any) -> Any:
    raise ZeroDivisionError("on purpose")


@pytest.mark.parametrize("text", ["x.txt", "long" * 100])
@pytest.mark.parametrize("order", [(TEXT, FILE), (FILE, TEXT)])
def test_two_types_with_equal_digests_never_share_a_live_value(text, order):
    values = {TEXT: text, FILE: Path(text)}
    with Cache() as cache:
        first, second = order
        digest = put(cache, first, values[first])
        assert digest == put(cache, second, values[second])
        for type in (TEXT, FILE, TEXT):
            value = cache.value(type, digest)
            assert value.__class__ is values[type].__class__ and value == values[type]


def test_types_that_change_nothing_share_their_live_values():
    one, other = PortType("One"), PortType("Other")
    assert one.natural and INT.natural and not FILE.natural
    with Cache() as cache:
        digest = put(cache, one, torch.ones(1000))
        assert cache.value(one, digest) is cache.value(other, digest)


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("disk", [False, True])
def test_a_value_that_its_type_does_not_take_back_is_damaged_and_said_once(tmp_path, size, disk):
    warnings = []
    with Cache(tmp_path if disk else None, warn=warnings.append) as cache:
        digest = put(cache, TEXT, "x" * size)
        cache.commit()
        broken = PortType("Broken", restore=refuse)
        for _ in range(2):
            with pytest.raises(KeyError) as caught:
                cache.value(broken, digest)
            assert type(caught.value) is KeyError
        assert not cache.has(digest)
        (warning,) = warnings
        assert "cannot be read as Broken (ZeroDivisionError: on purpose)" in warning and "made again" in warning


def test_every_damaged_item_of_a_list_is_a_key_error(tmp_path):
    warnings = []
    with Cache(tmp_path) as cache:
        digests = [put(cache, ANY, torch.full((100,), float(i))) for i in range(3)]
    for path in tmp_path.glob("objects/*/*"):
        path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    with Cache(tmp_path, warn=warnings.append) as cache:
        for digest in digests:
            with pytest.raises(KeyError):
                cache.value(ANY, digest)
        assert len(warnings) == 3 and not any(map(cache.has, digests))


@pytest.mark.parametrize("change", [lambda t: t.mul_(100), lambda t: t[3:5].zero_(), lambda t: t.detach().add_(1)])
@pytest.mark.parametrize("disk", [False, True])
def test_a_tensor_that_was_changed_in_place_is_no_longer_the_value_of_its_name(tmp_path, change, disk):
    warnings = []
    with Cache(tmp_path if disk else None, warn=warnings.append) as cache:
        digest = put(cache, ANY, torch.ones(1000))
        change(cache.value(ANY, digest))
        if disk:
            assert torch.equal(cache.value(ANY, digest), torch.ones(1000))
        else:
            with pytest.raises(KeyError):
                cache.value(ANY, digest)
            digest = put(cache, ANY, torch.ones(1000))  # made again
        assert torch.equal(cache.value(ANY, digest), torch.ones(1000))
        assert [str(w) for w in warnings] == ["a remembered value was changed in place; it is read or made again"]


def test_a_tensor_that_is_changed_by_the_node_that_gave_it_is_noticed():
    with Cache() as cache:
        own = torch.ones(1000)
        digest = put(cache, ANY, {"tensor": own})
        own.add_(1)
        with pytest.raises(KeyError):
            cache.value(ANY, digest)


def test_an_array_cannot_be_changed_by_whoever_gave_it_nor_by_whoever_is_handed_it():
    with Cache() as cache:
        own = numpy.zeros(100)
        view = own[:90]
        view.flags.writeable = False
        digests = [put(cache, ANY, own), put(cache, ANY, view)]
        own[:] = 5
        for digest, size in zip(digests, (100, 90)):
            array = cache.value(ANY, digest)
            assert numpy.array_equal(array, numpy.zeros(size))
            with pytest.raises(ValueError, match="read-only"):
                array += 1


def test_an_array_that_nobody_can_write_to_is_not_copied():
    own = numpy.frombuffer(b"12345678" * 10)
    assert prepare(ANY, own).value.base is own.base
    fixed = numpy.ones(10)
    fixed.flags.writeable = False
    assert prepare(ANY, fixed).value is fixed


@pytest.mark.parametrize("value", [["a"], {"x": [1]}, ["long" * 100], ({"x": 1},), [torch.ones(5), "a"]])
@pytest.mark.parametrize("disk", [False, True])
def test_plain_data_that_can_be_changed_is_handed_out_fresh(tmp_path, value, disk):
    import copy

    whole = copy.deepcopy(value)
    with Cache(tmp_path if disk else None) as cache:
        digest = put(cache, ANY, value)
        holder = cache.value(ANY, digest)
        (holder[0] if isinstance(holder, tuple) else holder).clear()
        (value[0] if isinstance(value, tuple) else value).clear()
        again = cache.value(ANY, digest)
        assert repr(again) == repr(whole) and again is not holder


@pytest.mark.parametrize("value", [5, "text", "long" * 100, (1, ("a", None)), b"bytes"])
def test_plain_data_that_cannot_be_changed_is_handed_out_as_it_is(value):
    with Cache() as cache:
        digest = put(cache, ANY, value)
        assert cache.value(ANY, digest) is value


class Pair:
    def __init__(self, left, right):
        self.left, self.right = left, right


PAIR = PortType("Pair", flatten=lambda p: [p.left, p.right], restore=lambda plain: Pair(*plain))


@pytest.mark.parametrize("disk", [False, True])
def test_a_copy_can_be_changed_without_changing_what_is_remembered(tmp_path, disk):
    warnings = []
    with Cache(tmp_path if disk else None, warn=warnings.append) as cache:
        digest = put(cache, PAIR, Pair(torch.ones(100), numpy.ones(100)))
        plain = put(cache, ANY, {"words": ["a"]})
        for clear in range(2):
            mine = cache.copy(PAIR, digest)
            mine.left.zero_()
            mine.right[:] = 0
            mine.left = mine.right = None
            cache.copy(ANY, plain)["words"].append("b")
            kept = cache.value(PAIR, digest)
            assert float(kept.left.sum()) == float(kept.right.sum()) == 100
            assert cache.value(ANY, plain) == {"words": ["a"]}
            if disk:
                cache.memory.clear()
        assert not warnings
        with pytest.raises(KeyError):
            cache.copy(ANY, b"never seen")


def test_an_array_value_has_arrays_where_the_value_has_tensors(tmp_path):
    for clear in (False, True):
        with Cache(tmp_path) as cache:
            digest = put(cache, PAIR, Pair(torch.tensor([1.5, 2.5]), torch.tensor([True, False])))
            half = put(cache, ANY, torch.tensor([1.5], dtype=torch.bfloat16))
            if clear:
                cache.memory.clear()
            pair = cache.array_value(PAIR, digest)
            assert pair.left.dtype == numpy.float32 and pair.left.tolist() == [1.5, 2.5]
            assert pair.right.dtype == bool and pair.right.tolist() == [True, False]
            assert cache.array_value(ANY, half).dtype == torch.bfloat16, "numpy has no such dtype"


def test_an_array_value_is_read_from_disk_without_torch(tmp_path):
    with Cache(tmp_path) as cache:
        digest = put(cache, ANY, [torch.tensor([1.5, 2.5]), numpy.ones(2)])
    script = """
import sys
from nodegraph.cache import Cache
from nodegraph.types import ANY
with Cache(sys.argv[1]) as cache:
    one, other = cache.array_value(ANY, bytes.fromhex(sys.argv[2]))
print(one.tolist(), other.tolist(), "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script, tmp_path, digest.hex()], text=True, capture_output=True)
    assert (done.stdout, done.stderr) == ("[1.5, 2.5] [1.0, 1.0] False\n", "")


def test_an_int_of_any_length_has_a_name():
    with Cache() as cache:
        digest = put(cache, INT, 10 ** 4300)
        assert cache.value(INT, digest) == 10 ** 4300


def test_a_tensor_without_a_plain_layout_is_refused_in_a_sentence():
    with pytest.raises(TypeError, match="sparse_coo cannot be kept; make it dense"):
        prepare(ANY, torch.eye(3).to_sparse())
