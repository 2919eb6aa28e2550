"""Nodes grouped into a graph file, and taken out of one: the same results before and after."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from nodegraph import Catalogue, Engine, File, Graph, Ref, graphfile, node
from nodegraph.check import check
from nodegraph.graph import GraphInput
from nodegraph_editor.document.edits import EditRefused
from nodegraph_editor.document.grouping import Grouped, group
from nodegraph_editor.document.items import Item, dots, items, links, position
from nodegraph_editor.document.ungrouping import ungroup

from ..nodegraph.playground import Story
from .workshop import ALL, CATALOGUE, graph, round_trips, sound_graphs, well_formed

TEXT = """
inputs:
  subject: {type: Text, default: a b c, help: what it is about}
  wood: {type: Choice, default: pine, choices: [oak, pine]}
nodes:
  one: {type: w.say, text: $subject}
  cut: {type: w.words, text: $one, most: 2}
  said: {type: w.say, each: text, text: $cut, loud: true}
  joined: {type: w.join, texts: $said, by: "-"}
  paper: {type: w.sheet, words: $joined}
  framed: {type: w.frame, sheet: $paper, wood: $wood}
  ends: {type: w.halves, text: $joined}
  last: {type: w.join, texts: [$ends.rest, $one, $ends.first]}
outputs: {card: $framed, words: $joined, last: $last}
layout:
  nodes:
    one: {at: [0, 0]}
    cut: {at: [200, 0], color: "#ff0000"}
    said: {at: [400, 0]}
    joined: {at: [600, 0], collapsed: true}
    paper: {at: [800, 0]}
  notes: {note: {text: inside, at: [300, 200], size: [100, 40]}}
  frames: {frame: {title: Words, at: [180, -40], size: [600, 200]}}
  dots:
    into: {at: [150, 0], source: one, targets: [cut.text]}
    within: {at: [350, 0], source: cut, targets: [said.text]}
    out: {at: [700, 0], source: joined, targets: [paper.words, ends.text, words]}
