"""Image and Mask: pictures as float tensors, and their edges, which are files, uint8 arrays and thumbnails."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

from nodegraph import InputError, PortType

from .kinds import is_of, is_tensor, kind

JPEG_QUALITY = 92
WEBP_QUALITY = 90


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


def from_array(array: Any) -> Any:
    """The float32 tensor (channels, height, width) in 0..1 of a uint8 array (height, width, channels)."""
    import numpy as np
    import torch

    return torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1))).float().div(255)


def to_pil(image: Any) -> Any:
    """A PIL picture in mode L, RGB or RGBA."""
    from PIL import Image

    array = to_array(image)
    return Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)


def save_array(array: Any, path: Path) -> None:
    """Write a uint8 array (height, width, 3) as a PNG."""
    from PIL import Image

    Image.fromarray(array).save(path, "PNG", optimize=False)


def from_pil(picture: Any) -> Any:
    """A PIL picture as a float32 tensor: 4 channels if anything in it is transparent, else 3."""
    import numpy as np

    has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    return from_array(np.asarray(picture.convert("RGBA" if has_alpha else "RGB")))


def save_png(image: Any, path: Path) -> None:
    """Write an 8-bit PNG, with its alpha if it has one."""
    to_pil(image).save(path, "PNG", optimize=False)


def save_jpg(image: Any, path: Path, quality: int = JPEG_QUALITY) -> None:
    """Write a JPEG. What is transparent becomes white, since JPEG knows no alpha."""
    _on_white(to_pil(image)).save(path, "JPEG", quality=quality, subsampling=0)


def save_webp(image: Any, path: Path, quality: int = WEBP_QUALITY) -> None:
    """Write a lossy WebP, with its alpha if it has one."""
    to_pil(image).save(path, "WEBP", quality=quality)


def load(path: Path) -> Any:
    """The picture in a file, turned upright as its EXIF says: float32 (3 or 4, height, width) in 0..1.

    Raises InputError when there is no such file or it is no picture.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            return from_pil(ImageOps.exif_transpose(picture))
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except (UnidentifiedImageError, OSError) as error:
        raise InputError(f"{path} is not a picture that can be read: {error}") from error


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
            return f"is {kind(value)}"
        low, high = (bound.item() for bound in value.aminmax())
        if math.isnan(low):
            return "has pixels that are not numbers"
        return None if low >= 0 and high <= 1 else f"has pixels from {low:.3g} to {high:.3g}"
    return complaint


def _adopt_picture(value: Any) -> Any:
    """An Image from a Pillow picture, or from an array of height x width, grey or with 3 or 4 channels last."""
    if is_of(value, "PIL.Image", "Image"):
        from PIL import ImageOps

        return from_pil(ImageOps.exif_transpose(value))
    if not (is_of(value, "numpy", "ndarray") and value.dtype.name in ("uint8", "float16", "float32", "float64")
            and (value.ndim == 2 or value.ndim == 3 and value.shape[2] in (1, 3, 4))):
        return value
    import numpy as np
    import torch

    array = value if value.ndim == 3 else value[..., None]
    array = np.repeat(array, 3, 2) if array.shape[2] == 1 else array
    if array.dtype == np.uint8:
        return from_array(array)
    return torch.from_numpy(np.array(array.transpose(2, 0, 1), np.float32, order="C"))  # a copy: a cache will hold it


def _picture_summary(image: Any) -> str:
    return f"{image.shape[2]} x {image.shape[1]}" + (" with alpha" if image.shape[0] == 4 else "")


IMAGE = PortType(
    "Image", "One picture, sRGB, with or without alpha.",
    takes="an Image (float32 tensor of 3 or 4 x height x width, from 0 to 1)",
    complaint=_picture_complaint((3, 4)), adopt=_adopt_picture, preview=thumbnail, summary=_picture_summary,
    color="#d9a441",
    exports={"png": save_png, "jpg": save_jpg, "webp": save_webp}, arrays=True)
Image = Annotated[Any, IMAGE]

MASK = PortType(
    "Mask", "Where something is: 1 inside, 0 outside.",
    takes="a Mask (float32 tensor of 1 x height x width, from 0 to 1)",
    complaint=_picture_complaint((1,)), preview=thumbnail, summary=_picture_summary, color="#bfbfbf",
    exports={"png": save_png}, arrays=True)
Mask = Annotated[Any, MASK]
