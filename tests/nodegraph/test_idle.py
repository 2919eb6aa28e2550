"""Nodes that are set aside: a bypassed one passes on what flows into it, a muted one and its readers do not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodegraph import Catalogue, GraphError, events as ev
from nodegraph.check import check, output_flow
from nodegraph.cli import main
from nodegraph.graph import Ref
from nodegraph.graphfile import parse

from .playground import ALL, engine, graph, told

SHOUT = """
inputs: {said: a b}
nodes:
  said_twice: {type: t.join, texts: [$said, $said]}
  loud: {type: t.upper, text: $said_twice}
  words: {type: t.words, text: $loud}
outputs: {words: $words, loud: $loud}
"""


def idle(text: str, name: str, how: str):
    """The graph with one node bypassed or muted."""
    found = graph(text)
    return found.with_node(name, found.nodes[name]._replace(**{how: True}))


def problems_of(text: str) -> list[str]:
    found, problems = parse(f"nodegraph: 1\n{text}")
    return [str(p) for p in check(found, Catalogue(ALL, installed=False), problems).problems]


# ---- bypass

def test_a_bypassed_node_passes_on_what_flows_into_it_and_does_not_run():
    e = engine()
    story, result = told(e, idle(SHOUT, "loud", "bypass"))
    assert story.ran == ["said_twice", "words"] and dict(result) == {"words": ["a", "b", "a", "b"], "loud": "a b a b"}
    story, result = told(e, graph(SHOUT))
    assert story.ran == ["loud", "words"] and story.remembered == ["said_twice"]


def test_a_bypassed_node_passes_on_the_first_linked_input_of_the_type_or_the_first_given():
    text = "nodes:\n  one: {type: t.upper, text: x}\n  j: {type: t.join, by: $one, texts: [a, b], bypass: true}\noutputs: {o: $j}"
    story, result = told(engine(), graph(text))
    assert story.ran == ["one"] and result["o"] == "X"
    text = "nodes:\n  i: {type: t.add, a: 4}\n  s: {type: t.add, a: 9, b: $i, bypass: true}\noutputs: {s: $s}"
    story, result = told(engine(), graph(text))
    assert story.ran == ["i"] and result["s"] == engine().run(graph(text.replace("$s}", "$i}")))["s"]
    text = "nodes:\n  s: {type: t.add, b: 3, bypass: true}\n  t: {type: t.add, a: $s}\noutputs: {s: $s, t: $t}"
    story, result = told(engine(), graph(text))
    assert story.ran == ["t"] and dict(result) == {"s": 3, "t": 3}


def test_what_passes_through_stays_what_it_was():
    text = """nodes:
  i: {type: t.add, a: 4}
  x: {type: t.scale, x: $i, bypass: true}
  y: {type: t.add, a: $x}
outputs: {y: $y, x: $x}"""
    assert problems_of(text) == []  # an Int may flow into a Float, and comes out as the Int it is
    story, result = told(engine(), graph(text))
    assert story.ran == ["i", "y"] and dict(result) == {"y": 4, "x": 4}


def test_lists_pass_through_mapped_nodes_and_lists_of_links():
    text = """nodes:
  w: {type: t.words, text: a b}
  each: {type: t.upper, each: text, text: $w, bypass: true}
  batch: {type: t.batch, texts: [$one, two], bypass: true}
  one: {type: t.upper, text: x}
  j: {type: t.join, texts: $each}
  k: {type: t.join, texts: $batch}
outputs: {j: $j, k: $k, each: $each}"""
    story, result = told(engine(), graph(text))
    assert dict(result) == {"j": "a b", "k": "X two", "each": ["a", "b"]}
    assert not {"each", "batch"} & {*story.ran}


def test_a_bypassed_switch_takes_its_first_branch_and_a_bypassed_graph_passes_on(tmp_path):
    (tmp_path / "inner.yaml").write_text("nodegraph: 1\ninputs: {n: 3, text: {type: Text}}\n"
                                         "nodes: {u: {type: t.upper, text: $text}}\noutputs: {said: $u}\n")
    text = """inputs: {which: true}
nodes:
  u: {type: t.upper, text: a}
  s: {type: switch, on: $which, false: $u, true: other, bypass: true}
  g: {type: ./inner.yaml, text: $s, bypass: true}
  j: {type: t.upper, text: $g.said}
outputs: {s: $s, g: $g, j: $j}"""
    story, result = told(engine(), graph(text, tmp_path / "outer.yaml"))
    assert story.ran == ["u"] and story.remembered == ["j"] or story.ran == ["u", "j"]
    assert dict(result) == {"s": "A", "g": "A", "j": "A"}


@pytest.mark.parametrize("text, told", [
    ("nodes: {w: {type: t.words, text: a, bypass: true}, j: {type: t.join, texts: $w}}\noutputs: {j: $j}",
     "$w links to w, which is bypassed, and no list of Text flows into it to pass on"),
    ("nodes: {t: {type: t.tensor, size: 1, bypass: true}}\noutputs: {t: $t.tensor}",
     "$t.tensor links to t, which is bypassed, and no Tensor flows into it to pass on"),
    ("nodes: {t: {type: t.upper, bypass: true}}\noutputs: {t: $t}",
     "$t links to t, which is bypassed, and no Text flows into it to pass on"),
])
def test_a_link_to_what_cannot_be_passed_on_is_told(text, told):
    problem, = problems_of(text)
    assert told in problem and "Take `bypass: true` away from" in problem


def test_only_what_is_linked_has_to_pass_through():
    text = """nodes:
  h: {type: t.halves, text: abc, bypass: true}
  w: {type: t.words, text: $h.first, bypass: true}
