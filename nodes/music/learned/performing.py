"""A performance RNN in the manner of Magenta's (Simon and Oore, "Performance RNN: Generating Music with Expressive Timing and
Dynamics", 2017): an LSTM foretells what a pianist does next, in the 388 words that they wrote it in.

A key goes down (128) or up (128), time goes on by a hundredth of a second up to a whole one (100), or the keys that follow are
struck at one of 32 velocities. There are no bars and no tempo in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from nodegraph import warn

from ...media.score import Note, Score, Track
from ..performance import clock, settings, shared

DOWN, UP, SHIFT, VELOCITY, EVENTS = 0, 128, 256, 356, 388
PER_SECOND, LONGEST, LEVELS = 100, 100, 32  # steps; of one word; of velocity, by fours
PADDING = -1  # behind the end of a performance
AT_ONCE, HELD = 48, 8 * PER_SECOND  # words without time between them; steps that a key is held down at most
HANDS = 16  # keys that are down at once


class Struck(NamedTuple):
    """A key that was struck. start, end: seconds. velocity: 1 to 127."""

    pitch: int
    start: float
    end: float
    velocity: int


@dataclass(frozen=True)
class Shape:
    """width: of the LSTM's layers."""

    width: int = 256
    layers: int = 2


class PerformanceRnn(nn.Module):
    """The network. Performances are integers (n, words), -1 behind their end."""

    hears = "performance"
    padding = PADDING

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(EVENTS + 1, shape.width)  # the last one stands before the first word
        self.lstm = nn.LSTM(shape.width, shape.width, shape.layers, batch_first=True)
        self.head = nn.Linear(shape.width, EVENTS)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        """Logits of each word, (n, words, EVENTS), where all before it are shown."""
        before = F.pad(words.long()[:, :-1], (1, 0), value=EVENTS)
        out, _ = self.lstm(self.embed(torch.where(before < 0, EVENTS, before)))
        return self.head(out)

    def nats(self, words: torch.Tensor) -> torch.Tensor:
        """The mean nats of a word; those behind the end do not count."""
        return F.cross_entropy(self(words).transpose(1, 2), words.long(), ignore_index=PADDING)

    @torch.no_grad()
    def played(self, seconds: float, temperature: float, dice: torch.Generator, begun: Sequence[int] = (),
               tick: Callable[[int], None] = lambda step: None) -> list[int]:
        """Words for so many seconds, those that are given included and unchanged. tick(step) is called before each new one.

        A key goes up only if it is down, and down only if it is up; no more are down than hands can hold, and none for longer
        than eight seconds.
        """
        words, hands, last, state = list(begun), _Hands(), EVENTS, None
        for word in words:
            hands.do(word)
        if words:
            shown = torch.tensor([[EVENTS, *words[:-1]]], device=self.head.weight.device)
            _, state = self.lstm(self.embed(shown))
            last = words[-1]
        while hands.now < seconds * PER_SECOND:
            tick(hands.now)
            out, state = self.lstm(self.embed(torch.tensor([[last]], device=self.head.weight.device)), state)
            logits = self.head(out[0, 0]).float().cpu()
            logits[~hands.possible()] = float("-inf")
            last = int(logits.argmax()) if temperature == 0 else \
                int(torch.multinomial((logits / temperature).softmax(-1), 1, generator=dice))
            words.append(last)
            hands.do(last)
        return words


class _Hands:
    """What is down, since when, and what may be done next."""

    def __init__(self) -> None:
        self.down: dict[int, int] = {}
        self.now, self.since = 0, 0  # in steps; words since time went on
        self.tuned = False  # whether a velocity was just set

    def do(self, word: int) -> None:
        """Take a word."""
        self.since += 1
        self.tuned = word >= VELOCITY
        if word < UP:
            self.down[word] = self.now
        elif word < SHIFT:
            self.down.pop(word - UP, None)
        elif word < VELOCITY:
            self.now, self.since = self.now + word - SHIFT + 1, 0

    def possible(self) -> torch.Tensor:
        """Which words may follow, bool (EVENTS,)."""
        tired = [pitch for pitch, since in self.down.items() if self.now - since >= HELD]
        may = torch.zeros(EVENTS, dtype=torch.bool)
        may[[UP + pitch for pitch in tired or self.down]] = True
        if tired:
            return may
        may[SHIFT:VELOCITY] = True
        if self.down:  # that none is held for too long
            may[SHIFT + max(1, HELD - self.now + min(self.down.values())):VELOCITY] = False
        if self.since < AT_ONCE:
            may[VELOCITY:] = not self.tuned
            if len(self.down) < HANDS:
                may[DOWN:UP] = True
                may[list(self.down)] = False
        return may


