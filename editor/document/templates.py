"""The graphs to begin with, in the language spoken now."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from nodegraph import Graph, GraphError
from nodegraph.editing import graphfile, shipped_folder

from ..words.speak import has, t


class Template(NamedTuple):
    """A graph file to begin with. title and description are in the language spoken now."""

    title: str
    description: str
    path: Path


def templates(beside: Path | None = None) -> list[Template]:
    """Every template that can be read, by file name; `beside` names another folder than the usual one.

    A graph file is a template if it has outputs and its name does not begin with `_` (parts of others do).
    """
    place = beside or shipped_folder()
    found = []
    for path in sorted(place.glob("*.yaml")) if place is not None else ():
        if not path.name.startswith("_"):
            try:
                graph, _ = graphfile.read(path)
            except GraphError:  # it is told when it is opened by hand; nothing can begin with it
                continue
            if graph.outputs:
                found.append(_template(path, graph))
    return found


def _template(path: Path, graph: Graph) -> Template:
    key = f"template.{path.stem}"
    if has(key):
        return Template(t(key), t(f"{key}.about"), path)
    return Template(graph.title or path.stem.replace("_", " ").capitalize(), graph.description, path)
