"""What stands on the canvas, read from a graph and from layouts that people wrote by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from nodegraph import Ref, graphfile
from nodegraph_editor.document import items as on_canvas
from nodegraph_editor.document.items import (
    Item,
    Link,
    Target,
    bare,
    collapsed,
    color,
    dots,
    exists,
    facts,
    items,
    linked_at,
    links,
    links_from,
    pair,
    placed,
    position,
    section,
    size,
    source_item,
    text,
    with_fact,
    with_facts,
)

from .workshop import graph, graphs, round_trips

TEXT = """
inputs: {subject: {type: Text, default: x}}
nodes:
  one: {type: w.say, text: $subject}
  two: {type: w.halves, text: $one}
  three: {type: w.join, texts: [$two.first, plain, $one]}
outputs: {all: $three, cut: $two.rest}
layout:
  nodes: {one: {at: [1, 2], collapsed: true, color: "#a0B1c2"}, subject: {at: [3, 4]}, two: {at: [1, 1], size: [50, 0]}}
  notes: {note: {text: some words, at: [5.5, 6], size: [100, 50]}}
  frames: {frame: {title: A title, at: [0, 0], size: [400, 300]}}
  dots: {dot: {at: [9, 9], source: one, targets: [two.text, three.texts, gone.text]}}
