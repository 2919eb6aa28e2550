"""The graph after one thing about an item was set, or taken back."""

from __future__ import annotations

import secrets
from typing import Any

from nodegraph import Graph
from nodegraph.editing import GraphInput

from ..document import edits
from ..document.edits import EditRefused
from ..document.items import Item
from ..words.speak import t

NUMBERS = ("Int", "Float", "Seed")  # types of inputs that have limits



def dice() -> int:
    """A new seed, as random as the system can make it."""
    return secrets.randbelow(2 ** 31)


def changed(graph: Graph, item: Item, name: str, value: Any) -> Graph:
    """The graph with one field of an item set. value: as `parse_typed` gives it. Raises EditRefused."""
    if item.kind == "node":
        return edits.set_value(graph, item.name, name, value)
    if item.kind == "input":
        return edits.set_input(graph, item.name, **_input_changes(graph.inputs[item.name], name, value))
    if name == "color":
        return edits.paint(graph, [item], value or "")
    return edits.set_text(graph, item, value or "")


def reset(graph: Graph, item: Item, name: str) -> Graph:
    """The graph with one field of an item as it is when nothing is said."""
    if item.kind == "node":
        return edits.clear_value(graph, item.name, name)
    if item.kind == "input" and name == "default":
        return edits.set_input(graph, item.name, default=None, has_default=False)
    return changed(graph, item, name, "" if name == "help" else None)


def _input_changes(made: GraphInput, name: str, value: Any) -> dict[str, Any]:
    """What changes about an input of the graph; limits and choices that make no sense any more go."""
    if name == "default":
        return {"default": value, "has_default": True}
    if name == "choices":
        if not value:
            raise EditRefused(t("typed.no_choices"))
        return {"choices": tuple(value)}
    if name in ("low", "high"):
        low, high = {"low": made.low, "high": made.high, name: value}.values()
        if low is not None and high is not None and low > high:
            raise EditRefused(t("typed.min_above_max", low=low, high=high))
        return {name: value}
    if name == "type":
        kind = value.removeprefix("list of ")
        changes: dict[str, Any] = {"type": value}
        if kind not in NUMBERS:
            changes |= {"low": None, "high": None}
        if kind == "Choice" and not made.choices:
            default = made.default if isinstance(made.default, str) and made.default else "a"
            changes["choices"] = tuple(dict.fromkeys([default, "b"]))
        elif kind != "Choice":
            changes["choices"] = None
        return changes
    return {name: value or ""}
