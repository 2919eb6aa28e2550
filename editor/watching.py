"""The file of the document as others leave it: written by another program, broken, gone, or open in another window.

What is found is a Notice, which stands above the canvas as long as it is so. It asks nothing and stops nobody.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nodegraph import GraphError, Problem

from .document.document import Document, write_atomically
from .document.recovery import alive
from .words.speak import said, t

if TYPE_CHECKING:
    from .session import Session


class Notice(NamedTuple):
    """What there is to know about the file. kind: "broken", "changed", "gone" or "twice"; problems: of a broken one."""

    kind: str
    name: str
    problems: tuple[Problem, ...] = ()

    @property
    def words(self) -> str:
        """A sentence."""
        if not self.problems:
            return t(f"notice.{self.kind}", name=self.name)
        first = self.problems[0]
        line = first.where.line if first.where is not None else 1
        return t("notice.broken", name=self.name, line=line, why=said(first))


class Watching:
    """Looks at the file of a session's document now and then."""

    def __init__(self, session: Session):
        self.session = session
        self.notice: Notice | None = None
        self._dismissed: Path | None = None  # the file that may be open twice
        self._told: Path | None = None  # the file that other windows know to be open here

    def look(self) -> None:
        """See how the file is: read it again where nothing is lost by that, else have a Notice."""
        document = self.session.document
        self._tell(document.path)
        notice = self._found(document)
        if notice != self.notice:
            self.notice = notice
            self.session.touch()

    def forget(self) -> None:
        """Another document is edited now, or its file was just written."""
        self.notice = None
        self.session.touch()

    def dismiss(self) -> None:
        """It is known that the file is open in another window too."""
        self._dismissed = self.session.document.path
        self.forget()

    def close(self) -> None:
        """The window ends: the file is not open here any more."""
        self._tell(None)

    def _found(self, document: Document) -> Notice | None:
        path = document.path
        if path is None or not document.on_disk:
            return None
        if not path.exists():
            document.lost = True
            return Notice("gone", path.name)
        document.lost = False
        if not document.changed_on_disk:
            return Notice("twice", path.name) if self._is_open_elsewhere(path) and self._dismissed != path else None
        if document.dirty:
            return Notice("changed", path.name)
        try:
            self.session.files.answer_change("reload")
        except GraphError as error:
            return Notice("broken", path.name, tuple(error.problems))
        self.session.say(t("status.reloaded", name=path.name))
        return None

    # -- which files are open in which window

    @property
    def _folder(self) -> Path | None:
        return self.session.folder / "windows" if self.session.folder is not None else None

    def _tell(self, path: Path | None) -> None:
        """Have other windows know which file is open here."""
        if self._folder is None or path == self._told:
            return
        self._told = path
        mine = self._folder / f"{os.getpid()}.json"
        if path is None:
            mine.unlink(missing_ok=True)
        else:
            self.session.attempt(write_atomically, mine, json.dumps({"path": str(path)}, ensure_ascii=False))

    def _is_open_elsewhere(self, path: Path) -> bool:
        """Whether another window that is alive has this file open; what dead ones left is swept away."""
        found = False  # a folder lists its files in any order: all are looked at, so that the dead ones go whoever else lives
        for told in list(self._folder.glob("*.json")) if self._folder is not None else ():
            if not told.stem.isdecimal() or int(told.stem) == os.getpid():
                continue
            if not alive(int(told.stem)):
                told.unlink(missing_ok=True)
            elif _path_in(told) == str(path):
                found = True
        return found


def _path_in(told: Path) -> str:
    try:
        found = json.loads(told.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # it goes away just now, or is half a file of a window that died
        return ""
    return str(found.get("path", "")) if isinstance(found, dict) else ""
