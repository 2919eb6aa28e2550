"""The arrival-time vocabulary of the Anticipatory Music Transformer (Thickstun, Hall, Donahue, Liang, TMLR 2024).

A note is three tokens: when it arrives and how long it lasts, in hundredths of a second, and which pitch of which
instrument it is. Notes that are given are controls, words of their own that stand five seconds ahead of their time.
The network sees times from the first note in its window, which is at most 100 seconds long.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..media.score import Note, Score, Track
from .controls import FREE, Controls
from .instruments import instrument_name
from .players import AT_ONCE, TOGETHER
from .writing import Dice, within

PER_SECOND = 100
TIMES, DURATIONS, NOTES = 10_000, 1_000, 129 * 128  # instrument 128 is the drums
DURATION, NOTE = TIMES, TIMES + DURATIONS
REST = NOTE + NOTES
CONTROLS = REST + 1
SEPARATOR = CONTROLS + REST
AUTOREGRESS, ANTICIPATE = SEPARATOR + 1, SEPARATOR + 2
SIZE = ANTICIPATE + 1  # 55,028
AHEAD = 5 * PER_SECOND
INSTRUMENTS = 16
NOTES_IN_A_BAR = 160
DRUMS = 128


class Event(NamedTuple):
    """A note: when and how long in hundredths of a second, instrument (128 the drums) and pitch."""

    time: int
    duration: int
    instrument: int
    pitch: int

    def tokens(self, offset: int = 0, control: bool = False) -> list[int]:
        """Its three tokens, for a window that begins at `offset`."""
        first = CONTROLS if control else 0
        return [first + min(max(0, self.time - offset), TIMES - 1), first + DURATION + min(self.duration, DURATIONS - 1),
                first + NOTE + 128 * self.instrument + self.pitch]


@dataclass(frozen=True)
class Arrivals:
    """Stands where a tokenizer stands, for a model that has none: its words are numbers."""

    is_trained: bool = False

    @property
    def vocab(self) -> dict[str, int]:
        """No words that a wish could be said in."""
        return {}

    def __len__(self) -> int:
        return SIZE


class ArrivalWriter:
    """Writes notes at times. bars, beats of a bar and quarter notes per minute say where the bar lines are.

    before: notes that stand already; given: notes that are to sound, of others.
    """

    def __init__(self, bars: int, metre: tuple[int, int], bpm: float, controls: Controls = FREE,
                 before: tuple[Event, ...] = (), given: tuple[Event, ...] = ()):
        self.bars, self.metre, self.bpm, self.controls = bars, metre, bpm, controls
        self.bar_beats = 4 * metre[0] / metre[1]
        self.end = round(bars * self.bar_beats * 60 / bpm * PER_SECOND)
        self.ended = False
        self.given = sorted(given)
        self._told = 0  # of the given ones
        self.events = list[tuple[Event, bool]]()  # in the order of the stream, and whether it is a control
        self.written = list[Event]()
        self._draft = list[int]()
        self._offset = 0
        for event in before:
            self._note(event)
        self._anticipate()

    @property
    def now(self) -> int:
        """When the last note began."""
        return self.written[-1].time if self.written else 0

    @property
    def bar(self) -> int:
        """How many bars were begun."""
        return int(self._beat(self.now) / self.bar_beats + 1e-6) + 1

    def _beat(self, time: float) -> float:
        return time / PER_SECOND * self.bpm / 60

    def context(self, room: float) -> list[int]:
        """The way of writing, and the events of the last part of the window, times from the first of them."""
        most = int((room - 1) // 3) - 1
        kept = self.events if len(self.events) <= most and self.now - self._offset < TIMES // 2 else \
            [one for one in self.events[-max(1, most // 2):] if self.now - one[0].time < TIMES // 2]
        self._offset = min([self.now, *(event.time for event, _ in kept)])
        ids = [token for event, control in kept for token in event.tokens(self._offset, control)]
        return [ANTICIPATE if self.given else AUTOREGRESS, *ids, *self._shown_draft()]

    def _shown_draft(self) -> list[int]:
        return [token - (self._offset if not at else 0) for at, token in enumerate(self._draft)]

    def choose(self, logits: Any, dice: Dice) -> list[int]:
        """The token drawn from logits (vocabulary), and the controls that follow by themselves."""
        import torch

        place = len(self._draft)
        legal = torch.from_numpy((self._times, self._durations, self._notes)[place]())
        if self._may_end() and not place:
            legal[max(0, min(self.end - self._offset, TIMES - 1)):TIMES] = True
        token = dice.draw(logits[:SIZE].masked_fill(~legal, -torch.inf))
        if not place and token + self._offset >= self.end:
            self.ended = True
            return [token]
        self._draft.append(token + (self._offset if not place else 0))
        if place < 2:
            return [token]
        time, duration, note = self._draft
        self._draft = []
        self._note(Event(time, duration - DURATION, *divmod(note - NOTE, 128)))
        return [token, *self._anticipate()]

    def _note(self, event: Event) -> None:
        self.events.append((event, False))
        self.written.append(event)

    def _anticipate(self) -> list[int]:
        found: list[int] = []
        while self._told < len(self.given) and self.given[self._told].time - AHEAD <= self.now:
            event = self.given[self._told]
            self.events.append((event, True))
            found += event.tokens(self._offset, control=True)
            self._told += 1
        return found

    def _may_end(self) -> bool:
        last = self.end - self.end // self.bars
        return any(one.time + one.duration > last for one in (*self.written[-200:], *self.given)) and \
            self._told >= len(self.given)

    def _times(self) -> Any:
        import numpy as np

        legal = np.zeros(SIZE, bool)
        first, last = self.now - self._offset, min(self.end - self._offset, TIMES)
        if self._told < len(self.given):  # a control has to be told before its time less five seconds has passed
            last = max(first + 1, min(last, self.given[self._told].time - self._offset))
        together = [one for one in self.written[-TOGETHER:] if one.time == self.now]
        bar = self.bar_beats * 60 / self.bpm * PER_SECOND
        crowd = self.written[-NOTES_IN_A_BAR:]
        if len(crowd) == NOTES_IN_A_BAR and crowd[0].time >= (self.bar - 1) * bar - 1:
            first = round(self.bar * bar) - self._offset
        elif len(together) >= TOGETHER:
            first += 1
        longest = self.controls.longest()
        if longest is not None:
            last = max(first + 1, min(last, first + round(longest * 60 / self.bpm * PER_SECOND)))
        legal[first:last] = True
        return self._thinned(legal, first, last) if not self.controls.times_are_free else legal

    def _thinned(self, legal: Any, first: int, last: int) -> Any:
        """Without the moments of beats in which enough has begun."""
        beat = int(self._beat(self.now))
        moments = len({one.time for one in self.written[-TOGETHER * 4:] if int(self._beat(one.time)) == beat})
        if not self.controls.room(beat, (beat, moments)):
            following = round((beat + 1) * 60 / self.bpm * PER_SECOND) - self._offset
            legal[first + 1:min(following + 1, last - 1)] = False
        return legal

    def _durations(self) -> Any:
        import numpy as np

        legal = np.zeros(SIZE, bool)
        legal[DURATION + 1:NOTE] = True
        return legal

    def _notes(self) -> Any:
        import numpy as np

        time = self._draft[0]
        together: dict[int, set[int]] = defaultdict(set)
        for one in self.written[-TOGETHER:]:
            if one.time == time:
                together[one.instrument].add(one.pitch)
        known = {one.instrument for one in self.written}
        legal = np.zeros(SIZE, bool)
        for instrument in range(DRUMS + 1):
            program = -1 if instrument == DRUMS else instrument
            if not self.controls.plays(program) or len(together[instrument]) >= AT_ONCE or \
                    len(known) >= INSTRUMENTS and instrument not in known:
                continue
            pitches = self.controls.pitches(program, self._beat(time)).copy()
            pitches[list(together[instrument])] = False
            legal[NOTE + 128 * instrument:NOTE + 128 * instrument + 128] = pitches
        return legal

    def score(self) -> Score:
        """The music so far, as it was played: nothing is moved onto a grid, nothing sounds beyond the last bar line."""
        tracks: dict[int, list[Note]] = defaultdict(list)
        for event in self.written:
            if self._beat(event.duration) > 0:
                tracks[event.instrument].append(Note(event.pitch, self._beat(event.time), self._beat(event.duration)))
        score = Score(tuple(Track(instrument_name(-1 if one == DRUMS else one), 0 if one == DRUMS else one, one == DRUMS,
                                  tuple(notes)) for one, notes in sorted(tracks.items())),
                      ((0.0, self.bpm),), ((0.0, *self.metre),))
        return within(score, self.bars * self.bar_beats)


def events_of(score: Score) -> tuple[Event, ...]:
    """The notes of a score in one tempo as events, by time."""
    seconds = 60 / score.tempos[0][1]
    return tuple(sorted(Event(round(note.start * seconds * PER_SECOND),
                              max(1, min(round(note.duration * seconds * PER_SECOND), DURATIONS - 1)),
                              DRUMS if track.is_drum else track.program, note.pitch)
                        for track in score.tracks for note in track.notes))
