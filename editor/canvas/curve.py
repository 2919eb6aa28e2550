"""A link as it is drawn: cubic Bezier curves from pin to pin, and how far points are from them."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..document.items import Link
from .box import Rectangle

Segment = tuple[float, float, float, float, float, float, float, float]  # the four points of a cubic Bezier


class Curve(NamedTuple):
    """A link as it is drawn: one Bezier, or several through dots or round boxes. spread: its list is joined into another.

    quiet: drawn faintly, as what brings a seed to many nodes is; a badge at its end tells of it.
    """

    link: Link
    segments: tuple[Segment, ...]
    color: str
    many: bool
    dim: bool
    spread: bool = False
    quiet: bool = False

    @property
    def bounds(self) -> Rectangle:
        """The rectangle that it does not leave."""
        xs = [x for s in self.segments for x in s[0::2]]
        ys = [y for s in self.segments for y in s[1::2]]
        return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def bezier(start: tuple[float, float], end: tuple[float, float]) -> Segment:
    """The curve from one point to another: it leaves to the right and arrives from the left."""
    right, down = end[0] - start[0], abs(end[1] - start[1])
    if right >= 0:
        reach = max(min(right, 32.0), min(right * 0.5, 160.0), min(down * 0.5, right * 0.75))
    else:
        reach = min(200.0, 48.0 - right * 0.35 + down * 0.1)
    return (*start, start[0] + reach, start[1], end[0] - reach, end[1], *end)


def along(segment: Segment, part: float) -> tuple[float, float]:
    """The point of a Bezier at a part, 0 to 1, of its parameter."""
    a, b, c, d, e, f, g, h = segment
    u = 1 - part
    i, j, k, m = u * u * u, 3 * u * u * part, 3 * u * part * part, part * part * part
    return i * a + j * c + k * e + m * g, i * b + j * d + k * f + m * h


def sampled(curve: Curve, each: int = 20) -> list[tuple[float, float]]:
    """Points along a curve, close enough to lie on it for the eye."""
    return [along(segment, at / each) for segment in curve.segments for at in range(each + 1)]


def distance(curve: Curve, x: float, y: float) -> float:
    """How far a point is from a curve."""
    points = sampled(curve)
    return min(_to_line(x, y, *a, *b) for a, b in zip(points, points[1:], strict=False))


def _to_line(x: float, y: float, a: float, b: float, c: float, d: float) -> float:
    right, down = c - a, d - b
    length = right * right + down * down
    part = max(0.0, min(1.0, ((x - a) * right + (y - b) * down) / length)) if length else 0.0
    return math.hypot(x - a - part * right, y - b - part * down)
