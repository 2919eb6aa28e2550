"""What each node of a graph was made from when it last ran, kept for `why` and for forecasts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..wording import say
from .index import Index


class History:
    """The table of histories."""

    def __init__(self, index: Index):
        self.index = index

    def remember(self, graph: str, rows: Iterable[tuple[str, bytes]]) -> None:
        """Keep what nodes of a graph were made from, in the place of what was kept of them before."""
        self.index.write(("INSERT OR REPLACE INTO history VALUES (?, ?, ?)",
                          [(graph, node, data) for node, data in rows]))

    def of(self, graph: str, decode: Callable[[bytes], Any]) -> list[tuple[str, Any]]:
        """What was kept of one graph: (node, what `decode` makes of it)."""
        histories = []
        for node, data in self.index.rows("SELECT node, ingredients FROM history WHERE graph = ?", (graph,)):
            try:
                histories.append((node, decode(data)))
            except (ValueError, TypeError):
                self.index.warn(say("history.damaged", node=node))
        return histories
