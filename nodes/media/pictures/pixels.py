"""The pixels of a Pillow picture of any mode, or of an array, as the tensor of an Image."""

from __future__ import annotations

from typing import Any

from nodegraph import warn

from . import matrix_profiles, profiles

ORIENTATION = 0x0112  # the EXIF tag
_PHOTOMETRIC, _SAMPLE_FORMAT, _NODATA = 262, 339, 42113  # tags of TIFF
_WHITE_IS_ZERO, _UNSIGNED = 0, 1  # values of the first two
_NAMELESS = "a picture"  # what warnings call one that has no name


def from_array(array: Any) -> Any:
    """The float32 tensor (channels, height, width) in 0..1 of a uint8 array (height, width, channels)."""
    import numpy as np
    import torch

    return torch.from_numpy(np.require(array.transpose(2, 0, 1), requirements=["C", "W"])).float().div(255)


def adopted(array: Any) -> Any:
    """The tensor of an array that Python code hands in: height x width, or with 1 to 4 channels last.

    Whole numbers are scaled by what their type holds (255 or 65535), floats are taken as they are, and bools are black
    and white. Grey becomes RGB; a last axis of 2 is grey and alpha.
    """
    import numpy as np

    array = array if array.ndim == 3 else array[..., None]
    if array.shape[2] < 3:
        array = np.concatenate([array[..., :1]] * 3 + [array[..., 1:]], axis=2)
    return from_array(array) if array.dtype == np.uint8 else _tensor(_scaled(array))


def from_pil(picture: Any, fine: Any = None, name: str = _NAMELESS, white: int | None = None) -> Any:
    """A Pillow picture of any mode as a float32 tensor in sRGB, upright: 4 channels if it knows transparency, else 3.

    16 bits are scaled by 65535. Numbers beyond that (modes I and F) are taken as they are if they lie in 0..1; else
    the lowest, or 0 if none is negative, becomes black and the highest white, and a warning tells the two. Mode I is
    scaled so always.
    fine: a uint16 array (height, width, 3 or 4) of the same pixels, where Pillow has but the upper 8 of 16 bits.
    name: what warnings call it. white: the whole number that is white in a grey picture, where that is known.
    """
    import numpy as np

    picture.load()
    if picture.mode in ("RGBa", "La"):
        picture = picture.convert(picture.mode.upper())
    colour = _deep_colour(picture, fine, name) if fine is not None else _colour(picture, name, white)
    alpha = _alpha(picture, fine)
    turn = 1 if picture.format == "TIFF" else orientation(picture, name)  # TIFFs were turned as they were loaded
    if alpha is None:
        return _tensor(turned(colour, turn))
    if colour.dtype != alpha.dtype:
        colour, alpha = _scaled(colour), _scaled(alpha)
    return _tensor(turned(np.concatenate([colour, alpha[..., None]], 2), turn))


def from_canvas(array: Any, orientation: int, alpha: bool) -> Any:
    """The tensor of a float32 array (height, width, 4) in 0..1, made upright.

    alpha: whether it is to have 4 channels also where it is opaque.
    """
    return _tensor(turned(array if alpha or array[..., 3].min() < 1 else array[..., :3], orientation))


def orientation(picture: Any, name: str = _NAMELESS) -> int:
    """How a picture lies, by its EXIF: 1 to 8, where 1 is upright. Odd or unreadable EXIF says nothing, so 1."""
    try:
        value = picture.getexif().get(ORIENTATION, 1)
    except Exception as error:  # whatever Pillow meets in a damaged block
        warn(f"The EXIF of {name} cannot be read, so it is taken as it lies ({type(error).__name__}).")
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def turned(array: Any, orientation: int) -> Any:
    """An array (height, width, ...) that lies as EXIF's `orientation` says, made upright."""
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    rows = slice(None, None, -1 if orientation in (3, 4, 7, 8) else None)
    columns = slice(None, None, -1 if orientation in (2, 3, 6, 7) else None)
    return array[rows, columns]


def _colour(picture: Any, name: str, white: int | None) -> Any:
    """(height, width, 3), uint8 or float32 in 0..1."""
    import numpy as np

    if picture.mode.startswith("I;16") or (picture.mode == "I" and white):
        return _grey(_numbers(picture, name).astype(np.float32) / np.float32(white or 65535), picture, name)
    if picture.mode in ("I", "F"):
        return _grey(_spread(_numbers(picture, name), name), picture, name)
    return np.asarray(profiles.to_srgb(picture, name))


