"""Which Values must not go: neither pruned from disk nor settled out of memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from ..digest import leaves


class Pins:
    """Digests with how often each is pinned. Any thread may pin and unpin."""

    def __init__(self) -> None:
        self._counts: dict[bytes, int] = {}
        self._lock = threading.Lock()

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._counts

    def __iter__(self) -> Iterator[bytes]:
        return iter(list(self._counts))

    def add(self, digest: bytes) -> None:
        """Pin a Value once more; of a list, each item."""
        with self._lock:
            for item in leaves(digest):
                self._counts[item] = self._counts.get(item, 0) + 1

    def remove(self, digest: bytes) -> None:
        """Take one pin back."""
        with self._lock:
            for item in leaves(digest):
                count = self._counts.pop(item, 0) - 1
                if count > 0:
                    self._counts[item] = count
