"""Function nodes as requests: parameters, links, and the part of the Key that is known."""

from __future__ import annotations

from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from ..check import RANDOM, CheckedNode
from ..errors import Problem
from ..flows import Flow
from ..graph import Ref, refs
from ..nodetype import MISSING, NodeType, Port
from ..types import ANY, INT, SEED, described
from . import keys
from .layout import NOTHING, Layout, Scope, Source, judge_types
from .steps import REQUEST, Guard, Step


def request(layout: Layout, scope: Scope, name: str, node: CheckedNode, sources: dict[str, Source] | None = None,
            batched: bool = False) -> dict[str, Source] | Source:
    """A function node as a step; its one output, or its outputs by name.

    sources: what its inputs are given, where that is not just what stands in the file.
    """
    nodetype = node.nodetype
    assert nodetype is not None
    parts = _Parts({}, {}, [], [])
    if sources is None:
        _plain_inputs(layout, scope, name, node, parts)
    else:
        for port_name, source in sources.items():
            _connect(layout, scope, name, node, port_name, source, parts, batched)
    if nodetype.models or nodetype.recipes:
        _default_models(layout, scope, name, node, parts)
    if nodetype.blank:
        given = {port_name for port_name, _ in parts.wires} | parts.literals.keys()
        parts.literals.update((port_name, None) for port_name in nodetype.blank if port_name not in given)
    return _step(layout, scope, name, node, parts, batched)


class _Parts(NamedTuple):
    """What a step is put together from."""

    literals: dict[str, Any]
    contents: dict[str, Any]
    wires: list[tuple[str, int]]
    guards: list[Guard]


def _plain_inputs(layout: Layout, scope: Scope, name: str, node: CheckedNode, parts: _Parts) -> None:
    """Sort the inputs of a node as the file gives them. This is what a plan spends its time on."""
    ports, parsed, names = node.nodetype.inputs, node.literals, scope.names  # type: ignore[union-attr]
    literals, wires = parts.literals, parts.wires
    for port_name, value in node.node.inputs.items():
        kind = type(value)
        if kind is Ref:
            source = names[value.name]
            if source.__class__ is dict:
                source = source[value.port] if value.port is not None else next(iter(source.values()))
            port = ports[port_name]
            if source.literal is MISSING:
                wires.append((port_name, source.slot))
                if source.guards or source.flow.type is not port.type or port.range is not None \
                        or port.choices is not None:
                    parts.guards.extend(_guards(port_name, port, source))
                continue
        else:
            port = ports[port_name]
            if not port.type.outside and (kind is not list or not refs(value)):
                literals[port_name] = parsed[port_name] if parsed else None
                continue
            source = layout.input(scope, name, node, port_name, Flow(port.type, int(port.many)))
        _connect(layout, scope, name, node, port_name, source, parts, False)


def _connect(layout: Layout, scope: Scope, name: str, node: CheckedNode, port_name: str, source: Source,
             parts: _Parts, batched: bool) -> None:
    """One input: a parameter where it is known, a wire where it is made in the run."""
    nodetype = node.nodetype
    assert nodetype is not None
    port = nodetype.inputs[port_name]
    if source.literal is MISSING:
        parts.wires.append((port_name, source.slot))
        parts.guards.extend(_guards(port_name, port, source))
        return
    if type(node.node.inputs.get(port_name)) is Ref or source.guards:
        recheck(layout, scope, name, port, source)
    if port.type.parse is None or batched and port_name == nodetype.batch:
        # Too much for a parameter: a picture handed in from Python.
        parts.wires.append((port_name, layout.slot(source, Flow(port.type, int(port.many)))))
        return
    parts.literals[port_name] = source.literal
    if source.content is not None:
        parts.contents[port_name] = source.content


