"""The nodes that pass values on as they are: a switch, of its branches one, and a pick, of a list some items."""

from __future__ import annotations

from typing import Any

from ..flows import Flow
from ..graph import Node, Ref, label_of, refs
from ..nodetype import MISSING, Port
from ..types import ANY, BOOL, OF_PYTHON, PortType, fits
from ..wording import likely, nearest, say, written
from .checked import CheckedNode
from .constructs import Body, Mapped, either, mapped_inputs, refuse
from .links import brought, joint, target
from .literals import YES_NO, gathered, literal
from .site import Site, subject

_ON_TYPES = ("Bool", "Int", "Text", "Seed")
_NOT_HERE = ("cross", "repeat", "until", "carry", "count", "timeout", "retry")


def switch(site: Site, name: str, checked: CheckedNode) -> CheckedNode:
    """`on` chooses; every other input is a branch named after a value, `else` is the rest."""
    node = checked.node
    checked.switch, checked.literals = True, {}
    branches = [port for port in node.inputs if port != "on"]
    _refused(site, name, node)
    mapped = mapped_inputs(site, name, _by_port(node), Body({port: Port(port, ANY) for port in node.inputs}, {}))
    if "on" not in node.inputs:
        site.problem(say("switch.no-on", node=name), say("hint.add-on"), "nodes", name)
    if not branches and site.graph.where("nodes", name, "cases", value=True) not in site.refused:
        site.problem(say("switch.no-branches", node=name), say("hint.add-branches"), "nodes", name)
    common: Flow | None = None
    first = ""
    for port, value in node.inputs.items():
        flow = _item_flow(site, name, port, value, mapped, checked.literals)
        if flow is None:
            continue
        if port == "on":
            _judge_on(site, name, flow, value, port in mapped.words, branches)
        elif common is None:
            common, first = flow, port
        elif flow.depth != common.depth or not (fits(flow.type, common.type) or fits(common.type, flow.type)):
            site.problem(say("switch.types", one=f"{name}.{label_of(port)}", flow=str(flow),
                             other=f"{name}.{label_of(first)}", other_flow=str(common)), say("hint.one-type"),
                         "nodes", name, port, value=True)
        else:
            common = either(common, flow)
    common = common or Flow(ANY)
    checked.outputs = {"value": common._replace(depth=common.depth + bool(node.each))}
    return checked


def pick(site: Site, name: str, checked: CheckedNode) -> CheckedNode:
    """The items of `from` for which `where` is true."""
    node = checked.node
    checked.pick, checked.literals = True, {}
    _refused(site, name, node)
    ports = {"from": Port("from", ANY, many=True), "where": Port("where", BOOL, many=True)}
    mapped = mapped_inputs(site, name, node, Body(ports, {}))
    flow = None
    for port_name, value in node.inputs.items():
        place = ("nodes", name, port_name)
        if port_name not in ports:
            site.problem(say("node.no-input", node=name, input=port_name), nearest(port_name, ports), *place)
            target(site, value, *place)
        elif port_name == "from":
            flow = _picked_from(site, name, value, mapped, checked.literals)
        else:
            _where(site, name, value, mapped, ports["where"], checked.literals)
    for port_name in ports:
        if port_name not in node.inputs and not (node.bypass or node.mute):
            site.problem(say(_NEEDS[port_name], node=name), say("hint.add-list", input=port_name), "nodes", name)
    if not node.each:
        _as_many(site, name, node)
    flow = flow or Flow(ANY, 1)
    checked.outputs = {"items": flow._replace(depth=flow.depth + bool(node.each))}
    return checked


_NEEDS = {"from": "pick.no-from", "where": "pick.no-where"}


def _picked_from(site: Site, name: str, value: Any, mapped: Mapped, literals: dict[str, Any]) -> Flow | None:
    """The list that one pick is made from."""
    flow = _item_flow(site, name, "from", value, mapped, literals)
    if flow is not None and not flow.depth:
        site.problem(say("pick.from-one", node=name, flow=str(flow._replace(depth=int("from" in mapped.words)))),
                     say("hint.no-each", port="from") if "from" in mapped.words else
                     say("hint.give-list", input="from"),
                     "nodes", name, "from", value=True)
        return None
    return flow


def _where(site: Site, name: str, value: Any, mapped: Mapped, port: Port, literals: dict[str, Any]) -> None:
    depth, place = 1 + ("where" in mapped.words), ("nodes", name, "where")
    if type(value) is Ref:
        flow = brought(site, value, *place, wanted=port.type)
        if flow is not None:
            joint(site, value, flow, port, depth, mapped.words.get("where", ""), *place)
        return
    if type(value) is list and refs(value):
        literals["where"] = gathered(site, name, port, value, depth)
        return
    parsed = literal(site, port, value, depth, *place)
    if parsed is not MISSING:
        literals["where"] = parsed


def _as_many(site: Site, name: str, node: Node) -> None:
    lists = [node.inputs.get(port) for port in ("from", "where")]
    counts = [len(value) for value in lists if type(value) is list
              and not any(type(item) is Ref and item.spread for item in value)]
    if len(counts) == 2 and counts[0] != counts[1]:
        site.problem(say("pick.lengths", node=name, items=counts[0], answers=counts[1]), say("hint.equally-long"),
                     "nodes", name, "where", value=True)


