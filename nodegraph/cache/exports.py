"""What the files hold that Values were written as: an export that is there already is not written again."""

from __future__ import annotations

from .index import Index


class Exports:
    """The table of exports."""

    def __init__(self, index: Index):
        self.index = index

    def content(self, digest: bytes, extension: str) -> bytes | None:
        """The digest of the file that a Value was written as, if it was."""
        rows = self.index.rows("SELECT content FROM exports WHERE digest = ? AND extension = ?", (digest, extension))
        return rows[0][0] if rows else None

    def note(self, digest: bytes, extension: str, content: bytes) -> None:
        """Remember what the file that a Value was written as holds."""
        self.index.write(("INSERT OR REPLACE INTO exports VALUES (?, ?, ?)", [(digest, extension, content)]))
