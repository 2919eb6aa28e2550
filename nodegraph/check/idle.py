"""What a bypassed node passes on."""

from __future__ import annotations

from ..flows import Flow
from ..graph import Node, Ref, refs
from ..nodetype import Port
from .checked import CheckedNode
from .links import brought
from .site import Site


def pass_through(site: Site, name: str, checked: CheckedNode) -> None:
    """Find out for each output which input a bypassed node passes on: the first linked one that is like it, or else
    the first that is given a value.

    An output that goes round passes on what was carried in.
    """
    node, outputs = checked.node, dict(checked.outputs or {})
    if checked.switch:
        branches = [port for port in node.inputs if port != "on"]
        checked.through = {"value": next((port for port in branches if not node.each or _is_mapped(node, port)), None)}
        return
    if checked.pick:
        checked.through = {"items": "from" if "from" in node.inputs else None}
        return
    inner = checked.nodetype or checked.graph
    assert inner is not None
    ports = [port for port in inner.inputs.values() if port.name in node.inputs]
    carried = {output: input for input, output in node.control.get("carry", {}).items()}
    batch = checked.nodetype.batch if checked.nodetype is not None else None
    checked.through = {}
    for output, flow in outputs.items():
        alike = [port.name for port in ports if port.type is flow.type and _depth(node, port, batch) == flow.depth]
        if output in carried:
            alike = [port.name for port in ports
                     if port.name == carried[output] and _depth(node, port, batch) == flow.depth]
        alike.sort(key=lambda name: not refs(node.inputs[name]))  # what flows in goes on before what stands there
        port_name = checked.through[output] = next(iter(alike), None)
        value = node.inputs.get(port_name) if port_name is not None else None
        flow_in = brought(site, value, "nodes", name, port_name) if type(value) is Ref else None
        if flow_in is not None and flow_in.depth == flow.depth:
            outputs[output] = flow_in
        elif port_name is not None:
            outputs[output] = Flow(flow.type, flow.depth, None, value is None)
    checked.outputs = outputs


def _is_mapped(node: Node, port: str) -> bool:
    return port in node.each or port.removeprefix("cases.") in node.each


def _depth(node: Node, port: Port, batch: str | None) -> int:
    mapped = port.name in node.each or port.name in node.control.get("cross", ())
    return 1 if mapped and port.name == batch else port.many + mapped
