"""How lazy, listed, looped, failing, waiting and outward-looking nodes run: behaviours that pipelines lean on."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nodegraph import GraphError, Lazy, Seed, events as ev, node

from .playground import engine
from .test_repros import graph, run, write

CALLS: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def fresh_start() -> None:
    CALLS.clear()


@node("b.say", version=1)
def say(text: str, k: int = 0) -> str:
    """A text, in capitals."""
    CALLS[text] += 1
    return text.upper()


@node("b.fail", version=1)
def fail(text: str) -> str:
    """Does not like bad texts."""
    CALLS[text] += 1
    if "bad" in text:
        raise ValueError(f"{text} is bad")
    return text


@node("b.either", version=1)
def either(first: bool, one: Lazy[str], two: Lazy[str]) -> str:
    """The one or the other."""
    CALLS["either"] += 1
    return one() if first else two()


@node("b.first_long", version=1)
def first_long(one: Lazy[str], two: Lazy[str], three: Lazy[str], least: int = 3) -> str:
    """The first that is long enough."""
    for ask in (one, two, three):
        if len(ask()) >= least:
            return ask()
    return ""


@node("b.is", version=1)
def equals(text: str, other: str = "x") -> bool:
    """Whether two texts are one."""
    return text == other


class Round(NamedTuple):
    n: int
    done: bool


@node("b.step", version=1)
def step(n: int, by: int = 1, last: int = 100) -> Round:
    """Count on."""
    CALLS[f"step {n}"] += 1
    return Round(n + by, n + by >= last)


@node("b.add", version=1)
def add(a: int, b: int = 0) -> int:
    """Add."""
    CALLS["add"] += 1
    return a + b


@node("b.words", version=1)
def words(text: str) -> list[str]:
    """Split."""
    CALLS["words"] += 1
    return text.split()


@node("b.join", version=1)
def join(texts: list[str], by: str = " ") -> str:
    """Join."""
    CALLS["join"] += 1
    return by.join(texts)


@node("b.range", version=1)
def numbers(n: int) -> list[int]:
    """From 0."""
    return list(range(n))


NODES = (say, fail, either, first_long, equals, step, add, words, join, numbers)


def made(text: str, path: Path | None = None, e: Any = None, given: Any = None, more: tuple[Any, ...] = (), **rest: Any) -> Any:
    """Run a graph of these nodes, in a new Engine if none is given."""
    e = e or engine(more=(*NODES, *more), warn=lambda message: None)
    return run(e, graph(text, path), given, **rest)


def values(*args: Any, **more: Any) -> dict[str, Any]:
    """What a run gives that must not fail."""
    result = made(*args, **more)
    assert not result.errors, result.errors
    return dict(result)


# ---- lazy inputs

LAZY = """
inputs: {first: true}
nodes:
  a: {type: b.say, text: a}
  b: {type: b.fail, text: bad}
  e: {type: b.either, first: $first, one: $a, two: $b}
