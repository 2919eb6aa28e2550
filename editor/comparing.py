"""What the document is compared with on the canvas, followed while it is edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodegraph import Graph

from .runs.comparison import Against, Comparison, compared

if TYPE_CHECKING:
    from .session import Session


class Comparing:
    """The comparison of a session's graph with another one. against: that one, None while nothing is compared."""

    def __init__(self, session: Session):
        self.session = session
        self.against: Against | None = None
        self._last: tuple[Against, Graph, Comparison] | None = None

    def begin(self, called: str, graph: Graph) -> None:
        """Show what the document says otherwise than this graph."""
        self.against = Against(called, graph)
        self.session.touch()

    def end(self) -> None:
        """Show it no longer."""
        self.against = None
        self.session.touch()

    @property
    def found(self) -> Comparison | None:
        """What differs now; None while nothing is compared."""
        against, graph = self.against, self.session.document.graph
        if against is None:
            return None
        if self._last is None or self._last[0] is not against or self._last[1] is not graph:
            self._last = against, graph, compared(against, graph)
        return self._last[2]