"""


def test_links_are_listed_by_what_reads_them_with_places_in_lists():
    assert links(graph(TEXT)) == [
        Link(Ref("subject"), Target("node", "one", "text")), Link(Ref("one"), Target("node", "two", "text")),
        Link(Ref("two", "first"), Target("node", "three", "texts", 0)),
        Link(Ref("one"), Target("node", "three", "texts", 2)),
        Link(Ref("three"), Target("output", "all")), Link(Ref("two", "rest"), Target("output", "cut"))]


def test_links_from_some_nodes_are_those_that_read_them():
    assert [str(link.target) for link in links_from(graph(TEXT), ["one", "three"])] == ["two.text", "three.texts", "all"]


@pytest.mark.parametrize("target, found", [
    (Target("node", "one", "text"), [Ref("subject")]), (Target("node", "three", "texts", 2), [Ref("one")]),
    (Target("node", "three", "texts"), [Ref("two", "first"), Ref("one")]), (Target("node", "three", "texts", 9), []),
    (Target("node", "three", "texts", 1), []), (Target("output", "cut"), [Ref("two", "rest")]),
    (Target("output", "gone"), []), (Target("node", "gone", "text"), []), (Target("node", "one", "loud"), [])])
def test_what_is_linked_at_a_target(target, found):
    assert linked_at(graph(TEXT), target) == found


def test_items_are_listed_from_behind_to_the_front_and_all_of_them_exist():
    document = graph(TEXT)
    assert [item.kind for item in items(document)] == ["frame", "note", "input", "node", "node", "node", "output",
                                                       "output", "dot"]
    assert all(exists(document, item) for item in items(document))
    assert not any(exists(document, Item(kind, "gone")) for kind in on_canvas.KINDS)


def test_a_link_comes_from_an_input_or_a_node():
    document = graph(TEXT)
    assert source_item(document, Ref("subject")) == Item("input", "subject")
    assert source_item(document, Ref("two", "first")) == Item("node", "two")


def test_the_layout_tells_places_sizes_colours_and_words():
    document = graph(TEXT)
    one, note, frame = Item("node", "one"), Item("note", "note"), Item("frame", "frame")
    assert position(document, one) == (1, 2) and position(document, Item("input", "subject")) == (3, 4)
    assert position(document, Item("node", "three")) is None and position(document, note) == (5.5, 6)
    assert collapsed(document, one) and not collapsed(document, note)
    assert color(document, one) == "#a0B1c2" and color(document, note) == ""
    assert text(document, note) == "some words" and text(document, frame) == "A title"
    assert size(document, frame) == (400, 300) and size(document, Item("node", "two")) is None


def test_a_dot_carries_those_of_its_links_that_are_there():
    [dot] = dots(graph(TEXT))
    assert dot.source == Ref("one") and list(map(str, dot.targets)) == ["two.text", "three.texts"]


@pytest.mark.parametrize("layout", [
    "5", "[a]", "{nodes: 5}", "{nodes: {one: 5}}", "{nodes: {one: {at: here}}}", "{nodes: {one: {at: [1]}}}",
    "{nodes: {one: {at: [1, true]}}}", "{nodes: {one: {at: [.nan, 0]}}}", "{nodes: {one: {at: [0, .inf]}}}",
    "{nodes: {one: {at: [1e12, 0]}}}", "{nodes: {one: {color: red, collapsed: 1, size: [-4, 4]}}}",
    "{frames: [1, 2]}", "{notes: {n: word}}", "{dots: {d: {source: 5, at: [0, 0], targets: [x]}}}",
    "{dots: {d: {source: one, at: [0, 0], targets: two.text}}}", "{dots: {d: {source: one, targets: [two.text]}}}",
    "{dots: {d: {source: one, at: [0, 0], targets: [[5], {a: b}]}}}", "{frames: {f: {title: [1], at: x, size: y}}}"])
def test_a_layout_that_cannot_be_understood_counts_as_absent(layout):
    document, _ = graphfile.parse(f"nodegraph: 1\nnodes: {{one: {{type: w.say}}, two: {{type: w.say, text: $one}}}}\n"
                                  f"layout: {layout}")
    one = Item("node", "one")
    assert position(document, one) is None and size(document, one) is None and not color(document, one)
    assert not collapsed(document, one) and dots(document) == []
    for item in items(document):
        assert text(document, item) == "" and isinstance(facts(document, item), dict)
    moved = with_fact(document, [one], "at", [4, 5])
    assert position(moved, one) == (4, 5)


def test_facts_that_are_not_understood_stay_when_others_change():
    document = graph("nodes: {one: {type: w.say}}\nlayout: {zoom: 3, nodes: {one: {at: [0, 0], pinned: yes}}}")
    moved = with_fact(document, [Item("node", "one")], "color", "#ffffff")
    assert moved.layout == {"zoom": 3, "nodes": {"one": {"at": [0, 0], "pinned": "yes", "color": "#ffffff"}}}


def test_a_layout_that_says_nothing_more_goes():
    document = with_facts(graph(TEXT), dict.fromkeys(items(graph(TEXT))))
    assert document.layout == {}


def test_nodes_and_inputs_share_a_section_and_are_both_written():
    document = with_facts(graph("inputs: {i: 1}\nnodes: {n: {type: w.add, a: $i}}"),
                          {Item("node", "n"): {"at": [1, 1]}, Item("input", "i"): {"at": [2, 2]}})
    assert document.layout == {"nodes": {"n": {"at": [1, 1]}, "i": {"at": [2, 2]}}}


def test_a_change_of_layout_leaves_the_graph_the_same_to_the_engine():
    document = graph(TEXT)
    moved = with_fact(document, [Item("node", "one")], "at", [7, 7])
    assert moved.edited_since(document) == [] and moved.nodes is document.nodes


def test_facts_taken_out_leave_no_trace():
    document = with_fact(graph(TEXT), [Item("node", "one")], "collapsed", False)
    assert "collapsed" not in facts(document, Item("node", "one"))


@given(st.floats(allow_nan=False), st.floats(-1e6, 1e6))
def test_every_place_that_is_written_is_understood_again(x, y):
    read = pair(placed((x, y)))
    assert abs(read[1] - y) <= 0.5 and abs(read[0] - min(max(x, -1e6), 1e6)) <= 0.5


@given(graphs())
def test_every_link_is_found_at_its_target_and_every_graph_survives_its_file(document):
    for link in links(document):
        assert link.source in map(bare, linked_at(document, link.target))
    assert len(set(links(document))) == len(links(document))
    assert {link.target.item for link in links(document)} <= set(items(document))
    round_trips(document)


def test_sections_without_entries_of_the_right_form_are_left_alone():
    document = graph("nodes: {one: {type: w.say}}\nlayout: {notes: {good: {text: a}, bad: 5}}")
    assert section(document, "note") == {"good": {"text": "a"}} and [i.name for i in items(document)] == ["good", "one"]
