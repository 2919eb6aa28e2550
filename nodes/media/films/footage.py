"""Videos that need no more than Pillow: pictures packed without loss, and animations (GIF, WebP, APNG, AVIF)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, count, pairwise
from typing import Any

from nodegraph import InputError, warn

from ..video import Form, Video, pair
from .bytefile import byte_file
from .rhythm import rhythm

LEVEL = 1  # of PNG's compression: twice as quick as the usual one, and a tenth larger
FORMATS = ("GIF", "WEBP", "PNG", "AVIF")  # of Pillow, that may move
GIF_UNSAID = Fraction(1, 10)  # seconds; what browsers make of a frame that says 0 or 1 hundredth


@dataclass(frozen=True, eq=False)
class Stills(Video):
    """Pictures that were put together. data: PNG files, end to end. spans: where that of each frame is in it."""

    spans: tuple[tuple[int, int], ...] = ()

    def pictures(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The frames, as they went in."""
        import numpy as np
        from PIL import Image

        data = np.asarray(self.data)
        for start, stop in self.spans[first:last]:
            with Image.open(io.BytesIO(data[start:stop].data)) as picture:
                yield np.asarray(picture.convert("RGBA" if self.form.alpha else "RGB"))

    def sound(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """None."""
        return iter(())


def stills(arrays: Iterable[Any], fps: Fraction, alpha: bool) -> Stills:
    """The Video of uint8 arrays (height, width, 3 or 4) of one size, shown `fps` a second. They are kept as they are.

    A picture that comes again is kept once. Raises InputError where there is none.
    """
    from hashlib import blake2b

    import torch
    from PIL import Image

    packed, seen, size = bytearray(), dict[bytes, tuple[int, int]](), (0, 0)
    spans: list[tuple[int, int]] = []
    last = None
    for array in arrays:
        if array is last:  # one that is held: there is nothing to pack again
            spans.append(spans[-1])
            continue
        last = array
        file, picture = io.BytesIO(), Image.fromarray(array)
        size = picture.size
        picture.convert("RGBA" if alpha else "RGB").save(file, "PNG", compress_level=LEVEL)
        png = file.getvalue()
        name = blake2b(png).digest()
        if name not in seen:
            seen[name] = (len(packed), len(packed) + len(png))
            packed += png
        spans.append(seen[name])
    if not spans:
        raise InputError("frames is empty; a video takes at least one picture")
    return Stills(Form(*size, len(spans), pair(fps), alpha), data=torch.frombuffer(packed, dtype=torch.uint8),
                  spans=tuple(spans))


@dataclass(frozen=True, eq=False)
class Animation(Video):
    """A picture that moves. data: its file. starts: from which frame on each of its own is shown."""

    starts: tuple[int, ...] = ()

    def pictures(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The frames; each is made from those before it, so those are decoded too."""
        last = self.form.frames if last is None else last
        for array, (start, stop) in zip(_decoded(self.data, self.form.alpha, len(self.starts)),
                                        pairwise((*self.starts, self.form.frames))):
            yield from (array for _ in range(max(start, first), min(stop, last)))
            if stop >= last:
                return

    def sound(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """None."""
        return iter(())


def _decoded(data: Any, alpha: bool, count: int) -> Iterator[Any]:
    import numpy as np
    from PIL import Image

    with Image.open(byte_file(data), formats=FORMATS) as picture:
        for number in range(count):
            picture.seek(number)
            yield np.asarray(picture.convert("RGBA" if alpha else "RGB"))


def animation(data: Any, name: str) -> Video:
    """The Video in an animation's file, a flat uint8 tensor. A still picture is a Video of one frame.

    name: by which sentences speak of it. Raises InputError where no frame can be read. Each frame is shown from when
    it says; one of a GIF that says no time, or 1 hundredth, for a tenth of a second, as in browsers.
    """
    size, times, clear = _read(data, name)
    starts = [Fraction(0), *accumulate(times[:-1])]
    beat = rhythm(starts, sum(times, Fraction(0)))
    if not beat.exact:
        warn(f"{name} shows its frames for times that have no common beat; they are laid out evenly, "
             f"{float(beat.fps):.5g} a second")
    return Animation(Form(*size, beat.places, pair(beat.fps), clear), data=data, starts=beat.starts)


def _read(data: Any, name: str) -> tuple[tuple[int, int], list[Fraction], bool]:
    """The size, how many seconds each frame is shown, and whether any of them is transparent."""
    from PIL import Image

    times, clear, size, why = [], False, (0, 0), ""
    try:
        with Image.open(byte_file(data), formats=FORMATS) as picture:
            size = picture.size
            for number in count():
                picture.seek(number)
                ranges: Any = picture.convert("RGBA").getextrema()  # decoded in any case: it may be cut
                clear = ranges[3][0] < 255 or clear
                times.append(_shown(picture))
    except Image.DecompressionBombError as error:
        raise InputError(f"{name} is too large: {error}") from error
    except EOFError:  # the usual end of a sequence; a GIF that is cut between two frames ends so too
        end = bytes(data[-64:].numpy()).rstrip(b"\0\r\n")
        why = "its end is missing" if picture.format == "GIF" and not end.endswith(b";") else ""
    except (OSError, SyntaxError, ValueError, IndexError, struct.error) as error:
        why = str(error)
    if not times:
        raise InputError(f"{name} is damaged: not one frame of it can be read ({why})")
    if why:
        warn(f"{name} is damaged ({why}); the first {len(times)} frames are read")
    return size, times, clear


def _shown(picture: Any) -> Fraction:
    """How many seconds the frame is shown."""
    time = Fraction(picture.info.get("duration", 0)).limit_denominator(1000) / 1000
    return GIF_UNSAID if not time or picture.format == "GIF" and time <= Fraction(1, 100) else time
