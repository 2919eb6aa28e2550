"""Nodes for the sound of a video."""

from __future__ import annotations

from nodegraph import InputError, node, warn

from ..media.films import edits
from ..media.types import Audio, Video


@node("video.sound", version=1)
def sound(video: Video) -> Audio:
    """The sound of a video, as long as its pictures: cut or filled up with silence where it is not. All of it is held
    at once.
    """
    import numpy as np
    import torch

    if not video.form.sample_rate:
        raise InputError("the video has no sound; video.measure tells whether there is any")
    samples = np.concatenate([*video.sound()], axis=1)
    return Audio(torch.from_numpy(np.ascontiguousarray(samples, np.float32)), video.form.sample_rate)


@node("video.with_sound", version=1)
def with_sound(video: Video, sound: Audio | None) -> Video:
    """A video with another sound in place of its own, from its beginning. It ends with the pictures; where it is
    shorter there is silence.

    sound: without one the video becomes silent. More than two channels are mixed down to one.
    """
    if sound is None:
        return edits.silent(video)
    samples = sound.samples
    if samples.shape[0] > 2:
        warn(f"the sound has {samples.shape[0]} channels, and that of a video two at most; they are mixed down to one")
        samples = samples.mean(0, keepdim=True)
    return edits.sounded(video, samples.cpu(), sound.sample_rate)
