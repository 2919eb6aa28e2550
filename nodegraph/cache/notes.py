"""What is held in memory beside the larger Values: traces, and the encodings of small Values. How much that takes, and
what of it goes first when a run is over."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from ..digest import leaves
from .memory import HOST, PLAIN_BYTES, Holding, Memory
from .pins import Pins
from .traces import PACKED_BYTES, Trace

if TYPE_CHECKING:
    from .traces import Traces

KEPT_BYTES = 300  # of memory that an unpacked trace takes, with its key
SMALL_BYTES = 150  # that the encoding of a small Value takes
CHEAP = 0.01  # seconds; what took less goes first


class Notes:
    """Traces that were unpacked, and encodings of small Values: a tenant of the memory account.

    While a run goes on nothing of it goes, since the run may still want it.
    pins: digests that stay. traces: the table on disk, if there is one.
    """

    def __init__(self, memory: Memory, pins: Pins):
        self.memory, self.pins = memory, pins
        self.kept: dict[bytes, Trace] = {}
        self.small: dict[bytes, bytes] = {}
        self.traces: Traces | None = None
        memory.tenants.append(self)

    def held(self, device: str) -> int:
        """Bytes of memory that it takes."""
        if device != HOST:
            return 0
        packed = len(self.traces.packed) + len(self.traces.pending) if self.traces is not None else 0
        return KEPT_BYTES * len(self.kept) + SMALL_BYTES * len(self.small) + PACKED_BYTES * packed

    def idle(self, device: str) -> list[Holding]:
        """Nothing: see `settle`."""
        return []

    def settle(self, budget: int) -> None:
        """Let go until it takes half of the host's budget, or until everything fits."""
        over = self.memory.taken(HOST) - budget
        limit = max(budget // 2, self.bytes - over)
        if self.bytes > limit:
            self.trim(limit * 3 // 4)  # further than it must, so that not every run has to

    @property
    def bytes(self) -> int:
        """Bytes of memory that it takes, with the small Values themselves."""
        return self.held(HOST) + PLAIN_BYTES * len(self.memory.plain)

    def trim(self, limit: int) -> None:
        """Let the oldest go, those first that took no time, until what is left takes this many bytes at most."""
        self._drop_unnamed()
        if self.traces is not None and self.traces.findable and self.bytes > limit:
            self.traces.drop(-(-(self.bytes - limit) // PACKED_BYTES))
        if self.bytes > limit:
            each = max(1, self.bytes // max(1, len(self.kept)))
            cheap = (key for key, trace in self.kept.items() if trace.seconds < CHEAP)
            dear = (key for key, trace in self.kept.items() if trace.seconds >= CHEAP)
            for key in list(islice(chain(cheap, dear), -(-(self.bytes - limit) // each))):
                del self.kept[key]
            if self.traces is not None:
                self.traces.drop(0)  # what went is found in the index from now on
            self._drop_unnamed()

    def _drop_unnamed(self) -> None:
        """Let go of small Values that no trace here names and nobody has pinned."""
        named = set(self.pins)
        for trace in self.kept.values():
            named.update(*map(leaves, trace.outputs))
        for digest in self.small.keys() - named:
            del self.small[digest]
        plain = self.memory.plain
        for name in [name for name in plain if (name[1] if isinstance(name, tuple) else name) not in named]:
            del plain[name]
