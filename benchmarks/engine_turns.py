"""How the engine's benchmarks measure: trivial nodes, and calls that take turns with a plain loop."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable
from time import process_time
from typing import Any, NamedTuple

from nodegraph import Catalogue, Engine, node


@node("bench.add", version=1)
def add(a: int, b: int = 0, c: int = 0, d: int = 0) -> int:
    """Add up to four numbers."""
    return a + b + c + d


@node("bench.numbers", version=1)
def numbers(many: int, start: int = 0, step: int = 1) -> list[int]:
    """So many numbers, one after another."""
    return list(range(start, start + many * step, step))


@node("bench.odd", version=1)
def odd(a: int) -> bool:
    """Whether a number is odd."""
    return a % 2 == 1


@node("bench.total", version=1)
def total(numbers: list[int]) -> int:
    """Add up a list."""
    return sum(numbers)


@node("bench.all", version=1, batch="numbers")
def add_all(numbers: list[int]) -> list[int]:
    """Add one to each of a batch."""
    return [number + 1 for number in numbers]


NODES: list[Callable[..., Any]] = [add, numbers, odd, total, add_all]


class Row(NamedTuple):
    """One figure. seconds: of processor time; None where it could not be had, and then `note` says why.

    number, unit: so many nodes, items or dependents that these seconds were spent on. times: multiples of the loop.
    """

    what: str
    seconds: float | None
    number: int = 1
    unit: str = "node"
    times: float | None = None
    note: str = ""


def spent(function: Callable[[], object]) -> float:
    """Seconds of processor time of one call."""
    gc.collect()
    started = process_time()
    function()
    return process_time() - started


def median(function: Callable[[], object], rounds: int) -> float:
    """Seconds of processor time, the median of several calls."""
    return statistics.median(spent(function) for _ in range(rounds))


class Turns:
    """Measures calls, each right after the loop that it is compared with."""

    def __init__(self, loop: Callable[[], object], rounds: int):
        self.loop, self.rounds = loop, rounds

    def row(self, what: str, work: Callable[[Any], object], number: int, unit: str = "node",
            before: Callable[[], Any] = lambda: None, after: Callable[[Any], object] = lambda made: None) -> Row:
        """The medians of several rounds. before: makes, unmeasured, what `work` is handed; after: lets go of it."""
        pairs = []
        for _ in range(self.rounds):
            loop, made = spent(self.loop), before()
            pairs.append((spent(lambda: work(made)), loop))
            after(made)
        return Row(what, statistics.median(seconds for seconds, _ in pairs), number, unit,
                   statistics.median(seconds / loop for seconds, loop in pairs))


def fresh_engine(folder: str | None = None) -> Engine:
    """An Engine that knows the nodes above and has run nothing."""
    return Engine(folder, catalogue=Catalogue(NODES, installed=False), device="cpu", host=8 << 30)
