"""Packs that are edited while the editor is open are read again, and what is wrong with them is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nodegraph import Catalogue, Engine
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.panels.palette import Library
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.session import Session

NODES = """from nodegraph import node

@node("mine.{name}", version=1)
def f(text: str, {extra}) -> str:
    \"\"\"It.\"\"\"
    return text + "{mark}"
"""
GRAPH = "nodegraph: 1\nnodes: {a: {type: mine.one, text: hi}}\noutputs: {a: $a}\n"


def written(path: Path, name="one", mark="!", extra="times: int = 1") -> None:
    path.write_text(NODES.format(name=name, mark=mark, extra=extra))
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 10_000_000 * len(path.read_text())))


@pytest.fixture
def session(tmp_path):
    written(tmp_path / "mine.py")
    (tmp_path / "g.yaml").write_text(GRAPH)
    catalogue = Catalogue(folders=[tmp_path / "mine.py"])
    runner = Runner(lambda: Engine(None, catalogue=catalogue, device="cpu"))
    session = Session(checker=Engine(None, catalogue=catalogue, device="cpu").check, catalogue=catalogue, runner=runner,
                      commands=COMMANDS)
    session.open(tmp_path / "g.yaml")
    yield session
    runner.close()


def ran(session) -> str:
    session.running.run()
    assert session.runner.wait(30)
    session.tick(0)
    assert session.states["a"].status == "ran", session.message
    made = session.runner._products.ports["a.text"]
    return session.runner._engine.value(made.type, made.digest)


def test_the_nodes_the_run_and_the_palette_follow_an_edit(session, tmp_path):
    library = Library(session.catalogue)
    library.fill(9)
    assert ran(session) == "hi!"
    written(tmp_path / "mine.py", mark="?", extra="loud: bool = True")
    session.tick(10)
    assert session.message == "Read mine.py again" and "loud" in session.checked.nodes["a"].nodetype.inputs
    assert ran(session) == "hi?"
    written(tmp_path / "mine.py", name="another")
    session.tick(20)
    assert [found.problem.message.code for found in session.problems if found.problem.severity == "error"] == ["node.type-unknown"]
    assert library.renew() and not library.renew()
    assert [entry.name for entry in library.entries if entry.name.startswith("mine.")] == ["mine.another"]


def test_a_pack_that_is_broken_by_an_edit_is_told_and_comes_back_when_it_is_mended(session, tmp_path):
    (tmp_path / "mine.py").write_text("def broken(:\n")
    session.tick(10)
    assert session.message_kind == "error" and "mine.py:1: SyntaxError" in session.message
    problem, = [found.problem for found in session.problems]
    assert problem.message.code == "pack.broken" and "mine.py:1" in str(problem.message)
    session.tick(20)
    assert session.problems
    written(tmp_path / "mine.py", mark=".")
    session.tick(30)
    assert not session.problems and ran(session) == "hi."


def test_nothing_is_read_again_while_the_worker_is_at_work(session, tmp_path, monkeypatch):
    written(tmp_path / "mine.py", mark="??")
    monkeypatch.setattr(type(session.runner), "idle", property(lambda self: False))
    session.tick(10)
    assert session.catalogue.revision == 0
    monkeypatch.undo()
    session.tick(20)
    assert session.catalogue.revision == 1


def test_what_is_shown_is_stale_once_the_code_of_its_node_or_of_one_before_it_was_edited(session, tmp_path):
    (tmp_path / "inner.yaml").write_text("nodegraph: 1\nnodes: {x: {type: mine.one, text: in}}\noutputs: {x: $x}\n")
    (tmp_path / "g.yaml").write_text(
        "nodegraph: 1\nnodes:\n  a: {type: mine.one, text: hi}\n  b: {type: text.join, texts: [$a]}\n"
        "  c: {type: ./inner.yaml}\n  d: {type: text.join, texts: [one]}\noutputs: {b: $b, c: $c, d: $d}\n")
    session.open(tmp_path / "g.yaml")

    def stale() -> set[str]:
        return {name for name, state in session.states.items() if state.stale}
    ran(session)
    assert {"b", "c/x", "d"} <= {name for name, state in session.states.items() if state.status == "ran"} and not stale()
    written(tmp_path / "mine.py", mark="???")
    session.tick(10)
    assert stale() == {"a", "b", "c"}
    written(tmp_path / "mine.py")
    session.tick(20)
    assert not stale()  # the code is what it was
    (tmp_path / "mine.py").write_text("def broken(:\n")
    session.tick(30)
    assert stale() == {"a", "b", "c"}
    written(tmp_path / "mine.py", mark="????")
    session.tick(40)
    ran(session)
    assert not stale()
