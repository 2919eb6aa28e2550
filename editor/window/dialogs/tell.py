"""What is told and only closed again: an error, messages, the shortcuts, what this is."""

from __future__ import annotations

from typing import Any

import dearpygui.dearpygui as dpg

from ...words.speak import t
from .. import widgets
from ..shortcuts_sheet import ShortcutSheet
from ..widgets import px
from .modal import Modal


class Error(Modal):
    """Something went wrong. data: title, text; text may be long and can be copied."""

    title = "dialog.error.title"
    width = 600.0

    def heading(self) -> str:
        return t("dialog.error.title")

    def fill(self, title: str = "", text: str = "", **data: Any) -> None:
        self.text = text
        if title:
            self.words(title)
            widgets.gap(2)
        lines = text.count("\n") + 1 + sum(len(line) // 80 for line in text.split("\n"))
        if lines <= 4:
            self.words(text, "dim")
        else:
            dpg.add_input_text(default_value=text, multiline=True, readonly=True, width=self.wide,
                               height=self.tall(min(360, 19 * lines + 16), 100))
        self.buttons((t("button.copy"), lambda: dpg.set_clipboard_text(self.text), ""),
                     (t("button.close"), self.accept, "primary"))


class Sheet(Modal):
    """The shortcuts."""

    title, width = "shortcuts.title", 780.0

    def fill(self, **data: Any) -> None:
        ShortcutSheet(self.app, self.wide, self.tall(520, 30))
        self.buttons((t("button.close"), self.accept, "primary"))


class About(Modal):
    """What this is."""

    title = "dialog.about.title"

    def fill(self, **data: Any) -> None:
        from nodegraph import __version__

        self.words(t("about.text", version=__version__))
        self.words(t("about.license"), "dim")
        self.buttons((t("button.close"), self.accept, "primary"))


class Said(Modal):
    """What was told in the status line, the newest first."""

    title, width = "messages.title", 620.0

    def fill(self, **data: Any) -> None:
        kept = self.session.messages.kept
        with dpg.child_window(always_use_window_padding=True, width=self.wide, height=self.tall(min(360, 24 * len(kept) + 30))):
            if not kept:
                widgets.says(t("messages.none"), "dim")
            for message in reversed(kept):
                with widgets.row(10):
                    widgets.says(message.clock, "faint")
                    widgets.says(message.text, message.kind if message.kind == "error" else "text", wrap=self.wide - px(110))
        text = "\n".join(f"{message.clock}  {message.text}" for message in kept)
        self.buttons((t("button.copy"), lambda: dpg.set_clipboard_text(text), ""),
                     (t("button.close"), self.accept, "primary"))
        self.session.messages.read()
