"""Names for content: the encoding keeps everything, confuses nothing, and tensors are named by their bits."""

from __future__ import annotations

import math
import struct

import numpy
import pytest
import torch
from hypothesis import assume, given, strategies as st

from nodegraph.digest import SIZE, ListDigest, decode, device_digest, digest, encode, tensor_digest

torch.set_num_threads(1)

HASHABLE = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.binary(max_size=20),
                     st.text(st.characters(exclude_categories=()), max_size=20),  # surrogates among them
                     st.integers(500, 700).map(lambda n: 10 ** n + 1), st.integers(4000, 5000).map(lambda n: -(10 ** n)))
PLAIN = st.recursive(HASHABLE, lambda inner: st.one_of(
    st.lists(inner, max_size=4), st.lists(inner, max_size=4).map(tuple),
    st.dictionaries(st.one_of(st.text(max_size=5), st.integers(), st.binary(max_size=3), st.none()), inner, max_size=4)))


def same(a, b) -> bool:
    """Equal in type and in every bit, but for the payload of NaN and the order of keys."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return math.isnan(a) and math.isnan(b) or struct.pack(">d", a) == struct.pack(">d", b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        if len(a) != len(b):
            return False
        other = {(type(key), key): value for key, value in b.items()}
        return all((type(key), key) in other and same(value, other[type(key), key]) for key, value in a.items())
    return a == b


@given(PLAIN)
def test_plain_data_survives_the_encoding_exactly(value):
    assert same(decode(encode(value)), value)


@given(PLAIN, PLAIN)
def test_two_values_share_an_encoding_only_if_they_are_the_same(a, b):
    assert (encode(a) == encode(b)) == same(a, b)


@pytest.mark.parametrize("a, b", [
    (1, 1.0), (1, True), (0, False), (0, None), ("1", 1), ("1", b"1"), ("", b""), ("", None), ([], ()), ([], {}), ([], None),
    ([1, [2]], [[1], 2]), ([[1, 2]], [1, 2]), (["ab"], ["a", "b"]), (0.0, -0.0), ([1, 2], [12]), ({"a": 1}, [["a", 1]]),
    ({1: 2}, {"1": 2}), ({1: 2, 3: 4}, {1: [2, 3], 4: None}), (10 ** 600, float("inf")), (2 ** 64, 0),
])
def test_what_looks_alike_is_told_apart(a, b):
    assert encode(a) != encode(b) and digest(a) != digest(b)


@given(st.dictionaries(st.text(max_size=5), st.integers(), min_size=2, max_size=6))
def test_the_order_of_keys_does_not_count(value):
    assert encode(value) == encode(dict(reversed(value.items())))


def test_every_nan_is_the_same_and_nesting_may_be_deep():
    assert encode(float("nan")) == encode(-float("nan"))
    deep = []
    for _ in range(20_000):
        deep = [deep]
    again = decode(encode(deep))
    for _ in range(20_000):
        assert len(again) == 1
        again, deep = again[0], deep[0]
    assert again == deep == []


@given(PLAIN, st.data())
def test_a_damaged_encoding_is_refused_or_means_something_else(value, data):
    code = encode(value)
    at = data.draw(st.integers(0, len(code) - 1))
    for broken in (code[:at], code + b"N", code[:at] + bytes([code[at] ^ data.draw(st.integers(1, 255))]) + code[at + 1:]):
        try:
            found = decode(broken)
        except ValueError:
            continue
        assert broken != code and not (broken in (code[:at], code + b"N") and same(found, value))


def test_what_is_not_plain_is_refused_by_name():
    for value, name in ((object(), "object"), ({1, 2}, "set"), (numpy.float32(1), "float32"), (1j, "complex"),
                        (numpy.array(["a"]), "ndarray"), ([{"a": object()}], "object")):
        with pytest.raises(TypeError, match=name):
            encode(value)


# ---- tensors

DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int8, torch.uint8, torch.int16, torch.int32,
          torch.int64, torch.bool, torch.complex64]


def ramp(count: int, dtype=torch.float32) -> torch.Tensor:
    return (torch.arange(count) % 2 if dtype is torch.bool else torch.arange(count)).to(dtype)


@pytest.mark.parametrize("name", [tensor_digest, device_digest])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_equal_tensors_have_one_name_however_they_lie_in_memory(name, dtype):
    plain = ramp(24, dtype).reshape(4, 6)
    strided = plain.T.contiguous().T
    assert not strided.is_contiguous()
    assert name(strided) == name(plain) == name(plain.clone()) and len(name(plain)) == SIZE
    assert name(plain[0, 1:]) == name(plain[0, 1:].clone()) != name(plain[0, :5])
    assert digest(plain) == digest(strided) != digest(plain.T)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_name_of_a_tensor_has_its_type_and_shape_in_it(dtype):
    shapes = [(), (1,), (1, 1), (0,), (0, 3), (3, 0)]
    tensors = [torch.zeros(shape, dtype=dtype) for shape in shapes]
    codes = {encode(t) for t in tensors} | {encode([0.0]), encode(b"\0" * 4)}
    assert len(codes) == len(shapes) + 2
    others = {encode(torch.zeros(4, dtype=other)) for other in DTYPES}
    assert len(others) == len(DTYPES)


@pytest.mark.parametrize("fill", [0, 255, 77])
def test_every_single_bit_counts_on_a_device(fill):
    count = 19  # not a multiple of the words that are hashed
    data = torch.full((count,), fill, dtype=torch.uint8)
    names = {device_digest(data)}
    for bit in range(count * 8):
        changed = data.clone()
        changed[bit // 8] ^= 1 << bit % 8
        names.add(device_digest(changed))
    assert len(names) == count * 8 + 1


@given(st.lists(st.integers(-2 ** 31, 2 ** 31 - 1), min_size=2, max_size=12), st.data())
def test_every_place_counts_on_a_device(values, data):
    swapped = data.draw(st.permutations(values))
    assume(swapped != values)
    first, second = (torch.tensor(v, dtype=torch.int32) for v in (values, swapped))
    assert device_digest(first) != device_digest(second)


def test_zeros_of_different_length_differ_on_a_device():
    names = {device_digest(torch.zeros(count, dtype=torch.uint8)) for count in range(64)}
    assert len(names) == 64


def test_a_tensor_of_several_chunks_is_named_as_one(monkeypatch):
    import nodegraph.digest as module

    whole = device_digest(ramp(1000))
    monkeypatch.setattr(module, "_CHUNK", 64)
    assert device_digest(ramp(1000)) == whole


def test_lazy_conjugates_and_gradients_do_not_hide_the_content():
    z = torch.tensor([1 + 2j, 3 - 1j])
    assert digest(z.conj()) == digest(z.conj().resolve_conj()) != digest(z)
    assert digest(z.conj().imag) == digest(-z.imag)
    assert digest(torch.ones(3, requires_grad=True)) == digest(torch.ones(3))


def test_arrays_and_tensors_come_back_in_their_places():
    tensors: list = []
    first, second = torch.ones(2), numpy.zeros(3)
    code = encode({"b": [first, 1], "a": second}, tensors)
    assert decode(code, tensors) == {"b": [first, 1], "a": second}
    with pytest.raises(ValueError):
        decode(code, tensors[:1])


def test_a_list_is_named_by_its_items_in_order():
    one, two = digest(1), digest(2)
    assert ListDigest.of([one, two]) != ListDigest.of([two, one])
    assert ListDigest.of([]) != ListDigest.of([digest([])])
    assert ListDigest.of([one, two]).items == (one, two)
    assert len({ListDigest.of([]), ListDigest.of([one]), ListDigest.of([one, one])}) == 3


def test_names_stay_what_they_were():
    """The cache of an older release is read by a newer one: these never change without a new key format."""
    golden = {"a": [1, -2.5, None, True, b"x", (10 ** 700,)], "é": {}}
    assert digest(golden).hex() == "962d9d3e309a89c11b9b3c2e5b2b3224"
    assert device_digest(ramp(10)).hex() == "2ca228530b652e16ba4ff3130b86c9ed"
    assert tensor_digest(ramp(10)).hex() == "1b47c5ba539d8b7c8ee234ebc22ff21d"


# ---- Apple's graphics processor, of which there is none here

class Apple(torch.Tensor):
    """A tensor that says it is on mps, and notes that it was brought to the host."""

    brought = 0

    @property
    def device(self):
        return torch.device("mps")

    def cpu(self):
        Apple.brought += 1
        return self.as_subclass(torch.Tensor)


def test_a_tensor_on_mps_is_hashed_by_the_host_and_has_the_name_it_has_there():
    plain = torch.arange(999, dtype=torch.float32).reshape(27, 37)
    for tensor in (plain, plain.T, plain[::2], plain.to(torch.bfloat16), torch.zeros(0)):
        before = Apple.brought
        assert tensor_digest(tensor.as_subclass(Apple)) == tensor_digest(tensor)
        assert Apple.brought == before + 1
