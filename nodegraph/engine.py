"""An Engine: a catalogue, a cache, models and an executor, kept together for as long as someone runs graphs.

    import nodegraph

    graph = nodegraph.load("graphs/postcard.yaml")
    result = nodegraph.run(graph, subject="a white fox in the snow")
    result["verse"]        # a str
    result["picture"]      # a float tensor (3, height, width)

`nodegraph.run` keeps one Engine for the process. A service makes its own, to choose the cache folder, the device and
the packs. One Engine is used by one thread at a time.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from . import graphfile
from .cache import Cache
from .check import Checked, check, recheck
from .errors import GraphError, NodegraphError, Problem
from .events import Event, Warned
from .runs.executor import Executor, Result
from .export import bare_digest, depth_of, export, find_same, leaves, provenance, retell
from .graph import Graph
from .machine import choose_device, default_cache_folder, device_budget, host_budget
from .models import Models
from .packs import Catalogue
from .plan import Plan, plan, replan
from .types import PortType


class RunResult(Mapping):
    """The outputs of a run by name, read when asked for. `nodes` tells how each node fared."""

    def __init__(self, result: Result):
        self.raw, self.seconds, self.errors = result, result.seconds, result.errors

    @property
    def nodes(self) -> dict[str, Any]:
        """How each node fared, by name: its status, seconds and error."""
        return self.raw.nodes

    @property
    def cancelled(self) -> bool:
        """Whether the run was stopped."""
        return self.raw.cancelled

    @property
    def digests(self) -> dict[str, bytes]:
        """The digest of each output that was made, by name; `Engine.value` takes it."""
        return self.raw.digests

    def type(self, name: str) -> PortType:
        """The PortType of what an output that was made carries."""
        return self.raw.type(name)

    def __getitem__(self, name: str) -> Any:
        if name not in self.raw.plan.outputs:
            raise KeyError(f"{name}; the outputs are {', '.join(self.raw.plan.outputs)}")
        return self.raw.value(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw.digests)

    def __len__(self) -> int:
        return len(self.raw.digests)


class _Last(NamedTuple):
    """The last run that went well, for the next one to build on."""

    checked: Checked
    plan: Plan
    given: dict[str, Any]
    only: tuple[str, ...] | None
    result: Result
    inner: dict[Path, tuple[int, int]]  # the graph files inside it, with their times of change and sizes


def _inner_files(checked: Checked) -> dict[Path, tuple[int, int]]:
    """The graph files that stand as nodes in a graph, at any depth, with their stamps."""
    found: dict[Path, tuple[int, int]] = {}
    stack = [checked]
    while stack:
        for node in stack.pop().nodes.values():
            path = node.graph.graph.path if node.graph is not None else None
            if path is not None and path not in found:
                found[path] = _stamp(path)
                stack.append(node.graph)
    return found


def _stamp(path: Path) -> tuple[int, int]:
    """A file's time of change and size, by which it is known whether it was edited; of one that is gone, nothing's."""
    try:
        stat = path.stat()
    except OSError:
        return -1, -1
    return stat.st_mtime_ns, stat.st_size


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two sets of inputs are the same for sure: equal where they are plain, identical where they are not."""
    return one.keys() == other.keys() and all(
        one[k] is other[k] or isinstance(one[k], (str, int, float)) and type(one[k]) is type(other[k])
        and one[k] == other[k] for k in one)


