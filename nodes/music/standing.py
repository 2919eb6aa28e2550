"""How a model goes on with, fills, and plays along with a score that stands: what is given is never changed.

The model is shown the score on its own grid, in its own key and instruments; only the notes it adds are taken from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nodegraph import InputError

from ..common.context import context_length, finite
from ..media.score import Note, Score, Track, bar_starts, key_parts, transposed, whole_bars
from .arrival import DRUMS, events_of
from .composing import Told, Wish, arrival_writer, asked, controlled, midi_writer
from .controls import Chord
from .given import Casting, cast, given_notes, metre_at, moved, only, same, snapped, words_of
from .grammar import Given
from .instruments import instrument_name
from .models import Composer
from .plan import PHRASE
from .theory import chord_at, chords_of
from .tokens import known_bars
from .writing import WINDOW, Dice, Writer, ids_of, written

CONTEXT_BARS = 8
AFTER_BARS = 2  # of what follows a gap
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


def require_streams(model: Composer, doing: str) -> None:
    """Raise InputError for a model that cannot be shown music that stands."""
    if model.writes == "abc":
        raise InputError(f"this model writes ABC, one tune from its beginning, so it cannot {doing}; take one of miditok's "
                         "tokens or of arrival times")
    if model.writes == "midi" and model.vocabulary.in_tracks:
        raise InputError(f"this model writes its tracks one after the other (MMM), so it cannot {doing}; take one that "
                         "writes all instruments in one stream")


def continued(model: Composer, score: Score, wish: Wish, dice: Dice, tell: Callable[[int], None]) -> Score:
    """The score and, from the bar line at its end, as many bars more as the wish says."""
    require_streams(model, "go on with a score")
    left, result = wish.bars, score
    while left > 0:
        result, added = _one_more(model, result, replace(wish, bars=left), dice, whole_bars_or_zero(result), tell)
        left -= added
    return result


def whole_bars_or_zero(score: Score) -> float:
    """The bar line at or after the end; 0 for a score without notes."""
    return whole_bars(score) if any(track.notes for track in score.tracks) else 0.0


def _one_more(model: Composer, score: Score, wish: Wish, dice: Dice, cut: float, tell: Callable[[int], None]
              ) -> tuple[Score, int]:
    metre = metre_at(score, cut)
    beats = 4 * metre[0] / metre[1]
    lines = [line for line in bar_starts(score, cut) if metre_at(score, line) == metre]
    behind = 0
    while behind < min(CONTEXT_BARS, len(lines)) and abs(cut - lines[-1 - behind] - (behind + 1) * beats) < 1e-6:
        behind += 1
    known = known_bars(model.tokenizer.vocab)
    shown, total, take = _plan_of_bars(behind, wish.bars, known)
    piece = Piece(cut - shown * beats, total, beats)
    wish = replace(wish, bars=total, metre=metre, bpm=wish.bpm or _tempo_at(score, cut))
    wish = replace(wish, controls=replace(wish.controls, chords=tuple(
        replace(chord, beat=chord.beat + shown * beats) for chord in wish.controls.chords)))
    until = cut + take * beats
    new = _added(model, score, wish, piece, dice, tell, before=cut, until=until, given=())
    return joined(score, new, cut), take


def _tempo_at(score: Score, beat: float) -> float:
    return max(entry for entry in score.tempos if entry[0] <= beat + 1e-6)[1]


def _plan_of_bars(behind: int, wanted: int, known: Sequence[int]) -> tuple[int, int, int]:
    """How many bars the model is shown, for how many it is asked, those among them, and how many new ones are taken."""
    if not known:
        return behind, behind + wanted, wanted
    for shown in range(behind, -1, -1):
        if shown + wanted in known:
            return shown, shown + wanted, wanted
    shown = min(behind, CONTEXT_BARS)
    longer = [total for total in known if total > shown + wanted]
    if longer:
        return shown, longer[0], wanted
    return shown, known[-1], known[-1] - shown - PHRASE


def filled(model: Composer, score: Score, wish: Wish, gap: tuple[float, float], dice: Dice,
           tell: Callable[[int], None], tries: int = 1) -> Score:
    """The score with new notes between two bar lines. What sounds there already is kept, and heard by the model.

    Of so many fillings that one is taken after which what follows is the likeliest.
    """
    require_streams(model, "fill a gap")
    start, end = gap
    metre = metre_at(score, start)
    beats = 4 * metre[0] / metre[1]
    bars = round((end - start) / beats)
    if abs(bars * beats - (end - start)) > 1e-6:
        raise InputError("the metre changes between these bars; fill each part by itself")
    lines = [line for line in bar_starts(score, start) if metre_at(score, line) == metre]
    behind = min(CONTEXT_BARS, len(lines))
    known = known_bars(model.tokenizer.vocab)
    shown, total, _ = _plan_of_bars(behind, bars, known)
    piece = Piece(start - shown * beats, total, beats)
    following = until_other_metre(score, end, AFTER_BARS)
    later = start if model.writes == "midi" else following  # arrival times know notes that are to come
    given = tuple(only(track, lambda note: start - 1e-6 <= note.start < max(end, later) - 1e-6) for track in score.tracks)
    wish = replace(wish, bars=total, metre=metre, bpm=_tempo_at(score, start))
    later_notes = [note for track in score.tracks for note in track.notes if end - 1e-6 <= note.start < following]
    heard = model.writes == "midi" and bool(later_notes)
    best, likeliest = score, -math.inf
    for _ in range(tries if heard else 1):
        whole = joined(score, _added(model, score, wish, piece, dice, tell, before=start, until=end, given=given), start)
        likely = likelihood(model, whole, wish, replace(piece, bars=shown + bars), following) if heard else 0.0
        if likely > likeliest:
            best, likeliest = whole, likely
    return best


def until_other_metre(score: Score, start: float, bars: int) -> float:
    """The bar line so many bars after another, or the first before it at which the metre changes or the score ends."""
    metre, end = metre_at(score, start), start
    while bars and end < score.beats - 1e-6 and metre_at(score, end) == metre:
        end, bars = end + 4 * metre[0] / metre[1], bars - 1
    return end


def likelihood(model: Composer, score: Score, wish: Wish, piece: Piece, until: float) -> float:
    """How likely a model in words of miditok finds what stands after a piece, up to `until`: a sum of logarithms.

    This is what one knows of a gap from behind: p(gap | before, after) is as p(gap | before) p(after | before, gap).
    """
    import torch

    tokens, shift = asked(model, wish)
    casting = cast(score, model.vocabulary)
    vocab = model.tokenizer.vocab

    def ids(end: float) -> list[int]:
        begun = replace(score, tracks=tuple(only(track, lambda note: note.start < end - 1e-6) for track in score.tracks))
        words = words_of(snapped(begun, model.vocabulary, casting, shift, piece.start, until), model.vocabulary)
        long = replace(piece, bars=round((end - piece.start) / piece.bar_beats))
        return ids_of(model.tokenizer, [word for word in _planned(model, score, wish, long, words, end) if word in vocab])

    start = ids_of(model.tokenizer, [word for word in ("BOS_None", *tokens) if word in vocab])
    before, whole = ids(piece.end), ids(until)
    same = next((at for at, (one, other) in enumerate(zip(before, whole, strict=False)) if one != other), len(before))
    room = int(min(context_length(model.model), WINDOW))
    stream = [*start, *whole][-room:]
    count = min(len(whole) - same, len(stream) - 1)
    if count < 1:
        return 0.0
    with torch.no_grad():
        output = model.model(input_ids=torch.tensor([stream], device=model.model.device))
    odds = finite(output.logits[0, -count - 1:-1].detach().to("cpu", torch.float32)).log_softmax(-1)
    return float(odds.gather(1, torch.tensor(stream[-count:])[:, None]).sum())


def accompanied(model: Composer, score: Score, wish: Wish, chords: Sequence[Chord], dice: Dice,
                tell: Callable[[int], None]) -> Score:
    """The score with other instruments beside it, bar by bar as far as it goes. chords: those they keep to, by beat."""
    require_streams(model, "play along with a score")
    if model.writes == "midi" and model.vocabulary.style == "PerTok":
        raise InputError("this model tells time in steps beside a grid (PerTok) that notes which stand already do not lie on, "
                         "so it cannot play along with a score; let it go on with one, or take one that writes REMI, TSD or "
                         "MIDILike")
    known, result = known_bars(model.tokenizer.vocab), score
    end = whole_bars(score)
    lines = bar_starts(score, end)
    at = 0
    while at < len(lines):
        metre = metre_at(score, lines[at])
        beats = 4 * metre[0] / metre[1]
        same_metre = 0
        while at + same_metre < len(lines) and metre_at(score, lines[at + same_metre]) == metre:
            same_metre += 1
        take = min(same_metre, max(known or [32]))
        total = take if not known or take in known else min((one for one in known if one > take), default=take)
        piece = Piece(lines[at], total, beats)
        until = lines[at] + take * beats
        given = tuple(only(track, lambda note, a=lines[at], b=until: a - 1e-6 <= note.start < b - 1e-6)
                      for track in score.tracks)
        if any(track.notes for track in given):
            inside = tuple(replace(chord, beat=chord.beat - lines[at]) for chord in chords
                           if lines[at] - 1e-6 <= chord.beat < until)
            clashes = tuple((note.start - lines[at], note.start + note.duration - lines[at], note.pitch)
                            for track in given if not track.is_drum for note in track.notes if note.duration >= 1)
            own = replace(wish, bars=total, metre=metre, bpm=_tempo_at(score, lines[at]),
                          controls=replace(wish.controls, chords=inside, clashes=clashes))
            new = _added(model, score, own, piece, dice, tell, before=lines[at], until=until, given=given, others=True)
            result = joined(result, new, lines[at])
        at += take
    return result


def _added(model: Composer, score: Score, wish: Wish, piece: Piece, dice: Dice, tell: Callable[[int], None], before: float,
           until: float, given: Sequence[Track], others: bool = False) -> list[tuple[int | None, Track]]:
    """What the model adds from `before` to `until`: for a track of the score its number, else None, and the new notes."""
    if model.writes == "arrivals":
        return _arrived(model, score, wish, piece, dice, tell, before, until, given, others)
    vocabulary = model.vocabulary
    _, shift = asked(model, wish)
    casting = cast(score, vocabulary)
    shown = words_of(snapped(score, vocabulary, casting, shift, piece.start, before), vocabulary) if before > piece.start \
        else []
    forced: list[Given] = []
    if given:
        bars_before = round((before - piece.start) / piece.bar_beats)
        notes = snapped(replace(score, tracks=tuple(given)), vocabulary, casting, shift, before, until)
        offset = round(bars_before * piece.bar_beats * vocabulary.division)
        forced = [one._replace(tick=one.tick + offset, end=one.end + offset) for one in given_notes(notes, vocabulary)]
    wish = replace(wish, controls=_with_others(model, wish, casting) if others else wish.controls)
    told = Told([vocabulary.tokenizer.vocab[word] for word in _planned(model, score, wish, piece, shown, before)], forced,
                _numerals(model, wish, piece))
    writer = midi_writer(model, wish, told)
    _run(model, writer, dice, tell, round((until - piece.start) / piece.bar_beats))
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
    bars = round((before - piece.start) / piece.bar_beats)
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
    chords = chords_of(score)
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
    _run(model, writer, dice, tell, round((until - piece.start) / piece.bar_beats))
    new: list[tuple[int | None, Track]] = []
    for track in writer.score().tracks:
        at = next((number for number, one in enumerate(score.tracks)
                   if (one.is_drum, one.program) == (track.is_drum, track.program)), None)
        fresh = only(moved(track, piece.start), lambda note: before - 1e-6 <= note.start < until - 1e-6)
        new.append((at, _as_loud(fresh, score, at)))
    return new


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


