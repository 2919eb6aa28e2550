"""16 bits a channel in colour, of which Pillow keeps the upper 8: reading the file twice brings the lower 8 too."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

# Pillow's raw modes end in the order of a sample's two bytes, of which the upper one is kept: L is the lower byte
# first, B the upper, N as on this machine. Read in the other order, the lower byte is kept.
_OTHER = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}
_BITS, _PLANES = 258, 284  # tags of TIFF: bits of each sample, and how the channels lie
_SEPARATE = 2


class Passes(NamedTuple):
    """What to put in place of a picture's tiles to load the upper byte of each sample, and the lower one.

    white: the number that is white. premultiplied: whether colours were multiplied by alpha. grey: whether the lower
    bytes come as the second and fourth channel beside the upper ones, as those of grey with alpha do.
    """

    upper: list[Any]
    lower: list[Any]
    white: int = 65535
    premultiplied: bool = False
    grey: bool = False


def passes(picture: Any) -> Passes | None:
    """How to load all 16 bits of an RGB or RGBA picture that is open and not loaded; None if that cannot be had."""
    if picture.mode not in ("RGB", "RGBA") or not picture.tile:
        return None
    codec, raw = picture.tile[0].codec_name, _raw(picture.tile[0])
    if codec == "ppm" and picture.tile[0].args[-1] > 255:
        return Passes(_with(picture, "RGB;16B", "raw"), _with(picture, "RGB;16L", "raw"), picture.tile[0].args[-1])
    if codec == "zip" and raw == "LA;16B":  # as RGBA of 8 bits: upper and lower grey, upper and lower alpha
        return Passes(_with(picture, "RGBA"), _with(picture, "RGBA"), grey=True)
    if codec == "raw" and is_wide(picture) and _separate(picture):
        order = "L" if picture.tag_v2.prefix == b"II" else "B"
        return Passes([_tile(t, f"{_raw(t)};16{order}") for t in picture.tile],
                      [_tile(t, f"{_raw(t)};16{_OTHER[order]}") for t in picture.tile])
    known = raw[:-1] in ("RGB;16", "RGBX;16", "RGBA;16", "RGBa;16") and not _separate(picture)
    if known and codec in ("zip", "raw", "libtiff"):
        stem = raw[:-1].replace("RGBa", "RGBA")
        return Passes(_with(picture, stem + raw[-1]), _with(picture, stem + _OTHER[raw[-1]]), premultiplied="a" in raw)
    return None


def is_wide(picture: Any) -> bool:
    """Whether a picture that is open and not loaded has more bits a channel than Pillow will keep."""
    if picture.mode not in ("RGB", "RGBA", "CMYK", "LA") or not picture.tile:
        return False
    tile = picture.tile[0]
    bits = getattr(picture, "tag_v2", {}).get(_BITS, (8,))
    return (_raw(tile)[-4:-1] == ";16" or (tile.codec_name.startswith("ppm") and tile.args[-1] > 255)
            or (isinstance(bits, tuple) and max(bits) > 8))


def joined(upper: Any, lower: Any, how: Passes) -> Any:
    """The uint16 array (height, width, 3 or 4) of the two readings."""
    import numpy as np

    if how.grey:
        upper, lower = upper[..., [0, 0, 0, 2]], lower[..., [1, 1, 1, 3]]
    fine = upper.astype(np.uint16) << 8 | lower
    if how.white != 65535:
        fine = np.rint(fine.astype(np.float64).clip(0, how.white) * (65535 / how.white)).astype(np.uint16)
    if how.premultiplied:
        alpha = np.maximum(fine[..., 3:], 1).astype(np.float64)
        colour = np.rint(np.minimum(fine[..., :3] / alpha, 1) * 65535).astype(np.uint16)
        fine = np.concatenate([colour, fine[..., 3:]], axis=2)
    return fine


def _separate(picture: Any) -> bool:
    return getattr(picture, "tag_v2", {}).get(_PLANES, 1) == _SEPARATE


def _raw(tile: Any) -> str:
    raw = tile.args if isinstance(tile.args, str) else tile.args[0] if tile.args else ""
    return raw if isinstance(raw, str) else ""


def _with(picture: Any, raw: str, codec: str = "") -> list[Any]:
    return [_tile(tile, raw, codec) for tile in picture.tile]


def _tile(tile: Any, raw: str, codec: str = "") -> Any:
    if codec:
        return tile._replace(codec_name=codec, args=(raw, 0, 1))
    return tile._replace(args=raw if isinstance(tile.args, str) else (raw, *tile.args[1:]))
