"""Files of tensors, written whole or not at all, and digests of what files hold."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any


def content_digest(path: Path) -> bytes:
    """XXH3-128 of a file's bytes, read a few megabytes at a time."""
    import xxhash

    state = xxhash.xxh3_128()
    with path.open("rb") as file:
        while chunk := file.read(1 << 22):
            state.update(chunk)
    return state.digest()


def save_tensors(path: Path, tensors: tuple) -> bytes:
    """Write tensors and arrays as one safetensors file, whole or not at all; the file's checksum."""
    import xxhash
    from safetensors.torch import save

    whole = [_contiguous(t) for t in tensors]
    if len({t.untyped_storage().data_ptr() for t in whole}) < len(whole):
        whole = [t.clone() for t in whole]  # safetensors wants each tensor in memory of its own
    data = save({str(i): t for i, t in enumerate(whole)},
                metadata={"kinds": "".join("n" if hasattr(t, "__array_interface__") else "t" for t in tensors)})
    checksum = xxhash.xxh3_128_digest(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.stem}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return checksum


def _contiguous(tensor: Any) -> Any:
    import torch

    if not isinstance(tensor, torch.Tensor):
        import numpy

        return torch.from_numpy(numpy.ascontiguousarray(tensor))
    return tensor.detach().cpu().contiguous()


def load_tensors(path: Path) -> list:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        kinds = file.metadata()["kinds"]
        tensors = [file.get_tensor(str(i)) for i in range(len(kinds))]
    return [t.numpy() if kind == "n" else t for t, kind in zip(tensors, kinds)]


def file_checksum(path: Path) -> bytes:
    import mmap

    import xxhash

    with path.open("rb") as file:
        if path.stat().st_size == 0:
            return b""
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return xxhash.xxh3_128_digest(data)
