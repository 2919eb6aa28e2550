"""What the inspector shows while nothing is selected: the graph as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dearpygui.dearpygui as dpg

from ..document import edits
from ..document.items import Item
from ..panels.judge import Found
from ..words.speak import t, translated
from . import widgets
from .widgets import px

if TYPE_CHECKING:
    from .app import App


class GraphPage:
    """The title and the description of the graph, its inputs and outputs, and what is wrong with all of it."""

    def __init__(self, app: App):
        self.app, self.session = app, app.session

    def fill(self, broken: tuple[Found, ...], width: int) -> None:
        """Make the widgets, as wide as so many pixels."""
        graph = self.session.graph
        widgets.heading(t("inspector.graph"))
        if not graph.nodes:
            self._start(width)
        for found in broken if graph.nodes else ():
            told = f"{translated(found.problem.message)}\n{translated(found.problem.hint)}".strip()
            widgets.says(told, "error" if found.problem.severity == "error" else "warning", wrap=width)
        widgets.gap(2)
        widgets.says(t("inspector.title_field"), "dim")
        self.title = dpg.add_input_text(default_value=graph.title, width=width, hint=t("app.untitled"),
                                        callback=lambda s, a: self._set_title(a, None))
        widgets.says(t("inspector.description"), "dim")
        self.about = dpg.add_input_text(default_value=graph.description, width=width, multiline=True,
                                        height=px(88), callback=lambda s, a: self._set_title(None, a))
        for kind, names, title in (("input", graph.inputs, "inspector.graph_inputs"),
                                   ("output", graph.outputs, "inspector.graph_outputs")):
            widgets.gap(6)
            widgets.heading(t(title))
            if not names:
                widgets.says(t(f"inspector.no_{kind}s"), "faint", wrap=width)
            for name in names:
                made = dpg.add_selectable(label=f"{name}##{kind}", width=width, user_data=Item(kind, name),
                                          callback=lambda s, a, item: self.session.jump(item))
                widgets.tip(made, graph.inputs[name].help if kind == "input" else f"${graph.outputs[name]}"[1:])
        widgets.gap(10)
        widgets.says(t("inspector.empty"), "faint", wrap=width)

    def _start(self, width: int) -> None:
        """What to do with an empty canvas."""
        widgets.says(t("inspector.start", keys=self.app.keys_of("palette.open")), "dim", wrap=width)
        widgets.button(t("command.file.new_from_template"), lambda: self.app.do("file.new_from_template"),
                       primary=True, width=width)

    def update(self) -> None:
        """Follow the document."""
        graph = self.session.graph
        for field, value in ((self.title, graph.title), (self.about, graph.description)):
            if not dpg.is_item_active(field) and dpg.get_value(field) != value:
                dpg.set_value(field, value)

    def _set_title(self, title: str | None, about: str | None) -> None:
        graph = self.session.graph
        graph = edits.set_title(graph, graph.title if title is None else title, about)
        self.session.edit("undo.value", graph, "title" if about is None else "description")
