"""What a module declares, once it is imported: nodes, and port types."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

from ..nodetype import NodeType
from ..types import PortType


def declared(module: ModuleType) -> Iterator[tuple[Any, NodeType]]:
    """The functions of a module that are nodes."""
    for value in list(vars(module).values()):
        nodetype = getattr(value, "__nodetype__", None)
        if isinstance(nodetype, NodeType):
            yield value, nodetype


def port_types(module: ModuleType) -> Iterator[PortType]:
    """The port types that a module has names for."""
    for value in list(vars(module).values()):
        for mark in (*getattr(value, "__metadata__", ()), getattr(value, "__porttype__", None)):
            if isinstance(mark, PortType):
                yield mark


def types_of(nodetype: NodeType) -> list[PortType]:
    """The port types that a node names."""
    return [port.type for port in (*nodetype.inputs.values(), *nodetype.outputs.values())]
