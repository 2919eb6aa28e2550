"""Files of tensors and arrays: safetensors files, one for each Value, written whole or not at all.

Only their bytes are taken from a file; what kind of tensor they are stands in the Value's encoding, which is checked
against its name. So every dtype that can be named can be kept, nothing here trusts what a file says of itself, and
arrays are read and written without torch.
"""

from __future__ import annotations

import json
import math
import os
import threading
from pathlib import Path
from typing import Any

from ..digest import Form, is_tensor
from ..wording import say

# What safetensors calls the dtypes that it knows; others are written as bytes.
_NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
          "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL", "uint16": "U16", "uint32": "U32",
          "uint64": "U64", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2"}
_IN_NUMPY = {"float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool", "uint16", "uint32",
             "uint64", "complex64", "complex128"}


def write(path: Path, tensors: tuple[Any, ...]) -> bytes:
    """Write tensors and arrays as one file; the checksum of the file. Raises OSError where the disk refuses."""
    import xxhash

    parts = {str(index): (tensor, _raw(tensor)) for index, tensor in
             sorted(enumerate(tensors), key=lambda pair: -_item_bytes(pair[1]))}  # so that each lies aligned
    state = xxhash.xxh3_128()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.stem}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        with part.open("wb") as file:
            for piece in [_header(parts), *(raw for _, raw in parts.values())]:
                state.update(piece)
                file.write(piece)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return state.digest()


def read(path: Path, checksum: bytes, forms: list[Form], numpy_only: bool = False) -> list[Any]:
    """The tensors and arrays of a file. numpy_only: arrays in place of tensors, for every dtype that numpy has.

    Raises OSError where it cannot be read, and ValueError, if nothing worse, where it is damaged.
    """
    import xxhash

    with path.open("rb") as file:
        rest = os.fstat(file.fileno()).st_size - 8
        head = file.read(8)
        size = int.from_bytes(head, "little")
        if size > rest:
            raise ValueError(say("damage.checksum"))
        text = file.read(size)
        state = xxhash.xxh3_128(head + text)
        rest -= size
        tensors: list[Any] = [None] * len(forms)
        for index in _order(text, len(forms)):
            rest -= _bytes_of(forms[index])
            if rest < 0:
                raise ValueError(say("damage.checksum"))
            tensors[index], buffer = _room(forms[index], numpy_only)
            file.readinto(buffer)
            state.update(buffer)
    if rest or state.digest() != checksum:
        raise ValueError(say("damage.checksum"))
    for tensor in tensors:
        if not is_tensor(tensor):
            tensor.flags.writeable = False
    return tensors


def in_numpy(tensor: Any) -> Any:
    """A tensor as an array, where numpy has its dtype; else as it is."""
    if not is_tensor(tensor) or str(tensor.dtype)[6:] not in _IN_NUMPY:
        return tensor
    return tensor.detach().cpu().resolve_conj().resolve_neg().numpy()


def _raw(tensor: Any) -> Any:
    """The bytes of a tensor or an array, in order: a flat uint8 array."""
    if is_tensor(tensor):
        import torch

        whole = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
        return whole.reshape(-1).view(torch.uint8).numpy()
    import numpy

    return numpy.ascontiguousarray(tensor).reshape(-1).view("uint8")


def _item_bytes(tensor: Any) -> int:
    size: int = tensor.element_size() if is_tensor(tensor) else tensor.itemsize
    return size


def _header(parts: dict[str, tuple[Any, Any]]) -> bytes:
    """Where the bytes of each tensor are. `kinds` is what the first release reads, of tensors alone."""
    names = {index: _NAMES.get(str(tensor.dtype)[6:]) if is_tensor(tensor) else None
             for index, (tensor, _) in parts.items()}
    header: dict[str, Any] = {} if None in names.values() else {"__metadata__": {"kinds": "t" * len(names)}}
    at = 0
    for index, (tensor, raw) in parts.items():
        header[index] = {"dtype": names[index] or "U8", "shape": list(tensor.shape) if names[index] else [raw.nbytes],
                       "data_offsets": [at, at + raw.nbytes]}
        at += raw.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _order(text: bytes, count: int) -> list[int]:
    """The tensors' numbers in the order of their bytes."""
    try:
        header = json.loads(text)
        begins = [header[str(index)]["data_offsets"][0] for index in range(count)]
        return sorted(range(count), key=begins.__getitem__)
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ValueError(say("damage.checksum")) from error


def _room(form: Form, numpy_only: bool) -> tuple[Any, Any]:
    """A new tensor or array of this form, and its memory as bytes."""
    if form.kind == "t" and not (numpy_only and form.dtype in _IN_NUMPY):
        import torch

        tensor = torch.empty(form.shape, dtype=getattr(torch, form.dtype))
        return tensor, tensor.reshape(-1).view(torch.uint8).numpy()
    import numpy

    if numpy.dtype(form.dtype).kind not in "biufc":
        raise ValueError(f"holds an array of {form.dtype}")  # bytes from a file must never become objects
    array = numpy.empty(form.shape, form.dtype)
    return array, array.reshape(-1).view("uint8")


def _bytes_of(form: Form) -> int:
    """Bytes of a tensor of this form."""
    if form.kind == "t" and form.dtype not in _IN_NUMPY:
        import torch

        dtype: torch.dtype = getattr(torch, form.dtype)
        return math.prod(form.shape) * dtype.itemsize
    import numpy

    return math.prod(form.shape) * numpy.dtype(form.dtype).itemsize
