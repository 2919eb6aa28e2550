"""Graph files: YAML read into a Graph, with the line and column of everything that is wrong about its form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from ..errors import GraphError, Position, Problem
from ..graph import CASES, MOST_QUALITY, NO_CONTROL, SWITCH, Form, Graph, Node, Ref
from ..nodetype import RESERVED
from ..wording import brief, closest, nearest, say, spelled, written
from .control import CONTROL, is_input, names, read_control
from .foreign import foreign_text
from .inputs import read_input
from .picture import at_home
from .source import read_text
from .tree import Map, Seq, odd_character, read_tree

VERSION = 1


def read_mapping(path: Path) -> dict[str, Any]:
    """A YAML file that holds one mapping, as plain data (manifests). Raises GraphError."""
    problems: list[Problem] = []
    tree = read_tree(read_text(path), str(path), problems)
    if not isinstance(tree, Map):
        problems.append(Problem(Position(str(path), 1, 1), say("file.no-mapping", holds=_holds(tree))))
    if problems or not isinstance(tree, Map):
        raise GraphError(problems)
    return tree


_NAME = re.compile(r"[^\W\d][\w-]*\Z")
_REF = re.compile(r"\$([^\W\d][\w-]*)(?:\.([^\W\d][\w-]*))?(\.\.\.)?\Z")
_NO_INPUTS = frozenset(RESERVED)
_TOP = ("nodegraph", "title", "description", "packs", "inputs", "nodes", "outputs", "layout")
_OUTPUT_KEYS = ("value", "format", "quality")


def read(path: str | Path, base: str | Path | None = None) -> tuple[Graph, list[Problem]]:
    """A graph file as a Graph, with everything wrong about its form. Raises GraphError where nothing can be read.

    base: of a picture, the folder where the files are that its graph names, if it is not to be sought.
    """
    path = Path(path)
    graph, problems = parse(read_text(path), path)
    return at_home(graph, base), problems


def parse(text: str, path: Path | None = None) -> tuple[Graph, list[Problem]]:
    """Like `read`, for a text."""
    problems: list[Problem] = []
    foreign = foreign_text(text)
    if foreign:
        where = Position(str(path or "graph"), 1, 1)
        raise GraphError([Problem(where, say("file.foreign", what=foreign), say("hint.foreign"))])
    tree = read_tree(text, str(path or "graph"), problems)
    reader = _Reader(tree, path, problems)
    return reader.graph(), problems


class _Reader:
    """Turns the tree into a Graph, noting every problem of form with its place."""

    def __init__(self, tree: Any, path: Path | None, problems: list[Problem]):
        self.path, self.problems, self.tree = path, problems, tree
        self.shell = Graph({}, path=path, marks=tree)
        self.refused = {p.where for p in problems}

    def problem(self, message: str, hint: str, *keys: Any, value: bool = False) -> None:
        where = self.shell.where(*keys, value=value) or Position(str(self.path or "graph"), 1, 1)
        if not value or where not in self.refused:
            self.problems.append(Problem(where, message, hint, at=keys))

    def stop(self) -> NoReturn:
        """Where the rest cannot be understood, saying more would only mislead."""
        raise GraphError(in_order(self.problems, self.path))

    def section(self, name: str) -> Map:
        """A mapping at the top of the file; empty, with a problem, when it is something else."""
        found = self.tree.get(name)
        if isinstance(found, Map):
            return found
        if found is not None and name in self.tree and not self.odd(found, name, value=True):
            self.problem(say("section.wrong", section=name, value=written(found)),
                         say("hint.write-section", section=name), name, value=True)
            if name not in ("layout", "packs"):
                self.stop()
        return Map()

    def graph(self) -> Graph:
        if not isinstance(self.tree, Map) or not any(key in _TOP or closest(key, _TOP) or odd_character(key)
                                                     for key in self.tree):
            if self.odd(self.tree):
                self.stop()
            self.problem(say("file.holds", holds=_holds(self.tree)), say("hint.graph-begins"))
            self.stop()
        self.version()
        for key in list(self.tree):
            if key not in _TOP and not self.odd(key, key):
                self.problem(say("key.unknown", key=repr(key)), nearest(key, _TOP), key)
                meant = closest(key, _TOP)
                if meant and meant not in self.tree:  # read on as if it were spelled right
                    self.tree[meant], self.tree.marks[meant] = self.tree[key], self.tree.marks[key]
        for key in ("title", "description"):
            if not isinstance(self.tree.get(key, ""), str):
                value = spelled(self.tree[key], self.shell.source(key))
                self.problem(say("key.text", key=key, value=value), say("hint.quote", value=value), key, value=True)
        inputs = {name: read_input(self, name, value) for name, value in self.section("inputs").items()}
        nodes = {name: self.node(name, value) for name, value in self.section("nodes").items()}
        if not nodes:
            self.problem(say("graph.no-nodes"), say("hint.add-node"), "nodes")
        forms: dict[str, Form] = {}
        outputs = {name: ref for name, value in self.section("outputs").items()
                   if (ref := self.output(name, value, forms)) is not None}
        for name in inputs:
            if name in nodes:
                self.problem(say("name.both", name=name), say("hint.rename-one"), "nodes", name)
        return Graph(nodes, inputs, outputs, str(self.tree.get("title") or ""),
                     str(self.tree.get("description") or ""), self.section("layout"), forms, self.packs(), self.path,
                     marks=self.tree)

    def packs(self) -> dict[str, str]:
        """What brought each pack, for those of which that can be read."""
        section = self.section("packs")
        for name, origin in section.items():
            if not isinstance(origin, str) or not origin:
                self.problem(say("packs.wrong", pack=name, value=written(origin)), say("hint.record"),
                             "packs", name, value=True)
        return {name: origin for name, origin in section.items() if isinstance(origin, str) and origin}

    def version(self) -> None:
        found = self.tree.get("nodegraph")
        if "nodegraph" not in self.tree:
            self.problem(say("version.missing"), say("hint.version-first"))
        elif type(found) is int and found > VERSION:
            self.problem(say("version.newer", value=found, version=VERSION), say("hint.newer-release", version=VERSION),
                         "nodegraph", value=True)
            self.stop()
        elif type(found) is not int or found != VERSION:
            self.problem(say("version.wrong", value=written(found), version=VERSION),
                         say("hint.write-word", word="nodegraph", value=VERSION), "nodegraph", value=True)

    def name(self, name: str, *keys: str) -> None:
        if not _NAME.match(name) and not self.odd(name, *keys):
            self.problem(say("name.wrong", name=repr(name)), say("hint.names"), *keys)

    def odd(self, text: Any, *keys: str, value: bool = False) -> bool:
        """Whether a name, or what stands for a mapping, has a character that only looks like YAML's; it is told."""
        odd = odd_character(text) if isinstance(text, str) else None
        if odd is not None:
            at = self.shell.where(*keys, value=value) or Position(str(self.path or "graph"), 1, 1)
            self.problems.append(Problem(at._replace(column=at.column + odd[0]), odd[1], odd[2], at=keys))
        return odd is not None

    # -- nodes

    def node(self, name: str, value: Any) -> Node:
        """A Node; with an empty type where that could not be read, so that links to it are not called wrong."""
        if not _NAME.match(name):
            self.name(name, "nodes", name)
        if type(value) is not Map:
            if self.odd(value, "nodes", name, value=True):
                return Node("", {})
            self.problem(say("node.wrong", node=name, value=written(value)),
                         say("hint.write-node", node=name, type=value if isinstance(value, str) else "text.generate"),
                         "nodes", name, value=True)
            return Node("", {})
        type_name = value.get("type")
        if type(type_name) is not str or not type_name:
            self.no_type(name, type_name, value)
            type_name = ""
        inputs: dict[str, Any] = {}
        for port, item in value.items():
            if port in _NO_INPUTS and not is_input(port, item):
                continue
            if port == "cases" and type_name == SWITCH:
                self.cases(name, item, inputs)
                continue
            kind = type(item)
            if kind is str:
                if item[:1] == "$":
                    item = self.reference(item, "nodes", name, port)
            elif kind is Seq or kind is Map:
                item = self.value(item, "nodes", name, port)
            inputs[port] = item
        return Node(type_name, inputs, names(self, name, "each", value["each"]) if "each" in value else (),
                    "bypass" in value and self.flag(name, "bypass", value),
                    "mute" in value and self.flag(name, "mute", value),
                    NO_CONTROL if CONTROL.isdisjoint(value) else read_control(self, name, value))

    def no_type(self, name: str, type_name: Any, value: Map) -> None:
        if type_name is None and any(self.odd(key, "nodes", name, key) for key in value):
            return
        if type_name is None:
            close = closest("type", [key for key in value if key != "type"])
            self.problem(say("node.no-type", node=name), say("hint.meant-type", key=close) if close
                         else say("hint.add-node-type"), "nodes", name)
        else:
            self.problem(say("node.type-wrong", node=name, value=written(type_name)), say("hint.list-types"),
                         "nodes", name, "type", value=True)

    def value(self, item: Any, *keys: Any) -> Any:
        """What stands in a node's input: a literal, a Ref, or a list in which Refs may stand."""
        if type(item) is Seq:
            return [self.reference(i, *keys, at, within=True) if type(i) is str and i[:1] == "$"
                    else self.plain(i, *keys, at) for at, i in enumerate(item)]
        if type(item) is str and item[:1] == "$":
            return self.reference(item, *keys)
        return self.plain(item, *keys)

    def cases(self, name: str, value: Any, inputs: dict[str, Any]) -> None:
        """The branches of a switch that stand under `cases:`, put into its inputs."""
        if type(value) is not Map:
            self.problem(say("node.cases-wrong", node=name, value=written(value)), say("hint.cases"),
                         "nodes", name, "cases", value=True)
            return
        for label, item in value.items():
            inputs[CASES + label] = self.value(item, "nodes", name, CASES + label)
            if label not in ("on", "cases") and label not in _NO_INPUTS and label in self.tree["nodes"][name]:
                self.problem(say("node.case-twice", node=name, label=label), say("hint.keep-one"),
                             "nodes", name, CASES + label)

    def is_name(self, text: Any) -> bool:
        """Whether a node or an input of this graph is called so."""
        return isinstance(text, str) and any(text in (self.tree.get(key) or ()) for key in ("nodes", "inputs"))

    def flag(self, name: str, key: str, value: Map) -> bool:
        """Whether a node is bypassed, or muted."""
        found = value.get(key, False)
        if type(found) is not bool:
            self.problem(say("node.flag-wrong", word=key, node=name, value=written(found)),
                         say("hint.write-word", word=key, value="true"), "nodes", name, key, value=True)
            return False
        return found

    # -- outputs of the graph

    def output(self, name: str, value: Any, forms: dict[str, Form]) -> Ref | None:
        """The link of an output; what else it says goes into `forms`."""
        self.name(name, "outputs", name)
        place: tuple[str, ...] = ("outputs", name)
        if isinstance(value, Map) and not value.keys().isdisjoint(_OUTPUT_KEYS):
            forms[name] = self.form(name, value)
            if "value" not in value:
                self.problem(say("output.no-value", output=name), say("hint.output-value", output=name), *place)
                return None
            place, value = (*place, "value"), value["value"]
        if isinstance(value, str) and value.startswith("$"):
            ref = self.reference(value, *place)
            return ref if isinstance(ref, Ref) else None
        link = isinstance(value, str) and _REF.match(f"${value}") and \
            value.split(".")[0] in (self.tree.get("nodes") or ())
        self.problem(say("output.wrong", output=name, value=written(value)),
                     say("hint.write-output-link", output=place[-1], link=value) if link
                     else say("hint.write-output-node", output=place[-1]), *place, value=True)
        return None

    def form(self, name: str, value: Map) -> Form:
        """How an output is to be written."""
        for key in value:
            if key not in _OUTPUT_KEYS:
                self.problem(say("output.key-unknown", key=repr(key)), nearest(key, _OUTPUT_KEYS), "outputs", name, key)
        format, quality = value.get("format", ""), value.get("quality")
        if not isinstance(format, str) or "format" in value and not format:
            self.problem(say("output.format-wrong", output=name, value=written(format)), say("hint.write-format"),
                         "outputs", name, "format", value=True)
            format = ""
        if "quality" in value and (type(quality) is not int or not 1 <= quality <= MOST_QUALITY):
            self.problem(say("output.quality-wrong", output=name, value=written(quality)),
                         say("hint.write-word", word="quality", value=80), "outputs", name, "quality", value=True)
            quality = None
        return Form(format, quality)

    # -- values

    def reference(self, text: str, *keys: Any, within: bool = False) -> Any:
        """The Ref that a text beginning with $ means, or the text that `$$` stands for. within: it stands in a list."""
        match = _REF.match(text)
        if match:
            if match[3] and not within:
                alone = keys[2:3] == ("repeat",) or keys[:1] == ("outputs",)  # where no list may stand
                hint = say("hint.no-dots", link=text.removesuffix("...")) if alone else say("hint.spread", link=text)
                self.problem(say("link.spread-alone", link=text), hint, *keys, value=True)
            return Ref(match[1], match[2], within and match[3] is not None)
        if text.startswith("$$"):
            return text[1:]
        braces = _REF.match("$" + text[2:-1]) if text[1:2] == "{" and text[-1:] == "}" else None
        self.problem(say("link.wrong", text=brief(text)), say("hint.write-this", link=braces[0]) if braces
                     else say("hint.dollar-text"), *keys, value=True)
        return text

    def plain(self, value: Any, *keys: Any) -> Any:
        """The same data without places, where links may not stand."""
        if isinstance(value, dict):
            return {k: self.plain(v, *keys, k) for k, v in value.items()}
        if isinstance(value, list):
            return [self.plain(v, *keys, at) for at, v in enumerate(value)]
        if isinstance(value, str) and value[:1] == "$":
            if value[:2] == "$$":
                return value[1:]
            message = say("link.in-default", text=brief(value)) if keys[0] == "inputs" else \
                say("link.nested", text=brief(value))
            self.problem(message, say("hint.dollar-place"), *keys, value=True)
        return value


def _holds(tree: Any) -> str:
    if isinstance(tree, Map):
        names = [*map(brief, tree)]
        return say("holds.names", names=", ".join(names[:3] + ["..."] * bool(names[3:])) or "{}")
    return say("holds.nothing") if tree is None else say("holds.value", value=written(tree))


def in_order(problems: Iterable[Problem], path: Path | None = None) -> list[Problem]:
    """Each problem once, as they stand in the file at `path`; those of the graphs inside it come after."""
    problems = list(dict.fromkeys(problems))
    files = dict.fromkeys([str(path or "graph"), *(p.where.file for p in problems if p.where)])
    rank = {file: at for at, file in enumerate(files)}
    return sorted(problems, key=lambda p: (rank[p.where.file], p.where.line, p.where.column) if p.where else (-1, 0, 0))
