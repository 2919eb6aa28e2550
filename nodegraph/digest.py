"""Names for content: one unambiguous encoding of plain data and tensors, and 128-bit digests of it.

`encode` is what is hashed and also what is stored, so a stored Value can be checked against its name.
Every item is a tag byte and, where its length varies, a length: no two different values share an encoding.

    N none   T/F true, false   i<decimal>;   I<n>:<two's complement, big endian>  beyond 600 digits
    d<8 bytes, IEEE 754 big endian>
    s<n>:<utf-8>   b<n>:<bytes>   l<n>:<items>  (list)   t<n>:<items>  (tuple)   m<n>:<key value ...>  (dict)
    X<kind><dtype>;<shape>;<content digest, 16 bytes>  a tensor (kind t: torch, n: numpy), kept apart

Tensors are hashed where they live, with XXH3-128 on the host and on CUDA devices, so that equal bytes have one name
and naming a tensor copies 64 bytes off the device and never the tensor. On Apple's mps, whose memory is the host's, the
host hashes a copy. Other accelerators add up integers (`device_digest`).
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import blake2b
from itertools import chain, repeat
from typing import Any, NamedTuple

SIZE = 16  # bytes in a digest
LONG = 1_000_000  # items; what comes to more is looked at for circles
_LARGE = 10 ** 600  # Python refuses to write much longer ints in decimal, at a length that each process may choose


class ListDigest(bytes):
    """The digest of a list of Values that still knows the digest of each item."""

    items: tuple[bytes, ...]

    @classmethod
    def of(cls, items: list[bytes] | tuple[bytes, ...]) -> ListDigest:
        """The name of the list whose items have these names, in this order."""
        self = cls(blake2b(b"L%d:" % len(items) + b"".join(items), digest_size=SIZE).digest())
        self.items = tuple(items)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return ListDigest.of, (self.items,)


def leaves(digest: bytes) -> Iterator[bytes]:
    """The digests of the Values in a list, lists inside it among them; of a Value, its own."""
    items = getattr(digest, "items", None)
    return iter((digest,)) if items is None else chain.from_iterable(map(leaves, items))


def digest_bytes(data: bytes) -> bytes:
    """BLAKE2b of some bytes, 16 bytes long (RFC 7693)."""
    return blake2b(data, digest_size=SIZE).digest()


def digest(value: Any) -> bytes:
    """The 16-byte name of a value made of plain data, tensors and arrays.

    Raises TypeError, naming the type, for anything else: a PortType's `flatten` turns it into these first.
    """
    return blake2b(encode(value), digest_size=SIZE).digest()


def encode(value: Any, tensors: list[Any] | None = None) -> bytes:
    """The canonical encoding. Tensors met on the way are appended to `tensors`; only their digests are inside."""
    kind = type(value)
    if kind is int:
        return b"i%d;" % value if -_LARGE < value < _LARGE else _encode_large(value)
    if kind is str:
        data = value.encode("utf-8", "surrogatepass")
        return b"s%d:%b" % (len(data), data)
    out: list[bytes] = []
    stack: list[Any]
    # An explicit stack: data nested ten thousand deep is no reason to fail.
    stack = [value]
    checked_at = LONG
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind is _Raw:
            out.append(item.data)
        elif kind is int:
            out.append(b"i%d;" % item if -_LARGE < item < _LARGE else _encode_large(item))
        elif kind is str:
            data = item.encode("utf-8", "surrogatepass")
            out.append(b"s%d:%b" % (len(data), data))
        elif kind is float:
            # One NaN: its payload carries no meaning. Zero keeps its sign.
            out.append(b"d" + struct.pack(">d", item if item == item else float("nan")))
        elif item is None:
            out.append(b"N")
        elif kind is bool:
            out.append(b"T" if item else b"F")
        elif kind is bytes:
            out.append(b"b%d:%b" % (len(item), item))
        elif kind is list or kind is tuple:
            out.append((b"l%d:" if kind is list else b"t%d:") % len(item))
            if len(out) > checked_at:
                _refuse_circles(value)
                checked_at = sys.maxsize
            stack.extend(reversed(item))
        elif kind is dict:
            out.append(b"m%d:" % len(item))
            if len(out) > checked_at:
                _refuse_circles(value)
                checked_at = sys.maxsize
            for key, inner in sorted(((encode(k), v) for k, v in item.items()), reverse=True, key=_first):
                stack.append(inner)
                stack.append(_Raw(key))
        else:
            out.append(_encode_array(item))
            if tensors is not None:
                tensors.append(item)
    return b"".join(out)


def _refuse_circles(value: Any) -> None:
    """Raise TypeError for a value that contains itself, whose encoding would have no end."""
    stack: list[tuple[Any, bool]] = [(value, False)]
    around: set[int] = set()
    while stack:
        item, leave = stack.pop()
        if leave:
            around.discard(id(item))
            continue
        if id(item) in around:
            raise TypeError(f"a {type(item).__name__} that contains itself has no end")
        if isinstance(item, (list, tuple, dict)):
            around.add(id(item))
            stack.append((item, True))
            stack.extend((inner, False) for inner in (item.values() if isinstance(item, dict) else item))


def _encode_large(value: int) -> bytes:
    size = value.bit_length() // 8 + 1
    return b"I%d:%b" % (size, value.to_bytes(size, "big", signed=True))


class _Raw:
    """Bytes that are already encoded, waiting their turn on the stack."""

    __slots__ = ("data",)

    def __init__(self, data: bytes):
        self.data = data


def _first(pair: tuple[bytes, Any]) -> bytes:
    return pair[0]


class Form(NamedTuple):
    """What an encoding tells of a tensor that it sets apart. kind: "t" of torch, "n" of numpy."""

    kind: str
    dtype: str
    shape: tuple[int, ...]


def forms(data: bytes) -> list[Form]:
    """The forms of the tensors that an encoding sets apart, in order. Raises ValueError as `decode` does."""
    apart: list[Form] = []
    _decoded(data, repeat(None), apart)
    return apart


def decode(data: bytes, tensors: list[Any] | None = None) -> Any:
    """The value that `encode` told of; `tensors` gives back, in order, those it set apart.

    Raises ValueError if the bytes are not a whole encoding.
    """
    return _decoded(data, iter(tensors or ()), [])


def _decoded(data: bytes, tensors: Iterator[Any], apart: list[Form]) -> Any:
    try:
        value, end = _decode(data, tensors, apart)
    except (IndexError, struct.error, UnicodeDecodeError, StopIteration, TypeError) as error:
        raise ValueError(f"not a whole encoding: {error}") from error
    if end != len(data):
        raise ValueError(f"{len(data) - end} bytes too many after an encoded value")
    return value


_SCALARS = {b"N": None, b"T": True, b"F": False}


def _decode(data: bytes, tensors: Iterator[Any], apart: list[Form]) -> tuple[Any, int]:
    at = 0
    value: Any
    open_lists: list[tuple[bytes, int, list[Any]]] = []  # containers still being filled: tag, size wanted, items
    while True:
        tag = data[at:at + 1]
        at += 1
        if tag in _SCALARS:
            value = _SCALARS[tag]
        elif tag == b"i":
            end = data.index(b";", at)
            value, at = int(data[at:end]), end + 1
        elif tag == b"d":
            value, at = struct.unpack_from(">d", data, at)[0], at + 8
        elif tag in (b"s", b"b", b"I"):
            end = data.index(b":", at)
            size, at = int(data[at:end]), end + 1
            raw = data[at:at + size]
            if size < 0 or len(raw) < size:
                raise IndexError("cut short")
            value, at = (raw.decode("utf-8", "surrogatepass") if tag == b"s" else
                         raw if tag == b"b" else int.from_bytes(raw, "big", signed=True)), at + size
        elif tag in (b"l", b"t", b"m"):
            end = data.index(b":", at)
            size, at = int(data[at:end]), end + 1
            open_lists.append((tag, size * (2 if tag == b"m" else 1), []))
            value = _UNFINISHED
        elif tag == b"X":
            middle = data.index(b";", at)
            end = data.index(b";", middle + 1)
            shape = tuple(map(int, data[middle + 1:end].split(b","))) if end > middle + 1 else ()
            apart.append(Form(data[at:at + 1].decode(), data[at + 1:middle].decode(), shape))
            value, at = next(tensors), end + 1 + SIZE
        else:
            raise ValueError(f"unknown tag {tag!r}")
        if value is not _UNFINISHED and open_lists:
            open_lists[-1][2].append(value)
        while open_lists and len(open_lists[-1][2]) == open_lists[-1][1]:
            tag, _, items = open_lists.pop()
            value = items if tag == b"l" else tuple(items) if tag == b"t" else dict(zip(items[::2], items[1::2]))
            if open_lists:
                open_lists[-1][2].append(value)
        if not open_lists:
            return value, at


_UNFINISHED = object()


def is_array(value: Any) -> bool:
    """Whether this is a numpy array, found out without importing numpy."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def plain(value: Any) -> Any:
    """Plain data in place of what counts as such: numbers and texts of numpy, arrays and tensors of no dimension, and
    classes of someone's own that are numbers or texts, also within lists, tuples and dicts. All else as it is.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list or kind is tuple:
        return kind([plain(item) for item in value])
    if kind is dict:
        return {plain(key): plain(item) for key, item in value.items()}
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic) or is_array(value) and not value.ndim:
        return value.item()
    if is_tensor(value) and not value.ndim:
        return value.item()
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return bytes(value)
    return next((base(value) for base in (int, float) if isinstance(value, base)), value)


_PLAIN = frozenset((str, int, float, bool, bytes, type(None)))


def is_tensor(value: Any) -> bool:
    """Whether this is a torch tensor, found out without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _encode_array(item: Any) -> bytes:
    if is_tensor(item):
        if item.layout is not sys.modules["torch"].strided:
            raise TypeError(f"a tensor of the layout {str(item.layout)[6:]} cannot be kept; make it dense first")
        shape = ",".join(map(str, item.shape))
        return b"Xt%b;%b;%b" % (str(item.dtype)[6:].encode(), shape.encode(), tensor_digest(item))
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(item, numpy.ndarray) and item.dtype.kind in "biufc":
        shape = ",".join(map(str, item.shape))
        return b"Xn%b;%b;%b" % (item.dtype.str.encode(), shape.encode(),
                                _host_digest(numpy.ascontiguousarray(item)))
    if numpy is not None and isinstance(item, numpy.generic):
        raise TypeError(f"a {type(item).__name__} from numpy is not plain data; turn it into a Python number")
    raise TypeError(f"a {type(item).__name__} is neither plain data nor a tensor")


