"""Nodes that change scores."""

from __future__ import annotations

from typing import Annotated

from nodegraph import Choice, InputError, Range, node

from ..media.score import Note, Track, bar_starts, transposed
from ..media.types import MOODS, Score
from .dynamics import shaped


@node("music.transpose", version=1)
def transpose(score: Score, semitones: Annotated[int, Range(-24, 24)] = 0) -> Score:
    """Shift every pitch of a score, and its key. Drums stay as they are.

    score: the music.
    semitones: how far up, or down if negative.
    """
    return transposed(score, semitones)


@node("music.join", version=1)
def join(scores: list[Score]) -> Score:
    """Play several scores one after the other, each from a new bar, each in its own tempo, metre and key.

    scores: the pieces, in order. Tracks of the same name and instrument become one.
    """
    if not scores:
        raise InputError("there are no scores to join")
    tracks: dict[tuple[str, int, bool], list[Note]] = {}
    maps: dict[str, list] = {"tempos": [], "metres": [], "keys": []}
    offset = 0.0
    for score in scores:
        for track in score.tracks:
            notes = tracks.setdefault((track.name, track.program, track.is_drum), [])
            notes += [note._replace(start=note.start + offset) for note in track.notes]
        for name, entries in maps.items():
            entries += [(beat + offset, *rest) for beat, *rest in getattr(score, name) if beat <= score.beats]
        offset += _whole_bars(score)
    return Score(tuple(Track(*voice, tuple(notes)) for voice, notes in tracks.items()),
                 **{name: _last_at_each_beat(entries) for name, entries in maps.items()})


def _whole_bars(score: Score) -> float:
    """The beat of the bar line at or after the end."""
    _, numerator, denominator = max(metre for metre in score.metres if metre[0] <= score.beats)
    starts = bar_starts(score)
    return starts[-1] + 4 * numerator / denominator if starts else 0.0


def _last_at_each_beat(entries: list[tuple]) -> tuple:
    return tuple({entry[0]: entry for entry in entries}.values())


@node("music.dynamics", version=1)
def dynamics(score: Score, mood: Annotated[str, Choice(*MOODS)] = "calm") -> Score:
    """Give a score loud and soft: the upper voice stands out, strong beats are weighted, phrases swell.

    score: the music; its own velocities are replaced.
    mood: how loud it is in all, and how sharp its accents are.
    """
    return shaped(score, mood)
