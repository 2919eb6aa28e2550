"""Packs of one's own, from the editor: a new file with a node, one that is let in, and the program that edits them."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nodegraph.errors import GraphError, NodegraphError, PackError
from nodegraph.packs.project import FILE, known_packs, project_file
from nodegraph.scaffold import node_file
from nodegraph.wholefile import write_whole

from .document.edits import EditRefused
from .words.speak import t

if TYPE_CHECKING:
    from .session import Session

TERMINAL = {"vi", "vim", "nvim", "nano", "pico", "emacs", "ed", "joe", "micro", "helix", "hx", "kak", "ne"}  # want a terminal


def new_node(session: Session, path: Path) -> None:
    """Write a file with one node to begin with, let it in, and open it. Raises EditRefused where that cannot be."""
    name = path.stem
    if not name.isidentifier() or name != name.lower() or name in session.catalogue.packs:
        raise EditRefused(t("packs.bad_name", name=name))
    _judge_rest(session)
    try:
        write_whole(path, node_file(name))
    except OSError as error:
        raise EditRefused(t("packs.unwritten", path=path, why=error.strerror or error)) from error
    join(session, path)
    told = remembered(path)
    session.say(t("packs.written", name=path.name, node=f"{name}.repeat") + (f" {told}" if told else ""))
    open_file(session, path)


def join(session: Session, path: Path) -> None:
    """Let a pack in that is not installed. Raises EditRefused with what is wrong with it."""
    _judge_rest(session)
    try:
        session.catalogue.join(path)
    except PackError as error:
        raise EditRefused(str(error)) from error
    session.catalogue.revision += 1
    session.reread()


def reload(session: Session) -> None:
    """Read packs again that were edited, and say what came of it."""
    _judge_rest(session)
    before = session.catalogue.revision
    session.files.watch_packs()
    if session.catalogue.revision == before:
        session.say(t("packs.same"))


def _judge_rest(session: Session) -> None:
    if not session.runner.idle:
        raise EditRefused(t("packs.busy"))


def remembered(path: Path) -> str:
    """Have `nodegraph run` in that folder know a file too, by a project file there; what is left to do, or empty."""
    file = project_file(path.parent)
    if file is None:
        write_whole(path.parent / FILE, f"packs: [./{path.name}]\n")
        return ""
    try:
        known = [place.resolve() for place in known_packs(path.parent, {})]
    except GraphError:
        known = []
    return "" if path.resolve() in known else t("packs.add_line", file=file, line=f"./{os.path.relpath(path, file.parent)}")


# ---- the program that edits it

def program() -> list[str] | None:
    """The command that opens a text file in a window; None where this system names none.

    VISUAL counts if it is not one that wants a terminal, then what a double click would start.
    """
    named = shlex.split(os.environ.get("VISUAL", ""))
    if named and Path(named[0]).stem not in TERMINAL and shutil.which(named[0]):
        return named
    if sys.platform == "darwin":
        return ["open", "-t"]
    return ["xdg-open"] if sys.platform != "win32" and shutil.which("xdg-open") else None


def open_file(session: Session, path: Path) -> None:
    """Open a file in the user's own editor; where there is none, its path is on the clipboard."""
    if sys.platform == "win32":
        os.startfile(path, "edit")  # type: ignore[attr-defined]  # "open" would run a Python file
        return
    command = program()
    if command is None:
        session.clipboard.put(str(path))
        session.say(t("packs.no_program", path=path))
        return
    try:
        subprocess.Popen([*command, str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        raise NodegraphError(t("packs.not_opened", path=path, program=command[0], why=error.strerror or error)) from error
