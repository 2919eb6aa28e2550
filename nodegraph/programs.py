"""Programs of the person's own that are started on a file: as a double click would, or to edit a text; all start here."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

TERMINAL = {"vi", "vim", "nvim", "nano", "pico", "emacs", "ed", "joe", "micro", "helix", "hx", "kak", "ne"}  # want a terminal
WINDOWS_OPEN, WINDOWS_EDIT = "startfile:open", "startfile:edit"  # no programs, but what Windows itself is asked for


def viewer() -> list[str] | None:
    """The command that opens a file as a double click would; None where there is none."""
    if sys.platform == "win32":
        return [WINDOWS_OPEN]
    name = "open" if sys.platform == "darwin" else "xdg-open"
    return [name] if shutil.which(name) else None


def text_editor() -> list[str] | None:
    """The command that opens a text file in a window; None where this system names none.

    VISUAL counts if it is not one that wants a terminal, then what a double click would start; on Windows what edits such
    files, since opening would run a Python file.
    """
    if sys.platform == "win32":
        return [WINDOWS_EDIT]
    named = shlex.split(os.environ.get("VISUAL", ""))
    if named and Path(named[0]).stem not in TERMINAL and shutil.which(named[0]):
        return named
    return ["open", "-t"] if sys.platform == "darwin" else viewer()


def start(command: Sequence[str], path: Path) -> None:
    """Start a program on a file and do not wait for it. Raises OSError."""
    if command[0] in (WINDOWS_OPEN, WINDOWS_EDIT):
        getattr(os, "startfile")(path, command[0].partition(":")[2])
        return
    subprocess.Popen([*command, str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                     start_new_session=True)
