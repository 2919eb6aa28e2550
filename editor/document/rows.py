"""A whole graph laid out to be read on one screen: in rows one below the other, as lines of a text are.

One strip from the inputs to the outputs is far wider than a screen is; where it is, it is cut between its columns and
the pieces are set below one another. How many rows there are is tried out: whatever is seen largest wins.
"""

from __future__ import annotations

from collections.abc import Mapping

from nodegraph.graph import Graph

from . import arrange
from .arrange import COLUMN_GAP, Box, Joint, Positions, bounds
from .items import Item, items

SCREEN = (1590.0, 1180.0)  # canvas units: what a window of 1280 x 800 pixels shows at 60 %
MOST_ROWS = 5
ROW_GAP = 56.0  # between two rows; links that go on in the next row pass there


def in_rows(graph: Graph, sizes: Mapping[Item, tuple[float, float]]) -> Positions:
    """Places for everything in a graph that has no frames, from (0, 0) on, in whole units."""
    members = [item for item in items(graph) if item.kind in ("node", "input", "output")]
    if not members:
        return {}
    extents = {item: sizes.get(item) or arrange.USUAL_SIZES[item.kind] for item in members}
    joints = [joint for joint in arrange.joints_of(graph) if joint.source in extents and joint.target in extents]
    columns = _columns(members, joints)
    best: dict[Item, Box] = {}
    least = float("inf")
    for count in range(1, min(MOST_ROWS, len(columns)) + 1):
        boxes = _folded(columns, extents, joints, count)
        around = bounds(boxes)
        assert around is not None
        worth = max(around.width / SCREEN[0], around.height / SCREEN[1], 1.0)
        if worth < least - 1e-6:
            least, best = worth, boxes
    corner = bounds(best)
    assert corner is not None
    return {item: (round(box.x - corner.x), round(box.y - corner.y)) for item, box in best.items()}


def _columns(members: list[Item], joints: list[Joint]) -> list[list[Item]]:
    """What stands in each column of the one strip; an output of the graph stands right behind what it shows."""
    layer = arrange.layers_of(members, arrange.forward(members, joints), ends=False)
    found: dict[int, list[Item]] = {}
    for item in members:
        found.setdefault(layer[item], []).append(item)
    return [found[at] for at in sorted(found)]


def _folded(columns: list[list[Item]], extents: Mapping[Item, tuple[float, float]], joints: list[Joint], count: int
            ) -> dict[Item, Box]:
    """The strip cut into so many rows of about one width, each laid out by itself, one below the other."""
    widths = [max(extents[item][0] for item in column) + COLUMN_GAP for column in columns]
    target = sum(widths) / count
    rows: list[list[Item]] = [[]]
    filled = 0.0
    for column, width in zip(columns, widths, strict=True):
        if rows[-1] and len(rows) < count and filled + width / 2 > target * len(rows):
            rows.append([])
        rows[-1] += column
        filled += width
    found: dict[Item, Box] = {}
    down = 0.0
    for row in rows:
        inside = set(row)
        there = arrange.parts(row, extents, [j for j in joints if j.source in inside and j.target in inside], ends=False)
        around = bounds(there)
        assert around is not None
        found |= {item: box._replace(x=box.x - around.x, y=box.y - around.y + down) for item, box in there.items()}
        down += around.height + ROW_GAP
    return found
