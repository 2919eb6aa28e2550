"""What the README and the docs show is true: every YAML graph in them checks, every Python snippet runs."""

import ast
import json
import re
import shlex
import tempfile
from pathlib import Path

import pytest

from nodegraph import GraphError, engine, graphfile
from nodegraph.check import check
from nodegraph.cli import main
from nodegraph.cli.main import _options as options
from nodegraph.models import Models
from nodegraph.packs import Catalogue
from nodegraph.shipped import resolved

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


# ---- what the README has typed in a terminal

def blocks(page: Path) -> list[tuple[str, str]]:
    """The page in order: ("shell", line) for each line of a command, ("file", text) for each fenced block, ("", prose)."""
    found, fence = [], None
    for line in page.read_text("utf-8").splitlines():
        if line.startswith("```"):
            found += [("file", "\n".join(fence) + "\n")] if fence is not None else []
            fence = [] if fence is None else None
        elif fence is not None:
            fence.append(line)
        else:
            found.append(("shell", line.strip()) if line.startswith("    ") else ("", line))
    return found


def typed(line: str) -> list[str]:
    return shlex.split(re.sub(r"\s+#.*", "", line))


def test_every_command_of_the_readme_runs_after_the_demo_and_where_there_is_no_checkout(monkeypatch, tmp_path, capsys):
    """In an empty folder with what the demo leaves in `out`: files are those that the page says to save, or shipped."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "out").mkdir()
    for name in ("card.png", "verse.txt", "tune.mid", "sound.wav"):
        (tmp_path / "out" / name).write_bytes(b"of the demo")
    saved, ran, text = "", [], ""
    for kind, line in blocks(ROOT / "README.md"):
        if kind == "file":
            text = line
            if saved:  # "Save this as `x.py`:" stands in front of it
                Path(saved).write_text(text, "utf-8")
            saved = ""
        elif kind == "":
            if name := re.search(r"Save it as `([\w.]+)`", line):
                Path(name[1]).write_text(text, "utf-8")
            elif name := re.search(r"(?:Save this as|use it in) `([\w.]+)`", line):
                saved = name[1]
        elif line.startswith("nodegraph "):
            words = typed(line)[1:]
            if words[0] in ("edit", "open"):  # which need a screen
                assert options(words) and (words[1:] == [] or Path(resolved(words[1])).exists())
            elif words[1:2] != ["postcard"]:  # whose run is a test of its own
                assert main(words) == 0, (line, capsys.readouterr().err)
                ran.append(" ".join(words[:2]))
            for name in re.findall(r"out/[\w.]+", line.partition("#")[2]):
                assert Path(name).exists(), line
    assert {"run mine.yaml", "check mine.yaml", "why mine.yaml", "run out/picture.png", "run loud.yaml", "doctor"} <= set(ran)


def test_what_else_the_readme_has_typed_is_there():
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    for kind, line in blocks(ROOT / "README.md"):
        words = typed(line) if kind == "shell" and not line.startswith(("nodegraph", "type:")) else []
        if words[:1] == ["make"]:
            assert words[1] in targets
        for word in words:
            if word.endswith(".txt"):
                assert (ROOT / word).exists()
        assert ".venv/bin/nodegraph" not in line or kind != "shell"  # every command stands as it is typed


def test_a_program_finds_the_graphs_that_come_along(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert engine.load("graphs/postcard.yaml").title == engine.load("postcard").title == "Postcard"
    with pytest.raises(GraphError, match=r"there is no file postcard\.yaml"):
        engine.load("postcard.yaml")
