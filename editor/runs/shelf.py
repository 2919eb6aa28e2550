"""The runs of all sessions, looked for and kept by a thread of its own, so that no frame waits for the disk.

The thread lives as long as there is something to do, so that an editor that is left behind leaves none.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodegraph.editing import graphfile, write_whole

from . import kept
from .gallery import Result
from .kept import Folder, Kept

if TYPE_CHECKING:
    import numpy as np

SIDE = 192  # pixels of a picture on the long side
MOST_PICTURES = 300  # that are in memory


class Shelf:
    """Runs on disk. home: the folder of records, and of what is starred; it is made with the first of them.

    `runs` is what was found so far, the newest first; `revision` goes up with whatever changed.
    """

    def __init__(self, home: Path):
        self.home = home
        self.runs: tuple[Kept, ...] = ()
        self.stars: frozenset[str] = frozenset()
        self.added: tuple[Path, ...] = ()  # folders that the user named
        self.pictures: dict[str, np.ndarray] = {}  # by key, uint8 (height, width, 4)
        self.revision = 0
        self.looking = False
        self.trouble = ""
        self._folders: dict[Path, Folder] = {}
        self._records: list[Kept] | None = None
        self._todo: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._busy = self._knows_marks = False
        self._thread: threading.Thread | None = None

    # -- what the window's thread calls; none of it waits

    def look(self, folders: Iterable[Path]) -> None:
        """Find what is there: the records, and what runs wrote into these folders and those that were added."""
        self.looking = True
        self._ask(partial(self._look, list(folders)))

    def keep(self, result: Result) -> None:
        """Keep the record of a run."""
        self._ask(partial(self._keep, result))

    def star(self, key: str) -> None:
        """Mark a run, or let the mark go."""
        self.stars = self.stars ^ {key}
        self.revision += 1
        self._ask(self._write_marks)

    def add(self, folder: Path) -> None:
        """Look into a folder too, from now on."""
        self.added = tuple(dict.fromkeys([*self.added, folder.absolute()]))
        self._ask(self._write_marks)

    def forget(self, key: str) -> None:
        """Take the record of a run away; files that a run wrote are left alone."""
        self._ask(partial(self._forget, key))

    def wait(self, timeout: float | None = None) -> bool:
        """For scripts and tests: wait until all is done; whether it was in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._todo or self._busy), timeout)

    def close(self) -> None:
        """Wait a while for what was asked for."""
        self.wait(5.0)

    def _ask(self, task: Callable[[], None]) -> None:
        with self._changed:
            self._todo.append(task)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="nodegraph-shelf", daemon=True)
                self._thread.start()

    # -- the thread

    def _work(self) -> None:
        if not self._knows_marks:
            self._read_marks()
            self._knows_marks = True
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                if not self._todo:
                    self._thread = None
                    return
                task, self._busy = self._todo.popleft(), True
            try:
                task()
                self.trouble = ""
            except OSError as error:
                self.trouble = f"{error.filename or self.home}: {error.strerror or error}"
            self.revision += 1

    def _look(self, folders: list[Path]) -> None:
        if self._records is None:
            self._records = kept.records(self.home)
        for path in dict.fromkeys(path.resolve() for path in [*folders, *self.added]):
            self._folders.setdefault(path, Folder(path))
        self._gather()
        self.looking = False
        self.revision += 1
        self._show()

    def _gather(self) -> None:
        found = [*(self._records or ()), *(run for folder in self._folders.values() for run in folder.runs())]
        self.runs = tuple(sorted(found, key=lambda one: -one.at))

    def _keep(self, result: Result) -> None:
        if self._records is None:
            self._records = kept.records(self.home)
        made, text = kept.made_of(result), graphfile.dumps(result.repeated())
        if any(one.graph == text and one.made == made for one in self._records):
            return  # it was run again, and all of it remembered
        self._records.insert(0, kept.keep(self.home, result))
        loose = [one for one in self._records if one.key not in self.stars]
        for old in loose[kept.MOST_RECORDS:]:
            self._drop(old.key)
        self._gather()
        self._show()

    def _forget(self, key: str) -> None:
        self._drop(key)
        self._gather()

    def _drop(self, key: str) -> None:
        kept.forget(self.home, key)
        self._records = [one for one in self._records or () if one.key != key]

    def _show(self) -> None:
        """Make small pictures, the newest first; one that is there stays."""
        import numpy as np
        from PIL import Image

        shown = [one for one in self.runs if one.picture is not None][:MOST_PICTURES]
        keys = {one.key for one in shown}
        self.pictures = {key: picture for key, picture in self.pictures.items() if key in keys}
        for one in shown:
            if one.key in self.pictures or one.picture is None:
                continue
            try:
                with Image.open(one.picture) as file:
                    file.thumbnail((SIDE, SIDE))
                    self.pictures[one.key] = np.ascontiguousarray(file.convert("RGBA"))
            except (OSError, ValueError, SyntaxError):  # it is half written, or was taken away meanwhile
                continue
            self.revision += 1
            if self._todo:
                self._todo.append(self._show)  # what someone waits for comes first
                return

    # -- stars and folders

    @property
    def _marks(self) -> Path:
        return self.home / "marks" / "gallery.json"

    def _read_marks(self) -> None:
        told: Any = {}
        try:
            told = json.loads(self._marks.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            pass  # there is none yet
        if isinstance(told, dict):
            self.stars = self.stars ^ frozenset(key for key in told.get("stars", ()) if isinstance(key, str))
            self.added = tuple(dict.fromkeys([*(Path(path) for path in told.get("folders", ())), *self.added]))

    def _write_marks(self) -> None:
        write_whole(self._marks, json.dumps({"stars": sorted(self.stars), "folders": [str(path) for path in self.added]}))
