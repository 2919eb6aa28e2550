"""The graphs to begin with: every shipped graph is one, in both languages, from a checkout and from a wheel."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from nodegraph import shipped
from nodegraph_editor.document import templates
from nodegraph_editor.document.document import Document
from nodegraph_editor.words import speak as words

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def english():
    words.set_language("en")
    yield
    words.set_language("en")


def test_every_shipped_graph_is_a_template_with_words_in_both_languages():
    found = templates.templates()
    assert {one.path.stem for one in found} == {path.stem for path in (REPOSITORY / "graphs").glob("[!_]*.yaml")}
    words.set_language("zh")
    for english, chinese in zip(found, templates.templates(), strict=True):
        assert english.title and english.description and english.path == chinese.path
        assert english.title != chinese.title and english.description != chinese.description


def test_a_graph_without_words_tells_its_own(tmp_path):
    (tmp_path / "a_tune.yaml").write_text("nodegraph: 1\ntitle: A tune\ndescription: One tune.\n"
                                          "nodes: {t: {type: x.y}}\noutputs: {t: $t}\n")
    (tmp_path / "plain_one.yaml").write_text("nodegraph: 1\nnodes: {t: {type: x.y}}\noutputs: {t: $t}\n")
    assert [one[:2] for one in templates.templates(tmp_path)] == [("A tune", "One tune."), ("Plain one", "")]


def test_parts_and_files_that_are_no_graphs_are_no_templates(tmp_path):
    (tmp_path / "_part.yaml").write_text("nodegraph: 1\nnodes: {t: {type: x.y}}\noutputs: {t: $t}\n")
    (tmp_path / "silent.yaml").write_text("nodegraph: 1\nnodes: {t: {type: x.y}}\n")
    (tmp_path / "other.yaml").write_text("- a\n- list\n")
    (tmp_path / "damaged.yaml").write_text("nodes: [")
    assert templates.templates(tmp_path) == []


def test_in_a_wheel_the_templates_lie_inside_the_package(tmp_path, monkeypatch):
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert project["package-dir"]["nodegraph.graphs"] == "graphs"
    assert "nodegraph.graphs" in project["packages"]
    (tmp_path / "nodegraph" / "graphs").mkdir(parents=True)
    (tmp_path / "nodegraph" / "graphs" / "postcard.yaml").touch()
    (tmp_path / "graphs").mkdir()  # someone else's package of that name
    monkeypatch.setattr(shipped, "_HERE", tmp_path / "nodegraph")
    assert shipped.folder() == tmp_path / "nodegraph" / "graphs"


def test_without_the_graphs_there_are_no_templates(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "_HERE", tmp_path / "nodegraph")
    assert shipped.folder() is None and templates.templates() == []


def test_a_template_made_of_other_graphs_finds_them_wherever_its_copy_lies():
    document = Document.template(REPOSITORY / "graphs" / "book.yaml")
    parts = [node.type for node in document.graph.nodes.values() if node.is_graph]
    assert parts and all(Path(part).is_file() for part in parts) and document.path is None
