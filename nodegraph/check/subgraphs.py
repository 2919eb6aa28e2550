"""Graph files that stand in a graph as nodes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import graphfile
from ..errors import GraphError, Problem
from ..flows import Flow
from ..graph import refs
from ..graphfile.picture import resolved as by_folder
from ..wording import say
from .checked import Checked, CheckedNode
from .constructs import Body, refuse
from .links import output_flow, targets
from .narrow import default_fits_inside, literal_fits_inside
from .site import Site
from .wiring import construct

MOST_NESTED = 32
MOST_STEPS = 1_000_000  # a graph placed twice in one that is placed twice ... doubles each time


def subgraph(site: Site, name: str, checked: CheckedNode) -> CheckedNode:
    """Another graph file as a node: its inputs are the ports, and its outputs."""
    node = checked.node
    inner = checked.graph = _inner(site, node.type, "nodes", name, "type")
    if inner is None:
        targets(site, name, node)
        return checked
    _count_steps(site, name, node.type, inner)
    refuse(site, name, node, ("timeout", "retry"), lambda word: say("node.word-graph", word=word, node=name),
           say("hint.word-inside", type=node.type))
    outputs = {output: flow for output in inner.graph.outputs if (flow := output_flow(inner, output)) is not None}
    construct(site, name, checked, Body(inner.inputs, {output: Flow(*flow[:3]) for output, flow in outputs.items()}))
    if not (node.bypass or node.mute):
        _fits_inside(site, name, checked, inner)
    return checked


def _fits_inside(site: Site, name: str, checked: CheckedNode, inner: Checked) -> None:
    """What the file says flows on into ports inside that may take less."""
    node = checked.node
    mapped = (*node.each, *node.control.get("cross", ()))
    for port_name, value in node.inputs.items():
        port = inner.inputs.get(port_name)
        if port is None:
            continue
        for ref in refs(value):
            default_fits_inside(site, ref, inner, name, port_name)
        if checked.literals and port_name in checked.literals:
            literal_fits_inside(site, port, checked.literals[port_name], port.many + (port_name in mapped), inner,
                                "nodes", name, port_name)


def _count_steps(site: Site, name: str, type_name: str, inner: Checked) -> None:
    before, site.steps = site.steps, site.steps + inner.steps - 1
    if before <= MOST_STEPS < site.steps:
        site.problem(say("graph.too-large", node=name, steps=f"{site.steps:,}", most=f"{MOST_STEPS:,}"),
                     say("hint.place-once", node=name, type=type_name), "nodes", name, "type", value=True)


def _inner(site: Site, type_name: str, *place: Any) -> Checked | None:
    path = site.graph.folder / type_name
    inside = resolved(path)
    if inside in site.around:
        chain = [*site.around[site.around.index(inside):], inside]
        message = say("graph.inside-itself-through", type=type_name, path=" -> ".join(p.name for p in chain)) \
            if chain[2:] else say("graph.inside-itself", type=type_name)
        site.problem(message, say("hint.not-inside-itself"), *place, value=True)
    elif len(site.around) > MOST_NESTED:
        site.problem(say("graph.nested", most=MOST_NESTED), say("hint.level-out"), *place, value=True)
    else:
        placed = by_folder(path)  # a file that is linked into two folders is a graph in each
        if placed not in site.read:
            site.read[placed] = _read(site, path, site.graph.carried.get(placed), *place)
        return site.read[placed]
    return None


def _read(site: Site, path: Path, text: str | None, *place: Any) -> Checked | None:
    """A graph inside; text: its file's, where the graph around brings that along."""
    try:
        graph, problems = graphfile.parse(text, path) if text is not None else graphfile.read(path)
    except GraphError as error:
        where = site.graph.where(*place, value=True)
        site.problems += [p if p.where else Problem(where, p.message, p.hint) for p in error.problems]
        return None
    if site.graph.carried:
        graph = replace(graph, carried=site.graph.carried)
    if site.graph.recorded or site.graph.packs:
        graph = replace(graph, recorded={**site.graph.recorded, **site.graph.packs})
    inner = site.check_inside(site, graph, problems)
    site.problems += inner.errors
    return inner if not inner.errors else None


def resolved(path: Path) -> Path:
    """The path of a file by which it is known, links followed."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, or no path at all: reading it will tell
        return path.absolute()
