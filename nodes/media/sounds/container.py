"""Containers of sound that players take and libsndfile refuses, put right: the samples in them are not touched."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

from nodegraph import InputError, file_kind

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
READ = (PCM, 2, FLOAT, 6, 7)  # formats that libsndfile reads: whole numbers, Microsoft ADPCM, floats, A-law and mu-law
HEAD = 4096
UNKNOWN_SIZE = 0x7FFF0000  # what programs write that do not know how long a sound will be is above this
CODECS = {0x11: "IMA ADPCM", 0x14: "G.723", 0x20: "Yamaha ADPCM", 0x22: "TrueSpeech", 0x31: "GSM 6.10", 0x42: "G.723.1",
          0x45: "G.726", 0x50: "MPEG audio", 0x55: "MP3", 0x64: "G.726", 0x75: "VoxWare", 0xFF: "AAC", 0x160: "WMA",
          0x161: "WMA", 0x162: "WMA", 0x163: "WMA", 0x270: "ATRAC", 0x1600: "AAC", 0x1610: "AAC", 0x2000: "AC-3",
          0x2001: "DTS", 0x674F: "Vorbis", 0xF1AC: "FLAC"}


class Wave(NamedTuple):
    """What counts in a RIFF file of sound. order: "<" or ">". fmt: the body of that chunk. data: the samples' bytes.

    cut: whether there should be more of them.
    """

    order: str
    fmt: bytes
    data: bytes
    cut: bool = False

    @property
    def facts(self) -> tuple[int, int, int, int]:
        """The format's number, channels, bytes of one frame, bits of a sample."""
        tag, channels, _, _, frame, bits = struct.unpack(self.order + "HHIIHH", self.fmt[:16])
        if tag == EXTENSIBLE and len(self.fmt) >= 26:
            tag = struct.unpack(self.order + "H", self.fmt[24:26])[0]
        return tag, channels, frame, bits


def codec(head: bytes) -> str:
    """What the samples of a WAV are packed with, where its header can be read and it is none of those read; else ""."""
    wave = _wave(head)
    if wave is None:
        return ""
    tag, _, _, bits = wave.facts
    if tag == FLOAT and bits not in (32, 64):
        return f"floats of {bits} bits"
    return "" if tag in READ else CODECS.get(tag, f"a codec that is not known here (0x{tag:04x})")


def channels(head: bytes) -> int | None:
    """How many channels the header of a WAV tells of."""
    wave = _wave(head)
    return wave.facts[1] if wave is not None else None


class Mended(NamedTuple):
    """A sound put right. cut: whether the file ends before the sound does."""

    data: bytes
    cut: bool


def mended(data: bytes) -> Mended | None:
    """The same sound as libsndfile takes it: a WAV without odd chunks, a CAF or Ogg that ends where the file does.

    A BW64 is an RF64 then, and an MP3 has no zeros before it. Integers of more than 32 bits keep their upper 32.
    None for what cannot be helped here.
    """
    if data[:4] in (b"RIFF", b"RIFX"):
        wave = _wave(data)
        plain = _plain_wave(wave) if wave is not None and wave.data else None
        return Mended(plain, wave is not None and wave.cut) if plain is not None else None
    if data[:4] == b"BW64":  # the same under another name
        return Mended(b"RF64" + data[4:], False)
    sound = data.lstrip(b"\0")
    if len(sound) < len(data) and (kind := file_kind(sound[:HEAD])) is not None and kind.name == "an MP3 sound":
        return Mended(sound, False)
    return _caf(data) if data[:4] == b"caff" else _ogg(data) if data[:4] == b"OggS" else None


def _wave(data: bytes) -> Wave | None:
    """The format and the samples, past chunks that lie about their size or lack the byte that makes it even."""
    order = ">" if data[:4] == b"RIFX" else "<"
    fmt, at = b"", 12
    while at + 8 <= len(data):
        kind, size = data[at:at + 4], struct.unpack(order + "I", data[at + 4:at + 8])[0]
        body = data[at + 8:at + 8 + size]
        if kind == b"data":
            cut = len(body) < size < UNKNOWN_SIZE
            return Wave(order, fmt, body or data[at + 8:], cut) if len(fmt) >= 16 else None
        if kind == b"fmt ":
            fmt = body
        at = _next(data, at + 8, size)
    return Wave(order, fmt, b"") if len(fmt) >= 16 else None


def _next(data: bytes, at: int, size: int) -> int:
    """Where the chunk after one begins, whose body of some size begins at `at`."""
    end = at + size
    if end > len(data):  # its size is wrong
        samples = data.find(b"data", at)
        return samples if samples >= 0 else len(data)
    padded = size % 2 and not (data[end:end + 4].isalnum() or data[end:end + 4] == b"fmt ")
    return end + 1 if padded else end


def _plain_wave(wave: Wave) -> bytes | None:
    fmt, samples = wave.fmt, wave.data
    tag, count, frame, bits = wave.facts
    if tag == PCM and bits > 32 and count and frame % count == 0:
        width = frame // count
        samples = _upper(samples, width, wave.order)
        rate, = struct.unpack(wave.order + "I", fmt[4:8])
        fmt = struct.pack(wave.order + "HHIIHH", PCM, count, rate, 0, 4 * count, 32)
    head = b"RIFX" if wave.order == ">" else b"RIFF"
    size = len(fmt) + len(samples) + 20
    if size > 0xFFFFFFFF:
        return None
    said, fmt_size, data_size = (struct.pack(wave.order + "I", number) for number in (size, len(fmt), len(samples)))
    return b"".join([head, said, b"WAVEfmt ", fmt_size, fmt, b"data", data_size, samples, b"\0" * (len(samples) % 2)])


def _upper(samples: bytes, width: int, order: str) -> bytes:
    """The upper four bytes of integers of more."""
    import numpy as np

    if width < 4:
        raise InputError(f"its samples have {width} bytes and more bits than fit into them")
    whole = np.frombuffer(samples, np.uint8, len(samples) // width * width).reshape(-1, width)
    return (whole[:, :4] if order == ">" else whole[:, -4:]).tobytes()


def _caf(data: bytes) -> Mended | None:
    """A CAF whose samples go to the end of the file; a header that gives -1 for their size means just that."""
    at = 8
    while at + 12 <= len(data):
        kind, size = data[at:at + 4], struct.unpack(">q", data[at + 4:at + 12])[0]
        if kind == b"data":
            there = struct.pack(">q", len(data) - at - 12)
            return Mended(data[:at + 4] + there + data[at + 12:], size > len(data) - at - 12)
        if size < 0:
            return None
        at += 12 + size
    return None


def streams(path: Path) -> int:
    """How many streams stand after each other in an Ogg file: those that begin after another has ended."""
    data, at, ended, count = path.read_bytes(), 0, False, 1
    while data[at:at + 4] == b"OggS" and at + 27 <= len(data):
        flags = data[at + 5]
        count += bool(flags & 2 and ended)
        ended = bool(flags & 4) or ended and not flags & 2
        at += 27 + data[at + 26] + sum(data[at + 27:at + 27 + data[at + 26]])
    return count


def _ogg(data: bytes) -> Mended | None:
    """Only the pages that are whole."""
    at = 0
    while data[at:at + 4] == b"OggS" and at + 27 <= len(data):
        end = at + 27 + data[at + 26] + sum(data[at + 27:at + 27 + data[at + 26]])
        if end > len(data):
            break
        at = end
    return Mended(data[:at], True) if 0 < at < len(data) else None
