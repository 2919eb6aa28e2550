"""The command line, mostly in this process; a few tests start another to see signals, pipes and encodings."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nodegraph import Catalogue, NodeFailed
from nodegraph.check import check
from nodegraph.cli import main
from nodegraph.cli.run import tell_failures
from nodegraph.cli.settings import settings
from nodegraph.cli.terminal import Display
from nodegraph.events import Skipped
from nodegraph.graphfile import parse

BENCH = str(Path(__file__).parent / "bench_nodes.py")

TWO = """nodegraph: 1
inputs:
  text: ahoy
  times: {type: Int, default: 2, min: 1, max: 9}
nodes:
  loud: {type: bench.shout, text: $text, times: $times}
  tune: {type: bench.tune, mood: calm, bars: 4}
outputs: {loud: $loud, tune: $tune}
"""


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A folder to stand in, with a graph and a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "g.yaml").write_text(TWO, encoding="utf-8")
    return tmp_path


def cli(*words: str) -> int:
    return main([*words, "--pack", BENCH])


def run(*words: str) -> int:
    return cli("run", "g.yaml", "--device", "cpu", *words)


def document(capsys, *words: str) -> tuple[int, dict]:
    capsys.readouterr()
    code = cli(*words, "--json")
    return code, json.loads(capsys.readouterr().out)


def start(*words: str, **more) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more.pop("env", {})}
    return subprocess.Popen([sys.executable, "-m", "nodegraph", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=environment, **more)


# ---- run

def test_run_writes_each_output_and_tells_its_path(work, capsys):
    assert run() == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [f"loud: {Path('out/loud.txt')}", f"tune: {Path('out/tune.txt')}"]
    assert "2 ran" in err
    assert (work / "out/loud.txt").read_text() == "AHOYAHOY\n"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_second_run_remembers_and_leaves_its_files_as_they_are(work, capsys):
    run()
    written = {path: path.stat().st_mtime_ns for path in (work / "out").iterdir()}
    assert run() == 0
    assert "2 remembered" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in (work / "out").iterdir()} == written


def test_another_result_never_overwrites_unless_it_is_asked_to(work):
    run()
    assert run("--set", "text=bye") == 0
    assert names(work / "out") == ["loud-2.txt", "loud.txt", "tune-2.txt", "tune.txt"]
    assert (work / "out/loud.txt").read_text() == "AHOYAHOY\n"
    assert run("--set", "text=hey", "--overwrite") == 0
    assert names(work / "out") == ["loud-2.txt", "loud.txt", "tune-2.txt", "tune.txt"]
    assert (work / "out/loud.txt").read_text() == "HEYHEY\n"


def test_the_outputs_of_one_run_have_one_number_and_an_unchanged_run_writes_nothing(work, capsys):
    def written(*words):
        before = {path: path.stat().st_mtime_ns for path in (work / "out").glob("*")}
        assert run(*words) == 0
        new = [path.name for path in sorted((work / "out").glob("*")) if path.stat().st_mtime_ns != before.get(path)]
        return new, [line.split("out/")[1] for line in capsys.readouterr().out.splitlines()]

    assert written() == (["loud.txt", "tune.txt"], ["loud.txt", "tune.txt"])
    assert written("--set", "text=bye") == (["loud-2.txt", "tune-2.txt"], ["loud-2.txt", "tune-2.txt"])  # tune is the same
    assert written("--set", "text=hey") == (["loud-3.txt", "tune-3.txt"], ["loud-3.txt", "tune-3.txt"])
    assert written("--set", "text=bye") == ([], ["loud-2.txt", "tune-2.txt"])
    assert written() == ([], ["loud.txt", "tune.txt"])
    (work / "out/tune-2.txt").unlink()
    assert written("--set", "text=bye") == (["tune-2.txt"], ["loud-2.txt", "tune-2.txt"])  # it goes back to its number
    assert written("--set", "text=hey", "--only", "tune") == ([], ["tune.txt"])


def test_each_run_of_a_sweep_has_a_number_of_its_own(work, capsys):
    assert run("--sweep", "text=a,b") == 0
    (work / "out/loud.text=b.txt").write_text("mine now")
    assert run("--sweep", "text=a,b") == 0
    assert names(work / "out") == ["loud.text=a.txt", "loud.text=b-2.txt", "loud.text=b.txt",
                                   "tune.text=a.txt", "tune.text=b-2.txt", "tune.text=b.txt"]


def test_the_summary_names_the_folder_and_counts_only_what_the_outputs_need(work, capsys):
    assert run("--only", "tune", "--out", "made/today") == 0
    assert re.search(r"^1 ran, \d+\.\d\d s, in made/today/$", capsys.readouterr().err, re.M)


def test_a_file_that_was_edited_is_not_taken_for_the_result(work):
    run()
    (work / "out/loud.txt").write_text("mine now")
    assert run() == 0
    assert (work / "out/loud.txt").read_text() == "mine now"
    assert (work / "out/loud-2.txt").read_text() == "AHOYAHOY\n"


def test_set_gives_inputs_in_their_own_types(work, capsys):
    assert run("--set", "text=7", "--set", "times=3", "--only", "loud", "--quiet") == 0
    assert capsys.readouterr().out == f"{Path('out/loud.txt')}\n"
    assert (work / "out/loud.txt").read_text() == "777\n"


@pytest.mark.parametrize("words, told", [
    (["--set", "txet=x"], "--set txet: the graph has no input of that name\nDid you mean text?"),
    (["--set", "times=many"], "--set times is 'many'; it takes an int, 1 to 9"),
    (["--set", "times=10"], "--set times is 10; it takes 1 to 9"),
    (["--set", "text"], "--set text: it takes name=value"),
    (["--only", "lou"], "the graph has no output lou\nDid you mean loud?"),
    (["--sweep", "loud.tims=1..3"], "--sweep loud.tims: loud has no input tims\nDid you mean times?"),
    (["--sweep", "lod.times=1..3"], "--sweep lod.times: the graph has no node lod\nDid you mean loud?"),
    (["--sweep", "loud=1..3"], "To sweep an input of the node write --sweep loud.port=..."),
    (["--sweep", "times=3..1"], "the range goes from 3 down to 1; turn it round"),
    (["--sweep", "times=1..x"], "a range goes from one whole number to another, as in 1..8"),
    (["--sweep", "times=1..9:0"], "the step is 0; it takes a whole number from 1"),
    (["--sweep", "times=1..9:x"], "or in steps, as in 100..112:4"),
    (["--sweep", "times=1..99999:2"], "that is 50000 runs; one command does 10000 at most"),
    (["--sweep", "times=1..99999999999"], "one command does 10000 at most"),
    (["--sweep", "times=1,20"], "--sweep times is 20; it takes 1 to 9"),
    (["--sweep", "times=1..2", "--sweep", "times=3"], "times is swept already"),
    (["--sweep", "times"], "it takes node.port=1..8 or node.port=a,b,c"),
    (["--sweep", "loud.times=1..9", "--sweep", "tune.bars=1..9999"], "one command does 10000 at most"),
    (["--sweep", "text=[a, b"], "--sweep text is '[a, b', which is no list\nWrite [one, \"two, three\"]"),
    (["--sweep", "text=[a] b"], "which is no list"),
    (["--sweep", "text=[a, [b]]"], "which is no list"),
    (["--sweep", "text=[a, {b: c}]"], "which is no list"),
    (["--sweep", "text=[a, !b c]"], "which is no list"),
    (["--sweep", "text=[]"], "--sweep text=[]: there is no value in the list"),
    (["--set", "loud.times=3"], "--set loud.times: the graph has no input of that name\n"
                                "Sweep it with `--sweep loud.times=3`, or link it to an input of the graph"),
    (["--set", "times=random"], "takes an int, 1 to 9\nDeclare it as `times: {type: Seed, default: 2}`."),
    (["--sweep", "times=1,random"], "takes an int, 1 to 9\nDeclare it as `times: {type: Seed, default: 2}`."),
    (["--sweep", "tune.mood=calm,blue"], "--sweep tune.mood is 'blue'; it takes one of calm, merry, sad\n"),
    (["--sweep", "tune.bars=random"], "--sweep tune.bars is 'random'; it takes an int\n"),
    (["--out", "g.yaml"], "--out g.yaml is a file; it takes a folder\n"),
    (["--out", "g.yaml/x"], "--out g.yaml/x: nothing can be written there: "),
    (["--device", "tpu"], "--device is 'tpu'; it takes auto, cpu, mps, cuda or cuda:0"),
])
def test_wrong_words_on_the_command_line_are_answered_and_nothing_runs(work, capsys, words, told):
    assert run(*words) == 2
    err = capsys.readouterr().err
    assert told in err and "There is calm" not in err and " ran " not in err
    assert not (work / "out").exists()


def test_a_sweep_runs_once_for_each_combination_and_names_the_files_after_it(work, capsys):
    assert run("--sweep", "times=1..2", "--sweep", "tune.mood=calm,sad", "--only", "loud") == 0
    assert sorted(p.name for p in (work / "out").iterdir()) == [
        f"loud.times={t}.tune-mood={m}.txt" for t in (1, 2) for m in ("calm", "sad")]
    assert "1 remembered" in capsys.readouterr().err


def test_a_sweep_goes_in_steps_up_to_the_last_number_that_they_meet(work):
    assert run("--sweep", "times=1..8:3", "--only", "loud") == 0
    assert sorted(p.name for p in (work / "out").iterdir()) == [f"loud.times={t}.txt" for t in (1, 4, 7)]


def test_a_sweep_over_texts_keeps_them_texts(work):
    assert run("--sweep", "loud.text=1,no,../a.txt", "--only", "loud", "--overwrite") == 0
    assert {p.read_text() for p in (work / "out").iterdir()} == {"11\n", "NONO\n", "../A.TXT../A.TXT\n"}


@pytest.mark.parametrize("given, items", [
    ("a, b,", ["A", " B", ""]), ("", []), ("[]", []), ("[x]", ["X"]), ("'tis,5\" nail", ["'TIS", '5" NAIL']),
    ('"a red boat, at sea"', ["A RED BOAT, AT SEA"]), ("'a, b', c,\"d, e\"", ["A, B", " C", "D, E"]),
    ("[a red boat, 'at sea, calm', 007, no, ~, $x]", ["A RED BOAT", "AT SEA, CALM", "007", "NO", "~", "$X"])])
def test_a_list_on_the_command_line_keeps_the_commas_that_belong_to_its_items(work, given, items):
    (work / "g.yaml").write_text("""nodegraph: 1
