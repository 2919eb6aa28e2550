"""What an Engine offers to those who follow a run closely: its plan, and Values by their digests."""

import pytest

from nodegraph import GraphError, InputError, events as ev

from .playground import engine, graph

LISTS = """
nodes:
  cut: {type: t.words, text: one two three}
  loud: {type: t.upper, text: $cut, each: text}
outputs: {loud: $loud}
"""


def followed(e, document):
    """The digests of each node, the plan, and the result of a run."""
    digests, plans = {}, []

    def emit(event):
        if type(event) in (ev.Finished, ev.Cached):
            digests[event.node] = event.outputs
    result = e.run(document, emit=emit, planned=lambda *found: plans.append(found))
    return digests, plans, result


def type_of(plan, name):
    return next(iter(plan.steps[plan.names[name]].nodetype.outputs.values())).type


def test_values_are_had_by_the_digests_that_events_tell(tmp_path):
    for _ in range(2):  # the second time from disk
        with engine(tmp_path) as e:
            digests, [(checked, plan)], result = followed(e, graph(LISTS))
            assert e.value(type_of(plan, "cut"), digests["cut"][0]) == ["one", "two", "three"]
            assert e.value(type_of(plan, "loud"), digests["loud"][0].items[2]) == "THREE"
            assert e.value(result.type("loud"), result.digests["loud"]) == result["loud"]
            assert list(checked.nodes) == ["cut", "loud"]


def test_a_value_that_was_let_go_is_a_key_error_and_nothing_runs():
    e = engine()
    digests, [(_, plan)], _ = followed(e, graph(LISTS))
    with pytest.raises(KeyError):
        engine().value(type_of(plan, "cut"), digests["cut"][0])


def test_values_can_be_read_while_the_run_goes_on():
    e, seen = engine(), []

    def emit(event):
        if type(event) is ev.Finished:
            seen.append(e.value(type_of(plans[0][1], event.node), event.outputs[0]))
    plans = []
    e.run(graph(LISTS), emit=emit, planned=lambda *found: plans.append(found))
    assert seen == [["one", "two", "three"], ["ONE", "TWO", "THREE"]]


def test_the_plan_is_told_of_first_runs_edited_ones_and_those_that_change_nothing():
    e, document = engine(), graph(LISTS)
    for changed in (document, document.with_value("cut", "text", "four"), document.with_value("cut", "text", "four")):
        _, [(checked, plan)], result = followed(e, changed)
        assert list(plan.names) == ["cut", "loud"] and not result.cancelled
        assert checked.graph.nodes["cut"].inputs == changed.nodes["cut"].inputs


def test_the_plan_of_a_wrong_graph_is_not_told():
    with pytest.raises(GraphError):
        engine().run(graph(LISTS.replace("t.words", "t.word")), planned=lambda *found: pytest.fail("told"))


def test_a_value_is_saved_under_the_very_name_that_was_asked_for(tmp_path):
    e = engine()
    digests, [(_, plan)], result = followed(e, graph(LISTS))
    type, path = result.type("loud"), tmp_path / "new" / "words.v2.txt"
    assert e.save(type, digests["loud"][0].items[0], path) == [path] and path.read_text() == "ONE\n"
    assert e.save(type, digests["loud"][0].items[1], path) == [path] and path.read_text() == "TWO\n"
    assert [p.name for p in e.save(type, digests["loud"][0], tmp_path / "all.txt")] == [
        "all.1.txt", "all.2.txt", "all.3.txt"]
    with pytest.raises(InputError, match="Text is written as txt, md, json, not as wav"):
        e.save(type, digests["loud"][0].items[0], tmp_path / "words.wav")
