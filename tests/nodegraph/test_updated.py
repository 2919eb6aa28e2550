"""A graph file changed in place: what did not change keeps its comments, order, quotes, brackets and blank lines."""

from __future__ import annotations

import difflib
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from nodegraph import GraphError
from nodegraph.graph import Graph, GraphInput, Node, Ref
from nodegraph.graphfile import dumps, parse, updated
from nodegraph.graphfile.inplace import changed
from nodegraph.graphfile.write import same
from tests.amount import cases

GRAPHS = Path(__file__).parents[2] / "graphs"

ODD = """# at the very top

---
# before the first key
nodegraph: 1   # the version
title: "Odd: one"   # quoted

inputs:    # none of them matters
  seed: 7  # short
  'quoted': {type: Text, default: 'it''s', help: "say \\"hi\\""}   # flow

  # a heading for both

  long:
    type: Text   # block
    # between
    default: >-
      folded
      words

    help: plain text
      on two lines   # here

nodes:

  # about a
  a:  # beside a
    type: t.x   # the type
    # about v
    v:    3     # aligned
    texts:
      # the first
      - one   # 1
      - 'two'
      # the last
      - $seed
    # below a

  b: {type: t.y, each: [v], v: [1,2,   3], w: {deep: [a, {b: c}]}}   # in brackets
  c:
    type: t.z
    list:
    - indentless
    -   $a.out   # a link
    -
    map:
      k: |
        some
          lines

      l: ~
    empty:      # nothing
    wrapped: [one,
              two,   # inside brackets
              three]
# at the left
  d: {type: t.x,
      v: $b, mute: true}
  e: {"type": "t.x", "v": no, 'w': 1:30, bypass: false}

  f:   # again and again
    type: t.x
    cross: [v, 'w']   # every pair
    repeat: 3   # rounds
    carry: {v: out}  # what goes on
    timeout: 1.5
    v: [$b..., 1]   # joined
  g:
    type: switch
    on: $seed
    cases:   # by number
      # the luckiest
      "7": one   # lucky
      on: [a, $b]

      else: $c.out   # the rest

outputs: {first: $a, "second": $c.out}   # both

layout:
  nodes:
    a: {at: [10, 20]}
    b:
      at: [1.5, -3]   # moved by hand
  frames: {}
# the end
"""
JSON = """{"nodegraph": 1, "inputs": {"seed": 7},
 "nodes": {"a": {"type": "t.x", "v": 3}, "b": {"type": "t.y", "v": "$a", "w": [1, "$seed"]}},
 "outputs": {"first": "$a"}}"""
TEXTS = {"postcard": (GRAPHS / "postcard.yaml").read_text(encoding="utf-8"),
         "sheet": (GRAPHS / "sheet.yaml").read_text(encoding="utf-8"), "odd": ODD, "json": JSON}


def graph_of(text: str) -> Graph:
    return parse(text)[0]


def lines_changed(before: str, after: str) -> list[str]:
    """The lines that a diff takes away (-) and puts in (+)."""
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_unchanged_is_the_same_text(name):
    text = TEXTS[name]
    for form in (text, text.replace("\n", "\r\n"), "\ufeff" + text, text.rstrip("\n")):
        document = graph_of(text)
        assert updated(form, document) == form
        assert updated(form, document.with_layout(dict(document.layout))) == form


LINKED = ["x, y", "[z]", Ref("a"), Ref("b", spread=True)]
CONTROL = [{}, {"repeat": 7}, {"repeat": Ref("a"), "carry": {"v": "v"}}, {"cross": ("v", "w"), "failed": "skip"},
           {"carry": {"v": "out", "w": "w"}, "until": "done", "count": "n"}, {"timeout": 2, "retry": 1}]
VALUES = [7, -1, 0.5, True, None, "word", "no", "two words: here", "", "a\nb\n", "a\n\n\n", "\n\n", " x", "#c", "it's", "$$x", [], {},
          [1, "b"], LINKED, {"k": {"l": [1, None]}}, "画", "long " * 30, [f"item {i}" for i in range(20)], float("inf")]


