"""The ports of what is on the canvas, and which links may be made."""

from __future__ import annotations

import pytest

from nodegraph import Catalogue, Ref, graphfile, node
from nodegraph.check import check
from nodegraph.types import ANY
from nodegraph_editor.document.items import Target
from nodegraph_editor.document.ports import flow_of, inputs_of, outputs_of, reaches, ref_to, refusal

from .workshop import ALL, checked, graph

TEXT = """
inputs:
  subject: {type: Text, default: x}
  count: 3
  many: {type: list of Text, default: [a, b]}
  wood: {type: Choice, default: oak, choices: [oak, pine]}
  metal: {type: Choice, default: tin, choices: [tin, oak]}
nodes:
  one: {type: w.say, text: $subject}
  two: {type: w.halves, text: $one}
  words: {type: w.words, text: $one}
  said: {type: w.say, each: text, text: $words}
  joined: {type: w.join, texts: $said}
  paper: {type: w.sheet, words: $joined}
  framed: {type: w.frame, sheet: $paper, wood: $wood}
  which: {type: switch, on: $count, 1: $one, else: $joined}
  odd: {type: gone.thing, mask: $one, size: 4}
  after: {type: w.join, texts: [$odd.left]}
outputs: {framed: $framed}
"""


@pytest.fixture(scope="module")
def known():
    return checked(graph(TEXT))


def test_inputs_are_in_the_order_of_the_node_type(known):
    assert [port.name for port in inputs_of(known, "paper")] == ["words", "ink", "seed"]


def test_a_switch_has_its_branches_and_always_on_and_else(known):
    assert [port.name for port in inputs_of(known, "which")] == ["on", "1", "else"]


def test_a_node_of_an_unknown_type_has_the_ports_that_the_file_speaks_of(known):
    assert [(port.name, port.type) for port in inputs_of(known, "odd")] == [("mask", ANY), ("size", ANY)]
    assert list(outputs_of(known, "odd")) == ["left"]


def test_an_input_that_a_node_does_not_have_is_shown_too():
    document = graph("nodes: {one: {type: w.say, textt: hello}}")
    assert [port.name for port in inputs_of(checked(document), "one")] == ["text", "loud", "textt"]


@pytest.mark.parametrize("ref, told", [
    (Ref("subject"), "Text"), (Ref("many"), "a list of Text"), (Ref("words"), "a list of Text"),
    (Ref("said"), "a list of Text"), (Ref("two", "rest"), "Text"), (Ref("paper"), "Sheet"), (Ref("which"), "Text")])
def test_what_flows_from_a_place(known, ref, told):
    assert str(flow_of(known, ref)) == told


@pytest.mark.parametrize("ref", [Ref("two"), Ref("two", "last"), Ref("gone")])
def test_nothing_is_known_to_flow_from_where_nothing_is_meant(known, ref):
    assert flow_of(known, ref) is None


def test_a_link_names_its_port_only_where_there_are_several(known):
    assert ref_to(known, "one", "text") == Ref("one") and ref_to(known, "two", "rest") == Ref("two", "rest")
    assert ref_to(known, "subject", None) == Ref("subject")


def test_a_link_from_a_node_of_unknown_type_keeps_the_name_of_its_port(known):
    assert ref_to(known, "odd", "left") == Ref("odd", "left") and ref_to(known, "odd", "value") == Ref("odd")


@pytest.mark.parametrize("source, target, words", [
    (Ref("subject"), Target("node", "one", "text"), ""),
    (Ref("count"), Target("node", "one", "text"), "one.text takes a Text, but count gives an Int"),
    (Ref("paper"), Target("node", "framed", "wood"), "framed.wood takes a Text, but paper gives a Sheet"),
    (Ref("joined"), Target("node", "one", "text"), "close a circle"),
    (Ref("one"), Target("node", "one", "text"), "cannot read what it gives itself"),
    (Ref("subject"), Target("node", "one", "colour"), "one has no input colour"),
    (Ref("gone"), Target("node", "one", "text"), "There is no gone"),
    (Ref("gone"), Target("output", "framed"), "There is no gone"),
    (Ref("two", "last"), Target("node", "framed", "wood"), "two has no output last"),
    (Ref("one"), Target("node", "gone", "text"), "There is no gone"),
    (Ref("one"), Target("output", "gone"), "There is no gone"),
    (Ref("paper"), Target("output", "framed"), ""),
    (Ref("metal"), Target("node", "framed", "wood"), "one of oak, pine, but metal may give tin"),
    (Ref("words"), Target("node", "one", "text"), "close a circle"),
    (Ref("many"), Target("node", "one", "text"), ""),
    (Ref("many"), Target("node", "words", "text"), ""),
    (Ref("many"), Target("node", "said", "text"), ""),
    (Ref("one"), Target("node", "joined", "texts"), ""),
    (Ref("count"), Target("node", "odd", "mask"), ""),
    (Ref("odd", "left"), Target("node", "framed", "sheet"), ""),
    (Ref("paper"), Target("node", "which", "new"), "")])
