"""The row of a number: a slider, or a field that is dragged."""

from __future__ import annotations

from typing import Any

import dearpygui.dearpygui as dpg

from ..panels.field import Field
from ..words.speak import t
from . import widgets
from .row import Row

LARGEST = 2 ** 31 - 1  # what Dear PyGui's whole numbers hold


def holds(field: Field) -> bool:
    """Whether Dear PyGui's numbers hold what a field may be."""
    if type(field.value) not in (int, float, type(None)):
        return False
    widest = max(abs(v) for v in (field.low or 0, field.high or 0, field.value if type(field.value) is int else 0))
    return field.widget.endswith("float") or widest <= LARGEST


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
