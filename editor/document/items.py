"""What stands on the canvas and what links it, read from a Graph: its nodes, inputs and outputs, and its `layout:`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from nodegraph import Graph, Node, Ref
from nodegraph.editing import CASES, SWITCH, label_of, refs

REPEAT = "repeat"  # the word of a node that may be a link, as an input may
FARTHEST = 1e6  # canvas units from the origin
KINDS = ("node", "input", "output", "dot", "note", "frame")
_SECTIONS = {"node": "nodes", "input": "nodes", "output": "outputs", "dot": "dots", "note": "notes", "frame": "frames"}


class Item(NamedTuple):
    """Something on the canvas. kind: "node", "input" or "output" (of the graph), "dot", "note", "frame"."""

    kind: str
    name: str


class Target(NamedTuple):
    """The end of a link that reads: a node's port (index: the place in a list there), or an output of the graph."""

    kind: str
    name: str
    port: str = ""
    index: int | None = None

    @property
    def item(self) -> Item:
        """The item that this end belongs to."""
        return Item(self.kind, self.name)

    def __str__(self) -> str:
        return f"{self.name}.{self.port}" if self.kind == "node" else self.name


class Link(NamedTuple):
    """A link, from the output of a node or an input of the graph to what reads it.

    source: where it comes from; whether its list is spread there is told by `is_spread`.
    """

    source: Ref
    target: Target


def links(graph: Graph) -> list[Link]:
    """Every link of a graph, by the nodes that read, then the outputs."""
    found = [link for name, node in graph.nodes.items() for link in links_into(name, node)]
    return found + [Link(ref, Target("output", name)) for name, ref in graph.outputs.items()]


def links_into(name: str, node: Node) -> Iterator[Link]:
    """The links that one node reads: those of its inputs, then that of `repeat`."""
    for port, value in (*node.inputs.items(), (REPEAT, node.control.get(REPEAT))):
        if type(value) is Ref:
            yield Link(bare(value), Target("node", name, port))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if type(item) is Ref:
                    yield Link(bare(item), Target("node", name, port, index))


def bare(ref: Ref) -> Ref:
    """Where a link comes from, whether it is spread or not."""
    return ref._replace(spread=False) if ref.spread else ref


def is_spread(graph: Graph, link: Link) -> bool:
    """Whether the items of the list that a link carries are joined into the list that it ends in."""
    return any(ref.spread for ref in linked_at(graph, link.target) if bare(ref) == link.source)


def mapped(node: Node) -> tuple[str, ...]:
    """The inputs that a node runs once per item of, by the names that `inputs` has for them."""
    names = (*node.each, *node.control.get("cross", ()))
    return tuple(name if name in node.inputs else f"{CASES}{name}" if f"{CASES}{name}" in node.inputs else name
                 for name in names) if node.type == SWITCH else names


def mapped_name(node: Node, port: str) -> str:
    """What `each` calls an input: a branch of a switch goes by its label."""
    return label_of(port) if node.type == SWITCH else port


def links_from(graph: Graph, names: Iterable[str]) -> list[Link]:
    """The links that read any of these nodes or inputs."""
    names = set(names)
    return [link for link in links(graph) if link.source.name in names]


def linked_at(graph: Graph, target: Target) -> list[Ref]:
    """What flows into one port of a node (all of its list, or the one at its index) or into an output."""
    if target.kind == "output":
        return [graph.outputs[target.name]] if target.name in graph.outputs else []
    node = graph.nodes.get(target.name)
    value = None
    if node is not None:
        value = node.inputs.get(target.port, node.control.get(REPEAT) if target.port == REPEAT else None)
    if target.index is not None and isinstance(value, list):
        value = value[target.index] if target.index < len(value) else None
    return refs(value)


def source_item(graph: Graph, ref: Ref) -> Item:
    """The item that a link comes from, be it there or not."""
    return Item("input" if ref.name in graph.inputs else "node", ref.name)


def items(graph: Graph) -> list[Item]:
    """Everything on the canvas, what lies behind first."""
    return [*(Item("frame", n) for n in section(graph, "frame")), *(Item("note", n) for n in section(graph, "note")),
            *(Item("input", n) for n in graph.inputs), *(Item("node", n) for n in graph.nodes),
            *(Item("output", n) for n in graph.outputs), *(Item("dot", n) for n in section(graph, "dot"))]


def exists(graph: Graph, item: Item) -> bool:
    """Whether this item is in the graph."""
    if item.kind == "node":
        return item.name in graph.nodes
    if item.kind == "input":
        return item.name in graph.inputs
    if item.kind == "output":
        return item.name in graph.outputs
    return item.name in section(graph, item.kind)


