"""The panel at the right: everything about what is selected, to be read and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..document import edits
from ..document.items import Item, color, text
from ..panels import faults, inspector, repeats
from ..panels.judge import Found
from ..words.speak import has, name_of, t
from . import theme, widgets
from .fields import Fields
from .foot import Foot
from .graphpage import GraphPage
from .widgets import px

if TYPE_CHECKING:
    from .app import App

ALIGN = ("align_left", "align_center_x", "align_right", "align_top", "align_center_y", "align_bottom",
         "distribute_x", "distribute_y")
SWATCHES = ("#8a4b4b", "#8a6b3f", "#6f7a3d", "#3f7a55", "#3d7478", "#3f5f8a", "#64508a", "#85507a")


class Inspector:
    """Fills a panel. It is filled anew when something else is selected, and updated in place while things change."""

    def __init__(self, app: App, parent: int | str):
        self.app, self.session = app, app.session
        with widgets.inside(parent):
            self.head = dpg.add_group()
            self.body = dpg.add_group()
            self.words = dpg.add_group()
            self.foot = Foot(app)
        self.parent = parent
        self.page = GraphPage(app)
        self.fields, self.repeats = Fields(app, self.body), Fields(app, self.words)
        self._opened: Item | None = None  # the node whose words are shown although it has none
        self._head_key: Any = None
        self._seen: tuple[Any, ...] | None = None

    @property
    def width(self) -> int:
        """Pixels that its widgets may take."""
        return dpg.get_item_width(self.parent) - px(34)

    def update(self) -> None:
        """Show what is selected, where that has changed."""
        key = self.session.revision, self.width
        if not dpg.is_item_shown(self.parent) or key == self._seen and not (self.fields.busy or self.repeats.busy):
            return
        self._seen = key
        chosen = self.session.selected()
        if len(chosen) == 1:
            self._one(chosen[0])
        elif chosen:
            self._many(chosen)
        else:
            self._none()

    # -- one item

    def _one(self, item: Item) -> None:
        session = self.session
        node = session.graph.nodes.get(item.name) if item.kind == "node" else None
        key = ("one", item, node and (node.type, node.bypass, node.mute), color(session.graph, item), self.width,
               self._problems(item))
        if key != self._head_key:
            self._refill(self.head, key, lambda: self._head(item, node))
        settable = item.kind in ("node", "input", "output")
        found = inspector.fields(session.checked, item, session.catalogue) if settable else []
        self.fields.show([(item, field) for field in found], self.width)
        words = repeats.fields(session.checked, item) if self._has_words(item) else []
        self.repeats.show([(item, field) for field in words], self.width)
        self.foot.show(item, self.width)

    def _has_words(self, item: Item) -> bool:
        """Whether the words of a node are shown: where some stand there, or once they are asked for."""
        node = self.session.graph.nodes.get(item.name) if item.kind == "node" else None
        return node is not None and (bool(node.control) or self._opened == item)

    def _open_words(self, item: Item) -> None:
        self._opened = item if self._opened != item else None
        self.session.touch()

    def _refill(self, part: int | str, key: Any, fill: Any) -> None:
        if part == self.head:
            self._head_key = key
        widgets.clear(part)
        with widgets.inside(part):
            fill()

    def _problems(self, item: Item) -> tuple[Found, ...]:
        """What is wrong with an item as a whole; the rest is told at its fields."""
        return tuple(f for f in self.session.problems if f.item == item and not f.port)

    def _head(self, item: Item, node: Any) -> None:
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
                first, _, rest = nodetype.help.partition("\n\n")
                if first:
                    told = widgets.says(" ".join(first.split()) + (" …" if rest else ""), "dim", wrap=self.width)
                    widgets.tip(told, rest and nodetype.help)
            if node.is_graph:
                widgets.button(t("command.node.enter"), lambda: self.app.do("node.enter"))
            widgets.button(t("inspector.repeats"), lambda: self._open_words(item), small=True,
                           tooltip=t("inspector.repeats.help"))
        for told in faults.item_problems(self.session.checked, item):
            widgets.says(told, "error", wrap=self.width)
        if item.kind in ("node", "input", "output"):
            self._name(item)
        elif item.kind in ("note", "frame"):
            self._words(item)
        widgets.gap(4)

    def _name(self, item: Item) -> None:
        widgets.says(t("inspector.name"), "dim")
        field = dpg.add_input_text(default_value=item.name, width=self.width, on_enter=True,
                                   callback=lambda s, a: self._rename(item, a))
        with dpg.item_handler_registry() as handlers:
            dpg.add_item_deactivated_after_edit_handler(callback=lambda: self._rename(item, dpg.get_value(field)))
        dpg.bind_item_handler_registry(field, handlers)

    def _rename(self, item: Item, name: str) -> None:
        if name != item.name and item in self.session.selection:
            self.session.attempt(self.session.rename, item, name)
            self._head_key = None  # a name that was refused is taken back

    def _words(self, item: Item) -> None:
        many = item.kind == "note"
        widgets.says(t("inspector.text" if many else "inspector.title_field"), "dim")
        dpg.add_input_text(default_value=text(self.session.graph, item), width=self.width, multiline=many,
                           height=px(140) if many else 0, callback=lambda s, a: self.session.edit(
                               "command.edit.rename", edits.set_text(self.session.graph, item, a), f"text {item}"))

    def _states(self, node: Any, parent: int | str) -> None:
        state = edits.state_of(node)
        for name, command in (("mute", "node.mute"), ("bypass", "node.bypass")):
            self.app.icons.button(name, lambda command=command: self.app.do(command), parent=parent,
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

    # -- several, and nothing

    def _many(self, chosen: list[Item]) -> None:
        key = ("many", tuple(chosen), self.width)
        if key == self._head_key:
            return
        self.fields.clear()
        self.repeats.clear()
        self.foot.clear()
        self._refill(self.head, key, lambda: self._fill_many(chosen))

    def _fill_many(self, chosen: list[Item]) -> None:
        widgets.heading(t("inspector.many", count=len(chosen)))
        widgets.gap(4)
        widgets.says(f"{t('menu.align')}, {t('menu.distribute')}", "dim")
        with widgets.row(4):
            for name in ALIGN:
                command = f"node.{name}"
                self.app.icons.button(name, lambda command=command: self.app.do(command), size=18,
                                      enabled=self.session.can(command), tooltip=self._tip(command))
        widgets.gap(4)
        widgets.says(t("inspector.color"), "dim")
        with widgets.row(4):
            for choice in SWATCHES:
                dpg.add_color_button(theme.rgba(choice), width=px(24), height=px(24), no_drag_drop=True,
                                     user_data=choice, callback=lambda s, a, c: self._paint_all(c))
            self.app.icons.button("remove", lambda: self._paint_all(""), tooltip=t("inspector.to_default"))
        widgets.gap(8)
        for command in ("node.mute", "node.bypass", "node.collapse", "node.frame", "node.group", "edit.duplicate",
                        "edit.delete"):
            if self.session.can(command):
                widgets.button(t(f"command.{command}"), lambda command=command: self.app.do(command),
                               width=self.width, tooltip=self.app.keys_of(command))
        widgets.gap(8)
        for item in chosen[:30]:
            made = dpg.add_selectable(label=f"{item.name}##{item.kind}", width=self.width, user_data=item,
                                      callback=lambda s, a, item: self.session.select([item]))
            widgets.tip(made, t(f"item.{item.kind}", type=""))

    def _tip(self, command: str) -> str:
        keys = self.app.keys_of(command)
        return t("tip.command", command=t(f"command.{command}"), keys=keys) if keys else t(f"command.{command}")

    def _paint_all(self, choice: str) -> None:
        self.session.edit("undo.color", edits.paint(self.session.graph, self.session.selection, choice))

    def _none(self) -> None:
        graph = self.session.graph
        broken = tuple(f for f in self.session.problems if f.item is None)
        key = ("none", id(self.session.document), tuple(graph.inputs), tuple(graph.outputs), self.width, broken,
               bool(graph.nodes))
        if key != self._head_key:
            self.fields.clear()
            self.repeats.clear()
            self.foot.clear()
            self._refill(self.head, key, lambda: self.page.fill(broken, self.width))
        self.page.update()

    def close(self) -> None:
        """Let go of the pictures."""
        self.foot.close()
