"""A graph and all that it reads as one zip: found again elsewhere, and nothing unpacked that a bundle may not hold."""

from __future__ import annotations

import json
import zipfile

import pytest

import nodegraph
from nodegraph import GraphError
from nodegraph.bundle import MANIFEST, unpacked
from nodegraph.cli.main import main

GRAPH = """nodegraph: 1   # a comment that stays
title: Read
inputs:
  page: {type: File, default: page.txt}
nodes:
  one: {type: text.read, file: $page}
  two: {type: text.read, file: ../shared/far.txt}
  all: {type: text.join, texts: [$one, $two]}
  inner: {type: ./parts/inner.yaml, text: $all}
outputs: {all: $inner}
"""
INNER = """nodegraph: 1
inputs: {text: {type: Text}}
nodes: {joined: {type: text.join, texts: [$text, "."]}}
outputs: {text: $joined}
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "work" / "here"
    (home / "parts").mkdir(parents=True)
    (home.parent / "shared").mkdir()
    (home / "g.yaml").write_text(GRAPH)
    (home / "parts/inner.yaml").write_text(INNER)
    (home / "page.txt").write_text("near")
    (home.parent / "shared/far.txt").write_text("far")
    monkeypatch.chdir(home)
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    return home


def test_a_bundle_runs_elsewhere_and_names_its_packs(home, tmp_path, monkeypatch, capsys):
    assert main(["bundle", "g.yaml"]) == 0
    told = capsys.readouterr().out
    assert "g.yaml and 2 files" in told and "text (nodegraph " in told and "nodegraph run g.zip" in told
    with zipfile.ZipFile(home / "g.zip") as packed:
        manifest = json.loads(packed.read(MANIFEST))
        text = packed.read(manifest["graph"]).decode()
    assert "# a comment that stays" in text and "packs:" in text and str(tmp_path) not in text
    assert set(manifest["files"]) == {"graph/page.txt", "shared/far.txt"} and manifest["versions"]["nodes"]["text.read"]
    away = tmp_path / "away"
    away.mkdir()
    (home / "g.zip").rename(away / "g.zip")
    (home.parent / "shared/far.txt").unlink()
    monkeypatch.chdir(away)
    assert main(["run", "g.zip", "--quiet"]) == 0
    assert (away / "out/all.txt").read_text().split() == ["near", "far", "."]
    assert main(["check", "g.zip"]) == 0
    assert nodegraph.run("g.zip")["all"].split() == ["near", "far", "."]


def test_a_bundle_is_not_written_over_another_file_unless_that_was_asked_for(home, capsys):
    (home / "g.zip").write_text("mine")
    assert main(["bundle", "g.yaml"]) == 2 and (home / "g.zip").read_text() == "mine"
    assert main(["bundle", "g.yaml", "g.tar"]) == 2
    assert "ends in .zip" in capsys.readouterr().err
    assert main(["bundle", "g.yaml", "--overwrite"]) == 0


def test_files_of_one_name_from_two_places_are_told_of(home, capsys):
    for name, text in (("a", "one"), ("b", "two")):
        (home / name).mkdir()
        (home / name / "same.txt").write_text(text)
    (home / "g.yaml").write_text(GRAPH.replace("page.txt", "a/same.txt").replace("../shared/far.txt", "b/same.txt"))
    assert main(["bundle", "g.yaml"]) == 0  # told from the folder of the graph they differ
    with zipfile.ZipFile(home / "g.zip") as packed:
        assert {"a/same.txt", "b/same.txt"} <= set(packed.namelist())


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil", "a/../../evil", "C:evil", "a\\evil"])
def test_nothing_is_unpacked_beside_the_folder(home, tmp_path, name):
    with zipfile.ZipFile(home / "bad.zip", "w") as packed:
        packed.writestr(MANIFEST, json.dumps({"bundle": 1, "graph": "g.yaml"}))
        packed.writestr("g.yaml", GRAPH)
        packed.writestr(name, "x")
    with pytest.raises(GraphError, match="would lie beside"):
        unpacked(home / "bad.zip", tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_a_zip_that_is_no_bundle_and_a_damaged_one_are_told_in_a_sentence(home, capsys):
    (home / "no.zip").write_bytes(b"PK\3\4 nothing")
    with zipfile.ZipFile(home / "other.zip", "w") as packed:
        packed.writestr("a.txt", "x")
    for name in ("no.zip", "other.zip"):
        assert main(["run", name]) == 2
        assert "is no bundle" in capsys.readouterr().err