"""


@pytest.fixture(scope="module")
def engine():
    with Engine(None, catalogue=CATALOGUE, device="cpu") as found:
        yield found


def nodes(*names: str) -> list[Item]:
    return [Item("node", name) for name in names]


def at_home(document: Graph, folder: Path) -> Graph:
    """The same graph as one that lies in a folder."""
    return replace(document, path=folder / "outer.yaml", edits=())


def grouped(document: Graph, chosen, name="part", folder: Path | None = None) -> Grouped:
    """Nodes grouped, and the file of the group written."""
    made = group(document, check(document, CATALOGUE), chosen, name, folder or document.folder)
    made.path.write_text(graphfile.dumps(made.inner), encoding="utf-8")
    return made


def results(engine: Engine, document: Graph) -> dict:
    found = engine.run(document)
    assert not found.errors, found.errors
    return {name: found[name] for name in document.outputs}


def test_a_group_stands_as_one_node_with_the_links_that_crossed_its_border(tmp_path):
    made = grouped(at_home(graph(TEXT), tmp_path), nodes("cut", "said", "joined"))
    assert made.path == tmp_path / "part.yaml"
    assert list(made.graph.nodes) == ["one", "part", "paper", "framed", "ends", "last"]
    assert made.graph.nodes["part"].type == "./part.yaml" and made.graph.nodes["part"].inputs == {"text": Ref("one")}
    assert made.graph.nodes["paper"].inputs["words"] == Ref("part") and made.graph.outputs["words"] == Ref("part")
    assert list(made.inner.nodes) == ["cut", "said", "joined"] and made.inner.inputs == {"text": GraphInput("Text")}
    assert made.inner.outputs == {"joined": Ref("joined")} and made.inner.nodes["said"].each == ("text",)


def test_a_graph_with_a_group_checks_clean_and_gives_the_same_without_running_anything_again(tmp_path, engine):
    document = at_home(graph(TEXT), tmp_path)
    before = results(engine, document)
    for chosen in (("cut", "said", "joined"), ("one", "cut", "said", "joined", "ends", "last"), ("said",),
                   ("paper", "framed", "ends"), tuple(document.nodes)):
        made = grouped(document, nodes(*chosen))
        assert check(made.graph, CATALOGUE).problems == []
        story = Story()
        after = engine.run(made.graph, emit=story)
        assert {name: after[name] for name in made.graph.outputs} == before and story.ran == []


def test_the_file_of_a_group_checks_clean_and_runs_by_itself_where_its_inputs_had_defaults(tmp_path, engine):
    made = grouped(at_home(graph(TEXT), tmp_path), nodes("one", "cut"))
    assert made.inner.inputs == {"subject": GraphInput("Text", "a b c", True, "what it is about")}
    assert check(made.inner, CATALOGUE).problems == []
    assert results(engine, made.inner) == {"one": "a b c", "cut": ["a", "b"]}


def test_a_choice_and_a_list_come_in_as_what_they_are(tmp_path):
    made = grouped(at_home(graph(TEXT), tmp_path), nodes("said", "joined", "paper", "framed"))
    assert made.inner.inputs == {"text": GraphInput("list of Text"),
                                 "wood": GraphInput("Choice", "pine", True, choices=("oak", "pine"))}
    assert grouped(at_home(graph(TEXT), tmp_path), nodes("framed")).inner.inputs["sheet"] == GraphInput("Sheet")


def test_what_stands_in_the_group_stays_where_it_stood_with_the_dots_inside(tmp_path):
    document = at_home(graph(TEXT), tmp_path)
    made = grouped(document, [*nodes("cut", "said", "joined"), Item("note", "note"), Item("frame", "frame")])
    for name in ("cut", "said", "joined"):
        assert position(made.inner, Item("node", name)) == position(document, Item("node", name))
    assert made.inner.layout["nodes"]["cut"]["color"] == "#ff0000" and made.inner.layout["notes"]["note"]
    assert [dot.name for dot in dots(made.inner)] == ["within"]
    assert {dot.name: [str(t) for t in dot.targets] for dot in dots(made.graph)} == \
        {"into": ["part.text"], "out": ["paper.words", "ends.text", "words"]}
    assert position(made.graph, Item("node", "part")) == (400, 0) and "notes" not in made.graph.layout
    assert all(position(made.inner, item) for item in items(made.inner))
    well_formed(made.graph), well_formed(made.inner)


def test_a_group_that_would_wait_for_itself_is_refused(tmp_path):
    with pytest.raises(EditRefused, match="select ends too"):
        grouped(at_home(graph(TEXT), tmp_path), nodes("joined", "last"))
    with pytest.raises(EditRefused, match="cut reads one and comes back to last"):
        grouped(at_home(graph(TEXT), tmp_path), nodes("one", "last"))


def test_nothing_is_grouped_where_no_node_is_selected(tmp_path):
    with pytest.raises(EditRefused, match="Select the nodes"):
        grouped(at_home(graph(TEXT), tmp_path), [Item("note", "note"), Item("node", "gone")])


def test_what_is_known_of_another_graph_is_not_used(tmp_path):
    document = graph(TEXT)
    with pytest.raises(ValueError):
        group(document.with_value("one", "loud", True), check(document, CATALOGUE), nodes("one"), "part", tmp_path)


def test_a_group_takes_a_free_name_and_may_take_that_of_a_node_in_it(tmp_path):
    document = at_home(graph(TEXT), tmp_path)
    assert "one2" in grouped(document, nodes("cut"), "one").graph.nodes
    assert grouped(document, nodes("cut", "said"), "said").graph.nodes["said"].type == "./said.yaml"
    assert grouped(document, nodes("cut"), "my part!").path.name == "my_part.yaml"


def test_nodes_that_nobody_reads_still_give_something_as_a_group(tmp_path):
    made = grouped(at_home(graph("nodes: {a: {type: w.say}, b: {type: w.halves, text: $a}}"), tmp_path), nodes("a", "b"))
    assert made.inner.outputs == {"first": Ref("b", "first"), "rest": Ref("b", "rest")}


def test_a_group_in_another_folder_still_names_its_files(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "inner.yaml").write_text("nodegraph: 1\nnodes: {a: {type: w.say}}\noutputs: {a: $a}\n")
    document = at_home(graph("nodes: {a: {type: ./inner.yaml}, b: {type: w.say, text: $a}}\noutputs: {b: $b}"), tmp_path)
    made = grouped(document, nodes("a", "b"), folder=tmp_path / "parts")
    assert made.graph.nodes["part"].type == "./parts/part.yaml" and made.inner.nodes["a"].type == "../inner.yaml"
    assert check(made.graph, CATALOGUE).problems == []
    apart = ungroup(made.graph, "part", made.inner)
    assert apart.nodes["a"].type == "./inner.yaml" and check(apart, CATALOGUE).problems == []


def test_files_that_nodes_read_are_found_from_the_folder_of_the_group(tmp_path):
    @node("w.opened", version=1)
    def opened(path: File) -> str:
        """What a file says."""
        return Path(path).read_text()

    (tmp_path / "parts").mkdir()
    (tmp_path / "a.txt").write_text("hello")
    catalogue = Catalogue([*ALL, opened], installed=False)
    document = at_home(graph("nodes: {a: {type: w.opened, path: a.txt}}\noutputs: {a: $a}"), tmp_path)
    made = group(document, check(document, catalogue), nodes("a"), "part", tmp_path / "parts")
    made.path.write_text(graphfile.dumps(made.inner))
    assert made.inner.nodes["a"].inputs == {"path": "../a.txt"}
    with Engine(None, catalogue=catalogue, device="cpu") as engine:
        assert results(engine, made.graph) == {"a": "hello"}
        apart = ungroup(made.graph, "part", made.inner, check(made.graph, catalogue))
        assert apart.nodes["a"].inputs == {"path": "a.txt"} and results(engine, apart) == {"a": "hello"}


# ---- apart --------------------------------------------------------------------------------------------------------

def test_a_group_taken_apart_is_what_it_was(tmp_path, engine):
    document = at_home(graph(TEXT), tmp_path)
    made = grouped(document, [*nodes("cut", "said", "joined"), Item("note", "note"), Item("frame", "frame")])
    apart = ungroup(made.graph, "part", made.inner)
    assert apart.nodes == document.nodes and list(apart.nodes) == list(document.nodes)
    assert apart.inputs == document.inputs and apart.outputs == document.outputs
    assert {dot.name: (dot.source, dot.targets) for dot in dots(apart)} == \
        {dot.name: (dot.source, dot.targets) for dot in dots(document)}
    assert {item: position(apart, item) for item in nodes("cut", "said", "joined")} == \
        {item: position(document, item) for item in nodes("cut", "said", "joined")}
    assert apart.layout["frames"] == document.layout["frames"] and apart.layout["notes"] == document.layout["notes"]


INNER = """
inputs:
  text: {type: Text, default: hello}
  loud: {type: Bool, default: true}
  rest: {type: list of Text, default: [x, $$y]}
