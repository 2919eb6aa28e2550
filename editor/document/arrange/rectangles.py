"""Rectangles on the canvas, aligned, evenly spaced, on a grid: sizes are given, positions come back, y downwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from nodegraph import Graph

from ..items import Item, size

COLUMN_GAP = 56
ROW_GAP = 24
USUAL_SIZES = {"node": (180.0, 100.0), "input": (160.0, 60.0), "output": (160.0, 60.0), "dot": (16.0, 16.0),
               "note": (200.0, 90.0), "frame": (300.0, 200.0)}

Positions = dict[Item, tuple[float, float]]


class Box(NamedTuple):
    """A rectangle on the canvas: its upper left corner, width and height."""

    x: float
    y: float
    width: float
    height: float


def bounds(boxes: Iterable[Sequence[float]] | Mapping[Item, Sequence[float]]) -> Box | None:
    """The smallest rectangle around some; None around none."""
    found = list(boxes.values() if isinstance(boxes, Mapping) else boxes)
    if not found:
        return None
    left, top = min(b[0] for b in found), min(b[1] for b in found)
    return Box(left, top, max(b[0] + b[2] for b in found) - left, max(b[1] + b[3] for b in found) - top)


def align(boxes: Mapping[Item, Sequence[float]], edge: str) -> Positions:
    """Boxes moved so that an edge of each, or its centre, lies on one line with that of all of them together.

    edge: "left", "right", "top", "bottom", "center_x" (centres above one another) or "center_y" (side by side).
    """
    if edge not in _EDGES:
        raise ValueError(f"{edge!r} is no edge; there is {', '.join(_EDGES)}")
    around = bounds(boxes)
    axis, part = _EDGES[edge]
    moved = {}
    for item, box in boxes.items():
        corner = [box[0], box[1]]
        corner[axis] = around[axis] + (around[axis + 2] - box[axis + 2]) * part
        moved[item] = (corner[0], corner[1])
    return moved


_EDGES = {"left": (0, 0.0), "center_x": (0, 0.5), "right": (0, 1.0),
          "top": (1, 0.0), "center_y": (1, 0.5), "bottom": (1, 1.0)}


def distribute(boxes: Mapping[Item, Sequence[float]], axis: str) -> Positions:
    """Boxes moved so that the room between them is the same, in the order in which they stand now.

    axis: "x" or "y". The first and the last stay, unless there is too little room: then the last ones move on.
    """
    at = {"x": 0, "y": 1}[axis]
    order = sorted(boxes, key=lambda item: (boxes[item][at] + boxes[item][at + 2] / 2, item))
    if len(order) < 2:
        return {item: (boxes[item][0], boxes[item][1]) for item in order}
    first, last = boxes[order[0]], boxes[order[-1]]
    room = last[at] + last[at + 2] - first[at] - sum(boxes[item][at + 2] for item in order)
    gap = room / (len(order) - 1)
    gap = gap if gap >= 0 else ROW_GAP
    moved, edge = {}, first[at]
    for item in order:
        corner = [boxes[item][0], boxes[item][1]]
        corner[at] = edge
        moved[item] = (corner[0], corner[1])
        edge += boxes[item][at + 2] + gap
    return moved


def snap(at: tuple[float, float], grid: float) -> tuple[float, float]:
    """The nearest point of a grid; the same point where the grid is 0."""
    return (round(at[0] / grid) * grid, round(at[1] / grid) * grid) if grid > 0 else at


def size_of(graph: Graph, sizes: Mapping[Item, tuple[float, float]], item: Item) -> tuple[float, float]:
    """How large an item is, or usually is."""
    return sizes.get(item) or size(graph, item) or USUAL_SIZES[item.kind]
