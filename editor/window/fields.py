"""The widgets that parameters are set with: one Row for each Field, with its label, its problem and what can be done.

A Row is made anew only when another kind of widget is wanted, and never while it is being typed into; otherwise its
value follows the document.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from nodegraph.graph import Graph

from ..document import edits
from ..panels import inspector
from ..panels.inspector import RANDOM, Field
from ..document.items import Item, position, source_item
from ..words.speak import t
from . import theme, widgets
from .widgets import px

if TYPE_CHECKING:
    from .app import App

LINE = 21  # units from one line of a text field to the next
LINES = (3, 14)  # the least and the most of a text area
LARGEST = 2 ** 31 - 1  # what Dear PyGui's whole numbers hold
SOFT = "\N{NO-BREAK SPACE}\n"  # breaks a long line where it is shown, and is no part of the text


class Fields:
    """Rows for some fields of one or more items, in a container of their own. plain: values alone, nothing to do."""

    def __init__(self, app: App, parent: int | str, plain: bool = False):
        self.app, self.session, self.plain = app, app.session, plain
        self.parent = parent
        self.rows: dict[tuple[Item, str], Row] = {}
        self._key: Any = None
        self._waits = False  # rows are to be made anew once nobody types into them

    @property
    def busy(self) -> bool:
        """Whether there is something to do although the document has not changed."""
        return self._waits or any(row.unkempt for row in self.rows.values())

    def show(self, told: list[tuple[Item, Field]], width: int) -> None:
        """Have a row for each of these, as wide as so many pixels."""
        key = (tuple((item, _structure(field)) for item, field in told), width)
        same_items = self._key is not None and [i for i, _ in self._key[0]] == [i for i, _ in key[0]]
        self._waits = key != self._key and same_items and any(row.active for row in self.rows.values())
        if key != self._key and not self._waits:
            wrong = {key: row.wrong for key, row in self.rows.items() if row.wrong} if same_items else {}
            self._key = key
            widgets.clear(self.parent)
            self.rows = {}
            with widgets.inside(self.parent):
                for item, field in told:
                    self.rows[item, field.name] = Row(self, item, field, width)
            for place, words in wrong.items():
                if place in self.rows:
                    self.rows[place].wrong = words
        for item, field in told:
            if (item, field.name) in self.rows:
                self.rows[item, field.name].update(field)

    def clear(self) -> None:
        """Have none."""
        if self._key is not None:
            widgets.clear(self.parent)
            self.rows, self._key, self._waits = {}, None, False


def _structure(field: Field) -> tuple:
    """What a row has to be made anew for."""
    return (field.name, field.label, field.widget, field.link, field.each, field.choices, field.low, field.high,
            field.promotable, field.help, bool(field.links))


class Row:
    """A label, the widget below it, and what is wrong below that."""

    def __init__(self, fields: Fields, item: Item, field: Field, width: int):
        self.app, self.session, self.item, self.field, self.width = fields.app, fields.session, item, field, width
        self.wrong = ""  # about what was typed, which is not in the document then
        self.widget: int | str | None = None
        self.more: list[int | str] = []
        self._shown: Any = object()
        self.unkempt = False  # lines that were typed are still to be broken
        self.reset: int | str | None = None
        self._head(fields.plain)
        if field.link is not None:
            self._chip()
        else:
            getattr(self, f"_{field.widget}")()
        self.problem = dpg.add_text("", color=theme.color("error"), wrap=width, show=False)
        widgets.gap(3)

    # -- what is above the widget

    def _head(self, plain: bool) -> None:
        field = self.field
        with widgets.spread(width=self.width) as (left, right):
            label = widgets.says(field.label, "dim", parent=left, framed=True)
            self.star = widgets.says("*", "error", parent=left, show=False, framed=True)
            if field.help and not plain:
                widgets.tip(label, field.help)
            if plain:
                return
            if self.item.kind == "node" and (field.each or field.each is not None and field.links):
                self.app.icons.button("each", self._each, parent=right, size=14, look="on" if field.each else "flat",
                                      tooltip=f"{t('inspector.each')}\n{t('inspector.each.help')}")
            if self.item.kind in ("node", "input") and field.widget != "link_only":
                self.reset = self.app.icons.button("reset", self._reset, parent=right, size=14, look="quiet",
                                                   tooltip=t("inspector.to_default"))
            if field.promotable and field.widget != "link_only" and self.item.kind == "node":
                self.app.icons.button("promote", self._promote, parent=right, size=14, look="quiet",
                                      tooltip=t("inspector.promote"))

    def _reset(self) -> None:
        self.wrong = ""
        self._edit(inspector.reset, self.item, self.field.name)

    def _each(self) -> None:
        self._edit(edits.set_each, self.item.name, self.field.name, not self.field.each)

    def _promote(self) -> None:
        x, y = position(self.session.graph, self.item) or (0.0, 0.0)
        made = self.session.attempt(edits.promote, self.session.graph, self.session.checked, self.item.name,
                                    self.field.name, (x - 240, y + 24))
        if made is not None:
            self.session.edit("undo.promoted", made[0])

    def _edit(self, function: Callable[..., Graph], *args: Any, merge: str = "") -> bool:
        """Make an edit of the session's graph; whether it was one."""
        graph = self.session.attempt(function, self.session.graph, *args)
        if graph is not None:
            self.session.edit("undo.value", graph, merge)
        return graph is not None

    # -- what is set

    def set(self, value: Any) -> None:
        """Put a value that is known to be right into the document."""
        self.wrong = ""
        self._shown = value
        if not self._edit(inspector.changed, self.item, self.field.name, value, merge=f"{self.item}.{self.field.name}"):
            self.wrong = self.session.message

    def typed(self, text: str) -> None:
        """Something was typed: into the document if it is right, else said below the field."""
        value, wrong = inspector.parse_typed(self.field.port, text)
        if wrong:
            self.wrong = wrong
            self._tell()
        elif value is None and self.item.kind == "node":
            self.wrong, self._shown = "", None
            self._edit(inspector.reset, self.item, self.field.name, merge=f"{self.item}.{self.field.name}")
        else:
            self.set(value)

    @property
    def active(self) -> bool:
        """Whether someone holds or types into it."""
        return any(dpg.is_item_active(one) for one in (self.widget, *self.more) if one is not None)

    def update(self, field: Field) -> None:
        """Follow the document."""
        self.field = field
        if self.reset is not None:
            dpg.configure_item(self.reset, show=field.given and field.link is None)
        dpg.configure_item(self.star, show=field.required)
        self._tell()
        if self.widget is None or self.wrong or self.active:
            return
        if field.value != self._shown or self.unkempt:
            self._shown, self.unkempt = field.value, False
            self._put(field)

    def _tell(self) -> None:
        words = self.wrong or self.field.problem
        dpg.configure_item(self.problem, show=bool(words))
        dpg.set_value(self.problem, words)

    def _put(self, field: Field) -> None:
        """Show the value of the document."""
        self._showing(field)

    def _showing(self, field: Field) -> None:
        raise NotImplementedError

    # -- the widgets, each named as a Field names it

    def _chip(self) -> None:
        ref = self.field.link
        with widgets.row(4):
            room = self.width - (px(32) if self.field.widget != "none" and self.item.kind == "node" else 0)
            chip = widgets.button(t("inspector.linked", source=str(ref)[1:]), self._to_source, width=room)
            dpg.bind_item_theme(chip, theme.look("chip"))
            if self.item.kind == "node":
                self.app.icons.button("unlink", self._unlink, tooltip=t("inspector.unlink"))

    def _to_source(self) -> None:
        self.session.jump(source_item(self.session.graph, self.field.link))

    def _unlink(self) -> None:
        self._edit(edits.clear_value, self.item.name, self.field.name)

    def _link_only(self) -> None:
        if self.field.links:
            for ref in self.field.links:
                widgets.says(t("inspector.linked", source=str(ref)[1:]), "text", wrap=self.width)
        else:
            widgets.says(t("inspector.link_only"), "faint")

    def _number(self, make: Callable[..., int | str], whole: bool) -> None:
        field = self.field
        low, high = field.low, field.high
        big = whole and (max(abs(v) for v in (low or 0, high or 0, field.value if type(field.value) is int else 0))
                         > LARGEST)
        if big or type(field.value) not in (int, float, type(None)):
            return self._any()
        slides = field.widget.startswith("slider")
        more = {} if slides else {"speed": 1.0 if whole else 0.01}
        if low is not None or high is not None:
            far = LARGEST if whole else 1e30
            more |= {"min_value": low if low is not None else -far, "max_value": high if high is not None else far,
                     "clamped": True}
            if whole:
                more |= {key: int(more[key]) for key in ("min_value", "max_value")}
        else:
            more |= {"min_value": 0, "max_value": 0}
        form = "%d" if whole else "%.4g"

        def moved(value: float) -> None:
            dpg.configure_item(self.widget, format=form)
            self.set(self._stepped(value, whole))
        self.widget = make(width=self.width, callback=lambda s, a: moved(a), **more)
        self._showing = lambda f: self._show_number(f, form)
        if slides:
            self._typed_on_double_click()

    def _show_number(self, field: Field, form: str) -> None:
        dpg.set_value(self.widget, field.value if field.value is not None else field.low or 0)
        dpg.configure_item(self.widget, format=form if field.value is not None else t("inspector.not_given"))

    def _stepped(self, value: float, whole: bool) -> float:
        """A number on the steps of the field's range; without the noise of 32-bit floats."""
        if whole:
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

    def _slider_int(self) -> None:
        self._number(dpg.add_slider_int, True)

    def _slider_float(self) -> None:
        self._number(dpg.add_slider_float, False)

    def _drag_int(self) -> None:
        self._number(dpg.add_drag_int, True)

    def _drag_float(self) -> None:
        self._number(dpg.add_drag_float, False)

    def _text(self, room: int = 0, hint: str = "") -> None:
        self.widget = dpg.add_input_text(width=self.width - room, hint=hint or self._hint(),
                                         callback=lambda s, a: self.typed(a))
        self._showing = lambda f: dpg.set_value(self.widget, f.shown)

    _any = _text

    def _hint(self) -> str:
        if self.field.required:
            return t("inspector.required")
        return t("inspector.not_given") if self.field.value is None else ""

    def _multiline(self) -> None:
        self.widget = dpg.add_input_text(multiline=True, width=self.width, height=px(LINE * LINES[0] + 14),
                                         tab_input=False, callback=lambda s, a: self._typed_lines(a))
        self._showing = self._show_lines

    _list = _multiline

    def _typed_lines(self, text: str) -> None:
        self._grow(text)
        self.unkempt = True
        self.typed(unbroken(text, self.field.shown))

    def _show_lines(self, field: Field) -> None:
        text = broken(field.shown, self.width - px(30))
        dpg.set_value(self.widget, text)
        self._grow(text)

    def _grow(self, text: str) -> None:
        lines = min(max(text.count("\n") + 1, LINES[0]), LINES[1])
        dpg.configure_item(self.widget, height=px(LINE * lines + 14))

    def _choice(self) -> None:
        self.widget = dpg.add_combo(self.field.choices, width=self.width, callback=lambda s, a: self.set(a),
                                    height_mode=dpg.mvComboHeight_Large)
        self._showing = lambda f: dpg.set_value(self.widget, f.shown)

    def _checkbox(self) -> None:
        self.widget = dpg.add_checkbox(callback=lambda s, a: self.set(bool(a)))
        self._showing = lambda f: dpg.set_value(self.widget, f.value is True)

    def _color(self) -> None:
        self.widget = dpg.add_color_edit(no_alpha=True, width=self.width, display_mode=dpg.mvColorEdit_hex,
                                         callback=lambda s, a: self.set(as_hex(dpg.get_value(s))))
        self._showing = lambda f: dpg.set_value(self.widget, list(theme.rgba(f.value)) if _is_color(f.value)
                                                else [128, 128, 128, 255])

    def _seed(self) -> None:
        with widgets.row(4):
            self._text(px(64))
            self.app.icons.button("dice", lambda: self._new_seed(inspector.dice()), tooltip=t("inspector.dice"))
            self.lock = self.app.icons.button("locked", lambda: self._new_seed(
                RANDOM if self.field.locked else inspector.dice()))
        self.lock_tip = dpg.add_tooltip(self.lock, delay=0.4)
        self.lock_words = dpg.add_text("", parent=self.lock_tip)
        self._showing = self._show_seed

    def _new_seed(self, value: Any) -> None:
        self.set(value)
        self._shown = object()  # the field itself has to show it too

    def _show_seed(self, field: Field) -> None:
        dpg.set_value(self.widget, field.shown)
        dpg.configure_item(self.lock, texture_tag=self.app.icons.texture("locked" if field.locked else "unlocked"))
        dpg.set_value(self.lock_words, t("inspector.unlock" if field.locked else "inspector.lock"))

    def _file(self) -> None:
        with widgets.row(4):
            self._text(px(32))
            self.app.icons.button("folder", self._browse, tooltip=t("button.browse"))

    def _browse(self) -> None:
        graph = self.session.document.graph
        now = graph.folder / str(self.field.value) if self.field.value else None
        self.session.ask("choose_file", lambda path: self._take(path), suffixes=(),
                         folder=str(now.parent if now else graph.folder.absolute()), name=now.name if now else "")

    def _take(self, path: Path) -> None:
        """A path was chosen: written from the graph's folder where the file lies there."""
        folder = self.session.document.graph.folder.absolute()
        self.set(path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path))
        self._shown = object()

    def _model(self) -> None:
        with widgets.row(4):
            self._text(px(64))
            combo = dpg.add_combo(self.field.choices, no_preview=True, popup_align_left=True,
                                  callback=lambda s, a: self._picked(a), height_mode=dpg.mvComboHeight_Large)
            widgets.tip(combo, t("inspector.choose_model"))
            self.app.icons.button("folder", self._model_folder, tooltip=t("dialog.choose_model.title"))

    def _picked(self, name: str) -> None:
        self.set(name)
        self._shown = object()

    def _model_folder(self) -> None:
        folder = self.session.document.graph.folder.absolute()
        self.session.ask("choose_folder", lambda path: self._take(path), folder=str(folder))


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
    """#rrggbb of a colour with parts from 0 to 255."""
    return "#" + "".join(f"{min(255, max(0, round(part))):02x}" for part in color[:3])


def _is_color(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 7 and value[0] == "#"
