"""Chord symbols as musicians write them, read by pychord (MIT), and the lead sheets they stand in."""

from __future__ import annotations

import re
from functools import lru_cache

from nodegraph import InputError

from ..media.score import TONICS
from .controls import Chord

_ALIASES = (("Δ7", "maj7"), ("Δ", "maj7"), ("ø7", "m7-5"), ("ø", "m7-5"), ("°7", "dim7"), ("°", "dim"), ("o7", "dim7"),
            ("♭", "b"), ("♯", "#"), ("min", "m"), ("mi7", "m7"), ("Maj", "maj"), ("MA", "maj"), ("ma7", "maj7"),
            ("m7b5", "m7-5"), ("m7(b5)", "m7-5"), ("+7", "7#5"), ("+", "aug"))
NO_CHORD = ("n.c.", "nc", "-", "x")


@lru_cache(maxsize=512)
def chord(symbol: str) -> Chord:
    """The chord of a symbol such as `Am7`, `F#m7b5`, `Bb/D`, at beat 0. Raises InputError for what is none."""
    from pychord import Chord as Symbol

    plain = symbol.strip()
    for short, long in _ALIASES:
        plain = plain.replace(short, long)
    plain = re.sub(r"^([A-G][#b]?)-", r"\1m", plain)
    plain = re.sub(r"^([A-G][#b]?)o(?=$|/)", r"\1dim", plain)
    try:
        read = Symbol(plain)
        numbers = read.components(visible=False)
    except Exception as error:  # of pychord, which has several for symbols it does not know
        raise InputError(f"{symbol!r} is no chord symbol; it takes such as C, Am7, F#m7b5, Gsus4 or Bb/D") from error
    return Chord(0.0, frozenset(int(number) % 12 for number in numbers), int(numbers[0]) % 12, symbol.strip())


def sheet(text: str) -> list[list[Chord | None]]:
    """The chords of each bar of a lead sheet: bars between `|`, chords between blanks, `%` for the bar before.

    None stands for no chord (N.C.). A `.` or `/` alone holds the chord before. Raises InputError with the bar's number.
    """
    bars: list[list[Chord | None]] = []
    parts = [part.strip() for part in re.split(r"\|+|\n", text.replace(":", " ")) if part.strip()]
    for number, part in enumerate(parts, 1):
        if part == "%":
            if not bars:
                raise InputError("chords begins with %, which stands for the bar before; give a chord first")
            bars.append(list(bars[-1]))
            continue
        bar: list[Chord | None] = []
        for word in part.split():
            if word in (".", "/") and (bar or bars):
                bar.append(bar[-1] if bar else bars[-1][-1])
            elif word.lower() in NO_CHORD:
                bar.append(None)
            else:
                try:
                    bar.append(chord(word))
                except InputError as error:
                    raise InputError(f"chords, bar {number}: {error}") from error
        bars.append(bar)
    if text.strip() and not bars:
        raise InputError("chords has no chord; give such as `Am7 | D7 | Gmaj7`")
    return bars


def laid(bars: list[list[Chord | None]], count: int, length: float, start: float = 0.0) -> tuple[Chord, ...]:
    """The chords at their beats, over `count` bars of `length` beats; those of a shorter sheet come again."""
    found: list[Chord] = []
    for bar in range(count if bars else 0):
        inside = bars[bar % len(bars)]
        for at, one in enumerate(inside):
            beat = start + bar * length + at * length / len(inside)
            found.append(Chord(beat, one.tones, one.bass, one.name) if one else Chord(beat, frozenset(range(12)), -1))
    return tuple(one for at, one in enumerate(found)
                 if not at or (one.tones, one.bass, one.name) != (found[at - 1].tones, found[at - 1].bass, found[at - 1].name)
                 or abs(one.beat % length) < 1e-9)


def moved(symbol: str, semitones: int, flats: bool = True) -> str:
    """A chord symbol so many semitones higher: moved("Am7/G", 2) is "Bm7/A"."""
    def letter(match: re.Match[str]) -> str:
        pitch = ("C D EF G A B".index(match[2]) + {"#": 1, "b": -1, "": 0}[match[3]] + semitones) % 12
        name = TONICS[pitch]
        return match[1] + (name if flats else {"Db": "C#", "Eb": "D#", "Ab": "G#", "Bb": "A#"}.get(name, name))

    return re.sub(r"(^|/)([A-G])([#b]?)", letter, symbol)
