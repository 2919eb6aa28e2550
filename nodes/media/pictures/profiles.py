"""Colour profiles (ICC) to sRGB, which every Image is. LittleCMS does it, through Pillow, at 8 bits a channel."""

from __future__ import annotations

import io
from typing import Any

from nodegraph import warn

_SPACES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK", b"Lab ": "LAB"}
_SAME = 2  # of 255: how far a profile may lead from sRGB and still be called sRGB


def to_srgb(picture: Any, name: str) -> Any:
    """A Pillow picture of 8 bits a channel as sRGB: mode RGB, without alpha.

    Its `icc_profile` is followed with the relative colorimetric intent and black point compensation; one that is
    sRGB changes no pixel. CMYK without a profile is converted plainly, as Pillow does. Warns, with `name` for the
    picture, of a profile that is damaged or is not for such a picture.
    """
    base = _base(picture)
    profile = picture.info.get("icc_profile")
    converted = _converted(base, profile, name) if profile else None
    if converted is not None:
        return converted
    return _from_lab(base) if base.mode == "LAB" else base.convert("RGB")


def grey_curve(picture: Any, name: str) -> Any:
    """What the profile of a grey picture makes of 256 even greys: an array (256, 3) of 0..255; None for no change."""
    import numpy as np
    from PIL import Image

    profile = picture.info.get("icc_profile")
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    curve = _converted(ramp, profile, name) if profile else None
    return None if curve is None else np.asarray(curve)[0]


def is_plain(picture: Any, name: str) -> bool:
    """Whether an RGB picture has no profile, or one that is sRGB."""
    profile = picture.info.get("icc_profile")
    return not profile or _converted(_grid("RGB"), profile, name) is None


def _base(picture: Any) -> Any:
    """The picture in one of L, RGB, CMYK and LAB."""
    if picture.mode in ("CMYK", "LAB", "L"):
        return picture
    if picture.mode in ("1", "LA", "La"):
        return picture.convert("LA").getchannel("L") if picture.mode == "La" else picture.convert("L")
    return picture.convert("RGBA").convert("RGB") if picture.has_transparency_data else picture.convert("RGB")


def _converted(base: Any, profile: bytes, name: str) -> Any:
    """The picture in sRGB; None where its profile changes nothing or is of no use, of which the latter is told."""
    from PIL import ImageCms

    space = _SPACES.get(bytes(profile[16:20]))
    if space == "RGB" and base.mode == "L":
        base = base.convert("RGB")
    if space is not None and space != base.mode:
        warn(f"The colour profile in {name} is for {space} and the picture is {base.mode}: it is passed over.")
        return None
    try:
        follow = _transform(profile, base.mode)
        if space in ("RGB", "L") and _changes_nothing(follow, base.mode):
            return None
        return ImageCms.applyTransform(base, follow)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        warn(f"The colour profile in {name} is damaged and is passed over, so colours may be off ({error}).")
        return None


def _transform(profile: bytes, mode: str) -> Any:
    from PIL import ImageCms

    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION | ImageCms.Flags.NOCACHE
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB",
                                   renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, flags=flags)


def _changes_nothing(transform: Any, mode: str) -> bool:
    import numpy as np
    from PIL import ImageCms

    grid = _grid(mode)
    before = np.asarray(grid.convert("RGB"), np.int16)
    after = np.asarray(ImageCms.applyTransform(grid, transform), np.int16)
    return int(np.abs(after - before).max()) <= _SAME


def _grid(mode: str) -> Any:
    """Colours all over a space: every grey, or 18 steps of red, green and blue."""
    import numpy as np
    from PIL import Image

    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    return Image.fromarray(np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3))


def _from_lab(picture: Any) -> Any:
    from PIL import ImageCms

    return ImageCms.profileToProfile(picture, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"),
                                     renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB")
