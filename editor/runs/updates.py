"""What a Runner tells the window about runs: small tuples, drained once a frame with `Runner.poll`.

`job` is the number that `Runner.run` gave. `node` is a node's name, with the names of the graphs around it in
front (`intro/verse`). Each job ends with exactly one Done or Refused; pictures of what it made may follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import Graph, PortType, Problem
from nodegraph.editing import Forecast, Position

from .thumbnails import Thumbnail


class Output(NamedTuple):
    """A named output that a job made. type: what it is a Value of; thumbnail: None if the Value was let go."""

    type: PortType
    digest: bytes
    thumbnail: Thumbnail | None


class Planned(NamedTuple):
    """A job begins. nodes: every one that may run, in order; seeds: what was rolled, by "node.port".

    codes: of the nodes that are not installed, the code that runs (`staleness.codes_of`).
    Nodes that need not even be looked at, since nothing about them changed since the last job, are not named.
    """

    job: int
    label: str
    nodes: tuple[str, ...]
    seeds: Mapping[str, int]
    graph: Graph
    given: Mapping[str, Any]
    codes: Mapping[str, Mapping[str, str]] = {}


class Started(NamedTuple):
    """A node is at work."""

    job: int
    node: str


class Progress(NamedTuple):
    """A node says how far it is, in its own unit. Only the newest of each node is kept until it is polled."""

    job: int
    node: str
    done: float
    total: float | None
    text: str = ""
    preview: Thumbnail | None = None


class Loading(NamedTuple):
    """A model is about to be loaded for a node."""

    job: int
    node: str
    source: str


class Loaded(NamedTuple):
    """A model was loaded for a node."""

    job: int
    node: str
    source: str
    seconds: float


class Finished(NamedTuple):
    """A node ran. ran, remembered: items, where it runs once per item."""

    job: int
    node: str
    seconds: float
    ran: int = 1
    remembered: int = 0


class Cached(NamedTuple):
    """A node did not need to run: its result was remembered."""

    job: int
    node: str


class Failed(NamedTuple):
    """A node's code raised. report: message, inputs and traceback, in several lines; where: in the file."""

    job: int
    node: str
    message: str
    report: str
    where: Position | None


class Skipped(NamedTuple):
    """A node did not run since another failed, or the run was stopped. because: the node that failed, or ""."""

    job: int
    node: str
    because: str
    stopped: bool = False


class Pictured(NamedTuple):
    """What a node's output port holds now. Of a graph that stands as a node, its own ports are told of too."""

    job: int
    node: str
    port: str
    type: PortType
    digest: bytes
    thumbnail: Thumbnail


class Remembered(NamedTuple):
    """What is in the cache of a graph that has just come: nodes whose results can be shown although nothing ran."""

    job: int
    graph: Graph
    nodes: tuple[str, ...]
    codes: Mapping[str, Mapping[str, str]] = {}


class Foreseen(NamedTuple):
    """What a run of a graph would do, or no rows where it cannot run."""

    job: int
    graph: Graph
    rows: tuple[Forecast, ...]


class Warned(NamedTuple):
    """Something is not as it should be, and work goes on. job: None between jobs."""

    job: int | None
    message: str


class Refused(NamedTuple):
    """A job that could not begin, or that the engine itself broke off; report: the traceback, where it did."""

    job: int
    problems: tuple[Problem, ...]
    report: str = ""


class Done(NamedTuple):
    """A job is over. outputs: those that were made, by name; failed: how many nodes did.

    graph, given: as they were asked for; a job that never began has neither outputs nor seeds.
    """

    job: int
    label: str
    seconds: float
    cancelled: bool
    outputs: Mapping[str, Output]
    failed: int
    graph: Graph
    given: Mapping[str, Any]
    seeds: Mapping[str, int]


class Exported(NamedTuple):
    """An export that was asked for. paths: what was written; problem: a sentence if nothing was."""

    job: int
    output: str
    paths: tuple[Path, ...]
    problem: str = ""


class Enlarged(NamedTuple):
    """A large picture that was asked for, or a sentence on why there is none."""

    job: int
    output: str
    picture: Thumbnail | None
    problem: str = ""


Update = (Planned | Started | Progress | Loading | Loaded | Finished | Cached | Failed | Skipped | Pictured | Warned
          | Refused | Remembered | Foreseen | Done | Exported | Enlarged)
