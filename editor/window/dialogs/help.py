"""The help of a node: what it does, what it takes and gives with ranges, where it is used here, and an example to insert."""

from __future__ import annotations

from typing import Any

import dearpygui.dearpygui as dpg

from ...document.items import Item
from ...panels.examples import example_of
from ...panels.nodehelp import NodeHelp, PortHelp, node_help
from ...words.speak import name_of, t
from .. import theme, widgets
from ..widgets import px
from .modal import Modal


class Help(Modal):
    """All that a node type says of itself. data: name, of the type."""

    width = 720.0

    def heading(self) -> str:
        return name_of("node", self.dialog.data["name"])

    def fill(self, name: str = "", **data: Any) -> None:
        nodetype = self.session.catalogue.nodetype(name)
        if nodetype is None:
            self.words(t("run.no_node", name=name), "dim")
            self.buttons((t("button.close"), self.accept, "primary"))
            return
        told = node_help(nodetype)
        wide = self.wide - px(30)
        with widgets.inside(widgets.area(width=self.wide, height=self.tall(440))):
            widgets.title(told.title)
            widgets.says(f"{told.name}    {t('inspector.from_pack', pack=name_of('pack', told.pack))}, "
                         f"{t('inspector.version', version=told.version)}", "dim")
            widgets.gap(4)
            self._text(told, wide)
            for title, ports in (("inspector.inputs", told.inputs), ("inspector.outputs", told.outputs)):
                if ports:
                    widgets.gap(8)
                    widgets.heading(t(title))
                    for port in ports:
                        self._port(port, wide)
            self._used(told.name, wide)
        example = example_of(name)
        insert = [] if example is None else [(t("help.insert"), lambda: self._insert(name), "")]
        self.buttons(*insert, (t("button.close"), self.accept, "primary"))

    def _text(self, told: NodeHelp, width: int) -> None:
        """The docstring by its paragraphs; what is set in (an example, a list) keeps its lines."""
        for paragraph in told.text.strip().split("\n\n"):
            if all(line.startswith(("    ", "- ", "\t")) or not line.strip() for line in paragraph.split("\n")):
                widgets.says(paragraph, "dim", wrap=width)
            else:
                widgets.says(" ".join(paragraph.split()), "text", wrap=width)
            widgets.gap(3)

    def _port(self, port: PortHelp, width: int) -> None:
        with widgets.row(8):
            made = dpg.add_button(label=port.label, width=round(width * 0.25))
            dpg.bind_item_theme(made, theme.look("label"))
            with dpg.group():
                widgets.says(port.what, "accent", wrap=round(width * 0.7), framed=True)
                if port.help:
                    widgets.says(" ".join(port.help.split()), "dim", wrap=round(width * 0.7))

    def _used(self, name: str, width: int) -> None:
        """The nodes of this type in the graph that is open."""
        here = [node for node, told in self.session.graph.nodes.items() if told.type == name]
        if here:
            widgets.gap(8)
            widgets.heading(t("help.used"))
            for node in here:
                dpg.add_selectable(label=node, width=width, user_data=Item("node", node),
                                   callback=lambda s, a, item: self._go(item))

    def _go(self, item: Item) -> None:
        self.session.answer()
        self.app.show_on_canvas(item)

    def _insert(self, name: str) -> None:
        self.session.answer()
        self.session.attempt(self.app.insert_example, name)