nodes:
  one: {type: w.say, text: $text, loud: $loud}
  two: {type: w.say, text: $one}
  three: {type: w.join, texts: [$two, $text]}
  four: {type: w.say, each: text, text: $rest}
outputs: {said: $three, same: $text, all: $four}
"""


def inner_graph(tmp_path: Path, text: str = INNER) -> Graph:
    (tmp_path / "inner.yaml").write_text("nodegraph: 1\n" + text)
    return graphfile.read(tmp_path / "inner.yaml")[0]


def test_defaults_become_literals_and_names_that_are_taken_get_a_number(tmp_path, engine):
    inner = inner_graph(tmp_path)
    document = at_home(graph("nodes:\n  one: {type: w.say, text: mine}\n  group: {type: ./inner.yaml, text: $one}\n"
                             "  last: {type: w.join, texts: [$group.said, $group.same]}\n"
                             "outputs: {last: $last, all: $group.all, same: $group.same}"), tmp_path)
    apart = ungroup(document, "group", inner)
    assert list(apart.nodes) == ["one", "one2", "two", "three", "four", "last"]
    assert apart.nodes["one2"].inputs == {"text": Ref("one"), "loud": True}
    assert apart.nodes["four"].inputs == {"text": ["x", "$y"]} and apart.nodes["four"].each == ("text",)
    assert apart.nodes["last"].inputs["texts"] == [Ref("three"), Ref("one")] and apart.outputs["same"] == Ref("one")
    assert check(apart, CATALOGUE).problems == [] and results(engine, apart) == results(engine, document)
    well_formed(apart), round_trips(apart)


def test_links_gathered_for_a_group_are_gathered_for_what_read_them_inside(tmp_path, engine):
    inner = inner_graph(tmp_path)
    document = at_home(graph("nodes:\n  a: {type: w.say}\n  group: {type: ./inner.yaml, rest: [$a, b]}\n"
                             "outputs: {all: $group.all}"), tmp_path)
    apart = ungroup(document, "group", inner)
    assert apart.nodes["four"].inputs == {"text": [Ref("a"), "b"]}
    assert results(engine, apart) == results(engine, document) == {"all": ["hello", "b"]}


@pytest.mark.parametrize("more, words", [
    ("each: text, text: [a, b]", "once per item of text"), ("bypass: true, text: a", "bypassed")])
def test_what_cannot_be_said_without_the_group_is_refused(tmp_path, more, words):
    document = at_home(graph(f"nodes: {{group: {{type: ./inner.yaml, {more}}}}}\noutputs: {{o: $group.said}}"), tmp_path)
    with pytest.raises(EditRefused, match=words):
        ungroup(document, "group", inner_graph(tmp_path))


def test_an_output_that_would_read_a_literal_is_named_in_the_refusal(tmp_path):
    document = at_home(graph("nodes: {group: {type: ./inner.yaml}}\noutputs: {o: $group.same}"), tmp_path)
    with pytest.raises(EditRefused, match="output o reads an input of group"):
        ungroup(document, "group", inner_graph(tmp_path))


def test_only_a_graph_file_is_taken_apart(tmp_path):
    for name in ("one", "gone"):
        with pytest.raises(EditRefused, match="no graph file"):
            ungroup(graph(TEXT), name, inner_graph(tmp_path))


def test_a_list_for_a_switch_inside_becomes_its_branch_and_a_mapping_is_refused(tmp_path):
    text = ("inputs: {many: {type: Any, default: [a]}, on: true}\nnodes:\n"
            "  which: {type: switch, on: $on, cases: {'true': $many, else: $many}}\noutputs: {o: $which}\n")
    document = at_home(graph("nodes: {group: {type: ./inner.yaml}}\noutputs: {o: $group}"), tmp_path)
    apart = ungroup(document, "group", inner_graph(tmp_path, text))
    assert apart.nodes["which"].inputs == {"on": True, "cases.true": ["a"], "cases.else": ["a"]}
    with pytest.raises(EditRefused, match="switch which"):
        ungroup(document, "group", inner_graph(tmp_path, text.replace("[a]", "{a: 1}")))


def test_a_muted_group_leaves_muted_nodes(tmp_path):
    document = at_home(graph("nodes: {group: {type: ./inner.yaml, mute: true}}\noutputs: {o: $group.said}"), tmp_path)
    assert all(node.mute for node in ungroup(document, "group", inner_graph(tmp_path)).nodes.values())


def test_taking_apart_puts_things_around_where_the_group_stood(tmp_path):
    document = at_home(graph("nodes: {group: {type: ./inner.yaml}}\noutputs: {o: $group.said}\n"
                             "layout: {nodes: {group: {at: [5000, 6000]}}}"), tmp_path)
    apart = ungroup(document, "group", inner_graph(tmp_path))
    places = [position(apart, item) for item in items(apart) if item.kind == "node"]
    assert all(abs(x - 5000) < 700 and abs(y - 6000) < 500 for x, y in places) and len(set(places)) == 4


@settings(max_examples=60)
@given(sound_graphs(), st.data())
def test_grouping_any_nodes_gives_the_same_and_taking_them_apart_the_first_graph(document, data):
    chosen = data.draw(st.lists(st.sampled_from(list(document.nodes)), min_size=1, unique=True)) if document.nodes else []
    with tempfile.TemporaryDirectory() as folder, Engine(None, catalogue=CATALOGUE, device="cpu") as engine:
        document = at_home(document, Path(folder))
        try:
            made = grouped(document, nodes(*chosen))
        except EditRefused:
            return
        for one in (made.graph, made.inner):
            well_formed(one), round_trips(one)
        found = check(made.graph, CATALOGUE)
        assert not found.errors, found.errors
        before, after = engine.run(document), engine.run(made.graph)
        assert [e.message for e in before.errors] == [e.message for e in after.errors]
        if not before.errors:
            assert {o: before[o] for o in document.outputs} == {o: after[o] for o in document.outputs}
        [name] = made.graph.nodes.keys() - document.nodes.keys() or {"part"}
        apart = ungroup(made.graph, name, made.inner, found)
        well_formed(apart), round_trips(apart)
        assert _spelled(apart) == _spelled(document)
        assert sorted(map(str, links(apart))) == sorted(map(str, links(document)))


def _spelled(document: Graph) -> dict:
    return {name: (node.type, node.inputs, node.each) for name, node in document.nodes.items()} | dict(document.outputs)
