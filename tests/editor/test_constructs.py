"""What stands on the band of a node that runs more than once, or chooses: how, for what, and how many."""

from __future__ import annotations

import pytest

from nodegraph_editor.canvas.boxmaker import Maker
from nodegraph_editor.canvas.constructs import construct_of
from nodegraph_editor.document.items import Item
from nodegraph_editor.runs.state import NodeState
from nodegraph_editor.runs.thumbnails import Thumbnail
from tests.editor.workshop import checked, graph

INPUTS = 'inputs:\n  moods: {type: list of Text, default: [calm, sad, tense]}\n  most: {type: Int, default: 8}\n'


def of(text, states=None, ran=0):
    made = graph(INPUTS + text)
    return construct_of(made.nodes["it"], made, states or {}, ran)


@pytest.mark.parametrize("node, kind, words, count", [
    ("{type: w.say, each: text, text: $moods}", "map", "for each text", "× 3"),
    ("{type: w.say, each: text, text: [a, b]}", "map", "for each text", "× 2"),
    ("{type: w.join, cross: [texts, by], texts: $moods, by: [x, y]}", "product", "for every texts × by", "3 × 2 = 6"),
    ("{type: w.say, repeat: $most, text: a}", "loop", "repeat 8 times", ""),
    ("{type: w.say, repeat: 5, until: done, text: a}", "loop", "until done, 5 times at most", ""),
    ("{type: switch, on: true, 'true': a, 'false': b}", "switch", "one of 2 branches", ""),
])
def test_the_band_says_how_for_what_and_how_many(node, kind, words, count):
    found = of(f"nodes:\n  it: {node}\n")
    assert (found.kind, found.times) == (kind, count)
    assert found.words.replace("\N{MULTIPLICATION SIGN}", "×") == words
    assert found.stacked == (kind in ("map", "product", "loop"))


def test_a_node_that_runs_once_has_no_band():
    assert of("nodes:\n  it: {type: w.say, text: a}\n") is None


def test_what_a_run_gave_tells_how_many_there_are_where_the_file_does_not():
    text = "nodes:\n  all: {type: w.words, text: a b}\n  it: {type: w.say, each: text, text: $all}\n"
    assert of(text).times == ""
    assert of(text, {"all": NodeState(thumbnails={"value": Thumbnail("text", None, "", things=7)})}).times == "× 7"
    assert of("nodes:\n  it: {type: w.say, repeat: 5, until: done, text: a}\n", ran=3).times == "× 3"


def test_a_box_makes_room_for_its_band_and_changes_when_the_count_does():
    made = graph(INPUTS + "nodes:\n  all: {type: w.words, text: a b}\n  it: {type: w.say, each: text, text: $all}\n"
                 "  once: {type: w.say, text: a}\n")
    item, states = Item("node", "it"), {}
    maker = Maker(made, checked(made), states, lambda text, size, bold=False: len(text) * size / 2, True, None)
    box, once = maker.make_node(item), maker.make_node(Item("node", "once"))
    assert box.slot.y - once.slot.y == 26 and box.construct.kind == "map"
    before = maker.key(item)
    states["all"] = NodeState(thumbnails={"value": Thumbnail("text", None, "", things=7)})
    assert maker.key(item) != before
