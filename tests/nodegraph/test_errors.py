"""Problems and failures as a person and a program read them."""

from __future__ import annotations

from nodegraph.errors import GraphError, InputError, NodeFailed, Position, Problem
from nodegraph.events import Skipped
from nodegraph.wording import say

PLACE = Position("g.yaml", 3, 5)


def test_a_problem_carries_the_code_and_the_facts_of_its_sentence():
    coded, plain = Problem(PLACE, say("run.stopped")), Problem(None, "no luck")
    assert (coded.code, dict(coded.facts)) == ("run.stopped", {}) and (plain.code, dict(plain.facts)) == ("", {})
    assert str(coded) == "g.yaml:3:5  the run was stopped" and plain._replace(hint="x").code == ""
    assert GraphError([coded]).problems[0].code == "run.stopped"


def test_an_input_error_keeps_the_code_of_its_sentence():
    assert str(InputError(say("run.stopped"))).code == "run.stopped"


def test_a_failure_names_the_run_of_the_node_that_failed():
    failed = NodeFailed("m/a", say("run.stopped"), PLACE, instance="m[2]/a")
    assert str(failed) == "g.yaml:3:5  m[2]/a failed: the run was stopped"
    assert (failed.node, failed.instance, failed.code) == ("m/a", "m[2]/a", "run.stopped")
    assert str(NodeFailed("a", "no")) == "a  a failed: no" and NodeFailed("a", "no").instance == "a"
    assert str(NodeFailed("m/a", "no", instance="m[2]/a")) == "m[2]/a  m[2]/a failed: no"


def test_a_node_was_skipped_because_of_another_or_since_the_run_was_stopped():
    assert not Skipped("a", "b").stopped and Skipped("a", "", stopped=True).stopped
