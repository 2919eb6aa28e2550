"""Nodes, inputs and outputs: added, renamed, set, taken out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from nodegraph import Graph, Node, Ref
from nodegraph.editing import Checked, GraphInput, fits, refs

from ...words.speak import t
from .. import items as on_canvas
from ..items import REPEAT, Item, mapped, placed, with_facts
from ..ports import flow_of, inputs_of, outputs_of
from .following import GONE, dots_renamed, mapped_too, repeated, unmapped, with_inputs, with_node, with_refs
from .names import NAME, EditRefused, free_name, must_be_there, taken
from .places import prune_dots


def rename(graph: Graph, item: Item, new: str) -> Graph:
    """Another name for a node, input or output; every link and the layout follow."""
    if new == item.name:
        return graph
    must_be_there(graph, item)
    if item.kind in ("dot", "note", "frame"):
        raise EditRefused(t(f"refused.no_name.{item.kind}"))
    if not NAME.match(new):
        raise EditRefused(t("refused.name", text=repr(new)))
    if new in (graph.outputs if item.kind == "output" else taken(graph)):
        raise EditRefused(t("refused.taken", name=new))
    layout = with_facts(graph, {item: None, item._replace(name=new): on_canvas.facts(graph, item)}).layout
    if item.kind == "output":
        followed = replace(graph, outputs=_renamed(graph.outputs, item.name, new),
                           forms=_renamed(graph.forms, item.name, new), layout=layout)
        return dots_renamed(followed, {}, {item.name: new})

    def follow(ref: Ref) -> Ref:
        return ref._replace(name=new) if ref.name == item.name else ref
    nodes = {name: with_refs(node, follow) for name, node in graph.nodes.items()}
    outputs = {name: follow(ref) for name, ref in graph.outputs.items()}
    inputs = graph.inputs
    if item.kind == "node":
        nodes = _renamed(nodes, item.name, new)
    else:
        inputs = _renamed(inputs, item.name, new)
    followed = replace(graph, nodes=nodes, inputs=inputs, outputs=outputs, layout=layout)
    return dots_renamed(followed, {item.name: new})


def _renamed(table: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if name == old else name: value for name, value in table.items()}


def add_node(graph: Graph, type_name: str, at: tuple[float, float], inputs: Mapping[str, Any] | None = None,
             name: str = "") -> tuple[Graph, Item]:
    """One more node, named after its type; the item that it is."""
    stem = type_name.rsplit("/", 1)[-1].removesuffix(".yaml").removesuffix(".yml") \
        if type_name.endswith((".yaml", ".yml")) else type_name.rsplit(".", 1)[-1]
    name = free_name(name or stem, taken(graph))
    item = Item("node", name)
    graph = replace(graph, nodes={**graph.nodes, name: Node(type_name, dict(inputs or {}))})
    return with_facts(graph, {item: {"at": placed(at)}}), item


def add_input(graph: Graph, name: str, type_name: str, at: tuple[float, float], default: Any = None,
              has_default: bool = True, **more: Any) -> tuple[Graph, Item]:
    """One more input of the graph. more: help, low, high, choices."""
    name = free_name(name, taken(graph))
    item = Item("input", name)
    made = _consistent(GraphInput(type_name, default, has_default, **more))
    return with_facts(replace(graph, inputs={**graph.inputs, name: made}), {item: {"at": placed(at)}}), item


def add_output(graph: Graph, source: Ref, at: tuple[float, float], name: str = "") -> tuple[Graph, Item]:
    """One more named output of the graph, of what this link carries."""
    name = free_name(name or source.port or source.name, graph.outputs)
    item = Item("output", name)
    return with_facts(replace(graph, outputs={**graph.outputs, name: source}), {item: {"at": placed(at)}}), item


def set_input(graph: Graph, name: str, **changes: Any) -> Graph:
    """An input of the graph with some of its facts changed: type, default, has_default, help, low, high, choices."""
    must_be_there(graph, Item("input", name))
    made = _consistent(graph.inputs[name]._replace(**changes))
    return replace(graph, inputs={**graph.inputs, name: made})


def _consistent(told: GraphInput) -> GraphInput:
    """An input as a file would say it: without a default there is no value of it, and no choices are none at all."""
    return told._replace(default=told.default if told.has_default else None, choices=tuple(told.choices or ()) or None)


def set_value(graph: Graph, node: str, port: str, value: Any) -> Graph:
    """An input of a node set to a literal (or a Ref); links that were there go."""
    must_be_there(graph, Item("node", node))
    old = graph.nodes[node]
    if port == REPEAT and port not in old.inputs and REPEAT in old.control:
        return prune_dots(with_node(graph, node, repeated(old, value)))
    was_linked = bool(refs(old.inputs.get(port)))
    graph = graph.with_value(node, port, value)
    if port in mapped(old) and not (isinstance(value, list) or type(value) is Ref):
        graph = with_node(graph, node, unmapped(graph.nodes[node], [port]))
    return prune_dots(graph) if was_linked else graph


def clear_value(graph: Graph, node: str, port: str) -> Graph:
    """An input of a node left out, so that its default holds."""
    must_be_there(graph, Item("node", node))
    old = graph.nodes[node]
    if port == REPEAT and port not in old.inputs and REPEAT in old.control:
        return prune_dots(with_node(graph, node, repeated(old, GONE)))
    if port not in old.inputs:
        return graph
    kept = {name: value for name, value in old.inputs.items() if name != port}
    return prune_dots(with_node(graph, node, with_inputs(old, kept)))


def set_each(graph: Graph, node: str, port: str, on: bool) -> Graph:
    """Whether a node runs once per item of what comes into one of its ports."""
    must_be_there(graph, Item("node", node))
    old = graph.nodes[node]
    made = unmapped(old, [port])
    return with_node(graph, node, mapped_too(made, port) if on else made)


def set_words(graph: Graph, node: str, each: tuple[str, ...], control: Mapping[str, Any]) -> Graph:
    """How often a node runs, in the words of the file (see `Node.control`)."""
    must_be_there(graph, Item("node", node))
    return prune_dots(with_node(graph, node, graph.nodes[node]._replace(each=each, control=control)))


def set_state(graph: Graph, names: Iterable[str], state: str) -> Graph:
    """Nodes made "normal", "bypass" (they pass on what comes in) or "mute" (they and what depends on them rest)."""
    nodes = dict(graph.nodes)
    for name in names:
        must_be_there(graph, Item("node", name))
        nodes[name] = nodes[name]._replace(bypass=state == "bypass", mute=state == "mute")
    return replace(graph, nodes=nodes)


def state_of(node: Node) -> str:
    """ "normal", "bypass" or "mute"."""
    return "mute" if node.mute else "bypass" if node.bypass else "normal"


def set_title(graph: Graph, title: str, description: str | None = None) -> Graph:
    """The graph's title, and its description if one is given."""
    return replace(graph, title=title, description=graph.description if description is None else description)