@st.composite
def edited(draw, document: Graph, steps: int = 4) -> Graph:
    """The graph after a few random edits of every kind."""
    for _ in range(draw(st.integers(1, steps))):
        kind = draw(st.sampled_from(["value", "value", "unset", "rename", "remove", "add", "output", "input", "layout",
                                     "title", "flags", "type", "control", "case"]))
        names = list(document.nodes)
        name = draw(st.sampled_from(names)) if names else None
        value = draw(st.sampled_from(VALUES))
        node = document.nodes.get(name)
        if kind == "add" or node is None:
            new = draw(st.sampled_from(["n1", "n2", "画", "true"]))
            document = document.with_node(new, Node("t.new", {"v": value, "w": Ref("n1")}, mute=draw(st.booleans())))
        elif kind == "value":
            port = draw(st.sampled_from([*node.inputs, "fresh"]))
            document = document.with_value(name, port, value)
        elif kind == "unset" and node.inputs:
            gone = draw(st.sampled_from(list(node.inputs)))
            inputs = {port: v for port, v in node.inputs.items() if port != gone}
            document = document.with_node(name, node._replace(inputs=inputs))
        elif kind == "rename":
            new = draw(st.sampled_from(["r1", "r2", "红"]))
            if new not in document.nodes:
                document = renamed(document, name, new)
        elif kind == "remove":
            document = document.without_node(name)
        elif kind == "output":
            outputs = dict(document.outputs)
            if outputs and draw(st.booleans()):
                outputs.pop(draw(st.sampled_from(list(outputs))))
            else:
                outputs[draw(st.sampled_from(["o1", "o2"]))] = Ref(name, draw(st.sampled_from([None, "p"])))
            document = replace(document, outputs=outputs, edits=())
        elif kind == "input":
            inputs = dict(document.inputs)
            if inputs and draw(st.booleans()):
                inputs.pop(draw(st.sampled_from(list(inputs))))
            else:
                default = value if value != LINKED else 3  # a default holds no links
                help = draw(st.sampled_from(["", "h"]))
                inputs[draw(st.sampled_from(["i1", "seed"]))] = GraphInput("Int", default, True, help)
            document = replace(document, inputs=inputs, edits=())
        elif kind == "layout":
            nodes = {**document.layout.get("nodes", {}), name: {"at": [draw(st.integers(0, 9)), 2], "collapsed": True}}
            layout = draw(st.sampled_from([{}, {**document.layout, "nodes": nodes},
                                           {"notes": {"n": {"text": "a\nb"}}}]))
            document = document.with_layout(layout)
        elif kind == "title":
            document = replace(document, title=draw(st.sampled_from(["", "T: t", "a\nb"])), edits=())
        elif kind == "flags":
            document = document.with_node(name, node._replace(bypass=draw(st.booleans()), mute=draw(st.booleans()),
                                                              each=draw(st.sampled_from([(), ("v",), ("v", "w")]))))
        elif kind == "control":
            control = draw(st.sampled_from([*CONTROL, {**node.control, "retry": 5}]))
            document = document.with_node(name, node._replace(control=control))
        elif kind == "case":
            label = draw(st.sampled_from(["7", "on", "else", "b.c", "type"]))
            if node.type == "switch" and label not in node.inputs:
                document = document.with_value(name, f"cases.{label}", value)
        elif not any(port.startswith("cases.") for port in node.inputs):
            document = document.with_node(name, node._replace(type="./other.yaml"))
    return document


def renamed(document: Graph, old: str, new: str) -> Graph:
    def link(value):
        if isinstance(value, list):
            return [link(item) for item in value]
        return value._replace(name=new) if isinstance(value, Ref) and value.name == old else value

    nodes = {new if name == old else name: node._replace(inputs={port: link(v) for port, v in node.inputs.items()})
             for name, node in document.nodes.items()}
    layout = {key: {new if name == old else name: item for name, item in value.items()} if key == "nodes" else value
              for key, value in document.layout.items()}
    outputs = {name: link(ref) for name, ref in document.outputs.items()}
    return replace(document, nodes=nodes, outputs=outputs, layout=layout, edits=())


@pytest.mark.parametrize("name", TEXTS)
@settings(deadline=None)
@given(data=st.data())
def test_whatever_is_edited_the_text_says_what_the_graph_says(name, data):
    text = TEXTS[name]
    after = data.draw(edited(graph_of(text)))
    found = updated(text, after)
    again = graph_of(found)
    assert again == after, found
    assert updated(found, again) == found
    if found != dumps(after):
        back = updated(found, graph_of(text))
        assert graph_of(back) == graph_of(text)


