"""Videos written as pictures that move, a frame at a time: GIF and animated WebP, with Pillow alone. Both loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import InputError, warn

from ..video import Video
from .edits import at_rate

GIF_QUALITY = 100
WEBP_QUALITY = 80
GIF_FPS = 50  # browsers show what is quicker at a tenth of its speed
SAMPLES = 24  # frames from which the colours of a GIF are chosen
SAMPLE_SIDE = 128  # pixels of their longer side
MOST_SIDE = {"GIF": 65535, "WebP": 16383}  # pixels
CLEAR = 255  # the index of what is transparent
LONGEST = 60_000  # hundredths of a second that a frame of a GIF may be shown; its field has 16 bits
HALF = 128  # of 255; below, a pixel of a GIF is transparent


def _told(video: Video, form: str) -> None:
    """Say what this form does not keep. Raises InputError for a size that it cannot have."""
    if max(video.form.width, video.form.height) > MOST_SIDE[form]:
        raise InputError(f"a {form} may be {MOST_SIDE[form]} pixels wide or high, and this is {video.form.width} x "
                         f"{video.form.height}; make it smaller with video.resize")
    if video.form.sample_rate:
        warn(f"a {form} has no sound; it is left out. MP4 keeps it")


def _ends(video: Video, unit: int) -> Iterator[int]:
    """When each frame is over, in `unit` parts of a second: rounded each for itself, so that no error adds up."""
    for number in range(1, video.form.frames + 1):
        yield max(number, round(number * unit / video.fps))


def save_gif(video: Video, path: Path, quality: int | None = None) -> None:
    """Write a GIF that loops. All frames share one palette, chosen from frames throughout; what is between its
    colours is dithered, and of each frame only the part that changed is written.

    quality: 1 to 100, 100 if not given: 4 to 256 colours.
    """
    _told(video, "GIF")
    if video.fps > GIF_FPS:
        warn(f"a GIF shows at most {GIF_FPS} frames a second, and this has {float(video.fps):.5g}; some are left out")
        video = at_rate(video, Fraction(GIF_FPS))
    elif 100 % video.fps:
        warn(f"a GIF counts in hundredths of a second, and {float(video.fps):.5g} frames a second do not come out "
             "even; frames are longer and shorter by a hundredth, and its length is right")
    if video.form.alpha:
        warn("a GIF knows no half transparency; what is less than half opaque becomes transparent, the rest opaque")
    with path.open("wb") as file:
        for piece in _gif(video, GIF_QUALITY if quality is None else quality):
            file.write(piece)


def _gif(video: Video, quality: int) -> Iterator[bytes]:
    """The pieces of a GIF's file. A frame waits until one comes that is another, and is told how long it is shown."""
    from PIL import GifImagePlugin, Image

    alpha, size = video.form.alpha, (video.form.width, video.form.height)
    colors = round(4 * 64 ** ((min(max(quality, 1), 100) - 1) / 99)) - (alpha and quality == 100)
    palette = _palette(video, colors)
    head = Image.new("P", size)
    head.putpalette(palette.colors + bytes(768 - len(palette.colors)))
    yield from GifImagePlugin.getheader(head, info={"loop": 0})[0]
    shown, begin = None, 0
    for indices, end in _merged(zip(_indexed(video, palette), _ends(video, 100))):
        top, left, part = (0, 0, indices) if alpha else _changed(shown, indices)
        more = {"transparency": CLEAR, "disposal": 2} if alpha else {"disposal": 1}
        yield from GifImagePlugin.getdata(Image.fromarray(part, "P"), (left, top), duration=10 * (end - begin), **more)
        shown, begin = indices, end
    yield b";"


def _merged(frames: Iterable[tuple[Any, int]]) -> Iterator[tuple[Any, int]]:
    """Frames and their ends without those that are the same as the one before, whose time they add to."""
    import numpy as np

    begin, (held, end) = 0, (None, 0)
    for indices, until in frames:
        if held is not None and (until - begin > LONGEST or not np.array_equal(held, indices)):
            yield held, end
            begin = end
        held, end = indices, until
    yield held, end


def _changed(shown: Any, indices: Any) -> tuple[int, int, Any]:
    """The smallest rectangle in which a frame is another than the one before: its top, its left, and its indices."""
    import numpy as np

    if shown is None:
        return 0, 0, indices
    other = shown != indices
    rows, columns = (np.flatnonzero(other.any(axis)) for axis in (1, 0))
    if not rows.size:
        return 0, 0, indices[:1, :1]
    top, left = int(rows[0]), int(columns[0])
    return top, left, np.ascontiguousarray(indices[top:rows[-1] + 1, left:columns[-1] + 1])