inputs: {texts: {type: list of Text, default: [x]}}
nodes: {loud: {type: bench.shout, each: text, text: $texts}, all: {type: bench.join, texts: $loud, by: "|"}}
outputs: {all: $all}
""")
    assert run("--set", f"texts={given}") == 0
    assert (work / "out/all.txt").read_text() == "|".join(items) + "\n"


def test_a_swept_text_may_hold_commas(work):
    assert run("--sweep", "text='a cat, in the snow',dog", "--only", "loud") == 0
    assert names(work / "out") == ["loud.text=a_cat_in_the_snow.txt", "loud.text=dog.txt"]
    assert run("--sweep", 'loud.text=["one, two", 1..3]', "--only", "loud", "--out", "more") == 0
    assert {p.read_text() for p in (work / "more").iterdir()} == {"ONE, TWOONE, TWO\n", "1..31..3\n"}


def test_an_input_that_takes_lists_is_swept_by_a_list_of_them(work, capsys):
    (work / "g.yaml").write_text("""nodegraph: 1
inputs: {texts: {type: list of Text, default: [x]}}
nodes: {loud: {type: bench.shout, each: text, text: [y, z]}, all: {type: bench.join, texts: $texts}}
outputs: {all: $all, loud: $loud}
""")
    assert run("--sweep", 'texts=[["a, b", c], []]', "--only", "all", "--quiet") == 0
    assert [Path(line).read_text() for line in capsys.readouterr().out.splitlines()] == ["a, b c\n", "\n"]
    assert run("--sweep", "loud.text=[[a], [b, c]]", "--only", "loud", "--quiet") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    for swept in ("texts=a,b", "texts=[a, b]", "loud.text=a"):
        assert run("--sweep", swept) == 2
        assert "it takes a list for each run\nWrite [[one, two]," in capsys.readouterr().err


def test_json_is_one_document_even_when_nodes_print(work, capfd):
    (work / "g.yaml").write_text("nodegraph: 1\nnodes: {c: {type: bench.chatty, text: x}}\noutputs: {c: $c}\n")
    process = start("run", "g.yaml", "--json", "--pack", BENCH, "--device", "cpu")
    out, err = process.communicate(timeout=60)
    told = json.loads(out)
    assert process.returncode == 0 and told["nodes"]["c"]["status"] == "ran"
    assert Path(told["outputs"]["c"]["paths"][0]).read_text() == "x\n"
    assert b"a node says hello" in err and b"a library says hello" in err


def test_json_tells_how_each_node_fared(work, capsys):
    code, told = document(capsys, "run", "g.yaml", "--device", "cpu")
    assert code == told["exit"] == 0
    assert {name: node["status"] for name, node in told["nodes"].items()} == {"loud": "ran", "tune": "ran"}
    _, told = document(capsys, "run", "g.yaml", "--device", "cpu", "--sweep", "times=2,3")
    assert [[n["status"] for n in r["nodes"].values()] for r in told["runs"]] == [["cached", "cached"], ["ran", "cached"]]


def test_json_tells_the_problems_of_a_broken_graph_too(work, capsys):
    (work / "g.yaml").write_text(TWO.replace("bench.shout", "bench.shuot"))
    code, told = document(capsys, "run", "g.yaml")
    assert code == told["exit"] == 2
    assert [(p["line"], p["column"], p["hint"]) for p in told["problems"]] == [(6, 16, "Did you mean bench.shout?")]
    code, again = document(capsys, "check", "g.yaml")
    assert code == 2 and again["problems"][0]["message"] == told["problems"][0]["message"]


def test_a_failed_node_stops_its_branch_only(work, capsys):
    (work / "g.yaml").write_text("""nodegraph: 1
