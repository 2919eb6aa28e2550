"""What every row of a parameter has: a label, what can be done about it, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from nodegraph import Graph

from ..document import edits
from ..document.items import Item, position
from ..panels import changes, typed
from ..panels.field import Field
from ..words.speak import t
from . import theme, widgets
from .widgets import px

if TYPE_CHECKING:
    from .fields import Fields


LABEL = 0.38  # of a row's width, for its label
SIDE = 18  # units that one of the three small buttons takes


class Row:
    """A label, the widget beside it, small buttons at the end, and what is wrong below. Abstract: `build` makes the
    widget, `put` fills it.

    wide: the widget stands below its label, since it has several lines; so it does in the form, where there is room.
    """

    wide = False

    def __init__(self, fields: Fields, item: Item, field: Field, width: int):
        self.app, self.session, self.item, self.field = fields.app, fields.session, item, field
        self.wrong = ""  # about what was typed, which is not in the document then
        self.widget: int | str | None = None
        self.more: list[int | str] = []
        self.shown: Any = object()
        self.unkempt = False  # lines that were typed are still to be broken
        self.reset: int | str | None = None
        self.side: list[int | str] = []  # the small buttons, seen while the pointer is over the row
        buttons = 0 if fields.plain else px(3 * SIDE)
        labelled = 0 if fields.plain or self.wide else round(width * LABEL)
        self.width = width if fields.plain or self.wide else width - labelled - buttons - px(8)
        with dpg.group() as self.group:
            if fields.plain:
                self._label(width, field.help and "")
                self.build()
            elif self.wide:
                with widgets.row(4):
                    self._label(width - buttons - px(4), field.help)
                    self._buttons()
                self.build()
            else:
                with widgets.row(4):
                    self._label(labelled, field.help)
                    with dpg.group():
                        self.build()
                    self._buttons()
            self.problem = dpg.add_text("", color=theme.color("error"), wrap=width, show=False)
        if fields.plain:
            widgets.gap(3)

    def build(self) -> None:
        """Make the widget."""
        raise NotImplementedError

    def put(self, field: Field) -> None:
        """Show the value of the document in the widget."""

    def _label(self, width: int, help: str) -> None:
        """The name of the field, cut where there is no room for it, and whole in its tooltip."""
        self.label = dpg.add_button(label=self.field.label, width=width)
        dpg.bind_item_theme(self.label, theme.look("label"))
        cut = widgets.width_of(self.field.label) > width - px(4)
        widgets.tip(self.label, "\n".join(filter(None, (self.field.label if cut else "", help))))

    def _buttons(self) -> None:
        """The small buttons, each in a place of its own: where one goes away, no other comes under the pointer."""
        field, node = self.field, self.item.kind == "node"
        with dpg.group(horizontal=True, horizontal_spacing=0):
            if node and (field.each or field.each is not None and field.links):
                self._small("each", self._each, f"{t('inspector.each')}\n{t('inspector.each.help')}",
                            "on" if field.each else "quiet")
            else:
                dpg.add_spacer(width=px(SIDE))
            if field.link is not None and node:
                self.side.append(self._small("unlink", self.unlink, t("inspector.unlink")))
            elif self.item.kind in ("node", "input") and field.widget != "link_only":
                self.reset = self._small("reset", self.remove, t("inspector.to_default"))
                self.side.append(self.reset)
            else:
                dpg.add_spacer(width=px(SIDE))
            if field.promotable and field.widget != "link_only" and node:
                self.side.append(self._small("promote", self._promote, t("inspector.promote")))

    def _small(self, icon: str, call: Callable[[], Any], tooltip: str, look: str = "quiet") -> int | str:
        return self.app.icons.button(icon, call, size=14, look=look, tooltip=tooltip, small=True)

    def hover(self, y: float) -> None:
        """Show the small buttons while the pointer is at the row's height."""
        top, height = dpg.get_item_rect_min(self.group)[1], dpg.get_item_rect_size(self.group)[1]
        over = top <= y < top + height
        for button in self.side:
            here = over and (button != self.reset or self.field.given)
            dpg.configure_item(button, tint_color=theme.color("dim" if here else "clear"))

    def unlink(self) -> None:
        """Take the link out, so that a value may be given."""
        self.edit(edits.clear_value, self.item.name, self.field.name)

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
        dpg.bind_item_theme(self.label, theme.look("label_missing" if field.required else "label"))
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
