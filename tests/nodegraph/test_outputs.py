"""Outputs in the form that the graph or the command chooses; nothing else is lost where one file, or one item, is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nodegraph import Engine, graphfile
from nodegraph.check import check
from nodegraph.cli import main
from nodegraph.graph import Form, Ref
from nodegraph.naming import labels, numbers
from nodegraph.packs import Catalogue

PACK = str(Path(__file__).parent / "output_nodes.py")


@pytest.fixture
def work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    return tmp_path


def run(text: str, *words: str) -> int:
    Path("g.yaml").write_text(f"nodegraph: 1\n{text}\n", encoding="utf-8")
    return main(["run", "g.yaml", *words, "--device", "cpu", "--pack", PACK])


def told(capsys, text: str, *words: str):
    code = run(text, *words, "--json")
    document = json.loads(capsys.readouterr().out)
    assert document["exit"] == code
    return document


def files(folder: str = "out") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


ONE = "nodes:\n  p: {type: patch.one, color: 00ff00}\noutputs:\n  p: "
MANY = "nodes:\n  p: {type: patch.one, each: color, color: [%s]}\noutputs:\n  p: %s"


# ---- the form in the graph

def test_an_output_says_its_form_and_its_quality_in_the_file(work, capsys):
    assert run(ONE + "{value: $p, format: jpg, quality: 40}") == 0
    assert files() == ["p.jpg"] and Path("out/p.jpg").read_text() == "00ff00 at 40"
    assert run(ONE + "{value: $p, quality: 40, format: jpg}\n  q: $p") == 0
    assert files() == ["p.jpg", "q.png"]


def test_what_the_command_says_comes_before_what_the_graph_says(work):
    text = ONE + "{value: $p, format: jpg, quality: 40}\n  n: {value: $n, format: txt}\n"
    text = text.replace("outputs:", "  n: {type: text.join, texts: [a]}\noutputs:")
    assert run(text, "--format", "png", "--out", "a") == 0 and files("a") == ["n.txt", "p.png"]
    assert run(text, "--format", "p=raw", "--format", "n=md", "--out", "b") == 0 and files("b") == ["n.md", "p.raw"]
    assert run(text, "--quality", "7", "--out", "c") == 0 and Path("c/p.jpg").read_text() == "00ff00 at 7"
    assert run(text, "--format", "json", "--out", "d") == 0 and files("d") == ["n.json", "p.jpg"]


@pytest.mark.parametrize("words, line", [
    (["--format", "gif"], "--format gif: no output can be written so"),
    (["--format", "p=gif"], "output p carries Patch, which is written as png, jpg, raw, not as gif"),
    (["--format", "q=png"], "--format q=png: the graph has no output q"),
    (["--format", "p="], "--format p=: no kind of file is named"),
    (["--format", ""], "--format : no kind of file is named"),
    (["--format", "p=."], "--format p=.: no kind of file is named"),
    (["--out", ""], "--out is empty; it takes a folder"),
    (["--quality", "0"], "--quality 0: it takes a whole number, 1 to 100"),
    (["--quality", "80"], "--quality 80: no output is written as a kind of file that has a quality"),
    (["--quality", "p=80"], "output p is written as png, which has no quality to choose"),
])
def test_a_form_that_cannot_be_is_told_before_anything_runs(work, capsys, words, line):
    assert run(ONE + "$p", *words) == 2
    assert line in capsys.readouterr().err and not Path("out").exists()


@pytest.mark.parametrize("output, message, hint", [
    ("{value: $p, format: gif}", "output o carries a list of Patch, which is written as png, jpg, raw, not as gif",
     "patch.reel makes Reel of it, which is written as gif."),
    ("{value: $p, format: jpeg}", "output o carries a list of Patch, which is written as png, jpg, raw, not as jpeg", "Did you mean jpg?"),
    ("{value: $p, quality: 5}", "output o is written as png, which has no quality to choose", "There is quality for jpg."),
    ("{value: $f, format: png}", "output o is a File, which is copied as it is", "Take format and quality out."),
    ("{value: $n, quality: 5}", "output o is written as json, which has no quality to choose", "Take quality out."),
    ("{value: $q, format: png}", "$q links to q, and there is no node or input of that name", ""),
    ("{value: $p, format: png, quality: 101}", "quality of output o is 101; it takes an int, 1 to 100", ""),
    ("{value: $p, format: [png]}", "format of output o is a list; it takes one such as png, jpg, txt or json", ""),
    ("{value: $p, kind: png}", "'kind' is no part of an output", ""),
    ("{format: png}", "output o has no value: that is written", ""),
    ("{value: p}", "output o is 'p'; it takes a link", "Write value: $p."),
])
def test_check_finds_what_is_wrong_with_the_form_of_an_output(output, message, hint):
    text = f"nodegraph: 1\ninputs: {{n: 3, f: {{type: File}}}}\nnodes:\n  p: {{type: patch.one, each: color, color: [ff0000]}}\n" \
           f"outputs:\n  n: $n\n  f: $f\n  o: {output}\n"
    problems = check(*graphfile.parse(text)[:1], Catalogue(folders=[PACK]), graphfile.parse(text)[1]).problems
    problem = next(p for p in problems if p.severity == "error")
    assert message in problem.message and problem.where.line == 8
    assert not hint or problem.hint == hint


def test_forms_are_written_back_and_follow_an_edit():
    text = "nodegraph: 1\nnodes:\n  p: {type: patch.one}\noutputs:\n  a: {value: $p, format: webp, quality: 80}  # small\n  b: $p\n"
    graph, problems = graphfile.parse(text)
    assert graph.forms == {"a": Form("webp", 80)} and graph.outputs == {"a": Ref("p"), "b": Ref("p")} and not problems
    assert graphfile.parse(graphfile.dumps(graph))[0] == graph
    assert graphfile.updated(text, graph.with_value("p", "color", "000000")) == text.replace(
        "{type: patch.one}", "{type: patch.one, color: '000000'}")
    assert graph.without_node("p").forms == {}
    from dataclasses import replace

    other = replace(graph, forms={"a": Form("png"), "b": Form("", 5)})
    found = graphfile.updated(text, other)
    assert graphfile.parse(found)[0] == other and "# small" in found and "format: png" in found


def test_numbers_words_and_plain_data_have_forms_too(work):
    assert run("inputs: {n: 3, b: true, t: hello}\nnodes:\n  j: {type: text.join, texts: [$t]}\noutputs:\n"
               "  n: {value: $n, format: txt}\n  b: {value: $b, format: txt}\n  j: {value: $j, format: md}\n  k: {value: $j, format: json}") == 0
    assert [Path("out", name).read_text() for name in ("n.txt", "b.txt", "j.md", "k.json")] == ["3\n", "true\n", "hello\n", '"hello"\n']


def test_what_a_writer_tells_is_a_warning_with_the_name_of_the_output(work, capsys):
    document = told(capsys, ONE + "{value: $p, format: jpg}")
    assert document["warnings"] == ["p: its green is gone"]
    assert run(ONE + "{value: $p, format: jpg}", "--out", "b") == 0
    assert "warning: p: its green is gone" in capsys.readouterr().err
    assert told(capsys, ONE + "{value: $p, format: jpg}")["warnings"] == ["p: its green is gone"]  # the file is there already
    many = (MANY % ("'00ff00', '111111'", "$p")).replace("$p", "{value: $p, format: jpg}")
    assert told(capsys, many, "--out", "c")["warnings"] == ["p: its green is gone"]
    Path("c/p.2.jpg").unlink()
    assert told(capsys, many, "--out", "c")["warnings"] == ["p: its green is gone"]
    assert told(capsys, many.replace("00ff00", "222222"), "--out", "c")["warnings"] == []
    Path("g.yaml").write_text("nodegraph: 1\n" + ONE + "{value: $p, format: jpg}")
    with Engine(cache=None, device="cpu", packs=[PACK]) as engine, pytest.warns(UserWarning, match="its green is gone"):
        result = engine.run(engine.load("g.yaml"))
        assert engine.export(result, "p", Path("d"), "p")[0].name == "p.jpg"


# ---- names

def test_lists_are_named_so_that_they_sort(work):
    colors = ", ".join(f"'{n:06d}'" for n in range(12))
    assert run(MANY % (colors, "$p")) == 0
    assert files()[:2] == ["p.01.png", "p.02.png"] and files()[-1] == "p.12.png"
    assert numbers([(1, 9), (1, 10), (2, 1)]) == {(1, 9): ".1.09", (1, 10): ".1.10", (2, 1): ".2.01"}


def test_swept_whole_numbers_are_padded_so_that_their_files_sort(work):
    assert labels(list(range(1, 13)), 20)[:2] == ["01", "02"] and labels([5, 10.5, True], 20) == ["5", "10.5", "true"]
    assert labels([-1, 10], 20) == ["-1", "10"] and labels(["1", "10"], 20) == ["1", "10"]
    text = "inputs: {n: {type: Int, default: 1}}\nnodes:\n  s: {type: switch, on: $n, cases: {'9': nine, else: more}}\noutputs: {w: $s}"
    assert run(text, "--sweep", "n=9..11") == 0 and files() == ["w.n=09.txt", "w.n=10.txt", "w.n=11.txt"]
    Path("out/w.n=09.txt").rename("out/w.n=9.txt")  # as an earlier release called it
    assert run(text, "--sweep", "n=9..11") == 0 and files() == ["w.n=10.txt", "w.n=11.txt", "w.n=9.txt"]


def test_files_under_names_of_an_earlier_release_are_known_again(work):
    colors = ", ".join(f"'{n:06d}'" for n in range(12))
    assert run(MANY % (colors, "$p")) == 0
    for n in range(1, 10):
        Path(f"out/p.{n:02}.png").rename(f"out/p.{n}.png")
    before = files()
    assert run(MANY % (colors, "$p")) == 0 and files() == before
    text = "inputs: {c: {type: Color, default: '#000000'}}\nnodes:\n  j: {type: text.join, texts: [$c]}\noutputs: {j: $j}"
    assert run(text, "--sweep", "c=#ff0000", "--out", "s") == 0 and files("s") == ["j.c=ff0000.txt"]
    Path("s/j.c=ff0000.txt").rename("s/j.c=_ff0000.txt")
    assert run(text, "--sweep", "c=#ff0000", "--out", "s") == 0 and files("s") == ["j.c=_ff0000.txt"]


def test_items_that_come_of_files_are_named_by_them_and_older_names_are_known_again(work):
    Path("a/b").mkdir(parents=True)
    for name in ("a/cat.txt", "a/dog.txt", "a/b/cat.txt"):
        Path(name).write_text("ff0000")
    text = CHAIN.replace("[one.txt, two.txt, three.txt]", "[a/cat.txt, a/dog.txt, a/b/cat.txt]").split("outputs")[0] + "outputs: {d: $d}"
    assert run(text) == 0 and files() == ["d.1-cat.png", "d.2-dog.png", "d.3-b_cat.png"]
    for path in list(Path("out").iterdir()):
        path.rename(path.with_name(f"d.{path.name[2]}.png"))
    assert run(text) == 0 and files() == ["d.1.png", "d.2.png", "d.3.png"]
    text = "nodes:\n  r: {type: patch.read, each: file, failed: skip, file: [a/cat.txt, no.txt, a/dog.txt]}\noutputs: {r: $r}"
    Path("no.txt").write_text("no")
    assert run(text, "--out", "b") == 0 and files("b") == ["r.1.png", "r.2.png"]


def test_a_second_run_writes_nothing_and_a_list_that_grew_writes_what_is_new(work):
    assert run(MANY % ("'000000', '111111'", "{value: $p, format: jpg, quality: 5}")) == 0
    stamps = {path: path.stat().st_mtime_ns for path in Path("out").iterdir()}
    assert run(MANY % ("'000000', '111111'", "{value: $p, format: jpg, quality: 5}")) == 0
    assert {path: path.stat().st_mtime_ns for path in Path("out").iterdir()} == stamps
    assert run(MANY % ("'000000', '111111', '222222'", "{value: $p, format: jpg, quality: 5}")) == 0
    assert files() == ["p.1.jpg", "p.2.jpg", "p.3.jpg"]
    assert run(MANY % ("'000000', '111111', '222222'", "{value: $p, format: jpg, quality: 6}")) == 0
    assert files() == ["p-2.1.jpg", "p-2.2.jpg", "p-2.3.jpg", "p.1.jpg", "p.2.jpg", "p.3.jpg"]


LONG = "the quick brown fox jumps over the lazy dog and then it goes on and on until the night falls over the town where "


@pytest.mark.parametrize("values, paths, wanted", [
    (["/deep/er/cat.png", "/deep/er/dog.png"], True, ["cat", "dog"]),
    (["/a/spring/x/cat.png", "/a/autumn/x/cat.png", "/a/dog.png"], True, ["spring_cat", "autumn_cat", "dog"]),
    (["/a/cat.png", "/a/cat.jpg"], True, ["cat.png", "cat.jpg"]), (["C:\\a\\cat.png", "C:\\a\\dog.png"], True, ["cat", "dog"]),
    ([LONG + "one sleeps", LONG + "two wake"], False, ["the_quick_brown_one_sleeps", "the_quick_brown_two_wake"]),
    ([1, 2.5, -3, True], False, ["1", "2.5", "-3", "true"]), (["#ff8800", "#00ff00"], False, ["ff8800", "00ff00"]),
    (["红色的船", "蓝色的船"], False, ["红色的船", "蓝色的船"]), (["红" * 60 + "一", "红" * 60 + "二"], False, ["红" * 5 + "_一", "红" * 5 + "_二"]),
    (["a?", "a!"], False, ["a-1", "a-2"]), (["cat", "cat"], False, ["cat", "cat"]), ([["calm", "sad"], ["joy"]], False, ["calm_sad", "joy"]),
])
def test_swept_values_are_named_by_what_tells_them_apart(values, paths, wanted):
    found = labels(values, 48, paths)
    assert found == wanted and all(len(name.encode()) <= 48 for name in found)


def test_a_sweep_over_files_of_one_name_keeps_them_apart_and_overwrites_nothing(work):
    for folder in ("a/spring", "a/autumn"):
        Path(folder).mkdir(parents=True)
        Path(folder, "cat.txt").write_text("ff0000" if folder == "a/spring" else "00ff00")
    text = "inputs: {f: {type: File}}\nnodes:\n  p: {type: patch.read, file: $f}\noutputs: {p: $p}"
    assert run(text, "--sweep", "f=a/spring/cat.txt,a/autumn/cat.txt") == 0
    assert files() == ["p.f=autumn_cat.png", "p.f=spring_cat.png"]
    Path("a/spring/cat.txt").write_text("0000ff")
    assert run(text, "--sweep", "f=a/spring/cat.txt,a/autumn/cat.txt") == 0
    assert files() == ["p.f=autumn_cat.png", "p.f=spring_cat-2.png", "p.f=spring_cat.png"]


# ---- nothing else is lost

CHAIN = """inputs: {f: {type: list of File, default: [one.txt, two.txt, three.txt]}}
nodes:
  p: {type: patch.read, each: file, file: $f}
  d: {type: patch.dark, each: patch, patch: $p}
  r: {type: patch.reel, patches: $d}
