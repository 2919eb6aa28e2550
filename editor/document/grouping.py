"""Nodes moved into a graph file of their own, which then stands as one node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import Graph, Node, Ref
from nodegraph.editing import RESERVED, Checked, Flow, GraphInput

from ..words.speak import t
from .arrange import bounds, missing_positions
from .edits import EditRefused, free_name, input_name, prune_dots, taken, with_refs
from .items import Item, Target, bare, dots, facts, items, links, links_into, placed, position, with_facts
from .ports import flow_of, input_at, outputs_of, port_of
from .relocation import moved_file, named_from, path_from


class Grouped(NamedTuple):
    """What grouping makes: the graph with one node in place of several, and the graph to write to `path`."""

    graph: Graph
    inner: Graph
    path: Path


# ---- together -----------------------------------------------------------------------------------------------------

def group(graph: Graph, checked: Checked, selection: Iterable[Item], name: str, folder: Path) -> Grouped:
    """The selected nodes moved into the graph file `folder/name.yaml`, which stands in their place.

    Links that come in become inputs of the new graph (one that reads an input of this graph keeps its default, range
    and help, so that the new file can run by itself), and what others read becomes its outputs. Selected notes and
    frames move along. Writes nothing. Raises EditRefused if no node is selected, or if what the nodes give would come
    back to them through others.
    """
    if checked.graph.nodes is not graph.nodes and checked.graph.nodes != graph.nodes:
        raise ValueError("checked tells of another graph")
    chosen = set(selection)
    inside = {node for node in graph.nodes if Item("node", node) in chosen}
    if not inside:
        raise EditRefused(t("refused.none_grouped"))
    _no_way_round(graph, inside)
    stem = free_name(name, ())
    path = folder / f"{stem}.yaml"
    node_name = free_name(stem, taken(graph) - inside)
    entries = _entries(graph, checked, inside)
    exits = _exits(graph, checked, inside, set(entries.values()))
    inner = _inner(graph, checked, inside, chosen, entries, exits, path)
    return Grouped(_outer(graph, checked, inside, chosen, entries, exits, node_name, path), inner, path)


def _no_way_round(graph: Graph, inside: set[str]) -> None:
    """Refuses nodes of which one reads another through something that is not among them."""
    after = {link.target.name: link.source.name for link in links(graph)
             if link.target.kind == "node" and link.source.name in inside and link.target.name not in inside}
    first = {name: name for name in after}
    readers: dict[str, list[str]] = {}
    for link in links(graph):
        if link.target.kind == "node":
            readers.setdefault(link.source.name, []).append(link.target.name)
    stack = list(after)
    while stack:
        name = stack.pop()
        for reader in readers.get(name, ()):
            if reader in inside:
                way = first[name]
                raise EditRefused(t("refused.way_round", first=way, source=after[way], reader=reader))
            if reader not in first:
                first[reader] = first[name]
                stack.append(reader)


def _source_key(graph: Graph, checked: Checked, ref: Ref) -> Ref:
    """A link's source with the name of its port, so that two ways to write it are one."""
    return Ref(ref.name, port_of(ref, outputs_of(checked, ref.name))) if ref.name in graph.nodes else bare(ref)


def _entries(graph: Graph, checked: Checked, inside: set[str]) -> dict[Ref, str]:
    """What comes in from outside, and the name of the input that it becomes."""
    found: dict[Ref, str] = {}
    used = set(inside)
    for name in graph.nodes:
        for link in links_into(name, graph.nodes[name]) if name in inside else ():
            source = _source_key(graph, checked, link.source)
            if source.name not in inside and source not in found:
                wanted = source.name if source.name in graph.inputs else input_name(link.target.port)
                found[source] = free_name(wanted, {*used, *RESERVED})
                used.add(found[source])
    return found


def _exits(graph: Graph, checked: Checked, inside: set[str], entries: set[str]) -> dict[Ref, str]:
    """What others read of these nodes, and the name of the output that it becomes. All that is left over, if none."""
    found: dict[Ref, str] = {}
    there = links(graph)
    outward = [link.source for link in there if link.source.name in inside
               and not (link.target.kind == "node" and link.target.name in inside)]
    if not outward:
        read = {link.source.name for link in there}
        outward = [Ref(name, port) for name in graph.nodes if name in inside and name not in read
                   for port in outputs_of(checked, name)]
    for ref in outward:
        source = _source_key(graph, checked, ref)
        if source not in found:
            wanted = source.port or source.name if len(outputs_of(checked, source.name)) > 1 else source.name
            found[source] = free_name(wanted, found.values())
    return found


