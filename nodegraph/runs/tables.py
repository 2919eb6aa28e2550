"""What a run knows: which slots are filled, how each step fares, and who waits for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..errors import NodeFailed
from ..plan import OPEN, Index, Plan, Step, View, cut

WAITING, FLYING, RAN, CACHED, FAILED, SKIPPED, BLOCKED = range(7)
STATUS = ("skipped", "skipped", "ran", "cached", "failed", "skipped", "skipped")
AS_CACHED = bytes(CACHED if state == RAN else state for state in range(256))  # what ran then is remembered now

Instance = tuple[int, Index]  # the index of a step, and where it stands along the step's axes


class Tables:
    """The state of one run.

    digests: slot -> digest, None where it is not filled; for a slot with axes a dict by index.
    state: of each step without axes; `trouble`: of those instances of other steps that are not just done or waiting.
    gaps: (slot, index) of an item that is opened though its list lacks it -> the slot that would have brought it.
    lengths: (axis, index of its parents) -> how many items or rounds there are, once that is known for good.
    rounds: likewise, how many rounds of a loop are open so far.
    """

    def __init__(self, plan: Plan):
        self.plan = plan
        self.digests: list[Any] = [None] * len(plan.producers)
        for slot in plan.slot_axes:
            self.digests[slot] = {}
        self.state = bytearray(len(plan.steps))
        self.trouble: dict[Instance, int] = {}
        self.because: dict[Instance, Instance] = {}  # what was skipped -> what it was skipped for
        self.errors: dict[Instance, NodeFailed] = {}
        self.warnings: dict[Instance, tuple[str, ...]] = {}  # what nodes told of what they gave
        self.passed: set[Instance] = set()  # failures that a list does without
        self.waiting: dict[Instance, list[Any]] = {}  # what waits -> entries of the stack
        self.gaps: dict[Instance, tuple[int, Index, View]] = {}  # items that failed -> the slot that lacks them
        self.lengths: dict[Instance, int] = {}
        self.rounds: dict[Instance, int] = {}
        self.seconds: dict[int, float] = {}
        self.sizes: dict[int, int] = {}

    # -- slots

    def digest(self, slot: int, index: Index, view: View) -> Any:
        """What a slot holds for who stands at an index, or None."""
        digest = self.digests[slot]
        if digest.__class__ is dict:
            return digest.get(index if view is None else cut(index, view))
        return digest

    def place(self, slot: int, index: Index, view: View) -> Index:
        """The index at which a slot is read by who stands at an index."""
        if slot not in self.plan.slot_axes:
            return ()
        return index if view is None else cut(index, view)

    def places(self, step: Step, index: Index, length: Callable[[int, Index], int | None]) -> list[Index] | None:
        """Every index along the axes that a step leaves; None where a length is not known.

        length: of an axis under one index of its parents.
        """
        places = [index]
        for at, axis in enumerate(step.detail.left):
            along: Index = (*step.axes, *step.detail.left[:at])
            opener = self.plan.steps[self.plan.axes[axis].opener]
            view = tuple(along.index(a) for a in opener.axes)
            grown: list[Index] = []
            for place in places:
                count = length(axis, cut(place, view))
                if count is None:
                    return None
                grown += [(*place, number) for number in range(count)]
            places = grown
        return places

    def read(self, step: Step, index: Index) -> list[Any]:
        """What every slot that an instance reads holds, None where one is not filled."""
        if not step.views:
            return [self.digests[slot] for slot in step.slots]
        return [self.digest(slot, index, view) for slot, view in zip(step.slots, step.views)]

    def fill(self, step: Step, index: Index, outputs: Iterable[Any]) -> None:
        """Note what an instance gave."""
        for slot, digest in enumerate(outputs, step.first):
            self.fill_slot(slot, index, digest)

    def fill_slot(self, slot: int, index: Index, digest: Any) -> None:
        if self.digests[slot].__class__ is dict:
            self.digests[slot][index] = digest
        else:
            self.digests[slot] = digest

    def empty(self, step: Step, index: Index) -> None:
        """Forget what an instance gave, since it cannot be had any more."""
        for slot in range(step.first, step.first + step.count):
            if self.digests[slot].__class__ is dict:
                self.digests[slot].pop(index, None)
            else:
                self.digests[slot] = None

    # -- instances

    def status(self, step: Step, index: Index) -> int:
        """How an instance fares."""
        if not step.axes:
            return self.state[step.index]
        trouble = self.trouble.get((step.index, index))
        if trouble is not None:
            return trouble
        if step.kind == OPEN:
            axis = (step.detail.axis, index)
            return RAN if axis in self.lengths or axis in self.rounds else WAITING
        return RAN if index in self.digests[step.first] else WAITING

    def set_status(self, step: Step, index: Index, status: int) -> None:
        if not step.axes:
            self.state[step.index] = status
        elif status in (FLYING, FAILED, SKIPPED, BLOCKED):
            self.trouble[step.index, index] = status
        else:
            self.trouble.pop((step.index, index), None)

    def origin(self, slot: int, index: Index, view: View) -> tuple[int, Index, View]:
        """The slot that lacks what another cannot bring: that of an item which failed in the list it comes from."""
        while (place := (slot, index if view is None else cut(index, view))) in self.gaps:
            slot, index, view = self.gaps[place]
        return slot, index, view

    def source(self, slot: int, index: Index, view: View) -> Instance:
        """The instance that fills a slot for who stands at an index; its step is -1 where the slot was given."""
        if self.gaps:
            slot, index, view = self.origin(slot, index, view)
        producer = self.plan.producers[slot]
        if producer < 0:
            return -1, ()
        where = index if view is None else cut(index, view)
        step = self.plan.steps[producer]
        return producer, where[:len(step.axes)] if step.kind == OPEN else where

    def missing(self, step: Step, index: Index, lazy: tuple[str, ...] = ()) -> tuple[int, View]:
        """The first slot that an instance reads and that is not filled, with how it is seen."""
        for place, slot in enumerate(step.slots):
            view = step.views[place] if step.views else None
            if self.digest(slot, index, view) is None and not (lazy and step.ports[place] in lazy):
                return slot, view
        raise AssertionError(f"{step} waits for nothing")

    def cause(self, instance: Instance) -> Instance:
        """The failure that an instance was skipped for, or itself."""
        while instance in self.because:
            instance = self.because[instance]
        return instance

    def instance_name(self, step: Step, index: Index) -> str:
        """A step's name with the number of the item at each placement that it stands in: `m[2]/a`."""
        if not index:
            return step.name
        parts = step.name.split("/")
        prefix, numbers = "", dict(zip(step.axes, index))
        openers = {axis: self.plan.steps[self.plan.axes[axis].opener].name for axis in step.axes}
        for place, part in enumerate(parts):
            prefix = "/".join(step.name.split("/")[:place + 1])
            parts[place] = part + "".join(f"[{numbers[axis] + 1}]" for axis in step.axes if openers[axis] == prefix)
        return "/".join(parts)

