"""A small picture of everything, and of what part of it is seen."""

from __future__ import annotations

from typing import NamedTuple

from ..document.items import Item
from .box import Rectangle, around
from .scene import Scene


class Minimap(NamedTuple):
    """A small picture of everything. scale: its units per canvas unit; x, y: the canvas point at its upper left."""

    x: float
    y: float
    scale: float
    width: float
    height: float
    boxes: tuple[tuple[Item, Rectangle], ...]
    view: Rectangle

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """The canvas point at a point of the minimap."""
        return self.x + x / self.scale, self.y + y / self.scale


def minimap(scene: Scene, view: Rectangle, size: tuple[float, float]) -> Minimap | None:
    """Everything, and what of it is seen, in a picture of a size. view: the canvas rectangle that is seen."""
    everything = scene.bounds
    if everything is None:
        return None
    x, y, width, height = around([everything, view])
    margin = 0.04 * max(width, height)
    x, y, width, height = x - margin, y - margin, width + 2 * margin, height + 2 * margin
    scale = min(size[0] / width, size[1] / height)
    x -= (size[0] / scale - width) / 2
    y -= (size[1] / scale - height) / 2

    def small(r: Rectangle) -> Rectangle:
        return (r[0] - x) * scale, (r[1] - y) * scale, r[2] * scale, r[3] * scale
    return Minimap(x, y, scale, *size, tuple((item, small(scene.rectangle(item))) for item in scene.boxes), small(view))
