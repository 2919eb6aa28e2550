"""The ports of what is on the canvas, and whether a link may join two of them, or why not."""

from __future__ import annotations

from nodegraph.check import Checked, Flow
from nodegraph.graph import Graph, Ref, refs
from nodegraph.nodetype import Port
from nodegraph.types import ANY, fits

from .items import Target, links_into


def inputs_of(checked: Checked, name: str) -> list[Port]:
    """The input ports of a node, in its type's order; those that its file names alone where the type is unknown."""
    node, known = checked.graph.nodes[name], checked.nodes.get(name)
    found: dict[str, Port] = {}
    if known is not None and known.nodetype is not None:
        found = dict(known.nodetype.inputs)
    elif known is not None and known.graph is not None:
        found = dict(known.graph.inputs)
    elif known is not None and known.switch:
        found = {port: Port(port, ANY) for port in ("on", *node.inputs, "else")}
    for port in node.inputs:
        found.setdefault(port, Port(port, ANY))
    return list(found.values())


def outputs_of(checked: Checked, name: str) -> dict[str, Flow]:
    """What a node gives, by port; what others read from it where its type is unknown."""
    known = checked.nodes.get(name)
    if known is not None and known.outputs is not None:
        return known.outputs
    graph = checked.graph
    asked = [ref.port for other, node in graph.nodes.items() for ref, _ in links_into(other, node) if ref.name == name]
    asked += [ref.port for ref in graph.outputs.values() if ref.name == name]
    return dict.fromkeys(dict.fromkeys(port or "value" for port in asked), Flow(ANY)) or {"value": Flow(ANY)}


def flow_of(checked: Checked, ref: Ref) -> Flow | None:
    """What a link from here would carry, or None where that is not known."""
    port = checked.inputs.get(ref.name)
    if port is not None:
        return Flow(port.type, port.many, port.choices, port.optional)
    if ref.name not in checked.graph.nodes:
        return None
    outputs = outputs_of(checked, ref.name)
    if ref.port is None:
        return next(iter(outputs.values())) if len(outputs) == 1 else None
    return outputs.get(ref.port)


def ref_to(checked: Checked, name: str, port: str | None) -> Ref:
    """The link to one output, as files write it: without the port's name where there is but one."""
    known = checked.nodes.get(name)
    if known is None or known.outputs is None:  # how many outputs a node of an unknown type has, nobody knows
        return Ref(name, port if name in checked.graph.nodes and port != "value" else None)
    return Ref(name) if len(known.outputs) == 1 else Ref(name, port)


def port_of(ref: Ref, outputs: dict[str, Flow]) -> str:
    """The name of the output that a link means."""
    return ref.port or next(iter(outputs), "value")


def refusal(checked: Checked, source: Ref, target: Target) -> str:
    """Why a link may not go from here to there, in a sentence; empty if it may.

    A list may go into a port that takes one thing: the node then runs once per item.
    """
    graph = checked.graph
    if source.name not in graph.nodes and source.name not in graph.inputs:
        return f"There is no {source.name}."
    flow = flow_of(checked, source)
    if flow is None and source.port is not None and source.name in graph.nodes:
        return f"{source.name} has no output {source.port}."
    if target.name not in (graph.outputs if target.kind == "output" else graph.nodes):
        return f"There is no {target.name}."
    if target.kind == "output":
        return ""
    if reaches(graph, target.name, source.name):
        return f"{source.name} reads {target.name} already, so this link would close a circle." \
            if source.name != target.name else f"{target.name} cannot read what it gives itself."
    port = next((p for p in inputs_of(checked, target.name) if p.name == target.port), None)
    known = checked.nodes.get(target.name)
    if port is None:
        switch = known is not None and known.switch
        return "" if switch else f"{target.name} has no input {target.port}."
    if flow is None or port.type is ANY and not known.known:
        return ""
    if not fits(flow.type, port.type):
        return f"{target.name}.{port.name} takes {_an(port.type.name)}, but {source.name} gives {_an(flow.type.name)}."
    if flow.choices and port.choices and not set(flow.choices) <= set(port.choices):
        return (f"{target.name}.{port.name} takes one of {', '.join(port.choices)}, "
                f"but {source.name} may give {', '.join(sorted(set(flow.choices) - set(port.choices)))}.")
    if flow.many and not port.many and not known.switch:
        return _unmappable(checked, source, target)
    return ""


def mappable(checked: Checked, name: str) -> bool:
    """Whether it is known of a node that it could run once per item of a list."""
    known = checked.nodes[name]
    return known.nodetype is not None or known.graph is not None


def _unmappable(checked: Checked, source: Ref, target: Target) -> str:
    """Why a node cannot run once per item of what comes into a port that takes one thing; empty if it can."""
    known, each = checked.nodes[target.name], checked.graph.nodes[target.name].each
    if target.port in each:
        return ""
    head = f"{source.name} gives a list, and {target.name}"
    if known.nodetype is not None:
        if known.nodetype.batch is not None:
            return f"{head} can run once per item of {known.nodetype.batch} alone."
        lists = any(port.many for port in known.nodetype.outputs.values())
        return f"{head}, which gives a list itself, cannot run once per item." if lists else ""
    if known.graph is not None:
        if any(node.each for node in known.graph.graph.nodes.values()):
            return f"{head}, in which something runs once per item already, cannot do so too."
        lists = not each and any(flow.many for flow in known.outputs.values())
        return f"{head}, which gives a list itself, cannot run once per item." if lists else ""
    return ""


def reaches(graph: Graph, start: str, end: str) -> bool:
    """Whether what one node gives comes, directly or through others, to another node (or the two are one)."""
    seen, stack = {end}, [end]
    while stack:
        name = stack.pop()
        if name == start:
            return True
        node = graph.nodes.get(name)
        for value in node.inputs.values() if node is not None else ():
            for ref in refs(value):
                if ref.name not in seen:
                    seen.add(ref.name)
                    stack.append(ref.name)
    return False


def _an(name: str) -> str:
    return ("an " if name[:1] in "AEIOU" else "a ") + name
