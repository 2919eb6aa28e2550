"""A graph beside another one: what came, what changed, what is gone, on the canvas and in words."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from nodegraph import Engine
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.document import edits
from nodegraph_editor.document.committed import NoCommit, last_commit
from nodegraph_editor.document.items import Item, position
from nodegraph_editor.runs.comparison import Against, compared, ghosts
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.session import Session

from . import workshop

OLD = """title: Lines
inputs:
  subject: {type: Text, default: a boat}
nodes:
  said: {type: w.say, text: $subject}
  loud: {type: w.say, text: $said, loud: true}
  lost: {type: w.say, text: $said}
outputs:
  line: $loud
"""
NEW = """title: Lines
inputs:
  subject: {type: Text, default: a cat}
nodes:
  said: {type: w.say, text: $subject}
  loud: {type: w.say, text: $more}
  more: {type: w.say, text: $said}
outputs:
  line: $loud
"""


def graphs():
    return workshop.graph(OLD), workshop.graph(NEW)


def test_what_came_changed_and_went_is_marked_and_told():
    old, new = graphs()
    found = compared(Against("the old one", old), new)
    assert found.marks == {Item("input", "subject"): "changed", Item("node", "loud"): "changed", Item("node", "more"): "added"}
    assert found.gone == (Item("node", "lost"),)
    assert [(line.sort, line.item.name, line.words) for line in found.lines] == [
        ("changed", "subject", "default: a boat → a cat"), ("changed", "loud", "text: $said → $more"),
        ("changed", "loud", "loud: true → —"), ("added", "more", "w.say"), ("gone", "lost", "w.say")]
    assert {str(link.target) for link in found.added} == {"loud.text", "more.text"}
    assert {str(link.target) for link in found.taken} == {"loud.text", "lost.text"}
    assert found.words == "Compared with the old one: 1 new, 2 changed, 1 gone"


def test_where_things_stand_is_no_difference():
    _, new = graphs()
    moved = edits.move(new, {Item("node", "said"): (700, 40)})
    found = compared(Against("itself", new), moved)
    assert not found.lines and not found.marks and "same" in found.words


def test_what_is_gone_is_drawn_where_it_stood_or_beside_what_it_was_linked_to():
    old, new = graphs()
    new = edits.move(new, {Item("node", name): (300 * at, 0) for at, name in enumerate(("said", "loud", "more"))})
    lost = Item("node", "lost")
    found = ghosts(compared(Against("old", old), new), new, {})
    assert found[lost][0] > 0  # right of `said`, which it read
    placed = edits.move(old, {lost: (40, 900)})
    assert ghosts(compared(Against("old", placed), new), new, {})[lost][:2] == (40, 900)
    assert position(new, lost) is None


@pytest.fixture
def repository(tmp_path):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")

    def git(*words):
        subprocess.run(["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True,
                       capture_output=True)
    git("init", "-q")
    path = tmp_path / "lines.yaml"
    path.write_text(OLD, encoding="utf-8")
    return path, git


def test_the_last_commit_of_a_file_is_read_and_a_file_without_one_is_told_of(repository, tmp_path):
    path, git = repository
    with pytest.raises(NoCommit, match=r"lines.yaml was never committed"):
        last_commit(path)
    git("add", "lines.yaml")
    git("commit", "-q", "-m", "first")
    (tmp_path / "other.yaml").write_text(NEW, encoding="utf-8")
    with pytest.raises(NoCommit, match=r"other.yaml was never committed"):
        last_commit(tmp_path / "other.yaml")
    path.write_text(NEW, encoding="utf-8")
    called, graph = last_commit(path)
    assert set(graph.nodes) == {"said", "loud", "lost"} and len(called.split(", ")[1]) == len("2026-01-01")


def test_a_file_in_no_repository_is_told_of(tmp_path, monkeypatch):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    path = tmp_path / "alone.yaml"
    path.write_text(OLD, encoding="utf-8")
    with pytest.raises(NoCommit, match="lies in no git repository"):
        last_commit(path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoCommit, match="git is not installed"):
        last_commit(path)


def test_the_command_compares_with_the_last_commit_follows_edits_and_is_switched_off(repository):
    path, git = repository
    git("add", "lines.yaml")
    git("commit", "-q", "-m", "first")
    engine = Engine(None, catalogue=workshop.CATALOGUE, device="cpu")
    session = Session(checker=engine.check, catalogue=workshop.CATALOGUE, commands=COMMANDS,
                      runner=Runner(lambda: Engine(None, catalogue=workshop.CATALOGUE, device="cpu")))
    session.open(path)
    assert session.can("view.compare") and not session.can("view.differences")
    session.do("view.compare")
    assert session.comparing.found is not None and not session.comparing.found.lines
    session.edit("undo.set", edits.set_value(session.graph, "loud", "text", "hello"))
    assert session.comparing.found.marks == {Item("node", "loud"): "changed"} and session.can("view.differences")
    session.do("view.differences")
    assert session.dialog.kind == "differences"
    session.answer(session.comparing.found.lines[0])
    assert session.selection == {Item("node", "loud")}
    session.do("view.compare")
    assert session.comparing.found is None
    session.do("view.compare_file")
    session.answer(path)
    assert session.comparing.found is not None and "lines.yaml" in session.comparing.found.called
    session.runner.close()
