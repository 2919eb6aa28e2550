"""A whole graph laid out to be read on one screen: in rows one below the other, as lines of a text are.

One strip from the inputs to the outputs is far wider than a screen is. It is cut where the file goes on to something else
(its nodes stand in the order in which they were thought of) or between its columns; of all ways to cut it the one wins that
is seen large and has few links from row to row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from nodegraph import Graph

from . import arrange
from .arrange import COLUMN_GAP, Box, Joint, Positions, bounds
from .items import Item, items

SCREEN = (1445.0, 1087.0)  # canvas units: what a window of 1280 x 800 pixels shows at 60 %
MOST_ROWS = 4
MOST_TRIED = 24  # nodes or columns up to which every cut is tried; of more, rows of about one width
ROW_GAP = 56.0  # between two rows; links that go on in the next row pass there
LINK, BACK, LAST = 0.02, 0.06, 0.3  # what a link from row to row costs, where 1 is what is seen at 60 %; one that goes
#                                     back up; and one to an output of the graph, which belongs beside what it shows

Sizes = Mapping[Item, tuple[float, float]]
Row = dict[Item, Box]


def in_rows(graph: Graph, sizes: Sizes) -> Positions:
    """Places for everything in a graph that has no frames, from (0, 0) on, in whole units."""
    members = [item for item in items(graph) if item.kind in ("node", "input", "output")]
    if not members:
        return {}
    extents = {item: sizes.get(item) or arrange.USUAL_SIZES[item.kind] for item in members}
    joints = [joint for joint in arrange.joints_of(graph) if joint.source in extents and joint.target in extents]
    best: list[Row] = []
    least = float("inf")
    for units in (_in_file(members, joints), _in_columns(members, joints)):
        made: dict[tuple[int, int], Row] = {}
        for cuts in _cuts(units, extents):
            rows = [_row(units, made, span, extents, joints) for span in pairwise(cuts)]
            cost = _cost(rows, joints)
            if cost < least - 1e-6:
                least, best = cost, rows
    found = _stacked(best)
    return {item: (round(box.x), round(box.y)) for item, box in found.items()}


def _in_file(members: list[Item], joints: list[Joint]) -> list[list[Item]]:
    """A unit for each node, in the order of the file, with the inputs that it is the first to read and what it gives."""
    nodes = [item for item in members if item.kind == "node"]
    units: dict[Item, list[Item]] = {node: [node] for node in nodes}
    rank = {node: at for at, node in enumerate(nodes)}
    for item in members:
        if item.kind == "node":
            continue
        ends = [joint.target if item.kind == "input" else joint.source for joint in joints
                if item in (joint.source, joint.target)]
        near = min((end for end in ends if end in rank), key=rank.__getitem__, default=nodes[0] if nodes else None)
        units.setdefault(near or item, []).append(item)
    return list(units.values())


def _in_columns(members: list[Item], joints: list[Joint]) -> list[list[Item]]:
    """A unit for each column of the one strip; an output of the graph stands right behind what it shows."""
    layer = arrange.layers_of(members, arrange.forward(members, joints), ends=False)
    found: dict[int, list[Item]] = {}
    for item in members:
        found.setdefault(layer[item], []).append(item)
    return [found[at] for at in sorted(found)]


def _cuts(units: Sequence[list[Item]], extents: Sizes) -> Iterator[tuple[int, ...]]:
    """Where rows may begin and end: every way to cut the units, or, where they are many, rows of about one width."""
    count = len(units)
    for rows in range(1, min(MOST_ROWS, count) + 1):
        if count <= MOST_TRIED:
            yield from ((0, *inner, count) for inner in combinations(range(1, count), rows - 1))
        else:
            yield _even(units, extents, rows)


def _even(units: Sequence[list[Item]], extents: Sizes, rows: int) -> tuple[int, ...]:
    widths = [max(extents[item][0] for item in unit) + COLUMN_GAP for unit in units]
    target, filled, cuts = sum(widths) / rows, 0.0, [0]
    for at, width in enumerate(widths):
        if at > cuts[-1] and len(cuts) < rows and filled + width / 2 > target * len(cuts):
            cuts.append(at)
        filled += width
    return (*cuts, len(units))


def _row(units: Sequence[list[Item]], made: dict[tuple[int, int], Row], span: tuple[int, int], extents: Sizes,
         joints: list[Joint]) -> Row:
    """The boxes of some units that follow one another, laid out by themselves from (0, 0) on."""
    if span not in made:
        members = dict.fromkeys(item for unit in units[span[0]:span[1]] for item in unit)
        there = arrange.parts(list(members), extents, [j for j in joints if j.source in members and j.target in members],
                              ends=False)
        around = bounds(there)
        assert around is not None
        made[span] = {item: box._replace(x=box.x - around.x, y=box.y - around.y) for item, box in there.items()}
    return made[span]


def _cost(rows: list[Row], joints: list[Joint]) -> float:
    """How far a layout is from what one wants: all of it in view, and few links between rows."""
    sides = [bounds(row) for row in rows]
    width = max(side.width for side in sides if side is not None)
    height = sum(side.height for side in sides if side is not None) + ROW_GAP * (len(rows) - 1)
    at = {item: number for number, row in enumerate(rows) for item in row}
    cost = max(width / SCREEN[0], height / SCREEN[1], 0.8)
    for joint in joints:
        steps = at[joint.target] - at[joint.source]
        cost += LINK * steps if steps >= 0 else BACK * -steps
        cost += LAST * (steps != 0 and isinstance(joint.target, Item) and joint.target.kind == "output")
    return cost


def _stacked(rows: list[Row]) -> Row:
    """Rows one below the other."""
    found: Row = {}
    down = 0.0
    for row in rows:
        found |= {item: box._replace(y=box.y + down) for item, box in row.items()}
        down += max(box.y + box.height for box in row.values()) + ROW_GAP
    return found
