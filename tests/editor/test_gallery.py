"""The history of runs."""

from datetime import datetime

from nodegraph.graph import Ref
from nodegraph.types import TEXT
from nodegraph_editor.runs import updates as up
from nodegraph_editor.runs.gallery import Gallery, Result, difference, written
from nodegraph_editor.runs.thumbnails import Thumbnail

from ..nodegraph.playground import graph

DOCUMENT = graph("""
title: Card
inputs: {subject: {type: Text, default: a boat}, number: 3}
nodes:
  verse: {type: t.upper, text: $subject}
  sum: {type: t.add, a: $number, b: 1}
  dice: {type: t.dice, seed: random}
outputs: {verse: $verse}
""")
OUTPUT = up.Output(TEXT, b"digest", Thumbnail("text", None, "A BOAT"))


def result(document=DOCUMENT, job=1, given=None, seeds=None, outputs=None) -> Result:
    made = {"verse": OUTPUT} if outputs is None else outputs
    done = up.Done(job, "all", 1.5, False, made, 0, document, given or {}, seeds or {})
    return Result.of(done, datetime(2026, 1, 2))


def told(a: Result, b: Result) -> list[str]:
    return [str(change) for change in difference(a, b)]


def test_a_record_tells_what_went_in_and_what_came_out():
    record = result(given={"subject": "a fox"}, seeds={"dice.seed": 5})
    assert (record.title, record.label, record.seconds, record.at.year) == ("Card", "all", 1.5, 2026)
    assert record.inputs == {"subject": "a fox", "number": 3}
    assert record.graph is DOCUMENT and record.outputs["verse"].thumbnail.text == "A BOAT"


def test_the_newest_come_first_and_the_oldest_go():
    gallery = Gallery(2)
    for job in (1, 2, 3):
        gallery.add(result(job=job))
    assert [record.job for record in gallery] == [3, 2] and len(gallery) == 2
    assert gallery.of_job(2) is gallery[1] and gallery.of_job(1) is None
    gallery.remove(gallery[0])
    assert [record.job for record in gallery] == [2]


def test_a_run_without_outputs_has_no_place():
    gallery = Gallery()
    gallery.add(result(outputs={}))
    assert len(gallery) == 0


def test_a_run_differs_from_itself_in_nothing():
    assert told(result(given={"number": 4}), result(given={"number": 4}, job=2)) == []


def test_inputs_parameters_links_and_seeds_that_differ_are_listed_as_a_file_would_write_them():
    other = DOCUMENT.with_value("verse", "text", "a ship").with_value("sum", "b", True)
    before = result(seeds={"dice.seed": 5})
    assert told(before, result(other, given={"subject": "a fox"}, seeds={"dice.seed": 6})) == [
        "subject: a boat → a fox", "verse.text: $subject → a ship", "sum.b: 1 → true", "dice.seed: 5 → 6"]


def test_nodes_that_came_went_or_changed_their_type_are_listed():
    other = DOCUMENT.without_node("sum").with_node("new", DOCUMENT.nodes["sum"])
    other = other.with_node("verse", other.nodes["verse"]._replace(type="t.same", bypass=True))
    assert told(result(), result(other)) == [
        "verse: t.upper → t.same", "verse.bypass: false → true", "new: — → t.add", "sum: t.add → —"]


def test_a_parameter_that_was_set_or_reset_is_listed():
    bare = DOCUMENT.with_node("sum", DOCUMENT.nodes["sum"]._replace(inputs={"a": Ref("number")}))
    assert told(result(), result(bare)) == ["sum.b: 1 → —"]


def test_a_result_can_be_had_again():
    again = result(given={"number": 4}, seeds={"dice.seed": 5, "inner/dice.seed": 6}).repeated()
    assert again.nodes["dice"].inputs["seed"] == 5 and again.inputs["number"].default == 4
    assert again.inputs["subject"] == DOCUMENT.inputs["subject"]


def test_values_are_written_in_one_line():
    assert [written(value) for value in (None, False, "two\nlines", "", [1, Ref("a", "b")], 0.5)] == [
        "null", "false", "two lines", '""', "[1, $a.b]", "0.5"]
