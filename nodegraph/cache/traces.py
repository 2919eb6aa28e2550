"""Traces: what a request gave the last time, and their form in the index."""

from __future__ import annotations

from typing import NamedTuple

from ..digest import ListDigest, decode, encode


class Trace(NamedTuple):
    """What a request gave: the digest of each output port, and how long it took."""

    outputs: tuple[bytes, ...]
    seconds: float


def pack_outputs(outputs: tuple[bytes, ...], small: dict[bytes, bytes]) -> bytes:
    """Digests of outputs as one blob, with the encodings of small Values inside, by digest."""
    if len(outputs) == 1 and outputs[0].__class__ is bytes:
        return b"1" + outputs[0] + small.get(outputs[0], b"")
    rows = [[(d, small.get(d)) for d in out.items] if isinstance(out, ListDigest) else (bytes(out), small.get(out))
            for out in outputs]
    return b"n" + encode(rows)


def unpack_outputs(blob: bytes) -> tuple[tuple[bytes, ...], dict[bytes, bytes]]:
    """What `pack_outputs` packed. Raises ValueError on anything else."""
    if blob[:1] == b"1" and len(blob) >= 17:
        name = blob[1:17]
        return (name,), ({name: blob[17:]} if len(blob) > 17 else {})
    if blob[:1] != b"n":
        raise ValueError("not a trace")
    outputs: list[bytes] = []
    small: dict[bytes, bytes] = {}
    for row in decode(blob[1:]):
        items = row if isinstance(row, list) else [row]
        small.update((d, code) for d, code in items if code is not None)
        outputs.append(ListDigest.of([d for d, _ in items]) if isinstance(row, list) else row[0])
    return tuple(outputs), small
