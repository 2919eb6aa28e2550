"""A node that is a graph file taken apart: what is in it stands in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nodegraph import Graph, Node, Ref
from nodegraph.editing import Checked, GraphInput

from ..words.speak import t
from .arrange import bounds, missing_positions
from .edits import GONE, EditRefused, free_name, prune_dots, taken, with_refs
from .items import Item, Target, dots, facts, items, links, links_into, placed, position, section, with_facts
from .relocation import moved_file, path_from


def ungroup(graph: Graph, name: str, inner: Graph, checked: Checked | None = None) -> Graph:
    """The graph with the nodes of `inner` in place of the node `name`, which stands for that graph file.

    What the node is given flows on to what read it inside; defaults of the inner graph become literals. Names that
    are taken get a number. checked: what is known of this graph, so that relative file names inside still lead
    to the same files when the inner graph lies in another folder. Raises EditRefused where it cannot be told so.
    """
    node = graph.nodes.get(name)
    if node is None or not node.is_graph:
        raise EditRefused(t("refused.no_graph_file", name=name))
    if node.each:
        raise EditRefused(t("refused.each_group", name=name, ports=", ".join(node.each)))
    if node.control:
        raise EditRefused(t("refused.words_group", name=name, words=", ".join(node.control)))
    if node.bypass:
        raise EditRefused(t("refused.bypassed_group", name=name))
    placed_node = checked.nodes.get(name) if checked is not None else None
    known = placed_node.graph if placed_node is not None else None
    given = {entry: node.inputs[entry] if entry in node.inputs else
             _default(told, known, entry, inner.folder, graph.folder) for entry, told in inner.inputs.items()}
    renames = _free_names(inner.nodes, taken(graph) - {name})
    nodes: dict[str, Node] = {}
    for outside, old in graph.nodes.items():
        if outside != name:
            nodes[outside] = with_refs(old, lambda ref: _outside(ref, name, inner, given, renames))
            continue
        for inside, placed_ in inner.nodes.items():
            moved = moved_file(placed_, known, inside, inner.folder, graph.folder)
            nodes[renames[inside]] = _given(moved, name, inside, inner, given, renames, node.mute)
    outputs = {output: _outside(ref, name, inner, given, renames) for output, ref in graph.outputs.items()}
    for output, ref in outputs.items():
        if type(ref) is not Ref:
            raise EditRefused(t("refused.unread_output", output=output, name=name))
    made = replace(graph, nodes=nodes, outputs=outputs)
    return _laid_in(graph, made, name, inner, given, renames)


def _free_names(wanted: Iterable[str], used: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in wanted:
        found[name] = free_name(name, {*used, *found.values()})
    return found


def _default(told: GraphInput, known: Checked | None, entry: str, old: Path, new: Path) -> Any:
    if not told.has_default:
        return GONE
    return path_from(told.default, known.inputs[entry], old, new) if known is not None else told.default


def _given(node: Node, name: str, inside: str, inner: Graph, given: Mapping[str, Any], renames: Mapping[str, str],
           mute: bool) -> Node:
    """A node of the inner graph as it stands outside."""
    def follow(ref: Ref) -> Any:
        return given[ref.name] if ref.name in given else ref._replace(name=renames.get(ref.name, ref.name))
    if node.type == "switch":
        for link in links_into(inside, node):
            if isinstance(given.get(link.source.name), dict):
                raise EditRefused(t("refused.mapping_branch", name=name, input=link.source.name, switch=inside))
    made = with_refs(node, follow)
    return made._replace(mute=made.mute or mute)


def _outside(ref: Ref, name: str, inner: Graph, given: Mapping[str, Any], renames: Mapping[str, str]) -> Any:
    """What a link in the outer graph becomes when the node it may read is taken apart."""
    if ref.name != name:
        return ref
    port = ref.port or next(iter(inner.outputs), "")
    if port not in inner.outputs:
        return GONE
    source = inner.outputs[port]
    if source.name in given:
        return given[source.name]
    return source._replace(name=renames.get(source.name, source.name), spread=ref.spread)


def _laid_in(graph: Graph, made: Graph, name: str, inner: Graph, given: Mapping[str, Any], renames: Mapping[str, str]
             ) -> Graph:
    """The layout of what was taken out of a node: around where it stood, with the dots on its links."""
    lost = missing_positions(inner, {})
    stays = [item for item in items(inner) if item.kind in ("node", "note", "frame", "dot")]
    corners = {item: lost.get(item) or position(inner, item) for item in stays}
    around = bounds([(*corner, 0, 0) for item, corner in corners.items() if item.kind == "node" and corner])
    at = position(graph, Item("node", name)) or (0, 0)
    right, down = (at[0] - around.x - around.width / 2, at[1] - around.y - around.height / 2) if around else (0, 0)
    names = {"node": renames, **{kind: _free_names(section(inner, kind), set(section(graph, kind)))
                                 for kind in ("note", "frame", "dot")}}
    told: dict[Item, Any] = {Item("node", name): None}
    for item in stays:
        corner = corners[item]
        says = dict(facts(inner, item))
        if corner is not None:
            says["at"] = placed((corner[0] + right, corner[1] + down))
        told[Item(item.kind, names[item.kind][item.name])] = says
    for dot in dots(inner):
        source = given.get(dot.source.name, dot.source._replace(name=renames.get(dot.source.name, dot.source.name)))
        new = Item("dot", names["dot"][dot.name])
        ends = [end for target in dot.targets for end in _ends_outside(graph, name, inner, target, renames)]
        told[new] = {**told[new], "source": str(source)[1:], "targets": ends} if type(source) is Ref else None
    for dot in dots(graph):
        source = _outside(dot.source, name, inner, given, renames)
        ends = [end for target in dot.targets for end in _ends_inside(name, inner, target, renames)]
        told[Item("dot", dot.name)] = {**facts(graph, Item("dot", dot.name)), "source": str(source)[1:],
                                       "targets": ends} if type(source) is Ref else None
    return prune_dots(with_facts(made, told))


def _ends_outside(graph: Graph, name: str, inner: Graph, target: Target, renames: Mapping[str, str]) -> list[str]:
    """What a link to this end in the inner graph leads to outside it."""
    if target.kind == "node":
        return [f"{renames[target.name]}.{target.port}"]
    return [str(link.target) for link in links(graph) if link.source.name == name
            and (link.source.port or next(iter(inner.outputs))) == target.name]


def _ends_inside(name: str, inner: Graph, target: Target, renames: Mapping[str, str]) -> list[str]:
    """What a link to this end in the outer graph leads to when `name` is taken apart."""
    if target.kind != "node" or target.name != name:
        return [str(target)]
    return [f"{renames[link.target.name]}.{link.target.port}" for link in links(inner)
            if link.source.name == target.port and link.target.kind == "node"]


# ---- names of files -----------------------------------------------------------------------------------------------
