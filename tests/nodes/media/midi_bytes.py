"""MIDI files written byte by byte, so that tests can say what no library writes."""

from __future__ import annotations


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "big") + body


def header(format: int = 0, tracks: int = 1, division: int = 480) -> bytes:
    return chunk(b"MThd", b"".join(number.to_bytes(2, "big") for number in (format, tracks, division)))


def quantity(value: int) -> bytes:
    digits = [value & 127]
    while value := value >> 7:
        digits.append(value & 127 | 128)
    return bytes(reversed(digits))


def track(*events: tuple[int, bytes], end: bytes = b"\0\xff\x2f\0") -> bytes:
    """events: (delta ticks, bytes of the message)."""
    return chunk(b"MTrk", b"".join(quantity(delta) + data for delta, data in events) + end)


def meta(type: int, data: bytes) -> bytes:
    return bytes([0xFF, type]) + quantity(len(data)) + data


def on(pitch: int, velocity: int = 80, channel: int = 0) -> bytes:
    return bytes([0x90 | channel, pitch, velocity])


def off(pitch: int, channel: int = 0) -> bytes:
    return bytes([0x80 | channel, pitch, 0])


def one(*events: tuple[int, bytes], division: int = 480) -> bytes:
    """A file of one track."""
    return header(division=division) + track(*events)


def several(*tracks: bytes, format: int = 1, division: int = 480) -> bytes:
    return header(format, len(tracks), division) + b"".join(tracks)


NOTE = ((0, on(60)), (480, off(60)))
