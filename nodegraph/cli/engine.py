"""The engine that a command asks for, and the graph that it asks about."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, NamedTuple

from .. import graphfile
from ..check import Checked
from ..engine import Engine
from ..errors import GraphError
from ..export import embedded_graph
from .options import Options, machine


class Recorded(NamedTuple):
    """What the run that made a picture was given, if the graph is read from one: its inputs and rolled seeds."""

    inputs: dict[str, Any]
    seeds: dict[str, int]


def open_engine(options: Options) -> Engine:
    """An Engine as the options want it."""
    return Engine(packs=options.pack, **asdict(machine(options)))


def read(engine: Engine, path: str, settings: Iterable[str] = ()) -> Checked:
    """A graph that can run, with its warnings on stderr. Raises GraphError with every problem.

    settings: `name=value` for each input that is given, whose default does not matter then.
    """
    graph, problems = graphfile.read(path)
    checked = engine.check(graph, problems, [text.partition("=")[0] for text in settings])
    if checked.errors:
        raise GraphError(checked.problems)
    for problem in checked.problems:
        print(problem, file=sys.stderr)
    return checked


def recorded(path: str) -> Recorded:
    """The record of the run that a picture carries; empty for a graph file."""
    embedded = embedded_graph(path)
    record = embedded[1] if embedded is not None else {}
    inputs, seeds = record.get("inputs"), record.get("seeds")
    return Recorded(inputs if isinstance(inputs, dict) else {},
                    {k: v for k, v in seeds.items() if type(v) is int} if isinstance(seeds, dict) else {})
