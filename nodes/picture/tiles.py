"""A picture through a network piece by piece, so that memory does not grow with the picture and no seam is seen.

Each piece is handed over with a margin of its surroundings, which is cut off again. Where the margin is as wide as the
network looks, the pieces make, to rounding, what the whole picture at once would.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

from ..common.pixels import resampled

RING = 4  # pixels beside a piece that resampling looks at, which are three at most, and one for rounding

WINDOW = 16  # pixels; those of Swin's kin have 8 or 16


class Span(NamedTuple):
    """A part of a line, and the same with its margin."""

    start: int
    end: int
    first: int
    last: int


def spans(length: int, side: int, margin: int) -> list[Span]:
    """A line cut into parts that are nearly equal and about as long as a side at most.

    Large ones begin where the windows begin that many networks part a picture into, so that these see it as in the whole.
    """
    count, grid = math.ceil(length / side), WINDOW if side >= 4 * WINDOW else 1
    cuts = [min(length, round(k * length / count / grid) * grid) for k in range(count)] + [length]
    return [Span(a, b, max(0, a - margin), min(length, b + margin)) for a, b in zip(cuts, cuts[1:])]


def count(width: int, height: int, side: int) -> int:
    """How many pieces a picture of that size goes through in."""
    return math.ceil(width / side) * math.ceil(height / side)


def enlarged(network: Any, image: Any, width: int, height: int, side: int,
             begun: Callable[[], None] = lambda: None) -> Any:
    """A picture (3, h, w) at width x height, no more than the network's scale larger, on the CPU.

    begun: called before each piece.
    """
    high, wide = image.shape[1:]
    made = image.new_empty(3, height, width, device="cpu")
    rows, columns = (spans(length, side, network.margin + RING) for length in (high, wide))
    for row, column in product(rows, columns):
        begun()
        piece = network(image[None, :, row.first:row.last, column.first:column.last])[0].clamp(0, 1)
        top, bottom = (round(edge * height / high) for edge in row[:2])
        left, right = (round(edge * width / wide) for edge in column[:2])
        down, across = network.scale * high / height, network.scale * wide / width  # its pixels for one of ours
        y, x = top * down - network.scale * row.first, left * across - network.scale * column.first
        box = x, y, x + (right - left) * across, y + (bottom - top) * down
        made[:, top:bottom, left:right] = _taken(piece, right - left, bottom - top, tuple(map(_exact, box)))
    return made


def _taken(piece: Any, width: int, height: int, box: tuple[float, ...]) -> Any:
    """A part of what a network made: cut out where that has the size, resampled where not."""
    if (box[2] - box[0], box[3] - box[1]) == (width, height):
        return piece[:, int(box[1]):int(box[3]), int(box[0]):int(box[2])]
    return resampled(piece, width, height, "lanczos", box)


def _exact(edge: float) -> float:
    """A whole number where it is one but for rounding."""
    return round(edge) if abs(edge - round(edge)) < 1e-6 else edge
