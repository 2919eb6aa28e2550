"""Carries out a Plan: runs what the asked-for outputs need and what is not remembered, and nothing else.

One thread, the one that calls `run`, decides everything and calls the cheap nodes itself; costly ones go to worker
threads and so overlap. A step is tried in order; if what it reads is still being made it waits for that step, if
that failed it is skipped, and if a Value it needs has been evicted the step that makes it is run again first. All
of it is loops over lists: a chain of a hundred thousand nodes recurses nowhere.

Only this module and `calls` call the code of nodes; here just the cheapest, in the shortest way there is.
"""

from __future__ import annotations

import gc
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from functools import cached_property
from hashlib import blake2b
from time import perf_counter
from typing import Any, NamedTuple

from .. import events as ev
from ..cache import Cache, Prepared
from .calls import Caller, Job, Made, node_failed, prepare_output
from ..digest import SIZE, ListDigest, encode
from ..errors import Cancelled, InputError, NodeFailed
from ..plan.forecast import remember_ingredients
from ..models import Models
from ..nodetype import NodeType
from ..plan import Part, Plan, Step, chosen, given_digest
from ..types import PortType

WAITING, FLYING, RAN, CACHED, FAILED, SKIPPED = range(6)
STATUS = ("skipped", "skipped", "ran", "cached", "failed", "skipped")
_AS_CACHED = bytes(CACHED if state == RAN else state for state in range(256))  # what ran then is remembered now
SHORT = frozenset((int, float, bool))  # what the shortest way through the executor keeps
COSTLY = 0.005  # seconds; a node that takes longer than this on average is worth a thread


class NodeResult(NamedTuple):
    """How one node fared. status: ran, cached, skipped or failed. ran, remembered: items, where it was mapped."""

    status: str
    seconds: float
    ran: int = 0
    remembered: int = 0
    error: NodeFailed | None = None


class Result:
    """What a Run gave. `values[name]` is an output; a list for an output that carries many."""

    def __init__(self, run: _Run, seconds: float, cancelled: bool):
        plan = run.plan
        self.plan, self.seconds, self.cancelled, self.unchanged = plan, seconds, cancelled, False
        self.errors = [run.errors[index] for index in sorted(run.errors)]
        self._run = run
        if plan.graph.path is not None:
            remember_ingredients(plan, run.cache, run.digests, run.seconds, run.sizes, [
                i for i, state in enumerate(run.state) if state == RAN or state == CACHED and plan.before is None])

    @cached_property
    def digests(self) -> dict[str, bytes]:
        """The digest of each output that was made."""
        return {name: digest for name, out in self.plan.outputs.items()
                if (digest := self._run.digests[out.slot]) is not None}

    @cached_property
    def nodes(self) -> dict[str, NodeResult]:
        """How each node fared, by name."""
        found = {step.name: self._run.result_of(step) for step in self.plan.steps}
        if self.unchanged:
            found = {name: NodeResult("cached", 0.0) if node.status == "ran" else node for name, node in found.items()}
        return found

    def type(self, name: str) -> PortType:
        """The PortType of what an output carries."""
        return self._run.type_of(self.plan.outputs[name].slot)

    def value(self, name: str) -> Any:
        """One output. Raises KeyError if it was not made.

        A Value that was remembered and turns out to be gone or damaged is made again here.
        """
        part = Part(self.plan.outputs[name].slot)
        try:
            return self._run.value_at(part, self.digests[name])
        except KeyError:
            if name not in self.digests:
                raise
            self._run.make_again(part.slot)
            return self._run.value_at(part, self._run.digests[part.slot])

    @property
    def ok(self) -> bool:
        """Whether everything that was asked for is there."""
        return len(self.digests) == len(self.plan.outputs)