nodes:
  bad: {type: bench.fail, text: x}
  after: {type: bench.shout, text: $bad}
  good: {type: bench.shout, text: y}
outputs: {after: $after, good: $good}
""")
    assert run() == 1
    out, err = capsys.readouterr()
    assert out == f"good: {Path('out/good.txt')}\n"
    assert "g.yaml:3:3  bad failed: ZeroDivisionError: no luck with x" in err
    assert "text = 'x'" in err and "bench_nodes.py" in err and "executor.py" not in err
    assert "because of bad" in err
    code, told = document(capsys, "run", "g.yaml", "--device", "cpu")
    assert code == told["exit"] == 1
    assert {n: s["status"] for n, s in told["nodes"].items()} == {"bad": "failed", "after": "skipped", "good": "cached"}
    assert told["errors"][0]["node"] == "bad"


def test_a_file_given_on_the_command_line_is_sought_where_the_person_stands(work):
    (work / "graphs").mkdir()
    (work / "graphs/read.yaml").write_text("nodegraph: 1\ninputs: {poem: {type: File}}\n"
                                           "nodes: {t: {type: bench.read, path: $poem}}\noutputs: {t: $t}\n")
    (work / "poem.txt").write_text("a line\n")
    assert cli("run", "graphs/read.yaml", "--set", "poem=poem.txt", "--device", "cpu") == 0
    assert (work / "out/t.txt").read_text() == "a line\n"


def given(text: str, inputs: str = "photos: {type: list of File}, photo: {type: File}") -> dict:
    """What `--set` gives to a graph with these inputs."""
    graph, _ = parse(f"nodegraph: 1\ninputs: {{{inputs}}}\nnodes: {{}}\noutputs: {{}}\n")
    return settings(check(graph, Catalogue(installed=False)), [text])


@pytest.mark.parametrize("text, handed_on", [
    ("shots", "shots"), ("shots/*.jpg", "shots/*.jpg"), ("shots/cat?.jpg", "shots/cat?.jpg"),
    ("[ab]*.jpg", "[ab]*.jpg"), ("nowhere/*", "nowhere/*"), ("a.jpg", ["a.jpg"]), ("a.jpg,b*.jpg", ["a.jpg", "b*.jpg"]),
    ("[a.jpg, b.jpg]", ["a.jpg", "b.jpg"]), ("we*rd.jpg", ["we*rd.jpg"]), ("", []),
])
def test_a_folder_or_a_pattern_of_files_is_handed_on_beside_the_person_who_types(work, text, handed_on):
    (work / "shots").mkdir()
    (work / "we*rd.jpg").touch()
    told = given(f"photos={text}")["photos"]
    beside = str(work / handed_on) if isinstance(handed_on, str) else [str(work / name) for name in handed_on]
    assert told == beside and given("photo=*.jpg") == {"photo": str(work / "*.jpg")}


@pytest.mark.parametrize("words", [["--set", "text=a\udcff"], ["--sweep", "text=a\udcff,b"], ["--sweep", "loud.text=\udcff"]])
def test_bytes_that_are_no_text_are_refused_before_the_run(work, capsys, words):
    assert run(*words) == 2
    assert ", and these bytes are no text\nGive it in UTF-8." in capsys.readouterr().err
    assert not (work / "out").exists()


def test_warnings_do_not_keep_a_graph_from_running(work, capsys):
    (work / "g.yaml").write_text(TWO.replace("inputs:\n", "inputs:\n  extra: 3\n"))
    assert run() == 0
    warning = "warning: g.yaml:3:3  input extra is never used\n" + " " * 21 + "Link it somewhere"
    assert warning in capsys.readouterr().err
    _, told = document(capsys, "run", "g.yaml", "--device", "cpu")
    assert told["warnings"] == ["g.yaml:3:3  input extra is never used"]
    assert cli("check", "g.yaml") == 0
    out, err = capsys.readouterr()
    assert out == "g.yaml: 2 nodes, 2 outputs, 1 warning\n" and err.startswith(warning)
    code, told = document(capsys, "check", "g.yaml")
    assert code == told["exit"] == 0 and [p["severity"] for p in told["problems"]] == ["warning"]


def test_warnings_are_told_apart_from_what_keeps_a_graph_from_running(work, capsys):
    (work / "g.yaml").write_text(TWO.replace("inputs:\n", "inputs:\n  extra: 3\n").replace("bars: 4", "bars: four"))
    for words in (["run", "g.yaml"], ["check", "g.yaml"]):
        assert cli(*words) == 2
        lines = [line for line in capsys.readouterr().err.splitlines() if line[0] != " "]
        assert lines == ["warning: g.yaml:3:3  input extra is never used",
                         "g.yaml:8:46  tune.bars is 'four'; it takes an int"]


def test_a_graph_that_is_refused_leaves_no_folder(work):
    (work / "g.yaml").write_text(TWO.replace("bars: 4", "bars: four"))
    assert run() == 2
    assert not (work / "out").exists()


def test_a_node_that_did_not_run_is_told_with_the_reason():
    told = io.StringIO()
    display = Display(told, lively=False)
    display(Skipped("verse", "asked"))
    display(Skipped("verse", "", stopped=True))
    assert told.getvalue().splitlines() == ["  verse         skipped     because of asked",
                                            "  verse         skipped     the run was stopped"]


FAILING = """nodegraph: 1
nodes:
  m: {type: bench.picky, each: n, n: [1, 2, 3, 4, 5, 7, 9, 11, 13], failed: skip}
  w: {type: bench.words, each: text, text: [a b, "", c]}
