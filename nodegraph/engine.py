"""An Engine: a catalogue, a cache, models and an executor, kept together for as long as someone runs graphs.

    import nodegraph

    graph = nodegraph.load("graphs/postcard.yaml")
    result = nodegraph.run(graph, subject="a white fox in the snow")
    result["verse"]        # a str
    result["picture"]      # a float tensor (3, height, width)

`nodegraph.run` keeps one Engine for the process. A service makes its own, to choose the cache folder, the device and
the packs. An Engine may be used from many threads: it carries out one run at a time, the others wait for their turn.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from logging import INFO
from pathlib import Path
from typing import Any

from . import bundle, graphfile, ledger, shipped
from .cache import Cache
from .check import Checked, check
from .errors import GraphError, NodegraphError, Problem
from .events import Cached, Event, Warned
from .export import Written, depth_of
from .filelist import listed_files as matching
from .graph import Form, Graph, GraphInput, Node, Ref
from .lastrun import LastRun, contents, frozen, inner_files
from .logs import LOGGER, logged
from .machine import default_cache_folder, host_budget, working_place
from .models import Models
from .outputs import OutputFiles, save
from .packs import Catalogue
from .plan import Plan, plan
from .results import RunResult
from .runs import Executor, Result
from .runs.forecast import Forecast, dry_run, forecast
from .stream import Stream
from .types import PortType
from .warning import warn


class Engine:
    """Everything that running graphs takes.

    cache: a folder; None remembers in memory only; "default" is the user's own. device: "auto", "cpu", "mps", "cuda:0".
    dtype: "float32", or "auto" for half precision where the device has it; one that is named counts in Keys.
    functions, packs: nodes that are not installed. models: folders in which models are found by name, beside those that
    NODEGRAPH_MODELS names. host, device_memory: budgets for Values and models, in bytes or as a fraction (up to 1) of
    what there is; disk: bytes of the cache folder. download: whether models may be fetched from a hub.
    previews: whether progress events carry pictures of what is being made. warn: told, in a sentence, what is not
    as it should be.
    """

    def __init__(self, cache: str | Path | None = "default", *, device: str = "auto", dtype: str = "auto",
                 functions: Iterable[Callable[..., Any]] = (), packs: Iterable[str | Path] = (),
                 models: Iterable[str | Path] = (), host: float = 0.4,
                 device_memory: float = 0.9, disk: int = 10 << 30, download: bool = False,
                 workers: int | None = None, previews: bool = False,
                 catalogue: Catalogue | None = None, warn: Callable[[str], None] | None = None):
        self.catalogue = catalogue or Catalogue(functions, packs, models=models)
        self.warn = warn or (lambda message: LOGGER.warning("%s", message))
        self.emit: Callable[[Event], None] | None = None
        self.cache = Cache(default_cache_folder() if cache == "default" else cache, host=host_budget(host), disk=disk,
                           warn=self._warned)
        place = partial(working_place, device, dtype, self.cache.memory.budgets, device_memory)
        self.models = Models(self.catalogue, place, memory=self.cache.memory, download=download,
                             digests=self.cache.file_digest, precision="" if dtype == "auto" else dtype)
        self.executor = Executor(self.cache, self.models, workers=workers, previews=previews, warn=self._warned)
        self._last: LastRun | None = None
        self.closed = False
        self._turn = threading.RLock()  # one run at a time

    def _warned(self, message: str) -> None:
        if self.emit is not None:
            self.emit(Warned(message))
        else:
            self.warn(message)

    def load(self, path: str | Path) -> Graph:
        """Read and check a graph file. Raises GraphError with every error found.

        `postcard` and `graphs/postcard.yaml` name a graph that comes along, where no such file is there; a bundle (.zip)
        is unpacked into the user's cache. Packs that are
        not installed and were edited since are read again.
        """
        self._judge_open()
        with self._turn:
            self.catalogue.refresh()
        found = bundle.graph_of(shipped.path_of(path), default_cache_folder())
        graph, problems = graphfile.read(found)
        self.check(graph, problems).raise_errors()
        return graph

    def check(self, graph: Graph, problems: list[Problem] | None = None, given: Collection[str] = ()) -> Checked:
        """Everything that is known about a graph before it runs. given: inputs whose defaults do not matter."""
        return check(graph, self.catalogue, problems, self.models.find, given)

    def plan(self, graph: Graph | Checked, given: Mapping[str, Any] | None = None,
             only: Iterable[str] | None = None, seeds: Mapping[str, int] | None = None) -> Plan:
        """What a run of this graph would do; seeds: what an earlier run rolled (`Plan.seeds`). Raises GraphError."""
        self._judge_open()
        checked = graph if isinstance(graph, Checked) else self.check(graph, given=given or ())
        values = {name: frozen(value) for name, value in (given or {}).items()}
        return plan(checked, values, only, self.models.locate, seeds=seeds, expand=matching)

    def forecast(self, plan: Plan, emit: Callable[[Event], None] | None = None) -> list[Forecast]:
        """How each node that the outputs of a plan need would fare. Nothing is called.

        emit: hears of each node whose result is remembered, as a run would tell it (`Cached`).
        """
        def heard(event: Event) -> None:
            if emit is not None and isinstance(event, Cached):
                emit(event)

        with self._turn:
            return forecast(plan, dry_run(plan, self.executor, heard if emit is not None else None),
                            ledger.last_times(plan, self.cache))

    def why(self, plan: Plan, node: str) -> list[str]:
        """Sentences that say which ingredient of a node changed since it last ran, back to where that began."""
        with self._turn:
            run = dry_run(plan, self.executor)
            rows = forecast(plan, run, ledger.last_times(plan, self.cache))
            return ledger.why(plan, run, rows, self.cache, node)

    def run(self, graph: Graph | str | Path, given: Mapping[str, Any] | None = None, *,
            only: Iterable[str] | None = None, emit: Callable[[Event], None] | None = None,
            cancel: threading.Event | None = None, timeout: float | None = None,
            planned: Callable[[Checked, Plan], None] | None = None) -> RunResult:
        """Run a graph. Raises GraphError if it is wrong; what nodes do wrong is in the result's `errors`.

        only: the outputs that are wanted. cancel: set it to stop the run at the next report of a node. timeout:
        seconds after which the run is stopped likewise; the result is then `cancelled`. planned: told, before the first event,
        what is known of the graph and what is going to be done.
        Running the same Graph again, or one that `with_value` made from it, takes up what was found out before:
        then only nodes that the edit can have changed are looked at, and told of in events.
        """
        if self.closed:
            self._judge_open()
        if not isinstance(graph, Graph):
            graph = self.load(graph)
        if timeout is not None:
            with stopping(cancel := cancel or threading.Event(), timeout):
                return self.run(graph, given, only=only, emit=emit, cancel=cancel, planned=planned)
        with self._turn:
            return self._run(graph, dict(given or {}), tuple(only) if only is not None else None,
                             logged(emit) if LOGGER.isEnabledFor(INFO) else emit, cancel,
                             planned or (lambda checked, plan: None))

    def stream(self, graph: Graph | str | Path, given: Mapping[str, Any] | None = None, *,
               only: Iterable[str] | None = None, timeout: float | None = None) -> Stream:
        """The same for asyncio: `async for event in engine.stream(...)`; its `result` is there when they are over."""
        def work(emit: Callable[[Event], None], cancel: threading.Event) -> RunResult:
            return self.run(graph, given, only=only, emit=emit, cancel=cancel, timeout=timeout)
        return Stream(work)

    async def arun(self, graph: Graph | str | Path, given: Mapping[str, Any] | None = None, *,
                   only: Iterable[str] | None = None, emit: Callable[[Event], None] | None = None,
                   timeout: float | None = None) -> RunResult:
        """`run`, to be awaited. emit: called on the event loop. A task that is cancelled stops the run."""
        stream = self.stream(graph, given, only=only, timeout=timeout)
        async for event in stream:
            if emit is not None:
                emit(event)
        return stream.result

    def _judge_open(self) -> None:
        if self.closed:
            raise NodegraphError("this Engine is closed; make another")

    def _run(self, graph: Graph, given: dict[str, Any], only: tuple[str, ...] | None,
             emit: Callable[[Event], None] | None, cancel: threading.Event | None,
             planned: Callable[[Checked, Plan], None]) -> RunResult:
        last = self._last
        going_on = last.taken_up(graph, given, only, self.catalogue, self.models) if last is not None else None
        if last is None or going_on is None:
            checked = self.check(graph, given=given)
            plan = self.plan(checked, given, only)
            planned(checked, plan)
            return self._carry_out(checked, plan, contents(checked, given), only, emit, cancel)
        if going_on.steps is None:
            self._tell_left_out(last.plan, emit)
            planned(last.checked, last.plan)
            return RunResult(self.executor.again(last.result, emit))
        planned(going_on.checked, going_on.plan)
        return self._carry_out(going_on.checked, going_on.plan, last.given, only, emit, cancel, last, going_on.steps)

    def _carry_out(self, checked: Checked, plan: Plan, given: dict[str, bytes] | None, only: tuple[str, ...] | None,
                   emit: Callable[[Event], None] | None, cancel: threading.Event | None,
                   last: LastRun | None = None, edited: list[int] | None = None) -> RunResult:
        """Run, and remember how far things are for the next run."""
        inner = inner_files(checked) if last is None else last.inner
        result = self._execute(plan, emit, cancel, last.result if last is not None else None, edited)
        whole = not result.errors and not result.passed_over and not result.cancelled
        self._last = LastRun(checked, plan, given, only, result, inner, self.catalogue.revision) if whole else None
        return RunResult(result)

    def _execute(self, plan: Plan, emit: Callable[[Event], None] | None, cancel: threading.Event | None,
                 since: Result | None = None, edited: list[int] | None = None) -> Result:
        self._tell_left_out(plan, emit)
        around, self.emit = self.emit, emit  # a listener may run another graph
        try:
            result = self.executor.run(plan, emit, cancel, since, edited)
            ledger.remember(result, self.cache)
            return result
        finally:
            self.emit = around

    def _tell_left_out(self, plan: Plan, emit: Callable[[Event], None] | None) -> None:
        for name, cause in plan.left_out.items():
            told = Warned(f"output {name} is left out, since {cause} is muted")
            emit(told) if emit is not None else self.warn(told.message)

    def run_plan(self, plan: Plan, *, emit: Callable[[Event], None] | None = None,
                 cancel: threading.Event | None = None) -> RunResult:
        """Carry out a Plan that was made before."""
        self._judge_open()
        with self._turn:
            return RunResult(self._execute(plan, logged(emit) if LOGGER.isEnabledFor(INFO) else emit, cancel))

    def convert(self, type: PortType, digest: bytes, to: PortType) -> Any:
        """A Value made into one of another type, by the node that is there for it; remembered like any request.

        Raises GraphError where there is no such node, NodeFailed where it fails, KeyError where the Value is gone.
        """
        result = self.run(conversion(self.catalogue, type, to), {"value": self.value(type, digest)})
        if result.errors:
            raise result.errors[0]
        return result["result"]

    def value(self, type: PortType, digest: bytes) -> Any:
        """A Value by the digest that an event or a result told, or the list of Values if it is that of a list.

        type: of the port it came out of. Raises KeyError where the Value was let go since; nothing is made again.
        An `emit` may call this while the run goes on.
        """
        items = getattr(digest, "items", None)
        return self.cache.value(type, digest) if items is None else [self.value(type, item) for item in items]

    def export(self, result: RunResult, name: str, folder: str | Path, stem: str, *, overwrite: bool = False) -> list[Path]:
        """Write one output of a run to files named after `stem`, in the form that the graph chose; the paths.

        Files of an earlier run that hold the very same are left as they are, and the Value is not even read. A PNG
        carries the graph that made it (`export.embedded_graph`); with `overwrite` one that holds the same picture is
        given the graph of this run. Where a file cannot be written, the others are, and its error is raised.
        """
        written = self.write(result, name, Path(folder), stem, overwrite=overwrite)
        for sentence in written.warnings:
            warn(sentence)
        if written.unwritten:
            raise written.unwritten[0].error
        return written.paths

    def write(self, result: RunResult, name: str, folder: Path, stem: str, *, form: Form | None = None,
              overwrite: bool = False, graph: bool = True, stems: Iterable[str] = ()) -> Written:
        """The same, as far as it can be done: of a list in which items failed (`RunResult.lost`), those that are good.

        form: how it is written, if not as the graph says. graph: whether a PNG carries that. stems: names that other
        releases would have given; what is there under one of them is not written again. Raises InputError where the type
        has no such form, OSError where what is there already cannot be read.
        """
        return self.files(result, name, form=form, graph=graph).write(folder, stem, overwrite, tuple(stems))

    def files(self, result: RunResult, name: str, *, form: Form | None = None, graph: bool = True) -> OutputFiles:
        """One output on its way to files, for whoever writes those of a run under one number (`outputs.common_number`)."""
        return OutputFiles(self.cache, result.raw, name, form, graph)

    def save(self, type: PortType, digest: bytes, path: str | Path, *, plan: Plan | None = None,
             output: str = "") -> list[Path]:
        """Write a Value that `value` would give to this very file, over one that is there; the paths.

        A list is written as name.1.png, name.2.png, ... plan: what made it; a PNG then carries its graph and what
        the run was given, and that it is this output. Raises KeyError where the Value was let go, InputError where
        the type cannot be written as such a file, OSError where the disk refuses.
        """
        return save(type, self.value(type, digest), depth_of(digest), Path(path), plan, output)

    def close(self) -> None:
        """Write what is new to disk, let go of it, and of everything that is held in memory and on devices."""
        self.closed = True
        self.cache.close()
        self._last = None
        self.models.clear()
        self.cache.memory.clear()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def conversion(catalogue: Catalogue, type: PortType, to: PortType) -> Graph:
    """A graph that makes a `result` of one type of a `value` of another. Raises GraphError where no node does."""
    nodes = catalogue.converters(type, to)
    if not nodes:
        raise GraphError(f"no node makes {to.name} of {type.name}")
    nodetype = catalogue.nodetype(nodes[0])
    assert nodetype is not None
    port = next(port for port in nodetype.inputs.values() if port.type is type)
    output = next(port for port in nodetype.outputs.values() if port.type is to)
    return Graph({"converted": Node(nodes[0], {port.name: Ref("value")})}, {"value": GraphInput(type.name)},
                 {"result": Ref("converted", output.name)})


@contextmanager
def stopping(cancel: threading.Event, timeout: float) -> Iterator[None]:
    """Sets an event once so many seconds have passed within."""
    timer = threading.Timer(timeout, cancel.set)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


_engine: Engine | None = None
_making = threading.Lock()


def engine() -> Engine:
    """The Engine that `load` and `run` share in this process."""
    global _engine
    with _making:
        if _engine is None or _engine.closed:
            _engine = Engine()
        return _engine


def load(path: str | Path) -> Graph:
    """Read and check a graph file. Raises GraphError, with the place and the remedy of every problem."""
    return engine().load(path)


def run(graph: Graph | str | Path, given: Mapping[str, Any] | None = None, /, *, only: Iterable[str] | None = None,
        emit: Callable[[Event], None] | None = None, timeout: float | None = None,
        functions: Iterable[Callable[..., Any]] = (), packs: Iterable[str | Path] = (), **inputs: Any) -> RunResult:
    """Run a graph, or a graph file, with its inputs as keywords; the outputs by name.

    given: inputs as a mapping, for those that are called as one of the parameters here. timeout: seconds.
    functions, packs: nodes that are not installed; they are known to this process from then on.
    Raises GraphError if the graph is wrong, and NodeFailed if a node that an output needs failed.
    """
    shared = engine()
    for pack in packs:
        shared.catalogue.join(pack)
    for function in functions:
        shared.catalogue.add(function)
    result = shared.run(graph, {**(given or {}), **inputs}, only=only, emit=emit, timeout=timeout)
    if result.errors:
        raise result.errors[0]
    if not result.raw.ok:
        raise NodegraphError("the run was stopped before every output was made")
    return result
