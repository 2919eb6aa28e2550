"""The widgets that parameters are set with, one class for each kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from nodegraph import InputError
from nodegraph.check import RANDOM
from nodegraph.types import COLOR

from ..document.items import Item, source_item
from ..panels import changes, repeats
from ..panels.field import Field
from ..words.speak import t
from . import theme, widgets
from .row import Row
from .widgets import px

if TYPE_CHECKING:
    from .fields import Fields

LINE = 21  # units from one line of a text field to the next
LINES = (3, 14)  # the least and the most of a text area
LARGEST = 2 ** 31 - 1  # what Dear PyGui's whole numbers hold
SOFT = "\N{NO-BREAK SPACE}\n"  # breaks a long line where it is shown, and is no part of the text


def row(fields: Fields, item: Item, field: Field, width: int) -> Row:
    """The row of a field, as wide as so many pixels."""
    kind = ROWS[field.widget] if field.link is None else ChipRow
    if kind is NumberRow and not _holds(field):
        kind = TextRow
    return kind(fields, item, field, width)


def _holds(field: Field) -> bool:
    """Whether Dear PyGui's numbers hold what a field may be."""
    if type(field.value) not in (int, float, type(None)):
        return False
    widest = max(abs(v) for v in (field.low or 0, field.high or 0, field.value if type(field.value) is int else 0))
    return field.widget.endswith("float") or widest <= LARGEST


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


class NumberRow(Row):
    """A slider, or a number that is dragged."""

    @property
    def whole(self) -> bool:
        """Whether it takes whole numbers alone."""
        return self.field.widget.endswith("int")

    @property
    def form(self) -> str:
        """How the number is written."""
        return "%d" if self.whole else "%.4g"

    def build(self) -> None:
        field, whole = self.field, self.whole
        low, high = field.low, field.high
        slides = field.widget.startswith("slider")
        more: dict[str, Any] = {} if slides else {"speed": 1.0 if whole else 0.01}
        if low is not None or high is not None:
            far = LARGEST if whole else 1e30
            more |= {"min_value": low if low is not None else -far, "max_value": high if high is not None else far,
                     "clamped": True}
            if whole:
                more |= {key: int(more[key]) for key in ("min_value", "max_value")}
        else:
            more |= {"min_value": 0, "max_value": 0}

        def moved(value: float) -> None:
            dpg.configure_item(self.widget, format=self.form)
            self.set(self._stepped(value))
        make = getattr(dpg, f"add_{field.widget}")
        self.widget = make(width=self.width, callback=lambda s, a: moved(a), **more)
        if slides:
            self._typed_on_double_click()

    def put(self, field: Field) -> None:
        dpg.set_value(self.widget, field.value if field.value is not None else field.low or 0)
        dpg.configure_item(self.widget, format=self.form if field.value is not None else t("inspector.not_given"))

    def _stepped(self, value: float) -> float:
        """A number on the steps of the field's range; without the noise of 32-bit floats."""
        if self.whole:
            return int(value)
        step, low = self.field.step, self.field.low or 0.0
        if step:
            value = low + round((value - low) / step) * step
        value = float(f"{value:.6g}")
        for limit, choose in ((self.field.low, max), (self.field.high, min)):
            value = choose(value, limit) if limit is not None else value
        return value

    def _typed_on_double_click(self) -> None:
        """A field to type into in place of the slider."""
        typed = dpg.add_input_text(width=self.width, show=False, auto_select_all=True, on_enter=True,
                                   callback=lambda s, a: done())
        self.more.append(typed)

        def begin() -> None:
            dpg.set_value(typed, self.field.shown)
            dpg.configure_item(self.widget, show=False)
            dpg.configure_item(typed, show=True)
            dpg.focus_item(typed)

        def done() -> None:
            if dpg.is_item_shown(typed):
                dpg.configure_item(typed, show=False)
                dpg.configure_item(self.widget, show=True)
                self.typed(dpg.get_value(typed))

        with dpg.item_handler_registry() as handlers:
            dpg.add_item_double_clicked_handler(dpg.mvMouseButton_Left, callback=lambda: begin())
        dpg.bind_item_handler_registry(self.widget, handlers)
        with dpg.item_handler_registry() as handlers:
            dpg.add_item_deactivated_handler(callback=lambda: done())
        dpg.bind_item_handler_registry(typed, handlers)
        widgets.tip(self.widget, t("inspector.double_click"))


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


ROWS: dict[str, type[Row]] = {
    "slider_int": NumberRow, "slider_float": NumberRow, "drag_int": NumberRow, "drag_float": NumberRow,
    "text": TextRow, "any": TextRow, "multiline": LinesRow, "list": LinesRow, "choice": ChoiceRow,
    "checkbox": CheckRow, "color": ColorRow, "seed": SeedRow, "file": FileRow, "model": ModelRow,
    "link_only": LinksRow, "word": WordRow,
}


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