def _default_models(layout: Layout, scope: Scope, name: str, node: CheckedNode, parts: _Parts) -> None:
    """A model that a parameter names by default is looked up like one that the file names."""
    nodetype = node.nodetype
    assert nodetype is not None
    wired = {port_name for port_name, _ in parts.wires}
    for port_name in (*nodetype.models, *nodetype.recipes):
        port = nodetype.inputs[port_name]
        if port_name not in parts.literals and port_name not in wired and isinstance(port.default, str):
            assert port.type.parse is not None
            parts.literals[port_name] = layout.boundary.literal(
                port.type, port.type.parse(port.default), scope.graph.folder, f"{scope.prefix}{name}.{port_name}").value


def _step(layout: Layout, scope: Scope, name: str, node: CheckedNode, parts: _Parts,
          batched: bool) -> dict[str, Source] | Source:
    literals, contents, wires, guards = parts
    if len(wires) > 1:
        wires.sort()
    nodetype = node.nodetype
    assert nodetype is not None
    step = Step()
    step.index, step.name, step.graph, step.local_name = len(layout.steps), scope.prefix + name, scope.graph, name
    step.kind, step.nodetype, step.detail, step.views = REQUEST, nodetype, None, ()
    # One dict for the checked node and the step, and one tuple for all nodes that are wired alike.
    step.literals = node.literals if literals == node.literals else literals or NOTHING
    ports = tuple([wire[0] for wire in wires])
    step.ports = layout.port_tuples.setdefault(ports, ports)
    step.slots = tuple([wire[1] for wire in wires])
    step.axes = layout.union(step.slots) if layout.slot_axes else ()
    step.hoisted = len(step.axes) < len(scope.axes)
    step.batched, step.guards = batched, tuple(guards)
    try:
        step.base = keys.base(nodetype, literals, ports, contents)
    except Exception as error:  # a type's own code, in a parameter or a default
        _unnamed(layout, scope, name, nodetype, literals, error)
    control = node.node.control
    step.timeout, step.retry = (control.get("timeout", nodetype.timeout), control.get("retry", nodetype.retry)) \
        if control else (nodetype.timeout, nodetype.retry)
    judge_types(layout, step)
    if literals and any(value.__class__ in (list, dict) for value in literals.values()):
        step.quick = False  # each call is handed lists of its own
    step.first, step.count = len(layout.producers), len(nodetype.outputs)
    layout.steps.append(step)
    if step.count == 1:
        port = nodetype.first_output
        return _new(Source, (layout.new_slot(step.index, port.type, step.axes), MISSING, None, flow_of(port), ()))
    outputs: dict[str, Source] = {}
    for port in nodetype.outputs.values():
        slot = layout.new_slot(step.index, port.type, step.axes)
        outputs[port.name] = _new(Source, (slot, MISSING, None, flow_of(port), ()))
    return outputs


def _unnamed(layout: Layout, scope: Scope, name: str, nodetype: NodeType, literals: dict[str, Any],
             error: Exception) -> None:
    """Note that a parameter has no place in a Key."""
    port_name = next((n for n, value in literals.items() if not _is_named(nodetype.inputs[n], value)), "")
    where = scope.graph.where("nodes", name, port_name, value=True)
    layout.boundary.problems.append(Problem(where, f"{scope.prefix}{name}.{port_name} cannot be named: "
                                                   f"{described(error)}"))


def _is_named(port: Port, value: Any) -> bool:
    try:
        keys.parameter(port, value)
    except Exception:
        return False
    return True


_new = tuple.__new__  # makes a NamedTuple in half the time of calling its class
_flows: WeakKeyDictionary[Port, Flow] = WeakKeyDictionary()


def flow_of(port: Port) -> Flow:
    """What an output port gives."""
    flow = _flows.get(port)
    if flow is None:
        flow = _flows[port] = Flow(port.type, int(port.many), port.choices)
    return flow


def recheck(layout: Layout, scope: Scope, name: str, port: Port, source: Source) -> None:
    """A graph input's value meets the range and the choices of the port it flows into only here."""
    value = source.literal
    nothing = value is None and not port.optional and port.default is not None
    for item in value if isinstance(value, list) else [value]:
        if item is None and not nothing or item == RANDOM and port.type is SEED:
            continue
        wrong = "must have a value, and is given none" if nothing else \
            next(filter(None, (p.complaint(item) for p in (port, *source.guards))), None)
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
