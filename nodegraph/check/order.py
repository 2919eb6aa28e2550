"""What follows what: the order of the nodes, those that wait for each other, and those that do not run."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..graph import Node, Ref, links, refs
from ..wording import say
from .checked import CheckedNode
from .site import Site


def topological(nodes: Mapping[str, Node], inputs: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """Kahn's algorithm (1962): the nodes so that each follows what it reads, and those that cannot be placed.

    Among nodes that could come next, the one that stands first in the file does, where that is cheap to see.
    """
    waiting: dict[str, int] = {}
    readers: dict[str, list[str]] = {name: [] for name in nodes if name not in inputs}
    for name, node in nodes.items():
        count = 0
        for value in node.inputs.values():
            kind = type(value)
            if kind is Ref:
                if value.name in readers:
                    readers[value.name].append(name)
                    count += 1
            elif kind is list:
                for ref in refs(value):
                    if ref.name in readers:
                        readers[ref.name].append(name)
                        count += 1
        if node.control:
            for ref in refs(node.control.get("repeat")):
                if ref.name in readers:
                    readers[ref.name].append(name)
                    count += 1
        waiting[name] = count
    order = [name for name, count in waiting.items() if not count]
    for name in order:  # grows while it is walked
        for reader in readers.get(name, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                order.append(reader)
    if len(order) == len(waiting):
        return order, []
    placed = set(order)
    return order, [name for name in nodes if name not in placed]


def cycles(site: Site, stuck: list[str]) -> None:
    """Name one cycle in each knot of nodes that wait for each other."""
    import networkx  # type: ignore[import-untyped,unused-ignore]

    place = {name: at for at, name in enumerate(stuck)}
    web = networkx.DiGraph((ref.name, name) for name in stuck for ref in links(site.graph.nodes[name])
                           if ref.name in place)
    for knot in networkx.strongly_connected_components(web):
        start = min(knot, key=place.__getitem__)
        if len(knot) == 1:
            if web.has_edge(start, start):
                port = _reading(site, start, start)
                site.problem(say("cycle.itself", node=start, input=port), say("hint.link-another"),
                             "nodes", start, port, value=True)
            continue
        path = [edge[0] for edge in networkx.find_cycle(web.subgraph(knot), start)]
        port = _reading(site, path[0], path[-1])
        shown = path if len(path) <= 8 else [*path[:4], "...", *path[-3:]]
        site.problem(say("cycle.nodes", path=" -> ".join([*shown, path[0]])),
                     say("hint.break-cycle", node=path[0], input=port), "nodes", path[0], port)


def _reading(site: Site, name: str, source: str) -> str:
    """The input of a node through which it reads another; or `repeat`."""
    inputs = site.graph.nodes[name].inputs
    return next((port for port, value in inputs.items() if any(ref.name == source for ref in refs(value))), "repeat")


def muted_nodes(order: list[str], nodes: Mapping[str, CheckedNode]) -> dict[str, str]:
    """The nodes that do not run since they, or something they read, are muted, and which node that is."""
    muted: dict[str, str] = {}
    if not any(node.node.mute or node.graph is not None and node.graph.left_out for node in nodes.values()):
        return muted
    for name in order:
        node = nodes[name]
        if node.node.mute:
            muted[name] = name
            continue
        through = (node.through or {}).values()
        read = links(node.node) if node.through is None else \
            [ref for port in through if port is not None for ref in refs(node.node.inputs[port])]
        because = next((found for ref in read if (found := cause(ref, nodes, muted))), None)
        if because is not None:
            muted[name] = because
    return muted


def cause(ref: Ref, nodes: Mapping[str, CheckedNode], muted: Mapping[str, str]) -> str | None:
    """The muted node that keeps a link from bringing anything; those in a graph inside are named after it too."""
    if ref.name in muted:
        return muted[ref.name]
    node = nodes.get(ref.name)
    if node is None or node.graph is None or node.through is not None:
        return None
    left_out = node.graph.left_out
    inside = left_out.get(ref.port) if ref.port is not None else next(iter(left_out.values()), None)
    return f"{ref.name}/{inside}" if inside is not None else None
