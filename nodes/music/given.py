"""A score that stands already, as a model in words of miditok is shown it, and what is made of both.

The model reads its own grid and instruments; what was given is never read back, so it stays as it was to the tick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd
from typing import Any

from ..media.score import Note, Score, Track
from .controls import reach
from .instruments import instrument_name
from .reading import Given
from .vocabulary import Vocabulary


@dataclass(frozen=True)
class Casting:
    """Which program of a model stands for which track of a score; -1 the drums. Tracks that it has no program for: None."""

    programs: tuple[int | None, ...]

    def track_of(self, program: int) -> int | None:
        """The first track that a program stands for."""
        return next((at for at, one in enumerate(self.programs) if one == program), None)


def cast(score: Score, vocabulary: Vocabulary) -> Casting:
    """Each track in the model's instrument that is nearest to it: of its own family, else one of its register."""
    known = [program for _, program in vocabulary.programs]
    taken: set[int] = set()
    found: list[int | None] = []
    for track in score.tracks:
        if not known:
            found.append(None if track.is_drum else 0)
            continue
        if track.is_drum:
            found.append(-1 if -1 in known else None)
            continue
        free = [one for one in known if one not in taken and one != -1] or [one for one in known if one != -1]
        middle = sum(note.pitch for note in track.notes) / max(1, len(track.notes))
        program = min(free, key=lambda one: _distance(track.program, one, middle)) if free else None
        taken |= {program} if program is not None else set()
        found.append(program)
    return Casting(tuple(found))


def _distance(program: int, other: int, middle: float) -> tuple[float, ...]:
    low, high = reach(other)
    return other != program, program // 8 != other // 8, abs((low + high) / 2 - middle)


def snapped(score: Score, vocabulary: Vocabulary, casting: Casting, shift: int, first: float = 0.0,
            last: float = float("inf"), metre: tuple[int, int] | None = None) -> Any:
    """What lies from `first` to `last` (beats) as symusic has it, on the model's grid, in the key that it writes in.

    metre: that in which the model counts; that of the score, when left out.
    """
    import symusic

    division = vocabulary.division
    piece: Any = symusic.Score(division)
    piece.tempos.append(symusic.Tempo(0, score.tempos[0][1]))
    piece.time_signatures.append(symusic.TimeSignature(0, *(metre or metre_at(score, first))))
    for track, program in zip(score.tracks, casting.programs, strict=True):
        if program is None:
            continue
        part: Any = symusic.Track(track.name, max(0, program), program == -1)
        for note in track.notes:
            if first - 1e-6 <= note.start < last - 1e-6:
                length = max(1, round(min(note.duration, last - note.start) * division))
                pitch = folded(note.pitch - (0 if track.is_drum else shift), vocabulary)
                part.notes.append(symusic.Note(round((note.start - first) * division), length, pitch, note.velocity))
        piece.tracks.append(part)
    return piece


def folded(pitch: int, vocabulary: Vocabulary) -> int:
    """A pitch moved by octaves to where the model has words for it."""
    known = vocabulary.reach.nonzero()[0]
    while len(known) and pitch < known[0]:
        pitch += 12
    while len(known) and pitch > known[-1]:
        pitch -= 12
    return pitch


def metre_at(score: Score, beat: float) -> tuple[int, int]:
    """The metre that holds at a beat."""
    _, upper, lower = max(metre for metre in score.metres if metre[0] <= beat + 1e-6)
    return upper, lower


def words_of(piece: Any, vocabulary: Vocabulary) -> list[str]:
    """A piece in base words of the tokenizer, one stream."""
    encoded = vocabulary.tokenizer.encode(piece, encode_ids=False)
    sequence = encoded[0] if isinstance(encoded, list) and encoded else encoded
    return list(sequence.tokens) if sequence else []


def given_notes(piece: Any, vocabulary: Vocabulary) -> list[Given]:
    """The notes of a piece as words that are to be written in their time."""
    found = []
    vocab = vocabulary.tokenizer.vocab
    for track in piece.tracks:
        program = -1 if track.is_drum else track.program
        for note in sorted(track.notes, key=lambda note: (note.time, note.pitch)):
            words = note_words(program, note.pitch, note.velocity, note.duration, vocabulary)
            indexes = tuple(vocab[word] for word in words if word in vocab)
            if len(indexes) == len(words):
                found.append(Given(_on_grid(note.time, vocabulary), indexes, note.time + note.duration))
    return sorted(found)


