"""The engine that a command asks for, and the graph that it asks about."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

from .. import graphfile
from ..check import Checked, unread
from ..engine import Engine
from ..errors import GraphError, Problem
from ..filelist import beside
from ..graph import Graph
from ..graphfile import embedded_graph, in_order
from ..provenance import differences, missing, with_files
from ..types import FILE
from ..wording import say
from .options import Options, machine


class Recorded(NamedTuple):
    """What the run that made a picture was given, if the graph is read from one: its inputs and rolled seeds.

    warnings: what is not as it was then.
    """

    inputs: dict[str, Any]
    seeds: dict[str, int]
    warnings: list[str]


def open_engine(options: Options) -> Engine:
    """An Engine as the options want it."""
    return Engine(packs=options.pack, **asdict(machine(options)))


def read(engine: Engine, path: str, settings: Iterable[str] = (), base: str = "") -> Checked:
    """A graph that can run, with its warnings on stderr. Raises GraphError with every problem.

    settings: `name=value` for each input that is given, whose default does not matter then. base: see `graphfile.read`.
    """
    graph, problems = graphfile.read(path, base or None)
    if graph.base is not None:
        known = elsewhere(engine, path, graph)
        folder = folder_of(known) if not base else None
        graph = graphfile.read(path, folder)[0] if folder is not None else with_files(graph, known)
    checked = engine.check(graph, problems, [text.partition("=")[0] for text in settings])
    if checked.errors:
        raise GraphError([*checked.problems, *not_here(path, graph)])
    checked = replace(checked, problems=in_order([*checked.problems, *unread(checked)], graph.path))
    for problem in checked.problems:
        print(problem, file=sys.stderr)
    return checked


def elsewhere(engine: Engine, path: str, graph: Graph) -> dict[str, str]:
    """Where files lie that a picture was made of and that are not beside its graph, as far as the cache knows."""
    embedded, disk = embedded_graph(path), engine.cache.disk
    found = {name: place for name, content in (missing(embedded[1], graph) if embedded and disk is not None else {}).items()
             if disk is not None and (place := disk.place(content)) is not None and place.name == Path(name).name}
    return {name: str(place) for name, place in found.items() if place.exists()}


def folder_of(paths: dict[str, str]) -> Path | None:
    """The folder from which files are told so, by where they lie; None where there is no such, or several."""
    folders = {Path(path[:-len(name)]) for name, path in paths.items() if "/" in name and path.endswith(f"/{name}")}
    return folders.pop() if len(folders) == 1 else None


def recorded(engine: Engine, path: str, checked: Checked) -> Recorded:
    """The record of the run that a picture carries; empty for a graph file."""
    embedded = embedded_graph(path)
    record = embedded[1] if embedded is not None else {}
    inputs, seeds = record.get("inputs"), record.get("seeds")
    known = elsewhere(engine, path, checked.graph) if record else {}
    return Recorded(_here(inputs, checked, known) if isinstance(inputs, dict) else {},
                    {k: v for k, v in seeds.items() if type(v) is int} if isinstance(seeds, dict) else {},
                    differences(record, checked))


def not_here(path: str, graph: Graph) -> list[Problem]:
    """Where a picture's files were, if some are not to be found."""
    embedded = embedded_graph(path)
    lost = list(missing(embedded[1], graph)) if embedded is not None else []
    return [Problem(None, say("picture.files-gone", files=", ".join(lost[:5]) + ", ..." * (len(lost) > 5), folder=graph.folder),
                    say("hint.base"))] if lost else []


def _here(inputs: dict[str, Any], checked: Checked, known: dict[str, str]) -> dict[str, Any]:
    """What a run was given, with files where they are now: they are told from the folder of the graph.

    known: those that lie elsewhere.
    """
    def placed(value: Any, must_be: bool) -> Any:
        if isinstance(value, list):
            return [placed(item, must_be) for item in value]
        if value in known:
            return known[value]
        path = beside(checked.graph.folder, value) if isinstance(value, str) and value else None
        return str(path.absolute()) if path is not None and (must_be or path.exists()) else value

    located = {name: port.type is FILE for name, port in checked.inputs.items() if port.type.located}
    return {name: placed(value, located[name]) if name in located else value for name, value in inputs.items()}
