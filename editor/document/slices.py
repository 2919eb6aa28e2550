"""Parts of a Graph: what something depends on, what depends on it, and what can run although something is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from nodegraph import Graph
from nodegraph.editing import links


def upstream(graph: Graph, names: Iterable[str]) -> set[str]:
    """These nodes and all that they read, directly or not."""
    found, stack = set(), [name for name in names if name in graph.nodes]
    while stack:
        name = stack.pop()
        if name in found:
            continue
        found.add(name)
        stack += [ref.name for ref in links(graph.nodes[name]) if ref.name in graph.nodes]
    return found


def downstream(graph: Graph, names: Iterable[str]) -> set[str]:
    """These nodes (or inputs of the graph) and all nodes that read them, directly or not."""
    readers: dict[str, list[str]] = {}
    for name, node in graph.nodes.items():
        for ref in links(node):
            readers.setdefault(ref.name, []).append(name)
    found, stack = set(), list(names)
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack += readers.get(name, ())
    return found


def sinks(graph: Graph) -> list[str]:
    """The nodes that no node reads."""
    read = {ref.name for node in graph.nodes.values() for ref in links(node)}
    return [name for name in graph.nodes if name not in read]


class Runnable(NamedTuple):
    """What of a graph can run: the graph without the rest, the nodes to run to, and how many were left out."""

    graph: Graph
    to: list[str]
    left_out: int


def runnable(graph: Graph, wrong: set[str], to: Iterable[str] | None = None) -> Runnable:
    """The part of a graph that nothing wrong stands in the way of.

    wrong: nodes and inputs with errors. to: the nodes that are wanted; all, left out. Links to what is not there
    count as wrong where `check` said so.
    """
    spoilt = downstream(graph, wrong)
    wanted = list(to) if to is not None else sinks(graph) + [ref.name for ref in graph.outputs.values()]
    targets = [name for name in dict.fromkeys(wanted) if name in graph.nodes and name not in spoilt]
    if to is None and spoilt:  # what leads up to something spoilt runs as well
        targets += [name for name in graph.nodes if name not in spoilt and name not in targets]
    kept = upstream(graph, targets)
    outputs = {name: ref for name, ref in graph.outputs.items() if ref.name in kept}
    if kept == set(graph.nodes) and len(outputs) == len(graph.outputs):
        return Runnable(graph, targets, 0)
    nodes = {name: node for name, node in graph.nodes.items() if name in kept}
    used = {ref.name for node in nodes.values() for ref in links(node)}
    inputs = {name: told for name, told in graph.inputs.items() if name in used}
    part = replace(graph, nodes=nodes, inputs=inputs, outputs=outputs)
    return Runnable(part, targets, len([name for name in spoilt if name in graph.nodes]))
