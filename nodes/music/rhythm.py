"""Nodes for the time of a score: grid, swing, metre, tempo, drums."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from nodegraph import Choice, InputError, Range, Seed, node

from ..media.score import Score, whole_bars
from ..media.scores.medley import medley
from .composing import parsed_metre
from .drums import drum_track
from .shaping import GRIDS, humanised, metred, quantised, swung, with_tempo_curve

_PATTERN = "kick: x... ..x. x... ....\nsnare: .... x... .... x...\nhihat: x.x. x.x. x.x. x.x."


@node("music.quantise", version=1)
def quantise(score: Score, grid: Annotated[str, Choice(*GRIDS)] = "1/16",
             strength: Annotated[float, Range(0, 1, 0.05)] = 1.0, lengths: bool = False) -> Score:
    """Move notes onto a grid.

    score: the music.
    grid: where notes may begin.
    strength: how far they go: 1 all the way, 0.5 half.
    lengths: move their ends onto the grid too.
    """
    return quantised(score, GRIDS[grid], strength, lengths)


@node("music.humanise", version=2)
def humanise(score: Score, timing: Annotated[float, Range(0, 0.25, 0.005)] = 0.02,
             velocity: Annotated[int, Range(0, 40)] = 8, seed: Seed = 0) -> Score:
    """Scatter notes a little, as hands do. The same seed scatters the same way.

    score: the music.
    timing: how many beats a note may come early or late.
    velocity: how much louder or softer it may be.
    seed: where the dice begin.
    """
    return humanised(score, timing, velocity, seed)


@node("music.swing", version=1)
def swing(score: Score, amount: Annotated[float, Range(0.5, 0.8, 0.01)] = 0.66,
          unit: Annotated[str, Choice("1/8", "1/16")] = "1/8") -> Score:
    """Let the second of each two notes come later.

    score: the music, in straight notes.
    amount: where it comes: 0.5 is straight, 0.66 triplets, 0.75 dotted.
    unit: which notes swing.
    """
    return swung(score, amount, GRIDS[unit])


@node("music.set_metre", version=1)
def set_metre(score: Score, metre: str = "4/4") -> Score:
    """Put a score in another metre: each bar keeps its notes, stretched or pressed to the bar's new length.

    score: the music.
    metre: such as `3/4` or `6/8`.
    """
    wanted = parsed_metre(metre)
    if wanted is None:
        raise InputError("metre is empty; give such as 3/4, 4/4 or 6/8")
    return metred(score, *wanted)


@node("music.tempo_curve", version=1)
def tempo_curve(score: Score, points: str = "1: 90\n5: 120") -> Score:
    """Let the tempo go evenly from point to point; it replaces the score's own.

    score: the music.
    points: a bar and its tempo in quarter notes a minute on each line, such as `1: 90` and `5: 120`.
    """
    from .theory import spans

    lines = [start for start, _ in spans(score)]
    found = []
    for number, line in enumerate((part for part in points.replace(",", "\n").splitlines() if part.strip()), 1):
        bar, colon, bpm = line.partition(":")
        try:
            at, speed = float(bar), float(bpm)
        except ValueError:
            raise InputError(f"line {number} of points is {line.strip()!r}; give a bar and a tempo, such as 5: 120") from None
        if not 1 <= at < len(lines) + 2:
            raise InputError(f"line {number} of points is for bar {bar.strip()}; the score has bars 1 to {len(lines)}")
        length = (whole_bars(score) - lines[0]) / max(1, len(lines))
        whole = int(at)
        found.append(((lines[whole - 1] if whole <= len(lines) else whole_bars(score)) + (at - whole) * length, speed))
    if not found:
        raise InputError("points is empty; give a bar and a tempo on each line, such as 1: 90")
    return with_tempo_curve(score, found)


@node("music.drums", version=1)
def drums(pattern: str = _PATTERN, bars: Annotated[int, Range(1, 256)] = 4, metre: str = "4/4",
          bpm: Annotated[float, Range(20, 400)] = 110, steps_a_beat: Annotated[int, Range(1, 12)] = 4) -> Score:
    """Drums from a pattern written as text: `x..x ..x.`, a line for each voice.

    pattern: a voice and its steps on each line, such as `kick: x... x...`; x a stroke, X loud, o softer, g a ghost, . none.
        A pattern that is over comes again.
    bars: how many.
    metre: such as `4/4` or `6/8`.
    bpm: quarter notes a minute.
    steps_a_beat: how many letters make a quarter note: 4 for sixteenths, 3 for triplets.
    """
    upper, lower = parsed_metre(metre) or (4, 4)
    track = drum_track(pattern, bars * 4 * upper / lower, steps_a_beat)
    return Score((track,), ((0.0, bpm),), ((0.0, upper, lower),))


@node("music.loop", version=1)
def loop(score: Score, times: Annotated[int, Range(1, 64)] = 2, from_bar: Annotated[int, Range(1, 10_000)] = 1,
         to_bar: Annotated[int, Range(0, 10_000)] = 0) -> Score:
    """Play bars of a score again and again; what stands before and after them stays.

    score: the music.
    times: how often they are played.
    from_bar: the first of them; the first of the score is 1.
    to_bar: the last of them; 0 is the last of the score.
    """
    from .theory import spans
    from .tracks import part_of

    bars = spans(score)
    last = to_bar or len(bars)
    if not from_bar <= last <= len(bars):
        raise InputError(f"the loop is from bar {from_bar} to {last}; the score has bars 1 to {len(bars)}")
    start, end = bars[from_bar - 1][0], bars[last - 1][1]
    parts = [*([part_of(score, 0.0, start)] if start else []), *[part_of(score, start, end)] * times]
    rest = whole_bars(score)
    parts += [part_of(score, end, rest)] if end < rest else []
    return replace(medley(parts), ticks_per_beat=score.ticks_per_beat)
