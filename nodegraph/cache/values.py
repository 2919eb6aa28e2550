"""Values made ready to be kept: named, sized, and free of views that would hold more memory than they show."""

from __future__ import annotations

import gc
import sys
from hashlib import blake2b
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from ..digest import SIZE, decode, encode, is_tensor, plain
from ..types import PortType
from ..wording import say

SMALL = 256  # bytes; an encoding up to this size travels inside the trace that made it
_SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)  # of the program, and no part of a value
_ATOMS = frozenset((str, int, float, bool, bytes, type(None)))


class Prepared(NamedTuple):
    """A Value with its name.

    digest: its name. value: what nodes are handed. code: its encoding. tensors: what the encoding sets apart.
    """

    digest: bytes
    value: Any
    code: bytes
    tensors: tuple[Any, ...] = ()

    @property
    def bytes(self) -> int:
        """Bytes of its content."""
        size: int = len(self.code) + sum(tensor.nbytes for tensor in self.tensors)
        return size

    @property
    def is_small(self) -> bool:
        """Whether it travels inside traces."""
        return not self.tensors and len(self.code) <= SMALL


class Damaged(KeyError):
    """A Value that its PortType does not take back."""


def prepare(type: PortType, value: Any) -> Prepared:
    """Name a value. Raises TypeError when its PortType does not turn it into plain data and tensors."""
    if value.__class__ is int and type.natural:
        code = encode(value)
        return Prepared(blake2b(code, digest_size=SIZE).digest(), value, code)
    tensors: list[Any] = []
    flat = type.flatten(value)
    try:
        code = encode(flat, tensors)
    except TypeError as error:
        tensors.clear()
        try:
            code = encode(plain(flat), tensors)
        except RecursionError:  # it contains itself, as was said
            raise error from None
        value = type.restore(decode(code, tensors))
    name = blake2b(code, digest_size=SIZE).digest()
    if tensors:
        tensors = [compact(t) for t in tensors]
        value = type.restore(decode(code, tensors))
    return Prepared(name, value, code, tuple(tensors))


def restored(kind: PortType, code: bytes, tensors: list[Any] | tuple[Any, ...]) -> Any:
    """The value that an encoding tells of. Raises Damaged, whatever the PortType raises at it."""
    try:
        return kind.restore(decode(code, list(tensors)))
    except Exception as error:
        raise Damaged(say("damage.type", type=kind.name, error=words(error))) from error


def words(error: BaseException) -> str:
    """What an error is and says, whatever its own words may raise: it comes from code of others."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__


def lasting(value: Any) -> bool:
    """Whether a value of a natural PortType may be handed out twice: no one can change it, or that is noticed."""
    if value.__class__ in _ATOMS or is_tensor(value) or hasattr(value, "__array_interface__"):
        return True
    return value.__class__ is tuple and all(map(lasting, value))


def duplicate(tensor: Any) -> Any:
    """A tensor or array like this one that whoever has it may change."""
    return tensor.clone() if is_tensor(tensor) else tensor.copy()


def versions(tensors: tuple[Any, ...]) -> list[int]:
    """How often each tensor was changed in place, as torch counts it."""
    return [tensor._version for tensor in tensors if is_tensor(tensor) and not tensor.is_inference()]


def compact(tensor: Any) -> Any:
    """The tensor, detached; a copy of its own where it is a small view of something larger. Of an array, one that
    nobody can write to.

    A 40-byte view would keep 64 MB alive as long as it is remembered.
    """
    if not is_tensor(tensor):
        return _private(tensor)
    tensor = tensor.detach()
    whole = tensor.untyped_storage().nbytes()
    return tensor if tensor.numel() * tensor.element_size() * 2 > whole else tensor.clone()


def _private(array: Any) -> Any:
    """The array if nobody can write to its memory, else a copy: unlike torch, numpy does not count changes."""
    import numpy

    owner: Any = array
    while type(owner) is numpy.ndarray and not owner.flags.writeable and owner.base is not None:
        owner = owner.base
    fixed = type(owner) is bytes or type(owner) is numpy.ndarray and not owner.flags.writeable
    if fixed and array.nbytes * 2 > (len(owner) if type(owner) is bytes else owner.nbytes):
        return array
    array = numpy.array(array, subok=False)
    array.flags.writeable = False
    return array


def object_bytes(value: Any) -> int:
    """Bytes that the Python objects of a value take, each counted once; tensors and arrays are left out.

    A thousand notes take five times what their encoding does: numbers and tuples are objects with a head each.
    """
    seen: set[int] = set()
    total, layer = 0, [value]
    while layer:
        left_out = set(filter(_is_left_out, set(map(type, layer))))
        fresh = {id(item): item for item in layer if type(item) not in left_out}
        for address in fresh.keys() & seen:
            del fresh[address]
        seen.update(fresh)
        total += sum(map(sys.getsizeof, fresh.values()))
        layer = gc.get_referents(*fresh.values())
    return total


def _is_left_out(kind: type) -> bool:
    torch = sys.modules.get("torch")
    return issubclass(kind, _SHARED) or hasattr(kind, "__array_interface__") or \
        torch is not None and issubclass(kind, torch.Tensor)


def storages(prepared: Prepared) -> list[tuple[str, int, int]]:
    """What a Value holds: (device, address, bytes) of each tensor's storage; its encoding and the Python objects that
    nodes are handed count as host memory."""
    held = [("cpu", 0, 64 + len(prepared.code) + object_bytes(prepared.value))]
    for tensor in prepared.tensors:
        if is_tensor(tensor):
            storage = tensor.untyped_storage()
            held.append((str(tensor.device), storage.data_ptr(), storage.nbytes()))
        else:
            while hasattr(tensor.base, "__array_interface__"):
                tensor = tensor.base
            held.append(("cpu", tensor.__array_interface__["data"][0], tensor.nbytes))
    return held
