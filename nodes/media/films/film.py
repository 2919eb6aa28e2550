"""Videos written as films: MP4 (H.264, AAC) and WebM (VP9, Opus), a frame at a time, with PyAV.

Encoders run with a fixed number of threads, and nothing of the time or the machine is written down, so that the same
frames give the same bytes; of films that are decoded while they are written, x264 still gives others now and then.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph import InputError, warn

from ..video import Video, opaque
from .container import exactly, library
from .edits import framed

QUALITY = 75
THREADS = 4  # a part of the result: x264 divides its work by it
BITEXACT = 1 << 23  # AV_CODEC_FLAG_BITEXACT
BT709 = 1  # ITU-T H.273, for primaries, transfer and matrix
AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
MOST_SIDE = 16384  # pixels


class Coding(NamedTuple):
    """A way to code a film. pictures, sound: PyAV's names of encoders. options: of that of the pictures. rates: what
    the sound may be sampled at, Hz."""

    format: str
    pictures: str
    options: dict[str, str]
    sound: str
    rates: tuple[int, ...]


def save_mp4(video: Video, path: Path, quality: int | None = None, report: Any = None) -> None:
    """Write an MP4. quality: 1 to 100, 75 if not given; x264's rate factor from 51 to 10.

    report: is called with how many frames are written. Raises InputError where PyAV is not installed.
    """
    quality = QUALITY if quality is None else quality
    if _has("libx264"):
        options = {"crf": str(_scaled(quality, 51, 10)), "preset": "fast"}
        coding = Coding("mp4", "libx264", options, "aac", AAC_RATES)
    else:
        warn("this PyAV has no encoder for H.264 (libx264); the film is coded as MPEG-4 part 2, which is larger")
        scale = str(_scaled(quality, 31, 2))
        coding = Coding("mp4", "mpeg4", {"qmin": scale, "qmax": scale}, "aac", AAC_RATES)
    _write(video, path, coding, report)


def save_webm(video: Video, path: Path, quality: int | None = None) -> None:
    """Write a WebM. quality: 1 to 100, 75 if not given; libvpx's rate factor from 63 to 10."""
    quality = QUALITY if quality is None else quality
    if not (_has("libvpx-vp9") and _has("libopus")):
        raise InputError("this PyAV has no encoders for WebM (libvpx-vp9, libopus); write an MP4 or a WebP")
    options = {"crf": str(_scaled(quality, 63, 10)), "b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "0"}
    _write(video, path, Coding("webm", "libvpx-vp9", options, "libopus", (48000,)), None)


def _has(encoder: str) -> bool:
    try:
        library().Codec(encoder, "w")
    except library().codec.codec.UnknownCodecError:
        return False
    return True


def _scaled(quality: int, worst: int, best: int) -> int:
    return round(worst + (best - worst) * (min(max(quality, 1), 100) - 1) / 99)


def _write(video: Video, path: Path, coding: Coding, report: Any) -> None:
    import numpy as np

    form, av = video.form, library()
    if max(form.width, form.height) > MOST_SIDE:
        raise InputError(f"a film may be {MOST_SIDE} pixels wide or high, and this is {form.width} x {form.height}; "
                         "make it smaller with video.resize")
    if form.alpha:
        warn(f"{coding.format.upper()} keeps no transparency; it becomes white. WebP keeps it")
    if form.width % 2 or form.height % 2:
        warn(f"{form.width} x {form.height} is odd, and films hold their colours for every second pixel; the last row "
             "or column is repeated")
    options = {"movflags": "+faststart"} if coding.format == "mp4" else {}
    with av.open(str(path), "w", format=coding.format, container_options=options) as out:
        out.flags |= av.container.Flags.bitexact.value
        pictures = _picture_stream(out, video, coding)
        sound = _sound_stream(out, video, coding) if form.sample_rate else None
        samples = framed((np.clip(piece, -1, 1) for piece in video.sound()), form.sample_rate)
        for number, frame in enumerate(_frames(video), 1):
            out.mux(pictures.encode(frame))
            if sound is not None:
                for piece in _until(samples, number / video.fps):
                    out.mux(sound.encode(piece))
            if report is not None:
                report(number)
        out.mux(pictures.encode())
        if sound is not None:
            out.mux(sound.encode())


def _picture_stream(out: Any, video: Video, coding: Coding) -> Any:
    stream = out.add_stream(coding.pictures, rate=video.fps, options=coding.options)
    stream.width, stream.height = video.form.width + video.form.width % 2, video.form.height + video.form.height % 2
    stream.pix_fmt = "yuv420p"
    coder = stream.codec_context
    coder.thread_count, coder.flags = THREADS, coder.flags | BITEXACT
    coder.colorspace = coder.color_primaries = coder.color_trc = BT709
    coder.color_range = 1
    return stream


def _sound_stream(out: Any, video: Video, coding: Coding) -> Any:
    hertz = video.form.sample_rate
    fitting = min((one for one in coding.rates if one >= hertz), default=coding.rates[0])
    stream = out.add_stream(coding.sound, rate=fitting, layout="mono" if video.form.channels == 1 else "stereo")
    stream.bit_rate = 96_000 * video.form.channels
    stream.codec_context.flags |= BITEXACT
    return stream


def _until(samples: Iterator[Any], seconds: Fraction) -> Iterator[Any]:
    """The pieces of sound up to this moment, or a little beyond it: sound and pictures lie side by side in a film."""
    for piece in samples:
        yield piece
        if (piece.pts + piece.samples) * piece.time_base >= seconds:
            return


def _frames(video: Video) -> Iterator[Any]:
    """PyAV's frames, in 4:2:0 by BT.709, each with its time."""
    import numpy as np
    from av.video.reformatter import ColorRange, Colorspace

    odd = ((0, video.form.height % 2), (0, video.form.width % 2), (0, 0))
    for number, array in enumerate(video.pictures()):
        even = np.pad(opaque(array), odd, "edge") if video.form.width % 2 or video.form.height % 2 else opaque(array)
        frame = library().VideoFrame.from_ndarray(np.ascontiguousarray(even), "rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG,
            interpolation=exactly(), threads=1)
        frame.pts, frame.time_base = number, 1 / video.fps
        yield frame
