"""Who carries out calls beside the thread that decides: threads today, one event loop for what is awaited.

A Worker takes a job and, when it is done, puts what came of it where it was told to. It decides nothing.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Protocol


class Worker(Protocol):
    """Carries out jobs."""

    def submit(self, job: Any) -> None:
        """Begin a job, or queue it; returns at once."""

    def close(self) -> None:
        """Begin no more."""


class Threads:
    """Up to `count` daemon threads that share a queue. A thread that is given up on is replaced."""

    def __init__(self, count: int, work: Callable[[Any], None]):
        self.count, self.work = count, work
        self.jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.threads: list[threading.Thread] = []

    def submit(self, job: Any) -> None:
        self.jobs.put(job)
        if len(self.threads) < self.count:
            self._start()

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name=f"nodegraph-{len(self.threads)}", daemon=True)
        self.threads.append(thread)
        thread.start()

    def _run(self) -> None:
        while True:
            job = self.jobs.get()
            if job is None:
                return
            self.work(job)
            del job  # what waits for work holds nothing of its last

    def abandon(self) -> None:
        """Go on with one more thread, since one will not come back in time."""
        self.count += 1

    def close(self) -> None:
        for _ in self.threads:
            self.jobs.put(None)


class Awaiting:
    """One event loop in a thread of its own. never: told of a job that was stopped before it began."""

    def __init__(self, work: Callable[[Any], Coroutine[Any, Any, None]], never: Callable[[Any], None]):
        self.work, self.never = work, never
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="nodegraph-loop", daemon=True)
        self.tasks: set[asyncio.Task[None]] = set()
        self.thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def submit(self, job: Any) -> None:
        self.loop.call_soon_threadsafe(self._begin, job)

    def _begin(self, job: Any) -> None:
        task = self.loop.create_task(self.work(job))
        self.tasks.add(task)
        task.add_done_callback(lambda task: self._ended(task, job))

    def _ended(self, task: asyncio.Task[None], job: Any) -> None:
        self.tasks.discard(task)
        if task.cancelled():  # before it came to its first step
            self.never(job)

    def stop_all(self) -> None:
        """Have every call stop where it waits."""
        self.loop.call_soon_threadsafe(lambda: [task.cancel() for task in self.tasks])

    def close(self) -> None:
        self.stop_all()
        self.loop.call_soon_threadsafe(self.loop.call_soon, self.loop.stop)