def delete(graph: Graph, chosen: Iterable[Item]) -> Graph:
    """Items gone, with every link to or from them."""
    chosen = [item for item in chosen if on_canvas.exists(graph, item)]
    gone = {item.name for item in chosen if item.kind in ("node", "input")}
    outputs_gone = {item.name for item in chosen if item.kind == "output"}

    def follow(ref: Ref) -> Any:
        return GONE if ref.name in gone else ref
    nodes = {name: with_refs(node, follow) if gone else node
             for name, node in graph.nodes.items() if name not in gone}
    inputs = {name: value for name, value in graph.inputs.items() if name not in gone}
    lost = {Item("output", name) for name, ref in graph.outputs.items() if ref.name in gone or name in outputs_gone}
    outputs = {name: ref for name, ref in graph.outputs.items() if Item("output", name) not in lost}
    if gone or lost:
        graph = replace(graph, nodes=nodes, inputs=inputs, outputs=outputs)
    return prune_dots(with_facts(graph, dict.fromkeys([*chosen, *lost])))


def delete_reconnect(graph: Graph, checked: Checked, chosen: Iterable[Item]) -> Graph:
    """Nodes gone, and what read them reads what flowed into their first input of the same type instead."""
    chosen = [item for item in chosen if on_canvas.exists(graph, item)]
    gone = {item.name for item in chosen if item.kind == "node"}
    through: dict[tuple[str, str | None], Ref] = {}
    for name in gone:
        given = outputs_of(checked, name)
        for port, flow in given.items():
            into = _passing(graph, checked, name, flow)
            if into is not None:
                through[name, port] = into
                if len(given) == 1:
                    through[name, None] = into

    def follow(ref: Ref) -> Ref:
        seen: set[Ref] = set()
        while ref.name in gone and (ref.name, ref.port) in through and ref not in seen:
            seen.add(ref)
            ref = through[ref.name, ref.port]._replace(spread=ref.spread)
        return ref
    nodes = {name: node if name in gone else with_refs(node, follow) for name, node in graph.nodes.items()}
    outputs = {name: follow(ref) for name, ref in graph.outputs.items()}
    return delete(replace(graph, nodes=nodes, outputs=outputs), chosen)


def _passing(graph: Graph, checked: Checked, name: str, flow: Any) -> Ref | None:
    """The link into a node that carries just what one of its outputs carries; the first of them."""
    for port in inputs_of(checked, name):
        value = graph.nodes[name].inputs.get(port.name)
        if type(value) is Ref:
            into = flow_of(checked, value)
            if into is not None and into.depth == flow.depth and fits(into.type, flow.type):
                return value
    return None
