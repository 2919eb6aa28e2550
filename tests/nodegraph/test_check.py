"""Every way to get a graph wrong: each is told with its place, what was found, what was wanted and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nodegraph import Catalogue, GraphError
from nodegraph.check import check
from nodegraph.cli import main
from nodegraph.graphfile import parse

from . import bench_nodes

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))
WARNINGS = {"input_unused", "link_inside_text", "mute_wrong_inside"}  # these would run
PLACE = re.compile(r"(?:(?P<file>\S+\.yaml):)?(?P<at>\d+:\d+) (?P<words>.*?)(?: \(and (?P<more>\d+) more\))?\Z")


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_graph_is_answered_with_place_cause_and_remedy(path, capsys, monkeypatch):
    monkeypatch.chdir(path.parent)
    first_line = path.read_bytes().split(b"\n")[0].decode("utf-8-sig")
    expected = PLACE.match(first_line.removeprefix("# expect: "))

    warned = path.stem in WARNINGS
    assert main(["check", path.name, "--pack", str(HERE / "bench_nodes.py")]) == (0 if warned else 2)

    out, err = capsys.readouterr()
    problems = [line for line in err.splitlines() if not line.startswith(" ")]
    assert all(line.startswith("warning: ") for line in problems) == warned
    problems = [line.removeprefix("warning: ") for line in problems]
    head = f"{expected['file'] or path.name}:{expected['at']}  {expected['words']}"
    if head.endswith(" ..."):
        assert problems[0].startswith(head[:-4])
    else:
        assert problems[0] == head
    assert len(problems) == 1 + int(expected["more"] or 0), err
    assert "Traceback" not in err and bool(out) == warned
    for one in re.split(r"\n(?! )", err.strip()):
        assert "\n " in one or "it takes " in one or "there is no " in one, f"no remedy: {one}"
    assert problems == sorted(problems, key=lambda p: (not p.startswith(path.name), places(p)))


def places(problem: str) -> tuple[int, int]:
    return tuple(map(int, re.search(r":(\d+):(\d+)  ", problem).groups()))


def problems_of(text: str, functions=None, **more) -> list:
    """Everything that is wrong with the YAML below `nodegraph: 1`."""
    functions = functions or [f for f in vars(bench_nodes).values() if hasattr(f, "__nodetype__")]
    try:
        graph, problems = parse("nodegraph: 1\n" + text)
    except GraphError as error:
        return list(error.problems)
    return check(graph, Catalogue(functions, installed=False), problems, **more).problems


def test_a_problem_carries_the_keys_that_lead_to_it():
    told = problems_of("nodes: {a: {type: bench.paint, prompt: hi, steps: 0}, b: {type: bench.no}}\n"
                       "outputs: {o: $c}")
    assert [p.at for p in told] == [("nodes", "a", "steps"), ("nodes", "b", "type"), ("outputs", "o")]
    assert problems_of("nodes: {a: 3}\noutputs: {a: $a}")[0].at == ("nodes", "a")


@pytest.mark.parametrize("node, hint", [
    ("type: bench.join, texts: [$l, b]", "Write $l... to join its items into this list."),
    ('type: bench.shout, each: text, text: ""', 'Put it in brackets: [""].'),
    ("type: bench.join, texts: one two", "Put it in brackets: [one two]."),
    ('type: bench.join, texts: "one, two"', 'Put it in brackets: ["one, two"].'),
    ('type: bench.join, texts: "7"', 'Put it in brackets: ["7"].'),
    ("type: bench.join, texts: 7", 'Put it in brackets: ["7"].'),
    ("type: bench.join, texts: $$5", "Put it in brackets: [$$5]."),
    ("type: bench.join, texts: null", "For an empty list write []."),
    ("type: bench.tune, mood: blue", ""),
    ("type: bench.tune, mood: mery", "Did you mean merry?"),
])
def test_a_hint_that_is_obeyed_mends_the_graph(node, hint):
    text = "inputs: {{l: {{type: list of Text, default: [a]}}}}\n" \
           "nodes: {{n: {{{}}}, u: {{type: bench.join, texts: $l}}}}\noutputs: {{o: $n, u: $u}}"
    told = problems_of(text.format(node))
    assert [p.hint for p in told] == [hint]
    remedy = re.search(r"(\[.*\])\.$|Write (\$l\.\.\.)", hint)
    if remedy:
        port = "text" if "text: " in node else "texts"
        mended = re.sub(rf"{port}: .*", lambda match: f"{port}: {remedy[1]}", node) if remedy[1] else \
            node.replace(f"{remedy[2].removesuffix('...')},", f"{remedy[2]},")
        assert problems_of(text.format(mended)) == []


def test_the_collection_is_large():
    assert len(BROKEN) >= 150


@pytest.mark.parametrize("text", [
    "nodes: {p: {type: bench.paint, prompt: $$5 notes}}\noutputs: {p: $p}",
    "nodes: {p: {type: bench.paint, prompt: no, guidance: 7, seed: random}}\noutputs: {p: $p}",
    "nodes: {p: {type: bench.paint, prompt: 1:30, tint: '#FF8800'}}\noutputs: {p: $p}",
    "inputs: {s: 3}\nnodes: {p: {type: bench.paint, prompt: a, steps: $s, seed: $s, guidance: $s}}\noutputs: {p: $p}",
    "inputs: {m: {type: Picture, default: null}}\nnodes: {p: {type: bench.paint, prompt: a}, "
    "b: {type: bench.blur, image: $p, mask: $m}}\noutputs: {b: $b}",
    "inputs: {style: {type: Choice, choices: [oil, ink], default: ink}}\n"
    "nodes: {p: {type: bench.paint, prompt: a, style: $style}}\noutputs: {p: $p}",
    "nodes: {w: {type: bench.words, text: a b}, s: {type: bench.shout, each: text, text: $w}, "
    "j: {type: bench.join, texts: $s}}\noutputs: {j: $j}",
    "nodes: {w: {type: bench.both, each: texts, texts: [a, b]}, j: {type: bench.join, texts: $w}}\noutputs: {j: $j}",
    "nodes: {a: {type: bench.shout, text: x}, j: {type: bench.join, texts: [$a, and, $a]}}\noutputs: {j: $j}",
    "inputs: {fine: true}\nnodes: {p: {type: switch, on: $fine, true: one, false: two}}\noutputs: {p: $p}",
    "nodes: {m: {type: bench.mood, text: x}, p: {type: switch, on: $m, calm: one, else: two}, "
    "t: {type: bench.tune, mood: $m}}\noutputs: {p: $p, t: $t}",
    "nodes: {a: {type: bench.any, value: {a: [1, null, {b: x}]}}}\noutputs: {a: $a}",
    "nodes: {画: {type: bench.paint, prompt: 红船}}\noutputs: {画: $画}",
])
def test_what_is_right_is_left_alone(text):
    assert problems_of(text) == []


def test_ten_thousand_nodes_in_a_ring_are_one_short_sentence():
    count = 10_000
    nodes = "".join(f"  n{i}: {{type: bench.shout, text: $n{(i + 1) % count}}}\n" for i in range(count))
    problems = problems_of(f"nodes:\n{nodes}outputs: {{o: $n3}}\n")
    assert len(problems) == 1 and "n0 -> n9999 -> " in problems[0].message and len(problems[0].message) < 120


def test_graphs_inside_graphs_are_checked_once_however_often_they_are_placed(tmp_path, monkeypatch):
    (tmp_path / "leaf.yaml").write_text("nodegraph: 1\nnodes: {p: {type: bench.words, text: a}}\noutputs: {p: $p}\n")
    for level in range(30):  # placed twice at each of thirty levels: a thousand million times in all
        inner = f"level{level - 1}" if level else "leaf"
        (tmp_path / f"level{level}.yaml").write_text(
            f"nodegraph: 1\nnodes: {{a: {{type: ./{inner}.yaml}}, b: {{type: ./{inner}.yaml}}}}\noutputs: {{p: $a.p, q: $b.p}}\n")
    monkeypatch.chdir(tmp_path)
    text = "nodes: {a: {type: ./level18.yaml}, j: {type: bench.join, texts: $a.p}}\noutputs: {o: $j}"
    assert problems_of(text) == []
    told = problems_of(text.replace("18", "29"))  # which nothing could lay out
    assert len(told) == 1 and told[0].where.file.endswith("level19.yaml")
    assert "with b, the graphs inside this one come to 1,048,576 nodes" in told[0].message


def test_a_pack_that_breaks_is_told_at_the_node_that_needs_it(tmp_path):
    folder = tmp_path / "sorry"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "pack.yaml").write_text("pack: sorry\nnodes: {sorry.one: one, sorry.two: two}\n")
    (folder / "one.py").write_text("import nowhere_to_be_found\n")
    (folder / "two.py").write_text("x = 1 / 0\n")
    graph, problems = parse("nodegraph: 1\nnodes:\n  a: {type: sorry.one}\n  b: {type: sorry.two}\n  c: {type: sorry.one}\n"
                            "outputs: {a: $a}\n")
    told = check(graph, Catalogue(folders=[folder], installed=False), problems).problems
    assert [p.where[1:] for p in told] == [(3, 13), (4, 13)]
    assert "install what it needs" in told[0].message
    assert "ZeroDivisionError" in told[1].message and "two.py:1" in told[1].message


def test_a_file_that_is_missing_is_sought_beside_the_graph(tmp_path):
    (tmp_path / "poem.txt").write_text("x")
    path = tmp_path / "graph.yaml"
    path.write_text("nodegraph: 1\nnodes: {t: {type: bench.read, path: poem.txt}}\noutputs: {t: $t}\n")
    assert main(["check", str(path), "--pack", str(HERE / "bench_nodes.py")]) == 0


def test_an_edited_graph_is_judged_by_what_it_says_now():
    graph, problems = parse("nodegraph: 1\nnodes: {p: {type: bench.paint, prompt: $a $b}}\noutputs: {p: $p}\n")
    catalogue = Catalogue([bench_nodes.paint], installed=False)
    assert len(check(graph, catalogue, problems).problems) == 1
    assert check(graph.with_value("p", "prompt", "a"), catalogue).problems == []
    assert len(check(graph.with_value("p", "prompt", 3), catalogue).problems) == 1
