"""The last run that went well, kept so that the next one can build on it."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

from .check import Checked, recheck
from .digest import digest as digest_of
from .filelist import listed_files
from .graph import Graph
from .models import Models
from .packs import Catalogue
from .plan import Plan, replan, still_located
from .runs import Result
from .types import PortType


class LastRun(NamedTuple):
    """What a run was of. given: the digest of everything that it was given, by name; None where something has none."""

    checked: Checked
    plan: Plan
    given: dict[str, bytes] | None
    only: tuple[str, ...] | None
    result: Result
    inner: dict[Path, tuple[int, int]]  # the graph files inside it, with their times of change and sizes
    revision: int = 0  # of the catalogue that its node types are from

    def is_of(self, given: dict[str, Any], only: tuple[str, ...] | None) -> bool:
        """Whether it was given the same, and asked for the same outputs, of graph files that are what they were."""
        return self.only == only and self.given is not None and self.given == contents(self.checked, given) \
            and all(_stamp(path) == stamp for path, stamp in self.inner.items())

    def taken_up(self, graph: Graph, given: dict[str, Any], only: tuple[str, ...] | None, catalogue: Catalogue,
                 models: Models) -> TakenUp | None:
        """How a run of this graph goes on from here; None where all of it has to be looked at anew."""
        if self.revision != catalogue.revision or not self.is_of(given, only):
            return None
        edited = graph.edited_since(self.checked.graph)
        if edited is None or not self.plan.repeatable:
            return None
        if not all(still_located(row, models.locate, listed_files) for row in self.plan.located):  # files and models
            return None
        if not edited:
            return TakenUp(self.checked, self.plan, None)
        checked = recheck(self.checked, graph, edited, catalogue, models.find)
        plan = replan(self.plan, checked.raise_errors(), edited, models.locate, listed_files) if checked else None
        if checked is None or plan is None:
            return None
        return TakenUp(checked, plan, [plan.names[name] for name in edited if name in plan.names])


class TakenUp(NamedTuple):
    """A run that goes on from the last one. steps: those whose inputs were edited; None where nothing was."""

    checked: Checked
    plan: Plan
    steps: list[int] | None


def inner_files(checked: Checked) -> dict[Path, tuple[int, int]]:
    """The graph files that stand as nodes in a graph, at any depth, with their stamps."""
    stamps: dict[Path, tuple[int, int]] = {}
    stack = [checked]
    while stack:
        for inner in [node.graph for node in stack.pop().nodes.values() if node.graph is not None]:
            path = inner.graph.path
            if path is not None and path not in stamps:
                stamps[path] = _stamp(path)
                stack.append(inner)
    return stamps


def _stamp(path: Path) -> tuple[int, int]:
    """A file's time of change and size, by which it is known whether it was edited; of one that is gone, nothing's."""
    try:
        stat = path.stat()
    except OSError:
        return -1, -1
    return stat.st_mtime_ns, stat.st_size


def contents(checked: Checked, given: dict[str, Any]) -> dict[str, bytes] | None:
    """The digest of everything that was given, by name; None where something has none."""
    try:
        return {name: digest_of(_plain(checked.inputs[name].type, value)) for name, value in given.items()}
    except Exception:  # a value that only its port can make sense of, which says so when it is planned
        return None


def _plain(type: PortType, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(type, item) for item in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    return str(value) if isinstance(value, Path) else type.flatten(type.adopt(value))


def frozen(value: Any) -> Any:
    """A value that was given, which the caller may go on changing."""
    return deepcopy(value) if isinstance(value, (list, dict, set)) else value
