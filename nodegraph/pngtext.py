"""Texts in PNG pictures: put in, read, and taken out again, chunk by chunk, without looking at the picture.

A text is an iTXt chunk (PNG specification, 11.3.4.5), not compressed, so that any tool shows it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LONGEST = 1 << 26  # bytes of a text that was compressed by another tool


def is_png(data: bytes) -> bool:
    """Whether these bytes begin like a PNG file."""
    return data[:8] == SIGNATURE


def texts(data: bytes) -> dict[str, str]:
    """Every international text of a PNG by its keyword; what is damaged or cut off is left out."""
    found: dict[str, str] = {}
    for kind, begin, end in _chunks(data):
        if kind == b"iTXt" and struct.unpack(">I", data[end - 4:end])[0] == zlib.crc32(data[begin + 4:end - 4]):
            keyword, text = _read(data[begin + 8:end - 4])
            if text is not None:
                found.setdefault(keyword, text)
    return found


def keywords(data: bytes) -> set[str]:
    """The keywords of all texts of a PNG, also of those that are not international."""
    return {data[begin + 8:begin + 8 + 80].split(b"\0")[0].decode("latin-1")
            for kind, begin, _ in _chunks(data) if kind in (b"tEXt", b"zTXt", b"iTXt")}


def with_texts(data: bytes, texts: Mapping[str, str]) -> bytes:
    """A PNG with these texts by keyword at its end, in place of those it had; other bytes as they are, if no PNG.

    Keywords are 1 to 79 characters of Latin-1.
    """
    data = without_texts(data, texts)
    last = next((begin for kind, begin, _ in _chunks(data) if kind == b"IEND"), None)
    if last is None:
        return data
    return b"".join([data[:last], *(_chunk(keyword, text) for keyword, text in texts.items()), data[last:]])


def without_texts(data: bytes, keywords: Mapping[str, str] | tuple[str, ...]) -> bytes:
    """A PNG without the texts of these keywords; the same bytes, if there are none."""
    heads = tuple(keyword.encode("latin-1") + b"\0" for keyword in keywords)
    parts, at = [], 0
    for kind, begin, end in _chunks(data):
        if kind == b"iTXt" and data[begin + 8:end - 4].startswith(heads):
            parts.append(data[at:begin])
            at = end
    return b"".join([*parts, data[at:]]) if parts else data


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The kind, begin and end of each whole chunk."""
    at = 8
    while is_png(data) and at + 12 <= len(data):
        end = at + 12 + struct.unpack(">I", data[at:at + 4])[0]
        if end > len(data):
            return
        yield data[at + 4:at + 8], at, end
        at = end


def _chunk(keyword: str, text: str) -> bytes:
    body = b"iTXt" + keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode(errors="replace")
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _read(body: bytes) -> tuple[str, str | None]:
    """The keyword and text of an iTXt chunk; None for a text that cannot be read."""
    keyword, _, rest = body.partition(b"\0")
    language_on = rest[2:].split(b"\0", 2)
    if len(rest) < 2 or len(language_on) < 3:
        return "", None
    text = language_on[2]
    try:
        if rest[0]:
            text = zlib.decompressobj().decompress(text, LONGEST)
        return keyword.decode("latin-1"), text.decode()
    except (zlib.error, UnicodeDecodeError):
        return "", None
