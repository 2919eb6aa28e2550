"""Nodes that change what is shown when. None of them makes a frame: that waits until frames are asked for."""

from __future__ import annotations

from typing import Annotated

from nodegraph import Range, node

from ..media.films import edits
from ..media.types import Video
from ..media.video import MOST_FPS, rate


@node("video.trim", version=1)
def trim(video: Video, start: Annotated[float, Range(0, 1e6)] = 0.0,
         seconds: Annotated[float, Range(0, 1e6)] | None = None) -> Video:
    """A piece of a video, with its sound, to the nearest frame.

    start: where it begins, in seconds.
    seconds: how long it is; to the end if not given.
    """
    return edits.trimmed(video, start, seconds)


@node("video.join", version=1)
def join(videos: list[Video]) -> Video:
    """Videos one after another. The first says size and rate: others are fitted in with black beside or above them,
    and frames of theirs shown twice or left out. Where one has no sound there is silence.

    videos: in their order.
    """
    return edits.joined(videos)


@node("video.reverse", version=1)
def reverse(video: Video) -> Video:
    """A video played backwards, and its sound too. Frames are held 256 MB at a time."""
    return edits.Reversed(video.form, (video,))


@node("video.speed", version=1)
def speed(video: Video, factor: Annotated[float, Range(0.01, 100)] = 2.0) -> Video:
    """A video quicker or slower, at the same rate: frames are left out or shown again. Its sound keeps its pitch.

    factor: 2 is twice as quick, 0.5 half.
    """
    return edits.at_speed(video, factor)


@node("video.set_fps", version=1)
def set_fps(video: Video, fps: Annotated[float, Range(0.01, MOST_FPS)] = 24.0) -> Video:
    """A video at another rate and the same speed: frames are left out or shown twice.

    fps: frames a second; 23.976, 29.97 and 59.94 are taken for those of television.
    """
    return edits.at_rate(video, rate(fps))
