"""What happens once for each of many items, or round after round: what it costs beside a loop that does the same."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from engine_turns import Row, Turns, add, add_all, fresh_engine, median, numbers, odd, total

from nodegraph import Engine, Graph, GraphError

MOST_ROUNDS = 10_000  # of a `repeat:`


class Case(NamedTuple):
    """A graph in which something happens many times, and the loop that does the same.

    graph, inner: text below `nodegraph: 1`, of the graph and of the one it places as ./inner.yaml. Its input `many` is
    what `length` makes of the number of times; its output is `out`. most: more often is not allowed.
    """

    what: str
    graph: str
    loop: Callable[[int], Callable[[], object]]
    inner: str = ""
    length: Callable[[int], int] = int
    most: int | None = None
    unit: str = "item"


Steps = dict[str, tuple[Callable[..., int], dict[str, tuple[str, int]]]]  # function, and name or number of each input


def evaluated(steps: Steps) -> Callable[[int], int]:
    """What `plain_loop` does with a graph, done for an item called x; gives what the last step gives."""
    def run(item: int) -> int:
        values, name = {"x": item}, "x"
        for name, (function, inputs) in steps.items():
            values[name] = function(**{port: values[link] if link else value
                                       for port, (link, value) in inputs.items()})
        return values[name]
    return run


def mapped_loop(step: Callable[[int], int]) -> Callable[[int], Callable[[], list[int]]]:
    """The loop that does one thing for each item."""
    return lambda count: lambda: [step(item) for item in numbers(many=count)]


add_one = evaluated({"m": (add, {"a": ("x", 0), "b": ("", 1)})})
add_two = evaluated({"m": (add, {"a": ("x", 0), "b": ("", 2)})})
is_odd = evaluated({"m": (odd, {"a": ("x", 0)})})
three_nodes = evaluated({"p": (add, {"a": ("x", 0), "b": ("", 1)}), "q": (add, {"a": ("p", 0), "b": ("", 2)}),
                         "r": (add, {"a": ("p", 0), "b": ("q", 0)})})
THREE = """
inputs: {x: {type: Int}}
nodes:
  p: {type: bench.add, a: $x, b: 1}
  q: {type: bench.add, a: $p, b: 2}
  r: {type: bench.add, a: $p, b: $q}
outputs: {r: $r}
"""


def rounds_of(step: Callable[[int], int]) -> Callable[[int], Callable[[], int]]:
    """The loop whose every round begins with what the last one gave."""
    def loop(count: int) -> Callable[[], int]:
        def run() -> int:
            value = 0
            for _ in range(count):
                value = step(value)
            return value
        return run
    return loop


def fold(count: int) -> Callable[[], int]:
    """The loop that takes each item into a sum."""
    def run() -> int:
        value = 0
        for item in numbers(many=count):
            value = add(a=value, b=item)
        return value
    return run


def side_of(count: int) -> int:
    """How long two lists are that have about so many pairs."""
    return int(count ** 0.5)


def product(count: int) -> Callable[[], list[int]]:
    """The loop over every pair of two lists."""
    side = numbers(many=side_of(count))
    return lambda: [add(a=a, b=b) for a in side for b in side]


def lists_of_lists(count: int) -> Callable[[], list[int]]:
    """The loop in a loop: ten items for each."""
    return lambda: [total(numbers=[add_one(item) for item in numbers(many=10, start=start)])
                    for start in numbers(many=count // 10, step=10)]


MAP = Case("each over a graph file of 3 nodes", """
inputs: {many: {type: Int}}
nodes:
  xs: {type: bench.numbers, many: $many}
  m: {type: ./inner.yaml, each: x, x: $xs}
outputs: {out: $m}
""", mapped_loop(three_nodes), THREE)
CASES = [
    Case("each over one node", """
inputs: {many: {type: Int}}
nodes:
  xs: {type: bench.numbers, many: $many}
  m: {type: bench.add, each: a, a: $xs, b: 1}
outputs: {out: $m}
""", mapped_loop(add_one)),
    Case("each over a batch node", """
inputs: {many: {type: Int}}
nodes:
  xs: {type: bench.numbers, many: $many}
  m: {type: bench.all, each: numbers, numbers: $xs}
outputs: {out: $m}
""", lambda count: lambda: add_all(numbers=numbers(many=count))),
    MAP,
    Case("a switch for each item", """
inputs: {many: {type: Int}}
nodes:
  xs: {type: bench.numbers, many: $many}
  m: {type: ./inner.yaml, each: x, x: $xs}
outputs: {out: $m}
""", mapped_loop(lambda item: add_one(item) if is_odd(item) else add_two(item)), """
inputs: {x: {type: Int}}
nodes:
  odd: {type: bench.odd, a: $x}
  one: {type: bench.add, a: $x, b: 1}
  two: {type: bench.add, a: $x, b: 2}
  choice: {type: switch, on: $odd, "true": $one, else: $two}
