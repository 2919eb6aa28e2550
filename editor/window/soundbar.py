"""The line below a sound: where it is, and what part of it is heard. A click goes there, a drag is a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..runs.made import Made
from ..runs.stretch import Stretch, chosen
from ..words.speak import t
from . import theme, widgets
from .widgets import px

if TYPE_CHECKING:
    from .app import App

HEIGHT = 18  # units


class SoundBar:
    """Made in the container that is open; as wide as so many pixels. It lives as long as its drawing does."""

    def __init__(self, app: App, made: Made, width: int):
        self.app, self.made, self.width, self.high = app, made, width, px(HEIGHT)
        self._from: float | None = None  # where the pointer went down
        self._key: Any = None
        with dpg.group() as group:
            self.list = dpg.add_drawlist(width, self.high)
        widgets.tip(group, t("sound.bar"))
        app.sounds.bars.append(self)

    @property
    def is_there(self) -> bool:
        """Whether it is still in the window."""
        return bool(dpg.does_item_exist(self.list))

    @property
    def _at(self) -> float:
        return (dpg.get_mouse_pos(local=False)[0] - dpg.get_item_rect_min(self.list)[0]) / max(1, self.width)

    @property
    def _is_pointed_at(self) -> bool:
        (x, y), (left, top) = dpg.get_mouse_pos(local=False), dpg.get_item_rect_min(self.list)
        return bool(dpg.is_item_visible(self.list)) and left <= x < left + self.width and top <= y < top + self.high

    def update(self) -> None:
        """Once a frame: follow the pointer, and draw where the sound is."""
        sounds = self.app.sounds
        mine = sounds.playing == (self.made.job, self.made.output)
        if dpg.is_mouse_button_clicked(dpg.mvMouseButton_Left) and self._is_pointed_at:
            self._from = self._at
        elif dpg.is_mouse_button_clicked(dpg.mvMouseButton_Right) and self._is_pointed_at:
            sounds.play(self.made, Stretch())
        elif self._from is not None and not dpg.is_mouse_button_down(dpg.mvMouseButton_Left):
            start, self._from = self._from, None
            asked = chosen(start, self._at)
            if not asked.loops and mine:
                sounds.play(self.made, sounds.stretch.from_place(asked.begin), asked.begin)
            else:
                sounds.play(self.made, asked)
        drawn = chosen(self._from, self._at) if self._from is not None else sounds.stretch if mine else Stretch()
        key = drawn, round((sounds.part or 0.0) * self.width) if mine else -1, theme.current()
        if key != self._key:
            self._key = key
            self._paint(drawn, key[1])

    def _paint(self, stretch: Stretch, head: int) -> None:
        dpg.delete_item(self.list, children_only=True)
        middle, parent = self.high / 2, self.list
        dpg.draw_line((0, middle), (self.width, middle), color=theme.color("border"), thickness=2, parent=parent)
        if stretch.loops:
            left, right = stretch.begin * self.width, stretch.end * self.width
            dpg.draw_rectangle((left, 2), (right, self.high - 2), color=theme.color("accent"), rounding=3, parent=parent,
                               fill=theme.faded(theme.color("accent"), 0.25))
        if head >= 0:
            dpg.draw_line((head, 1), (head, self.high - 1), color=theme.color("selected"), thickness=2, parent=parent)
