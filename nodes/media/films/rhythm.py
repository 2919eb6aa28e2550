"""Frames that were shown at times of their own, laid out at an even rate."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import NamedTuple

from ..video import rate

USUAL = tuple(map(Fraction, (10, 12, 15, 16, 20, 24, 25, 30, 48, 50, 60, 100, 120))) + tuple(
    Fraction(n * 1000, 1001) for n in (24, 30, 60))
NEAR = Fraction(1, 5)  # of a frame
FINE = 50  # frames a second; up to this any rate is taken at which every frame has a place of its own exactly
FINEST = 100  # and up to this, one with
MOST_REPEATS = 10  # times as many places as there are frames at most


class Rhythm(NamedTuple):
    """fps: frames a second. starts: for each frame that came, the place from which it is shown. places: how many.
    exact: whether every frame is shown, and from when it was."""

    fps: Fraction
    starts: tuple[int, ...]
    places: int
    exact: bool

    @property
    def is_even(self) -> bool:
        """Whether each frame has one place."""
        return self.starts == tuple(range(len(self.starts))) and self.places == len(self.starts)


def rhythm(times: Sequence[Fraction], end: Fraction, candidates: Sequence[Fraction] = ()) -> Rhythm:
    """The rate at which frames are shown evenly.

    times: when each frame is shown, in seconds, in order, the first at 0. end: when the last one goes.
    candidates: rates to be tried first. A rate is taken at which each frame follows the one before; else one at which
    each has a place of its own, and those that last longer several; else that of most frames, at which some are shown
    twice or not at all.
    """
    for fps in (*candidates, rate(len(times) / end if end > 0 else Fraction(1))):
        starts = _places(times, fps)
        if starts == tuple(range(len(times))) and _are_near(times, starts, fps):
            # The length of the last frame is the least certain, so it gets a place more only for a real pause.
            return Rhythm(fps, starts, max(len(times), int(end * fps + Fraction(1, 10))), True)
    common = _common(times, end)
    fitting = [common] if common is not None and common <= FINE else []
    for fps in (*fitting, *candidates, *USUAL, *([common] if common else [])):
        starts = _places(times, fps)
        if len(set(starts)) == len(times) and _are_near(times, starts, fps):
            return Rhythm(fps, starts, max(starts[-1] + 1, round(end * fps)), True)
    return _usual(times, end)


def _usual(times: Sequence[Fraction], end: Fraction) -> Rhythm:
    """The rate of most frames."""
    steps = [later - earlier for earlier, later in zip(times, times[1:]) if later > earlier] or [end or Fraction(1)]
    usual = 1 / sorted(steps)[(len(steps) - 1) // 2]
    fps = min(USUAL, key=lambda one: abs(one / usual - 1))
    fps = fps if abs(fps / usual - 1) < Fraction(3, 100) else min(rate(usual), Fraction(120))
    starts = _places(times, fps)
    return Rhythm(fps, starts, max(starts[-1] + 1, round(end * fps)), starts == tuple(range(len(times))))


def _are_near(times: Sequence[Fraction], places: Sequence[int], fps: Fraction) -> bool:
    """Whether all places are where the frames are, but for what clocks of hundredths and thousandths round away."""
    return all(abs(time * fps - place) <= NEAR for time, place in zip(times, places))


def _places(times: Sequence[Fraction], fps: Fraction) -> tuple[int, ...]:
    # Floor of one more half: a frame at the middle between two places always goes to the later one.
    top, bottom = fps.numerator, fps.denominator
    return tuple((2 * time.numerator * top + time.denominator * bottom) // (2 * time.denominator * bottom)
                 for time in times)


def _common(times: Sequence[Fraction], end: Fraction) -> Fraction | None:
    """The coarsest rate at which all times fall on places, if it is not too fine."""
    thousandths = [time * 1000 for time in (*times[1:], end)]
    if any(time.denominator != 1 for time in thousandths):
        return None
    step = gcd(*(time.numerator for time in thousandths))
    if not step or 1000 > FINEST * step:
        return None
    return Fraction(1000, step) if 1000 <= FINE * step or thousandths[-1] <= MOST_REPEATS * len(times) * step else None
