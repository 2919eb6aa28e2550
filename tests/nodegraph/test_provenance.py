"""Pictures carry the graph that made them, and can be run in its stead."""

from __future__ import annotations

import json
import os
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodegraph import GraphError, graphfile
from nodegraph import pngtext
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
    assert record == {"output": "dot", "inputs": {"color": "00ff00"}, "live": [], "seeds": {},
                      "versions": {"nodes": {"dots.many": "1", "dots.one": "3"}}}
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