class Executor:
    """Runs Plans against one cache and one store of models. Not for two threads at once.

    workers: threads for costly nodes. previews: whether nodes are to make them.
    """

    def __init__(self, cache: Cache, models: Models, *, workers: int | None = None, previews: bool = False):
        self.cache, self.models, self.previews = cache, models, previews
        self.workers = workers or max(2, min(4, os.cpu_count() or 2))
        self.costs: dict[NodeType, float] = {}  # seconds a call, a running average

    def run(self, plan: Plan, emit: Callable[[ev.Event], None] | None = None,
            cancel: threading.Event | None = None, since: Result | None = None,
            edited: list[int] = ()) -> Result:
        """Carry out a Plan. Never raises for what nodes do: failures are in the Result and in the events.

        since: the result, without errors, of a Plan that differed from this one in the steps `edited` alone; only
        those, and what depends on them, are looked at.
        """
        run = _Run(self, plan, emit, cancel or threading.Event())
        if since is not None and not plan.branching:
            return run.go(run.dirty(since._run, edited))
        return run.go()

    def again(self, since: Result, emit: Callable[[ev.Event], None] | None = None) -> Result:
        """The result of running the very same Plan once more, when nothing it reads has changed."""
        started = perf_counter()
        result = copy(since)
        result.__dict__.pop("nodes", None)
        result.unchanged = True
        result.seconds = perf_counter() - started
        if emit is not None:
            emit(ev.Planned(()))
            emit(ev.Done(result.seconds))
        return result

    def costly(self, nodetype: NodeType) -> bool:
        """Whether a node is worth a worker thread, by its declaration or by what it took so far."""
        if nodetype.costly is not None:
            return nodetype.costly
        if nodetype.context is not None or nodetype.models:
            return True
        return self.costs.get(nodetype, 0.0) > COSTLY

    def learn(self, nodetype: NodeType, seconds: float) -> None:
        """Note what one call took."""
        self.costs[nodetype] = 0.7 * self.costs.get(nodetype, seconds) + 0.3 * seconds


class _Mapped:
    """The state of a step that runs once per item. queue: calls that are still to be made, the next one last."""

    def __init__(self, count: int):
        self.outputs: list[tuple[bytes, ...] | None] = [None] * count
        self.queue: list[tuple[tuple[int, ...], list[bytes]]] = []
        self.left = count
        self.pumping = False
        self.ran, self.remembered, self.seconds = 0, 0, 0.0
        self.error: NodeFailed | None = None


_tuple = tuple.__new__  # makes a NamedTuple in half the time of calling its class


