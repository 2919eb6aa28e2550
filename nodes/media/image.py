"""Image and Mask: pictures as float tensors, and their edges, which are files, uint8 arrays and thumbnails."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, PortType, Range, warn

from .kinds import is_of, is_tensor, kind
from .pictures import pixels
from .pictures.files import load
from .pictures.pixels import from_array, from_pil

__all__ = ["IMAGE", "MASK", "Image", "Mask", "from_array", "from_pil", "load", "save_array", "save_avif", "save_jpg",
           "save_png", "save_tiff", "save_webp", "thumbnail", "to_array", "to_pil"]

_ARRAY_HINT = " (an array is bool, uint8, uint16 or float, of height x width, or with 1 to 4 channels last)"
_ARRAYS = ("bool", "uint8", "uint16", "float16", "float32", "float64")


def to_array(image: Any) -> Any:
    """The uint8 array (height, width, channels) of a float tensor (channels, height, width) in 0..1.

    An array in the tensor's place gives the same, and torch is not imported for it.
    """
    import numpy as np

    if isinstance(image, np.ndarray):
        scaled = np.rint(np.clip(image.astype(np.float32), 0, 1) * np.float32(255))
        return np.ascontiguousarray(scaled.astype(np.uint8).transpose(1, 2, 0))
    import torch

    scaled = image.detach().to("cpu", torch.float32).clamp(0, 1).mul(255).round()
    return scaled.to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def to_pil(image: Any) -> Any:
    """A PIL picture in mode L, RGB or RGBA."""
    from PIL import Image

    array = to_array(image)
    return Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)


def save_array(array: Any, path: Path) -> None:
    """Write a uint8 array (height, width, 3) as a PNG."""
    from PIL import Image

    Image.fromarray(array).save(path, "PNG", optimize=False)


def save_png(image: Any, path: Path) -> None:
    """Write an 8-bit PNG, with its alpha if it has one."""
    to_pil(image).save(path, "PNG", optimize=False)


def save_jpg(image: Any, path: Path, quality: Annotated[int, Range(1, 100)] = 92) -> None:
    """Write a JPEG. What is transparent becomes white, since JPEG knows no alpha, and is warned of.

    quality: 1 (small, coarse) to 100 (large, fine); colours are kept at full resolution.
    """
    picture = to_pil(image)
    _fits(picture, "JPEG", 65535)
    if picture.mode == "RGBA" and picture.getextrema()[3][0] < 255:
        warn("A JPEG has no transparency: what was transparent is white. Write PNG or WebP to keep it.")
    _on_white(picture).save(path, "JPEG", quality=quality, subsampling=0)


def save_webp(image: Any, path: Path, quality: Annotated[int, Range(1, 100)] = 90) -> None:
    """Write a lossy WebP, with its alpha if it has one.

    quality: 1 (small, coarse) to 100 (large, fine).
    """
    picture = to_pil(image)
    _fits(picture, "WebP", 16383)
    picture.save(path, "WEBP", quality=quality)


def save_avif(image: Any, path: Path, quality: Annotated[int, Range(1, 100)] = 80) -> None:
    """Write a lossy AVIF of 8 bits, with its alpha if it has one.

    quality: 1 (small, coarse) to 100 (large, fine). Raises InputError where Pillow was built without AVIF.
    """
    from PIL import features

    if not features.check("avif"):
        raise InputError("the Pillow that is installed writes no AVIF; write WebP or PNG")
    picture = to_pil(image)
    _fits(picture, "AVIF", 65536)
    picture.save(path, "AVIF", quality=quality)


def save_tiff(image: Any, path: Path) -> None:
    """Write a TIFF of 8 bits, packed without loss (deflate), with its alpha if it has one."""
    to_pil(image).save(path, "TIFF", compression="tiff_adobe_deflate")


def _fits(picture: Any, format: str, side: int) -> None:
    if max(picture.size) > side:
        raise InputError(f"a {format} has at most {side} pixels a side; this picture is {picture.width} x "
                         f"{picture.height}: write PNG, or make it smaller")


def thumbnail(image: Any, side: int = 256) -> Any:
    """A small uint8 picture (height, width, 3), no side longer than `side`, transparency shown as white."""
    import numpy as np

    picture = _on_white(to_pil(image))
    picture.thumbnail((side, side))
    return np.asarray(picture)


def _on_white(picture: Any) -> Any:
    from PIL import Image

    if picture.mode != "RGBA":
        return picture.convert("RGB")
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _picture_complaint(channels: tuple[int, ...]):
    def complaint(value: Any) -> str | None:
        if not (is_tensor(value) and str(value.dtype) == "torch.float32" and value.ndim == 3
                and value.shape[0] in channels and value.numel()):
            return f"is {kind(value)}" + (_ARRAY_HINT if is_of(value, "numpy", "ndarray") else "")
        low, high = (bound.item() for bound in value.aminmax())
        if math.isnan(low):
            return "has pixels that are not numbers"
        return None if low >= 0 and high <= 1 else f"has pixels from {low:.3g} to {high:.3g}"
    return complaint


def _adopt_picture(value: Any) -> Any:
    """An Image from a Pillow picture of any mode, or from an array of height x width, or with 1 to 4 channels last."""
    if is_of(value, "PIL.Image", "Image"):
        return pixels.from_pil(value)
    if is_of(value, "numpy", "ndarray") and value.dtype.name in _ARRAYS and value.size \
            and (value.ndim == 2 or (value.ndim == 3 and value.shape[2] in (1, 2, 3, 4))):
        return pixels.adopted(value)
    return value


def _picture_summary(image: Any) -> str:
    return f"{image.shape[2]} x {image.shape[1]}" + (" with alpha" if image.shape[0] == 4 else "")


IMAGE = PortType(
    "Image", "One picture, sRGB, with or without alpha.",
    takes="an Image (float32 tensor of 3 or 4 x height x width, from 0 to 1)",
    complaint=_picture_complaint((3, 4)), adopt=_adopt_picture, preview=thumbnail, summary=_picture_summary,
    color="#d9a441",
    exports={"png": save_png, "jpg": save_jpg, "webp": save_webp, "avif": save_avif, "tiff": save_tiff}, arrays=True)
Image = Annotated[Any, IMAGE]

MASK = PortType(
    "Mask", "Where something is: 1 inside, 0 outside.",
    takes="a Mask (float32 tensor of 1 x height x width, from 0 to 1)",
    complaint=_picture_complaint((1,)), preview=thumbnail, summary=_picture_summary, color="#bfbfbf",
    exports={"png": save_png}, arrays=True)
Mask = Annotated[Any, MASK]
