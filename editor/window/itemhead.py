"""The head of the inspector: the name of what is selected, its kind, its colour, whether it is on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..document import edits
from ..document.items import Item, color, text
from ..panels import faults
from ..words.speak import has, helped, name_of, t
from . import theme, widgets
from .row import LABEL
from .severalpage import SWATCHES
from .widgets import px

if TYPE_CHECKING:
    from .app import App


class ItemHead:
    """Fills the head for one item. refused: called after a name was typed, which the document may not have taken."""

    def __init__(self, app: App, refused: Callable[[], None]):
        self.app, self.session, self.refused = app, app.session, refused
        self.width = 0

    def fill(self, item: Item, node: Any, width: int) -> None:
        """Make it anew, as wide as so many pixels."""
        self.width = width
        title = name_of("node", node.type) if node is not None else t(f"item.{item.kind}", type="").rstrip(" :：")
        with widgets.spread(width=self.width) as (left, right):
            widgets.heading(item.name if node is not None else title, parent=left, framed=True)
            if node is not None:
                self._states(node, right)
            if item.kind in ("node", "frame", "note"):
                self._color(item, right)
        if node is not None:
            known = self.session.checked.nodes.get(item.name)
            nodetype = known.nodetype if known is not None else None
            with widgets.row(8):
                if has(f"node.{node.type}"):
                    widgets.says(title, "text")
                named = widgets.says(node.type, "faint")
            if nodetype is not None:
                widgets.tip(named, f"{t('inspector.from_pack', pack=name_of('pack', nodetype.pack))}, "
                                   f"{t('inspector.version', version=nodetype.version)}")
                first, _, rest = helped(nodetype.name, nodetype.help).partition("\n\n")
                if first:
                    told = widgets.says(" ".join(first.split()) + (" …" if rest else ""), "dim", wrap=self.width)
                    widgets.tip(told, rest and nodetype.help)
            if node.is_graph:
                widgets.button(t("command.node.enter"), lambda: self.app.do("node.enter"))
        for told in faults.item_problems(self.session.checked, item):
            widgets.says(told, "error", wrap=self.width)
        if item.kind in ("node", "input", "output"):
            self._name(item)
        elif item.kind in ("note", "frame"):
            self._words(item)
        widgets.gap(4)

    def _name(self, item: Item) -> None:
        with widgets.row(4):
            label = dpg.add_button(label=t("inspector.name"), width=round(self.width * LABEL))
            dpg.bind_item_theme(label, theme.look("label"))
            field = dpg.add_input_text(default_value=item.name, on_enter=True,
                                       width=self.width - round(self.width * LABEL) - px(8),
                                       callback=lambda s, a: self._rename(item, a))
        with dpg.item_handler_registry() as handlers:
            dpg.add_item_deactivated_after_edit_handler(callback=lambda: self._rename(item, dpg.get_value(field)))
        dpg.bind_item_handler_registry(field, handlers)

    def _rename(self, item: Item, name: str) -> None:
        if name != item.name and item in self.session.selection:
            self.session.attempt(self.session.rename, item, name)
            self.refused()

    def _words(self, item: Item) -> None:
        many = item.kind == "note"
        widgets.says(t("inspector.text" if many else "inspector.title_field"), "dim")
        dpg.add_input_text(default_value=text(self.session.graph, item), width=self.width, multiline=many,
                           height=px(140) if many else 0, callback=lambda s, a: self.session.edit(
                               "command.edit.rename", edits.set_text(self.session.graph, item, a), f"text {item}"))

    def _states(self, node: Any, parent: int | str) -> None:
        state = edits.state_of(node)
        for name, command in (("mute", "node.mute"), ("bypass", "node.bypass")):
            self.app.icons.button(name, partial(self.app.do, command), parent=parent,
                                  look="on" if state == name else "flat",
                                  tooltip=f"{t(f'command.{command}')}\n{t(f'tip.{command}')}")

    def _color(self, item: Item, parent: int | str) -> None:
        """A swatch that opens a few colours to choose from."""
        now = color(self.session.graph, item)
        with widgets.inside(parent):
            shade = theme.rgba(now) if now else theme.color("button")
            swatch = dpg.add_color_button(shade, width=px(22), height=px(22),
                                          no_alpha=True, no_drag_drop=True)
            widgets.tip(swatch, t("inspector.color"))
            with dpg.popup(swatch, dpg.mvMouseButton_Left) as popup:
                with widgets.row(4):
                    for choice in SWATCHES:
                        dpg.add_color_button(theme.rgba(choice), width=px(24), height=px(24), no_drag_drop=True,
                                             user_data=choice, callback=lambda s, a, c: self._paint(c, popup))
                widgets.button(t("inspector.to_default"), lambda: self._paint("", popup), small=True)

    def _paint(self, choice: str, popup: int | str) -> None:
        dpg.configure_item(popup, show=False)
        self.session.edit("undo.color", edits.paint(self.session.graph, self.session.selected(), choice))
