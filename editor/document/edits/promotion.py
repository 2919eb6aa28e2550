"""Parameters of nodes made inputs of the graph, and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from nodegraph import Graph, Ref
from nodegraph.editing import ANY, MISSING, OF_PYTHON, RESERVED, Checked, GraphInput, Port, label_of, refs

from ...words.speak import t
from ..items import REPEAT, Item, mapped
from ..ports import ROUNDS, input_at
from .following import GONE, with_refs
from .names import EditRefused, free_name, must_be_there, taken
from .nodes import add_input, delete, set_value


def promote(graph: Graph, checked: Checked, node: str, port_name: str, at: tuple[float, float]) -> tuple[Graph, Item]:
    """A parameter of a node made an input of the whole graph, with the same value, range and help."""
    port, old = input_at(checked, node, port_name), graph.nodes[node]
    if port is None:
        raise EditRefused(t("refused.no_input", name=node, input=port_name))
    value = old.control.get(REPEAT, MISSING) if port is ROUNDS else old.inputs.get(port_name, port.default)
    if refs(value):
        raise EditRefused(t("refused.linked", port=f"{node}.{port_name}"))
    if port.type is ANY and type(value) in OF_PYTHON:  # the `on` of a switch
        port = Port(port.name, OF_PYTHON[type(value)], help=port.help)
    made = input_like(port, value, port_name in mapped(old))
    graph, item = add_input(graph, free_name(input_name(port_name), {*taken(graph), *RESERVED}), made.type, at)
    graph = replace(graph, inputs={**graph.inputs, item.name: made})
    return set_value(graph, node, port_name, Ref(item.name)), item


def input_name(port: str) -> str:
    """What an input of a graph is called after a port of a node."""
    return "rounds" if port == REPEAT else label_of(port)


def input_like(port: Port, value: Any = MISSING, listed: bool = False) -> GraphInput:
    """The input of a graph that could stand before a port; value: its default, MISSING for none."""
    many = "list of " if port.many or listed else ""
    low = high = None
    if port.range is not None:
        low, high = (limit if abs(limit) != float("inf") else None for limit in (port.range.low, port.range.high))
    has_default = value is not MISSING
    default = list(value) if isinstance(value, tuple) else str(value) if isinstance(value, Path) else value
    return GraphInput(many + ("Choice" if port.choices else port.type.name), default if has_default else None,
                      has_default, port.help, low, high, port.choices)


def demote(graph: Graph, name: str) -> Graph:
    """An input of the graph taken out; what read it holds its default as a literal."""
    must_be_there(graph, Item("input", name))
    told = graph.inputs[name]

    def follow(ref: Ref) -> Any:
        return ref if ref.name != name else told.default if told.has_default else GONE
    nodes = {reader: with_refs(node, follow) for reader, node in graph.nodes.items()}
    return delete(replace(graph, nodes=nodes), [Item("input", name)])


def order_inputs(graph: Graph, order: Iterable[str]) -> Graph:
    """The graph's named inputs in another order, as the form view shows them; those not named come last."""
    order = [name for name in order if name in graph.inputs]
    kept = {name: graph.inputs[name] for name in (*order, *(n for n in graph.inputs if n not in order))}
    return replace(graph, inputs=kept)
