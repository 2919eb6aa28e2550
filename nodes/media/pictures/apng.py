"""Animations in PNG (APNG 1.0): taken apart into plain PNGs, and put together as they are seen.

Pillow reads them too, but where a frame that is half transparent lies over another its alpha comes out wrong, and of 16
bits it keeps 8.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from . import png_chunks

_NONE, _BACKGROUND, _PREVIOUS = range(3)  # what becomes of a frame's place before the next
_OVER = 1  # how a frame is put in its place: over what is there; else instead of it
_SHARED = (b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"sBIT")  # the chunks that count for every frame


class Piece(NamedTuple):
    """A frame as it is stored: a PNG of its own, its place on the canvas, how long it stays and how it is laid."""

    png: bytes
    x: int
    y: int
    seconds: float
    disposal: int
    blend: int


def pieces(data: bytes) -> list[Piece]:
    """The frames of an animation, in the order of the file. A still picture that is none of them is left out."""
    header, shared, found = b"", b"", []
    for kind, chunk, body in png_chunks.chunks(data):
        if kind == b"IHDR":
            header = body
        elif kind in _SHARED:
            shared += chunk
        elif kind == b"fcTL" and len(body) >= 26:
            found.append((struct.unpack(">4I2H2B", body[4:26]), bytearray()))
        elif kind in (b"IDAT", b"fdAT") and found:
            found[-1][1].extend(body if kind == b"IDAT" else body[4:])
    return [_piece(header, shared, *one) for one in found]


def seen(canvas: tuple[int, int], laid: Iterable[tuple[Piece, Any]]) -> Iterator[Any]:
    """What is seen while each frame stays: float32 arrays (height, width, 4) of a canvas (width, height).

    laid: the pieces with their pixels, float32 (height, width, 4) in 0..1.
    """
    import numpy as np

    shown = np.zeros((canvas[1], canvas[0], 4), np.float32)
    for number, (piece, pixels) in enumerate(laid):
        place = np.s_[piece.y:piece.y + pixels.shape[0], piece.x:piece.x + pixels.shape[1]]
        before = shown[place].copy()
        shown[place] = over(pixels, before) if piece.blend == _OVER else pixels
        yield shown.copy()
        if piece.disposal == _BACKGROUND or (piece.disposal == _PREVIOUS and not number):
            shown[place] = 0
        elif piece.disposal == _PREVIOUS:
            shown[place] = before


def over(upper: Any, lower: Any) -> Any:
    """One RGBA array in 0..1 over another (Porter and Duff, 1984), neither multiplied by alpha."""
    import numpy as np

    a, b = upper[..., 3:], lower[..., 3:] * (1 - upper[..., 3:])
    alpha = a + b
    colour = (upper[..., :3] * a + lower[..., :3] * b) / np.maximum(alpha, 1e-12)
    return np.concatenate([colour, alpha], axis=2)


def _piece(header: bytes, shared: bytes, control: tuple[int, ...], data: bytearray) -> Piece:
    width, height, x, y, numerator, denominator, disposal, blend = control
    png = (png_chunks.SIGNATURE + _chunk(b"IHDR", struct.pack(">II", width, height) + header[8:]) + shared
           + _chunk(b"IDAT", bytes(data)) + _chunk(b"IEND", b""))
    return Piece(png, x, y, numerator / (denominator or 100), disposal, blend)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
