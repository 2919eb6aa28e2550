"""Nodes for the size and the other measures of a video."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from nodegraph import Color, Range, node

from ..media.films import edits
from ..media.types import Video


@node("video.resize", version=1)
def resize(video: Video, width: Annotated[int, Range(0, 16384)] = 0, height: Annotated[int, Range(0, 16384)] = 0,
           fit: Literal["inside", "cover", "pad", "stretch"] = "inside", paper: Color = "#000000") -> Video:
    """A video of another size, each frame resampled by Lanczos's filter when it is asked for.

    width: in pixels; 0 follows from the height.
    height: in pixels; 0 follows from the width.
    fit: where both are given: inside keeps the whole picture and its proportions, cover fills the frame and cuts what
        stands out, pad keeps the whole and fills the rest with the paper, stretch changes the proportions.
    paper: the colour beside the picture, for pad.
    """
    r, g, b = bytes.fromhex(paper[1:7])  # frames are opaque: an alpha behind the colour does not count
    return edits.resized(video, width, height, fit, (r, g, b))


class Measures(NamedTuple):
    width: int
    height: int
    frames: int
    fps: float
    seconds: float
    has_sound: bool


@node("video.measure", version=1)
def measure(video: Video) -> Measures:
    """The measures of a video.

    width: in pixels.
    height: in pixels.
    frames: how many it has.
    fps: how many of them are shown in a second.
    seconds: how long it lasts.
    has_sound: whether there is sound.
    """
    form = video.form
    return Measures(form.width, form.height, form.frames, float(video.fps), float(video.seconds),
                    bool(form.sample_rate))
