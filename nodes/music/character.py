"""The node that reads what a score is like: in numbers, in words, and as a Style that pictures and words can follow."""

from __future__ import annotations

import colorsys
from bisect import bisect_right
from collections.abc import Iterable
from typing import Annotated, NamedTuple

from nodegraph import Choice, InputError, node

from ..media.score import Note, Score, bar_starts, key_parts
from ..media.style import MOODS
from ..media.types import Palette, Style
from .theory import key_of_score, melody_of, sections_of

_CONSONANT = (1.0, 0.0, 0.3, 1.0, 1.0, 0.9, 0.1, 1.0, 0.9, 1.0, 0.4, 0.1)  # intervals of 0 to 11 semitones
_SLOW, _FAST = 85, 128  # beats a minute
_MOMENTS = 2000  # at which it is listened to what sounds together


class Character(NamedTuple):
    """What a score is like."""

    style: Style
    key: str
    bpm: float
    density: float
    lowest: int
    highest: int
    syncopation: float
    consonance: float
    mood: Annotated[str, Choice(*MOODS)]
    form: str
    words: str


@node("music.style", version=1)
def style(score: Score) -> Character:
    """Read what a score is like. Its style goes where that of a picture goes: into prompts, cards, and back into music.mood.

    The mood is a rule of thumb after Russell's circumplex (1980): how much goes on, and whether it is bright (major,
    consonant, high) or dark. The colours are those of the key, by the table that music.mood reads pictures with.

    score: the music.
    style: mood, tempo, mode and colours.
    key: the one that it names, or that is heard, such as `D minor`.
    bpm: quarter notes a minute, on the whole.
    density: moments at which something begins, in a second.
    lowest, highest: MIDI pitches of what is not drums; 60 is middle C.
    syncopation: the share of the tune's notes that begin off the beat and hold over one, 0 to 1.
    consonance: how well what sounds together agrees, 0 to 1.
    mood: one of six words.
    form: a letter for each section, `AABA`.
    words: all of it in a line.
    """
    pitched = sorted((note for track in score.tracks if not track.is_drum for note in track.notes), key=lambda note: note.start)
    if not pitched:
        raise InputError("the score has no notes but drums; a tune or chords are wanted")
    seconds = max(score.seconds, 1e-3)
    bpm = 60 * score.beats / seconds
    key = score.keys[0][1] if score.keys else key_of_score(score)[0]
    density = len({round(note.start * 12) for track in score.tracks for note in track.notes}) / seconds
    lowest, highest = min(note.pitch for note in pitched), max(note.pitch for note in pitched)
    off, agrees = syncopation(score), consonance(pitched)
    loud = sum(note.velocity for note in pitched) / len(pitched)
    tonic, mode = key_parts(key)
    energy = min(1.0, max(0.0, 0.35 * (bpm - 50) / 100 + 0.4 * density / 6 + 0.25 * (loud - 40) / 60))
    height = sum(note.pitch * note.duration for note in pitched) / sum(note.duration for note in pitched)
    mood = mood_of(mode, energy, agrees, height)
    found = _style(tonic, mode, mood, "slow" if bpm < _SLOW else "fast" if bpm > _FAST else "medium", energy, agrees,
                   max(note.velocity for note in pitched) - min(note.velocity for note in pitched))
    form = "".join(letter for _, letter in sections_of(score))
    words = (f"{mood}, {key}, {bpm:.0f} beats a minute, {density:.1f} beginnings a second, pitches {lowest} to {highest}, "
             f"syncopation {off:.2f}, consonance {agrees:.2f}" + (f", form {form}" if form else ""))
    return Character(found, key, round(bpm, 1), round(density, 2), lowest, highest, round(off, 3), round(agrees, 3), mood, form,
                     words)


def syncopation(score: Score) -> float:
    """The share of the tune's notes that begin off the beat and hold over the next (after Longuet-Higgins and Lee, 1984)."""
    notes = score.tracks[melody_of(score)].notes
    lines = bar_starts(score)

    def holds_over(note: Note) -> bool:
        line = lines[max(0, bisect_right(lines, note.start + 1e-6) - 1)]
        place = note.start - line
        ahead = -place % 1
        return 1 / 8 < ahead < 7 / 8 and note.duration > ahead + 1 / 8
    return sum(map(holds_over, notes)) / max(1, len(notes))


def consonance(notes: list[Note]) -> float:
    """How consonant the intervals are that sound together, 0 to 1; 1 where nothing does. notes: by their beginning."""
    moments = sorted({note.start for note in notes})
    moments = moments[::max(1, len(moments) // _MOMENTS)]
    total, weight, begun, sounding = 0.0, 0, 0, list[Note]()
    for moment in moments:
        while begun < len(notes) and notes[begun].start <= moment + 1e-6:
            sounding.append(notes[begun])
            begun += 1
        sounding = [note for note in sounding if note.start + note.duration > moment + 1e-6]
        scores = [_CONSONANT[interval] for interval in _intervals(sounding)]
        total, weight = total + sum(scores), weight + len(scores)
    return total / weight if weight else 1.0


def _intervals(sounding: Iterable[Note]) -> list[int]:
    pitches = sorted({note.pitch for note in sounding})[:10]
    return [(high - low) % 12 for at, low in enumerate(pitches) for high in pitches[at + 1:]]


def mood_of(mode: str, energy: float, agrees: float, height: float) -> str:
    """The word of a place on the circumplex. energy, agrees: 0 to 1. height: the mean pitch."""
    bright = (0.35 if mode == "major" else -0.35) + 0.8 * (agrees - 0.75) + (height - 60) / 100
    if energy > 0.5:
        return "joyful" if bright > 0 else "tense"
    if energy > 0.36:
        return "calm" if bright > 0.05 else "mysterious" if agrees < 0.8 else "sad"
    return "dreamy" if bright > 0.05 else "sad"


def _style(tonic: int, mode: str, mood: str, tempo: str, energy: float, agrees: float, span: int) -> Style:
    hue = 7 * tonic % 12 / 12
    bright = 0.88 if mode == "major" else 0.5
    shades = ((hue, 0.55 + 0.4 * energy, bright), ((hue + 0.06) % 1, 0.3, min(1.0, bright + 0.1)),
              ((hue + 0.5) % 1, 0.2, bright * 0.5))
    colors = tuple("#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hsv_to_rgb(*shade)) for shade in shades)
    warmth = 2 * abs(abs((hue - 1 / 12) % 1 - 0.5)) * 2 - 1  # warmest at orange
    return Style(Palette(colors, (0.6, 0.25, 0.15)), round(bright * (0.7 + 0.3 * agrees), 3), round(min(1.0, span / 90), 3),
                 round(0.5 + 0.3 * energy, 3), round(warmth, 3), round(energy, 3), mood, tempo, mode)
