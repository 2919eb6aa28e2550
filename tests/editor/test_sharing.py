"""Graphs and pictures for someone else: one file with all that it reads, and copies without words."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import pytest

from nodegraph import Catalogue, Engine, graphfile
from nodegraph_editor import sharing
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.document.texts import without_texts
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.session import Session

GRAPH = """nodegraph: 1
title: A secret title  # a secret comment
description: a secret description
inputs:
  subject: {type: Text, default: a secret boat, help: a secret}
  size: {type: Int, default: 64}
nodes:
  page: {type: text.read, file: page.txt}
  said: {type: text.join, texts: [$subject, a secret word, $page]}
  shape: {type: mask.shape, kind: ellipse, width: $size, height: $size}
outputs: {said: $said, shape: $shape}
layout:
  nodes: {said: {at: [1, 2]}}
  notes: {n: {text: a secret note, at: [0, 0], size: [9, 9]}}
"""


@pytest.fixture
def session(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here/g.yaml").write_text(GRAPH)
    (tmp_path / "here/page.txt").write_text("of a page")
    catalogue = Catalogue()
    session = Session(checker=Engine(None, catalogue=catalogue, device="cpu").check, catalogue=catalogue, commands=COMMANDS,
                      runner=Runner(lambda: Engine(None, catalogue=catalogue, device="cpu")))
    session.open(tmp_path / "here/g.yaml")
    yield session
    session.runner.close()


def test_no_word_that_someone_wrote_is_in_a_copy_and_what_is_left_can_run(session):
    bare, count = without_texts(session.graph, session.checked)
    text = graphfile.dumps(bare)
    assert "secret" not in text and count == 5
    assert bare.nodes["page"].inputs == {"file": "page.txt"} and bare.nodes["shape"].inputs["kind"] == "ellipse"
    assert bare.inputs["size"].default == 64 and bare.layout["nodes"]["said"]["at"] == [1, 2]
    assert not session.checker(replace(bare, path=session.graph.path)).errors
    session.do("edit.copy_without_texts")
    assert "secret" not in session.clipboard.get() and "text.join" in session.clipboard.get()
    assert session.message.startswith("Copied without 5 texts") and "secret" in graphfile.dumps(session.graph)


def test_words_in_a_node_of_a_type_that_is_not_known_are_left_out_too(session):
    graph, _ = graphfile.parse("nodegraph: 1\nnodes: {a: {type: no.such, prompt: a secret, steps: 3}}\n")
    assert without_texts(graph, session.checker(graph)).graph.nodes["a"].inputs == {"prompt": "", "steps": 3}


def test_a_picture_is_written_with_a_graph_without_words(session, tmp_path):
    session.running.run()
    assert session.runner.wait(60)
    session.tick(1.0)
    job = session.gallery[0].job
    session.runner.export(job, "shape", tmp_path / "bare.png", words=False)
    session.runner.export(job, "shape", tmp_path / "whole.png")
    assert session.runner.wait(60)
    assert b"secret" not in (tmp_path / "bare.png").read_bytes() and b"secret" in (tmp_path / "whole.png").read_bytes()
    text, record = graphfile.embedded_graph(tmp_path / "bare.png")
    assert "mask.shape" in text and record == {}


def test_a_graph_is_shared_as_one_file_and_opened_from_it_in_a_folder_beside_it(session, tmp_path):
    session.do("file.share")
    assert session.dialog.kind == "export" and session.dialog.data["name"] == "g.zip"
    target = tmp_path / "there" / "g.zip"
    session.answer(target)
    assert session.runner.wait(60)
    session.tick(1.0)
    assert session.message.startswith("Wrote g.zip")
    with zipfile.ZipFile(target) as packed:
        assert {"g.yaml", "page.txt", "bundle.json"} == set(packed.namelist())
    session.open(target)
    assert session.document.path == tmp_path / "there/g/g.yaml" and not session.document.dirty
    assert "unpacked into" in session.message and not session.checked.errors
    session.open(target)  # once more: the same folder
    assert session.document.path == tmp_path / "there/g/g.yaml"
    (tmp_path / "there/g/bundle.json").write_text("{}")
    assert sharing.opened(target) == tmp_path / "there/g-2/g.yaml"


def test_a_graph_that_cannot_be_shared_says_why(session, tmp_path):
    (tmp_path / "here/page.txt").unlink()
    session.do("file.share")
    session.answer(tmp_path / "g.zip")
    assert session.runner.wait(60)
    session.tick(1.0)
    assert session.message_kind == "error" and "page.txt" in session.message and not (tmp_path / "g.zip").exists()


def test_a_zip_that_is_no_bundle_is_told_of_and_nothing_else_happens(session, tmp_path):
    (tmp_path / "no.zip").write_bytes(b"PK")
    session.open(tmp_path / "no.zip")
    assert session.dialog.kind == "error" and "is no bundle" in session.dialog.data["text"]
    assert session.document.path.name == "g.yaml"
