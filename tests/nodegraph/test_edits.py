"""Edits in one Engine: after any of them a run gives what plain recursion gives, and calls just what is new."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from nodegraph import File, GraphError, Seed, events as ev, node
from nodegraph.graph import Ref
from nodegraph.plan import replan
from tests.amount import cases
from tests.nodegraph.fuzz.generator import FILES, Case, Step
from tests.nodegraph.fuzz.trial import Trial

from .playground import engine, graph, told

NUMBERS, TEXTS, BOOLS = (0, 1, 2, 3, 7), ("a", "b", "a-b", "b-a-c", ""), (True, False)

SHAPES: dict[str, tuple[dict[str, str], list[tuple[str, str, tuple[Any, ...]]]]] = {
    "a chain": ({"main.yaml": """
inputs: {start: 1}
nodes:
  a: {type: f.add, a: $start, b: 1}
  b: {type: f.odd, n: $a}
  c: {type: f.flip, flag: $b}
  d: {type: f.show, value: $c}
  e: {type: f.pair, one: $d, two: x}
  f: {type: f.upper, text: $e}
  aside: {type: f.add, a: 5, b: 5}
outputs: {f: $f, a: $a}
"""}, [("a", "b", NUMBERS), ("a", "a", ("$start", 4, 5)), ("e", "two", (*TEXTS, "$d")), ("aside", "b", NUMBERS),
       ("f", "text", ("$e", "$d", "plain"))]),
    "a diamond": ({"main.yaml": """
nodes:
  top: {type: f.words, text: b-a-c}
  left: {type: f.join, texts: $top, by: "+"}
  right: {type: f.bulk, texts: [$top..., z, $left]}
  long: {type: f.long, text: $left}
  tip: {type: f.join, texts: $right, by: $long}
  size: {type: f.size, texts: $right}
outputs: {tip: $tip, size: $size}
"""}, [("top", "text", TEXTS), ("left", "by", TEXTS), ("tip", "by", ("$long", "/", "$left")),
       ("right", "texts", (["$top...", "z", "$left"], ["z"], "$top", ["$left", "z", "$top..."]))]),
    "switches": ({"main.yaml": """
inputs: {fast: true, word: hello}
nodes:
  u: {type: f.upper, text: $word}
  v: {type: f.tag, text: $u, mark: b}
  is: {type: f.even, text: $v}
  inner: {type: switch, "on": $is, cases: {"true": $v, "false": $word}}
  outer: {type: switch, "on": $fast, cases: {"true": $inner, else: none}}
  end: {type: f.upper, text: $outer}
outputs: {end: $end, is: $is}
"""}, [("v", "mark", ("a", "b", "c")), ("u", "text", ("$word", *TEXTS)), ("inner", "on", ("$is", True, False)),
       ("outer", "on", ("$fast", "$is", False, True)), ("inner", "cases.true", ("$v", "$u", "x")),
       ("outer", "cases.else", ("none", "$u", "other"))]),
    "a mapped graph": ({"inner.yaml": """
inputs: {text: {type: Text}, mark: a, more: {type: list of Text, default: [p, q]}}
nodes:
  t: {type: f.tag, text: $text, mark: b}
  j: {type: f.join, texts: [$t, $more...], by: $text}
  s: {type: switch, "on": $long, cases: {"true": $j, "false": $t}}
  long: {type: f.even, text: $j}
  n: {type: f.join, texts: $more}
  shouted: {type: f.shouts, each: texts, texts: $more, mark: $text}
outputs: {s: $s, n: $n, shouted: $shouted}
""", "main.yaml": """
inputs: {words: a-b-c}
nodes:
  list: {type: f.words, text: $words}
  m: {type: ./inner.yaml, each: text, text: $list, more: [k, l]}
  loud: {type: f.upper, each: text, text: $m.s}
  all: {type: f.join, texts: $loud, by: ","}
  flat: {type: f.pair, one: $all, two: end}
