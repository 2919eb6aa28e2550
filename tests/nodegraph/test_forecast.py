"""What would run, before it does: the forecast agrees with the run that follows, and calls nothing."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nodegraph import Lazy, node
from nodegraph.plan import REQUEST

from .playground import Tensor, engine, told


class Turn(NamedTuple):
    number: int
    enough: bool


class Nodes:
    """Nodes that note that they were called."""

    def __init__(self) -> None:
        self.calls: list[str] = []

        @node("o.say", version=1)
        def say(text: str, mark: str = "") -> str:
            """Put a mark behind."""
            self.calls.append(text)
            return text + mark

        @node("o.words", version=1)
        def words(text: str) -> list[str]:
            """Split."""
            self.calls.append(text)
            return text.split()

        @node("o.turn", version=1)
        def turn(number: int, by: int = 1, enough: int = 100) -> Turn:
            """Count on."""
            self.calls.append(str(number))
            return Turn(number + by, number + by >= enough)

        @node("o.is", version=1)
        def equals(text: str, other: str = "a") -> bool:
            """Whether two texts are one."""
            self.calls.append(text)
            return text == other

        @node("o.vector", version=1)
        def vector(size: int) -> Tensor:
            """Something large."""
            import torch

            self.calls.append(str(size))
            return torch.arange(size)

        @node("o.last", version=1)
        def last(tensor: Tensor, k: int = 0) -> int:
            """The last of it."""
            self.calls.append("last")
            return int(tensor[-1]) + k

        @node("o.either", version=1)
        def either(first: bool, one: Lazy[str], two: Lazy[str]) -> str:
            """One of two."""
            self.calls.append("either")
            return one() if first else two()

        @node("o.batch", version=1, batch="texts")
        def batch(texts: list[str]) -> list[str]:
            """All at once."""
            self.calls.append("batch")
            return [text.upper() for text in texts]

        self.all = [say, words, turn, equals, vector, last, either, batch]


@pytest.fixture
def nodes():
    return Nodes()


def document(e, folder: Path, main: str, **inner: str):
    for name, text in {"main": main, **inner}.items():
        (folder / f"{name}.yaml").write_text("nodegraph: 1\n" + textwrap.dedent(text))
    return e.load(folder / "main.yaml")


def foreseen(e, g, given=None, **more: Any) -> dict[str, str]:
    """The forecast: each node's status."""
    return {row.node: row.status for row in e.forecast(e.plan(g, given, **more))}


def agrees(e, nodes: Nodes, g, given=None) -> dict[str, str]:
    """The forecast, which calls nothing and is held against the run that follows."""
    before = list(nodes.calls)
    rows = foreseen(e, g, given)
    assert nodes.calls == before, "the forecast called nodes"
    story, result = told(e, g, given)
    for name, status in rows.items():
        fared = result.nodes[name].status
        wanted = ("cached",) if status == "remembered" else ("ran", "cached", "skipped")
        assert fared in wanted, (name, status, fared)
        assert status != "will run" or fared == "ran", (name, status, fared)
    lazy = any(step.kind == REQUEST and step.nodetype.lazy for step in result.raw.plan.steps)
    # A switch or a lazy node may come to ask for what nobody could foresee.
    if "depends" not in rows.values() and not lazy:
        assert {name for name, fared in result.nodes.items() if fared.status == "ran"} <= set(rows), "it ran unforeseen"
    return rows


FORMS = {
    "a list": ("x: {type: o.say, each: text, text: $w}", {}),
    "a product": ("x: {type: o.say, cross: [text, mark], text: $w, mark: [a, b]}", {}),
    "a fold": ("x: {type: o.say, each: mark, carry: {text: text}, text: z, mark: $w}\n"
               "  y: {type: o.say, text: $x}", {}),
    "a loop": ("x: {type: o.say, repeat: 3, carry: {text: text}, text: q, mark: $v}\n  v: {type: o.say, text: v}", {}),
    "a batch": ("x: {type: o.batch, each: texts, texts: $w}", {}),
    "a switch": ("x: {type: switch, on: $v, cases: {v: $a, else: $w0}}\n  v: {type: o.say, text: v}\n"
                 "  a: {type: o.say, text: a}\n  w0: {type: o.say, text: b}", {}),
    "a pick": ("x: {type: pick, from: $w, where: $is}\n  is: {type: o.is, each: text, text: $w}", {}),
    "a graph": ("x: {type: ./inner.yaml, each: t, t: $w}", {"inner": """
        inputs: {t: {type: Text}}
        nodes:
          same: {type: o.say, text: once}
          l: {type: o.say, repeat: 2, carry: {text: text}, text: $t, mark: "+"}
          is: {type: o.is, text: $l, other: b++}
          s: {type: switch, on: $is, cases: {"true": $same, "false": $m}}
          m: {type: o.say, text: $t, mark: m}
        outputs: {s: $s}
        """}),
    "a lazy node": ("x: {type: o.either, first: true, one: $v, two: $never}\n  v: {type: o.say, text: v}\n"
                    "  never: {type: o.say, text: n}", {}),
    "large things": ("x: {type: o.vector, each: size, size: [1000, 2000]}\n"
                     "  y: {type: o.last, each: tensor, tensor: $x}", {}),
}


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_after_a_run_all_is_remembered_and_before_it_what_comes_first_will_run(form, on_disk, nodes, tmp_path):
    text, inner = FORMS[form]
    main = f"nodes:\n  w: {{type: o.words, text: a b c}}\n  {text}\noutputs: {{x: $x, w: $w}}"
    folder = tmp_path / "cache" if on_disk else None
    with engine(folder, more=nodes.all) as e:
        g = document(e, tmp_path, main, **inner)
        first = agrees(e, nodes, g)
        assert first["w"] == "will run" and "remembered" not in first.values()
        calls = len(nodes.calls)
        assert set(agrees(e, nodes, g).values()) == {"remembered"} and len(nodes.calls) == calls
    if on_disk:
        with engine(folder, more=nodes.all) as e:
            assert set(agrees(e, nodes, g).values()) == {"remembered"} and len(nodes.calls) == calls


