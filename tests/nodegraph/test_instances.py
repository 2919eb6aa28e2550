"""Nodes that stand for many runs (mapped, looped, crossed): what is told of them, what is kept, and in which order."""

from __future__ import annotations

import textwrap
import threading
import weakref
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nodegraph import events as ev, node

from .playground import BATCHES, Story, Tensor, engine, graph, told


def load(e, folder: Path, main: str, **inner: str):
    """A graph file, with the graph files that stand in it as nodes."""
    for name, text in {"main": main, **inner}.items():
        (folder / f"{name}.yaml").write_text("nodegraph: 1\n" + textwrap.dedent(text))
    return e.load(folder / "main.yaml")


class Step(NamedTuple):
    number: int
    enough: bool


class Journal(list[str]):
    """Notes what its nodes are called with."""

    def __init__(self) -> None:
        @node("i.note", version=1, costly=False)
        def note(text: str, mark: str = "") -> str:
            """Put a mark behind a text."""
            self.append(text + mark)
            return text + mark

        @node("i.slow", version=1, costly=True)
        def slow(text: str, mark: str = "") -> str:
            """The same, in a worker."""
            self.append(text + mark)
            return text + mark

        @node("i.shy", version=1, costly=False)
        def shy(text: str, bad: str = "b") -> str:
            """Fail for one text."""
            self.append(text)
            if text == bad:
                raise ValueError(f"not {text}")
            return text

        @node("i.step", version=1, costly=False)
        def step(number: int, by: int = 1, enough: int = 100) -> Step:
            """Count on, and say whether that is enough."""
            self.append(str(number))
            return Step(number + by, number + by >= enough)

        @node("i.parts", version=1, costly=False)
        def parts(text: str, at: str = " ") -> list[str]:
            """Cut a text into parts."""
            return text.split(at) if text else []

        @node("i.even", version=1, costly=False)
        def even(number: int) -> bool:
            """Whether a number is even."""
            return number % 2 == 0

        self.nodes = [note, slow, shy, step, parts, even]


@pytest.fixture
def calls():
    BATCHES.clear()
    return Journal()


MAPPED = """
inputs: {words: {type: list of Text, default: [a, b, c]}}
nodes:
  m: {type: ./inner.yaml, each: x, x: $words}
  all: {type: t.join, texts: $m}
outputs: {all: $all}
"""
INNER = """
inputs: {x: {type: Text}}
nodes:
  one: {type: i.note, text: $x, mark: "1"}
  two: {type: i.shy, text: $one, bad: q1}
outputs: {two: $two}
"""


# ---- what is told

def test_a_mapped_node_begins_once_tells_of_each_item_and_ends_once(calls, tmp_path):
    e = engine(more=calls.nodes)
    story, _ = told(e, load(e, tmp_path, MAPPED, inner=INNER))
    of_one = [event for event in story if getattr(event, "node", "") == "m/one"]
    assert [type(event) for event in of_one] == [ev.Started, *[ev.Progress] * 4, ev.Finished]
    assert [event[1:4] for event in of_one[1:-1]] == [(done, 3, "items") for done in range(4)]
    assert story.items("m/one") == story.items("m/two") == (3, 0)


def test_items_that_are_remembered_are_counted_apart_from_those_that_ran(calls, tmp_path):
    e = engine(more=calls.nodes)
    g = load(e, tmp_path, MAPPED, inner=INNER)
    told(e, g)
    story, result = told(e, g, {"words": ["c", "new", "a", "newer"]})
    assert story.items("m/one") == story.items("m/two") == (2, 2)
    one = result.nodes["m/one"]
    assert (one.status, one.ran, one.remembered) == ("ran", 2, 2)
    story, result = told(e, g, {"words": ["a", "b"]})
    assert story.ran == ["all"] and story.remembered == ["m/one", "m/two"]
    assert result.nodes["m/two"].status == "cached" and result.nodes["m/two"].remembered == 2


def test_nodes_are_planned_in_their_order_each_once(calls, tmp_path):
    e = engine(more=calls.nodes)
    story, _ = told(e, load(e, tmp_path, MAPPED, inner=INNER))
    assert story[0] == ev.Planned(("m/one", "m/two", "all"))
    assert isinstance(story[-1], ev.Done)


