"""Files of tensors and arrays: safetensors files, one for each Value, written whole or not at all.

Only their bytes are taken from a file; what kind of tensor they are stands in the Value's encoding, which is checked
against its name. So every dtype that can be named can be kept, nothing here trusts what a file says of itself, and
arrays are read and written without torch.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

from ..digest import Form, is_tensor
from ..wholefile import put_in_place, take_away
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
        _put_in_place(part, path, state.digest())
    finally:
        take_away(part)
    return state.digest()


def _put_in_place(part: Path, path: Path, checksum: bytes) -> None:
    """Give the file its place; where another holds that, as a map does on Windows, it may be this very one."""
    import xxhash

    try:
        put_in_place(part, path)
    except PermissionError:
        if not path.exists() or xxhash.xxh3_128_digest(_data(path, mapped=False)) != checksum:
            raise


def read(path: Path, checksum: bytes, forms: list[Form], numpy_only: bool = False) -> list[Any]:
    """The tensors and arrays of a file. numpy_only: arrays in place of tensors, for every dtype that numpy has.

    Raises OSError where it cannot be read, and ValueError, if nothing worse, where it is damaged.
    """
    import xxhash

    forms = [form._replace(kind="n") if numpy_only and form.dtype in _IN_NUMPY else form for form in forms]
    data = _data(path, mapped=any(form.kind == "t" for form in forms))
    if xxhash.xxh3_128_digest(data) != checksum:
        raise ValueError(say("damage.checksum"))
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(bytes(data[8:begin]))
    spans = (header[str(index)]["data_offsets"] for index in range(len(forms)))
    return [_formed(data[begin + first:begin + last], form) for form, (first, last) in zip(forms, spans)]


def _data(path: Path, mapped: bool) -> Any:
    """A file's bytes, as an array. mapped: they are read as they are touched, into memory of this process alone."""
    import numpy

    size = path.stat().st_size
    if not mapped or not size:
        return numpy.fromfile(path, "uint8")
    import torch

    # Unlike Python's own maps, which hold on to a file's descriptor, so that a thousand of them are too many.
    storage: Any = torch.UntypedStorage.from_file(str(path), False, size)
    return torch.empty(0, dtype=torch.uint8).set_(storage).numpy()


def _formed(data: Any, form: Form) -> Any:
    """A tensor or an array over these bytes."""
    if form.kind == "t":
        import torch

        dtype: torch.dtype = getattr(torch, form.dtype)
        if data.__array_interface__["data"][0] % dtype.itemsize:
            data = data.copy()  # a file of the first release, whose parts lie less evenly
        return torch.from_numpy(data).view(dtype).reshape(form.shape)
    import numpy

    if numpy.dtype(form.dtype).kind not in "biufc":
        raise ValueError(say("damage.unreadable", error=form.dtype))  # bytes of a file must never become objects
    array = data.view(form.dtype).reshape(form.shape)
    array.flags.writeable = False
    return array


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
    text += b" " * (-(8 + len(text)) % 64)  # so that the first of them lies as evenly as torch would lay it
    return len(text).to_bytes(8, "little") + text
