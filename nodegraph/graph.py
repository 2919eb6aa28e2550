"""The user's document: nodes, links, parameters, named inputs and outputs. Frozen: an edit makes a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from .errors import Position
from .history import History, Meaning, Steps, continued, edited_between


class Ref(NamedTuple):
    """A link, seen from the end that reads: `$name` or `$name.port`.

    spread: written `$name...` inside a list, it joins the items of that list into this one.
    """

    name: str
    port: str | None = None
    spread: bool = False

    def __str__(self) -> str:
        link = f"${self.name}.{self.port}" if self.port else f"${self.name}"
        return f"{link}..." if self.spread else link


SWITCH, PICK = "switch", "pick"  # types of the nodes that pass on what they are given
CASES = "cases."  # begins the name of a switch's input that stands under `cases:` in the file
NO_CONTROL: Mapping[str, Any] = {}


def label_of(port: str) -> str:
    """The label of a switch's branch: the name of its input, or what follows `cases.` in it."""
    return port.removeprefix(CASES)


class Node(NamedTuple):
    """A placed NodeType. inputs: port -> literal, Ref, or a list in which Refs may stand. each: mapped ports.

    bypass: it passes on what flows into it, unchanged. mute: neither it nor what depends on it runs.
    control: how often it runs and what becomes of failures, by the words of the file: cross (a tuple of inputs),
    repeat (an int or a Ref), until (an output), carry (input -> output), count (an input), failed ("skip"),
    timeout (seconds), retry (times). Those that do not stand in the file are not in it.
    """

    type: str
    inputs: dict[str, Any]
    each: tuple[str, ...] = ()
    bypass: bool = False
    mute: bool = False
    control: Mapping[str, Any] = NO_CONTROL

    @property
    def is_graph(self) -> bool:
        """Whether another graph file stands here as a node."""
        return self.type.startswith(("./", "../", "/")) or self.type.endswith((".yaml", ".yml"))


class GraphInput(NamedTuple):
    """A named input of a whole graph. type: a PortType's name, or "list of X"."""

    type: str
    default: Any = None
    has_default: bool = False
    help: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | None = None


class Form(NamedTuple):
    """How an output is written to a file: as which kind, by its extension, "" for the usual one; quality: 1 to 100."""

    format: str = ""
    quality: int | None = None


USUAL = Form()
MOST_QUALITY = 100


