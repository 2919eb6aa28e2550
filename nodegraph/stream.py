"""A run as an asyncio program sees it: events to be awaited, and a result at their end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from .events import Event

if TYPE_CHECKING:
    from .results import RunResult


class Stream:
    """The events of one run, `async for event in stream`, and then its `result`. Leaving the loop stops the run.

    work: carries the run out, in a thread of its own, given where to tell events and what is set to stop it.
    """

    def __init__(self, work: Callable[[Callable[[Event], None], threading.Event], RunResult],
                 cancel: threading.Event | None = None):
        self._work, self._cancel = work, cancel or threading.Event()
        self._result: RunResult | None = None

    @property
    def result(self) -> RunResult:
        """What the run gave. Raises RuntimeError while it goes on."""
        if self._result is None:
            raise RuntimeError("the run goes on; read its result once the events have come to an end")
        return self._result

    def cancel(self) -> None:
        """Stop the run at the next report of a node; its events come to an end soon."""
        self._cancel.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        loop, queue = asyncio.get_running_loop(), asyncio.Queue[Any]()

        def tell(event: Event | None) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, event)

        async def carry_out() -> RunResult:
            try:
                return await asyncio.to_thread(self._work, tell, self._cancel)
            finally:
                queue.put_nowait(None)

        task = asyncio.create_task(carry_out())
        try:
            while (event := await queue.get()) is not None:
                yield event
            self._result = await task
        finally:
            if not task.done():  # whoever listened has gone: the run is not left behind
                self._cancel.set()
                await asyncio.shield(asyncio.wait({task}))
