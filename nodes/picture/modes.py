"""Blend modes: what becomes of a backdrop's colours and a layer's, both (3, height, width) in 0..1.

They are those of W3C Compositing and Blending Level 1, section 10; the last three are as painting programs have them.
"""

from __future__ import annotations

from typing import Any

from ..common.pixels import luma
from .color import with_luma

LUMA = (0.3, 0.59, 0.11)  # of the recommendation's Lum()


def _hard_light(back: Any, layer: Any) -> Any:
    return (2 * layer * back).where(layer <= 0.5, _screen(back, 2 * layer - 1))


def _screen(back: Any, layer: Any) -> Any:
    return back + layer - back * layer


def _soft_light(back: Any, layer: Any) -> Any:
    bright = (((16 * back - 12) * back + 4) * back).where(back <= 0.25, back.sqrt())
    return (back - (1 - 2 * layer) * back * (1 - back)).where(layer <= 0.5, back + (2 * layer - 1) * (bright - back))


def _color_dodge(back: Any, layer: Any) -> Any:
    import torch

    light = (back / (1 - layer).clamp_min(1e-9)).clamp(max=1)
    return torch.where(back <= 0, 0.0, torch.where(layer >= 1, 1.0, light))


def _color_burn(back: Any, layer: Any) -> Any:
    import torch

    dark = 1 - ((1 - back) / layer.clamp_min(1e-9)).clamp(max=1)
    return torch.where(back >= 1, 1.0, torch.where(layer <= 0, 0.0, dark))


def _saturation(colors: Any) -> Any:
    return colors.amax(0, keepdim=True) - colors.amin(0, keepdim=True)


def _with_saturation(colors: Any, saturation: Any) -> Any:
    """SetSat: spread out so that the highest channel lies this much above the lowest, which is 0."""
    return (colors - colors.amin(0, keepdim=True)) * saturation / _saturation(colors).clamp_min(1e-9)


MODES = {
    "normal": lambda back, layer: layer,
    "multiply": lambda back, layer: back * layer,
    "screen": _screen,
    "overlay": lambda back, layer: _hard_light(layer, back),
    "soft_light": _soft_light,
    "hard_light": _hard_light,
    "darken": lambda back, layer: back.minimum(layer),
    "lighten": lambda back, layer: back.maximum(layer),
    "difference": lambda back, layer: (back - layer).abs(),
    "exclusion": lambda back, layer: back + layer - 2 * back * layer,
    "color_dodge": _color_dodge,
    "color_burn": _color_burn,
    "hue": lambda back, layer: with_luma(_with_saturation(layer, _saturation(back)), luma(back, LUMA), LUMA),
    "saturation": lambda back, layer: with_luma(_with_saturation(back, _saturation(layer)), luma(back, LUMA), LUMA),
    "color": lambda back, layer: with_luma(layer, luma(back, LUMA), LUMA),
    "luminosity": lambda back, layer: with_luma(back, luma(layer, LUMA), LUMA),
    "linear_light": lambda back, layer: (back + 2 * layer - 1).clamp(0, 1),
    "add": lambda back, layer: (back + layer).clamp(max=1),
    "subtract": lambda back, layer: (back - layer).clamp(min=0),
}
