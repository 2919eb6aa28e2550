"""Paints the minimap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..canvas.box import Box
from ..canvas.gestures import Gestures
from ..document.items import Item
from . import theme
from .pen import NONE
from .theme import RGBA, color, faded, mixed, of_type

if TYPE_CHECKING:
    from ..session import Session


class MinimapPainter:
    """The minimap of a canvas, in a draw node of its own."""

    def __init__(self, parent: int | str, session: Session, gestures: Gestures):
        self.session, self.gestures = session, gestures
        self.node = dpg.add_draw_node(parent=parent)
        self.ground, self.boxes, self.view = (dpg.add_draw_node(parent=self.node) for _ in range(3))
        self._key: Any = None

    def paint(self, size: tuple[int, int], theme_name: str) -> None:
        """Show the minimap in a canvas of so many pixels, if it is wanted."""
        found = self.gestures.minimap()
        if (found is not None) != dpg.is_item_shown(self.node):
            dpg.configure_item(self.node, show=found is not None)
        if found is None:
            return
        left, top, small = found
        scene = self.gestures.scene
        outline = (scene.at, {item: (box.width, box.height, box.color) for item, box in scene.boxes.items()},
                   size, theme_name, self.session.selection)
        if outline != self._key:
            self._key = outline
            dpg.delete_item(self.ground, children_only=True)
            dpg.delete_item(self.boxes, children_only=True)
            dpg.draw_rectangle((left, top), (left + small.width, top + small.height), color=color("border"),
                               fill=color("minimap"), rounding=6, parent=self.ground)
            for item, box in scene.boxes.items():
                if item.kind == "dot":
                    continue
                x, y, width, height = scene.rectangle(item)
                dpg.draw_rectangle((x, y), (x + width, y + height), color=NONE, parent=self.boxes,
                                   fill=self._color(item, box))
        matrix = dpg.create_translation_matrix((left - small.x * small.scale, top - small.y * small.scale)) \
            * dpg.create_scale_matrix((small.scale, small.scale))
        dpg.apply_transform(self.boxes, matrix)
        x, y, width, height = small.view
        x, y = max(0.0, x), max(0.0, y)
        dpg.delete_item(self.view, children_only=True)
        right, bottom = left + min(small.width, x + width), top + min(small.height, y + height)
        dpg.draw_rectangle((left + x, top + y), (right, bottom),
                           color=color("dim"), fill=faded(color("dim"), 0.08), rounding=3, parent=self.view)

    def _color(self, item: Item, box: Box) -> RGBA:
        if item in self.session.selection:
            return color("selected")
        if item.kind == "frame":
            return faded(theme.rgba(box.color) if box.color else color("frame"), 0.3)
        if item.kind == "note":
            return faded(color("note_text"), 0.3)
        if box.color:
            return theme.rgba(box.color)
        pin = next((pin for pin in box.pins if pin.gives), None)
        return mixed(color("dim"), of_type(pin.type.color), 0.7) if pin is not None else color("dim")