outputs: {m: $m, w: $w}
"""


def test_items_that_are_left_out_are_warnings(work, capsys):
    (work / "g.yaml").write_text(FAILING)
    assert run() == 0
    out, err = capsys.readouterr()
    assert [line.split(": ")[1] for line in out.splitlines()] == [
        str(Path("out") / name) for name in ("m.1.json", "m.2.json", "w.1.1.txt", "w.1.2.txt", "w.3.1.txt")]
    assert "warning: g.yaml:3:3  m[1] failed: ValueError: 1 is odd" in err and "m[8]" not in err
    assert "warning: m: left out items 1, 3, 5, 6, 7, 8, 9 of 9, which failed" in err
    assert "m failed 2 times more; --json tells of each" in err
    code, told = document(capsys, "run", "g.yaml", "--device", "cpu")
    assert code == told["exit"] == 0 and told["errors"] == [] and len(told["left_out"]) == 7
    assert told["left_out"][0]["instance"] == "m[1]" and told["outputs"]["w"]["depth"] == 2


def test_the_same_items_without_leave_to_fail_are_errors(work, capsys):
    (work / "g.yaml").write_text(FAILING.replace(", failed: skip", ""))
    code, told = document(capsys, "run", "g.yaml", "--device", "cpu")
    assert code == told["exit"] == 1 and len(told["errors"]) == 7 and told["left_out"] == []
    assert list(told["outputs"]) == ["w", "m"] and [row["item"] for row in told["outputs"]["m"]["lost"]] == [
        [1], [3], [5], [6], [7], [8], [9]]
    assert [Path(path).name for path in told["outputs"]["m"]["paths"]] == ["m.2.json", "m.4.json"]


def test_files_that_a_pattern_names_come_in_natural_order(work, capsys):
    (work / "graphs").mkdir()
    (work / "graphs/read.yaml").write_text("nodegraph: 1\ninputs: {poems: {type: list of File}}\n"
                                           "nodes: {t: {type: bench.read, each: path, path: $poems}}\noutputs: {t: $t}\n")
    (work / "poems").mkdir()
    for name in ("cat10.txt", "cat2.txt", ".hidden", "notes.md"):
        (work / "poems" / name).write_text(name)
    for given, read in (("poems/*.txt", ["cat2.txt", "cat10.txt"]), ("poems", ["cat2.txt", "cat10.txt", "notes.md"])):
        assert cli("run", "graphs/read.yaml", "--set", f"poems={given}", "--device", "cpu", "--quiet") == 0
        assert [Path(path).read_text().strip() for path in capsys.readouterr().out.splitlines()] == read
    assert cli("run", "graphs/read.yaml", "--set", "poems=poems/*.doc", "--device", "cpu") == 2
    assert "poems/*.doc" in capsys.readouterr().err


def test_of_many_failures_of_a_node_the_first_are_printed_and_the_rest_counted(capsys):
    tell_failures([NodeFailed("m", f"no {n}", instance=f"m[{n}]") for n in range(12)] + [NodeFailed("b", "oh")])
    err = capsys.readouterr().err.splitlines()
    assert err == [*(f"m[{n}]  m[{n}] failed: no {n}" for n in range(5)), "b  b failed: oh",
                   "m failed 7 times more; --json tells of each"]
    tell_failures([NodeFailed("m", "no", trace="Traceback", left_out=True)])
    assert capsys.readouterr().err == "warning: m  m failed: no\nTraceback\n"


# ---- the other commands

def test_check_tells_of_several_files_at_once(work, capsys):
    (work / "bad.yaml").write_text(TWO.replace("bars: 4", "bars: four"))
    assert cli("check", "g.yaml", "bad.yaml", "nowhere.yaml") == 2
    out, err = capsys.readouterr()
    assert out == "g.yaml: 2 nodes, 2 outputs, nothing wrong\n"
    assert "bad.yaml:7:46  tune.bars is 'four'; it takes an int" in err and "there is no file nowhere.yaml" in err


def test_a_mistyped_file_name_is_answered_with_the_nearest(work, capsys):
    (work / "postcard.yaml").write_text(TWO)
    assert cli("run", "postcrad.yaml") == 2
    assert capsys.readouterr().err == "there is no file postcrad.yaml\nDid you mean postcard.yaml?\n"


def test_nodes_lists_and_explains(work, capsys):
    assert cli("nodes") == 0
    assert "bench.paint" in capsys.readouterr().out
    assert cli("nodes", "bench.paint") == 0
    out = capsys.readouterr().out
    assert "1 to 150" in out and "oil, ink, watercolour" in out and "must be given" in out
    assert cli("nodes", "bench.pain") == 2
    assert "Did you mean bench.paint?" in capsys.readouterr().err
    code, told = document(capsys, "nodes", "bench.paint")
    assert code == 0 and {p["name"] for p in told["inputs"]} >= {"prompt", "steps"}
    code, told = document(capsys, "nodes", "bench")
    assert code == 0 and all(t["name"].startswith("bench.") for t in told)


def test_nodes_tells_all_about_switch_and_about_a_graph_file(work, capsys):
    assert cli("nodes", "switch") == 0
    out = capsys.readouterr().out
    assert "`else` takes the rest" in out and "version" not in out
    assert document(capsys, "nodes", "switch")[1]["inputs"][0]["name"] == "on"
    assert cli("nodes", "swich") == 2
    assert "Did you mean switch?" in capsys.readouterr().err
    assert cli("nodes", "pick") == 0
    out = capsys.readouterr().out
    assert "must be given" in out and "items  list of Any  those items" in out
    (work / "g.yaml").write_text(TWO.replace("inputs:\n", "title: Two\ndescription: A shout and a tune.\ninputs:\n"))
    assert cli("nodes", "./g.yaml") == 0
    assert capsys.readouterr().out == """./g.yaml

