"""Runs graphs in a thread of its own, so that the window never waits for a node, a model or an import.

One worker thread makes the Engine, uses it and closes it. The window's thread asks (`run`, `stop`, `export`),
and once a frame takes what there is to tell (`poll`); nothing it calls here waits for the worker.
"""

from __future__ import annotations

import itertools
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import Engine, GraphError, NodegraphError, Problem, RunResult
from nodegraph import events as ev
from nodegraph.check import Checked
from nodegraph.graph import Graph
from nodegraph.plan import Plan, Step
from nodegraph.types import PortType

from . import updates as up
from .gallery import LIMIT
from .hearing import SOUND, is_sound, way_to_sound, write_sound
from .parts import Parts, wanted_inputs
from .pictures import Allowance, Pictures, large_picture, named
from .thumbnails import Thumbnail, preview_picture
from ..words.speak import t

THUMBNAIL_SHARE = 0.25  # of a run's time may go into thumbnails while it lasts; the others are made after it
LARGE = 1024  # pixels on the long side of an enlarged picture


class _Made(NamedTuple):
    """Something that can be written to a file. plan: what made it, with the graph that the job was about."""

    type: PortType
    digest: bytes
    plan: Plan


class _NotMade(NodegraphError):
    """Something is wanted that no job made."""


class _Request(NamedTuple):
    """Something that is wanted of what a job made."""

    job: int
    output: str
    do: Callable[[Engine], None]


@dataclass(eq=False)
class _Job:
    number: int
    graph: Graph
    only: tuple[str, ...] | None
    to: tuple[str, ...] | None
    given: dict[str, Any]
    label: str
    cancel: threading.Event = field(default_factory=threading.Event)

    @property
    def kind(self) -> tuple:
        return self.only, self.to

    def done(self, seconds: float = 0.0, cancelled: bool = True,
             outputs: Mapping[str, up.Output] | None = None, failed: int = 0,
             seeds: Mapping[str, int] | None = None) -> up.Done:
        """The update that ends it."""
        return up.Done(self.number, self.label, seconds, cancelled, outputs or {}, failed, self.graph,
                       self.given, seeds or {})


