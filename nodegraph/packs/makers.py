"""Which node types bring a value of a type into a graph: what a hint names where a graph file cannot hold one."""

from __future__ import annotations

from ..errors import PackError
from ..nodetype import MISSING
from ..types import FILE, ModelType, PortType
from .catalogue import Catalogue


def makers_of(catalogue: Catalogue, target: PortType, files: bool = False) -> list[str]:
    """A few node types that give a type and need nothing but values that a graph file can hold: those that read
    a file, if there are any. files: only those. Imports every pack; one that cannot be read has none.
    """
    readers, others = [], []
    for name in catalogue.node_names():
        try:
            nodetype = catalogue.nodetype(name)
        except PackError:
            continue
        if nodetype is None or [port.type for port in nodetype.outputs.values() if not port.many] != [target]:
            continue
        needed = [port for port in nodetype.inputs.values() if port.default is MISSING and not port.optional]
        if [(port.type, port.many) for port in needed] == [(FILE, False)]:
            readers.append(name)
        elif not files and all(port.type.parse is not None and not isinstance(port.type, ModelType) for port in needed):
            others.append(name)
    return (readers or others)[:3]
