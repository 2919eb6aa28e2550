"""Nodes that change scores."""

from __future__ import annotations

from typing import Annotated

from nodegraph import Choice, InputError, Range, node

from ..media.score import transposed
from ..media.scores.medley import medley
from ..media.types import MOODS, Score
from .dynamics import shaped


@node("music.transpose", version=1)
def transpose(score: Score, semitones: Annotated[int, Range(-24, 24)] = 0) -> Score:
    """Shift every pitch of a score, and its key. Drums stay as they are, words and pedal too.

    score: the music.
    semitones: how far up, or down if negative.
    """
    return transposed(score, semitones)


@node("music.join", version=2)
def join(scores: list[Score]) -> Score:
    """Play several scores one after the other, each from a new bar, each in its own tempo, metre and key.

    What a piece does to its instruments (volume, pedal, bend, another program) does not hold on in the next.

    scores: the pieces, in order. Tracks of the same name and instrument become one.
    """
    if not scores:
        raise InputError("there are no scores to join")
    return medley(scores)


@node("music.dynamics", version=1)
def dynamics(score: Score, mood: Annotated[str, Choice(*MOODS)] = "calm") -> Score:
    """Give a score loud and soft: the upper voice stands out, strong beats are weighted, phrases swell.

    score: the music; its own velocities are replaced.
    mood: how loud it is in all, and how sharp its accents are.
    """
    return shaped(score, mood)
