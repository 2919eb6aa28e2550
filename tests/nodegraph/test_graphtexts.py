"""What people give as a graph: JSON with its escapes, values as they are written, files of other kinds, halves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from nodegraph import Catalogue, Engine, Graph, GraphError, Node, Ref, node, pngtext
from nodegraph.check import check
from nodegraph.graphfile import parse, read, updated

JOIN = "nodegraph: 1\nnodes:\n  j: {type: text.join, texts: %s, separator: %s}\noutputs: {o: $j}\n"


def problems(text: str) -> list[str]:
    """Everything that is said of a graph's text, in one line each."""
    try:
        graph, found = parse(text)
        found = check(graph, Catalogue(), found).problems
    except GraphError as error:
        found = list(error.problems)
    return [" ".join(f"{p.where.line}:{p.where.column} {p.message} {p.hint}".split()) for p in found]


def refused(path) -> str:
    with pytest.raises(GraphError) as caught:
        read(path)
    return str(caught.value)


# ---- JSON

@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_a_graph_that_json_wrote_runs(indent):
    words = ["a \U0001f600 face", "é\t\"x\" \\ / \x7f", "\U0001f98a\U0001f431", "你好"]
    graph = {"nodegraph": 1, "nodes": {"j": {"type": "text.join", "texts": words, "separator": "|"}},
             "outputs": {"o": "$j"}}
    with Engine(cache=None, device="cpu") as engine:
        assert engine.run(parse(json.dumps(graph, indent=indent))[0])["o"] == "|".join(words)


def test_places_are_right_after_an_escaped_character():
    text = '{"nodegraph": 1, "nodes": {"j": {"type": "text.join", "texts": ["\\ud83d\\ude00", 5]}}, "outputs": {"o": "$j"}}'
    assert problems(text)[0] \
        .startswith("1:81 item 2 of j.texts is 5; it takes a text")


def test_an_escaped_graph_is_changed_in_place():
    text = 'nodegraph: 1\nnodes:\n  j: {type: text.join, texts: ["\\ud83d\\ude00"], separator: a}  # kept\n' \
           'outputs: {o: $j}\n'
    graph = parse(text)[0]
    assert updated(text, graph.with_value("j", "separator", "b")) == text.replace("separator: a", "separator: b")


@pytest.mark.parametrize("escape", ["\\ud83d", "\\ude00", "\\ude00\\ud83d", "\\ud83d x"])
def test_half_of_an_escaped_character_is_told_with_its_place(escape):
    assert problems(JOIN % (f'["{escape}"]', "x")) == [
        f"3:32 the escape {escape[:6]} is half of a character Write both halves, \\ud83d\\ude00, or the character itself."]


def test_a_backslash_before_an_escape_is_a_backslash():
    with Engine(cache=None, device="cpu") as engine:
        assert engine.run(parse(JOIN % ('["\\\\ud83d", \'\\ud83d\']', "x"))[0])["o"] == "\\ud83dx\\ud83d"


# ---- hints repeat what was written

@pytest.mark.parametrize("written", ["1.10", "010", "1e3", "+1", "-0", "1.", ".5", "True", "FALSE", "12"])
def test_a_hint_repeats_a_value_as_it_stands_in_the_file(written):
    quote, brackets = f'Put it in quotes: "{written}".', f'Put it in brackets: ["{written}"].'
    assert problems(JOIN % ("[a]", written)) == [f"3:47 j.separator is {written}; it takes a text {quote}"]
    assert problems(JOIN % (f"[a, {written}]", "x"))[0].endswith(f"is {written}; it takes a text {quote}")
    assert problems(JOIN % (written, "x"))[0].endswith(f"is {written}; it takes a list of Text {brackets}")
    given = f"nodegraph: 1\ninputs: {{v: {{type: Text, default: {written}}}}}\n" \
            "nodes: {j: {type: text.join, texts: [$v]}}\noutputs: {o: $j}\n"
    assert problems(given)[0].endswith(f'input v is {written}; it takes a text Put it in quotes: "{written}".')
    assert problems(f"title: {written}\n" + JOIN % ("[a]", "x"))[0].endswith(f'Put it in quotes: "{written}".')


