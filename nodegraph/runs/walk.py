"""Walking along an axis: the steps of a region are tried for one index after another, so that an item comes through
everything before the next one begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..plan import Axes, Axis, Index, Region, Step, cut
from .tables import BLOCKED, FAILED, FLYING, SKIPPED, WAITING, Instance

if TYPE_CHECKING:
    from .run import Run


class Walk:
    """How far a region was walked along its innermost axis, under one index of the axes around."""

    __slots__ = ("at", "known", "parent", "place", "region")

    def __init__(self, region: Region, parent: Index):
        self.region, self.parent = region, parent
        self.at = self.place = 0
        self.known = False


class Walker:
    """Walks regions, for one run."""

    def __init__(self, run: Run):
        self.run, self.plan, self.tables = run, run.plan, run.tables
        self.bodies: dict[int, list[Any]] = {}

    def walk(self, walk: Walk) -> None:
        """Try the steps of a region for one index after another, until there is something more urgent."""
        axis = self.plan.axes[walk.region.axes[-1]]
        opener = self.plan.steps[axis.opener]
        around = walk.region.axes[:-1]
        where = cut(walk.parent, tuple(around.index(a) for a in axis.parents)) if axis.parents != around else walk.parent
        for place in [(opener.index, where), *self.siblings(axis, walk.parent, around)]:
            status = self.run.status_of(place)
            if status in (FAILED, SKIPPED):
                return
            if status in (WAITING, FLYING, BLOCKED):
                self.run.waits.wait_for(place, walk)
                return
            other = self.plan.steps[place[0]].detail.axis
            if other != axis.number and self.tables.lengths.get((other, place[1])) == 0:
                return  # there is nothing to combine with
        stack, place, lengths = self.run.stack, (axis.number, where), self.tables.lengths
        if not walk.known and place in lengths:
            self.run.report.expect(walk.region.body, lengths[place])
            walk.known = True
        body, short = self.bodies.get(id(walk.region)) or self.body(walk.region), self.run.short
        while not self.run.cancel.is_set():
            length = lengths.get(place)
            if (walk.at >= length) if length is not None else not self.run.openings.more(axis.number, where, walk.at, walk):
                return
            below, index = len(stack), (*walk.parent, walk.at)
            while walk.place < len(body):
                item, tables, filled = body[walk.place]
                walk.place += 1
                if item.__class__ is Region:
                    stack.insert(below, walk)
                    stack.append(Walk(item, index))
                    return
                if tables is None:
                    self.instance(item, index)
                elif index not in filled and not short(item, index, [table.get(index) for table in tables]):
                    self.run.attempt(item, index)
            walk.at, walk.place = walk.at + 1, 0
            if len(stack) > below or self.run.crew.flying and not self.run.crew.inbox.empty():
                stack.insert(below, walk)
                return

    def siblings(self, axis: Axis, parent: Index, around: Axes) -> Iterator[Instance]:
        """Where the other axes of the same `cross` are opened, as far as that can be seen from here."""
        for number in axis.crossed:
            other = self.plan.axes[number]
            if number != axis.number and set(other.parents) <= set(around):
                yield other.opener, tuple([parent[around.index(a)] for a in other.parents])

    def body(self, region: Region) -> list[Any]:
        """What is tried for each index of a region: each step with the tables that it reads and the one it fills.

        The tables stand there for quick steps that read nothing but the region itself.
        """
        body: list[Any] = []
        for item in region.body:
            if item.__class__ is not int:
                body.append((item, None, None))
                continue
            step = self.plan.steps[item]
            own = step.quick and all(view is None for view in step.views)
            body.append((step, [self.tables.digests[slot] for slot in step.slots] if own else None,
                         self.tables.digests[step.first] if own else None))
        self.bodies[id(region)] = body
        return body

    def instance(self, step: Step, index: Index) -> None:
        """Try one instance of a step with axes."""
        digests = self.tables.digests
        if step.quick and index:
            if index in digests[step.first]:
                return
            names = []
            for slot, view in zip(step.slots, step.views):
                name = digests[slot]
                if name.__class__ is dict:
                    name = name.get(index if view is None else tuple([index[place] for place in view]))
                names.append(name)
            if self.run.short(step, index, names):
                return
        self.run.attempt(step, index)
