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
STACKED = 40  # ways to cut of which it is looked at how far rows reach into one another
MOST_TRIED = 24  # nodes or columns up to which every cut is tried; of more, rows of about one width
ROW_GAP = 40.0  # between two rows; links that go on in the next row pass there
LINK, BACK, LAST = 0.0025, 0.0075, 0.3  # what a link from row to row costs, where 1 is what is seen at 60 %; one that goes
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
    tried: list[tuple[float, int, list[Row]]] = []
    for units in (_in_file(members, joints), _in_columns(members, joints)):
        made: dict[tuple[int, int], Row] = {}
        sides: dict[tuple[int, int], tuple[float, float]] = {}
        for cuts in _cuts(units, extents):
            spans = [*pairwise(cuts)]
            rows = [_row(units, made, span, extents, joints) for span in spans]
            for span, row in zip(spans, rows, strict=True):
                if span not in sides:
                    sides[span] = _side(row)
            width = max(sides[span][0] for span in spans)
            height = sum(sides[span][1] for span in spans) + ROW_GAP * (len(spans) - 1)
            tried.append((_cost(width, height, rows, joints), len(tried), rows))
    # Rows reach into one another where there is room: what that gives is looked at for those that are good without it.
    stacked = [(_stacked(rows), rows) for _, _, rows in sorted(tried)[:STACKED]]
    found, _ = min(stacked, key=lambda one: _cost(*_side(one[0]), one[1], joints))
    return {item: (round(box.x), round(box.y)) for item, box in found.items()}


def _side(row: Row) -> tuple[float, float]:
    """How wide and how high some boxes are."""
    around = bounds(row)
    assert around is not None
    return around.width, around.height


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
        inner = [joint for joint in joints if joint.source in members and joint.target in members]
        there = _beside(list(members), extents, inner)
        if there is None:
            there = arrange.parts(list(members), extents, inner, ends=False)
        around = bounds(there)
        assert around is not None
        made[span] = squeezed({item: box._replace(x=box.x - around.x, y=box.y - around.y) for item, box in there.items()})
    return made[span]


def _beside(members: list[Item], extents: Sizes, joints: list[Joint]) -> Row | None:
    """Parts that no link joins, side by side; None where there is one alone, or where that is wider than a screen."""
    import networkx

    web = networkx.Graph()
    web.add_nodes_from(members)
    web.add_edges_from(joint[:2] for joint in joints)
    found: Row = {}
    right, count = 0.0, 0
    for part in networkx.connected_components(web):
        boxes = arrange.parts([item for item in members if item in part], extents,
                              [joint for joint in joints if joint.source in part], ends=False)
        around = bounds(boxes)
        assert around is not None
        found |= {item: box._replace(x=box.x - around.x + right, y=box.y - around.y) for item, box in boxes.items()}
        right, count = right + around.width + COLUMN_GAP, count + 1
    return found if count > 1 and right - COLUMN_GAP <= SCREEN[0] else None


def squeezed(row: Row) -> Row:
    """Boxes no higher than the fullest column needs, each as near to its place as that allows, none past another.

    Columns that are level with what they are linked to form a stair; a row of a page has no room for one.
    """
    order = sorted(row, key=lambda item: row[item].y)
    below = {item: [other for other in order[at + 1:] if _share(row[item], row[other])] for at, item in enumerate(order)}
    above: dict[Item, list[Item]] = {item: [] for item in order}
    low = dict.fromkeys(order, 0.0)
    for item in order:
        for other in below[item]:
            above[other].append(item)
            low[other] = max(low[other], low[item] + row[item].height + arrange.ROW_GAP)
    room = max(low[item] + row[item].height for item in order)
    high = {item: room - row[item].height for item in order}
    for item in reversed(order):
        for other in above[item]:
            high[other] = min(high[other], high[item] - arrange.ROW_GAP - row[other].height)
    fullest = next(item for item in reversed(order) if low[item] + row[item].height == room)
    shift = row[fullest].y - low[fullest]
    found: Row = {}
    for item in order:
        least = max((found[other].y + found[other].height + arrange.ROW_GAP for other in above[item]), default=0.0)
        found[item] = row[item]._replace(y=max(least, low[item], min(high[item], row[item].y - shift)))
    return found


def _share(one: Box, other: Box) -> bool:
    """Whether two boxes share some of their width, so that one has to stand below the other."""
    return one.x < other.x + other.width + COLUMN_GAP / 2 and other.x < one.x + one.width + COLUMN_GAP / 2


def _cost(width: float, height: float, rows: list[Row], joints: list[Joint]) -> float:
    """How far a layout of this size is from what one wants: all of it in view, and few links between rows."""
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
        down = max((over.y + over.height + ROW_GAP - box.y for over in found.values() for box in row.values()
                    if _share(over, box)), default=0.0)
        down = max(down, 0.0, *(over.y + ROW_GAP for over in found.values()))  # a row begins below where others begin
        found |= {item: box._replace(y=box.y + down) for item, box in row.items()}
    return found
