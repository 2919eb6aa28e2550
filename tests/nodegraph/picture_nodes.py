"""Nodes that make tiny PNG files without any library of pictures."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Annotated, Any

from nodegraph import PortType, Seed, node


def png(color: str) -> bytes:
    """A PNG of one pixel; color: six hexadecimal digits."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" + bytes.fromhex(color))) \
        + chunk(b"IEND", b"")


def save(color: str, path: Path) -> None:
    path.write_bytes(png(color))


Dot = Annotated[Any, PortType("Dot", exports={"png": save, "jpg": save})]


@node("dots.one", version=3)
def one(color: str = "ff8800", seed: Seed = 0) -> Dot:
    """A dot."""
    return color[:4] + f"{seed % 256:02x}"


@node("dots.many", version=1)
def many(colors: list[str]) -> list[Dot]:
    """Some dots."""
    return list(colors)
