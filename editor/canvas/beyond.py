"""What lies out of view, told at the edges: how many nodes there are on each side, and the way to them."""

from __future__ import annotations

from typing import NamedTuple

from .box import Rectangle
from .scene import Scene

WIDTH, HEIGHT, INSET = 104.0, 26.0, 10.0  # pixels of a sign, and its distance from the edge


class Sign(NamedTuple):
    """A sign at an edge. side: "left", "right", "top" or "bottom"; x, y: the pixel of its upper left corner."""

    side: str
    nodes: int
    x: float
    y: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a pixel lies on it."""
        return self.x <= x < self.x + WIDTH and self.y <= y < self.y + HEIGHT


def counts(scene: Scene, seen: Rectangle) -> dict[str, int]:
    """How many nodes, inputs and outputs lie wholly out of view, each on the side where it is farthest out."""
    left, top, width, height = seen
    found: dict[str, int] = {}
    for item, box in scene.boxes.items():
        if item.kind not in ("node", "input", "output"):
            continue
        x, y = scene.at[item]
        out = {"left": left - x - box.width, "right": x - left - width, "top": top - y - box.height,
               "bottom": y - top - height}
        side = max(out, key=out.__getitem__)
        if out[side] >= 0:
            found[side] = found.get(side, 0) + 1
    return found


def signs(scene: Scene, seen: Rectangle, size: tuple[float, float]) -> list[Sign]:
    """The signs in a widget of so many pixels."""
    wide, high = size
    places = {"left": (INSET, (high - HEIGHT) / 2), "right": (wide - WIDTH - INSET, (high - HEIGHT) / 2),
              "top": ((wide - WIDTH) / 2, INSET), "bottom": ((wide - WIDTH) / 2, high - HEIGHT - INSET)}
    return [Sign(side, count, *places[side]) for side, count in counts(scene, seen).items()]


def step(side: str, seen: Rectangle) -> tuple[float, float]:
    """How far the view goes, in canvas units, when a sign is pressed: most of what is seen."""
    right = {"left": -0.75, "right": 0.75}.get(side, 0.0) * seen[2]
    down = {"top": -0.75, "bottom": 0.75}.get(side, 0.0) * seen[3]
    return right, down
