"""ABC, the way to write tunes as text, for language models that write it: a reader that goes letter by letter.

What it takes is the heart of the standard (Walshaw, abc 2.1): notes, accidentals, octaves, lengths, rests, chords in
brackets, ties, bar lines. Each bar is full to the letter before its line may come, so that bars are counted.
"""

from __future__ import annotations

import copy
from fractions import Fraction
from functools import cached_property
from typing import Any

from ..media.score import Note, Score, Track, fifths_of, key_parts
from .controls import FREE, Controls
from .instruments import instrument_name
from .writing import Dice

UNIT = Fraction(1, 2)  # quarter notes: L:1/8
LETTERS = "CDEFGABcdefgab"
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHARPS, _FLATS = "FCGDAEB", "BEADGCF"
_ACCIDENTALS = {"^": 1, "_": -1, "=": 0}
_TAKEN = set(LETTERS + "z^_=,'0123456789/|[] \n-")
_SHORTEST = 8  # parts of a unit
_IN_CHORD = 6  # notes
LETTERS_IN_A_BAR = 96


def header(metre: tuple[int, int], key: str, bpm: float) -> str:
    """What stands above a tune that is to be written."""
    tonic, mode = key.split()
    return f"X:1\nM:{metre[0]}/{metre[1]}\nL:1/8\nQ:1/4={bpm:g}\nK:{tonic}{'m' if mode == 'minor' else ''}\n"


class Reader:
    """Reads the letters of one voice, and says of each whether it may stand where it stands."""

    def __init__(self, bars: int, metre: tuple[int, int], key: str, controls: Controls = FREE, program: int = 0):
        self.bars, self.controls, self.program = bars, controls, program
        self.length = Fraction(4 * metre[0], metre[1])
        fifths = fifths_of(" ".join((key.split()[0], key_parts(key)[1])))
        self.signature = dict.fromkeys(_SHARPS[:max(0, fifths)], 1) | dict.fromkeys(_FLATS[:max(0, -fifths)], -1)
        self.notes = list[tuple[int, Fraction, Fraction]]()
        self.bar, self.filled = 0, Fraction(0)  # bars that are full, and quarter notes in this one
        self.own = dict[str, int]()  # accidentals of this bar
        self.ended, self.letters = False, 0
        self._tied = set[int]()  # notes that the next of their pitch goes on with
        self._clear()

    def _clear(self) -> None:
        self.pitches, self.rest, self.accidental = list[int](), False, ""
        self.in_chord, self.closed, self.number, self.slash, self.parts = False, False, "", False, ""
        self.name, self.tie = "", False

    def copy(self) -> Reader:
        """Another that goes its own way."""
        other = copy.copy(self)
        other.notes, other.own, other.pitches = list(self.notes), dict(self.own), list(self.pitches)
        return other

    @property
    def pending(self) -> Fraction:
        """How long the note is that is being written, in quarter notes."""
        if not (self.rest or self.pitches) or self.in_chord:
            return Fraction(0)
        parts = int(self.parts or "2") if self.slash else 1
        return UNIT * Fraction(int(self.number or "1"), parts)

    def read(self, letter: str) -> bool:
        """Take a letter; False where it may not stand, after which this reader is of no more use."""
        self.letters += 1
        if self.ended or letter not in _TAKEN:
            return False
        if letter.isdigit() or letter == "/":
            return self._length(letter)
        if letter in ",'":
            return self._octave(12 if letter == "'" else -12)
        if self.filled + self.pending > self.length:
            return False
        if letter in "^_=":
            return self._mark(letter)
        if letter == "|":
            return self._line()
        if letter == "[":
            return not self.in_chord and not self.accidental and self._start() and self._open()
        if letter == "]":
            was, self.in_chord, self.closed = self.in_chord and bool(self.pitches), False, True
            return was and not self.accidental
        if letter == "-":
            was, self.tie = bool(self.pitches) and not self.in_chord and not self.tie, True
            return was
        if letter in " \n":
            return not self.in_chord and not self.accidental and self._still(letter)
        return self._pitch(letter)

    def _still(self, letter: str) -> bool:
        return self.letters < LETTERS_IN_A_BAR and (letter != "\n" or not self.filled and not self.pending)

    def _open(self) -> bool:
        self.in_chord = True
        return self.letters < LETTERS_IN_A_BAR

    def _start(self) -> bool:
        """Whether a note may begin: the one before is closed, and the bar has room."""
        if self.in_chord or self.accidental:
            return not self.closed
        if self.pitches or self.rest:
            self._finish()
        return self.filled < self.length

    def _mark(self, letter: str) -> bool:
        if self.accidental or len(self.pitches) >= _IN_CHORD and self.in_chord or not self._start():
            return False
        self.accidental = letter
        pitches = [60 + octave + step + _ACCIDENTALS[letter] for step in _STEPS.values() for octave in (0, 12)]
        return any(self._allowed(pitch) and pitch not in self.pitches for pitch in pitches)

    def _pitch(self, letter: str) -> bool:
        if letter == "z":
            if self.in_chord or self.accidental or not self._start():
                return False
            self.rest = True
            return self.bar < self.bars - 1 or bool(self.filled)  # the last bar begins with a note
        if not self._start():
            return False
        name = letter.upper()
        sharp = _ACCIDENTALS.get(self.accidental)
        self.name, self.accidental = name, ""
        if sharp is not None:
            self.own[name] = sharp
        pitch = 60 + _STEPS[name] + (12 if letter.islower() else 0) + self.own.get(name, self.signature.get(name, 0))
        self.pitches.append(pitch)
        return self.pitches.count(pitch) == 1 and len(self.pitches) <= _IN_CHORD and self._allowed(pitch)

    def _allowed(self, pitch: int) -> bool:
        return bool(self.controls.pitches(self.program, float(self.bar * self.length + self.filled))[pitch])

    def _octave(self, semitones: int) -> bool:
        if not self.pitches or self.closed or self.number or self.slash or self.tie or self.accidental:
            return False
        self.pitches[-1] += semitones
        return 0 <= self.pitches[-1] <= 127 and self._allowed(self.pitches[-1]) and \
            self.pitches.count(self.pitches[-1]) == 1

    def _length(self, letter: str) -> bool:
        if not (self.pitches or self.rest) or self.in_chord or self.tie:
            return False
        if letter == "/":
            was, self.slash = self.slash, True
            return not was
        if self.slash:
            self.parts += letter
            return self.parts in ("2", "4", "8")
        self.number += letter
        return self.number[0] != "0" and self.filled + self.pending <= self.length and self.letters < LETTERS_IN_A_BAR

    def fits(self) -> bool:
        """Whether what stands here can be made right: a note that is too long for its bar can still be halved."""
        if self.in_chord:
            return self.filled < self.length
        if self.filled + self.pending <= self.length:
            return True
        shortest = UNIT * Fraction(int(self.number or "1"), _SHORTEST)
        return not self.tie and self.filled + shortest <= self.length and not self.parts

    def _line(self) -> bool:
        if self.in_chord or self.accidental or self.filled + self.pending != self.length:
            return False
        if self.pitches or self.rest:
            self._finish()
        self.bar, self.filled, self.own, self.letters = self.bar + 1, Fraction(0), {}, 0
        self.ended = self.bar >= self.bars
        return True

    def _finish(self) -> None:
        start, length, tie = self.bar * self.length + self.filled, self.pending, self.tie
        for pitch in self.pitches:
            before = next((at for at, (one, begun, lasted) in enumerate(self.notes)
                           if one == pitch and begun + lasted == start and at in self._tied), None)
            if before is not None:
                self.notes[before] = (pitch, self.notes[before][1], self.notes[before][2] + length)
            else:
                self.notes.append((pitch, start, length))
        ends = start + length
        self._tied = {at for at, (one, begun, lasted) in enumerate(self.notes) if tie and begun + lasted == ends}
        self.filled += length
        self._clear()



