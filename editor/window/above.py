"""Paints what is above the scene while something is dragged."""

from __future__ import annotations

from typing import Any

import dearpygui.dearpygui as dpg

from nodegraph import Ref

from ..canvas.gestures import Gestures
from ..canvas.scene import Scene
from .painter import ROUND, Painter, scaled, steps, touches
from .pen import NONE
from .theme import color, faded, of_type


class Above:
    """The overlay of the gestures, in a draw node."""

    def __init__(self, node: int | str, gestures: Gestures):
        self.node, self.gestures = node, gestures
        self._key: Any = None

    def paint(self, scene: Scene, zoom: float, theme_name: str) -> None:
        """Show what hangs on the pointer, and the pin below it."""
        overlay = self.gestures.overlay
        hover = self.gestures.hover
        hovered = hover.pin if hover.kind == "pin" and not self.gestures.dragging else None
        key = (repr((overlay.band, overlay.loose, overlay.knife, overlay.lines, overlay.outline, overlay.over)), zoom,
               theme_name, hovered, id(overlay.fitting), self.gestures.seen if overlay.fitting is not None else None)
        if key == self._key:
            return
        self._key = key
        dpg.delete_item(self.node, children_only=True)
        paint = Painter(self.node, zoom)
        if overlay.fitting is not None:
            self._light_pins(paint, scene)
        if overlay.loose is not None:
            points = scaled(overlay.loose, zoom)
            shade = color("error") if overlay.reason else of_type(overlay.color)
            dpg.draw_bezier_cubic(*points, color=shade, thickness=max(1.6, 2.6 * zoom), segments=steps(points),
                                  parent=self.node)
            for x, y in (points[0], points[3]):
                dpg.draw_circle((x, y), max(2.5, 4 * zoom), color=NONE, fill=shade, parent=self.node)
        if overlay.over is not None:
            paint.ring(overlay.over, color("error" if overlay.reason else "loose"))
        elif hovered is not None:
            paint.ring(hovered, color("loose"))
        if overlay.band is not None:
            x, y, width, height = overlay.band
            paint.frame(x, y, width, height, color("band"), faded(color("band"), 0.10), 0.0)
        if overlay.outline is not None:
            paint.frame(*overlay.outline, color("selected"), NONE, ROUND)
        for a, b, c, d in overlay.lines:
            dpg.draw_line((a * zoom, b * zoom), (c * zoom, d * zoom), color=color("snap"), parent=self.node)
        if len(overlay.knife) > 1:
            dpg.draw_polyline([(x * zoom, y * zoom) for x, y in overlay.knife], color=color("knife"), thickness=2,
                              parent=self.node)

    def _light_pins(self, paint: Painter, scene: Scene) -> None:
        """Show which pins a loose link may go to, of those that are seen; the others step back."""
        overlay, seen = self.gestures.overlay, self.gestures.seen
        gives = any(isinstance(end, Ref) for end in overlay.fitting or ())
        for item in scene.boxes:
            if not touches(scene.rectangle(item), seen):
                continue
            for at in scene.pins(item):
                if at.pin.gives == gives and at.pin.end in (overlay.fitting or ()):
                    paint.ring(at, of_type(at.pin.type.color))
                else:
                    paint.veil(at)
