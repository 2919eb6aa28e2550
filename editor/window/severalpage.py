"""What the inspector shows while several things are selected: what can be done to all of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import dearpygui.dearpygui as dpg

from ..document import edits
from ..document.items import Item
from ..words.speak import t
from . import theme, widgets
from .widgets import px

if TYPE_CHECKING:
    from .app import App

ALIGN = ("align_left", "align_center_x", "align_right", "align_top", "align_center_y", "align_bottom",
         "distribute_x", "distribute_y")
SWATCHES = ("#8a4b4b", "#8a6b3f", "#6f7a3d", "#3f7a55", "#3d7478", "#3f5f8a", "#64508a", "#85507a")
MOST = 30  # names that are listed


class SeveralPage:
    """Commands for all that is selected, and its names."""

    def __init__(self, app: App):
        self.app, self.session = app, app.session

    def fill(self, chosen: list[Item], width: int) -> None:
        """Make the widgets, as wide as so many pixels."""
        widgets.heading(t("inspector.many", count=len(chosen)))
        widgets.gap(4)
        widgets.says(f"{t('menu.align')}, {t('menu.distribute')}", "dim")
        with widgets.row(2):
            for name in ALIGN:
                command = f"node.{name}"
                self.app.icons.button(name, partial(self.app.do, command), size=18, small=True,
                                      enabled=self.session.can(command), tooltip=self._tip(command))
        widgets.gap(4)
        widgets.says(t("inspector.color"), "dim")
        with widgets.row(4):
            for choice in SWATCHES:
                dpg.add_color_button(theme.rgba(choice), width=px(24), height=px(24), no_drag_drop=True,
                                     user_data=choice, callback=lambda s, a, c: self._paint(c))
            self.app.icons.button("remove", lambda: self._paint(""), tooltip=t("inspector.to_default"))
        widgets.gap(8)
        for command in ("node.mute", "node.bypass", "node.collapse", "node.frame", "node.group", "edit.duplicate",
                        "edit.delete"):
            if self.session.can(command):
                widgets.button(t(f"command.{command}"), partial(self.app.do, command),
                               width=width, tooltip=self.app.keys_of(command))
        widgets.gap(8)
        for item in chosen[:MOST]:
            made = dpg.add_selectable(label=f"{item.name}##{item.kind}", width=width, user_data=item,
                                      callback=lambda s, a, item: self.session.select([item]))
            widgets.tip(made, t(f"item.{item.kind}", type=""))

    def _tip(self, command: str) -> str:
        keys = self.app.keys_of(command)
        return t("tip.command", command=t(f"command.{command}"), keys=keys) if keys else t(f"command.{command}")

    def _paint(self, choice: str) -> None:
        self.session.edit("undo.color", edits.paint(self.session.graph, self.session.selection, choice))
