"""What is done to Videos: each edit knows which frame of which Video stands where, and makes none before it is asked.

The functions with small letters are what nodes call; they refuse what cannot be and work the new measures out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import ceil, floor
from typing import Any, Literal

from nodegraph import InputError

from ..video import Form, Video, pair
from .container import converter, laid, library, silence

BLOCK = 256 << 20  # bytes of frames held at once to play backwards
SECONDS = 10  # of sound held at once for that
PIECE = 1 << 16  # samples of sound handed on at once
Fit = Literal["inside", "cover", "pad", "stretch"]


def _last(video: Video, last: int | None) -> int:
    return video.form.frames if last is None else last


@dataclass(frozen=True, eq=False)
class Trimmed(Video):
    """A piece of a Video. start: the frame with which it begins."""

    start: int = 0

    def pictures(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The frames, from there on."""
        yield from self.of[0].pictures(self.start + first, self.start + _last(self, last))

    def sound(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The samples that belong to them."""
        last = self.samples if last is None else last
        start, channels = round(self.start / self.fps * self.form.sample_rate), self.form.channels
        pieces = self.of[0].sound(start + first, min(start + last, self.of[0].samples))
        yield from _exactly(pieces, last - first, channels)


def _exactly(pieces: Iterator[Any], samples: int, channels: int) -> Iterator[Any]:
    """So many samples: what is more is cut, and silence put where some are missing."""
    for piece in pieces:
        piece = piece[:, :samples]
        samples -= piece.shape[1]
        yield piece
        if not samples:
            return
    yield from silence(samples, channels)


def trimmed(video: Video, start: float, seconds: float | None) -> Video:
    """The piece that begins at `start` seconds and lasts `seconds`, or to the end. Raises InputError beyond it."""
    first = round(Fraction(start) * video.fps)
    if first >= video.form.frames:
        raise InputError(f"start is {start:g} s, and the video is {float(video.seconds):.5g} s long; take less")
    rest = video.form.frames - first
    count = rest if seconds is None else min(rest, max(1, round(Fraction(seconds) * video.fps)))
    return Trimmed(video.form._replace(frames=count), (video,), start=first)


@dataclass(frozen=True, eq=False)
class Resized(Video):
    """A Video of another size. fit: how it is fitted in. paper: (r, g, b) of what is left free by "pad"."""

    fit: str = "stretch"
    paper: tuple[int, int, int] = (0, 0, 0)

    def pictures(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The frames, each resampled by Lanczos's filter."""
        import numpy as np
        from PIL import Image

        size, lanczos = (self.form.width, self.form.height), Image.Resampling.LANCZOS
        old = (self.of[0].form.width, self.of[0].form.height)
        part, box = _placed(old, size, self.fit)
        for array in self.of[0].pictures(first, last):
            picture = Image.fromarray(array).resize(part, lanczos, box)
            if part != size:
                page = Image.new(picture.mode, size, (*self.paper, 255)[:len(picture.getbands())])
                page.paste(picture, ((size[0] - part[0]) // 2, (size[1] - part[1]) // 2))
                picture = page
            yield np.asarray(picture)


def _placed(old: tuple[int, int], new: tuple[int, int], fit: str) -> tuple[tuple[int, int], Any]:
    """The size of the picture in the new frame, and the part of the old one that is shown there."""
    across, down = new[0] / old[0], new[1] / old[1]
    if fit == "pad":
        scale = min(across, down)
        return (max(1, round(old[0] * scale)), max(1, round(old[1] * scale))), None
    if fit == "cover":
        scale = max(across, down)
        width, height = new[0] / scale, new[1] / scale
        left, top = (old[0] - width) / 2, (old[1] - height) / 2
        return new, (max(0, left), max(0, top), min(old[0], left + width), min(old[1], top + height))
    return new, None


def resized(video: Video, width: int, height: int, fit: str, paper: tuple[int, int, int] = (0, 0, 0)) -> Video:
    """The Video at another size; 0 for a side that follows from the other. fit "inside": no larger than this, in its
    own proportions. Raises InputError where both are 0."""
    form = video.form
    if not (width or height):
        raise InputError("width and height are both 0; give one of them at least")
    if not (width and height) or fit == "inside":
        scale = min(Fraction(side, old) for side, old in ((width, form.width), (height, form.height)) if side)
        width, height = max(1, round(form.width * scale)), max(1, round(form.height * scale))
    if (width, height) == (form.width, form.height):
        return video
    return Resized(form._replace(width=width, height=height), (video,), fit=fit, paper=paper)


@dataclass(frozen=True, eq=False)
class Retimed(Video):
    """A Video at another speed or rate. step: frames of the old one that go by in one of the new one (a fraction).
    tempo: how much quicker its sound is (a fraction)."""

    step: tuple[int, int] = (1, 1)
    tempo: tuple[int, int] = (1, 1)

    def pictures(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The frames that are shown at the new times: some twice, or some not."""
        last, step = _last(self, last), Fraction(*self.step)
        if first >= last:
            return
        most = self.of[0].form.frames - 1
        wanted = [min(most, floor(number * step)) for number in (first, last - 1)]
        old = enumerate(self.of[0].pictures(wanted[0], wanted[1] + 1), wanted[0])
        number, array = next(old)
        for place in range(first, last):
            while number < min(most, floor(place * step)):
                number, array = next(old)
            yield array

    def sound(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The samples, stretched or squeezed in time at their own pitch."""
        last, tempo = self.samples if last is None else last, Fraction(*self.tempo)
        if tempo == 1:
            old = self.of[0].sound(first, min(last, self.of[0].samples))
            yield from _exactly(old, last - first, self.form.channels)
        elif first < last:
            old = self.of[0].sound(floor(first * tempo), min(ceil(last * tempo) + 1, self.of[0].samples))
            yield from _exactly(_quicker(old, tempo, self.form), last - first, self.form.channels)


def _quicker(pieces: Iterator[Any], tempo: Fraction, form: Form) -> Iterator[Any]:
    """Sound at another tempo and the same pitch (FFmpeg's `atempo`, WSOLA)."""
    av = library()
    layout, graph = "mono" if form.channels == 1 else "stereo", av.filter.Graph()
    steps, rest = list[float](), float(tempo)
    while rest < 0.5:
        steps, rest = [*steps, 0.5], rest / 0.5
    graph.link_nodes(
        graph.add_abuffer(sample_rate=form.sample_rate, format="fltp", layout=layout,
                          time_base=Fraction(1, form.sample_rate)),
        *(graph.add("atempo", str(one)) for one in [*steps, rest]), graph.add("aformat", "sample_fmts=fltp"),
        graph.add("abuffersink")).configure()
    for frame in framed(pieces, form.sample_rate):
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: Any) -> Iterator[Any]:
    av = library()
    while True:
        try:
            yield graph.pull().to_ndarray()
        except (av.BlockingIOError, av.EOFError):
            return


def framed(pieces: Iterable[Any], sample_rate: int) -> Iterator[Any]:
    """Pieces of sound, float32 (1 or 2, n), one after another as PyAV's frames."""
    import numpy as np

    at = 0
    for piece in pieces:
        layout = "mono" if len(piece) == 1 else "stereo"
        frame = library().AudioFrame.from_ndarray(np.ascontiguousarray(piece, np.float32), "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = sample_rate, at, Fraction(1, sample_rate)
        at += piece.shape[1]
        yield frame


def at_speed(video: Video, factor: float) -> Video:
    """The Video so many times as quick, at the same rate: frames are passed over or shown again. Sound keeps its
    pitch. Raises InputError where there is sound and no PyAV to change it."""
    tempo = Fraction(factor).limit_denominator(10_000)
    if video.form.sample_rate and tempo != 1:
        library()
    count = max(1, round(video.form.frames / tempo))
    return Retimed(video.form._replace(frames=count), (video,), step=pair(tempo), tempo=pair(tempo))


def at_rate(video: Video, fps: Fraction) -> Video:
    """The Video at another rate and the same speed."""
    if fps == video.fps:
        return video
    count = max(1, round(video.form.frames / video.fps * fps))
    return Retimed(video.form._replace(frames=count, fps=pair(fps)), (video,), step=pair(video.fps / fps))


@dataclass(frozen=True, eq=False)
class Reversed(Video):
    """A Video played backwards, a block of frames at a time."""

    def pictures(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The frames from the end to the beginning."""
        last, form = _last(self, last), self.form
        block = max(1, BLOCK // (form.width * form.height * (4 if form.alpha else 3)))
        stop, start = form.frames - first, form.frames - last
        while stop > start:
            begin = max(start, stop - block)
            yield from reversed(list(self.of[0].pictures(begin, stop)))
            stop = begin

    def sound(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The samples from the end to the beginning."""
        total = self.samples
        last = total if last is None else last
        stop, start, block = total - first, total - last, SECONDS * self.form.sample_rate
        while stop > start:
            begin = max(start, stop - block)
            for piece in reversed(list(self.of[0].sound(begin, stop))):
                yield piece[:, ::-1]
            stop = begin


@dataclass(frozen=True, eq=False)
class Joined(Video):
    """Videos one after another, all of one size and rate."""

    def pictures(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The frames of each in turn, with alpha if any has it."""
        import numpy as np

        last, start = _last(self, last), 0
        for video in self.of:
            for array in video.pictures(*_within(first, last, start, video.form.frames)):
                if self.form.alpha and array.shape[2] == 3:
                    array = np.dstack([array, np.full(array.shape[:2], 255, np.uint8)])
                yield array
            start += video.form.frames

    def sound(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The samples of each in turn, and silence where one has none."""
        last, start, hertz = self.samples if last is None else last, Fraction(0), self.form.sample_rate
        for video in self.of:
            begin, end = round(start * hertz), round((start + video.seconds) * hertz)
            yield from _converted(video, *_within(first, last, begin, end - begin), self.form)
            start += video.seconds


def _within(first: int, last: int, start: int, count: int) -> tuple[int, int]:
    """What lies between `first` and `last` of `count` things that begin at `start`, counted from there."""
    begin = min(max(first - start, 0), count)
    return begin, max(begin, min(last - start, count))


def _converted(video: Video, first: int, last: int, form: Form) -> Iterator[Any]:
    """A Video's samples from first to last as another rate and number of channels would count them."""
    own, hertz = video.form.sample_rate, form.sample_rate
    if first == last:
        return
    if not own:
        yield from silence(last - first, form.channels)
    elif (own, video.form.channels) == (hertz, form.channels):
        yield from _exactly(video.sound(first, min(last, video.samples)), last - first, form.channels)
    else:
        begin, end = round(Fraction(first * own, hertz)), min(video.samples, ceil(Fraction(last * own, hertz)) + 1)
        convert = converter(hertz, form.channels)
        pieces = (array for frame in chain(framed(video.sound(begin, end), own), [None]) for array in convert(frame))
        yield from _exactly(pieces, last - first, form.channels)


def joined(videos: list[Video]) -> Video:
    """Videos one after another, at the size and the rate of the first: others are padded with black to fit, and some
    of their frames shown twice or left out. Raises InputError where there is none."""
    if not videos:
        raise InputError("videos is empty; give at least one")
    form = videos[0].form
    parts = tuple(at_rate(resized(one, form.width, form.height, "pad"), videos[0].fps) for one in videos)
    sound, channels = (max(getattr(one.form, name) for one in videos) for name in ("sample_rate", "channels"))
    if len({(one.form.sample_rate, one.form.channels) for one in videos if one.form.sample_rate}) > 1:
        library()
    frames, alpha = sum(one.form.frames for one in parts), any(one.form.alpha for one in parts)
    return Joined(form._replace(frames=frames, alpha=alpha, sample_rate=sound, channels=channels), parts)


@dataclass(frozen=True, eq=False)
class Sounded(Video):
    """A Video with another sound. data: float32 samples (1 or 2, n)."""

    def pictures(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """Its frames."""
        yield from self.of[0].pictures(first, last)

    def sound(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The samples, and silence when they are over."""
        import numpy as np

        last = self.samples if last is None else last
        if self.form.sample_rate:
            whole = np.asarray(self.data)
            pieces = ((at, whole[:, at:at + PIECE]) for at in range(first, whole.shape[1], PIECE))
            yield from laid(pieces, first, last, self.form.channels, 0)


def sounded(video: Video, samples: Any, sample_rate: int) -> Video:
    """The Video with these samples, float32 (1 or 2, n), from its beginning."""
    form = video.form._replace(sample_rate=sample_rate, channels=samples.shape[0])
    return Sounded(form, (video,), samples)


def silent(video: Video) -> Video:
    """The Video without sound."""
    return Sounded(video.form._replace(sample_rate=0, channels=0), (video,)) if video.form.sample_rate else video
