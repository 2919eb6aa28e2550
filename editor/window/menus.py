"""The menu bar, from a table of commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dearpygui.dearpygui as dpg

from ..words.speak import has, t
from . import theme, widgets

if TYPE_CHECKING:
    from .app import App

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
    ("menu.view", ["view.form", "view.gallery", "view.timeline", "view.problems", "view.inspector", "",
                   "view.compare", "view.compare_file",
                   "view.differences", "", "view.frame_all", "view.frame_selected",
                   "view.zoom_in", "view.zoom_out", "view.zoom_reset", "", "view.minimap", "view.snap", "view.compact",
                   "", "view.font_larger", "view.font_smaller", "=theme", "=language"]),
    ("menu.run", ["run.all", "run.to_selected", "run.on_change", "run.stop"]),
    ("menu.help", ["help.node", "help.shortcuts", "view.packs", "help.about"]),
]
_SHOWS = {"view.form": "form", "view.gallery": "gallery", "view.timeline": "timeline", "view.problems": "problems"}
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
        ticked = is_on(self.app, command) is not None
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
    if command == "view.compare":
        return app.session.comparing.against is not None
    if command in _SHOWS:
        return _SHOWS[command] in app.session.panels
    if command in _SETTINGS:
        return bool(getattr(app.session.settings, _SETTINGS[command], False))
    return None


def _short_folder(folder: Path) -> str:
    home = Path.home()
    told = f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)
    return told if len(told) <= 44 else "..." + told[-41:]