outputs: {all: $flat, n: $m.n, shouted: $m.shouted}
"""}, [("list", "text", ("$words", *TEXTS)), ("m", "more", (["k", "l"], [], ["l", "k"], "$list")), ("all", "by", TEXTS),
       ("m", "text", ("$list", ["x", "y"], ["y", "x", "x"], [])), ("flat", "two", TEXTS)]),
    "loops": ({"main.yaml": """
inputs: {rounds: 3}
nodes:
  first: {type: f.add, a: 1, b: 1}
  go: {type: f.step, repeat: $rounds, until: done, carry: value, value: $first, step: 2}
  grown: {type: f.turn, repeat: 4, carry: {last: text}, count: step, text: $said, last: "-"}
  said: {type: f.say, n: $go.value}
  folded: {type: f.pair, each: two, carry: {one: text}, one: $said, two: [x, y]}
  total: {type: f.show, value: $folded}
outputs: {value: $go.value, done: $go.done, grown: $grown.text, long: $grown.long, total: $total}
"""}, [("first", "b", NUMBERS), ("go", "step", NUMBERS), ("go", "value", ("$first", 3, 4)), ("grown", "last", TEXTS),
       ("folded", "one", ("$said", "o", "")), ("folded", "two", (["x", "y"], ["x"], [], ["x", "y", "z"]))]),
    "files": ({"main.yaml": """
inputs: {shown: {type: File, default: data/b.txt}, every: {type: list of File, default: data/c*.txt}}
nodes:
  one: {type: f.read, path: data/a.txt}
  given: {type: f.read, path: $shown}
  all: {type: f.reads, paths: $every}
  named: {type: f.name_file, which: c2.txt}
  there: {type: f.read, path: $named}
  each: {type: f.read, each: path, path: [data/a.txt, $shown, $named]}
  text: {type: f.join, texts: [$one, $given, $all, $there, $each...], by: "|"}
outputs: {text: $text, each: $each}
"""}, [("one", "path", tuple(f"data/{name}" for name in FILES)), ("named", "which", FILES), ("text", "by", TEXTS),
       ("all", "paths", ("$every", "data", ["data/a.txt"])), ("there", "path", ("$named", "$shown", "data/b.txt")),
       ("each", "path", (["data/a.txt", "$shown"], ["$named", "data/a.txt", "$shown"]))]),
    "failures": ({"main.yaml": """
nodes:
  words: {type: f.words, text: a-x-c}
  ok: {type: f.picky, text: x, bad: b}
  end: {type: f.upper, text: $ok}
  some: {type: f.picky, each: text, text: $words, failed: skip}
  join: {type: f.join, texts: $some}
  all: {type: f.picky, each: text, text: $words, bad: q}
  last: {type: f.join, texts: $all}
