"""A graph without the words that someone wrote in it: prompts, titles, notes. What is left runs, and says what it does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from nodegraph import Graph, Node
from nodegraph.editing import ANY, TEXT, Checked, GraphInput

from .items import KINDS, section
from .ports import inputs_of


class Bare(NamedTuple):
    """A graph without texts. left_out: how many."""

    graph: Graph
    left_out: int


def without_texts(graph: Graph, checked: Checked) -> Bare:
    """The graph with each text that stands in it left empty, without title, description, notes, titles of frames and comments.

    A text is what stands in an input for text that has no choices, and any word in a node of a type that is not known here.
    Names of files, models and nodes stay.
    """
    counted = [0]

    def bare(value: Any) -> Any:
        if type(value) is list:
            return [bare(item) for item in value]
        if type(value) is str and value:
            counted[0] += 1
            return ""
        return value

    nodes = {name: _bare_node(name, node, checked, bare) for name, node in graph.nodes.items()}
    inputs = {name: item._replace(help="", default=bare(item.default) if _is_text(item) else item.default)
              for name, item in graph.inputs.items()}
    layout = {kind: told for kind, told in graph.layout.items() if kind not in ("notes", "frames")}
    wordless = replace(graph, nodes=nodes, inputs=inputs, layout=layout, title="", description="", path=None, edits=())
    said = sum(map(bool, (graph.title, graph.description))) + sum(
        len(section(graph, kind)) for kind in KINDS if kind in ("note", "frame"))
    return Bare(wordless, counted[0] + said)


def _is_text(item: GraphInput) -> bool:
    return "Text" in (item.type or "Text").split() and not item.choices


def _bare_node(name: str, node: Node, checked: Checked, bare: Any) -> Node:
    says = {port.name for port in inputs_of(checked, name) if port.type in (TEXT, ANY) and not port.choices}
    return node._replace(inputs={port: bare(value) if port in says else value for port, value in node.inputs.items()})
