"""Places for what a file does not place: beside what it is linked to, clear of everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nodegraph import Graph

from ..items import Item, items, links, position, size, source_item
from .frames import auto_layout
from .layers import PART_GAP
from .rectangles import COLUMN_GAP, ROW_GAP, Box, Positions, bounds, size_of


def missing_positions(graph: Graph, sizes: Mapping[Item, tuple[float, float]]) -> Positions:
    """Places for the nodes, inputs and outputs that the file says none of.

    Where it says none at all, everything is laid out; else each new one goes near what it is linked to, and those
    that are linked to nothing placed go below all else. Nothing comes to lie on anything.
    """
    linked = [item for item in items(graph) if item.kind in ("node", "input", "output")]
    lost = [item for item in linked if position(graph, item) is None]
    if not lost:
        return {}
    there = {item: Box(*at, *size_of(graph, sizes, item)) for item in items(graph)
             if (at := position(graph, item)) is not None and item.kind != "frame"}
    found = _beside(graph, sizes, lost, there) if len(lost) < len(linked) else {}
    rest = [item for item in lost if item not in found]
    if rest:
        around = bounds([*there.values(), *(Box(*at, *size_) for item in items(graph) if item.kind == "frame"
                                            if (at := position(graph, item)) and (size_ := size(graph, item)))])
        places = auto_layout(graph, sizes, rest)
        if around is not None:
            corner = bounds([Box(*at, 0, 0) for at in places.values()])
            places = {item: (at[0] - corner.x + around.x, at[1] - corner.y + around.y + around.height + PART_GAP)
                      for item, at in places.items()}
        found |= places
    return {item: found[item] for item in lost}


def _beside(graph: Graph, sizes: Mapping[Item, tuple[float, float]], lost: list[Item], there: dict[Item, Box]
            ) -> Positions:
    """Places for those of the lost that are linked, at last, to what has one; `there` gains them."""
    reads: dict[Item, list[Item]] = {}
    feeds: dict[Item, list[Item]] = {}
    for source, target in links(graph):
        reads.setdefault(target.item, []).append(source_item(graph, source))
        feeds.setdefault(source_item(graph, source), []).append(target.item)
    found: Positions = {}
    waiting, moving = list(lost), True
    while moving:
        moving, still = False, []
        for item in waiting:
            extent = size_of(graph, sizes, item)
            sources = [there[other] for other in reads.get(item, ()) if other in there]
            readers = [there[other] for other in feeds.get(item, ()) if other in there]
            if sources:
                x = max(box.x + box.width for box in sources) + COLUMN_GAP
            elif readers:
                x = min(box.x for box in readers) - COLUMN_GAP - extent[0]
            else:
                still.append(item)
                continue
            y = sum(box.y for box in sources or readers) / len(sources or readers)
            there[item] = _free(Box(round(x), round(y), *extent), there.values())
            found[item] = there[item][:2]
            moving = True
        waiting = still
    return found


def _free(box: Box, others: Iterable[Box]) -> Box:
    """A box moved up or down as little as it takes to stand clear of the others."""
    beside = [o for o in others if o.x < box.x + box.width + ROW_GAP and box.x < o.x + o.width + ROW_GAP]
    places = [box.y, *(o.y + o.height + ROW_GAP for o in beside), *(o.y - ROW_GAP - box.height for o in beside)]
    for y in sorted(places, key=lambda place: (abs(place - box.y), place)):
        if all(y + box.height + ROW_GAP <= o.y or o.y + o.height + ROW_GAP <= y for o in beside):
            return box._replace(y=y)
    raise AssertionError("below everything there is room")
