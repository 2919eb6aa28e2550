"""The index of a cache folder: one SQLite file, and the one wall behind which everything of it that can go wrong stays.

Tables ask with `rows` and change with `write`. Neither raises: while another process holds the index it counts as
empty and nothing is written, to be tried again; what is broken is said once and left alone from then on. SQLite's
write-ahead log lets several processes use one folder.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..wholefile import put_in_place, take_away
from ..wording import say

FORMAT = 1  # PRAGMA user_version of the index; another one is set aside
WAIT = 10.0  # seconds for which another process may hold the index before this one goes on without waiting

_TABLES = {
    "traces": "CREATE TABLE IF NOT EXISTS traces(key BLOB, outputs BLOB, seconds REAL)",
    "objects": "CREATE TABLE IF NOT EXISTS objects(digest BLOB PRIMARY KEY, code BLOB, size INTEGER, checksum BLOB, "
               "seconds REAL, worth REAL) WITHOUT ROWID",
    "history": "CREATE TABLE IF NOT EXISTS history(graph TEXT, node TEXT, ingredients BLOB, "
               "PRIMARY KEY(graph, node)) WITHOUT ROWID",
    "stamps": "CREATE TABLE IF NOT EXISTS stamps(path TEXT PRIMARY KEY, stamp TEXT, digest BLOB) WITHOUT ROWID",
    "exports": "CREATE TABLE IF NOT EXISTS exports(digest BLOB, extension TEXT, content BLOB, "
               "PRIMARY KEY(digest, extension)) WITHOUT ROWID",
    "places": "CREATE TABLE IF NOT EXISTS places(content BLOB PRIMARY KEY, path TEXT) WITHOUT ROWID",
    "facts": "CREATE TABLE IF NOT EXISTS facts(name TEXT PRIMARY KEY, value REAL) WITHOUT ROWID",
}
_COLUMNS = {"traces": "rowid, key, outputs, seconds", "objects": "digest, code, size, checksum, seconds, worth",
            "history": "graph, node, ingredients", "stamps": "path, stamp, digest",
            "exports": "digest, extension, content", "places": "content, path", "facts": "name, value"}
_ERRORS = (sqlite3.Error, UnicodeError)  # the module cannot even decode what SQLite says of a damaged schema
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}

Change = tuple[str, Iterable[tuple[Any, ...]] | None]  # a statement, and the rows it is done for; None: done once


class Index:
    """One index file. Any thread may use it.

    read_only: the folder can be read and not written. broken: nothing of it is used any more.
    Raises OSError or sqlite3.Error from the constructor alone, when the folder cannot be used at all.
    """

    def __init__(self, folder: Path, warn: Callable[[str], None]):
        self.folder, self.warn = folder, warn
        self.path = folder / "index.sqlite"
        self.lock = threading.RLock()
        self.broken = self.read_only = False
        self.patient = True  # whether to wait for other processes; not after waiting in vain
        self._told_busy = False
        self.read_only = self.path.exists() and not writable(self.path)
        if not self.read_only:
            self.folder.mkdir(parents=True, exist_ok=True)
        self.connection = self._opened_to_read() if self.read_only else self._opened()
        if self.read_only:
            self.warn(say("cache.read-only", folder=self.folder))

    # -- opening

    def _opened(self) -> sqlite3.Connection:
        try:
            connection = self._connected()
            with _closed_on_error(connection):
                version = _version(connection)
                if version in (0, FORMAT):
                    return self._begun(connection, new=version == 0)
            connection.close()
            why = say("index.format", format=version, own=FORMAT)
        except _ERRORS as error:
            if not _is_damage(error):
                raise
            why = say("index.damaged", error=error)
        self._set_aside(why)
        return self._begun(self._connected(), new=True)

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None, check_same_thread=False)
        with _closed_on_error(connection):
            _use_log(connection)
            # NORMAL keeps the log whole when a process is killed; only a power cut can lose the newest entries.
            connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _begun(self, connection: sqlite3.Connection, new: bool) -> sqlite3.Connection:
        """The connection, with every table there and the file found whole."""
        if not new:
            _check(connection)
        # An index that has its tables is opened without writing, so that nobody's lock stands in the way.
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in _TABLES.keys() - names:
            connection.execute(_TABLES[table])
        for table, columns in _COLUMNS.items():
            connection.execute(f"SELECT {columns} FROM {table} LIMIT 0")
        if new:
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        self._inode = self.path.stat().st_ino
        return connection

    def _opened_to_read(self) -> sqlite3.Connection:
        """A connection that writes nothing. Where others' newest entries are still in the log, it reads them too."""
        log = self.path.with_name(self.path.name + "-wal")
        ways = ["mode=ro", "immutable=1"] if log.exists() and log.stat().st_size else ["immutable=1"]
        for way in ways:
            try:
                connection = sqlite3.connect(f"file:{quote(str(self.path))}?{way}", uri=True, timeout=WAIT,
                                             isolation_level=None, check_same_thread=False)
                with _closed_on_error(connection):
                    version = _version(connection)
                break
            except sqlite3.OperationalError:
                if way == ways[-1]:
                    raise
        with _closed_on_error(connection):
            if version != FORMAT:
                raise OSError(f"it {say('index.format', format=version, own=FORMAT)}")
            try:
                _check(connection)
            except UnicodeError as error:
                raise sqlite3.DatabaseError(str(error)) from error
            self._inode = self.path.stat().st_ino
        return connection

    def _set_aside(self, why: str) -> None:
        aside = self.path.with_name(f"index.set-aside-{int(time.time())}.sqlite")
        put_in_place(self.path, aside)
        for tail in ("-wal", "-shm"):
            take_away(self.path.with_name(self.path.name + tail))
        self.warn(say("cache.set-aside", path=self.path, why=why, name=aside.name))

    def renewed(self) -> bool:
        """Whether the folder had been taken away; then it is begun anew."""
        if self.broken or self.read_only or self._is_there():
            return False
        with self.lock:
            try:
                self.connection.close()
                self.folder.mkdir(parents=True, exist_ok=True)
                self.connection = self._opened()
            except (OSError, *_ERRORS) as error:
                self.give_up(say("index.lost", error=error))
                return False
        self.warn(say("cache.taken-away", folder=self.folder))
        return True

    def _is_there(self) -> bool:
        try:
            return os.stat(self.path).st_ino == self._inode
        except FileNotFoundError:
            return False

    # -- use

    @property
    def takes(self) -> bool:
        """Whether what is new may be written here."""
        return not (self.broken or self.read_only)

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """What a question finds; nothing where the index cannot be read."""
        rows: list[tuple[Any, ...]] = []
        if not self.broken:
            with self._wall("index.unreadable"):
                rows = self.connection.execute(statement, values).fetchall()
        return rows

    def write(self, *changes: Change) -> bool:
        """Make changes, all or none. Whether they were made."""
        done = False
        if self.takes:
            with self._wall("index.unwritable"):
                self.connection.execute("BEGIN IMMEDIATE")
                for statement, rows in changes:
                    self.connection.execute(statement) if rows is None else \
                        self.connection.executemany(statement, rows)
                self.connection.execute("COMMIT")
                done = True
                self._set_patience(True)
        return done

    @contextmanager
    def _wall(self, code: str) -> Iterator[None]:
        with self.lock:
            try:
                yield
            except _ERRORS as error:
                self._roll_back()
                if _is_busy(error):
                    self._set_patience(False)
                else:
                    self.give_up(say(code, error=error))
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        except sqlite3.Error:
            pass  # the connection is past help; the one who calls tells why

    def _set_patience(self, patient: bool) -> None:
        """Wait for others, or not: who waited once in vain would wait as long at every step of a run."""
        if patient == self.patient:
            return
        self.patient = patient
        self.connection.execute(f"PRAGMA busy_timeout = {int(WAIT * 1000) if patient else 0}")
        if not patient and not self._told_busy:
            self._told_busy = True
            self.warn(say("cache.held", folder=self.folder))

    def wait_again(self) -> None:
        """Wait for other processes once more."""
        if not self.broken:
            self._set_patience(True)

    def give_up(self, why: str) -> None:
        """Go on without the folder: say so once, and keep serving from memory."""
        if not self.broken:
            self.broken = True
            self.warn(say("cache.left", folder=self.folder, why=why))

    def shrink(self) -> None:
        """Give the space of what was deleted back to the file system."""
        if self.takes:
            with self._wall("index.unwritable"):
                self.connection.execute("VACUUM")

    def close(self) -> None:
        """Let the file go."""
        with self.lock:
            self.broken = True
            self.connection.close()


@contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    """Lets a file go that turns out not to be an index: Windows moves none aside that is open."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def writable(path: Path) -> bool:
    """Whether an index, and the folder it lies in, may be written."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _check(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("it fails its own check")


def _use_log(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log. SQLite does not wait for others here, as its timeout would have it do."""
    end = time.monotonic() + WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > end:
                raise
            time.sleep(0.005)


def _code(error: Exception) -> int:
    """SQLite's own number for an error, without its finer distinctions."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _is_busy(error: Exception) -> bool:
    return _code(error) in _BUSY


def _is_damage(error: Exception) -> bool:
    """Whether an error speaks of the file's content. Of an OperationalError only that a column is not there does."""
    return not isinstance(error, sqlite3.OperationalError) or _code(error) == sqlite3.SQLITE_ERROR
