"""What is remembered: traces (Key -> digests of outputs) and Values, in memory and on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..digest import SIZE, digest_bytes
from ..types import PortType
from ..wording import say
from .files import Files
from .memory import HOST, Memory
from .notes import Notes
from .pins import Pins
from .traces import Trace, pack_asks, pack_outputs, pack_small, unpack
from .values import Damaged, Prepared, duplicate, prepare, restored

if TYPE_CHECKING:
    from .disk import Disk

__all__ = ["Cache", "Prepared", "Trace", "prepare"]


class Cache:
    """Traces and Values in all their tiers. Used from one thread at a time, but for `store`, which any may call.

    folder: the cache folder; None remembers in memory only. host, device: budgets in bytes; disk: likewise.
    warn: told, in a sentence, of everything that is not as it should be.
    What flows is named by a digest and a PortType: two PortTypes may make different values of one digest.
    """

    def __init__(self, folder: Path | str | None = None, *, host: int = 2 << 30, disk: int = 10 << 30,
                 devices: dict[str, int] | None = None, warn: Callable[[str], None] = lambda message: None):
        self.warn = warn
        self.memory = Memory({"cpu": host, **(devices or {})}, warn=lambda message: self.warn(message))
        self.pins = Pins()
        self.notes = Notes(self.memory, self.pins)
        self.kept, self.small = self.notes.kept, self.notes.small
        self.disk: Disk | None = self._open(Path(folder), disk) if folder is not None else None
        self._files = Files()
        if self.disk is not None:
            self._files, self.notes.traces = self.disk.files, self.disk.traces

    def _open(self, folder: Path, budget: int) -> Disk | None:
        import sqlite3  # here, since checking a graph needs neither

        from .disk import Disk

        try:
            return Disk(folder, budget, lambda message: self.warn(message), self.pins)
        except (OSError, sqlite3.Error) as error:
            self.warn(say("cache.unusable", folder=folder, error=getattr(error, "strerror", None) or error))
            return None

    # -- traces

    def trace(self, key: bytes, shape: bytes = b"") -> Trace | None:
        """What a request gave the last time, or None.

        shape: a short signature of the output ports; a trace that was recorded under another one does not count.
        """
        trace = self.kept.get(key)
        if trace is None:
            packed = self.disk.traces.take(key) if self.disk is not None else None
            trace = self._unpacked(key, packed) if packed is not None else None
        if shape and trace is not None and trace[3] and trace[3] != shape:
            return None
        return trace

    def _unpacked(self, key: bytes, packed: tuple[bytes, float]) -> Trace | None:
        blob, seconds = packed
        trace: Trace
        try:
            tag = blob[:1]
            at = 1 if tag == b"1" else 2 + blob[1] if tag == b"2" and len(blob) > 1 else len(blob)
            if len(blob) > at + SIZE:  # one small Value: by far the most
                name = blob[at:at + SIZE]
                self.small[name] = blob[at + SIZE:]
                trace = tuple.__new__(Trace, ((name,), seconds, (), blob[2:at], ()))
            else:
                trace, small = unpack(blob, seconds)
                self.small.update(small)
        except (ValueError, TypeError, LookupError):
            self.warn(say("trace.damaged"))
            return None
        self.kept[key] = trace
        return trace

    def look(self) -> None:
        """See what other processes remembered in the meantime; worth it before a costly call."""
        if self.disk is not None:
            self.disk.look()

    def record(self, key: bytes, outputs: tuple[bytes, ...], seconds: float, shape: bytes = b"",
               warnings: tuple[str, ...] = ()) -> None:
        """Remember what a request gave. Its Values were stored before. shape: see `trace`; at most 255 bytes."""
        self.kept[key] = Trace(outputs, seconds, (), shape, warnings)
        if self.disk is not None:
            self.disk.record(key, pack_outputs(outputs, self.small, shape, warnings), seconds)

    def record_small(self, key: bytes, digest: bytes, code: bytes, value: Any, seconds: float,
                     shape: bytes = b"") -> None:
        """`store`, `keep` and `record` at once, for a request whose one output is a number of a natural PortType."""
        self.small[digest] = code
        self.memory.plain[digest] = value
        self.kept[key] = tuple.__new__(Trace, ((digest,), seconds, (), shape, ()))
        if self.disk is not None:
            self.disk.record(key, pack_small(digest, code, shape) if shape else b"1" + digest + code, seconds)

    def record_asks(self, key: bytes, asks: tuple[str, ...], seconds: float) -> None:
        """Remember what a request asks for before it can be keyed whole; `trace` gives it back as `asks`."""
        self.kept[key] = Trace((), seconds, asks)
        if self.disk is not None:
            self.disk.record(key, pack_asks(asks), seconds)

    # -- Values

    def store(self, type: PortType, prepared: Prepared, seconds: float) -> bool:
        """Write a Value to disk, if there is one. Any thread may call this.

        Whether a later read in this run is sure: the Value is small, or it is on disk and either pinned or within
        the budget of the folder. (A disk that fails can still lose it, and another process may prune.)
        """
        if prepared.is_small:
            self.small[prepared.digest] = prepared.code
            return True
        disk = self.disk
        if disk is None or not (disk.has(prepared.digest) or disk.put(prepared, seconds)):
            return False
        return prepared.digest in self.pins or disk.size <= disk.budget

    def keep(self, type: PortType, prepared: Prepared, seconds: float) -> None:
        """Hold a Value in memory, within the budget."""
        self.memory.put(type, prepared, seconds)

    def value(self, type: PortType, digest: bytes) -> Any:
        """The Value of this name, from the nearest tier that has it. Raises KeyError where none has.

        What can be changed without that being noticed (lists, dicts) is made anew for each one who asks.
        """
        try:
            try:
                return self.memory.get(digest, type)
            except Damaged:
                raise
            except KeyError:
                pass
            code, tensors = self._content(digest)
            prepared = Prepared(digest, restored(type, code, tensors), code, tuple(tensors))
        except Damaged as error:
            raise self._forgotten(type, digest, error) from error
        # What came from disk costs little to bring again.
        self.memory.put(type, prepared, 1e-3)
        return prepared.value

    def copy(self, type: PortType, digest: bytes) -> Any:
        """The Value of this name, of which nobody else has any part: whoever is handed it may change it."""
        code, tensors = self._whole(digest)
        try:
            return restored(type, code, [duplicate(tensor) for tensor in tensors])
        except Damaged as error:
            raise self._forgotten(type, digest, error) from error

    def array_value(self, type: PortType, digest: bytes) -> Any:
        """The Value with numpy arrays in place of its tensors, where numpy has their dtype; torch is not imported.

        For writing files, which takes no more. The arrays may not be changed.
        """
        from .arrays import in_numpy

        code, tensors = self._whole(digest, numpy_only=True)
        try:
            return restored(type, code, list(map(in_numpy, tensors)))
        except Damaged as error:
            raise self._forgotten(type, digest, error) from error

    def _whole(self, digest: bytes, numpy_only: bool = False) -> tuple[bytes, list[Any]]:
        """A Value's encoding and tensors, from any tier. Raises KeyError."""
        try:
            prepared = self.memory.prepared(digest)
        except KeyError:
            return self._content(digest, numpy_only)
        return prepared.code, list(prepared.tensors)

    def _content(self, digest: bytes, numpy_only: bool = False) -> tuple[bytes, list[Any]]:
        """A Value's encoding and tensors, from its trace or from disk. Raises KeyError."""
        code = self.small.get(digest)
        if code is not None and digest_bytes(code) == digest:
            return code, []
        self.small.pop(digest, None)  # a damaged one is not to be trusted by `has`
        content = self.disk.object(digest, numpy_only) if self.disk is not None else None
        if content is None:
            raise KeyError(digest)
        return content

    def _forgotten(self, type: PortType, digest: bytes, error: Damaged) -> KeyError:
        """The error that tells of a Value which its PortType does not take back. Nothing of it is kept."""
        self.memory.drop(digest, type)
        self.small.pop(digest, None)
        if self.disk is not None:
            self.disk.objects.forget(digest)
        self.warn(say("value.damaged", why=error.args[0], name=digest.hex()))
        return KeyError(digest)

    def has(self, digest: bytes) -> bool:
        """Whether some tier has a Value."""
        return (digest in self.memory or digest in self.small
                or self.disk is not None and self.disk.has(digest))

    def pin(self, digest: bytes) -> None:
        """Keep a Value from being pruned or settled away until it is unpinned as often; of a list, each item."""
        self.pins.add(digest)

    def unpin(self, digest: bytes) -> None:
        """Take one pin back."""
        self.pins.remove(digest)
        if self.disk is not None:
            self.disk.objects.unpinned()

    def file_digest(self, path: Path) -> bytes:
        """The digest of a file's content; it is kept until the file's size, times or inode change."""
        return self._files.digest(path)

    def settle(self) -> None:
        """Come back within the budgets; to be called when a run is over.

        What is on disk is found there when it is asked for. Without a disk, what goes is made again.
        """
        if self.disk is not None:
            self.disk.keep_within_budget()
        budget = self.memory.budgets.get(HOST, 1 << 62)
        if self.memory.taken(HOST) > budget:
            self.notes.settle(budget)
            self.memory.shrink()

    # -- the folder

    def commit(self) -> None:
        """Write what is new to disk."""
        if self.disk is not None:
            self.disk.commit()

    def close(self) -> None:
        """Write what is new and let go of the folder."""
        if self.disk is not None:
            self.disk.close()
            self.disk = self.notes.traces = None

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
