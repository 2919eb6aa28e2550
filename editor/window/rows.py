"""The widgets that parameters are set with, one class for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from nodegraph import InputError
from nodegraph.editing import COLOR

from ..document.items import Item, source_item
from ..panels.field import Field
from ..words.speak import t
from . import theme, widgets
from .numberrow import NumberRow, holds
from .row import Row
from .typedrows import FileRow, LinesRow, ModelRow, SeedRow, TextRow, WordRow

if TYPE_CHECKING:
    from .fields import Fields


def row(fields: Fields, item: Item, field: Field, width: int) -> Row:
    """The row of a field, as wide as so many pixels."""
    kind = ROWS[field.widget] if field.link is None else ChipRow
    if kind is NumberRow and not holds(field):
        kind = TextRow
    return kind(fields, item, field, width)


class ChipRow(Row):
    """A link in place of a value."""

    def build(self) -> None:
        chip = widgets.button(t("inspector.linked", source=str(self.field.link)[1:]), self._to_source, width=self.width)
        dpg.bind_item_theme(chip, theme.look("chip"))

    def _to_source(self) -> None:
        if self.field.link is not None:
            self.session.jump(source_item(self.session.graph, self.field.link))


class LinksRow(Row):
    """What cannot be set: links, or a word that says so."""

    def build(self) -> None:
        if self.field.links:
            for ref in self.field.links:
                widgets.says(t("inspector.linked", source=str(ref)[1:]), "accent", wrap=self.width)
        else:
            widgets.says(t("inspector.link_only"), "faint", framed=True)


class ChoiceRow(Row):
    """One of a few words."""

    def build(self) -> None:
        self.widget = dpg.add_combo(self.field.choices, width=self.width, callback=lambda s, a: self.set(a),
                                    height_mode=dpg.mvComboHeight_Large)

    def put(self, field: Field) -> None:
        dpg.set_value(self.widget, field.shown)


class CheckRow(Row):
    """True or false."""

    def build(self) -> None:
        self.widget = dpg.add_checkbox(callback=lambda s, a: self.set(bool(a)))

    def put(self, field: Field) -> None:
        dpg.set_value(self.widget, field.value is True)


class ColorRow(Row):
    """A colour."""

    def build(self) -> None:
        self.widget = dpg.add_color_edit(alpha_bar=True, width=self.width, display_mode=dpg.mvColorEdit_hex,
                                         callback=lambda s, a: self.set(as_hex(dpg.get_value(s))))

    def put(self, field: Field) -> None:
        dpg.set_value(self.widget, _shade(field.value))


ROWS: dict[str, type[Row]] = {
    "slider_int": NumberRow, "slider_float": NumberRow, "drag_int": NumberRow, "drag_float": NumberRow,
    "text": TextRow, "any": TextRow, "multiline": LinesRow, "list": LinesRow, "choice": ChoiceRow,
    "checkbox": CheckRow, "color": ColorRow, "seed": SeedRow, "file": FileRow, "model": ModelRow,
    "link_only": LinksRow, "word": WordRow,
}


def as_hex(color: list[float]) -> str:
    """#rrggbb of a colour with parts from 0 to 255, or #rrggbbaa where it is not opaque."""
    parts = [min(255, max(0, round(part))) for part in color[:4]]
    return "#" + bytes(parts[:3] if parts[3:] == [255] else parts).hex()


def _shade(value: Any) -> list[int]:
    """A colour as it is written, by parts; grey where it is none."""
    try:
        return list(theme.rgba(COLOR.parse(value)))
    except InputError:
        return [128, 128, 128, 255]
