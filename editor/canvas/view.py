"""What part of the canvas is seen."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

BORDER = 96  # pixels that are left free around what is brought into view
NEAREST, FARTHEST = 2.5, 0.1  # the largest scale and the smallest
OPENING = 0.6  # the least scale at which a document that has just come is shown
READABLE = 0.5  # the least scale at which something that is jumped to is shown


class View(NamedTuple):
    """What of the canvas is seen: the canvas point in the widget's upper left corner, and the scale.

    A canvas point (a, b) is shown at ((a - x) * zoom, (b - y) * zoom), in pixels of the widget.
    """

    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """The canvas point that is shown at a pixel of the widget."""
        return self.x + x / self.zoom, self.y + y / self.zoom

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of the widget at which a canvas point is shown."""
        return (x - self.x) * self.zoom, (y - self.y) * self.zoom

    def zoomed(self, factor: float, x: float, y: float) -> View:
        """This view at another scale, with what is at a pixel left where it is."""
        zoom = min(NEAREST, max(FARTHEST, self.zoom * factor))
        a, b = self.to_canvas(x, y)
        return View(a - x / zoom, b - y / zoom, zoom)

    def centred(self, box: tuple[float, float, float, float], size: tuple[float, float]) -> View:
        """A view with a box in its middle, near enough to be read. size: of the widget, in pixels."""
        x, y, width, height = box
        zoom = max(self.zoom, READABLE)
        return View(x + width / 2 - size[0] / zoom / 2, y + height / 2 - size[1] / zoom / 2, zoom)


def around(boxes: Collection[tuple[float, float, float, float]], size: tuple[float, float]) -> View:
    """The view in which all of these boxes are seen, not larger than life. size: of the widget, in pixels."""
    if not boxes:
        return View()
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    width, height = size
    zoom = max(FARTHEST, min(1.0, width / (right - left + BORDER), height / (bottom - top + BORDER)))
    return View((left + right - width / zoom) / 2, (top + bottom - height / zoom) / 2, zoom)


def opening(boxes: Collection[tuple[float, float, float, float]], size: tuple[float, float]) -> View:
    """The view of a document that has just come: all of it, or at 60 % its beginning, at the upper left."""
    view = around(boxes, size)
    if not boxes or view.zoom >= OPENING:
        return view
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    wide, high = max(b[0] + b[2] for b in boxes) - left + BORDER, max(b[1] + b[3] for b in boxes) - top + BORDER
    x, y = (left - BORDER / 2, top - BORDER / 2)
    if wide * OPENING <= size[0]:
        x = left + (wide - BORDER) / 2 - size[0] / OPENING / 2
    if high * OPENING <= size[1]:
        y = top + (high - BORDER) / 2 - size[1] / OPENING / 2
    return View(x, y, OPENING)