@pytest.mark.parametrize("name", TEXTS)
@settings(deadline=None, max_examples=cases(150))
@given(data=st.data())
def test_the_text_is_changed_in_place_and_not_written_anew(name, data):
    writer = import_module(updated.__module__)

    text = TEXTS[name]
    after = data.draw(edited(graph_of(text)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "dumps", lambda graph: pytest.fail(f"written anew: {graph}"))
        patch.setattr(writer, "changed", lambda *all: pytest.fail(f"coarse {after}") if all[-1] else changed(*all))
        updated(text, after)


@pytest.mark.parametrize("name", TEXTS)
def test_one_changed_value_changes_one_line(name):
    text = TEXTS[name]
    document = graph_of(text)
    for node_name, node in document.nodes.items():
        for port, value in node.inputs.items():
            if type(value) in (int, float, bool, Ref) or type(value) is str and "\n" not in value:
                found = updated(text, document.with_value(node_name, port, "something: else"))
                assert [line[0] for line in lines_changed(text, found)] == ["-", "+"], found
                assert [line.split("#")[1:] for line in lines_changed(text, found)][0] == \
                    [line.split("#")[1:] for line in lines_changed(text, found)][1]


def test_a_node_dragged_on_the_canvas_is_one_line():
    document = graph_of(ODD)
    layout = {**document.layout, "nodes": {**document.layout["nodes"], "b": {"at": [99, -3]}}}
    assert lines_changed(ODD, updated(ODD, document.with_layout(layout))) == [
        "-       at: [1.5, -3]   # moved by hand", "+       at: [99, -3]   # moved by hand"]
    postcard = TEXTS["postcard"]
    placed = updated(postcard, graph_of(postcard).with_layout({"nodes": {"verse": {"at": [340, 120]}}}))
    assert placed == postcard + "\nlayout:\n  nodes:\n    verse: {at: [340, 120]}\n"


def test_a_renamed_node_keeps_its_place_and_its_comments():
    text = TEXTS["postcard"]
    found = updated(text, renamed(graph_of(text), "asked", "question"))
    assert lines_changed(text, found) == [
        "-   asked:", "+   question:", "-     prompt: $asked", "+     prompt: $question"]
    both = renamed(graph_of(text), "idea", "thought").with_value("thought", "max_sequence_length", 32)
    assert "max_sequence_length: 32    # this painter has no" in updated(text, both)
    swapped = renamed(renamed(graph_of(ODD), "a", "first"), "b", "second")
    assert "  # about a\n  first:  # beside a\n" in updated(ODD, swapped)
    assert "    first: {at: [10, 20]}\n    second:\n      at: [1.5, -3]   # moved by hand\n" in updated(ODD, swapped)


def test_what_is_removed_goes_with_its_own_comments_and_no_others():
    found = updated(ODD, graph_of(ODD).without_node("a"))
    for gone in ("about a", "beside a", "the type", "below a", "# the first"):
        assert gone not in found
    for kept in ("at the very top", "a heading for both", "in brackets", "a link", "at the left", "the end"):
        assert (kept in found) == (kept != "a link")  # the link to a went with a
    postcard = TEXTS["postcard"]
    found = updated(postcard, graph_of(postcard).without_node("asked"))
    assert lines_changed(postcard, found) == [f"- {line}" for line in [
        "  asked:", "    type: starter.prompt", "    subject: $subject", "    mood: $mood", "    prompt: $asked"]]
    found = updated(postcard, graph_of(postcard).without_node("card"))
    assert found.endswith("    score: $tune\n\noutputs:\n  verse: $verse\n  tune: $tune\n  sound: $sound\n")


def test_what_is_new_stands_where_it_would_be_written():
    text = TEXTS["postcard"]
    document = graph_of(text).with_value("verse", "temperature", 0.5)
    extra = Node("t.x", {"texts": ["a", Ref("verse")], "words": "one\ntwo\n"}, ("texts",), mute=True)
    document = document.with_node("extra", extra)
    outputs = {**document.outputs, "extra": Ref("extra", "p")}
    document = replace(document, description="New: here", outputs=outputs, edits=())
    found = updated(text, document)
    assert "    title: $subject\n\n  extra:\n" in found
    assert [line for line in lines_changed(text, found) if line != "+ "] == [f"+ {line}" for line in [
        "description: 'New: here'", "    temperature: 0.5", "  extra:", "    type: t.x", "    each: texts",
        "    mute: true", "    texts: [a, $verse]", "    words: |", "      one", "      two", "  extra: $extra.p"]]


def test_words_and_cases_change_in_their_place():
    document = graph_of(ODD)
    node = document.nodes["f"]
    found = updated(ODD, document.with_node("f", node._replace(control={**node.control, "repeat": Ref("a"), "retry": 2})))
    assert lines_changed(ODD, found) == ["-     repeat: 3   # rounds", "+     repeat: $a   # rounds", "+     retry: 2"]
    found = updated(ODD, document.with_node("f", node._replace(control={**node.control, "carry": {"v": "v", "w": "out"}})))
    assert [line for line in lines_changed(ODD, found) if line[0] == "+"] == ["+     carry: {v: v, w: out}  # what goes on"]
    found = updated(ODD, document.with_value("g", "cases.7", "two"))
    assert lines_changed(ODD, found) == ['-       "7": one   # lucky', '+       "7": two   # lucky']
    found = updated(ODD, document.with_value("g", "cases.8", Ref("a")))
    assert lines_changed(ODD, found) == ["+       '8': $a", "+ "]
    found = updated(ODD, document.with_value("f", "v", [Ref("b"), 1]))
    assert lines_changed(ODD, found) == ["-     v: [$b..., 1]   # joined", "+     v: [$b, 1]   # joined"]


def test_a_switch_keeps_the_form_that_it_was_written_in():
    text = "nodegraph: 1\nnodes:\n  s: {type: switch, on: $a, b: 1}\n"
    assert updated(text, graph_of(text).with_value("s", "b", 2)) == text.replace("b: 1", "b: 2")
    both = updated(text, graph_of(text).with_value("s", "cases.on", 2))
    assert "  s: {type: switch, on: $a, b: 1, cases: {" in both and graph_of(both).nodes["s"].inputs["cases.on"] == 2


def test_lists_change_item_by_item():
    text = TEXTS["sheet"]
    document = graph_of(text)
    prompts = document.inputs["prompts"]
    lines = prompts.default

    def with_lines(*items):
        inputs = {**document.inputs, "prompts": prompts._replace(default=list(items))}
        return replace(document, inputs=inputs, edits=())

    assert lines_changed(text, updated(text, with_lines(*lines, "a new one"))) == ["+       - a new one"]
    assert lines_changed(text, updated(text, with_lines("a new one", *lines))) == ["+       - a new one"]
    for items, marks in (([*lines[:2], *lines[3:]], "-"), ([*lines[:2], "other", *lines[3:]], "-+")):
        assert "".join(line[0] for line in lines_changed(text, updated(text, with_lines(*items)))) == marks


def test_a_text_keeps_its_line_ends_and_the_mark_at_its_beginning():
    form = "\ufeff" + TEXTS["postcard"].replace("\n", "\r\n").removesuffix("\r\n")
    found = updated(form, graph_of(form.removeprefix("\ufeff")).with_value("sketch", "steps", 10))
    assert found == form.replace("steps: 12", "steps: 10")


def test_a_short_input_stays_short_while_that_says_it_all():
    document = graph_of(JSON)
    for item, said in ((GraphInput("Int", 8, True), '"seed": 8'),
                       (GraphInput("Seed", 8, True), '"seed": {type: Seed, default: 8}')):
        assert said in updated(JSON, replace(document, inputs={"seed": item}, edits=()))


def test_what_the_reader_did_not_understand_is_left_as_it_is():
    text = "nodegraph: 1\nautor: me   # a typing mistake\nnodes:\n  a: {type: t.x, v: !tag 3}\n  b: 5\n"
    found = updated(text, graph_of(text).with_value("a", "w", 1))
    assert found == text.replace("3}", "3, w: 1}")


def test_a_text_that_cannot_be_read_is_written_anew():
    document = Graph({"a": Node("t.x", {"v": 1})})
    for text in ("", "nodes: [", "\0", "a: b", "- 1\n"):
        assert same(graph_of(updated(text, document)).nodes, document.nodes)


PARTS = ["  a: {type: t.x}\n", "  ? b\n  : type: t.y\n", "  c:\n    type: t.x\n    v: |+\n      x\n\n\n", "  # c\n",
         "\n", "  d:\n   type: t.x\n   v:\n   - 1\n   -\n     - 2\n", "  e: {type: t.x, v, w: , ? x : 1}\n",
         "  a: {type: t.z}\n", "    # deep\n", "  f:\n    type: t.x\n    v: - a\n", "  <<: {v: 1}\n",
         "  g: &x {type: t.x}\n", "  h: {type: t.x, v: [[1, [2]], {k: []}, ]}\n",
         "  i:\n    type: t.x\n    v:\n    - - 1\n      - 2\n    - k: 1\n      l: 2\n    - |\n      x\n", "\t\n",
         "  j: *x\n", "  k: # none\n"]
ENDS = ["", "outputs: {o: $a}\n", "...\n", "layout: {a: 1}", "# end"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=8), st.sampled_from(ENDS), st.data())
def test_however_oddly_a_file_is_written_the_result_says_what_the_graph_says(parts, tail, data):
    text = f"nodegraph: 1\nnodes:\n{''.join(parts)}{tail}"
    try:
        document = graph_of(text)
    except GraphError:
        document = Graph({"a": Node("t.x", {})})
    after = data.draw(edited(document, 3))
    found = updated(text, after)
    assert graph_of(found) == after, found
