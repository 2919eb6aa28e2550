"""The menu bar and the toolbar, from one table of commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..canvas.lettering import seconds_words
from ..words.speak import has, t
from . import theme, widgets
from .tabs import Tabs
from .widgets import px

if TYPE_CHECKING:
    from .app import App

VIEWS = ("nodes", "form")
RUN = 92  # units that the button takes, with the count of a run
# A name is a command; "" a line; "menu.x" with a list a menu inside; "=x" what `_special` fills in.
MENUS: list[tuple[str, list]] = [
    ("menu.file", ["file.new", "file.new_from_template", "file.open", "=recent", "", "file.save", "file.save_as",
                   "file.share", "", "app.quit"]),
    ("menu.edit", ["edit.undo", "edit.redo", "", "edit.cut", "edit.copy", "edit.copy_without_texts", "edit.paste",
                   "edit.duplicate", "edit.delete", "edit.delete_reconnect", "", "edit.select_all", "edit.select_none", "",
                   "edit.find", "edit.rename"]),
    ("menu.node", ["palette.open", "node.note", "node.frame", "", "node.mute", "node.bypass", "node.collapse", "",
                   "node.group", "node.ungroup", "node.enter", "node.leave", "",
                   ("menu.align", ["node.align_left", "node.align_right", "node.align_top", "node.align_bottom",
                                   "node.align_center_x", "node.align_center_y"]),
                   ("menu.distribute", ["node.distribute_x", "node.distribute_y"]),
                   "node.layout"]),
    ("menu.view", ["view.form", "view.gallery", "view.problems", "view.inspector", "", "view.frame_all", "view.frame_selected",
                   "view.zoom_in", "view.zoom_out", "view.zoom_reset", "", "view.minimap", "view.snap", "view.compact",
                   "", "view.font_larger", "view.font_smaller", "=theme", "=language"]),
    ("menu.run", ["run.all", "run.to_selected", "run.on_change", "run.stop"]),
    ("menu.help", ["help.node", "help.shortcuts", "view.packs", "help.about"]),
]
TOOLS = ["run.on_change", "|", "edit.undo", "edit.redo", "|", "palette.open", "view.frame_all", "|"]
SHOWN = ["view.gallery", "view.problems", "view.inspector"]  # panels, at the right end of the bar
_ICONS = {"run.on_change": "repeat", "edit.undo": "undo", "edit.redo": "redo",
          "palette.open": "add", "view.frame_all": "fit", "view.gallery": "gallery", "view.problems": "warning",
          "view.inspector": "panel"}
_SHOWS = {"view.form": "form", "view.gallery": "gallery", "view.problems": "problems"}
_SETTINGS = {"view.inspector": "inspector", "view.minimap": "minimap", "view.snap": "snap", "view.compact": "compact",
             "run.on_change": "run_on_change"}


@contextmanager
def _menu(words: str) -> Iterator[int | str]:
    """A menu with room around what stands in it."""
    with dpg.menu(label=words) as made:
        dpg.bind_item_theme(made, theme.look("menu"))
        yield made


def label(command: str) -> str:
    """What a command is called."""
    return t(f"command.{command}")


class MenuBar:
    """Fills the menu bar of a window; entries are greyed and ticked as the session says."""

    def __init__(self, app: App, parent: int | str):
        self.app, self.session = app, app.session
        self._entries: list[tuple[int | str, str]] = []
        self._recent: tuple[str, ...] | None = None
        self._seen = -1
        with widgets.inside(parent):
            for name, entries in MENUS:
                with _menu(t(name)):
                    self._fill(entries)

    def _fill(self, entries: list) -> None:
        for entry in entries:
            if isinstance(entry, tuple):
                with _menu(t(entry[0])):
                    self._fill(entry[1])
            elif not entry:
                dpg.add_separator()
            elif entry[0] == "=":
                getattr(self, f"_special_{entry[1:]}")()
            elif entry in self.session.commands:
                self._entry(entry)

    def _entry(self, command: str) -> None:
        ticked = command in _SHOWS or command in _SETTINGS
        made = dpg.add_menu_item(label=label(command), shortcut=self.app.keys_of(command), check=ticked,
                                 callback=lambda: self.app.do(command))
        if has(f"tip.{command}"):
            widgets.tip(made, t(f"tip.{command}"))
        self._entries.append((made, command))

    def _special_recent(self) -> None:
        with _menu(t("command.file.open_recent")) as self._recent_menu:
            pass

    def _special_theme(self) -> None:
        with _menu(t("menu.theme")):
            for name in ("dark", "light"):
                dpg.add_menu_item(label=t(f"settings.theme.{name}"), check=True,
                                  default_value=self.session.settings.theme == name,
                                  callback=lambda s, a, name: self.session.change_settings(theme=name), user_data=name)

    def _special_language(self) -> None:
        with _menu(t("menu.language")):
            for name in ("auto", "en", "zh"):
                dpg.add_menu_item(label=t(f"settings.language.{name}"), check=True,
                                  default_value=self.session.settings.language == name,
                                  callback=lambda s, a, name: self.session.change_settings(language=name),
                                  user_data=name)

    def update(self) -> None:
        """Grey and tick the entries, once after each change."""
        if self._seen == self.session.revision:
            return
        self._seen = self.session.revision
        for item, command in self._entries:
            dpg.configure_item(item, enabled=self.session.can(command))
            state = is_on(self.app, command)
            if state is not None:
                dpg.set_value(item, state)
        recent = self.session.settings.recent_files
        if recent != self._recent:
            self._recent = recent
            widgets.clear(self._recent_menu)
            with widgets.inside(self._recent_menu):
                self._fill_recent(recent)

    def _fill_recent(self, recent: tuple[str, ...]) -> None:
        if not recent:
            dpg.add_menu_item(label=t("menu.no_recent"), enabled=False)
            return
        for number, path in enumerate(recent):
            name = f"{Path(path).name}  ({_short_folder(Path(path).parent)})##{number}"
            widgets.tip(dpg.add_menu_item(label=name, callback=lambda s, a, path: self.session.attempt(
                self.session.open, path), user_data=path), path)
        dpg.add_separator()
        dpg.add_menu_item(label=t("menu.clear_recent"), callback=lambda: self.session.change_settings(recent_files=()))


def is_on(app: App, command: str) -> bool | None:
    """Whether what a command switches is on; None for a command that switches nothing."""
    if command in _SHOWS:
        return _SHOWS[command] in app.session.panels
    if command in _SETTINGS:
        return bool(getattr(app.session.settings, _SETTINGS[command], False))
    return None


def _short_folder(folder: Path) -> str:
    home = Path.home()
    told = f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)
    return told if len(told) <= 44 else "..." + told[-41:]


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
