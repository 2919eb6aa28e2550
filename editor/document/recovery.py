"""Copies that programs left behind when they died, and whether a program is still there."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodegraph.editing import graphfile

from .document import Document


@dataclass(frozen=True)
class Recovery:
    """A copy that a program which died left behind. seconds: when it was made, since 1970."""

    copy: Path
    path: Path | None
    text: str
    base: str
    seconds: float

    def document(self) -> Document:
        """The document as it was, with its changes unsaved. Raises GraphError if the copy is damaged."""
        graph, problems = graphfile.parse(self.text, self.path)
        document = Document(graph, self.base or self.text, problems)
        document._saved = None
        return document

    def forget(self) -> None:
        """Take the copy away."""
        self.copy.unlink(missing_ok=True)


def recoveries(folder: Path) -> list[Recovery]:
    """What programs that died left in the folder, newest first; damaged copies are left where they are."""
    found = []
    for copy in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        told = _told(copy)
        if told and not alive(told["pid"]):
            found.append(Recovery(copy, Path(told["path"]) if told["path"] else None, told["text"],
                                  str(told.get("base") or ""), float(told["time"])))
    return sorted(found, key=lambda r: -r.seconds)


def _told(copy: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(copy.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    wanted = {"path": str, "text": str, "pid": int, "time": (int, float)}
    good = isinstance(told, dict) and all(isinstance(told.get(key), kind) for key, kind in wanted.items())
    return told if good else None


def alive(pid: int) -> bool:
    """Whether a process of this number runs."""
    if pid == os.getpid():
        return True
    if os.name == "nt":
        return False  # asking needs more than Python's own library there; at worst a live copy is offered
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    try:  # one that has died and that nobody has asked after yet still has its number, on Linux
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except (OSError, IndexError):
        return True