@pytest.mark.parametrize("written", ["0x40", "1_000", "12:30", "yes", "2024-01-01", "no", "on"])
def test_words_that_other_yaml_takes_for_numbers_and_dates_are_texts(written):
    with Engine(cache=None, device="cpu") as engine:
        assert engine.run(parse(JOIN % (f"[{written}, b]", "x"))[0])["o"] == f"{written}xb"


@pytest.mark.parametrize("written", ["null", "~", "NULL"])
def test_nothing_where_a_text_is_wanted_may_have_meant_the_word(written):
    assert problems(JOIN % ("[a]", written)) == [
        f'3:47 j.separator is empty; it takes a text For an empty text write ""; for the word itself, "{written}".']


def test_a_value_that_was_edited_since_is_not_told_by_what_stood_there():
    graph = parse(JOIN % ("[a]", "1.10"))[0].with_value("j", "separator", 2.5)
    assert check(graph, Catalogue()).problems[0].message == "j.separator is 2.5; it takes a text"


# ---- characters that look like others

def test_a_comment_sign_that_hides_a_bracket_is_named():
    assert problems("nodegraph: 1\ninputs:\n  v: {type: Text, default: song #1}\n") == [
        "3:33 what follows # in a line is a comment, so the { that opens before it is not closed "
        "Put the text that holds # in quotes."]
    assert "is not closed with" in problems("nodegraph: 1\nnodes: {a: 'x # }'\n")[0]


@pytest.mark.parametrize("text, said", [
    ("nodegraph: 1\nnodes:\n\xa0\xa0t: {type: text.join}\n",
     "3:1 a no-break space (U+00A0) stands here Write a plain space in its place."),
    ("nodegraph: 1\nnodes:\n\u3000t: {type: text.join}\n", "3:1 a full-width space (U+3000) stands here"),
    ("nodegraph: 1\nnodes:\n  t\uff1a {type: text.join}\n",
     "3:4 a full-width colon (U+FF1A) stands here Write a plain : in its place."),
    ("nodegraph: 1\nnodes:\n  t: {type\uff1a text.join}\n", "a full-width colon (U+FF1A) stands here"),
    ("nodegraph: 1\nnodes:\n  t:\n    texts\uff1a[a]\n", "4:10 a full-width colon (U+FF1A) stands here"),
    ("nodegraph\uff1a1\n", "a full-width colon (U+FF1A) stands here"),
    ("nodegraph: 1\nnodes:\n  t: {type: text.join\uff0ctexts: [a]}\n",
     "3:22 a full-width comma (U+FF0C) stands here Write a plain , in its place."),
    ("nodegraph: 1\nnodes:\n  t:\xa0{type: text.join}\n", "3:5 a no-break space (U+00A0) stands here"),
])
def test_a_character_that_looks_like_one_of_yaml_is_named(text, said):
    assert any(said in line for line in problems(text))


def test_such_characters_are_letters_within_a_text():
    text = JOIN % ('["a\uff1a b", c\xa0d]', "'\uff0c'")
    with Engine(cache=None, device="cpu") as engine:
        assert engine.run(parse(text)[0])["o"] == "a\uff1a b\uff0cc\xa0d"


# ---- files of other kinds