def test_a_node_is_said_to_be_done_before_what_reads_all_its_items_begins(calls, tmp_path):
    e = engine(more=calls.nodes)
    story, _ = told(e, load(e, tmp_path, MAPPED, inner=INNER))
    told_of = [(type(event), event.node) for event in story if type(event) in (ev.Started, ev.Finished)]
    assert told_of.index((ev.Finished, "m/two")) < told_of.index((ev.Started, "all"))


def test_a_loop_and_a_crossed_node_are_told_of_as_one_too(calls):
    text = """
nodes:
  l: {type: i.step, number: 0, repeat: 4, carry: number}
  x: {type: i.note, cross: [text, mark], text: [a, b, c], mark: ["1", "2"]}
outputs: {l: $l.number, x: $x}
"""
    story, result = told(engine(more=calls.nodes), graph(text))
    assert result["l"] == 4 and result["x"] == ["a1", "a2", "b1", "b2", "c1", "c2"]
    assert story.items("l") == (4, 0) and story.items("x") == (6, 0)
    assert len(story.names(ev.Started)) == 2
    assert [event.done for event in story if type(event) is ev.Progress and event.node == "x"] == list(range(7))


def test_each_failing_item_is_named_by_its_number_and_the_others_are_kept(calls, tmp_path):
    e = engine(more=calls.nodes)
    g = load(e, tmp_path, MAPPED, inner=INNER)
    story, result = told(e, g, {"words": ["a", "q", "c", "q"]})
    assert [error.instance for error in result.errors] == ["m[2]/two", "m[4]/two"]
    assert [error.node for error in result.errors] == ["m/two"] * 2 == story.names(ev.Failed)
    assert "m[2]/two failed: ValueError: not q1" in str(result.errors[0]) and "inner.yaml:6:3" in str(result.errors[0])
    assert result.errors[0].inputs == {"text": "'q1'", "bad": "'q1'"}
    two = result.nodes["m/two"]
    assert (two.status, two.ran, two.remembered) == ("failed", 2, 0) and two.error is result.errors[0]
    assert result.nodes["all"].status == "skipped" and story.names(ev.Skipped) == ["all"]
    assert next(event.because for event in story if type(event) is ev.Skipped) == "m/two"
    assert "m/one" in story.ran and "m/two" not in story.ran + story.remembered
    story, _ = told(e, g, {"words": ["a", "c"]})
    assert story.remembered == ["m/one", "m/two"]


@pytest.mark.parametrize("nodes, names", [
    ("n: {type: i.shy, cross: [text, bad], text: [a, b], bad: [x, b]}", ["n[2][2]"]),
    ("n: {type: i.shy, each: [text, bad], text: [a, b, b], bad: [x, b, b]}", ["n[2]", "n[3]"]),
    ("n: {type: i.shy, repeat: 3, carry: text, text: b}", ["n[1]"]),
    ("n: {type: ./shy.yaml, each: x, x: [a, b], repeat: 2, carry: {x: s}}", ["n[2][1]/s"]),
    ("n: {type: ./list.yaml, each: w, w: [a b, b]}", ["n[1]/m[2]/s", "n[2]/m[1]/s"]),
    ("n: {type: ./lists.yaml, each: w, w: ['a,a b', ',b']}", ["n[1]/l[2]/m[2]/s", "n[2]/l[2]/m[1]/s"])],
    ids=["cross", "zip", "loop", "each and repeat", "two levels", "three levels"])
def test_a_failure_is_named_by_the_item_at_every_placement_around_it(nodes, names, calls, tmp_path):
    e = engine(more=calls.nodes)
    g = load(e, tmp_path, f"nodes:\n  {nodes}\noutputs: {{o: $n}}",
             shy="inputs: {x: {type: Text}}\nnodes: {s: {type: i.shy, text: $x}}\noutputs: {s: $s}",
             list="inputs: {w: {type: Text}}\nnodes:\n  p: {type: i.parts, text: $w}\n"
                  "  m: {type: ./shy.yaml, each: x, x: $p}\noutputs: {m: $m}",
             lists="inputs: {w: {type: Text}}\nnodes:\n  p: {type: i.parts, text: $w, at: ','}\n"
                   "  l: {type: ./list.yaml, each: w, w: $p}\noutputs: {l: $l}")
    assert [error.instance for error in told(e, g)[1].errors] == names


