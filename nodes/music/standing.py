"""How a model goes on with, fills, and plays along with a score that stands: what is given is never changed.

The model is shown the score on its own grid, in its own key and instruments; only the notes it adds are taken from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from nodegraph import InputError

from ..media.score import Score, bar_starts, whole_bars
from .composing import Wish
from .controls import Chord
from .given import joined, metre_at, only
from .metres import metre_for, suited
from .models import Composer
from .part import Piece, added, likelihood
from .plan import PHRASE
from .tokens import known_bars
from .writing import Dice

CONTEXT_BARS = 8
AFTER_BARS = 2  # of what follows a gap


def require_streams(model: Composer, doing: str) -> None:
    """Raise InputError for a model that cannot be shown music that stands."""
    if model.writes == "abc":
        raise InputError(f"this model writes ABC, one tune from its beginning, so it cannot {doing}; take one of miditok's "
                         "tokens or of arrival times")
    if model.writes == "midi" and model.vocabulary.in_tracks:
        raise InputError(f"this model writes its tracks one after the other (MMM), so it cannot {doing}; take one that "
                         "writes all instruments in one stream")


def continued(model: Composer, score: Score, wish: Wish, dice: Dice, tell: Callable[[int], None], start: float | None = None,
              goes_on: bool = False) -> Score:
    """The score and, from a bar line (that at its end, when left out), as many bars more as the wish says.

    goes_on: whether more is to follow, so that a model that plans does not close there.
    """
    require_streams(model, "go on with a score")
    left, result = wish.bars, score
    while left > 0:
        cut = whole_bars_or_zero(result) if start is None else start + (wish.bars - left) * _beats_at(score, start)
        result, more = _one_more(model, result, replace(wish, bars=left), dice, cut, tell, goes_on)
        left -= more
    return result


def _beats_at(score: Score, beat: float) -> float:
    upper, lower = metre_at(score, beat)
    return 4 * upper / lower


def whole_bars_or_zero(score: Score) -> float:
    """The bar line at or after the end; 0 for a score without notes."""
    return whole_bars(score) if any(track.notes for track in score.tracks) else 0.0


def _one_more(model: Composer, score: Score, wish: Wish, dice: Dice, cut: float, tell: Callable[[int], None],
              goes_on: bool = False) -> tuple[Score, int]:
    asked_bars = wish.bars
    metre, own = metre_for(model, metre_at(score, cut)), _beats_at(score, cut)
    beats = 4 * metre[0] / metre[1]
    known = known_bars(model.tokenizer.vocab)
    wanted = math.ceil(wish.bars * own / beats - 1e-6)
    shown, total, take = _plan_of_bars(_behind(score, cut, beats), wanted, known, PHRASE if goes_on else 0)
    piece = Piece(cut - shown * beats, total, beats)
    wish = replace(wish, bars=total, metre=metre, bpm=wish.bpm or _tempo_at(score, cut))
    wish = replace(wish, controls=replace(wish.controls, chords=tuple(
        replace(chord, beat=chord.beat + shown * beats) for chord in wish.controls.chords)))
    bars = min(asked_bars, max(1, int(take * beats / own + 1e-6)))
    new = added(model, score, suited(model, wish, metre), piece, dice, tell, before=cut, until=cut + bars * own, given=())
    return joined(score, new, cut), bars


def _behind(score: Score, cut: float, beats: float) -> int:
    """How many bars of so many beats lie before a bar line in one metre, as far as a model is shown them."""
    metre, first = metre_at(score, max(0.0, cut - 1e-3)), cut
    for line in reversed(bar_starts(score, cut)):
        if metre_at(score, line) != metre or cut - line > CONTEXT_BARS * beats + 1e-6:
            break
        first = line
    return int((cut - first) / beats + 1e-6)


def _tempo_at(score: Score, beat: float) -> float:
    return max(entry for entry in score.tempos if entry[0] <= beat + 1e-6)[1]


def _plan_of_bars(behind: int, wanted: int, known: Sequence[int], more: int = 0) -> tuple[int, int, int]:
    """How many bars the model is shown, for how many it is asked, those among them, and how many new ones are taken.

    more: bars that it plans for and does not write.
    """
    if not known:
        return behind, behind + wanted, wanted
    for shown in range(behind, -1, -1):
        if shown + wanted + more in known:
            return shown, shown + wanted + more, wanted
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
    own = _beats_at(score, start)
    if abs(round((end - start) / own) * own - (end - start)) > 1e-6:
        raise InputError("the metre changes between these bars; fill each part by itself")
    metre = metre_for(model, metre_at(score, start))
    beats = 4 * metre[0] / metre[1]
    known = known_bars(model.tokenizer.vocab)
    shown, total, _ = _plan_of_bars(_behind(score, start, beats), math.ceil((end - start) / beats - 1e-6), known)
    piece = Piece(start - shown * beats, total, beats)
    following = until_other_metre(score, end, AFTER_BARS)
    later = start if model.writes == "midi" else following  # arrival times know notes that are to come
    given = tuple(only(track, lambda note: start - 1e-6 <= note.start < max(end, later) - 1e-6) for track in score.tracks)
    wish = suited(model, replace(wish, bars=total, metre=metre, bpm=_tempo_at(score, start)), metre)
    later_notes = [note for track in score.tracks for note in track.notes if end - 1e-6 <= note.start < following]
    heard = model.writes == "midi" and bool(later_notes)
    best, likeliest = score, -math.inf
    for _ in range(tries if heard else 1):
        whole = joined(score, added(model, score, wish, piece, dice, tell, before=start, until=end, given=given), start)
        likely = likelihood(model, whole, wish, piece, end, following) if heard else 0.0
        if likely > likeliest:
            best, likeliest = whole, likely
    return best


def until_other_metre(score: Score, start: float, bars: int) -> float:
    """The bar line so many bars after another, or the first before it at which the metre changes or the score ends."""
    metre, end = metre_at(score, start), start
    while bars and end < score.beats - 1e-6 and metre_at(score, end) == metre:
        end, bars = end + 4 * metre[0] / metre[1], bars - 1
    return end


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
        metre, own = metre_for(model, metre_at(score, lines[at])), _beats_at(score, lines[at])
        beats = 4 * metre[0] / metre[1]
        same_metre = 0
        while at + same_metre < len(lines) and metre_at(score, lines[at + same_metre]) == metre_at(score, lines[at]):
            same_metre += 1
        take = min(same_metre, max(1, int(max(known or [32]) * beats / own)))
        bars = math.ceil(take * own / beats - 1e-6)
        total = bars if not known or bars in known else min((one for one in known if one > bars), default=bars)
        piece = Piece(lines[at], total, beats)
        until = lines[at] + take * own
        given = tuple(only(track, lambda note, a=lines[at], b=until: a - 1e-6 <= note.start < b - 1e-6)
                      for track in score.tracks)
        if any(track.notes for track in given):
            inside = tuple(replace(chord, beat=chord.beat - lines[at]) for chord in chords
                           if lines[at] - 1e-6 <= chord.beat < until)
            clashes = tuple((note.start - lines[at], note.start + note.duration - lines[at], note.pitch)
                            for track in given if not track.is_drum for note in track.notes if note.duration >= 1)
            part = suited(model, replace(wish, bars=total, metre=metre, bpm=_tempo_at(score, lines[at]),
                                         controls=replace(wish.controls, chords=inside, clashes=clashes)), metre)
            new = added(model, score, part, piece, dice, tell, before=lines[at], until=until, given=given, others=True)
            result = joined(result, new, lines[at])
        at += take
    return result


