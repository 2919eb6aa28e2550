"""The Key of a request as it grows: by what it reads, by what the node sees outside, and by what it asks for."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from ..digest import SIZE, digest, encode
from ..nodetype import NodeType
from ..plan import Index, Step
from .values import Reference

if TYPE_CHECKING:
    from .requests import Requests

SHAPES: dict[NodeType, bytes] = {}


def shape_of(nodetype: NodeType) -> bytes:
    """A short signature of a node's outputs; what was remembered of another shape is no result of it."""
    shape = SHAPES.get(nodetype)
    if shape is None:
        shape = SHAPES[nodetype] = blake2b(nodetype.shape, digest_size=4).digest()
    return shape


def asked_key(key: bytes, ask: str, answer: bytes) -> bytes:
    """A Key with one more thing that the node asked for, and what it was answered."""
    return blake2b(key + b"asks" + ask.encode() + b"\0" + answer, digest_size=SIZE).digest()


class Asking:
    """Finds the Keys of requests. asked: what requests asked for in this run, by the Key they had until then."""

    def __init__(self, requests: Requests):
        self.requests, self.run = requests, requests.run
        self.plan, self.tables, self.values, self.cache = self.run.plan, self.run.tables, self.run.values, self.run.cache
        self.asked: dict[bytes, list[str]] = {}

    def key(self, step: Step, index: Index, names: list[Any]) -> bytes | None:
        """The Key of a request, or None while something it reads is not there. names: what its slots hold."""
        if step.nodetype.lazy:
            names = [name for port, name in zip(step.ports, names) if port not in step.nodetype.lazy]
        if None in names:
            return None
        if step.odd:
            names = [self.named(step, index, place, name) for place, name in enumerate(names)]
        return blake2b(step.base + b"".join(names), digest_size=SIZE).digest()

    def narrowed(self, step: Step, index: Index, names: list[Any]) -> list[Any] | None:
        """What the slots hold, of models with just the patches that the node uses. None if one has to be made again."""
        lost: list[Reference] = []
        for place, (port_name, name) in enumerate(zip(step.ports, names)):
            if name is None or port_name not in step.nodetype.narrow:
                continue
            slot, view = step.slots[place], step.views[place] if step.views else None
            kind = self.values.type_at(slot, self.tables.place(slot, index, view))
            port = step.nodetype.inputs[port_name]
            try:
                value = self.values.live(kind, name)
            except KeyError:
                lost += self.values.lost(kind, name)
                continue
            narrow = port.narrowed(value)
            if narrow is not value:
                names[place] = digest(port.type.flatten(narrow))
        if lost:
            self.run.remaking.rebuild(step, index, lost)
            return None
        return names

    def named(self, step: Step, index: Index, place: int, name: bytes) -> bytes:
        """How a reference counts in a Key: with its type, where that is not the port's and not stored as it is."""
        slot, view = step.slots[place], step.views[place] if step.views else None
        kind = self.values.type_at(slot, self.tables.place(slot, index, view))
        own = step.nodetype.inputs[step.ports[place]].type
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if all(k is own or k.natural for k in kinds):
            return name
        return blake2b(b"typed" + encode([k.name for k in kinds]) + name, digest_size=SIZE).digest()

    def with_fingerprint(self, step: Step, index: Index, key: bytes) -> bytes | None:
        """The Key with what the node says of the world outside."""
        arguments = self.requests.arguments(step, index)
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
                key = asked_key(key, ask, answer)

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
            self.run.waits.await_slot(step, index, step.slots[place], index, view)
        return name
