"""A picture opened in the editor is the graph that `nodegraph run` would carry out, with its parts and its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodegraph import Catalogue, Engine, graphfile
from nodegraph.check import check
from nodegraph.cli import main
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.document.edits import EditRefused
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.session import Session
from tests.nodegraph import output_nodes

NODES = output_nodes.__file__
GRAPH = """nodegraph: 1
nodes:
  cat: {type: patch.read, file: photos/cat.txt}
  part: {type: ./parts/part.yaml}
outputs: {cat: $cat, part: $part}
"""
PART = "nodegraph: 1\nnodes:\n  dog: {type: patch.read, file: ../photos/dog.txt}\noutputs: {dog: $dog}\n"
LOADED = Catalogue(folders=[NODES])


@pytest.fixture
def picture(tmp_path, monkeypatch) -> Path:
    """A picture, moved away from where it was made; the graph and its part have gone since."""
    monkeypatch.chdir(tmp_path)
    for folder in ("project/parts", "project/photos", "moved"):
        Path(folder).mkdir(parents=True)
    for name, color in (("cat", "ff0000"), ("dog", "00ff00")):
        Path(f"project/photos/{name}.txt").write_text(color)
    Path("project/g.yaml").write_text(GRAPH)
    Path("project/parts/part.yaml").write_text(PART)
    assert main(["run", "project/g.yaml", "--out", "made", "--cache", "none", "--device", "cpu", "--pack", NODES]) == 0
    Path("project/g.yaml").unlink(), Path("project/parts/part.yaml").unlink()
    return Path("made/cat.png").rename("moved/cat.png")


@pytest.fixture
def session(picture):
    runner = Runner(lambda: Engine(None, catalogue=LOADED, device="cpu"))
    session = Session(checker=lambda graph: check(graph, LOADED), catalogue=LOADED, runner=runner, commands=COMMANDS)
    session.open(picture)
    yield session
    runner.close()


def test_its_parts_come_along_and_its_files_are_found(session):
    assert not session.problems and session.document.path is None
    session.running.run()
    assert session.runner.wait(30)
    session.tick(0)
    assert session.states["cat"].status == session.states["part/dog"].status == "ran"
    with pytest.raises(EditRefused, match="Save this graph"):
        session.files.enter("part")


def test_saved_where_its_files_lie_its_parts_have_files_again(session):
    asked = []
    session.ask = lambda kind, answer=None, **facts: asked.append((kind, facts.get("folder")))
    session.files.save()
    assert [(kind, Path(folder).resolve()) for kind, folder in asked] == [("save_as", Path("project").resolve())]
    session.files.save("project/mine.yaml")
    assert Path("project/parts/part.yaml").read_text() == PART
    checked = check(graphfile.read("project/mine.yaml")[0], LOADED)
    assert not checked.problems and "type: ./parts/part.yaml" in Path("project/mine.yaml").read_text()
    session.files.enter("part")
    assert session.document.path == Path("project/parts/part.yaml").resolve()


def test_a_part_that_has_a_file_is_led_to_from_where_the_graph_is_saved(session):
    Path("project/parts/part.yaml").write_text(PART)
    session.files.save("moved/mine.yaml")
    assert "type: ../project/parts/part.yaml" in Path("moved/mine.yaml").read_text() and not Path("moved/parts").exists()
