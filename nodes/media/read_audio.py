"""Nodes that bring sound into a graph, and fit it to another."""

from __future__ import annotations

from typing import Annotated, Literal

from nodegraph import File, Range, node

from . import audio
from .audio import Audio
from .sounds import files as sound_file

RATES = Range(0, 768_000)


@node("media.read_audio", version=3)
def read_audio(file: File, sample_rate: Annotated[int, RATES] = 0,
               channels: Literal["as they are", "mono", "stereo"] = "as they are",
               start: Annotated[float, Range(0, 1e9)] = 0, seconds: Annotated[float, Range(0, 1e9)] = 0) -> Audio:
    """Read a sound from a file: WAV of every kind, FLAC, OGG (Vorbis and Opus), MP3, AIFF, W64, AU or CAF.

    A file that is cut short is read as far as it goes, with a warning.

    file: the file; when its content changes, what depends on it runs again.
    sample_rate: in Hz; 0 keeps that of the file.
    channels: mono is the mean of all; stereo is one channel twice, or surround sound mixed.
    start: seconds to leave out at the beginning.
    seconds: how long a part to read; 0 is all of it.
    """
    import torch

    samples, rate = sound_file.load(file, start, seconds)
    sound = audio.CHANNELS[channels](Audio(torch.from_numpy(samples), rate))
    return audio.resampled(sound, sample_rate) if sample_rate else sound
