"""What a newcomer types first: a graph to begin with, what a run made, what the machine is like, where nodes are found."""

from __future__ import annotations

import errno
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from nodegraph import shipped
from nodegraph.cli import doctor, main, open as open_module
from nodegraph.cli.terminal import colored, narrowed, table, wrapped


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    return tmp_path


# ---- new

@pytest.mark.parametrize("name", shipped.graph_files())
def test_every_graph_that_comes_along_can_be_begun_with(name, here, capsys):
    assert main(["new", name, "mine.yaml"]) == 0
    capsys.readouterr()
    assert main(["check", "mine.yaml"]) == 0 and "nothing wrong" in capsys.readouterr().out


def test_a_graph_to_begin_with_keeps_its_comments_and_is_never_written_over(here, capsys):
    assert main(["new"]) == 0
    assert Path("postcard.yaml").read_text() == (shipped.folder() / "postcard.yaml").read_text()
    assert main(["new"]) == 2 and "postcard.yaml is there already" in capsys.readouterr().err
    assert main(["run", "postcrad"]) == 2
    assert capsys.readouterr().err.splitlines() == ["there is no file postcrad", "Did you mean postcard?"]
    assert main(["check", "nosuch"]) == 2 and "there is no file nosuch" in capsys.readouterr().err
    assert main(["new", "postcrad"]) == 2 and "Did you mean postcard?" in capsys.readouterr().err


@pytest.mark.parametrize("begun", [["new", "postcard", "my card.yaml"], ["pack", "new", "glow", "my packs/glow"]])
def test_the_lines_to_type_next_can_be_typed_whatever_the_path(begun, here, capsys):
    assert main(begun) == 0
    for line in capsys.readouterr().out.splitlines():
        words = shlex.split(line) if line.startswith("    nodegraph ") else []
        assert words == [] or Path(words[-1]).exists()