def _refused(site: Site, name: str, node: Node) -> None:
    refuse(site, name, node, _NOT_HERE, lambda word: say("node.word-passing", word=word, node=name, type=node.type),
           say("hint.word-behind"))


def _by_port(node: Node) -> Node:
    """The node with each: naming inputs, where the file names labels."""
    named = {label_of(port): port for port in node.inputs}
    return node._replace(each=tuple(port if port in node.inputs else named.get(port, port) for port in node.each)) \
        if node.each else node


def _item_flow(site: Site, name: str, port: str, value: Any, mapped: Mapped, literals: dict[str, Any]) -> Flow | None:
    """What comes of an input at a time: itself, or an item of it if it is mapped."""
    flow = _passed(site, name, port, value, literals)
    if flow is None or port not in mapped.words:
        return flow
    if not flow.depth:
        what = subject(("nodes", name, port))
        message = say("link.one-into-list", what=what, takes=say("value.list"), type=flow.type.name) \
            if type(value) is Ref else say("value.wrong", what=what, value=written(value), takes=say("value.list"))
        site.problem(message, say("hint.no-each", port=label_of(port)), "nodes", name, port, value=True)
        return None
    return flow._replace(depth=flow.depth - 1)


def _passed(site: Site, name: str, port: str, value: Any, literals: dict[str, Any]) -> Flow | None:
    """What a value that is passed on as it is brings; a literal is kept."""
    place = ("nodes", name, port)
    if type(value) is Ref:
        return brought(site, value, *place)
    if isinstance(value, list):
        return _passed_list(site, name, port, value, literals)
    if isinstance(value, dict):
        site.problem(say("value.wrong", what=subject(place), value=written(value), takes=say("takes.plain")),
                     say("hint.list-in-node"), *place, value=True)
        return None
    literals[port] = value
    return Flow(_type_of(value), optional=value is None)


def _passed_list(site: Site, name: str, port: str, value: list[Any], literals: dict[str, Any]) -> Flow | None:
    """The same for a list of links and plain values."""
    common: Flow | None = None
    first = 0
    for at, item in enumerate(value):
        flow = _flow_of_item(site, item, "nodes", name, port, at)
        if flow is None:
            return None
        if common is None:
            common, first = flow, at
        elif flow.depth != common.depth or not (fits(flow.type, common.type) or fits(common.type, flow.type)):
            site.problem(say("switch.types", one=subject(("nodes", name, port, at)), flow=str(flow),
                             other=subject(("nodes", name, port, first)), other_flow=str(common)),
                         say("hint.one-item-type"), "nodes", name, port, at, value=True)
            return None
        else:
            common = either(common, flow)
    literals[port] = value
    return common._replace(depth=common.depth + 1) if common is not None else Flow(ANY, 1)


def _flow_of_item(site: Site, item: Any, *place: Any) -> Flow | None:
    if type(item) is Ref:
        flow = brought(site, item, *place)
        if flow is None or not item.spread:
            return flow
        if not flow.depth:
            site.problem(say("link.spread-one", what=subject(place), link=str(item), type=flow.type.name),
                         say("hint.no-dots", link=str(item._replace(spread=False))), *place, value=True)
            return None
        return flow._replace(depth=flow.depth - 1)
    return _plain_flow(item)


def _plain_flow(value: Any) -> Flow:
    """The type of a plain value, or of a list of them."""
    if not isinstance(value, list):
        return Flow(_type_of(value))
    flows = [_plain_flow(item) for item in value]
    common = flows[0] if flows else Flow(ANY)
    for flow in flows[1:]:
        common = either(common, flow) if flow.depth == common.depth and (
            fits(flow.type, common.type) or fits(common.type, flow.type)) else Flow(ANY, common.depth)
    return common._replace(depth=common.depth + 1)


def _type_of(value: Any) -> PortType:
    return OF_PYTHON.get(type(value), ANY)


def _judge_on(site: Site, name: str, flow: Flow, value: Any, mapped: bool, branches: list[str]) -> None:
    """Check the branches of a switch against what may stand in its `on`."""
    place = ("nodes", name, "on")
    if flow.depth or flow.type.name not in _ON_TYPES:
        site.problem(say("switch.on-type", node=name, flow=str(flow)) if type(value) is Ref else
                     say("switch.on-value", node=name, value=written(value)), say("hint.on"), *place, value=True)
        return
    may_be = list(flow.choices or (["true", "false"] if flow.type is BOOL else []))
    known = type(value) is not Ref and not (isinstance(value, list) and any(type(item) is Ref for item in value))
    if known:
        may_be = [_label(item) for item in dict.fromkeys(value)] if isinstance(value, list) else [_label(value)]
    labels = [label_of(branch) for branch in branches]
    strays = [branch for branch in branches if not known and may_be and label_of(branch) not in (*may_be, "else")]
    for branch in strays:
        label = label_of(branch)
        hint = say("hint.call-it", label=YES_NO[label.lower()]) if flow.type is BOOL and label.lower() in YES_NO else \
            likely(label, may_be)
        site.problem(say("switch.stray", node=name, words=", ".join(may_be), label=label), hint, "nodes", name, branch)
    lost = [word for word in may_be if word not in labels] if "else" not in labels else []
    if lost and branches and not strays:
        site.problem(say("switch.lost", node=name, words=" or ".join(lost)),
                     say("hint.add-branch", label=lost[0], node=name), *place, value=True)


def _label(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
