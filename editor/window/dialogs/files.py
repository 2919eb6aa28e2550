"""Files and folders to open, and places to save to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

from ...words.speak import t
from .. import theme, widgets
from ..browser import GRAPHS, Entry, completed, entries, nearest_folder, places
from ..widgets import px
from .modal import Modal


class Files(Modal):
    """A file or a folder to open, or a place to save to. answer(path)."""

    width = 640.0
    height = 340.0
    suffixes: tuple[str, ...] = ()
    saves = False
    verb = "button.open"

    def fill(self, folder: str = "", name: str = "", suffixes: Sequence[str] | None = None, **data: Any) -> None:
        self.suffixes = tuple(suffixes) if suffixes is not None else self.suffixes
        recent = self.session.settings.recent_files
        self.folder = nearest_folder(folder or None, self.app.last_folder, *recent[:1])
        self.chosen = -1
        with widgets.row(6):
            self.app.icons.button("up", lambda: self.go(self.folder.parent), tooltip=t("dialog.parent_folder"))
            self.shown = dpg.add_input_text(width=self.wide - px(40), on_enter=True,
                                            callback=lambda s, a: self.go(completed(self.folder, a)))
        with widgets.row(8):
            with dpg.child_window(always_use_window_padding=True, width=px(150), height=self.tall(self.height)):
                for place in places(folder or None, *(Path(p).parent for p in recent[:4]), *self.app.more_places()):
                    made = dpg.add_selectable(label=f"{place.name or place}##{place}", user_data=place,
                                              callback=lambda s, a, p: (dpg.set_value(s, False), self.go(p)))
                    widgets.tip(made, str(place))
            self.list = widgets.area(width=self.wide - px(158), height=self.tall(self.height))
        self.wrong = dpg.add_text("", color=theme.color("error"), wrap=self.wide, show=False)
        with widgets.row(8):
            widgets.says(t("dialog.file_name"), "dim", framed=True)
            self.name = dpg.add_input_text(default_value=name, width=-1, callback=lambda s, a: self.typed(),
                                           auto_select_all=True)
        self.focus = self.name
        *_, self.main = self.buttons((t("button.cancel"), self.cancel, ""), (t(self.verb), self.accept, "primary"))
        self.go(self.folder)

    def go(self, folder: Path) -> None:
        """List a folder; a file that was typed as a folder is chosen."""
        if folder.is_file():
            self.folder = folder.parent
            dpg.set_value(self.name, folder.name)
            return self.accept()
        try:
            self.entries = entries(folder, self.suffixes)
        except OSError as error:
            return self.complain(f"{folder}: {error.strerror or error}")
        self.folder, self.chosen = folder, -1
        self.complain("")
        dpg.set_value(self.shown, str(folder))
        widgets.clear(self.list)
        self.rows = []
        with widgets.inside(self.list):
            if not self.entries:
                widgets.says(t("dialog.empty_folder"), "dim")
            for number, entry in enumerate(self.entries):
                with widgets.row(6):
                    self.app.icons.image(entry.icon, "accent" if entry.is_folder else "dim")
                    self.rows.append(dpg.add_selectable(label=f"{entry.name}##{number}", user_data=number,
                                                        callback=lambda s, a, at: self.clicked(at)))
        dpg.set_y_scroll(self.list, 0)

    def clicked(self, number: int) -> None:
        """A row was clicked: it is marked, and opened when it was marked just before."""
        again = self.chosen == number and time.monotonic() - self.clicked_at < 0.5
        self.clicked_at = time.monotonic()
        self.mark(number)
        if again or self.entries[number].is_folder and not self.saves and again:
            self.accept()

    clicked_at = 0.0

    def mark(self, number: int) -> None:
        """Mark a row and put its name into the field."""
        if 0 <= self.chosen < len(self.rows):
            dpg.set_value(self.rows[self.chosen], False)
        self.chosen = number
        dpg.set_value(self.rows[number], True)
        entry = self.entries[number]
        if not (self.saves and entry.is_folder):
            dpg.set_value(self.name, entry.name)
        self.typed(keep=True)

    def key(self, name: str) -> bool:
        step = {"Up": -1, "Down": 1, "PageUp": -10, "PageDown": 10}.get(name)
        if step is None or not self.entries:
            return False
        self.mark(max(0, min(len(self.entries) - 1, self.chosen + step)))
        widgets.scroll_to(self.list, self.chosen, len(self.entries))
        return True

    def typed(self, keep: bool = False) -> None:
        """The name changed: say if a file of that name is there already."""
        if not keep and 0 <= self.chosen < len(self.rows):
            dpg.set_value(self.rows[self.chosen], False)
            self.chosen = -1
        self.agreed = False
        dpg.set_item_label(self.main, t(self.verb))
        self.complain("")

    agreed = False

    def marked(self) -> Entry | None:
        """The row that is marked."""
        return self.entries[self.chosen] if 0 <= self.chosen < len(self.entries) else None

    def accept(self) -> None:
        if dpg.is_item_focused(self.shown):
            return  # Enter there goes to the folder
        marked, typed = self.marked(), dpg.get_value(self.name).strip()
        if marked is not None and marked.is_folder and (self.saves or marked.name == typed):
            return self.go(marked.path)
        if not typed:
            return
        path = completed(self.folder, typed, self.suffixes[0] if self.saves and self.suffixes else "")
        if path.is_dir():
            return self.go(path)
        self.choose(path)

    def choose(self, path: Path) -> None:
        """A path was chosen, that is no folder."""
        if not path.is_file():
            return self.complain(t("error.file_gone", name=path.name))
        self.done(path)

    def done(self, path: Path) -> None:
        """Remember the folder and answer."""
        self.app.last_folder = path.parent
        self.session.answer(path)

    def complain(self, words: str) -> None:
        """Say what is wrong, in red, above the name."""
        dpg.set_value(self.wrong, words)
        dpg.configure_item(self.wrong, show=bool(words))


class Open(Files):
    """A graph file, or a picture with a graph in it."""

    title, suffixes = "dialog.open.title", GRAPHS

    def heading(self) -> str:
        return t("dialog.open.title")


class SaveAs(Files):
    """Where to write; asks before a file is replaced."""

    title, suffixes, verb, saves = "dialog.save_as.title", (".yaml", ".yml"), "button.save", True

    def choose(self, path: Path) -> None:
        if path.exists() and not self.agreed and path != self.session.document.path:
            self.agreed = True
            dpg.set_item_label(self.main, t("button.replace"))
            return self.complain(t("dialog.overwrite.text", name=path.name))
        self.done(path)


class Export(SaveAs):
    """Where to write a result. data: suffixes that it can be written as, the usual one first."""

    title = "dialog.export.title"

    def heading(self) -> str:
        return t(self.dialog.data.get("heading") or self.title)


class ChooseFile(Files):
    """Any file, for a parameter."""

    title = "dialog.choose_file.title"


class NewNode(SaveAs):
    """Where a file with a new node is to be written."""

    title, verb = "dialog.new_node.title", "button.save"


class ChoosePack(Files):
    """A Python file with nodes, or the folder of a pack, which has a pack.yaml in it."""

    title = "dialog.choose_pack.title"

    def go(self, folder: Path) -> None:
        if (folder / "pack.yaml").is_file():
            return self.done(folder)
        super().go(folder)


class ChooseFolder(Files):
    """A folder, for a model."""

    title = "dialog.choose_model.title"

    def heading(self) -> str:
        return t(self.dialog.data.get("heading") or self.title)

    def accept(self) -> None:
        marked = self.marked()
        path = marked.path if marked is not None and marked.is_folder else self.folder
        self.done(path)

    def clicked(self, number: int) -> None:
        again = self.chosen == number and time.monotonic() - self.clicked_at < 0.5
        self.clicked_at = time.monotonic()
        self.mark(number)
        if again and self.entries[number].is_folder:
            self.go(self.entries[number].path)

    def done(self, path: Path) -> None:
        self.session.answer(path)
