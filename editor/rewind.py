"""Earlier runs of a document, gone back to: the graph as it was then, and what every node showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nodegraph import Graph

from .document.items import Item, exists, facts, items, section, with_facts
from .runs import updates as up
from .runs.gallery import Result

if TYPE_CHECKING:
    from .session import Session

MERGE = "rewind"  # steps along the earlier runs are undone as one


def runs_of(session: Session) -> list[Result]:
    """The runs of this document whose pictures are kept, the oldest first."""
    path, title = session.document.path, session.document.graph.title
    return [result for result in reversed(list(session.gallery)) if result.shown and result.path == path
            and (path is not None or result.graph.title == title)]


def standing_as(then: Graph, now: Graph) -> Graph:
    """An earlier graph with what is still there standing where it stands now; notes and frames are those of now.

    What is not there any more stands where it stood, and the layout names nothing else.
    """
    told: dict[Item, Mapping[str, Any] | None] = {item: facts(now, item) for item in items(then)
                                                  if item.kind in ("node", "input", "output") and exists(now, item)}
    there = {*then.nodes, *then.inputs}
    told |= {Item("node", name): None for name in section(then, "node") if name not in there}  # what was wrong did not run
    told |= {Item("output", name): None for name in section(then, "output") if name not in then.outputs}
    told |= {item: None for item in items(then) if item.kind in ("note", "frame")}
    told |= {item: facts(now, item) for item in items(now) if item.kind in ("note", "frame")}
    return with_facts(then, told)


def rewind(session: Session, result: Result) -> None:
    """Show a run: its graph becomes the document's, where things stand now, and each node shows what it gave then."""
    document = session.document
    graph = replace(standing_as(result.graph, document.graph), path=document.path, inputs=result.repeated().inputs)
    before = document.graph
    if document.edit("undo.rewind", graph, MERGE):
        session.after_edit(before)
    shown = {name: pictures for name, pictures in result.shown.items() if name.partition("/")[0] in graph.nodes}
    for name, pictures in shown.items():
        state = session.state(name)
        state.status, state.error, state.thumbnails = "cached", "", dict(pictures)
    session.progress.shown.take(up.Remembered(result.job, graph, tuple(shown)))
    session.rewound = result.job
    session.restale()
    session.touch()
