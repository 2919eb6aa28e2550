"""Earlier runs of a document, gone back to: the graph as it was then, and what every node showed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

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


def rewind(session: Session, result: Result) -> None:
    """Show a run: its graph becomes the document's, where things stand now, and each node shows what it gave then."""
    document = session.document
    graph = replace(result.graph, layout=document.graph.layout, path=document.path, inputs=result.repeated().inputs)
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
