"""Carries out one Plan: what its outputs need and what is not remembered, and nothing else.

One thread, the one that calls `go`, decides everything and calls the cheap nodes itself; costly ones go to workers
and so overlap. A stack holds what is to be tried: steps in an order in which each follows what it reads, walks along
axes, and instances that something waits for. What is tried and lacks something waits for that; what it lacks and
nobody has tried yet is tried first. All of it is loops over lists: a chain of a hundred thousand nodes recurses
nowhere.

Only this folder calls the code of nodes; here just the cheapest, in the shortest way there is.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .. import events as ev
from ..errors import Cancelled
from ..plan import REQUEST, Index, Plan, Region, Step
from ..warning import Remark, collected
from .call import Job, node_failed
from .crew import Crew
from .ending import end
from .leaving import Leavings
from .listening import Listener
from .opening import Openings
from .passing import Passing
from .remaking import Remaking
from .report import Report
from .requests import Requests
from .short import short_way
from .tables import AS_CACHED, CACHED, FAILED, RAN, SKIPPED, WAITING, Instance, Tables
from .values import Reference, Values
from .waits import Waits
from .walk import Walk, Walker

if TYPE_CHECKING:
    from .executor import Executor


class Run:
    """One carrying-out of a Plan. dry: nothing is called, it is only seen what would be."""

    def __init__(self, executor: Executor, plan: Plan, emit: Callable[[ev.Event], None] | None,
                 cancel: threading.Event | None = None, *, dry: bool = False):
        self.executor, self.plan, self.cancel = executor, plan, cancel or threading.Event()
        self.listener = Listener(self, emit) if emit is not None else None
        self.emit = self.listener.tell if self.listener is not None else None
        self.costs = {} if dry else executor.costs
        self.dry = dry
        self.would_run: set[Instance] = set()  # what a dry run would have called
        self.cache, self.models = executor.cache, executor.models
        self.tables = Tables(plan)
        self.values = Values(plan, self.tables, self.cache, executor.warn)
        self.report = Report(plan, self.tables, self.emit, self.warn)
        self.remarks: list[Remark] = []  # of the cheap node that is called here at the moment
        self.stack: list[Any] = []
        self.forced: set[Instance] = set()  # instances that run again since their Values are gone
        self.waits, self.remaking, self.walker = Waits(self), Remaking(self), Walker(self)
        self.openings, self.leavings = Openings(self), Leavings(self)
        self.passing, self.requests, self.crew = Passing(self), Requests(self), Crew(self)
        self.short = short_way(self)

    # -- the loop

    def take_over(self, before: Run, edited: list[int]) -> list[int | Region]:
        """Take over what an earlier run found out; the steps that have to be looked at again."""
        tables = self.tables
        tables.digests[:] = before.tables.digests
        tables.state[:] = before.tables.state.translate(AS_CACHED)
        order = [index for index in self.plan.dependents(edited) if tables.state[index] == CACHED]
        for index in order:
            step = self.plan.steps[index]
            tables.state[index] = WAITING
            tables.digests[step.first:step.first + step.count] = [None] * step.count
        again = set(order)
        for (index, where), sentences in before.tables.warnings.items():
            if index not in again:
                tables.warnings[index, where] = sentences
        return list(order)

    def go(self, order: list[int | Region] | None = None) -> float:
        """Carry it out; the seconds that took. order: the steps to look at; all that are needed, left out."""
        self.report.start = self.crew.caller.start = start = perf_counter()
        self.cache.look()
        self.values.begin()
        wanted = [out.slot for out in self.plan.outputs.values()]
        if order is None:
            needed, order = self.plan.order
        else:
            needed = [index for index in order if index.__class__ is int]
            wanted = [slot for slot in wanted if self.tables.digests[slot] is None]
        if self.emit is not None:
            steps = self.plan.steps
            self.emit(ev.Planned(tuple([steps[i].name for i in needed if steps[i].shown])))
        for (index, _), sentences in self.tables.warnings.items():
            self.report.warned(self.plan.steps[index], sentences)
        self.stack = [Walk(item, ()) if item.__class__ is Region else item for item in reversed(order)]
        collecting = gc.get_threshold()
        # A run makes many small tuples and no cycles: at the usual threshold the collector takes half the time.
        gc.set_threshold(max(collecting[0], 200_000), *collecting[1:])
        try:
            with collected(self.remarks):
                self.loop(wanted)
        finally:
            gc.set_threshold(*collecting)
            self.land()
        end(self, needed)
        seconds = perf_counter() - start
        if self.listener is not None:
            self.listener.tell(ev.Done(seconds, self.cancel.is_set()))
            self.listener.answer()
        return seconds

    def loop(self, wanted: list[int]) -> None:
        stopped, rebuilt = self.cancel.is_set, False
        while True:
            self.sweep()
            if not stopped() and self.requests.batches.flush():
                continue
            if self.crew.flying:
                self.cache.commit()  # before the wait, so that a kill finds nothing finished but unwritten
                self.crew.receive_next()
            elif stopped():
                return
            else:
                # An output that is remembered but evicted has to be made again, once.
                if rebuilt or not self.rebuild_outputs(wanted) or self.dry:
                    return
                rebuilt = True

    def rebuild_outputs(self, wanted: Iterable[int]) -> bool:
        """Set in train that outputs whose Values are gone are made again. Whether there were any."""
        lost: list[Reference] = []
        for slot in wanted:
            name = self.tables.digests[slot]
            if name is not None:
                lost += self.values.lost(self.values.type_at(slot, ()), name)
        return bool(lost) and self.remaking.rebuild_for(None, lost)

    def make_again(self, slot: int) -> None:
        """Run whatever makes one slot's Values, after the run is over."""
        self.cancel = self.crew.caller.cancel = threading.Event()
        self.remaking.made_again.clear()
        self.rebuild_outputs([slot])
        try:
            with collected(self.remarks):
                self.loop([])
        finally:
            self.land()

    def land(self) -> None:
        """Let the workers go, and write what is new."""
        self.crew.close()
        self.cache.commit()

    def sweep(self) -> None:
        """Try what is on the stack."""
        steps, digests, state, stack = self.plan.steps, self.tables.digests, self.tables.state, self.stack
        stopped, crew, short = self.cancel.is_set, self.crew, self.short
        while stack and not stopped():
            if crew.flying and not crew.inbox.empty():
                crew.receive(crew.inbox.get())
                continue
            entry = stack.pop()
            if entry.__class__ is not int:
                self.turn(entry)
            elif not state[entry]:  # else it waited for two things, and its turn came twice
                step = steps[entry]
                if not (step.quick and short(step, (), [digests[slot] for slot in step.slots])):
                    self.attempt(step, ())

    def turn(self, entry: Any) -> None:
        """Try an instance, or walk on along an axis."""
        if entry.__class__ is Walk:
            self.walker.walk(entry)
        else:
            self.walker.instance(self.plan.steps[entry[0]], entry[1])

    def attempt(self, step: Step, index: Index) -> None:
        """Do whatever an instance needs next. What goes wrong in ways that nobody thought of is its failure."""
        if self.tables.status(step, index) != WAITING:
            return
        try:
            if step.kind == REQUEST:
                self.requests.go(step, index)
            else:
                self.passing.go(step, index)
        except Cancelled:
            self.cancel.set()
        except Exception as error:
            self.fail(step, index, error, {})

    def downstream(self, index: int) -> set[int]:
        """The steps that may read what a step gives, directly or not."""
        return self.executor.downstream(self.plan, index)

    @property
    def flying_steps(self) -> Iterable[int]:
        """The steps that are being called."""
        return self.crew.steps

    def status_of(self, instance: Instance) -> int:
        return self.tables.status(self.plan.steps[instance[0]], instance[1])

    # -- ends

    def remember(self, step: Step, index: Index, outputs: tuple[bytes, ...], warnings: tuple[str, ...] = ()) -> None:
        """An instance whose result is known without calling anything."""
        if warnings:
            self.warned(step, index, warnings)
        self.tables.fill(step, index, outputs)
        self.tables.set_status(step, index, CACHED)
        self.report.remembered(step, outputs)
        self.over(step, index)

    def finish(self, step: Step, index: Index, outputs: tuple[bytes, ...], seconds: float, size: int,
               warnings: tuple[str, ...] = ()) -> None:
        """An instance that ran. What it gave is on disk before anyone is told."""
        if warnings:
            self.warned(step, index, warnings)
        self.tables.fill(step, index, outputs)
        self.tables.set_status(step, index, RAN)
        self.report.ran(step, outputs, seconds, size)
        self.over(step, index)

    def opened(self, step: Step, index: Index) -> None:
        """An axis is open."""
        self.tables.set_status(step, index, RAN)
        self.waits.wake(step.index, index)

    def over(self, step: Step, index: Index) -> None:
        if step.kind != REQUEST and not step.axes and self.plan.axes:
            self.report.left(step)
        if self.tables.waiting:
            self.waits.wake(step.index, index)
        if self.values.held:
            self.values.done(step, index)

    def skip(self, step: Step, index: Index, because: Instance) -> None:
        self.tables.set_status(step, index, SKIPPED)
        self.tables.because[step.index, index] = because
        self.report.skipped(step, self.plan.steps[self.tables.cause(because)[0]].name)
        self.waits.wake(step.index, index)

    def fail(self, step: Step, index: Index, error: BaseException, arguments: dict[str, Any]) -> None:
        failed = node_failed(step, error, arguments, self.tables.instance_name(step, index))
        self.tables.set_status(step, index, FAILED)
        self.tables.empty(step, index)
        self.tables.errors[step.index, index] = failed
        self.report.failed(step, failed)
        self.waits.wake(step.index, index)

    def warned(self, step: Step, index: Index, sentences: tuple[str, ...]) -> None:
        """What a node tells of what it gave, now or when that was made."""
        self.tables.warnings[step.index, index] = sentences
        self.report.warned(step, sentences)

    def warn(self, message: str) -> None:
        """Say that something is not as it should be."""
        self.executor.warn(message)

    def dispatch(self, job: Job) -> None:
        """Have a call made; in a dry run, note that it would be."""
        if not self.dry:
            self.crew.dispatch(job)
            return
        for step, index in job.places:
            self.put_off(step, index)

    def put_off(self, step: Step, index: Index) -> None:
        """What a dry run cannot know: it counts as not to be had."""
        self.would_run.add((step.index, index))
        self.tables.set_status(step, index, SKIPPED)
        self.report.skipped(step, "")
        self.waits.wake(step.index, index)

    @property
    def tried(self) -> set[int]:
        """The steps that were looked at."""
        return {index for index, state in enumerate(self.tables.state) if state} | set(self.report.tallies)
