"""Bytes that are in memory, as a file that libraries read; nothing is copied but what they ask for."""

from __future__ import annotations

import io
from typing import IO, Any, cast


class ByteFile(io.RawIOBase):
    """An array or tensor of uint8 as a file that can be read and sought."""

    def __init__(self, data: Any):
        import numpy as np

        self.view, self.at = np.asarray(data).data, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes, fewer at the end."""
        piece = self.view[self.at:self.at + len(buffer)]
        buffer[:len(piece)] = piece
        self.at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go on reading elsewhere."""
        self.at = max(0, offset + (0, self.at, len(self.view))[whence])
        return self.at

    def tell(self) -> int:
        """Where reading goes on."""
        return self.at


def byte_file(data: Any) -> IO[bytes]:
    """A ByteFile as libraries' types name what they read: they ask for no more than it has."""
    return cast("IO[bytes]", ByteFile(data))