MAPPED = """
    inputs: {text: a b}
    nodes:
      w: {type: o.words, text: $text}
      m: {type: ./inner.yaml, each: t, t: $w}
      j: {type: t.join, texts: $m}
      end: {type: o.say, text: $j}
    outputs: {end: $end}
    """
INNER = """
    inputs: {t: {type: Text}}
    nodes:
      one: {type: o.say, text: $t, mark: "1"}
      two: {type: o.say, text: $one, mark: "2"}
    outputs: {two: $two}
    """


def test_where_a_list_has_a_new_item_its_first_node_runs_and_the_rest_depends(nodes, tmp_path):
    e = engine(more=nodes.all)
    g = document(e, tmp_path, MAPPED, inner=INNER)
    told(e, g)
    assert foreseen(e, g, {"text": "a c b"}) == {"w": "will run", "m/one": "depends", "m/two": "depends",
                                                 "j": "depends", "end": "depends"}
    told(e, g, {"text": "a c b"}, only=["end"])
    inner = INNER.replace('"2"', '"3"')
    g = document(e, tmp_path, MAPPED, inner=inner)
    assert foreseen(e, g) == {"w": "remembered", "m/one": "remembered", "m/two": "will run", "j": "depends",
                              "end": "depends"}
    rows = {row.node: row.because for row in e.forecast(e.plan(g))}
    assert rows == {"w": (), "m/one": (), "m/two": (), "j": ("m/two",), "end": ("m/two",)}


def test_a_literal_list_with_one_new_item_is_known_item_by_item(nodes, tmp_path):
    e = engine(more=nodes.all)
    text = "nodes: {{n: {{type: o.say, each: text, text: {}}}, j: {{type: t.join, texts: $n}}}}\noutputs: {{j: $j}}"
    told(e, document(e, tmp_path, text.format("[a, b]")))
    assert agrees(e, nodes, document(e, tmp_path, text.format("[b]"))) == {"n": "remembered", "j": "will run"}
    assert agrees(e, nodes, document(e, tmp_path, text.format("[b, c, a]"))) == {"n": "will run", "j": "depends"}
    assert agrees(e, nodes, document(e, tmp_path, text.format("[]"))) == {"n": "remembered", "j": "will run"}


def test_more_rounds_will_run_and_fewer_are_remembered(nodes, tmp_path):
    e = engine(more=nodes.all)
    g = document(e, tmp_path, """
        inputs: {times: 4, enough: 100}
        nodes: {l: {type: o.turn, number: 0, enough: $enough, repeat: $times, carry: number, until: enough}}
        outputs: {l: $l.number}
        """)
    assert agrees(e, nodes, g) == {"l": "will run"}
    assert agrees(e, nodes, g, {"times": 2}) == {"l": "remembered"}
    assert agrees(e, nodes, g, {"times": 0}) == {"l": "remembered"}
    assert agrees(e, nodes, g, {"times": 6}) == {"l": "will run"}
    assert agrees(e, nodes, g, {"times": 6, "enough": 3}) == {"l": "will run"}
    assert agrees(e, nodes, g, {"times": 1000, "enough": 3}) == {"l": "remembered"}


SWITCH = """
    inputs: {text: a}
    nodes:
      is: {type: o.is, text: $text}
      yes: {type: o.say, text: yes}
      no: {type: o.say, text: no}
      s: {type: switch, on: $is, cases: {"true": $yes, "false": $no}}
      end: {type: o.say, text: $s}
    outputs: {end: $end}
    """


def test_of_a_switch_the_branch_is_foreseen_that_it_takes_if_that_is_known(nodes, tmp_path):
    e = engine(more=nodes.all)
    g = document(e, tmp_path, SWITCH)
    assert foreseen(e, g) == {"is": "will run", "s": "depends", "end": "depends"}
    told(e, g)
    assert foreseen(e, g) == dict.fromkeys(("is", "yes", "s", "end"), "remembered")
    assert agrees(e, nodes, g, {"text": "b"}) == {"is": "will run", "s": "depends", "end": "depends"}
    edited = document(e, tmp_path, SWITCH.replace("text: yes}", "text: yes, mark: '!'}"))
    assert foreseen(e, edited, {"text": "b"}) == dict.fromkeys(("is", "no", "s", "end"), "remembered")
    assert agrees(e, nodes, edited) == {"is": "remembered", "yes": "will run", "s": "depends", "end": "depends"}


