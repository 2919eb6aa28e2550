"""What the record of a run says, put into its graph: the inputs that were given, and the seeds that were rolled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nodegraph import Graph


def as_recorded(graph: Graph, record: dict[str, Any]) -> Graph:
    """A graph with the inputs and the rolled seeds of the run that made a picture as its own."""
    given, seeds = record.get("inputs"), record.get("seeds")
    for name, value in given.items() if isinstance(given, dict) else ():
        if name in graph.inputs and isinstance(value, (str, int, float, bool, list)):
            told = graph.inputs[name]._replace(default=value, has_default=True)
            graph = replace(graph, inputs={**graph.inputs, name: told})
    for place, seed in seeds.items() if isinstance(seeds, dict) else ():
        if type(seed) is int:
            graph = _with_seed(graph, place, seed)
    return graph


def _with_seed(graph: Graph, place: str, seed: int) -> Graph:
    """A graph with a seed that a run rolled: "input" of the graph, "node.port", "node.port[2]" of a list.

    What was rolled inside another graph, or for one of several runs of a node, cannot be said in this one.
    """
    node, _, port = place.rpartition(".")
    port, _, index = port.partition("[")
    if not node and port in graph.inputs and not index:
        return replace(graph, inputs={**graph.inputs, port: graph.inputs[port]._replace(default=seed, has_default=True)})
    if node not in graph.nodes:
        return graph
    value = graph.nodes[node].inputs.get(port)
    at = index.removesuffix("]")
    if isinstance(value, list) and at.isdecimal() and int(at) < len(value):
        return graph.with_value(node, port, [seed if here == int(at) else item for here, item in enumerate(value)])
    return graph if index else graph.with_value(node, port, seed)