def test_a_round_that_fails_stops_its_loop_and_no_other_item(calls, tmp_path):
    e = engine(more=calls.nodes)
    g = load(e, tmp_path, """
        nodes: {n: {type: ./round.yaml, each: x, x: [a, b, c], repeat: 3, carry: {x: y}, failed: skip}}
        outputs: {o: $n}
        """, round="""
        inputs: {x: {type: Text}}
        nodes:
          s: {type: i.shy, text: $x, bad: b+}
          t: {type: i.note, text: $s, mark: +}
        outputs: {y: $t}
        """)
    warnings: list[str] = []
    e.warn = warnings.append
    result = e.run(g)
    assert result["o"] == ["a+++", "c+++"] and [error.instance for error in result.passed_over] == ["n[2][2]/s"]
    assert warnings == ["n: left out item 2 of 3, which failed"]
    assert "b++" not in calls


def test_a_run_that_is_stopped_amid_a_list_skips_the_rest_and_takes_it_up_later(calls, tmp_path):
    cancel, story = threading.Event(), Story()

    def listen(event):
        story.append(event)
        if type(event) is ev.Progress and event[1:3] == (2, 4):
            cancel.set()

    text = """
nodes:
  n: {type: i.note, each: text, text: [a, b, c, d]}
  j: {type: t.join, texts: $n}
outputs: {j: $j}
"""
    with engine(tmp_path, more=calls.nodes) as e:
        result = e.run(graph(text), emit=listen, cancel=cancel)
    assert result.cancelled and calls == ["a", "b"]
    assert [result.nodes[name].status for name in "nj"] == ["skipped", "skipped"]
    assert {(event.node, event.stopped) for event in story if type(event) is ev.Skipped} == {("n", True), ("j", True)}
    with engine(tmp_path, more=calls.nodes) as e:
        story, result = told(e, graph(text))
    assert result["j"] == "a b c d" and calls == ["a", "b", "c", "d"] and story.items("n") == (2, 2)


def test_what_a_failure_outside_keeps_from_opening_is_skipped_for_it(calls, tmp_path):
    e = engine(more=calls.nodes)
    g = load(e, tmp_path, MAPPED.replace("words: {type: list of Text, default: [a, b, c]}", "n: 1").replace(
        "m: {", "words: {type: t.fail, text: x}\n  list: {type: i.parts, text: $words}\n  m: {").replace(
        "x: $words", "x: $list"), inner=INNER)
    story, result = told(e, g)
    assert {name: result.nodes[name].status for name in ("list", "m/one", "m/two", "all")} == dict.fromkeys(
        ("list", "m/one", "m/two", "all"), "skipped")
    assert {event.because for event in story if type(event) is ev.Skipped} == {"words"}
    assert not calls


# ---- order, and what is kept

def test_where_nodes_are_cheap_an_item_goes_all_the_way_before_the_next_begins(calls, tmp_path):
    e = engine(more=calls.nodes)
    g = load(e, tmp_path, MAPPED, inner="""
        inputs: {x: {type: Text}}
        nodes:
          one: {type: i.note, text: $x, mark: "1"}
          w: {type: i.parts, text: $one, at: "-"}
          two: {type: i.note, each: text, text: $w, mark: "2"}
          j: {type: t.join, texts: $two}
          three: {type: i.note, text: $j, mark: "3"}
        outputs: {three: $three}
        """)
    told(e, g, {"words": ["a-b", "c"]})
    assert calls == ["a-b1", "a2", "b12", "a2 b123", "c1", "c12", "c123"]


@pytest.mark.parametrize("costly", [False, True])
@pytest.mark.parametrize("form", ["each: fill, fill: [1, 2, 3, 4, 5, 6, 7, 8]", "each: fill, fill: $list",
                                  "cross: [fill, more], fill: [1, 2, 3], more: [1, 2, 3]", "repeat: 8, count: fill"])