def test_what_a_known_switch_does_not_take_is_not_spoken_of(nodes, tmp_path):
    e = engine(more=nodes.all)
    text = SWITCH.replace("on: $is", "on: false")
    assert agrees(e, nodes, document(e, tmp_path, text)) == {"no": "will run", "s": "depends", "end": "depends"}


@pytest.mark.parametrize("form", ["t: {type: o.vector, size: 5000}\n  l: {type: o.last, tensor: $t}",
                                  "t: {type: o.vector, each: size, size: [5000, 6000]}\n"
                                  "  l: {type: o.last, each: tensor, tensor: $t}"])
def test_after_pruning_what_is_gone_and_wanted_will_run_and_what_nobody_wants_is_left(form, nodes, tmp_path):
    main = f"nodes:\n  {form}\noutputs: {{l: $l%s}}"
    with engine(tmp_path / "cache", more=nodes.all) as e:
        told(e, document(e, tmp_path, main % ""))
    with engine(tmp_path / "cache", more=nodes.all) as e:
        assert e.cache.disk.objects.prune(0)[0] > 0
        assert agrees(e, nodes, document(e, tmp_path, main % "")) == {"t": "remembered", "l": "remembered"}
        edited = document(e, tmp_path, (main % "").replace("o.last,", "o.last, k: 7,"))
        assert agrees(e, nodes, edited)["t"] == "will run", "its reader is new, and it is gone"
    with engine(tmp_path / "cache", more=nodes.all) as e:
        e.cache.disk.objects.prune(0)
        assert foreseen(e, document(e, tmp_path, main % ", t: $t"))["t"] == "will run", "it is an output, and gone"


def test_why_names_what_changed_in_a_mapped_graph_back_to_where_it_began(nodes, tmp_path):
    with engine(tmp_path / "cache", more=nodes.all) as e:
        g = document(e, tmp_path, MAPPED, inner=INNER)
        assert e.why(e.plan(g), "end") == ["end runs: it has not run from this file before."]
        told(e, g)
        calls = len(nodes.calls)
        assert e.why(e.plan(g), "m/two") == ["m/two is remembered: this very request ran before."]
        g = document(e, tmp_path, MAPPED, inner=INNER.replace('mark: "1"', 'mark: "9"'))
        lines = e.why(e.plan(g), "m/two")
        assert lines[0] == "m/two may run: it reads m/one, which is not known before it has run"
        assert lines[1] == "m/one runs: mark was '1' and is '9'"
        lines = e.why(e.plan(g, {"text": "b a"}), "m/one")
        assert any("w" in line for line in lines) and len(nodes.calls) == calls


def test_a_forecast_changes_nothing_for_the_run_that_follows(nodes, tmp_path):
    e = engine(more=nodes.all)
    g = document(e, tmp_path, MAPPED, inner=INNER)
    for _ in range(3):
        foreseen(e, g)
    story, result = told(e, g)
    assert story.ran == ["w", "m/one", "m/two", "j", "end"] and result["end"] == "a12 b12"
    for _ in range(3):
        foreseen(e, g, {"text": "x y"})
    assert told(e, g)[0].ran == [] and len(nodes.calls) == 6


def test_a_forecast_survives_what_would_fail(nodes, tmp_path):
    @node("o.looks", version=1, fingerprint=lambda text: 1 / 0)
    def looks(text: str) -> str:
        """Look outside in vain."""
        return text

    e = engine(more=[*nodes.all, looks])
    g = document(e, tmp_path, """
        nodes:
          l: {type: o.looks, text: x}
          b: {type: o.say, text: $l}
          n: {type: o.say, each: [text, mark], text: $w, mark: $v}
          w: {type: o.words, text: a b}
          v: {type: o.words, text: a}
          f: {type: t.fail, text: x}
        outputs: {b: $b, n: $n, f: $f}
        """)
    told(e, g)
    rows = foreseen(e, g)
    assert rows["w"] == rows["v"] == "remembered" and rows["f"] == "will run"
    assert "remembered" not in (rows["b"], rows["l"])


def test_what_is_remembered_has_the_time_that_it_took_and_none_under_a_name_that_never_ran(nodes, tmp_path):
    e = engine(tmp_path / "cache", more=nodes.all)
    text = "nodes: {{{name}: {{type: o.say, text: a}}}}\noutputs: {{out: ${name}}}"
    story, _ = told(e, document(e, tmp_path, text.format(name="n")))
    took = [event.seconds for event in story if type(event).__name__ == "Finished"]
    for name, seconds in (("n", pytest.approx(took[0], abs=1e-5)), ("m", None)):
        rows = e.forecast(e.plan(document(e, tmp_path, text.format(name=name))))
        assert [(row.status, row.seconds) for row in rows] == [("remembered", seconds)] and took[0] > 0
