"""Packs of one's own, from the editor: a new file with a node, one that is let in, and the program that edits them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nodegraph import GraphError, NodegraphError, PackError
from nodegraph.editing import PROJECT_FILE, known_packs, node_file, project_file, start, text_editor, write_whole

from .document.edits import EditRefused
from .words.speak import t

if TYPE_CHECKING:
    from .session import Session


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
        write_whole(path.parent / PROJECT_FILE, f"packs: [./{path.name}]\n")
        return ""
    try:
        known = [place.resolve() for place in known_packs(path.parent, {})]
    except GraphError:
        known = []
    return "" if path.resolve() in known else t("packs.add_line", file=file, line=f"./{os.path.relpath(path, file.parent)}")


# ---- the program that edits it

def open_file(session: Session, path: Path) -> None:
    """Open a file in the user's own editor; where there is none, its path is on the clipboard."""
    command = text_editor()
    if command is None:
        session.clipboard.put(str(path))
        session.say(t("packs.no_program", path=path))
        return
    try:
        start(command, path)
    except OSError as error:
        raise NodegraphError(t("packs.not_opened", path=path, program=command[0], why=error.strerror or error)) from error
