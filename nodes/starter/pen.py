"""The pen that all of the starter's pictures are drawn with, and its colours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import ImageDraw

SIZE = 128
SUPERSAMPLING = 3
Rgb = tuple[int, int, int]

PAINT: dict[str, Rgb] = {
    "red": (212, 40, 44), "orange": (242, 132, 24), "yellow": (254, 222, 56), "green": (58, 166, 76),
    "blue": (40, 104, 216), "purple": (128, 62, 178), "pink": (246, 134, 182), "white": (248, 248, 244), "black": (40, 38, 46), "grey": (150, 152, 162), "brown": (140, 88, 50)}
OUTLINE: Rgb = (46, 36, 48)
CREAM: Rgb = (250, 242, 222)


@dataclass(frozen=True)
class Pen:
    """Draws shapes given in units of `scale` pixels around an origin."""

    draw: ImageDraw.ImageDraw
    x: float
    y: float
    scale: float

    def polygon(self, points, fill: Rgb) -> None:
        self.draw.polygon([(self.x + px * self.scale, self.y + py * self.scale) for px, py in points], fill=fill)

    def blob(self, points, fill: Rgb) -> None:
        """A closed smooth curve through the points."""
        self.polygon(_closed_spline(tuple(points)), fill)

    def oval(self, cx: float, cy: float, rx: float, ry: float, fill: Rgb) -> None:
        x, y, s = self.x, self.y, self.scale
        self.draw.ellipse([x + (cx - rx) * s, y + (cy - ry) * s, x + (cx + rx) * s, y + (cy + ry) * s], fill=fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Rgb, round_: float = 0.0) -> None:
        x, y, s = self.x, self.y, self.scale
        self.draw.rounded_rectangle([x + left * s, y + top * s, x + right * s, y + bottom * s], round_ * s, fill=fill)

    def stroke(self, points, width: float, fill: Rgb) -> None:
        self.draw.line([(self.x + px * self.scale, self.y + py * self.scale) for px, py in points],
                       fill=fill, width=max(1, round(width * self.scale)), joint="curve")


@lru_cache(maxsize=256)
def _closed_spline(points: tuple[tuple[float, float], ...], parts: int = 8) -> tuple[tuple[float, float], ...]:
    """A closed Catmull-Rom spline (Catmull and Rom, 1974) through the points."""
    p = np.asarray(points)
    before, after, beyond = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    curve = []
    for t in np.arange(parts) / parts:
        curve.append(0.5 * (2 * p + (after - before) * t + (2 * before - 5 * p + 4 * after - beyond) * t**2
                            + (3 * p - before - 3 * after + beyond) * t**3))
    return tuple(map(tuple, np.stack(curve, 1).reshape(-1, 2).tolist()))


def mix(a: Rgb, b: Rgb, amount: float) -> Rgb:
    return tuple(round(x + (y - x) * amount) for x, y in zip(a, b, strict=True))


def shade(colour: Rgb) -> Rgb:
    return mix(colour, (44, 28, 66), 0.28)


def lighter(colour: Rgb) -> Rgb:
    return mix(colour, (255, 255, 255), 0.42)


def pale(colour: Rgb) -> Rgb:
    """Belly, tail tip, sail: cream, unless the subject itself is white."""
    return (206, 212, 224) if min(colour) > 230 else CREAM