@pytest.mark.parametrize("begun", [["new", "album"], ["pack", "new", "glow"]])
@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOSPC])
def test_a_folder_that_cannot_be_written_to_is_told_in_a_sentence_and_nothing_is_left_there(begun, number, here, monkeypatch, capsys):
    opened = Path.open

    def refuse(self, mode="r", *rest, **more):
        if "w" in mode:
            raise OSError(number, os.strerror(number), str(self))
        return opened(self, mode, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        assert main(begun) == 1
    err = capsys.readouterr().err
    assert "cannot be written: " + os.strerror(number) in err and "fault" not in err
    assert not list(here.iterdir())


def test_a_command_that_is_misspelt_is_answered_with_the_one_that_was_meant(capsys):
    for words, wanted in [(["rnu", "postcard"], "there is no command rnu. Did you mean run?"),
                          (["pack", "tset"], "there is no action tset. Did you mean test?")]:
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2 and wanted in capsys.readouterr().err


def test_of_many_names_the_first_are_told_and_how_many_more_there_are(here, capsys):
    assert main(["new", "zzz"]) == 2
    names = sorted(shipped.graph_files())
    assert capsys.readouterr().err.splitlines() == [
        "there is no graph zzz to begin with", f"There is {', '.join(names[:12])} and {len(names) - 12} more."]


def test_the_graphs_to_begin_with_are_listed(capsys):
    assert main(["new", "--list"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n{name} " in out for name in shipped.graph_files())


@pytest.mark.parametrize("name", ["postcard", "postcard.yaml", "graphs/postcard.yaml"])
def test_a_graph_that_comes_along_is_named_from_any_folder(name, here, capsys):
    assert main(["check", name]) == 0
    assert main(["plan", name]) == 0 and "verse" in capsys.readouterr().out


def test_a_file_that_is_there_comes_before_a_graph_of_that_name(here, capsys):
    Path("postcard.yaml").write_text("nodegraph: 1\nnodes: {a: {type: text.join, texts: [x]}}\noutputs: {a: $a}\n")
    assert main(["check", "postcard.yaml"]) == 0 and "1 node, 1 output" in capsys.readouterr().out
    assert main(["check", "postcrad"]) == 2


def test_a_path_may_begin_at_home(here, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(here / "home"))
    monkeypatch.setenv("USERPROFILE", str(here / "home"))
    Path("home/words").mkdir(parents=True)
    for number in (1, 2):
        Path(f"home/words/{number}.txt").write_text(f"word {number}\n")
    Path("read.yaml").write_text("nodegraph: 1\ninputs: {all: {type: list of File, default: ~/words/*.txt}}\nnodes:\n"
                                 "  one: {type: text.read, file: ~/words/1.txt}\n  each: {type: text.read, each: file, file: $all}\n"
                                 "  both: {type: text.join, texts: [$one, $each...]}\noutputs: {both: $both}\n")
    for given in ([], ["--set", "all=~/words"], ["--set", "all=~/words/1.txt,~/words/2.txt"]):
        assert main(["run", "read.yaml", *given, "--overwrite"]) == 0, capsys.readouterr().err
        assert Path("out/both.txt").read_text().split() == ["word", "1", "word", "1", "word", "2"]
    Path("read.yaml").write_text("nodegraph: 1\nnodes: {a: {type: text.read, file: ~/words/3.txt}}\noutputs: {a: $a}\n")
    assert main(["check", "read.yaml"]) == 2 and f"no file {here / 'home' / 'words' / '3.txt'}" in capsys.readouterr().err


def test_a_pack_is_named_by_its_project_too(here, capsys):
    assert main(["pack", "new", "glow"]) == 0
    for folder in ("nodegraph-glow", "nodegraph-glow/nodegraph_glow"):
        assert main(["run", "nodegraph-glow/graphs/first.yaml", "--pack", folder, "--overwrite"]) == 0, capsys.readouterr().err
    Path("nodegraph-glow/nodegraph_other").mkdir()
    Path("nodegraph-glow/nodegraph_other/pack.yaml").write_text("pack: other\n")
    assert main(["nodes", "glow", "--pack", "nodegraph-glow"]) == 2
    assert "__init__.py" in capsys.readouterr().err


# ---- open

def made(folder: Path, name: str, when: int) -> Path:
    path = folder / "out" / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    os.utime(path, (when, when))
    return path


def test_the_newest_file_is_opened_or_that_of_an_output(here, monkeypatch, capsys):
    opened: list[list[str]] = []
    monkeypatch.setattr(open_module, "viewer", lambda: ["show"])
    monkeypatch.setattr(subprocess, "Popen", lambda command, **rest: opened.append(command))
    for when, name in enumerate(["card.png", "verse.txt", "card-2.png", "verse-2.txt", "profile.json"]):
        made(here, name, when + 1)
    for arguments, name in [([], "verse-2.txt"), (["card"], "card-2.png"), (["out/card.png"], "card.png"), (["verse.txt"], "verse.txt")]:
        assert main(["open", *arguments]) == 0
        assert Path(opened.pop()[-1]).name == name == Path(capsys.readouterr().out.strip()).name
    assert main(["open", "tune"]) == 2 and "no file of an output tune in out" in capsys.readouterr().err
    monkeypatch.setattr(open_module, "viewer", lambda: None)
    assert main(["open"]) == 2 and "The file is out/verse-2.txt" in capsys.readouterr().err


def test_of_a_run_with_several_outputs_the_first_is_shown(here, monkeypatch, capsys):
    monkeypatch.setattr(open_module, "viewer", lambda: None)
    Path("two.yaml").write_text("nodegraph: 1\nnodes:\n  a: {type: text.join, texts: [x]}\n  b: {type: text.join, texts: [y]}\n"
                                "outputs: {long: $a, also: $b, brief: $b}\n")
    assert main(["run", "two.yaml", "--quiet"]) == 0
    assert [Path(line).stem for line in capsys.readouterr().out.splitlines()] == ["long", "also", "brief"]
    assert main(["open"]) == 2 and capsys.readouterr().out.strip() == str(Path("out/long.txt"))


# ---- doctor

def test_the_doctor_tells_how_things_stand(here, capsys):
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    for word in ("Python", "PyTorch", "devices", "memory", str(here / "cache"), "packs", "media", "Nothing is wrong."):
        assert word in out


def test_the_doctor_names_what_is_broken_and_the_command_for_it(here, monkeypatch, capsys):
    real = doctor.version

    def without_torch(name: str) -> str:
        if name == "torch":
            raise doctor.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor, "version", without_torch)
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    monkeypatch.setattr(doctor.os, "access", lambda place, mode: False)
    assert main(["doctor"]) == 2
    out = capsys.readouterr().out
    assert "PyTorch is missing" in out and "    pip install torch" in out and "pip install dearpygui pyperclip" in out
    assert "cannot be written to" in out and "export NODEGRAPH_CACHE=FOLDER" in out and "Nothing is wrong" not in out


def test_the_doctor_names_a_pack_whose_code_cannot_be_used(here, capsys):
    assert main(["pack", "new", "glow"]) == 0
    nodes = Path("nodegraph-glow/nodegraph_glow/nodes.py")
    nodes.write_text(nodes.read_text() + "\nfrom .lost import light\n")
    assert main(["doctor", "--pack", "nodegraph-glow"]) == 2
    out = capsys.readouterr().out
    assert out.count("pack glow: ") == 1 and "lost" in out and "Nothing is wrong" not in out


# ---- nodes, tables and colours

def test_nodes_are_found_by_words_of_their_help(capsys):
    assert main(["nodes", "piano"]) == 0
    out = capsys.readouterr().out
    assert "music.piano_roll" in out and "text.join" not in out
    assert main(["nodes", "score zither"]) == 2 and "none speaks of it" in capsys.readouterr().err


def test_a_table_fits_the_columns_there_are():
    rows = [["a.node", "text:Text", "It does a great many things, one after the other, and tells of each."], ["b", "c", "d"]]
    lines = table(rows, ["node", "gives", "what it does"], columns=40).splitlines()
    assert max(map(len, lines)) <= 40 and "".join("".join(lines).split()).count("onearetheother") == 0
    assert [line.split()[0] for line in lines if line[0] != " "] == ["node", "a.node", "b"]
    assert table(rows, ["x", "y", "z"]).count("\n") == 2  # in a pipe each row is a line


def test_words_are_wrapped_and_widths_narrowed():
    assert wrapped("a bc def", 4) == ["a bc", "def"] and wrapped("", 4) == [""] and wrapped("abcdef", 4) == ["abcd", "ef"]
    assert wrapped("一二三四", 4) == ["一二", "三四"]
    assert narrowed([10, 100], 60) == [10, 50] and narrowed([10, 20], 60) == [10, 20] and sum(narrowed([90, 90], 80)) <= 80


def test_colour_is_for_terminals_that_want_it(monkeypatch):
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert colored("x", "failed", Terminal()) == "\x1b[31mx\x1b[0m" and colored("x", "other", Terminal()) == "x"
    assert colored("x", "failed", None) == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert colored("x", "failed", Terminal()) == "x"


# ---- completion

def completions(line: str) -> set[str]:
    """What a shell is answered."""
    around = {**os.environ, "_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_IFS": "\n",
              "_ARGCOMPLETE_STDOUT_FILENAME": os.devnull}
    code = "import os, sys\nfrom nodegraph.cli import main\nmain([])"
    read, write = os.pipe()
    around["_ARGCOMPLETE_STDOUT_FILENAME"] = f"/dev/fd/{write}"
    subprocess.run([sys.executable, "-c", code], env=around, pass_fds=[write], capture_output=True)
    os.close(write)
    with os.fdopen(read) as file:
        return {word.strip() for word in file.read().split("\n")}


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="needs /dev/fd")
def test_a_shell_completes_commands_options_graphs_and_nodes():
    assert {"run", "check", "edit", "pack"} <= completions("nodegraph ")
    assert "--overwrite" in completions("nodegraph run --ov")
    assert "postcard" in completions("nodegraph new po") and "music.piano_roll" in completions("nodegraph nodes music.p")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_lines_for_each_shell_are_printed(shell, capsys):
    assert main(["completion", shell]) == 0 and "nodegraph" in capsys.readouterr().out
