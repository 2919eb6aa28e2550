"""Which part of a Graph a job is about: all of it, or just some nodes and what they depend on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from nodegraph import Engine, Graph, GraphError, Node, Problem, Ref
from nodegraph.editing import links, refs

from ..words.speak import t


class Parts:
    """Parts of graphs that lead to some nodes. The last one is kept: edited as its whole is, it takes up its
    history, and the Engine looks only at what the edit can have changed.
    """

    def __init__(self) -> None:
        self.last: tuple[Graph, tuple[str, ...], Graph] | None = None
        self.revision = 0  # of the catalogue then

    def wanted(self, engine: Engine, graph: Graph, only: tuple[str, ...] | None,
               to: tuple[str, ...] | None) -> Graph:
        """The graph to hand to the engine for a job. Raises GraphError."""
        if to is None and only is None and not graph.outputs:
            to = ends(graph)
            if not to:
                raise GraphError([Problem(None, t("status.nothing_to_run"))])
        if to is None:
            return graph
        if self.revision != engine.catalogue.revision:  # nodes may have other ports by now
            self.last, self.revision = None, engine.catalogue.revision
        part = self.edited(graph, to) or reaching(engine, graph, to)
        self.last = graph, to, part
        return part

    def edited(self, graph: Graph, to: tuple[str, ...]) -> Graph | None:
        """The last part with the literals of this graph, if nothing else differs."""
        if self.last is None or self.last[1] != to or self.last[0].path != graph.path:
            return None
        whole, _, part = self.last
        edited = graph.edited_since(whole)
        if edited is None:
            return None
        for name in set(edited) & part.nodes.keys():
            old, new = part.nodes[name], graph.nodes[name]
            if old._replace(inputs={}) != new._replace(inputs={}) or old.inputs.keys() != new.inputs.keys():
                return None
            if any(refs(old.inputs[port]) != refs(value) for port, value in new.inputs.items()):
                return None
            for port, value in new.inputs.items():
                if value is not old.inputs[port]:
                    part = part.with_value(name, port, value)
        return part


def ends(graph: Graph) -> tuple[str, ...]:
    """The nodes that no other node reads."""
    read = _read(graph.nodes.values())
    return tuple(name for name in graph.nodes if name not in read)


def _read(nodes: Iterable[Node]) -> set[str]:
    """Every name that a link of these nodes begins at."""
    return {ref.name for node in nodes for ref in links(node)}


def wanted_inputs(given: dict[str, Any], graph: Graph, wanted: Graph) -> dict[str, Any]:
    """The inputs that concern the part of a graph that is run."""
    return {name: value for name, value in given.items() if name in wanted.inputs or name not in graph.inputs}


def reaching(engine: Engine, graph: Graph, names: tuple[str, ...]) -> Graph:
    """These nodes and what they depend on, with every port of theirs as an output beside the graph's own that
    are made on the way. Raises GraphError.

    A name from a graph inside (`intro/verse`) stands for the node that the inner graph is.
    """
    names = tuple(dict.fromkeys(name.split("/", 1)[0] for name in names))
    missing = [name for name in names if name not in graph.nodes]
    if missing:
        raise GraphError([Problem(None, t("run.no_node", name=name)) for name in missing])
    nodes: dict[str, Node] = {}
    stack = list(names)
    while stack:
        name = stack.pop()
        if name in graph.nodes and name not in nodes:
            nodes[name] = graph.nodes[name]
            stack += _read([nodes[name]])
    read = _read(nodes.values())
    part = replace(graph, nodes={name: node for name, node in graph.nodes.items() if name in nodes},
                   inputs={name: item for name, item in graph.inputs.items() if name in read}, outputs={})
    ports = {name: tuple(node.outputs or ()) for name, node in engine.check(part).nodes.items()}
    wanted = {f"{name}.{port}": Ref(name, port) for name in names for port in ports[name]}
    unknown = {name: Ref(name) for name in names if not ports[name]}  # the run says what is wrong with them
    return replace(part, outputs={**_named_outputs(graph, part, ports), **wanted, **unknown}, forms=graph.forms)


def _named_outputs(graph: Graph, part: Graph, ports: dict[str, tuple[str, ...]]) -> dict[str, Ref]:
    """The graph's own outputs that its part makes on the way."""
    def made(ref: Ref) -> bool:
        found = ports.get(ref.name, ())
        if ref.port is None:
            return ref.name in part.inputs or len(found) == 1
        return ref.port in found

    return {name: ref for name, ref in graph.outputs.items() if made(ref)}
