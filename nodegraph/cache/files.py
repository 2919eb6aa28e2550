"""Digests of what files outside hold, kept for as long as the files stay what they are."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .index import Index

GRAIN = 2_000_000_000  # nanoseconds; a file that changed within the clock's grain could change again unseen


class Stamp(NamedTuple):
    """By what a file is known to be what it was. Times in nanoseconds; `changed` and `inode` see through a copied
    time: `cp -p`, `git checkout` and `os.utime` move one of them."""

    size: int
    modified: int
    changed: int
    inode: int


def file_stamp(path: str | Path) -> Stamp:
    """A file's stamp. Raises OSError where there is none."""
    stat = os.stat(path)
    return Stamp(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)


def content_digest(path: Path) -> bytes:
    """XXH3-128 of a file's bytes, read a few megabytes at a time."""
    import xxhash

    state = xxhash.xxh3_128()
    with path.open("rb") as file:
        while chunk := file.read(1 << 22):
            state.update(chunk)
    return state.digest()


class Files:
    """Digests of files by path and stamp, in memory and, where there is one, in an index."""

    def __init__(self, index: Index | None = None):
        self.index = index
        self._known: dict[str, tuple[Stamp, bytes]] = {}

    def digest(self, path: Path, compute: Callable[[Path], bytes] = content_digest) -> bytes:
        """The digest of a file's content, computed once for each stamp it is met with. Raises OSError."""
        path = path.resolve()
        name, stamp = str(path), file_stamp(path)
        known = self._known.get(name)
        if known is not None and known[0] == stamp:
            return known[1]
        digest = self._kept(name, stamp)
        if digest is None:
            digest = compute(path)
            if time.time_ns() - max(stamp.modified, stamp.changed) < GRAIN:
                return digest  # it may be changing at this moment: the next one who asks reads it again
            self._keep(name, stamp, digest)
        self._known[name] = stamp, digest
        return digest

    def note_place(self, content: bytes, path: Path) -> None:
        """Remember where a file lies that a picture tells of by its name and content alone."""
        if self.index is not None:
            self.index.write(("INSERT OR REPLACE INTO places VALUES (?, ?)", [(content, str(path.resolve()))]))

    def place(self, content: bytes) -> Path | None:
        """Where a file of this content lay when it was last told of."""
        rows = self.index.rows("SELECT path FROM places WHERE content = ?", (content,)) if self.index is not None else []
        return Path(rows[0][0]) if rows else None

    def clear(self) -> None:
        """Forget every digest that is in memory."""
        self._known.clear()

    def _kept(self, name: str, stamp: Stamp) -> bytes | None:
        rows = self.index.rows("SELECT digest FROM stamps WHERE path = ? AND stamp = ?",
                               (name, _text(stamp))) if self.index is not None else []
        return rows[0][0] if rows else None

    def _keep(self, name: str, stamp: Stamp, digest: bytes) -> None:
        if self.index is not None:
            self.index.write(("INSERT OR REPLACE INTO stamps VALUES (?, ?, ?)", [(name, _text(stamp), digest)]))


def _text(stamp: Stamp) -> str:
    return ",".join(map(str, stamp))  # an inode may be larger than SQLite's integers
