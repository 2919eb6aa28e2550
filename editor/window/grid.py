"""The grid on the canvas: drawn once for a scale, and moved from then on."""

from __future__ import annotations

from typing import Any

import dearpygui.dearpygui as dpg

from .pen import NONE
from .theme import color

GRID, GRID_STRONG = 32.0, 160.0  # canvas units between lines, and between strong ones


class Grid:
    """Draws into a draw node of its own."""

    def __init__(self, parent: int | str):
        self.node = dpg.add_draw_node(parent=parent)
        self._key: tuple[Any, ...] | None = None

    def paint(self, zoom: float, offset: tuple[int, int], size: tuple[int, int], theme_name: str) -> None:
        """Show it at a scale, the canvas beginning so many pixels from its corner. size: of the canvas, in pixels."""
        strong = GRID_STRONG * zoom
        key = (zoom, size, theme_name)
        if key != self._key:
            self._key = key
            dpg.delete_item(self.node, children_only=True)
            width, height = size[0] + strong, size[1] + strong
            steps = 5 if GRID * zoom >= 14 else 1
            for direction, length, across in ((0, width, height), (1, height, width)):
                for at in range(int(length / strong * steps) + steps + 1):
                    place = round(at * strong / steps)
                    corners = ((place, 0), (place + 1, across)) if direction == 0 else \
                        ((0, place), (across, place + 1))
                    dpg.draw_rectangle(*corners, color=NONE, parent=self.node,
                                       fill=color("grid_strong" if at % steps == 0 else "grid"))
        dpg.apply_transform(self.node, dpg.create_translation_matrix([round(at % strong - strong) for at in offset]))
