"""Nodes between single pictures and moving ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from nodegraph import SILENT, Context, InputError, Range, node

from ..media.films.footage import stills
from ..media.image import from_array, to_array
from ..media.types import Image, Video
from ..media.video import MOST_FPS, rate

MOST_BYTES = 4 << 30  # of pictures that are taken out of a video at once: each pixel of a picture takes 12 or 16


@node("video.from_frames", version=1)
def from_frames(frames: list[Image], fps: Annotated[float, Range(0.01, MOST_FPS)] = 12.0,
                ctx: Context = SILENT) -> Video:
    """Make a video of pictures, in their order. They are kept as they are, to 8 bits a colour, with their alpha.

    frames: pictures of one size, of any width and height.
    fps: how many are shown in a second.
    """
    sizes = {(image.shape[2], image.shape[1]): number for number, image in reversed([*enumerate(frames, 1)])}
    if len(sizes) > 1:
        (number, size), (other, another) = sorted((number, size) for size, number in sizes.items())[:2]
        raise InputError(f"picture {other} is {another[0]} x {another[1]}, and picture {number} is {size[0]} x "
                         f"{size[1]}; all frames of a video are of one size")
    alpha = any(image.shape[0] == 4 for image in frames)
    return stills(_told(map(to_array, frames), len(frames), ctx), rate(fps), alpha)


def _told(arrays: Iterator[Any], total: int, ctx: Context) -> Iterator[Any]:
    """The arrays, while it is reported how many went by."""
    for number, array in enumerate(arrays, 1):
        yield array
        ctx.report(number, total)


@node("video.frames", version=1)
def frames(video: Video, start: Annotated[float, Range(0, 1e6)] = 0.0,
           seconds: Annotated[float, Range(0, 1e6)] | None = None, every: Annotated[int, Range(1, 1_000_000)] = 1,
           ctx: Context = SILENT) -> list[Image]:
    """Take pictures out of a video. All of them are held at once: 4 GB at most, which is some 390 of 1280 x 720.

    start: where to begin, in seconds.
    seconds: for how long; to the end if not given.
    every: of so many frames the first is taken.
    """
    first, last = _span(video, start, seconds)
    count = len(range(first, last, every))
    _refuse_many(video, count)
    images = []
    for number, array in enumerate(video.pictures(first, first + (count - 1) * every + 1)):
        if number % every == 0:
            images.append(from_array(array))
            ctx.report(len(images), count)
    return images


def _span(video: Video, start: float, seconds: float | None) -> tuple[int, int]:
    """The first frame, and the one after the last."""
    first = round(start * video.fps)
    if first >= video.form.frames:
        raise InputError(f"start is {start:g} s, and the video is {float(video.seconds):.5g} s long; take less")
    last = video.form.frames if seconds is None else first + max(1, round(seconds * video.fps))
    return first, min(last, video.form.frames)


def _refuse_many(video: Video, count: int) -> None:
    form = video.form
    size = count * form.width * form.height * (4 if form.alpha else 3) * 4
    if size > MOST_BYTES:
        raise InputError(f"{count} frames of {form.width} x {form.height} take {size / 2**30:.1f} GB as pictures, and "
                         f"at most {MOST_BYTES >> 30} GB are taken out at once; take fewer with `start`, `seconds` and "
                         "`every`, or make the video smaller with video.resize")


@node("video.still", version=1)
def still(video: Video, second: Annotated[float, Range(0, 1e6)] = 0.0) -> Image:
    """One picture of a video.

    second: when; beyond its end it is the last frame.
    """
    return from_array(video.still(min(int(second * video.fps), video.form.frames - 1)))
