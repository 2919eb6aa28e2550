"""What a run tells of each step: events as they happen, and one story of a step that runs many times."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

from .. import events as ev
from ..digest import ListDigest
from ..errors import NodeFailed
from ..plan import Index, Plan, Step
from .tables import CACHED, FAILED, RAN, SKIPPED, STATUS, Tables

_tuple = tuple.__new__  # makes a NamedTuple in half the time of calling its class


class NodeResult(NamedTuple):
    """How one node fared. status: ran, cached, skipped or failed. ran, remembered: items, where it was mapped."""

    status: str
    seconds: float
    ran: int = 0
    remembered: int = 0
    error: NodeFailed | None = None


@dataclass(slots=True)
class Tally:
    """How the instances of one step fare. total: how many there are, as far as that is known.

    spared: of those that were skipped, how many belong to items that a list does without.
    """

    total: int = 0
    ran: int = 0
    remembered: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    size: int = 0
    begun: bool = False
    over: bool = False
    because: str = ""
    spared: int = 0

    @property
    def ended(self) -> int:
        return self.ran + self.remembered + self.failed + self.skipped

    @property
    def state(self) -> int:
        if self.failed or self.skipped > self.spared:
            return FAILED if self.failed else SKIPPED
        return RAN if self.ran else CACHED


class Report:
    """Tells one run to whoever listens. Steps with axes are told as one: Started, Progress, and an end."""

    def __init__(self, plan: Plan, tables: Tables, emit: Callable[[ev.Event], None] | None,
                 warn: Callable[[str], None]):
        self.plan, self.tables, self.emit, self.warn = plan, tables, emit, warn
        self.warnings: set[ev.Warned] = set()  # that were told
        self.tallies: dict[int, Tally] = {}
        self.start = 0.0

    def tally(self, step: Step) -> Tally:
        tally = self.tallies.get(step.index)
        if tally is None:
            tally = self.tallies[step.index] = Tally()
        return tally

    def expect(self, body: Iterable[Any], count: int) -> None:
        """So many instances of each step of a body are to come."""
        for item in body:
            if item.__class__ is int and self.plan.steps[item].shown:
                self.tally(self.plan.steps[item]).total += count

    def begun(self, step: Step) -> None:
        """A node's code is about to be called."""
        if self.emit is None:
            return
        if not step.axes:
            self.emit(ev.Started(step.name, perf_counter() - self.start))
            return
        tally = self.tally(step)
        if not tally.begun:
            tally.begun = True
            self.emit(ev.Started(step.name, perf_counter() - self.start))
            self.emit(ev.Progress(step.name, tally.ended, tally.total, "items"))

    def ran(self, step: Step, outputs: tuple[bytes, ...], seconds: float, size: int) -> None:
        """An instance ran. What it gave is on disk before anyone is told."""
        if not step.axes:
            self.tables.seconds[step.index] = seconds
            self.tables.sizes[step.index] = size
            if self.emit is not None:
                self.emit(ev.Finished(step.name, seconds, outputs, perf_counter() - self.start, 1, 0, size))
            return
        tally = self.tally(step)
        tally.ran += 1
        tally.seconds += seconds
        tally.size += size
        if self.emit is not None:
            self.emit(ev.Progress(step.name, tally.ended, max(tally.total, tally.ended), "items"))

    def remembered(self, step: Step, outputs: tuple[bytes, ...]) -> None:
        """An instance did not run: its result was known."""
        if step.axes:
            self.tally(step).remembered += 1
        elif self.emit is not None and step.shown:
            self.emit(_tuple(ev.Cached, (step.name, outputs)))

    def failed(self, step: Step, error: NodeFailed) -> None:
        if step.axes:
            self.tally(step).failed += 1
        if self.emit is not None:
            self.emit(ev.Failed(step.name, error))

    def skipped(self, step: Step, because: str, stopped: bool = False) -> None:
        """An instance will not run."""
        if not step.shown:
            return
        if step.axes:
            tally = self.tally(step)
            tally.skipped += 1
            tally.because = because
        elif self.emit is not None:
            self.emit(ev.Skipped(step.name, because, stopped))

    def warned(self, step: Step, sentences: Iterable[str]) -> None:
        """What a node tells of what it gave; the same sentence once."""
        for sentence in sentences:
            event = ev.Warned(sentence, step.name)
            if event not in self.warnings:
                self.warnings.add(event)
                self.emit(event) if self.emit is not None else self.warn(str(event))

    def left(self, step: Step) -> None:
        """All that a step gathers is there: the nodes that it came through are done."""
        if self.emit is None:
            return
        for index in sorted(self.behind(step)):
            self.close(self.plan.steps[index])

    def behind(self, step: Step) -> set[int]:
        """The nodes under axes that a step without axes gathers from."""
        reached: set[int] = set()
        stack = [self.plan.producers[slot] for slot in step.slots]
        while stack:
            index = stack.pop()
            if index < 0 or index in reached or not self.plan.steps[index].axes:
                continue
            reached.add(index)
            stack += [self.plan.producers[slot] for slot in self.plan.steps[index].slots]
        return reached

    def close(self, step: Step, stopped: bool = False) -> None:
        """Tell how a step with axes ended, once."""
        if not step.shown:
            return
        tally = self.tally(step)
        if tally.over or self.emit is None:
            return
        tally.over = True
        tally.spared = self.spared(step)
        if tally.failed:
            return  # each failure was told
        if tally.skipped > tally.spared:
            self.emit(ev.Skipped(step.name, tally.because, stopped))
        elif tally.ran:
            self.emit(ev.Finished(step.name, tally.seconds, self.outputs(step), perf_counter() - self.start, tally.ran,
                                  tally.remembered, tally.size))
        else:
            self.emit(ev.Cached(step.name, self.outputs(step)))

    def spared(self, step: Step) -> int:
        """How many instances were skipped for failures that a list does without."""
        tables = self.tables
        return sum(place[0] == step.index and tables.cause(place) in tables.passed for place in tables.because) \
            if tables.passed else 0

    def outputs(self, step: Step) -> tuple[bytes, ...]:
        """What the instances of a step gave, as one list for each port."""
        return tuple(nested(self.tables.digests[slot], len(step.axes))
                     for slot in range(step.first, step.first + step.count))

    def status(self, step: Step) -> int:
        """How a step fared, all its instances together."""
        if not step.axes:
            return self.tables.state[step.index]
        tally = self.tallies.get(step.index)
        if tally is None:
            return SKIPPED
        if tally.skipped:
            tally.spared = self.spared(step)
        return tally.state

    def result(self, step: Step) -> NodeResult:
        """How a step fared, for the Result."""
        status = self.status(step)
        error = next((error for (index, _), error in self.tables.errors.items() if index == step.index), None)
        if not step.axes:
            return NodeResult(STATUS[status], self.tables.seconds.get(step.index, 0.0), int(status == RAN), 0, error)
        tally = self.tally(step)
        return NodeResult(STATUS[status], tally.seconds, tally.ran, tally.remembered, error)


def nested(table: dict[Index, Any], depth: int) -> bytes:
    """Digests by index as a list of lists ... of digests, what is lacking left out."""
    level: dict[Index, Any] = table
    for size in range(depth, 0, -1):
        groups: dict[Index, list[Any]] = {}
        for index in sorted(level):
            groups.setdefault(index[:size - 1], []).append(level[index])
        level = {index: ListDigest.of(items) for index, items in groups.items()}
    names: bytes = level.get((), ListDigest.of(()))
    return names
