"""A part of a score that a model works on: what the model is shown of it, and which notes it adds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..common.context import context_length, finite
from ..media.score import Score, Track, key_parts, transposed
from .arrival import DRUMS, events_of
from .composing import Told, Wish, arrival_writer, asked, beginning, controlled, midi_writer
from .controls import Chord
from .given import Casting, cast, given_notes, moved, only, same, snapped, words_of
from .models import Composer
from .plan import PHRASE
from .reading import Given
from .theory import chord_at, chords_of
from .writing import WINDOW, Dice, Writer, ids_of, written

_MAJOR = {(0, "M"): "I", (2, "m"): "ii", (4, "m"): "iii", (5, "M"): "IV", (7, "M"): "V", (9, "m"): "vi", (11, "o"): "viio"}
_MINOR = {(0, "m"): "i", (2, "o"): "iio", (3, "M"): "III", (5, "m"): "iv", (7, "M"): "V", (7, "m"): "v", (8, "M"): "VI",
          (10, "M"): "VII"}


@dataclass(frozen=True)
class Piece:
    """A part of a score that is worked on: from a bar line on, so many bars of one metre."""

    start: float
    bars: int
    bar_beats: float

    @property
    def end(self) -> float:
        """The bar line at its end, in beats."""
        return self.start + self.bars * self.bar_beats


def added(model: Composer, score: Score, wish: Wish, piece: Piece, dice: Dice, tell: Callable[[int], None], before: float,
           until: float, given: Sequence[Track], others: bool = False) -> list[tuple[int | None, Track]]:
    """What the model adds from `before` to `until`: for a track of the score its number, else None, and the new notes."""
    if model.writes == "arrivals":
        return _arrived(model, score, wish, piece, dice, tell, before, until, given, others)
    vocabulary = model.vocabulary
    _, shift = asked(model, wish)
    casting = cast(score, vocabulary)
    behind = snapped(score, vocabulary, casting, shift, piece.start, before, wish.metre) if before > piece.start else None
    shown = words_of(behind, vocabulary) if behind else []
    forced: list[Given] = []
    if given:
        notes = snapped(replace(score, tracks=tuple(given)), vocabulary, casting, shift, before, until, wish.metre)
        offset = round((before - piece.start) * vocabulary.division)
        forced = [one._replace(tick=one.tick + offset, end=one.end + offset) for one in given_notes(notes, vocabulary)]
    wish = replace(wish, controls=_with_others(model, wish, casting) if others else wish.controls)
    told = Told([vocabulary.tokenizer.vocab[word] for word in _planned(model, score, wish, piece, shown, before)], forced,
                _numerals(model, wish, piece))
    writer = midi_writer(model, wish, told)
    _run(model, writer, dice, tell, math.ceil((until - piece.start) / piece.bar_beats - 1e-6))
    found = transposed(writer.score(), shift)
    new: list[tuple[int | None, Track]] = []
    for track in found.tracks:
        program = -1 if track.is_drum else track.program
        at = casting.track_of(program)
        if others and vocabulary.programs and at is not None:
            continue
        later = moved(track, piece.start)
        standing = [note for one, cast_as in zip(given, casting.programs, strict=False) if cast_as == program
                    for note in one.notes]
        fresh = only(later, lambda note, standing=standing: before - 1e-6 <= note.start < until - 1e-6 and
                     not any(same(note, one) for one in standing))
        fresh = replace(fresh, notes=tuple(note._replace(duration=min(note.duration, until - note.start))
                                           for note in fresh.notes))
        target = None if others and vocabulary.programs == [] else at
        new.append((target, fresh if model.tokenizer.config.use_velocities else _as_loud(fresh, score, at)))
    return new


def likelihood(model: Composer, score: Score, wish: Wish, piece: Piece, start: float, until: float) -> float:
    """How likely a model in words of miditok finds what stands from `start` to `until`, in a piece: a sum of logarithms.

    This is what one knows of a gap from behind: p(gap | before, after) is as p(gap | before) p(after | before, gap).
    """
    import torch

    shift = asked(model, wish)[1]
    casting = cast(score, model.vocabulary)
    vocab = model.tokenizer.vocab

    def ids(end: float) -> list[int]:
        begun = replace(score, tracks=tuple(only(track, lambda note: note.start < end - 1e-6) for track in score.tracks))
        words = words_of(snapped(begun, model.vocabulary, casting, shift, piece.start, until, wish.metre), model.vocabulary)
        return ids_of(model.tokenizer, [word for word in _planned(model, score, wish, piece, words, end) if word in vocab])

    before, whole = ids(start), ids(until)
    same = next((at for at, (one, other) in enumerate(zip(before, whole, strict=False)) if one != other), len(before))
    room = int(min(context_length(model.model), WINDOW))
    stream = [*beginning(model, wish), *whole][-room:]
    count = min(len(whole) - same, len(stream) - 1)
    if count < 1:
        return 0.0
    with torch.no_grad():
        output = model.model(input_ids=torch.tensor([stream], device=model.model.device))
    odds = finite(output.logits[0, -count - 1:-1].detach().to("cpu", torch.float32)).log_softmax(-1)
    return float(odds.gather(1, torch.tensor(stream[-count:])[:, None]).sum())


def _with_others(model: Composer, wish: Wish, casting: Casting) -> object:
    """Controls under which the instruments that are given play nothing else."""
    known = {program for _, program in model.vocabulary.programs}
    if not known:
        return wish.controls
    wanted = wish.controls.programs & known or known
    free = wanted - set(casting.programs) or known - set(casting.programs) or known
    return replace(wish.controls, programs=frozenset(free))


def _as_loud(track: Track, score: Score, at: int | None) -> Track:
    like = [note.velocity for note in (score.tracks[at].notes if at is not None else ())] or \
        [note.velocity - 10 for one in score.tracks for note in one.notes] or [80]
    loud = max(1, min(127, round(sum(like) / len(like))))
    return replace(track, notes=tuple(note._replace(velocity=loud) for note in track.notes))


def _run(model: Composer, writer: Writer, dice: Dice, tell: Callable[[int], None], bars: int) -> None:
    for bar in written(model.model, writer, dice):
        tell(min(bar, bars))
        if writer.bar > bars:
            return


def _planned(model: Composer, score: Score, wish: Wish, piece: Piece, words: list[str], before: float) -> list[str]:
    """The words of the bars that stand, each with its place in the plan, and empty bars where nothing sounds."""
    vocabulary = model.vocabulary
    bars = math.ceil((before - piece.start) / piece.bar_beats - 1e-6)
    lined = vocabulary.any_of("Bar") and vocabulary.style != "PerTok"
    if not lined or not bars:
        return words
    metre = [f"TimeSig_{wish.metre[0]}/{wish.metre[1]}"] if wish.metre and vocabulary.any_of("TimeSig") else []
    if not words:
        words = []
    missing = bars - words.count("Bar_None")
    words = [*words, *(["Bar_None", *metre] * max(0, missing))]
    plans = {"Left", "Phrase", "Harmony"} <= vocabulary.specials and wish.bars % PHRASE == 0
    if not plans:
        return words
    found: list[str] = []
    at = -1
    chords = chords_of(score, first=piece.start)
    for word in words:
        found.append(word)
        at += word == "Bar_None"
        if word.startswith("TimeSig"):
            letter = "ABC"[(at // PHRASE) % 3]
            place = at % PHRASE + 1
            end = "open" if place >= 3 else ""
            found += [f"Left_{wish.bars - at}"] if place == 1 else []
            chord = chord_at(chords, piece.start + at * piece.bar_beats)
            name = _numeral(chord, wish.key) if chord else None
            default = "I" if key_parts(wish.key or "C major")[1] == "major" else "i"
            found += [f"Phrase_{letter}{place}{end}", f"Harmony_{name or default}"]
    return [word for word in found if word in vocabulary.tokenizer.vocab]


def _numerals(model: Composer, wish: Wish, piece: Piece) -> dict[int, tuple[str, ...]]:
    """The names of the chords that are asked for, by bar, as far as the model has words for them."""
    found: dict[int, tuple[str, ...]] = {}
    for bar in range(wish.bars):
        inside = [chord for chord in wish.controls.chords if 0 <= chord.beat - bar * piece.bar_beats < piece.bar_beats - 1e-6]
        names = [_numeral(chord, wish.key) for chord in inside]
        if names and all(name and f"Harmony_{name}" in model.tokenizer.vocab for name in names):
            found[bar] = tuple(name for name in names if name)
    return found


def _numeral(chord: Chord, key: str) -> str | None:
    """A triad's Roman numeral in a key; None for what has none there."""
    tonic, mode = key_parts(key or "C major")
    steps = {(tone - chord.bass) % 12 for tone in chord.tones}
    kind = "M" if {4, 7} <= steps else "m" if {3, 7} <= steps else "o" if {3, 6} <= steps else ""
    return (_MAJOR if mode == "major" else _MINOR).get(((chord.bass - tonic) % 12, kind))