class Runner:
    """A worker thread with an Engine in it.

    make_engine: called in the worker when the first job comes, and again for the next if it raised. Pass
    `previews=True` to the Engine to see what samplers are making.
    """

    def __init__(self, make_engine: Callable[[], Engine]):
        self._make_engine = make_engine
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()  # guards all that follows
        self._jobs: deque[_Job] = deque()
        self._requests: deque[_Request] = deque()
        self._running: _Job | None = None
        self._at_work = False
        self._closing = False
        self._updates: list[up.Update | None] = []
        self._newest: dict[tuple, int] = {}  # what a later update replaces -> its place in `_updates`
        # The worker's own from here on.
        self._engine: Engine | None = None
        self._pictures: Pictures | None = None
        self._parts = Parts()
        self._outputs: dict[int, dict[str, _Made]] = {}  # by job, the newest last
        self._ports: dict[str, _Made] = {}  # "node.port" -> what it gave last
        self._thread = threading.Thread(target=self._work, name="nodegraph-runner", daemon=True)
        self._thread.start()

    # -- what the window's thread calls

    def run(self, graph: Graph, *, only: Iterable[str] | None = None, to: Iterable[str] | None = None,
            given: Mapping[str, Any] | None = None, label: str = "", supersede: bool = False) -> int:
        """Ask for a run; the job's number.

        only: outputs of the graph, all of them if left out. to: nodes instead, whether an output reads them or
        not; what they do not depend on is not even checked. A graph without outputs runs to every node that no
        other reads. A job that waits with the same `only` and `to` gives way to this one. supersede: so does
        every other, and the one that runs is stopped.
        """
        job = _Job(next(self._numbers), graph, tuple(only) if only is not None else None,
                   tuple(to) if to is not None else None, dict(given or {}), label)
        with self._changed:
            self._refuse_when_closed()
            for other in [other for other in self._jobs if supersede or other.kind == job.kind]:
                self._drop(other)
            if supersede and self._running is not None:
                self._running.cancel.set()
            self._jobs.append(job)
            self._changed.notify_all()
        return job.number

    def stop(self) -> None:
        """Stop the run at its next report of progress, and forget the jobs that wait."""
        with self._changed:
            for job in list(self._jobs):
                self._drop(job)
            if self._running is not None:
                self._running.cancel.set()

    def export(self, job: int, output: str, path: str | Path) -> None:
        """Write to a file what a job made; an Exported update tells how it went.

        output: an output's name, or "node.port" for what that port gave last. A sound that is to be heard is
        written to a file too.
        """
        self._ask(_Request(job, output, lambda engine: self._export(engine, job, output, Path(path))))

    def enlarge(self, job: int, output: str, side: int = LARGE) -> None:
        """Make a larger picture of what a job made; an Enlarged update brings it. output: as for `export`."""
        self._ask(_Request(job, output, lambda engine: self._enlarge(engine, job, output, side)))

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        with self._changed:
            return self._running is not None or bool(self._jobs)

    @property
    def running(self) -> int | None:
        """The number of the job that runs."""
        with self._changed:
            return self._running.number if self._running is not None else None

    def poll(self) -> list[up.Update]:
        """What happened since the last time, in order."""
        with self._changed:
            updates, self._updates = self._updates, []
            self._newest.clear()
        return [update for update in updates if update is not None]

    def wait(self, timeout: float | None = None) -> bool:
        """For scripts and tests: wait until all is done, thumbnails too; whether it was in time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not (self._at_work or self._jobs or self._requests), timeout)

    def wait_for_update(self, timeout: float | None = None) -> bool:
        """For scripts and tests: wait until there is something to poll; whether there is in time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: any(update is not None for update in self._updates), timeout)

    def close(self, timeout: float | None = 5.0) -> bool:
        """Stop everything and let go of the Engine. Whether the worker ended in that many seconds.

        A node that does not report progress cannot be stopped; its thread ends with the process.
        """
        self.stop()
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _ask(self, request: _Request) -> None:
        with self._changed:
            self._refuse_when_closed()
            self._requests.append(request)
            self._changed.notify_all()

    def _refuse_when_closed(self) -> None:
        if self._closing:
            raise NodegraphError("the runner is closed; make another one")

    def _drop(self, job: _Job) -> None:
        self._jobs.remove(job)
        self._append(job.done())

    # -- telling

    def _tell(self, update: up.Update) -> None:
        with self._changed:
            self._append(update)

    def _append(self, update: up.Update) -> None:
        kind = type(update)
        if kind is up.Progress or kind is up.Pictured:
            key = (kind, update.node, update.port if kind is up.Pictured else "")
            if key in self._newest:
                self._updates[self._newest[key]] = None
            self._newest[key] = len(self._updates)
        self._updates.append(update)
        self._changed.notify_all()

    # -- the worker

    def _work(self) -> None:
        try:
            while (task := self._next()) is not None:
                task()
        finally:
            if self._engine is not None:
                self._engine.close()

    def _next(self) -> Callable[[], None] | None:
        """What to do now: a job, else something that was asked for, else a thumbnail. None at the end."""
        with self._changed:
            self._at_work = False
            self._running = None
            while True:
                if self._closing:
                    return None
                if self._jobs:
                    job = self._running = self._jobs.popleft()
                    task = partial(self._carry_out, job)
                elif self._requests:
                    task = self._serve
                elif self._pictures is not None and self._pictures.waiting:
                    task = self._pictures.make_one
                else:
                    self._changed.notify_all()
                    self._changed.wait()
                    continue
                self._at_work = True
                return task

    def _at_hand(self) -> Engine:
        """The Engine, made when it is first needed."""
        if self._engine is None:
            engine = self._make_engine()
            engine.warn = lambda message: self._tell(up.Warned(None, message))
            self._engine, self._pictures = engine, Pictures(engine, self._tell)
        return self._engine

    def _carry_out(self, job: _Job) -> None:
        try:
            engine = self._at_hand()
            graph = self._parts.wanted(engine, job.graph, job.only, job.to)
            watch = _Watch(self, engine, self._pictures, job)
            result = engine.run(graph, wanted_inputs(job.given, job.graph, graph), only=job.only, emit=watch,
                                cancel=job.cancel, planned=watch.planned)
            update = watch.done(result)
        except GraphError as error:
            update = up.Refused(job.number, error.problems)
        except NodegraphError as error:
            update = up.Refused(job.number, (Problem(None, str(error)),))
        except Exception as error:  # a fault of the engine or of the disk; the next job may go well
            problem = Problem(None, t("run.broke_off", why=named(error)))
            update = up.Refused(job.number, (problem,), traceback.format_exc())
        with self._changed:
            self._running = None
            self._append(update)

    def _serve(self) -> None:
        """Do what was asked for longest ago; while a job runs, the first of what can be done already."""
        with self._changed:
            request = next((request for request in self._requests
                            if self._running is None or self._find(request.job, request.output)), None)
            if request is None:
                return
            self._requests.remove(request)
        try:
            engine = self._at_hand()
        except Exception as error:
            self._tell(up.Warned(None, t("run.no_engine", why=named(error))))
        else:
            request.do(engine)

    def _find(self, job: int, output: str) -> _Made | None:
        return self._outputs.get(job, {}).get(output) or self._ports.get(output)

    def _made(self, job: int, output: str) -> _Made:
        found = self._find(job, output)
        if found is None:
            raise _NotMade(t("run.not_made", output=output))
        return found

    def _keep(self, job: int, made: dict[str, _Made]) -> None:
        """Remember what a job made, as long as the gallery would show it."""
        if made:
            self._outputs[job] = made
        while len(self._outputs) > LIMIT:
            del self._outputs[next(iter(self._outputs))]

    def _export(self, engine: Engine, job: int, output: str, path: Path) -> None:
        try:
            made = self._made(job, output)
            paths = self._write(engine, made, output, path)
        except KeyError:
            self._tell(up.Exported(job, output, (), t("run.let_go", output=output)))
        except _NotMade as error:
            self._tell(up.Exported(job, output, (), str(error)))
        except Exception as error:
            why = t("run.not_written", output=output, path=path, why=named(error))
            self._tell(up.Exported(job, output, (), why))
        else:
            self._tell(up.Exported(job, output, tuple(paths)))

    @staticmethod
    def _write(engine: Engine, made: _Made, output: str, path: Path) -> list[Path]:
        way = None
        if path.suffix == f".{SOUND}" and not is_sound(made.type) and not hasattr(made.digest, "items"):
            way = way_to_sound(engine.catalogue, made.type)
        if way is None:
            return engine.save(made.type, made.digest, path, plan=made.plan, output=output)
        write_sound(way, engine.value(made.type, made.digest), path)
        return [path]

    def _enlarge(self, engine: Engine, job: int, output: str, side: int) -> None:
        try:
            made = self._made(job, output)
            picture = large_picture(engine, made.type, made.digest, side)
        except KeyError:
            self._tell(up.Enlarged(job, output, None, t("run.let_go", output=output)))
        except _NotMade as error:
            self._tell(up.Enlarged(job, output, None, str(error)))
        except Exception as error:
            self._tell(up.Enlarged(job, output, None, t("run.cannot_show", output=output, why=named(error))))
        else:
            self._tell(up.Enlarged(job, output, picture))


