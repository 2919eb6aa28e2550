"""Which Values must not go: neither pruned from disk nor settled out of memory."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator

from ..digest import leaves


class Pins:
    """Digests with how often each is pinned. Any thread may pin and unpin, and a finalizer may unpin."""

    def __init__(self) -> None:
        self._counts: dict[bytes, int] = {}
        self._returned: deque[bytes] = deque()
        self._lock = threading.Lock()

    def __contains__(self, digest: bytes) -> bool:
        with self._lock:
            self._take_back()
            return digest in self._counts

    def __iter__(self) -> Iterator[bytes]:
        with self._lock:
            self._take_back()
            return iter(list(self._counts))

    def add(self, digest: bytes) -> None:
        """Pin a Value once more; of a list, each item."""
        with self._lock:
            for item in leaves(digest):
                self._counts[item] = self._counts.get(item, 0) + 1

    def remove(self, digest: bytes) -> None:
        """Take one pin back."""
        # Counted later: a finalizer may run at any moment, also while this very thread holds the lock.
        self._returned.append(digest)

    def _take_back(self) -> None:
        while self._returned:
            for item in leaves(self._returned.popleft()):
                count = self._counts.pop(item, 0) - 1
                if count > 0:
                    self._counts[item] = count
