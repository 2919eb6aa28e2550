"""What is drawn around a box: selection, the state of its run, badges, progress."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from ..canvas.box import DOT, SMALL_SIZE, SMALL_TEXT, TITLE, Box, Status
from . import fonts, theme
from .painter import ROUND, Painter
from .pen import NONE
from .theme import color, faded, mixed


class Marks:
    """Draws with a painter."""

    def __init__(self, paint: Painter):
        self.paint = paint

    def draw(self, box: Box, status: Status, chosen: bool, hovered: bool, now: float, light: str = "",
             heard: float | None = None) -> None:
        """What is drawn around a box: selection, the state of its run, badges, progress.

        light: a role whose colour shines around it. heard: how far what it shows has been played, 0 to 1.
        """
        z = self.paint.zoom
        if box.item.kind == "dot":
            if chosen or hovered:
                middle = DOT / 2 * z
                dpg.draw_circle((middle, middle), max(4.0, 8 * z), color=color("selected" if chosen else "hovered"),
                                thickness=1.5, parent=self.paint.node)
            return
        if light:
            self.paint.frame(-5, -5, box.width + 10, box.height + 10, color(light), faded(color(light), 0.12), ROUND + 4,
                             max(1.5, 2.4 * z))
        sound = next((one for one in box.pictures if one.thumbnail.kind in ("wave", "roll")), None)
        if heard is not None and sound is not None:
            x = round((sound.x + sound.width * heard) * z)
            dpg.draw_line((x, round(sound.y * z)), (x, round((sound.y + sound.height) * z)), color=color("text"),
                          thickness=2, parent=self.paint.node)
        role = {"running": "running", "failed": "failed"}.get(status.status, "")
        line = color(role) if role else color("error") if status.trouble == "error" else None
        if line is not None:
            self.paint.frame(0, 0, box.width, box.height, line, NONE, ROUND, thickness=1.6)
        if chosen:
            self.paint.frame(-2, -2, box.width + 4, box.height + 4, color("selected"), NONE, ROUND + 2, max(1.5, 2 * z))
        elif hovered and line is None:
            self.paint.frame(0, 0, box.width, box.height, color("hovered"), NONE, ROUND if box.item.kind == "node" else 8)
        if box.item.kind != "node":
            if status.trouble and box.item.kind in ("input", "output"):
                self._trouble(box, status.trouble)
            return
        if status.status == "running":
            self._progress(box, status.part, now)
        if z >= SMALL_TEXT:
            self._badges(box, status)
        elif status.status in ("running", "failed", "cached", "ran"):
            self._sign(box, status.status)

    def _sign(self, box: Box, role: str) -> None:
        """How a node is doing, told from afar by a dot at its corner."""
        z = self.paint.zoom
        dpg.draw_circle((round(box.width * z) - 2, 2), 4.5, color=color("canvas"), fill=color(role), thickness=1.5,
                        parent=self.paint.node)

    def _progress(self, box: Box, part: float | None, now: float) -> None:
        """A bar along the title: how much is done, or that it is being done."""
        start, length = (0.0, part) if part is not None else ((now * 0.7) % 1.3 - 0.3, 0.3)
        left, right = max(0.0, start), min(1.0, start + length)
        self.paint.frame(0, TITLE - 3, box.width, 3, NONE, faded(color("running"), 0.25), 0)
        if right > left:
            self.paint.frame(box.width * left, TITLE - 3, box.width * (right - left), 3, NONE, color("running"), 0)

    def _badges(self, box: Box, status: Status) -> None:
        """Words above a node, from its right end to the left; a sign of trouble comes first."""
        right, size = box.width, SMALL_SIZE
        y = -12.0 if not box.graph else -16.0
        for role, words in reversed(status.badges):
            shade = color(role) if role in ("cached", "ran", "failed", "running", "stale") else color("dim")
            width = fonts.measure(words, size) + 12
            self.paint.frame(right - width, y - 8, width, 17, NONE, mixed(color("canvas"), shade, 0.16), 8)
            self.paint.text(right - width + 6, y, words, size, shade)
            right -= width + 4
        if status.trouble:
            self._trouble(box, status.trouble, y)

    def _trouble(self, box: Box, trouble: str, y: float = -12.0) -> None:
        z, shade = self.paint.zoom, color(trouble)
        x = 8.0
        if z < SMALL_TEXT:
            return
        dpg.draw_circle((x * z, y * z), 8 * z, color=NONE, fill=shade, parent=self.paint.node)
        self.paint.text(x - fonts.measure("!", 15, True) / 2, y, "!", 15, theme.text_on(shade), bold=True)
