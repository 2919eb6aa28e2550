"""Function nodes as requests: parameters, links, and the part of the Key that is known."""

from __future__ import annotations

from typing import Any

from ..check import RANDOM, CheckedNode
from ..errors import Problem
from ..flows import Flow
from ..graph import Ref
from ..nodetype import MISSING, Port
from ..types import ANY, INT, SEED
from . import keys
from .layout import NOTHING, Layout, Scope, Source, judge_types
from .steps import REQUEST, Guard, Step


def request(layout: Layout, scope: Scope, name: str, node: CheckedNode, sources: dict[str, Source],
            batched: bool = False) -> dict[str, Source]:
    """A function node as a step."""
    nodetype = node.nodetype
    assert nodetype is not None
    ports_of = nodetype.inputs
    literals: dict[str, Any] = {}
    contents: dict[str, Any] = {}
    wires: list[tuple[str, int]] = []
    guards: list[Guard] = []
    parsed = node.literals
    for port_name, source in sources.items():
        port = ports_of[port_name]
        if source.literal is MISSING:
            wires.append((port_name, source.slot))
            guards += _guards(port_name, port, source)
            continue
        value = source.literal
        if type(node.node.inputs.get(port_name)) is Ref or source.guards:
            recheck(layout, scope, name, port, source)
        if port.type.parse is None or batched and port_name == nodetype.batch:
            # Too much for a parameter: a picture handed in from Python.
            wires.append((port_name, layout.slot(source, Flow(port.type, int(port.many)))))
            continue
        literals[port_name] = value
        if source.content is not None:
            contents[port_name] = source.content
    # A model that a parameter names by default is looked up like one that the file names.
    for port_name in nodetype.models:
        port = ports_of[port_name]
        if port_name not in sources and isinstance(port.default, str):
            what = f"{scope.prefix}{name}.{port_name}"
            assert port.type.parse is not None
            literals[port_name] = layout.boundary.literal(port.type, port.type.parse(port.default),
                                                        scope.graph.folder, what).value
    if literals == parsed:
        literals = parsed  # one dict for the checked node and the step
    return add(layout, scope, name, node, literals or NOTHING, wires, guards, contents, batched)


def add(layout: Layout, scope: Scope, name: str, node: CheckedNode, literals: dict[str, Any],
        wires: list[tuple[str, int]], guards: list[Guard], contents: dict[str, Any], batched: bool) -> dict[str, Source]:
    if len(wires) > 1:
        wires.sort()
    nodetype = node.nodetype
    assert nodetype is not None
    step = Step()
    step.index, step.name, step.graph, step.local_name = len(layout.steps), scope.prefix + name, scope.graph, name
    step.kind, step.nodetype, step.literals, step.detail = REQUEST, nodetype, literals, None
    ports = tuple([wire[0] for wire in wires])
    step.ports = layout.port_tuples.setdefault(ports, ports)  # one object for all nodes that are wired alike
    step.slots = tuple([wire[1] for wire in wires])
    step.axes = layout.union(step.slots)
    step.views = ()
    step.batched, step.guards = batched, tuple(guards)
    step.base = keys.base(nodetype, literals, step.ports, contents)
    control = node.node.control
    step.timeout = control.get("timeout", nodetype.timeout) if control else nodetype.timeout
    step.retry = control.get("retry", nodetype.retry) if control else nodetype.retry
    judge_types(layout, step)
    step.first, step.count = len(layout.producers), len(nodetype.outputs)
    layout.steps.append(step)
    sources = {}
    for port in nodetype.outputs.values():
        slot = layout.new_slot(step.index, port.type, step.axes)
        sources[port.name] = Source(slot, MISSING, None, Flow(port.type, int(port.many), port.choices))
    return sources


def recheck(layout: Layout, scope: Scope, name: str, port: Port, source: Source) -> None:
    """A graph input's value meets the range and the choices of the port it flows into only here."""
    value = source.literal
    for item in value if isinstance(value, list) else [value]:
        if item is None or item == RANDOM and port.type is SEED:
            continue
        wrong = next(filter(None, (p.complaint(item) for p in (port, *source.guards))), None)
        if wrong:
            where = scope.graph.where("nodes", name, port.name, value=True)
            came = scope.graph.nodes[name].inputs.get(port.name)
            layout.boundary.problems.append(Problem(where, f"{scope.prefix}{name}.{port.name} {wrong}",
                                                  f"The value comes from {came}."))


def narrows(flow: Flow, port: Port) -> bool:
    """Whether a port takes less than what a link may bring."""
    if port.range is not None or flow.type is ANY and port.type is not ANY:
        return True
    if port.type is SEED and flow.type is INT:
        return True
    return port.choices is not None and (flow.choices is None or not set(flow.choices) <= set(port.choices))


def _guards(argument: str, port: Port, source: Source) -> list[Guard]:
    guards = [Guard(argument, argument, port)] if narrows(source.flow, port) else []
    return guards + [Guard(argument, argument, passed) for passed in source.guards]
