"""Graphs to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dearpygui.dearpygui as dpg

from ...words.speak import t
from .. import theme, widgets
from .modal import Modal


class Templates(Modal):
    """A graph to begin with. answer(path)."""

    title = "dialog.template.title"
    width = 480.0

    def fill(self, templates: Sequence[Any] = (), **data: Any) -> None:
        self.templates = list(templates)
        if not self.templates:
            self.words(t("error.no_templates"), "dim")
        for number, template in enumerate(self.templates):
            made = dpg.add_button(label=template.title, width=self.wide, user_data=template.path,
                                  callback=lambda s, a, path: self.session.answer(path))
            if number == 0:
                dpg.bind_item_theme(made, theme.look("primary"))
            self.words(template.description, "dim")
            widgets.gap(6)
        self.buttons((t("button.cancel"), self.cancel, ""))

    def accept(self) -> None:
        if self.templates:
            self.session.answer(self.templates[0].path)
