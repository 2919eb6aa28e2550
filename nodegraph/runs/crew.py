"""The workers of a run: who calls what, how long that may take, and what they report."""

from __future__ import annotations

import asyncio
import heapq
import queue
import threading
from collections import Counter
from collections.abc import Callable
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any

from .. import events as ev
from ..errors import Cancelled
from .call import Caller, Job, Outcome, timed_out
from .workers import Awaiting, Threads

if TYPE_CHECKING:
    from .run import Run


class Crew:
    """The workers of a run, and what they report."""

    def __init__(self, run: Run):
        self.run, self.executor = run, run.executor
        self.inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.caller = Caller(run.cache, run.models, self.tell, run.cancel, perf_counter(), run.executor.previews)
        self.thread = threading.get_ident()
        self.threads: Threads | None = None
        self.awaiting: Awaiting | None = None
        self.flying = 0
        self.most_flying = 2 * run.executor.workers
        self.steps: Counter[int] = Counter()
        self.deadlines: list[tuple[float, int, Job]] = []
        self.late: set[int] = set()  # ids of jobs that took too long
        self.jobs: dict[int, Job] = {}

    def dispatch(self, job: Job) -> None:
        """Call a node: here if it is cheap, through a worker if it is costly."""
        step = job.step
        if step.nodetype.is_async:
            self.begin(job, self.begin_awaiting().submit)
            return
        if not (step.timeout or step.retry or self.executor.costly(step.nodetype)):
            for part, outcome in self.caller.call(job):
                self.run.requests.receive(part, outcome)
            return
        while self.flying >= self.most_flying:  # what waits its turn holds its inputs in memory
            self.receive_next()
        if self.threads is None:
            self.threads = Threads(self.executor.workers, self.work)
        self.begin(job, self.threads.submit)

    def begin(self, job: Job, submit: Callable[[Job], None]) -> None:
        self.flying += 1
        self.jobs[id(job)] = job
        self.steps[job.step.index] += 1
        submit(job)

    def begin_awaiting(self) -> Awaiting:
        if self.awaiting is None:
            self.awaiting = Awaiting(self.work_awaited, self.never_began)
        return self.awaiting

    def work(self, job: Job) -> None:
        """In a worker: call, and post what came of it."""
        if job.delay and self.run.cancel.wait(job.delay):
            self.inbox.put(_Report(job, [(job, Cancelled())]))
            return
        if job.step.timeout:
            self.inbox.put(_Deadline(job, monotonic() + job.step.timeout))
        outcomes: list[tuple[Job, Outcome]] = \
            [(job, Cancelled())] if self.run.cancel.is_set() else self.caller.call(job)
        self.inbox.put(_Report(job, outcomes))

    async def work_awaited(self, job: Job) -> None:
        await asyncio.sleep(job.delay)
        outcome: Outcome = Cancelled() if self.run.cancel.is_set() else await self.caller.call_awaited(job)
        self.inbox.put(_Report(job, [(job, outcome)]))

    def never_began(self, job: Job) -> None:
        self.inbox.put(_Report(job, [(job, Cancelled())]))

    def tell(self, event: ev.Event) -> None:
        """Emit an event from any thread: only the thread that runs the graph calls listeners."""
        if self.run.emit is None:
            return
        if threading.get_ident() == self.thread:
            self.run.emit(event)
        else:
            self.inbox.put(event)

    def receive_next(self) -> None:
        """Take in what a worker posts next. Wakes now and then: for what takes too long, for a stop that async calls
        are to hear of, and since some systems deliver Ctrl-C only to waking threads."""
        while True:
            wait = 0.5 if not self.deadlines else max(0.0, min(0.5, self.deadlines[0][0] - monotonic()))
            if self.awaiting is not None and self.run.cancel.is_set():
                self.awaiting.stop_all()
            try:
                message = self.inbox.get(timeout=wait)
            except queue.Empty:
                if self.expire():
                    return
                continue
            self.receive(message)
            return

    def expire(self) -> bool:
        """Give up on the calls that took too long. Whether there were any."""
        expired = False
        while self.deadlines and self.deadlines[0][0] <= monotonic():
            _, _, job = heapq.heappop(self.deadlines)
            if id(job) not in self.jobs:
                continue
            self.late.add(id(job))
            reporter = self.caller.reporters.get(id(job))
            if reporter is not None:
                reporter.abandoned = True
            if self.threads is not None:
                self.threads.abandon()
            self.landed(job, [(job, timed_out(job.step))], keep=True)
            expired = True
        return expired

    def receive(self, message: Any) -> None:
        """Take in a report from a worker, or the end of a call."""
        if message.__class__ is _Report:
            if id(message.job) in self.late:
                self.jobs.pop(id(message.job), None)
            else:
                self.landed(message.job, message.outcomes)
        elif message.__class__ is _Deadline:
            heapq.heappush(self.deadlines, (message.at, id(message.job), message.job))
        elif self.run.emit is not None:
            self.run.emit(message)

    def landed(self, job: Job, outcomes: list[tuple[Job, Outcome]], keep: bool = False) -> None:
        self.flying -= 1
        if not keep:
            self.jobs.pop(id(job), None)
        self.steps[job.step.index] -= 1
        if not self.steps[job.step.index]:
            del self.steps[job.step.index]
        for part, outcome in outcomes:
            self.run.requests.receive(part, outcome)

    def close(self) -> None:
        """Let the workers go. Those that are still at work, since the run was broken off, end by themselves."""
        if self.flying:
            self.run.cancel.set()
        if self.threads is not None:
            self.threads.close()
            self.threads = None
        if self.awaiting is not None:
            self.awaiting.close()
            self.awaiting = None


class _Report:
    """The end of a call."""

    __slots__ = ("job", "outcomes")

    def __init__(self, job: Job, outcomes: list[tuple[Job, Outcome]]):
        self.job, self.outcomes = job, outcomes


class _Deadline:
    """When a call that has begun has taken too long."""

    __slots__ = ("at", "job")

    def __init__(self, job: Job, at: float):
        self.job, self.at = job, at
