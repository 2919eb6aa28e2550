"""Paints the line of earlier runs at the foot of the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..canvas.runsline import HEIGHT, ROOM
from ..words.speak import t
from .theme import color

if TYPE_CHECKING:
    from ..canvas.gestures import Gestures

SIZE = 14.0


class RunsLinePainter:
    """Draws into a draw node of its own."""

    def __init__(self, parent: int | str, gestures: Gestures):
        self.gestures = gestures
        self.node = dpg.add_draw_node(parent=parent)
        self._key: Any = None

    def paint(self, theme_name: str) -> None:
        """Show the line as it is now."""
        line = self.gestures.stage.runs_line()
        key = (line, theme_name)
        if key == self._key:
            return
        self._key = key
        dpg.delete_item(self.node, children_only=True)
        if line is None:
            return
        dpg.draw_rectangle((line.x, line.y), (line.x + line.width, line.y + HEIGHT), color=color("border"),
                           fill=color("minimap"), rounding=8, parent=self.node)
        middle = line.y + HEIGHT / 2
        dpg.draw_text((line.x + 12, middle - SIZE / 2), t("canvas.runs", at=line.at + 1, count=line.runs), size=SIZE,
                      color=color("text"), parent=self.node)
        dpg.draw_line((line.x + ROOM, middle), (line.mark(line.runs - 1), middle), color=color("separator"), thickness=2,
                      parent=self.node)
        for number in range(line.runs):
            now = number == line.at
            dpg.draw_circle((line.mark(number), middle), 7 if now else 4, color=color("text" if now else "clear"),
                            fill=color("accent" if now else "dim"), parent=self.node)
