"""A pack of one's own: made by a command, tried by a command, found by a project file, read again when it was edited."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nodegraph import Engine, GraphError, PackError, contract
from nodegraph.cli import main
from nodegraph.contract import judge
from nodegraph.packs import Catalogue, known_packs


@pytest.fixture
def made(tmp_path, monkeypatch, capsys):
    """A project that `nodegraph pack new` made."""
    monkeypatch.chdir(tmp_path)
    assert main(["pack", "new", "watercolor"]) == 0
    capsys.readouterr()
    return tmp_path / "nodegraph-watercolor"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_new_pack_keeps_its_contract_at_once(made, capsys):
    assert main(["pack", "test", str(made)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8 and all(line.startswith("yes  ") for line in lines)


def test_a_new_pack_passes_its_own_tests(made):
    around = {**os.environ, "PYTHONPATH": str(made)}
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=made, env=around, capture_output=True,
                          text=True)
    assert done.returncode == 0 and "3 passed" in done.stdout, done.stdout


FAULTS = {  # what is broken in which file, and what is said of it
    "a node that is in no manifest": ("pack.yaml", "  $name.shade: nodes\n", "", "watercolor.shade is declared"),
    "a node that no code declares": ("pack.yaml", "  $name.ramp: nodes\n", "  $name.ramp: nodes\n  $name.other: nodes\n",
                                     "no function there is declared so"),
    "a type that no manifest names": ("pack.yaml", "  Ramp: types\n", "", "name it under types:"),
    "a pack that is imported and not required": ("nodes.py", "    from random import Random\n",
                                                 "    from random import Random\n\n    from nodegraph_nodes.media.types import Image  # noqa: F401\n",
                                                 "write requires: [media] in pack.yaml"),
    "a node without help": ("nodes.py", '    """One shade of a ramp.\n', '    """\n', "has no docstring"),
    "an input without help": ("nodes.py", "    place: which of them; 0 is the darkest.\n", "", "shade.place is not explained"),
    "torch at the top": ("nodes.py", "from typing import Annotated\n", "from typing import Annotated\n\nimport numpy\n", "imports numpy"),
    "a node in no graph": ("../graphs/first.yaml", "  darkest: {type: $name.shade, ramp: $ramp}\n", "", "has watercolor.shade"),
    "a node that is not remembered": ("nodes.py", '@node("$name.shade", version=1)', '@node("$name.shade", version=1, remember=False)',
                                      "darkest ran again"),
    "dice without a seed": ("nodes.py", "dice = Random(seed)", "dice = Random()", "came out otherwise the second time"),
    "a node that fails": ("nodes.py", "return ramp.shades[place]", "return ramp.shades[99]", "IndexError"),
    "a manifest that stays out of the wheel": ("../pyproject.toml", 'nodegraph_$name = ["pack.yaml"]', 'nodegraph_$name = []',
                                               "the wheel is without pack.yaml"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_promise_that_is_broken_is_told(fault, made, tmp_path):
    file, old, new, words = FAULTS[fault]
    edit(made / "nodegraph_watercolor" / file, *(text.replace("$name", "watercolor") for text in (old, new)))
    if fault == "a node in no graph":
        edit(made / "graphs" / "first.yaml", ", darkest: $darkest", "")
    problems = [trial.problem for trial in judge(made, tmp_path, wheel="wheel" in fault) if trial.problem]
    assert any(words in problem for problem in problems), problems


def test_where_nothing_builds_wheels_that_is_told_and_not_the_packs_fault(made, tmp_path, monkeypatch):
    monkeypatch.setattr(contract, "find_spec", lambda name: None)
    monkeypatch.setattr(contract.shutil, "which", lambda name: None)
    assert judge(made, tmp_path)[-1].problem == "no wheel could be built, since there is neither pip nor uv; python -m ensurepip brings pip"


@pytest.mark.parametrize("name, hint", [("glow-worm", "\nDid you mean glow_worm?"), ("Glow", "\nDid you mean glow?"), ("3d", "")])
def test_a_name_that_a_pack_cannot_have_is_answered_with_one_that_it_can(name, hint, capsys):
    assert main(["pack", "new", name]) == 2
    assert capsys.readouterr().err == (f"{name!r} cannot be the name of a pack; it takes one word of small letters, "
                                       f"digits and _, such as watercolor{hint}\n")


def test_what_is_no_pack_is_refused(tmp_path, capsys):
    with pytest.raises(PackError, match="there is none"):
        judge(tmp_path, tmp_path)
    assert main(["pack", "new", "text", str(tmp_path / "t")]) == 2 and "there is a pack text already" in capsys.readouterr().err
    assert main(["pack", "new", "My Pack"]) == 2 and "one word of small letters" in capsys.readouterr().err
    (tmp_path / "full" / "x").mkdir(parents=True)
    assert main(["pack", "new", "fresh", str(tmp_path / "full")]) == 2 and "something is in it" in capsys.readouterr().err


def test_packs_are_listed_and_told_of(made, capsys):
    place = str(made / "nodegraph_watercolor")
    assert main(["pack", "list", "--pack", place]) == 0
    out = capsys.readouterr().out
    assert "watercolor  0.1.0    2" in out and "media" in out
    assert main(["pack", "info", "watercolor", "--pack", place]) == 0
    assert "watercolor.ramp, watercolor.shade" in capsys.readouterr().out
    assert main(["pack", "docs", "watercolor", "--pack", place]) == 0
    out = capsys.readouterr().out
    assert "## watercolor.ramp" in out and "| `number` | Int | `5` | 2 to 100 | how many shades there are. |" in out
    assert main(["pack", "info", "watercolour", "--pack", place]) == 2
    assert "Did you mean watercolor?" in capsys.readouterr().err


# ---- found without being told

GRAPH = "nodegraph: 1\nnodes:\n  r: {type: watercolor.ramp}\n  d: {type: watercolor.shade, ramp: $r}\noutputs: {d: $d}\n"


def test_a_project_file_and_the_environment_name_packs(made, tmp_path, monkeypatch, capsys):
    deep = tmp_path / "work" / "deep"
    deep.mkdir(parents=True)
    (deep / "g.yaml").write_text(GRAPH)
    monkeypatch.chdir(deep)
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    assert main(["check", "g.yaml"]) == 2
    (tmp_path / "work" / "nodegraph.yaml").write_text("packs: [../nodegraph-watercolor/nodegraph_watercolor]\n")
    assert main(["check", "g.yaml"]) == 0 and main(["run", "g.yaml"]) == 0
    (tmp_path / "work" / "nodegraph.yaml").unlink()
    assert main(["check", "g.yaml"]) == 2
    monkeypatch.setenv("NODEGRAPH_PACKS", str(made / "nodegraph_watercolor"))
    assert main(["check", "g.yaml"]) == 0


def test_a_project_file_that_is_wrong_says_where(tmp_path):
    for text, words in [("pack: [x]\n", "'pack' is no part of a project file"), ("packs: x\n", "packs is 'x'; it takes a list")]:
        (tmp_path / "nodegraph.yaml").write_text(text)
        with pytest.raises(GraphError, match=words) as caught:
            known_packs(tmp_path, {})
        assert caught.value.problems[0].where.line == 1
    (tmp_path / "nodegraph.yaml").write_text(GRAPH)
    assert known_packs(tmp_path, {}) == []


# ---- edited while an Engine lives

def test_an_edited_pack_is_read_again_by_a_living_engine(made, tmp_path):
    package = made / "nodegraph_watercolor"
    (tmp_path / "g.yaml").write_text(GRAPH)
    with Engine(cache=None, packs=[package]) as engine:
        first = engine.run(tmp_path / "g.yaml")["d"]
        edit(package / "nodes.py", "return ramp.shades[place]", "return 1 - ramp.shades[place]")
        edit(package / "nodes.py", '@node("watercolor.shade", version=1)', '@node("watercolor.shade", version=2)')
        assert engine.run(tmp_path / "g.yaml")["d"] == 1 - first
        edit(package / "nodes.py", "return 1 - ramp", "return 1 - - ramp(")
        with pytest.raises(GraphError, match="nodes.py:34: SyntaxError"):
            engine.load(tmp_path / "g.yaml")
        edit(package / "nodes.py", "return 1 - - ramp(", "return 1 - ramp")
        assert engine.run(tmp_path / "g.yaml")["d"] == 1 - first


def test_an_edited_file_may_lose_a_node_and_gain_one(tmp_path):
    file = tmp_path / "mine.py"
    text = 'from nodegraph import node\n\n\n@node("mine.{}", version=1)\ndef f(text: str) -> str:\n    """It."""\n    return text\n'
    file.write_text(text.format("one"))
    catalogue = Catalogue(folders=[file])
    assert catalogue.refresh() == [] and catalogue.nodetype("mine.one") is not None
    file.write_text(text.format("another"))
    assert catalogue.refresh() == [file.resolve()]
    assert catalogue.nodetype("mine.one") is None and catalogue.nodetype("mine.another") is not None