outputs: {end: $end, join: $join, last: $last, words: $words}
"""}, [("words", "text", TEXTS), ("ok", "text", TEXTS), ("ok", "bad", TEXTS), ("all", "bad", TEXTS),
       ("join", "by", TEXTS)]),
}


def case(shape: str) -> Case:
    """The graph files of a shape, as a Case."""
    return Case({name: {"nodegraph": 1, "inputs": {}, **yaml.safe_load(text)} for name, text in SHAPES[shape][0].items()}, [])


class Editing(RuleBasedStateMachine):
    """Some edits, then a run; and so on."""

    @initialize(shape=st.sampled_from(sorted(SHAPES)), costly=st.booleans(), on_disk=st.booleans())
    def begin(self, shape: str, costly: bool, on_disk: bool) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="nodegraph-edits-")
        self.edits = SHAPES[shape][1]
        costly_kinds = frozenset({"f.upper", "f.join", "f.step", "f.read"} if costly else ())
        self.trial = Trial(replace(case(shape), costly=costly_kinds, remembers=on_disk), Path(self.folder.name))
        self.trial.graph = self.trial.parsed()
        self.run()

    @rule(data=st.data())
    def edit(self, data: Any) -> None:
        """Set one input to a literal or a link."""
        name, port, values = data.draw(st.sampled_from(self.edits))
        self.trial.do_set("main.yaml", name, port, data.draw(st.sampled_from(values)))

    @rule(back=st.integers(0, 5))
    def undo(self, back: int) -> None:
        """Take up an earlier Graph."""
        self.trial.do_undo(back)

    @rule(name=st.sampled_from(FILES), content=st.sampled_from(("one", "two", "six")))
    def write_file(self, name: str, content: str) -> None:
        """Another content under the same name; of the same length, as it happens."""
        self.trial.do_data(name, content)

    @rule()
    def read_again(self) -> None:
        """The same text as a Graph without a history."""
        self.trial.graph = self.trial.parsed()

    @rule(data=st.data())
    def run_some(self, data: Any) -> None:
        """Run a part of the outputs."""
        outputs = sorted(self.trial.files["main.yaml"]["outputs"])
        self.run(tuple(data.draw(st.lists(st.sampled_from(outputs), min_size=1, unique=True))))

    @rule()
    def run_all(self) -> None:
        """Run every output."""
        self.run()

    def run(self, only: tuple[str, ...] | None = None) -> None:
        """Run, and compare with plain recursion: values, states, and the calls that were made."""
        fault = self.trial.run(Step(only=only))
        assert fault is None, fault

    @invariant()
    def nothing_is_unclear(self) -> None:
        """The shapes leave no room for two readings."""
        assert not hasattr(self, "trial") or not self.trial.unclear

    def teardown(self) -> None:
        if hasattr(self, "trial"):
            try:
                self.run()
            finally:
                self.trial.close()
                self.folder.cleanup()


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=cases(120), stateful_step_count=14, deadline=None,
                                suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_each_edit_alone_and_its_undoing_run_just_what_is_new(shape, tmp_path):
    trial = Trial(replace(case(shape), remembers=False), tmp_path)
    trial.graph = trial.parsed()
    assert trial.run(Step()) is None
    for name, port, values in SHAPES[shape][1]:
        for value in values:
            trial.do_set("main.yaml", name, port, value)
            assert trial.run(Step()) is None
            trial.do_undo(0)
            assert trial.run(Step()) is None
    assert not trial.unclear
    trial.close()


# ---- what a run after an edit looks at

LINE = """
nodes:
  a: {type: t.add, a: 1, b: 1}
  b: {type: t.add, a: $a, b: 10}
  c: {type: t.add, a: $b, b: 100}
  d: {type: t.add, a: $c, b: 1000}
  other: {type: t.add, a: 70}
