"""What a value is, in a few words and without importing its library."""

from __future__ import annotations

import sys
from typing import Any


def kind(value: Any) -> str:
    """What a value is, in a few words: shape and dtype of a tensor, else its type."""
    if is_tensor(value):
        return f"a tensor {tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}"
    if is_of(value, "numpy", "ndarray"):
        return f"an array {value.shape} {value.dtype}"
    return "a Pillow picture" if is_of(value, "PIL.Image", "Image") else f"a {type(value).__name__}"


def is_of(value: Any, module: str, kind: str) -> bool:
    """Whether a value is of some library's type, found out without importing it."""
    found = sys.modules.get(module)
    return found is not None and isinstance(value, getattr(found, kind))


def is_tensor(value: Any) -> bool:
    return is_of(value, "torch", "Tensor")
