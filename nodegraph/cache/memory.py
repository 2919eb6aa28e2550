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
from .values import SMALL, Prepared, storages

HOST = "cpu"
PLAIN_BYTES = 200
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
    __slots__ = ("prepared", "type", "seconds", "touched", "storages", "bytes")


class Memory:
    """A bounded store of live Values by digest.

    budgets: device name -> bytes; a device that is not named has no bound.
    where: says what storages a Value holds; tests put a device of their own here.
    to_host: makes a Value whose tensors lie on the host from one whose do not.
    """

    def __init__(self, budgets: dict[str, int], where: Callable[[Prepared], list] = storages,
                 to_host: Callable[[Any, Prepared], Prepared] | None = None):
        self.budgets, self.where, self.to_host = dict(budgets), where, to_host or moved_to_host
        self.plain: dict[bytes, Any] = {}  # small Values without tensors, kept without further book-keeping
        self.entries: dict[bytes, _Entry] = {}
        self.used: dict[str, int] = {}
        self.shared: dict[tuple[str, int], list[int]] = {}  # storage -> [users, bytes]
        self.tenants: list[Tenant] = []
        self.clock = 0.0
        self.loose = 0  # bytes let go since the allocator was last asked to give them back
        self.moves = 0  # Values that went down from a device to the host
        self.lock = threading.RLock()

    def get(self, digest: bytes) -> Any:
        """The value of this name; raises KeyError if it is not here."""
        try:
            return self.plain[digest]
        except KeyError:
            with self.lock:
                entry = self.entries[digest]
                entry.touched = self.clock
                return entry.prepared.value

    def __contains__(self, digest: bytes) -> bool:
        return digest in self.plain or digest in self.entries

    def put(self, type: Any, prepared: Prepared, seconds: float) -> None:
        """Keep a Value, and let others go until every budget is met again."""
        if not prepared.tensors and len(prepared.code) <= SMALL:
            self.plain[prepared.digest] = prepared.value
            return
        with self.lock:
            if prepared.digest in self.entries:
                return
            entry = _Entry()
            entry.prepared, entry.type, entry.seconds, entry.touched = prepared, type, seconds, self.clock
            self._enter(entry)
            if any(self.taken(device) > self.budgets.get(device, 1 << 62) for device in self.used):
                self.shrink()

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
        if device == HOST and self.taken(device) > limit:
            # Small Values are cheap to read back: the oldest go, without weighing each.
            for digest in list(self.plain)[:len(self.plain) - max(0, limit - self.used.get(HOST, 0)) // PLAIN_BYTES]:
                del self.plain[digest]

    def _down(self, digest: bytes, device: str) -> None:
        """One tier down: from an accelerator to the host, from the host away."""
        entry = self.entries.pop(digest)
        self._leave(entry)
        self.loose += entry.bytes
        if self.loose > TRIM:
            self.loose = 0
            give_back_freed_memory()
        if device != HOST:
            entry.prepared = self.to_host(entry.type, entry.prepared)
            self.moves += 1
            self._enter(entry)

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


def moved_to_host(type: Any, prepared: Prepared) -> Prepared:
    """The same Value with its tensors on the host. Its name stays: the content has not changed."""
    from .values import restored

    tensors = tuple(t.cpu() if is_tensor(t) else t for t in prepared.tensors)
    return prepared._replace(tensors=tensors, value=restored(type, prepared.code, list(tensors)))


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
            _trim = lambda keep: 0  # noqa: E731
    _trim(0)


_trim: Callable[[int], int] | None = None