outputs: {d: $d, other: $other}
"""


def test_after_an_edit_all_that_depends_on_it_runs_and_nothing_else_is_told_of():
    e, document = engine(), graph(LINE)
    told(e, document)
    story, result = told(e, document.with_value("a", "b", 5))
    assert story.ran == ["a", "b", "c", "d"] and dict(result) == {"d": 1116, "other": 70}
    assert "other" not in story.remembered


def test_after_an_edit_of_a_costly_node_its_readers_wait_for_what_it_gives_now():
    @node("t.later", version=1, costly=True)
    def later(a: int, b: int = 0) -> int:
        """Add, in a worker."""
        return a + b

    e, document = engine(more=[later]), graph(LINE.replace("  a: {type: t.add", "  a: {type: t.later"))
    assert told(e, document)[1]["d"] == 1112
    for b in (5, 6, 7, 5):
        assert told(e, document.with_value("a", "b", b))[1]["d"] == 1111 + b


def test_an_edit_back_and_forth_runs_nothing_and_gives_what_it_gave():
    e, document = engine(), graph(LINE)
    told(e, document)
    edited = document.with_value("a", "b", 5)
    assert told(e, edited)[1]["d"] == 1116
    for again, wanted in ((document, 1112), (edited, 1116), (edited.with_value("a", "b", 1), 1112), (document, 1112)):
        story, result = told(e, again)
        assert story.ran == [] and result["d"] == wanted


def test_two_edits_before_a_run_both_count():
    e, document = engine(), graph(LINE)
    told(e, document)
    assert dict(told(e, document.with_value("a", "b", 5).with_value("other", "a", 3))[1]) == {"d": 1116, "other": 3}
    assert dict(told(e, document.with_value("c", "b", 10))[1]) == {"d": 1022, "other": 70}
    assert dict(told(e, document.with_value("c", "b", 10).with_value("a", "a", 0))[1]) == {"d": 1021, "other": 70}


def test_a_graph_that_was_replaced_by_hand_has_no_history():
    e, document = engine(), graph(LINE)
    told(e, document)
    edited = document.with_value("a", "b", 5)
    by_hand = replace(edited, nodes={**edited.nodes, "d": edited.nodes["d"]._replace(inputs={"a": Ref("c"), "b": 100})})
    assert told(e, by_hand)[1]["d"] == 216
    assert told(e, edited)[1]["d"] == 1116


def test_branches_of_a_history_are_kept_apart():
    e, document = engine(), graph(LINE)
    left, right = document.with_value("a", "b", 5), document.with_value("other", "a", 1)
    told(e, left)
    assert dict(told(e, right)[1]) == {"d": 1112, "other": 1}
    assert dict(told(e, left)[1]) == {"d": 1116, "other": 70}


def test_an_edit_that_is_wrong_is_refused_after_a_graph_that_was_well():
    e, document = engine(), graph(LINE)
    told(e, document)
    for value in ("x", None, [1], Ref("d"), Ref("nobody")):
        with pytest.raises(GraphError):
            e.run(document.with_value("a", "b", value))
    assert told(e, document)[1]["d"] == 1112
    scaled = graph("nodes: {s: {type: t.scale, x: 1, by: 2}}\noutputs: {s: $s}")
    told(e, scaled)
    with pytest.raises(GraphError, match="it takes 0 to 10"):
        e.run(scaled.with_value("s", "by", 11))


@pytest.mark.parametrize("warned", ["inputs: {unused: 3}", "inputs: {start: 1, more: 2}"])
def test_in_a_graph_with_warnings_edits_are_judged_too(warned):
    e, document = engine(), graph(warned + LINE)
    assert e.check(document).problems
    told(e, document)
    edited = document.with_value("a", "b", 5)
    assert told(e, edited)[1]["d"] == 1116
    with pytest.raises(GraphError):
        e.run(edited.with_value("a", "b", "x"))
    problems = e.check(edited).problems
    assert [p.message for p in problems] == [p.message for p in e.check(document).problems]


def test_after_an_edit_what_is_odd_elsewhere_is_told_again():
    e, document, told_of = engine(), graph("inputs: {unused: 3}" + LINE), []
    for again in (document, document.with_value("a", "b", 5), document.with_value("d", "b", 6)):
        e.run(again, planned=lambda checked, plan: told_of.append([p.message for p in checked.problems]))
    assert told_of[0] and "unused" in told_of[0][0] and told_of == [told_of[0]] * 3


@node("t.roll", version=1)
def roll(seed: Seed = 0, more: int = 0) -> int:
    """A seed, as it is."""
    return seed + more


def test_after_an_edit_a_random_seed_is_rolled_anew():
    e = engine(more=[roll])
    document = graph("nodes:\n  r: {type: t.roll, seed: random}\n  k: {type: t.add, a: 1}\n"
                     "outputs: {r: $r, k: $k}")
    rolled = [e.run(again)["r"] for again in (document, document, document.with_value("k", "a", 2),
                                              document.with_value("r", "more", 0))]
    assert len(set(rolled)) == 4


def test_an_edit_to_random_rolls_and_an_edit_from_it_does_not():
    e = engine(more=[roll])
    document = graph("nodes:\n  r: {type: t.roll, seed: 1}\n  k: {type: t.add, a: $r}\noutputs: {r: $r, k: $k}")
    assert e.run(document)["k"] == 1
    random = document.with_value("r", "seed", "random")
    first, second = e.run(random), e.run(random)
    assert first["r"] != second["r"] and first["k"] == first["r"] and second["k"] == second["r"]
    assert e.run(random.with_value("r", "seed", 4))["k"] == 4


FILED = """
nodes:
  r: {type: t.reads, path: here.txt, more: 1}
