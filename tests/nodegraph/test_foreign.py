"""What libraries give in place of plain data: it becomes plain at the port, or is refused there in a sentence."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nodegraph import Engine, Graph, PortType, RunResult, node
from nodegraph.digest import encode, plain
from nodegraph.graphfile import parse


@node("h.add", version=1)
def add(a: int, b: int = 0) -> int:
    """Two numbers together."""
    return a + b


def engine(folder: Path, more: tuple[Any, ...] = ()) -> Engine:
    return Engine(cache=folder / "cache", functions=[add, *more])


def graph(text: str) -> Graph:
    graph, problems = parse("nodegraph: 1\n" + text)
    assert graph is not None and not problems
    return graph


def run(live: Engine, graph: Graph) -> RunResult:
    result = live.run(graph)
    assert not result.errors
    return result


class Level(enum.IntEnum):
    LOW = 3


class Word(str):
    pass


@dataclass(frozen=True)
class Tune:
    pitches: tuple[int, ...]
    name: str


Tune.__porttype__ = PortType("Tune", complaint=lambda v: None if isinstance(v, Tune) else "is none",  # type: ignore[attr-defined]
                             flatten=lambda v: {"pitches": v.pitches, "name": v.name},
                             restore=lambda plain: Tune(tuple(plain["pitches"]), plain["name"]))

GIVEN = {  # by the type of a port: what a node may give, and what it becomes
    int: [(np.int64(3), 3), (np.uint8(200), 200), (np.array(7), 7), (torch.tensor(5), 5), (Level.LOW, 3)],
    float: [(np.float32(0.5), 0.5), (np.float64(0.25), 0.25), (torch.tensor(1.5), 1.5), (np.int32(2), 2)],
    bool: [(np.bool_(True), True), (torch.tensor(False), False)],
    str: [(np.str_("né"), "né"), (Word("w"), "w")],
}
WRONG = {int: [np.float64(3.0), np.array([1, 2]), "3", np.bool_(True)], float: [np.array([1.0]), np.complex64(1j), np.float32("nan")],
         bool: [np.int64(1)], str: [np.bytes_(b"x"), np.array(["a"]), np.int64(3)]}


def giving(value: Any, kind: Any) -> Any:
    def give(n: int):  # type: ignore[no-untyped-def]
        return value

    give.__annotations__["return"] = kind
    return node("t.give", version=1)(give)


GRAPH = "nodes:\n  g: {type: t.give, n: 1}\noutputs: {o: $g}"


@pytest.mark.parametrize("kind, value, wanted", [(kind, *pair) for kind, pairs in GIVEN.items() for pair in pairs], ids=str)
def test_what_a_library_gives_for_a_plain_type_becomes_plain(kind, value, wanted, tmp_path):
    for again in range(2):
        with engine(tmp_path, more=(giving(value, kind),)) as e:
            given = run(e, graph(GRAPH))["o"]
            assert type(given) is type(wanted) and given == wanted, again


@pytest.mark.parametrize("kind, value", [(kind, value) for kind, values in WRONG.items() for value in values], ids=str)
def test_what_is_no_such_plain_type_is_refused_in_a_sentence(kind, value, tmp_path):
    with engine(tmp_path, more=(giving(value, kind),)) as e:
        (error,) = e.run(graph(GRAPH)).errors
        assert "its output" in error.message and "it declares" in error.message and not error.trace


@pytest.mark.parametrize("value, wanted", [(np.array([1, 2]), [1, 2]), (torch.tensor([1, 2]), [1, 2]), ([np.int8(1), 2], [1, 2]),
                                           ((np.uint16(9),), [9]), (np.array([], int), [])], ids=str)
def test_an_array_for_a_list_is_its_items(value, wanted, tmp_path):
    with engine(tmp_path, more=(giving(value, list[int]),)) as e:
        given = run(e, graph(GRAPH))["o"]
        assert given == wanted and all(type(item) is int for item in given)


def test_a_type_of_ones_own_may_hold_numbers_of_numpy(tmp_path):
    for again in range(2):
        with engine(tmp_path, more=(giving(Tune((np.int64(60), 62), np.str_("x")), Tune),)) as e:
            tune = run(e, graph(GRAPH))["o"]
            assert tune == Tune((60, 62), "x") and [type(p) for p in tune.pitches] == [int, int] and type(tune.name) is str, again


def test_any_value_may_hold_them_too(tmp_path):
    with engine(tmp_path, more=(giving({"a": [np.float32(0.5)], np.str_("b"): Level.LOW}, Any),)) as e:
        given = run(e, graph(GRAPH))["o"]
        assert given == {"a": [0.5], "b": 3} and encode(given) == encode({"a": [0.5], "b": 3})


def test_inputs_take_them_as_outputs_do(tmp_path):
    text = "inputs: {n: {type: Int}, f: {type: Float}, t: {type: Text}, l: {type: list of Int}}\nnodes:\n  a: {type: h.add, a: $n, b: 1}\n" \
           "outputs: {n: $a, f: $f, t: $t, l: $l}"
    with engine(tmp_path) as e:
        result = e.run(graph(text), {"n": np.int64(4), "f": np.float32(0.5), "t": np.str_("x"), "l": np.array([1, 2])})
        assert [result[name] for name in "nftl"] == [5, 0.5, "x", [1, 2]] and type(result["f"]) is float


def test_equal_numbers_have_equal_names_whoever_made_them(tmp_path):
    with engine(tmp_path, more=(giving(np.int64(3), int),)) as e:
        first = e.run(graph(GRAPH)).raw.digests["o"]
    with engine(tmp_path / "other", more=(giving(3, int),)) as e:
        assert e.run(graph(GRAPH)).raw.digests["o"] == first


def test_what_is_not_plain_stays_as_it_is():
    thing = object()
    assert plain(thing) is thing and plain([thing])[0] is thing and plain(None) is None
    array = np.arange(3)
    assert plain(array) is array
