"""A sound at another rate, or of other channels."""

from __future__ import annotations

from typing import Annotated, Literal

from nodegraph import Range, node

from . import audio
from .audio import Audio


@node("media.resample", version=1)
def resample(sound: Audio, sample_rate: Annotated[int, Range(0, 768_000)] = 44_100,
             channels: Literal["as they are", "mono", "stereo"] = "as they are") -> Audio:
    """Give a sound another sample rate or number of channels, as two that go together must have the same.

    The filter is libsoxr's best: what the new rate cannot hold is taken away, and the rest stays as it is.

    sound: the sound.
    sample_rate: in Hz; 0 keeps that of the sound.
    channels: mono is the mean of all; stereo is one channel twice, or surround sound mixed.
    """
    fitted = audio.CHANNELS[channels](sound)
    return audio.resampled(fitted, sample_rate) if sample_rate else fitted
