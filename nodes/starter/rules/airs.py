"""Rules that write melodies: sixteen bars of 4/4 for one voice in many styles, by phrases that return and answer.

A tune is a form of four-bar phrases (AABA, ABAC, ...). A phrase has a progression, a motif of one bar that is said again,
moved, inverted or varied over it, and a cadence: on the dominant (open) or the tonic (closed). Strong beats sing notes of
the chord; between them the line goes by steps of the style's scale, and a leap is turned back. Time is counted in
sixteenths; keys are C major and A minor, to be moved elsewhere by who uses them. Nothing here knows a model.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from .harmony import near, stepped

BAR, BARS = 16, 16
LOWEST, HIGHEST = 55, 84
FORMS = ("AABA", "ABAC", "AABB", "ABAB", "ABCA", "AAAB")
# Chords of C major and A minor: pitch classes, root first.
CHORDS = {"I": (0, 4, 7), "ii": (2, 5, 9), "iii": (4, 7, 11), "IV": (5, 9, 0), "V": (7, 11, 2), "vi": (9, 0, 4), "bVII": (10, 2, 5),
          "i": (9, 0, 4), "III": (0, 4, 7), "iv": (2, 5, 9), "v": (4, 7, 11), "V7m": (4, 8, 11), "VI": (5, 9, 0), "VII": (7, 11, 2),
          "bII": (10, 2, 5)}
PROGRESSIONS = {  # the first three bars; the fourth is the cadence's
    "major": (("I", "IV", "V"), ("I", "vi", "ii"), ("I", "V", "vi"), ("IV", "I", "ii"), ("vi", "IV", "I"), ("I", "iii", "IV"),
              ("ii", "V", "I"), ("I", "I", "IV")),
    "minor": (("i", "iv", "VII"), ("i", "VI", "III"), ("i", "VII", "VI"), ("VI", "III", "iv"), ("iv", "i", "VI"), ("III", "VII", "i"),
              ("i", "i", "iv")),
}
CADENCES = {"major": {"open": "V", "closed": "I"}, "minor": {"open": "V7m", "closed": "i"}}
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (9, 11, 0, 2, 4, 5, 7), "pentatonic": (0, 2, 4, 7, 9), "blues": (0, 3, 4, 7, 9, 10)}


@dataclass(frozen=True)
class Manner:
    """How a style sings.

    cells: rhythms of a bar in sixteenths, a rest negative. steps: weights of a repeated note, a step, a third, a leap.
    centre: the pitch around which it sings. minor: the chance of a minor key. scale: one that is not the key's own.
    """

    cells: tuple[tuple[int, ...], ...]
    steps: tuple[int, int, int, int] = (1, 7, 3, 1)
    centre: int = 71
    minor: float = 0.4
    scale: str = ""


MANNERS: dict[str, Manner] = {
    "hymn": Manner(((4, 4, 4, 4), (8, 4, 4), (4, 4, 8), (6, 2, 4, 4), (8, 8)), (2, 8, 2, 1), 69, 0.2),
    "ballad": Manner(((6, 2, 8), (4, 4, 6, 2), (8, 4, 4), (-4, 4, 4, 4), (12, 4), (6, 6, 4)), (1, 7, 3, 2), 70, 0.5),
    "reel": Manner(((2,) * 8, (4, 2, 2, 4, 2, 2), (2, 2, 4, 2, 2, 4), (2, 2, 2, 2, 4, 4), (3, 1, 2, 2, 3, 1, 2, 2)), (1, 6, 4, 2), 74, 0.3),
    "march": Manner(((4, 4, 3, 1, 4), (6, 2, 4, 4), (3, 1, 4, 3, 1, 4), (4, 3, 1, 8), (4, 2, 2, 4, 4)), (3, 5, 4, 3), 72, 0.3),
    "pop": Manner(((2, 2, 4, 2, 4, 2), (4, 2, 4, 2, 4), (-2, 2, 2, 2, 4, 4), (6, 6, 4), (2, 4, 4, 2, 4)), (4, 6, 2, 1), 70, 0.4, "pentatonic"),
    "jazz": Manner(((2, 4, 2, 4, 4), (-2, 2, 2, 2, 2, 4, 2), (6, 2, 2, 4, 2), (4, 2, 2, 2, 2, 4), (-4, 2, 2, 2, 6)), (1, 6, 4, 3), 71, 0.4),
    "bossa": Manner(((3, 3, 4, 3, 3), (6, 4, 6), (-2, 4, 4, 6), (3, 3, 2, 8), (2, 4, 2, 8)), (3, 6, 3, 1), 69, 0.5),
    "blues": Manner(((4, 3, 1, 8), (3, 1, 4, 8), (-4, 3, 1, 4, 4), (3, 1, 3, 1, 8), (4, 4, 3, 1, 4)), (2, 5, 4, 1), 69, 0.0, "blues"),
    "folk": Manner(((4, 2, 2, 4, 4), (4, 4, 2, 2, 4), (2, 2, 4, 4, 4), (6, 2, 4, 4), (4, 4, 8)), (1, 6, 4, 2), 72, 0.3, "pentatonic"),
    "film": Manner(((8, 8), (12, 4), (6, 2, 8), (8, 4, 4), (16,), (4, 12)), (0, 5, 3, 4), 72, 0.7),
    "lullaby": Manner(((4, 4, 8), (8, 8), (6, 2, 8), (4, 4, 4, 4), (12, 4)), (2, 6, 4, 1), 72, 0.3, "pentatonic"),
    "chiptune": Manner(((2, 2, 2, 2, 2, 2, 4), (2, 1, 1, 2, 2, 4, 4), (4, 2, 2, 2, 2, 4), (1, 1, 2, 1, 1, 2, 4, 4), (3, 3, 2, 3, 3, 2)), (2, 5, 5, 3), 75, 0.5),
    "ambient": Manner(((8, 8), (16,), (-4, 12), (6, 10), (-8, 8), (12, 4)), (1, 5, 3, 3), 71, 0.5, "pentatonic"),
    "tango": Manner(((6, 2, 4, 4), (3, 3, 2, 4, 4), (-2, 2, 2, 2, 4, 4), (4, 3, 1, 4, 4), (1, 1, 1, 1, 4, 4, 4)), (2, 6, 3, 2), 71, 0.9),
}
STYLES = tuple(MANNERS)

Notes = list[tuple[int, int, int]]  # (start, length, pitch), in sixteenths


@dataclass(frozen=True)
class Air:
    """A melody. notes: (start, length, pitch), in sixteenths. chords: one a bar. form: a letter for each four bars."""

    style: str
    mode: str
    form: str
    notes: tuple[tuple[int, int, int], ...]
    chords: tuple[str, ...]


def air(seed: int, style: str = "") -> Air:
    """Sixteen bars in a style, or in one that is drawn; the same seed always gives the same."""
    rng = random.Random(f"air/{style}/{seed}")
    style = style or rng.choice(STYLES)
    manner = MANNERS[style]
    mode = "minor" if rng.random() < manner.minor else "major"
    form = rng.choice(FORMS)
    writer = _Writer(rng, manner, mode)
    openings = {letter: writer.opening(letter) for letter in sorted(set(form))}
    notes: Notes = []
    chords: list[str] = []
    for index, letter in enumerate(form):
        ending = "closed" if index % 2 or index == len(form) - 1 else "open"
        sung, harmony = writer.phrase(letter, openings[letter], ending)
        notes += [(start + index * 4 * BAR, length, pitch) for start, length, pitch in sung]
        chords += harmony
    return Air(style, mode, form, tuple(notes), tuple(chords))


class _Writer:
    """Writes the phrases of one tune, so that what returns is the same."""

    def __init__(self, rng: random.Random, manner: Manner, mode: str) -> None:
        self.rng, self.manner, self.mode = rng, manner, mode
        self.made: dict[tuple[str, str], tuple[Notes, list[str]]] = {}

    def opening(self, letter: str) -> tuple[Notes, list[str], tuple[int, ...]]:
        """The first three bars of a phrase and their chords, and the rhythm of its motif."""
        rng = self.rng
        harmony = list(rng.choice(PROGRESSIONS[self.mode]))
        motif = self._motif()
        plan = rng.choice(((motif, motif, motif), (motif, motif, self._varied(motif)), (motif, self._inverted(motif), motif),
                           (motif, self._motif(), motif), (motif, self._varied(motif), self._varied(motif))))
        centre = self.manner.centre + (rng.choice((3, 4, 5)) if letter == "B" else 0)
        notes: Notes = []
        for bar, (cell, chord) in enumerate(zip(plan, harmony)):
            notes += self._sung(cell, chord, bar, centre + (0, 2, 3)[bar], notes)
        return notes, harmony, motif[0]

    def phrase(self, letter: str, opening: tuple[Notes, list[str], tuple[int, ...]], ending: str) -> tuple[Notes, list[str]]:
        """Four bars: an opening and its cadence."""
        if (letter, ending) not in self.made:
            notes, harmony, rhythm = opening
            chord = CADENCES[self.mode][ending]
            self.made[letter, ending] = [*notes, *self._cadence(rhythm, chord, ending, notes)], [*harmony, chord]
        return self.made[letter, ending]

    def _motif(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """A rhythm, and scale steps from its first note to each note; a leap is turned back by a step."""
        rng, cell = self.rng, self.rng.choice(self.manner.cells)
        at, last, steps = 0, 0, [0]
        for _ in cell[1:]:
            size = 1 if abs(last) > 2 else rng.choices((0, 1, 2, 4), self.manner.steps)[0]
            up = last < 0 if abs(last) > 2 else rng.random() < 0.5 - 0.06 * at
            last = size if up else -size
            at += last
            steps.append(at)
        return cell, tuple(steps)

    def _inverted(self, motif: tuple[tuple[int, ...], tuple[int, ...]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return motif[0], tuple(-step for step in motif[1])

    def _varied(self, motif: tuple[tuple[int, ...], tuple[int, ...]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        half = len(motif[1]) // 2
        return motif[0], tuple(step if at < half else step + self.rng.choice((-1, 1, 2)) for at, step in enumerate(motif[1]))

    def _scale(self, chord: str) -> tuple[int, ...]:
        """The scale over a chord, with the leading note of a minor key over its dominant."""
        if self.manner.scale and not (self.mode == "minor" and self.manner.scale == "blues"):
            return tuple(sorted({*SCALES[self.manner.scale], *(CHORDS[chord] if chord == "V7m" else ())} - ({7} if chord == "V7m" else set())))
        return tuple(8 if tone == 7 else tone for tone in SCALES[self.mode]) if chord == "V7m" else SCALES[self.mode]

    def _sung(self, motif: tuple[tuple[int, ...], tuple[int, ...]], chord: str, bar: int, centre: int, before: Notes) -> Notes:
        notes: Notes = []
        start, scale = bar * BAR, self._scale(chord)
        last = before[-1][2] if before else centre
        anchor = near(CHORDS[chord], 0.5 * last + 0.5 * centre, LOWEST, HIGHEST)
        for length, step in zip(*motif):
            if length > 0:
                pitch = stepped(anchor, step, scale, LOWEST, HIGHEST)
                if start % 8 == 0 or length >= 6:
                    pitch = near(CHORDS[chord], pitch, LOWEST, HIGHEST)
                notes.append((start, length, pitch))
            start += abs(length)
        return notes

    def _cadence(self, rhythm: Sequence[int], chord: str, ending: str, before: Notes) -> Notes:
        """The last bar: by steps onto a note of rest."""
        goal = near(CHORDS[chord][:1] if ending == "closed" else CHORDS[chord], before[-1][2], LOWEST, HIGHEST)
        lead = self.rng.choice(((), (4,), (2, 2), (4, 4)))
        scale, start = self._scale(chord), 3 * BAR
        side = 1 if before[-1][2] >= goal else -1
        notes: Notes = []
        for index, length in enumerate(lead):
            notes.append((start, length, stepped(goal, side * (len(lead) - index), scale, LOWEST, HIGHEST)))
            start += length
        left = 4 * BAR - start
        notes.append((start, left if ending == "closed" or self.rng.random() < 0.5 else left - 4, goal))
        return notes
