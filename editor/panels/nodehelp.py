"""All that a node type says of itself, for someone who wants to know."""

from __future__ import annotations

from typing import NamedTuple

from nodegraph.editing import MISSING, NodeType, Port

from ..words.speak import has, helped, name_of, t
from .field import label
from .typed import as_written, number, typed_text


class PortHelp(NamedTuple):
    """A port for someone who wants to know. what: its type, limits and default, in one line."""

    name: str
    label: str
    what: str
    help: str


class NodeHelp(NamedTuple):
    """A node type for someone who wants to know."""

    title: str
    name: str
    pack: str
    version: str
    text: str
    inputs: tuple[PortHelp, ...]
    outputs: tuple[PortHelp, ...]


def node_help(nodetype: NodeType) -> NodeHelp:
    """All that a node type says of itself."""
    title = name_of("node", nodetype.name) if has(f"node.{nodetype.name}") else nodetype.name
    return NodeHelp(title, nodetype.name, nodetype.pack, nodetype.version, _told(nodetype),
                    tuple(port_help(port) for port in nodetype.inputs.values()),
                    tuple(port_help(port) for port in nodetype.outputs.values()))


def port_help(port: Port) -> PortHelp:
    """What a port takes or gives."""
    kind = name_of("type", port.type.name)
    parts = [t("palette.list_of", type=kind) if port.many else kind]
    if port.choices:
        parts.append(t("takes.one_of", words=", ".join(port.choices)))
    if port.range is not None:
        low, high = number(port.range.low), number(port.range.high)
        parts.append(f"{low}-{high}" if low and high else f">= {low}" if low else f"<= {high}")
    if port.default is not MISSING and port.default not in (None, ""):
        parts.append(t("inspector.usually", value=typed_text(port, as_written(port.default))))
    return PortHelp(port.name, label(port.name), ", ".join(parts), port.help)


def _told(nodetype: NodeType) -> str:
    """Its help, with the docstring below where that is in another language and says more."""
    told = helped(nodetype.name, nodetype.help)
    return told if told == nodetype.help else f"{told}\n\n{nodetype.help}"
