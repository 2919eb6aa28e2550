"""What is asked of the notes, whichever model writes them: which pitches, instruments and rhythms are allowed where."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from nodegraph import InputError

from ..media.score import key_parts

DENSITIES = ("any", "sparse", "medium", "dense")
REGISTERS = ("any", "low", "middle", "high")
_REGISTER_OF = {"low": (28, 62), "middle": (48, 76), "high": (60, 96)}
_ONSETS_A_BEAT = {"sparse": 1, "medium": 2}
_DENSEST_STEP = 0.5  # beats
BASSES = {*range(32, 40), 43, 58}  # programs of basses, double basses and tubas
_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 9, 10, 11)  # a minor key with the steps that lead up
# The practical range of General MIDI's families, by program from which it holds: lowest and highest pitch.
_RANGES = ((0, 21, 108), (6, 28, 89), (8, 48, 108), (11, 53, 89), (12, 45, 96), (16, 36, 96), (21, 41, 93), (24, 40, 88),
           (32, 24, 67), (40, 55, 103), (41, 48, 91), (42, 36, 81), (43, 24, 67), (44, 28, 96), (46, 24, 103),
           (47, 36, 60), (48, 28, 96), (52, 40, 84), (56, 54, 86), (57, 40, 77), (58, 26, 65), (59, 54, 86), (60, 35, 79),
           (61, 40, 86), (64, 56, 88), (65, 49, 81), (66, 44, 76), (67, 36, 69), (68, 58, 91), (69, 52, 84), (70, 34, 75),
           (71, 50, 91), (72, 74, 108), (73, 60, 96), (75, 60, 96), (80, 24, 108), (104, 36, 96), (112, 21, 108))


@dataclass(frozen=True)
class Chord:
    """A chord from a beat on: the pitch classes of its notes, and that of its bass."""

    beat: float
    tones: frozenset[int]
    bass: int
    name: str = ""


@dataclass(frozen=True)
class Controls:
    """Wishes that any model is held to, as masks over what it may write.

    key: pitch classes that new notes may have; none leaves all. chords: by beat; on the beats, and everywhere in
    `voices`, notes are tones of the chord. programs: instruments that may play, -1 the drums; none leaves all.
    """

    key: frozenset[int] = frozenset()
    chords: tuple[Chord, ...] = ()
    register: str = "any"
    density: str = "any"
    programs: frozenset[int] = frozenset()
    chordal: bool = False  # every new note is of its chord
    each_bar: bool = False  # every bar has a new note
    clashes: tuple[tuple[float, float, int], ...] = ()  # from beat, to beat, pitch: nothing a semitone beside these
    home: Chord | None = None  # that of the last bar: its root for those who play the bass, its tones for all others
    shift: int = 0  # semitones by which what is written is moved afterwards; all else is said of what is heard then
    _known: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def plays(self, program: int) -> bool:
        """Whether an instrument may play. program: General MIDI, -1 drums."""
        return not self.programs or program in self.programs

    def pitches(self, program: int, beat: float, last: frozenset[int] | None = None) -> Any:
        """The pitches that it may begin at a beat. bool (128), not to be changed.

        last: in the last bar, what its chord has beside the triad, in semitones above the root; None in others.
        """
        import numpy as np

        key = self._case(program, beat, last)
        if key not in self._known:
            heard = self._heard(program, *key[1:])
            self._known[key] = np.array([0 <= pitch + self.shift < 128 and heard[pitch + self.shift]
                                         for pitch in range(128)])
        return self._known[key]

    def _case(self, program: int, beat: float, last: frozenset[int] | None) -> tuple[Any, ...]:
        """All that the pitches of an instrument at a beat depend on."""
        ends = last if self.home else None
        if program == -1 or not (self.chords or self.clashes):
            return program, -1, False, frozenset(), ends
        at = bisect_right(self.chords, beat + 1e-6, key=lambda chord: chord.beat) - 1
        on_beat = self.chordal or abs(beat - round(beat)) < 1e-6
        near = frozenset(pitch % 12 for start, end, pitch in self.clashes if start < beat + 1 and end > beat + 1e-6)
        return program, at, on_beat, near, ends

    def _heard(self, program: int, at: int, on_beat: bool, near: frozenset[int],
               ends: frozenset[int] | None) -> list[bool]:
        if program == -1:
            return [True] * 128
        low, high = reach(program)
        if self.register != "any":
            lowest, highest = _REGISTER_OF[self.register]
            low, high = (max(low, lowest), min(high, highest)) if max(low, lowest) + 12 <= min(high, highest) else \
                (low, low + 18) if self.register == "low" else (high - 18, high)
        classes = self._classes(at, on_beat)
        if ends is not None and self.home:
            root = self.home.bass
            classes = frozenset({root}) if program in BASSES else self.home.tones | {(root + step) % 12 for step in ends}
        harsh = {(pitch + step) % 12 for pitch in near for step in (1, -1)}
        allowed = [low <= pitch <= high and pitch % 12 in classes for pitch in range(128)]
        calm = [is_in and pitch % 12 not in harsh for pitch, is_in in enumerate(allowed)]
        return calm if any(calm) else allowed

    def _classes(self, at: int, on_beat: bool) -> frozenset[int]:
        free = self.key or frozenset(range(12))
        if at < 0 or len(self.chords[at].tones) == 12:
            return free
        tones = self.chords[at].tones
        return tones if on_beat else tones | (free if self.key else frozenset())

    def longest(self) -> float | None:
        """How far, in beats, the next note may be away; None without bounds."""
        return _DENSEST_STEP if self.density == "dense" else None

    def room(self, beat: float, onsets: tuple[int, int]) -> bool:
        """Whether another moment of this beat may have notes. onsets: the last beat that has, and how many."""
        most = _ONSETS_A_BEAT.get(self.density)
        return most is None or onsets[0] != int(beat + 1e-6) or onsets[1] < most

    @property
    def times_are_free(self) -> bool:
        """Whether nothing is asked of the rhythm."""
        return self.density == "any"


FREE = Controls()


def home_of(key: str) -> Chord:
    """The chord on the first step of a key, from the first beat on."""
    tonic, mode = key_parts(key)
    return Chord(0.0, frozenset((tonic + step) % 12 for step in ((0, 4, 7) if mode == "major" else (0, 3, 7))), tonic)


def reach(program: int) -> tuple[int, int]:
    """The lowest and highest pitch that an instrument plays with ease."""
    _, low, high = _RANGES[bisect_right(_RANGES, program, key=lambda entry: entry[0]) - 1]
    return low, high


def scale(tonic: int, mode: str) -> frozenset[int]:
    """The pitch classes of a key; of a minor one with the raised sixth and seventh."""
    return frozenset((tonic + step) % 12 for step in (_MAJOR if mode == "major" else _MINOR))


def programs_of(text: str) -> list[int]:
    """General MIDI programs named in a list with commas, -1 for drums; names as General MIDI has them, or numbers 0 to 127.

    Raises InputError for a name that is none.
    """
    from .instruments import program_named

    found = []
    for name in (part.strip() for part in text.replace("\n", ",").split(",")):
        if name:
            found.append(program_named(name))
    if text.strip() and not found:
        raise InputError("instruments names none; give such as `flute, piano, acoustic bass`")
    return found
