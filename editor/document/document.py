"""A Graph being edited: its history, the file it is kept in, and a copy in case the program dies.

The history is a list of frozen Graphs; undo moves back along it. What was read from the file is kept as text, so that
saving changes only what the edits changed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import Graph, GraphError, NodegraphError, Problem
from nodegraph.editing import graphfile, resolved, write_whole

from ..words.speak import t
from .recorded import as_recorded


class SaveFailed(NodegraphError):
    """A file could not be written; the document is as it was."""


class _Step(NamedTuple):
    label: str
    graph: Graph
    merge: str = ""


class Document:
    """A graph, what it was before each edit, and its file.

    problems: what was wrong with the form of the file that was read.
    """

    def __init__(self, graph: Graph | None = None, text: str = "", problems: list[Problem] | None = None):
        self._steps = [_Step("", graph if graph is not None else Graph({}))]
        self._at = 0
        self._saved: Graph | None = self.graph if text or graph is None else None
        self.text, self.problems = text, list(problems or ())
        self._on_disk = _stamp(self.path)
        self._copied: Graph | None = None  # what the copy for recovery says
        self.lost = False  # whether the file went away while it was open

    @classmethod
    def open(cls, path: str | Path) -> Document:
        """Read a graph file, or the graph that a picture carries. Raises GraphError if nothing can be read."""
        path = Path(path)
        if path.suffix.lower() == ".png":
            return cls._from_picture(path)
        text = graphfile.read_text(path)
        graph, problems = graphfile.parse(text, path.resolve())
        return cls(graph, text, problems)

    @classmethod
    def _from_picture(cls, path: Path) -> Document:
        """The graph that a picture carries, with its parts, and the folder from which it names files, as `run` finds them."""
        found = graphfile.embedded_graph(path)
        if found is None:
            raise GraphError([Problem(None, t("document.no_graph", path=path))])
        text, record = found
        graph, problems = graphfile.read(path.resolve())
        graph = replace(graph, path=None)
        document = cls(graph, text, problems)
        document.edit("undo.recorded", as_recorded(graph, record))
        return document

    @classmethod
    def template(cls, path: Path) -> Document:
        """A new document that begins as a copy of a graph file. Raises GraphError if it cannot be read.

        Graphs that stand in it as nodes are named by where they lie, since the copy lies nowhere yet.
        """
        text = graphfile.read_text(path)
        graph, problems = graphfile.parse(text, path)
        nodes = {name: node._replace(type=str((path.parent / node.type).resolve())) if node.is_graph else node
                 for name, node in graph.nodes.items()}
        return cls(replace(graph, path=None, nodes=nodes), text, problems)

    # -- history

    @property
    def graph(self) -> Graph:
        """The graph as it is now."""
        return self._steps[self._at].graph

    @property
    def path(self) -> Path | None:
        """The file it is kept in; None for one that was never saved."""
        return self.graph.path

    def edit(self, label: str, graph: Graph, merge: str = "") -> bool:
        """Take a step. Steps with one `merge`, one after the other, are undone as one. False where nothing changed."""
        if _same(graph, self.graph):
            return False
        graph = replace(graph, path=self.path) if graph.path != self.path else graph
        del self._steps[self._at + 1:]
        last = self._steps[self._at]
        if merge and last.merge == merge and last.graph is not self._saved and self._at:
            self._steps[self._at] = _Step(label, graph, merge)
        else:
            self._steps.append(_Step(label, graph, merge))
            self._at += 1
        return True

    def seal(self) -> None:
        """End the step that is being taken: the next edit is undone by itself."""
        self._steps[self._at] = self._steps[self._at]._replace(merge="")

    def undo(self) -> str:
        """Go one step back; the label of what was undone, empty if there was nothing."""
        if not self._at:
            return ""
        self._at -= 1
        return self._steps[self._at + 1].label

    def redo(self) -> str:
        """Take the next step again; its label, empty if there is none."""
        if self._at + 1 == len(self._steps):
            return ""
        self._at += 1
        return self._steps[self._at].label

    @property
    def undo_label(self) -> str:
        """What `undo` would undo."""
        return self._steps[self._at].label if self._at else ""

    @property
    def redo_label(self) -> str:
        """What `redo` would do again."""
        return self._steps[self._at + 1].label if self._at + 1 < len(self._steps) else ""

    @property
    def steps(self) -> int:
        """How many steps can be undone."""
        return self._at

    # -- the file

    @property
    def dirty(self) -> bool:
        """Whether it says something that its file does not."""
        return self._saved is None or self.lost or not _same(self._saved, self.graph)

    def written(self) -> str:
        """The text of its file, if it were saved now: with the comments and the order that the file has."""
        if not self.text:
            return graphfile.dumps(self.graph)
        return self.text if self._saved is self.graph else graphfile.updated(self.text, self.graph)

    def save(self, path: str | Path | None = None) -> Path:
        """Write the file, whole or not at all. Raises SaveFailed; without a path of its own one must be given."""
        path = Path(path).resolve() if path is not None else self.path
        if path is None:
            raise SaveFailed(t("document.no_file"))
        moved = path != self.path and (self.path or self.graph.base is not None)
        parts = self._parts(path.parent) if moved else {}
        text = self._moved(path, parts).written() if moved else self.written()
        for place, part in {**parts, path: text}.items():
            write_atomically(place, part)
        if path != self.path:
            self._steps = [step._replace(graph=replace(step.graph, path=path, base=None, carried={})) for step in self._steps]
        self.text, self._saved, self.problems, self.lost = text, self.graph, [], False
        self._on_disk = _stamp(path)
        self.seal()
        return path

    def _parts(self, folder: Path) -> dict[Path, str]:
        """The graphs that a picture brought along and that have no file yet: where they are to be written, and their texts."""
        parts: dict[Path, str] = {}
        for place, text in self.graph.carried.items():
            way = os.path.relpath(place, resolved(self.graph.folder / "_").parent)
            if not (place.exists() or way.startswith("..") or (folder / way).exists()):
                parts[folder / way] = text
        return parts

    def _moved(self, path: Path, parts: Mapping[Path, str]) -> Document:
        """This document as it has to be written in another folder: paths to other graphs still lead there.

        parts: graphs that are written with it, and lie from it as they did.
        """
        nodes = {name: node._replace(type=_from(path.parent, self.graph.folder / node.type))
                 if node.is_graph and not node.type.startswith("/") and resolved(path.parent / node.type) not in parts else node
                 for name, node in self.graph.nodes.items()}
        if path.parent == self.graph.folder or nodes == self.graph.nodes:
            return self
        self.edit("undo.moved", replace(self.graph, nodes=nodes))
        return self

    @property
    def on_disk(self) -> bool:
        """Whether it was ever read from its file, or written there."""
        return self._on_disk is not None

    @property
    def changed_on_disk(self) -> bool:
        """Whether someone else wrote the file since it was read or saved here."""
        now = _stamp(self.path)
        if now == self._on_disk or self.path is None or now is None:
            return False
        try:
            same = graphfile.read_text(self.path) == self.text
        except GraphError:
            same = False
        if same:
            self._on_disk = now
        return not same

    def keep_mine(self) -> None:
        """Let the file on disk be: the next save writes over it."""
        self._on_disk = _stamp(self.path)
        self._saved = None

    def reload(self) -> None:
        """Read the file again, as a step that can be undone. Raises GraphError if it cannot be read."""
        fresh = Document.open(self.path)
        self.edit("undo.reload", fresh.graph)
        self._steps[self._at] = _Step("undo.reload", fresh.graph)
        self.text, self.problems, self._saved = fresh.text, fresh.problems, fresh.graph
        self._on_disk = _stamp(self.path)

    # -- a copy in case the program dies

    def autosave(self, folder: Path) -> Path | None:
        """Keep a copy of what is not saved in a folder for recovery; the copy goes when all is saved."""
        copy = folder / f"{os.getpid()}-{id(self):x}.json"
        if not self.dirty or not (self._at or self.graph.nodes):
            copy.unlink(missing_ok=True)
            self._copied = None
            return None
        if self._copied is self.graph:
            return copy
        told = {"path": str(self.path) if self.path else "", "text": self.written(), "base": self.text,
                "pid": os.getpid(), "time": time.time()}
        write_atomically(copy, json.dumps(told, ensure_ascii=False))
        self._copied = self.graph
        return copy

    def forget_copy(self, folder: Path) -> None:
        """Take the copy for recovery away."""
        self._copied = None
        (folder / f"{os.getpid()}-{id(self):x}.json").unlink(missing_ok=True)


def write_atomically(path: Path, text: str) -> None:
    """Write UTF-8 text so that the file is there whole or as it was. Raises SaveFailed."""
    try:
        write_whole(path, text)
    except OSError as error:
        raise SaveFailed(t("document.not_written", path=path, why=error.strerror or error)) from None


def means_same(one: Graph, other: Graph) -> bool:
    """Whether two graphs differ in their layout alone; 1, 1.0 and true are three things."""
    return one is other or one.nodes is other.nodes and one.inputs is other.inputs and one.outputs is other.outputs \
        and one.forms is other.forms and one.packs is other.packs or repr(_said(one)) == repr(_said(other))


def _same(one: Graph, other: Graph) -> bool:
    """Whether two graphs say the same in the same order, where 1, 1.0 and true are three things."""
    return one is other or one == other and repr(_said(one)) == repr(_said(other))


def _said(graph: Graph) -> tuple[Any, ...]:
    return graph.nodes, graph.inputs, graph.outputs, graph.forms, graph.packs


def _stamp(path: Path | None) -> tuple[int, int] | None:
    """What tells a file's versions apart cheaply: when it was written, and its size."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found is not None else None


def _from(folder: Path, path: Path) -> str:
    """A path as a graph file in a folder names it."""
    told = os.path.relpath(path, folder).replace(os.sep, "/")
    return told if told.startswith(".") else f"./{told}"
