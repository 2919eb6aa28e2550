"""Every key and what it does, as it stands in the user's own file; and what the mouse does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dearpygui.dearpygui as dpg

from ..words.speak import t
from . import widgets
from .widgets import px

if TYPE_CHECKING:
    from .app import App

MOUSE = ("link", "drop", "detach", "box", "toggle", "pan", "zoom", "menu", "open", "dot")


class ShortcutSheet:
    """Fills a window of so many pixels with two columns of commands and their keys."""

    def __init__(self, app: App, width: int, height: int):
        shortcuts = app.session.shortcuts
        areas = shortcuts.sheet()
        areas.append((t("shortcuts.mouse"), [(t(f"mouse.{name}.does"), t(f"mouse.{name}")) for name in MOUSE]))
        half = (width - px(64)) // 2
        with dpg.child_window(always_use_window_padding=True, width=width, height=height):
            with dpg.table(header_row=False, policy=dpg.mvTable_SizingFixedFit):
                for _ in range(2):
                    dpg.add_table_column(width_fixed=True, init_width_or_weight=half + px(16))
                with dpg.table_row():
                    for part in _halves([area for area in areas if area[1]]):
                        with dpg.group():
                            for title, lines in part:
                                self._area(title, lines, half)
        if shortcuts.path is not None:
            widgets.says(t("shortcuts.file", path=shortcuts.path), "dim", wrap=width)

    @staticmethod
    def _area(title: str, lines: list[tuple[str, str]], width: int) -> None:
        widgets.heading(title)
        for does, keys in lines:
            with dpg.group(horizontal=True, xoffset=round(width * 0.58)):
                widgets.says(widgets.wrapped(does, width * 0.56))
                widgets.says(widgets.wrapped(keys, width * 0.42), "dim")
        widgets.gap(10)


def _halves(areas: list[tuple[str, list]]) -> tuple[list, list]:
    """Two columns of about one height, in order."""
    heights = [len(lines) + 2 for _, lines in areas]
    best = min(range(1, len(areas)), key=lambda at: abs(sum(heights[:at]) - sum(heights[at:])), default=0)
    return areas[:best], areas[best:]