# ---- layout -------------------------------------------------------------------------------------------------------
# A file may hold anything here, written by hand or by another program; what cannot be understood is left alone and
# counts as absent.

def section(graph: Graph, kind: str) -> Mapping[str, Mapping[str, Any]]:
    """The part of `layout:` that tells of items of one kind: name -> facts."""
    found = graph.layout.get(_SECTIONS[kind])
    if not isinstance(found, Mapping):
        return {}
    return found if all(isinstance(f, Mapping) for f in found.values()) else \
        {name: facts for name, facts in found.items() if isinstance(facts, Mapping)}


def facts(graph: Graph, item: Item) -> Mapping[str, Any]:
    """What `layout:` says of one item; empty where it says nothing."""
    found = graph.layout.get(_SECTIONS[item.kind])
    found = found.get(item.name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def position(graph: Graph, item: Item) -> tuple[float, float] | None:
    """Where an item's upper left corner is, in canvas units; None where the file does not say."""
    return pair(facts(graph, item).get("at"))


def size(graph: Graph, item: Item) -> tuple[float, float] | None:
    """How wide and high a frame, a note or a node with a size of its own is; None where the file does not say."""
    found = pair(facts(graph, item).get("size"))
    return found if found is not None and min(found) > 0 else None


def collapsed(graph: Graph, item: Item) -> bool:
    """Whether a node shows its title alone."""
    return facts(graph, item).get("collapsed") is True


def color(graph: Graph, item: Item) -> str:
    """The colour given to an item, #rrggbb, or an empty text."""
    found = facts(graph, item).get("color")
    return found if isinstance(found, str) and len(found) == 7 and _is_hex(found) else ""


def text(graph: Graph, item: Item) -> str:
    """The words of a note, or the title of a frame."""
    found = facts(graph, item).get("text" if item.kind == "note" else "title")
    return found if isinstance(found, str) else ""


class Dot(NamedTuple):
    """A point that links are led through. source: what flows. targets: those of its links that take this way."""

    name: str
    at: tuple[float, float]
    source: Ref
    targets: tuple[Target, ...]


def dots(graph: Graph) -> list[Dot]:
    """The dots whose source and at least one link are still there."""
    there = links(graph) if section(graph, "dot") else []
    found = []
    for name, told in section(graph, "dot").items():
        source, at, ends = told.get("source"), pair(told.get("at")), told.get("targets")
        if not isinstance(source, str) or at is None or not isinstance(ends, (list, tuple)):
            continue
        owner, _, port = source.partition(".")
        ref = Ref(owner, port or None)
        ends = {end for end in ends if isinstance(end, str)}
        targets = tuple(link.target for link in there if link.source == ref and str(link.target) in ends)
        if targets:
            found.append(Dot(name, at, ref, targets))
    return found


def pair(value: Any) -> tuple[float, float] | None:
    """Two finite numbers of a moderate size, or None."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return None
    if not all(type(v) in (int, float) and abs(v) <= FARTHEST for v in value):  # also false for nan
        return None
    return float(value[0]), float(value[1])


def with_facts(graph: Graph, told: Mapping[Item, Mapping[str, Any] | None]) -> Graph:
    """The graph with what `layout:` says of some items replaced; None takes an item's entry out."""
    layout = dict(graph.layout)
    for kind in dict.fromkeys(item.kind for item in told):
        name = _SECTIONS[kind]
        old = layout.get(name)
        part = dict(old) if isinstance(old, Mapping) else {}
        for item, says in told.items():
            if item.kind == kind:
                if says:
                    part[item.name] = dict(says)
                else:
                    part.pop(item.name, None)
        if part:
            layout[name] = part
        else:
            layout.pop(name, None)
    return graph.with_layout(layout)


def with_fact(graph: Graph, items_: Iterable[Item], key: str, value: Any) -> Graph:
    """The graph with one fact of some items set in its layout; None, False or an empty text takes it out."""
    told = {}
    for item in items_:
        says = dict(facts(graph, item))
        if value in (None, False, ""):
            says.pop(key, None)
        else:
            says[key] = value
        told[item] = says
    return with_facts(graph, told)


def placed(at: tuple[float, float]) -> list[int]:
    """A position or size as it is written in files: whole units, no further out than `pair` understands."""
    return [round(min(max(value, -FARTHEST), FARTHEST)) for value in at]


def _is_hex(text_: str) -> bool:
    return text_[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in text_[1:])
