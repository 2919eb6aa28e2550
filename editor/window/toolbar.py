"""The toolbar: run, the two views, a few commands, and the panels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..canvas.lettering import seconds_words
from ..words.speak import has, t
from . import theme, widgets
from .menus import is_on, label
from .tabs import Tabs
from .widgets import px

if TYPE_CHECKING:
    from .app import App

VIEWS = ("nodes", "form")
RUN = 92  # units that the button takes, with the count of a run
TOOLS = ["run.on_change", "|", "edit.undo", "edit.redo", "|", "palette.open", "view.frame_all", "|"]
SHOWN = ["view.gallery", "view.timeline", "view.problems", "view.inspector"]  # panels, at the right end of the bar
_ICONS = {"run.on_change": "repeat", "edit.undo": "undo", "edit.redo": "redo",
          "palette.open": "add", "view.frame_all": "fit", "view.gallery": "gallery",
          "view.timeline": "time", "view.problems": "warning",
          "view.inspector": "panel"}


class ToolBar:
    """The row of buttons below the menus: run, the views, tools, where one is, and panels at the right end."""

    def __init__(self, app: App, parent: int | str):
        self.app, self.session = app, app.session
        self._buttons: list[tuple[int | str, str]] = []
        self._looks: dict[int | str, str] = {}
        self._seen: tuple[Any, ...] | None = None
        self._undo_tips: dict[str, int | str] = {}
        self._trail: tuple[str, ...] | None = None
        with widgets.inside(parent), widgets.row(4):
            self.run = dpg.add_button(label=t("button.run"), width=px(RUN), callback=lambda: self._run())
            with dpg.tooltip(self.run, delay=widgets.TIP, hide_on_activity=True):
                self._run_tip = dpg.add_text("", wrap=px(320))
            self._outlook = widgets.says("", "dim", framed=True)
            widgets.bar(22)
            self.views = Tabs([(name, t(f"view.{name}")) for name in VIEWS], self._view)
            widgets.bar(22)
            for name in TOOLS:
                if name == "|":
                    widgets.bar(22)
                else:
                    self._button(name)
            self.trail = dpg.add_group(horizontal=True)
            self.right = dpg.add_group(horizontal=True, horizontal_spacing=px(2))
            with widgets.inside(self.right):
                for name in SHOWN:
                    self._button(name)
                    if name == "view.problems":
                        self._count = widgets.says("", "error", framed=True, show=False)

    def _button(self, command: str) -> None:
        made = self.app.icons.button(_ICONS[command], lambda: self.app.do(command), size=20)
        with dpg.tooltip(made, delay=widgets.TIP, hide_on_activity=True):
            self._undo_tips[command] = dpg.add_text(self._told(command), wrap=px(320))
        self._buttons.append((made, command))

    def _told(self, command: str) -> str:
        """What the tooltip of a command says: for undo and redo also what they would undo."""
        keys = self.app.keys_of(command)
        told = t("tip.command", command=label(command), keys=keys) if keys else label(command)
        step = {"edit.undo": self.session.document.undo_label, "edit.redo": self.session.document.redo_label}.get(command, "")
        told = f"{told}: {t(step) if has(step) else step}" if step else told
        return told + (f"\n{t(f'tip.{command}')}" if has(f"tip.{command}") else "")

    def _run(self) -> None:
        self.app.do("run.stop" if self.session.runner.busy else "run.all")

    def _view(self, name: str) -> None:
        if (name == "form") != self.app.form_is_open:
            self.app.do("view.form")

    def update(self) -> None:
        """Show what can be pressed, what is on, and what a press would do."""
        busy, running = self.session.runner.busy, self.session.running
        if running.pointed != dpg.is_item_hovered(self.run):
            running.pointed = not running.pointed
            self.session.touch()
        key = (self.session.revision, busy, dpg.get_viewport_client_width(), dpg.get_frame_count() > 3)
        if self._seen == key:
            return
        self._seen = key
        self._show_run(busy)
        self.views.show("form" if self.app.form_is_open else "nodes")
        outlook = running.outlook if not busy else None
        dpg.set_value(self._outlook, outlook.words(seconds_words) if outlook is not None else "")
        for item, command in self._buttons:
            can = self.session.can(command)
            look = "off" if not can else "on" if is_on(self.app, command) else "flat"
            if self._looks.get(item) != look:
                self._looks[item] = look
                self.app.icons.look(item, look)
            dpg.configure_item(item, enabled=can)
        for command in ("edit.undo", "edit.redo"):
            dpg.set_value(self._undo_tips[command], self._told(command))
        self._count_problems()
        self._show_trail()
        wide = dpg.get_item_rect_size(self.right)[0] or px(150)
        dpg.set_item_pos(self.right, [dpg.get_viewport_client_width() - round(wide) - px(10), px(4)])

    def _show_run(self, busy: bool) -> None:
        command = "run.stop" if busy else "run.all"
        told = self.session.progress
        part = f"  {told.done}/{told.count}" if busy and told.count else ""
        dpg.configure_item(self.run, label=t("button.stop" if busy else "button.run") + part,
                           enabled=self.session.can(command))
        dpg.bind_item_theme(self.run, theme.look("stop" if busy else "run" if self.session.can(command) else "disabled"))
        dpg.set_value(self._run_tip, self._told(command))

    def _count_problems(self) -> None:
        wrong = sum(found.problem.severity == "error" for found in self.session.problems) \
            + sum(state.status == "failed" for state in self.session.states.values())
        wrong *= bool(self.session.graph.nodes)
        dpg.set_value(self._count, str(wrong))
        dpg.configure_item(self._count, show=bool(wrong))

    def _show_trail(self) -> None:
        """Inside a graph of a graph: the way back out, a button for each."""
        levels = self.session.files.levels
        here = self.session.document.path
        trail = (*(level.document.path.stem if level.document.path else t("app.untitled") for level in levels),
                 here.stem if here else t("app.untitled")) if levels else ()
        if trail == self._trail:
            return
        self._trail = trail
        widgets.clear(self.trail)
        with widgets.inside(self.trail):
            for at, name in enumerate(trail[:-1]):
                widgets.button(name, partial(self._leave, len(trail) - 1 - at), flat=True)
                widgets.says(">", "faint", framed=True)
            if trail:
                widgets.says(trail[-1], "text", framed=True)

    def _leave(self, steps: int) -> None:
        for _ in range(steps):
            self.app.do("node.leave")