def test_what_an_item_makes_on_the_way_is_let_go_when_its_reader_is_done(form, costly, tmp_path):
    seen: list[weakref.ref[Any]] = []
    alive: list[int] = []

    @node("i.vector", version=1, costly=costly)
    def vector(fill: int, more: int = 0) -> Tensor:
        """Something large."""
        import torch

        alive.append(sum(ref() is not None for ref in seen))
        return torch.full((50_000,), fill * 10.0 + more)

    @node("i.twice", version=1, costly=False)
    def twice(tensor: Tensor) -> Tensor:
        """Something large made of another."""
        seen.append(weakref.ref(tensor))
        return tensor * 2

    @node("i.first", version=1, costly=False)
    def first(tensor: Tensor) -> float:
        """What is left of it."""
        seen.append(weakref.ref(tensor))
        return float(tensor[0])

    @node("i.numbers", version=1)
    def numbers() -> list[int]:
        """Numbers."""
        return list(range(1, 9))

    e = engine(more=[vector, twice, first, numbers], host=1000, workers=1)
    g = load(e, tmp_path, f"""
        nodes:
          list: {{type: i.numbers}}
          m: {{type: ./inner.yaml, {form}}}
        outputs: {{o: $m}}
        """, inner="""
        inputs: {fill: {type: Int}, more: 0}
        nodes:
          v: {type: i.vector, fill: $fill, more: $more}
          w: {type: i.twice, tensor: $v}
          f: {type: i.first, tensor: $w}
        outputs: {f: $f}
        """)
    story, result = told(e, g)
    assert len(alive) == len(result["o"]) >= 8
    assert max(alive) <= 2, f"{alive}: tensors of items that are done are still held"
    for thread in threading.enumerate():
        if thread.name.startswith("nodegraph"):
            thread.join(20)
    assert all(ref() is None for ref in seen)


def test_a_worker_without_work_holds_nothing_of_its_last_call():
    seen: list[weakref.ref[Any]] = []
    both = threading.Barrier(2, timeout=20)

    @node("i.vector", version=1, costly=False)
    def vector(fill: float) -> Tensor:
        """Something large."""
        import torch

        return torch.full((50_000,), fill)

    @node("i.first", version=1, costly=True)
    def first(tensor: Tensor) -> float:
        """What is left of it; in two workers at once."""
        seen.append(weakref.ref(tensor))
        both.wait()
        return float(tensor[0])

    @node("i.last", version=1, costly=True)
    def last(a: float, b: float) -> int:
        """How much of what was handed to the others is still there after a while."""
        import time

        for _ in range(200):
            if not (held := sum(ref() is not None for ref in seen)):
                return 0
            time.sleep(0.01)
        return held

    text = """
nodes:
  v: {type: i.vector, fill: 1}
  w: {type: i.vector, fill: 2}
  a: {type: i.first, tensor: $v}
  b: {type: i.first, tensor: $w}
  held: {type: i.last, a: $a, b: $b}
outputs: {held: $held}
"""
    _, result = told(engine(more=[vector, first, last], host=1000, workers=2), graph(text))
    assert len(seen) == 2 and result["held"] == 0


# ---- loops, maps and switches inside each other

def test_a_loop_runs_over_what_a_loop_gave_and_a_map_over_all_its_rounds(calls):
    text = """
nodes:
  up: {type: i.step, number: 0, repeat: 3, carry: number}
  on: {type: i.step, number: $up.number, by: 10, repeat: 2, carry: number}
  all: {type: i.step, repeat: $up.number, count: number}
  odd: {type: i.even, each: number, number: $all.number}
outputs: {on: $on.number, all: $all.number, odd: $odd, enough: $on.enough}
"""
    _, result = told(engine(more=calls.nodes), graph(text))
    assert dict(result) == {"on": 23, "all": [2, 3, 4], "odd": [True, False, True], "enough": [False, False]}


