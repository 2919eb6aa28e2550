"""The cache on disk: an index in SQLite, and one safetensors file for each Value that holds tensors.

    folder/index.sqlite                       traces, and Values that are plain data
    folder/objects/3f/3f9a...safetensors      tensors of the Value whose digest begins 3f9a

A file is written under another name and then renamed; the index speaks of it only after that. So a process that is
killed leaves at worst a file that nothing names, which pruning sweeps. SQLite's write-ahead log lets two processes
use one folder. Nothing here is ever unpickled. What is damaged is noticed, forgotten and said, never served: plain
data is checked against its own name, a file against the checksum that the index holds.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from operator import itemgetter
from pathlib import Path
from typing import Any

from ..digest import digest_bytes
from .files import file_checksum, load_tensors, save_tensors
from .values import Prepared

FORMAT = 1  # PRAGMA user_version of the index; another one is set aside
WAIT = 10.0  # seconds for which another process may hold the index
MUCH = 0.001  # seconds of work that are worth a commit of their own
LOADED_AT_ONCE = 300_000  # traces; an index of up to this many is read whole when it is opened

_SCHEMA = """
CREATE TABLE IF NOT EXISTS traces(key BLOB, outputs BLOB, seconds REAL);
CREATE TABLE IF NOT EXISTS objects(digest BLOB PRIMARY KEY, code BLOB, size INTEGER, checksum BLOB, seconds REAL,
                                   worth REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history(graph TEXT, node TEXT, ingredients BLOB, PRIMARY KEY(graph, node)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files(path TEXT PRIMARY KEY, size INTEGER, modified INTEGER, digest BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS exports(digest BLOB, extension TEXT, content BLOB,
                                   PRIMARY KEY(digest, extension)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts(name TEXT PRIMARY KEY, value REAL) WITHOUT ROWID;
"""


_KEY, _TRACE = itemgetter(1), itemgetter(2, 3)


class Disk:
    """One cache folder.

    budget: bytes of Values kept; the least worthy go when it is passed. warn: told of every damage, in a sentence.
    Raises OSError or sqlite3.Error from the constructor alone, when the folder cannot be used at all.
    """

    def __init__(self, folder: Path, budget: int, warn: Callable[[str], None]):
        self.folder, self.budget, self.warn = Path(folder), budget, warn
        self.lock = threading.RLock()
        self.broken = False
        self.new_traces: list[tuple] = []
        self.new_objects: list[tuple] = []
        self.touched: dict[bytes, float] = {}
        self.clock = 0.0
        self.size = 0
        self.at_stake = 0.0  # seconds of work that a kill would lose now
        self.folder.mkdir(parents=True, exist_ok=True)
        self.index = self._open()
        self.traces: dict[bytes, tuple[bytes, float]] = {}
        self._last_row = 0
        self.whole = self._load()

    # -- opening

    def _open(self) -> sqlite3.Connection:
        path = self.folder / "index.sqlite"
        try:
            index = self._connect(path)
            version = index.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, FORMAT):
                index.close()
                self._set_aside(path, f"was written by another release (format {version}; this one reads {FORMAT})")
                index = self._connect(path)
            elif version == FORMAT and index.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("it fails its own check")
            index.executescript(_SCHEMA)
            index.execute(f"PRAGMA user_version = {FORMAT}")
            return index
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            self._set_aside(path, f"is damaged ({error})")
            index = self._connect(path)
            index.executescript(_SCHEMA)
            index.execute(f"PRAGMA user_version = {FORMAT}")
            return index

    def _connect(self, path: Path) -> sqlite3.Connection:
        index = sqlite3.connect(path, timeout=WAIT, isolation_level=None, check_same_thread=False)
        self._use_log(index)
        # NORMAL keeps the log whole when a process is killed; only a power cut can lose the newest entries.
        index.execute("PRAGMA synchronous = NORMAL")
        return index

    @staticmethod
    def _use_log(index: sqlite3.Connection) -> None:
        """Switch to a write-ahead log. SQLite does not wait for others here, as its timeout would have it do."""
        end = time.monotonic() + WAIT
        while True:
            try:
                index.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(0.005)

    def _set_aside(self, path: Path, why: str) -> None:
        aside = path.with_name(f"index.set-aside-{int(time.time())}.sqlite")
        os.replace(path, aside)
        for tail in ("-wal", "-shm"):
            path.with_name(path.name + tail).unlink(missing_ok=True)
        self.warn(f"the cache's index {path} {why}; it was set aside as {aside.name} and a new one begun")

    def _load(self) -> bool:
        """Read the clock, the size and, if they are not too many, all traces. Whether they were all read."""
        facts = dict(self.index.execute("SELECT name, value FROM facts"))
        self.clock = facts.get("clock", 0.0)
        self.size = self.index.execute("SELECT coalesce(sum(size), 0) FROM objects").fetchone()[0]
        count = self.index.execute("SELECT count(*) FROM traces").fetchone()[0]
        if count > LOADED_AT_ONCE:
            # Without an index writing costs a sixth; only an index too large to be read whole needs one.
            self.index.execute("CREATE INDEX IF NOT EXISTS by_key ON traces(key)")
            return False
        self._read_new()
        return True

    def _read_new(self) -> None:
        """Read the traces that were written since the last look, by this process or another."""
        rows = self.index.execute("SELECT rowid, key, outputs, seconds FROM traces WHERE rowid > ?",
                                  (self._last_row,)).fetchall()
        # `rows` hold all that is needed: the pair is cut from each in C, without a Python frame for every trace.
        self.traces.update(zip(map(_KEY, rows), map(_TRACE, rows)))
        if rows:
            self._last_row = rows[-1][0]
        self._version = self._data_version()

    def _data_version(self) -> int:
        return self.index.execute("PRAGMA data_version").fetchone()[0]

    def look(self) -> None:
        """See what other processes have written in the meantime."""
        if self.broken or not self.whole:
            return
        with self.lock:
            try:
                if self._data_version() != self._version:
                    self._read_new()
            except sqlite3.DatabaseError as error:
                self._give_up(f"cannot be read ({error})")

    # -- reading

    def trace(self, key: bytes) -> tuple[bytes, float] | None:
        """The packed outputs and the seconds of a request, or None. See `look`."""
        found = self.traces.get(key)
        if found is not None or self.whole or self.broken:
            return found
        with self.lock:
            try:
                row = self.index.execute("SELECT outputs, seconds FROM traces WHERE key = ? "
                                         "ORDER BY rowid DESC LIMIT 1", (key,)).fetchone()
            except sqlite3.DatabaseError as error:
                self._give_up(f"cannot be read ({error})")
                return None
        if row is not None:
            self.traces[key] = row
        return row

    def object(self, digest: bytes) -> tuple[bytes, list] | None:
        """A Value's encoding and tensors, or None. What is damaged is forgotten, with a warning."""
        if self.broken:
            return None
        try:
            with self.lock:
                row = self._pending(digest) or self.index.execute(
                    "SELECT code, checksum, seconds, size FROM objects WHERE digest = ?", (digest,)).fetchone()
        except sqlite3.DatabaseError as error:
            self._give_up(f"cannot be read ({error})")
            return None
        if row is None:
            return None
        code, checksum, seconds, size = row
        if digest_bytes(code) != digest:
            return self._forget(digest, "does not match its name")
        tensors: list = []
        if checksum:
            path = self.path(digest)
            try:
                if file_checksum(path) != checksum:
                    return self._forget(digest, "does not match its checksum")
                tensors = load_tensors(path)
            except FileNotFoundError:
                return self._forget(digest, "is missing", quiet=True)
            except Exception as error:  # safetensors raises its own kinds for damaged headers
                return self._forget(digest, f"cannot be read ({error})")
        self.touched[digest] = self.clock + seconds / max(size, 1)
        return code, tensors

    def has(self, digest: bytes) -> bool:
        """Whether a Value is here, as far as the index knows."""
        if self.broken:
            return False
        with self.lock:
            return self._pending(digest) is not None or self.index.execute(
                "SELECT 1 FROM objects WHERE digest = ?", (digest,)).fetchone() is not None

    def _pending(self, digest: bytes) -> tuple | None:
        for row in self.new_objects:
            if row[0] == digest:
                return row[1], row[3], row[4], row[2]
        return None

    def path(self, digest: bytes) -> Path:
        """Where the tensors of a Value are."""
        name = digest.hex()
        return self.folder / "objects" / name[:2] / f"{name}.safetensors"

    # -- writing

    def put(self, prepared: Prepared, seconds: float) -> bool:
        """Write a Value. May be called from any thread. Whether it is kept."""
        if self.broken:
            return False
        size = prepared.bytes
        checksum = b""
        try:
            if prepared.tensors:
                checksum = save_tensors(self.path(prepared.digest), prepared.tensors)
        except (OSError, MemoryError) as error:
            self._give_up(f"cannot be written ({error})")
            return False
        except Exception as error:
            # safetensors wraps the system's errors (no space left) in its own class.
            self._give_up(f"cannot be written ({error})")
            return False
        with self.lock:
            self.new_objects.append((prepared.digest, prepared.code, size, checksum, seconds,
                                     self.clock + seconds / max(size, 1)))
            self.size += size
        return True

    def record(self, key: bytes, packed: bytes, seconds: float) -> None:
        """Remember what a request gave. Written at once when much would be lost, else many in one go."""
        self.traces[key] = (packed, seconds)
        if not self.broken:
            self.new_traces.append((key, packed, seconds))
            self.at_stake += seconds
            if self.at_stake > MUCH:
                self.commit()

    def commit(self) -> None:
        """Write what is new. After this a kill loses nothing of it."""
        if self.broken or not (self.new_traces or self.new_objects):
            return
        with self.lock:
            try:
                self.index.execute("BEGIN IMMEDIATE")
                self.index.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?)", self.new_objects)
                self.index.executemany("INSERT INTO traces VALUES (?, ?, ?)", self.new_traces)
                self.index.execute("COMMIT")
            except sqlite3.DatabaseError as error:
                self._give_up(f"cannot be written ({error})")
            self.new_traces.clear()
            self.new_objects.clear()
        self.at_stake = 0.0
        if self.size > self.budget:
            self.prune(int(self.budget * 0.9))

    def file_digest(self, path: Path, compute: Callable[[Path], bytes]) -> bytes:
        """The digest of a file outside, computed once for each size and time of change it is met with."""
        path, stat = path.resolve(), path.stat()
        if self.broken:
            return compute(path)
        with self.lock:
            row = self.index.execute("SELECT digest FROM files WHERE path = ? AND size = ? AND modified = ?",
                                     (str(path), stat.st_size, stat.st_mtime_ns)).fetchone()
        if row is not None:
            return row[0]
        digest = compute(path)
        # A file that changed within the clock's grain could change again unseen.
        if time.time_ns() - stat.st_mtime_ns > 2_000_000_000:
            with self.lock:
                try:
                    self.index.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)",
                                       (str(path), stat.st_size, stat.st_mtime_ns, digest))
                except sqlite3.DatabaseError as error:
                    self._give_up(f"cannot be written ({error})")
        return digest

    def exported(self, digest: bytes, extension: str) -> bytes | None:
        """The digest of the file that a Value was written as, if it was."""
        if self.broken:
            return None
        row = self.index.execute("SELECT content FROM exports WHERE digest = ? AND extension = ?",
                                 (digest, extension)).fetchone()
        return row[0] if row else None

    def note_export(self, digest: bytes, extension: str, content: bytes) -> None:
        """Remember what the file that a Value was written as holds."""
        if self.broken:
            return
        with self.lock:
            try:
                self.index.execute("INSERT OR REPLACE INTO exports VALUES (?, ?, ?)", (digest, extension, content))
            except sqlite3.DatabaseError as error:
                self._give_up(f"cannot be written ({error})")

    def remember_history(self, graph: str, rows: Iterable[tuple[str, bytes]]) -> None:
        """Keep, for `why`, what each node of a graph was made from the last time."""
        if self.broken:
            return
        with self.lock:
            try:
                self.index.execute("BEGIN IMMEDIATE")
                self.index.executemany("INSERT OR REPLACE INTO history VALUES (?, ?, ?)",
                                       [(graph, node, data) for node, data in rows])
                self.index.execute("COMMIT")
            except sqlite3.DatabaseError as error:
                self._give_up(f"cannot be written ({error})")

    def histories(self, graph: str, decode: Callable[[bytes], Any]) -> list[tuple[str, Any]]:
        """What `remember_history` kept of one graph: (node, what `decode` makes of it)."""
        if self.broken:
            return []
        rows = self.index.execute("SELECT node, ingredients FROM history WHERE graph = ?", (graph,)).fetchall()
        return [(node, decode(data)) for node, data in rows]

    # -- letting go

    def prune(self, limit: int) -> tuple[int, int]:
        """Let the least worthy Values go until at most `limit` bytes are left. How many went, and their bytes.

        Traces stay: what a request gave is worth knowing even when the Value is gone. Files that nothing names
        (left by a killed process) go too, once they are an hour old.
        """
        with self.lock:
            self._write_touched()
            gone, freed = 0, 0
            self.size = self.index.execute("SELECT coalesce(sum(size), 0) FROM objects").fetchone()[0]
            victims = []
            for digest, size, worth in self.index.execute("SELECT digest, size, worth FROM objects ORDER BY worth"):
                if self.size - freed <= limit:
                    break
                victims.append((digest,))
                freed += size
                gone += 1
                self.clock = max(self.clock, worth)
            self.index.execute("BEGIN IMMEDIATE")
            self.index.executemany("DELETE FROM objects WHERE digest = ?", victims)
            self.index.execute("INSERT OR REPLACE INTO facts VALUES ('clock', ?)", (self.clock,))
            self.index.execute("DELETE FROM traces WHERE rowid NOT IN (SELECT max(rowid) FROM traces GROUP BY key)")
            self.index.execute("COMMIT")
            for (digest,) in victims:
                self.path(digest).unlink(missing_ok=True)
            self.size -= freed
        self._sweep()
        return gone, freed

    def clear(self) -> None:
        """Forget everything."""
        with self.lock:
            self.new_traces.clear()
            self.new_objects.clear()
            self.traces.clear()
            self.index.execute("BEGIN IMMEDIATE")
            for table in ("traces", "objects", "history", "exports", "files", "facts"):
                self.index.execute(f"DELETE FROM {table}")
            self.index.execute("COMMIT")
            self.size = 0
        for path in (self.folder / "objects").glob("*/*"):
            path.unlink(missing_ok=True)
        self.index.execute("VACUUM")

    def counts(self) -> dict[str, int]:
        """How much is here: traces, values, bytes."""
        traces = self.index.execute("SELECT count(DISTINCT key) FROM traces").fetchone()[0]
        values, size = self.index.execute("SELECT count(*), coalesce(sum(size), 0) FROM objects").fetchone()
        return {"traces": traces, "values": values, "bytes": size}

    def close(self) -> None:
        """Write what is new and let the folder go."""
        self.commit()
        with self.lock:
            try:
                self._write_touched()
            except sqlite3.DatabaseError as error:
                self._give_up(f"cannot be written ({error})")
            self.index.close()

    def _write_touched(self) -> None:
        if self.touched and not self.broken:
            self.index.execute("BEGIN IMMEDIATE")
            self.index.executemany("UPDATE objects SET worth = ? WHERE digest = ?",
                                   [(worth, digest) for digest, worth in self.touched.items()])
            self.index.execute("COMMIT")
        self.touched.clear()

    def _forget(self, digest: bytes, why: str, quiet: bool = False) -> None:
        with self.lock:
            self.new_objects = [row for row in self.new_objects if row[0] != digest]
            self.index.execute("DELETE FROM objects WHERE digest = ?", (digest,))
        self.path(digest).unlink(missing_ok=True)
        if not quiet:
            self.warn(f"a remembered value {why} ({self.path(digest).name}); it is made again")

    def _sweep(self) -> None:
        """Remove files that the index does not name."""
        known = {row[0].hex() for row in self.index.execute("SELECT digest FROM objects WHERE checksum != x''")}
        old = time.time() - 3600
        for path in (self.folder / "objects").glob("*/*"):
            try:
                if path.stem.split(".")[0] not in known and path.stat().st_mtime < old:
                    path.unlink(missing_ok=True)
            except FileNotFoundError:
                pass  # another process has moved it into place, or removed it

    def _give_up(self, why: str) -> None:
        """Go on without the disk: say so once, and keep serving from memory."""
        if not self.broken:
            self.broken = True
            try:
                if self.index.in_transaction:
                    self.index.execute("ROLLBACK")
            except sqlite3.DatabaseError:
                pass  # the connection is past help, and the warning below tells why
            self.warn(f"the cache in {self.folder} {why}; this run goes on without it")
