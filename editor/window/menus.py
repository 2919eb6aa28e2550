"""The menu bar and the toolbar, from one table of commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import dearpygui.dearpygui as dpg

from ..canvas.lettering import seconds_words
from ..words.speak import has, t
from . import widgets

if TYPE_CHECKING:
    from .app import App

# A name is a command; "" a line; "menu.x" with a list a menu inside; "=x" what `_special` fills in.
MENUS: list[tuple[str, list]] = [
    ("menu.file", ["file.new", "file.new_from_template", "file.open", "=recent", "", "file.save", "file.save_as", "",
                   "app.quit"]),
    ("menu.edit", ["edit.undo", "edit.redo", "", "edit.cut", "edit.copy", "edit.paste", "edit.duplicate",
                   "edit.delete", "edit.delete_reconnect", "", "edit.select_all", "edit.select_none", "",
                   "edit.find", "edit.rename"]),
    ("menu.node", ["palette.open", "node.note", "node.frame", "", "node.mute", "node.bypass", "node.collapse", "",
                   "node.group", "node.ungroup", "node.enter", "node.leave", "",
                   ("menu.align", ["node.align_left", "node.align_right", "node.align_top", "node.align_bottom",
                                   "node.align_center_x", "node.align_center_y"]),
                   ("menu.distribute", ["node.distribute_x", "node.distribute_y"]),
                   "node.layout"]),
    ("menu.view", ["view.form", "view.gallery", "view.problems", "", "view.frame_all", "view.frame_selected",
                   "view.zoom_in", "view.zoom_out", "view.zoom_reset", "", "view.minimap", "view.snap", "view.compact",
                   "", "view.font_larger", "view.font_smaller", "=theme", "=language"]),
    ("menu.run", ["run.all", "run.to_selected", "run.on_change", "run.stop"]),
    ("menu.help", ["help.shortcuts", "help.about"]),
]
TOOLS = ["run.all", "run.stop", "run.on_change", "|", "edit.undo", "edit.redo", "|", "palette.open", "view.frame_all",
         "|", "view.form", "view.gallery", "view.problems"]
_ICONS = {"run.all": "run", "run.stop": "stop", "run.on_change": "repeat", "edit.undo": "undo", "edit.redo": "redo",
          "palette.open": "add", "view.frame_all": "fit", "view.form": "form", "view.gallery": "gallery",
          "view.problems": "warning"}
_SHOWS = {"view.form": "form", "view.gallery": "gallery", "view.problems": "problems"}
_SETTINGS = {"view.minimap": "minimap", "view.snap": "snap", "view.compact": "compact",
             "run.on_change": "run_on_change"}


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
                with dpg.menu(label=t(name)):
                    self._fill(entries)

    def _fill(self, entries: list) -> None:
        for entry in entries:
            if isinstance(entry, tuple):
                with dpg.menu(label=t(entry[0])):
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
        self._recent_menu = dpg.add_menu(label=t("command.file.open_recent"))

    def _special_theme(self) -> None:
        with dpg.menu(label=t("menu.theme")):
            for name in ("dark", "light"):
                dpg.add_menu_item(label=t(f"settings.theme.{name}"), check=True,
                                  default_value=self.session.settings.theme == name,
                                  callback=lambda s, a, name: self.session.change_settings(theme=name), user_data=name)

    def _special_language(self) -> None:
        with dpg.menu(label=t("menu.language")):
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
    """The row of buttons below the menus."""

    def __init__(self, app: App, parent: int | str):
        self.app, self.session = app, app.session
        self._buttons: list[tuple[int | str, str]] = []
        self._looks: dict[int | str, str] = {}
        self._seen = -1
        with widgets.inside(parent):
            with widgets.row(4):
                for name in TOOLS:
                    if name == "|":
                        widgets.bar(22)
                    elif name in self.session.commands:
                        self._button(name)

    def _button(self, command: str) -> None:
        keys = self.app.keys_of(command)
        told = t("tip.command", command=label(command), keys=keys) if keys else label(command)
        told += f"\n{t(f'tip.{command}')}" if has(f"tip.{command}") else ""
        made = self.app.icons.button(_ICONS[command], lambda: self.app.do(command), tooltip=told, size=20)
        self._buttons.append((made, command))
        if command == "run.all":
            self._run, self._outlook = made, widgets.says("", "dim")

    def update(self) -> None:
        """Show which of them can be pressed and which are on, and what a run would do."""
        running = self.session.running
        if running.pointed != dpg.is_item_hovered(self._run):
            running.pointed = not running.pointed
            self.session.touch()
        if self._seen == self.session.revision:
            return
        self._seen = self.session.revision
        outlook = running.outlook if not self.session.runner.busy else None
        dpg.set_value(self._outlook, outlook.words(seconds_words) if outlook is not None else "")
        for item, command in self._buttons:
            can = self.session.can(command)
            look = "off" if not can else "on" if is_on(self.app, command) else \
                "go" if command == "run.all" else "halt" if command == "run.stop" else "flat"
            if self._looks.get(item) != look:
                self._looks[item] = look
                self.app.icons.look(item, look)
            dpg.configure_item(item, enabled=can)

