"""Questions with a few answers, and a line or a few of text."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import dearpygui.dearpygui as dpg

from nodegraph import Problem

from ...document.items import Item, text
from ...words.speak import t, told
from .. import widgets
from ..widgets import px
from .modal import Modal

MOST_PROBLEMS = 6  # that are shown in a question


class Unsaved(Modal):
    """Save changes? answer("save" | "discard" | "cancel")."""

    title = "dialog.unsaved.title"

    def fill(self, name: str = "", **data: Any) -> None:
        self.words(t("dialog.unsaved.text", name=name))
        self.buttons((t("button.dont_save"), lambda: self.session.answer("discard"), ""),
                     (t("button.cancel"), self.cancel, ""),
                     (t("button.save"), self.accept, "primary"))

    def accept(self) -> None:
        self.session.answer("save")


class ChangedOnDisk(Modal):
    """The file was changed by another program. answer("reload" | "keep")."""

    title = "dialog.changed.title"

    def fill(self, name: str = "", **data: Any) -> None:
        dirty = self.session.document.dirty
        self.words(t("dialog.changed_dirty.text" if dirty else "dialog.changed.text", name=name))
        self.buttons((t("button.reload"), lambda: self.session.answer("reload"), "danger" if dirty else ""),
                     (t("button.keep_mine"), self.accept, "primary"))

    def accept(self) -> None:
        self.session.answer("keep")

    def cancel(self) -> None:
        self.session.answer("keep")


class Settle(Modal):
    """What is wrong with the form of the file, which a save writes anew as it was understood. answer("save")."""

    title, width = "dialog.settle.title", 560.0

    def fill(self, name: str = "", problems: Sequence[Problem] = (), **data: Any) -> None:
        self.words(t("dialog.settle.text", name=name))
        widgets.gap(4)
        for problem in problems[:MOST_PROBLEMS]:
            self.words(told(problem), "dim")
        if len(problems) > MOST_PROBLEMS:
            self.words(t("problems.more", count=len(problems) - MOST_PROBLEMS), "dim")
        self.buttons((t("button.cancel"), self.cancel, ""), (t("button.save"), self.accept, "primary"))

    def accept(self) -> None:
        self.session.answer("save")


class Recover(Modal):
    """What a program that died left behind. answer(recovery | None)."""

    title = "dialog.recover.title"
    width = 520.0

    def fill(self, recoveries: Sequence[Any] = (), **data: Any) -> None:
        self.recoveries = list(recoveries)
        for recovery in self.recoveries:
            name = recovery.path.name if recovery.path else t("app.untitled")
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(recovery.seconds))
            self.words(t("dialog.recover.text", name=name, time=when))
            with widgets.row(8):
                widgets.says(str(recovery.path.parent) if recovery.path else "", "dim")
                if len(self.recoveries) > 1:
                    widgets.button(t("button.recover"), partial(self.session.answer, recovery), small=True)
            widgets.gap(4)
        one = [(t("button.recover"), self.accept, "primary")] if len(self.recoveries) == 1 else []
        self.buttons((t("button.discard"), lambda: self.session.answer(None), ""),
                     (t("button.later"), self.cancel, ""), *one)

    def accept(self) -> None:
        self.session.answer(self.recoveries[0])


class Words(Modal):
    """Asks for a line or a few of text. answer(text)."""

    label = ""
    many_lines = False

    def fill(self, name: str = "", **data: Any) -> None:
        if self.label:
            widgets.says(t(self.label), "dim")
        self.field = dpg.add_input_text(default_value=name, width=self.wide, multiline=self.many_lines,
                                        height=px(150) if self.many_lines else 0, auto_select_all=not self.many_lines,
                                        tab_input=False)
        self.focus = self.field
        self.buttons((t("button.cancel"), self.cancel, ""), (t(self.verb), self.accept, "primary"))

    verb = "button.ok"

    def accept(self) -> None:
        self.session.answer(dpg.get_value(self.field))


class Rename(Words):
    """Another name for a node, an input or an output."""

    title, label, verb = "dialog.rename.title", "dialog.rename.label", "button.rename"


class Group(Words):
    """The name of a subgraph's file."""

    title, label, verb = "dialog.group.title", "dialog.group.label", "button.ok"


class Text(Words):
    """The words of a note, or the title of a frame."""

    def heading(self) -> str:
        return t(f"dialog.{self.dialog.data['item'].kind}.title")

    def fill(self, item: Item | None = None, **data: Any) -> None:
        self.many_lines = item.kind == "note"
        super().fill(name=text(self.session.graph, item))

    def key(self, name: str) -> bool:
        if name == "Ctrl+Enter":
            self.accept()
        return name == "Ctrl+Enter"