def _inner(graph: Graph, checked: Checked, inside: set[str], chosen: set[Item], entries: Mapping[Ref, str],
           exits: Mapping[Ref, str], path: Path) -> Graph:
    """The graph that the nodes move into."""
    def follow(ref: Ref) -> Ref:
        return ref if ref.name in inside else Ref(entries[_source_key(graph, checked, ref)], None, ref.spread)
    nodes = {name: moved_file(with_refs(node, follow), checked, name, graph.folder, path.parent)
             for name, node in graph.nodes.items() if name in inside}
    inputs = {entry: _input_for(graph, checked, inside, source, path.parent) for source, entry in entries.items()}
    outputs = {exit_: _as_written(checked, source) for source, exit_ in exits.items()}
    within = [dot for dot in dots(graph) if _is_within(dot, inside)]
    told = {item: facts(graph, item) for item in items(graph)
            if item.kind == "node" and item.name in inside or item.kind in ("note", "frame") and item in chosen}
    told |= {Item("dot", dot.name): facts(graph, Item("dot", dot.name)) for dot in within}
    inner = with_facts(Graph(nodes, inputs, outputs, path=path), told)
    return with_facts(inner, {item: {"at": placed(at)} for item, at in missing_positions(inner, {}).items()
                              if item.kind != "node"})


def _is_within(dot: Any, inside: set[str]) -> bool:
    return dot.source.name in inside and all(end.kind == "node" and end.name in inside for end in dot.targets)


def _input_for(graph: Graph, checked: Checked, inside: set[str], source: Ref, folder: Path) -> GraphInput:
    """The input that stands for what a link brings in."""
    told = graph.inputs.get(source.name)
    if told is not None:
        port = checked.inputs[source.name]
        return told._replace(default=path_from(told.default, port, graph.folder, folder))
    target = next(link.target for link in links(graph) if link.target.kind == "node" and link.target.name in inside
                  and _source_key(graph, checked, link.source) == source)
    like = input_at(checked, target.name, target.port)
    if like is None:
        raise EditRefused(t("refused.no_input", name=target.name, input=target.port))
    flow = flow_of(checked, source) or Flow(like.type, int(like.many), like.choices)
    if flow.depth > 1:
        raise EditRefused(t("refused.group_deep", name=source.name))
    kind = ("list of " if flow.many else "") + ("Choice" if flow.choices else flow.type.name)
    return GraphInput(kind, None, flow.optional, like.help, choices=flow.choices)


def _as_written(checked: Checked, source: Ref) -> Ref:
    return Ref(source.name) if len(outputs_of(checked, source.name)) == 1 else source


def _outer(graph: Graph, checked: Checked, inside: set[str], chosen: set[Item], entries: Mapping[Ref, str],
           exits: Mapping[Ref, str], node_name: str, path: Path) -> Graph:
    """The graph that the nodes move out of, with one node in their place."""
    def follow(ref: Ref) -> Ref:
        if ref.name not in inside:
            return ref
        port = None if len(exits) == 1 else exits[_source_key(graph, checked, ref)]
        return Ref(node_name, port, ref.spread)
    made = Node(named_from(graph, path),
                {entry: _as_read(graph, checked, source) for source, entry in entries.items()})
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        if name not in inside:
            nodes[name] = with_refs(node, follow)
        else:
            nodes.setdefault(node_name, made)
    outputs = {name: follow(ref) for name, ref in graph.outputs.items()}
    told: dict[Item, Any] = {item: None for item in items(graph) if item.kind == "node" and item.name in inside
                             or item.kind in ("note", "frame") and item in chosen}
    corners = [position(graph, Item("node", name)) for name in inside]
    around = bounds([(*corner, 0, 0) for corner in corners if corner is not None])
    told[Item("node", node_name)] = \
        {"at": placed((around.x + around.width / 2, around.y + around.height / 2))} if around is not None else {}
    ports = {Target("node", link.target.name, link.target.port): entries[_source_key(graph, checked, link.source)]
             for link in links(graph) if link.target.kind == "node" and link.target.name in inside
             and link.source.name not in inside}
    for dot in dots(graph):
        ends = [str(target) if target.kind == "output" or target.name not in inside else
                f"{node_name}.{ports[target._replace(index=None)]}"
                for target in dot.targets if target._replace(index=None) in ports or target.name not in inside
                or target.kind == "output"]
        told[Item("dot", dot.name)] = None if _is_within(dot, inside) or not ends else \
            {**facts(graph, Item("dot", dot.name)), "source": str(follow(dot.source))[1:], "targets": ends}
    return prune_dots(with_facts(replace(graph, nodes=nodes, outputs=outputs), told))


def _as_read(graph: Graph, checked: Checked, source: Ref) -> Ref:
    return _as_written(checked, source) if source.name in graph.nodes else source
