"""Soundfonts as symusic's synthesizer plays them in tune (SoundFont 2.04, chapters 7 and 8).

It goes by the pitch in the header of each recording, and not by the root key that an instrument's zone may give in its place
(generator 58), as the format has it (https://github.com/Yikai-Liao/symusic/issues/55): a piano whose recordings all say 60 is
played octaves off. So it is given a copy in which each zone has a header of its own that says its root key.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

_ROOT, _SAMPLE = 58, 53  # generators
_BAG, _INSTRUMENT, _HEADER = 4, 22, 46  # bytes of a record
_PITCH = 40  # where a header has its pitch
_folder: list[tempfile.TemporaryDirectory[str]] = []  # of the copies, for as long as the process lives


def in_tune(path: Path) -> Path:
    """A soundfont that sounds as this one means to; itself, where nothing needs to be changed, or it is none."""
    told = path.stat()
    return _copy(path, told.st_mtime_ns, told.st_size)


@lru_cache(maxsize=8)
def _copy(path: Path, changed: int, size: int) -> Path:
    content = path.read_bytes()
    try:
        tuned = retuned(content)
    except (struct.error, ValueError, IndexError):
        return path  # what is wrong with it, the synthesizer says
    if tuned == content:
        return path
    if not _folder:
        _folder.append(tempfile.TemporaryDirectory(prefix="nodegraph-soundfonts-"))
    name = blake2b(f"{path.absolute()} {changed} {size}".encode(), digest_size=8).hexdigest()
    copy = Path(_folder[0].name, name + path.suffix)
    copy.write_bytes(tuned)
    return copy


def retuned(content: bytes) -> bytes:
    """A soundfont's bytes, where the header of each zone's recording has the pitch that the zone plays it at."""
    chunks = dict(_chunks(content, 12))
    start, end = chunks[b"pdta"]
    tables = dict(_chunks(content, start))
    instruments, bags, generators, headers = (bytearray(content[slice(*tables[name])])
                                              for name in (b"inst", b"ibag", b"igen", b"shdr"))
    own, last = {}, headers[-_HEADER:]
    del headers[-_HEADER:]
    for at, root in _rooted(bytes(instruments), bytes(bags), bytes(generators)):
        (sample,) = struct.unpack_from("<H", generators, at)
        if headers[sample * _HEADER + _PITCH] == root:
            continue
        if (sample, root) not in own:
            own[sample, root] = len(headers) // _HEADER
            headers += headers[sample * _HEADER:(sample + 1) * _HEADER]
            headers[-_HEADER + _PITCH] = root
        struct.pack_into("<H", generators, at, own[sample, root])
    if not own:
        return content
    changed = {b"igen": bytes(generators), b"shdr": bytes(headers + last)}
    body = b"".join(_chunk(name, changed.get(name, content[slice(*place)])) for name, place in tables.items())
    whole = content[8:start - 12] + _chunk(b"LIST", b"pdta" + body) + content[end + (end & 1):]
    return _chunk(b"RIFF", whole)


def _rooted(instruments: bytes, bags: bytes, generators: bytes) -> Iterator[tuple[int, int]]:
    """Where the zones of instruments name their recording, and the root key that they play it at."""
    firsts = [struct.unpack_from("<H", instruments, at + 20)[0] for at in range(0, len(instruments), _INSTRUMENT)]
    for first, end in zip(firsts, firsts[1:]):
        general = -1  # of the zone that holds for the whole instrument, and names no recording
        for bag in range(first, end):
            begin, stop = (struct.unpack_from("<H", bags, (bag + more) * _BAG)[0] for more in (0, 1))
            zone = {struct.unpack_from("<H", generators, at)[0]: at + 2 for at in range(begin * 4, stop * 4, 4)}
            root = struct.unpack_from("<h", generators, zone[_ROOT])[0] if _ROOT in zone else general
            if _SAMPLE not in zone:
                general = root if bag == first else general
            elif 0 <= root <= 127:
                yield zone[_SAMPLE], root


def _chunks(content: bytes, at: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """The chunks from a place on to the end of their list: of a LIST its kind, and where what is in it begins and ends."""
    if content[:4] != b"RIFF" or content[8:12] != b"sfbk":
        raise ValueError("no soundfont")
    end = 8 + struct.unpack_from("<I", content, 4)[0] if at == 12 else at - 4 + struct.unpack_from("<I", content, at - 8)[0]
    while at + 8 <= end:
        name, size = content[at:at + 4], struct.unpack_from("<I", content, at + 4)[0]
        if at + 8 + size > len(content):
            raise ValueError("cut short")
        if name == b"LIST":
            yield content[at + 8:at + 12], (at + 12, at + 8 + size)
        else:
            yield name, (at + 8, at + 8 + size)
        at += 8 + size + (size & 1)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)
