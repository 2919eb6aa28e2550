"""The nodes that make patterns of a picture: folded in a wallpaper group, in a kaleidoscope, and seamless."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

from nodegraph import InputError, Range, node

from ..common.pixels import premultiplied, size_words, straight
from ..media.types import Image

MOST = 16384  # pixels a side
Group = Literal["p1", "p2", "pm", "pg", "cm", "pmm", "pmg", "pgg", "cmm", "p4", "p4m", "p4g",
                "p3", "p3m1", "p31m", "p6", "p6m"]
Tiles = Annotated[int, Range(1, 64)]


@node("picture.fold", version=1)
def fold(image: Image, symmetry: Group = "p4m", columns: Tiles = 2, rows: Tiles = 2) -> Image:
    """Make a wallpaper of a picture: turned, mirrored and laid side by side. It can be repeated without a seam.

    There are just 17 ways of it, the wallpaper groups. Those with mirrors (an m in their name) join best. Up to p4g
    pixels are kept as they are; where angles of 60 degrees are wanted (p3 to p6m) the picture is drawn anew, smoothly.

    image: what is repeated; p4, p4m, p4g and those after them take the square in its middle.
    symmetry: p1 repeats; p2 turns by half; pm mirrors, pg mirrors and shifts, cm mirrors as bricks are laid; pmm mirrors
        both ways, pmg and pgg one way or none with half turns, cmm both ways as bricks are laid; p4 turns by quarters,
        p4m makes eightfold tiles and p4g pinwheels of mirrors; p3 turns by thirds, p3m1 and p31m with mirrors; p6 turns
        by sixths, and p6m makes snowflakes, twelvefold.
    columns: how many cells side by side; a cell is the least that repeats.
    rows: how many cells one under another.
    """
    cell = _CELLS[symmetry](image) if symmetry in _CELLS else _hexagonal(image, symmetry)
    high, wide = cell.shape[1] * rows, cell.shape[2] * columns
    if max(high, wide) > MOST:
        raise InputError(f"{columns} x {rows} cells of {size_words(cell)} are {wide} x {high} pixels, and a picture has "
                         f"at most {MOST} a side; take fewer, or make the picture smaller first")
    return cell.repeat(1, rows, columns)


@node("picture.kaleidoscope", version=1)
def kaleidoscope(image: Image, mirrors: Annotated[int, Range(1, 64)] = 6,
                 turn: Annotated[float, Range(-3600, 3600)] = 0.0, zoom: Annotated[float, Range(0.05, 20)] = 1.0,
                 x: Annotated[float, Range(0, 1)] = 0.5, y: Annotated[float, Range(0, 1)] = 0.5) -> Image:
    """Look at a picture through a kaleidoscope: a slice of it, mirrored around a point.

    image: the picture; the result is as large.
    mirrors: how often the slice is seen, and as often again in the mirror.
    turn: degrees by which the slice is turned, against the clock.
    zoom: above 1 enlarges the slice.
    x: where in the picture the slice has its point, from 0 at the left to 1 at the right.
    y: the same from the top.
    """
    import torch

    high, wide = image.shape[1:]
    down = (torch.arange(high, device=image.device) + 0.5 - high / 2)[:, None] / zoom
    across = (torch.arange(wide, device=image.device) + 0.5 - wide / 2)[None] / zoom
    slice_ = 2 * math.pi / mirrors
    angle = torch.atan2(down, across) % slice_
    angle = torch.minimum(angle, slice_ - angle) - math.radians(turn)
    far = (down**2 + across**2).sqrt()
    return _sampled(image, x * wide + far * torch.cos(angle), y * high + far * torch.sin(angle))


@node("picture.seamless", version=1)
def seamless(image: Image, overlap: Annotated[float, Range(0.01, 0.5)] = 0.25) -> Image:
    """Make a picture that can be laid side by side without a seam: its edges are blended into one another.

    image: the picture; the result is smaller by the overlap.
    overlap: how much of it is blended, as a share of each side.
    """
    layer = premultiplied(image)
    for dim in (1, 2):
        side = layer.shape[dim]
        width = min(max(1, round(side * overlap)), side // 2)
        if width:
            layer = _wrapped(layer, dim, width)
    return straight(layer.clone())


def _wrapped(layer: Any, dim: int, width: int) -> Any:
    """A layer whose last pixels, along a dimension, have faded into its first, before which they come when repeated."""
    import torch

    length = layer.shape[dim] - width
    first, rest, last = layer.split([width, length - width, width], dim)
    share = ((torch.arange(width, device=layer.device) + 0.5) / width).view([-1 if d == dim else 1 for d in range(3)])
    return torch.cat([torch.lerp(last, first, share), rest], dim)


def _square(image: Any) -> Any:
    high, wide = image.shape[1:]
    side = min(high, wide)
    top, left = (high - side) // 2, (wide - side) // 2
    return image[:, top:top + side, left:left + side]


def _beside(*parts: Any) -> Any:
    import torch

    return torch.cat(parts, 2)


def _under(*parts: Any) -> Any:
    import torch

    return torch.cat(parts, 1)


def _h(a: Any) -> Any:
    return a.flip(2)


def _v(a: Any) -> Any:
    return a.flip(1)


def _half(a: Any) -> Any:
    return a.flip((1, 2))


def _mirrored(a: Any) -> Any:
    return _under(_beside(a, _h(a)), _beside(_v(a), _half(a)))


def _turned(a: Any) -> Any:
    """Four quarter turns about the corner that they share."""
    quarter, back = a.rot90(-1, (1, 2)), a.rot90(1, (1, 2))
    return _under(_beside(a, quarter), _beside(back, _half(a)))


def _symmetric(image: Any, across: bool = False) -> Any:
    """The square of a picture, one half of it mirrored in its diagonal; `across`: the one from the lower left."""
    a = _square(image)
    a = _h(a) if across else a
    made = a.triu() + a.triu(1).transpose(1, 2)
    return _h(made) if across else made


# The least that repeats, of a picture that is the part which is not repeated (International Tables A, plane groups).
_CELLS: dict[str, Callable[[Any], Any]] = {
    "p1": lambda a: a,
    "p2": lambda a: _under(a, _half(a)),
    "pm": lambda a: _beside(a, _h(a)),
    "pg": lambda a: _under(a, _h(a)),
    "cm": lambda a: _under(_beside(a, _h(a)), _beside(_h(a), a)),
    "pmm": _mirrored,
    "pmg": lambda a: _under(_beside(a, _h(a)), _beside(_half(a), _v(a))),
    "pgg": lambda a: _under(_beside(a, _v(a)), _beside(_h(a), _half(a))),
    "cmm": lambda a: _under(_beside(a, _h(a)), _beside(_half(a), _v(a)), _beside(_h(a), a), _beside(_v(a), _half(a))),
    "p4": lambda a: _turned(_square(a)),
    "p4m": lambda a: _mirrored(_symmetric(a)),
    "p4g": lambda a: _turned(_symmetric(a, across=True)),
}

_ROOT = math.sqrt(3)


class _Slice(NamedTuple):
    """The part of a hexagon that is not repeated: one of `slices` about its middle, or, mirrored, half of one, that
    begins at an angle; its extent, in units of the lattice, and how far it reaches to the left of the middle."""

    slices: int
    mirrored: bool
    start: float
    extent: float
    left: float = 0.0


# A hexagon's corners are 1 / root 3 from its middle, at 30 degrees and every 60; its edges 1/2, at 0 and every 60.
_SLICES = {
    "p3": _Slice(3, False, math.pi / 6, _ROOT / 2, left=_ROOT / 6),
    "p3m1": _Slice(3, True, math.pi / 6, 1 / _ROOT),
    "p31m": _Slice(3, True, 0.0, 1 / 2),
    "p6": _Slice(6, False, math.pi / 6, 1 / _ROOT),
    "p6m": _Slice(6, True, math.pi / 6, 1 / _ROOT),
}


def _hexagonal(image: Any, symmetry: str) -> Any:
    """The rectangular cell, 1 by the root of 3, of a pattern of thirds or sixths.

    Each of its points is brought to the part that is not repeated, where the picture is looked up. Its longest side is
    that of the square, so that pixels stay as large as they were, but for less than half a one in the height of a cell.
    """
    import torch

    a, part = _square(image), _SLICES[symmetry]
    side = a.shape[1]
    wide = max(2, round(side / part.extent))
    high = max(2, round(wide * _ROOT))
    x = ((torch.arange(wide, device=a.device) + 0.5) / wide).expand(high, wide)
    y = ((torch.arange(high, device=a.device) + 0.5) / high * _ROOT)[:, None].expand(high, wide)
    x, y = _near(x, y)
    slice_ = 2 * math.pi / part.slices
    angle, far = (torch.atan2(y, x) - part.start) % slice_, (x**2 + y**2).sqrt()
    angle = torch.minimum(angle, slice_ - angle) if part.mirrored else angle
    scale = side / part.extent
    return _sampled(a, (far * torch.cos(angle) + part.left) * scale, far * torch.sin(angle) * scale)


def _near(x: Any, y: Any) -> tuple[Any, Any]:
    """Points of the plane, moved by the hexagonal lattice of unit length as near to its origin as they come."""
    import torch

    places = []
    for shift in (0.0, 0.5):  # the lattice is two rectangular ones
        u, v = x + shift, y + shift * _ROOT
        places.append((u - u.round(), v - (v / _ROOT).round() * _ROOT))
    (u, v), (p, q) = places
    nearer = p**2 + q**2 < u**2 + v**2
    return torch.where(nearer, p, u), torch.where(nearer, q, v)


def _sampled(image: Any, x: Any, y: Any) -> Any:
    """The picture's colours at points in pixels from its upper left corner, bicubic; beyond its edges it is mirrored."""
    import torch
    import torch.nn.functional as F

    high, wide = image.shape[1:]
    grid = torch.stack([x / wide * 2 - 1, y / high * 2 - 1], -1)[None].to(image.dtype)
    made = F.grid_sample(premultiplied(image)[None], grid, mode="bicubic", padding_mode="reflection", align_corners=False)
    return straight(made[0].clamp(0, 1))
