"""The menu of a right click: the commands that make sense for what was clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from nodegraph import Ref

from ..canvas.box import DOT
from ..document import edits
from ..document.items import Link
from ..document.ports import flow_of
from ..words.speak import t
from . import theme, widgets
from .menus import label

if TYPE_CHECKING:
    from ..asking import Dialog
    from .app import App

NODE = ["run.to_selected", "", "node.enter", "node.mute", "node.bypass", "node.collapse", "edit.rename", "",
        "edit.copy", "edit.duplicate", "", "node.frame", "node.group", "node.ungroup", "", "edit.delete_reconnect",
        "edit.delete"]
OTHER = ["edit.rename", "edit.copy", "edit.duplicate", "", "edit.delete"]
LINK = ["edit.delete"]


class ContextMenu:
    """Open while the session's dialog is of the kind "context"; a press beside it closes it."""

    def __init__(self, app: App, dialog: Dialog):
        self.app, self.session, self.dialog = app, app.session, dialog
        self._down = True
        self._at = tuple(dpg.get_mouse_pos(local=False))
        self.window = dpg.add_window(no_title_bar=True, no_resize=True, no_move=True, autosize=True, min_size=[10, 10],
                                     no_saved_settings=True, pos=[round(v) for v in self._at])
        dpg.bind_item_theme(self.window, theme.look("popup"))
        with widgets.inside(self.window):
            self._fill(**dialog.data)

    def _fill(self, item: Any = None, link: Link | None = None, at: tuple[float, float] = (0, 0),
              pin: Any = None, **data: Any) -> None:
        names = LINK if link is not None else NODE if item is not None and item.kind == "node" else OTHER
        if link is not None:
            self._entry(t("undo.dot"), "", lambda: self._dot(link, at))
        if isinstance(pin, Ref) and flow_of(self.session.checked, pin) is not None:
            self._entry(t("context.make_output"), "", lambda: self._output(pin, at))
        line = False
        for name in names:
            if not name:
                line = True
            elif self.session.can(name) and (name != "node.enter" or self._is_graph(item)):
                if line:
                    dpg.add_separator()
                line = False
                self._entry(label(name), self.app.keys_of(name), lambda name=name: self.app.do(name))

    def _is_graph(self, item: Any) -> bool:
        return item.name in self.session.graph.nodes and self.session.graph.nodes[item.name].is_graph

    def _entry(self, words: str, keys: str, call) -> None:
        def chosen() -> None:
            self.session.answer()
            call()
        dpg.add_menu_item(label=words, shortcut=keys, callback=lambda: chosen())

    def _dot(self, link: Link, at: tuple[float, float]) -> None:
        corner = at[0] - DOT / 2, at[1] - DOT / 2
        made = self.session.attempt(edits.add_dot, self.session.graph, link, corner)
        if made is not None:
            self.session.edit("undo.dot", made[0])
            self.session.select([made[1]])

    def _output(self, pin: Ref, at: tuple[float, float]) -> None:
        graph, item = edits.add_output(self.session.graph, pin, (at[0] + 60, at[1]))
        self.session.edit("undo.added", graph)
        self.session.select([item])

    young = False  # it finds its place at once

    def update(self) -> None:
        """Once a frame: stay on the screen, close on a press elsewhere."""
        widgets.keep_on_screen(self.window, self._at)
        down = any(map(dpg.is_mouse_button_down, (dpg.mvMouseButton_Left, dpg.mvMouseButton_Right)))
        if down and not self._down and not widgets.within(self.window, dpg.get_mouse_pos(local=False)):
            self.session.answer()
        self._down = down

    def key(self, name: str) -> bool:
        """A key while it is open; none means anything but Escape, which closes it."""
        return False

    def accept(self) -> None:
        """Enter closes it."""
        self.session.answer()

    cancel = accept

    def close(self) -> None:
        """Take it away."""
        dpg.delete_item(self.window)
