"""The widgets that parameters are set with: one Row for each Field, with its label, its problem and what can be done.

A Row is made anew only when another kind of widget is wanted, and never while it is being typed into; otherwise its
value follows the document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..document.items import Item
from ..panels.field import Field
from . import widgets
from .row import Row
from .rows import row

if TYPE_CHECKING:
    from .app import App


class Fields:
    """Rows for some fields of one or more items, in a container of their own. plain: values alone, nothing to do."""

    def __init__(self, app: App, parent: int | str, plain: bool = False):
        self.app, self.session, self.plain = app, app.session, plain
        self.parent = parent
        self.rows: dict[tuple[Item, str], Row] = {}
        self._key: Any = None
        self._pointer: tuple[float, float] | None = None
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
            self._key, self._pointer = key, None
            widgets.clear(self.parent)
            self.rows = {}
            with widgets.inside(self.parent):
                for item, field in told:
                    self.rows[item, field.name] = row(self, item, field, width)
            for place, words in wrong.items():
                if place in self.rows:
                    self.rows[place].wrong = words
        for item, field in told:
            if (item, field.name) in self.rows:
                self.rows[item, field.name].update(field)

    def hover(self, pointer: tuple[float, float]) -> None:
        """Show what can be done about the row under the pointer."""
        if pointer != self._pointer:
            self._pointer = pointer
            for row in self.rows.values():
                row.hover(pointer[1])

    def clear(self) -> None:
        """Have none."""
        if self._key is not None:
            widgets.clear(self.parent)
            self.rows, self._key, self._waits = {}, None, False


def _structure(field: Field) -> tuple[Any, ...]:
    """What a row has to be made anew for."""
    return (field.name, field.label, field.widget, field.link, field.each, field.choices, field.low, field.high,
            field.promotable, field.help, bool(field.links))