def _arrived(model: Composer, score: Score, wish: Wish, piece: Piece, dice: Dice, tell: Callable[[int], None], before: float,
             until: float, given: Sequence[Track], others: bool) -> list[tuple[int | None, Track]]:
    """As `_added`, in arrival times: what stands before is shown as notes, what is given beside as controls."""
    bpm = wish.bpm or 120.0
    plain = replace(score, tempos=((0.0, bpm),))
    shown = replace(plain, tracks=tuple(moved(only(track, lambda note: piece.start - 1e-6 <= note.start < before - 1e-6),
                                              -piece.start) for track in score.tracks))
    beside = replace(plain, tracks=tuple(moved(track, -piece.start) for track in given))
    used = {DRUMS if track.is_drum else track.program for track in score.tracks}
    controls = controlled(model, wish)
    if others:
        wanted = wish.controls.programs or frozenset(range(-1, DRUMS))
        controls = replace(controls, programs=frozenset(one for one in wanted if (DRUMS if one == -1 else one) not in used))
    writer = arrival_writer(wish, events_of(shown), events_of(beside), controls)
    _run(model, writer, dice, tell, math.ceil((until - piece.start) / piece.bar_beats - 1e-6))
    new: list[tuple[int | None, Track]] = []
    for track in writer.score().tracks:
        at = next((number for number, one in enumerate(score.tracks)
                   if (one.is_drum, one.program) == (track.is_drum, track.program)), None)
        fresh = only(moved(track, piece.start), lambda note: before - 1e-6 <= note.start < until - 1e-6)
        new.append((at, _as_loud(fresh, score, at)))
    return new
