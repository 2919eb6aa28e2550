"""Graphs of thousands of nodes: what it costs to read, check, plan, run, run again and edit them."""

from __future__ import annotations

import gc
import random
import shutil
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator

from engine_turns import NODES, Row, Turns, add, fresh_engine, median

from nodegraph import Catalogue, Engine, Graph
from nodegraph.check import check
from nodegraph.graphfile import parse
from nodegraph.plan import plan

LAYER = 100


def parents(shape: str, index: int, rng: random.Random) -> list[int]:
    """What a node reads."""
    if index == 0:
        return []
    if shape == "chain":
        return [index - 1]
    if shape == "tree":
        return [(index - 1) // 2]
    layer = index // LAYER
    return rng.sample(range((layer - 1) * LAYER, layer * LAYER), 3) if layer else []


def text_of(shape: str, count: int) -> str:
    """A graph file with this many nodes."""
    rng = random.Random(0)
    lines = ["nodegraph: 1", "nodes:"]
    readers = set()
    for i in range(count):
        reads = parents(shape, i, rng)
        readers.update(reads)
        inputs = [f"{port}: $n{p}" for port, p in zip("acd", reads)] or ["a: 1"]
        lines += [f"  n{i}:", "    type: bench.add", *(f"    {line}" for line in inputs), f"    b: {i}"]
    lines.append("outputs:")
    lines += [f"  o{i}: $n{i}" for i in range(count) if i not in readers]
    return "\n".join(lines)


def plain_loop(graph: Graph) -> Callable[[], dict[str, int]]:
    """The same graph as a loop over a dict."""
    steps = {name: (add, {p: (v.name if hasattr(v, "port") else None, v) for p, v in node.inputs.items()})
             for name, node in graph.nodes.items()}

    def run() -> dict[str, int]:
        values: dict[str, int] = {}
        for name, (function, inputs) in steps.items():
            values[name] = function(**{port: values[link] if link else value
                                       for port, (link, value) in inputs.items()})
        return values
    return run


def dependents(graph: Graph, first: str) -> int:
    """How many nodes read a node, directly or not, and itself. Nodes stand after what they read."""
    reached = {first}
    for name, node in graph.nodes.items():
        if any(getattr(value, "name", None) in reached for value in node.inputs.values()):
            reached.add(name)
    return len(reached)


class Shape:
    """The measurements on one graph."""

    def __init__(self, shape: str, count: int, rounds: int):
        self.title, self.shape, self.count, self.rounds = f"{shape} of {count:,}", shape, count, rounds
        self.text = text_of(shape, count)
        self.catalogue = Catalogue(NODES, installed=False)
        self.graph = parse(self.text)[0]
        loop = plain_loop(self.graph)
        self.turns, self.loop = Turns(loop, rounds), median(loop, rounds)

    def rows(self) -> Iterator[Row]:
        """Everything that is measured."""
        turns, count = self.turns, self.count
        yield turns.row("read a file, with places", lambda _: parse(self.text), count)
        yield turns.row("check it", lambda _: check(self.graph, self.catalogue), count)
        yield turns.row("plan it", plan, count, before=lambda: check(self.graph, self.catalogue))
        yield from self.first_runs()
        engine = fresh_engine()
        engine.run(self.graph)
        yield turns.row("the same graph again", lambda _: engine.run(self.graph), count)
        yield from self.edits(engine)
        yield from self.memory()

    def first_runs(self) -> Iterator[Row]:
        """Nothing is remembered yet, or only what lies on disk."""
        planned = plan(check(self.graph, self.catalogue))
        first, kept = self.turns.row, tempfile.mkdtemp()

        def reopened(_: object) -> None:
            with fresh_engine(kept) as engine:
                engine.run_plan(planned)

        yield first("first run, in memory", lambda e: e.run_plan(planned), self.count, before=fresh_engine,
                    after=Engine.close)
        yield first("first run, with events", lambda e: e.run_plan(planned, emit=[].append), self.count,
                    before=fresh_engine, after=Engine.close)
        with tempfile.TemporaryDirectory() as folder:
            yield first("first run, kept on disk", lambda e: e.run_plan(planned), self.count,
                        before=lambda: fresh_engine(tempfile.mkdtemp(dir=folder)), after=Engine.close)
        reopened(None)
        yield first("in a new process, from disk", reopened, self.count)
        shutil.rmtree(kept)

    def edits(self, engine: Engine) -> Iterator[Row]:
        """One edit, for each node that depends on it, and what is left when none does."""
        changes = iter(range(1, 1_000_000))

        def edited(name: str) -> Callable[[], Graph]:
            def make() -> Graph:
                engine.run(self.graph)
                return self.graph.with_value(name, "b", -next(changes))
            return make

        for what, name in (("an edit in the middle", f"n{self.count // 2}"),
                           ("an edit at the end", f"n{self.count - 1}")):
            yield self.turns.row(what, engine.run, dependents(self.graph, name), "dependent", before=edited(name))

    def memory(self) -> Iterator[Row]:
        """Bytes of book-keeping for each node that a run leaves behind, beside the graph itself."""
        planned = plan(check(self.graph, self.catalogue))
        engine = fresh_engine()
        gc.collect()
        tracemalloc.start()
        result = engine.run_plan(planned)
        gc.collect()
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert not result.errors
        yield Row("book-keeping", None, self.count, note=f"{size / self.count:.0f} bytes a node")
