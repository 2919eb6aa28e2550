"""What a session does with the runs on disk: where it looks, their graphs opened, what they made put on the canvas."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from nodegraph.editing import MISSING

from .document import edits
from .document.document import Document
from .document.edits import EditRefused
from .document.items import Item
from .panels.adding import aside
from .panels.palette import Entry
from .runs import updates as up
from .runs.kept import Kept, Made, graph_of
from .words.speak import t

if TYPE_CHECKING:
    from .session import Session

OUT = "out"  # where `nodegraph run` writes, if it is not told otherwise


def folders(session: Session) -> list[Path]:
    """Where runs have likely written: the folder out/ here, and beside each file that was open lately."""
    files = [session.document.path, *map(Path, session.settings.recent_files)]
    return list(dict.fromkeys([Path.cwd() / OUT, *(path.parent / OUT for path in files if path is not None)]))


def look(session: Session) -> None:
    """Look on the disk, in the background."""
    if session.shelf is not None:
        session.shelf.look(folders(session))


def open_graph(session: Session, run: Kept) -> None:
    """Open the graph of a run, as it was then; asks about unsaved changes first. Raises EditRefused where there is none."""
    if run.source is not None and run.made and run.made[0].path is not None:
        session.files.open(run.source)  # a picture that carries it
        return
    graph = graph_of(run.graph, run.source) if run.graph else None
    if graph is None:
        raise EditRefused(t("gallery.no_graph", name=run.title))
    session.files.leaving(lambda: session.files.show(Document(graph)))


def reader_of(entries: Iterable[Entry], suffix: str) -> tuple[Entry, str] | None:
    """The node that reads a file of this ending, and the input that takes it. A type that is usually written so comes first."""
    ending, found = suffix.lower().removeprefix("."), []
    for entry in entries:
        needed = [port for port in entry.inputs if port.default is MISSING and not port.optional]
        files = [port for port in needed if port.type.name == "File" and not port.many]
        if entry.kind != "node" or len(needed) != 1 or not files:
            continue
        for _, flow in entry.outputs:
            forms = list(flow.type.exports)
            if ending in forms and not flow.many:
                found.append((forms.index(ending), entry.name, entry, files[0].name))
    if not found and ending == "jpeg":
        return reader_of(entries, ".jpg")
    return min(found, key=lambda one: one[:2])[2:] if found else None


def place(session: Session, run: Kept, entries: Iterable[Entry], at: tuple[float, float] | None = None,
          made: Made | None = None) -> None:
    """Put what a run made on the canvas, as a node that reads its file; what has no file yet is written first.

    Raises EditRefused where no node reads such a file, or nothing is kept of it.
    """
    one = made or _first(run)
    entries, at = list(entries), at or session.pointer
    if one.path is not None:
        if not one.path.is_file():
            raise EditRefused(t("gallery.file_gone", path=one.path))
        _add(session, one.path, entries, at)
        return
    type = session.catalogue.porttype(one.type)
    if type is None or not one.digest or not type.exports:
        raise EditRefused(t("gallery.not_a_file", name=one.name))
    suffix = next((f".{form}" for form in type.exports if reader_of(entries, f".{form}")), "")
    if not suffix:
        raise EditRefused(t("gallery.no_reader", name=one.name))
    path = _room(session, run) / f"{one.name}-{run.key}{suffix}"
    if path.is_file():
        _add(session, path, entries, at, one.name)
        return

    def told(update: up.Exported) -> None:
        if update.problem or not update.paths:
            session.say(update.problem, "error")
        else:
            session.attempt(_add, session, update.paths[0], entries, at, one.name)
    number = session.runner.write(one.name, type, bytes.fromhex(one.digest), path)
    session.progress.when(up.Exported, number, one.name, told)


def _first(run: Kept) -> Made:
    """What stands for a run: what its picture shows."""
    if not run.made:
        raise EditRefused(t("gallery.not_a_file", name=run.title))
    return next((one for one in run.made if one.path is not None and one.path == run.picture), None) or \
        next((one for one in run.made if one.digest and not one.told), None) or run.made[0]


def _room(session: Session, run: Kept) -> Path:
    """The folder for files that are written to be read again: beside the graph, or with the records."""
    path = session.document.path
    if path is not None and os.access(path.parent, os.W_OK):
        return path.parent / "kept"
    assert session.shelf is not None
    return session.shelf.home / "files"


def _add(session: Session, path: Path, entries: list[Entry], at: tuple[float, float], name: str = "") -> None:
    """Put a node that reads a file on the canvas. name: what it holds; the file's own where that is left out."""
    found = reader_of(entries, path.suffix)
    if found is None:
        raise EditRefused(t("gallery.no_reader", name=path.name))
    entry, port = found
    graph, item = edits.add_node(session.graph, entry.name, at, {port: written_path(path, session.document.graph.folder)},
                                 name=edits.free_name((name or path.stem).replace(".", "_"), edits.taken(session.graph)))
    session.edit("undo.placed", aside(session, graph, item))
    session.select([Item("node", item.name)])
    session.say(t("gallery.placed", name=path.name))


def written_path(path: Path, folder: Path) -> str:
    """A path as a graph file has it: from its folder where it lies in it, else whole."""
    path, folder = path.resolve(), folder.resolve()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()

