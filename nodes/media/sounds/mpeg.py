"""Frames of MP3 (ISO 11172-3 and 13818-3, layer III): how many there are, which the file need not say.

libsndfile guesses the length of a file without a Xing header by the bit rate of its first frame, and stops there: of
one with a variable bit rate it lost a third.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version: MPEG 1, 2, 2.5
_KILOBITS = {True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
             False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)}  # of MPEG 1, of 2 and 2.5
_TAGS = (b"Xing", b"Info", b"VBRI")  # what tells the number of frames, in the first of them
_FRAMES_AND_BYTES = 3
_SAME = 0xFFFE0C00  # what frames of one sound agree in: sync, version, layer, sample rate


class Counted(NamedTuple):
    """A sound of which the number of frames is known. cut: its last frame is not whole. odd: bytes between frames."""

    data: bytes
    cut: bool
    odd: int


def counted(data: bytes) -> Counted | None:
    """An MP3 whose header tells how long it is, without tags; None where that is so already, or this is no MP3."""
    begin = _behind_id3(data)
    first = int.from_bytes(data[begin:begin + 4], "big")
    if not _size(first):
        return None
    tagged = any(tag in data[begin:begin + _size(first)] for tag in _TAGS)
    frames, end, odd = _frames(data, begin, first & _SAME)
    tail = data[end:]
    if tagged and not odd and (not tail or tail.startswith(b"TAG")):
        return None
    cut = bool(_size(int.from_bytes(tail[:4], "big"))) and len(tail) < _size(int.from_bytes(tail[:4], "big"))
    body = b"".join(data[at:at + size] for at, size in frames)
    return Counted(body if tagged else _header(first, len(frames), len(body)) + body, cut, odd)


def _behind_id3(data: bytes) -> int:
    at = 0
    while data[at:at + 3] == b"ID3" and at + 10 <= len(data):
        size = sum((byte & 127) << shift for byte, shift in zip(data[at + 6:at + 10], (21, 14, 7, 0), strict=True))
        at += 10 + size + (10 if data[at + 5] & 16 else 0)
    return at


def _size(header: int) -> int:
    """The bytes of the frame with this header; 0 where it is none of layer III, or its size is not told."""
    version, bits, rate = header >> 19 & 3, header >> 12 & 15, header >> 10 & 3
    if header >> 21 != 0x7FF or header >> 17 & 3 != 1 or version == 1 or rate == 3 or bits in (0, 15):
        return 0
    kilobits = _KILOBITS[version == 3][bits]
    return (144 if version == 3 else 72) * 1000 * kilobits // _RATES[version][rate] + (header >> 9 & 1)


def _frames(data: bytes, at: int, same: int) -> tuple[list[tuple[int, int]], int, int]:
    """The place and size of each whole frame, where the last one ends, and how many bytes lie between them."""
    frames: list[tuple[int, int]] = []
    end, odd = at, 0
    while at + 4 <= len(data):
        header = int.from_bytes(data[at:at + 4], "big")
        size = _size(header) if header & _SAME == same else 0
        if size and at + size > len(data):
            break
        if size and (at == end or _follows(data, at + size, same)):
            odd += at - end
            frames.append((at, size))
            at = end = at + size
            continue
        at = data.find(b"\xff", at + 1)
        if at < 0:
            break
    return frames, end, odd


def _follows(data: bytes, at: int, same: int) -> bool:
    """Whether another frame begins here: two in a row are no chance."""
    return int.from_bytes(data[at:at + 4], "big") & _SAME == same


def _header(first: int, count: int, size: int) -> bytes:
    """A frame of silence that tells the number of frames and bytes (Xing), like the first frame but for its size."""
    header = first & ~0xF200 | 0x10000 | (9 << 12)  # no padding, no checksum, room enough
    side = {True: (32, 17), False: (17, 9)}[first >> 19 & 3 == 3][first >> 6 & 3 == 3]
    told = _TAGS[0] + struct.pack(">III", _FRAMES_AND_BYTES, count, size + _size(header))
    return (struct.pack(">I", header) + bytes(side) + told).ljust(_size(header), b"\0")