class _Watch:
    """Turns the events of one run into updates. Called in the worker, by the engine."""

    def __init__(self, runner: Runner, engine: Engine, pictures: Pictures, job: _Job):
        self.runner, self.engine, self.pictures, self.job = runner, engine, pictures, job
        self.plan: Plan | None = None
        self.origin: Plan | None = None  # the plan as one of the whole graph, even where a part of it runs
        self.passed_on: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.allowance = Allowance(THUMBNAIL_SHARE)

    def planned(self, checked: Checked, plan: Plan) -> None:
        """Learn what the names in the events stand for."""
        self.plan = plan
        self.origin = replace(plan, graph=self.job.graph)
        self.passed_on = passed_on(checked)

    def __call__(self, event: ev.Event) -> None:
        update = self.update(event)
        if update is not None:
            self.runner._tell(update)
        if type(event) is ev.Finished or type(event) is ev.Cached:
            self.picture(event.node, event.outputs)
        if self.runner._requests:
            self.runner._serve()
        while self.pictures.waiting and self.allowance.left():
            with self.allowance:
                self.pictures.make_one()

    def update(self, event: ev.Event) -> up.Update | None:
        """What an event amounts to for the window."""
        job = self.job.number
        match event:
            case ev.Planned():
                return up.Planned(job, self.job.label, event.nodes, dict(self.plan.seeds), self.job.graph,
                                  self.job.given)
            case ev.Started():
                return up.Started(job, event.node)
            case ev.Progress():
                return up.Progress(job, event.node, event.done, event.total, event.text, self.preview(event))
            case ev.Loaded():
                return up.Loaded(job, event.node, event.source, event.seconds)
            case ev.Finished():
                return up.Finished(job, event.node, event.seconds, event.ran, event.remembered)
            case ev.Cached():
                return up.Cached(job, event.node)
            case ev.Failed():
                error = event.error
                return up.Failed(job, event.node, error.message, error.report(), error.where)
            case ev.Skipped():
                return up.Skipped(job, event.node, event.because)
            case ev.Warned():
                return up.Warned(job, event.message)
        return None  # Done is told once the outputs are known

    def preview(self, event: ev.Progress) -> Thumbnail | None:
        if event.preview is None:
            return None
        try:
            return preview_picture(event.preview)
        except Exception as error:  # a pack's picture that is none must not end the run
            self.pictures.warn_once((self.job.number, event.node),
                                    t("run.no_preview", node=event.node, why=named(error)))
            return None

    def picture(self, node: str, digests: tuple[bytes, ...]) -> None:
        """Have pictures made of what a node gave, and of the ports of graphs around it that pass it on."""
        step = self.plan.steps[self.plan.names[node]]
        for (port, type), digest in zip(output_types(self.plan, step), digests):
            places = [(node, port)]
            for place in places:
                places += self.passed_on.get(place, ())
                self.pictures.want(self.job.number, *place, type, digest)
                self.runner._ports[".".join(place)] = _Made(type, digest, self.origin)

    def done(self, result: RunResult) -> up.Done:
        """The update that ends the job, with a picture of each output."""
        made = {name: _Made(result.type(name), digest, self.origin) for name, digest in result.digests.items()}
        self.runner._keep(self.job.number, made)
        outputs = {name: up.Output(type, digest, self.pictures.of(self.job.number, name, type, digest))
                   for name, (type, digest, _) in made.items()}
        return self.job.done(result.seconds, result.cancelled, outputs, len(result.errors),
                             dict(self.plan.seeds))


