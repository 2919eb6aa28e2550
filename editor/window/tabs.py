"""A row of words of which one is chosen: tabs of a panel, and the views of the window."""

from __future__ import annotations

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from . import theme, widgets
from .widgets import px


class Tabs:
    """Made in the container that is open. told: each one's name and word; choose: called with a name."""

    def __init__(self, told: list[tuple[str, str]], choose: Callable[[str], None], height: float = 0):
        self.buttons: dict[str, int | str] = {}
        self._shown: tuple[str, int] | None = None
        with widgets.row(2):
            for name, words in told:
                self.buttons[name] = dpg.add_button(label=words, user_data=name, height=px(height),
                                                    callback=lambda s, a, name: choose(name))

    def show(self, chosen: str, width: int = 0) -> None:
        """Mark the one that is chosen. width: pixels that all of them take; each as wide as its word, left out."""
        if (chosen, width) == self._shown:
            return
        self._shown = chosen, width
        for name, button in self.buttons.items():
            dpg.bind_item_theme(button, theme.look("tab_on" if name == chosen else "tab"))
            if width:
                dpg.configure_item(button, width=(width - px(2) * (len(self.buttons) - 1)) // len(self.buttons))
