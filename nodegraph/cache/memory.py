"""What is in memory, on the devices and on the host, within a budget of bytes for each: one account.

Every storage is counted once, however many Values share it, and live models count beside the Values. When a device
is full its least worthy holdings move to the host; when the host is full they go (Values live on only on disk).
Worth is GreedyDual-Size (Cao and Irani, 1997): clock + seconds to make again / bytes, where the clock rises to the
worth of whatever went last, so that what is never used again ages.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from ..digest import is_tensor
from ..types import ANY, PortType
from ..wording import say
from .values import Damaged, Prepared, lasting, restored, storages, versions

HOST = "cpu"
PLAIN_BYTES = 200  # of memory that a small Value takes, with its name
TRIM = 16 << 20  # bytes


class Holding(NamedTuple):
    """Something of a tenant's that could go. release: lets it go."""

    worth: float
    bytes: int
    release: Callable[[], None]


class Tenant(Protocol):
    """Someone else who holds memory on the same account: the live models."""

    def held(self, device: str) -> int:
        """Bytes held on a device."""

    def idle(self, device: str) -> list[Holding]:
        """What could go from a device now."""


class _Entry:
    """A Value of more than a few bytes, and the live values that PortTypes made of it."""

    def __init__(self, type: PortType, prepared: Prepared, seconds: float, touched: float):
        self.type, self.prepared, self.seconds, self.touched = type, prepared, seconds, touched
        self.live: dict[PortType | None, Any] = {}
        self.storages: list[tuple[str, int, int]] = []
        self.bytes = 1
        self.versions = versions(prepared.tensors)
        self.hold(type, prepared.value)

    def hold(self, type: PortType, value: Any) -> None:
        """Keep what a PortType made of it, unless whoever is handed it could change it unseen."""
        if not type.natural:
            self.live[type] = value
        elif lasting(value):
            self.live[None] = value

    @property
    def changed(self) -> bool:
        """Whether one of its tensors was changed in place: then it is no longer what its name says."""
        return bool(self.versions) and versions(self.prepared.tensors) != self.versions

    def value(self, type: PortType) -> Any:
        """The live value of a PortType. Raises Damaged where that takes it for none of its own."""
        space = None if type.natural else type
        if space not in self.live:
            value = restored(type, self.prepared.code, self.prepared.tensors)
            self.hold(type, value)
            return value
        return self.live[space]


