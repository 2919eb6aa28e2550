"""Runs graphs in a thread of its own, so that the window never waits for a node, a model or an import.

One worker thread makes the Engine, uses it and closes it. The window's thread asks (`run`, `stop`, `export`),
and once a frame takes what there is to tell (`poll`); nothing it calls here waits for the worker.
"""

from __future__ import annotations

import itertools
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from nodegraph import Engine, Graph, GraphError, NodegraphError, PortType, Problem

from ..words.speak import t
from . import updates as up
from .foresight import look
from .jobs import Job, Request
from .outbox import Outbox
from .parts import Parts, wanted_inputs
from .pictures import Pictures, named
from .products import Products, sound_for, told, write
from .sharing import bundled, wordless
from .watch import Watch

LARGE = 1024  # pixels on the long side of an enlarged picture
FORESEEN = "\0foreseen"  # the name by which a forecast waits among what is asked for


class Runner:
    """A worker thread with an Engine in it.

    make_engine: called in the worker when the first job comes, and again for the next if it raised. Pass
    `previews=True` to the Engine to see what samplers are making.
    """

    def __init__(self, make_engine: Callable[[], Engine]):
        self._make_engine = make_engine
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()  # guards all that follows
        self._jobs: deque[Job] = deque()
        self._requests: deque[Request] = deque()
        self._running: Job | None = None
        self._at_work = False
        self._closing = False
        self._outbox = Outbox(self._changed)
        # The worker's own from here on.
        self._engine: Engine | None = None
        self._pictures: Pictures | None = None
        self._parts = Parts()
        self._products = Products()
        self._thread = threading.Thread(target=self._work, name="nodegraph-runner", daemon=True)
        self._thread.start()

    # -- what the window's thread calls

    def run(self, graph: Graph, *, only: Iterable[str] | None = None, to: Iterable[str] | None = None,
            given: Mapping[str, Any] | None = None, label: str = "", supersede: bool = False, aside: bool = False) -> int:
        """Ask for a run; the job's number.

        only: outputs of the graph, all of them if left out. to: nodes instead, whether an output reads them or
        not; what they do not depend on is not even checked. A graph without outputs runs to every node that no
        other reads. A job that waits with the same `only`, `to` and `label` gives way to this one. aside: its
        results go to the gallery alone. supersede: so does
        every other, and the one that runs is stopped.
        """
        job = Job(next(self._numbers), graph, tuple(only) if only is not None else None,
                   tuple(to) if to is not None else None, dict(given or {}), label, aside)
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

    def export(self, job: int, output: str, path: str | Path, words: bool = True) -> None:
        """Write to a file what a job made; an Exported update tells how it went. words: whether a PNG's graph has its texts.

        output: an output's name, or "node.port" for what that port gave last. A sound that is to be heard is
        written to a file too.
        """
        self._ask(Request(job, output, lambda engine: self._products.export(engine, job, output, Path(path),
                                                                                     write if words else wordless), Path(path)))

    def bundle(self, graph: Graph, path: Path) -> int:
        """Write a graph and all that it reads into a zip; an Exported update of the number that comes back, under the file's
        name, tells how it went."""
        number = next(self._numbers)
        self._ask(Request(number, path.name, lambda engine: told(number, path.name, path, lambda: bundled(engine, graph, path)),
                          path))
        return number

    def write(self, output: str, type: PortType, digest: bytes, path: Path) -> int:
        """Write a Value that an earlier session made to a file, if it is still remembered; an Exported update of the number
        that comes back tells how it went."""
        number = next(self._numbers)
        self._ask(Request(number, output, lambda engine: self._products.write_value(engine, number, output, type, digest, path),
                          path))
        return number

    def enlarge(self, job: int, output: str, side: int = LARGE) -> None:
        """Make a larger picture of what a job made; an Enlarged update brings it. output: as for `export`."""
        self._ask(Request(job, output, lambda engine: self._products.enlarge(engine, job, output, side)))

    def foresee(self, graph: Graph, fill: bool | frozenset[str] = False) -> int:
        """Find out, once nothing runs, what a run would do: a Foreseen update tells. One that still waits gives way.

        fill: tell too what is remembered (Remembered), and make pictures of it; of everything, or of these nodes.
        """
        number = next(self._numbers)
        with self._changed:
            for other in [request for request in self._requests if request.output == FORESEEN]:
                self._requests.remove(other)
        self._ask(Request(number, FORESEEN, lambda engine: self._foreseen(engine, number, graph, fill)))
        return number

    def _foreseen(self, engine: Engine, number: int, graph: Graph, fill: bool | frozenset[str]) -> up.Update:
        pictures = self._at_hand()[1]
        try:
            return look(engine, number, graph, fill, self._outbox, self._products, pictures)
        except Exception as error:  # a pack's own code is asked about shapes and costs; the graph can be run all the same
            return up.Warned(None, t("run.no_forecast", why=named(error)))

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        with self._changed:
            return self._running is not None or bool(self._jobs)

    @property
    def idle(self) -> bool:
        """Whether the worker has nothing to do until it is asked again, so that nothing of the Engine's is in use."""
        return self.wait(0)

    @property
    def running(self) -> int | None:
        """The number of the job that runs."""
        with self._changed:
            return self._running.number if self._running is not None else None

    def poll(self) -> list[up.Update]:
        """What happened since the last time, in order."""
        return self._outbox.take()

    def wait(self, timeout: float | None = None) -> bool:
        """For scripts and tests: wait until all is done, thumbnails too; whether it was in time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not (self._at_work or self._jobs or self._requests), timeout)

    def wait_for_update(self, timeout: float | None = None) -> bool:
        """For scripts and tests: wait until there is something to poll; whether there is in time."""
        return self._outbox.wait(timeout)

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

    def _ask(self, request: Request) -> None:
        with self._changed:
            self._refuse_when_closed()
            self._requests.append(request)
            self._changed.notify_all()

    def _refuse_when_closed(self) -> None:
        if self._closing:
            raise NodegraphError("the runner is closed; make another one")

    def _drop(self, job: Job) -> None:
        self._jobs.remove(job)
        self._outbox.put(job.done())

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
                    task: Callable[[], None] = partial(self._carry_out, job)
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

    def _at_hand(self) -> tuple[Engine, Pictures]:
        """The Engine and what makes its pictures, made when they are first needed."""
        if self._engine is None or self._pictures is None:
            engine = self._make_engine()
            engine.warn = lambda message: self._outbox.put(up.Warned(None, message))
            self._engine, self._pictures = engine, Pictures(engine, self._outbox.put)
        return self._engine, self._pictures

    def _carry_out(self, job: Job) -> None:
        update: up.Update
        try:
            engine, pictures = self._at_hand()
            graph = self._parts.wanted(engine, job.graph, job.only, job.to)
            watch = Watch(job, self._outbox, self._products, pictures, self._serve)
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
            self._outbox.put(update)

    def _is_ready(self, request: Request) -> bool:
        """Whether something can be done while a job runs: it is made already, and needs no run of its own."""
        made = self._products.find(request.job, request.output)
        if made is None or self._engine is None:
            return False
        return request.path is None or sound_for(self._engine, made, request.path) is None

    def _serve(self) -> None:
        """Do what was asked for longest ago; while a job runs, the first of what can be done already."""
        if not self._requests:
            return
        with self._changed:
            request = next((request for request in self._requests
                            if self._running is None or self._is_ready(request)), None)
            if request is None:
                return
            self._requests.remove(request)
        try:
            engine, _ = self._at_hand()
        except Exception as error:
            self._outbox.put(up.Warned(None, t("run.no_engine", why=named(error))))
        else:
            self._outbox.put(request.do(engine))
