"""Pictures carry the graph that made them, and can be run in its stead."""

from __future__ import annotations

import json
import os
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from nodegraph import GraphError, graphfile, pngtext
from nodegraph.cli import main
from nodegraph.export import RUN, bare_digest, embedded_graph, export
from nodegraph.types import PortType

from .picture_nodes import png, save

PACK = str(Path(__file__).parent / "picture_nodes.py")
DOT = """nodegraph: 1
title: Dot   # the smallest picture there is

inputs:
  color: {type: Text, default: ff8800}
nodes:
  dot: {type: dots.one, color: $color, seed: random}
  row: {type: dots.many, colors: [ff0000, $color]}
outputs: {dot: $dot, row: $row}
"""


@pytest.fixture
def work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    Path("g.yaml").write_text(DOT, encoding="utf-8")
    return tmp_path


def run(*words: str) -> int:
    return main(["run", *words, "--device", "cpu", "--pack", PACK])


def test_a_picture_carries_the_file_that_made_it_and_what_the_run_was_given(work):
    assert run("g.yaml", "--set", "color=00ff00") == 0
    text, record = embedded_graph("out/dot.png")
    assert text == DOT
    seed = record["seeds"].pop("dot.seed")
    assert isinstance(seed, int)
    version = record["versions"].pop("nodegraph")
    assert version == "0.1.0"
    assert record == {"output": "dot", "inputs": {"color": "00ff00"}, "live": [], "seeds": {}, "folder": "..", "started": ".",
                      "versions": {"nodes": {"dots.many": "1", "dots.one": "3"}, "packs": {"dots": "picture_nodes.py (not installed)"}}}
    assert embedded_graph("out/row.2.png")[1]["output"] == "row"
    assert pngtext.without_texts(Path("out/row.2.png").read_bytes(), ("nodegraph", RUN)) == png("00ff00")


def test_a_picture_is_run_and_checked_like_the_file_and_gives_the_same_picture(work, capsys):
    run("g.yaml", "--set", "color=00ff00")
    Path("g.yaml").unlink()
    capsys.readouterr()
    assert main(["check", "out/dot.png", "--pack", PACK]) == 0
    assert "2 nodes, 2 outputs, nothing wrong" in capsys.readouterr().out
    assert run("out/dot.png", "--out", "again") == 0
    assert "as it was made: color = 00ff00" in capsys.readouterr().err
    assert bare_digest(Path("again/dot.png")) == bare_digest(Path("out/dot.png"))
    assert embedded_graph("again/dot.png") == embedded_graph("out/dot.png")
    assert run("out/dot.png", "--out", "other", "--set", "color=0000ff") == 0
    assert embedded_graph("other/dot.png")[1]["inputs"] == {"color": "0000ff"}


def test_a_second_run_leaves_its_pictures_as_they_are_though_the_graph_has_another_comment(work):
    Path("g.yaml").write_text(DOT.replace("random", "5"))
    run("g.yaml")
    before = {path: path.read_bytes() for path in Path("out").iterdir()}
    assert len(before) == 3
    Path("g.yaml").write_text(DOT.replace("random", "5") + "# another comment\n")
    run("g.yaml")
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == before
    assert run("g.yaml", "--set", "color=123456", "--only", "dot") == 0
    assert sorted(p.name for p in Path("out").glob("dot*")) == ["dot-2.png", "dot.png"]


def test_overwriting_gives_the_same_picture_the_graph_of_this_run(work):
    Path("g.yaml").write_text(DOT.replace("random", "5"), encoding="utf-8")
    assert run("g.yaml") == 0
    Path("g.yaml").write_text(DOT.replace("random", "5").replace("smallest", "least"), encoding="utf-8")
    before = bare_digest(Path("out/row.1.png"))
    assert run("g.yaml", "--overwrite") == 0
    assert "least" in embedded_graph("out/row.1.png")[0] and bare_digest(Path("out/row.1.png")) == before
    written = os.stat("out/row.1.png").st_mtime_ns
    assert run("g.yaml", "--overwrite") == 0 and os.stat("out/row.1.png").st_mtime_ns == written
    assert not list(Path("out").glob("*-2*"))