@dataclass(frozen=True)
class Graph:
    """A document. Two graphs are equal when they say the same; where they said it does not count.

    forms: how outputs are written, for those that say so. path: the file it came from; relative files named in it are
    sought beside it.
    packs: what brought the packs of its nodes when that was recorded, by the pack's name (`Pack.origin`).
    base: where relative files begin, if not beside it. carried: texts of graph files that it brings along, by path.
    recorded: like packs, as the picture tells that it was read from, or the graph around it.
    marks: the tree of places that graphfile read it from (see `where`).
    """

    nodes: Mapping[str, Node]
    inputs: Mapping[str, GraphInput] = field(default_factory=dict)
    outputs: Mapping[str, Ref] = field(default_factory=dict)
    title: str = ""
    description: str = ""
    layout: Mapping[str, Any] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    packs: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = field(default=None, compare=False)
    base: Path | None = field(default=None, compare=False)
    carried: Mapping[Path, str] = field(default_factory=dict, compare=False, repr=False)
    recorded: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    marks: Any = field(default=None, compare=False, repr=False)
    edits: History | tuple[()] = field(default=(), compare=False, repr=False)
    meaning: Meaning = field(default_factory=Meaning, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.forms and not self.forms.keys() <= self.outputs.keys():  # an output that goes takes its form along
            object.__setattr__(self, "forms", {n: form for n, form in self.forms.items() if n in self.outputs})

    @property
    def folder(self) -> Path:
        """Where relative file names in this graph begin."""
        if self.base is not None:
            return self.base
        return self.path.parent if self.path is not None else Path()

    def where(self, *keys: str | int, value: bool = False) -> Position | None:
        """The place of a key in the file, or of its value; of the nearest thing around it if it has none."""
        if self.marks is None:
            return None
        found, tree = (1, 1), self.marks
        for key in _steps_to(self.marks, keys):
            marks = getattr(tree, "marks", {})
            if key not in marks:
                break
            mark = marks[key]
            found = mark[2:] if value else mark[:2]
            tree = tree[key]
        return Position(str(self.path or "graph"), *found)

    def source(self, *keys: str | int) -> str:
        """How the file writes a value, where that is more than one sees in it (1.10, +1, ~); else ""."""
        tree, source = self.marks, ""
        for key in _steps_to(tree, keys) if tree is not None else ():
            if key not in getattr(tree, "marks", ()):
                break
            source = str(getattr(tree, "sources", {}).get(key, ""))
            tree = tree[key]
        return source

    def with_value(self, node: str, port: str, value: Any, each: bool = False) -> Graph:
        """This graph with one input of one node set to a literal or a Ref."""
        old = self.nodes[node]
        each_of = tuple(dict.fromkeys((*old.each, port))) if each else old.each
        nodes = {**self.nodes, node: old._replace(inputs={**old.inputs, port: value}, each=each_of)}
        steps = continued(self._steps, self.meaning, node)
        return replace(self, nodes=nodes, edits=History(nodes, self.inputs, self.outputs, self.forms, steps))

    def with_layout(self, layout: Mapping[str, Any]) -> Graph:
        """This graph with things elsewhere on the canvas; to the engine it is the same one."""
        moved = replace(self, layout=layout)
        object.__setattr__(moved, "meaning", self.meaning)
        return moved

    @property
    def _steps(self) -> Steps:
        return self.edits.steps_to(self.nodes, self.inputs, self.outputs, self.forms) if self.edits else ()

    def edited_since(self, other: Graph) -> list[str] | None:
        """The nodes whose inputs differ from another graph's, if edits of inputs lead from one to the other, or
        from an earlier graph to both (as undo does); None if that cannot be told.
        """
        return edited_between((self.meaning, self._steps), (other.meaning, other._steps))

    def with_node(self, name: str, node: Node) -> Graph:
        """This graph with one more node, or another under that name."""
        return replace(self, nodes={**self.nodes, name: node})

    def without_node(self, name: str) -> Graph:
        """This graph with a node gone, and with it every link and output that read it."""
        nodes = {other: node._replace(inputs=_without(node.inputs, name), control=_without(node.control, name))
                 for other, node in self.nodes.items() if other != name}
        outputs = {output: link for output, link in self.outputs.items() if link.name != name}
        return replace(self, nodes=nodes, outputs=outputs)


def _steps_to(marks: Any, keys: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The keys of a place in the file: the input `cases.x` of a switch stands under `cases`, then `x`."""
    if len(keys) < 3 or keys[0] != "nodes" or not str(keys[2]).startswith(CASES):
        return keys
    node = marks.get("nodes", {}).get(keys[1])
    if keys[2] in getattr(node, "marks", ()):
        return keys
    return (*keys[:2], "cases", label_of(str(keys[2])), *keys[3:])


def _without(inputs: Mapping[str, Any], name: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for port, value in inputs.items():
        if isinstance(value, Ref) and value.name == name:
            continue
        if type(value) is list:
            value = [item for item in value if not (isinstance(item, Ref) and item.name == name)]
        kept[port] = value
    return kept


def links(node: Node) -> list[Ref]:
    """Every link that a node reads: those of its inputs, and that of `repeat`."""
    read = [ref for value in node.inputs.values() for ref in refs(value)]
    return [*read, *refs(node.control.get("repeat"))] if node.control else read


def refs(value: Any) -> list[Ref]:
    """The links in an input: the value itself, or those in a list."""
    if type(value) is Ref:
        return [value]
    if isinstance(value, list):
        return [item for item in value if type(item) is Ref]
    return []
