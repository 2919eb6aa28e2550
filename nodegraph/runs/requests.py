"""Requests of a run: their Keys, what is remembered of them, the calls that are to be made, and what comes of these."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from ..cache import Prepared
from ..cache.values import SMALL
from ..digest import ListDigest
from ..errors import Cancelled, InputError, OutOfMemory
from ..plan import Index, Step, judged
from ..types import FILE
from .asking import Asking, asked_key, shape_of
from .batches import Batches
from .call import Asked, Job, Made, Outcome
from .tables import BLOCKED, FLYING, WAITING
from .values import Reference, fresh

if TYPE_CHECKING:
    from .run import Run


class Requests:
    """Carries out requests that do not go the short way, for one run."""

    def __init__(self, run: Run):
        self.run: Run = run
        self.plan, self.tables, self.values = run.plan, run.tables, run.values
        self.cache, self.executor = run.cache, run.executor
        self.in_flight: dict[bytes, list[Any]] = {}  # Key of a call that is on -> entries that ask for the same
        self.failures: dict[bytes, BaseException] = {}
        self.batches, self.asking = Batches(self), Asking(self)

    # -- one request

    def go(self, step: Step, index: Index) -> None:
        """Find out whether a request is remembered, and if not see that it is called."""
        nodetype, names = step.nodetype, self.tables.read(step, index)
        if nodetype.narrow and self.asking.narrowed(step, index, names) is None:
            return None
        key = self.asking.key(step, index, names)
        if key is None:
            return self.run.waits.blocked(step, index)
        if nodetype.fingerprint is not None:
            key = self.asking.with_fingerprint(step, index, key)
            if key is None:
                return
        if self.executor.costly(nodetype):
            self.cache.look()
        settled = self.asking.settled(step, index, key)
        if settled is None:
            return
        key, known, granted = settled
        if known is not None and self.remembered(step, index, known):
            return
        if nodetype.remember and self.joined(step, index, key):
            return None
        if step.batched:
            return self.batches.queue(step, index, key, names)
        arguments = self.arguments(step, index, granted)
        if arguments is not None:
            self.dispatch(Job(((step, index),), (key,), arguments, step.name))

    def remembered(self, step: Step, index: Index, trace: Any) -> bool:
        """Take what is remembered, if it can be had as far as that matters now."""
        if len(trace.outputs) != step.count:
            return False
        outputs = trace.outputs
        if any(port.type.located for port in step.nodetype.outputs.values()):
            outputs = self.located(step, outputs)
            if outputs is None:
                return False
        elif (step.index, index) in self.run.forced and any(
                self.values.lost(port.type, name) for port, name in zip(step.nodetype.outputs.values(), outputs)):
            return False
        self.run.remember(step, index, outputs, trace.warnings)
        return True

    def located(self, step: Step, outputs: tuple[bytes, ...]) -> tuple[bytes, ...] | None:
        """Outputs that name files and models, by what these hold today; None where one is gone."""
        placed = []
        for port, name in zip(step.nodetype.outputs.values(), outputs):
            if not port.type.located:
                placed.append(name)
                continue
            items = []
            for item in name.items if isinstance(name, ListDigest) else (name,):
                try:
                    value = self.values.place_of(port.type, item)
                except KeyError:
                    return None
                at, problem = self.values.placed(port.type, value, self.run.models.locate)
                if problem:
                    return None
                items.append(at)
            placed.append(ListDigest.of(items) if isinstance(name, ListDigest) else items[0])
        return tuple(placed)

    def joined(self, step: Step, index: Index, key: bytes) -> bool:
        """Whether the same request is being made already, or failed in this run; then it is not made again."""
        failure = self.failures.get(key)
        if failure is not None:
            self.run.fail(step, index, failure, {})
            return True
        waiting = self.in_flight.get(key)
        if waiting is None:
            return False
        self.tables.set_status(step, index, BLOCKED)
        waiting.append(self.run.waits.entry(step, index))
        return True

    # -- what a request is called with

    def arguments(self, step: Step, index: Index, granted: Collection[str] = ()) -> dict[str, Any] | None:
        """What to call a step's function with. None if a Value is gone; then its making has been set in train.

        granted: the lazy inputs that it is known to ask for.
        """
        arguments: dict[str, Any] = {name: fresh(value) for name, value in step.literals.items()}
        lost: list[Reference] = []
        lazy = step.nodetype.lazy
        for place, (port, slot) in enumerate(zip(step.ports, step.slots)):
            view = step.views[place] if step.views else None
            name = self.tables.digest(slot, index, view)
            if port in lazy and port not in granted:
                continue
            kind = self.values.type_at(slot, self.tables.place(slot, index, view))
            try:
                arguments[port] = self.values.live(kind, name)
            except KeyError:
                lost += self.values.lost(kind, name) or [(name, None if kind.natural else kind)]
        if lost:
            self.run.remaking.rebuild(step, index, lost)
            return None
        for guard in step.guards:
            if guard.argument in arguments:
                wrong = judged(arguments[guard.argument], guard.port)
                if wrong:
                    self.run.fail(step, index, InputError(f"{guard.name} {wrong}"), arguments)
                    return None
        if lazy:
            for port in lazy:
                arguments[port] = LazyInput(port, arguments, port in step.ports)
        return arguments

    # -- calls

    def dispatch(self, job: Job) -> None:
        """Call a node: here if it is cheap, through a worker if it is costly."""
        for (step, index), key in zip(job.places, job.keys):
            self.tables.set_status(step, index, FLYING)
            if step.nodetype.remember:
                self.in_flight.setdefault(key, [])
            if self.run.emit is not None:
                self.run.report.begun(step)
        self.run.dispatch(job)

    def receive(self, job: Job, outcome: Outcome) -> None:
        """Take in what came of a call, or of a part of one."""
        again = job.may_be_tried_again and not isinstance(outcome, (Made, Cancelled, Asked, OutOfMemory))
        if isinstance(outcome, Made):
            self.accept(job, outcome)
        elif isinstance(outcome, Cancelled) or again and self.run.cancel.is_set():
            self.run.cancel.set()
            for (step, index), key in zip(job.places, job.keys):
                self.tables.set_status(step, index, WAITING)
                self.release(key)
        elif isinstance(outcome, Asked):
            self.ask(job, outcome.port)
        elif again:
            self.run.dispatch(job._replace(attempt=job.attempt + 1))
        else:
            for (step, index), key in zip(job.places, job.keys):
                self.failures[key] = outcome
                self.run.fail(step, index, outcome, job.arguments)
                self.release(key)

    def ask(self, job: Job, port: str) -> None:
        """A node asked for a lazy input: note that, and try it again, which waits for the input first."""
        (step, index), key = job.places[0], job.keys[0]
        self.asking.asked[key] = [port]
        if step.nodetype.remember:
            self.cache.record_asks(key, (port,), 0.0)
        self.tables.set_status(step, index, WAITING)
        self.release(key)
        self.run.stack.append(self.run.waits.entry(step, index))

    def release(self, key: bytes) -> None:
        """A call is over: those that asked for the same are tried again."""
        for entry in self.in_flight.pop(key, ()):
            self.run.waits.wake_entry(entry)

    def accept(self, job: Job, made: Made) -> None:
        """Remember what a call gave."""
        nodetype = job.step.nodetype
        share = made.seconds / len(made.outputs)
        self.executor.learn(nodetype, made.seconds)
        moved = self.moved(job)
        outside = any(port.type.located for port in nodetype.outputs.values())
        for item, ((step, index), key, prepared) in enumerate(zip(job.places, job.keys, made.outputs)):
            warnings = made.warnings(item) if made.remarks else ()
            outputs, size = self.keep(step, index, prepared, share)
            if nodetype.remember and not moved:
                self.record(step, key, outputs, made.asks, share, warnings)
            if outside:
                outputs = self.located(step, outputs) or outputs  # what is not there counts by its name
            self.run.finish(step, index, outputs, share, size, warnings)
            self.release(key)

    def record(self, step: Step, key: bytes, outputs: tuple[bytes, ...], asks: tuple[str, ...], seconds: float,
               warnings: tuple[str, ...] = ()) -> None:
        for ask in asks:
            self.cache.record_asks(key, (ask,), seconds)
            answer = self.asking.answer(step, (), ask)
            assert answer is not None
            key = asked_key(key, ask, answer)
        self.cache.record(key, outputs, seconds, shape_of(step.nodetype), warnings)

    def keep(self, step: Step, index: Index, prepared: list[Any], seconds: float) -> tuple[tuple[bytes, ...], int]:
        """Put Values where their readers will find them, in memory and leased to them: their digests and bytes."""
        outputs: list[bytes] = []
        forced = (step.index, index) in self.run.forced
        small, plain, size = self.cache.small, self.cache.memory.plain, 0
        for slot, (port, one) in enumerate(zip(step.nodetype.outputs.values(), prepared), step.first):
            short = port.type.exact is not None and not forced
            for value in one if isinstance(one, list) else [one]:
                digest, live, code, tensors = value
                if short and len(code) <= SMALL:  # `store` and `keep` of what is small and cannot be changed
                    small[digest], plain[digest] = code, live
                    size += len(code)
                else:
                    self.keep_one(slot, index, port.type, value, seconds, forced)
                    size += value.bytes
            outputs.append(ListDigest.of([p.digest for p in one]) if isinstance(one, list) else one.digest)
        return tuple(outputs), size

    def keep_one(self, slot: int, index: Index, type: Any, value: Prepared, seconds: float, forced: bool) -> None:
        stored = self.cache.store(type, value, seconds)
        self.cache.keep(type, value, seconds)
        self.values.hold(slot, index if slot in self.plan.slot_axes else (), type, value, stored, forced)

    def moved(self, job: Job) -> bool:
        """Whether a file that a call read changed while it was read; then nothing of it is remembered."""
        stamps = self.values.stamps
        if not stamps:
            return False
        for name, value in job.arguments.items():
            port = job.step.nodetype.inputs.get(name)
            for path in value if isinstance(value, list) else [value] if port is not None and port.type is FILE else []:
                if path in stamps and self.run.models.stamp(path) != stamps[path]:
                    self.run.warn(f"{path} changed while {job.name} read it; what came of that is not remembered")
                    return True
        return False


class LazyInput:
    """What a node is handed for a lazy input: called, it gives the value, or has it made first."""

    def __init__(self, port: str, arguments: dict[str, Any], linked: bool):
        self.port, self.linked = port, linked
        self.known = port in arguments
        self.value = arguments.get(port)

    def __call__(self) -> Any:
        if self.linked and not self.known:
            raise Asked(self.port)
        return self.value