outputs: {first: $h.first}"""
    assert problems_of(text) == []
    assert told(engine(), graph(text))[1]["first"] == "abc"


def test_a_value_that_passes_through_is_judged_where_it_arrives():
    text = "inputs: {by: 40}\nnodes:\n  a: {type: t.add, a: $by, bypass: true}\n  s: {type: t.scale, x: 1, by: $a}\n" \
           "outputs: {s: $s}"
    with pytest.raises(GraphError, match=r"s.by is 40; it takes 0 to 10\n +The value comes from \$a"):
        engine().run(graph(text))


def through(text: str) -> dict[str, dict[str, str | None]]:
    """For each bypassed node, the input that each output passes on."""
    found, problems = parse(f"nodegraph: 1\n{text}")
    checked = check(found, Catalogue(ALL, installed=False), problems).raise_errors()
    return {name: node.through for name, node in checked.nodes.items() if node.through is not None}


def flow(text: str, output: str) -> str:
    found, problems = parse(f"nodegraph: 1\n{text}")
    return str(output_flow(check(found, Catalogue(ALL, installed=False), problems).raise_errors(), output))


def test_a_bypassed_loop_passes_on_what_is_carried_in():
    text = "nodes:\n  a: {type: t.add, b: 2, a: 1, repeat: 5, carry: {b: int}, bypass: true}\n" \
           "  c: {type: t.add, a: $a}\noutputs: {a: $a, c: $c}"
    assert through(text) == {"a": {"int": "b"}} and flow(text, "a") == "Int"
    problem = problems_of(text.replace("b: 2, ", ""))[0]
    assert "no Int flows into it to pass on" in problem


def test_a_bypassed_loop_without_a_carry_has_no_list_to_pass_on():
    problem, = problems_of("nodes: {a: {type: t.add, a: 1, repeat: 5, bypass: true}}\noutputs: {a: $a}")
    assert "no list of Int flows into it to pass on" in problem


def test_bypassed_nodes_that_are_mapped_pass_their_lists_on():
    text = """inputs: {one: x}
nodes:
  fold: {type: t.add, each: a, a: [1, 2], b: 7, carry: {b: int}, bypass: true}
  cross: {type: t.add, cross: [a, b], a: [1, 2], b: [3], bypass: true}
  nested: {type: t.join, each: texts, texts: [[a], [b, c]], bypass: true}
  pick: {type: pick, from: [1, 2], where: [true, false], bypass: true}
  switch: {type: switch, each: [on, b], on: [a, b], cases: {a: $one, b: [c, d]}, bypass: true}
