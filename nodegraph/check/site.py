"""The state of one check: the graph, what is known of it by now, and the problems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import Position, Problem
from ..flows import Flow
from ..graph import Graph, label_of
from ..nodetype import NodeType, Port
from ..packs import Catalogue
from ..wording import Phrase, say
from .checked import Checked, CheckedNode, Find


@dataclass(slots=True)
class Site:
    """Where a check has come to.

    around: the files of the graphs around this one, and its own. read: graphs inside, each checked once.
    unclear: inputs whose type is not known; broken: node types whose pack cannot be imported; both were reported.
    refused: places whose value could not even be read. flows: what the nodes of a type give.
    """

    graph: Graph
    catalogue: Catalogue
    problems: list[Problem]
    find: Find | None
    given: frozenset[str]
    around: tuple[Path, ...]
    read: dict[Path, Checked | None]
    check_inside: Callable[[Site, Graph, list[Problem]], Checked]
    nodes: dict[str, CheckedNode] = field(default_factory=dict)
    inputs: dict[str, Port] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)
    types: dict[str, NodeType] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    flows: dict[str, dict[str, Flow]] = field(default_factory=dict)
    refused: set[Position] = field(default_factory=set)
    steps: int = 0

    def problem(self, message: Phrase, hint: str, *keys: Any, value: bool = False, severity: str = "error") -> None:
        where = self.graph.where(*keys, value=value)
        if not (value and where in self.refused):  # a value that could not even be read is not judged again
            self.problems.append(Problem(where, message, hint, severity, keys))

    def may_map(self, name: str, port: str) -> bool:
        """Whether `each` may name an input of a node: one that takes the items of another at once maps that alone."""
        node = self.graph.nodes[name]
        nodetype = self.types.get(node.type)
        return nodetype is None or nodetype.batch in (None, port) or nodetype.batch not in node.each

    def stands(self, *keys: Any) -> bool:
        """Whether something stands under these keys in the file."""
        tree = self.graph.marks
        for key in keys:
            if key not in getattr(tree, "marks", ()):
                return False
            tree = tree[key]
        return True


def subject(place: tuple[Any, ...]) -> str:
    """What stands at a place, in words: paint.steps, item 2 of all.texts, input words."""
    section, name, *rest = place
    if section == "inputs":
        words: str = say("subject.input", name=name)
    else:
        words = f"{name}.{label_of(rest[0])}"
    for at in rest[1:]:
        words = say("subject.item", number=at + 1, of=words)
    return words
