"""Values made ready to be kept: named, sized, and free of views that would hold more memory than they show."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple

from ..digest import SIZE, decode, encode, is_tensor
from ..types import PortType

SMALL = 256  # bytes; an encoding up to this size travels inside the trace that made it


class Prepared(NamedTuple):
    """A Value with its name.

    digest: its name. value: what nodes are handed. code: its encoding. tensors: what the encoding sets apart.
    """

    digest: bytes
    value: Any
    code: bytes
    tensors: tuple = ()

    @property
    def bytes(self) -> int:
        """Bytes of its content."""
        return len(self.code) + sum(tensor.nbytes for tensor in self.tensors)


def prepare(type: PortType, value: Any) -> Prepared:
    """Name a value. Raises TypeError when its PortType does not turn it into plain data and tensors."""
    if value.__class__ is int:
        code = b"i%d;" % value
        return Prepared(blake2b(code, digest_size=SIZE).digest(), value, code)
    tensors: list = []
    code = encode(type.flatten(value), tensors)
    name = blake2b(code, digest_size=SIZE).digest()
    if tensors:
        tensors = [compact(t) for t in tensors]
        value = type.restore(decode(code, tensors))
    return Prepared(name, value, code, tuple(tensors))


def restored(type: PortType, code: bytes, tensors: list) -> Any:
    """The value that an encoding tells of."""
    return type.restore(decode(code, tensors))


def compact(tensor: Any) -> Any:
    """The tensor, detached; a copy of its own where it is a small view of something larger.

    A 40-byte view would keep 64 MB alive as long as it is remembered.
    """
    if not is_tensor(tensor):
        return tensor if tensor.base is None or tensor.nbytes * 2 > tensor.base.nbytes else tensor.copy()
    tensor = tensor.detach()
    held = tensor.untyped_storage().nbytes()
    return tensor if tensor.numel() * tensor.element_size() * 2 > held else tensor.clone()


def storages(prepared: Prepared) -> list[tuple[str, int, int]]:
    """What a Value holds: (device, address, bytes) of each tensor's storage; plain data counts as host memory."""
    found = [("cpu", 0, 64 + len(prepared.code))]
    for tensor in prepared.tensors:
        if is_tensor(tensor):
            storage = tensor.untyped_storage()
            found.append((str(tensor.device), storage.data_ptr(), storage.nbytes()))
        else:
            owner = tensor if tensor.base is None else tensor.base
            found.append(("cpu", owner.ctypes.data, owner.nbytes))
    return found