def test_a_loop_inside_a_loop_begins_anew_in_every_round_and_says_when_it_has_enough(calls, tmp_path):
    e = engine(more=calls.nodes)
    g = load(e, tmp_path, """
        nodes: {n: {type: ./inner.yaml, start: 1, repeat: 3, carry: {start: end}}}
        outputs: {end: $n.end, steps: $n.steps}
        """, inner="""
        inputs: {start: {type: Int}}
        nodes: {s: {type: i.step, number: $start, by: $start, enough: 10, repeat: 20, carry: number, until: enough}}
        outputs: {end: $s.number, steps: $s.enough}
        """)
    _, result = told(e, g)
    assert result["end"] == 40 and result["steps"] == [[False] * 8 + [True], [True], [True]]


def test_every_item_of_a_list_has_a_loop_of_its_own_length(calls, tmp_path):
    e = engine(more=calls.nodes)
    g = load(e, tmp_path, """
        nodes: {n: {type: ./inner.yaml, each: [start, times], start: [0, 0, 5, 9], times: [0, 2, 3, 100]}}
        outputs: {end: $n.end, steps: $n.steps}
        """, inner="""
        inputs: {start: {type: Int}, times: {type: Int}}
        nodes: {s: {type: i.step, number: $start, enough: 12, repeat: $times, carry: number, until: enough}}
        outputs: {end: $s.number, steps: $s.enough}
        """)
    story, result = told(e, g)
    assert result["end"] == [0, 2, 8, 12]
    assert result["steps"] == [[], [False, False], [False, False, False], [False, False, True]]
    assert story.items("n/s") == (8, 0)


def test_a_switch_in_a_map_runs_for_each_item_just_the_costly_branch_that_it_takes(calls, tmp_path):
    e = engine(more=calls.nodes)
    g = load(e, tmp_path, """
        nodes: {m: {type: ./inner.yaml, each: [n, x], n: [1, 2, 3, 4], x: [a, b, c, d]}}
        outputs: {m: $m}
        """, inner="""
        inputs: {n: {type: Int}, x: {type: Text}}
        nodes:
          even: {type: i.even, number: $n}
          yes: {type: i.slow, text: $x, mark: "+"}
          no: {type: i.slow, text: $x, mark: "-"}
          s: {type: switch, on: $even, cases: {"true": $yes, "false": $no}}
          end: {type: i.note, text: $s, mark: .}
        outputs: {end: $end}
        """)
    story, result = told(e, g)
    assert result["m"] == ["a-.", "b+.", "c-.", "d+."]
    assert sorted(calls) == ["a-", "a-.", "b+", "b+.", "c-", "c-.", "d+", "d+."]
    assert story.items("m/yes") == story.items("m/no") == (2, 0) and story.items("m/end") == (4, 0)


# ---- equal requests, and batches

def test_equal_costly_requests_run_once_however_many_items_and_nodes_ask_at_the_same_time():
    entered, release, calls = threading.Event(), threading.Event(), []

    @node("i.gate", version=1, costly=True)
    def gate(text: str) -> str:
        """Wait until others have been seen to ask."""
        calls.append(text)
        entered.set()
        assert release.wait(20)
        return text.upper()

    @node("i.open", version=1, costly=True)
    def opened(text: str) -> str:
        """Let those that wait go on, after a while in which the others were asked for."""
        assert entered.wait(20)
        release.set()
        return text

    text = """
nodes:
  m: {type: i.gate, each: text, text: [a, a, b, a]}
  a: {type: t.join, texts: [a]}
  n: {type: i.gate, text: $a}
  o: {type: i.open, text: x}
outputs: {m: $m, n: $n, o: $o}
"""
    story, result = told(engine(more=[gate, opened], workers=4), graph(text))
    assert result["m"] == ["A", "A", "B", "A"] and result["n"] == "A"
    assert sorted(calls) == ["a", "b"] and story.items("m") == (2, 2) and "n" in story.remembered


def test_items_of_two_nodes_of_one_kind_are_served_in_one_batch():
    BATCHES.clear()
    text = """
nodes:
  one: {type: t.batch, each: texts, texts: [a, b]}
  two: {type: t.batch, each: texts, texts: [c, a]}
outputs: {one: $one, two: $two}
"""
    story, result = told(engine(), graph(text))
    assert dict(result) == {"one": ["A", "B"], "two": ["C", "A"]} and BATCHES == [["a", "b", "c"]]
    assert story.items("one") == (2, 0) and story.items("two") == (1, 1)


