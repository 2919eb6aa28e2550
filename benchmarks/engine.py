"""What the engine costs beside the work it runs, in multiples of a plain Python loop measured in the same process.

    python benchmarks/engine.py [--nodes 10000] [--peers]

Trivial integer nodes; chain, binary tree and layered graphs (each node reads three of the layer before). The loop is
the plainest evaluator of the same graph: for each node, look up what it reads, call it, keep the result. Times are of
the thread's own CPU, the least of several rounds, so that a busy machine spoils them little. `--peers` runs Hamilton,
Dask and diskcache (the extra `bench`) on the same graphs.
"""

from __future__ import annotations

import argparse
import gc
import random
import shutil
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from time import thread_time

from nodegraph import Catalogue, Engine, node
from nodegraph.check import check
from nodegraph.graph import Graph
from nodegraph.graphfile import parse
from nodegraph.plan import plan

LAYER = 100


@node("bench.add", version=1)
def add(a: int, b: int = 0, c: int = 0, d: int = 0) -> int:
    """Add up to four numbers."""
    return a + b + c + d


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


def plain_loop(graph: Graph) -> Callable[[], None]:
    """The same graph as a loop over a dict."""
    steps = {name: (add, {p: (v.name if hasattr(v, "port") else None, v) for p, v in node.inputs.items()})
             for name, node in graph.nodes.items()}

    def run() -> None:
        values: dict[str, int] = {}
        for name, (function, inputs) in steps.items():
            values[name] = function(**{port: values[link] if link else value
                                       for port, (link, value) in inputs.items()})
    return run


def least(function: Callable[[], object], rounds: int = 5) -> float:
    """Seconds of CPU, the least of several rounds."""
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        started = thread_time()
        function()
        best = min(best, thread_time() - started)
    return best


class Bench:
    """The measurements on one graph."""

    def __init__(self, shape: str, count: int):
        self.shape, self.count = shape, count
        self.text = text_of(shape, count)
        self.catalogue = Catalogue([add], installed=False)
        self.graph = parse(self.text)[0]
        self.loop = least(plain_loop(self.graph))
        self.folder = tempfile.mkdtemp()

    def engine(self, cache: str | None = None) -> Engine:
        engine = Engine(cache, catalogue=self.catalogue, device="cpu", host=8 << 30)
        return engine

    def rows(self) -> list[tuple[str, float]]:
        """(what, seconds) for everything that is measured."""
        rounds = 5 if self.count <= 10_000 else 2
        found = [("read a file, with places", least(lambda: parse(self.text), rounds)),
                 ("check it", least(lambda: check(self.graph, self.catalogue), rounds)),
                 ("plan it", least(lambda: plan(check(self.graph, self.catalogue)), rounds))]
        found[2] = (found[2][0], found[2][1] - found[1][1])
        planned = plan(check(self.graph, self.catalogue))
        found.append(("first run, in memory", self.first(planned, None, rounds)))
        found.append(("first run, with events", self.first(planned, [].append, rounds)))
        found.append(("first run, kept on disk", self.first(planned, None, rounds, disk=True)))
        with self.engine(self.folder) as engine:
            engine.run_plan(planned)
        found.append(("in a new process, from disk", self.reopened(planned, rounds)))
        engine = self.engine()
        engine.run(self.graph)
        found.append(("the same graph again", least(lambda: engine.run(self.graph), rounds)))
        found += self.edits(engine)
        shutil.rmtree(self.folder)
        return found

    def first(self, planned, emit, rounds: int, disk: bool = False) -> float:
        best = float("inf")
        for _ in range(rounds):
            folder = tempfile.mkdtemp() if disk else None
            engine = self.engine(folder)
            gc.collect()
            started = thread_time()
            engine.run_plan(planned, emit=emit)
            best = min(best, thread_time() - started)
            engine.close()
            if folder:
                shutil.rmtree(folder)
        return best

    def reopened(self, planned, rounds: int) -> float:
        def run() -> None:
            with self.engine(self.folder) as engine:
                engine.run_plan(planned)
        return least(run, rounds)

    def edits(self, engine: Engine) -> list[tuple[str, float]]:
        """One edit in the middle; the cost for each node that depends on it, and what is left when none does."""
        middle, last = f"n{self.count // 2}", f"n{self.count - 1}"
        found = []
        for what, name in (("an edit in the middle", middle), ("an edit at the end", last)):
            best = float("inf")
            for value in range(1, 4):
                edited = self.graph.with_value(name, "b", -value - len(found) * 10)
                started = thread_time()
                engine.run(edited)
                best = min(best, thread_time() - started)
                engine.run(self.graph)
            found.append((what, best))
        return found

    def memory(self) -> float:
        """Bytes of book-keeping for each node that a run leaves behind, beside the graph itself."""
        planned = plan(check(self.graph, self.catalogue))
        engine = self.engine()
        gc.collect()
        tracemalloc.start()
        result = engine.run_plan(planned)
        gc.collect()
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert result.raw.ok
        return size / self.count


