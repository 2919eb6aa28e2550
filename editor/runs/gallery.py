"""The history of runs: what came out, and all that went in, so that each can be opened, compared, repeated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import Graph

from . import updates as up
from .thumbnails import Thumbnail

LIMIT = 200
NOTHING = "\N{EM DASH}"  # what stands for a value that is not there


@dataclass(frozen=True)
class Result:
    """One run. given: inputs in place of their defaults; seeds: rolled, by "node.port"; at: when it ended.

    shown: what each node showed then, by output port.
    """

    job: int
    label: str
    at: datetime
    graph: Graph
    given: Mapping[str, Any]
    seeds: Mapping[str, int]
    outputs: Mapping[str, up.Output]
    seconds: float
    shown: Mapping[str, Mapping[str, Thumbnail]] = field(default_factory=dict, repr=False)

    @property
    def title(self) -> str:
        """The graph's title, or else the name of its file."""
        return self.graph.title or (self.graph.path.stem if self.graph.path is not None else "")

    @property
    def path(self) -> Path | None:
        """The graph's file."""
        return self.graph.path

    @property
    def inputs(self) -> dict[str, Any]:
        """The value that each input of the graph had, so far as it had one."""
        return {name: self.given.get(name, item.default) for name, item in self.graph.inputs.items()
                if name in self.given or item.has_default}

    @classmethod
    def of(cls, done: up.Done, at: datetime | None = None) -> Result:
        """The record of a job that is over. at: when; now if left out."""
        return cls(done.job, done.label, at or datetime.now(), done.graph, done.given, done.seeds, done.outputs,
                   done.seconds)

    def repeated(self) -> Graph:
        """The graph with the seeds that were rolled and the inputs that were given: it gives the same again."""
        graph = self.graph
        for place, seed in self.seeds.items():
            node, port = place.rsplit(".", 1)
            if node in graph.nodes:  # seeds rolled inside another graph file stay random
                graph = graph.with_value(node, port, seed)
        inputs = dict(graph.inputs)
        for name in inputs.keys() & self.given.keys():
            inputs[name] = inputs[name]._replace(default=self.given[name], has_default=True)
        return replace(graph, inputs=inputs)


class Gallery:
    """The results of this session, the newest first; older ones go when there are more than `limit`."""

    def __init__(self, limit: int = LIMIT):
        self.limit = limit
        self._results: list[Result] = []

    def add(self, result: Result) -> None:
        """Keep one more result. One without outputs is not worth a place."""
        if result.outputs:
            self._results.insert(0, result)
            del self._results[self.limit:]

    def remove(self, result: Result) -> None:
        """Let go of a result. The graphs and values themselves are left alone."""
        self._results = [other for other in self._results if other is not result]

    def clear(self) -> None:
        """Let go of every result."""
        self._results = []

    def of_job(self, job: int) -> Result | None:
        """The result of a job, if it is kept."""
        return next((result for result in self._results if result.job == job), None)

    def __getitem__(self, index: int) -> Result:
        return self._results[index]

    def __iter__(self) -> Iterator[Result]:
        return iter(list(self._results))

    def __len__(self) -> int:
        return len(self._results)


class Difference(NamedTuple):
    """One thing in which two runs differ. place: "node.port", "node", "node.seed", or an input's name.

    old, new: as they are written in a graph file; an em dash where there is none.
    """

    place: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.place}: {self.old} \N{RIGHTWARDS ARROW} {self.new}"


def difference(a: Result, b: Result) -> list[Difference]:
    """In which inputs, nodes, parameters, links and seeds two runs differ: inputs first, then node by node."""
    found = _between("", a.inputs, b.inputs)
    old, new = a.graph.nodes, b.graph.nodes
    for name in dict.fromkeys([*new, *old]):
        if name not in old or name not in new:
            found.append(Difference(name, *(n[name].type if name in n else NOTHING for n in (old, new))))
            continue
        if old[name] is new[name]:
            continue
        if old[name].type != new[name].type:
            found.append(Difference(name, old[name].type, new[name].type))
        found += _between(f"{name}.", old[name].inputs, new[name].inputs)
        for key in ("each", "bypass", "mute"):
            one, other = getattr(old[name], key), getattr(new[name], key)
            if one != other:
                found.append(Difference(f"{name}.{key}", written(one), written(other)))
    told = {change.place for change in found}
    found += [change for change in _between("", a.seeds, b.seeds) if change.place not in told]
    return found + [Difference(f"output {change.place}", change.old, change.new)
                    for change in _between("", a.graph.outputs, b.graph.outputs)]


def _between(prefix: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    missing = object()
    found = []
    for name in dict.fromkeys([*new, *old]):
        one, other = old.get(name, missing), new.get(name, missing)
        if one is not other and (type(one) is not type(other) or one != other):
            told = [NOTHING if value is missing else written(value) for value in (one, other)]
            found.append(Difference(prefix + name, *told))
    return found


def written(value: Any) -> str:
    """A literal or a link, as it would be written in a graph file, in one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if type(value) in (list, tuple) and not hasattr(value, "_fields"):
        return f"[{', '.join(map(written, value))}]"
    return " ".join(str(value).split()) if str(value).strip() else '""'
