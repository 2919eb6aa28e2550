"""The bytes of a Standard MIDI File as messages, read as players read them: whatever can be understood is.

Written for this since no library takes what players take: mido 1.3.3 stops at a short meta event, an odd key, an unknown
chunk and a cut track; symusic 0.5.9 at frames, and it drops programs on the way, aftertouch, system exclusive messages
and notes that are not ended.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from nodegraph import InputError

META, END_OF_TRACK = 0xFF, 0x2F
_DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_COMMON_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # of system messages, which have no business in a file


class Message(NamedTuple):
    """One message of a track. status: of a channel message, META, 0xF0 or 0xF7. type: of a meta event."""

    tick: int
    status: int
    data: bytes
    type: int = 0


class MidiFile(NamedTuple):
    """format: 0 and 1 sound together, tracks of 2 one after the other. division: as the header has it."""

    format: int
    division: int
    tracks: list[list[Message]]


def messages(data: bytes, losses: Counter[str]) -> MidiFile:
    """What a MIDI file holds; anything may stand before its header (RIFF, MacBinary).

    losses: counts what could not be understood, by a phrase. Raises InputError when there is no whole header.
    """
    start = data.find(b"MThd")
    size = int.from_bytes(data[start + 4:start + 8], "big")
    header = data[start + 8:start + 8 + min(size, 6)]
    if start < 0 or len(header) < 6:
        raise InputError("is no MIDI file: it has no header" if start < 0 else "breaks off within its header")
    count = int.from_bytes(header[2:4], "big")
    tracks = _tracks(data, start + 8 + size, losses)
    if len(tracks) < count:
        losses[f"the header speaks of {count} tracks where there are {len(tracks)}"] += 1
    return MidiFile(int.from_bytes(header[:2], "big"), int.from_bytes(header[4:], "big"), tracks)


def _tracks(data: bytes, at: int, losses: Counter[str]) -> list[list[Message]]:
    tracks = []
    while at < len(data):
        kind, body = data[at:at + 4], at + 8
        end = body + int.from_bytes(data[at + 4:body], "big")
        if kind == b"MTrk":
            track, end = _track(data, body, end, losses)
            tracks.append(track)
        elif not _is_chunk(data, at) or end > len(data):
            following = data.find(b"MTrk", at + 1)
            end = following if following >= 0 else len(data)
        at = end
    return tracks


def _is_chunk(data: bytes, at: int) -> bool:
    return at == len(data) or (data[at:at + 4].isalnum() and at + 8 <= len(data))


def _track(data: bytes, body: int, end: int, losses: Counter[str]) -> tuple[list[Message], int]:
    """The messages of a track, and where the next chunk begins, also where its length is wrong."""
    found, used, why = _body(data[body:end])
    if not _is_chunk(data, end):
        following = data.find(b"MTrk", body + (used if not why else 0))
        stop = following if following >= 0 else len(data)
        if why:
            found, used, why = _body(data[body:stop])
        if why == "end" and end > len(data) and following < 0:
            why = "a track breaks off"
        end = stop
    for message in found:
        if message.status < 0xF0 and max(message.data) > 127:
            losses["values above 127 are taken for 127"] += 1
    if why and why != "end":
        losses[why] += 1
    return found, end


def _body(data: bytes) -> tuple[list[Message], int, str]:
    """The messages of a track's bytes, how many bytes they take, and why they stop if not at an end of track."""
    found: list[Message] = []
    tick = at = running = 0
    try:
        while at < len(data):
            delta, at = _quantity(data, at)
            tick += delta
            status = data[at]
            if status >= 0x80:
                at += 1
            elif not (status := running):
                return found, at, "a track is unreadable from some byte on"
            message, at = _message(data, at, tick, status)
            running = status if status < 0xF0 else running
            if message:
                found.append(message)
                if (message.status, message.type) == (META, END_OF_TRACK):
                    return found, at, ""
    except IndexError:
        return found, at, "a track breaks off"
    except ValueError:
        return found, at, "a track is unreadable from some byte on"
    return found, at, "end"


def _message(data: bytes, at: int, tick: int, status: int) -> tuple[Message | None, int]:
    type, size = 0, 0
    if status == META:
        type, at = data[at], at + 1
    if status in (META, 0xF0, 0xF7):
        size, at = _quantity(data, at)
    elif status > 0xF0:
        return None, at + _COMMON_BYTES.get(status, 0)
    else:
        size = _DATA_BYTES[status & 0xF0]
    if at + size > len(data):
        raise IndexError
    return Message(tick, status, data[at:at + size], type), at + size


def _quantity(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, four bytes at most, and where what follows begins."""
    value = 0
    for count in range(4):
        value = (value << 7) + (data[at + count] & 0x7F)
        if data[at + count] < 0x80:
            return value, at + count + 1
    raise ValueError