def test_items_of_maps_in_maps_are_served_in_one_batch(calls, tmp_path):
    e = engine(more=calls.nodes)
    g = load(e, tmp_path, """
        nodes: {m: {type: ./inner.yaml, each: text, text: [a b, "", c d e]}}
        outputs: {m: $m}
        """, inner="""
        inputs: {text: {type: Text}}
        nodes:
          w: {type: t.words, text: $text}
          b: {type: t.batch, each: texts, texts: $w}
          n: {type: i.note, each: text, text: $b, mark: "!"}
        outputs: {n: $n}
        """)
    story, result = told(e, g)
    assert result["m"] == [["A!", "B!"], [], ["C!", "D!", "E!"]]
    assert BATCHES == [["a", "b", "c", "d", "e"]] and story.items("m/b") == (5, 0)


def test_a_batch_waits_for_the_items_that_workers_are_still_making(calls, tmp_path):
    e = engine(more=calls.nodes, workers=1)
    g = load(e, tmp_path, """
        nodes: {m: {type: ./inner.yaml, each: text, text: [a b, c, d e f]}}
        outputs: {m: $m}
        """, inner="""
        inputs: {text: {type: Text}}
        nodes:
          s: {type: i.slow, text: $text}
          w: {type: t.words, text: $s}
          b: {type: t.batch, each: texts, texts: $w}
        outputs: {b: $b}
        """)
    assert told(e, g)[1]["m"] == [["A", "B"], ["C"], ["D", "E", "F"]]
    assert BATCHES == [["a", "b", "c", "d", "e", "f"]]


@pytest.mark.parametrize("size, sizes", [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (100, [7])])
def test_a_batch_is_never_larger_than_its_node_says(size, sizes):
    batches: list[list[str]] = []

    @node("i.batch", version=1, batch="texts", batch_size=size)
    def batch(texts: list[str]) -> list[str]:
        """Shout all at once."""
        batches.append(list(texts))
        return [text.upper() for text in texts]

    text = "nodes: {b: {type: i.batch, each: texts, texts: [a, b, c, d, e, f, g]}}\noutputs: {o: $b}"
    _, result = told(engine(more=[batch]), graph(text))
    assert result["o"] == list("ABCDEFG") and [len(batch) for batch in batches] == sizes
    assert sum(batches, []) == list("abcdefg")


@pytest.mark.parametrize("costly", [False, True])
def test_an_item_that_fails_in_a_batch_is_searched_out_and_the_others_are_kept(costly):
    batches: list[list[str]] = []

    @node("i.batch", version=1, batch="texts", costly=costly)
    def batch(texts: list[str]) -> list[str]:
        """Shout all at once, but not some."""
        batches.append(list(texts))
        if {"x", "y"} & set(texts):
            raise ValueError("not that one")
        return [text.upper() for text in texts]

    text = "inputs: {l: {type: list of Text, default: [a, x, b, c, d, e, y, f]}}\n" \
           "nodes: {b: {type: i.batch, each: texts, texts: $l}}\noutputs: {o: $b}"
    e = engine(more=[batch])
    _, result = told(e, graph(text))
    assert [error.instance for error in result.errors] == ["b[2]", "b[7]"]
    assert (result.nodes["b"].status, result.nodes["b"].ran) == ("failed", 6)
    assert len(batches) <= 11  # two paths down a tree of eight leaves
    batches.clear()
    story, result = told(e, graph(text), {"l": ["f", "a", "c", "e", "g"]})
    assert batches == [["g"]] and story.items("b") == (1, 4)


def test_a_batch_whose_node_gives_too_few_fails_each_item_by_itself_and_says_so():
    @node("i.few", version=1, batch="texts")
    def few(texts: list[str]) -> list[str]:
        """Give one too few."""
        return texts[1:]

    g = graph("nodes: {b: {type: i.few, each: texts, texts: [a, b]}}\noutputs: {o: $b}")
    _, result = told(engine(more=[few]), g)
    assert [error.message for error in result.errors] == ["it was handed 1 items and gave 0"] * 2


