"""What follows the pointer on the canvas, from the first move to the release; the edit comes with the release."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..document import edits
from . import hits
from .overlay import Overlay, Pressed
from .scene import Scene

if TYPE_CHECKING:
    from .gestures import Gestures


SNAP = 8.0  # canvas units, as the grid of the boxes is
MAGNET = 6.0  # pixels within which edges of boxes draw each other


class Drag:
    """Something that follows the pointer, from the first move to the release. Points are on the canvas."""

    follows = True  # whether the view follows at the border

    def __init__(self, gestures: Gestures, pressed: Pressed):
        self.gestures, self.stage, self.pressed = gestures, gestures.stage, pressed
        self.session = gestures.session

    @property
    def overlay(self) -> Overlay:
        """What is drawn above the scene."""
        return self.gestures.overlay

    def scene(self) -> Scene:
        """The scene as it would be."""
        return self.stage.scene

    def move(self, x: float, y: float) -> None:
        """The pointer is there now."""
        raise NotImplementedError

    def release(self, x: float, y: float) -> None:
        """The pointer is let go; the overlay is gone already."""

    def cancel(self) -> None:
        """What was done to the view is undone."""


class Pan(Drag):
    """The view follows the pointer."""

    follows = False

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        self.began = self.session.view

    def move(self, x: float, y: float) -> None:
        view, (px, py) = self.session.view, self.gestures.pixel
        at = self.pressed.at
        self.session.view = view._replace(x=at[0] - px / view.zoom, y=at[1] - py / view.zoom)
        self.session.touch()

    def cancel(self) -> None:
        self.session.view = self.began


class MinimapDrag(Drag):
    """What the pointer is over on the minimap comes into the middle of the view."""

    follows = False

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        self.began = self.session.view
        small = self.stage.minimap()
        assert small is not None
        self.left, self.top, self.map = small

    def move(self, x: float, y: float) -> None:
        px, py = self.gestures.pixel
        x, y = self.map.to_canvas(px - self.left, py - self.top)
        view, (width, height) = self.session.view, self.session.canvas_size
        self.session.view = view._replace(x=x - width / view.zoom / 2, y=y - height / view.zoom / 2)
        self.session.touch()

    def cancel(self) -> None:
        self.session.view = self.began


class Scrub(Drag):
    """The handle goes along the earlier runs, and graph and results follow."""

    follows = False

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        line = self.stage.runs_line()
        assert line is not None
        self.line, self.at = line, -1

    def move(self, x: float, y: float) -> None:
        number = self.line.nearest(self.gestures.pixel[0])
        if number != self.at:
            self.at = number
            self.session.rewind(number)

    def release(self, x: float, y: float) -> None:
        self.session.document.seal()


class Band(Drag):
    """A rectangle that selects what it touches."""

    def move(self, x: float, y: float) -> None:
        a, b = self.pressed.at
        band = min(a, x), min(b, y), abs(x - a), abs(y - b)
        self.overlay.band = band
        self.overlay.chosen = frozenset(hits.inside(self.stage.scene, band))

    def release(self, x: float, y: float) -> None:
        a, b = self.pressed.at
        chosen = hits.inside(self.stage.scene, (min(a, x), min(b, y), abs(x - a), abs(y - b)))
        self.session.select(chosen, toggle=self.pressed.ctrl, add=self.pressed.shift)


class Knife(Drag):
    """A line that cuts the links it crosses."""

    def move(self, x: float, y: float) -> None:
        line = self.overlay.knife
        if not line or math.dist(line[-1], (x, y)) * self.session.view.zoom >= 2:
            self.overlay.knife = (*line, (x, y))
            self.overlay.cut = frozenset(hits.cut(self.stage.scene, self.overlay.knife))
        self.cut = self.overlay.cut

    def release(self, x: float, y: float) -> None:
        if self.cut:
            self.session.edit("undo.disconnect", edits.disconnect(self.session.graph, self.cut))


class Resize(Drag):
    """A corner of a frame, a note or a node follows the pointer."""

    def __init__(self, gestures: Gestures, pressed: Pressed):
        super().__init__(gestures, pressed)
        assert pressed.hit.item is not None
        self.item = pressed.hit.item
        self.at = self.stage.scene.at[self.item]
        box = self.stage.scene.boxes[self.item]
        self.began = self.size = (box.width, box.height)

    def move(self, x: float, y: float) -> None:
        step = SNAP if self.session.settings.snap else 1.0
        least = {"frame": (96.0, 64.0), "note": (80.0, 40.0)}.get(self.item.kind, (128.0, 32.0))
        wide, high = (self.began[0] + x - self.pressed.at[0], self.began[1] + y - self.pressed.at[1])
        wide, high = max(least[0], round(wide / step) * step), max(least[1], round(high / step) * step)
        self.size = (wide, high if self.item.kind != "node" else self.began[1])
        self.overlay.outline = (*self.at, *self.size)

    def scene(self) -> Scene:
        scene = self.stage.scene
        if self.item not in scene.boxes or self.item.kind == "node":
            return scene
        return scene.resized(self.item, self.size)

    def release(self, x: float, y: float) -> None:
        self.move(x, y)
        if self.size != self.began and self.item in self.stage.scene.boxes:
            self.session.edit("undo.resize", edits.resize(self.session.graph, self.item, self.size))