Two

A shout and a tune.

takes
  input  type
  text   Text  = 'ahoy'
  times  Int   = 2       1 to 9

gives
  loud  Text
  tune  Text
"""
    told = document(capsys, "nodes", "g.yaml")[1]
    assert [p["default"] for p in told["inputs"]] == ["ahoy", 2] and len(told["outputs"]) == 2
    (work / "g.yaml").write_text(TWO.replace("bars: 4", "bars: four"))
    assert cli("nodes", "g.yaml") == cli("nodes", "./nowhere.yaml") == 2
    err = capsys.readouterr().err
    assert "tune.bars is 'four'" in err and "there is no file nowhere.yaml" in err


def test_a_pack_that_cannot_be_imported_spoils_no_listing(work, capsys):
    pack = work / "sorry"
    pack.mkdir()
    (pack / "__init__.py").touch()
    (pack / "pack.yaml").write_text("pack: sorry\nnodes: {sorry.one: one}\n")
    (pack / "one.py").write_text("raise OSError('no ink')\n")
    assert main(["nodes", "--pack", str(pack), "--pack", BENCH]) == 0
    out, err = capsys.readouterr()
    assert "bench.paint" in out and "OSError: no ink" in err
    assert main(["nodes", "sorry.one", "--pack", str(pack)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_loose_file_with_a_mistake_is_told_with_its_line(work, capsys):
    (work / "mine.py").write_text("x = 1\ndef oops(:\n")
    assert main(["check", "g.yaml", "--pack", "mine.py"]) == 2
    err = capsys.readouterr().err
    assert "SyntaxError" in err and "mine.py, line 2" in err and "Traceback" not in err


def test_plan_and_why_follow_an_edit(work, capsys):
    assert cli("plan", "g.yaml") == 0
    assert "0 remembered, 2 will run" in capsys.readouterr().out
    run()
    capsys.readouterr()
    assert cli("plan", "g.yaml", "--set", "times=3") == 0
    assert "1 remembered, 1 will run" in capsys.readouterr().out
    assert cli("why", "g.yaml", "loud", "--set", "times=3") == 0
    assert capsys.readouterr().out == "loud runs: times was 2 and is 3\n"
    assert cli("why", "g.yaml", "loudd") == 2
    assert "Did you mean loud?" in capsys.readouterr().err


def test_the_cache_is_told_of_pruned_and_cleared(work, capsys):
    run()
    capsys.readouterr()
    assert main(["cache", "info"]) == 0
    assert "traces   2" in capsys.readouterr().out
    assert main(["cache", "prune", "--to", "1.2.3GB"]) == 2
    assert "it takes a size such as 500MB or 2GB" in capsys.readouterr().err
    assert main(["cache", "prune", "--to", "0"]) == 0
    assert main(["cache", "clear"]) == 0
    assert "forgot 2 traces" in capsys.readouterr().out
    assert main(["cache", "info", "--cache", "none"]) == 2


def test_a_cache_that_is_not_there_is_not_made_by_looking_at_it(work, capsys):
    assert main(["cache", "info", "--cache", "cahce"]) == 2
    assert "there is no cache in cahce\n" in capsys.readouterr().err
    assert main(["cache", "clear"]) == 0
    assert "there is no cache in " in capsys.readouterr().out
    assert names(work) == ["g.yaml"]


def test_usage_mistakes_exit_with_2(capsys):
    for words in (["paint"], ["run"], ["cache", "burn"], ["run", "g.yaml", "--dtype", "int4"]):
        with pytest.raises(SystemExit) as stopped:
            main(words)
        assert stopped.value.code == 2
    assert main([]) == 2
    assert "COMMAND" in capsys.readouterr().out


# ---- what should not happen

class Unspeakable(Exception):
    def __str__(self):
        raise ValueError


@pytest.mark.parametrize("error, words", [(RuntimeError("no\nluck"), "RuntimeError: no luck"),
                                          (Unspeakable(), "Unspeakable: its text cannot be read (ValueError)")])
def test_a_fault_of_its_own_is_told_in_a_sentence(work, capsys, monkeypatch, error, words):
    def faulty(*arguments):
        raise error

    monkeypatch.setattr("nodegraph.cli.check.check_graph", faulty)
    assert cli("check", "g.yaml") == 70
    out, err = capsys.readouterr()
    assert out == "" and err == (f"nodegraph met a fault of its own: {words}\nPlease report it; with NODEGRAPH_TRACE=1 "
                                 "in the environment it also tells where.\n")
    code, told = document(capsys, "check", "g.yaml")
    assert code == told["exit"] == 70 and [(p["code"], p["severity"]) for p in told["problems"]] == [("fault.own", "error")]
    monkeypatch.setenv("NODEGRAPH_TRACE", "1")
    assert cli("check", "g.yaml") == 70
    err = capsys.readouterr().err
    assert err.startswith("Traceback") and "in faulty" in err and "Please report it, with what stands above" in err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["nodes"], ["check", "g.yaml"], ["check", "g.yaml", "--json"],
                                   ["run", "g.yaml", "--device", "cpu", "--quiet"]])
def test_a_stdout_that_cannot_be_written_is_told_in_a_sentence(work, words):
    more = ["--pack", BENCH] if words[0][0] != "-" else []
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-m", "nodegraph", *words, *more], stdout=full, stderr=subprocess.PIPE,
                              env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": ""},
                              text=True)  # without a buffer argparse itself passes over what it cannot write
    assert (done.returncode, done.stderr) == (1, "stdout cannot be written: No space left on device\n")


@pytest.mark.parametrize("module", ["argparse", "nodegraph.cli.stdout", "nodegraph.cli.options", "nodegraph.cli.check",
                                    "yaml", "nodegraph.models"])
def test_ctrl_c_while_it_starts_prints_no_traceback(work, module):
    code = f"""
