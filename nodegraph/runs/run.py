"""Carries out one Plan: what its outputs need and what is not remembered, and nothing else.

One thread, the one that calls `go`, decides everything and calls the cheap nodes itself; costly ones go to workers
and so overlap. A stack holds what is to be tried: steps in an order in which each follows what it reads, walks along
axes, and instances that something waits for. What is tried and lacks something waits for that; what it lacks and
nobody has tried yet is tried first. All of it is loops over lists: a chain of a hundred thousand nodes recurses
nowhere.

Only this folder calls the code of nodes; here just the cheapest, in the shortest way there is.
"""

from __future__ import annotations

import asyncio
import gc
import heapq
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any

from .. import events as ev
from ..errors import Cancelled, InputError
from ..plan import REQUEST, Axes, Axis, Index, Plan, Region, Step, View, cut
from .call import Caller, Job, Outcome, node_failed, timed_out
from .passing import Passing
from .report import Report
from .requests import Requests
from .short import short_way
from .tables import AS_CACHED, BLOCKED, CACHED, FAILED, FLYING, RAN, SKIPPED, WAITING, Instance, Tables
from .values import Reference, Values
from .workers import Awaiting, Threads

if TYPE_CHECKING:
    from .executor import Executor



class Walk:
    """How far a region was walked along its innermost axis, under one index of the axes around."""

    __slots__ = ("region", "parent", "at", "place", "known")

    def __init__(self, region: Region, parent: Index):
        self.region, self.parent = region, parent
        self.at = self.place = 0
        self.known = False


