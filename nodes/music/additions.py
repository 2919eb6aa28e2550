"""Nodes with which a model works on a score that stands: what was given stays as it was, to the tick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from nodegraph import SILENT, Choice, Context, InputError, Range, Seed, node

from ..media.score import Score, bar_starts, whole_bars
from ..media.types import MOODS
from .chords import laid, sheet
from .composing import Wish, dice_of
from .controls import DENSITIES, REGISTERS, Chord, Controls, programs_of
from .generate import STYLES
from .given import metre_at
from .models import MusicModel
from .standing import accompanied, continued, filled, whole_bars_or_zero
from .theory import chords_for, chords_of, stated_key, with_chords

_Temperature = Annotated[float, Range(0, 2, 0.05)]
_TopP = Annotated[float, Range(0, 1, 0.01)]


def _telling(ctx: Context, bars: int) -> Callable[[int], None]:
    return lambda done: ctx.report(min(done, bars), bars)


def _with_notes(score: Score) -> None:
    if not any(track.notes for track in score.tracks):
        raise InputError("the score has no notes to begin from; music.generate composes from nothing")


@node("music.continue", version=2, costly=True)
def go_on(model: MusicModel, score: Score, bars: Annotated[int, Range(1, 128)] = 8,
          mood: Annotated[str, Choice(*MOODS)] = "calm", style: Annotated[str, Choice(*STYLES)] = "waltz", seed: Seed = 0,
          temperature: _Temperature = 0.9, top_p: _TopP = 0.95, chords: str = "",
          density: Annotated[str, Choice(*DENSITIES)] = "any", register: Annotated[str, Choice(*REGISTERS)] = "any",
          ctx: Context = SILENT) -> Score:
    """Go on with a score from the bar line at its end. What was given stays as it was, to the tick.

    The model hears the last eight bars; key, metre, tempo and instruments are those of the score at its end.

    model: starter/composer, or one of miditok's tokens or of arrival times.
    score: the music to go on with.
    bars: how many more.
    mood: for a model that has words for moods.
    style: for a model that has words for styles.
    seed: where the dice begin.
    temperature: how adventurous the notes are; 0 always takes the likeliest.
    top_p: choose only among the likeliest notes that together have this probability.
    chords: a lead sheet for the new bars, such as `Am7 | D7 | Gmaj7`; empty leaves them to the model.
    density: `sparse` begins notes once a beat at most, `medium` twice, `dense` leaves no half beat empty.
    register: where the new notes may lie.
    """
    _with_notes(score)
    metre = metre_at(score, whole_bars_or_zero(score))
    controls = Controls(chords=laid(sheet(chords), bars, 4 * metre[0] / metre[1]), density=density, register=register)
    wish = Wish(mood, style, "medium", stated_key(score), bars, None, None, controls)
    return continued(model, score, wish, dice_of(seed, temperature, top_p), _telling(ctx, bars))


@node("music.fill", version=3, costly=True)
def fill(model: MusicModel, score: Score, from_bar: Annotated[int, Range(1, 10_000)] = 5,
         to_bar: Annotated[int, Range(1, 10_000)] = 8, replace_notes: bool = False,
         mood: Annotated[str, Choice(*MOODS)] = "calm", style: Annotated[str, Choice(*STYLES)] = "waltz", seed: Seed = 0,
         temperature: _Temperature = 0.9, top_p: _TopP = 0.95, tries: Annotated[int, Range(1, 16)] = 3,
         ctx: Context = SILENT) -> Score:
    """Fill a gap in a score with new notes. All that stands before, after and in it stays as it was, to the tick.

    The model hears what stands before, and leads to what follows: it writes the gap several times, and that one is kept
    after which it finds the next two bars likeliest. A model of arrival times is shown them.

    model: starter/composer, or one of miditok's tokens or of arrival times.
    score: the music with the gap.
    from_bar: the first bar of the gap; the first of the score is 1.
    to_bar: the last bar of it.
    replace_notes: first take out the notes that begin in the gap.
    mood: for a model that has words for moods.
    style: for a model that has words for styles.
    seed: where the dice begin.
    temperature: how adventurous the notes are; 0 always takes the likeliest.
    top_p: choose only among the likeliest notes that together have this probability.
    tries: how many times a model of miditok's tokens writes the gap.
    """
    _with_notes(score)
    lines = [*bar_starts(score), whole_bars(score)]
    if not from_bar <= to_bar < len(lines):
        raise InputError(f"the gap is from bar {from_bar} to {to_bar}; the score has bars 1 to {len(lines) - 1}")
    start, end = lines[from_bar - 1], lines[to_bar]
    key = stated_key(score)
    if replace_notes:
        score = replace(score, tracks=tuple(replace(track, notes=tuple(
            note for note in track.notes if not start - 1e-6 <= note.start < end - 1e-6)) for track in score.tracks))
    wish = Wish(mood, style, "medium", key, to_bar - from_bar + 1)
    return filled(model, score, wish, (start, end), dice_of(seed, temperature, top_p), _telling(ctx, wish.bars), tries)


@node("music.harmonise", version=3, costly=True)
def harmonise(model: MusicModel, score: Score, chords: str = "", chords_a_bar: Annotated[int, Range(0, 4)] = 0,
              instruments: str = "", mood: Annotated[str, Choice(*MOODS)] = "calm",
              style: Annotated[str, Choice(*STYLES)] = "waltz", seed: Seed = 0, temperature: _Temperature = 0.9,
              top_p: _TopP = 0.95, density: Annotated[str, Choice(*DENSITIES)] = "any", ctx: Context = SILENT) -> Score:
    """Put chords and a bass under a melody. The melody stays as it was, to the tick; chord symbols stand above it.

    Unless they are given, chords are found that hold the notes of the melody which last and stand on beats; the model
    plays them with tones of the chord alone, and no semitone beside a long note.

    model: starter/composer, or one of miditok's tokens or of arrival times.
    score: the melody.
    chords: a lead sheet such as `Am7 | D7 | Gmaj7`; empty finds them.
    chords_a_bar: how many chords to find for each bar; 0 for one, and another on a strong beat whose note asks for it.
    instruments: those that may play, such as `piano, acoustic bass`; empty leaves them to the model, without drums.
    mood: for a model that has words for moods.
    style: for a model that has words for styles.
    seed: where the dice begin.
    temperature: how adventurous the notes are; 0 always takes the likeliest.
    top_p: choose only among the likeliest notes that together have this probability.
    density: `sparse` begins notes once a beat at most, `medium` twice, `dense` leaves no half beat empty.
    """
    _with_notes(score)
    key = stated_key(score)
    found = _given_chords(score, chords) or tuple(chords_for(score, key, chords_a_bar))
    controls = Controls(density=density, programs=frozenset(programs_of(instruments) or range(128)), chordal=True)
    bars = len(bar_starts(score))
    wish = Wish(mood, style, "medium", key, bars, None, None, controls)
    result = accompanied(model, score, wish, found, dice_of(seed, temperature, top_p), _telling(ctx, bars))
    return with_chords(result, found)


def _given_chords(score: Score, text: str) -> tuple[Chord, ...]:
    metre = metre_at(score, 0.0)
    return laid(sheet(text), len(bar_starts(score)), 4 * metre[0] / metre[1]) if text.strip() else ()


@node("music.accompany", version=2, costly=True)
def accompany(model: MusicModel, score: Score, instruments: str = "", mood: Annotated[str, Choice(*MOODS)] = "calm",
              style: Annotated[str, Choice(*STYLES)] = "waltz", seed: Seed = 0, temperature: _Temperature = 0.9,
              top_p: _TopP = 0.95, density: Annotated[str, Choice(*DENSITIES)] = "any",
              register: Annotated[str, Choice(*REGISTERS)] = "any", ctx: Context = SILENT) -> Score:
    """Let other instruments play along with a score. What was given stays as it was, to the tick.

    They keep to the chords that are heard in it.

    model: starter/composer, or one of miditok's tokens or of arrival times.
    score: the music to play along with.
    instruments: those that may join, such as `cello, flute`; empty leaves them to the model.
    mood: for a model that has words for moods.
    style: for a model that has words for styles.
    seed: where the dice begin.
    temperature: how adventurous the notes are; 0 always takes the likeliest.
    top_p: choose only among the likeliest notes that together have this probability.
    density: `sparse` begins notes once a beat at most, `medium` twice, `dense` leaves no half beat empty.
    register: where the new notes may lie.
    """
    _with_notes(score)
    controls = Controls(density=density, register=register, programs=frozenset(programs_of(instruments)), each_bar=True)
    bars = len(bar_starts(score))
    wish = Wish(mood, style, "medium", stated_key(score), bars, None, None, controls)
    return accompanied(model, score, wish, chords_of(score), dice_of(seed, temperature, top_p), _telling(ctx, bars))
