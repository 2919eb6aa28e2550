"""The engine's graphs with others: Dask, diskcache and Hamilton (the extra `bench`), where they are installed."""

# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator

from engine_shapes import Shape
from engine_turns import Row, add, median

Links = dict[str, list[str]]  # what each node reads


def peers(bench: Shape) -> Iterator[Row]:
    """The same graph with each of the others."""
    links = {name: [v.name for v in n.inputs.values() if hasattr(v, "port")] for name, n in bench.graph.nodes.items()}
    ends = [ref.name for ref in bench.graph.outputs.values()]
    for what, measured, rounds in (("Dask, synchronous", dask, 2), ("diskcache loop", diskcache, 1),
                                   ("Hamilton, no cache", hamilton, 2)):
        try:
            seconds = median(measured(links, ends), rounds)
            yield Row(what, seconds, bench.count, "node", seconds / bench.loop)
        except ImportError:
            print(f"{what.split()[0]} is not installed (pip install '.[bench]')".replace(",", ""),
                  file=sys.stderr)


def dask(links: Links, ends: list[str]) -> Callable[[], object]:
    """The graph as Dask's dict of tasks."""
    import dask

    work: dict[str, tuple[object, ...]] = {name: (add, *(reads or (1,))) for name, reads in links.items()}
    return lambda: dask.get(work, ends)


def diskcache(links: Links, ends: list[str]) -> Callable[[], object]:
    """The plain loop, with every result looked up and kept in a diskcache."""
    import diskcache

    def loop() -> None:
        with tempfile.TemporaryDirectory() as folder, diskcache.Cache(folder) as cache:
            values: dict[str, int] = {}
            for name, reads in links.items():
                arguments = [values[link] for link in reads] or [1]
                key = (name, *arguments)
                value = cache.get(key)
                if value is None:
                    value = add(*arguments)
                    cache.set(key, value)
                values[name] = value
    return loop


def hamilton(links: Links, ends: list[str]) -> Callable[[], object]:
    """The graph as a Hamilton driver: one function for each node, made from text."""
    import types

    from hamilton import driver

    module = types.ModuleType("bench_graph")
    exec("\n".join(function_text(name, reads) for name, reads in links.items()), module.__dict__)
    for value in list(vars(module).values()):
        if isinstance(value, types.FunctionType):
            value.__module__ = module.__name__
    sys.modules["bench_graph"] = module
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 20 * len(links)))  # it walks graphs by recursion
    built = driver.Builder().with_modules(module).build()
    return lambda: built.execute(ends)


def function_text(name: str, reads: list[str]) -> str:
    """A node as the function that Hamilton reads."""
    return (f"def {name}({', '.join(f'{link}: int' for link in reads)}) -> int:\n"
            f"    return {' + '.join(reads) or '1'}\n")
