"""A value typed, or chosen, where it stands on the canvas."""

from __future__ import annotations

from typing import Any

import dearpygui.dearpygui as dpg

from nodegraph.editing import Port

from ..panels.typed import parse_typed, typed_text
from . import widgets
from .context import ContextMenu
from .widgets import px


class ValueBox(ContextMenu):
    """A small window at the pointer: a field with the keyboard, or the choices. answer(value). data: item, port, value."""

    def _fill(self, *told: Any, **data: Any) -> None:  # type: ignore[override]
        port: Port = data["port"]
        value = data["value"]
        self.port, self._frames = port, 0
        self.field: int | str = 0
        if port.choices and not port.many:
            for choice in port.choices:
                dpg.add_menu_item(label=str(choice), check=True, default_value=choice == value,
                                  callback=lambda s, a, chosen: self.session.answer(chosen), user_data=choice)
            return
        text = typed_text(port, value)
        many = port.many or "\n" in text
        self.field = dpg.add_input_text(default_value=text, width=px(240), multiline=many, height=px(96) if many else 0,
                                        auto_select_all=not many)
        self.problem = widgets.says("", "error", wrap=px(240), show=False)

    def update(self) -> None:
        """Once a frame: the field takes the keyboard."""
        super().update()
        self._frames += 1
        if self.field and self._frames == 2:
            dpg.focus_item(self.field)

    def accept(self) -> None:
        """Enter: take what was typed, or say what is wrong with it."""
        if not self.field:
            self.session.answer()
            return
        value, wrong = parse_typed(self.port, dpg.get_value(self.field))
        if wrong:
            dpg.configure_item(self.problem, show=True)
            dpg.set_value(self.problem, wrong)
        else:
            self.session.answer(value)

    def cancel(self) -> None:
        """Escape: nothing is changed."""
        self.session.answer()
