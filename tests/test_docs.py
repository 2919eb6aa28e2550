"""What the README and the docs show is true: every YAML graph in them checks, every Python snippet runs."""

import ast
import json
import re
import tempfile
from pathlib import Path

import pytest

from nodegraph import engine, graphfile
from nodegraph.check import check
from nodegraph.models import Models
from nodegraph.packs import Catalogue

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def snippets(language: str) -> list:
    found = []
    for page in PAGES:
        for number, match in enumerate(re.finditer(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.S | re.M)):
            found.append(pytest.param(match[1], id=f"{page.name}-{number + 1}"))
    return found


@pytest.fixture
def my_nodes(tmp_path):
    code = next(p.values[0] for p in snippets("python") if "my.shout" in p.values[0])
    (tmp_path / "my_nodes.py").write_text(code)
    return tmp_path / "my_nodes.py"


@pytest.mark.parametrize("text", snippets("yaml"))
def test_graphs_in_the_docs_check(text, my_nodes):
    catalogue = Catalogue(folders=[my_nodes])
    graph, problems = graphfile.parse(text)
    assert check(graph, catalogue, problems, Models(catalogue).find).problems == []


@pytest.mark.parametrize("code", snippets("python"))
def test_python_in_the_docs_runs(code, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path))
    exec(compile(code, "snippet", "exec"), {"__name__": "snippet"})


def cells(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]


def shown(code: str, names: dict):
    """Runs a cell, and gives what its last line says, as a notebook does."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last is not None else None


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.ipynb")), ids=lambda p: p.name)
def test_notebooks_run_from_top_to_end(path, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(engine, "_engine", None)
    names: dict = {"__name__": "notebook"}
    values = [shown(code, names) for code in cells(path)]
    assert any(hasattr(value, "_repr_html_") and value._repr_html_() for value in values)
    assert "hello" not in str(values) and "GOOD MORNING GOOD MORNING" in values
    assert "wrod" in capsys.readouterr().out
    engine._engine.close()


def test_every_link_in_the_docs_leads_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("path", sorted((ROOT / "graphs").rglob("*.yaml")), ids=lambda p: p.name)
def test_every_graph_that_is_shipped_checks_without_a_word(path):
    catalogue = Catalogue()
    graph, problems = graphfile.read(path)
    assert check(graph, catalogue, problems, Models(catalogue).find).problems == []
