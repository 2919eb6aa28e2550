"""What a node is given, against the ports that it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..flows import Flow, listed
from ..graph import Node, Ref, refs
from ..graphfile.write import as_written
from ..nodetype import COUNT, MISSING, RESERVED, Port, takes_words
from ..wording import closest, nearest, say, written
from .checked import CheckedNode
from .constructs import ONCE, Body, Mapped, lifted, mapped_inputs, rounds
from .links import brought, joint, target
from .literals import gathered, literal
from .narrow import default_fits
from .site import Site

_WORDS = RESERVED[1:]  # what a misspelled input may stand for
_LISTED = ("each", "bypass", "mute")


def construct(site: Site, name: str, checked: CheckedNode, body: Body) -> None:
    """Check how often a node runs and what it is given; put its literals and outputs into `checked`."""
    node = checked.node
    if not node.each and not node.control:
        checked.literals = wire(site, name, node, body.ports, ONCE, None)
        checked.outputs = body.outputs
        return
    mapped = mapped_inputs(site, name, node, body)
    once = _for_one_item(body) if body.batch in mapped.words else body
    carried = rounds(site, name, node, once, mapped)
    checked.literals = wire(site, name, node, once.ports, mapped, node.control.get("count"))
    checked.outputs = lifted(node, once.outputs, carried)


def _for_one_item(body: Body) -> Body:
    """A node that takes its items all at once, as it is for each of them."""
    assert body.batch is not None
    ports = {**body.ports, body.batch: replace(body.ports[body.batch], many=False)}
    return Body(ports, {output: flow._replace(depth=flow.depth - 1) for output, flow in body.outputs.items()})


def wire(site: Site, name: str, node: Node, ports: Mapping[str, Port], mapped: Mapped,
         counted: str | None) -> dict[str, Any]:
    """Check each input of a node; the parsed literals by port."""
    literals: dict[str, Any] = {}
    given, words, meant = node.inputs, mapped.words, set(mapped.meant)
    nodes, inputs = site.nodes, site.inputs
    for port_name, value in given.items():
        port = ports.get(port_name)
        if port is None:
            _unknown_input(site, name, port_name, value, ports, meant)
            continue
        word = words.get(port_name, "each" if port_name in meant else "")
        depth = port.many + 1 if word else port.many
        kind = type(value)
        if kind is Ref:
            source = nodes.get(value[0])
            if source is not None and value[1] is None and source.nodetype is not None and source.through is None \
                    and len(source.outputs or ()) == 1 and value[0] not in inputs:
                flow: Flow | None = next(iter(source.outputs.values()))  # type: ignore[union-attr]  # by far the most
            else:
                flow = brought(site, value, "nodes", name, port_name, wanted=port.type)
            if flow is not None:
                if flow[0] is not port.type or flow[1] != depth or port.choices is not None or flow[3]:
                    joint(site, value, flow, port, depth, word, "nodes", name, port_name)
                if value[0] in inputs:
                    default_fits(site, value, port, "nodes", name, port_name)
        elif kind is list and refs(value):
            literals[port_name] = gathered(site, name, port, value, depth)
        else:
            parsed = literal(site, port, value, depth, "nodes", name, port_name)
            if parsed is not MISSING:
                literals[port_name] = parsed
    if (len(given) < len(ports) or literals.keys() != given.keys()) and not (node.bypass or node.mute):
        for port in ports.values():
            if port.default is MISSING and not port.optional and port.name not in given and port.name not in meant \
                    and port.name != counted and not (port.name == COUNT and counted and counted not in ports):
                _missing(site, name, node, port)
    return literals


def _missing(site: Site, name: str, node: Node, port: Port) -> None:
    if port.name in RESERVED and (port.name != COUNT or takes_words(port.type)):
        site.problem(say("node.input-reserved", node=name, input=port.name), say("hint.rename-input", input=port.name,
                     type=node.type), "nodes", name)
        return
    wants = listed(port.type.name, 1) if port.many else port.takes
    hint = say("hint.add-link", input=port.name) if port.type.parse is None else say("hint.add-value", input=port.name)
    site.problem(say("node.needs", node=name, input=port.name, takes=wants), hint, "nodes", name)


def _unknown_input(site: Site, name: str, port_name: str, value: Any, ports: Mapping[str, Port],
                   meant: set[str]) -> None:
    close = closest(port_name, [*ports, *_WORDS])
    if close in ("each", "cross"):  # what it names is mapped, and not missing
        meant.update([value] if isinstance(value, str) else ())
    else:
        meant.add(close)
    shown = port_name if port_name.isidentifier() else repr(port_name)
    if port_name == COUNT:
        site.problem(say("node.count-wrong", node=name, value=written(as_written(value))),
                     say("hint.write-word", word=COUNT, value=value.port or value.name if type(value) is Ref else "name"),
                     "nodes", name, port_name, value=True)
        return target(site, value, "nodes", name, port_name)
    nodetype = site.types.get(site.graph.nodes[name].type or "")
    gone = nodetype.gone.get(port_name) if nodetype is not None else None
    hint = gone or (say("hint.meant", name=close) if close else
                    nearest(port_name, [*ports, *_LISTED]) if ports else say("hint.takes-none"))
    site.problem(say("node.no-input", node=name, input=shown), hint, "nodes", name, port_name)
    target(site, value, "nodes", name, port_name)