def test_why_a_link_may_not_be_made(known, source, target, words):
    found = refusal(known, source, target)
    assert (words in found if words else not found), found
    assert "\n" not in found and (not found or found.endswith("."))


def test_a_node_that_takes_a_batch_runs_once_per_item_of_that_alone():
    @node("w.batched", version=1, batch="texts")
    def batched(texts: list[str], by: str = "") -> list[str]:
        """All at once."""
        return texts

    document = graph("inputs: {many: {type: list of Text, default: [a]}}\nnodes: {b: {type: w.batched, texts: $many}}")
    known = check(document, Catalogue([*ALL, batched], installed=False))
    assert refusal(known, Ref("many"), Target("node", "b", "texts")) == ""
    assert "once per item of texts alone" in refusal(known, Ref("many"), Target("node", "b", "by"))


DEEP = """
inputs: {many: {type: list of Text, default: [a b, c]}, count: 3}
nodes:
  cut: {type: w.words, each: text, text: $many}
  said: {type: w.say, text: x, repeat: $count, carry: {text: text}}
  flat: {type: w.join, texts: [$many...]}
  day: {type: switch, on: $count, cases: {type: $many, else: [x]}}
  some: {type: pick, from: $many, where: [true, false]}
"""


@pytest.mark.parametrize("source, target, words", [
    (Ref("cut"), Target("node", "flat", "texts"), ""),
    (Ref("cut"), Target("node", "said", "text"), "put said into a graph file"),
    (Ref("cut"), Target("node", "day", "cases.else"), ""),
    (Ref("cut"), Target("node", "some", "from"), ""),
    (Ref("cut"), Target("node", "some", "where"), "some.where takes a Bool"),
    (Ref("count"), Target("node", "said", "repeat"), ""),
    (Ref("many"), Target("node", "said", "repeat"), "said.repeat takes an Int"),
    (Ref("said"), Target("node", "said", "repeat"), "cannot read what it gives itself"),
    (Ref("some"), Target("node", "flat", "texts"), "")])
def test_why_a_list_may_not_go_somewhere(source, target, words):
    found = refusal(checked(graph(DEEP)), source, target)
    assert (words in found if words else not found), found


def test_a_switch_under_cases_takes_its_rest_there_and_a_pick_has_its_two_lists():
    known = checked(graph(DEEP))
    assert [port.name for port in inputs_of(known, "day")] == ["on", "cases.type", "cases.else"]
    assert [(port.name, port.many) for port in inputs_of(known, "some")] == [("from", True), ("where", True)]
    assert list(outputs_of(known, "some")) == ["items"]


def test_what_repeats_a_node_reaches_it():
    document = graph("nodes: {a: {type: w.add}, b: {type: w.add, repeat: $a, carry: {a: int}}}")
    assert reaches(document, "a", "b")


def test_a_graph_file_in_which_something_is_mapped_is_mapped_itself(tmp_path):
    (tmp_path / "inner.yaml").write_text(
        "nodegraph: 1\ninputs: {by: {type: Text, default: x}}\n"
        "nodes:\n  cut: {type: w.words, text: a b}\n  said: {type: w.say, each: text, text: $cut}\n"
        "  all: {type: w.join, texts: $said, by: $by}\noutputs: {all: $all}\n")
    path = tmp_path / "outer.yaml"
    path.write_text("nodegraph: 1\ninputs: {many: {type: list of Text, default: [a]}}\n"
                    "nodes: {inner: {type: ./inner.yaml}}\noutputs: {all: $inner}\n")
    known = checked(graphfile.read(path)[0])
    assert [port.name for port in inputs_of(known, "inner")] == ["by"] and list(outputs_of(known, "inner")) == ["all"]
    assert refusal(known, Ref("many"), Target("node", "inner", "by")) == ""


def test_what_a_node_gives_reaches_whatever_reads_it_through_others():
    document = graph(TEXT)
    assert reaches(document, "one", "framed") and reaches(document, "one", "one")
    assert not reaches(document, "framed", "one") and not reaches(document, "two", "framed")


def test_reaching_through_a_circle_comes_to_an_end():
    document = graph("nodes: {a: {type: w.add, a: $b}, b: {type: w.add, a: $a}, c: {type: w.add}}")
    assert reaches(document, "a", "b") and not reaches(document, "c", "a")


def test_a_long_chain_is_searched_without_recursion():
    document = graph("nodes:\n  n0: {type: w.add}\n" + "".join(f"  n{i}: {{type: w.add, a: $n{i - 1}}}\n"
                                                               for i in range(1, 5000)))
    assert reaches(document, "n0", "n4999") and not reaches(document, "n4999", "n0")
