"""The end of an axis: lists of what came along it, or what the last round gave."""

from __future__ import annotations

from typing import Any

from ..digest import ListDigest
from ..plan import Index, Step, View
from .passer import Passer
from .tables import FAILED, SKIPPED


class Leavings(Passer):
    """Leaves axes, for one run."""

    def leave(self, step: Step, index: Index) -> None:
        """Lists of what came along axes."""
        places = self.tables.places(step, index, lambda axis, at: self.length_at(step, index, axis, at))
        if places is None:
            return
        detail, left_out = step.detail, list[int]()
        if len(detail.sources) == 1 and not self.plan.mixed:  # by far the most
            table, view = self.tables.digests[detail.sources[0]], step.views[0]
            column = [table.get(at) for at in places] if view is None else []
            if view is None and None not in column:
                return self.finish(step, index, [ListDigest.of(column)], [None])
        columns: list[list[bytes]] = [[] for _ in detail.sources]
        types: list[list[Any]] = [[] for _ in detail.sources]
        lacking = []
        for number, at in enumerate(places):
            row = []
            for place, slot in enumerate(detail.sources):
                name = self.tables.digest(slot, at, step.views[place])
                if name is None:
                    lacking.append((slot, at, step.views[place], number))
                    break
                row.append(name)
            else:
                for place, name in enumerate(row):
                    columns[place].append(name)
                    if self.plan.mixed:
                        types[place].append(self.type_of(detail.sources[place], at, step.views[place]))
        if lacking:
            failed = self.left_out(step, index, lacking)
            if failed is None:
                return
            left_out = failed
        self.tell_left_out(step, index, left_out, len(places))
        self.finish(step, index, [ListDigest.of(column) for column in columns],
                    [tuple(column) if self.plan.mixed else None for column in types])

    def length_at(self, step: Step, index: Index, axis: int, where: Index) -> int | None:
        """How many items or rounds there are of an axis that a step leaves, under one index of the axis's parents; None
        where the step has to wait to know.
        """
        place, entry = (axis, where), self.run.waits.entry(step, index)
        if place in self.tables.lengths:
            return self.tables.lengths[place]
        if place not in self.tables.rounds:
            self.run.waits.await_instance(step, index, (self.plan.axes[axis].opener, where))
            return None
        at = self.tables.rounds[place]
        while self.run.openings.more(axis, where, at, entry):
            at += 1
        return self.tables.lengths.get(place)

    def left_out(self, step: Step, index: Index, lacking: list[tuple[int, Index, View, int]]) -> list[int] | None:
        """The numbers of items that are left out since they failed; None where the step waits, or cannot go on."""
        numbers, pending, fatal = [], [], None
        for slot, at, view, number in lacking:
            source = self.tables.source(slot, at, view)
            status = self.tables.status(self.plan.steps[source[0]], source[1])
            if status not in (FAILED, SKIPPED):
                pending.append(source)
                continue
            cause = self.tables.cause(source)
            name = self.plan.steps[cause[0]].name
            if step.detail.skip and (name == step.name or name.startswith(f"{step.name}/")):
                numbers.append(number)
                self.tables.passed.add(cause)
            elif fatal is None:
                fatal = source
        if pending:
            self.run.waits.await_instances(step, index, pending)
            return None
        if fatal is not None:
            self.run.skip(step, index, fatal)
            return None
        return numbers

    def tell_left_out(self, step: Step, index: Index, numbers: list[int], count: int) -> None:
        if numbers:
            name = self.tables.instance_name(step, index)
            told = ", ".join(str(number + 1) for number in numbers[:10]) + (", ..." if numbers[10:] else "")
            self.run.warn(f"{name}: left out item{'s' * (len(numbers) > 1)} {told} of {count}, which failed")

    def last(self, step: Step, index: Index) -> None:
        """What the last round gave, or what was handed in where there was none."""
        length = self.length(step, index, step.detail.axis)
        if length is None:
            return
        place = 1 if length else 0
        slot, at = step.slots[place], (*index, length - 1)
        view = step.views[place]
        name = self.tables.digest(slot, at, view)
        if name is None:
            return self.run.waits.await_slot(step, index, slot, at, view)
        self.finish(step, index, [name], [self.type_of(slot, at, view)])

    def length(self, step: Step, index: Index, axis: int) -> int | None:
        """How long an axis is in the end; None where the step has to wait for that, or cannot go on."""
        opener = self.plan.steps[self.plan.axes[axis].opener]
        where = tuple(index[step.axes.index(a)] for a in opener.axes) if opener.axes != step.axes else index
        return self.length_at(step, index, axis, where)
