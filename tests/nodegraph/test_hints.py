"""What a hint says is true: each that can be followed by hand alone is followed, in the file, and the problem is gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from nodegraph import Catalogue, GraphError
from nodegraph.check import check, unread
from nodegraph.errors import Problem
from nodegraph.graphfile import parse
from nodegraph.models import Models
from nodegraph.wording import ENGLISH

from . import bench_nodes

BROKEN = Path(__file__).parent / "broken"


@cache
def catalogue() -> Catalogue:
    return Catalogue([f for f in vars(bench_nodes).values() if hasattr(f, "__nodetype__")])


def problems_of(text: str, name: str = "graph.yaml") -> list[Problem]:
    """Everything that `nodegraph check` would say of a graph file of this text among the broken ones."""
    try:
        graph, problems = parse(text, BROKEN / name)
    except GraphError as error:
        return list(error.problems)
    checked = check(graph, catalogue(), problems, Models(catalogue()).find)
    return [*checked.problems, *unread(checked)]


class File:
    """The text of a graph file, changed by hand at the place that some keys lead to."""

    def __init__(self, text: str, problem: Problem):
        self.text, self.facts = text, problem.hint.facts
        at = [str(key) if not isinstance(key, int) else key for key in problem.at]
        self.at = [part for key in at for part in (key.split(".", 1) if str(key).startswith("cases.") else [key])]

    def pair(self, keys: list[Any]) -> tuple[yaml.Node | None, yaml.Node]:
        """The key and the value that stand there."""
        key, value = None, yaml.compose(self.text)
        for name in keys:
            if isinstance(value, yaml.MappingNode):
                key, value = next(pair for pair in value.value if pair[0].value == str(name))
            elif isinstance(value, yaml.SequenceNode):
                key, value = None, value.value[name]
        return key, value

    def cut(self, first: yaml.Mark, last: yaml.Mark, instead: str) -> str:
        gap = " " if first.index == last.index else ""  # where nothing stands
        return self.text[:first.index] + gap + instead + self.text[last.index:]

    def value(self, text: str, keys: list[Any] | None = None) -> str:
        """Another value in the place of this one."""
        _, node = self.pair(self.at if keys is None else keys)
        return self.cut(node.start_mark, node.end_mark, text)

    def old(self, keys: list[Any] | None = None) -> str:
        _, node = self.pair(self.at if keys is None else keys)
        return self.text[node.start_mark.index:node.end_mark.index]

    def key(self, name: str) -> str:
        """Another name in the place of this one."""
        key, _ = self.pair(self.at)
        return self.cut(key.start_mark, key.end_mark, name)

    def add(self, line: str, keys: list[Any]) -> str:
        """One more `name: value` in a mapping."""
        _, node = self.pair(keys)
        if node.flow_style:
            return self.text[:node.end_mark.index - 1] + f", {line}" + self.text[node.end_mark.index - 1:]
        first = node.value[0][0].start_mark
        return self.text[:first.index] + line + "\n" + " " * first.column + self.text[first.index:]

    def without(self, name: str, keys: list[Any]) -> str:
        """A mapping without one of its names."""
        key, value = self.pair([*keys, name])
        if self.pair(keys)[1].flow_style:
            text = self.cut(key.start_mark, value.end_mark, "")
            return re.sub(r",\s*(?=[,}])", "", re.sub(r"\{\s*,\s*", "{", text))
        lines = self.text.split("\n")
        return "\n".join([*lines[:key.start_mark.line], *lines[max(value.end_mark.line, key.start_mark.line + 1):]])

    @property
    def node(self) -> list[Any]:
        return self.at[:2]

    def less(self, word: str, name: str) -> str:
        """A node whose each: or cross: no longer names an input."""
        names = [n.strip() for n in self.old([*self.node, word]).strip("[]").split(",")]
        rest = [n for n in names if n != name]
        return self.value(f"[{', '.join(rest)}]", [*self.node, word]) if rest else self.without(word, self.node)

    def has(self, word: str) -> bool:
        return any(key.value == word for key, _ in self.pair(self.node)[1].value)

    def mapped(self, name: str) -> str:
        """A node with one more input in each:."""
        if not self.has("each"):
            return self.add(f"each: {name}", self.node)
        names = self.old([*self.node, "each"]).strip("[]")
        return self.value(f"[{names}, {name}]", [*self.node, "each"])

    def meant(self, name: str) -> str:
        """The word that was meant in the place of the one that is like it: the name, what stands there, or part of a link."""
        key, value = self.pair(self.at)
        said = value.value if isinstance(value, yaml.ScalarNode) else ""
        words = {said.rstrip("."): lambda: self.value(name)}
        if said.startswith("$"):
            node, dot, port = said[1:].partition(".")
            words = {node: lambda: self.value(f"${name}{dot}{port}"), port: lambda: self.value(f"${node}.{name}")}
        if key is not None:
            words[key.value] = lambda: self.key(name)
        return words[max((word for word in words if word != name), key=lambda word: likeness(word, name))]()


def likeness(word: str, name: str) -> float:
    return SequenceMatcher(None, word.lower(), name.lower()).ratio() if word else 0.0


def _between(file: File) -> str:
    """A node between a link and what reads it."""
    node = file.facts["nodes"].split(" or ")[0]
    port = next(iter(catalogue().nodetype(node).inputs))
    text = file.value("$between")
    text = _of(text, file).add(f"between: {{type: {node}, {port}: {file.old()}}}", ["nodes"])
    unclear = next((p for p in problems_of(text) if p.code == "link.several-outputs"), None)
    return text if unclear is None else MENDS["write-output"](File(text, unclear))


def _of(text: str, file: File) -> File:
    other = File.__new__(File)
    other.text, other.facts, other.at = text, file.facts, file.at
    return other


def _as_file(file: File) -> str:
    """The input made a File, and the node that reads it put between."""
    name = file.facts["input"]
    value = file.old(["inputs", name])
    default = value if not value.startswith("{") else '""'
    text = file.value(f"{{type: File, default: {default}}}", ["inputs", name])
    return _between(_of(text, file))


MENDS: dict[str, Callable[[File], str]] = {
    "add-each": lambda f: f.mapped(f.facts["port"]),
    "map-it": lambda f: f.mapped(f.facts["port"]),
    "one-or-each": lambda f: f.mapped(f.facts["port"]),
    "no-each": lambda f: f.less("each", f.facts["port"]),
    "out-of-each": lambda f: f.less("each", f.facts["input"]),
    "out-of-cross": lambda f: f.less("cross", f.facts["port"]),
    "brackets": lambda f: f.value(f.facts["value"]),
    "in-brackets": lambda f: f.value(f"[{f.facts['link']}]"),
    "quote": lambda f: f.value(f'"{f.facts["value"]}"'),
    "unquote": lambda f: f.value(f.facts["value"]),
    "without-quotes": lambda f: f.value(f.facts["value"]),
    "number": lambda f: f.value(str(f.facts["value"])),
    "a-number": lambda f: f.value(str(f.facts["value"])),
    "empty-list": lambda f: f.value("[]"),
    "empty-text": lambda f: f.value('""'),
    "no-dots": lambda f: f.value(f.facts["link"]),
    "spread-list": lambda f: f.value(f"{f.facts['link']}..."),
    "spread": lambda f: f.value(f"[{f.facts['link']}]"),
    "link": lambda f: f.value(f"${f.facts['name']}"),
    "meant-link": lambda f: f.value(f.facts["link"]),
    "write-link": lambda f: f.value(f"${f.facts['name']}"),
    "write-this": lambda f: f.value(f.facts["link"]),
    "write-output": lambda f: f.value(f"${f.facts['node']}.{f.facts['output']}"),
    "write-output-link": lambda f: f.value(f"${f.facts['link']}"),
    "write-each": lambda f: _of(f.without(f.at[2], f.node), f).add(f"each: {f.facts['input']}", f.node),
    "carry-output": lambda f: f.value(f"{{{f.facts['input']}: {f.facts['output']}}}", [*f.node, "carry"]),
    "not-bypassed": lambda f: f.without("bypass", ["nodes", f.facts["node"]]),
    "add-repeat": lambda f: f.add("repeat: 10", f.node),
    "between": _between,
    "make-file": _as_file,
    "read-or-out": lambda f: f.without(f.facts["node"], ["nodes"]),
    "link-or-out": lambda f: f.without(f.facts["input"], ["inputs"]),
    "version-first": lambda f: "nodegraph: 1\n" + f.text,
    "meant": lambda f: f.meant(f.facts["name"]),
    "turn-round": lambda f: (lambda low, high: _of(f.value(high, [*f.node, "min"]), f).value(low, [*f.node, "max"]))(
        f.old([*f.node, "min"]), f.old([*f.node, "max"])),
    "call-it": lambda f: f.key(f.facts["label"]),
    "newer-release": lambda f: f.value(str(f.facts["version"]), ["nodegraph"]),
    "file-instead": lambda f: f.without("default", f.node) if f.at[2:] else f.text,
}
# Those that leave something to decide, of words or of places, so that nothing but a person can follow them.
SPOKEN = set("""address upgrade record install newer-nodegraph pack-loose answers add-choices write-choices carry-none each-another add-branch add-branches add-link add-list add-name add-node add-node-type add-on add-outputs add-type add-value
    base break-cycle carry carry-each carry-type cases check-path choices choices-type close-bracket close-quote copied count
    default-or-word dollar-place dollar-text each-for-failed each-or-cross empty-or-word equally-long fewer-brackets foreign
    format-node give-default give-list graph-around graph-begins input-and-word keep-one level-out lfs limits line-up link-alone
    link-another link-made link-node link-reader link-type list-in-node list-types make-input meant-type models
    name-in-folder name-value names new-line-list no-folder no-model no-quality not-inside-itself on one-graph one-item-type
    one-of-two one-type output-value packs path pictures place-once plain-character plain-space plain-utf8 plain-values
    quality-formats quote-brace quote-bracket quote-colon quote-color quote-comment quote-it quote-whole quote-yaml quotes
    rename-input rename-one repeat-or-each same-indent save-utf8 several single-quotes spaces take-it-out takes-none
    there-is there-is-more type-here until whole-escape word-behind word-inside write-colon write-format write-input write-name write-node
    write-out write-out-link write-output-node write-section write-type write-word""".split())

NEXT = {"meant": "each.not-given", "between": "link.one-into-list"}  # what only shows when the first is mended

MORE = [
    "nodes: {a: {type: mix.postcard, picture: $p, verse: x, palette: ['#ff0000', '#00ff00']}, p: {type: media.read_image, "
    "file: ../fixtures/x.png}}\noutputs: {a: $a}",
    "inputs: {photo: test_hints.py}\nnodes: {s: {type: style.analyze, image: $photo}}\noutputs: {s: $s.mood}",
    "inputs: {photo: {type: File, default: empty.yaml}}\nnodes: {s: {type: style.analyze, image: $photo}}\noutputs: {s: $s.mood}",
    "inputs: {asked: a}\nnodes: {s: {type: bench.shout, text: asked}, t: {type: bench.shout, text: $asked}}\n"
    "outputs: {s: $s, t: $t}",
    "nodes: {a: {type: bench.shout, text: x}, b: {type: bench.shout, text: y}}\noutputs: {a: $a}",
    "nodes: {a: {type: bench.shout, text: x}, b: {type: bench.join, texts: [a, a]}}\noutputs: {a: $a, b: $b}",
    "nodes: {a: {type: bench.shout, text: [x, y]}}\noutputs: {a: $a}",
    "nodes: {a: {type: bench.shout, text: x}, b: {type: bench.shout, text: [$a, y]}}\noutputs: {b: $b}",
    "nodes: {a: {type: bench.paint, prompt: x, steps: 151}}\noutputs: {a: $a}",
    "nodes: {a: {type: bench.paint, prompt: x, steps: many}}\noutputs: {a: $a}",
    "nodes: {a: {type: bench.paint, prompt: 1.10}}\noutputs: {a: $a}",
    "nodes: {a: {type: bench.paint, prompt: x, steps: [1, 2]}}\noutputs: {a: $a}",
]


def mendable() -> list[Any]:
    texts = {path.stem: path.read_bytes() for path in sorted(BROKEN.glob("*.yaml"))}
    texts |= {f"more-{number}": ("nodegraph: 1\n" + text).encode() for number, text in enumerate(MORE)}
    return [pytest.param(name, text, id=name) for name, text in texts.items()]


@pytest.mark.parametrize("name, data", mendable())
def test_a_hint_that_is_followed_in_the_file_mends_it(name, data):
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    problems = problems_of(text)
    for problem in problems:
        code = getattr(problem.hint, "code", "").removeprefix("hint.")
        if code not in MENDS or problem.where is None or Path(problem.where.file) != BROKEN / "graph.yaml":
            continue
        mended = MENDS[code](File(text, problem))
        assert mended != text
        after = problems_of(mended)
        assert not [p for p in after if (p.code, p.at) == (problem.code, problem.at)], (problem, mended, after)
        fresh = {(p.code, p.at) for p in after} - {(p.code, p.at) for p in problems} - {(NEXT.get(code), problem.at)}
        assert not [place for place in fresh if place[1] == problem.at], (problem, mended, after)


def test_every_hint_is_followed_by_a_test_or_is_for_a_person_to_decide():
    hints = {code.removeprefix("hint.") for code in ENGLISH if code.startswith("hint.")}
    assert hints == MENDS.keys() | SPOKEN and not MENDS.keys() & SPOKEN


@pytest.mark.parametrize("node, reader", [
    ("{type: style.analyze, image: photo.jpg}", "such as media.read_image: `image: $node`"),
    ("{type: music.render, score: tune.mid}", "such as media.read_score: `score: $node`"),
    ("{type: media.resample, sound: rain.wav}", "such as media.read_audio: `sound: $node`"),
    ("{type: mix.postcard, picture: a.png, verse: x, palette: [red, blue]}", "such as style.palette_from_colors: `palette: $node`"),
])
def test_what_no_graph_file_can_hold_is_sent_to_the_node_that_reads_it(node, reader):
    hints = [problem.hint for problem in problems_of(f"nodegraph: 1\nnodes: {{n: {node}}}\noutputs: {{n: $n}}")]
    assert any(reader in hint for hint in hints), hints
    assert not any("each:" in hint for hint in hints)


def test_an_input_that_nothing_can_bring_names_the_node_that_reads_it():
    [problem] = problems_of("nodegraph: 1\ninputs: {photo: empty.yaml}\n"
                            "nodes: {s: {type: style.analyze, image: $photo}}\noutputs: {s: $s.mood}")
    assert problem.hint == ("Make the input photo a File, `photo: {type: File, default: empty.yaml}`, and put "
                            "media.read_image between them, `read_photo: {type: media.read_image, file: $photo}`.")
    assert not [p for p in problems_of(
        f"nodegraph: 1\ninputs:\n  {problem.hint.facts['declared']}\n"
        f"nodes:\n  {problem.hint.facts['between']}\n  s: {{type: style.analyze, image: $read_photo}}\n"
        "outputs: {s: $s.mood}")]


def test_a_node_that_nothing_reads_is_told_of_unless_it_is_muted_or_something_else_is_wrong():
    text = "nodegraph: 1\nnodes:\n  a: {type: bench.shout, text: x}\n  b: {type: bench.shout, text: $a%s}\noutputs: {a: $a}\n"
    assert [(p.severity, str(p.where).split(":")[1], p.message) for p in problems_of(text % "")] == [
        ("warning", "4", "nothing reads what b gives, so it does not run")]
    assert problems_of(text % ", mute: true") == []
    assert [p.code for p in problems_of(text % ", steps: 3")] == ["node.no-input"]


@pytest.mark.parametrize("text, said", [
    ("asked", 'Did you mean $asked?'), ("[asked, a]", "Did you mean [$asked, $a]?"), ("b", None), ("[asked, other]", None),
    ("ask", None), ("$$asked", None)])
def test_a_text_that_is_the_name_of_a_node_or_an_input_is_told_of(text, said):
    kind = "join, texts" if text.startswith("[") else "shout, text"
    told = problems_of("nodegraph: 1\ninputs: {asked: hello}\nnodes:\n  a: {type: bench.shout, text: $asked}\n"
                       f"  b: {{type: bench.{kind}: {text}}}\noutputs: {{a: $a, b: $b}}")
    assert [(p.severity, p.hint) for p in told] == ([("warning", said)] if said else [])
