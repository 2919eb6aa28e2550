"""What a graph says otherwise than another one: what came, what changed, what is gone, and the links of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from nodegraph import Graph
from nodegraph.editing import GraphInput

from ..document import arrange
from ..document.items import Item, Link, facts, links, position, with_facts
from ..words.speak import t
from .why import change, changes

GHOST = (208.0, 96.0)  # canvas units: how large what is gone is drawn
KINDS = ("input", "node", "output")


class Against(NamedTuple):
    """Another graph, and what it is called: a commit, or a file."""

    called: str
    graph: Graph


class Line(NamedTuple):
    """One difference in words. sort: "added", "changed" or "gone". item: where it stands, None for what stands nowhere."""

    sort: str
    item: Item | None
    words: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """marks: "added" or "changed" by what is on the canvas. gone: what the other graph has besides.

    added, taken: links that only this graph has, and only the other.
    """

    called: str
    other: Graph
    marks: Mapping[Item, str]
    gone: tuple[Item, ...]
    added: frozenset[Link]
    taken: tuple[Link, ...]
    lines: tuple[Line, ...]

    @property
    def words(self) -> str:
        """How many things differ, in a sentence."""
        counts = {sort: sum(mark == sort for mark in self.marks.values()) for sort in ("added", "changed")}
        if not self.lines:
            return t("compare.same", name=self.called)
        return t("compare.words", name=self.called, **counts, gone=len(self.gone))


def compared(against: Against, graph: Graph) -> Comparison:
    """What a graph says otherwise than another one; where things stand is not looked at."""
    old, marks, gone, lines = against.graph, {}, [], []
    for what in ("title", "description"):
        if getattr(old, what) != getattr(graph, what):
            lines.append(Line("changed", None, change(what, getattr(old, what), getattr(graph, what))))
    for kind in KINDS:
        before, now = _table(old, kind), _table(graph, kind)
        for name in dict.fromkeys([*now, *before]):
            item = Item(kind, name)
            if name not in now:
                gone.append(item)
                lines.append(Line("gone", item, _named(old, item)))
            elif name not in before:
                marks[item] = "added"
                lines.append(Line("added", item, _named(graph, item)))
            elif told := _told(kind, before[name], now[name]):
                marks[item] = "changed"
                lines += [Line("changed", item, words) for words in told]
    then, there = links(old), links(graph)
    return Comparison(against.called, old, marks, tuple(gone), frozenset(there) - frozenset(then),
                      tuple(link for link in then if link not in frozenset(there)), tuple(lines))


def ghosts(comparison: Comparison, graph: Graph, sizes: Mapping[Item, tuple[float, float]]
           ) -> dict[Item, tuple[float, float, float, float]]:
    """Where what is gone is drawn: where it stood, or beside what it was linked to. graph: with a place for everything."""
    old, taken = comparison.other, {*graph.nodes, *graph.inputs}
    gone = [item for item in comparison.gone if item.kind == "output" or item.name not in taken]
    tables = {f"{kind}s": {**_table(graph, kind), **{item.name: _table(old, kind)[item.name] for item in gone
                                                     if item.kind == kind}} for kind in KINDS}
    both = with_facts(replace(graph, **tables), {item: facts(old, item) for item in gone})
    lost = arrange.missing_positions(both, {**dict.fromkeys(gone, GHOST), **sizes})
    return {item: (*at, *GHOST) for item in gone if (at := position(both, item) or lost.get(item)) is not None}


def _table(graph: Graph, kind: str) -> Mapping[str, Any]:
    return {"input": graph.inputs, "node": graph.nodes, "output": graph.outputs}[kind]


def _named(graph: Graph, item: Item) -> str:
    """What an item is, in a word: a node's type, an input's."""
    thing = _table(graph, item.kind)[item.name]
    return str(thing) if item.kind == "output" else str(thing.type)


def _told(kind: str, old: Any, new: Any) -> tuple[str, ...]:
    if kind == "node":
        return changes(old, new)
    if kind == "output":
        return () if old == new else (change("", old, new).removeprefix(": "),)
    return tuple(change(name, getattr(old, name), getattr(new, name)) for name in GraphInput._fields
                 if getattr(old, name) != getattr(new, name))
