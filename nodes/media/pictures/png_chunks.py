"""The chunks of a PNG, looked at before Pillow sees them, which refuses a picture for one long text or profile."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from nodegraph import warn

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LONGEST_TEXT = 2 ** 20  # bytes unpacked, Pillow's own limit for one chunk
_LONGEST_PROFILE = 2 ** 25


def lean(data: bytes, name: str) -> tuple[bytes, bytes | None]:
    """A PNG without its colour profile and its very long texts, and that profile.

    Shorter texts stay, since a picture's orientation may stand in one. What is damaged stays for Pillow to judge.
    """
    kept, profile = [SIGNATURE], None
    for kind, chunk, body in chunks(data):
        if kind == b"iCCP":
            profile = _profile(body, name)
        elif kind not in (b"tEXt", b"zTXt", b"iTXt") or _is_short(kind, body):
            kept.append(chunk)
    return b"".join(kept), profile


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """The kind, the whole bytes and the body of each chunk; what follows the last whole one comes as one of no kind."""
    view, place = memoryview(data), len(SIGNATURE)
    while place + 12 <= len(data):
        end = place + 12 + int.from_bytes(view[place:place + 4], "big")
        if end > len(data):
            break
        yield bytes(view[place + 4:place + 8]), bytes(view[place:end]), bytes(view[place + 8:end - 4])
        place = end
    yield b"", data[place:], b""


def _is_short(kind: bytes, body: bytes) -> bool:
    if kind == b"tEXt" or len(body) > _LONGEST_TEXT:
        return len(body) <= _LONGEST_TEXT
    rest = body.partition(b"\0")[2]
    packed = rest[1:]
    if kind == b"iTXt":
        if rest[:1] != b"\1":
            return True
        packed = rest[2:].split(b"\0", 2)[-1]
    unpacking = zlib.decompressobj()
    try:
        unpacking.decompress(packed, _LONGEST_TEXT)
    except zlib.error:
        return False
    return not unpacking.unconsumed_tail


def _profile(body: bytes, name: str) -> bytes | None:
    """The profile in an iCCP chunk; None, and a warning, for one that is damaged or larger than 32 MB."""
    unpacking = zlib.decompressobj()
    try:
        profile = unpacking.decompress(body.partition(b"\0")[2][1:], _LONGEST_PROFILE)
    except zlib.error:
        profile = b""
    if not profile or unpacking.unconsumed_tail:
        warn(f"The colour profile in {name} is damaged or too large and is passed over: colours may be off.")
        return None
    return profile