def test_an_edit_that_is_in_no_file_is_carried_too(work):
    assert run("g.yaml", "--sweep", "dot.seed=7,8", "--only", "dot") == 0
    assert embedded_graph("out/dot.dot-seed=7.png")[0] == DOT.replace("random", "7")
    assert embedded_graph("out/dot.dot-seed=8.png")[0] == DOT.replace("random", "8")


def test_other_files_carry_nothing(tmp_path):
    kind = PortType("Dot", exports={"jpg": save, "png": save, "txt": lambda v, path: path.write_text("no picture")})
    embed = {"nodegraph": "x", RUN: "{}"}
    jpg, = export(kind, "ff0000", tmp_path, "d", embed=embed)
    assert jpg.read_bytes() == png("ff0000")
    odd = PortType("Odd", exports={"png": lambda v, path: path.write_text("no picture")})
    path, = export(odd, 1, tmp_path, "o", embed=embed)
    assert path.read_text() == "no picture" and embedded_graph(path) is None


def test_a_picture_without_a_graph_is_told_in_a_sentence(work, capsys):
    Path("plain.png").write_bytes(png("ff0000"))
    assert embedded_graph("plain.png") is None
    assert run("plain.png") == 2
    assert capsys.readouterr().err.startswith("plain.png:1:1  this picture carries no graph\n")
    with pytest.raises(GraphError, match="carries no graph"):
        graphfile.read("plain.png")


def test_a_record_that_is_damaged_is_empty_and_the_graph_is_still_there(work):
    for record in ("{", "[]", "[" * 100_000, '{"inputs": [], "seeds": {"dot.seed": "x"}}'):
        Path("d.png").write_bytes(pngtext.with_texts(png("ff0000"), {"nodegraph": DOT, RUN: record}))
        assert embedded_graph("d.png")[0] == DOT
        assert run("d.png", "--quiet") == 0
    Path("d.png").write_bytes(pngtext.with_texts(png("ff0000"), {"nodegraph": DOT, RUN: json.dumps({"inputs": {"colour": 1}})}))
    assert run("d.png") == 2


def test_pictures_open_as_before_and_tell_their_texts_to_other_programs(tmp_path):
    from PIL import Image

    path = tmp_path / "a.png"
    path.write_bytes(pngtext.with_texts(png("102030"), {"nodegraph": "画: 1\n", RUN: "{}"}))
    with Image.open(path) as picture:
        picture.load()
        assert picture.getpixel((0, 0)) == (16, 32, 48) and picture.text == {"nodegraph": "画: 1\n", RUN: "{}"}


TEXTS = st.dictionaries(st.text("abcXYZ.", min_size=1, max_size=9), st.text(st.characters(exclude_categories=["Cs"])), max_size=4)


@given(TEXTS, TEXTS)
def test_texts_come_back_as_they_went_in_and_leave_no_trace_when_taken_out(first, second):
    plain = png("ff0000")
    once = pngtext.with_texts(plain, first)
    assert pngtext.texts(once) == first
    twice = pngtext.with_texts(once, second)
    assert pngtext.texts(twice) == {**first, **second}
    assert pngtext.without_texts(twice, tuple({**first, **second})) == plain


@given(st.binary(max_size=200), st.integers(0, 300), st.binary(max_size=20))
def test_damaged_pictures_raise_nothing(noise, at, patch):
    data = pngtext.with_texts(png("ff0000"), {"nodegraph": "a", "b": "c"})
    for damaged in (noise, pngtext.SIGNATURE + noise, data[:at], data[:at] + patch + data[at:], data[:at] + patch):
        assert isinstance(pngtext.texts(damaged), dict)
        assert isinstance(pngtext.with_texts(damaged, {"nodegraph": "x"}), bytes)


def test_a_text_that_another_tool_compressed_is_read_and_a_bomb_is_cut():
    def compressed(text: bytes) -> bytes:
        body = b"iTXt" + b"nodegraph\0\1\0en\0\0" + zlib.compress(text)
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        return png("ff0000")[:33] + chunk + png("ff0000")[33:]

    assert pngtext.texts(compressed("画".encode())) == {"nodegraph": "画"}
    assert len(pngtext.texts(compressed(b"a" * (pngtext.LONGEST + 5)))["nodegraph"]) == pngtext.LONGEST
    assert pngtext.texts(compressed(b"\xff")) == {}


