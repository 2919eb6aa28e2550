"""Columns of boxes with links between them: untangled, and then level with what they are linked to."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple

from ..items import Item
from .rectangles import ROW_GAP

PASSAGE = 14  # room for a link that passes between boxes
SWEEPS = 6

class Joint(NamedTuple):
    """A link between two boxes, as layouts see it. height: where it ends on the second, from 0 (top) to 1."""

    source: Hashable
    target: Hashable
    height: float = 0.5


class Passage(NamedTuple):
    """A point in a column that the links of one source pass through."""

    source: Item
    layer: int


class Web:
    """Columns of boxes and points with links between neighbouring columns: their order, then their heights."""

    def __init__(self, layers: list[list[Hashable]], steps: list[Joint]):
        self.layers = layers
        self.before: dict[Hashable, list[Joint]] = {m: [] for row in layers for m in row}
        self.after: dict[Hashable, list[Joint]] = {m: [] for row in layers for m in row}
        for step in steps:
            self.before[step.target].append(step)
            self.after[step.source].append(step)
        self.rank: dict[Hashable, int] = {}
        self._ranked()

    def _ranked(self) -> None:
        for row in self.layers:
            self.rank.update((member, at) for at, member in enumerate(row))

    def untangle(self) -> None:
        """Order each column by the mean place of its neighbours, back and forth; keep the best order met."""
        fewest, best = self.crossings(), [list(row) for row in self.layers]
        for _ in range(SWEEPS):
            if not fewest:
                break
            for row in self.layers[1:]:
                self._sort(row, lambda m: [self.rank[step.source] for step in self.before[m]])
            for row in reversed(self.layers[:-1]):
                self._sort(row, lambda m: [self.rank[step.target] + step.height for step in self.after[m]])
            now = self.crossings()
            if now < fewest:
                fewest, best = now, [list(row) for row in self.layers]
        for row, order in zip(self.layers, best):
            row[:] = order
        self._ranked()

    def _sort(self, row: list[Hashable], places: Callable[[Hashable], list[float]]) -> None:
        mean = {}
        for at, member in enumerate(row):
            near = places(member)
            mean[member] = sum(near) / len(near) if near else float(at)
        row.sort(key=mean.__getitem__)
        self.rank.update((member, at) for at, member in enumerate(row))

    def crossings(self) -> int:
        """How many pairs of links cross between neighbouring columns."""
        count = 0
        for row in self.layers:
            ends: list[float] = []
            for member in row:
                found = [self.rank[step.target] + step.height for step in self.after[member]]
                count += sum(len(ends) - bisect_right(ends, end) for end in found)
                for end in found:
                    insort(ends, end)
        return count

    def tops(self, heights: Mapping[Hashable, float]) -> dict[Hashable, float]:
        """The upper edge of each, near the level of what it is linked to. heights: of boxes; points have none."""
        tall = {member: heights.get(member, 0.0) for row in self.layers for member in row}
        top: dict[Hashable, float] = {}
        for row in self.layers:
            self._settle(row, dict.fromkeys(row, 0.0), tall, top)

        def level(member: Hashable, steps: list[Joint]) -> float:
            """Where a box should begin to stand level with its neighbours on one side."""
            shifts = [top[s.source] + tall[s.source] / 2 - tall[member] * s.height if s.target == member else
                      top[s.target] + tall[s.target] * s.height - tall[member] / 2 for s in steps]
            return sum(shifts) / len(shifts) if shifts else top[member]
        for _ in range(SWEEPS):
            for row in self.layers[1:]:
                self._settle(row, {m: level(m, self.before[m]) for m in row}, tall, top)
            for row in reversed(self.layers[:-1]):
                self._settle(row, {m: level(m, self.after[m]) for m in row}, tall, top)
        for row in self.layers:
            self._settle(row, {m: level(m, self.before[m] + self.after[m]) for m in row}, tall, top)
        return top

    def _settle(self, row: list[Hashable], wanted: Mapping[Hashable, float], tall: Mapping[Hashable, float],
                top: dict[Hashable, float]) -> None:
        """Upper edges as near as can be to those wanted (least squares), in this order, without overlaps."""
        offsets, offset = [], 0.0
        for at, member in enumerate(row):
            if at:
                boxes = not (isinstance(member, Passage) or isinstance(row[at - 1], Passage))
                offset += tall[row[at - 1]] + (ROW_GAP if boxes else PASSAGE)
            offsets.append(offset)
        for member, offset, edge in zip(row, offsets, _rising([wanted[m] - o for m, o in zip(row, offsets)])):
            top[member] = edge + offset


def _rising(values: list[float]) -> list[float]:
    """The sequence that never falls and is nearest to this one: pool adjacent violators."""
    pools: list[tuple[float, int]] = []
    for value in values:
        mean, count = value, 1
        while pools and pools[-1][0] > mean:
            other, others = pools.pop()
            mean, count = (other * others + mean * count) / (others + count), others + count
        pools.append((mean, count))
    return [mean for mean, count in pools for _ in range(count)]
