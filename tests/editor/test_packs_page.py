"""What is told of packs, and a node of one's own that is written, let in and opened."""

from __future__ import annotations

import os

import pytest

from nodegraph import Catalogue, Engine, programs
from nodegraph_editor import packing
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.document.edits import EditRefused
from nodegraph_editor.panels import packs as told
from nodegraph_editor.panels.palette import Library
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.session import Session

OWN = "from nodegraph import node\n\n@node('mine.one')\ndef one(text: str) -> str:\n    return text\n"


@pytest.fixture
def session(tmp_path, monkeypatch):
    monkeypatch.setenv("VISUAL", "/no/such/program")
    monkeypatch.setenv("PATH", "")
    (tmp_path / "mine.py").write_text(OWN)
    (tmp_path / "g.yaml").write_text("nodegraph: 1\nnodes: {a: {type: mine.one, text: hi}}\noutputs: {a: $a}\n")
    catalogue = Catalogue(folders=[tmp_path / "mine.py"])
    session = Session(checker=Engine(None, catalogue=catalogue, device="cpu").check, catalogue=catalogue,
                      runner=Runner(lambda: Engine(None, catalogue=catalogue, device="cpu")), commands=COMMANDS)
    session.open(tmp_path / "g.yaml")
    yield session
    session.runner.close()


def test_every_pack_is_told_of_with_what_it_brings_and_ones_own_first(session, tmp_path):
    found = told.packs(session.catalogue)
    by_name = {one.name: one for one in found}
    assert [one.name for one in found][:2] == ["mine", "audio"]
    assert by_name["mine"].nodes == ("mine.one",) and by_name["mine"].is_own and by_name["mine"].place == tmp_path / "mine.py"
    media = by_name["media"]
    assert "media.read_image" in media.nodes and "Image" in media.types and media.version and not media.is_own
    assert media.licence == "MIT" and media.origin.startswith("nodegraph ")
    assert by_name["starter"].models and "media" in by_name["style"].requires
    assert [one.name for one in told.matching(found, "read_score")] == ["media"]
    assert told.matching(found, "no such thing") == []


def test_a_pack_that_cannot_be_read_stands_first_with_its_sentence(session, tmp_path):
    (tmp_path / "mine.py").write_text("def broken(:\n")
    session.tick(10)
    first = told.packs(session.catalogue)[0]
    assert first.name == "mine" and "mine.py:1: SyntaxError" in first.problem
    (tmp_path / "mine.py").write_text(OWN + "\n")
    packing.reload(session)
    assert not told.packs(session.catalogue)[0].problem and session.message == "Read mine.py again"
    packing.reload(session)
    assert session.message.startswith("No pack was edited")


def test_a_module_that_cannot_be_imported_is_told_of_at_its_pack(session, tmp_path):
    pack = tmp_path / "half"
    pack.mkdir()
    (pack / "__init__.py").write_text("")
    (pack / "nodes.py").write_text("import no_such_thing\n")
    (pack / "pack.yaml").write_text("pack: half\nnodes: {half.one: nodes}\n")
    (tmp_path / "graphs").mkdir()
    (tmp_path / "graphs/first.yaml").write_text("nodegraph: 1\n")
    packing.join(session, pack)
    library = Library(session.catalogue)
    library.fill(60.0)
    first = told.packs(session.catalogue, library.entries)[0]
    assert first.name == "half" and first.broken[0][0] == "half.one" and "no_such_thing" in first.broken[0][1]
    assert [path.name for path in first.graphs] == ["first.yaml"]


def test_a_new_node_is_written_let_in_known_to_the_project_and_its_path_is_at_hand(session, tmp_path):
    path = tmp_path / "watercolor.py"
    packing.new_node(session, path)
    assert "watercolor.repeat" in session.catalogue.node_names() and path.read_text().count("watercolor.repeat") == 1
    assert (tmp_path / "nodegraph.yaml").read_text() == "packs: [./watercolor.py]\n"
    assert session.clipboard.get() == str(path) and str(path) in session.message
    assert session.catalogue.nodetype("watercolor.repeat").call(text="a", times=3, between="-") == "a-a-a"
    packing.new_node(session, tmp_path / "inks.py")
    assert packing.remembered(tmp_path / "inks.py").startswith("For `nodegraph run`, add ./inks.py")
    for name in ("Big.py", "two words.py", "media.py"):
        with pytest.raises(EditRefused, match="one word"):
            packing.new_node(session, tmp_path / name)
        assert not (tmp_path / name).exists()


def test_a_program_in_a_window_is_taken_and_one_that_wants_a_terminal_is_not(tmp_path, monkeypatch):
    for name in ("vim", "gedit", "xdg-open"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs.sys, "platform", "linux")
    monkeypatch.setenv("VISUAL", "vim")
    assert programs.text_editor() == ["xdg-open"]
    monkeypatch.setenv("VISUAL", "gedit --wait")
    assert programs.text_editor() == ["gedit", "--wait"]
    os.remove(tmp_path / "xdg-open")
    monkeypatch.setenv("VISUAL", "")
    assert programs.text_editor() is None
