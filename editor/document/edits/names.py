"""Names of what is in a graph, and the refusal of a gesture."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nodegraph import Graph, NodegraphError

from ...words.speak import t
from .. import items as on_canvas
from ..items import Item

NAME = re.compile(r"[^\W\d][\w-]*\Z")


class EditRefused(NodegraphError):
    """A gesture that cannot be carried out, and why, in one sentence."""


def taken(graph: Graph) -> set[str]:
    """The names that a new node or input may not have."""
    return {*graph.nodes, *graph.inputs}


def free_name(wanted: str, names: Iterable[str]) -> str:
    """A name that is not taken: the one wanted, or with the next number after it (verse, verse2, verse3)."""
    names = set(names)
    if NAME.match(wanted) and wanted not in names:
        return wanted
    stem = re.sub(r"[^\w-]+", "_", wanted).strip("_") or "node"
    stem = stem if NAME.match(stem) else f"n{stem}"
    if stem not in names:
        return stem
    stem = re.sub(r"\d+\Z", "", stem) or stem
    number = 2
    while f"{stem}{number}" in names:
        number += 1
    return f"{stem}{number}"


def must_be_there(graph: Graph, item: Item) -> None:
    """Raises EditRefused where something is not in the graph any more."""
    if not on_canvas.exists(graph, item):
        raise EditRefused(t(f"refused.gone.{item.kind}", name=item.name))
