"""Requests of a run: their Keys, what is remembered of them, the calls that are to be made, and what comes of these."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from ..cache import Prepared
from ..cache.values import SMALL
from ..digest import SIZE, ListDigest, encode
from ..errors import Cancelled, InputError, OutOfMemory
from ..nodetype import NodeType
from ..plan import Index, Step, cut, judged
from ..types import FILE
from .call import Asked, Job, Made, Outcome, Row, prepare_output
from .tables import BLOCKED, FLYING, WAITING, Instance

from .values import Reference, fresh

if TYPE_CHECKING:
    from .run import Run

SHAPES: dict[NodeType, bytes] = {}


def shape_of(nodetype: NodeType) -> bytes:
    """A short signature of a node's outputs; what was remembered of another shape is no result of it."""
    shape = SHAPES.get(nodetype)
    if shape is None:
        shape = SHAPES[nodetype] = blake2b(nodetype.shape, digest_size=4).digest()
    return shape


class Requests:
    """Carries out requests that do not go the short way, for one run."""

    def __init__(self, run: Run):
        self.run, self.plan, self.tables, self.values = run, run.plan, run.tables, run.values
        self.cache, self.executor = run.cache, run.executor
        self.in_flight: dict[bytes, list[Any]] = {}  # Key of a call that is on -> entries that ask for the same
        self.failures: dict[bytes, BaseException] = {}
        self.batches: dict[Any, list[tuple[Step, Index, bytes]]] = {}
        self.asked: dict[bytes, list[str]] = {}  # what a request asked for, in this run

    # -- one request

    def go(self, step: Step, index: Index) -> None:
        """Find out whether a request is remembered, and if not see that it is called."""
        names = self.tables.read(step, index)
        key = self.key(step, index, names)
        if key is None:
            return self.run.blocked(step, index)
        nodetype = step.nodetype
        if nodetype.fingerprint is not None:
            key = self.with_fingerprint(step, index, key)
            if key is None:
                return
        if self.executor.costly(nodetype):
            self.cache.look()
        settled = self.settled(step, index, key)
        if settled is None:
            return
        key, known, granted = settled
        if known is not None and self.remembered(step, index, known):
            return
        if nodetype.remember and self.joined(step, index, key):
            return None
        if step.batched:
            return self.queue(step, index, key, names)
        arguments = self.arguments(step, index, granted)
        if arguments is not None:
            self.dispatch(Job(((step, index),), (key,), arguments, step.name))

    def key(self, step: Step, index: Index, names: list[Any]) -> bytes | None:
        """The Key of a request, or None while something it reads is not there. names: what its slots hold."""
        if step.nodetype.lazy:
            names = [name for port, name in zip(step.ports, names) if port not in step.nodetype.lazy]
        if None in names:
            return None
        if step.odd:
            names = [self.named(step, index, place, name) for place, name in enumerate(names)]
        return blake2b(step.base + b"".join(names), digest_size=SIZE).digest()

    def named(self, step: Step, index: Index, place: int, name: bytes) -> bytes:
        """How a reference counts in a Key: with its type, where that is not the port's and not stored as it is."""
        slot, view = step.slots[place], step.views[place] if step.views else None
        kind = self.values.type_at(slot, index if view is None else cut(index, view)) \
            if slot in self.plan.slot_axes else self.values.type_at(slot, ())
        own = step.nodetype.inputs[step.ports[place]].type
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if all(k is own or k.natural for k in kinds):
            return name
        return blake2b(b"typed" + encode([k.name for k in kinds]) + name, digest_size=SIZE).digest()

    def with_fingerprint(self, step: Step, index: Index, key: bytes) -> bytes | None:
        """The Key with what the node says of the world outside."""
        arguments = self.arguments(step, index)
        if arguments is None:
            return None
        assert step.nodetype.fingerprint is not None
        try:
            seen = encode(step.nodetype.fingerprint(**arguments))
        except (Exception, SystemExit) as error:
            self.run.fail(step, index, error, arguments)
            return None
        return blake2b(key + b"seen" + seen, digest_size=SIZE).digest()

    def settled(self, step: Step, index: Index, key: bytes) -> tuple[bytes, Any, set[str]] | None:
        """The Key with everything that the node is known to ask for, its trace, and what it asks for.

        None: something has to be made first.
        """
        nodetype, granted = step.nodetype, set[str]()
        shape = shape_of(nodetype)
        while True:
            trace = self.cache.trace(key, shape) if nodetype.remember else None
            asks = self.asked.get(key) or (trace.asks if trace is not None else ())
            if not asks:
                return key, trace, granted
            granted.update(asks)
            for ask in asks:
                answer = self.answer(step, index, ask)
                if answer is None:
                    return None
                key = blake2b(key + b"asks" + ask.encode() + b"\0" + answer, digest_size=SIZE).digest()

    def answer(self, step: Step, index: Index, ask: str) -> bytes | None:
        """What a node is told that asks for its device, its floating type or a lazy input; None while it is made."""
        if ask == "ctx.device":
            return self.run.models.device.split(":")[0].encode()
        if ask == "ctx.dtype":
            return self.run.models.dtype.encode()
        if ask not in step.ports:
            return b"literal"
        place = step.ports.index(ask)
        view = step.views[place] if step.views else None
        name: bytes | None = self.tables.digest(step.slots[place], index, view)
        if name is None:
            self.run.await_slot(step, index, step.slots[place], index, view)
        return name

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
        self.run.remember(step, index, outputs)
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
        waiting.append(self.run.entry(step, index))
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
            at = (index if view is None else cut(index, view)) if slot in self.plan.slot_axes else ()
            kind = self.values.type_at(slot, at)
            try:
                arguments[port] = self.values.live(kind, name)
            except KeyError:
                lost += self.values.lost(kind, name) or [(name, None if kind.natural else kind)]
        if lost:
            self.run.rebuild(step, index, lost)
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

    # -- batches

    def queue(self, step: Step, index: Index, key: bytes, names: list[Any]) -> None:
        """Let a request wait until those that can be served together with it are known."""
        nodetype = step.nodetype
        others = tuple([name for port, name in zip(step.ports, names) if port != nodetype.batch])
        group = (nodetype, step.base, others)
        waiting = self.batches.setdefault(group, [])
        waiting.append((step, index, key))
        self.tables.set_status(step, index, FLYING)
        if nodetype.remember:
            self.in_flight[key] = []
        if len(waiting) == nodetype.batch_size:
            self.serve(group)

    def flush(self) -> bool:
        """Serve the batches that nothing which is on can add to. Whether there was one."""
        groups = [group for group, asks in self.batches.items() if not self.may_grow(asks)]
        for group in groups:
            self.serve(group)
        return bool(groups)

    def may_grow(self, asks: list[tuple[Step, Index, bytes]]) -> bool:
        batched = {step.index for step, _, _ in asks}
        return any(batched & self.run.downstream(index) for index in self.run.flying_steps)

    def serve(self, group: Any) -> None:
        """Make one call for all that wait in a group."""
        places, keys, items, first = [], [], [], None
        port = group[0].batch
        for step, index, key in sorted(self.batches.pop(group), key=lambda ask: (ask[0].index, ask[1])):
            self.tables.set_status(step, index, WAITING)
            arguments = self.arguments(step, index)
            if arguments is None:
                self.release(key)
                continue
            first = first or arguments
            places.append((step, index))
            keys.append(key)
            items.append(arguments[port])
        if first is not None:
            name = places[0][0].name
            self.dispatch(Job(tuple(places), tuple(keys), {**first, port: items}, name))

    # -- calls

    def dispatch(self, job: Job) -> None:
        """Call a node: here if it is cheap, through a worker if it is costly."""
        for (step, index), key in zip(job.places, job.keys):
            self.tables.set_status(step, index, FLYING)
            if step.nodetype.remember:
                self.in_flight.setdefault(key, [])
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
        self.asked[key] = [port]
        if step.nodetype.remember:
            self.cache.record_asks(key, (port,), 0.0)
        self.tables.set_status(step, index, WAITING)
        self.release(key)
        self.run.stack.append(self.run.entry(step, index))

    def release(self, key: bytes) -> None:
        """A call is over: those that asked for the same are tried again."""
        for entry in self.in_flight.pop(key, ()):
            self.run.wake_entry(entry)

    def accept(self, job: Job, made: Made) -> None:
        """Remember what a call gave."""
        nodetype = job.step.nodetype
        share = made.seconds / len(made.outputs)
        self.executor.learn(nodetype, made.seconds)
        moved = self.moved(job)
        for (step, index), key, prepared in zip(job.places, job.keys, made.outputs):
            outputs, size = self.keep(step, index, prepared, share)
            if nodetype.remember and not moved:
                self.record(step, key, outputs, made.asks, share)
            if any(port.type.located for port in nodetype.outputs.values()):
                outputs = self.located(step, outputs) or outputs  # what is not there counts by its name
            self.run.finish(step, index, outputs, share, size)
            self.release(key)

    def record(self, step: Step, key: bytes, outputs: tuple[bytes, ...], asks: tuple[str, ...], seconds: float) -> None:
        for ask in asks:
            self.cache.record_asks(key, (ask,), seconds)
            answer = self.answer(step, (), ask)
            assert answer is not None
            key = blake2b(key + b"asks" + ask.encode() + b"\0" + answer, digest_size=SIZE).digest()
        self.cache.record(key, outputs, seconds, shape_of(step.nodetype))

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


__all__ = ["Instance", "Requests", "Row", "prepare_output", "shape_of"]
