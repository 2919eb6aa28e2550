"""Colours as people see them: sRGB to CIELAB and back, and the pixels of a picture in it."""

from __future__ import annotations

from typing import Any

from nodegraph import InputError

# IEC 61966-2-1 (sRGB) to CIE XYZ with the white point D65, and CIE 15:2004 for XYZ to L*a*b*.
_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375),
           (0.2126729, 0.7151522, 0.0721750),
           (0.0193339, 0.1191920, 0.9503041))
_WHITE = (0.95047, 1.0, 1.08883)
_EPSILON = (6 / 29) ** 3
_SLOPE = (29 / 6) ** 2 / 3


def linear(srgb: Any) -> Any:
    """sRGB in 0..1 without its gamma."""
    import numpy as np

    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lab(srgb: Any) -> Any:
    """CIELAB, float64 (..., 3), of sRGB in 0..1 (..., 3)."""
    import numpy as np

    # Written out rather than multiplied as matrices: a BLAS may sum in another order on another machine.
    light = linear(np.asarray(srgb, np.float64))
    x, y, z = (sum(light[..., i] * row[i] for i in range(3)) / white for row, white in zip(_TO_XYZ, _WHITE))
    fx, fy, fz = (np.where(v > _EPSILON, np.cbrt(v), v * _SLOPE + 4 / 29) for v in (x, y, z))
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def srgb(lab: Any) -> Any:
    """sRGB, float64 (..., 3) clipped to 0..1, of CIELAB (..., 3)."""
    import numpy as np

    fy = (lab[..., 0] + 16) / 116
    xyz = [np.where(f > 6 / 29, f ** 3, (f - 4 / 29) / _SLOPE) * white
           for f, white in zip((fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200), _WHITE)]
    inverse = np.linalg.inv(np.array(_TO_XYZ))
    light = np.stack([sum(xyz[i] * row[i] for i in range(3)) for row in inverse], axis=-1).clip(0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055).clip(0, 1)


def hex_of(srgb: Any) -> str:
    """"#rrggbb" of sRGB in 0..1 (3)."""
    return "#" + "".join(f"{round(float(v) * 255):02x}" for v in srgb)


def small(image: Any, side: int = 96) -> tuple[Any, Any]:
    """A picture averaged down to at most `side` pixels: CIELAB float64 (h, w, 3), and where it is opaque (h, w).

    Raises InputError when nothing in it is opaque.
    """
    import numpy as np
    import torch

    pixels = image.detach().to("cpu", torch.float64)
    scale = max(1.0, max(pixels.shape[1:]) / side)
    size = [max(1, round(n / scale)) for n in pixels.shape[1:]]
    pixels = torch.nn.functional.adaptive_avg_pool2d(pixels, size).permute(1, 2, 0).numpy()
    opaque = pixels[..., 3] >= 0.5 if pixels.shape[2] == 4 else np.ones(pixels.shape[:2], bool)
    if not opaque.any():
        raise InputError("the picture is transparent all over, so it has no colours")
    return lab(pixels[..., :3]), opaque
