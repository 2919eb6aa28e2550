"""The beginning of an axis: how long it is, and what its items and numbers are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..digest import ListDigest, digest
from ..errors import InputError
from ..plan import Index, Step, cut
from .passer import Passer
from .pieces import Gap, Piece, pieces
from .remaking import GONE
from .tables import Instance

if TYPE_CHECKING:
    from .run import Run

MOST_ROUNDS = 10_000


class Openings(Passer):
    """Opens axes, for one run. most_rounds: of each loop."""

    def __init__(self, run: Run):
        super().__init__(run)
        self.most_rounds: dict[Instance, int] = {}

    def open(self, step: Step, index: Index) -> None:
        """Find out how long an axis is, and fill the slots of its items."""
        names, detail = self.tables.read(step, index), step.detail
        lists: list[Any] = [name.items if isinstance(name, ListDigest) else () for name in names]
        if None in names:
            for at, name in enumerate(names):
                if name is None:
                    lists[at] = None if detail.loop or self.run.dry else \
                        pieces(self.run, step.slots[at], index, self.view(step, at))
            if None in lists:
                return self.run.waits.blocked(step, index)
        if detail.loop:
            return self.open_loop(step, index, names)
        lengths = {port: len(items) for (port, _), items in zip(detail.lists, lists)}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{port} has {count}" for port, count in lengths.items())
            return self.run.fail(step, index, InputError(
                f"it runs once per item, but its lists differ in length: {told}"), {})
        count = next(iter(lengths.values()))
        tables, digests = self.tables, self.tables.digests
        places = [(*index, at) for at in range(count)]
        for item, (slot, view), name, items in zip(detail.items, zip(step.slots, step.views), names, lists):
            if name is None:
                self.fill_good(item, places, items)
                continue
            digests[item].update(zip(places, items))
            if item in self.plan.mixed:
                types = self.type_of(slot, index, view)
                self.values.odd.update((((item, place), types[at] if isinstance(types, tuple) else types)
                                        for at, place in enumerate(places)))
        if detail.counter >= 0:
            self.number(detail, index, places)
        tables.lengths[detail.axis, index] = count
        self.run.opened(step, index)

    def fill_good(self, slot: int, places: list[Index], items: list[Piece | Gap]) -> None:
        """Fill the slot of the items of a list that has gaps; what reads such an item fares as what should have made it."""
        for place, item in zip(places, items):
            if isinstance(item, Gap):
                self.tables.gaps[slot, place] = item[:3]
                continue
            self.tables.digests[slot][place] = item.digest
            if slot in self.plan.mixed:
                self.values.odd[slot, place] = self.values.type_at(item.slot, item.at)

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
            times = self.run.remaking.value(step, index, detail.times_slot, index, self.view(step, 0), names[0])
            if times is GONE:
                return
        if type(times) is not int or not 0 <= times <= MOST_ROUNDS:
            return self.run.fail(step, index, InputError(f"repeat is {times!r}; it takes an int, 0 to {MOST_ROUNDS}"), {})
        place = (detail.axis, index)
        self.tables.rounds[place] = 0
        self.most_rounds[place] = times
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
                if over or rounds == self.most_rounds[place]:
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
            self.run.waits.await_source(detail.until, at, detail.until_view, waiter)
            return None
        value = self.run.remaking.value_for(waiter, detail.until, at, detail.until_view, name)
        return None if value is GONE else value is True
