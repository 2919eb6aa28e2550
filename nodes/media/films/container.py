"""Videos in containers such as MP4, MKV and WebM, read with PyAV: what is in them, their frames and their sound.

What a file says of itself is not believed where it can be counted: frames are counted by their packets' times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from math import floor
from typing import Any, NamedTuple

from nodegraph import InputError, warn

from ..video import Video
from .bytefile import ByteFile

# Formats that hold a film in one file; a playlist would have us open what it names, here or in a network.
FORMATS = ("mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,ogg,asf,h264,hevc,m4v,dv,mxf,nut,rm,ivf,obu,"
           "yuv4mpegpipe,wtv,mjpeg,wav,mp3,flac,aac")
SLACK = Fraction(1, 10)  # seconds of sound that may be missing before silence is put in
PREROLL = Fraction(1, 2)  # seconds of sound decoded before what is wanted, for decoders that need a start


def library() -> Any:
    """PyAV. Raises InputError where it is not installed."""
    if find_spec("av") is None:
        raise InputError("films (MP4, MOV, MKV, WebM, AVI) and their sound take PyAV, which is not installed. "
                         "Install it with: pip install av")
    import av

    av.logging.set_level(None)  # what is wrong is told by us, in a sentence
    return av


@contextmanager
def opened(data: Any) -> Iterator[Any]:
    """An input container over bytes. Raises what PyAV raises."""
    with library().open(ByteFile(data), container_options={"format_whitelist": FORMATS},
                        metadata_errors="replace") as container:
        yield container


class Track(NamedTuple):
    """Which stream holds the pictures, and how they lie in it.

    stream: its number. origin: when its first frame is shown, seconds. turn: how its pixels stand to what is to be
    seen, as the numbers (a, b, c, d) of a display matrix. sound: the stream of the sound, or -1.
    """

    stream: int
    origin: tuple[int, int]
    turn: tuple[int, int, int, int]
    sound: int


@dataclass(frozen=True, eq=False)
class Film(Video):
    """A film. data: its file. track: where in it the pictures are, as plain data of a Track."""

    track: tuple[Any, ...] = ()

    def pictures(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The frames, decoded from the key frame before the first one wanted."""
        last = self.form.frames if last is None else last
        if first < last:
            yield from self._evenly(first, last)

    def _evenly(self, first: int, last: int) -> Iterator[Any]:
        """Each frame at its places: what comes late is waited for with the one before, what comes twice is passed."""
        place, held = first, None
        for start, frame in self._from(first, self._frames):
            held = frame if held is None else held
            if start > place:
                array = self._array(held)
                yield from (array for _ in range(place, min(start, last)))
                place = min(start, last)
            held = frame
            if place == last:
                return
        if held is None:
            raise InputError("not one frame of the film can be decoded; write it anew as MP4 (H.264) and try again")
        array = self._array(held)
        yield from (array for _ in range(place, last))

    def _from(self, first: int, read: Callable[[Any, int], Iterator[tuple[int, Any]]]) -> Iterator[tuple[int, Any]]:
        """What is read with its places, the first no later than `first`. Formats that cannot be sought in are read
        from their beginning."""
        for start in (first, 0):
            with opened(self.data) as container:
                read_on = read(container, start)
                one = next(read_on, None)
                if start and (one is None or one[0] > first):
                    continue
                if one is not None:
                    yield one
                yield from read_on
                return

    def _frames(self, container: Any, first: int) -> Iterator[tuple[int, Any]]:
        track = Track(*self.track)
        stream, origin = container.streams[track.stream], Fraction(*track.origin)
        stream.thread_type = "AUTO"
        if first:
            _seek(container, stream, origin + (first - 1) / self.fps)
        for time, frame in _decoded(container, stream):
            yield floor((time - origin) * self.fps + Fraction(1, 2)), frame

    def _array(self, frame: Any) -> Any:
        """The uint8 array of a decoded frame, upright, of the Video's size."""
        turn, form = Track(*self.track).turn, self.form
        size = (form.height, form.width) if not turn[0] else (form.width, form.height)
        return upright(as_array(frame, *size, form.alpha), turn)

    def sound(self, first: int = 0, last: int | None = None) -> Iterator[Any]:
        """The samples; there is silence where the film has none."""
        last = self.samples if last is None else last
        if self.form.sample_rate and first < last:
            yield from laid(self._from(first, self._pieces), first, last, self.form.channels,
                            round(SLACK * self.form.sample_rate))

    def _pieces(self, container: Any, first: int) -> Iterator[tuple[int, Any]]:
        track, hertz = Track(*self.track), self.form.sample_rate
        stream, origin = container.streams[track.sound], Fraction(*track.origin)
        if first:
            _seek(container, stream, origin + Fraction(first, hertz) - PREROLL)
        converted = converter(hertz, self.form.channels)
        for time, frame in _decoded(container, stream):
            place = round((time - origin) * hertz)
            for array in converted(frame):
                yield place, array
                place += array.shape[1]