class Run:
    """One carrying-out of a Plan. dry: nothing is called, it is only seen what would be."""

    GONE = object()  # in place of a value that has to be made again first

    def __init__(self, executor: Executor, plan: Plan, emit: Callable[[ev.Event], None] | None,
                 cancel: threading.Event | None = None, *, dry: bool = False):
        self.executor, self.plan, self.cancel = executor, plan, cancel or threading.Event()
        self.listener = emit
        self.listener_error: BaseException | None = None
        self.emit = self.tell_listener if emit is not None else None
        self.costs = {} if dry else executor.costs
        self.dry = dry
        self.would_run: set[Instance] = set()  # what a dry run would have called
        self.cache, self.models = executor.cache, executor.models
        self.tables = Tables(plan)
        self.values = Values(plan, self.tables, self.cache, executor.warn)
        self.report = Report(plan, self.tables, self.emit)
        self.stack: list[Any] = []
        self.forced: set[Instance] = set()  # instances that run again since their Values are gone
        self.made_again: set[Reference] = set()
        self.makers: dict[Reference, Instance] = {}  # what made the Values that were gone
        self.most_rounds: dict[Instance, int] = {}
        self.passing, self.requests = Passing(self), Requests(self)
        self.crew = Crew(self)
        self.bodies: dict[int, list[Any]] = {}
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
        self.stack = [Walk(item, ()) if item.__class__ is Region else item for item in reversed(order)]
        collecting = gc.get_threshold()
        # A run makes many small tuples and no cycles: at the usual threshold the collector takes half the time.
        gc.set_threshold(max(collecting[0], 200_000), *collecting[1:])
        try:
            self.loop(wanted)
        finally:
            gc.set_threshold(*collecting)
            self.land()
        self.end(needed)
        seconds = perf_counter() - start
        if self.emit is not None:
            self.emit(ev.Done(seconds, self.cancel.is_set()))
        if self.listener_error is not None:
            raise self.listener_error
        return seconds

    def tell_listener(self, event: ev.Event) -> None:
        """Hand an event on. What a listener raises is the caller's own: it stops the run and comes out at its end."""
        if self.listener_error is None:
            try:
                self.listener(event)  # type: ignore[misc]
            except BaseException as error:
                self.listener_error = error
                self.cancel.set()

    def loop(self, wanted: list[int]) -> None:
        stopped, rebuilt = self.cancel.is_set, False
        while True:
            self.sweep()
            if not stopped() and self.requests.flush():
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
        return bool(lost) and self.rebuild_for(None, lost)

    def make_again(self, slot: int) -> None:
        """Run whatever makes one slot's Values, after the run is over."""
        self.cancel = self.crew.caller.cancel = threading.Event()
        self.made_again.clear()
        self.rebuild_outputs([slot])
        try:
            self.loop([])
        finally:
            self.land()

    def land(self) -> None:
        """Let the workers go, and write what is new."""
        self.crew.close()
        self.cache.commit()

    def end(self, needed: list[int]) -> None:
        """What did not come to its end is told of."""
        stopped = self.cancel.is_set()
        for index in needed:
            step = self.plan.steps[index]
            if step.axes:
                self.end_mapped(step, stopped)
            elif self.tables.state[index] in (WAITING, FLYING, BLOCKED):
                self.tables.state[index] = SKIPPED
                if stopped:  # otherwise nothing asked for it
                    self.report.skipped(step, "", True)
        for step in self.plan.steps if self.plan.axes and self.emit is not None else ():
            if step.axes and step.index in self.report.tallies:
                self.report.close(step, stopped)
        if not self.dry:
            self.values.settle()

    def end_mapped(self, step: Step, stopped: bool) -> None:
        """A node under an axis that was never opened is skipped with it."""
        if not step.shown:
            return
        tally = self.report.tally(step)
        if stopped and tally.ended and not all(self.tables.status(self.plan.steps[index], ()) in (RAN, CACHED)
                                               for index in self.plan.exits[step.axes[0]]
                                               if not self.plan.steps[index].axes):
            tally.skipped += 1
        if not tally.ended:
            closed = next((place for axis in step.axes for place in self.closed(self.plan.axes[axis].opener)), None)
            if stopped or closed is not None:
                tally.skipped += 1
                tally.because = "" if stopped or closed is None else self.plan.steps[self.tables.cause(closed)[0]].name

    def closed(self, opener: int) -> Iterator[Instance]:
        """The places where an axis could not be opened."""
        if not self.plan.steps[opener].axes:
            if self.tables.state[opener] in (FAILED, SKIPPED):
                yield opener, ()
            return
        yield from (place for place, status in self.tables.trouble.items()
                    if place[0] == opener and status in (FAILED, SKIPPED))

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
            self.walk(entry)
        else:
            self.instance(self.plan.steps[entry[0]], entry[1])

    def walk(self, walk: Walk) -> None:
        """Try the steps of a region for one index after another, until there is something more urgent."""
        axis = self.plan.axes[walk.region.axes[-1]]
        opener = self.plan.steps[axis.opener]
        around = walk.region.axes[:-1]
        where = cut(walk.parent, tuple(around.index(a) for a in axis.parents)) if axis.parents != around else walk.parent
        for place in [(opener.index, where), *self.siblings(axis, walk.parent, around)]:
            status = self.status_of(place)
            if status in (FAILED, SKIPPED):
                return
            if status in (WAITING, FLYING, BLOCKED):
                self.wait_for(place, walk)
                return
            other = self.plan.steps[place[0]].detail.axis
            if other != axis.number and self.tables.lengths.get((other, place[1])) == 0:
                return  # there is nothing to combine with
        stack, place, lengths = self.stack, (axis.number, where), self.tables.lengths
        if not walk.known and place in lengths:
            self.report.expect(walk.region.body, lengths[place])
            walk.known = True
        body, short = self.bodies.get(id(walk.region)) or self.body(walk.region), self.short
        while not self.cancel.is_set():
            length = lengths.get(place)
            if (walk.at >= length) if length is not None else not self.passing.more(axis.number, where, walk.at, walk):
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
                    self.attempt(item, index)
            walk.at, walk.place = walk.at + 1, 0
            if len(stack) > below or self.crew.flying and not self.crew.inbox.empty():
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
            if self.short(step, index, names):
                return
        self.attempt(step, index)

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

    # -- waiting

    def entry(self, step: Step, index: Index) -> Any:
        """What stands on the stack for an instance."""
        return (step.index, index) if step.axes else step.index

    def wait_for(self, source: Instance, entry: Any) -> bool:
        """Have an entry tried again once an instance is done. False where that will never be."""
        producer, where = source
        step = self.plan.steps[producer]
        status = self.tables.status(step, where)
        if status in (FAILED, SKIPPED):
            return False
        if status in (FLYING, BLOCKED):
            self.tables.waiting.setdefault(source, []).append(entry)
            self.mark(entry, BLOCKED)
        else:
            self.mark(entry, WAITING)
            self.stack.append(entry)
            self.stack.append(self.entry(step, where))
        return True

    def mark(self, entry: Any, status: int) -> None:
        if entry.__class__ is int:
            self.tables.state[entry] = status
        elif entry.__class__ is tuple:
            self.tables.set_status(self.plan.steps[entry[0]], entry[1], status)

    def blocked(self, step: Step, index: Index) -> None:
        """Something this instance reads is not there: skip it, or let it wait."""
        lazy = step.nodetype.lazy if step.kind == REQUEST else ()
        slot, view = self.tables.missing(step, index, lazy)
        self.await_slot(step, index, slot, index, view)

    def await_slot(self, step: Step, index: Index, slot: int, at: Index, view: View) -> None:
        """Have an instance wait for what fills a slot."""
        self.await_instance(step, index, self.tables.source(slot, at, view))

    def await_instance(self, step: Step, index: Index, source: Instance) -> None:
        if not self.wait_for(source, self.entry(step, index)):
            self.skip(step, index, source)

    def await_instances(self, step: Step, index: Index, sources: list[Instance]) -> None:
        """Have an instance wait for several, those that nobody has tried among them."""
        untried = [s for s in sources if self.tables.status(self.plan.steps[s[0]], s[1]) == WAITING]
        if not untried:
            return self.await_instance(step, index, sources[-1])
        self.stack.append(self.entry(step, index))
        self.stack.extend(self.entry(self.plan.steps[producer], where) for producer, where in reversed(untried))

    def await_source(self, slot: int, at: Index, view: View, waiter: Any) -> None:
        """Have whatever stands on the stack wait for what fills a slot."""
        source = self.tables.source(slot, at, view)
        if not self.wait_for(source, waiter) and waiter.__class__ is not Walk:
            number, index = waiter if waiter.__class__ is tuple else (waiter, ())
            self.skip(self.plan.steps[number], index, source)

    def wake(self, number: int, index: Index) -> None:
        """An instance is done, one way or the other: what waits for it is tried again."""
        entries = self.tables.waiting.pop((number, index), None)
        if entries:
            for entry in reversed(entries):
                self.wake_entry(entry)

    def wake_entry(self, entry: Any) -> None:
        self.mark(entry, WAITING)
        self.stack.append(entry)

    def value(self, step: Step, index: Index, slot: int, at: Index, view: View, name: bytes) -> Any:
        """The Value that an instance reads in a slot, or GONE where it has to be made again first."""
        return self.value_for(self.entry(step, index), slot, at, view, name)

    def value_for(self, waiter: Any, slot: int, at: Index, view: View, name: bytes) -> Any:
        where = (at if view is None else cut(at, view)) if slot in self.plan.slot_axes else ()
        type = self.values.type_at(slot, where)
        try:
            return self.values.live(type, name)
        except KeyError:
            self.rebuild_for(waiter, self.values.lost(type, name))
            return self.GONE

    def downstream(self, index: int) -> set[int]:
        """The steps that may read what a step gives, directly or not."""
        return self.executor.downstream(self.plan, index)

    @property
    def flying_steps(self) -> Iterable[int]:
        """The steps that are being called."""
        return self.crew.steps

    # -- making again

    def rebuild(self, step: Step, index: Index, lost: list[Reference]) -> None:
        """Run again what makes some Values, and then try the instance again."""
        self.rebuild_for(self.entry(step, index), lost)

    def rebuild_for(self, entry: Any, lost: list[Reference]) -> bool:
        """Set in train that Values are made again, once; whoever waits for one that cannot be had is skipped."""
        origins = self.origins(lost)
        if self.dry:
            return self.put_off_for(entry, [origins[key] for key in lost if key in origins])
        entries: list[Any] = []
        self.makers = {**origins, **self.makers}
        for key in lost:
            origin = self.makers.get(key)
            if origin is None or key in self.made_again and self.status_of(origin) in (RAN, CACHED):
                return self.give_up(entry, origin)
            status = self.status_of(origin)
            if status in (FAILED, SKIPPED):
                return self.give_up(entry, origin)
            self.made_again.add(key)
            if status not in (FLYING, BLOCKED):
                self.forced.add(origin)
                self.tables.set_status(self.plan.steps[origin[0]], origin[1], WAITING)
                self.tables.empty(self.plan.steps[origin[0]], origin[1])
                entries.append(self.entry(self.plan.steps[origin[0]], origin[1]))
            elif not entries and entry is not None:
                self.tables.waiting.setdefault(origin, []).append(entry)
                self.mark(entry, BLOCKED)
                return True
        if entry is not None:
            self.mark(entry, WAITING)
            self.stack.append(entry)
        self.stack.extend(entries)
        return True

    def put_off_for(self, entry: Any, origins: list[Instance]) -> bool:
        """In a dry run, what reads a Value that is gone waits for that to be made again."""
        for number, index in origins:
            self.would_run.add((number, index))
        if entry is not None and entry.__class__ is not Walk:
            number, index = entry if entry.__class__ is tuple else (entry, ())
            self.skip(self.plan.steps[number], index, origins[0] if origins else (number, index))
        return False

    def status_of(self, instance: Instance) -> int:
        return self.tables.status(self.plan.steps[instance[0]], instance[1])

    def give_up(self, entry: Any, origin: Instance | None) -> bool:
        """A Value cannot be had any more: who waits for it fails, or is skipped with what should have made it."""
        if entry is None or entry.__class__ is Walk:
            return False
        number, index = entry if entry.__class__ is tuple else (entry, ())
        step = self.plan.steps[number]
        if origin is not None and self.status_of(origin) in (FAILED, SKIPPED):
            self.skip(step, index, origin)
        else:
            maker = self.plan.steps[origin[0]].name if origin is not None else "what made it"
            self.fail(step, index, InputError(f"a value that it reads is gone, and {maker} gave another when it was "
                                              "made again"), {})
        return False

    def origins(self, lost: list[Reference]) -> dict[Reference, Instance]:
        """Which instances made some Values."""
        wanted, origins = set(lost), dict[Reference, Instance]()
        for step in self.plan.steps:
            if step.kind != REQUEST:
                continue
            for slot, port in enumerate(step.nodetype.outputs.values(), step.first):
                space = None if port.type.natural else port.type
                table = self.tables.digests[slot]
                for index, name in table.items() if table.__class__ is dict else (((), table),):
                    for item in getattr(name, "items", (name,)):
                        if (item, space) in wanted:
                            origins.setdefault((item, space), (step.index, index))
        return origins

    # -- ends

    def remember(self, step: Step, index: Index, outputs: tuple[bytes, ...]) -> None:
        """An instance whose result is known without calling anything."""
        self.tables.fill(step, index, outputs)
        self.tables.set_status(step, index, CACHED)
        self.report.remembered(step, outputs)
        self.over(step, index)

    def finish(self, step: Step, index: Index, outputs: tuple[bytes, ...], seconds: float, size: int) -> None:
        """An instance that ran. What it gave is on disk before anyone is told."""
        self.tables.fill(step, index, outputs)
        self.tables.set_status(step, index, RAN)
        self.report.ran(step, outputs, seconds, size)
        self.over(step, index)

    def opened(self, step: Step, index: Index) -> None:
        """An axis is open."""
        self.tables.set_status(step, index, RAN)
        self.wake(step.index, index)

    def over(self, step: Step, index: Index) -> None:
        if step.kind != REQUEST and not step.axes and self.plan.axes:
            self.report.left(step)
        if self.tables.waiting:
            self.wake(step.index, index)
        if self.values.held:
            self.values.done(step, index)

    def skip(self, step: Step, index: Index, because: Instance) -> None:
        self.tables.set_status(step, index, SKIPPED)
        self.tables.because[step.index, index] = because
        self.report.skipped(step, self.plan.steps[self.tables.cause(because)[0]].name)
        self.wake(step.index, index)

    def fail(self, step: Step, index: Index, error: BaseException, arguments: dict[str, Any]) -> None:
        failed = node_failed(step, error, arguments, self.tables.instance_name(step, index))
        self.tables.set_status(step, index, FAILED)
        self.tables.empty(step, index)
        self.tables.errors[step.index, index] = failed
        self.report.failed(step, failed)
        self.wake(step.index, index)

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
        self.wake(step.index, index)

    @property
    def tried(self) -> set[int]:
        """The steps that were looked at."""
        return {index for index, state in enumerate(self.tables.state) if state} | set(self.report.tallies)


