"""Nodes that bring written music into a graph."""

from __future__ import annotations

from nodegraph import File, node

from . import score
from .score import Score


@node("media.read_score", version=1)
def read_score(file: File) -> Score:
    """Read a piece of music from a MIDI file.

    file: a standard MIDI file.
    """
    return score.load_midi(file)