outputs: {choice: $choice}
"""),
    Case("each in each, ten by ten", """
inputs: {many: {type: Int}}
nodes:
  starts: {type: bench.numbers, many: $many, step: 10}
  m: {type: ./inner.yaml, each: x, x: $starts}
outputs: {out: $m}
""", lists_of_lists, """
inputs: {x: {type: Int}}
nodes:
  xs: {type: bench.numbers, many: 10, start: $x}
  m: {type: bench.add, each: a, a: $xs, b: 1}
  all: {type: bench.total, numbers: $m}
outputs: {all: $all}
""", length=lambda count: count // 10),
    Case("every pair of two lists", """
inputs: {many: {type: Int}}
nodes:
  xs: {type: bench.numbers, many: $many}
  m: {type: bench.add, cross: [a, b], a: $xs, b: $xs}
outputs: {out: $m}
""", product, length=side_of),
    Case("rounds of one node", """
inputs: {many: {type: Int}}
nodes:
  m: {type: bench.add, a: 0, b: 1, repeat: $many, carry: {a: int}}
outputs: {out: $m}
""", rounds_of(add_one), most=MOST_ROUNDS, unit="round"),
    Case("rounds of a graph file of 3 nodes", """
inputs: {many: {type: Int}}
nodes:
  m: {type: ./inner.yaml, x: 0, repeat: $many, carry: {x: r}}
outputs: {out: $m}
""", rounds_of(three_nodes), THREE, most=MOST_ROUNDS, unit="round"),
    Case("a fold", """
inputs: {many: {type: Int}}
nodes:
  xs: {type: bench.numbers, many: $many}
  m: {type: bench.add, each: b, a: 0, b: $xs, carry: {a: int}}
outputs: {out: $m}
""", fold),
]


class Refused(Exception):
    """This engine cannot say a Case, or says it wrongly."""


class Repeats:
    """The measurements on what repeats."""

    def __init__(self, count: int, rounds: int):
        self.title, self.count, self.rounds = f"{count:,} items", count, rounds
        self.loop = median(mapped_loop(add_one)(count), rounds)

    def rows(self) -> Iterator[Row]:
        """The first run of each case in memory, and of the map over a graph file also again, edited and from disk."""
        for case in CASES:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    yield from self.of_case(case, Path(folder))
                except Refused as refused:
                    yield Row(case.what, None, note=str(refused))

    def of_case(self, case: Case, folder: Path) -> Iterator[Row]:
        count = min(self.count, case.most or self.count)
        what = case.what if count == self.count else f"{case.what}, {count:,}"
        given = {"many": case.length(count)}
        loop = case.loop(count)
        graph = accepted(case, folder, given, loop())
        turns = Turns(loop, self.rounds)
        yield turns.row(what, lambda e: e.run(graph, given), count, case.unit, before=fresh_engine,
                        after=Engine.close)
        if case is MAP:
            yield from self.afterwards(turns, graph, count, folder)

    def afterwards(self, turns: Turns, graph: Graph, count: int, folder: Path) -> Iterator[Row]:
        """What a map costs when it was made before."""
        engine, given = fresh_engine(), {"many": count}
        engine.run(graph, given)
        yield turns.row("  with one item more", lambda more: engine.run(graph, {"many": more}), count, "item",
                        before=iter(range(count + 1, count + 1000)).__next__)
        yield turns.row("  read anew, all remembered", lambda other: engine.run(other, given), count, "item",
                        before=lambda: engine.load(folder / "graph.yaml"))
        run_once(folder / "cache", graph, given)
        yield turns.row("  in a new process, from disk", lambda _: run_once(folder / "cache", graph, given), count,
                        "item")


def run_once(cache: Path, graph: Graph, given: dict[str, int]) -> None:
    """Run a graph in an Engine of its own."""
    with fresh_engine(str(cache)) as engine:
        engine.run(graph, given)


def accepted(case: Case, folder: Path, given: dict[str, int], wanted: object) -> Graph:
    """The graph of a case, in a folder. Raises Refused where it is not understood or does not give what is wanted."""
    (folder / "inner.yaml").write_text("nodegraph: 1\n" + case.inner, "utf-8")
    (folder / "graph.yaml").write_text("nodegraph: 1\n" + case.graph, "utf-8")
    with fresh_engine() as engine:
        try:
            graph = engine.load(folder / "graph.yaml")
            result = engine.run(graph, given)
        except GraphError:
            raise Refused("not there") from None
        if result.errors:
            raise Refused(f"fails: {result.errors[0].message.splitlines()[0][:60]}")
        if result["out"] != wanted:
            raise Refused("gives something else than the loop")
    return graph