class Crew:
    """The workers of a run, and what they report."""

    def __init__(self, run: Run):
        self.run, self.executor = run, run.executor
        self.inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.caller = Caller(run.cache, run.models, self.tell, run.cancel, perf_counter(), run.executor.previews)
        self.thread = threading.get_ident()
        self.threads: Threads | None = None
        self.awaiting: Awaiting | None = None
        self.flying = 0
        self.most_flying = 2 * run.executor.workers
        self.steps: Counter[int] = Counter()
        self.deadlines: list[tuple[float, int, Job]] = []
        self.late: set[int] = set()  # ids of jobs that took too long
        self.jobs: dict[int, Job] = {}

    def dispatch(self, job: Job) -> None:
        """Call a node: here if it is cheap, through a worker if it is costly."""
        step = job.step
        if step.nodetype.is_async:
            self.begin(job, self.begin_awaiting().submit)
            return
        if not (step.timeout or step.retry or self.executor.costly(step.nodetype)):
            for part, outcome in self.caller.call(job):
                self.run.requests.receive(part, outcome)
            return
        while self.flying >= self.most_flying:  # what waits its turn holds its inputs in memory
            self.receive_next()
        if self.threads is None:
            self.threads = Threads(self.executor.workers, self.work)
        self.begin(job, self.threads.submit)

    def begin(self, job: Job, submit: Callable[[Job], None]) -> None:
        self.flying += 1
        self.jobs[id(job)] = job
        self.steps[job.step.index] += 1
        submit(job)

    def begin_awaiting(self) -> Awaiting:
        if self.awaiting is None:
            self.awaiting = Awaiting(self.work_awaited, self.never_began)
        return self.awaiting

    def work(self, job: Job) -> None:
        """In a worker: call, and post what came of it."""
        if job.delay and self.run.cancel.wait(job.delay):
            self.inbox.put(_Report(job, [(job, Cancelled())]))
            return
        if job.step.timeout:
            self.inbox.put(_Deadline(job, monotonic() + job.step.timeout))
        outcomes: list[tuple[Job, Outcome]] = \
            [(job, Cancelled())] if self.run.cancel.is_set() else self.caller.call(job)
        self.inbox.put(_Report(job, outcomes))

    async def work_awaited(self, job: Job) -> None:
        await asyncio.sleep(job.delay)
        outcome: Outcome = Cancelled() if self.run.cancel.is_set() else await self.caller.call_awaited(job)
        self.inbox.put(_Report(job, [(job, outcome)]))

    def never_began(self, job: Job) -> None:
        self.inbox.put(_Report(job, [(job, Cancelled())]))

    def tell(self, event: ev.Event) -> None:
        """Emit an event from any thread: only the thread that runs the graph calls listeners."""
        if self.run.emit is None:
            return
        if threading.get_ident() == self.thread:
            self.run.emit(event)
        else:
            self.inbox.put(event)

    def receive_next(self) -> None:
        """Take in what a worker posts next. Wakes now and then: for what takes too long, for a stop that async calls
        are to hear of, and since some systems deliver Ctrl-C only to waking threads."""
        while True:
            wait = 0.5 if not self.deadlines else max(0.0, min(0.5, self.deadlines[0][0] - monotonic()))
            if self.awaiting is not None and self.run.cancel.is_set():
                self.awaiting.stop_all()
            try:
                message = self.inbox.get(timeout=wait)
            except queue.Empty:
                if self.expire():
                    return
                continue
            self.receive(message)
            return

    def expire(self) -> bool:
        """Give up on the calls that took too long. Whether there were any."""
        expired = False
        while self.deadlines and self.deadlines[0][0] <= monotonic():
            _, _, job = heapq.heappop(self.deadlines)
            if id(job) not in self.jobs:
                continue
            self.late.add(id(job))
            reporter = self.caller.reporters.get(id(job))
            if reporter is not None:
                reporter.abandoned = True
            if self.threads is not None:
                self.threads.abandon()
            self.landed(job, [(job, timed_out(job.step))], keep=True)
            expired = True
        return expired

    def receive(self, message: Any) -> None:
        """Take in a report from a worker, or the end of a call."""
        if message.__class__ is _Report:
            if id(message.job) in self.late:
                self.jobs.pop(id(message.job), None)
            else:
                self.landed(message.job, message.outcomes)
        elif message.__class__ is _Deadline:
            heapq.heappush(self.deadlines, (message.at, id(message.job), message.job))
        elif self.run.emit is not None:
            self.run.emit(message)

    def landed(self, job: Job, outcomes: list[tuple[Job, Outcome]], keep: bool = False) -> None:
        self.flying -= 1
        if not keep:
            self.jobs.pop(id(job), None)
        self.steps[job.step.index] -= 1
        if not self.steps[job.step.index]:
            del self.steps[job.step.index]
        for part, outcome in outcomes:
            self.run.requests.receive(part, outcome)

    def close(self) -> None:
        """Let the workers go. Those that are still at work, since the run was broken off, end by themselves."""
        if self.flying:
            self.run.cancel.set()
        if self.threads is not None:
            self.threads.close()
            self.threads = None
        if self.awaiting is not None:
            self.awaiting.close()
            self.awaiting = None


class _Report:
    """The end of a call."""

    __slots__ = ("job", "outcomes")

    def __init__(self, job: Job, outcomes: list[tuple[Job, Outcome]]):
        self.job, self.outcomes = job, outcomes


class _Deadline:
    """When a call that has begun has taken too long."""

    __slots__ = ("job", "at")

    def __init__(self, job: Job, at: float):
        self.job, self.at = job, at
