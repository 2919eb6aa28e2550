"""Every way to get a graph wrong: each is told with its place, what was found, what was wanted and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nodegraph import Catalogue, GraphError, Ref, node
from nodegraph.check import check, output_flow, recheck
from nodegraph.cli import main
from nodegraph.filelist import listed_files
from nodegraph.graph import Graph, GraphInput, Node
from nodegraph.graphfile import dumps, parse, read
from tests.amount import cases

from . import bench_nodes

pytestmark = pytest.mark.usefixtures("installed_once")
HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))
BENCH = Catalogue([f for f in vars(bench_nodes).values() if hasattr(f, "__nodetype__")], installed=False)
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
    assert len(BROKEN) >= 300


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
    "nodes: {w: {type: bench.words, each: text, text: [a b, c]}, j: {type: bench.join, each: texts, texts: $w}, "
    "l: {type: bench.join, texts: [$j..., and, $j...]}}\noutputs: {l: $l}",
    "nodes: {j: {type: bench.join, each: texts, texts: [[a, b], [], [c]]}}\noutputs: {j: $j}",
    "nodes: {s: {type: bench.shout, cross: [text, times], text: [a, b], times: [1, 2, 3]}, "
    "j: {type: bench.join, texts: $s}}\noutputs: {j: $j}",
    "inputs: {rounds: 4}\nnodes: {s: {type: bench.step, text: a, repeat: $rounds, carry: text, count: at, until: done}, "
    "u: {type: bench.shout, text: $s.text}, t: {type: bench.tally, numbers: $s.number}}\noutputs: {u: $u, t: $t}",
    "nodes: {s: {type: bench.step, text: a, each: at, at: [1, 2], carry: text}, u: {type: bench.shout, text: $s.text}, "
    "t: {type: bench.tally, numbers: $s.number}}\noutputs: {u: $u, t: $t}",
    "nodes: {s: {type: bench.step, each: text, text: [a, b], repeat: 2, carry: text}, "
    "j: {type: bench.join, texts: $s.text}, t: {type: bench.tally, each: numbers, numbers: $s.number}}\n"
    "outputs: {j: $j, t: $t}",
    "nodes: {b: {type: bench.both, texts: [a], repeat: 2, carry: texts}, j: {type: bench.join, texts: $b}}\noutputs: {j: $j}",
    "nodes: {b: {type: bench.both, each: texts, texts: [a], repeat: 2}, j: {type: bench.join, each: texts, texts: $b}}\n"
    "outputs: {j: $j}",
    "nodes: {f: {type: bench.shout, each: text, text: [a, b], failed: skip, timeout: 2.5, retry: 3, count: times}}\n"
    "outputs: {f: $f}",
    "inputs: {how: on}\nnodes: {w: {type: bench.words, text: a}, "
    "p: {type: switch, on: $how, cases: {on: $w, type: [a, $how], each: [$w..., b], else: []}}, "
    "j: {type: bench.join, texts: $p}}\noutputs: {j: $j}",
    "nodes: {m: {type: bench.mood, each: text, text: [a, b]}, p: {type: switch, on: $m, cases: {calm: [x, y], else: z}, "
    "each: [on, calm]}, j: {type: bench.join, texts: $p}}\noutputs: {j: $j}",
    "nodes: {w: {type: bench.words, text: a b}, s: {type: bench.step, each: text, text: $w, at: 5}, "
    "p: {type: pick, from: $w, where: $s.done}, j: {type: bench.join, texts: $p}}\noutputs: {j: $j}",
    "nodes: {w: {type: bench.words, each: text, text: [a b, c d]}, "
    "p: {type: pick, each: [from, where], from: $w, where: [[true, false], [false, false]]}, "
    "j: {type: bench.join, each: texts, texts: $p}}\noutputs: {j: $j}",
    "nodes: {h: {type: bench.half, number: 4}}\noutputs: {h: $h}",
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


# ---- depth

def flows_of(text: str, path: Path | None = None) -> dict[str, str]:
    """What each output of each node carries."""
    graph, problems = parse("nodegraph: 1\n" + text, path)
    functions = [f for f in vars(bench_nodes).values() if hasattr(f, "__nodetype__")]
    checked = check(graph, Catalogue(functions, installed=False), problems).raise_errors()
    return {f"{name}.{output}": str(flow) for name, node in checked.nodes.items() for output, flow in node.outputs.items()}


STEP = "nodes: {{n: {{type: bench.step, text: a, {}}}}}\noutputs: {{n: $n.text}}"
WHOLE, LISTS, NESTED = "Text", "a list of Text", "a list of lists of Text"


@pytest.mark.parametrize("words, text, number", [
    ("at: 1", "Text", "Int"),
    ("each: at, at: [1, 2]", "a list of Text", "a list of Int"),
    ("cross: at, at: [1, 2]", "a list of Text", "a list of Int"),
    ("repeat: 3", "a list of Text", "a list of Int"),
    ("repeat: 3, carry: text", "Text", "a list of Int"),
    ("repeat: 3, carry: {at: number}", "a list of Text", "Int"),
    ("each: at, at: [1, 2], carry: text", "Text", "a list of Int"),
    ("each: at, at: [1, 2], repeat: 3", "a list of lists of Text", "a list of lists of Int"),
    ("each: at, at: [1, 2], repeat: 3, carry: text", "a list of Text", "a list of lists of Int"),
    ("cross: at, at: [1, 2], repeat: 3, carry: text", "a list of Text", "a list of lists of Int"),
])
def test_what_repeats_gives_lists_and_what_is_carried_the_last(words, text, number):
    flows = flows_of(STEP.format(words))
    assert (flows["n.text"], flows["n.number"]) == (text, number)


def test_a_mapped_graph_may_hold_what_is_mapped_to_any_depth(tmp_path):
    inner, middle = tmp_path / "inner.yaml", tmp_path / "middle.yaml"
    inner.write_text("nodegraph: 1\ninputs: {text: {type: Text}}\nnodes:\n  w: {type: bench.words, text: $text}\n"
                     "  s: {type: bench.shout, each: text, text: $w}\n  b: {type: bench.both, each: texts, texts: $w}\n"
                     "  p: {type: switch, on: $text, x: $w, else: $s}\noutputs: {s: $s, p: $p, text: $text, b: $b}\n")
    middle.write_text("nodegraph: 1\ninputs: {texts: {type: list of Text}}\n"
                      "nodes: {m: {type: ./inner.yaml, each: text, text: $texts}}\noutputs: {s: $m.s, text: $m.text}\n")
    flows = flows_of("nodes:\n  g: {type: ./inner.yaml, text: a}\n  m: {type: ./middle.yaml, texts: [a]}\n"
                     "  n: {type: ./middle.yaml, each: texts, texts: [[a], [b, c]]}\noutputs: {n: $n.s}", tmp_path / "g.yaml")
    assert flows == {"g.s": LISTS, "g.p": LISTS, "g.text": "Text", "g.b": LISTS, "m.s": NESTED, "m.text": LISTS,
                     "n.s": "a list of lists of lists of Text", "n.text": NESTED}


def test_what_may_have_no_round_may_give_what_was_carried_in():
    text = "inputs: {n: 0, t: {type: Text, default: null}}\n" \
           "nodes: {s: {type: bench.step, text: $t, repeat: $n, carry: text}}\noutputs: {s: $s.text}"
    assert "must have a value" in problems_of(text)[0].message  # the first round would be handed nothing
    flows = flows_of("nodes:\n  m: {type: bench.mood, text: a}\n  s: {type: bench.any, value: 3, repeat: 0, carry: {value: text}}\n"
                     "  t: {type: bench.any, value: 3, repeat: 1, carry: {value: text}}\noutputs: {s: $s}")
    assert (flows["s.text"], flows["t.text"]) == ("Any", "Text")


# ---- what is given, and what flows on

def checked(text: str, **more):
    graph, problems = parse("nodegraph: 1\n" + text)
    functions = [f for f in vars(bench_nodes).values() if hasattr(f, "__nodetype__")]
    return check(graph, Catalogue(functions, installed=False), problems, **more)


def test_the_default_of_an_input_that_is_given_is_not_judged():
    text = "inputs: {times: {type: Int, default: 99}, path: {type: File, default: none.txt}, t: {type: Text, default: null}}\n" \
           "nodes: {s: {type: bench.shout, text: $t, times: $times}, r: {type: bench.read, path: $path}}\noutputs: {s: $s, r: $r}"
    find = lambda type, value, folder: f"there is no file {value}"
    assert [p.code for p in checked(text, find=find).problems] == ["input.default-narrow", "file.missing", "link.maybe-none"]
    assert checked(text, find=find, given={"times", "path", "t"}).problems == []
    assert [p.code for p in checked(text, find=find, given={"path", "t"}).problems] == ["input.default-narrow"]
    assert checked(text, given={"t"}).inputs["t"].optional  # it may still be given as nothing


def test_a_list_of_files_may_be_a_folder_or_a_pattern(tmp_path):
    for name in ("b10.txt", "b9.txt", ".hidden", "a.png"):
        (tmp_path / "files" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "files" / name).touch()
    path = tmp_path / "g.yaml"
    for text, message in (("files", None), ("files/*.txt", None), ("files/a.png", None), ("files/*.jpg", "there is no file files/*.jpg"),
                          ("fils", "there is no file fils")):
        path.write_text(f"nodegraph: 1\nnodes: {{s: {{type: bench.sizes, paths: {text}}}}}\noutputs: {{s: $s}}\n")
        graph, problems = read(path)
        found = check(graph, Catalogue([bench_nodes.sizes], installed=False), problems, lambda *all: None)
        assert [p.message for p in found.problems] == ([f"s.paths: {message}"] if message else [])
        assert found.nodes["s"].literals == {"paths": text}
    assert [p.name for p in listed_files("files/*.txt", tmp_path)] == ["b9.txt", "b10.txt"]
    assert [p.name for p in listed_files("files", tmp_path)] == ["a.png", "b9.txt", "b10.txt"]


def test_an_optional_input_without_a_default_may_be_left_out():
    @node("t.opt", version=1)
    def opt(text: str | None) -> str:
        return str(text)

    for given in ("", ", text: null", ", text: $t"):
        text = f"inputs: {{t: {{type: Text, default: null}}}}\nnodes: {{a: {{type: t.opt{given}}}}}\noutputs: {{a: $a}}"
        assert not [p for p in problems_of(text, [opt]) if p.severity == "error"]


def test_an_input_that_counts_need_not_be_given():
    @node("t.nth", version=1)
    def nth(number: int, text: str = "a") -> list[bool]:
        return [number > 1]

    assert problems_of("nodes: {a: {type: t.nth, repeat: 2, count: number}}\noutputs: {a: $a}", [nth]) == []
    told = problems_of("nodes: {a: {type: t.nth, number: 1, repeat: 2, until: bools}}\noutputs: {a: $a}", [nth])
    assert [p.code for p in told] == ["until.type"]  # a list of them says no single thing


def test_a_list_that_another_is_joined_into_may_be_of_any_length():
    text = "nodes: {w: {type: bench.words, text: a}, s: {type: bench.shout, each: [text, times], text: [$w..., a], " \
           "times: [1, 2, 3]}, j: {type: bench.join, texts: $s}}\noutputs: {j: $j}"
    assert problems_of(text) == []
    assert [p.code for p in problems_of(text.replace("$w...", "b"))][:1] == ["each.lengths"]


def test_a_seed_that_is_rolled_later_is_not_judged_before():
    text = "inputs: {s: {type: Seed, default: random}}\nnodes: {p: {type: bench.shout, text: a, times: $s}}\noutputs: {p: $p}"
    assert problems_of(text) == []
    assert [p.code for p in problems_of(text.replace("random", "12"))] == ["input.default-narrow"]


def test_a_node_that_repeats_is_checked_anew_when_it_is_edited():
    found = checked(STEP.format("repeat: 2"))
    catalogue = Catalogue([bench_nodes.step], installed=False)
    assert recheck(found, found.graph.with_value("n", "text", "b"), ["n"], catalogue) is None
    once = checked(STEP.format("at: 2"))
    again = recheck(once, once.graph.with_value("n", "text", 3), ["n"], catalogue)
    assert [p.code for p in again.problems] == ["value.wrong"] and once.problems == []


def test_what_is_known_of_a_node_is_kept_for_the_plan():
    nodes = checked("nodes:\n  w: {type: bench.words, text: a}\n  s: {type: switch, on: a, cases: {a: [b, $w...], else: [7]}}\n"
                    "  p: {type: pick, from: [1, 2], where: [true, false]}\noutputs: {s: $s, p: $p}").nodes
    assert nodes["s"].switch and not nodes["s"].pick
    assert nodes["s"].literals == {"on": "a", "cases.a": ["b", Ref("w", spread=True)], "cases.else": [7]}
    assert nodes["p"].pick and nodes["p"].literals == {"from": [1, 2], "where": [True, False]}
    assert str(nodes["p"].outputs["items"]) == "a list of Int"


def test_a_value_through_a_graph_is_judged_wherever_it_ends(tmp_path):
    (tmp_path / "in.yaml").write_text("nodegraph: 1\ninputs: {n: {type: Int, default: 1}, l: {type: list of Int, default: []}}\n"
                                      "nodes:\n  s: {type: bench.shout, text: a, times: $n, mute: true}\n"
                                      "  t: {type: bench.tally, numbers: [$n, $l...]}\noutputs: {t: $t}\n")
    def told(words: str) -> list[str]:
        graph, problems = parse("nodegraph: 1\ninputs: {x: 3}\nnodes:\n  g: {type: ./in.yaml, %s}\noutputs: {g: $g.t, x: $x}\n" % words,
                                tmp_path / "g.yaml")
        functions = [f for f in vars(bench_nodes).values() if hasattr(f, "__nodetype__")]
        return [p.message for p in check(graph, Catalogue(functions, installed=False), problems).problems]

    assert told("n: 9, l: [1, $x]") == [] == told("n: 10, bypass: true")
    assert told("n: 10") == ["g.n flows into g/t.numbers, and is 10; it takes 0 to 9"]  # the muted one does not count
    assert told("l: [1, $x, -2]") == ["item 3 of g.l flows into g/t.numbers, and is -2; it takes 0 to 9"]
    assert told("each: l, l: [[1], [3, 11]]") == ["item 2 of item 2 of g.l flows into g/t.numbers, and is 11; it takes 0 to 9"]


# ---- whatever a graph says

NAMES = ["a", "b", "c", "x", "l"]
PORTS = ["text", "texts", "times", "at", "numbers", "on", "from", "where", "cases.a", "cases.else", "a", "image", "number"]
VALUES = st.one_of(
    st.sampled_from(["a", "random", "", 3, -1, 2.5, True, None, {"k": 1}, [], ["a", "b"], [[1], [2, 3]], [["a", None]], [True, False]]),
    st.builds(Ref, st.sampled_from(NAMES), st.sampled_from([None, "text", "items", "done"]), st.just(False)),
    st.lists(st.builds(Ref, st.sampled_from(NAMES), st.none(), st.booleans()) | st.sampled_from(["a", 1]), max_size=3))
CONTROL = st.fixed_dictionaries({}, optional={
    "cross": st.lists(st.sampled_from(PORTS), min_size=1, max_size=2, unique=True).map(tuple),
    "repeat": st.integers(-1, 3) | st.builds(Ref, st.sampled_from(NAMES), st.none(), st.just(False)),
    "until": st.sampled_from(["done", "text"]), "count": st.sampled_from(["at", "text", "times"]),
    "carry": st.dictionaries(st.sampled_from(PORTS), st.sampled_from(["text", "number", "texts"]), min_size=1, max_size=2),
    "failed": st.just("skip"), "timeout": st.just(2), "retry": st.just(1)})
TYPES = ["bench.shout", "bench.step", "bench.join", "bench.words", "bench.both", "bench.tally", "bench.any", "bench.half",
         "bench.nothing", "switch", "pick", "../inner.yaml", "../through.yaml", "../around.yaml"]
NODES = st.builds(Node, st.sampled_from(TYPES), st.dictionaries(st.sampled_from(PORTS), VALUES, max_size=4),
                  st.lists(st.sampled_from(PORTS), max_size=2, unique=True).map(tuple),
                  st.booleans(), st.sampled_from([False, False, True]), CONTROL)
INPUTS = st.fixed_dictionaries({}, optional={
    "x": st.builds(GraphInput, st.sampled_from(["Int", "Any", "Seed", "Text"]), st.sampled_from([3, "a", None, 99]), st.just(True)),
    "l": st.builds(GraphInput, st.sampled_from(["list of Text", "list of Any", "list of Int"]),
                   st.sampled_from([["a"], [], [1, 99], None]), st.just(True))})


@settings(deadline=None, max_examples=cases(200), suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(NAMES[:3]), NODES, min_size=1), INPUTS)
def test_whatever_a_graph_says_it_is_answered_and_a_link_brings_what_was_promised(nodes, inputs):
    document = Graph(nodes, inputs, {name: Ref(name) for name in nodes}, path=HERE / "broken" / "any.yaml")
    text = dumps(document)
    graph, problems = parse(text, document.path)
    found = check(graph, BENCH, problems, lambda *all: None)
    for problem in found.problems:
        assert problem.where is not None and problem.code and str(problem), problem
    for node in found.nodes.values():
        for flow in (node.outputs or {}).values():
            assert flow.depth >= 0 and type(flow.depth) is int
        if node.known and not found.errors:
            assert sum(map(bool, (node.nodetype, node.graph, node.switch, node.pick))) == 1
    if not found.errors:
        assert all(output_flow(found, name) is not None for name in graph.outputs if name not in found.left_out)