class Memory:
    """A bounded store of live Values, by digest and PortType.

    All PortTypes whose `flatten` and `restore` change nothing share their live values; any other has its own.
    budgets: device name -> bytes; a device that is not named has no bound.
    where: says what storages a Value holds; tests put a device of their own here.
    to_host: makes a Value whose tensors lie on the host from one whose do not. warn: told of what was damaged.
    """

    def __init__(self, budgets: dict[str, int], where: Callable[[Prepared], list[tuple[str, int, int]]] = storages,
                 to_host: Callable[[PortType, Prepared], Prepared] | None = None,
                 warn: Callable[[str], None] = lambda message: None):
        self.budgets, self.where, self.to_host, self.warn = dict(budgets), where, to_host or moved_to_host, warn
        # Small Values without tensors, kept without further book-keeping: by digest, or (PortType, digest).
        self.plain: dict[bytes | tuple[PortType, bytes], Any] = {}
        self.entries: dict[bytes, _Entry] = {}
        self.used: dict[str, int] = {}
        self.shared: dict[tuple[str, int], list[int]] = {}  # storage -> [users, bytes]
        self.tenants: list[Tenant] = []
        self.clock = 0.0
        self.loose = 0  # bytes let go since the allocator was last asked to give them back
        self.moves = 0  # Values that went down from a device to the host
        self.lock = threading.RLock()

    def get(self, digest: bytes, type: PortType = ANY) -> Any:
        """The value of this name; raises KeyError if it is not here (Damaged, if the PortType does not take it)."""
        try:
            return self.plain[digest if type.natural else (type, digest)]
        except KeyError:
            with self.lock:
                entry = self._sound(digest)
                entry.touched = self.clock
                return entry.value(type)

    def prepared(self, digest: bytes) -> Prepared:
        """A Value as it was put. Raises KeyError if it is not here, or a small one."""
        with self.lock:
            return self._sound(digest).prepared

    def __contains__(self, digest: bytes) -> bool:
        if digest in self.plain:
            return True
        entry = self.entries.get(digest)
        return entry is not None and not entry.changed

    def put(self, type: PortType, prepared: Prepared, seconds: float) -> None:
        """Keep a Value, and let others go until every budget is met again."""
        if prepared.is_small:
            if not type.natural:
                self.plain[type, prepared.digest] = prepared.value
            elif lasting(prepared.value):
                self.plain[prepared.digest] = prepared.value
            return
        with self.lock:
            entry = self.entries.get(prepared.digest)
            if entry is not None and not entry.changed:
                return  # another PortType's live value is made from this one's tensors when it is asked for
            self.drop(prepared.digest)
            self._enter(_Entry(type, prepared, seconds, self.clock))
            if any(self.taken(device) > self.budgets.get(device, 1 << 62) for device in self.used):
                self.shrink()

    def drop(self, digest: bytes, type: PortType = ANY) -> None:
        """Let one Value go, from every device."""
        with self.lock:
            self.plain.pop(digest, None)
            self.plain.pop((type, digest), None)
            entry = self.entries.pop(digest, None)
            if entry is not None:
                self._leave(entry)

    def _sound(self, digest: bytes) -> _Entry:
        entry = self.entries[digest]
        if entry.changed:
            self.drop(digest)
            self.warn(say("value.changed"))
            raise KeyError(digest)
        return entry

    def taken(self, device: str) -> int:
        """Bytes held on a device; a small plain Value counts with what Python needs for it and its name."""
        plain = PLAIN_BYTES * len(self.plain) if device == HOST else 0
        return self.used.get(device, 0) + plain + sum(tenant.held(device) for tenant in self.tenants)

    def shrink(self, leave: dict[str, int] | None = None) -> None:
        """Meet every budget, the accelerators' first, since what leaves them arrives on the host.

        leave: bytes of a device's budget that must be left free, for something that is about to come.
        """
        wanted = dict(leave or {})
        with self.lock:
            for device in sorted({HOST, *self.used, *wanted}, key=lambda d: d == HOST):
                limit = max(0, self.budgets.get(device, 1 << 62) - wanted.get(device, 0))
                if self.taken(device) > limit:
                    self._free(device, limit)

    def holdings(self, device: str) -> str:
        """A sentence on what holds a device's memory, for a report."""
        values = [e for e in self.entries.values() if any(s[0] == device for s in e.storages)]
        models = sum(tenant.held(device) for tenant in self.tenants)
        return (f"{device} holds {len(values)} values ({self.used.get(device, 0) / 2 ** 20:.0f} MiB) and models "
                f"({models / 2 ** 20:.0f} MiB) of a budget of {self.budgets.get(device, 0) / 2 ** 20:.0f} MiB")

    def clear(self) -> None:
        """Let everything go."""
        self.plain.clear()
        self.entries.clear()
        self.used.clear()
        self.shared.clear()

    def worth(self, entry: _Entry) -> float:
        """GreedyDual-Size: the least goes first."""
        return entry.touched + entry.seconds / entry.bytes

    def _free(self, device: str, limit: int) -> None:
        """Let the least worthy go, Values and models alike, until at most `limit` bytes are held."""
        def mover(digest: bytes) -> Callable[[], None]:
            return lambda: self._down(digest, device)

        going = [(self.worth(e), n, mover(d)) for n, (d, e) in enumerate(self.entries.items())
                 if any(s[0] == device for s in e.storages)]
        for tenant in self.tenants:
            going += [(h.worth, len(going) + n, h.release) for n, h in enumerate(tenant.idle(device))]
        heapq.heapify(going)
        while going and self.taken(device) > limit:
            worth, _, go = heapq.heappop(going)
            self.clock = max(self.clock, worth)
            go()

    def _down(self, digest: bytes, device: str) -> None:
        """One tier down: from an accelerator to the host, from the host away."""
        entry = self.entries.pop(digest)
        self._leave(entry)
        self.loose += entry.bytes
        if self.loose > TRIM:
            self.loose = 0
            give_back_freed_memory()
        if device == HOST or entry.changed:
            return
        try:
            prepared = self.to_host(entry.type, entry.prepared)
        except Damaged:
            return  # its PortType takes it no longer: what wants it makes it again
        self.moves += 1
        self._enter(_Entry(entry.type, prepared, entry.seconds, entry.touched))

    def _enter(self, entry: _Entry) -> None:
        self.entries[entry.prepared.digest] = entry
        entry.storages = self.where(entry.prepared)
        entry.bytes = max(1, sum(size for _, _, size in entry.storages))
        for device, address, size in entry.storages:
            if address:
                users = self.shared.setdefault((device, address), [0, size])
                users[0] += 1
                if users[0] > 1:
                    continue
            self._count(device, size)

    def _leave(self, entry: _Entry) -> None:
        for device, address, size in entry.storages:
            if address:
                users = self.shared[device, address]
                users[0] -= 1
                if users[0]:
                    continue
                del self.shared[device, address]
            self._count(device, -size)

    def _count(self, device: str, size: int) -> None:
        self.used[device] = self.used.get(device, 0) + size


def moved_to_host(type: PortType, prepared: Prepared) -> Prepared:
    """The same Value with its tensors on the host. Its name stays: the content has not changed."""
    tensors = tuple(t.cpu() if is_tensor(t) else t for t in prepared.tensors)
    return prepared._replace(tensors=tensors, value=restored(type, prepared.code, tensors))


def give_back_freed_memory() -> None:
    """Have the C library return freed memory to the system, where it is glibc.

    Its heap keeps what it once held: without this, a thousand tensors of 4 MiB under a budget of 64 MiB leave 500.
    """
    global _trim
    if _trim is None:
        import ctypes

        try:
            _trim = ctypes.CDLL(None).malloc_trim
        except (AttributeError, OSError, TypeError):  # another C library: there is nothing to ask
            _trim = lambda keep: 0
    _trim(0)


_trim: Callable[[int], int] | None = None
