"""Paints the signs at the edges of the canvas that tell what lies out of view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..canvas.beyond import HEIGHT, WIDTH, Sign
from ..words.speak import t
from . import fonts
from .theme import color

if TYPE_CHECKING:
    from ..canvas.gestures import Gestures

SIZE = 14.0
ARROWS = {"left": ((-4, 0), (3, -5), (3, 5)), "right": ((4, 0), (-3, -5), (-3, 5)), "top": ((0, -4), (-5, 3), (5, 3)),
          "bottom": ((0, 4), (-5, -3), (5, -3))}


class SignPainter:
    """Draws into a draw node of its own."""

    def __init__(self, parent: int | str, gestures: Gestures):
        self.gestures = gestures
        self.node = dpg.add_draw_node(parent=parent)
        self._key: Any = None

    def paint(self, theme_name: str) -> None:
        """Show the signs that there are now."""
        signs = self.gestures.stage.signs()
        over = next((sign.side for sign in signs if sign.holds(*self.gestures.pixel)), "")
        key = (tuple(signs), theme_name, over)
        if key == self._key:
            return
        self._key = key
        dpg.delete_item(self.node, children_only=True)
        for sign in signs:
            self._sign(sign, over == sign.side)

    def _sign(self, sign: Sign, over: bool) -> None:
        words = t("canvas.beyond", count=sign.nodes)
        dpg.draw_rectangle((sign.x, sign.y), (sign.x + WIDTH, sign.y + HEIGHT), color=color("border"), rounding=13,
                           fill=color("hover" if over else "raised"), parent=self.node)
        wide = fonts.measure(words, SIZE)
        left = sign.x + (WIDTH - wide - 16) / 2
        middle = sign.y + HEIGHT / 2
        at = left + 4 if sign.side == "left" else left + wide + 12
        dpg.draw_text((left + (16 if sign.side == "left" else 0), middle - SIZE / 2), words, size=SIZE, color=color("text"),
                      parent=self.node)
        a, b, c = ((at + x, middle + y) for x, y in ARROWS[sign.side])
        dpg.draw_triangle(a, b, c, color=color("accent"), fill=color("accent"), parent=self.node)
