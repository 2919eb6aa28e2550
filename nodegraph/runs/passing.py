"""The steps that call nothing: they choose, put together, open axes and leave them, and pass references on.

Each is tried with `go`; what it lacks it waits for, and a step that can never go on is skipped or fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..digest import ListDigest, digest
from ..errors import InputError
from ..events import Warned
from ..plan import CARRY, LAST, LEAVE, LIST, OPEN, PICK, ROLL, SWITCH, Index, Step, View, chosen, cut, rolled_at
from .tables import FAILED, SKIPPED, Instance
from .values import NONE

if TYPE_CHECKING:
    from .run import Run

MOST_ROUNDS = 10_000


class Passing:
    """Carries out what is no request, for one run."""

    def __init__(self, run: Run):
        self.run, self.plan, self.tables, self.values = run, run.plan, run.tables, run.values
        self.ways = {SWITCH: self.switch, PICK: self.pick, LIST: self.put_together, OPEN: self.open, LEAVE: self.leave,
                     CARRY: self.carry, LAST: self.last, ROLL: self.roll}

    def go(self, step: Step, index: Index) -> None:
        """Do what a step does, or let it wait."""
        self.ways[step.kind](step, index)

    def finish(self, step: Step, index: Index, outputs: list[bytes], types: list[Any]) -> None:
        """Pass references on, with their types where these are not what the slots say."""
        for slot, (name, type) in enumerate(zip(outputs, types), step.first):
            if type is not None and slot in self.plan.mixed:
                self.values.odd[slot, index if slot in self.plan.slot_axes else ()] = type
        self.run.remember(step, index, tuple(outputs))
        for slot, name in enumerate(outputs, step.first):
            self.values.pass_on(slot, index, name)

    def view(self, step: Step, place: int) -> View:
        return step.views[place] if step.views else None

    def type_of(self, slot: int, at: Index, view: View) -> Any:
        if not self.plan.mixed:
            return None
        return self.values.type_at(slot, (at if view is None else cut(at, view)) if slot in self.plan.slot_axes else ())

    # -- choosing

    def switch(self, step: Step, index: Index) -> None:
        """Ask only for the branch that is taken, and pass it on."""
        detail = step.detail
        value = detail.value
        if detail.on >= 0:
            view = self.view(step, len(step.slots) - 1)
            name = self.tables.digest(detail.on, index, view)
            if name is None:
                return self.run.await_slot(step, index, detail.on, index, view)
            value = self.run.value(step, index, detail.on, index, view, name)
            if value is self.run.GONE:
                return
        try:
            slot = chosen(detail, value)
        except InputError as error:
            return self.run.fail(step, index, error, {})
        view = self.view(step, step.slots.index(slot))
        name = self.tables.digest(slot, index, view)
        if name is None:
            return self.run.await_slot(step, index, slot, index, view)
        self.finish(step, index, [name], [self.type_of(slot, index, view)])

    def pick(self, step: Step, index: Index) -> None:
        """The items of one list where another is true."""
        names = self.tables.read(step, index)
        if None in names:
            return self.run.blocked(step, index)
        view = self.view(step, 1)
        where = self.run.value(step, index, step.slots[1], index, view, names[1])
        if where is self.run.GONE:
            return
        items = names[0].items if isinstance(names[0], ListDigest) else ()
        flags = where if isinstance(where, list) else []
        if len(items) != len(flags):
            return self.run.fail(step, index, InputError(
                f"from has {len(items)} items and where has {len(flags)}; it takes one of where for each of from"), {})
        odd = next((flag for flag in flags if type(flag) is not bool), None)
        if odd is not None:
            return self.run.fail(step, index, InputError(f"an item of where is {odd!r}; it takes true or false"), {})
        kept = [place for place, flag in enumerate(flags) if flag]
        types = self.type_of(step.slots[0], index, self.view(step, 0))
        if isinstance(types, tuple):
            types = tuple(types[place] for place in kept)
        self.finish(step, index, [ListDigest.of([items[place] for place in kept])], [types])

    def put_together(self, step: Step, index: Index) -> None:
        """A list of what several slots bring, and of the items of those that are spread."""
        names = self.tables.read(step, index)
        if None in names:
            return self.run.blocked(step, index)
        items: list[bytes] = []
        types: list[Any] = []
        mixed = step.first in self.plan.mixed
        for place, ((slot, spread), name) in enumerate(zip(step.detail.parts, names)):
            parts = (name.items if isinstance(name, ListDigest) else ()) if spread else (name,)
            items.extend(parts)
            if mixed:
                kind = self.type_of(slot, index, self.view(step, place))
                types += kind if spread and isinstance(kind, tuple) else [kind] * len(parts)
        self.finish(step, index, [ListDigest.of(items)], [tuple(types) if mixed else None])

    # -- opening

    def open(self, step: Step, index: Index) -> None:
        """Find out how long an axis is, and fill the slots of its items."""
        names = self.tables.read(step, index)
        if None in names:
            return self.run.blocked(step, index)
        detail = step.detail
        if detail.loop:
            return self.open_loop(step, index, names)
        lengths = {port: len(name.items) if isinstance(name, ListDigest) else 0
                   for (port, _), name in zip(detail.lists, names)}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{port} has {count}" for port, count in lengths.items())
            return self.run.fail(step, index, InputError(
                f"it runs once per item, but its lists differ in length: {told}"), {})
        count = next(iter(lengths.values()))
        tables, digests = self.tables, self.tables.digests
        places = [(*index, at) for at in range(count)]
        for item, (slot, view), name in zip(detail.items, zip(step.slots, step.views), names):
            items = name.items if isinstance(name, ListDigest) else ()
            digests[item].update(zip(places, items))
            if item in self.plan.mixed:
                types = self.type_of(slot, index, view)
                self.values.odd.update((((item, place), types[at] if isinstance(types, tuple) else types)
                                        for at, place in enumerate(places)))
        if detail.counter >= 0:
            self.number(detail, index, places)
        tables.lengths[detail.axis, index] = count
        self.run.opened(step, index)

    def number(self, detail: Any, index: Index, places: list[Index]) -> None:
        """Fill the slot that counts: 1, 2, 3 ..., through all combinations where names are crossed."""
        before = 0
        axes = self.plan.steps[self.plan.axes[detail.axis].opener].axes
        for axis in detail.along:
            view = tuple(axes.index(a) for a in self.plan.axes[axis].parents)
            before = before * self.tables.lengths[axis, cut(index, view)] + index[axes.index(axis)]
        first = before * len(places) + 1
        for number, place in enumerate(places, first):
            name = digest(number)
            self.tables.digests[detail.counter][place] = name
            self.values.given[name, None] = number

    def open_loop(self, step: Step, index: Index, names: list[Any]) -> None:
        detail, times = step.detail, step.detail.times
        if detail.times_slot >= 0:
            times = self.run.value(step, index, detail.times_slot, index, self.view(step, 0), names[0])
            if times is self.run.GONE:
                return
        if type(times) is not int or not 0 <= times <= MOST_ROUNDS:
            return self.run.fail(step, index, InputError(f"repeat is {times!r}; it takes an int, 0 to {MOST_ROUNDS}"), {})
        place = (detail.axis, index)
        self.tables.rounds[place] = 0
        self.run.most_rounds[place] = times
        if detail.until < 0 or not times:
            self.tables.lengths[place] = times
            if detail.counter >= 0:
                self.number(detail, index, [(*index, at) for at in range(times)])
        self.run.opened(step, index)

    def more(self, axis: int, index: Index, at: int, waiter: Any) -> bool | None:
        """Whether an axis that is open has an index `at`. None: that is not known yet, and `waiter` waits for it."""
        place = (axis, index)
        length = self.tables.lengths.get(place)
        if length is not None:
            return at < length
        detail = self.plan.steps[self.plan.axes[axis].opener].detail
        rounds = self.tables.rounds[place]
        while rounds <= at:
            if rounds:
                over = self.round_is_last(detail, (*index, rounds - 1), waiter)
                if over is None:
                    return None
                if over or rounds == self.run.most_rounds[place]:
                    self.tables.lengths[place] = rounds
                    return False
            rounds += 1
            self.tables.rounds[place] = rounds
            if detail.counter >= 0:
                self.number_round(detail, (*index, rounds - 1))
        return True

    def number_round(self, detail: Any, place: Index) -> None:
        name = digest(place[-1] + 1)
        self.tables.digests[detail.counter][place] = name
        self.values.given[name, None] = place[-1] + 1

    def round_is_last(self, detail: Any, at: Index, waiter: Any) -> bool | None:
        """What `until` said after a round."""
        name = self.tables.digest(detail.until, at, detail.until_view)
        if name is None:
            self.run.await_source(detail.until, at, detail.until_view, waiter)
            return None
        value = self.run.value_for(waiter, detail.until, at, detail.until_view, name)
        return None if value is self.run.GONE else value is True

    def length(self, step: Step, index: Index, axis: int) -> int | None:
        """How long an axis is in the end; None where the step has to wait for that, or cannot go on."""
        opener = self.plan.steps[self.plan.axes[axis].opener]
        where = tuple(index[step.axes.index(a)] for a in opener.axes) if opener.axes != step.axes else index
        place = (axis, where)
        length = self.tables.lengths.get(place)
        if length is not None:
            return length
        if place not in self.tables.rounds:
            self.run.await_instance(step, index, (opener.index, where))
            return None
        entry = (step.index, index) if step.axes else step.index
        at = self.tables.rounds[place]
        while True:
            more = self.more(axis, where, at, entry)
            if more is None:
                return None
            if not more:
                return self.tables.lengths[place]
            at += 1

    # -- leaving

    def leave(self, step: Step, index: Index) -> None:
        """Lists of what came along axes."""
        places = self.places(step, index)
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

    def places(self, step: Step, index: Index) -> list[Index] | None:
        """Every index along the axes that a step leaves; None where it has to wait."""
        places = [index]
        for at, axis in enumerate(step.detail.left):
            along: Index = (*step.axes, *step.detail.left[:at])
            opener = self.plan.steps[self.plan.axes[axis].opener]
            view = tuple(along.index(a) for a in opener.axes)
            grown: list[Index] = []
            for place in places:
                where = cut(place, view)
                length = self.tables.lengths.get((axis, where))
                if length is None:
                    length = self.length_at(step, index, axis, where)
                if length is None:
                    return None
                grown += [(*place, number) for number in range(length)]
            places = grown
        return places

    def length_at(self, step: Step, index: Index, axis: int, where: Index) -> int | None:
        place, entry = (axis, where), self.run.entry(step, index)
        if place not in self.tables.rounds:
            self.run.await_instance(step, index, (self.plan.axes[axis].opener, where))
            return None
        at = self.tables.rounds[place]
        while self.more(axis, where, at, entry):
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
            self.run.await_instances(step, index, pending)
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
            return self.run.await_slot(step, index, slot, at, view)
        self.finish(step, index, [name], [self.type_of(slot, at, view)])

    def carry(self, step: Step, index: Index) -> None:
        """What the round before gave; in the first, what was handed in."""
        first = index[-1] == 0
        slot, at = (step.slots[0], index) if first else (step.slots[1], (*index[:-1], index[-1] - 1))
        view = step.views[0 if first else 1]
        name = self.tables.digest(slot, at, view)
        if name is None:
            return self.run.await_slot(step, index, slot, at, view)
        self.finish(step, index, [name], [self.type_of(slot, at, view)])

    def roll(self, step: Step, index: Index) -> None:
        """The random seed of one item or round."""
        number = rolled_at(step.detail, index)
        name = digest(number)
        self.values.given[name, None] = number
        self.finish(step, index, [name], [None])


def is_null(name: Any) -> bool:
    """Whether a reference is to nothing at all."""
    return bool(name == NONE)


__all__ = ["Instance", "Passing", "Warned"]
