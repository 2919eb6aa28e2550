"""Links: put in, taken out, moved from one end to another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from nodegraph import Graph, Node, Ref
from nodegraph.editing import Checked, refs

from ...words.speak import t
from ..items import REPEAT, Item, Link, Target, bare, links, mapped, with_facts
from ..ports import ROUNDS, flow_of, input_at, mappable, outputs_of, passes_on, port_of, ref_to, refusal
from .following import GONE, mapped_too, repeated, unmapped, with_inputs, with_node
from .names import EditRefused
from .places import prune_dots


def connect(graph: Graph, checked: Checked, source: Ref, target: Target) -> Graph:
    """A link from here to there; one that was there goes, except where a port takes a list of single things.

    A list that goes into a port for one thing makes the node run once per item. Raises EditRefused with the reason
    if the types do not fit or a circle would close.
    """
    if checked.graph.nodes is not graph.nodes and checked.graph.nodes != graph.nodes:
        raise ValueError("checked tells of another graph")
    reason = refusal(checked, source, target)
    if reason:
        raise EditRefused(reason)
    source = ref_to(checked, source.name, port_of(source, outputs_of(checked, source.name))) \
        if source.name in graph.nodes else Ref(source.name)
    if target.kind == "output":
        return prune_dots(replace(graph, outputs={**graph.outputs, target.name: source}))
    return prune_dots(with_node(graph, target.name, _linked(checked, graph.nodes[target.name], source, target)))


def _linked(checked: Checked, node: Node, source: Ref, target: Target) -> Node:
    """A node with one more link into it, or another in place of the one that was there."""
    port, flow = input_at(checked, target.name, target.port), flow_of(checked, source)
    if target.port == REPEAT and port is ROUNDS:
        return repeated(node, source)
    depth = flow.depth if flow is not None else 0
    takes = int(port is not None and port.many)
    now, over = node.inputs.get(target.port), mapped(node)
    one_of_many = target.port in over and target.index is not None and isinstance(now, list)
    if depth < takes or one_of_many and not depth:
        return node._replace(inputs={**node.inputs, target.port: _in_list(now, source, target)})
    if depth == takes == 1 and target.port not in over and type(now) is list and refs(now):
        spread = source._replace(spread=True)
        return node._replace(inputs={**node.inputs, target.port: _in_list(now, spread, target)})
    made = node._replace(inputs={**node.inputs, target.port: source})
    if flow is None or passes_on(checked, target):
        return made
    if depth == takes:
        return unmapped(made, [target.port])
    if target.port in over or not mappable(checked, target.name, target.port):
        return made
    return mapped_too(made, target.port)


def _in_list(now: Any, source: Ref, target: Target) -> list[Any]:
    """The list at a port with one more link in it, or with the one at an index replaced."""
    kept = list(now) if isinstance(now, list) else []
    if target.index is not None and target.index < len(kept):
        kept[target.index] = source
    elif source in kept:
        raise EditRefused(t("refused.linked_already", link=source, port=target))
    else:
        kept.append(source)
    return kept


def disconnect(graph: Graph, chosen: Iterable[Link]) -> Graph:
    """These links gone; outputs of the graph that lose theirs go with them."""
    chosen = set(chosen).intersection(links(graph))
    nodes, outputs = dict(graph.nodes), dict(graph.outputs)
    lost: dict[Item, None] = {}
    for target in {link.target for link in chosen}:
        if target.kind == "output":
            del outputs[target.name]
            lost[target.item] = None
    for name in {link.target.name for link in chosen if link.target.kind == "node"}:
        nodes[name] = _unlinked(nodes[name], name, chosen)
    return prune_dots(with_facts(replace(graph, nodes=nodes, outputs=outputs), lost))


def _unlinked(node: Node, name: str, chosen: set[Link]) -> Node:
    inputs = {}
    for port, value in node.inputs.items():
        if type(value) is Ref and Link(bare(value), Target("node", name, port)) in chosen:
            continue
        if isinstance(value, list) and refs(value):
            value = [v for at, v in enumerate(value)
                     if not (type(v) is Ref and Link(bare(v), Target("node", name, port, at)) in chosen)]
            if not value:
                continue
        inputs[port] = value
    rounds = node.control.get(REPEAT)
    if type(rounds) is Ref and Link(bare(rounds), Target("node", name, REPEAT)) in chosen:
        node = repeated(node, GONE)
    return with_inputs(node, inputs)


def move_link(graph: Graph, checked_without: Checked, link: Link, target: Target) -> Graph:
    """A link taken off one end and put on another; `checked_without` tells of the graph where it is off."""
    return connect(checked_without.graph, checked_without, link.source, target)
