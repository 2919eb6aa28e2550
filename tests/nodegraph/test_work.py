"""How much work runs take: Python calls and SQL statements are counted, never timed.

Each bound stands a little above what was counted when it was set. Where a change needs more for a good reason, the
bound goes up with it; the failure says what was counted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nodegraph import events as ev, node

from .playground import Tensor, engine, graph

COUNT = 1000


@node("k.add", version=1, costly=False)
def add(a: int, b: int = 0) -> int:
    """Add."""
    return a + b


@node("k.large", version=1, costly=True)
def large(a: float, k: float = 0.0) -> Tensor:
    """Something large."""
    import torch

    return torch.full((10_000,), a + k)


@node("k.larger", version=1, costly=True)
def larger(tensor: Tensor, k: float = 1.0) -> Tensor:
    """Something large, of something large."""
    return tensor + k


@node("k.mean", version=1)
def mean(tensor: Tensor) -> float:
    """One number."""
    return float(tensor.mean())


@node("k.text", version=1, costly=True)
def text(a: float, words: int = 200) -> str:
    """A long text."""
    return f"{a} " * words


@node("k.card", version=1, costly=True)
def card(tensor: Tensor, text: str, a: float) -> Tensor:
    """All together."""
    return tensor * a


NODES = [add, large, larger, mean, text, card]


def calls(work: Callable[[], Any]) -> int:
    """How many Python functions are called, in this thread."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def within(count: float, bound: float, what: str) -> None:
    """Judge a figure by its bound."""
    assert count <= bound, f"{what}: {count:.2f}, and the bound is {bound}"


def chain(count: int = COUNT) -> Any:
    """Nodes that each read the one before."""
    lines = [f"  n{i}: {{type: k.add, a: $n{i - 1}, b: {i}}}" for i in range(1, count)]
    return graph("\n".join(["nodes:", "  n0: {type: k.add, a: 1}", *lines, f"outputs: {{o: $n{count - 1}}}"]))


@pytest.fixture(autouse=True)
def warm_start():
    """What a process does once is no part of what a run takes."""
    import torch

    torch.full((3,), 1.0).mean()
    e = engine(more=NODES)
    g = chain(3)
    e.run(g), e.run(g.with_value("n1", "b", 7)), e.run(g)


@pytest.mark.parametrize("on_disk, listening, bound", [(False, False, 5.6), (False, True, 10.9), (True, False, 12),
                                                       (True, True, 17.2)])
def test_a_trivial_node_of_a_first_run_takes_a_handful_of_calls(on_disk, listening, bound, tmp_path):
    with engine(tmp_path if on_disk else None, more=NODES) as e:
        plan = e.plan(chain())
        emit = (lambda event: None) if listening else None
        within(calls(lambda: e.run_plan(plan, emit=emit)) / COUNT, bound, "Python calls for a node of a first run")


def test_checking_and_planning_take_a_few_calls_a_node():
    e, g = engine(more=NODES), chain()
    checked = []
    within(calls(lambda: checked.append(e.check(g))) / COUNT, 17.5, "Python calls to check a node")
    within(calls(lambda: e.plan(checked[0])) / COUNT, 22, "Python calls to plan a node")


def test_a_node_that_is_remembered_takes_fewer():
    e, g = engine(more=NODES), chain()
    plan = e.plan(g)
    e.run_plan(plan)
    within(calls(lambda: e.run_plan(plan)) / COUNT, 3.4, "Python calls for a node that is remembered")


def test_the_very_same_graph_again_takes_no_calls_for_its_nodes():
    e, g = engine(more=NODES), chain()
    e.run(g), e.run(g)  # the first time it is found out whether that may be done at all
    within(calls(lambda: e.run(g)), 26, "Python calls for the same graph again")


@pytest.mark.parametrize("at", [0, 500, 999])
def test_an_edit_takes_calls_for_what_depends_on_it_and_none_for_the_others(at):
    e, g = engine(more=NODES), chain()
    e.run(g), e.run(g.with_value("n990", "b", 7))
    edited = g.with_value(f"n{at}", "b", 5000)
    count, dependents = calls(lambda: e.run(edited)), COUNT - at
    within(count, 240 + 5.2 * dependents, f"Python calls for an edit with {dependents} dependents")


@pytest.mark.parametrize("listening, bound", [(False, 11), (True, 20.5)])
def test_an_item_of_a_list_takes_a_few_calls(listening, bound):
    e = engine(more=NODES)
    g = graph(f"nodes: {{n: {{type: k.add, each: a, a: {list(range(COUNT))}, b: 1}}}}\noutputs: {{o: $n}}")
    plan = e.plan(g)
    emit = (lambda event: None) if listening else None
    within(calls(lambda: e.run_plan(plan, emit=emit)) / COUNT, bound, "Python calls for an item")


