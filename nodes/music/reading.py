"""How a stream of notes tells time: what each word does to a clock, as miditok reads it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .vocabulary import NOTES, OFFS, SHIFTS, Vocabulary

FAR = 10 ** 9  # ticks: never
CHORDAL = 1000  # added to a program: the pitch that intervals within a chord are counted from


@dataclass
class Clock:
    """Where a stream stands: what was written last, when, and what sounds. Times are ticks."""

    kind: str = ""
    program: int = 0
    now: int = 0
    bar_start: int = 0
    bar: int = 0  # begun
    line: bool = False  # whether anything says where the bars are
    moved: bool = False  # whether a time in this bar was named
    heard: int = 0  # until when the notes last
    last: tuple[int, int] = (0, 0)  # program and pitch of the note that is being written
    begun: set[tuple[int, int]] = field(default_factory=set)  # at this moment
    sounding: set[tuple[int, int]] = field(default_factory=set)  # of those that are ended by a word of their own
    steps: dict[int, int] = field(default_factory=dict)  # pitches that intervals are counted from
    onsets: tuple[int, int] = (-1, 0)  # the beat, and how many moments of it have notes
    words: int = 0  # in this bar
    track: int = 0
    players: frozenset[int] = frozenset()  # programs that have played what was not given, the drums left out
    given: int = 0  # notes that are written already
    fresh: int = 0  # notes of this bar that were not given
    forced: bool = False  # whether what is written now was given

    def copy(self) -> Clock:
        """Another that goes its own way."""
        other = copy.copy(self)
        other.begun, other.sounding, other.steps = set(self.begun), set(self.sounding), dict(self.steps)
        return other


class Given(NamedTuple):
    """A note that is to be written: when, the words that say it, and when it ends, in ticks."""

    tick: int
    words: tuple[int, ...]
    end: int


class Reading:
    """A piece of so many bars of a metre, in ticks, and how words move a clock through it.

    by_lines: whether words tell where each bar begins.
    """

    def __init__(self, vocabulary: Vocabulary, bars: int, metre: tuple[int, int]):
        self.vocabulary, self.bars = vocabulary, bars
        self.by_lines = vocabulary.any_of("Bar") and vocabulary.style != "PerTok"
        self.set_metre(metre)

    def set_metre(self, metre: tuple[int, int]) -> None:
        """Count in another metre: (3, 4) of quarters."""
        upper, lower = metre
        vocabulary = self.vocabulary
        self.metre = metre
        self.per_beat = vocabulary.division * 4 // lower
        self.per_position = 1 if vocabulary.style == "PerTok" else max(1, self.per_beat // vocabulary.per_beat)
        self.bar_ticks = upper * self.per_beat
        self.end = self.bars * self.bar_ticks
        self.lengths = {index: vocabulary.ticks(index, self.per_beat) for index in vocabulary.shifts}

    def beat(self, tick: int) -> float:
        """A tick in quarter notes."""
        return tick / self.vocabulary.division

    def after(self, clock: Clock, index: int) -> int:
        """The tick to which a word that shifts time, or a rest, moves."""
        rested = self.vocabulary.kinds[index] == "Rest"
        then = (max(clock.heard, clock.now) if rested else clock.now) + self.lengths[index]
        if self.vocabulary.style == "PerTok" and then >= clock.bar_start + self.bar_ticks:
            return self.end if clock.bar_start + self.bar_ticks >= self.end else FAR  # another bar begins with a word
        return then

    def leading(self, clock: Clock, tick: int) -> tuple[int, Any] | None:
        """The word that moves a clock to a tick, and those that move it beyond (bool for each word); None without such."""
        vocabulary = self.vocabulary
        then = {index: self.after(clock, index) for index in vocabulary.shifts}
        for index in vocabulary.mask("Position").nonzero()[0]:
            then[int(index)] = clock.bar_start + int(vocabulary.numbers[index]) * self.per_position
        if vocabulary.bar is not None:
            then[vocabulary.bar] = clock.bar_start + self.bar_ticks
        exact = next((index for index, end in then.items() if end == tick and end > clock.now), None)
        if exact is None:
            return None
        passing = vocabulary.none.copy()
        for index, end in then.items():
            passing[index] = end > tick
        return exact, passing

    def step(self, clock: Clock, index: int) -> None:
        """Move a clock on by a word, as miditok reads it."""
        vocabulary = self.vocabulary
        kind, clock.words = vocabulary.kinds[index], clock.words + 1
        number = int(vocabulary.numbers[index])
        if kind == "Bar":
            first = self.by_lines and not clock.bar
            clock.bar_start = clock.bar_start if first else clock.bar_start + self.bar_ticks
            self._move(clock, clock.bar_start, named=False)
        elif kind == "Position":
            self._move(clock, clock.bar_start + number * self.per_position, named=True)
        elif kind in SHIFTS:
            self._move(clock, self.after(clock, index), named=True)
        elif kind == "Program":
            clock.program = number
        elif kind in NOTES:
            self._begin(clock, kind, number)
        elif kind == "Duration":
            clock.heard = max(clock.heard, clock.now + vocabulary.ticks(index, self.per_beat))
        elif kind in OFFS:
            clock.sounding.discard((clock.program, number))
            clock.heard = max(clock.heard, clock.now)
        elif kind == "Track":
            clock = self._track(clock, vocabulary.values[index] == "Start")
        clock.kind = "Started" if kind == "MicroTiming" and clock.kind == "Program" else kind

    def _track(self, clock: Clock, starts: bool) -> Clock:
        fresh = Clock(line=starts, track=clock.track + starts, players=clock.players)
        vars(clock).update(vars(fresh))
        return clock

    def _begin(self, clock: Clock, kind: str, number: int) -> None:
        pitch = number
        if kind == "PitchIntervalTime":
            pitch = clock.steps.get(clock.program, 0) + number
        elif kind == "PitchIntervalChord":
            pitch = clock.steps.get(clock.program + CHORDAL, 0) + number
        if kind != "PitchIntervalChord":
            clock.steps[clock.program] = pitch
        clock.steps[clock.program + CHORDAL] = pitch
        beat = int(self.beat(clock.now))
        if not clock.begun:
            clock.onsets = (beat, clock.onsets[1] + 1 if clock.onsets[0] == beat else 1)
        clock.begun.add((clock.program, pitch))
        clock.last = clock.program, pitch
        if clock.program >= 0 and not clock.forced and clock.program not in clock.players:
            clock.players |= {clock.program}
        clock.fresh += not clock.forced
        if self.vocabulary.any_of("NoteOff"):
            clock.sounding.add((clock.program, pitch))
        elif not self.vocabulary.any_of("Duration") or clock.program in self.vocabulary.endless:
            clock.heard = max(clock.heard, clock.now + 1)

    def _move(self, clock: Clock, then: int, named: bool) -> None:
        bar = then // self.bar_ticks + 1
        if bar != clock.bar:
            clock.words = clock.fresh = 0
        if then != clock.now or not named:
            clock.begun = set()
        clock.bar, clock.now, clock.moved = bar, then, named
        if self.vocabulary.style != "PerTok" or not named:
            clock.bar_start = (bar - 1) * self.bar_ticks
