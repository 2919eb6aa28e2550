"""RGB profiles of three curves and a matrix (ICC.1:2022) at full depth: of Pillow, LittleCMS has but 8 bits a channel."""

from __future__ import annotations

import struct
from typing import Any

_COLORANTS, _CURVES = (b"rXYZ", b"gXYZ", b"bXYZ"), (b"rTRC", b"gTRC", b"bTRC")
_SRGB = ((0.4360747, 0.2225045, 0.0139322), (0.3850649, 0.7168786, 0.0971045), (0.1430804, 0.0606169, 0.7141733))  # D50
_FORMULAS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}  # how many numbers a formula of each kind has


def to_srgb(levels: Any, profile: bytes) -> Any:
    """What an array of uint16 (height, width, 3) is in sRGB: float32 in 0..1, what is beyond sRGB at its edge.

    None for a profile that is of another kind: one of tables, or one whose black is not black.
    """
    import numpy as np

    tags = _tags(profile)
    if profile[16:24] != b"RGB XYZ " or b"A2B0" in tags or not {*_COLORANTS, *_CURVES} <= tags.keys():
        return None
    try:
        curves = [_curve(tags[name]) for name in _CURVES]
        colorants = np.array([struct.unpack(">3i", tags[name][8:20]) for name in _COLORANTS]) / 65536
    except (struct.error, ValueError, IndexError):  # cut short
        return None
    if any(curve is None or curve[0] > 1e-4 for curve in curves):
        return None
    light = np.stack([curve[levels[..., n]] for n, curve in enumerate(curves)], 2)
    light = np.clip(light @ (colorants @ np.linalg.inv(np.array(_SRGB))).astype(np.float32), 0, 1)
    return np.where(light <= 0.0031308, light * np.float32(12.92),
                    np.float32(1.055) * light ** np.float32(1 / 2.4) - np.float32(0.055))


def _tags(profile: bytes) -> dict[bytes, bytes]:
    count, = struct.unpack_from(">I", profile, 128)
    table = profile[132:132 + 12 * count]
    entries = struct.iter_unpack(">4sII", table[:len(table) // 12 * 12])
    return {name: profile[start:start + size] for name, start, size in entries}


def _curve(tag: bytes) -> Any:
    """The light of each of 65536 levels, float32; None for a curve of a kind that is not known."""
    import numpy as np

    x = np.linspace(0, 1, 65536)
    if tag[:4] == b"curv":
        table = np.frombuffer(tag, ">u2", struct.unpack(">I", tag[8:12])[0], 12)
        light = x if not len(table) else x ** (table[0] / 256) if len(table) == 1 else \
            np.interp(x, np.linspace(0, 1, len(table)), table / 65535)
    elif tag[:4] == b"para" and tag[9] in _FORMULAS:
        values = [value / 65536 for value in struct.unpack_from(f">{_FORMULAS[tag[9]]}i", tag, 12)]
        light = _formula(x, tag[9], *values)
    else:
        return None
    return light.astype(np.float32)


def _formula(x: Any, kind: int, g: float, a: float = 1, b: float = 0, c: float = 0, d: float = 0, e: float = 0,
             f: float = 0) -> Any:
    """The parametric curves of ICC.1:2022, table 68; in kinds 1 and 2 the straight part begins at -b / a."""
    import numpy as np

    if kind in (1, 2):
        c, d, e, f = 0, -b / a, (c if kind == 2 else 0), (c if kind == 2 else 0)
    return np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)
