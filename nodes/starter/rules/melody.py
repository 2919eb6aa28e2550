"""Melodies of phrases: a motif that is said again, moved or turned over, on an arc, and a cadence that rests.

On what is strong in a bar a melody sings notes of the chord; between, it goes by steps, and a leap is turned back. A pitch is
chosen for what it costs: how far it is from where the phrase wants to be, from the note before, and from the chord.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .harmony import Bars, near, scale_over, stepped, tones
from .rhythms import bar_length, rows, strong
from .styles import Metre, Mood, Style

Notes = list[tuple[int, int, int]]  # (start, length, pitch), in sixteenths
Motif = tuple[tuple[int, ...], tuple[int, ...]]  # lengths of a bar, and steps of the scale from its first note
_SHAPES = ("aabc", "abac", "aafc", "abbc", "aadc", "abdc")  # of the bars of a phrase: c is its cadence, f the motif's half twice, d another


@dataclass(frozen=True)
class Setting:
    """In what a melody is written. low, high: the range of who sings. tonic: a pitch class."""

    style: Style
    mood: Mood
    metre: Metre
    tonic: int
    mode: str
    low: int
    high: int
    density: int  # added to the mood's, -1 to 1

    @property
    def bar(self) -> int:
        """Sixteenths of a bar."""
        return bar_length(self.metre)

    @property
    def centre(self) -> int:
        """Around which pitch it sings."""
        return max(self.low + 5, min(self.high - 9, self.mood.centre))


class Singer:
    """Writes the phrases of one piece, so that what returns is the same."""

    def __init__(self, rng: random.Random, setting: Setting) -> None:
        self.rng, self.setting = rng, setting
        self._openings: dict[str, tuple[Notes, Motif, Motif, str, float]] = {}
        self._finished: dict[tuple[str, str], Notes] = {}
        self._motif: Motif | None = None

    def phrase(self, letter: str, ending: str, chords: Bars) -> Notes:
        """Four bars, from their own beginning on."""
        if (letter, ending) not in self._finished:
            if letter not in self._openings:
                self._openings[letter] = self._opened(letter, chords)
            self._finished[letter, ending] = self._closed(letter, ending, chords)
        return self._finished[letter, ending]

    def _opened(self, letter: str, chords: Bars) -> tuple[Notes, Motif, Motif, str, float]:
        """The first two bars, the motifs, the shape of the whole, and the height it is sung at."""
        rng = self.rng
        motif = self._invented()
        if self._motif and (letter == "Z" or letter in "CKE" and rng.random() < 0.3):
            motif = self._motif[0], tuple(-step for step in self._motif[1])  # the verse's, turned over
        self._motif = self._motif or motif
        other = self._invented() if rng.random() < 0.6 else (motif[0], tuple(-step for step in motif[1]))
        shape = rng.choice(_SHAPES)
        lifted = {"B": rng.choice((2, 3, 4)), "C": rng.choice((-3, 2, 4)), "D": 3, "E": 3, "F": 3}.get(letter, 0)
        notes: Notes = []
        for bar in (0, 1):
            notes += self._sung(self._cell(motif, other, shape[bar]), chords[bar], bar, lifted, notes)
        return notes, motif, other, shape, lifted

    def _closed(self, letter: str, ending: str, chords: Bars) -> Notes:
        notes, motif, other, shape, lifted = self._openings[letter]
        notes = list(notes)
        notes += self._sung(self._cell(motif, other, shape[2]), chords[2], 2, lifted, notes)
        return notes + self._cadence(chords[3], ending, motif, notes)

    def _cell(self, motif: Motif, other: Motif, sign: str) -> Motif:
        return motif if sign == "a" else self._halved(motif) if sign == "f" else self._varied(motif) if sign == "d" else other

    def _invented(self) -> Motif:
        """A rhythm, and steps from its first note to each: mostly by one, a leap turned back."""
        rng, setting = self.rng, self.setting
        weights = list(setting.mood.density)
        move = setting.density + setting.style.busy
        weights = [weights[0] + 3 * max(0, -move), weights[1] + 1, weights[2] + 3 * max(0, move)]
        table = rows(setting.metre, setting.style.rhythms)
        cell = rng.choice(table[rng.choices((0, 1, 2), weights)[0]])
        at, last, steps = 0, 0, [0]
        for _ in cell[1:]:
            size = 1 if abs(last) > 1 else rng.choices((0, 1, 2, 3, 4), (1, 8, 4, 2, 1))[0]
            up = last < 0 if abs(last) > 1 else rng.random() < 0.5 - 0.09 * at + (0.1 if last > 0 else -0.1 if last < 0 else 0)
            last = size if up else -size
            at += last
            steps.append(at)
        return cell, tuple(steps)

    def _halved(self, motif: Motif) -> Motif:
        """The first half of a motif twice, the second time a step higher; what cannot be halved stays."""
        half, filled = self.setting.bar // 2, 0
        for count, length in enumerate(motif[0], 1):
            filled += abs(length)
            if filled == half:
                steps = motif[1][:count]
                return motif[0][:count] * 2, (*steps, *(step + 1 for step in steps))
        return motif

    def _varied(self, motif: Motif) -> Motif:
        half = len(motif[1]) // 2
        return motif[0], tuple(step if at < half else step + self.rng.choice((-2, -1, 1, 2)) for at, step in enumerate(motif[1]))

    def _sung(self, motif: Motif, names: Sequence[str], bar: int, lifted: float, before: Notes) -> Notes:
        setting = self.setting
        base = setting.centre + lifted + setting.mood.arc[bar]
        found: Notes = []
        start = bar * setting.bar
        for length, step in zip(*motif):
            if length > 0:
                chord = names[min(len(names) - 1, (start - bar * setting.bar) * len(names) // setting.bar)]
                pitch = self._chosen(base + 1.7 * step, start, length, chord, [*before, *found])
                found.append((start, length, pitch))
            start += abs(length)
        return found

    def _chosen(self, target: float, start: int, length: int, chord: str, before: Notes) -> int:
        """The pitch that costs least."""
        setting, rng = self.setting, self.rng
        inside, scale = tones(chord, setting.tonic), scale_over(chord, setting.tonic, setting.mode)
        liked = {(setting.tonic + step) % 12 for step in setting.style.scale.get(setting.mode, ())}
        heavy = strong(start % setting.bar, setting.metre) or length >= 6 or length >= 4 and start % 4 == 0
        last, leapt = (before[-1][2], before[-1][2] - before[-2][2] if len(before) > 1 else 0) if before else (None, 0)

        def cost(pitch: int) -> float:
            total = 0.8 * abs(pitch - target) + rng.random()
            if pitch % 12 not in inside:
                total += 14 if heavy else 0.6 if last is None or abs(pitch - last) <= 2 else 3.5
                total += 4 * (length >= 3 and any((pitch + side) % 12 in inside for side in (1, -1)))
                total += 1.2 * bool(liked and pitch % 12 not in liked)
            return total + (0.0 if last is None else self._move(pitch - last, leapt))

        options = [pitch for pitch in range(setting.low, setting.high + 1) if pitch % 12 in scale or pitch % 12 in liked and not heavy]
        return min(options, key=cost)

    def _move(self, step: int, leapt: int) -> float:
        """What a step costs in semitones, after another."""
        size = abs(step)
        total = self.setting.mood.repeats if size == 0 else 0 if size <= 2 else 0.5 if size <= 4 else 1.4 if size == 5 else 2.2 if size == 7 else \
            4.0 if size in (8, 9, 12) else 7.0
        if abs(leapt) >= 5:
            total += (4.0 if abs(leapt) < 7 else 12.0) * (step * leapt > 0) + 2.0 * (size > 4) + 2.0 * (size == 0)
        return total

    def _cadence(self, names: Sequence[str], ending: str, motif: Motif, before: Notes) -> Notes:
        """The last bar: by steps onto a note of rest, and a breath."""
        setting, rng = self.setting, self.rng
        chord, bar = names[-1], setting.bar
        last = before[-1][2]
        inside = tones(chord, setting.tonic)
        goals = {"final": (setting.tonic,), "closed": (setting.tonic, setting.tonic, inside[1]) if inside[0] == setting.tonic else inside[:3]}
        classes = (rng.choice(goals[ending]),) if ending in goals else inside[:3]
        if ending == "final" and setting.tonic not in inside:
            classes = inside[:1]
        aim = setting.centre + (0 if ending in goals else 3)
        goal = near(classes, (3 * last + aim) / 4, setting.low, setting.high)
        beat = 6 if setting.metre == (6, 8) else 4
        half = setting.metre[0] % 2 == 0 and len(names) > 1
        leads: tuple[tuple[int, ...], ...] = ((), (beat,), (beat // 2, beat // 2)) if not half else ((bar // 2,), (bar // 4, bar // 4))
        if setting.metre == (4, 4) and not half:
            leads = (*leads, (4, 4), (2, 2, 4))
        if ending == "final":
            leads = leads[:2] if not half else leads[:1]
        lead, start = rng.choice(leads), 3 * bar
        side = 1 if last >= goal else -1
        scale = sorted(scale_over(names[0] if half else chord, setting.tonic, setting.mode))
        notes: Notes = []
        for index, length in enumerate(lead):
            pitch = stepped(goal, side * (len(lead) - index), scale, setting.low, setting.high)
            if index == 0 and half:
                pitch = near(tones(names[0], setting.tonic), pitch, setting.low, setting.high)
            notes.append((start, length, pitch))
            start += length
        left = 4 * bar - start
        if left <= 0:
            return notes
        breath = 0 if ending == "final" else rng.choice((beat, beat, 0)) if left > beat else 0
        return [*notes, (start, left - breath, goal)]


def below(notes: Notes, harmony: Callable[[int], str], setting: Setting, low: int) -> Notes:
    """A second voice a third or a sixth below a melody, in its rhythm; silent where none is to be had. harmony: the chord at a sixteenth."""
    found: Notes = []
    last = 0
    for start, length, pitch in notes:
        name = harmony(start)
        scale, inside = scale_over(name, setting.tonic, setting.mode), tones(name, setting.tonic)
        options = [pitch - step for step in (3, 4, 8, 9, 5, 7) if pitch - step >= low and (pitch - step) % 12 in (inside if length > 2 else scale)]
        if options:
            last = min(options, key=lambda one: (abs(one - last) if last else 0, abs(pitch - one)))
            found.append((start, length, last))
    return found