def _host_digest(array: Any) -> bytes:
    import xxhash

    digest: bytes = xxhash.xxh3_128_digest(array.reshape(-1).view("uint8") if array.size else b"")
    return digest


def tensor_digest(tensor: Any) -> bytes:
    """The digest of a tensor's elements, computed on the device that holds it. 16 bytes."""
    tensor = tensor.detach().resolve_conj().resolve_neg()
    if tensor.device.type not in ("cpu", "cuda", "mps"):
        return device_digest(tensor)
    import torch

    if tensor.device.type == "mps":  # its memory is the host's, and its integers of 64 bits are not to be relied on
        tensor = tensor.cpu()
    flat = tensor.contiguous().reshape(-1).view(torch.uint8)
    on_device = _device_hash() if flat.is_cuda else None
    return on_device(flat) if on_device is not None else _host_digest(flat.cpu().numpy())


@cache
def _device_hash() -> Callable[[Any], bytes] | None:
    """XXH3-128 on a CUDA device; None where Triton is not there or does not work: tensors are copied to be named."""
    from importlib.util import find_spec

    if find_spec("triton") is None:
        return None
    from .devicehash import working

    return working()


_CHUNK = 1 << 22  # words hashed at a time on a device: bounds the scratch memory to about 100 MB


def device_digest(tensor: Any) -> bytes:
    """A 16-byte digest of a tensor's bytes by integer arithmetic on its own device.

    Four multilinear hashes over 32-bit words, modulo 2^64, keyed by position through SplitMix64
    (Lemire and Kaser, "Strongly universal string hashing is fast", 2014; Steele et al., 2014). Sums of
    integers are exact in any order, so the digest does not depend on how the device splits the work.
    """
    import torch

    data = tensor.detach().resolve_conj().resolve_neg().contiguous().reshape(-1).view(torch.uint8)
    size = data.numel()
    if size % 4:
        data = torch.cat([data, data.new_zeros(4 - size % 4)])
    words = data.view(torch.int32)
    sums = torch.zeros(4, dtype=torch.int64, device=tensor.device)
    for start in range(0, words.numel(), _CHUNK):
        part = words[start:start + _CHUNK].to(torch.int64)
        place = torch.arange(start + 1, start + 1 + part.numel(), dtype=torch.int64, device=tensor.device)
        for lane in range(4):
            sums[lane] += (part * _splitmix(place * 4 + lane)).sum()
    return digest_bytes(struct.pack(">Q4q", size, *sums.tolist()))


def _splitmix(x: Any) -> Any:
    """SplitMix64's output function on int64 tensors; shifts are made logical by masking."""
    x = x * -7046029254386353131  # 0x9E3779B97F4A7C15
    x = (x ^ ((x >> 30) & 0x3FFFFFFFF)) * -4658895280553007687  # 0xBF58476D1CE4E5B9
    x = (x ^ ((x >> 27) & 0x1FFFFFFFFF)) * -7723592293110705685  # 0x94D049BB133111EB
    return x ^ ((x >> 31) & 0x1FFFFFFFF)