class Engine:
    """Everything that running graphs takes.

    cache: a folder; None remembers in memory only; "default" is the user's own. device: "auto", "cpu", "cuda:0".
    dtype: "float32", or "auto" for half precision where the device has it; one that is named counts in Keys.
    functions, packs: nodes that are not installed. host, device_memory: budgets for Values and models, in bytes or as
    a fraction (up to 1) of what there is; disk: bytes of the cache folder. download: whether models may be fetched
    from a hub.
    previews: whether progress events carry pictures of what is being made. warn: told, in a sentence, what is not
    as it should be.
    """

    def __init__(self, cache: str | Path | None = "default", *, device: str = "auto", dtype: str = "auto",
                 functions: Iterable[Callable] = (), packs: Iterable[str | Path] = (), host: float = 0.4,
                 device_memory: float = 0.9, disk: int = 10 << 30, download: bool = False, workers: int | None = None, previews: bool = False,
                 catalogue: Catalogue | None = None, warn: Callable[[str], None] | None = None):
        self.catalogue = catalogue or Catalogue(functions, packs)
        self.warn = warn or (lambda message: print(f"nodegraph: {message}", file=sys.stderr))
        self.emit: Callable[[Event], None] | None = None
        self.cache = Cache(default_cache_folder() if cache == "default" else cache, host=host_budget(host), disk=disk,
                           warn=self._warned)
        self._device, self._dtype, self._device_memory = device, dtype, device_memory
        self.models = Models(self.catalogue, self._place, memory=self.cache.memory, download=download,
                             digests=self.cache.file_digest, precision="" if dtype == "auto" else dtype)
        self.executor = Executor(self.cache, self.models, workers=workers, previews=previews)
        self._last: _Last | None = None

    def _warned(self, message: str) -> None:
        if self.emit is not None:
            self.emit(Warned(message))
        else:
            self.warn(message)

    def _place(self) -> tuple[str, str]:
        """The device and the floating type to work in; asked for once, since it takes importing torch."""
        device = choose_device(self._device)
        if device != "cpu":
            self.cache.memory.budgets.setdefault(device, device_budget(device, self._device_memory))
        return device, self._dtype if self._dtype != "auto" else "float32" if device == "cpu" else "bfloat16"

    def load(self, path: str | Path) -> Graph:
        """Read and check a graph file. Raises GraphError with every error found."""
        graph, problems = graphfile.read(path)
        self.check(graph, problems).raise_errors()
        return graph

    def check(self, graph: Graph, problems: list[Problem] | None = None) -> Checked:
        """Everything that is known about a graph before it runs."""
        return check(graph, self.catalogue, problems, self.models.find)

    def plan(self, graph: Graph | Checked, given: Mapping[str, Any] | None = None,
             only: Iterable[str] | None = None, seeds: Mapping[str, int] | None = None) -> Plan:
        """What a run of this graph would do; seeds: what an earlier run rolled (`Plan.seeds`). Raises GraphError."""
        checked = graph if isinstance(graph, Checked) else self.check(graph)
        return plan(checked, given, only, self.models.locate, seeds=seeds)

    def run(self, graph: Graph | str | Path, given: Mapping[str, Any] | None = None, *,
            only: Iterable[str] | None = None, emit: Callable[[Event], None] | None = None,
            cancel: threading.Event | None = None,
            planned: Callable[[Checked, Plan], None] | None = None) -> RunResult:
        """Run a graph. Raises GraphError if it is wrong; what nodes do wrong is in the result's `errors`.

        planned: told, before the first event, what is known of the graph and what is going to be done.
        Running the same Graph again, or one that `with_value` made from it, takes up what was found out before:
        then only nodes that the edit can have changed are looked at, and told of in events.
        """
        if not isinstance(graph, Graph):
            graph = self.load(graph)
        given, only = dict(given or {}), tuple(only) if only is not None else None
        last = self._last
        if last is not None and last.only == only and _alike(last.given, given):
            edited = graph.edited_since(last.checked.graph)
            if edited is not None and last.plan.repeatable and self._as_located(last.plan) \
                    and all(_stamp(path) == stamp for path, stamp in last.inner.items()):
                if not edited:
                    self._tell_left_out(last.plan, emit)
                    if planned is not None:
                        planned(last.checked, last.plan)
                    return RunResult(self.executor.again(last.result, emit))
                checked = recheck(last.checked, graph, edited, self.catalogue, self.models.find)
                plan = replan(last.plan, checked.raise_errors(), edited, self.models.locate) if checked else None
                if plan is not None:
                    indices = [plan.names[name] for name in edited if name in plan.names]
                    if planned is not None:
                        planned(checked, plan)
                    return self._carry_out(checked, plan, given, only, emit, cancel, last.result, indices)
        checked = self.check(graph)
        plan = self.plan(checked, given, only)
        if planned is not None:
            planned(checked, plan)
        return self._carry_out(checked, plan, given, only, emit, cancel)

    def _carry_out(self, checked: Checked, plan: Plan, given: dict, only: tuple | None, emit, cancel,
                   since: Result | None = None, edited: list[int] = ()) -> RunResult:
        """Run, and remember how far things are for the next run."""
        self._tell_left_out(plan, emit)
        inner = _inner_files(checked) if since is None else self._last.inner
        self.emit = emit
        try:
            result = self.executor.run(plan, emit, cancel, since, edited)
        finally:
            self.emit = None
        whole = not result.errors and not result.cancelled
        self._last = _Last(checked, plan, given, only, result, inner) if whole else None
        return RunResult(result)

    def _tell_left_out(self, plan: Plan, emit: Callable[[Event], None] | None) -> None:
        for name, cause in plan.left_out.items():
            message = f"output {name} is left out, since {cause} is muted"
            if emit is not None:
                emit(Warned(message))
            else:
                self.warn(message)

    def _as_located(self, plan: Plan) -> bool:
        """Whether the files and models that a Plan names are what they were."""
        return all(self.models.locate(type, value, folder) == named for type, value, folder, named in plan.located)

    def run_plan(self, plan: Plan, *, emit: Callable[[Event], None] | None = None,
                 cancel: threading.Event | None = None) -> RunResult:
        """Carry out a Plan that was made before."""
        self._tell_left_out(plan, emit)
        self.emit = emit
        try:
            return RunResult(self.executor.run(plan, emit, cancel))
        finally:
            self.emit = None

    def value(self, type: PortType, digest: bytes) -> Any:
        """A Value by the digest that an event or a result told, or the list of Values if it is that of a list.

        type: of the port it came out of. Raises KeyError where the Value was let go since; nothing is made again.
        An `emit` may call this while the run goes on.
        """
        items = getattr(digest, "items", None)
        return self.cache.value(type, digest) if items is None else [self.value(type, item) for item in items]

    def export(self, result: RunResult, name: str, folder: Path, stem: str, *, overwrite: bool = False) -> list[Path]:
        """Write one output of a run to files named after `stem`; the paths.

        Files of an earlier run that hold the very same are left as they are, and the Value is not even read. A PNG
        carries the graph that made it (`export.embedded_graph`); with `overwrite` one that holds the same picture is
        given the graph of this run.
        """
        output, type = result.raw.plan.outputs[name], result.raw.type(name)
        extension, disk = next(iter(type.exports)), self.cache.disk
        depth, items = output.flow.depth, leaves(result.raw.digests[name], output.flow.depth)
        same = None
        if disk is not None:
            contents = {tail: content for tail, item in items.items()
                        if (content := disk.exported(item, extension)) is not None}
            if len(contents) == len(items):
                same = find_same(contents, folder, stem, extension, numbered=not overwrite)
                if same is not None and not overwrite:
                    return same
        embed = provenance(result.raw.plan, name) if extension == "png" else None
        if same is not None:
            if embed:
                retell(same, embed)
            return same
        paths = export(type, result[name], folder, stem, depth=depth, overwrite=overwrite, embed=embed)
        if disk is not None:
            for item, path in zip(items.values(), paths):
                disk.note_export(item, extension, bare_digest(path))
        return paths

    def save(self, type: PortType, digest: bytes, path: Path, *, plan: Plan | None = None,
             output: str = "") -> list[Path]:
        """Write a Value that `value` would give to this very file, over one that is there; the paths.

        A list is written as name.1.png, name.2.png, ... plan: what made it; a PNG then carries its graph and what
        the run was given, and that it is this output. Raises KeyError where the Value was let go, InputError where
        the type cannot be written as such a file, OSError where the disk refuses.
        """
        extension = path.suffix.removeprefix(".").lower() or None
        embed = provenance(plan, output) if plan is not None and extension == "png" else None
        return export(type, self.value(type, digest), path.parent, path.stem, depth=depth_of(digest),
                      overwrite=True, extension=extension, embed=embed)

    def close(self) -> None:
        """Write what is new to disk and let go of it."""
        self.cache.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


_engine: Engine | None = None


def engine() -> Engine:
    """The Engine that `load` and `run` share in this process."""
    global _engine
    if _engine is None:
        _engine = Engine()
    return _engine


def load(path: str | Path) -> Graph:
    """Read and check a graph file. Raises GraphError, with the place and the remedy of every problem."""
    return engine().load(path)


def run(graph: Graph | str | Path, /, *, only: Iterable[str] | None = None,
        emit: Callable[[Event], None] | None = None, **given: Any) -> RunResult:
    """Run a graph, or a graph file, with its inputs as keywords; the outputs by name.

    Raises GraphError if the graph is wrong, and NodeFailed if a node that an output needs failed.
    """
    result = engine().run(graph, given, only=only, emit=emit)
    if result.errors:
        raise result.errors[0]
    if not result.raw.ok:
        raise NodegraphError("the run was stopped before every output was made")
    return result