def peers(bench: Bench) -> list[tuple[str, float]]:
    """The same graph with others, where they are installed."""
    found = []
    reads = {name: [v.name for v in n.inputs.values() if hasattr(v, "port")] for name, n in bench.graph.nodes.items()}
    try:
        import dask

        work = {name: (add, *([r for r in links] or [1])) for name, links in reads.items()}
        ends = [ref.name for ref in bench.graph.outputs.values()]
        found.append(("Dask, synchronous", least(lambda: dask.get(work, ends), 2)))
    except ImportError:
        print("Dask is not installed (pip install 'nodegraph[bench]')", file=sys.stderr)
    try:
        import diskcache

        folder = tempfile.mkdtemp()
        with diskcache.Cache(folder) as cache:
            def loop() -> None:
                values: dict[str, int] = {}
                for name, links in reads.items():
                    arguments = [values[link] for link in links] or [1]
                    key = (name, *arguments)
                    value = cache.get(key)
                    if value is None:
                        value = add(*arguments)
                        cache.set(key, value)
                    values[name] = value
            found.append(("diskcache loop", least(loop, 1)))
        shutil.rmtree(folder)
    except ImportError:
        print("diskcache is not installed (pip install 'nodegraph[bench]')", file=sys.stderr)
    try:
        found.append(("Hamilton, no cache", hamilton(reads, [ref.name for ref in bench.graph.outputs.values()])))
    except ImportError:
        print("Hamilton is not installed (pip install 'nodegraph[bench]')", file=sys.stderr)
    return found


def hamilton(reads: dict[str, list[str]], ends: list[str]) -> float:
    """The graph as a Hamilton driver: one function for each node, made from text."""
    import types

    from hamilton import driver

    module = types.ModuleType("bench_graph")
    source = []
    for name, links in reads.items():
        source.append(f"def {name}({', '.join(f'{link}: int' for link in links)}) -> int:\n"
                      f"    return {' + '.join(links) or '1'}\n")
    exec("".join(source), module.__dict__)
    for value in list(vars(module).values()):
        if isinstance(value, types.FunctionType):
            value.__module__ = module.__name__
    sys.modules["bench_graph"] = module
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 20 * len(reads)))  # it walks graphs by recursion
    built = driver.Builder().with_modules(module).build()
    return least(lambda: built.execute(ends), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nodes", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--shape", nargs="+", default=["chain", "tree", "layered"])
    parser.add_argument("--peers", action="store_true")
    arguments = parser.parse_args()
    for count in arguments.nodes:
        for shape in arguments.shape:
            bench = Bench(shape, count)
            print(f"\n{shape} of {count:,}: the plain loop takes {bench.loop / count * 1e6:.2f} us a node")
            rows = bench.rows()
            if arguments.peers and (count <= 1000 or shape != "chain"):
                rows += peers(bench)
            for what, seconds in rows:
                print(f"  {what:32} {seconds * 1e3:10.2f} ms {seconds / count * 1e6:9.2f} us a node "
                      f"{seconds / bench.loop:8.1f} x the loop")
            print(f"  {'book-keeping':32} {bench.memory():10.0f} bytes a node")


if __name__ == "__main__":
    main()
