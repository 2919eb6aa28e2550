"""What every row of a parameter has: a label, what can be done about it, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from nodegraph.graph import Graph

from ..document import edits
from ..document.items import Item, position
from ..panels import changes, typed
from ..panels.field import Field
from ..words.speak import t
from . import theme, widgets

if TYPE_CHECKING:
    from .fields import Fields


class Row:
    """A label, the widget below it, and what is wrong below that. Abstract: `build` makes the widget, `put` fills it."""

    def __init__(self, fields: Fields, item: Item, field: Field, width: int):
        self.app, self.session, self.item, self.field, self.width = fields.app, fields.session, item, field, width
        self.wrong = ""  # about what was typed, which is not in the document then
        self.widget: int | str | None = None
        self.more: list[int | str] = []
        self.shown: Any = object()
        self.unkempt = False  # lines that were typed are still to be broken
        self.reset: int | str | None = None
        self._head(fields.plain)
        self.build()
        self.problem = dpg.add_text("", color=theme.color("error"), wrap=width, show=False)
        widgets.gap(3)

    def build(self) -> None:
        """Make the widget."""
        raise NotImplementedError

    def put(self, field: Field) -> None:
        """Show the value of the document in the widget."""

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
                self.reset = self.app.icons.button("reset", self.remove, parent=right, size=14, look="quiet",
                                                   tooltip=t("inspector.to_default"))
            if field.promotable and field.widget != "link_only" and self.item.kind == "node":
                self.app.icons.button("promote", self._promote, parent=right, size=14, look="quiet",
                                      tooltip=t("inspector.promote"))

    def remove(self) -> None:
        """Take the value out, so that the default holds."""
        self.wrong = ""
        self.edit(changes.reset, self.item, self.field.name)

    def _each(self) -> None:
        self.edit(edits.set_each, self.item.name, self.field.name, not self.field.each)

    def _promote(self) -> None:
        x, y = position(self.session.graph, self.item) or (0.0, 0.0)
        made = self.session.attempt(edits.promote, self.session.graph, self.session.checked, self.item.name,
                                    self.field.name, (x - 240, y + 24))
        if made is not None:
            self.session.edit("undo.promoted", made[0])

    def edit(self, function: Callable[..., Graph], *args: Any, merge: str = "") -> bool:
        """Make an edit of the session's graph; whether it was one."""
        graph = self.session.attempt(function, self.session.graph, *args)
        if graph is not None:
            self.session.edit("undo.value", graph, merge)
        return graph is not None

    def set(self, value: Any) -> None:
        """Put a value that is known to be right into the document."""
        self.wrong = ""
        self.shown = value
        if not self.edit(changes.changed, self.item, self.field.name, value, merge=f"{self.item}.{self.field.name}"):
            self.wrong = self.session.message

    def typed(self, text: str) -> None:
        """Something was typed: into the document if it is right, else said below the field."""
        value, wrong = typed.parse_typed(self.field.port, text)
        if wrong:
            self.wrong = wrong
            self.tell()
        elif value is None and self.item.kind == "node":
            self.wrong, self.shown = "", None
            self.edit(changes.reset, self.item, self.field.name, merge=f"{self.item}.{self.field.name}")
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
        self.tell()
        if self.widget is None or self.wrong or self.active:
            return
        if field.value != self.shown or self.unkempt:
            self.shown, self.unkempt = field.value, False
            self.put(field)

    def tell(self) -> None:
        """Show what is wrong, if anything is."""
        words = self.wrong or self.field.problem
        dpg.configure_item(self.problem, show=bool(words))
        dpg.set_value(self.problem, words)
