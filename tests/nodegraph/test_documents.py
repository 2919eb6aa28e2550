"""What nodegraph tells as JSON: plain data, with codes beside sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from nodegraph import Engine, Lazy, Range, events, node
from nodegraph.documents import (
    Description,
    description_document,
    event_document,
    failure_document,
    plain,
    problem_document,
    run_document,
)
from nodegraph.errors import NodeFailed, Position, Problem
from nodegraph.graphfile import parse
from nodegraph.wording import say


def whole(document: Any) -> Any:
    """A document as its reader gets it; JSON knows no NaN."""
    return json.loads(json.dumps(document, allow_nan=False))


@pytest.mark.parametrize("value, kept", [
    (None, None), (True, True), (3, 3), (1.5, 1.5), ("é", "é"), (b"\x01\xff", "01ff"), (float("inf"), "inf"), (10 ** 400, hex(10 ** 400)),
    ([(1, b"")], [[1, ""]]), ({1: {"a": float("nan")}}, {"1": {"a": "nan"}}), (Path("a/b"), str(Path("a/b"))),
])
def test_anything_becomes_plain(value, kept):
    assert whole(plain(value)) == kept


def test_a_problem_is_told_with_its_place_and_its_code():
    problem = Problem(Position("g.yaml", 3, 5), say("pack.name-taken", path=Path("a.py"), kind="node", name="x", owner="y"),
                      "Do.", at=("nodes", "a", 0))
    assert whole(problem_document(problem)) == {
        "file": "g.yaml", "line": 3, "column": 5, "severity": "error", "at": ["nodes", "a", 0], "hint": "Do.",
        "message": "pack a.py: the node x is declared by y already; give it another name", "code": "pack.name-taken",
        "facts": {"path": "a.py", "kind": "node", "name": "x", "owner": "y"}}
    told = problem_document(Problem(None, "no"))
    assert (told["file"], told["line"]) == (None, None) and "code" not in told


def test_a_failure_is_told_with_its_instance():
    told = whole(failure_document(NodeFailed("m/a", "no", inputs={"x": "1"}, instance="m[2]/a")))
    assert told == {"node": "m/a", "instance": "m[2]/a", "message": "no", "where": None, "inputs": {"x": "1"},
                    "trace": ""}


def test_all_that_a_signature_says_of_a_node_is_told():
    @node("t.all", version=2, batch="texts", batch_size=4, timeout=3, retry=1, tags=("x",))
    def f(texts: list[str], steps: Annotated[int, Range(1, float("inf"))], more: str | None,
          tone: Literal["a", "b"] = "a") -> list[str]:
        """Do it.

        steps: how many.
        """

    told = whole(description_document(Description.of(f.__nodetype__)))
    assert told == {
        "name": "t.all", "version": "2", "help": "Do it.", "pack": "t", "distribution": "", "tags": ["x"],
        "remember": True, "batch": "texts", "batch_size": 4, "timeout": 3, "retry": 1,
        "inputs": [
            {"name": "texts", "type": "Text", "many": True, "help": "", "required": True},
            {"name": "steps", "type": "Int", "many": False, "help": "how many.", "range": [1, None], "required": True},
            {"name": "more", "type": "Text", "many": False, "help": "", "optional": True, "default": None},
            {"name": "tone", "type": "Text", "many": False, "help": "", "choices": ["a", "b"], "default": "a"}],
        "outputs": [{"name": "texts", "type": "Text", "many": True, "depth": 1, "help": ""}]}


def test_a_lazy_input_is_told_as_one():
    @node("t.lazy", version=1)
    def f(more: Lazy[str]) -> str:
        return more()

    told = whole(description_document(Description.of(f.__nodetype__)))
    assert told["inputs"] == [{"name": "more", "type": "Text", "many": False, "help": "", "lazy": True, "required": True}]


def test_a_run_is_told_with_its_outputs_nodes_and_failures(tmp_path):
    @node("t.split", version=1)
    def split(text: str) -> list[str]:
        return text.split()

    @node("t.fail", version=1)
    def fail(text: str) -> str:
        raise OSError("no ink")

    graph, _ = parse("nodegraph: 1\nnodes:\n  s: {type: t.split, text: a b}\n  f: {type: t.fail, each: text, text: $s}\n"
                     "outputs: {s: $s, f: $f}\n")
    heard: list[Any] = []
    with Engine(None, functions=[split, fail]) as engine:
        result = engine.run(graph, emit=heard.append)
        told = whole(run_document(result, {"s": engine.export(result, "s", tmp_path, "s")}))
    assert {name: n["status"] for name, n in told["nodes"].items()} == {"s": "ran", "f": "failed"}
    assert told["outputs"]["s"] | {"digest": ""} == {
        "type": "Text", "depth": 1, "paths": [str(tmp_path / "s.1.txt"), str(tmp_path / "s.2.txt")], "digest": ""}
    assert "f" not in told["outputs"] and told["errors"][0]["node"] == "f" and "no ink" in told["errors"][0]["message"]
    kinds = [whole(event_document(event))["event"] for event in heard]
    assert kinds[0] == "planned" and kinds[-1] == "done" and {"started", "finished", "failed"} & set(kinds) >= {"failed"}


def test_an_event_is_told_without_what_json_cannot_hold():
    class Picture:
        shape = (1, 1, 3)

    assert event_document(events.Progress("a", 1, 2.0, "steps", Picture())) == {
        "event": "progress", "node": "a", "done": 1, "total": 2.0, "text": "steps", "preview": None}
    assert event_document(events.Progress("a", 1, None, preview="so far"))["preview"] == "so far"
    assert event_document(events.Cached("a", (b"\x01",))) == {"event": "cached", "node": "a", "outputs": ["01"]}
    assert event_document(events.Failed("a", NodeFailed("a", "no")))["error"]["message"] == "no"