# ---- edits, `only`, and many

LOOP = """
inputs: {times: 6}
nodes:
  l: {type: i.note, text: a, mark: "-", repeat: $times, carry: {text: text}}
  u: {type: t.upper, text: $l}
outputs: {u: $u}
"""


def test_six_rounds_that_are_made_eight_run_two(calls, tmp_path):
    with engine(tmp_path, more=calls.nodes) as e:
        assert told(e, graph(LOOP))[1]["u"] == "A------"
        calls.clear()
        story, result = told(e, graph(LOOP), {"times": 8})
        assert result["u"] == "A--------" and len(calls) == 2 and story.items("l") == (2, 6)
    with engine(tmp_path, more=calls.nodes) as e:
        story, result = told(e, graph(LOOP), {"times": 3})
    assert len(calls) == 2 and story.ran == ["u"] and story.remembered == ["l"] and result["u"] == "A---"


def test_an_edit_of_a_literal_in_a_loop_runs_its_rounds_again_and_an_undo_none(calls):
    e, g = engine(more=calls.nodes), graph(LOOP.replace("$times", "4"))
    told(e, g)
    calls.clear()
    story, result = told(e, g.with_value("l", "mark", "+"))
    assert result["u"] == "A++++" and calls == ["a+", "a++", "a+++", "a++++"] and story.items("l") == (4, 0)
    story, result = told(e, g)
    assert result["u"] == "A----" and story.ran == [] and len(calls) == 4


def test_an_edit_of_one_item_of_a_list_runs_that_item(calls):
    e, g = engine(more=calls.nodes), graph("nodes: {n: {type: i.note, each: text, text: [a, b, c]}}\noutputs: {n: $n}")
    told(e, g)
    story, result = told(e, g.with_value("n", "text", ["a", "x", "c"]))
    assert result["n"] == ["a", "x", "c"] and calls == ["a", "b", "c", "x"] and story.items("n") == (1, 2)


def test_only_what_one_output_of_a_mapped_graph_needs_runs(calls, tmp_path):
    e = engine(more=calls.nodes)
    g = load(e, tmp_path, """
        nodes:
          m: {type: ./inner.yaml, each: x, x: [a, b]}
          q: {type: i.note, each: text, text: $m.two, mark: "."}
        outputs: {one: $m.one, two: $m.two, q: $q}
        """, inner="""
        inputs: {x: {type: Text}}
        nodes:
          one: {type: i.note, text: $x, mark: "1"}
          two: {type: i.note, text: $x, mark: "2"}
        outputs: {one: $one, two: $two}
        """)
    story, result = told(e, g, only=["one"])
    assert dict(result) == {"one": ["a1", "b1"]} and story.ran == ["m/one"] and calls == ["a1", "b1"]
    story, result = told(e, g, only=["q"])
    assert dict(result) == {"q": ["a2.", "b2."]} and story.ran == ["m/two", "q"]
    story, result = told(e, g)
    assert story.ran == [] and len(result) == 3


def test_ten_thousand_rounds_and_a_hundred_thousand_items_need_no_recursion(calls):
    text = """
inputs: {n: {type: list of Int}}
nodes:
  l: {type: t.add, a: 0, b: 1, repeat: 10000, carry: {a: int}}
  m: {type: t.add, each: a, a: $n, b: $l}
outputs: {l: $l, m: $m}
"""
    story, result = told(engine(), graph(text), {"n": list(range(100_000))})
    assert result["l"] == 10_000 and result["m"][-1] == 109_999
    assert story.items("l") == (10_000, 0) and story.items("m") == (100_000, 0)


def test_ten_thousand_rounds_that_end_when_there_is_enough_need_no_recursion(calls):
    text = """
nodes: {l: {type: i.step, number: 0, enough: 9999, repeat: 10000, carry: number, until: enough}}
outputs: {l: $l.number}
"""
    story, result = told(engine(more=calls.nodes), graph(text))
    assert result["l"] == 9999 and story.items("l") == (9999, 0)