def _on_grid(tick: int, vocabulary: Vocabulary) -> int:
    """The nearest moment that the words for time can reach."""
    lengths = [vocabulary.ticks(index, vocabulary.division) for index in vocabulary.shifts if vocabulary.kinds[index] != "Rest"]
    if vocabulary.style == "PerTok" and not lengths:
        lengths = [int(vocabulary.numbers[index]) for index in vocabulary.mask("Position").nonzero()[0]]
    step = gcd(*lengths) if lengths else vocabulary.division // vocabulary.per_beat
    return round(tick / max(1, step)) * max(1, step)


def note_words(program: int, pitch: int, velocity: int, ticks: int, vocabulary: Vocabulary) -> list[str]:
    """A note in words of the tokenizer, with the lengths and velocities that it has."""
    tokenizer = vocabulary.tokenizer
    drum = program == -1
    head = [f"Program_{program}"] if vocabulary.any_of("Program") else []
    if vocabulary.any_of("NoteOn"):
        kind = "DrumOn" if drum and vocabulary.any_of("DrumOn") else "NoteOn"
    else:
        kind = "PitchDrum" if drum and vocabulary.any_of("PitchDrum") else "Pitch"
    words = [*head, f"{kind}_{pitch}"]
    if tokenizer.config.use_velocities:
        known = [int(vocabulary.values[index]) for index in vocabulary.mask("Velocity").nonzero()[0]]
        words.append(f"Velocity_{min(known, key=lambda one: abs(one - velocity))}")
    if vocabulary.any_of("Duration") and program not in vocabulary.endless:
        lengths = {vocabulary.words[index]: vocabulary.ticks(index, vocabulary.division)
                   for index in vocabulary.mask("Duration").nonzero()[0]}
        words.append(min(lengths, key=lambda word: abs(lengths[word] - ticks)))
    return words


def moved(track: Track, beats: float) -> Track:
    """A track so many beats later."""
    return replace(track, notes=tuple(note._replace(start=note.start + beats) for note in track.notes))


def only(track: Track, keeps: Any) -> Track:
    """A track with the notes that `keeps` says yes to."""
    return replace(track, notes=tuple(note for note in track.notes if keeps(note)))


def same(one: Note, other: Note) -> bool:
    """Whether two notes are the same key at the same moment, as near as a model's grid can tell."""
    return one.pitch == other.pitch and abs(one.start - other.start) < 0.13


def joined(score: Score, new: Sequence[tuple[int | None, Track]], start: float) -> Score:
    """The score with the new notes on its own tracks, or on tracks of their own; nothing of it is changed."""
    tracks = list(score.tracks)
    for at, track in new:
        if not track.notes:
            continue
        if at is not None and at < len(tracks):
            fresh = _clear_of(track.notes, tracks[at].notes)
            tracks[at] = replace(tracks[at], notes=(*tracks[at].notes, *fresh))
            continue
        program = -1 if track.is_drum else track.program
        own = next((number for number in range(len(score.tracks), len(tracks))
                    if (tracks[number].is_drum, tracks[number].program) == (track.is_drum, track.program)), None)
        if own is not None:
            tracks[own] = replace(tracks[own], notes=(*tracks[own].notes, *track.notes))
        else:
            tracks.append(replace(track, name=instrument_name(program), channel=None))
    return replace(score, tracks=tuple(tracks))


def _clear_of(new: Sequence[Note], standing: Sequence[Note]) -> list[Note]:
    """New notes that neither begin in nor run into a standing one of their pitch."""
    found = []
    by_pitch: dict[int, list[Note]] = {}
    for note in standing:
        by_pitch.setdefault(note.pitch, []).append(note)
    for note in new:
        others = by_pitch.get(note.pitch, [])
        if any(one.start - 1e-6 <= note.start < one.start + one.duration - 1e-6 for one in others):
            continue
        following = min((one.start for one in others if one.start > note.start), default=note.start + note.duration)
        found.append(note._replace(duration=min(note.duration, following - note.start)))
    return found