outputs: {e: $e}
"""


def test_a_lazy_input_that_is_not_asked_for_is_not_made():
    assert values(LAZY) == {"e": "A"} and "bad" not in CALLS and CALLS["a"] == 1


def test_a_lazy_input_that_is_asked_for_and_fails_fails_or_skips_its_reader():
    result = made(LAZY, given={"first": False})
    assert dict(result) == {} and "bad is bad" in str(result.errors[0]) and "a" not in CALLS
    assert result.nodes["e"].status in ("failed", "skipped")


def test_lazy_inputs_may_be_asked_for_one_after_another():
    text = """
    nodes:
      a: {type: b.say, text: a}
      b: {type: b.say, text: bbbb}
      c: {type: b.fail, text: bad}
      f: {type: b.first_long, one: $a, two: $b, three: $c}
    outputs: {f: $f}
    """
    assert values(text) == {"f": "BBBB"} and set(CALLS) == {"a", "bbbb"}


def test_lazy_nodes_behind_lazy_nodes_make_just_what_is_asked_for():
    text = """
    nodes:
      a: {type: b.say, text: a}
      b: {type: b.fail, text: bad1}
      c: {type: b.fail, text: bad2}
      inner: {type: b.either, first: true, one: $a, two: $b}
      outer: {type: b.either, first: false, one: $c, two: $inner}
      most: {type: b.either, first: true, one: $outer, two: $c}
    outputs: {m: $most}
    """
    assert values(text) == {"m": "A"} and not {"bad1", "bad2"} & CALLS.keys()


def test_a_lazy_input_may_be_a_literal_an_input_or_a_switch():
    text = """
    inputs: {word: hello}
    nodes:
      b: {type: b.fail, text: bad}
      s: {type: switch, "on": true, cases: {"true": $word, "false": $b}}
      one: {type: b.either, first: true, one: written, two: $b}
      two: {type: b.either, first: true, one: $word, two: $b}
      three: {type: b.either, first: true, one: $s, two: $b}
    outputs: {one: $one, two: $two, three: $three}
    """
    assert values(text) == {"one": "written", "two": "hello", "three": "hello"} and "bad" not in CALLS


def test_a_mapped_lazy_node_asks_item_by_item(tmp_path):
    write(tmp_path, "in.yaml", """
        inputs: {t: {type: Text}}
        nodes:
          x: {type: b.is, text: $t}
          a: {type: b.say, text: $t}
          b: {type: b.join, texts: [$t, $t]}
          e: {type: b.either, first: $x, one: $a, two: $b}
        outputs: {e: $e}
        """)
    text = "nodes: {m: {type: ./in.yaml, each: t, t: [x, y, x, z]}}\noutputs: {m: $m}"
    assert values(text, tmp_path / "main.yaml") == {"m": ["X", "y y", "X", "z z"]}
    assert CALLS["x"] == 1 and not {"y", "z"} & CALLS.keys() and CALLS["join"] == 2


def test_what_a_lazy_node_did_not_ask_for_may_change_without_its_running_again():
    e = engine(more=NODES, warn=lambda message: None)
    text = LAZY.replace("b.fail, text: bad", "b.say, text: b")
    assert values(text, e=e) == {"e": "A"}
    CALLS.clear()
    assert values(text.replace("text: b}", "text: c}"), e=e) == {"e": "A"} and not CALLS
    assert values(text.replace("text: a}", "text: d}"), e=e) == {"e": "D"} and CALLS["d"] == 1 and CALLS["either"] >= 1


def test_a_lazy_node_is_remembered_with_what_it_asked_for(tmp_path):
    for expected in ({"a": 1}, {}):
        with engine(tmp_path, more=NODES) as e:
            CALLS.clear()
            assert values(LAZY, e=e) == {"e": "A"}
            assert {name: count for name, count in CALLS.items() if name != "either"} == expected
    assert not CALLS


# ---- lists

def test_lists_join_single_things_and_lists_in_order():
    text = """
    nodes:
      w: {type: b.words, text: c d}
      a: {type: b.say, text: a}
      none: {type: b.words, text: ""}
      j: {type: b.join, texts: [$a, b, $w..., $none..., e, $w...]}
      each: {type: b.say, each: text, text: [$w..., z]}
    outputs: {j: $j, each: $each}
    """
    assert values(text) == {"j": "A b c d e c d", "each": ["C", "D", "Z"]}


def test_a_product_is_one_flat_list_the_first_name_slowest():
    text = """
    nodes:
      w: {type: b.words, text: a b}
      x: {type: b.join, cross: [by, texts], texts: [[p, q], [r]], by: $w}
      empty: {type: b.add, cross: [a, b], a: [], b: [1, 2]}
      single: {type: b.add, cross: [a], a: [1, 2], b: 10}
    outputs: {x: $x, empty: $empty, single: $single}
    """
    assert values(text) == {"x": ["paq", "r", "pbq", "r"], "empty": [], "single": [11, 12]}
    assert CALLS["join"] == 4 - 0 and CALLS["add"] == 2


def test_a_pair_of_a_product_is_the_request_that_each_would_make():
    e = engine(more=NODES, warn=lambda message: None)
    values("nodes: {x: {type: b.add, each: [a, b], a: [1, 2], b: [3, 4]}}\noutputs: {x: $x}", e=e)
    assert values("nodes: {x: {type: b.add, cross: [a, b], a: [1, 2], b: [3, 4]}}\noutputs: {x: $x}", e=e) == {"x": [4, 5, 5, 6]}
    assert CALLS["add"] == 4


def test_items_that_fail_are_passed_over_where_the_file_says_so():
    text = """
    nodes:
      m: {type: b.fail, each: text, text: [a, bad1, b, bad2, c], failed: skip}
      j: {type: b.join, texts: $m}
    outputs: {j: $j, m: $m}
    """
    result = made(text)
    assert dict(result) == {"j": "a b c", "m": ["a", "b", "c"]}
    told = [event.message for event in result.seen if type(event) is ev.Warned]
    assert any("m" in text and "2, 4" in text and "5" in text for text in told), told
    assert len([event for event in result.seen if type(event) is ev.Failed]) == 2


def test_failures_that_are_passed_over_are_no_errors_and_what_comes_from_before_is_no_item_s():
    result = made("nodes: {m: {type: b.fail, each: text, text: [a, bad1, b, bad2], failed: skip}}\noutputs: {m: $m}")
    assert result.errors == [] and len(result.raw.passed_over) == 2 and result.raw.ok
    text = """
    nodes:
      f: {type: b.fail, text: bad}
      m: {type: b.join, each: by, by: [x, y], texts: [$f, z], failed: skip}
    outputs: {m: $m}
    """
    result = made(text)
    assert dict(result) == {} and len(result.errors) == 1 and result.nodes["m"].status == "skipped"


def test_a_count_goes_through_all_pairs_of_a_product():
    @node("b.third", version=1)
    def third(a: int, b: int, k: int = 0) -> int:
        """The last."""
        return k

    text = "nodes: {x: {type: b.third, cross: [a, b], count: k, a: [5, 6], b: [7, 8, 9]}, e: {type: b.third, each: a, count: k, " \
           "a: [5, 5], b: 1}}\noutputs: {x: $x, e: $e}"
    assert values(text, more=(third,)) == {"x": [1, 2, 3, 4, 5, 6], "e": [1, 2]}


def test_the_order_in_which_links_stand_in_the_file_does_not_count():
    e = engine(more=NODES, warn=lambda message: None)
    text = "nodes:\n  x: {type: b.add, a: 1}\n  y: {type: b.add, a: 2}\n  z: {type: b.add, %s}\noutputs: {z: $z}"
    assert values(text % "a: $x, b: $y", e=e) == {"z": 3} and CALLS["add"] == 3
    assert values(text % "b: $y, a: $x", e=e) == {"z": 3} and CALLS["add"] == 3
    assert values(text % "b: $x, a: $y", e=e) == {"z": 3} and CALLS["add"] == 4


def test_items_of_a_graph_that_fail_are_left_out_of_all_its_lists(tmp_path):
    write(tmp_path, "in.yaml", "inputs: {t: {type: Text}}\nnodes: {f: {type: b.fail, text: $t}, s: {type: b.say, text: $t}}\n"
                               "outputs: {f: $f, s: $s}\n")
    text = "nodes: {m: {type: ./in.yaml, each: t, t: [a, bad, c], failed: skip}}\noutputs: {f: $m.f, s: $m.s}"
    assert dict(made(text, tmp_path / "main.yaml")) == {"f": ["a", "c"], "s": ["A", "C"]}
    only = made(text, tmp_path / "main.yaml", only=["s"])
    assert dict(only) == {"s": ["A", "C"]}


def test_without_that_every_failing_item_is_told_and_the_others_are_remembered():
    e = engine(more=NODES, warn=lambda message: None)
    result = made("nodes: {m: {type: b.fail, each: text, text: [a, bad1, b, bad2]}}\noutputs: {m: $m}", e=e)
    assert dict(result) == {} and len(result.errors) + sum(str(x).count("bad2") for x in result.errors) >= 2
    CALLS.clear()
    assert dict(made("nodes: {m: {type: b.fail, each: text, text: [a, b]}}\noutputs: {m: $m}", e=e)) == {"m": ["a", "b"]}
    assert not CALLS


def test_pick_keeps_the_items_that_are_wanted_and_the_rest_does_not_run():
    text = """
    nodes:
      w: {type: b.words, text: a x b x}
      is: {type: b.is, each: text, text: $w}
      p: {type: pick, from: $w, where: $is}
      s: {type: b.say, each: text, text: $p}
    outputs: {s: $s, p: $p}
    """
    assert values(text) == {"s": ["X", "X"], "p": ["x", "x"]} and CALLS["x"] == 1 and "a" not in CALLS
    result = made("nodes: {w: {type: b.words, text: a b}, p: {type: pick, from: $w, where: [true]}}\noutputs: {p: $p}")
    assert dict(result) == {} and result.errors


def test_a_switch_per_item_runs_for_each_item_what_that_item_takes(tmp_path):
    write(tmp_path, "in.yaml", """
        inputs: {t: {type: Text}}
        nodes:
          x: {type: b.is, text: $t}
          a: {type: b.say, text: $t}
          f: {type: b.fail, text: bad}
          s: {type: switch, "on": $x, cases: {"true": $a, "false": $t}}
          deep: {type: switch, "on": $t, cases: {x: $s, y: $s, else: $f}}
        outputs: {s: $deep}
        """)
    text = "nodes: {m: {type: ./in.yaml, each: t, t: [x, y, x]}}\noutputs: {m: $m}"
    assert values(text, tmp_path / "main.yaml") == {"m": ["X", "y", "X"]} and CALLS == {"x": 1}
    mapped = """
    nodes:
      w: {type: b.words, text: p q r}
      s: {type: switch, each: ["on", one], "on": [1, 2, 1], cases: {"1": $low, "2": $z}, mute: false}
      low: {type: b.say, each: text, text: $w}
      z: {type: b.say, text: z}
    outputs: {s: $s}
    """.replace("one]", '"1"]')
    assert values(mapped) == {"s": ["P", "Z", "R"]}


@pytest.mark.parametrize("size, batches", [(None, [5]), (2, [2, 2, 1]), (1, [1] * 5), (7, [5])])
def test_a_batch_is_as_large_as_the_node_takes(size, batches):
    sizes: list[int] = []

    @node("b.all", version=1, batch="texts", batch_size=size)
    def together(texts: list[str]) -> list[str]:
        """All at once."""
        sizes.append(len(texts))
        return [text.upper() for text in texts]

    text = "nodes: {a: {type: b.all, each: texts, texts: [a, b, c, d, e]}}\noutputs: {a: $a}"
    assert values(text, more=(together,)) == {"a": ["A", "B", "C", "D", "E"]} and sorted(sizes, reverse=True) == batches


def test_a_batch_waits_for_the_items_that_are_still_being_made(tmp_path):
    sizes: list[int] = []

    @node("b.all", version=1, batch="texts")
    def together(texts: list[str]) -> list[str]:
        """All at once."""
        sizes.append(len(texts))
        return [text.upper() for text in texts]

    @node("b.later", version=1, costly=True)
    def later(text: str) -> str:
        """In a worker, the first after the others."""
        threading.Event().wait(0.05 if text == "a" else 0.001)
        return text + text

    write(tmp_path, "in.yaml", "inputs: {t: {type: Text}}\nnodes:\n  l: {type: b.later, text: $t}\n"
                               "  a: {type: b.all, each: texts, texts: [$l]}\noutputs: {a: $a}\n")
    text = "nodes: {m: {type: ./in.yaml, each: t, t: [a, b, c, d]}}\noutputs: {m: $m}"
    assert values(text, tmp_path / "main.yaml", more=(together, later)) == {"m": [["AA"], ["BB"], ["CC"], ["DD"]]}
    assert sizes == [4]


# ---- loops

LOOP = """
nodes:
  l: {type: b.step, repeat: %s, carry: n, n: %s}
