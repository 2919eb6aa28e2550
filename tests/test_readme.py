"""What the README has typed in a terminal works as it stands: after the demo, and where there is no checkout."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nodegraph import GraphError, engine
from nodegraph.cli import main
from nodegraph.cli.options import parser
from nodegraph.shipped import resolved

pytestmark = pytest.mark.usefixtures("models_live_on")
ROOT = Path(__file__).parents[1]


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
                assert parser().parse_args(words) and (words[1:] == [] or Path(resolved(words[1])).exists())
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


@pytest.mark.skipif(shutil.which("make") is None, reason="wants make")
def test_an_old_python_is_told_before_anything_is_fetched(tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    old = tmp_path / "old"
    old.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'import sys; sys.version_info = (3, 10, 1); exec(sys.argv[1])' \"$2\"\n")
    old.chmod(0o755)
    made = subprocess.run(["make", "install", "UV=", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode == 2 and "wants Python 3.11 or newer, and this is 3.10" in made.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_chinese_readme_has_the_same_typed():
    def lines(name: str) -> list[list[str]]:
        return [typed(line) for kind, line in blocks(ROOT / name)
                if kind == "shell" and line.startswith(("nodegraph", "make", "source", "pip", "python"))]
    assert lines("README.zh.md") == lines("README.md")


def test_a_program_finds_the_graphs_that_come_along(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert engine.load("graphs/postcard.yaml").title == engine.load("postcard").title == "Postcard"
    with pytest.raises(GraphError, match=r"there is no file postcard\.yaml"):
        engine.load("postcard.yaml")
