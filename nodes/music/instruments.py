"""The names of General MIDI's instruments, and those that musicians use for them."""

from __future__ import annotations

import difflib

from nodegraph import InputError

_SHORT = {  # for a family of General MIDI, the one that is meant
    "drums": -1, "drum kit": -1, "drum set": -1, "percussion": -1, "piano": 0, "electric piano": 4, "organ": 16,
    "guitar": 24, "acoustic guitar": 24, "electric guitar": 27, "bass": 32, "double bass": 32, "upright bass": 32,
    "electric bass": 33, "strings": 48, "choir": 52, "voice": 53, "brass": 61, "sax": 65, "saxophone": 65, "horn": 60,
    "harp": 46, "pad": 89, "synth": 80, "lead": 80, "glockenspiel": 9, "vibes": 11, "church organ": 19, "recorder": 74}


def names() -> list[str]:
    """The 128 names of General MIDI, in small letters."""
    from pretty_midi import program_to_instrument_name

    return [program_to_instrument_name(program).lower() for program in range(128)]


def program_named(name: str) -> int:
    """The program of a name such as `flute`, of a number 0 to 127, or -1 for drums. Raises InputError for no name."""
    plain = " ".join(name.lower().replace("_", " ").split())
    if plain.isdigit() and int(plain) < 128:
        return int(plain)
    if plain in _SHORT:
        return _SHORT[plain]
    known = names()
    bare = {entry.split(" (")[0]: program for program, entry in reversed(list(enumerate(known)))}
    if plain in known or plain in bare:
        return known.index(plain) if plain in known else bare[plain]
    near = difflib.get_close_matches(plain, [*_SHORT, *bare], 1)
    raise InputError(f"{name!r} is no instrument of General MIDI" + (f"; did you mean {near[0]}?" if near else
                     "; give such as `flute`, `piano`, `drums`, or a number 0 to 127"))


def instrument_name(program: int) -> str:
    """What an instrument is called: "Flute"; "Drums" for -1."""
    from pretty_midi import program_to_instrument_name

    return "Drums" if program == -1 else program_to_instrument_name(program)
