"""Copy, paste and duplicate: a selection as text and back."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from nodegraph import Ref, graphfile
from nodegraph_editor.document.clipboard import copied, duplicate, pasted
from nodegraph_editor.document.edits import EditRefused, rename, with_refs
from nodegraph_editor.document.items import Item, dots, items, links, position

from .workshop import dangling, graph, graphs, round_trips, well_formed

TEXT = """
inputs:
  subject: {type: Text, default: a red boat}
nodes:
  one: {type: w.say, text: $subject}
  two: {type: w.halves, text: $one}
  three: {type: w.join, texts: [$two.first, plain, $one], each: texts}
outputs:
  all: $three
layout:
  nodes: {one: {at: [100, 200]}, two: {at: [300, 200], color: "#ff0000"}, three: {at: [500, 260]}, subject: {at: [0, 0]}}
  outputs: {all: {at: [800, 0]}}
  notes: {note: {text: a note, at: [0, 500], size: [100, 60]}}
  frames: {frame: {title: A frame, at: [280, 180], size: [500, 300]}}
  dots: {dot: {at: [400, 100], source: one, targets: [two.text, three.texts]}}
"""
ONE, TWO, THREE = (Item("node", name) for name in ("one", "two", "three"))


def test_a_selection_is_a_small_graph_file_that_says_what_it_is():
    text = copied(graph(TEXT), [TWO, THREE])
    assert text.startswith("# nodegraph selection\n")
    found, problems = graphfile.parse(text)
    assert not problems and list(found.nodes) == ["two", "three"] and not found.outputs and not found.inputs
    assert found.nodes["three"].inputs["texts"] == [Ref("two", "first"), "plain", Ref("one")]
    assert position(found, TWO) == (300, 200) and found.layout["nodes"]["two"]["color"] == "#ff0000"


def test_an_empty_selection_is_not_copied():
    with pytest.raises(EditRefused, match="Nothing is selected"):
        copied(graph(TEXT), [Item("node", "gone")])


def test_pasted_nodes_get_free_names_and_links_and_dots_follow():
    document = graph(TEXT)
    made, new = pasted(document, copied(document, [ONE, TWO, THREE, Item("dot", "dot")]), (1000, 1000))
    assert [item.name for item in new] == ["one2", "two2", "three2", "dot2"]
    assert made.nodes["two2"].inputs == {"text": Ref("one2")}
    assert made.nodes["three2"].inputs["texts"] == [Ref("two2", "first"), "plain", Ref("one2")]
    assert made.nodes["three2"].each == ("texts",)
    assert next(dot for dot in dots(made) if dot.name == "dot2").source == Ref("one2")
    well_formed(made)


def test_what_is_pasted_begins_at_the_pointer_and_keeps_its_shape():
    document = graph(TEXT)
    made, new = pasted(document, copied(document, [TWO, THREE]), (1000, 900))
    assert [position(made, item) for item in new] == [(1000, 900), (1200, 960)]


def test_links_to_what_was_not_copied_are_kept_where_the_name_exists():
    document = graph(TEXT)
    text = copied(document, [ONE])
    assert pasted(document, text, (0, 0))[0].nodes["one2"].inputs == {"text": Ref("subject")}
    assert pasted(document, text, (0, 0), keep_outside_links=False)[0].nodes["one2"].inputs == {}
    empty = graph("nodes: {other: {type: w.say}}")
    assert pasted(empty, text, (0, 0))[0].nodes["one"].inputs == {}


def test_in_another_graph_names_stay_where_they_are_free():
    made, new = pasted(graph("nodes: {two: {type: w.say}}"), copied(graph(TEXT), [ONE, TWO]), (0, 0))
    assert new[:2] == [ONE, Item("node", "two2")] and made.nodes["two2"].inputs == {"text": Ref("one")}


def test_an_input_and_an_output_are_pasted_with_the_links_to_them():
    document = graph(TEXT)
    made, new = pasted(document, copied(document, items(document)), (0, 0))
    assert made.nodes["one2"].inputs == {"text": Ref("subject2")} and made.outputs["all2"] == Ref("three2")
    assert made.inputs["subject2"] == document.inputs["subject"]
    assert len(new) == len(items(document)) and set(new) <= set(items(made))


def test_an_output_alone_is_pasted_as_one_more_name_of_what_it_reads():
    document = graph(TEXT)
    assert pasted(document, copied(document, [Item("output", "all")]), (0, 0))[0].outputs["all2"] == Ref("three")
    with pytest.raises(EditRefused, match="what it links to"):
        pasted(graph("nodes: {other: {type: w.say}}"), copied(document, [Item("output", "all")]), (0, 0))


def test_notes_and_frames_are_pasted_without_any_node():
    document = graph(TEXT)
    made, new = pasted(document, copied(document, [Item("note", "note"), Item("frame", "frame")]), (0, 0))
    assert new == [Item("frame", "frame2"), Item("note", "note2")]
    assert made.nodes == document.nodes and made.layout["notes"]["note2"]["text"] == "a note"


def test_a_whole_graph_file_is_pasted_and_its_title_is_not():
    made, new = pasted(graph("title: Mine\nnodes: {one: {type: w.say}}"), "nodegraph: 1\ntitle: Theirs\n" + TEXT, (0, 0))
    assert made.title == "Mine" and made.outputs["all"] == Ref("three")
    assert made.nodes["two"].inputs == {"text": Ref("one2")}


@pytest.mark.parametrize("text", ["verse: {type: w.say, text: $subject}\n",
                                  "    verse:\n      type: w.say\n      text: $subject\n",
                                  "nodes:\n  verse:\n    type: w.say\n    text: $subject\n",
                                  "\ufeffverse:\r\n  type: w.say\r\n  text: $subject\r\n"])
def test_a_few_lines_of_a_graph_file_are_pasted(text):
    made, new = pasted(graph(TEXT), text, (40, 50))
    assert new == [Item("node", "verse")] and made.nodes["verse"].inputs == {"text": Ref("subject")}
    assert position(made, new[0]) == (40, 50)


def test_nodes_without_places_do_not_come_to_lie_on_one_another():
    made, new = pasted(graph(TEXT), "a: {type: w.add}\nb: {type: w.add, a: $a}\nc: {type: w.add, a: $b}", (0, 0))
    assert len({position(made, item) for item in new}) == 3


@pytest.mark.parametrize("text, words", [
    ("", "empty"), ("  \n", "empty"), ("hello", "no nodes"), ("dear: you\n", "no nodes"), ("[1, 2]", "no nodes"),
    ("{{{", "no nodes"), ("\x00", "no nodes"), ("- a\n- b", "no nodes"), ("nodegraph: 1\n", "no nodes"),
    ("https://example.org/a?b=c", "no nodes"),
    ("# nodegraph selection\nnodegraph: 1\nnodes:\n  a: {type: [}", "cannot be read"),
    ("nodegraph: 7\nnodes: {a: {type: w.say}}", "nodegraph is 7"),
    ("nodegraph: 1\nnodes:\n  a: {type: w.say, text: $}", "no link")])
def test_text_that_is_no_graph_is_refused_in_a_sentence(text, words):
    with pytest.raises(EditRefused, match=words) as refused:
        pasted(graph(TEXT), text, (0, 0))
    assert "\n" not in str(refused.value)


def test_a_duplicate_reads_what_the_original_reads():
    document = graph(TEXT)
    made, new = duplicate(document, [TWO], (20, 30))
    assert made.nodes["two2"].inputs == {"text": Ref("one")} and position(made, new[0]) == (320, 230)


def test_duplicates_that_are_linked_are_linked_to_each_other():
    made, _ = duplicate(graph(TEXT), [TWO, THREE])
    assert made.nodes["three2"].inputs["texts"] == [Ref("two2", "first"), "plain", Ref("one")]


def test_texts_with_dollars_and_numbers_in_quotes_come_through_the_clipboard():
    document = graph("nodes:\n  a: {type: w.say, text: $$5, loud: \"true\"}\n  \"null\": {type: w.say, text: \"1:30\"}")
    made, _ = pasted(document, copied(document, items(document)), (0, 0))
    assert made.nodes["a2"].inputs == document.nodes["a"].inputs
    assert made.nodes["null2"].inputs == {"text": "1:30"}


@given(graphs(), st.data())
def test_what_is_copied_and_pasted_says_the_same_under_other_names(document, data):
    chosen = data.draw(st.lists(st.sampled_from(items(document)), min_size=1, unique=True))
    try:
        made, new = pasted(document, copied(document, chosen), (0, 0))
    except EditRefused:
        assert all(item.kind == "dot" for item in chosen)
        return
    well_formed(made)
    round_trips(made)
    assert not dangling(made)
    originals = [item for item in items(document) if item in chosen and item.kind != "dot"]
    copies = dict(zip(originals, (item for item in new if item.kind != "dot"), strict=True))
    for item, copy in copies.items():
        assert item.kind == copy.kind
        if item.kind == "node":
            old, now = document.nodes[item.name], made.nodes[copy.name]
            assert now._replace(inputs={}, control=_without_links(now)) == old._replace(
                inputs={}, control=_without_links(old))
            renamed = {one.name: other.name for one, other in copies.items() if one.kind in ("node", "input")}
            assert now == with_refs(old, lambda ref: ref._replace(name=renamed.get(ref.name, ref.name)))
    assert set(items(document)) <= set(items(made)) and set(links(document)) <= set(links(made))


@given(graphs(), st.data())
def test_duplicating_everything_is_pasting_a_copy_of_everything(document, data):
    first, _ = pasted(document, copied(document, items(document)), (0, 0))
    second, _ = duplicate(document, items(document), (0, 0))
    assert first.nodes == second.nodes and first.inputs == second.inputs and first.outputs == second.outputs


@given(st.text(max_size=60))
def test_any_text_is_pasted_or_refused(text):
    document = graph(TEXT)
    try:
        made, _ = pasted(document, text, (0, 0))
    except EditRefused:
        return
    well_formed(made)


def test_a_renamed_original_leaves_its_copy_alone():
    document = graph(TEXT)
    made, _ = duplicate(document, [ONE, TWO, Item("dot", "dot")])
    made = rename(made, ONE, "first")
    assert made.nodes["two2"].inputs == {"text": Ref("one2")} and made.nodes["two"].inputs == {"text": Ref("first")}
    well_formed(made)


def _without_links(node):
    """The words of a node, but for a number of rounds that comes from elsewhere."""
    return {word: value for word, value in node.control.items() if type(value) is not Ref}