import sys
from importlib.abc import MetaPathFinder

class Interrupting(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.modules.pop({module!r}, None)
sys.meta_path.insert(0, Interrupting())
from nodegraph.cli import main
sys.exit(main(["check", "g.yaml"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


# ---- the world outside

def test_ctrl_c_stops_inside_a_long_node_and_keeps_what_was_finished(work):
    (work / "g.yaml").write_text("""nodegraph: 1
nodes:
  first: {type: bench.log, text: done, to: log.txt}
  long: {type: bench.slow, text: $first, ready: ready}
outputs: {first: $first, long: $long}
""")
    process = start("run", "g.yaml", "--pack", BENCH, "--device", "cpu", "--json")
    while not (work / "ready").exists():
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    told = json.loads(out)
    assert told["exit"] == 130
    assert {n: s["status"] for n, s in told["nodes"].items()} == {"first": "ran", "long": "skipped"}
    assert b"what is finished is kept" in err and b"Traceback" not in err
    assert run("--only", "first") == 0
    assert (work / "log.txt").read_text() == "done\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close otherwise there")
def test_a_reader_that_goes_away_causes_no_outcry(work):
    for words in (["nodes"], ["run", "g.yaml", "--device", "cpu"], ["check", "g.yaml"]):
        with start(*words, "--pack", BENCH) as process:
            process.stdout.close()
            err = process.stderr.read()
        assert process.returncode == 0, err
        assert b"Broken" not in err and b"Traceback" not in err
    with start("run", "g.yaml", "--device", "cpu", "--overwrite", "--pack", BENCH) as process:
        process.stderr.close()
        out = process.stdout.read()
    assert process.returncode == 0 and b"loud.txt" in out


def test_a_terminal_without_unicode_gets_numbers_for_letters(work):
    (work / "g.yaml").write_text("nodegraph: 1\nnodes: {画: {type: bench.shout, text: 红船}}\noutputs: {画: $画}\n",
                                 encoding="utf-8")
    latin = {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    process = start("run", "g.yaml", "--pack", BENCH, "--device", "cpu", env=latin)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert rb"\u753b: " in out
    assert (work / "out/画.txt").read_text(encoding="utf-8") == "红船\n"
    process = start("run", "g.yaml", "--pack", BENCH, "--device", "cpu", "--json", env=latin)
    assert "画" in json.loads(process.communicate(timeout=60)[0])["outputs"]


def test_python_m_nodegraph_is_the_command():
    process = start("--version")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and out.startswith(b"nodegraph ")