outputs: {n: $l.n, done: $l.done}
"""


def test_six_rounds_made_into_eight_run_two():
    e = engine(more=NODES, warn=lambda message: None)
    assert values(LOOP % (6, 0), e=e) == {"n": 6, "done": [False] * 6}
    CALLS.clear()
    assert values(LOOP % (8, 0), e=e)["n"] == 8 and set(CALLS) == {"step 6", "step 7"}
    CALLS.clear()
    assert values(LOOP % (3, 0), e=e)["n"] == 3 and not CALLS
    assert values(LOOP % (3, 1), e=e)["n"] == 4 and not CALLS


def test_no_round_gives_what_was_carried_in_and_empty_lists():
    assert values(LOOP % (0, 5)) == {"n": 5, "done": []} and not CALLS


def test_a_loop_stops_after_the_round_in_which_it_is_done():
    text = """
    inputs: {last: 3}
    nodes:
      l: {type: b.step, repeat: 10000, until: done, carry: n, n: 0, last: $last}
      after: {type: b.add, a: $l.n, b: 100}
    outputs: {n: $l.n, done: $l.done, after: $after}
    """
    assert values(text) == {"n": 3, "done": [False, False, True], "after": 103}
    assert values(text, given={"last": 1})["done"] == [True]


@pytest.mark.parametrize("times", [-1, 10_001])
def test_more_rounds_than_can_be_are_refused(times, tmp_path):
    e = engine(more=NODES, warn=lambda message: None)
    with pytest.raises(GraphError, match="0 to 10000"):
        e.load(write(tmp_path, "g.yaml", LOOP % (times, 0)))
    result = made("nodes:\n  t: {type: b.add, a: %d}" % times + (LOOP % ("$t", 0)).replace("\nnodes:", ""))
    assert dict(result) == {} and "10000" in str(result.errors[0]).replace(",", "") and "step 0" not in CALLS


def test_a_loop_counts_its_rounds_and_carries_several_things(tmp_path):
    write(tmp_path, "in.yaml", """
        inputs: {a: {type: Int}, b: {type: Int}, k: {type: Int}}
        nodes:
          sum: {type: b.add, a: $a, b: $b}
          more: {type: b.add, a: $sum, b: $k}
        outputs: {x: $b, y: $more, sum: $sum}
        """)
    text = """
    nodes: {l: {type: ./in.yaml, repeat: 4, carry: {a: x, b: y}, count: k, a: 0, b: 1}}
    outputs: {x: $l.x, y: $l.y, sums: $l.sum}
    """
    a, b, sums = 0, 1, []
    for k in (1, 2, 3, 4):
        sums.append(a + b)
        a, b = b, a + b + k
    assert values(text, tmp_path / "main.yaml") == {"x": a, "y": b, "sums": sums}


def test_loops_in_loops_and_maps_in_loops_and_loops_in_maps(tmp_path):
    write(tmp_path, "inner.yaml", "inputs: {n: {type: Int}}\nnodes: {l: {type: b.step, repeat: 2, carry: n, n: $n}}\noutputs: {n: $l.n}\n")
    write(tmp_path, "items.yaml", "inputs: {l: {type: list of Int}}\nnodes: {m: {type: ./inner.yaml, each: n, n: $l}}\noutputs: {l: $m}\n")
    text = """
    nodes:
      two: {type: ./inner.yaml, repeat: 3, carry: n, n: 0}
      maps: {type: ./items.yaml, repeat: 2, carry: l, l: [0, 10]}
      each: {type: ./inner.yaml, each: n, repeat: 2, carry: n, n: [1, 100]}
      rounds: {type: b.step, each: n, repeat: 2, carry: n, n: [1, 2, 1]}
    outputs: {two: $two, maps: $maps, each: $each, rounds: $rounds.n, done: $rounds.done}
    """
    assert values(text, tmp_path / "main.yaml") == {
        "two": 6, "maps": [4, 14], "each": [5, 104], "rounds": [3, 4, 3], "done": [[False, False]] * 3}
    assert max(count for name, count in CALLS.items()) == 1


def test_a_fold_sees_what_the_item_before_gave():
    text = """
    nodes:
      w: {type: b.words, text: a b c}
      f: {type: b.join, each: by, carry: {texts: out}, texts: [x, y], by: $w}
    outputs: {f: $f}
    """
    with pytest.raises(GraphError):  # a text is no list of texts
        made(text)
    folded = "nodes: {f: {type: b.add, each: b, carry: {a: int}, a: %s, b: %s}}\noutputs: {f: $f}"
    assert values(folded % (100, [1, 2, 3])) == {"f": 106}
    assert values(folded % (100, [])) == {"f": 100}


def test_a_round_that_fails_ends_its_loop():
    text = "nodes: {l: {type: b.fail, repeat: 3, carry: text, text: bad}, a: {type: b.say, text: x}}\noutputs: {l: $l, a: $a}"
    result = made(text)
    assert dict(result) == {"a": "X"} and CALLS["bad"] == 1 and "bad is bad" in str(result.errors[0])


def test_a_random_seed_in_a_loop_is_rolled_for_each_round(tmp_path):
    @node("b.roll", version=1)
    def roll(n: int, seed: Seed = 0) -> int:
        """The seed."""
        return seed

    text = "nodes: {l: {type: b.roll, repeat: 4, count: n, seed: random}}\noutputs: {l: $l}"
    assert len({*values(text, more=(roll,))["l"]}) == 4


# ---- time, failure, waiting

@pytest.mark.parametrize("form", ["b.waits, text: x, timeout: 0.2", "b.timed, text: x", "b.timed, text: x, timeout: 0.3",
                                  "b.waits, each: text, text: [x, y], timeout: 0.2"])
def test_a_node_that_takes_too_long_fails_and_the_run_goes_on(form):
    gate = threading.Event()

    def waits(text: str) -> str:
        """Wait for someone."""
        gate.wait(20)
        return text

    def timed(text: str) -> str:
        """Wait for someone, for a while."""
        gate.wait(20)
        return text

    more = (node("b.waits", version=1, costly=True)(waits), node("b.timed", version=1, costly=True, timeout=0.1)(timed))
    try:
        result = made(f"nodes: {{w: {{type: {form}}}, a: {{type: b.say, text: aside}}}}\noutputs: {{w: $w, a: $a}}", more=more)
        assert not gate.is_set() and dict(result) == {"a": "ASIDE"} and result.errors
        assert any(number in str(result.errors[0]) for number in ("0.1", "0.2", "0.3"))
    finally:
        gate.set()


@pytest.mark.parametrize("form, fails, calls", [
    ("b.flaky, text: x, retry: 2", False, 3), ("b.flaky, text: x, retry: 1", True, 2), ("b.flaky, text: x", True, 1),
    ("b.keen, text: x", False, 3), ("b.keen, text: x, retry: 1", True, 2)])
def test_a_node_that_fails_is_tried_again_as_often_as_is_said(form, fails, calls):
    def flaky(text: str) -> str:
        """Fails twice."""
        CALLS["flaky"] += 1
        if CALLS["flaky"] < 3:
            raise OSError("busy")
        return text

    def keen(text: str) -> str:
        """Fails twice."""
        return flaky(text)

    more = (node("b.flaky", version=1)(flaky), node("b.keen", version=1, retry=2)(keen))
    result = made(f"nodes: {{f: {{type: {form}}}}}\noutputs: {{f: $f}}", more=more)
    assert CALLS["flaky"] == calls and bool(result.errors) == fails and dict(result) == ({} if fails else {"f": "x"})


def test_of_mapped_items_only_the_one_that_fails_is_tried_again():
    @node("b.odd", version=1, retry=3)
    def odd(n: int) -> int:
        """The second fails once."""
        CALLS[f"odd {n}"] += 1
        if n == 2 and CALLS["odd 2"] < 2:
            raise OSError("busy")
        return n

    assert values("nodes: {o: {type: b.odd, each: n, n: [1, 2, 3]}}\noutputs: {o: $o}", more=(odd,)) == {"o": [1, 2, 3]}
    assert CALLS == {"odd 1": 1, "odd 2": 2, "odd 3": 1}


@pytest.mark.parametrize("nodes", ["a: {type: b.breaks, n: 1}\n  b: {type: b.breaks, n: 1}", "a: {type: b.breaks, each: n, n: [1, 1, 1]}"])
def test_a_request_that_failed_is_not_made_again_in_the_same_run(nodes):
    @node("b.breaks", version=1, costly=True)
    def breaks(n: int) -> int:
        """Fails."""
        CALLS["breaks"] += 1
        raise OSError("broken")

    e = engine(more=(breaks,))
    document = graph(f"nodes:\n  {nodes}\noutputs: {{a: $a{', b: $b' if 'b:' in nodes else ''}}}")
    for run_number in (1, 2):
        result = run(e, document)
        assert dict(result) == {} and result.errors and CALLS["breaks"] == run_number


@pytest.mark.parametrize("before, after", [(True, False), (False, True), (False, False)])
@pytest.mark.parametrize("costly", [False, True])
def test_what_must_not_be_remembered_is_neither_written_down_nor_taken_from_there(before, after, costly, tmp_path):
    def now(remember: bool) -> Any:
        def clock(n: int) -> int:
            """Reads a clock."""
            CALLS["clock"] += 1
            return n
        return node("b.clock", version=1, costly=costly, remember=remember)(clock)

    document = graph("nodes: {c: {type: b.clock, n: 1}, a: {type: b.add, a: $c}}\noutputs: {a: $a}")
    for remember in (before, after):
        with engine(tmp_path, more=(*NODES, now(remember))) as e:
            assert run(e, document)["a"] == 1
    assert CALLS["clock"] == 2 and CALLS["add"] == 1


def test_how_often_it_is_tried_is_no_part_of_the_request():
    e = engine(more=NODES, warn=lambda message: None)
    for words_given in ("", ", retry: 2", ", timeout: 9.5, retry: 1"):
        assert values(f"nodes: {{a: {{type: b.say, text: x{words_given}}}}}\noutputs: {{a: $a}}", e=e) == {"a": "X"}
    assert CALLS["x"] == 1


def test_async_nodes_are_awaited_and_wait_together():
    parties = 60
    arrived: list[asyncio.Event] = []

    @node("b.meets", version=1)
    async def meets(n: int) -> int:
        """Goes on when all are there."""
        if not arrived:
            arrived.append(asyncio.Event())
        CALLS["there"] += 1
        if CALLS["there"] == parties:
            arrived[0].set()
        await asyncio.wait_for(arrived[0].wait(), 20)
        return n * 2

    text = f"nodes: {{r: {{type: b.range, n: {parties}}}, m: {{type: b.meets, each: n, n: $r}}}}\noutputs: {{m: $m}}"
    assert values(text, more=(meets,)) == {"m": [2 * n for n in range(parties)]}


def test_async_nodes_fail_are_remembered_and_time_out_like_others():
    @node("b.later", version=1)
    async def later(text: str) -> str:
        """Later."""
        CALLS[text] += 1
        await asyncio.sleep(0)
        if text == "bad":
            raise ValueError("bad is bad")
        if text == "never":
            await asyncio.Event().wait()
        return text.upper()

    e = engine(more=(*NODES, later), warn=lambda message: None)
    text = """
    nodes:
      a: {type: b.later, text: a}
      b: {type: b.later, text: bad}
      c: {type: b.later, text: never, timeout: 0.1}
      d: {type: b.say, text: $a}
      e: {type: b.say, text: $b}
    outputs: {d: $d, e: $e, c: $c}
    """
    result = made(text, e=e)
    assert dict(result) == {"d": "A"} and len(result.errors) == 2
    result = made(text, e=e)
    assert dict(result) == {"d": "A"} and CALLS["a"] == 1 and CALLS["bad"] == 2


def test_a_run_that_is_stopped_stops_what_is_awaited():
    cancel = threading.Event()

    @node("b.stuck", version=1)
    async def stuck(text: str) -> str:
        """Waits for ever."""
        cancel.set()
        await asyncio.Event().wait()
        return text

    result = made("nodes: {s: {type: b.stuck, text: x}}\noutputs: {s: $s}", more=(stuck,), cancel=cancel)
    assert result.cancelled and dict(result) == {}


# ---- what lies outside

def test_a_fingerprint_counts_and_is_asked_before_each_run(tmp_path):
    (tmp_path / "a.txt").write_text("a")

    def names(folder: str) -> list[str]:
        return sorted(path.name for path in Path(folder).iterdir())

    @node("b.list", version=1, fingerprint=names)
    def listing(folder: str) -> list[str]:
        """What is in a folder."""
        CALLS["list"] += 1
        return names(folder)

    document = graph(f"nodes: {{l: {{type: b.list, folder: {tmp_path}}}, j: {{type: b.join, texts: $l}}}}\noutputs: {{j: $j}}")
    e = engine(more=(*NODES, listing), warn=lambda message: None)
    for _ in range(2):
        assert run(e, document)["j"] == "a.txt" and CALLS["list"] == 1
    (tmp_path / "b.txt").write_text("b")
    assert run(e, document)["j"] == "a.txt b.txt" and CALLS["list"] == 2
    (tmp_path / "b.txt").unlink()
    assert run(e, document)["j"] == "a.txt" and CALLS["list"] == 2


def test_a_fingerprint_is_asked_for_each_item_of_what_is_linked(tmp_path):
    state = {"a": 1, "b": 1}

    @node("b.look", version=1, fingerprint=lambda name: state[name])
    def look(name: str) -> int:
        """Look it up."""
        CALLS[name] += 1
        return state[name]

    document = graph("nodes: {w: {type: b.words, text: a b}, l: {type: b.look, each: name, name: $w}}\noutputs: {l: $l}")
    e = engine(more=(*NODES, look), warn=lambda message: None)
    assert run(e, document)["l"] == [1, 1]
    state["b"] = 5
    assert run(e, document)["l"] == [1, 5] and CALLS["a"] == 1 and CALLS["b"] == 2
    result = run(e, graph("nodes: {l: {type: b.look, name: nobody}, a: {type: b.say, text: x}}\noutputs: {l: $l, a: $a}"))
    assert dict(result) == {"a": "X"} and result.errors


def test_part_of_a_graph_runs_what_that_part_needs():
    text = """
    nodes:
      a: {type: b.say, text: a}
      b: {type: b.say, text: b}
      c: {type: b.join, texts: [$a, x]}
    outputs: {a: $a, b: $b, c: $c}
    """
    assert dict(made(text, only=["c"])) == {"c": "A x"} and "b" not in CALLS
    assert dict(made(text, only=[])) == {}


def test_three_threads_may_use_one_engine():
    e = engine(more=NODES, warn=lambda message: None)
    found: dict[int, list[Any]] = {}

    def work(number: int) -> None:
        found[number] = [dict(e.run(graph(LOOP % (6, number * 100 + k))))["n"] for k in range(8)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {number: [number * 100 + k + 6 for k in range(8)] for number in range(3)}
