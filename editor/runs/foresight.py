"""What a run would do, and what is remembered already, found out in the worker without calling any node."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from nodegraph import Engine, Graph, GraphError, NodegraphError
from nodegraph.editing import REMEMBERED, Forecast, events as ev

from ..words.speak import t
from . import updates as up
from .jobs import Job
from .outbox import Outbox
from .parts import Parts
from .pictures import Pictures
from .products import Products
from .watch import Watch


def look(engine: Engine, number: int, graph: Graph, fill: bool | frozenset[str], outbox: Outbox, products: Products,
         pictures: Pictures) -> up.Foreseen:
    """Forecast a run of a graph. fill: tell of what is remembered too, of everything or of these nodes, and have pictures
    made of it."""
    job = Job(number, graph, None, None, {}, "")
    watch = Watch(job, outbox, products, pictures, lambda: None)
    there: list[str] = []

    def hear(event: ev.Event) -> None:
        if isinstance(event, ev.Cached) and (fill is True or isinstance(fill, frozenset)
                                             and event.node.partition("/")[0] in fill):
            there.append(event.node)
            watch.picture(event.node, event.outputs)

    try:
        checked = engine.check(Parts().wanted(engine, graph, None, None))
        plan = engine.plan(checked)
        watch.planned(checked, plan)
        rows = engine.forecast(plan, hear if fill else None)
    except (GraphError, NodegraphError):
        return up.Foreseen(number, graph, ())  # what is wrong is told by the problems of the graph
    if fill and there:
        outbox.put(up.Remembered(number, graph, tuple(there), watch.codes))
    return up.Foreseen(number, graph, tuple(rows))


class Outlook(NamedTuple):
    """A forecast in short. runs: the nodes that would run; total: how many there are; seconds: of those whose time is known."""

    runs: frozenset[str]
    total: int
    seconds: float
    timed: bool

    @classmethod
    def of(cls, rows: Iterable[Forecast]) -> Outlook:
        """The outlook of a forecast."""
        rows = list(rows)
        due = [row for row in rows if row.status != REMEMBERED]
        return cls(frozenset(row.node for row in due), len(rows), sum(row.seconds or 0.0 for row in due),
                   all(row.seconds is not None for row in due))

    def words(self, lasting: Callable[[float], str]) -> str:
        """It in a few words: about 14 s, 3 of 10 nodes. lasting: puts seconds into words."""
        if not self.total:
            return ""
        if not self.runs:
            return t("forecast.nothing")
        nodes = t("forecast.nodes", count=len(self.runs), total=self.total)
        return t("forecast.about", seconds=lasting(self.seconds), nodes=nodes) if self.timed and self.seconds >= 0.05 \
            else nodes