def words_of(notes: Iterable[Struck], end: float | None = None) -> list[int]:
    """The words of a performance; silence up to its end, in seconds, where one is given.

    Times go to hundredths of a second, velocities to fours; a key that is struck while it is down goes up first.
    """
    moments: list[tuple[int, int, int, int]] = []
    down: dict[int, int] = {}
    for note in sorted(notes, key=lambda note: (note.start, note.pitch)):
        start = round(note.start * PER_SECOND)
        stop = max(start + 1, round(note.end * PER_SECOND))
        if down.get(note.pitch, -1) > start:  # the one before ends here
            moments = [(start, *moment[1:]) if moment[1:3] == (0, note.pitch) and moment[0] > start else moment
                       for moment in moments]
        down[note.pitch] = stop
        moments += [(start, 1, note.pitch, note.velocity), (stop, 0, note.pitch, 0)]
    words, now, level = [], 0, -1
    for moment, begins, pitch, velocity in sorted(moments):
        words += _pauses(moment - now)
        now = moment
        if begins and (wanted := min(LEVELS - 1, velocity * LEVELS // 128)) != level:
            words.append(VELOCITY + wanted)
            level = wanted
        words.append((DOWN if begins else UP) + pitch)
    return words + (_pauses(round(end * PER_SECOND) - now) if end is not None else [])


def performed(score: Score) -> list[Struck]:
    """The keys of all pitched tracks, as long as they are held, or the pedal holds them."""
    seconds, found = clock(score), []
    for tracks in shared(score):
        pedal = settings(tracks, seconds).pedal
        lifted = [time for time, value in zip(pedal.times, pedal.values, strict=True) if value < 64]
        for note in (note for track in tracks if not track.is_drum for note in track.notes):
            start, end = seconds(note.start), seconds(note.start + note.duration)
            if pedal.before(end) >= 64:
                end = next((time for time in lifted if time >= end), end)
            found.append(Struck(note.pitch, start, end, note.velocity))
    return sorted(found, key=lambda note: (note.start, note.pitch))


def played_on(network: PerformanceRnn, primer: Score | None, seconds: float, temperature: float, seed: int, bpm: float,
              program: int, tell: Callable[[float], None] = lambda share: None) -> Score:
    """A score of so many seconds that begins with all of the primer, as it is; without one it is the network's alone.

    bpm: at which it is written down without a primer. tell: how much is done, 0 to 1, a hundred times at most.
    """
    heard = performed(primer) if primer is not None else []
    given = primer.seconds if primer is not None else 0.0
    begun = words_of(heard, given)
    if heard and given >= seconds:
        warn(f"primer lasts {given:.1f} seconds, and {seconds:.1f} are asked for: there is nothing left to play")
    done = -1

    def tick(step: int) -> None:
        nonlocal done
        if (share := int(step / seconds)) > done:  # steps are hundredths of a second
            done = share
            tell(min(1.0, step / (seconds * PER_SECOND)))

    words = network.played(seconds, temperature, torch.Generator().manual_seed(seed), begun, tick)
    new = [note for note in notes_of(words) if note.start >= given - 1 / PER_SECOND and note.start < seconds]
    base = primer if primer is not None else Score(tempos=((0.0, float(bpm)),))
    rate, offset = base.tempos[-1][1] / 60, base.tempos[-1][0]
    begins = clock(base)(offset)
    notes = tuple(Note(note.pitch, offset + (note.start - begins) * rate, (min(note.end, seconds) - note.start) * rate,
                       note.velocity) for note in new)
    own = next((track for track in base.tracks if track.notes and not track.is_drum), None)
    if own is None:
        return replace(base, tracks=(*base.tracks, Track("Piano", program, False, notes)))
    return replace(base, tracks=tuple(replace(track, notes=(*track.notes, *notes)) if track is own else track
                                      for track in base.tracks))


def _pauses(steps: int) -> list[int]:
    whole, rest = divmod(max(0, steps), LONGEST)
    return [SHIFT + LONGEST - 1] * whole + ([SHIFT + rest - 1] if rest else [])


def notes_of(words: Iterable[int]) -> list[Struck]:
    """The keys that words strike, by their beginning; what is still down at the end goes up there."""
    now, level, down, found = 0, 80, {}, []
    for word in words:
        if word < UP:
            down[word] = now, level
        elif word < SHIFT:
            if word - UP in down:
                start, velocity = down.pop(word - UP)
                found.append(Struck(word - UP, start / PER_SECOND, now / PER_SECOND, velocity))
        elif word < VELOCITY:
            now += word - SHIFT + 1
        else:
            level = min(127, (word - VELOCITY) * 128 // LEVELS + 2)
    found += [Struck(pitch, start / PER_SECOND, now / PER_SECOND, velocity) for pitch, (start, velocity) in down.items()]
    return sorted(note for note in found if note.end > note.start)


def moved(words: torch.Tensor, semitones: torch.Tensor) -> torch.Tensor:
    """Performances (n, words), each moved by its number of semitones; what would leave the keys stays within by an octave."""
    keys, base = (words >= DOWN) & (words < SHIFT), torch.where(words >= UP, UP, DOWN)
    pitches = words.long() - base + semitones[:, None]
    pitches = torch.where(pitches > 127, pitches - 12, torch.where(pitches < 0, pitches + 12, pitches))
    return torch.where(keys, base + pitches, words.long()).to(words.dtype)
