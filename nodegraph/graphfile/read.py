"""Graph files: YAML read into a Graph, with the line and column of everything, and written back.

The YAML is YAML 1.2's core, and less: no tags, no anchors, one document. So `no` is a text, `1:30` is a text, a key
that stands twice is a problem and not a silent loss. PyYAML's C parser brings events; the tree is built here, since
its own loaders forget where things stood and follow YAML 1.1.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ..errors import GraphError, Position, Problem
from ..graph import CASES, NO_CONTROL, SWITCH, Graph, GraphInput, Node, Ref, label_of
from ..nodetype import RESERVED
from ..wording import brief, closest, nearest, say, scalar, written
from .control import CONTROL, names, read_control, written_control
from .pngtext import is_png, texts
from .yamltext import InBrackets, Loader, NotPossible, changed, dump, same

VERSION = 1
EMBEDDED = "nodegraph"  # the keyword of the text in a PNG that is the graph it was made by
DEEPEST = 64  # lists and mappings inside each other


class Map(dict):
    """A mapping that remembers where each key and value stood: key -> (line, column, line, column), from 1."""

    __slots__ = ("marks",)


class Seq(list):
    """A list that remembers where each item stood: index -> (line, column, line, column), from 1."""

    __slots__ = ("marks",)


# ---- YAML to a tree with places -----------------------------------------------------------------------------------

_ABSENT, _MERGE = object(), object()


def _read_tree(text: str, file: str, problems: list[Problem]) -> Any:
    """The tree that a YAML text describes. Raises GraphError where it is no YAML."""
    try:
        # Reading makes many small objects and no cycles; the collector would only walk them again and again.
        collecting = gc.isenabled()
        gc.disable()
        try:
            return _build(text, file, problems)
        finally:
            if collecting:
                gc.enable()
    except yaml.MarkedYAMLError as error:
        raise GraphError([_unreadable(error, text, file)]) from None
    except yaml.reader.ReaderError as error:
        code = error.character if isinstance(error.character, int) else ord(error.character)
        before = text.encode()[:error.position].decode(errors="ignore")  # the C parser counts bytes
        where = Position(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise GraphError([Problem(where, f"the character U+{code:04X} may not stand in YAML",
                                  "Take it out, and save the file as plain UTF-8 text.")]) from None


def _unreadable(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    """What the YAML parser stumbled over, in words that say what to change."""
    lines = [*text.splitlines(), ""]
    what, context = error.problem or "this is not YAML", error.context or ""
    mark, begun = error.problem_mark or error.context_mark, error.context_mark
    line = lines[min(mark.line, len(lines) - 1)]
    above = next((n for n in range(mark.line - 1, -1, -1) if lines[n].strip()), None)
    opener = lines[begun.line][begun.column:begun.column + 1] if begun else ""
    starts_line = not line[:mark.column].strip()
    place, found = mark, line[mark.column:mark.column + 1]
    message = f"the YAML cannot be read here: {what}"
    hint = "Put texts that hold ': ', '#', quotes or brackets in quotes."
    if found == "\t" or "\t" in line[:len(line) - len(line.lstrip())]:
        message, hint = "this line is indented with a tab; YAML takes spaces", "Put spaces in its place."
    elif "unexpected end of stream" in what and "quoted" in context:
        place, message = begun, f"the quote {opener} that opens here is never closed"
        hint = "Close it on the same line."
    elif "unexpected ':'" in what:
        message, hint = "a space is wanted after this colon", "Write `name: value`."
    elif "flow" in context and ("',' or" in what or "end of stream" in what or found == ""):
        closer = "}" if opener == "{" else "]"
        place, message = begun, f"the {opener} that opens here is not closed with {closer}"
        hint = f"Add {closer}, or put the text in quotes if the bracket belongs to it."
    elif "cannot start any token" in what:
        message, hint = f"a value cannot begin with {found}", "Put it in quotes."
    elif "scanning an alias" in context or "scanning an anchor" in context:
        place, message, hint = begun, f"a value cannot begin with {opener}", "Put it in quotes."
    elif "mapping values are not allowed" in what:
        if re.search(r":\s", line[:mark.column]):
            message, hint = "a second ': ' stands in this line", "Put the text that holds it in quotes."
        elif above is not None and re.match(r"\s*[\w-]+:\S", lines[above]):
            place = _Mark(above, lines[above].index(":"))
            message, hint = "a space is wanted after this colon", "Write `name: value`."
        elif above is not None and ":" not in lines[above]:
            word = lines[above].strip()
            place = _Mark(above, lines[above].index(word))
            message, hint = f"no colon follows {word[:40]!r}", f"Write `{word[:40]}:`."
        else:
            message = "this line is indented deeper than the one above, which has a value already"
            hint = "Line it up with the names it belongs to."
            place = _Mark(mark.line, len(line) - len(line.lstrip()))
    elif "could not find expected ':'" in what and begun:
        word = lines[begun.line].strip()
        place, message, hint = begun, f"no colon follows {word[:40]!r}", "Write `name: value`."
    elif "expected key" in what and not starts_line:
        message, hint = "something stands after the end of a quoted text", \
            "Put the whole text in quotes; inside '...' a quote is written ''."
    elif "expected key" in what or "'-' indicator" in what:
        message = "a list item stands among names here" if found == "-" else \
            "this line is not lined up with those above"
        hint = "Give the lines of one mapping the same indentation, in spaces."
    elif "block sequence entries" in what:
        message = "a list cannot begin in the line of its name"
        hint = "Write [one, two], or begin a new line with `- `."
    elif "escape character" in what or "hexdecimal" in what:
        message = "this backslash begins no escape that YAML knows"
        hint = "Use '...' quotes, where a backslash is plain."
    elif "<document start>" in what:
        message, hint = "more follows after the end of the document", "Put one graph in one file."
    return Problem(Position(file, place.line + 1, place.column + 1), message, hint)


class _Mark(NamedTuple):
    """A place as PyYAML counts, from 0."""

    line: int
    column: int


def _build(text: str, file: str, problems: list[Problem]) -> Any:
    root, stack = None, []  # stack of (container, key waiting for its value, its mark)
    container, key, key_mark = None, _ABSENT, (0, 0)
    documents = 0
    for event in yaml.parse(text, Loader=Loader):
        kind = type(event)
        if kind is yaml.ScalarEvent:
            mark = event.start_mark
            place = (mark.line + 1, mark.column + 1)
            if event.tag is not None and event.tag != "!" or event.anchor is not None:
                problems.append(_refused(event, file))
            value = event.value
            if type(container) is Map and key is _ABSENT:
                key, key_mark = _MERGE if value == "<<" and event.implicit[0] else value, place
                continue
            if event.implicit[0]:
                value = scalar(value)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            mark = event.start_mark
            place = (mark.line + 1, mark.column + 1)
            if event.tag is not None or event.anchor is not None:
                problems.append(_refused(event, file))
            if type(container) is Map and key is _ABSENT:
                raise GraphError([Problem(Position(file, *place), "a list or mapping stands where a name is wanted",
                                          "Put the text in quotes if the bracket belongs to it.")])
            if len(stack) == DEEPEST:
                raise GraphError([Problem(Position(file, *place),
                                          f"lists and mappings are nested more than {DEEPEST} deep",
                                          "Take some of the brackets away.")])
            stack.append((container, key, key_mark, place))
            container = Map() if kind is yaml.MappingStartEvent else Seq()
            container.marks = {}
            key = _ABSENT
            continue
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            value = container
            container, key, key_mark, place = stack.pop()
        elif kind is yaml.AliasEvent:
            mark = event.start_mark
            if key is not _MERGE:
                problems.append(_refused(event, file))
            value, place = None, (mark.line + 1, mark.column + 1)
            if type(container) is Map and key is _ABSENT:
                key, key_mark = f"*{event.anchor}", place
                continue
        else:
            if kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    mark = event.start_mark
                    problems.append(Problem(Position(file, mark.line + 1, 1), "a second YAML document begins here",
                                            "Put one graph in one file."))
                    break
            continue
        if container is None:
            root = value
        elif type(container) is Map:
            if key is _MERGE:
                problems.append(Problem(Position(file, *key_mark), "the YAML merge key << is not part of a graph file",
                                        "Write the names and values out in each place."))
            elif key in container:
                first = container.marks[key]
                problems.append(Problem(Position(file, *key_mark),
                                        f"{key!r} stands twice; it is also on line {first[0]}",
                                        "Keep one of the two."))
            else:
                container[key] = value
                container.marks[key] = key_mark + place
            key = _ABSENT
        else:
            container.marks[len(container)] = place + place
            container.append(value)
    return root


def _refused(event: Any, file: str) -> Problem:
    mark, tag = event.start_mark, getattr(event, "tag", None)
    what = f"the YAML tag {tag.replace('tag:yaml.org,2002:', '!!')}" if tag else f"the YAML alias *{event.anchor}" \
        if isinstance(event, yaml.AliasEvent) else f"the YAML anchor &{event.anchor}"
    hint = "Take it away; a graph file holds plain values." if tag else \
        "Write the value out in each place; a link between nodes is written $name."
    return Problem(Position(file, mark.line + 1, mark.column + 1), f"{what} is not part of a graph file", hint)


def read_text(path: Path) -> str:
    """The text of a graph file, or the one that a picture made by a run carries. Raises GraphError.

    A text is read as UTF-8, with or without a byte order mark, and with any line ends.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise GraphError([Problem(None, f"there is no file {path}", _nearest_file(path))]) from None
    except IsADirectoryError:
        raise GraphError([Problem(None, f"{path} is a folder", "Name a graph file in it.")]) from None
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte in it
        raise GraphError([Problem(None, f"{brief(str(path))} cannot be read: {getattr(error, 'strerror', error)}",
                                  "Check the name and the folder.")]) from None
    if is_png(data):
        text = texts(data).get(EMBEDDED)
        if text is None:
            raise GraphError([Problem(Position(str(path), 1, 1), "this picture carries no graph",
                                      "Those that `nodegraph run` writes as PNG do, unless a tool took it out.")])
        return text.replace("\r\n", "\n").replace("\r", "\n")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise GraphError([Problem(Position(str(path), 1, 1), "this is UTF-16; a graph file is UTF-8",
                                  "Save the file as UTF-8 text.")])
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        before = data[:error.start].decode("utf-8-sig")
        where = Position(str(path), before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise GraphError([Problem(where, f"the byte 0x{data[error.start]:02x} is not UTF-8 text",
                                  "Save the file as UTF-8 text.")]) from None


def _nearest_file(path: Path) -> str:
    from difflib import get_close_matches

    if not path.parent.is_dir():
        return f"There is no folder {path.parent} either."
    beside = {p.stem: p for p in sorted(path.parent.glob("*.y*ml"))}
    close = get_close_matches(path.stem, beside, 1, 0.7)
    return f"Did you mean {beside[close[0]]}?" if close else "Check the name and the folder."


def read_mapping(path: Path) -> dict[str, Any]:
    """A YAML file that holds one mapping, as plain data (manifests). Raises GraphError."""
    problems: list[Problem] = []
    tree = _read_tree(read_text(path), str(path), problems)
    if not isinstance(tree, Map):
        problems.append(Problem(Position(str(path), 1, 1), f"the file {_holds(tree)}; a mapping of names is wanted"))
    if problems:
        raise GraphError(problems)
    return tree


# ---- the tree to a Graph ------------------------------------------------------------------------------------------

_NAME = re.compile(r"[^\W\d][\w-]*\Z")
_REF = re.compile(r"\$([^\W\d][\w-]*)(?:\.([^\W\d][\w-]*))?(\.\.\.)?\Z")
_NO_INPUTS = frozenset(RESERVED)
_TOP = ("nodegraph", "title", "description", "inputs", "nodes", "outputs", "layout")
_INPUT_KEYS = ("type", "default", "help", "min", "max", "choices")
_GUESSED = {str: "Text", bool: "Bool", int: "Int", float: "Float"}  # the type of an input that is a bare default


def read(path: str | Path) -> tuple[Graph, list[Problem]]:
    """A graph file as a Graph, with everything wrong about its form. Raises GraphError where nothing can be read."""
    path = Path(path)
    return parse(read_text(path), path)


def parse(text: str, path: Path | None = None) -> tuple[Graph, list[Problem]]:
    """Like `read`, for a text."""
    problems: list[Problem] = []
    tree = _read_tree(text, str(path or "graph"), problems)
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

    def stop(self) -> None:
        """Where the rest cannot be understood, saying more would only mislead."""
        raise GraphError(in_order(self.problems, self.path))

    def section(self, name: str) -> Map:
        """A mapping at the top of the file; empty, with a problem, when it is something else."""
        found = self.tree.get(name)
        if isinstance(found, Map):
            return found
        if found is not None and name in self.tree:
            self.problem(f"{name} is {written(found)}; it takes a mapping of names",
                         f"Write {name}: and below it, indented, `name: ...`.", name, value=True)
            if name != "layout":
                self.stop()
        return Map()

    def graph(self) -> Graph:
        if not isinstance(self.tree, Map):
            self.problem(f"the file {_holds(self.tree)}",
                         "A graph file begins with `nodegraph: 1` and has nodes: and outputs:.")
            self.stop()
        self.version()
        for key in list(self.tree):
            if key not in _TOP:
                self.problem(f"{key!r} is no part of a graph file", nearest(key, _TOP), key)
                meant = closest(key, _TOP)
                if meant and meant not in self.tree:  # read on as if it were spelled right
                    self.tree[meant], self.tree.marks[meant] = self.tree[key], self.tree.marks[key]
        for key in ("title", "description"):
            if not isinstance(self.tree.get(key, ""), str):
                self.problem(f"{key} is {written(self.tree[key])}; it takes a text",
                             f'Put it in quotes: "{written(self.tree[key])}".', key, value=True)
        inputs = {name: self.input(name, value) for name, value in self.section("inputs").items()}
        nodes = {name: self.node(name, value) for name, value in self.section("nodes").items()}
        if not nodes:
            self.problem("the graph has no nodes", "Add at least one under nodes:, `name: {type: ...}`.", "nodes")
        outputs = {name: ref for name, value in self.section("outputs").items()
                   if (ref := self.output(name, value)) is not None}
        for name in inputs:
            if name in nodes:
                self.problem(f"{name} is both a graph input and a node, so ${name} could mean either",
                             "Rename one of the two.", "nodes", name)
        return Graph(nodes, inputs, outputs, str(self.tree.get("title") or ""),
                     str(self.tree.get("description") or ""), self.section("layout"), self.path, self.tree)

    def version(self) -> None:
        found = self.tree.get("nodegraph", _ABSENT)
        if found is _ABSENT:
            self.problem("the line `nodegraph: 1` is missing", "Put it first; it names the version of the file format.")
        elif type(found) is int and found > VERSION:
            self.problem(f"nodegraph is {found}; this release reads version {VERSION}",
                         f"Install a newer release, or write `nodegraph: {VERSION}`.", "nodegraph", value=True)
            self.stop()
        elif type(found) is not int or found != VERSION:
            self.problem(f"nodegraph is {written(found)}; it takes the version of the file format, {VERSION}",
                         f"Write `nodegraph: {VERSION}`.", "nodegraph", value=True)

    def name(self, name: str, *keys: str) -> None:
        if not _NAME.match(name):
            self.problem(f"{name!r} is no name", "Names begin with a letter and have letters, digits, _ and -.", *keys)

    # -- inputs of the graph

    def input(self, name: str, value: Any) -> GraphInput:
        self.name(name, "inputs", name)
        if not isinstance(value, Map):
            guessed = _GUESSED.get(type(value))
            if guessed is None:
                self.problem(f"input {name} is {written(value)}; its type cannot be told from that",
                             f"Write it out: {name}: {{type: {'list of ' * isinstance(value, list)}Text, "
                             "default: ...}", "inputs", name, value=True)
            return GraphInput(guessed or "", self.plain(value, "inputs", name), True)
        for key in value:
            if key not in _INPUT_KEYS:
                self.problem(f"{key!r} says nothing about an input", nearest(key, _INPUT_KEYS), "inputs", name, key)
        type_name = value.get("type")
        if type_name is None:
            self.problem(f"input {name} has no type", "Add type: Text, Int, Float, Bool, Image, ...", "inputs", name)
        elif not isinstance(type_name, str):
            self.problem(f"the type of input {name} is {written(type_name)}; it takes the name of one",
                         "Write type: Text, Int, Float, Bool, Image, ...", "inputs", name, "type", value=True)
        default = self.plain(value.get("default"), "inputs", name, "default")
        numbers = {key: self.limit(name, key, value) for key in ("min", "max")}
        if None not in numbers.values() and numbers["min"] > numbers["max"]:
            self.problem(f"min of input {name} is {numbers['min']}, above its max, {numbers['max']}",
                         "Turn them round.", "inputs", name, "min", value=True)
            numbers = {}
        help = value.get("help")
        if help is not None and not isinstance(help, str):
            self.problem(f"help of input {name} is {written(help)}; it takes a text", "Put it in quotes.",
                         "inputs", name, "help", value=True)
        return GraphInput(type_name if isinstance(type_name, str) else "", default, "default" in value,
                          str(help or ""), numbers.get("min"), numbers.get("max"), self.choices(name, value))

    def limit(self, name: str, key: str, value: Map) -> float | None:
        found = value.get(key)
        if key not in value or type(found) in (int, float) and found == found:
            return found
        self.problem(f"{key} of input {name} is {written(found)}; it takes a number", "",
                     "inputs", name, key, value=True)
        return None

    def choices(self, name: str, value: Map) -> tuple[str, ...] | None:
        found = value.get("choices")
        if "choices" not in value:
            return None
        if not isinstance(found, list) or not found:
            self.problem(f"choices of input {name} is {written(found)}; it takes a list of texts",
                         "Write choices: [one, two].", "inputs", name, "choices", value=True)
            return None
        for at, item in enumerate(found):
            if not isinstance(item, str):
                self.problem(f"a choice of input {name} is {written(item)}; it takes a text",
                             f'Put it in quotes: "{written(item)}".', "inputs", name, "choices", at, value=True)
        return tuple(str(item) for item in found)

    # -- nodes

    def node(self, name: str, value: Any) -> Node:
        """A Node; with an empty type where that could not be read, so that links to it are not called wrong."""
        if not _NAME.match(name):
            self.name(name, "nodes", name)
        if type(value) is not Map:
            self.problem(f"node {name} is {written(value)}; it takes a mapping with type: and its inputs",
                         f"Write {name}: {{type: {value if isinstance(value, str) else 'text.generate'}, ...}}",
                         "nodes", name, value=True)
            return Node("", {})
        type_name = value.get("type")
        if type(type_name) is not str or not type_name:
            if type_name is None:
                close = closest("type", [key for key in value if key != "type"])
                self.problem(f"node {name} has no type", f"Did you mean type: where {close}: stands?" if close
                             else "Add type:, one of those that `nodegraph nodes` lists.", "nodes", name)
            else:
                self.problem(f"the type of node {name} is {written(type_name)}; it takes the name of one",
                             "`nodegraph nodes` lists them.", "nodes", name, "type", value=True)
            type_name = ""
        inputs = {}
        for port, item in value.items():
            if port in _NO_INPUTS:
                continue
            if port == "cases" and type_name == SWITCH:
                self.cases(name, item, inputs)
                continue
            kind = type(item)
            if kind is str and item[:1] == "$" or kind is Seq or kind is Map:
                item = self.value(item, "nodes", name, port)
            inputs[port] = item
        return Node(type_name, inputs, names(self, name, "each", value["each"]) if "each" in value else (),
                    "bypass" in value and self.flag(name, "bypass", value),
                    "mute" in value and self.flag(name, "mute", value),
                    NO_CONTROL if CONTROL.isdisjoint(value) else read_control(self, name, value))

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
            self.problem(f"{key} of {name} is {written(found)}; it takes true or false", f"Write `{key}: true`.",
                         "nodes", name, key, value=True)
            return False
        return found

    def output(self, name: str, value: Any) -> Ref | None:
        self.name(name, "outputs", name)
        if isinstance(value, str) and value.startswith("$"):
            ref = self.reference(value, "outputs", name)
            return ref if isinstance(ref, Ref) else None
        link = isinstance(value, str) and _REF.match(f"${value}") and value.split(".")[0] in (self.tree.get("nodes") or ())
        self.problem(f"output {name} is {written(value)}; it takes a link",
                     f"Write {name}: ${value}." if link else f"Write {name}: $node or {name}: $node.port.",
                     "outputs", name, value=True)
        return None

    # -- values

    def reference(self, text: str, *keys: Any, within: bool = False) -> Any:
        """The Ref that a text beginning with $ means, or the text that `$$` stands for. within: it stands in a list."""
        match = _REF.match(text)
        if match:
            if match[3] and not within:
                self.problem(say("link.spread-alone", link=text), say("hint.spread", link=text), *keys, value=True)
            return Ref(match[1], match[2], within and match[3] is not None)
        if text.startswith("$$"):
            return text[1:]
        braces = _REF.match("$" + text[2:-1]) if text[1:2] == "{" and text[-1:] == "}" else None
        self.problem(f"{brief(text)} is no link; a link is $name or $name.port and stands alone",
                     f"Write {braces[0]}." if braces else
                     "For a text that begins with $ write $$. To join texts use a node such as text.compose.",
                     *keys, value=True)
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
            where = "a default" if keys[0] == "inputs" else "a list or mapping inside another"
            self.problem(f"{brief(value)} looks like a link, and none can stand in {where}",
                         "Links stand in a node's inputs, and in a list there. For a text that begins with $ write $$.",
                         *keys, value=True)
        return value


def _holds(tree: Any) -> str:
    return "is empty" if tree is None else f"holds {written(tree)}"


def in_order(problems: Iterable[Problem], path: Path | None = None) -> list[Problem]:
    """Each problem once, as they stand in the file at `path`; those of the graphs inside it come after."""
    problems = list(dict.fromkeys(problems))
    files = dict.fromkeys([str(path or "graph"), *(p.where.file for p in problems if p.where)])
    rank = {file: at for at, file in enumerate(files)}
    return sorted(problems, key=lambda p: (rank[p.where.file], p.where.line, p.where.column) if p.where else (-1, 0, 0))


# ---- a Graph to YAML ----------------------------------------------------------------------------------------------

def dumps(graph: Graph) -> str:
    """The graph as YAML that `parse` reads back to an equal Graph: meaning first, canvas positions last."""
    return dump(_tree(graph))


def updated(text: str, graph: Graph) -> str:
    """The text of a graph file, changed to say what `graph` says.

    What did not change stays as it is: comments, order, blank lines, quotes, brackets. A node, input or output
    that only has another name keeps its place and its comments. A text that cannot be read, or followed in this
    way, gives way to `dumps(graph)`.
    """
    try:
        before = parse(text)[0]
    except GraphError:
        return dumps(graph)
    old, new = _tree(before), _tree(graph)
    if same(old, new):
        return text
    renames = _renames(old, new)
    _keep_short_inputs(before, graph, old, new, renames.get(("inputs",), {}))
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    closed = plain if plain.endswith("\n") else plain + "\n"
    for coarse in (False, True):
        try:
            found = changed(closed, old, new, renames, "layout", coarse)
            if same(_tree(parse(found)[0]), _tree(graph)):
                return _in_form_of(text, found)
        except (NotPossible, GraphError):
            continue
    return dumps(graph)


def _in_form_of(text: str, found: str) -> str:
    """A text with the line ends of another, and like it in whether there is one at the end."""
    if not text.endswith("\n"):
        found = found.removesuffix("\n")
    if "\r\n" in text:
        found = found.replace("\n", "\r\n")
    return "\ufeff" * text.startswith("\ufeff") + found


def _keep_short_inputs(before: Graph, graph: Graph, old: dict, new: dict, renames: dict[str, str]) -> None:
    """Inputs written as a bare default (`seed: 7`) stay so where that still says it all."""
    for name in before.inputs:
        if isinstance(before.marks["inputs"][name], Map):
            continue
        now = renames.get(name, name)
        old["inputs"][name] = _written(before.inputs[name].default)
        item = graph.inputs.get(now)
        if item is not None and item == GraphInput(_GUESSED.get(type(item.default), ""), item.default, True):
            new["inputs"][now] = _written(item.default)


def _renames(old: dict, new: dict) -> dict[tuple[str, ...], dict[str, str]]:
    """Which names of two trees stand for the same thing, by the path of the mapping they stand in."""
    gone, come = ({name for section in ("inputs", "nodes") for name in here.get(section, {}).keys() - there.get(section, {})}
                  for here, there in ((old, new), (new, old)))
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for section in ("inputs", "nodes", "outputs"):
        before, after = ({name: _without_names(value, gone | come) for name, value in tree.get(section, {}).items()}
                         for tree in (old, new))
        found[section,] = _paired(before, after, _likeness if section == "nodes" else same)
    known = {**found["inputs",], **found["nodes",]}
    before, after = (tree.get("layout", {}) for tree in (old, new))
    for key in before.keys() & after.keys():
        if isinstance(before[key], dict) and isinstance(after[key], dict):
            pairs = known if key == "nodes" else found["outputs",] if key == "outputs" else {}
            pairs = {a: b for a, b in pairs.items() if a in before[key] and b in after[key] and a not in after[key]}
            found["layout", key] = pairs or _paired(before[key], after[key], same)
    return {path: pairs for path, pairs in found.items() if pairs}


def _paired(before: dict, after: dict, likeness: Any) -> dict[str, str]:
    """Old name -> new name for what is most alike, in order; likeness: 0 for things that are not the same."""
    come = [name for name in after if name not in before]
    gone = [name for name in before if name not in after]
    scored = sorted(((float(likeness(before[a], after[b])), a, b) for a in gone for b in come),
                    key=lambda row: -row[0]) if len(gone) * len(come) <= _MOST_PAIRS else []
    pairs: dict[str, str] = {}
    for score, a, b in scored:
        if score and a not in pairs and b not in pairs.values():
            pairs[a] = b
    return pairs


_MOST_PAIRS = 10_000  # of removed and added names that are compared


def _likeness(one: dict, other: dict) -> float:
    """How much of two nodes is the same, up to 1; 0 for less than half, and for different types."""
    if one.get("type") != other.get("type"):
        return 0.0
    keys = one.keys() | other.keys()
    share = sum(key in one and key in other and same(one[key], other[key]) for key in keys) / len(keys)
    return share if share >= 0.5 else 0.0


def _without_names(value: Any, names: set[str]) -> Any:
    """A tree in which links to these names are all alike."""
    if isinstance(value, str) and value.startswith("$"):
        name, dot, port = value[1:].partition(".")
        return f"$?{dot}{port}" if name in names else value
    if isinstance(value, list):
        return [_without_names(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _without_names(item, names) for key, item in value.items()}
    return value


def _tree(graph: Graph) -> dict[str, Any]:
    """The plain data of a graph file."""
    tree: dict[str, Any] = {"nodegraph": VERSION}
    if graph.title:
        tree["title"] = graph.title
    if graph.description:
        tree["description"] = graph.description
    if graph.inputs:
        tree["inputs"] = {name: InBrackets(_input_tree(i)) for name, i in graph.inputs.items()}
    tree["nodes"] = {name: _node_tree(node) for name, node in graph.nodes.items()}
    if graph.outputs:
        tree["outputs"] = {name: str(ref) for name, ref in graph.outputs.items()}
    if graph.layout:
        tree["layout"] = {key: {name: InBrackets(item) if isinstance(item, dict) else item
                                for name, item in value.items()} if isinstance(value, dict) else value
                          for key, value in graph.layout.items()}
    return tree


def _input_tree(item: GraphInput) -> dict[str, Any]:
    tree: dict[str, Any] = {"type": item.type}
    if item.has_default:
        tree["default"] = _written(item.default)
    for key, value in (("help", item.help), ("min", item.low), ("max", item.high)):
        if value not in ("", None):
            tree[key] = value
    if item.choices:
        tree["choices"] = list(item.choices)
    return tree


def _node_tree(node: Node) -> dict[str, Any]:
    tree: dict[str, Any] = {"type": node.type}
    if node.each:
        tree["each"] = node.each[0] if len(node.each) == 1 else list(node.each)
    tree.update((key, True) for key in ("bypass", "mute") if getattr(node, key))
    if node.control:
        tree.update(written_control(node.control))
    for port, value in node.inputs.items():
        if node.type == SWITCH and port.startswith(CASES):
            tree.setdefault("cases", {})[label_of(port)] = _written(value)
        else:
            tree[port] = _written(value)
    return tree


def _written(value: Any) -> Any:
    if type(value) is Ref:
        return str(value)
    if isinstance(value, str) and value.startswith("$"):
        return "$" + value
    if isinstance(value, list):
        return [_written(v) for v in value]
    if isinstance(value, dict):
        return {key: _written(v) for key, v in value.items()}
    return value
