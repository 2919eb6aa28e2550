"""What nodes tell of that they dropped or changed: heard by whoever runs them, and remembered with the result."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest

from nodegraph import Engine, ModelType, events as ev, node, warn
from nodegraph.cli import main

GRAPH = """
nodegraph: 1
inputs:
  t: {type: Text, default: a b c}
nodes:
  cut: {type: warned.cut, text: $t}
  more: {type: text.join, texts: [$cut, x]}
outputs: {o: $more}
"""
MAPPED = """
nodegraph: 1
inputs:
  t: {type: list of Text, default: [a b, c, d e]}
nodes:
  cut: {type: %s, each: text, text: $t}
outputs: {o: $cut}
"""
PACK = '''
import asyncio

from nodegraph import node, warn


@node("warned.cut", version=1)
def cut(text: str) -> str:
    """Keep the first word.

    text: words.
    """
    if " " in text:
        warn(f"of {text!r} only the first word is kept")
    return text.split()[0]


@node("warned.length", version=1)
def length(text: str) -> int:
    """Count letters, in the quickest way there is.

    text: words.
    """
    warn("spaces are counted")
    return len(text)


@node("warned.waiting", version=1)
async def waiting(text: str) -> str:
    """Wait a little.

    text: words.
    """
    warn(f"{text} begins")
    await asyncio.sleep(0)
    warn(f"{text} ends")
    return text


@node("warned.batch", version=1, batch="text")
def batch(text: list[str]) -> list[str]:
    """All at once.

    text: words.
    """
    for place, one in enumerate(text):
        if " " in one:
            warn(f"{one} has two words", item=place)
    return [one.upper() for one in text]


@node("warned.costly", version=1, costly=True)
def costly(text: str) -> str:
    """In a thread of its own.

    text: words.
    """
    warn("slow")
    return text


@node("warned.fails", version=1)
def fails(text: str) -> str:
    """Fail.

    text: words.
    """
    warn("it looked odd before")
    raise ValueError(text)
'''


@pytest.fixture
def pack(tmp_path):
    path = tmp_path / "warned.py"
    path.write_text(PACK, encoding="utf-8")
    return str(path)


@pytest.fixture
def run(tmp_path, pack):
    """Runs a graph's text in a new Engine over one cache."""
    def run(text):
        path = tmp_path / "g.yaml"
        path.write_text(text, encoding="utf-8")
        told = []
        with Engine(packs=[pack], cache=tmp_path / "cache") as live:
            result = live.run(path, emit=told.append)
        return [(event.node, event.message) for event in told if isinstance(event, ev.Warned)], \
            {event.node for event in told if isinstance(event, ev.Finished)}, result
    return run


CUT = [("cut", "of 'a b c' only the first word is kept")]


def test_a_node_tells_what_it_dropped_under_its_own_name(run):
    told, ran, _ = run(GRAPH)
    assert told == CUT and ran == {"cut", "more"}


def test_what_a_node_told_is_told_again_when_its_result_is_remembered(run):
    run(GRAPH)
    told, ran, _ = run(GRAPH)
    assert told == CUT and ran == set()


def test_the_same_engine_tells_it_again_when_nothing_or_something_else_changed(tmp_path, pack):
    path = tmp_path / "g.yaml"
    path.write_text(GRAPH, encoding="utf-8")
    with Engine(packs=[pack], cache=None) as engine:
        for text in (GRAPH, GRAPH, GRAPH.replace("x]", "y]"), GRAPH.replace("x]", "y]")):
            path.write_text(text, encoding="utf-8")
            told = []
            engine.run(path, emit=told.append)
            assert [(e.node, e.message) for e in told if isinstance(e, ev.Warned)] == CUT


def test_mapped_nodes_tell_of_each_item_and_of_the_same_once(run):
    for again in (False, True):
        told, _, _ = run(MAPPED % "warned.cut")
        assert told == [("cut", f"of {t!r} only the first word is kept") for t in ("a b", "d e")], again
    assert run(MAPPED % "warned.length")[0] == [("cut", "spaces are counted")]


def test_a_batch_node_tells_of_the_item_that_it_is_about(run):
    wanted = [("cut", "a b has two words"), ("cut", "d e has two words")]
    assert run(MAPPED % "warned.batch")[0] == wanted
    assert run(MAPPED % "warned.batch")[0] == wanted
    alone = (MAPPED % "warned.batch").replace("[a b, c, d e]", "[c, d e]")
    assert run(alone)[0] == wanted[1:]


def test_async_nodes_do_not_hear_each_other(run):
    told, _, _ = run(MAPPED % "warned.waiting")
    assert sorted(told) == sorted(("cut", f"{t} {word}") for t in ("a b", "c", "d e") for word in ("begins", "ends"))
    assert sorted(run(MAPPED % "warned.waiting")[0]) == sorted(told)


def test_a_node_in_a_thread_of_its_own_is_heard(run):
    assert run(GRAPH.replace("warned.cut", "warned.costly"))[0] == [("cut", "slow")]


def test_what_a_node_told_before_it_failed_is_heard(tmp_path, pack):
    path = tmp_path / "g.yaml"
    path.write_text(GRAPH.replace("warned.cut", "warned.fails"), encoding="utf-8")
    told = []
    with Engine(packs=[pack], cache=None) as engine:
        assert engine.run(path, emit=told.append).errors
    assert [(e.node, e.message) for e in told if isinstance(e, ev.Warned)] == [("cut", "it looked odd before")]


def test_the_command_tells_it_in_its_lines_and_in_json(tmp_path, pack, capsys):
    path = tmp_path / "g.yaml"
    path.write_text(GRAPH, encoding="utf-8")
    line = "cut: of 'a b c' only the first word is kept"
    for again in range(2):
        assert main(["run", str(path), "--pack", pack, "--out", str(tmp_path / "o"), "--json"]) == 0
        streams = capsys.readouterr()
        assert json.loads(streams.out)["warnings"] == [line] and f"warning: {line}" in streams.err


def test_outside_of_a_run_it_is_a_warning_of_python(pack):
    with pytest.warns(UserWarning, match="dropped"):
        warn("something is dropped")


Thing = ModelType("Thing", "A model.", size=lambda model: 1, move=lambda model, device: None, holds=lambda folder: True,
                  load=lambda recipe, device, dtype: warn("its adapter is not used") or object())


def test_what_a_loader_tells_holds_for_every_run_with_that_model(tmp_path):
    @node("thing.use", version=1)
    def use(model: Annotated[Any, Thing], text: str) -> str:
        """Use it.

        model: a folder.
        text: words.
        """
        return text

    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text("{}")
    path = tmp_path / "g.yaml"
    with Engine(functions=[use], cache=None) as engine:
        for words in ("one", "two"):
            path.write_text(f"nodegraph: 1\nnodes:\n  u: {{type: thing.use, model: m, text: {words}}}\noutputs: {{o: $u}}\n")
            told = []
            engine.run(path, emit=told.append)
            assert [e.message for e in told if isinstance(e, ev.Warned)] == ["its adapter is not used"]
        assert engine.models.loads == 1
