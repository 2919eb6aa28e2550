"""What is linked, laid out in columns from the inputs of a graph to its outputs.

After Sugiyama, Tagawa and Toda (1981): layers by longest path, points on long links, sweeps by barycentre that lessen
crossings, then heights that pull linked things level (pool adjacent violators, so nothing overlaps).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from nodegraph import Graph

from ..items import Item, dots, exists, links, source_item
from .rectangles import COLUMN_GAP, ROW_GAP, Box, bounds
from .web import Joint, Passage, Web

PART_GAP = 60  # between parts that are not linked
ROW_WIDTH = 900  # how far a row of unlinked things goes, at the least



def joints_of(graph: Graph) -> list[Joint]:
    """The links between items; those that are led through dots go to the dots, and on from them."""
    led: dict[tuple, list[Item]] = {}
    for dot in dots(graph):
        for target in dot.targets:
            led.setdefault((dot.source, target), []).append(Item("dot", dot.name))
    found = []
    for source, target in links(graph):
        height = 0.5
        if target.kind == "node":
            inputs = graph.nodes[target.name].inputs
            within = 0.5 if target.index is None else (target.index + 0.5) / len(inputs[target.port])
            at = list(inputs).index(target.port) if target.port in inputs else len(inputs)  # the link of `repeat`
            height = (at + within) / max(len(inputs), at + 1)
        start, end = source_item(graph, source), target.item
        if exists(graph, start):
            way = led.get((source, target))
            found += [Joint(start, end, height)] if way is None else \
                [joint for dot in way for joint in (Joint(start, dot), Joint(dot, end, height))]
    return found


def parts(members: list[Item], extents: Mapping[Item, tuple[float, float]], joints: list[Joint], ends: bool = True
          ) -> dict[Item, Box]:
    """Boxes for the members of one block: linked parts below one another, then what is not linked in rows.

    ends: whether the outputs of the graph stand in one column, behind all else.
    """
    import networkx

    web = networkx.Graph()
    web.add_nodes_from(members)
    web.add_edges_from(joint[:2] for joint in joints)
    found: dict[Item, Box] = {}
    alone, down, seen = [], 0.0, set()
    by_source: dict[Hashable, list[Joint]] = {}
    for joint in joints:
        if joint.source != joint.target:
            by_source.setdefault(joint.source, []).append(joint)
    for member in members:
        if member in seen:
            continue
        part = networkx.node_connected_component(web, member)
        seen |= part
        if len(part) == 1:
            alone.append(member)
            continue
        order = [item for item in members if item in part]
        boxes = _columns(order, extents, [joint for item in order for joint in by_source.get(item, ())], ends)
        box = bounds(boxes)
        found |= {item: b._replace(x=b.x - box.x, y=b.y - box.y + down) for item, b in boxes.items()}
        down += box.height + PART_GAP
    return found | _rows(alone, extents, down, max(ROW_WIDTH, bounds(found).width if found else 0))


def _rows(alone: list[Item], extents: Mapping[Item, tuple[float, float]], down: float, width: float
          ) -> dict[Item, Box]:
    found, right, deepest = {}, 0.0, 0.0
    for item in alone:
        wide, high = extents[item]
        if right and right + wide > width:
            right, down, deepest = 0.0, down + deepest + ROW_GAP, 0.0
        found[item] = Box(right, down, wide, high)
        right, deepest = right + wide + ROW_GAP, max(deepest, high)
    return found


def _columns(members: list[Item], extents: Mapping[Item, tuple[float, float]], joints: list[Joint], ends: bool
             ) -> dict[Item, Box]:
    """Boxes for one linked part, each in a column to the right of all that it reads."""
    layer = layers_of(members, forward(members, joints), ends)
    layers, steps = _with_passages(members, layer, [joint for joint in joints if layer[joint.source] <
                                                    layer[joint.target]])
    web = Web(layers, steps)
    web.untangle()
    heights = {member: extents[member][1] for member in members}
    tops = web.tops(heights)
    found, right = {}, 0.0
    for row in layers:
        boxes = {m: Box(right, tops[m], *extents[m]) for m in row if m in heights}
        found |= boxes
        right += max((box.width for box in boxes.values()), default=0.0) + COLUMN_GAP
    return found


def forward(members: list[Item], joints: list[Joint]) -> list[tuple[Item, Item]]:
    """The links without those that close circles, each once."""
    import networkx

    web = networkx.DiGraph()
    web.add_nodes_from(members)
    web.add_edges_from(joint[:2] for joint in joints)
    open_, back = set(), set()
    for source, target, way in networkx.dfs_labeled_edges(web):
        if way == "forward":
            open_.add(target)
        elif way == "reverse":
            open_.discard(target)
        elif target in open_:
            back.add((source, target))
    return [edge for edge in web.edges if edge not in back]


def layers_of(members: list[Item], edges: list[tuple[Item, Item]], ends: bool = True) -> dict[Item, int]:
    """The column of each: inputs of the graph in the first, outputs in the last, the rest by their longest path."""
    import networkx

    web = networkx.DiGraph()
    web.add_nodes_from(members)
    web.add_edges_from(edges)
    least = 1 if any(item.kind == "input" for item in members) else 0
    layer: dict[Item, int] = {}
    order = list(networkx.topological_sort(web))
    for item in order:
        layer[item] = max((layer[before] + 1 for before in web.predecessors(item)),
                          default=0 if item.kind == "input" else least)
    for item in reversed(order):  # what reads nothing stands just before the first that reads it
        if item.kind != "input" and not web.in_degree(item) and web.out_degree(item):
            layer[item] = min(layer[after] for after in web.successors(item)) - 1
    last = max(layer[item] + (item.kind != "output") for item in members)
    layer.update((item, last) for item in members if item.kind == "output" and ends)
    return layer


def _with_passages(members: list[Item], layer: Mapping[Item, int], joints: list[Joint]
                   ) -> tuple[list[list[Hashable]], list[Joint]]:
    """What stands in each column, points on long links among it, and links that go from a column to the next."""
    used = sorted(set(layer.values()))
    rank = {old: new for new, old in enumerate(used)}
    layers: list[list[Hashable]] = [[] for _ in used]
    for member in members:
        layers[rank[layer[member]]].append(member)
    steps: list[Joint] = []
    there: set[Passage] = set()
    for source, target, height in joints:
        before: Hashable = source
        for at in range(rank[layer[source]] + 1, rank[layer[target]]):
            passage = Passage(source, at)
            if passage not in there:
                there.add(passage)
                layers[at].append(passage)
                steps.append(Joint(before, passage))
            before = passage
        steps.append(Joint(before, target, height))
    return layers, steps
