"""Traces: what a request gave the last time, their form in the index, and the table that keeps them."""

from __future__ import annotations

from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from ..digest import SIZE, ListDigest, decode, encode

if TYPE_CHECKING:
    from .index import Index

LOADED_AT_ONCE = 300_000  # traces; an index of up to this many is read whole when it is opened
PACKED_BYTES = 220  # of memory that a packed trace takes


class Trace(NamedTuple):
    """What a request gave, and how long it took; or what it has to know before it can be keyed.

    outputs: the digest of each output port. asks: in place of outputs, names of what the request asks for.
    shape: a short signature of the output ports that it was made for, b"" where none was told.
    warnings: what the node told of that it dropped, changed or could not honour.
    """

    outputs: tuple[bytes, ...]
    seconds: float
    asks: tuple[str, ...] = ()
    shape: bytes = b""
    warnings: tuple[str, ...] = ()


def pack_outputs(outputs: tuple[bytes, ...], small: dict[bytes, bytes], shape: bytes = b"",
                 warnings: tuple[str, ...] = ()) -> bytes:
    """Digests of outputs as one blob, with the encodings of small Values inside, by digest."""
    if not warnings and len(outputs) == 1 and outputs[0].__class__ is bytes:
        return pack_small(outputs[0], small.get(outputs[0], b""), shape)
    rows = [[(d, small.get(d)) for d in out.items] if isinstance(out, ListDigest) else (bytes(out), small.get(out))
            for out in outputs]
    if warnings:
        return b"W" + encode([shape, rows, list(warnings)])
    return b"N" + encode([shape, rows]) if shape else b"n" + encode(rows)


def pack_small(digest: bytes, code: bytes, shape: bytes = b"") -> bytes:
    """One output that is a single Value: by far the most."""
    return b"2%c%b%b%b" % (len(shape), shape, digest, code) if shape else b"1" + digest + code


def pack_asks(asks: tuple[str, ...]) -> bytes:
    """The names of what a request asks for as one blob."""
    return b"a" + encode(list(asks))


def unpack(blob: bytes, seconds: float) -> tuple[Trace, dict[bytes, bytes]]:
    """What was packed: the trace, and the encodings of small Values. Raises ValueError on anything else."""
    tag = blob[:1]
    if tag in (b"1", b"2"):
        return _unpacked_small(blob, seconds)
    if tag == b"a":
        return Trace((), seconds, tuple(map(str, decode(blob[1:])))), {}
    if tag not in (b"n", b"N", b"W"):
        raise ValueError("not a trace")
    content = decode(blob[1:])
    shape, rows, *warnings = (b"", content) if tag == b"n" else content
    outputs: list[bytes] = []
    small: dict[bytes, bytes] = {}
    for row in rows:
        items = row if isinstance(row, list) else [row]
        small.update((d, code) for d, code in items if code is not None)
        outputs.append(ListDigest.of([d for d, _ in items]) if isinstance(row, list) else row[0])
    return Trace(tuple(outputs), seconds, (), shape, tuple(map(str, warnings[0] if warnings else ()))), small


def _unpacked_small(blob: bytes, seconds: float) -> tuple[Trace, dict[bytes, bytes]]:
    at = 1 if blob[:1] == b"1" else 2 + blob[1]
    name, code = blob[at:at + SIZE], blob[at + SIZE:]
    if len(name) < SIZE:
        raise ValueError("a trace cut short")
    return Trace((name,), seconds, (), blob[2:at]), {name: code} if code else {}


_KEY, _PACKED = itemgetter(1), itemgetter(2, 3)


class Traces:
    """The table of traces, with a copy in memory of those that nobody has asked for yet.

    packed: key -> (blob, seconds), the copy. pending: rows that are still to be written, by key.
    whole: whether a trace that is neither handed out nor in memory is nowhere; else the index has to be asked.
    """

    def __init__(self, index: Index):
        self.index = index
        self.packed: dict[bytes, tuple[bytes, float]] = {}
        self.pending: dict[bytes, tuple[bytes, bytes, float]] = {}
        self.whole = True
        self.load()

    @property
    def findable(self) -> bool:
        """Whether a trace can be found in the index by its key, without reading all of them."""
        return self._by_key or self.index.takes

    def load(self) -> None:
        """Read all traces, if they are not too many."""
        self._last_row, self._version = 0, -1
        self._by_key = any(row[1] == "by_key" for row in self.index.rows("PRAGMA index_list(traces)"))
        count = sum(row[0] for row in self.index.rows("SELECT count(*) FROM traces"))
        self.whole = count <= LOADED_AT_ONCE or not self.findable
        if self.whole:
            self._read_new()

    def look(self) -> None:
        """See what other processes have written in the meantime."""
        if self.whole and self._data_version() != self._version:
            self._read_new()

    def _read_new(self) -> None:
        rows = self.index.rows("SELECT rowid, key, outputs, seconds FROM traces WHERE rowid > ?", (self._last_row,))
        # `rows` hold all that is needed: the pair is cut from each in C, without a Python frame for every trace.
        self.packed.update(zip(map(_KEY, rows), map(_PACKED, rows)))
        if rows:
            self._last_row = rows[-1][0]
        self._version = self._data_version()

    def _data_version(self) -> int:
        return sum(row[0] for row in self.index.rows("PRAGMA data_version"))

    def take(self, key: bytes) -> tuple[bytes, float] | None:
        """The blob and the seconds of a request, or None. Whoever asks keeps what it is given: see `whole`."""
        packed = self.packed.pop(key, None)
        if packed is not None or self.whole:
            return packed
        row = self.pending.get(key)
        return row[1:] if row is not None else self._asked(key)

    def _asked(self, key: bytes) -> tuple[bytes, float] | None:
        if not self._by_key:
            # Writing costs a sixth more with it, so it is made only where it is needed.
            self._by_key = self.index.write(("CREATE INDEX IF NOT EXISTS by_key ON traces(key)", None))
        rows = self.index.rows("SELECT outputs, seconds FROM traces WHERE key = ? ORDER BY rowid DESC LIMIT 1", (key,))
        return (rows[0][0], rows[0][1]) if rows else None

    def drop(self, count: int) -> None:
        """Let this many of the oldest go from memory; they are found in the index from then on."""
        for key in list(islice(self.packed, count)):
            del self.packed[key]
        self.whole = False
