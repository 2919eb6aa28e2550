"""What was told in the status line: the last sentences with their times, and the one that is to be read now."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

MOST = 50  # that are kept
LINGER = {"info": 8.0, "error": 30.0}  # seconds for which a sentence stands, unless another one comes


class Message(NamedTuple):
    """A sentence. kind: "info" or "error"; at: seconds on the clock of `time.monotonic`; clock: "14:05:09"."""

    text: str
    kind: str
    at: float
    clock: str


class Messages:
    """The last sentences, the newest last. unread: errors since someone looked at the list."""

    def __init__(self) -> None:
        self.kept: deque[Message] = deque(maxlen=MOST)
        self.unread = 0
        self._since = 0  # sentences before this one were said of another document, or in another language

    def add(self, message: Message) -> None:
        """Take in another sentence."""
        if len(self.kept) == MOST:
            self._since = max(0, self._since - 1)
        self.kept.append(message)
        self.unread += message.kind == "error"

    def rest(self) -> None:
        """Nothing that was said stands in the line any more; all of it stays in the list."""
        self._since = len(self.kept)

    def read(self) -> None:
        """Someone looked at the list."""
        self.unread = 0

    def now(self, at: float) -> Message | None:
        """What the line says: the newest sentence while it is fresh, an error that is being read before a word."""
        fresh = [one for one in list(self.kept)[self._since:] if at - one.at < LINGER[one.kind]]
        if not fresh:
            return None
        last = fresh[-1]
        before = [one for one in fresh if one.kind == "error" and last.at - one.at < 2.0]
        return before[-1] if before else last
