"""What is known about the Graph being edited, and where on the canvas each of its problems is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from nodegraph import Graph, Problem
from nodegraph.editing import Checked, label_of

from ..document.document import means_same
from ..document.items import Item

UNTRUE = ("graph.no-outputs",)  # what does not hold here: a graph without outputs runs to the nodes that no other reads
_KINDS = {"nodes": "node", "inputs": "input", "outputs": "output"}


class Found(NamedTuple):
    """A problem, and what it is about: an item of the canvas (None: the graph as a whole) and its port ("" for all)."""

    problem: Problem
    item: Item | None
    port: str

    @property
    def place(self) -> str:
        """Where it is, as a list of problems says it: `verse.model`, `input subject`, or another file and its line."""
        if self.item is None:
            return f"{self.problem.where.file}:{self.problem.where.line}" if self.problem.where else ""
        name = self.item.name if self.item.kind == "node" else f"{self.item.kind} {self.item.name}"
        return f"{name}.{label_of(self.port)}" if self.port else name

    @property
    def names_itself(self) -> bool:
        """Whether its sentence says by itself what it is about."""
        facts = [str(fact) for fact in self.problem.facts.values()]
        return self.item is not None and (self.item.name in facts or self.place in facts)


class Judged(NamedTuple):
    """A checked Graph and its problems by place."""

    checked: Checked
    found: list[Found]


class Judgement:
    """What is known of the graph that is edited, found out again when it says something else."""

    def __init__(self, check: Callable[[Graph], Checked]):
        self._check = check
        self._last: tuple[Graph, Judged] | None = None

    def of(self, graph: Graph) -> Judged:
        """What is known of this graph."""
        if self._last is None or not means_same(self._last[0], graph):
            self._last = graph, judge(graph, self._check)
        return self._last[1]

    def known(self, graph: Graph) -> Checked | None:
        """What was found out about the last graph, if it has these very nodes."""
        return self._last[1].checked if self._last is not None and self._last[0].nodes is graph.nodes else None

    def forget(self) -> None:
        """Files that the graph names may have changed."""
        self._last = None


def judge(graph: Graph, check: Callable[[Graph], Checked]) -> Judged:
    """Check a graph as it is being edited. check: an Engine's, or any function from a Graph to a Checked."""
    # The lines of the file it was read from are not where things stand any more.
    checked = check(replace(graph, marks=None))
    return Judged(checked, [_found(problem) for problem in checked.problems if problem.code not in UNTRUE])


def _found(problem: Problem) -> Found:
    at = problem.at
    if problem.where is not None or len(at) < 2 or at[0] not in _KINDS:  # with a place, it is another file's
        return Found(problem, None, "")
    port = str(at[2]) if len(at) > 2 and at[0] == "nodes" and at[2] not in ("type", "each") else ""
    return Found(problem, Item(_KINDS[at[0]], str(at[1])), port)


def found_in_file(problem: Problem) -> Found:
    """A problem with the form of the file that is edited, by the item that it is about."""
    at = problem.at
    if len(at) < 2 or at[0] not in _KINDS:
        return Found(problem, None, "")
    return Found(problem, Item(_KINDS[at[0]], str(at[1])), "")
