"""Places for what the file does not place: chosen when it appears, and kept until another document is shown.

Choosing a place is an event. Were places worked out again with every edit, a value that gets a digit wider would
move half of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from nodegraph import Graph
from nodegraph.editing import Checked

from ..document import arrange
from ..document.items import Item, facts, items, placed, position, size, with_facts
from ..document.ports import flow_of, inputs_of, outputs_of
from ..document.rows import in_rows
from . import slots
from .box import PICTURED_WIDTH

GAP, STEP, FAR = 12.0, 24.0, 20  # units between boxes; of one step aside, and how many of those there are at the most
MOST_IN_ROWS = 120  # nodes, inputs and outputs; what is larger is one strip

Sizes = Mapping[Item, tuple[float, float]]


class Placing:
    """The places of what one document leaves unplaced."""

    def __init__(self) -> None:
        self._places: dict[Item, tuple[float, float]] = {}
        self._guessed = True  # nothing was drawn yet, so the places rest on sizes that are about right

    def place(self, graph: Graph, rooms: Callable[[Graph], Sizes]) -> Graph:
        """The graph with a place for everything. rooms: how much space each item takes, asked when one is new."""
        lost = [item for item in items(graph) if position(graph, item) is None]
        if not lost:
            return graph
        new = [item for item in lost if item not in self._places]
        if new:
            known = _at(graph, {item: self._places[item] for item in lost if item in self._places})
            self._places.update(_chosen(known, new, rooms(graph)))
        # Only what has no place gets one: a gesture that moves nothing writes no layout.
        return _at(graph, {item: self._places[item] for item in lost if item in self._places})

    def drawn(self) -> bool:
        """Sizes are known now; whether places that were chosen without them are to be chosen again, once."""
        again = self._guessed and bool(self._places)
        if again:
            self._places.clear()
        self._guessed = False
        return again


def _chosen(graph: Graph, lost: list[Item], rooms: Sizes) -> dict[Item, tuple[float, float]]:
    """Places for what has none: in rows where nothing has one, else beside what it is linked to."""
    if len(lost) == len(items(graph)) and len(lost) <= MOST_IN_ROWS:
        return in_rows(graph, rooms)
    return arrange.missing_positions(graph, rooms)


def _at(graph: Graph, places: Mapping[Item, tuple[float, float]]) -> Graph:
    return with_facts(graph, {item: {**facts(graph, item), "at": placed(at)} for item, at in places.items()})


def clear_of(at: tuple[float, float], size: tuple[float, float], others: Iterable[tuple[float, float, float, float]]
             ) -> tuple[float, float]:
    """The place nearest to this one where a box of this size covers none of the others; this one, where there is none near.

    others: left, top, width, height.
    """
    taken = list(others)

    def free(x: float, y: float) -> bool:
        right, bottom = x + size[0] + GAP, y + size[1] + GAP
        return not any(x < left + width + GAP and left < right and y < top + height + GAP and top < bottom
                       for left, top, width, height in taken)
    steps = sorted(((i * STEP, j * STEP) for i in range(-FAR, FAR + 1) for j in range(-FAR, FAR + 1)),
                   key=lambda step: (step[0] ** 2 + step[1] ** 2, step))
    return next(((at[0] + right, at[1] + down) for right, down in steps if free(at[0] + right, at[1] + down)), at)


def sizes(graph: Graph, checked: Checked | None, drawn: Sizes) -> dict[Item, tuple[float, float]]:
    """How large each item is drawn, or about how large where it was not drawn yet."""
    return {item: drawn.get(item) or _about_size(graph, item, checked) for item in items(graph)}


def _about_size(graph: Graph, item: Item, checked: Checked | None) -> tuple[float, float]:
    """About how large an item is drawn, in canvas units."""
    told = size(graph, item)
    if item.kind == "dot":
        return 16.0, 16.0
    if item.kind in ("note", "frame"):
        return told or (200.0, 96.0)
    if item.kind == "output" and checked is not None:
        flow = flow_of(checked, graph.outputs[item.name])
        if flow is not None and flow.type.preview is not None:
            return told or (slots.CARD_WIDTH, 32.0 + slots.CARD_ROOM)
    if item.kind != "node":
        return 176.0, 56.0
    rows = len(graph.nodes[item.name].inputs) + 1
    if checked is not None and item.name in checked.nodes:
        rows = len(inputs_of(checked, item.name)) + len(outputs_of(checked, item.name))
        room = slots.room_for(outputs_of(checked, item.name))
        return (max(224.0, PICTURED_WIDTH), 56.0 + room + 24.0 * rows) if room else (224.0, 48.0 + 24.0 * rows)
    return 224.0, 48.0 + 24.0 * rows
