"""Runs on disk: records that outlive the session, files that runs wrote, stars, and results put on the canvas."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from PIL import Image

from nodegraph import Catalogue, Engine, pngtext
from nodegraph.types import TEXT
from nodegraph_editor import keeping
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.document.edits import EditRefused
from nodegraph_editor.panels.palette import entries, known
from nodegraph_editor.runs import kept, updates as up
from nodegraph_editor.runs.gallery import Result
from nodegraph_editor.runs.kept import Folder
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.runs.shelf import Shelf
from nodegraph_editor.runs.thumbnails import Thumbnail
from nodegraph_editor.session import Session

from .workshop import graph

CARD = """title: Card
inputs: {subject: {type: Text, default: a red boat}}
nodes:
  verse: {type: text.join, texts: [$subject]}
outputs: {card: $verse, verse: $verse}
"""


def result(subject="a red boat", job=1, day=1, digest=b"\1\2") -> Result:
    picture = Thumbnail("picture", np.full((8, 12, 4), 90, np.uint8), "")
    made = {"card": up.Output(TEXT, digest, picture), "verse": up.Output(TEXT, digest, Thumbnail("text", None, "ROW ON"))}
    return Result.of(up.Done(job, "", 1.5, False, made, 0, graph(CARD), {"subject": subject}, {"verse.seed": 7}),
                     datetime(2026, 1, day))


def written(path, subject, output="card", number=""):
    """A picture as `nodegraph run` writes it."""
    name = path / f"{output}{number}.png"
    Image.new("RGB", (6, 4)).save(name)
    told = {"nodegraph": "nodegraph: 1\n" + CARD, "nodegraph.run": json.dumps({"output": output, "inputs": {"subject": subject}})}
    name.write_bytes(pngtext.with_texts(name.read_bytes(), told))
    return name


def test_a_run_is_found_by_the_next_session_with_its_graph_its_picture_and_its_star(tmp_path):
    shelf = Shelf(tmp_path)
    shelf.keep(result())
    shelf.keep(result("a green fox", 2, 2, b"\3"))
    shelf.keep(result("a green fox", 3, 3, b"\3"))  # run again, and the very same came out
    assert shelf.wait(20)
    shelf.star(shelf.runs[1].key)
    shelf.close()
    again = Shelf(tmp_path)
    again.look([])
    assert again.wait(20)
    assert [run.given["subject"] for run in again.runs] == ["a green fox", "a red boat"]
    boat = again.runs[1]
    assert again.stars == {boat.key} and kept.matching(again.runs, "", again.stars) == [boat]
    assert kept.graph_of(boat.graph).inputs["subject"].default == "a red boat"
    assert again.pictures[boat.key].shape == (8, 12, 4) and boat.made[0].digest == "0102"
    again.forget(boat.key)
    assert again.wait(20) and len(again.runs) == 1 and len(list(tmp_path.glob("*.json"))) == 1
    again.close()


def test_runs_are_found_by_what_went_in_and_by_what_came_out(tmp_path):
    shelf = Shelf(tmp_path)
    shelf.keep(result())
    shelf.keep(result("a green fox", 2, 2, b"\3"))
    assert shelf.wait(20)
    find = lambda words: [run.given["subject"] for run in kept.matching(shelf.runs, words)]
    assert find("RED boat") == ["a red boat"] and find("green boat") == [] and len(find("row on")) == 2
    shelf.close()


def test_a_shelf_without_work_has_no_thread(tmp_path):
    shelf = Shelf(tmp_path)
    for day in (1, 2):
        shelf.keep(result("a fox", day, day, b"\3"))
        assert shelf.wait(20)
        threads = [thread for thread in threading.enumerate() if thread.name == "nodegraph-shelf"]
        for thread in threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in threads)
    assert [run.given["subject"] for run in shelf.runs] == ["a fox"]  # the second came to the same


def test_a_damaged_record_is_left_out_and_does_not_hide_the_others(tmp_path):
    kept.keep(tmp_path, result())
    (tmp_path / "99.json").write_text('{"at": 1')
    (tmp_path / "98.json").write_text("[]")
    assert [run.title for run in kept.records(tmp_path)] == ["Card"]


def test_a_run_of_a_graph_without_a_title_is_called_after_what_it_made(tmp_path):
    untitled = result()
    kept.keep(tmp_path, replace(untitled, graph=replace(untitled.graph, title="")))
    assert [run.title for run in kept.records(tmp_path)] == ["card, verse"]


def test_files_of_one_run_stand_together_and_what_is_of_no_run_stands_alone(tmp_path):
    written(tmp_path, "a boat")
    written(tmp_path, "a fox", number="-2")
    (tmp_path / "verse.txt").write_text("row on")
    (tmp_path / "verse-2.txt").write_text("run on")
    (tmp_path / "tune-2.mid").write_bytes(b"")
    (tmp_path / "notes.md").write_text("no result")
    runs = {tuple(sorted(one.path.name for one in run.made)): run for run in Folder(tmp_path).runs()}
    assert set(runs) == {("card.png", "verse.txt"), ("card-2.png", "verse-2.txt"), ("tune-2.mid",)}
    fox = runs["card-2.png", "verse-2.txt"]
    assert fox.given == {"subject": "a fox"} and "run on" in fox.words and fox.title == "Card"


def test_a_file_that_did_not_change_is_not_read_again(tmp_path, monkeypatch):
    path, read = written(tmp_path, "a boat"), []
    monkeypatch.setattr(kept.graphfile, "embedded_graph", lambda p, real=kept.graphfile.embedded_graph: read.append(p) or real(p))
    folder = Folder(tmp_path)
    folder.runs()
    folder.runs()
    assert read == [path]
    os.utime(path, ns=(1, 1))
    folder.runs()
    assert read == [path, path]
    path.unlink()
    assert folder.runs() == []


@pytest.fixture
def session(tmp_path):
    catalogue = Catalogue()
    session = Session(checker=Engine(None, catalogue=catalogue, device="cpu").check, catalogue=catalogue,
                      runner=Runner(lambda: Engine(tmp_path / "cache", catalogue=catalogue, device="cpu")), commands=COMMANDS,
                      folder=tmp_path / "config")
    yield session
    session.shelf.close()
    session.runner.close()


def readers(session):
    names = ("media.read_image", "media.read_audio", "media.read_score", "media.read_video", "text.read")
    return [known(entry, session.catalogue) for entry in entries(session.catalogue) if entry.name in names]


def test_each_kind_of_file_has_the_node_that_reads_it(session):
    found = {suffix: keeping.reader_of(readers(session), suffix) for suffix in (".png", ".wav", ".mid", ".mp4", ".txt", ".zip")}
    assert {suffix: one and one[0].name for suffix, one in found.items()} == {
        ".png": "media.read_image", ".wav": "media.read_audio", ".mid": "media.read_score", ".mp4": "media.read_video",
        ".txt": "text.read", ".zip": None}


def test_what_a_run_made_is_put_on_the_canvas_from_its_file_or_from_the_cache(session, tmp_path):
    home = tmp_path / "work"
    (home / "out").mkdir(parents=True)
    (home / "g.yaml").write_text("nodegraph: 1\n" + CARD)
    written(home / "out", "a boat")
    session.open(home / "g.yaml")
    session.running.run()
    assert session.runner.wait(60)
    session.tick(1.0)
    keeping.look(session)
    assert session.shelf.wait(20)
    record, file = sorted(session.shelf.runs, key=lambda run: run.made[0].path is not None)
    keeping.place(session, file, readers(session), (10, 3000))
    assert session.graph.nodes["card"].inputs == {"file": "out/card.png"}
    assert session.graph.layout["nodes"]["card"]["at"] == [10, 3000]
    keeping.place(session, record, readers(session))
    assert session.runner.wait(60)
    session.tick(2.0)
    [(name, node)] = [(name, node) for name, node in session.graph.nodes.items() if node.type == "text.read"]
    assert name == "card2"  # after the output, not after the file, which is numbered
    assert (home / node.inputs["file"]).read_text().strip() == "a red boat"
    (home / "out/card.png").unlink()
    with pytest.raises(EditRefused, match="not there any more"):
        keeping.place(session, file, readers(session))


def test_the_graph_of_a_kept_run_opens_with_what_it_was_given(session):
    session.shelf.keep(result("a green fox"))
    assert session.shelf.wait(20)
    keeping.open_graph(session, session.shelf.runs[0])
    assert session.document.graph.inputs["subject"].default == "a green fox"
    with pytest.raises(EditRefused, match="Nothing tells"):
        keeping.open_graph(session, session.shelf.runs[0]._replace(graph=""))


def test_what_an_example_gives_goes_to_who_asked_and_not_into_the_gallery(session):
    came = []
    number = session.runner.run(graph(CARD), aside=True)
    session.progress.aside.add(number)
    session.progress.when(up.Done, number, "", came.append)
    assert session.runner.wait(60)
    session.tick(1.0)
    assert came[0].outputs["verse"].thumbnail.text == "a red boat" and len(session.gallery) == 0
    assert session.shelf.wait(20) and session.shelf.runs == ()
