"""Links: what they bring, and whether that fits where it flows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..flows import Flow, listed
from ..graph import Node, Ref
from ..nodetype import Port
from ..packs import makers_of
from ..types import ANY, FILE, TEXT, PortType, fits
from ..wording import an, nearest, say
from .checked import Checked, CheckedNode
from .site import Site, subject


def output_flow(checked: Checked, name: str) -> Flow | None:
    """What an output of a checked graph carries."""
    return flow_at(checked.nodes, checked.inputs, checked.graph.outputs[name])


def flow_at(nodes: Mapping[str, CheckedNode], inputs: Mapping[str, Port], ref: Ref) -> Flow | None:
    """What a link brings; None where that is not known, or nothing."""
    port = inputs.get(ref.name)
    if port is not None:
        return flow_of(port)
    node = nodes.get(ref.name)
    outputs = node.outputs if node is not None else None
    if node is None or not outputs:
        return None
    output = next(iter(outputs)) if ref.port is None and len(outputs) == 1 else ref.port
    if node.through is not None and node.through.get(output or "") is None:
        return None
    return outputs.get(output or "")


def flow_of(port: Port) -> Flow:
    """What a graph input brings to whatever is linked to it."""
    return Flow(port.type, int(port.many), port.choices, port.optional)


def brought(site: Site, ref: Ref, *place: Any, wanted: PortType = ANY) -> Flow | None:
    """What a link brings, or None with a problem noted (or noted already). wanted: what it flows into, for the hint."""
    name, port_name = ref[0], ref[1]
    node = site.nodes.get(name)
    if name in site.inputs:
        return _input(site, ref, *place)
    if node is None:
        if name not in site.graph.nodes:  # else it is part of a cycle, which is reported once
            _nowhere(site, ref, *place)
        return None
    outputs = node.outputs
    if outputs is None:
        return None
    if port_name is None:
        if len(outputs) != 1:
            _unclear(site, ref, outputs, wanted, *place)
            return None
        port_name = next(iter(outputs))
    flow = outputs.get(port_name)
    if flow is None:
        site.problem(say("link.no-output", node=name, output=port_name), nearest(port_name, outputs), *place,
                     value=True)
    return flow if flow is None or node.through is None else _passed(site, ref, port_name, node, *place)


def _input(site: Site, ref: Ref, *place: Any) -> Flow | None:
    if ref.port is not None:
        site.problem(say("link.input-port", link=str(ref)), say("hint.write-link", name=ref.name), *place, value=True)
    if ref.name in site.unclear:
        return None
    flow = flow_of(site.inputs[ref.name])
    return flow._replace(optional=False) if ref.name in site.given else flow  # what is given is judged by the plan


def _nowhere(site: Site, ref: Ref, *place: Any) -> None:
    names = [name for name in (*site.graph.nodes, *site.graph.inputs) if name not in place[1:2]]
    site.problem(say("link.nowhere", link=str(ref), name=ref.name),
                 nearest(ref.name, names) or say("hint.add-name", name=ref.name), *place, value=True)


def _unclear(site: Site, ref: Ref, outputs: Mapping[str, Flow], wanted: PortType, *place: Any) -> None:
    if outputs:
        fitting = [output for output, flow in outputs.items() if fits(flow.type, wanted)] or list(outputs)
        site.problem(say("link.several-outputs", link=str(ref), node=ref.name, outputs=", ".join(outputs)),
                     say("hint.write-output", node=ref.name, output=fitting[0]), *place, value=True)
    else:
        site.problem(say("link.no-outputs", link=str(ref), node=ref.name), "", *place, value=True)


def _passed(site: Site, ref: Ref, port_name: str, node: CheckedNode, *place: Any) -> Flow | None:
    """What a link to a bypassed node brings."""
    assert node.outputs is not None and node.through is not None
    flow = node.outputs[port_name]
    if node.through[port_name] is not None:
        return flow
    site.problem(say("link.bypassed", link=str(ref), node=ref.name, flow=str(flow).removeprefix("a ")),
                 say("hint.not-bypassed", node=ref.name), *place, value=True)
    return None


def targets(site: Site, name: str, node: Node) -> None:
    """Links of a node that is not understood still have to lead somewhere."""
    for port_name, value in node.inputs.items():
        target(site, value, "nodes", name, port_name)
    target(site, node.control.get("repeat"), "nodes", name, "repeat")


def target(site: Site, value: Any, *place: Any) -> None:
    """The same for one value."""
    if type(value) is Ref:
        brought(site, value, *place)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            if type(item) is Ref:
                brought(site, item, *place, at)


def joint(site: Site, ref: Ref, flow: Flow, port: Port, depth: int, word: str, *place: Any) -> None:
    """Check that what flows fits the port it flows into. depth: what the port takes; word: what maps it, or ""."""
    if flow.optional and not port.optional and port.default is not None:
        word = site.graph.source("inputs", ref.name, "default") if ref.name in site.graph.inputs else ""
        site.problem(say("link.maybe-none", what=subject(place)), say("hint.default-or-word", word=word)
                     if word and flow.type is TEXT else say("hint.give-default"), *place, value=True)
    elif not fits(flow.type, port.type):
        site.problem(say("link.type", what=subject(place), takes=listed(port.type.name, depth), flow=str(flow)),
                     _between(site, ref, flow, port), *place, value=True)
    elif flow.depth > depth:
        _too_deep(site, ref, flow, port, depth, word, *place)
    elif flow.depth < depth:
        _too_flat(site, ref, flow, port, depth, word, *place)
    elif port.choices is not None and flow.choices is not None and not set(flow.choices) <= set(port.choices):
        odd = sorted(set(flow.choices) - set(port.choices))
        site.problem(say("link.choices", what=subject(place), choices=", ".join(port.choices), odd=", ".join(odd)),
                     say("hint.choices"), *place, value=True)


def _between(site: Site, ref: Ref, flow: Flow, port: Port) -> str:
    between = site.catalogue.converters(flow.type, port.type)
    if between and not (flow.type is TEXT and port.type.parse is None and _names_a_file(site, ref)):
        return say("hint.between", nodes=" or ".join(between[:3]))
    if port.type.parse is None:
        return _made(site, ref, flow, port)
    if ref.name in site.inputs:
        return say("hint.make-input", type=an(port.type.name))
    return say("hint.link-type", type=port.type.name)


def _names_a_file(site: Site, ref: Ref) -> bool:
    """Whether the default of a graph input looks like the name of a file: a photo.jpg is hardly meant to be written out."""
    item = site.graph.inputs.get(ref.name)
    return item is not None and isinstance(item.default, str) and re.search(r"\.\w{2,5}\Z", item.default) is not None


def _made(site: Site, ref: Ref, flow: Flow, port: Port) -> str:
    """Where a type comes from that no graph file can hold: the nodes that read it from a file, or make it."""
    readers = makers_of(site.catalogue, port.type, files=True)
    if readers and flow.type is FILE:
        return say("hint.between", nodes=" or ".join(readers))
    if readers and flow.type is TEXT and ref.name in site.inputs:
        return say("hint.make-file", input=ref.name, nodes=" or ".join(readers), **_example(site, ref.name, readers[0]))
    makers = readers or makers_of(site.catalogue, port.type)
    return say("hint.link-made", type=an(port.type.name), nodes=" or ".join(makers)) if makers else \
        say("hint.link-type", type=port.type.name)


def _example(site: Site, name: str, reader: str) -> dict[str, str]:
    """The lines with which an input becomes a File that a node reads."""
    nodetype = site.catalogue.nodetype(reader)
    port = next(port.name for port in nodetype.inputs.values() if port.type is FILE) if nodetype else "file"
    default = site.graph.inputs[name].default
    begins = f", default: {default}" if isinstance(default, str) and re.fullmatch(r"[\w./-]+", default) else ""
    return {"declared": f"{name}: {{type: File{begins}}}", "between": f"read_{name}: {{type: {reader}, {port}: ${name}}}"}


def _too_deep(site: Site, ref: Ref, flow: Flow, port: Port, depth: int, word: str, *place: Any) -> None:
    message = say("link.list-into-list", what=subject(place), takes=listed(port.type.name, depth), flow=str(flow)) \
        if depth else say("link.list-into-one", what=subject(place), type=port.type.name, flow=str(flow))
    if ref.spread:
        hint = say("hint.graph-around")
    elif word == "repeat":
        hint = say("hint.link-type", type=port.type.name)
    elif place[3:]:
        hint = say("hint.spread-list", link=str(ref))
    else:
        hint = say("hint.graph-around") if word or flow.depth > depth + 1 or not site.may_map(place[1], port.name) \
            else say("hint.add-each", port=port.name)
    site.problem(message, hint, *place, value=True)


def _too_flat(site: Site, ref: Ref, flow: Flow, port: Port, depth: int, word: str, *place: Any) -> None:
    if ref.spread and not flow.depth:
        site.problem(say("link.spread-one", what=subject(place), link=str(ref), type=flow.type.name),
                     say("hint.no-dots", link=str(ref._replace(spread=False))), *place, value=True)
        return
    if flow.depth:
        message = say("link.list-into-list", what=subject(place), takes=listed(port.type.name, depth), flow=str(flow))
    else:
        message = say("link.one-into-list", what=subject(place), takes=listed(port.type.name, depth),
                      type=flow.type.name)
    if word == "each":
        hint = say("hint.no-each", port=port.name)
    elif word:
        hint = say("hint.out-of-cross", port=port.name)
    else:
        hint = say("hint.in-brackets", link=str(ref))
    site.problem(message, hint, *place, value=True)
