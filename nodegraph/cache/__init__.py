"""What is remembered: traces (Key -> digests of outputs) and Values, in memory and on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..digest import digest_bytes
from ..types import PortType
from .files import content_digest
from .memory import Memory
from .traces import Trace, pack_outputs, unpack_outputs
from .values import SMALL, Prepared, prepare, restored

if TYPE_CHECKING:
    from .disk import Disk

__all__ = ["Cache", "Prepared", "Trace", "prepare"]


class Cache:
    """Traces and Values in all their tiers. Used from one thread at a time, but for `store`, which any may call.

    folder: the cache folder; None remembers in memory only. host, device: budgets in bytes; disk: likewise.
    warn: told, in a sentence, of everything that is not as it should be.
    """

    def __init__(self, folder: Path | str | None = None, *, host: int = 2 << 30, disk: int = 10 << 30,
                 devices: dict[str, int] | None = None, warn: Callable[[str], None] = lambda message: None):
        self.warn = warn
        self.memory = Memory({"cpu": host, **(devices or {})})
        self.disk: Disk | None = None
        self.kept: dict[bytes, Trace] = {}  # traces already unpacked
        self.small: dict[bytes, bytes] = {}  # encodings of small Values, by digest
        if folder is not None:
            self.disk = self._open(Path(folder), disk)

    def _open(self, folder: Path, budget: int) -> Disk | None:
        import sqlite3  # here, since checking a graph needs neither

        from .disk import Disk

        try:
            return Disk(folder, budget, lambda message: self.warn(message))
        except (OSError, sqlite3.Error) as error:
            self.warn(f"the cache folder {folder} cannot be used ({error}); this run remembers in memory only")
            return None

    # -- traces

    def trace(self, key: bytes) -> Trace | None:
        """What a request gave the last time, or None."""
        found = self.kept.get(key)
        if found is None and self.disk is not None:
            packed = self.disk.traces.get(key) or self.disk.trace(key)
            if packed is not None:
                blob, seconds = packed
                if blob[:1] == b"1" and len(blob) > 17:  # one small Value: by far the most
                    name = blob[1:17]
                    self.small[name] = blob[17:]
                    outputs = (name,)
                else:
                    try:
                        outputs, small = unpack_outputs(blob)
                    except ValueError:
                        self.warn("a remembered trace is damaged; its node runs again")
                        return None
                    self.small.update(small)
                found = self.kept[key] = tuple.__new__(Trace, (outputs, seconds))
        return found

    def look(self) -> None:
        """See what other processes remembered in the meantime; worth it before a costly call."""
        if self.disk is not None:
            self.disk.look()

    def record(self, key: bytes, outputs: tuple[bytes, ...], seconds: float) -> None:
        """Remember what a request gave. Its Values were stored before."""
        self.kept[key] = Trace(outputs, seconds)
        if self.disk is not None:
            self.disk.record(key, pack_outputs(outputs, self.small), seconds)

    def record_small(self, key: bytes, digest: bytes, code: bytes, value: Any, seconds: float) -> None:
        """`store`, `keep` and `record` at once, for a request whose one output is a number."""
        self.small[digest] = code
        self.memory.plain[digest] = value
        self.kept[key] = tuple.__new__(Trace, ((digest,), seconds))
        if self.disk is not None:
            self.disk.record(key, b"1" + digest + code, seconds)

    # -- Values

    def store(self, type: PortType, prepared: Prepared, seconds: float) -> bool:
        """Write a Value to disk, if there is one. Any thread may call this. Whether a later run will find it."""
        if not prepared.tensors and len(prepared.code) <= SMALL:
            self.small[prepared.digest] = prepared.code
            return self.disk is not None
        return self.disk is not None and (self.disk.has(prepared.digest) or self.disk.put(prepared, seconds))

    def keep(self, type: PortType, prepared: Prepared, seconds: float) -> None:
        """Hold a Value in memory, within the budget."""
        self.memory.put(type, prepared, seconds)

    def value(self, type: PortType, digest: bytes) -> Any:
        """The Value of this name, from the nearest tier that has it. Raises KeyError where none has."""
        try:
            return self.memory.get(digest)
        except KeyError:
            pass
        code, tensors = self.small.get(digest), []
        if code is None or digest_bytes(code) != digest:
            self.small.pop(digest, None)  # a damaged one is not to be trusted by `has`
            found = self.disk.object(digest) if self.disk is not None else None
            if found is None:
                raise KeyError(digest)
            code, tensors = found
        prepared = Prepared(digest, restored(type, code, tensors), code, tuple(tensors))
        # What came from disk costs little to bring again.
        self.memory.put(type, prepared, 1e-3)
        return prepared.value

    def has(self, digest: bytes) -> bool:
        """Whether some tier has a Value."""
        return (digest in self.memory or digest in self.small
                or self.disk is not None and self.disk.has(digest))

    def file_digest(self, path: Path) -> bytes:
        """The digest of a file's content; on disk it is kept until the file's size or time changes."""
        return self.disk.file_digest(path, content_digest) if self.disk is not None else content_digest(path)

    # -- the folder

    def commit(self) -> None:
        """Write what is new to disk."""
        if self.disk is not None:
            self.disk.commit()

    def close(self) -> None:
        """Write what is new and let go of the folder."""
        if self.disk is not None:
            self.disk.close()
            self.disk = None

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