@pytest.mark.parametrize("data, kind", [
    (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "a JPEG picture"), (b"GIF89a\0\0", "a GIF picture"),
    (b"RIFF\4\0\0\0WEBPVP8 \0", "a WebP picture"),
    (b"RIFF\4\0\0\0WAVEfmt \0", "a WAV sound"), (b"MThd\0\0\0\6", "a MIDI file"), (b"PK\3\4\0\0", "a ZIP archive"),
    (b"%PDF-1.7\nwords", "a PDF document"), (b"<!DOCTYPE html>\n<p>", "an HTML page"),
    (b"<svg xmlns='x'/>", "an SVG drawing"),
    (b"fLaC\0\0", "a FLAC sound"), (b"ID3\3\0\0", "an MP3 sound"), (b"\0\0\0\x18ftypheic\0\0", "a HEIC picture"),
    (b"\x7fELF\2\0", "a program"),
    (b"\x20\0\0\0\0\0\0\0{\"a\":1}\0", "a safetensors model"), (b"\x1f\x8b\x08\0", "a gzip archive"),
])
def test_a_file_of_another_kind_is_named(tmp_path, data, kind):
    (tmp_path / "g.yaml").write_bytes(data)
    assert f"g.yaml:1:1  this is {kind}, which carries no graph\n" in refused(tmp_path / "g.yaml")
    assert "UTF-8" not in refused(tmp_path / "g.yaml")


def test_a_pointer_of_git_lfs_and_wide_texts_are_named(tmp_path):
    path = tmp_path / "g.yaml"
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert "not downloaded" in refused(path) and "git lfs pull" in refused(path)
    for name in ("utf-16", "utf-32"):
        path.write_bytes("nodegraph: 1\n".encode(name))
        assert f"this is {name.upper()}; a graph file is UTF-8" in refused(path)


@pytest.mark.parametrize("document, what", [
    ({"3": {"class_type": "KSampler", "inputs": {"seed": 1}}, "4": {"class_type": "VAEDecode", "inputs": {}}},
     "a ComfyUI workflow in its API form"),
    ({"prompt": {"3": {"class_type": "KSampler", "inputs": {}}}, "client_id": "x"},
     "a ComfyUI workflow in its API form"),
    ({"last_node_id": 9, "nodes": [{"id": 1, "type": "KSampler"}], "links": [], "version": 0.4}, "a ComfyUI workflow,"),
    ({"name": "x", "nodes": [], "edges": [], "meta": {}}, "an InvokeAI workflow"),
    ({"version": "0.2", "content": {"nodes": [], "edges": []}}, "a chaiNNer chain"),
])
def test_workflows_of_other_programs_are_named_as_theirs(tmp_path, document, what):
    (tmp_path / "g.json").write_text(json.dumps(document, indent=1))
    said = refused(tmp_path / "g.json")
    assert f"this is {what}" in said and "no graph of nodegraph" in said and "nodegraph nodes" in said
    assert len(said.splitlines()) == 2


def picture(keyword: bytes, kind: bytes = b"tEXt") -> bytes:
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return pngtext.SIGNATURE + chunk(kind, keyword + b"\0words") + chunk(b"IEND", b"")


@pytest.mark.parametrize("keyword, what", [(b"workflow", "a ComfyUI workflow"), (b"prompt", "a ComfyUI workflow"),
                                           (b"parameters", "AUTOMATIC1111's parameters"),
    (b"invokeai_metadata", "InvokeAI's record")])
def test_a_picture_of_another_program_is_named(tmp_path, keyword, what):
    (tmp_path / "p.png").write_bytes(picture(keyword))
    assert f"this is a picture that carries {what}, and no graph of nodegraph" in refused(tmp_path / "p.png")
    (tmp_path / "p.png").write_bytes(picture(b"Comment"))
    assert "this picture carries no graph" in refused(tmp_path / "p.png")