def _seek(container: Any, stream: Any, seconds: Fraction) -> None:
    """To the last key frame before. A format that refuses is read from where it is, its beginning."""
    try:
        container.seek(floor(seconds / stream.time_base), stream=stream)
    except library().FFmpegError:
        return


def _decoded(container: Any, stream: Any) -> Iterator[tuple[Fraction, Any]]:
    """The frames of a stream and their times in seconds. What cannot be decoded is counted, and said at the end."""
    lost, count, time = 0, 0, Fraction(0)
    for packet in packets(container, stream):
        try:
            frames = packet.decode()
        except library().FFmpegError:
            lost += 1
            continue
        for frame in frames:
            lost += bool(frame.is_corrupt)
            stamp = frame.pts if frame.pts is not None else frame.dts
            if stamp is not None:
                time = stamp * frame.time_base
            elif count and stream.type == "video":
                time += 1 / (stream.guessed_rate or Fraction(25))
            count += 1
            yield time, frame
    if lost:
        warn(f"the film is damaged: {lost} of its {'frames' if stream.type == 'video' else 'pieces of sound'} could "
             f"not be decoded, or not wholly")


def packets(container: Any, *streams: Any) -> Iterator[Any]:
    """The packets up to where a file is cut, and for each stream the empty one that empties its decoder."""
    try:
        yield from container.demux(*streams)
    except (library().FFmpegError, IndexError):  # IndexError: PyAV's, at the end, where a stream began midway
        return


def as_array(frame: Any, width: int, height: int, alpha: bool) -> Any:
    """A decoded frame as a uint8 array (height, width, 3 or 4), by the matrix and range that it says it has.

    One that says none is taken for BT.709 from 720 lines on and for BT.601 below, as players do.
    """
    from av.video.reformatter import Colorspace

    unsaid = frame.colorspace == 2
    source = (Colorspace.ITU709 if frame.height >= 720 else Colorspace.ITU601) if unsaid else None
    return frame.reformat(width, height, "rgba" if alpha else "rgb24", src_colorspace=source,
                          interpolation=exactly(), threads=1).to_ndarray()


def exactly() -> int:
    """How pixels are converted: the same on every machine."""
    from av.video.reformatter import Interpolation as way

    return way.BICUBIC | way.ACCURATE_RND | way.FULL_CHR_H_INT | way.FULL_CHR_H_INP | way.BITEXACT


def upright(array: Any, turn: tuple[int, int, int, int]) -> Any:
    """The array turned as a display matrix says: pixel (p, q) is seen at (a p + c q, b p + d q)."""
    import numpy as np

    a, b, c, d = turn
    if not a:
        array, a, d = array.transpose(1, 0, 2), c, b
    return np.ascontiguousarray(array[::d or 1, ::a or 1])


def converter(sample_rate: int, channels: int) -> Callable[[Any], list[Any]]:
    """A function that gives the samples of decoded frames, and of None what is left at the end: float32 arrays
    (channels, n), at this rate. One channel becomes two as loud."""
    resamplers: dict[tuple[Any, ...], Any] = {}

    def converted(frame: Any) -> list[Any]:
        if frame is None:
            done = [one for resampler in resamplers.values() for one in resampler.resample(None)]
        else:
            key = frame.format.name, frame.layout.name, frame.sample_rate
            if key not in resamplers:
                layout = "mono" if channels == 1 or frame.layout.nb_channels == 1 else "stereo"
                resamplers[key] = library().AudioResampler("fltp", layout, sample_rate)
            done = resamplers[key].resample(frame)
        return [one.to_ndarray().repeat(channels // one.layout.nb_channels, 0) for one in done]

    return converted


def laid(pieces: Iterable[tuple[int, Any]], first: int, last: int, channels: int, slack: int) -> Iterator[Any]:
    """Just the samples from `first` to `last` of pieces that begin at places of their own.

    slack: samples by which a piece may stand beside the end of the one before and still be joined to it.
    """
    at, expected = first, None
    for place, piece in pieces:
        if expected is not None and abs(place - expected) <= slack:
            place = expected
        expected = place + piece.shape[1]
        if place > at:
            yield from silence(min(place, last) - at, channels)
            at = min(place, last)
        wanted = piece[:, at - place:last - place] if place < last else piece[:, :0]
        if wanted.shape[1]:
            yield wanted
            at += wanted.shape[1]
        if at == last:
            return
    yield from silence(last - at, channels)


def silence(samples: int, channels: int) -> Iterator[Any]:
    """So many samples of nothing, in pieces."""
    import numpy as np

    for start in range(0, samples, 1 << 16):
        yield np.zeros((channels, min(1 << 16, samples - start)), np.float32)
