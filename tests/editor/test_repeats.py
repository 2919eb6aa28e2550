"""The words that say how often a node runs, shown and typed as the file has them, and kept by every edit."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from nodegraph import graphfile
from nodegraph.graph import Graph, Node, Ref
from nodegraph_editor.document import clipboard, edits, grouping, ungrouping
from nodegraph_editor.document.document import Document
from nodegraph_editor.document.edits import EditRefused
from nodegraph_editor.document.items import Item, Target, is_spread, items, links, mapped
from nodegraph_editor.panels import changes, inspector, repeats
from nodegraph_editor.panels.repeats import WORDS, changed, parsed, typed_text, value_of

from .workshop import CATALOGUE, checked, graph, graphs, round_trips, well_formed

TEXT = """
inputs: {n: 3, many: {type: list of Text, default: [a, b]}}
nodes:
  story: {type: w.say, text: x, repeat: $n, carry: {text: text}, until: text, retry: 2}
  parts: {type: w.join, cross: [texts, by], texts: [$many...], by: [a, b], failed: skip}
  which: {type: switch, each: [on], on: [1, 2], cases: {1: $story, else: $many}}
"""


def node(name):
    return Item("node", name)


def test_the_words_of_a_node_are_fields_and_what_makes_no_sense_on_it_is_left_out():
    known = checked(graph(TEXT))
    story = {field.name: field for field in repeats.fields(known, node("story"))}
    assert tuple(story) == WORDS
    assert [story[word].value for word in ("repeat", "carry", "retry", "each")] == ["$n", "text", "2", ""]
    assert story["retry"].given and not story["each"].given
    assert [field.name for field in repeats.fields(known, node("which"))] == ["each", "failed"]
    assert repeats.fields(known, Item("input", "n")) == [] and repeats.fields(known, node("gone")) == []


def test_what_is_wrong_with_a_word_stands_at_its_field():
    known = checked(graph(TEXT))
    fields = {field.name: field for field in repeats.fields(known, node("story"))}
    assert fields["until"].problem.startswith("until of story is text, which gives Text")
    assert not fields["carry"].problem


@pytest.mark.parametrize("word, text, value", [
    ("repeat", "10", 10), ("repeat", "$n", Ref("n")), ("each", "text", ("text",)), ("each", "[a, b]", ("a", "b")),
    ("cross", "[a, b]", ("a", "b")), ("carry", "a", {"a": "a"}), ("carry", "{a: b}", {"a": "b"}),
    ("failed", "skip", "skip"), ("timeout", "2.5", 2.5), ("retry", "3", 3), ("until", "done", "done"), ("count", " ", None)])
def test_a_word_is_read_as_a_file_is(word, text, value):
    assert parsed("story", word, text) == (value, "")


@pytest.mark.parametrize("word, text, words", [
    ("repeat", "-1", "repeat of story is -1; it takes a number of rounds"), ("failed", "stop", "it takes skip"),
    ("retry", "0", "retry of story is 0"), ("carry", "[a, 3]", "carry of story"), ("repeat", "{a: b", "not closed"),
    ("repeat", "3\n    text: 4", "stands in this line"), ("each", "$a", "without $"), ("count", "~", "empty")])
def test_what_a_file_refuses_is_refused_with_its_sentence(word, text, words):
    value, wrong = parsed("story", word, text)
    assert value is None and words in wrong


NAMES = st.sampled_from(["text", "a", "true", "3", "b-c", "else", "no: t", "x y", "é", "-", "null"])


@given(st.sampled_from(["each", "cross"]), st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple))
def test_names_read_back_as_they_are_shown(word, names):
    made = Node("w.say", {}, names) if word == "each" else Node("w.say", {}, control={"cross": names})
    assert parsed("story", word, typed_text(made, word)) == (names, "")


@given(st.dictionaries(NAMES, NAMES, min_size=1, max_size=3))
def test_what_is_carried_reads_back_as_it_is_shown(pairs):
    assert parsed("story", "carry", typed_text(Node("w.say", {}, control={"carry": pairs}), "carry")) == (pairs, "")


def test_a_word_is_set_and_taken_out_and_the_others_stay():
    document = graph(TEXT)
    made = changed(document, node("story"), "repeat", 5)
    assert made.nodes["story"].control == {**document.nodes["story"].control, "repeat": 5}
    gone = changed(made, node("story"), "carry", None)
    assert "carry" not in gone.nodes["story"].control and len(gone.nodes["story"].control) == 3
    assert changed(document, node("which"), "each", None).nodes["which"].each == ()
    well_formed(made)
    round_trips(gone)


def test_a_link_that_repeats_follows_renames_and_goes_with_what_it_reads():
    document = graph(TEXT)
    renamed = edits.rename(document, Item("input", "n"), "rounds")
    assert renamed.nodes["story"].control["repeat"] == Ref("rounds")
    assert edits.rename(document, Item("input", "many"), "all").nodes["parts"].inputs["texts"] == [Ref("all", None, True)]
    deleted = edits.delete(document, [Item("input", "n")]).nodes["story"]
    assert "repeat" not in deleted.control and deleted.control.keys() == document.nodes["story"].control.keys() - {"repeat"}


def kept_words(node_: Node) -> dict:
    """What a node says of how often it runs, but for what hangs on its links."""
    return {word: value for word in WORDS if word not in ("each", "cross")
            and (value := value_of(node_, word)) is not None and type(value) is not Ref}


def spread_links(document: Graph) -> list[bool]:
    return [is_spread(document, link) for link in links(document)]


def edited(draw, document: Graph) -> tuple[Graph, set[str]]:
    """One edit of any kind that a user may make, and the nodes that it changes the words of."""
    known = checked(document)
    name = draw(st.sampled_from(list(document.nodes)))
    item = draw(st.sampled_from(items(document)))
    there = links(document)
    ports = inspector.fields(known, node(name), CATALOGUE)
    match draw(st.integers(0, 11)):
        case 0:
            return edits.rename(document, item, "renamed"), set()
        case 1:
            return edits.delete(document, [item]), {item.name}
        case 2:
            return edits.disconnect(document, [draw(st.sampled_from(there))]) if there else document, set()
        case 3:
            return edits.set_state(document, [name], draw(st.sampled_from(["mute", "bypass", "normal"]))), set()
        case 4:
            return changes.changed(document, node(name), draw(st.sampled_from(ports)).name, "x"), set()
        case 5:
            return changes.reset(document, node(name), draw(st.sampled_from(ports)).name), set()
        case 6:
            given_ = [port.name for port in ports if port.given]
            made = edits.set_each(document, name, draw(st.sampled_from(given_)), draw(st.booleans())) if given_ else document
            return made, set()
        case 7:
            return clipboard.duplicate(document, [item])[0], set()
        case 10:
            source = draw(st.sampled_from([*map(Ref, document.inputs), *map(Ref, document.nodes)]))
            return edits.connect(document, known, source, Target("node", name, draw(st.sampled_from(ports)).name)), set()
        case 11:
            return edits.promote(document, known, name, draw(st.sampled_from(ports)).name, (0, 0))[0], set()
        case 8:
            return edits.delete_reconnect(document, known, [item]), {item.name}
        case _:
            return edits.move(document, {item: (3, 4)}), set()


@given(graphs(), st.data())
def test_no_edit_of_a_user_loses_a_word_that_it_is_not_about(document, data):
    try:
        made, gone = edited(data.draw, document)
    except EditRefused:
        return
    before = [kept_words(node_) for name, node_ in document.nodes.items() if name not in gone]
    after = [kept_words(node_) for node_ in made.nodes.values()]
    for words in before:
        assert words in after
        after.remove(words)
    if [link.target.port for link in links(made)] == [link.target.port for link in links(document)] and \
            [link.target.index for link in links(made)] == [link.target.index for link in links(document)]:
        assert spread_links(made) == spread_links(document)
    for node_ in made.nodes.values():
        assert set(mapped(node_)) <= set(node_.inputs)
    round_trips(made)
    opened = Document(document, graphfile.dumps(document))
    opened.edit("undo.value", made)
    assert graphfile.parse(opened.written())[0].nodes == made.nodes


def test_grouping_and_taking_apart_keep_the_words_of_what_is_moved(tmp_path):
    text = ("inputs: {n: 3, many: {type: list of Text, default: [a, b]}}\nnodes:\n"
            "  story: {type: w.say, text: x, repeat: $n, carry: {text: text}}\n"
            "  all: {type: w.join, texts: [$many..., $story]}\noutputs: {o: $all}\n")
    document = graph(text, tmp_path / "outer.yaml")
    made = grouping.group(document, checked(document), [node("story"), node("all")], "part", tmp_path)
    assert made.inner.nodes["story"].control == {"repeat": Ref("n"), "carry": {"text": "text"}}
    assert made.inner.nodes["all"].inputs["texts"] == [Ref("many", spread=True), Ref("story")]
    (tmp_path / "part.yaml").write_text("nodegraph: 1\n")
    apart = ungrouping.ungroup(made.graph, "part", made.inner)
    assert apart.nodes == document.nodes
    looped = edits.set_words(made.graph, "part", (), {"repeat": 2})
    with pytest.raises(EditRefused, match="repeat"):
        ungrouping.ungroup(looped, "part", made.inner)
