"""What is known of a Graph once it is checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import GraphError, Problem
from ..flows import Flow
from ..graph import Graph, Node
from ..nodetype import NodeType, Port
from ..types import PortType

RANDOM = "random"  # what a Seed may be in a file until the Plan rolls it

Find = Callable[[PortType, Any, Path], str | None]


@dataclass(slots=True)
class CheckedNode:
    """A Node and what is known of it. Exactly one of nodetype, graph, switch, pick tells what it is.

    literals: the values that stand in the file, parsed, by input; a list that links stand in keeps its Refs.
    outputs: what a link to each output brings, with all that each, cross, repeat and carry make of it.
    through: for a bypassed node, output -> the input that it passes on, or None where no input is like it.
    """

    node: Node
    nodetype: NodeType | None = None
    graph: Checked | None = None
    switch: bool = False
    literals: dict[str, Any] | None = None
    outputs: dict[str, Flow] | None = None
    through: dict[str, str | None] | None = None
    pick: bool = False

    @property
    def known(self) -> bool:
        return self.outputs is not None


@dataclass(slots=True)
class Checked:
    """A Graph with everything `check` learned. `order` lists the nodes so that each follows what it reads.

    muted: the nodes that do not run -> the muted node that is the cause; left_out: the same for outputs.
    steps: how many nodes it comes to, with those of the graphs inside it in their place.
    given: the inputs whose defaults were not judged, since they are given.
    readers: for each input, the ports that it flows into, those of graphs inside included; None until it is asked for.
    """

    graph: Graph
    nodes: dict[str, CheckedNode]
    inputs: dict[str, Port]
    order: list[str]
    problems: list[Problem]
    muted: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    steps: int = 0
    given: frozenset[str] = frozenset()
    readers: dict[str, list[tuple[str, Port]]] | None = None

    @property
    def errors(self) -> list[Problem]:
        """The problems that keep the graph from running."""
        return [p for p in self.problems if p.severity == "error"]

    def raise_errors(self) -> Checked:
        """Itself, if it can run; otherwise raises GraphError with every error."""
        if self.errors:
            raise GraphError(self.errors)
        return self
