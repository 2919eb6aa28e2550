"""Palettes as numbers: their colours in some order, and which of them are paper and inks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, permutations
from typing import Any

from .colors import rgba

_LUMA = (0.299, 0.587, 0.114)  # BT.601
Color = tuple[float, ...]  # red, green, blue in 0..1


def colors_of(palette: Any, order: str) -> list[Color]:
    """The colours of a palette as they come ("palette"), or from dark to light ("light")."""
    colors: list[Color] = [rgba(color)[:3] for color in palette.colors]
    if order == "palette":
        return colors
    return sorted(colors, key=lambda color: sum(part * weight for part, weight in zip(color, _LUMA, strict=True)))


def dealt(palette: Any, turn: int) -> list[str]:
    """Four colours of a palette, in the turn-th of their 24 orders: that of the paper, then those of three inks."""
    colors: Sequence[str] = palette.colors
    return list(next(islice(permutations([colors[k % len(colors)] for k in range(4)]), turn, None)))