class _Palette(NamedTuple):
    """colors: r, g, b of each. packed: the same as sorted numbers where all colours of the Video are there, or None."""

    colors: bytes
    packed: Any = None


def _palette(video: Video, most: int) -> _Palette:
    """The colours of a Video, if they are no more than `most`; else so many that stand for them (median cut)."""
    import numpy as np
    from PIL import Image

    every = _every_color(video, most)
    if every is not None:
        return _Palette(np.stack([every >> 16, every >> 8 & 255, every & 255], 1).astype(np.uint8).tobytes(), every)
    pixels = np.concatenate([_solid(array).reshape(-1, 3) for array in _sampled(video)])
    # Until no more than one pixel in 200 changes its colour: to the last one would take ten times as long for 0.1 dB.
    picture = Image.fromarray(pixels[None]).quantize(most, Image.Quantize.MEDIANCUT, kmeans=len(pixels) // 200 + 1)
    return _Palette(bytes((picture.getpalette() or [])[:3 * most]))


def _every_color(video: Video, most: int) -> Any:
    """All colours of a Video as sorted numbers 0xrrggbb, or None as soon as there are more than `most`."""
    import numpy as np

    every = np.empty(0, np.uint32)
    for array in video.pictures():
        every = np.union1d(every, _packed(array)[_opaque(array)])
        if len(every) > most:
            return None
    return every if len(every) else np.zeros(1, np.uint32)


def _sampled(video: Video) -> Iterator[Any]:
    """Frames from throughout, thinned out to small ones. A Video is gone through if that is no more work than to seek:
    films have a key frame in 250 frames or so."""
    step = max(1, video.form.frames // SAMPLES)
    chosen = range(step // 2, video.form.frames, step)
    frames = islice(video.pictures(), chosen.start, None, step) if video.form.frames <= 250 * SAMPLES else \
        map(video.still, chosen)
    thin = max(1, max(video.form.width, video.form.height) // SAMPLE_SIDE)
    return (array[::thin, ::thin] for array in frames)


def _opaque(array: Any) -> Any:
    return array[..., 3] >= HALF if array.shape[2] == 4 else ...


def _solid(array: Any) -> Any:
    """The colours of what is not transparent, one under the other; of what is nothing else, black."""
    import numpy as np

    colors = array[..., :3][_opaque(array)].reshape(-1, 3)
    return colors if len(colors) else np.zeros((1, 3), np.uint8)


def _packed(array: Any) -> Any:
    import numpy as np

    wide = array.astype(np.uint32)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


def _indexed(video: Video, palette: _Palette) -> Iterator[Any]:
    """Each frame as uint8 (height, width) indices. A pixel that has not changed keeps its index, so that the grain
    of the dithering stands still where the picture does."""
    import numpy as np
    from PIL import Image

    table = Image.new("P", (1, 1))
    table.putpalette(palette.colors)
    before: Any = None
    indices: Any = None
    for array in video.pictures():
        if palette.packed is not None:
            found = np.searchsorted(palette.packed, _packed(array)).clip(max=len(palette.packed) - 1).astype(np.uint8)
        else:
            rgb = Image.fromarray(np.ascontiguousarray(array[..., :3]))
            found = np.array(rgb.quantize(palette=table, dither=Image.Dither.FLOYDSTEINBERG))
            if before is not None:
                np.copyto(found, indices, where=(before == array).all(axis=2))
        if video.form.alpha:
            found[array[..., 3] < HALF] = CLEAR
        before, indices = array, found
        yield found


class _Reel:
    """The frames of a Video after the first, as Pillow takes a picture that moves: one at a time."""

    mode: str

    def __init__(self, frames: Iterator[Any], count: int, mode: str):
        self.frames, self.n_frames, self.mode = frames, count, mode

    def seek(self, number: int) -> None:
        """Go on to the next frame; Pillow asks for each in turn."""
        from PIL import Image

        self.picture = Image.fromarray(next(self.frames))

    def getim(self) -> Any:
        """What Pillow hands to its encoder."""
        return self.picture.getim()


def save_webp(video: Video, path: Path, quality: int | None = None) -> None:
    """Write an animated WebP that loops, with its alpha if it has one. quality: 1 to 100, 80 if not given; 100 keeps
    every pixel as it is."""
    from PIL import Image

    _told(video, "WebP")
    quality = WEBP_QUALITY if quality is None else min(max(quality, 1), 100)
    ends = list(_ends(video, 1000))
    frames = video.pictures()
    first = Image.fromarray(next(frames))
    reel = [_Reel(frames, video.form.frames - 1, first.mode)] if video.form.frames > 1 else []
    first.save(path, "WEBP", save_all=True, append_images=reel, loop=0, lossless=quality == 100, quality=quality,
               duration=[end - begin for begin, end in zip([0, *ends], ends)], exact=True)
