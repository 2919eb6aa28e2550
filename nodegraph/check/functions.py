"""Nodes that are functions of a pack."""

from __future__ import annotations

from ..errors import PackError
from ..flows import Flow
from ..graph import PICK, SWITCH, Node
from ..nodetype import NodeType
from ..types import described
from ..wording import Phrase, closest, nearest, say
from .ahead import known
from .checked import CheckedNode
from .constructs import Body
from .links import targets
from .origins import not_here
from .site import Site
from .wiring import construct


def function(site: Site, name: str, checked: CheckedNode) -> CheckedNode:
    """A node whose type a pack declares."""
    node = checked.node
    nodetype = _nodetype(site, node.type, name) if node.type else None
    if nodetype is None:
        targets(site, name, node)
        return checked
    checked.nodetype = nodetype
    construct(site, name, checked, Body(nodetype.inputs, _flows(site, nodetype), nodetype.batch))
    if nodetype.refuses is not None and site.find is not None and not (
            node.each or node.control or node.mute or node.bypass):
        try:
            wrong = nodetype.refuses(**known(site, checked, nodetype))
        except Exception as error:  # the code of a pack
            wrong = described(error)
        _refusal(site, name, node, wrong)
    return checked


def _refusal(site: Site, name: str, node: Node, wrong: str) -> None:
    """Note what a node type has against what stands in the file, at the input that the words begin with."""
    port = wrong.partition(" ")[0]
    if wrong and port in node.inputs:
        site.problem(say("value.refused", what=f"{name}.{port}", wrong=wrong.removeprefix(f"{port} ")), "",
                     "nodes", name, port, value=True)
    elif wrong:
        site.problem(say("node.refused", node=name, wrong=wrong), "", "nodes", name)


def _flows(site: Site, nodetype: NodeType) -> dict[str, Flow]:
    """What a node gives; one object for all nodes of a type."""
    flows = site.flows.get(nodetype.name)
    if flows is None:
        flows = site.flows[nodetype.name] = {
            port.name: Flow(port.type, int(port.many), port.choices) for port in nodetype.outputs.values()}
    return flows


def _nodetype(site: Site, type_name: str, name: str) -> NodeType | None:
    try:
        return site.types[type_name]
    except KeyError:
        pass
    if type_name in site.broken:
        return None
    try:
        nodetype = site.catalogue.nodetype(type_name)
    except PackError as error:
        site.problem(say("pack.broken", error=str(error)), "", "nodes", name, "type", value=True)
        site.broken.add(type_name)
        return None
    if nodetype is not None:
        site.types[type_name] = nodetype  # a wrong name is reported wherever it stands, a right one looked up once
        return nodetype
    site.problem(*_unknown_type(site, type_name, name), "nodes", name, "type", value=True)
    return None


def _unknown_type(site: Site, type_name: str, name: str) -> tuple[Phrase, str]:
    if type_name.startswith("$"):
        return say("node.type-linked", node=name, type=type_name), say("hint.type-here")
    recorded = not_here(site, type_name, name)
    if recorded is not None:
        return recorded
    pack, dot, _ = type_name.partition(".")
    names = [*site.catalogue.node_names(), SWITCH, PICK]
    packs = sorted({other.split(".", 1)[0] for other in names if "." in other})
    if dot and pack not in packs:
        close = closest(type_name, names)
        return (say("node.pack-unknown", node=name, type=type_name, pack=pack),
                say("hint.meant", name=close) if close else say("hint.packs", packs=", ".join(packs)))
    own = [other for other in names if other.startswith(f"{pack}.")] if dot else names
    return say("node.type-unknown", node=name, type=type_name), nearest(type_name, own)
