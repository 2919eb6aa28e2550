"""Words beside the pointer: what lies under it, and why a link does not fit there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..canvas.gestures import Gestures
from ..canvas.lettering import wrapped
from ..canvas.scene import Scene
from ..panels.nodetext import about_node, about_pin
from ..words.speak import t
from . import fonts, theme
from .theme import color

if TYPE_CHECKING:
    from ..session import Session

HOVER_SECONDS = 0.9


class Bubble:
    """A few lines in a draw node of their own."""

    def __init__(self, parent: int | str, session: Session, gestures: Gestures):
        self.session, self.gestures = session, gestures
        self.node = dpg.add_draw_node(parent=parent)
        self._rested: tuple[Any, float] = (None, 0.0)
        self._key: Any = None

    def paint(self, scene: Scene, now: float, size: tuple[int, int], pressed: bool) -> None:
        """Why a link does not fit, while one is dragged; what is under the pointer, once it rests there."""
        overlay, hover = self.gestures.overlay, self.gestures.hover
        if overlay.reason:
            key: Any = ("reason", overlay.reason, self.gestures.pixel)
            lines = [("text", overlay.reason)]
        elif overlay.told:
            key = ("told", overlay.told, self.gestures.pixel)
            lines = [("text", overlay.told)]
        elif self.gestures.trail is not None and self.gestures.trail.origins:
            trail = self.gestures.trail
            key = ("why", hover.item, tuple(trail.origins.items()), theme.current())
            lines = [("title", t("why.title")), *((("text"), f"{item.name}.{told}" if item.kind == "node" else told)
                                                  for item, said in trail.origins.items() for told in said)]
        else:
            rested = (hover.kind, hover.item, hover.pin.pin.end if hover.pin else None)
            if rested != self._rested[0]:
                self._rested = rested, now
            wanted = hover.kind in ("pin", "title", "collapse") and hover.item is not None \
                and hover.item.kind in ("node", "input", "output") \
                and not self.gestures.dragging and not pressed and now - self._rested[1] >= HOVER_SECONDS
            if not wanted or hover.item is None:
                key, lines = None, []
            else:
                key = (*rested, self.session.revision, theme.current())
                lines = about_pin(self.session, hover.pin) if hover.pin is not None else \
                    about_node(self.session, hover.item, scene.status.get(hover.item))
        if key == self._key:
            return
        self._key = key
        dpg.delete_item(self.node, children_only=True)
        if lines:
            self._bubble(lines, size)

    def _bubble(self, lines: Iterable[tuple[str, str]], room: tuple[int, int]) -> None:
        size, most = 15.0, 360.0
        rows = [(role, row) for role, words in lines
                for row in wrapped(words, size, most, fonts.measure, 12)]
        if not rows:
            return
        width = max(fonts.measure(row, size, role == "title") for role, row in rows) + 20
        height = len(rows) * 19 + 14
        x, y = self.gestures.pixel
        x = max(4.0, min(x + 18, room[0] - width - 4))
        y = y + 22 if y + 22 + height < room[1] else max(4.0, y - height - 12)
        x, y = round(x), round(y)
        dpg.draw_rectangle((x, y), (x + width, y + height), color=color("border"), fill=color("tooltip"), rounding=6,
                           parent=self.node)
        for at, (role, row) in enumerate(rows):
            shade = {"dim": "tooltip_dim", "error": "tooltip_error"}.get(role, "tooltip_text")
            drawn = dpg.draw_text((x + 10, y + 8 + at * 19), row, size=size, color=color(shade), parent=self.node)
            if role == "title" and fonts.is_bold(row):
                dpg.bind_item_font(drawn, fonts.font("bold"))
