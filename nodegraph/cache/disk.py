"""The cache on disk: the tables of one folder, and when what is new in them is written.

    folder/index.sqlite                       traces, and Values that are plain data
    folder/objects/3f/3f9a...safetensors      tensors of the Value whose digest begins 3f9a

Nothing here is ever unpickled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..wording import say
from .exports import Exports
from .files import Files, content_digest
from .history import History
from .index import Index
from .objects import Objects
from .pins import Pins
from .traces import Traces
from .values import Prepared

MUCH = 0.001  # seconds of work that are worth a commit of their own


class Disk:
    """One cache folder.

    budget: bytes of Values kept; the least worthy go when it is passed. warn: told of every damage, in a sentence.
    pins: digests of Values that must not go.
    Raises OSError or sqlite3.Error from the constructor alone, when the folder cannot be used at all.
    """

    def __init__(self, folder: Path, budget: int, warn: Callable[[str], None],
                 pins: Pins | None = None):
        self.folder, self.budget = Path(folder), budget
        self.index = Index(self.folder, warn)
        self.traces = Traces(self.index)
        self.objects = Objects(self.index, budget, pins if pins is not None else Pins())
        self.files, self.exports, self.history = Files(self.index), Exports(self.index), History(self.index)
        self.at_stake = 0.0  # seconds of work that a kill would lose now

    @property
    def size(self) -> int:
        """Bytes of Values here."""
        return self.objects.size

    # -- traces and Values

    def look(self) -> None:
        """See what other processes have written in the meantime."""
        self.traces.look()

    def trace(self, key: bytes) -> tuple[bytes, float] | None:
        """The packed outputs and the seconds of a request, or None; whoever asks keeps what it is given. See `look`."""
        return self.traces.take(key)

    def record(self, key: bytes, packed: bytes, seconds: float) -> None:
        """Remember what a request gave. Written at once when much would be lost, else many in one go."""
        if self.index.takes:
            self.traces.pending[key] = key, packed, seconds
            self.at_stake += seconds
            if self.at_stake > MUCH:
                self.commit()

    def object(self, digest: bytes, numpy_only: bool = False) -> tuple[bytes, list[Any]] | None:
        """A Value's encoding and tensors, or None. What is damaged is forgotten, with a warning."""
        return self.objects.get(digest, numpy_only)

    def has(self, digest: bytes) -> bool:
        """Whether a Value is here, as far as the index knows."""
        return self.objects.has(digest)

    def put(self, prepared: Prepared, seconds: float) -> bool:
        """Write a Value. May be called from any thread. Whether it is kept."""
        return self.objects.put(prepared, seconds)

    # -- what is beside them

    def file_digest(self, path: Path, compute: Callable[[Path], bytes] = content_digest) -> bytes:
        """The digest of a file outside, computed once for each stamp it is met with."""
        return self.files.digest(path, compute)

    def note_place(self, content: bytes, path: Path) -> None:
        """Remember where a file lies that a picture tells of by its name and content alone."""
        self.files.note_place(content, path)

    def place(self, content: bytes) -> Path | None:
        """Where a file of this content lay when it was last told of."""
        return self.files.place(content)

    def exported(self, digest: bytes, extension: str) -> bytes | None:
        """The digest of the file that a Value was written as, if it was."""
        return self.exports.content(digest, extension)

    def note_export(self, digest: bytes, extension: str, content: bytes) -> None:
        """Remember what the file that a Value was written as holds."""
        self.exports.note(digest, extension, content)

    def remember_history(self, graph: str, rows: Iterable[tuple[str, bytes]]) -> None:
        """Keep, for `why`, what each node of a graph was made from the last time."""
        self.history.remember(graph, rows)

    def histories(self, graph: str, decode: Callable[[bytes], Any]) -> list[tuple[str, Any]]:
        """What `remember_history` kept of one graph: (node, what `decode` makes of it)."""
        return self.history.of(graph, decode)

    # -- the folder

    def commit(self) -> None:
        """Write what is new. After this a kill loses nothing of it.

        While another process holds the index, what is new waits for the next time.
        """
        traces, objects, index = self.traces.pending, self.objects.pending, self.index
        self.at_stake = 0.0
        if traces or objects:
            if index.renewed():
                self.traces.load()
                self.objects.load()
            with index.lock:
                if index.write(*self.objects.changes(), ("INSERT INTO traces VALUES (?, ?, ?)", traces.values())) \
                        or not index.takes:
                    traces.clear()
                    objects.clear()
        self.keep_within_budget()

    def keep_within_budget(self) -> None:
        """Let Values go if there are too many."""
        if self.objects.is_over and self.index.takes and not self.objects.pending:
            self.prune(int(self.budget * 0.9))

    def prune(self, limit: int) -> tuple[int, int]:
        """Let the least worthy Values go until at most `limit` bytes are left. How many went, and their bytes.

        Traces stay: what a request gave is worth knowing even when the Value is gone.
        """
        return self.objects.prune(limit)

    def clear(self) -> None:
        """Forget everything."""
        with self.index.lock:
            self.traces.pending.clear()
            self.traces.packed.clear()
            tables = [name for (name,) in self.index.rows(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
            self.index.write(*((f"DELETE FROM {table}", None) for table in tables))
        self.objects.clear()
        self.files.clear()
        self.index.shrink()

    def counts(self) -> dict[str, int]:
        """How much is here: traces, values, bytes."""
        def sole(statement: str) -> int:
            return sum(row[0] for row in self.index.rows(statement))

        return {"traces": sole("SELECT count(DISTINCT key) FROM traces"),
                "values": sole("SELECT count(*) FROM objects"),
                "bytes": sole("SELECT coalesce(sum(size), 0) FROM objects")}

    def close(self) -> None:
        """Write what is new and let the folder go."""
        self.index.wait_again()
        self.commit()
        self.objects.note_touched()
        if self.traces.pending or self.objects.pending:
            self.index.warn(say("cache.not-kept", folder=self.folder))
        self.index.close()