class AbcWriter:
    """Writes ABC with a model and a tokenizer of text."""

    def __init__(self, tokenizer: Any, reader: Reader, above: str, metre: tuple[int, int], bpm: float):
        self.tokenizer, self.reader, self.metre, self.bpm = tokenizer, reader, metre, bpm
        self.start = list(tokenizer(above)["input_ids"])
        self.ids = list[int]()
        self.text = ""

    @property
    def ended(self) -> bool:
        """Whether the last bar is full."""
        return self.reader.ended

    @property
    def bar(self) -> int:
        """How many bars were begun."""
        return self.reader.bar + 1

    def context(self, room: float) -> list[int]:
        """The header, and as much of what was written last as leaves half of the window free."""
        ids = [*self.start, *self.ids] or [0]
        return ids if len(ids) < room else [*self.start[:int(room // 4)], *self.ids[-max(1, int(room // 4)):]]

    @cached_property
    def texts(self) -> list[str]:
        """What each token says, "" for those that have no place in a tune."""
        said = [self.tokenizer.decode([index]) for index in range(len(self.tokenizer))]
        special = set(self.tokenizer.all_special_ids)
        return ["" if index in special or set(text) - _TAKEN else text for index, text in enumerate(said)]

    @cached_property
    def _usable(self) -> Any:
        import torch

        return torch.tensor([bool(text) for text in self.texts])

    def choose(self, logits: Any, dice: Dice) -> list[int]:
        """The token drawn from logits (vocabulary) among those that the tune can go on with."""
        import torch

        size = min(len(logits), len(self.texts))
        logits = logits[:size].masked_fill(~self._usable[:size], -torch.inf)
        while True:
            token = dice.draw(logits)
            reader = self.reader.copy()
            if self._reads(reader, self.texts[token]):
                break
            logits[token] = -torch.inf
        self.reader = reader
        self.text += self.texts[token]
        self.ids.append(token)
        return [token]

    def _reads(self, reader: Reader, text: str) -> bool:
        for letter in text:
            if reader.ended:
                return True
            if not reader.read(letter) or not reader.fits():
                return False
        return True

    def score(self) -> Score:
        """The tune so far."""
        reader = self.reader
        track = Track(instrument_name(reader.program), max(0, reader.program), False, tuple(
            Note(pitch, float(start), float(length)) for pitch, start, length in reader.notes))
        return Score((track,), ((0.0, self.bpm),), ((0.0, *self.metre),))