outputs: {fold: $fold, cross: $cross, pick: $pick, switch: $switch}"""
    assert through(text) == {"fold": {"int": "b"}, "cross": {"int": "a"}, "nested": {"text": None},
                             "pick": {"items": "from"}, "switch": {"value": "cases.b"}}
    assert [flow(text, name) for name in ("fold", "cross", "pick", "switch")] == [
        "Int", "a list of Int", "a list of Int", "a list of Text"]


# ---- mute

def test_a_muted_node_keeps_from_running_what_takes_its_rounds_or_joins_its_list():
    text = "nodes:\n  m: {type: t.add, a: 1, mute: true}\n  l: {type: t.words, text: a, mute: true}\n" \
           "  r: {type: t.add, a: 1, repeat: $m}\n  j: {type: t.join, texts: [$l..., b]}\n  k: {type: t.add, a: 1}\n" \
           "outputs: {r: $r, j: $j, k: $k}"
    found, problems = parse(f"nodegraph: 1\n{text}")
    checked = check(found, Catalogue(ALL, installed=False), problems).raise_errors()
    assert checked.left_out == {"r": "m", "j": "l"}


def test_what_is_wrong_with_the_words_of_a_muted_node_is_a_warning():
    problem, = problems_of("nodes: {a: {type: t.add, a: 1, until: x, mute: true}, b: {type: t.add, a: 1}}\noutputs: {b: $b}")[:1]
    assert problem.startswith("warning: ")


def test_a_muted_node_and_what_depends_on_it_do_not_run_and_the_rest_does():
    e = engine()
    muted = idle(SHOUT.replace("outputs: {", "outputs: {twice: $said_twice, "), "loud", "mute")
    story, result = told(e, muted)
    assert story.ran == ["said_twice"] and dict(result) == {"twice": "a b a b"} and result.raw.ok
    assert [event.message for event in story if type(event) is ev.Warned] == [
        "output words is left out, since loud is muted", "output loud is left out, since loud is muted"]
    again, _ = told(e, muted)
    assert again.ran == [] and len(story.names(ev.Finished)) == 1 and sum(type(event) is ev.Warned for event in again) == 2


def test_an_output_that_is_muted_away_and_asked_for_is_an_error():
    muted = idle(SHOUT, "said_twice", "mute")
    with pytest.raises(GraphError, match="output words cannot be made, since said_twice is muted") as caught:
        engine().run(muted, only=["words"])
    assert "Take `mute: true` away from said_twice" in caught.value.problems[0].hint
    warned: list[str] = []
    assert dict(engine(warn=warned.append).run(muted)) == {} and len(warned) == 2


def test_a_muted_node_inside_a_graph_leaves_out_what_reads_it(tmp_path):
    (tmp_path / "inner.yaml").write_text("nodegraph: 1\nnodes:\n  u: {type: t.upper, text: a, mute: true}\n"
                                         "  v: {type: t.upper, text: b}\noutputs: {u: $u, v: $v}\n")
    (tmp_path / "middle.yaml").write_text("nodegraph: 1\nnodes: {inside: {type: ./inner.yaml}}\n"
                                          "outputs: {u: $inside.u, v: $inside.v}\n")
    text = "nodes:\n  g: {type: ./middle.yaml}\n  j: {type: t.upper, text: $g.u}\noutputs: {j: $j, v: $g.v, u: $g.u}"
    story, result = told(engine(), graph(text, tmp_path / "outer.yaml"))
    assert story.ran == ["g/inside/v"] and dict(result) == {"v": "B"}
    assert "output j is left out, since g/inside/u is muted" in [e.message for e in story if type(e) is ev.Warned]


def test_what_is_wrong_with_a_muted_node_keeps_nothing_from_running():
    text = "nodes:\n  a: {type: t.upper, text: x}\n  b: {type: t.nowhere, text: 3, mute: true}\n" \
           "  c: {type: t.upper, mute: true}\noutputs: {a: $a}"
    found, problems = parse(f"nodegraph: 1\n{text}")
    checked = check(found, Catalogue(ALL, installed=False), problems)
    assert not checked.errors and [p.severity for p in checked.problems] == ["warning"]
    assert told(engine(), found)[1]["a"] == "X"


def test_a_muted_graph_is_clean():
    assert problems_of(SHOUT.replace("loud: {", "loud: {mute: true, ")) == []


def test_a_bypassed_reader_of_a_muted_node_is_muted_only_if_that_is_what_it_passes_on():
    text = """nodes:
  m: {type: t.upper, text: x, mute: true}
  i: {type: t.add, a: 4}
  p: {type: t.add, a: $i, b: $n, bypass: true}
  n: {type: t.add, a: 2, mute: true}
  q: {type: t.upper, text: $m, bypass: true}
outputs: {p: $p, q: $q}"""
    story, result = told(engine(), graph(text))
    assert {*dict(result)} == {"p"} and story.ran == ["i"]


# ---- edits

@pytest.mark.parametrize("how, ran", [("bypass", ["words"]), ("mute", [])])
def test_setting_a_node_aside_between_runs_is_noticed(how, ran):
    e, document = engine(), graph(SHOUT)
    told(e, document)
    story, result = told(e, document.with_node("loud", document.nodes["loud"]._replace(**{how: True})))
    assert story.ran == ran and ("words" in result) == (how == "bypass")
    story, result = told(e, document)
    assert story.ran == [] and result["loud"] == "A B A B"


def test_a_literal_that_passes_through_can_be_edited():
    text = "nodes:\n  a: {type: t.upper, text: x, bypass: true}\n  b: {type: t.upper, text: $a}\noutputs: {b: $b}"
    e, document = engine(), graph(text)
    told(e, document)
    assert told(e, document.with_value("a", "text", "y"))[1]["b"] == "Y"
    assert told(e, document.with_value("a", "text", Ref("b")).without_node("b").with_value("a", "text", "z"))[1] is not None


def test_a_literal_of_a_muted_node_can_be_edited():
    e, document = engine(), idle(SHOUT, "loud", "mute").with_value("loud", "text", "x")
    told(e, document)
    story, result = told(e, document.with_value("loud", "text", "y"))
    assert story.ran == [] and sum(type(event) is ev.Warned for event in story) == 2


def test_the_command_line_tells_what_is_left_out(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    pack = str(Path(__file__).parent / "bench_nodes.py")
    Path("g.yaml").write_text("nodegraph: 1\nnodes:\n  a: {type: bench.shout, text: x, mute: true}\n"
                              "  b: {type: bench.shout, text: y}\noutputs: {a: $a, b: $b}\n")
    words = ["g.yaml", "--pack", pack, "--cache", "cache"]
    assert main(["run", *words, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{Path('out/b.txt')}\n" and err == "warning: output a is left out, since a is muted\n"
    assert main(["run", *words, "--only", "a"]) == 2
    assert "g.yaml:5:11  output a cannot be made, since a is muted" in capsys.readouterr().err
    assert main(["why", "g.yaml", "a", *words[1:]]) == 2
    assert "a does not run, since a is muted" in capsys.readouterr().err
