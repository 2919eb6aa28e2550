"""Nodes that bring sound into a graph."""

from __future__ import annotations

from nodegraph import File, node

from . import audio
from .audio import Audio


@node("media.read_audio", version=1)
def read_audio(file: File) -> Audio:
    """Read a sound from a WAV file.

    file: a PCM WAV of 8 to 32 bits.
    """
    return Audio(*audio.load_wav(file))
