"""Why a shown result is stale: the links along which a change came, and what changed where that began."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from nodegraph import Graph, Node, Ref

from ..document.items import Item, Link, links_into, source_item
from .gallery import NOTHING, written


class Trail(NamedTuple):
    """links: on the way from what changed. origins: what changed, in short sentences, by where it stands."""

    links: frozenset[Link]
    origins: Mapping[Item, tuple[str, ...]]


def trail(graph: Graph, made: Mapping[str, Graph], stale: Collection[str], name: str) -> Trail:
    """Why the result of a node is stale. made: the graph by which each node's shown result was made."""
    links: set[Link] = set()
    origins: dict[Item, tuple[str, ...]] = {}
    queue, seen = [name], set()
    while queue:
        node = queue.pop()
        if node in seen or node not in graph.nodes or node not in made:
            continue
        seen.add(node)
        then = made[node]
        old = then.nodes.get(node)
        told_here = changes(old, graph.nodes[node]) if old is not None else ()
        for link in links_into(node, graph.nodes[node]):
            source = link.source.name
            if source in stale:
                links.add(link)
                queue.append(source)
            elif source in graph.inputs and source in then.inputs and _differ(graph, then, source):
                links.add(link)
                told = change(source, then.inputs[source].default, graph.inputs[source].default)
                origins[source_item(graph, link.source)] = (told,)
        if told_here:
            origins[Item("node", node)] = told_here
    return Trail(frozenset(links), origins)


def _differ(one: Graph, other: Graph, name: str) -> bool:
    return bool(one.inputs[name].default != other.inputs[name].default)


def changes(old: Node, new: Node) -> tuple[str, ...]:
    """What a node says otherwise than before: parameters, links, how often it runs. A sentence for each."""
    if old is new:
        return ()
    missing = object()
    told = []
    if old.type != new.type:
        told.append(change("type", old.type, new.type))
    for port in dict.fromkeys([*new.inputs, *old.inputs]):
        one, other = old.inputs.get(port, missing), new.inputs.get(port, missing)
        if one is not other and (type(one) is not type(other) or one != other):
            told.append(change(port, *(NOTHING if value is missing else value for value in (one, other))))
    for word in ("each", "control", "bypass", "mute"):
        if getattr(old, word) != getattr(new, word):
            told.append(change(word, getattr(old, word), getattr(new, word)))
    return tuple(told)


def change(what: str, old: Any, new: Any) -> str:
    """What something was and is, as the graph file has it."""
    one, other = (value if value is NOTHING else str(value) if type(value) is Ref else written(value)[:60]
                  for value in (old, new))
    return f"{what}: {one} \N{RIGHTWARDS ARROW} {other}"
