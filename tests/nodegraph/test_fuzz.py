"""Random graphs and random series of runs agree with plain recursion, down to the set of calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.amount import GRAPHS

from .fuzz import trial
from .fuzz.__main__ import shrunk, story
from .fuzz.generator import case
from .fuzz.reference import Interpreter, Lack, plain_of
from .fuzz.trial import first_fault

PARTS = 6


@pytest.mark.timeout(400)
@pytest.mark.parametrize("part", range(PARTS))
def test_random_runs_agree_with_plain_recursion(part):
    for seed in range(part, GRAPHS, PARTS):
        failing = case(seed)
        fault = first_fault(failing)
        if fault is not None:
            failing, fault = shrunk(failing, fault, 60)
            pytest.fail(f"seed {seed}: {story(failing, fault)}", pytrace=False)


def test_a_seed_is_one_case():
    assert case(7) == case(7) and case(7) != case(8)


def test_the_fuzz_notices_an_engine_that_is_wrong(monkeypatch):
    """Broken in turn: a value, a call too many, a node that fares otherwise, what is left out."""
    def faults(graphs: int = 40) -> set[str]:
        return {fault.kind for seed in range(graphs) if (fault := first_fault(case(seed)))}

    monkeypatch.setattr(trial, "plain_of", lambda value: "another")
    assert "value" in faults()
    monkeypatch.undo()
    monkeypatch.setattr(trial.Log, "take", lambda self: [("f.upper", ())])
    assert faults(5) == {"calls"}
    monkeypatch.undo()
    monkeypatch.setattr(trial.Engine, "run", lambda *args, **more: 1 / 0)
    assert faults(3) == {"crash"}


# ---- the reference itself, by hand

def evaluated(text: str, **more: str):
    """The outputs of a graph by the reference, and its calls."""
    import yaml

    files = {f"{name}.yaml": {"inputs": {}, **yaml.safe_load(body)} for name, body in {"main": text, **more}.items()}
    found = Interpreter(files, Path()).run()
    return {name: value.why if isinstance(value, Lack) else plain_of(value) for name, value in found.values.items()}, found


def test_the_reference_evaluates_every_construct():
    values, found = evaluated("""
nodes:
  w: {type: f.words, text: a-b-c}
  m: {type: f.upper, each: text, text: $w}
  x: {type: f.pair, cross: [one, two], one: $w, two: ["1", "2"]}
  r: {type: f.step, repeat: 9, until: done, carry: value, value: 1, step: 2}
  z: {type: f.step, repeat: 0, carry: value, value: 7}
  c: {type: f.add, repeat: 3, count: b, a: 10}
  f: {type: f.pair, each: two, carry: {one: text}, one: o, two: $w}
  k: {type: f.picky, each: text, failed: skip, text: $w}
  p: {type: pick, from: $w, where: [true, false, true]}
  s: {type: switch, "on": $e, cases: {"true": $m, else: $w}}
  e: {type: f.even, text: ab}
  l: {type: f.join, texts: [$w..., z, $s...]}
  by: {type: f.upper, text: q, bypass: true}
  n: {type: f.opt}
outputs: {m: $m, x: $x, r: $r.value, d: $r.done, z: $z.value, zd: $z.done, c: $c, f: $f, k: $k, p: $p, l: $l, by: $by, n: $n}
""")
    assert values == {
        "m": ["A'", "B'", "C'"], "x": ["a+1", "a+2", "b+1", "b+2", "c+1", "c+2"], "r": 5, "d": [False, True], "z": 7, "zd": [],
        "c": [11, 12, 13], "f": "o+a+b+c", "k": ["a.", "c."], "p": ["a", "c"], "l": "a-b-c-z-A'-B'-C'", "by": "q", "n": "o:None"}
    assert found.failed and not found.unclear


def test_the_reference_repeats_what_does_not_depend_on_the_item_and_skips_what_reads_a_failure():
    inner = """
inputs: {t: {type: Text}, k: const}
nodes: {a: {type: f.picky, text: $t}, b: {type: f.upper, text: $k}, c: {type: f.upper, text: $a}}
outputs: {a: $c, b: $b}
"""
    values, found = evaluated("""
nodes:
  m: {type: ./inner.yaml, each: t, t: [x, b, y]}
  j: {type: f.join, texts: $m.a}
  none: {type: ./inner.yaml, each: t, t: []}
outputs: {j: $j, b: $m.b, none: $none.a}
""", inner=inner)
    assert values == {"j": "skipped", "b": ["CONST'"] * 3, "none": []}
    assert {(kind, dict(arguments)["text"]) for kind, arguments in found.calls if kind != "f.join"} == {
        ("f.picky", "x"), ("f.picky", "b"), ("f.picky", "y"), ("f.upper", "x."), ("f.upper", "y."), ("f.upper", "const")}


def test_the_reference_leaves_out_what_a_muted_node_keeps_from_being_made():
    values, found = evaluated("""
nodes:
  a: {type: f.upper, text: x, mute: true}
  b: {type: f.upper, text: $a}
  c: {type: f.upper, text: y}
  d: {type: f.pair, one: $c, two: $b, bypass: true}
  e: {type: f.pair, one: z, two: $b, bypass: true}
outputs: {b: $b, c: $c, d: $d, e: $e}
""")
    assert values == {"c": "Y'", "d": "Y'"} and found.left_out == {"b", "e"}
