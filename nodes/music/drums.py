"""Drums written as text, a letter for each step: `x..x ..x.`."""

from __future__ import annotations

from nodegraph import InputError

from ..media.score import Note, Track

VOICES = {"kick": 36, "bass drum": 36, "snare": 38, "rim": 37, "clap": 39, "hihat": 42, "hi-hat": 42, "closed hihat": 42,
          "open hihat": 46, "pedal hihat": 44, "ride": 51, "bell": 53, "crash": 49, "low tom": 45, "mid tom": 47,
          "high tom": 50, "tom": 47, "cowbell": 56, "tambourine": 54, "shaker": 82, "conga": 63, "low conga": 64,
          "bongo": 60, "clave": 75, "woodblock": 76, "triangle": 81, "brush": 38}
LOUDNESS = {"X": 118, "x": 96, "o": 76, "g": 46}
LENGTH = 0.2  # beats; a drum rings as long as it likes


def read(text: str) -> dict[int, str]:
    """The steps of each voice of a pattern, by its key in General MIDI. Raises InputError with the line's number.

    A line is a voice and its steps, `kick: x... x...`; without a name the first is the kick, then snare and hihat.
    """
    found: dict[int, str] = {}
    order = ["kick", "snare", "hihat", "ride"]
    lines = [line for line in text.replace(";", "\n").splitlines() if line.strip()]
    for number, line in enumerate(lines, 1):
        name, colon, steps = line.rpartition(":")
        name = " ".join(name.lower().replace("_", " ").split()) if colon else order[min(number, len(order)) - 1]
        if name not in VOICES and not (name.isdigit() and int(name) < 128):
            raise InputError(f"line {number} of the pattern is for {name!r}; it takes {', '.join(VOICES)}, or a key 0 to 127")
        steps = "".join(steps.replace("|", "").split())
        wrong = sorted(set(steps) - {*LOUDNESS, ".", "-"})
        if wrong or not steps:
            raise InputError(f"line {number} of the pattern has no steps; give such as x..x ..x." if not wrong else
                             f"line {number} of the pattern has {wrong[0]!r}; a step is x, X (loud), o (softer), g (ghost) or "
                             ". (nothing)")
        found[VOICES.get(name) or int(name)] = steps
    if not found:
        raise InputError("the pattern is empty; give lines such as `kick: x... x...`")
    return found


def drum_track(text: str, beats: float, steps_a_beat: int = 4, start: float = 0.0) -> Track:
    """The pattern over so many beats; each voice comes again when its steps are over."""
    notes = []
    for key, steps in read(text).items():
        at = 0
        while at / steps_a_beat < beats - 1e-6:
            sign = steps[at % len(steps)]
            if sign in LOUDNESS:
                notes.append(Note(key, start + at / steps_a_beat, LENGTH, LOUDNESS[sign]))
            at += 1
    return Track("Drums", 0, True, tuple(notes))
