"""The help of a node: what it does, what it takes and gives with ranges, where it is used here, and an example to insert."""

from __future__ import annotations

from typing import Any

import dearpygui.dearpygui as dpg
import numpy as np
from PIL import Image

from nodegraph.editing import NodeType

from ...document.items import Item
from ...panels.examples import example_graph, example_of, keep_shown, shown_first, shown_of
from ...panels.markdown import parts
from ...panels.nodehelp import NodeHelp, PortHelp, node_help
from ...runs import updates as up
from ...words.speak import name_of, t
from .. import theme, widgets
from ..pictures import Pictures, fitted
from ..widgets import px
from .modal import Modal


class Help(Modal):
    """All that a node type says of itself. data: name, of the type."""

    width = 720.0

    def heading(self) -> str:
        return name_of("node", self.dialog.data["name"])

    def fill(self, name: str = "", **data: Any) -> None:
        nodetype = self.session.catalogue.nodetype(name)
        self.pictures = Pictures()
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
            self.shown = dpg.add_group()
            if example_of(name) is not None:
                self._result(nodetype, wide)
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
        """The docstring, as simple Markdown."""
        for part in parts(told.text):
            if part.kind == "heading":
                widgets.gap(4)
                widgets.heading(part.text)
            elif part.kind == "item":
                with widgets.row(6):
                    widgets.says(part.mark, "dim")
                    widgets.says(part.text, "text", wrap=width - px(24))
            else:
                widgets.says(part.text, "dim" if part.kind == "code" else "text", wrap=width)
            widgets.gap(3)

    # -- what the example gives

    def _result(self, nodetype: NodeType, width: int) -> None:
        """What the example gave, or a button that runs it."""
        widgets.clear(self.shown)
        folder = self.session.folder
        seen = shown_of(folder, nodetype.name, nodetype.version) if folder is not None else None
        with widgets.inside(self.shown):
            if seen is None:
                widgets.button(t("help.run"), lambda: self._run(nodetype, width), tooltip=t("help.run.help"))
                return
            widgets.heading(t("help.gives"))
            if seen.picture is not None:
                pixels = np.asarray(Image.open(seen.picture).convert("RGBA"))
                size = fitted(pixels.shape[1], pixels.shape[0], width, px(200))
                dpg.add_image(self.pictures.texture("example", pixels), width=size[0], height=size[1])
            if seen.told:
                widgets.says(seen.told[:600], "dim", wrap=width)

    def _run(self, nodetype: NodeType, width: int) -> None:
        graph, session = example_graph(nodetype.name), self.session
        if graph is None:
            return

        def done(update: Any) -> None:
            made = shown_first(graph, getattr(update, "outputs", {}), nodetype.name)
            if made is not None and session.folder is not None:
                keep_shown(session.folder, nodetype.name, nodetype.version, made.picture, made.text)
            if self.app.dialogs.shown is self:
                self._result(nodetype, width)
        number = session.runner.run(graph, label=nodetype.name, aside=True)
        session.progress.aside.add(number)
        session.progress.when(up.Done, number, "", done)
        widgets.clear(self.shown)
        with widgets.inside(self.shown):
            widgets.says(t("help.runs"), "dim")

    def close(self) -> None:
        super().close()
        self.pictures.close()

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