outputs: {r: $r}
"""


def test_an_edit_beside_a_file_leaves_the_file_counting_by_its_content(tmp_path):
    @node("t.reads", version=1)
    def reads(path: File, more: int = 0) -> str:
        """What is in a file."""
        return path.read_text() + str(more)

    e, path = engine(more=[reads]), tmp_path / "here.txt"
    path.write_text("one")
    document = graph(FILED, tmp_path / "g.yaml")
    assert e.run(document)["r"] == "one1"
    edited = document.with_value("r", "more", 2)
    assert e.run(edited)["r"] == "one2"
    path.write_text("two!")
    assert e.run(edited)["r"] == "two!2"
    (tmp_path / "there.txt").write_text("two!")
    story, result = told(e, graph(FILED.replace("here", "there").replace("more: 1", "more: 2"), tmp_path / "g.yaml"))
    assert result["r"] == "two!2"
    path.write_text("one")
    story, result = told(e, document)
    assert story.ran == [] and result["r"] == "one1"


def test_an_edit_beside_a_file_finds_what_the_file_gave_and_not_what_it_gave_before(tmp_path):
    @node("t.reads", version=1)
    def reads(path: File, more: int = 0) -> str:
        """What is in a file."""
        return path.read_text() + str(more)

    e, path = engine(more=[reads]), tmp_path / "here.txt"
    path.write_text("one")
    document = graph(FILED, tmp_path / "g.yaml")
    told(e, document)
    edited = document.with_value("r", "more", 2)
    assert told(e, edited)[1]["r"] == "one2"
    assert told(e, graph(FILED.replace("more: 1", "more: 2"), tmp_path / "g.yaml"))[0].ran == []
    path.write_text("two!")
    assert told(e, document)[1]["r"] == "two!1"
    assert told(e, edited)[1]["r"] == "two!2"


def test_after_an_edit_elsewhere_a_file_is_looked_at_as_before(tmp_path):
    @node("t.reads", version=1)
    def reads(path: File, more: int = 0) -> str:
        """What is in a file."""
        return path.read_text() + str(more)

    e, path = engine(more=[reads]), tmp_path / "here.txt"
    path.write_text("one")
    document = graph(FILED.replace("nodes:", "nodes:\n  k: {type: t.add, a: 1}").replace("{r: $r}", "{r: $r, k: $k}"),
                     tmp_path / "g.yaml")
    told(e, document)
    edited = document.with_value("k", "a", 2)
    assert dict(told(e, edited)[1]) == {"r": "one1", "k": 2}
    path.write_text("two!")
    assert dict(told(e, edited)[1]) == {"r": "two!1", "k": 2}


def test_a_plan_in_which_a_seed_was_rolled_is_not_made_over():
    e = engine(more=[roll])
    document = graph("nodes:\n  r: {type: t.roll, seed: random}\n  k: {type: t.add, a: 1}\noutputs: {r: $r, k: $k}")
    edited = document.with_value("k", "a", 2)
    assert replan(e.plan(document), e.check(edited), ["k"]) is None
    sure = document.with_value("r", "seed", 3)
    assert replan(e.plan(sure), e.check(sure.with_value("k", "a", 2)), ["k"]) is not None


def test_an_edit_in_a_graph_whose_node_is_not_remembered_runs_that_node_each_time():
    @node("t.now", version=1, remember=False)
    def now(n: int) -> int:
        """Never the same, for all the engine knows."""
        return n

    e = engine(more=[now])
    document = graph("nodes:\n  n: {type: t.now, n: 1}\n  a: {type: t.add, a: $n}\n  b: {type: t.add, a: 4}\n"
                     "outputs: {a: $a, b: $b}")
    told(e, document)
    for again in (document, document.with_value("b", "b", 1), document.with_value("a", "b", 1)):
        story, _ = told(e, again)
        assert "n" in story.ran


def test_edits_of_the_layout_run_nothing():
    e, document = engine(), graph(LINE)
    told(e, document)
    story = []
    result = e.run(document.with_layout({"a": [0, 1]}), emit=story.append)
    assert [event for event in story if isinstance(event, ev.Finished | ev.Cached)] == [] and result["d"] == 1112
    assert told(e, document.with_layout({"a": [0, 1]}).with_value("a", "b", 2))[1]["d"] == 1113
