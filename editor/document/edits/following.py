"""Links that follow: each of those of a node replaced, and what ran once per item of one that is gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from nodegraph import Graph, Node, Ref
from nodegraph.editing import refs

from ..items import REPEAT, Item, mapped_name, section, with_facts

GONE = object()  # what a link that is taken out becomes


def with_refs(node: Node, follow: Callable[[Ref], Any]) -> Node:
    """A node with each of its links replaced by what `follow` makes of it; one that becomes GONE is taken out.

    A link that is spread stays so, and a list in its place is joined into the list around it. A list that loses all
    it held is taken out whole, and so is what ran once per item of it.
    """
    changed = {}
    for port, value in node.inputs.items():
        if type(value) is Ref:
            value = follow(value)
        elif refs(value):
            value = [kept for item in value for kept in _followed(item, follow)] or GONE
        if value is not GONE:
            changed[port] = value
    rounds = node.control.get(REPEAT)
    if type(rounds) is Ref:
        node = repeated(node, follow(rounds))
    return node if changed == node.inputs else with_inputs(node, changed)


def _followed(item: Any, follow: Callable[[Ref], Any]) -> list[Any]:
    """What stands in a list in place of one of its items: nothing, one thing, or several."""
    if type(item) is not Ref:
        return [item]
    value = follow(item)
    if type(value) is Ref:
        return [value._replace(spread=item.spread)]
    if item.spread and isinstance(value, (list, tuple)):
        return list(value)
    return [] if value is GONE else [value]


def repeated(node: Node, rounds: Any) -> Node:
    """A node that is repeated so many times; without the word where that is GONE."""
    control = {word: value for word, value in node.control.items() if word != REPEAT} if rounds is GONE else \
        {**node.control, REPEAT: rounds._replace(spread=False) if type(rounds) is Ref else rounds}
    return node._replace(control=control)


def with_inputs(node: Node, inputs: dict[str, Any]) -> Node:
    """A node with other inputs; what it ran once per item of goes with the input."""
    return unmapped(node._replace(inputs=inputs), node.inputs.keys() - inputs.keys())


def unmapped(node: Node, ports: Collection[str]) -> Node:
    """A node that does not run once per item of these inputs any more."""
    names = {*ports, *(mapped_name(node, port) for port in ports)}
    control = node.control
    if not names.isdisjoint(control.get("cross", ())):
        cross = tuple(name for name in control["cross"] if name not in names)
        control = {word: value for word, value in control.items() if word != "cross"} | ({"cross": cross} if cross else {})
    return node._replace(each=tuple(name for name in node.each if name not in names), control=control)


def mapped_too(node: Node, port: str) -> Node:
    """A node that runs once per item of one more input: combined with the others where they are crossed."""
    cross = node.control.get("cross")
    if cross:
        return node._replace(control={**node.control, "cross": (*cross, port)})
    return node._replace(each=(*node.each, mapped_name(node, port)))


def with_node(graph: Graph, name: str, node: Node) -> Graph:
    """The graph with another node of this name."""
    return replace(graph, nodes={**graph.nodes, name: node})


def dots_renamed(graph: Graph, renames: Mapping[str, str], outputs: Mapping[str, str] | None = None) -> Graph:
    """The dots with other names of nodes and inputs (and of outputs) in their sources and targets."""
    def other(end: Any, source: bool = False) -> Any:
        if not isinstance(end, str):
            return end
        name, dot, port = end.partition(".")
        return (renames if dot or source else outputs or {}).get(name, name) + dot + port
    told = {Item("dot", name): {**facts, "source": other(facts.get("source"), True),
                                "targets": [other(end) for end in facts["targets"]]}
            for name, facts in section(graph, "dot").items() if isinstance(facts.get("targets"), (list, tuple))}
    return with_facts(graph, told) if told else graph