class _Run:
    def __init__(self, executor: Executor, plan: Plan, emit: Callable | None, cancel: threading.Event):
        self.executor, self.plan, self.emit, self.cancel = executor, plan, emit, cancel
        self.cache: Cache = executor.cache
        self.caller = Caller(executor.cache, executor.models, self.tell, self.cancel, perf_counter(),
                             executor.previews)
        self.thread = threading.get_ident()
        self.digests: list[bytes | None] = [None] * len(plan.producers)
        self.given: dict[int, Any] = {}
        self.given_items: dict[bytes, Any] = {}
        self.alias: dict[int, int] = {}  # output of a switch -> the slot it passes on
        self.asked: set[int] = set()  # switches that have asked for their branch
        self.state = bytearray(len(plan.steps))
        self.seconds: dict[int, float] = {}
        self.sizes: dict[int, int] = {}
        self.errors: dict[int, NodeFailed] = {}
        self.mapped: dict[int, _Mapped] = {}
        self.crowded: dict[int, None] = {}  # mapped steps whose next calls found all workers taken
        self.counts: dict[int, tuple[int, int]] = {}
        self.waiting: dict[int, list[int]] = {}  # step -> steps that wait for it
        self.forced: set[int] = set()  # steps that run again since their Values are gone
        self.held: dict[bytes, Any] = {}  # Values that only this run still has
        self.holders: dict[int, list[bytes]] = {}
        self.readers: dict[int, int] | None = None
        self.inbox: queue.SimpleQueue = queue.SimpleQueue()
        self.pool: ThreadPoolExecutor | None = None
        self.flying, self.most_flying = 0, 2 * executor.workers

    # -- the loop

    def dirty(self, before: _Run, edited: list[int]) -> list[int]:
        """Take over what an earlier run found out; the steps that have to be looked at again."""
        self.digests, self.state = list(before.digests), bytearray(before.state.translate(_AS_CACHED))
        order = [index for index in self.plan.dependents(edited) if self.state[index] == CACHED]
        for index in order:
            step = self.plan.steps[index]
            self.state[index] = WAITING
            self.digests[step.first:step.first + step.count] = [None] * step.count
        return order

    def go(self, order: list[int] | None = None) -> Result:
        self.start = self.caller.start = perf_counter()
        self.cache.look()
        for given in self.plan.givens:
            digest = self.digests[given.slot] = given_digest(given)
            self.given[given.slot] = given.value
            if given.many:
                self.given_items.update(zip(digest.items, given.value))
        wanted = [out.slot for out in self.plan.outputs.values()]
        if order is None:
            order = self.plan.needed(wanted)
        else:
            wanted = [slot for slot in wanted if self.digests[slot] is None]
        if self.emit is not None:
            self.emit(ev.Planned(tuple(self.plan.steps[i].name for i in order)))
        self.stack = order[::-1]
        collecting = gc.get_threshold()
        # A run makes many small tuples and no cycles: at the usual threshold the collector takes half the time.
        gc.set_threshold(max(collecting[0], 200_000), *collecting[1:])
        try:
            self.loop(wanted)
        finally:
            gc.set_threshold(*collecting)
            self.land()
        cancelled = self.cancel.is_set()
        if cancelled:
            self.skip_rest(order)
        seconds = perf_counter() - self.start
        if self.emit is not None:
            self.emit(ev.Done(seconds, cancelled))
        return Result(self, seconds, cancelled)

    def loop(self, wanted: list[int]) -> None:
        stopped, rebuilt = self.cancel.is_set, False
        while True:
            self.sweep()
            if self.flying:
                self.cache.commit()  # before the wait, so that a kill finds nothing finished but unwritten
                self.receive(self.next_message())
            elif stopped():
                return
            else:
                # An output that is remembered but evicted has to be made again, once.
                lost = [] if rebuilt else [slot for slot in wanted if not self.at_hand(slot)]
                rebuilt = True
                if not lost:
                    return
                self.rebuild(lost, None)

    def make_again(self, slot: int) -> None:
        """Run whatever makes one slot's Values, after the run is over."""
        self.rebuild([slot], None)
        try:
            self.loop([])
        finally:
            self.land()

    def land(self) -> None:
        """Let the workers go, and write what is new."""
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)
            self.pool = None
        self.cache.commit()

    def next_message(self) -> Any:
        """What a worker posts next. Wakes now and then, since some systems deliver Ctrl-C only to waking threads."""
        while True:
            try:
                return self.inbox.get(timeout=0.5)
            except queue.Empty:
                continue

    def sweep(self) -> None:
        """Try every step on the stack. The body of this loop is what a trivial node costs."""
        steps, digests, stack = self.plan.steps, self.digests, self.stack
        costs, trace_of, kept, plain = self.executor.costs, self.cache.trace, self.cache.kept, self.cache.memory.plain
        stopped, forced, hash = self.cancel.is_set, self.forced, blake2b
        state, branching = self.state, self.plan.branching
        while stack and not stopped():
            if self.flying and not self.inbox.empty():
                self.receive(self.inbox.get())
                continue
            step = steps[stack.pop()]
            if not step.simple or forced:
                self.attempt(step)
                continue
            if branching and state[step.index] != WAITING:
                continue  # a switch asked for it, and something else did
            try:
                key = hash(step.base + b"".join([digests[slot] for slot in step.slots]), digest_size=SIZE).digest()
            except TypeError:
                self.blocked(step)
                continue
            nodetype = step.nodetype
            if nodetype.remember:
                trace = kept.get(key) or trace_of(key)
                if trace is not None:
                    self.remember(step, trace[0])
                    continue
            try:
                # Only a node that is known to be cheap, with plain inputs at hand, is called right here.
                if costs[nodetype] > COSTLY or not nodetype.plain:
                    raise KeyError
                arguments = step.literals.copy()
                for port, slot in zip(step.ports, step.slots):
                    arguments[port] = plain[digests[slot]]
            except KeyError:
                self.attempt(step, key)
                continue
            self.call_here(step, key, arguments)

    def attempt(self, step: Step, key: bytes | None = None) -> None:
        """Do whatever a step needs next."""
        state = self.state[step.index]
        if state != WAITING and not (state == FLYING and step.index in self.mapped):
            return  # it waited for two things, and its turn came twice
        if step.branches is not None:
            self.switch(step)
        elif step.mapped:
            self.map(step)
        else:
            self.single(step, key)

    def single(self, step: Step, key: bytes | None) -> None:
        """A step that is one request."""
        fresh = key is None
        if fresh:
            key = self.key_of(step, None)
            if key is None:
                return self.blocked(step)
        if self.executor.costly(step.nodetype):
            self.cache.look()
            fresh = True
        if fresh:
            trace = self.cache.trace(key) if step.nodetype.remember else None
            if trace is not None and (step.index not in self.forced or all(map(self.available, trace.outputs))):
                return self.remember(step, trace.outputs)
        if (arguments := self.arguments(step, None)) is None:
            return
        self.dispatch(Job(step, None, [key], arguments))

    def map(self, step: Step) -> None:
        """A step that is one request per item: each is keyed, remembered and run by itself."""
        lengths = {}
        for wire in step.wires:
            for part in wire.parts:
                digest = self.digests[part.slot]
                if digest is None:
                    return self.blocked(step)
                if part.lifted:
                    lengths[wire.port] = len(digest.items)
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{port} has {n}" for port, n in lengths.items())
            return self.fail(step, InputError(f"it runs once per item, but its lists differ in length: {told}"))
        if step.index not in self.mapped:
            self.mapped[step.index] = self.items_to_do(step, next(iter(lengths.values())))
        self.pump(step, self.mapped[step.index])

    def items_to_do(self, step: Step, count: int) -> _Mapped:
        """Which items of a mapped step are remembered, and which calls the others need."""
        mapped = _Mapped(count)
        self.cache.look()
        misses, keys = [], []
        for item in range(count):
            key = self.key_of(step, item)
            trace = self.cache.trace(key) if step.nodetype.remember else None
            if trace is not None and (step.index not in self.forced or all(map(self.available, trace.outputs))):
                mapped.outputs[item] = trace.outputs
                mapped.left -= 1
                mapped.remembered += 1
            else:
                misses.append(item)
                keys.append(key)
        if misses:
            mapped.queue = [(tuple(misses), keys)] if step.batched else \
                [((item,), [key]) for item, key in zip(reversed(misses), reversed(keys))]
            if self.emit is not None:
                self.emit(ev.Started(step.name, perf_counter() - self.start))
                self.emit(ev.Progress(step.name, mapped.remembered, count, "items"))
        return mapped

    def pump(self, step: Step, mapped: _Mapped) -> None:
        """Make the calls of a mapped step, as many at a time as the workers can take."""
        if mapped.pumping:
            return
        mapped.pumping = True
        while mapped.queue and self.flying < self.most_flying and not self.cancel.is_set():
            items, keys = mapped.queue[-1]
            arguments = self.arguments(step, items)
            if arguments is None:
                break  # what it reads is being made again; then this step's turn comes again
            mapped.queue.pop()
            self.dispatch(Job(step, items, keys, arguments))
        else:
            if mapped.queue:
                self.crowded[step.index] = None
        mapped.pumping = False
        if not mapped.left:
            self.finish_mapped(step, mapped)

    def switch(self, step: Step) -> None:
        """Ask only for the branch that is taken, and pass it on."""
        if step.wires:
            part = step.wires[0].parts[0]
            if self.digests[part.slot] is None:
                return self.blocked(step)
            try:
                value = self.value_at(part, self.digests[part.slot])
            except KeyError:
                return self.rebuild([part.slot], step)
        else:
            value = step.on
        try:
            target = chosen(step, value)
        except InputError as error:
            return self.fail(step, error)
        digest = self.digests[target.slot]
        if digest is None:
            producer = self.plan.producers[target.slot]
            if self.state[producer] in (FAILED, SKIPPED):
                return self.skip(step, producer)
            self.wait(producer, step)
            if step.index not in self.asked:
                self.asked.add(step.index)
                self.stack += [i for i in reversed(self.plan.needed([target.slot])) if self.state[i] == WAITING]
            return
        self.alias[step.first] = target.slot
        self.remember(step, (digest,))

    # -- what a step reads

    def key_of(self, step: Step, item: int | None) -> bytes | None:
        """The Key of a request, or None while something it reads is not there."""
        found = [step.base]
        for wire in step.wires:
            digests = [self.part_digest(part, item) for part in wire.parts]
            if None in digests:
                return None
            found.append(ListDigest.of(digests) if wire.gather else digests[0])
        return blake2b(b"".join(found), digest_size=SIZE).digest()

    def part_digest(self, part: Part, item: int | None) -> bytes | None:
        digest = self.digests[part.slot]
        return digest.items[item] if part.lifted and digest is not None and item is not None else digest

    def arguments(self, step: Step, items: tuple[int, ...] | None) -> dict[str, Any] | None:
        """What to call a step's function with. None if a Value is gone; then its making has been set in train."""
        arguments, lost = dict(step.literals), []
        for wire in step.wires:
            if step.batched and wire.port == step.nodetype.batch:
                found = [self.read(wire, item, lost) for item in items]
            else:
                found = self.read(wire, items[0] if items is not None else None, lost)
            arguments[wire.port] = found
        if lost:
            self.rebuild(lost, step)
            return None
        return arguments

    def read(self, wire: Any, item: int | None, lost: list[int]) -> Any:
        values = []
        for part in wire.parts:
            try:
                values.append(self.value_at(part, self.part_digest(part, item)))
            except KeyError:
                lost.append(part.slot)
        if wire.gather:
            return values
        return values[0] if values else None

    def value_at(self, part: Part, digest: bytes) -> Any:
        """The live value, or list of values, of a digest that came out of a slot. Raises KeyError if it is gone."""
        slot = self.alias.get(part.slot, part.slot)
        if slot in self.given:
            return self.given[slot] if digest == self.digests[slot] else self.given_items[digest]
        type = self.type_of(slot)
        if digest.__class__ is ListDigest:
            return [self.one_value(type, item) for item in digest.items]
        return self.one_value(type, digest)

    def one_value(self, type: PortType, digest: bytes) -> Any:
        if digest in self.held:
            return self.held[digest]
        if digest.__class__ is ListDigest:
            return [self.one_value(type, item) for item in digest.items]
        if digest in self.given_items:
            return self.given_items[digest]
        return self.cache.value(type, digest)

    def type_of(self, slot: int) -> PortType:
        """The PortType that a slot's Values were stored with."""
        slot = self.alias.get(slot, slot)
        if slot in self.given:
            return next(given.type for given in self.plan.givens if given.slot == slot)
        step = self.plan.steps[self.plan.producers[slot]]
        return list(step.nodetype.outputs.values())[slot - step.first].type

    def available(self, digest: bytes) -> bool:
        """Whether a Value, or every item of a list, is in some tier."""
        if digest.__class__ is ListDigest:
            return all(map(self.available, digest.items))
        return digest in self.held or digest in self.given_items or self.cache.has(digest)

    def at_hand(self, slot: int) -> bool:
        """Whether a slot that was filled can be read; slots that could not be filled are no concern."""
        slot = self.alias.get(slot, slot)
        return slot in self.given or self.digests[slot] is None or self.available(self.digests[slot])

    # -- waiting, skipping, running again

    def blocked(self, step: Step) -> None:
        """Something this step reads is not there: skip it, or let it wait."""
        for wire in step.wires:
            for part in wire.parts:
                if self.digests[part.slot] is None:
                    producer = self.plan.producers[part.slot]
                    if self.state[producer] in (FAILED, SKIPPED):
                        return self.skip(step, producer)
                    return self.wait(producer, step)
        raise AssertionError(f"{step} is blocked by nothing")

    def wait(self, producer: int, step: Step) -> None:
        self.waiting.setdefault(producer, []).append(step.index)

    def wake(self, index: int) -> None:
        if index in self.waiting:
            self.stack.extend(reversed(self.waiting.pop(index)))

    def rebuild(self, slots: list[int], step: Step | None) -> None:
        """Run again what makes these slots' Values, and then try the step again."""
        lost = dict.fromkeys(self.alias.get(slot, slot) for slot in slots)
        flying = next((p for slot in lost if self.state[p := self.plan.producers[slot]] == FLYING), None)
        if flying is not None:
            if step is not None:
                self.wait(flying, step)
            return
        if step is not None:
            self.stack.append(step.index)
        for slot in lost:
            producer = self.plan.producers[slot]
            self.forced.add(producer)
            self.state[producer] = WAITING
            self.stack.append(producer)

    def skip(self, step: Step, because: int) -> None:
        self.state[step.index] = SKIPPED
        if self.emit is not None:
            self.emit(ev.Skipped(step.name, self.plan.steps[because].name))
        self.wake(step.index)

    def skip_rest(self, order: list[int]) -> None:
        for index in order:
            if self.state[index] in (WAITING, FLYING):
                self.state[index] = SKIPPED
                if self.emit is not None:
                    self.emit(ev.Skipped(self.plan.steps[index].name, "the run was stopped"))

    def fail(self, step: Step, error: BaseException, arguments: dict[str, Any] | None = None) -> None:
        failed = node_failed(step, error, arguments or {})
        self.state[step.index] = FAILED
        self.errors[step.index] = failed
        if self.emit is not None:
            self.emit(ev.Failed(step.name, failed))
        self.wake(step.index)

    # -- calling

    def call_here(self, step: Step, key: bytes, arguments: dict[str, Any]) -> None:
        """Call a cheap node with one plain output, and remember what it gave: `sweep`'s short way."""
        nodetype, emit = step.nodetype, self.emit
        started = perf_counter()
        if emit is not None:
            emit(_tuple(ev.Started, (step.name, started - self.start)))
        try:
            value = nodetype.call(**arguments)
            ended = perf_counter()
            type = nodetype.plain
            if type.complaint(value) or value.__class__ not in SHORT:
                made = Made([[prepare_output(step, port, value) for port in nodetype.outputs.values()]],
                             ended - started)
                self.accept(Job(step, None, [key], arguments), made)
                return
        except Cancelled:
            self.cancel.set()
            return
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a node that calls sys.exit() has failed like any other
            self.fail(step, error, arguments)
            return
        seconds = ended - started
        costs = self.executor.costs
        costs[nodetype] += 0.3 * (seconds - costs[nodetype])
        cache, index = self.cache, step.index
        code = b"i%d;" % value if value.__class__ is int else encode(value)
        digest = blake2b(code, digest_size=SIZE).digest()
        cache.record_small(key, digest, code, value, seconds)
        self.digests[step.first] = digest
        self.state[index] = RAN
        self.seconds[index] = seconds
        if emit is not None:
            emit(_tuple(ev.Finished, (step.name, seconds, (digest,), ended - self.start, 1, 0, len(code))))
        if self.waiting:
            self.wake(index)
        if self.holders:
            self.release(step)

    def dispatch(self, job: Job) -> None:
        """Call a node: here if it is cheap, through a worker if it is costly."""
        step = job.step
        self.state[step.index] = FLYING
        if self.emit is not None and job.items is None:
            self.emit(ev.Started(step.name, perf_counter() - self.start))
        if not self.executor.costly(step.nodetype):
            self.receive((job, self.caller.call(job)))
            return
        while self.flying >= self.most_flying:  # what waits its turn holds its inputs in memory
            self.receive(self.next_message())
        if self.pool is None:
            self.pool = ThreadPoolExecutor(self.executor.workers, thread_name_prefix="nodegraph")
        self.flying += 1
        self.pool.submit(self.work, job)

    def work(self, job: Job) -> None:
        """In a worker: call, and post what came of it."""
        self.inbox.put((job, Cancelled() if self.cancel.is_set() else self.caller.call(job), None))

    def tell(self, event: ev.Event) -> None:
        """Emit an event from any thread: only the thread that runs the graph calls listeners."""
        if self.emit is None:
            return
        if threading.get_ident() == self.thread:
            self.emit(event)
        else:
            self.inbox.put(event)

    def receive(self, message: Any) -> None:
        """Take in a report from a worker, or the end of a call."""
        if not isinstance(message[0], Job):
            self.emit(message)
            return
        if len(message) == 3:
            self.flying -= 1
            self.stack.extend(self.crowded)
            self.crowded.clear()
        job, made = message[:2]
        if isinstance(made, Made):
            self.accept(job, made)
        elif isinstance(made, Cancelled):
            self.cancel.set()
            self.state[job.step.index] = WAITING
        elif job.items is not None:
            self.fail_item(job, made)
        else:
            self.fail(job.step, made, job.arguments)

    def fail_item(self, job: Job, error: BaseException) -> None:
        """One item failed: the others go on and are kept, the list cannot be had."""
        mapped = self.mapped[job.step.index]
        mapped.left -= len(job.items)
        if mapped.error is None:
            which = f"item {job.items[0] + 1} of {len(mapped.outputs)}: "
            mapped.error = node_failed(job.step, error, job.arguments, which)
        self.pump(job.step, mapped)

    def accept(self, job: Job, made: Made) -> None:
        """Remember what a call gave."""
        step = job.step
        ports = list(step.nodetype.outputs.values())
        share = made.seconds / len(made.outputs)
        self.executor.learn(step.nodetype, made.seconds)
        for position, prepared in enumerate(made.outputs):
            outputs = []
            for offset, (port, one) in enumerate(zip(ports, prepared)):
                for value in one if isinstance(one, list) else [one]:
                    self.sizes[step.index] = self.sizes.get(step.index, 0) + value.bytes
                    self.keep(step.first + offset, port.type, value, share)
                outputs.append(ListDigest.of([p.digest for p in one]) if isinstance(one, list) else one.digest)
            key = job.keys[position]
            if step.nodetype.remember:
                self.cache.record(key, tuple(outputs), share)
            if job.items is None:
                self.finish(step, tuple(outputs), made.seconds)
            else:
                mapped = self.mapped[step.index]
                mapped.outputs[job.items[position]] = tuple(outputs)
                mapped.left -= 1
                mapped.ran += 1
        if job.items is not None:
            mapped.seconds += made.seconds
            if self.emit is not None:
                self.emit(ev.Progress(step.name, len(mapped.outputs) - mapped.left, len(mapped.outputs), "items"))
            self.pump(step, mapped)

    def keep(self, slot: int, type: PortType, prepared: Prepared, seconds: float) -> None:
        """Put a Value where its readers will find it: in memory, and in this run's own hands if nowhere else."""
        cache = self.cache
        stored = cache.store(type, prepared, seconds)
        cache.keep(type, prepared, seconds)
        if not stored and prepared.tensors:
            self.held[prepared.digest] = prepared.value
            self.holders.setdefault(slot, []).append(prepared.digest)

    # -- ends

    def remember(self, step: Step, outputs: tuple[bytes, ...]) -> None:
        """A step whose result is known without running it."""
        if step.count == 1:
            self.digests[step.first] = outputs[0]
        else:
            self.digests[step.first:step.first + step.count] = outputs
        self.state[step.index] = CACHED
        if self.emit is not None:
            self.emit(_tuple(ev.Cached, (step.name, outputs)))
        if self.waiting:
            self.wake(step.index)
        if self.holders:
            self.release(step)

    def finish(self, step: Step, outputs: tuple[bytes, ...], seconds: float, ran: int = 1,
               remembered: int = 0) -> None:
        """A step that ran. What it gave is on disk before anyone is told."""
        index = step.index
        self.digests[step.first:step.first + step.count] = outputs
        self.state[index] = RAN
        self.seconds[index] = seconds
        if self.emit is not None:
            self.emit(ev.Finished(step.name, seconds, outputs, perf_counter() - self.start, ran, remembered,
                                  self.sizes.get(index, 0)))
        if self.waiting:
            self.wake(index)
        if self.holders:
            self.release(step)

    def finish_mapped(self, step: Step, mapped: _Mapped) -> None:
        del self.mapped[step.index]
        self.counts[step.index] = (mapped.ran, mapped.remembered)
        if mapped.error is not None:
            self.state[step.index] = FAILED
            self.errors[step.index] = mapped.error
            if self.emit is not None:
                self.emit(ev.Failed(step.name, mapped.error))
            self.wake(step.index)
            return
        columns = list(zip(*mapped.outputs)) or [()] * step.count
        outputs = tuple(ListDigest.of(column) for column in columns)
        if mapped.ran:
            self.finish(step, outputs, mapped.seconds, mapped.ran, mapped.remembered)
        else:
            self.remember(step, outputs)

    def release(self, step: Step) -> None:
        """Let go of Values that only this run had, once their last reader is done."""
        if self.readers is None:
            self.readers = {}
            for other in self.plan.steps:
                if self.state[other.index] in (WAITING, FLYING) or other is step:
                    for slot in other.reads():
                        self.readers[slot] = self.readers.get(slot, 0) + 1
            for out in self.plan.outputs.values():
                self.readers[out.slot] = self.readers.get(out.slot, 0) + 1
        for slot in step.reads():
            left = self.readers.get(slot, 0) - 1
            self.readers[slot] = left
            if left <= 0 and slot in self.holders:
                for digest in self.holders.pop(slot):
                    self.held.pop(digest, None)

    def result_of(self, step: Step) -> NodeResult:
        ran, remembered = self.counts.get(step.index, (int(self.state[step.index] == RAN), 0))
        return NodeResult(STATUS[self.state[step.index]], self.seconds.get(step.index, 0.0), ran, remembered,
                          self.errors.get(step.index))