@pytest.mark.parametrize("form, bound", [("repeat: 1000, carry: {a: int}, a: 0, b: 1", 22),
                                         ("repeat: 1000, count: b, a: 1", 6.8),
                                         ("cross: [a, b], a: %s, b: [1, 2, 3, 4, 5]" % list(range(200)), 26)],
                         ids=["a loop", "a count", "a product"])
def test_a_round_or_a_pair_takes_a_few_calls(form, bound):
    e = engine(more=NODES)
    plan = e.plan(graph(f"nodes: {{n: {{type: k.add, {form}}}}}\noutputs: {{o: $n}}"))
    within(calls(lambda: e.run_plan(plan)) / 1000, bound, "Python calls for a round or a pair")


def test_an_item_of_a_mapped_graph_takes_a_few_calls_a_node(tmp_path):
    nodes = "".join(f"  n{i}: {{type: k.add, a: $n{i - 1}, b: 1}}\n" for i in range(1, 10))
    (tmp_path / "inner.yaml").write_text("nodegraph: 1\ninputs: {a: {type: Int}}\nnodes:\n"
                                         f"  n0: {{type: k.add, a: $a, b: 1}}\n{nodes}outputs: {{o: $n9}}\n")
    g = graph(f"nodes: {{m: {{type: ./inner.yaml, each: a, a: {list(range(0, 2000, 20))}}}}}\noutputs: {{o: $m}}",
              tmp_path / "main.yaml")
    plan = engine(more=NODES).plan(g)
    e = engine(more=NODES)
    within(calls(lambda: e.run_plan(plan)) / 1000, 12.4, "Python calls for a node of an item")


# ---- SQL

POSTCARD = """
inputs: {seed: 3.5}
nodes:
  asked: {type: k.text, a: $seed, words: 3}
  verse: {type: k.text, a: $seed}
  idea: {type: k.large, a: $seed}
  sketch: {type: k.larger, tensor: $idea}
  picture: {type: k.larger, tensor: $sketch, k: 2}
  style: {type: k.mean, tensor: $picture}
  tune: {type: k.text, a: $style}
  sound: {type: k.large, a: $style}
  card: {type: k.card, tensor: $picture, text: $verse, a: $style}
outputs: {card: $card, verse: $verse, tune: $tune, sound: $sound}
"""


class Statements(list[str]):
    """The SQL that a cache carries out from now on."""

    def __init__(self, e: Any):
        self.connection = e.cache.disk.index.connection
        self.connection.set_trace_callback(self.append)

    def begins(self, word: str) -> int:
        return sum(statement.startswith(word) for statement in self)


def loaded(folder: Path, name: str = "g.yaml", text: str = POSTCARD) -> Any:
    path = folder / name
    path.write_text("nodegraph: 1\n" + text)
    return path


def test_a_first_run_of_a_postcard_takes_a_few_statements_and_commits(tmp_path):
    with engine(tmp_path / "cache", more=NODES, workers=1) as e:
        statements = Statements(e)
        result = e.run(loaded(tmp_path))
        assert len(result) == 4
        within(len(statements), 70, "SQL statements of a first run")
        within(statements.begins("BEGIN"), 12, "transactions of a first run")


def test_a_second_run_of_a_postcard_reads_a_little_and_writes_what_why_wants_to_know(tmp_path):
    path = loaded(tmp_path)
    with engine(tmp_path / "cache", more=NODES) as e:
        e.run(path)
    with engine(tmp_path / "cache", more=NODES) as e:
        statements = Statements(e)
        result = e.run(path)
        assert {fared.status for name, fared in result.nodes.items() if name != "asked"} == {"cached"}
        within(len(statements), 25, "SQL statements of a second run in a new process")
        del statements[:]
        e.run(path)
        within(len(statements), 25, "SQL statements of the same file again in one Engine")
        del statements[:]
        assert [len(result[name]) > 0 for name in result] == [True] * 4
        within(len(statements), 5, "SQL statements to read four outputs")


def test_a_thousand_trivial_nodes_are_written_in_few_statements(tmp_path):
    with engine(tmp_path, more=NODES) as e:
        statements = Statements(e)
        e.run(chain())
        assert statements.begins("INSERT") >= COUNT
        assert statements.begins("BEGIN") <= 40, f"{statements.begins('BEGIN')} transactions for {COUNT} trivial nodes"
        assert statements.begins("SELECT") <= 10, f"{statements.begins('SELECT')} questions for {COUNT} trivial nodes"


def test_an_edit_in_one_engine_asks_nothing_of_the_disk_but_for_what_ran(tmp_path):
    with engine(tmp_path, more=NODES) as e:
        g = chain()
        e.run(g)
        statements = Statements(e)
        e.run(g.with_value("n998", "b", 5000))
        within(len(statements), 6, "SQL statements of an edit with two dependents")


def test_what_a_listener_hears_is_one_beginning_and_one_end_a_node():
    heard: list[Any] = []
    engine(more=NODES).run(chain(), emit=heard.append)
    assert len(heard) == 2 * COUNT + 2 and type(heard[0]) is ev.Planned and type(heard[-1]) is ev.Done
