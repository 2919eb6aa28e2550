"""The ports of what is on the canvas, and whether a link may join two of them, or why not."""

from __future__ import annotations

from nodegraph import Graph, Node, Range, Ref
from nodegraph.editing import ANY, BOOL, CASES, INT, MOST_ROUNDS, PICK, SWITCH, Checked, Flow, Port, an, fits, label_of, links

from ..words.speak import t
from .items import REPEAT, Target, links_into

CHOOSING = ("Bool", "Int", "Text", "Seed")  # what may choose a branch of a switch
ROUNDS = Port(REPEAT, INT, range=Range(0, MOST_ROUNDS))


def inputs_of(checked: Checked, name: str) -> list[Port]:
    """The input ports of a node, in its type's order; those that its file names alone where the type is unknown."""
    node, known = checked.graph.nodes[name], checked.nodes.get(name)
    found: dict[str, Port] = {}
    if known is not None and known.nodetype is not None:
        found = dict(known.nodetype.inputs)
    elif known is not None and known.graph is not None:
        found = dict(known.graph.inputs)
    elif known is not None and known.switch:
        found = {port: Port(port, ANY) for port in ("on", *node.inputs, new_branch(node))}
    elif node.type == PICK:
        found = {"from": Port("from", ANY, many=True), "where": Port("where", BOOL, many=True)}
    for port in node.inputs:
        found.setdefault(port, Port(port, ANY))
    return list(found.values())


def new_branch(node: Node) -> str:
    """The name of the branch that a switch takes for the rest: under `cases:` where the others stand there."""
    cases = any(port.startswith(CASES) for port in node.inputs)
    return f"{CASES}else" if cases and "else" not in node.inputs else "else"


def input_at(checked: Checked, name: str, port: str) -> Port | None:
    """One input of a node, or what its `repeat` takes."""
    if port == REPEAT and REPEAT not in checked.graph.nodes[name].inputs:
        return ROUNDS
    return next((found for found in inputs_of(checked, name) if found.name == port), None)


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
        return Flow(port.type, int(port.many), port.choices, port.optional)
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
        return t("refused.nothing", name=source.name)
    flow = flow_of(checked, source)
    if flow is None and source.port is not None and source.name in graph.nodes:
        return t("refused.no_output", name=source.name, output=source.port)
    if target.name not in (graph.outputs if target.kind == "output" else graph.nodes):
        return t("refused.nothing", name=target.name)
    if target.kind == "output":
        return ""
    if reaches(graph, target.name, source.name):
        return t("refused.circle", name=source.name, other=target.name) if source.name != target.name \
            else t("refused.itself", name=target.name)
    return _misfit(checked, source, flow, target)


def _misfit(checked: Checked, source: Ref, flow: Flow | None, target: Target) -> str:
    """Why what flows does not fit a port of a node; empty if it does."""
    port, known = input_at(checked, target.name, target.port), checked.nodes[target.name]
    if port is None:
        return "" if known.switch else t("refused.no_input", name=target.name, input=target.port)
    if flow is None or port.type is ANY and not known.known:
        return ""
    of_known = source.name in checked.inputs or checked.nodes[source.name].known
    if known.switch and target.port == "on" and of_known and flow.type.name not in CHOOSING:
        return t("refused.type", port=f"{target.name}.on", takes="Bool, Int, Text", name=source.name,
                 gives=an(flow.type.name))
    name = f"{target.name}.{label_of(port.name)}"
    if not fits(flow.type, port.type):
        return t("refused.type", port=name, takes=an(port.type.name), name=source.name, gives=an(flow.type.name))
    if flow.choices and port.choices and not set(flow.choices) <= set(port.choices):
        odd = ", ".join(sorted(set(flow.choices) - set(port.choices)))
        return t("refused.choices", port=name, choices=", ".join(port.choices), name=source.name, odd=odd)
    return "" if passes_on(checked, target) else _too_deep(checked, source, flow, target, port)


def passes_on(checked: Checked, target: Target) -> bool:
    """Whether a port takes whatever comes, a list of any depth too, and passes it on."""
    node = checked.graph.nodes[target.name]
    return node.type == SWITCH and target.port != "on" or node.type == PICK and target.port == "from"


def _too_deep(checked: Checked, source: Ref, flow: Flow, target: Target, port: Port) -> str:
    """Why a list cannot go where it is to; empty if it can, be it item by item."""
    depth = flow.depth - int(port.many)
    if depth <= 0 or depth == 1 and mappable(checked, target.name, target.port):
        return ""
    if target.port == REPEAT:
        return t("refused.rounds", name=source.name, node=target.name)
    nodetype = checked.nodes[target.name].nodetype
    if depth == 1 and nodetype is not None and nodetype.batch is not None:
        return t("refused.batch", name=source.name, node=target.name, input=nodetype.batch)
    return t("refused.too_deep", name=source.name, node=target.name)


def mappable(checked: Checked, name: str, port: str) -> bool:
    """Whether it is known of a node that it could run once per item of a list in one of its ports."""
    known = checked.nodes[name]
    if port == REPEAT or not known.known:
        return False
    return known.nodetype is None or known.nodetype.batch in (None, port)


def reaches(graph: Graph, start: str, end: str) -> bool:
    """Whether what one node gives comes, directly or through others, to another node (or the two are one)."""
    seen, stack = {end}, [end]
    while stack:
        name = stack.pop()
        if name == start:
            return True
        node = graph.nodes.get(name)
        for ref in links(node) if node is not None else ():
            if ref.name not in seen:
                seen.add(ref.name)
                stack.append(ref.name)
    return False