@pytest.mark.parametrize("letters", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_jpeg_of_another_program_is_named_by_what_stands_in_it(tmp_path, letters):
    words = "a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7".encode(letters)
    (tmp_path / "p.jpg").write_bytes(b"\xff\xd8\xff\xe1Exif\0\0UNICODE\0" + words)
    assert "this is a picture that carries AUTOMATIC1111's parameters, and no graph" in refused(tmp_path / "p.jpg")
    (tmp_path / "p.jpg").write_bytes(b'\xff\xd8\xff\xe1Exif\0\0prompt:{"3": {"class_type": "KSampler"}}')
    assert "this is a picture that carries a ComfyUI workflow" in refused(tmp_path / "p.jpg")


def test_a_picture_that_carries_both_gives_the_graph(tmp_path):
    (tmp_path / "p.png").write_bytes(pngtext.with_texts(picture(b"workflow"), {"nodegraph": JOIN % ("[a]", "x")}))
    assert read(tmp_path / "p.png")[0].nodes["j"].type == "text.join"


# ---- half characters

@node("half.text", version=1)
def half_text(n: int) -> str:
    """A text of which half a character is left."""
    return "é" if not n else "caf\udce9"


@node("half.texts", version=1)
def half_texts(n: int) -> list[str]:
    """Texts."""
    return ["é", "x", "\ud83d"]


@node("half.any", version=1)
def half_any(n: int) -> Any:
    """Anything."""
    return "\ud83d"


def test_half_a_character_that_a_node_gives_is_its_failure():
    with Engine(cache=None, device="cpu", functions=[half_text, half_texts, half_any]) as engine:
        for name, number in (("text", 4), ("texts", 1), ("any", 1)):
            result = engine.run(parse(f"nodegraph: 1\nnodes: {{m: {{type: half.{name}, n: 1}}}}\noutputs: {{o: $m}}\n")[0])
            (error,) = result.errors
            assert f"as character {number}, half of a character" in error.message and not error.trace
        assert engine.run(parse("nodegraph: 1\nnodes: {m: {type: half.text, n: 0}}\noutputs: {o: $m}\n")[0])["o"] == "é"


@pytest.mark.parametrize("type, value", [("Text", "caf\udce9"), ("list of Text", ["a", "\ud83d"]), ("Any", "\ud83d")])
def test_half_a_character_handed_in_is_refused_before_anything_runs(type, value):
    graph = parse(f"nodegraph: 1\ninputs: {{t: {{type: {type}, default: {[] if 'list' in type else 'a'}}}}}\n"
                  "nodes: {m: {type: half.text, n: 0}, s: {type: switch, on: true, true: $t}}\noutputs: {m: $m, s: $s}\n")[0]
    events = []
    with Engine(cache=None, device="cpu", functions=[half_text]) as engine:
        with pytest.raises(GraphError,
                           match="input t has U.*half of a character.* decode it rightly where it comes from"):
            engine.run(graph, {"t": value}, emit=events.append)
    assert events == []


def test_half_a_character_in_a_graph_made_in_python_is_a_problem_of_it():
    graph = Graph({"j": Node("text.join", {"texts": ["\ud83d"], "separator": "\udce9"})}, {}, {"o": Ref("j")})
    assert [p.message[:40] for p in check(graph, Catalogue()).problems] == [
        "item 1 of j.texts has U+D83D as characte", "j.separator has U+DCE9 as character 1, h"]
    with pytest.raises(GraphError, match=r"graph:1:4  the character U\+D83D may not stand in YAML"):
        parse("x: \ud83d\n")


def test_bytes_that_are_no_text_on_the_command_line_are_refused(tmp_path):
    (tmp_path / "g.yaml").write_text("nodegraph: 1\ninputs: {t: hi}\nnodes: {j: {type: text.join, texts: [$t]}}\noutputs: {o: $j}\n")
    for words in ([b"--set", b"t=caf\xe9"], [b"--sweep", b"t=a,caf\xe9"]):
        done = subprocess.run([os.fsencode(sys.executable), b"-m", b"nodegraph", b"run", b"g.yaml", *words],
                              cwd=tmp_path,
                              capture_output=True, check=False)
        assert done.returncode == 2 and b"these bytes are no text" in done.stderr and not (tmp_path / "out").exists()