outputs: {p: $p, d: $d, r: $r, n: $f}"""


def test_one_bad_item_leaves_the_good_ones_in_every_list_that_comes_of_it(work, capsys):
    for name, color in (("one", "ff0000"), ("two", "no"), ("three", "00ff00")):
        Path(f"{name}.txt").write_text(color)
    document = told(capsys, CHAIN)
    assert document["exit"] == 1
    assert files() == ["d.1-one.png", "d.3-three.png", "n.1.txt", "n.2.txt", "n.3.txt", "p.1-one.png", "p.3-three.png"]
    lost, = document["outputs"]["d"]["lost"]
    assert Path(lost["from"]).name == "two.txt" and lost["item"] == [2] and lost["instance"] == "p[2]" and "two.txt holds no colour" in lost["message"]
    assert document["outputs"]["d"]["digest"] is None and len(document["outputs"]["d"]["paths"]) == 2
    assert "r" not in document["outputs"] and len(document["errors"]) == 1
    assert document["nodes"]["d"]["ran"] == 2
    assert run(CHAIN) == 1
    err = capsys.readouterr().err
    assert "output d: 2 files, without item 2" in err and "two.txt)  p[2]: two.txt holds no colour" in err
    Path("two.txt").write_text("0000ff")
    assert run(CHAIN) == 0
    assert [name for name in files() if name.startswith(("d-2", "n-2", "p-2"))] == [  # n.2 is another now, so all are new
        *(f"d-2.{name}.png" for name in ("1-one", "2-two", "3-three")), "n-2.1.txt", "n-2.2.txt", "n-2.3.txt",
        *(f"p-2.{name}.png" for name in ("1-one", "2-two", "3-three"))]


def test_items_are_missing_from_lists_of_lists_and_from_a_mapped_graph(work, capsys):
    Path("in.yaml").write_text("nodegraph: 1\ninputs: {c: {type: list of Text}}\nnodes:\n  p: {type: patch.one, each: color, color: $c}\n"
                               "outputs: {p: $p}\n")
    graph = "nodes:\n  o: {type: ./in.yaml, c: ['000000', bad, '111111']}\n  d: {type: patch.dark, each: patch, patch: $o}\noutputs: {d: $d}"
    document = told(capsys, graph)
    assert files() == ["d.1.png", "d.3.png"] and [row["item"] for row in document["outputs"]["d"]["lost"]] == [[2]]


def test_where_every_item_fails_nothing_is_written_and_failed_skip_goes_on_as_it_was(work, capsys):
    document = told(capsys, MANY % ("bad, bad", "$p"))
    assert document["exit"] == 1 and document["outputs"] == {} and files() == []
    text = "nodes:\n  p: {type: patch.one, each: color, failed: skip, color: ['000000', bad, '111111']}\noutputs: {p: $p}"
    document = told(capsys, text)
    assert document["exit"] == 0 and files() == ["p.1.png", "p.2.png"] and "lost" not in document["outputs"]["p"]


@pytest.mark.parametrize("color, reason", [("ff0000", "No space left on device"), ("0000ff", "Permission denied"),
                                           ("ffffff", "ZeroDivisionError: division by zero"),
                                           ("eeeeee", "its text holds \\ud800, which is no character of Unicode")])
def test_a_writer_that_fails_loses_that_file_alone_and_leaves_no_half_of_it(work, capsys, color, reason):
    document = told(capsys, MANY % (f"'000000', {color}, '111111'", "{value: $p, format: raw}\n  q: $p"))
    assert document["exit"] == 1 and files() == ["p.1.raw", "p.3.raw", "q.1.png", "q.2.png", "q.3.png"]
    error, = document["errors"]
    assert error["output"] == "p" and error["path"].endswith("p.2.raw") and error["message"].endswith(f"p.2.raw: {reason}")
    assert not [path for path in Path("out").iterdir() if path.name.startswith(".")]


def test_a_folder_in_the_way_of_a_file_and_a_folder_that_cannot_be_written(work, capsys):
    Path("out/p.jpg").mkdir(parents=True)
    assert run(ONE + "{value: $p, format: jpg}\n  q: $p") == 0
    assert files() == ["p-2.jpg", "p.jpg", "q-2.png"]
    assert run(ONE + "{value: $p, format: jpg}\n  q: $p", "--overwrite") == 1
    assert "output p cannot be written: out/p.jpg: Is a directory" in capsys.readouterr().err


def test_a_list_of_very_many_files_is_told_of_before_they_are_written(work, capsys, monkeypatch):
    monkeypatch.setattr("nodegraph.cli.run.MANY_FILES", 1)
    assert told(capsys, MANY % ("'000000', '111111'", "$p"))["warnings"] == [
        "p: it is a list of 2, and each is written to a file of its own; join them in the graph for one file"]


def test_a_list_of_pictures_as_one_moving_picture_leads_to_the_node_that_makes_it():
    text = "nodegraph: 1\nnodes:\n  p: {type: media.read_image, each: file, file: []}\noutputs:\n  p: {value: $p, format: gif}\n"
    problem = check(*graphfile.parse(text)[:1], Catalogue()).problems[0]
    assert "carries a list of Image, which is written as png, jpg, webp" in problem.message
    assert problem.hint == "video.from_frames makes Video of it, which is written as gif."
