"""Where things are on the canvas, and how they look there: frames, notes, dots on links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nodegraph import Graph

from ...words.speak import t
from .. import items as on_canvas
from ..items import Item, Link, links, placed, section, with_fact, with_facts
from .names import EditRefused, free_name, must_be_there

SMALLEST = 24  # a side of a frame or a note, in canvas units


def move(graph: Graph, positions: Mapping[Item, tuple[float, float]]) -> Graph:
    """Items moved to these places (upper left corners, canvas units)."""
    return with_facts(graph, {item: {**on_canvas.facts(graph, item), "at": placed(at)}
                              for item, at in positions.items() if on_canvas.exists(graph, item)})


def resize(graph: Graph, item: Item, size: tuple[float, float]) -> Graph:
    """A frame or a note made another size."""
    must_be_there(graph, item)
    return with_fact(graph, [item], "size", _sized(size))


def collapse(graph: Graph, chosen: Iterable[Item], on: bool) -> Graph:
    """Nodes shown by their titles alone, or whole again."""
    return with_fact(graph, [item for item in chosen if item.kind == "node"], "collapsed", on)


def paint(graph: Graph, chosen: Iterable[Item], color: str) -> Graph:
    """Nodes and frames in a colour of their own, #rrggbb; an empty text for the usual one."""
    return with_fact(graph, [item for item in chosen if item.kind in ("node", "frame", "note")], "color", color)


def add_frame(graph: Graph, at: tuple[float, float], size: tuple[float, float], title: str,
              color: str = "") -> tuple[Graph, Item]:
    """A titled frame behind what stands there."""
    item = Item("frame", free_name("frame", section(graph, "frame")))
    told = {"title": title, "at": placed(at), "size": _sized(size)}
    return with_facts(graph, {item: told | ({"color": color} if color else {})}), item


def add_note(graph: Graph, at: tuple[float, float], text: str, size: tuple[float, float] = (200, 90)) -> tuple[Graph, Item]:
    """Words on the canvas."""
    item = Item("note", free_name("note", section(graph, "note")))
    return with_facts(graph, {item: {"text": text, "at": placed(at), "size": _sized(size)}}), item


def set_text(graph: Graph, item: Item, text: str) -> Graph:
    """The words of a note, or the title of a frame."""
    must_be_there(graph, item)
    key = "text" if item.kind == "note" else "title"
    return with_facts(graph, {item: {**on_canvas.facts(graph, item), key: text}})


def add_dot(graph: Graph, link: Link, at: tuple[float, float]) -> tuple[Graph, Item]:
    """A point that a link is led through; the other links of the same source may be led through it too."""
    if link not in links(graph):
        raise EditRefused(t("refused.link_gone"))
    item = Item("dot", free_name("dot", section(graph, "dot")))
    told = {"at": placed(at), "source": str(link.source)[1:], "targets": [str(link.target)]}
    return with_facts(graph, {item: told}), item


def lead_through(graph: Graph, link: Link, dot: str) -> Graph:
    """One more link of the same source led through a dot."""
    facts = section(graph, "dot").get(dot)
    if facts is None or facts.get("source") != str(link.source)[1:]:
        raise EditRefused(t("refused.other_dot", source=facts.get("source") if facts else "-",
                            other=str(link.source)[1:]))
    targets = list(dict.fromkeys([*facts.get("targets", ()), str(link.target)]))
    return with_facts(graph, {Item("dot", dot): {**facts, "targets": targets}})


def prune_dots(graph: Graph) -> Graph:
    """The graph without dots that no link goes through any more."""
    told = section(graph, "dot")
    if not told:
        return graph
    kept = {dot.name: dot for dot in on_canvas.dots(graph)}
    changes: dict[Item, Any] = {}
    for name, facts in told.items():
        if name not in kept:
            changes[Item("dot", name)] = None
        elif (ends := list(dict.fromkeys(map(str, kept[name].targets)))) != list(facts["targets"]):
            changes[Item("dot", name)] = {**facts, "targets": ends}
    return with_facts(graph, changes) if changes else graph


def _sized(size: tuple[float, float]) -> list[int]:
    return placed((max(size[0], SMALLEST), max(size[1], SMALLEST)))