# ---- where the files are that a picture names

FILES = """nodegraph: 1
# made of {folder}/photos/cat.txt
inputs:
  more: {{type: list of File, default: []}}
nodes:
  cat: {{type: patch.read, file: {cat}}}
  all: {{type: patch.read, each: file, file: $more}}
  part: {{type: {part}}}
outputs: {{cat: $cat, part: $part}}
"""
PART = """nodegraph: 1   # a part
nodes:
  dog: {type: patch.read, file: ../photos/dog.txt}
  far: {type: patch.read, file: FAR}
outputs: {dog: $dog}
"""
PATCHES = str(Path(__file__).parent / "output_nodes.py")


def patches(*words: str) -> int:
    return main(["run", *words, "--device", "cpu", "--pack", PATCHES])


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project in the home of ann: a graph, a part of it, and photos beside and elsewhere."""
    home = tmp_path / "home" / "ann"
    for folder in ("project/parts", "project/photos", "work"):
        (home / folder).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(home)
    for name, color in (("cat", "ff0000"), ("dog", "00ff00"), ("owl", "0000ff")):
        (home / f"project/photos/{name}.txt").write_text(color)
    (home / "project/parts/part.yaml").write_text(PART.replace("FAR", f"{home}/project/photos/owl.txt"))
    (home / "project/g.yaml").write_text(FILES.format(folder=home, cat=f"{home}/project/photos/cat.txt", part="./parts/part.yaml"))
    return home


def test_no_path_in_a_picture_is_absolute_and_no_name_of_a_user_is_in_it(project):
    assert patches("project/g.yaml", "--set", f"more={project}/project/photos/owl.txt", "--out", "made") == 0
    data = Path("made/cat.png").read_bytes()
    assert b"ann" not in data and str(project).encode() not in data and b"/home" not in data
    text, record = embedded_graph("made/cat.png")
    assert "file: photos/cat.txt" in text and "# made of" in text
    assert record["inputs"] == {"more": ["photos/owl.txt"]} and record["folder"] == "../project" and record["started"] == "project"
    assert set(record["files"]) == {"photos/cat.txt", "photos/dog.txt", "photos/owl.txt"}
    assert "file: ../photos/owl.txt" in record["graphs"]["parts/part.yaml"] and "# a part" in record["graphs"]["parts/part.yaml"]


def test_a_picture_runs_from_where_it_was_made_from_elsewhere_and_without_the_parts(project, capsys):
    assert patches("project/g.yaml", "--set", "more=project/photos/owl.txt", "--out", "made") == 0
    Path("project/parts/part.yaml").unlink(), Path("project/g.yaml").unlink()
    assert patches("made/cat.png", "--out", "again") == 0
    assert embedded_graph("again/cat.png")[1] == embedded_graph("made/cat.png")[1]
    Path("moved").mkdir(), Path("made/cat.png").rename("moved/cat.png")
    assert patches("moved/cat.png", "--out", "third") == 0
    assert main(["check", "moved/cat.png", "--pack", PATCHES]) == 0
    capsys.readouterr()
    Path("project").rename("other")
    assert patches("moved/cat.png", "--out", "fourth", "--cache", "none") == 2
    told = capsys.readouterr().err
    assert "this picture was made of files that are not in" in told and "photos/cat.txt" in told and "--base" in told
    assert patches("moved/cat.png", "--out", "fourth", "--base", "other", "--cache", "none") == 0
    assert bare_digest(Path("fourth/part.png")) == bare_digest(Path("again/part.png"))


def test_a_path_in_the_midst_of_a_text_that_was_given_is_told_from_the_graph_too(project):
    Path("project/t.yaml").write_text("nodegraph: 1\ninputs: {t: {type: Text}}\nnodes:\n  p: {type: patch.one, color: '000000'}\n"
                                      "outputs: {p: $p, t: $t}\n")
    assert patches("project/t.yaml", "--set", f"t=like {project}/project/photos/cat.txt, and/or http://a.b/c/d", "--out", "made") == 0
    assert embedded_graph("made/p.png")[1]["inputs"] == {"t": "like photos/cat.txt, and/or http://a.b/c/d"}


def test_a_file_in_another_place_altogether_is_told_by_its_name_and_found_by_its_content(project, tmp_path, capsys):
    far = tmp_path / "elsewhere" / "bird.txt"
    far.parent.mkdir()
    far.write_text("123456")
    Path("project/far.yaml").write_text(f"nodegraph: 1\nnodes:\n  p: {{type: patch.read, file: {far}}}\noutputs: {{p: $p}}\n")
    assert patches("project/far.yaml", "--out", "made") == 0
    assert "file: bird.txt" in embedded_graph("made/p.png")[0] and b"elsewhere" not in Path("made/p.png").read_bytes()
    assert patches("made/p.png", "--out", "again") == 0
    assert embedded_graph("again/p.png")[0] == embedded_graph("made/p.png")[0]
    far.unlink()
    capsys.readouterr()
    assert patches("made/p.png", "--out", "third") == 2 and "bird.txt" in capsys.readouterr().err


def test_a_file_that_holds_something_else_by_now_and_another_version_of_a_node_are_warnings(project, capsys):
    assert patches("project/g.yaml", "--out", "made") == 0
    Path("project/photos/cat.txt").write_text("ff00ff")
    data = Path("made/cat.png").read_bytes()
    record = json.loads(pngtext.texts(data)[RUN])
    record["versions"]["nodes"]["patch.read"] = "0"
    Path("made/cat.png").write_bytes(pngtext.with_texts(data, {RUN: json.dumps(record)}))
    capsys.readouterr()
    assert patches("made/cat.png", "--out", "again", "--json") == 0
    out = capsys.readouterr()
    assert "patch.read is version 1 now, and this picture was made with version 0" in out.err
    assert json.loads(out.out)["warnings"][1] == "photos/cat.txt holds something else than when this picture was made"
    assert main(["check", "made/cat.png", "--pack", PATCHES]) == 0
    assert "warning: patch.read is version 1 now" in capsys.readouterr().err


def test_a_picture_can_be_written_without_its_graph(work, capsys):
    Path("g.yaml").write_text(DOT.replace("random", "5"))
    assert run("g.yaml", "--no-graph") == 0
    assert embedded_graph("out/dot.png") is None and Path("out/dot.png").read_bytes() == png("ff8805")
    assert run("g.yaml", "--no-graph") == 0 and len(list(Path("out").iterdir())) == 3
    assert run("g.yaml", "--out", "b") == 0 and run("g.yaml", "--out", "b", "--no-graph") == 0
    assert embedded_graph("b/dot.png") is not None and embedded_graph("b/dot-2.png") is None
    assert run("g.yaml", "--out", "b", "--no-graph", "--overwrite") == 0 and embedded_graph("b/dot.png") is None


def test_a_text_that_only_looks_like_a_path_stays_as_it_is(work):
    text = DOT.replace("ff8800", "'/imagine/a cat'")
    Path("g.yaml").write_text(text.replace("row: {type: dots.many, colors: [ff0000, $color]}", "x: {type: dots.one}")
                              .replace("color: $color,", "color: '00ff00',").replace("row: $row", "x: $x"))
    assert run("g.yaml") == 0
    assert "'/imagine/a cat'" in embedded_graph("out/x.png")[0]


def test_a_project_in_another_place_altogether_is_found_by_what_its_files_hold(project, tmp_path, monkeypatch, capsys):
    Path("project/all.yaml").write_text("nodegraph: 1\nnodes:\n  p: {type: patch.read, each: file, file: photos/*.txt}\n"
                                        "outputs: {p: $p}\n")
    monkeypatch.setenv("HOME", str(project / "work"))  # the project lies in the home of somebody else
    monkeypatch.chdir(project / "work")
    assert patches(str(project / "project/all.yaml"), "--out", "made") == 0
    record = embedded_graph("made/p.1-cat.png")[1]
    assert "folder" not in record and "started" not in record and list(record["files"])[0] == "photos/cat.txt"
    assert patches("made/p.1-cat.png", "--out", "again") == 0 and Path("again/p.3-owl.png").exists()
