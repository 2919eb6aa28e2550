"""The rows that are typed into: a line, several lines, a seed, a file, a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

from nodegraph.editing import RANDOM

from ..panels import changes, repeats
from ..panels.field import Field
from ..words.speak import t
from . import widgets
from .row import Row
from .widgets import px

LINE = 21  # units from one line of a text field to the next
LINES = (3, 14)  # the least and the most of a text area
SOFT = "\N{NO-BREAK SPACE}\n"  # breaks a long line where it is shown, and is no part of the text


class TypedRow(Row):
    """A line of text, maybe with buttons beside it. Abstract: `build` says what stands there."""

    def line(self, room: int = 0) -> None:
        """The field, with so many pixels left free beside it."""
        def typed(text: str) -> None:
            self.unkempt = True  # once it is left it shows the value as the document has it: 7 for 07
            self.typed(text)
        self.widget = dpg.add_input_text(width=self.width - room, hint=self._hint(), callback=lambda s, a: typed(a))

    def put(self, field: Field) -> None:
        dpg.set_value(self.widget, field.shown)

    def _hint(self) -> str:
        if self.field.required:
            return t("inspector.required")
        return t("inspector.not_given") if self.field.value is None else ""

    def choose(self, value: Any) -> None:
        """Put a value into the document that was not typed; the field itself has to show it too."""
        self.set(value)
        self.shown = object()

    def take(self, path: Path) -> None:
        """A path was chosen: written from the graph's folder where the file lies there."""
        folder = self.session.document.graph.folder.absolute()
        self.choose(path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path))


class TextRow(TypedRow):
    """A line of text."""

    def build(self) -> None:
        self.line()


class WordRow(TypedRow):
    """A word that says how often a node runs, typed as the file has it."""

    def build(self) -> None:
        self.line()

    def typed(self, text: str) -> None:
        value, self.wrong = repeats.parsed(self.item.name, self.field.name, text)
        if self.wrong:
            self.tell()
        else:
            self.shown = text
            self.edit(repeats.changed, self.item, self.field.name, value, merge=f"{self.item}.{self.field.name}")

    def remove(self) -> None:
        self.wrong = ""
        self.edit(repeats.changed, self.item, self.field.name, None)


class LinesRow(Row):
    """Several lines of text, or the items of a list."""

    wide = True

    def build(self) -> None:
        self.widget = dpg.add_input_text(multiline=True, width=self.width, height=px(LINE * LINES[0] + 14),
                                         tab_input=False, callback=lambda s, a: self._typed_lines(a))

    def _typed_lines(self, text: str) -> None:
        self._grow(text)
        self.unkempt = True
        self.typed(unbroken(text, self.field.shown))

    def put(self, field: Field) -> None:
        text = broken(field.shown, self.width - px(30))
        dpg.set_value(self.widget, text)
        self._grow(text)

    def _grow(self, text: str) -> None:
        lines = min(max(text.count("\n") + 1, LINES[0]), LINES[1])
        dpg.configure_item(self.widget, height=px(LINE * lines + 14))


class SeedRow(TypedRow):
    """A seed, with a die to roll it and a lock."""

    def build(self) -> None:
        with widgets.row(4):
            self.line(px(44))
            self.app.icons.button("dice", lambda: self.choose(changes.dice()), tooltip=t("inspector.dice"), small=True)
            self.lock = self.app.icons.button("locked", lambda: self.choose(
                RANDOM if self.field.locked else changes.dice()), small=True)
        self.lock_tip = dpg.add_tooltip(self.lock, delay=0.4)
        self.lock_words = dpg.add_text("", parent=self.lock_tip)

    def put(self, field: Field) -> None:
        dpg.set_value(self.widget, field.shown)
        dpg.configure_item(self.lock, texture_tag=self.app.icons.texture("locked" if field.locked else "unlocked"))
        dpg.set_value(self.lock_words, t("inspector.unlock" if field.locked else "inspector.lock"))


class FileRow(TypedRow):
    """A path, with a button to choose it."""

    wide = True

    def build(self) -> None:
        with widgets.row(4):
            self.line(px(32))
            self.app.icons.button("folder", self._browse, tooltip=t("button.browse"))

    def _browse(self) -> None:
        graph = self.session.document.graph
        now = graph.folder / str(self.field.value) if self.field.value else None
        self.session.ask("choose_file", lambda path: self.take(path), suffixes=(),
                         folder=str(now.parent if now else graph.folder.absolute()), name=now.name if now else "")


class ModelRow(TypedRow):
    """The name of a model, with those that are there and a button to choose a folder."""

    wide = True

    def build(self) -> None:
        with widgets.row(4):
            self.line(px(64))
            combo = dpg.add_combo(self.field.choices, no_preview=True, popup_align_left=True,
                                  callback=lambda s, a: self.choose(a), height_mode=dpg.mvComboHeight_Large)
            widgets.tip(combo, t("inspector.choose_model"))
            self.app.icons.button("folder", self._folder, tooltip=t("dialog.choose_model.title"))

    def _folder(self) -> None:
        folder = self.session.document.graph.folder.absolute()
        self.session.ask("choose_folder", lambda path: self.take(path), folder=str(folder))


def broken(text: str, width: float) -> str:
    """A text as it is shown in a field of so many pixels: lines that are too long are broken softly."""
    if "\N{NO-BREAK SPACE}" in text:
        return text
    return "\n".join(SOFT.join(widgets.pieces(line, width)) for line in text.split("\n"))


def unbroken(shown: str, before: str) -> str:
    """The text that is meant by what stands in a field. before: what it was, to tell its own spaces from ours."""
    if "\N{NO-BREAK SPACE}" in before:
        return shown
    return shown.replace(SOFT, "").replace("\N{NO-BREAK SPACE}", "")