def _deep_colour(picture: Any, fine: Any, name: str) -> Any:
    import numpy as np

    if profiles.is_plain(picture, name):
        return _scaled(fine[..., :3])
    colour = matrix_profiles.to_srgb(fine[..., :3], picture.info["icc_profile"])
    if colour is not None:
        return colour
    warn(f"{name} has 16 bits a channel and a colour profile, which is followed at 8 bits: fine steps are lost.")
    return np.asarray(profiles.to_srgb(picture, name))


def _grey(levels: Any, picture: Any, name: str) -> Any:
    """(height, width, 3) of grey levels in 0..1, by the picture's profile."""
    import numpy as np

    curve = profiles.grey_curve(picture, name)
    if curve is None:
        return np.repeat(levels[..., None], 3, 2)
    steps = np.linspace(0, 1, 256)
    return np.stack([np.interp(levels, steps, channel / 255) for channel in curve.T], 2).astype(np.float32)


def _numbers(picture: Any, name: str) -> Any:
    """The numbers of a grey picture as a TIFF means them, of which Pillow knows no unsigned ones of 32 bits, no white
    that is 0 where there are 16 and more, and no pixels without a value (GDAL_NODATA)."""
    import numpy as np

    numbers, tags = np.asarray(picture), getattr(picture, "tag_v2", {})
    if picture.format != "TIFF":
        return numbers
    if picture.mode == "I" and tags.get(_SAMPLE_FORMAT, (_UNSIGNED,))[0] == _UNSIGNED:
        numbers = numbers.view(np.uint32)
    nodata = tags.get(_NODATA, "")
    nodata = (nodata.decode("latin-1") if isinstance(nodata, bytes) else str(nodata)).strip("\0 ")
    try:
        clear = numbers == float(nodata)
    except ValueError:
        clear = np.zeros_like(numbers, bool)
    if numbers.dtype.kind == "u" and tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        numbers = np.iinfo(numbers.dtype).max - numbers
    if clear.any() and not clear.all():
        warn(f"{int(clear.sum())} pixels of {name} are marked as having no value ({nodata}): they "
             "are black.")
        numbers = np.where(clear, min(numbers[~clear].min(), 0), numbers).astype(numbers.dtype)
    return numbers


def _spread(levels: Any, name: str) -> Any:
    """Numbers of any size as float32 in 0..1; `from_pil` tells how."""
    import numpy as np

    finite = np.isfinite(levels)
    if not finite.all():
        warn(f"{name} has pixels that are not numbers or infinite: they are black, or as the highest or lowest.")
    known = levels[finite]
    low, high = (known.min(), known.max()) if known.size else (0, 1)
    if levels.dtype.kind == "f" and low >= 0 and high <= 1:
        low, high = 0, 1
    else:
        low = min(low, 0)
        warn(f"The pixels of {name} are numbers from {known.min():g} to {high:g}: {low:g} is made black and {high:g} "
             "white.")
    levels = np.nan_to_num(levels.astype(np.float64), nan=low, posinf=high, neginf=low)
    return ((levels - low) / max(float(high) - float(low), 1e-300)).astype(np.float32)


def _alpha(picture: Any, fine: Any) -> Any:
    """(height, width), uint8, or uint16 where `fine` has it; None if the picture knows no transparency."""
    import numpy as np

    if fine is not None and fine.shape[2] == 4:
        return fine[..., 3]
    if not picture.has_transparency_data:
        return None
    if picture.mode in ("RGBA", "LA"):
        return np.asarray(picture.getchannel("A"))
    clear = picture.info.get("transparency")
    if fine is not None:
        return _except(np.all(fine == np.array(clear), axis=2))
    if picture.mode == "1":
        return _except(np.asarray(picture) == bool(clear))
    if picture.mode in ("L", "I", "F") or picture.mode.startswith("I;16"):
        return _except(np.asarray(picture) == clear)
    return np.asarray(picture.convert("RGBA").getchannel("A"))


def _except(clear: Any) -> Any:
    import numpy as np

    return np.where(clear, 0, 255).astype(np.uint8)


def _scaled(array: Any) -> Any:
    """float32: whole numbers by what their type holds, others as they are."""
    import numpy as np

    floats = array.astype(np.float32)
    return floats / np.float32(np.iinfo(array.dtype).max) if array.dtype.kind == "u" else floats


def _tensor(array: Any) -> Any:
    import numpy as np
    import torch

    if array.dtype == np.uint8:
        return from_array(array)
    return torch.from_numpy(np.array(array.transpose(2, 0, 1), np.float32, order="C"))  # a copy: a cache will hold it
