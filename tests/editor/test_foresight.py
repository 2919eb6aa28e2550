"""What a run would do is told before it, what is remembered is shown at opening, and what made a result stale is found."""

import pytest

from nodegraph import Engine
from nodegraph.graph import Ref
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.document import edits
from nodegraph_editor.document.document import Document
from nodegraph_editor.document.items import Item, Link, Target, exists, position, with_fact
from nodegraph_editor.runs.foresight import Outlook
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.runs.why import trail
from nodegraph_editor.session import Session

from . import workshop

TEXT = """
inputs:
  ink: {type: Text, default: black}
nodes:
  a: {type: w.say, text: abc}
  b: {type: w.join, texts: [$a, $ink]}
  c: {type: w.say, text: $b}
outputs:
  o: $c
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def opened(cache):
    """A session on the graph, as a window has it: it looks ahead."""
    runner = Runner(lambda: Engine(cache, catalogue=workshop.CATALOGUE, device="cpu"))
    session = Session(checker=workshop.checked, catalogue=workshop.CATALOGUE, runner=runner, commands=COMMANDS)
    session.running.foresight = True
    session.files.show(Document(workshop.graph(TEXT)))
    return session


def settle(session, now):
    """Let time pass until all that was asked for has come."""
    for step in range(2):
        session.tick(now + step)
        assert session.runner.wait(30)
        session.tick(now + step + 0.5)


def test_a_graph_that_ran_before_shows_its_results_when_it_is_opened_and_an_edit_tells_what_would_run(cache):
    session = opened(cache)
    settle(session, 10.0)
    assert session.running.outlook.runs == {"a", "b", "c"} and not session.states
    session.running.pointed = True
    assert session.running.outlined == {"a", "b", "c"}
    session.do("run.all")
    settle(session, 20.0)
    assert session.running.outlook.runs == frozenset()
    session.runner.close()

    again = opened(cache)
    settle(again, 10.0)
    assert {name: state.status for name, state in again.states.items()} == dict.fromkeys("abc", "cached")
    assert [shown.text for shown in again.states["c"].thumbnails.values()] == ["abc black"]
    assert again.running.outlook.words(lambda seconds: f"{seconds}") == "all up to date"
    again.edit("undo.value", edits.set_value(again.graph, "b", "by", "-"))
    assert again.states["b"].stale and not again.states["a"].stale
    settle(again, 20.0)
    assert again.running.outlook.runs == {"b", "c"} and again.running.outlook.total == 3
    found = trail(again.document.graph, again.progress.shown.made, {"b", "c"}, "c")
    assert found.links == {Link(Ref("b"), Target("node", "c", "text"))}
    assert found.origins == {Item("node", "b"): ("by: \N{EM DASH} \N{RIGHTWARDS ARROW} -",)}
    again.runner.close()


def test_nodes_that_come_back_with_undo_show_what_is_remembered_of_them(cache):
    session = opened(cache)
    session.do("run.all")
    settle(session, 10.0)
    first = session.document.graph
    session.edit("undo.deleted", edits.delete(session.graph, [Item("node", "c"), Item("node", "b")]))
    assert set(session.states) == {"a"}
    settle(session, 20.0)
    pictured = session.states["a"].thumbnails
    session.do("edit.undo")
    assert session.document.graph is first
    settle(session, 30.0)
    assert {name: state.status for name, state in session.states.items() if name != "a"} == {"b": "cached", "c": "cached"}
    assert [shown.text for shown in session.states["c"].thumbnails.values()] == ["abc black"]
    assert session.states["a"].thumbnails is pictured  # of what stayed no picture is made again
    session.runner.close()


def test_an_earlier_run_stands_where_its_nodes_stand_now_and_names_no_others(cache):
    session = opened(cache)
    graph, _ = edits.add_node(session.graph, "w.frame", (900, 900))  # it lacks something, so it is left out of the run
    session.edit("undo.added", graph)
    session.do("run.all")
    settle(session, 10.0)
    graph, added = edits.add_node(session.graph, "w.say", (700, 700))
    graph, note = edits.add_note(graph, (5, 6), "mind this")
    session.edit("undo.added", with_fact(graph, [Item("node", "a")], "at", [40, 50]))
    session.edit("undo.deleted", edits.delete(session.graph, [Item("node", "c")]))
    session.rewind(0)
    assert set(session.document.graph.nodes) == {"a", "b", "c"} and position(session.graph, Item("node", "a")) == (40, 50)
    assert exists(session.graph, note) and added.name not in session.document.graph.layout["nodes"]
    workshop.well_formed(session.graph)
    session.do("edit.undo")
    assert set(session.document.graph.nodes) == {"a", "b", "frame", added.name}
    session.runner.close()


def test_a_changed_input_is_where_the_trail_begins():
    before = workshop.graph(TEXT)
    after = edits.set_input(before, "ink", default="red")
    found = trail(after, dict.fromkeys("abc", before), {"b", "c"}, "c")
    assert found.origins == {Item("input", "ink"): ("ink: black \N{RIGHTWARDS ARROW} red",)}
    assert Link(Ref("ink"), Target("node", "b", "texts", 1)) in found.links and len(found.links) == 2


def test_a_graph_that_cannot_run_has_no_outlook(cache):
    session = opened(cache)
    session.files.show(Document(workshop.graph("nodes:\n  a: {type: w.frame}\noutputs: {o: $a}\n")))
    settle(session, 10.0)
    assert session.running.outlook == Outlook(frozenset(), 0, 0.0, True)
    assert session.running.outlook.words(str) == ""
    session.runner.close()


def test_the_outlook_says_how_long_where_that_is_known():
    class Row:
        def __init__(self, node, status, seconds):
            self.node, self.status, self.seconds = node, status, seconds
    rows = [Row("a", "remembered", 0.0), Row("b", "will run", 12.0), Row("c", "depends", 2.0)]
    assert Outlook.of(rows).words(lambda seconds: f"{seconds:.0f} s") == "about 14 s, 2 of 3 nodes"
    rows[2].seconds = None
    assert Outlook.of(rows).words(str) == "2 of 3 nodes"
