"""Values of more than a few bytes on disk: a row in the index for each, and a file for the tensors of those with any.

    folder/objects/3f/3f9a...safetensors      tensors of the Value whose digest begins 3f9a

A file is written under another name and then renamed; the index speaks of it only after that. So a process that is
killed leaves at worst a file that nothing names, which pruning sweeps. What is damaged is noticed, forgotten and
said, never served: plain data is checked against its own name, a file against the checksum that the index holds.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ..digest import digest_bytes, forms
from ..wholefile import take_away
from ..wording import say
from . import arrays
from .index import Change, Index
from .pins import Pins
from .values import Prepared, words

_Row = tuple[bytes, bytes, int, bytes, float, float]  # digest, code, bytes, checksum of the file, seconds, worth
MOST_TOUCHED = 1000  # Values read whose worth is not written yet


class Objects:
    """The table of Values, and their files.

    budget: bytes kept; the least worthy go when it is passed. pins: digests that do not go; the owner
    changes it as it likes.
    """

    def __init__(self, index: Index, budget: int, pins: Pins):
        self.index, self.budget, self.pins = index, budget, pins
        self.folder, self.lock, self.warn = index.folder / "objects", index.lock, index.warn
        self.pending: dict[bytes, _Row] = {}
        self.touched: dict[bytes, float] = {}
        self.lost: set[bytes] = set()  # damaged, and still in an index that could not be written
        self.load()

    def load(self) -> None:
        """Read the clock and the size."""
        self.clock: float = sum(row[0] for row in self.index.rows("SELECT value FROM facts WHERE name = 'clock'"))
        self.pending = {digest: row for digest, row in self.pending.items()
                        if not row[3] or self.path(digest).exists()}
        self.size = self._bytes() + sum(row[2] for row in self.pending.values())
        self._full_at = 0  # the size down to which the last pruning came, where pins kept it from the budget

    def _bytes(self) -> int:
        return sum(row[0] for row in self.index.rows("SELECT coalesce(sum(size), 0) FROM objects"))

    def path(self, digest: bytes) -> Path:
        """Where the tensors of a Value are."""
        name = digest.hex()
        return self.folder / name[:2] / f"{name}.safetensors"

    # -- reading

    def get(self, digest: bytes, numpy_only: bool = False) -> tuple[bytes, list[Any]] | None:
        """A Value's encoding and tensors, or None. What is damaged is forgotten, with a warning.

        numpy_only: arrays in place of tensors, for every dtype that numpy has; torch is not imported for those.
        """
        row = self._row(digest)
        if row is None:
            return None
        _, code, size, checksum, seconds, _ = row
        tensors: list[Any] = []
        try:
            if digest_bytes(code) != digest:
                raise ValueError(say("damage.name"))
            if checksum:
                tensors = arrays.read(self.path(digest), checksum, forms(code), numpy_only)
            self.touched[digest] = self.clock + seconds / max(size, 1)
        except FileNotFoundError:
            self.forget(digest)
            return None
        except ValueError as error:
            self._damaged(digest, str(error))
            return None
        except Exception as error:  # a damaged header may be anything
            self._damaged(digest, say("damage.unreadable", error=words(error)))
            return None
        return code, tensors

    def _row(self, digest: bytes) -> _Row | None:
        with self.lock:
            if digest in self.lost:
                return None
            row = self.pending.get(digest)
        if row is None:
            rows = self.index.rows("SELECT digest, code, size, checksum, seconds, worth FROM objects "
                                   "WHERE digest = ?", (digest,))
            row = (rows[0][0], rows[0][1], rows[0][2], rows[0][3], rows[0][4], rows[0][5]) if rows else None
        return row

    def has(self, digest: bytes) -> bool:
        """Whether a Value is here, as far as the index knows."""
        with self.lock:
            if digest in self.pending or digest in self.lost:
                return digest in self.pending
        return bool(self.index.rows("SELECT 1 FROM objects WHERE digest = ?", (digest,)))

    # -- writing

    def put(self, prepared: Prepared, seconds: float) -> bool:
        """Write a Value. May be called from any thread. Whether it is kept."""
        if not self.index.takes:
            return False
        checksum = b""
        try:
            if prepared.tensors:
                checksum = arrays.write(self.path(prepared.digest), prepared.tensors)
        except OSError as error:
            if isinstance(error, PermissionError) and self.path(prepared.digest).exists():
                self.warn(say("value.unwritable", error=error.strerror or error))  # someone holds what was there
                return False
            self.index.give_up(say("index.unwritable", error=error))
            return False
        except Exception as error:  # whatever a tensor of an unheard-of kind may raise
            self.warn(say("value.unwritable", error=words(error)))
            return False
        digest, size = prepared.digest, prepared.bytes
        with self.lock:
            self.lost.discard(digest)
            if digest not in self.pending:
                self.size += size
            self.pending[digest] = (digest, prepared.code, size, checksum, seconds,
                                    self.clock + seconds / max(size, 1))
        return True

    def changes(self) -> list[Change]:
        """What has to be written to the index."""
        changes: list[Change] = [("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?)",
                                  list(self.pending.values()))]
        if len(self.touched) > MOST_TOUCHED:
            changes.append(self._worths())
        return changes

    def _worths(self) -> Change:
        rows = [(worth, digest) for digest, worth in self.touched.items()]
        self.touched.clear()
        return "UPDATE objects SET worth = ? WHERE digest = ?", rows

    def note_touched(self) -> None:
        """Write what the Values that were read are worth now."""
        if self.touched:
            self.index.write(self._worths())

    # -- letting go

    @property
    def is_over(self) -> bool:
        """Whether something has to go, and may."""
        return self.size > max(self.budget, self._full_at)

    def unpinned(self) -> None:
        """Something may go again."""
        self._full_at = 0

    def _damaged(self, digest: bytes, why: str) -> None:
        self.forget(digest)
        self.warn(say("value.damaged", why=why, name=self.path(digest).name))

    def forget(self, digest: bytes) -> None:
        """Let go of a Value that is of no use."""
        with self.lock:
            self.pending.pop(digest, None)
            if self.index.write(("DELETE FROM objects WHERE digest = ?", [(digest,)])):
                remove(self.path(digest))
            else:
                self.lost.add(digest)

    def prune(self, limit: int) -> tuple[int, int]:
        """Let the least worthy Values go until at most `limit` bytes are left. How many went, and their bytes.

        Files that nothing names (left by a killed process) go too, once they are an hour old.
        """
        with self.lock:
            self.note_touched()
            self.size = self._bytes()
            victims, freed, clock = self._victims(limit)
            if not self.index.write(
                    ("DELETE FROM objects WHERE digest = ?", [(digest,) for digest in victims]),
                    ("INSERT OR REPLACE INTO facts VALUES ('clock', ?)", [(clock,)]),
                    ("DELETE FROM traces WHERE rowid NOT IN (SELECT max(rowid) FROM traces GROUP BY key)", None)):
                return 0, 0
            self.clock = clock
            for digest in victims:
                remove(self.path(digest))
            self.size -= freed
            self._full_at = self.size
        self._sweep()
        return len(victims), freed

    def _victims(self, limit: int) -> tuple[list[bytes], int, float]:
        """The Values that have to go, their bytes, and the worth of the last."""
        victims, freed, clock = [], 0, self.clock
        for digest, size, worth in self.index.rows(
                "SELECT digest, CAST(size AS INTEGER), CAST(worth AS REAL) FROM objects ORDER BY worth"):
            if self.size - freed <= limit:
                break
            if digest not in self.pins:
                victims.append(digest)
                freed += size
                clock = max(clock, worth)
        return victims, freed, clock

    def clear(self) -> None:
        """Remove all files; the index is the owner's to clear."""
        with self.lock:
            self.pending.clear()
            self.size = 0
        for path in self.folder.glob("*/*"):
            remove(path)
        held = sum(1 for _ in self.folder.glob("*/*"))
        if held:
            self.warn(say("cache.files-held", files=held, folder=self.folder))

    def _sweep(self) -> None:
        """Remove files that the index does not name."""
        known = {row[0].hex() for row in self.index.rows("SELECT digest FROM objects WHERE checksum != x''")}
        known.update(digest.hex() for digest in self.pending)
        if not self.index.takes:
            return
        old = time.time() - 3600
        for path in self.folder.glob("*/*"):
            try:
                if path.stem.split(".")[0] not in known and path.stat().st_mtime < old:
                    remove(path)
            except FileNotFoundError:
                pass  # another process has moved it into place, or removed it


def remove(path: Path) -> None:
    """Remove a file, if the system lets it go: where it does not, a later sweep finds it."""
    try:
        take_away(path)  # False on a system that keeps files in use
    except OSError:
        pass  # a folder that was closed to us
