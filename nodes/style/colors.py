"""The nodes between a palette and the colours that it is made of."""

from __future__ import annotations

from nodegraph import Color, InputError, node

from ..common.colors import hex_of, rgba
from ..media.types import Palette


@node("style.palette_from_colors", version=1)
def palette_from_colors(colors: list[str], weights: list[float] | None = None) -> Palette:
    """Make a palette of colours of your own; the largest comes first.

    colors: such as "#112233" or teal; one text may name several, with spaces between them.
    weights: how much of the palette each colour has, as many as there are colours; left out, all have the same.
    """
    names = [name for text in colors for name in text.split()]
    if not names:
        raise InputError('colors is empty; it takes colours, as in ["#112233 #445566", teal]')
    if weights is not None and len(weights) != len(names):
        raise InputError(f"weights has {len(weights)} numbers for {len(names)} colours; give each its own")
    shares = [1.0] * len(names) if weights is None else [float(weight) for weight in weights]
    if min(shares) < 0 or not sum(shares):
        raise InputError("weights has a number below 0, or nothing but 0; they are shares, as in [3, 1, 1]")
    ordered = sorted(zip(map(_opaque, names), shares), key=lambda pair: -pair[1])
    return Palette(tuple(color for color, _ in ordered), tuple(round(share / sum(shares), 4) for _, share in ordered))


def _opaque(name: str) -> str:
    return hex_of(*rgba(name)[:3])


@node("style.palette_colors", version=1)
def palette_colors(palette: Palette) -> list[Color]:
    """Tell the colours of a palette one by one, the largest first.

    palette: such as style.palette finds.
    """
    return list(palette.colors)
