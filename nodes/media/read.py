"""Nodes that bring files into a graph."""

from __future__ import annotations

from nodegraph import File, node

from . import audio as sound, image as picture, score
from .types import Audio, Image, Score


@node("media.read_image", version=1)
def read_image(file: File) -> Image:
    """Read a picture from a file (PNG, JPEG, WebP and what else Pillow knows), turned upright.

    file: the picture.
    """
    return picture.load(file)


@node("media.read_audio", version=1)
def read_audio(file: File) -> Audio:
    """Read a sound from a WAV file.

    file: a PCM WAV of 8 to 32 bits.
    """
    return Audio(*sound.load_wav(file))


@node("media.read_score", version=1)
def read_score(file: File) -> Score:
    """Read a piece of music from a MIDI file.

    file: a standard MIDI file.
    """
    return score.load_midi(file)