def output_types(plan: Plan, step: Step) -> Iterator[tuple[str, PortType]]:
    """The ports of a step and their types; those of a switch are what its first branch brings."""
    while step.nodetype is None:
        slot = next(iter(step.branches.values())).slot
        if plan.producers[slot] < 0:
            yield "value", next(given.type for given in plan.givens if given.slot == slot)
            return
        source = plan.steps[plan.producers[slot]]
        if source.nodetype is not None:
            yield "value", list(source.nodetype.outputs.values())[slot - source.first].type
            return
        step = source
    for port in step.nodetype.outputs.values():
        yield port.name, port.type


def passed_on(checked: Checked, prefix: str = "") -> dict[tuple[str, str], list[tuple[str, str]]]:
    """For ports of nodes inside graphs that stand as nodes: the ports by which those graphs pass them on."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, node in checked.nodes.items():
        if node.graph is None:
            continue
        for output, ref in node.graph.graph.outputs.items():
            inner = node.graph.nodes.get(ref.name)
            if inner is not None and inner.outputs:
                place = f"{prefix}{name}/{ref.name}", ref.port or next(iter(inner.outputs))
                found.setdefault(place, []).append((prefix + name, output))
        for place, outer in passed_on(node.graph, f"{prefix}{name}/").items():
            found.setdefault(place, []).extend(outer)
    return found
