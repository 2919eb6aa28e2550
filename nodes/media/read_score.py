"""Nodes that bring written music into a graph."""

from __future__ import annotations

from pathlib import Path

from nodegraph import File, InputError, node

from .scores import foreign, midi, notation
from .types import Score


@node("media.read_score", version=3)
def read_score(file: File) -> Score:
    """Read a piece of music: MIDI, MusicXML or ABC, told by what is in the file.

    MIDI is read as players read it: with controllers, pedal, bends, changes of program, lyrics and markers, and also
    where it is damaged; what is passed over is told as a warning. MusicXML (.musicxml, .xml, .mxl) and ABC need the
    extra `scores`.

    file: the music.
    """
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from error
    if notation.is_notation(data):
        return notation.from_bytes(data, str(file))
    if data and b"MThd" not in data:
        raise InputError(foreign.refusal(str(file), data))
    return midi.from_bytes(data, str(file))
