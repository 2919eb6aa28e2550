"""What a node names by a path, seen from another folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nodegraph import Graph, ModelType, Node
from nodegraph.editing import FILE, Checked, Port


def named_from(graph: Graph, path: Path) -> str:
    """A graph file as another names it: ./name.yaml, or its whole path while the other has no file yet."""
    if graph.path is None:
        return path.absolute().as_posix()
    return relative_path(path, graph.folder)


def relative_path(path: Path, folder: Path) -> str:
    told = Path(os.path.relpath(path, folder)).as_posix()
    return told if told.startswith("../") else f"./{told}"


def moved_file(node: Node, checked: Checked | None, name: str, old: Path, new: Path) -> Node:
    """A node as it is written in another folder: what it names by relative paths is found from there too."""
    if Path(os.path.abspath(old)) == Path(os.path.abspath(new)):
        return node
    kind = relative_path(old / node.type, new) if node.is_graph and not Path(node.type).is_absolute() else node.type
    if checked is None or name not in checked.nodes:
        return node._replace(type=kind)
    known = checked.nodes[name]
    ports = known.nodetype.inputs if known.nodetype is not None else known.graph.inputs if known.graph else {}
    return node._replace(type=kind, inputs={port: path_from(value, ports[port], old, new) if port in ports else value
                                            for port, value in node.inputs.items()})


def path_from(value: Any, port: Port, old: Path, new: Path) -> Any:
    """A literal for a port; relative paths of files and model folders as they are written in another folder."""
    if isinstance(value, list):
        return [path_from(item, port, old, new) for item in value]
    is_path = port.type is FILE or isinstance(port.type, ModelType) and str(value).startswith(("./", "../"))
    if not is_path or not isinstance(value, str) or Path(value).is_absolute() or \
            Path(os.path.abspath(old)) == Path(os.path.abspath(new)):
        return value
    return Path(os.path.relpath(old / value, new)).as_posix() if port.type is FILE else relative_path(old / value, new)
