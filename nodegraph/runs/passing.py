"""The steps that call nothing: they choose, put together, open axes and leave them, and pass references on.

Each is tried with `go`; what it lacks it waits for, and a step that can never go on is skipped or fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..digest import ListDigest, digest
from ..errors import InputError
from ..plan import CARRY, LAST, LEAVE, LIST, OPEN, PICK, ROLL, SWITCH, Index, Step, chosen, rolled_at
from .passer import Passer
from .remaking import GONE

if TYPE_CHECKING:
    from .run import Run


class Passing(Passer):
    """Carries out what is no request, for one run."""

    def __init__(self, run: Run):
        super().__init__(run)
        self.ways = {SWITCH: self.switch, PICK: self.pick, LIST: self.put_together, OPEN: run.openings.open,
                     LEAVE: run.leavings.leave, CARRY: self.carry, LAST: run.leavings.last, ROLL: self.roll}

    def go(self, step: Step, index: Index) -> None:
        """Do what a step does, or let it wait."""
        self.ways[step.kind](step, index)

    def switch(self, step: Step, index: Index) -> None:
        """Ask only for the branch that is taken, and pass it on."""
        detail = step.detail
        value = detail.value
        if detail.on >= 0:
            view = self.view(step, len(step.slots) - 1)
            name = self.tables.digest(detail.on, index, view)
            if name is None:
                return self.run.waits.await_slot(step, index, detail.on, index, view)
            value = self.run.remaking.value(step, index, detail.on, index, view, name)
            if value is GONE:
                return
        try:
            slot = chosen(detail, value)
        except InputError as error:
            return self.run.fail(step, index, error, {})
        view = self.view(step, step.slots.index(slot))
        name = self.tables.digest(slot, index, view)
        if name is None:
            return self.run.waits.await_slot(step, index, slot, index, view)
        self.finish(step, index, [name], [self.type_of(slot, index, view)])

    def pick(self, step: Step, index: Index) -> None:
        """The items of one list where another is true."""
        names = self.tables.read(step, index)
        if None in names:
            return self.run.waits.blocked(step, index)
        view = self.view(step, 1)
        where = self.run.remaking.value(step, index, step.slots[1], index, view, names[1])
        if where is GONE:
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
            return self.run.waits.blocked(step, index)
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

    def carry(self, step: Step, index: Index) -> None:
        """What the round before gave; in the first, what was handed in."""
        first = index[-1] == 0
        slot, at = (step.slots[0], index) if first else (step.slots[1], (*index[:-1], index[-1] - 1))
        view = step.views[0 if first else 1]
        name = self.tables.digest(slot, at, view)
        if name is None:
            return self.run.waits.await_slot(step, index, slot, at, view)
        self.finish(step, index, [name], [self.type_of(slot, at, view)])

    def roll(self, step: Step, index: Index) -> None:
        """The random seed of one item or round."""
        number = rolled_at(step.detail, index)
        name = digest(number)
        self.values.given[name, None] = number
        self.finish(step, index, [name], [None])

