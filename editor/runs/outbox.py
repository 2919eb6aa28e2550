"""What the worker has to tell the window, in order; of progress and pictures only the newest of each node is kept."""

from __future__ import annotations

from threading import Condition

from . import updates as up


class Outbox:
    """Updates that wait to be taken. changed: the lock around them, told when something comes."""

    def __init__(self, changed: Condition):
        self._changed = changed
        self._updates: list[up.Update | None] = []
        self._newest: dict[tuple[type, str, str], int] = {}  # what a later update replaces -> its place

    def put(self, update: up.Update) -> None:
        """One more update. Reentrant: the lock may be held already."""
        with self._changed:
            if isinstance(update, (up.Progress, up.Pictured)):
                key = (type(update), update.node, update.port if isinstance(update, up.Pictured) else "")
                if key in self._newest:
                    self._updates[self._newest[key]] = None
                self._newest[key] = len(self._updates)
            self._updates.append(update)
            self._changed.notify_all()

    def take(self) -> list[up.Update]:
        """What came since the last time, in order."""
        with self._changed:
            updates, self._updates = self._updates, []
            self._newest.clear()
        return [update for update in updates if update is not None]

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until there is something to take; whether there is in time."""
        with self._changed:
            return self._changed.wait_for(lambda: any(update is not None for update in self._updates), timeout)
