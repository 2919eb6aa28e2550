"""Ways for links that would pass behind boxes: round them, or along a free line between two rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..document.items import Item
from .box import Rectangle
from .curve import Segment, along, bezier

CELL = 384.0  # canvas units on a side of the squares by which boxes are found
CLEAR = 18.0  # how far a way keeps from boxes
TURN = 44.0  # how far a link that goes back swings out
SAMPLES = 14
MOST_BLOCKERS = 12  # where more is in the way, the link goes straight

Point = tuple[float, float]


class Obstacles:
    """The boxes that links are led round, found by where they are."""

    def __init__(self, rectangles: Mapping[Item, Rectangle]):
        self.rectangles = rectangles
        self._cells: dict[tuple[int, int], list[Item]] = {}
        for item, (x, y, width, height) in rectangles.items():
            for column in range(int(x // CELL), int((x + width) // CELL) + 1):
                for row in range(int(y // CELL), int((y + height) // CELL) + 1):
                    self._cells.setdefault((column, row), []).append(item)

    def at(self, x: float, y: float, but: tuple[Item, ...]) -> Item | None:
        """The box that a point lies in."""
        for item in self._cells.get((int(x // CELL), int(y // CELL)), ()):
            left, top, width, height = self.rectangles[item]
            if item not in but and left < x < left + width and top < y < top + height:
                return item
        return None

    def within(self, left: float, right: float, top: float, bottom: float, but: tuple[Item, ...]) -> list[Rectangle]:
        """The boxes that a rectangle touches."""
        found: dict[Item, Rectangle] = {}
        for column in range(int(left // CELL), int(right // CELL) + 1):
            for row in range(int(top // CELL), int(bottom // CELL) + 1):
                for item in self._cells.get((column, row), ()):
                    x, y, width, height = self.rectangles[item]
                    if item not in but and x < right and left < x + width and y < bottom and top < y + height:
                        found[item] = (x, y, width, height)
        return list(found.values())


def route(start: Point, end: Point, obstacles: Obstacles, ends: tuple[Item, Item]) -> tuple[Segment, ...]:
    """The curves of a link: one, or three where the one would pass behind boxes other than those at its ends."""
    return way(start, end, obstacles, ends)[0]


def way(start: Point, end: Point, obstacles: Obstacles, ends: tuple[Item, Item]) -> tuple[tuple[Segment, ...], bool]:
    """The curves of a link, as `route` has them, and whether they are free: they pass behind no box."""
    straight = bezier(start, end)
    if end[0] - start[0] < -TURN:
        y = _line_back(start, end, obstacles)
        return (_back(start, end, y), True) if y is not None else ((straight,), False)
    blockers = _blockers(straight, obstacles, ends)
    if not blockers or len(blockers) > MOST_BLOCKERS:
        return (straight,), not blockers
    found = _round(start, end, blockers, obstacles, ends)
    return (found, True) if found else ((straight,), False)


def _blockers(segment: Segment, obstacles: Obstacles, but: tuple[Item, ...]) -> list[Rectangle]:
    found: dict[Item, Rectangle] = {}
    for at in range(1, SAMPLES):
        item = obstacles.at(*along(segment, at / SAMPLES), but)
        if item is not None:
            found[item] = obstacles.rectangles[item]
    return list(found.values())


def _round(start: Point, end: Point, blockers: list[Rectangle], obstacles: Obstacles, but: tuple[Item, Item]
           ) -> tuple[Segment, ...]:
    """A way past what stands between, above or below it, whichever is nearer; nothing where neither is free."""
    left = max(start[0] + CLEAR, min(r[0] for r in blockers) - CLEAR)
    right = min(end[0] - CLEAR, max(r[0] + r[2] for r in blockers) + CLEAR)
    if right - left < CLEAR:
        return ()
    middle = (start[1] + end[1]) / 2
    for y in _lines(left, right, middle, [start[1], end[1]], obstacles, ()):
        way = bezier(start, (left, y)), (left, y, left, y, right, y, right, y), bezier((right, y), end)
        if not _blockers(way[0], obstacles, but) and not _blockers(way[2], obstacles, but):
            return way
    return ()


def _line_back(start: Point, end: Point, obstacles: Obstacles) -> float | None:
    """The height of a free line on which a link can go back to the left; None where there is none nearby."""
    middle = (start[1] + end[1]) / 2
    return next(iter(_lines(end[0] - TURN, start[0] + TURN, middle, [], obstacles, ())), None)


def _lines(left: float, right: float, wanted: float, levels: Iterable[float], obstacles: Obstacles,
           but: tuple[Item, ...]) -> list[float]:
    """Heights at which nothing stands from left to right, the nearest to what is wanted first."""
    reach = 900.0
    near = obstacles.within(left, right, wanted - reach, wanted + reach, but)
    places = [wanted, *levels, *(r[1] - CLEAR for r in near), *(r[1] + r[3] + CLEAR for r in near)]
    free = [y for y in places if abs(y - wanted) <= reach  # what stands further away was not looked at
            and not any(r[1] - CLEAR / 2 < y < r[1] + r[3] + CLEAR / 2 for r in near)]
    return sorted(set(free), key=lambda y: (abs(y - wanted), y))[:4]


def _back(start: Point, end: Point, y: float) -> tuple[Segment, ...]:
    """Out to the right and round, back on a line, and in from the left."""
    return ((*start, start[0] + TURN, start[1], start[0] + TURN, y, start[0], y),
            (start[0], y, start[0], y, end[0], y, end[0], y),
            (end[0], y, end[0] - TURN, y, end[0] - TURN, end[1], *end))
