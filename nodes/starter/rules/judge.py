"""A judge of pieces that knows nothing of who wrote them: what is counted of a Score, as a musician would look for it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from statistics import mean, pstdev

from ...media.score import Note, Score, Track, bar_starts, key_parts
from ...music.controls import reach
from ...music.theory import key_of_score

PHRASE = 4  # bars
Phrase = tuple[set[tuple[int, int]], set[tuple[int, int]]]  # (tick, pitch) of all of it, and of its first half
_ALIKE = 0.7  # of onsets and pitches in common, of two phrases or of their first halves: A and A' are one letter


def judged(score: Score, bars: int) -> dict[str, float]:
    """Figures of one piece of so many bars: counts, shares, and 0 or 1. Raises InputError where there is no tune with a bass."""
    pitched = [track for track in score.tracks if not track.is_drum and track.notes]
    melody, bass = tune(score), min(pitched, key=_height)
    others = [note for track in pitched if track not in (melody, bass) for note in track.notes]
    tonic, mode = key_parts(score.keys[0][1])
    triad = {tonic, (tonic + (4 if mode == "major" else 3)) % 12, (tonic + 7) % 12}
    last = max(melody.notes, key=lambda note: note.start)
    starts = bar_starts(score, bars * _beats(score))
    return {
        "parts": len(score.tracks), "notes": float(sum(len(track.notes) for track in score.tracks)),
        "notes past the last bar": float(sum(note.start + note.duration > bars * _beats(score) + 1e-6 for track in score.tracks for note in track.notes)),
        "notes out of range": float(sum(out_of_range(track) for track in pitched)),
        "notes over themselves": float(sum(_overlaps(track) for track in pitched)),
        "ends on the tonic": float(last.pitch % 12 == tonic), "ends on the tonic chord": float(last.pitch % 12 in triad),
        "bass ends on the tonic": float(max(bass.notes, key=lambda note: note.start).pitch % 12 == tonic),
        "Temperley key": float(key_parts(key_of_score(score)[0]) == (tonic, mode)),
        "masked": mean(any(_together(note, one) and one.pitch >= note.pitch for one in others) for note in melody.notes),
        "clashes a beat long": float(sum(_together(note, one) >= 1 and abs(note.pitch - one.pitch) == 1 for note in melody.notes for one in others)),
        "leaps turned back": _turned(melody, starts), "chord rhythms": float(_rhythms(pitched, melody, bass, starts)),
        "kicks with the bass": _locked(score, bass), "phrases that rest at their end": _rested(melody, starts),
        "phrases with a summit inside": _arched(melody, starts), "loudness spread": _spread(melody, starts),
        "bars without a track": mean(_silent(score, starts)),
    }


def tune(score: Score) -> Track:
    """The track that is on top in most bars."""
    pitched = [track for track in score.tracks if not track.is_drum and track.notes]
    tops: dict[int, tuple[int, int]] = {}
    for at, track in enumerate(pitched):
        for note in track.notes:
            bar = int(note.start / _beats(score) + 1e-6)
            tops[bar] = max(tops.get(bar, (0, 0)), (note.pitch, -at))
    return pitched[max(range(len(pitched)), key=lambda at: sum(-top == at for _, top in tops.values()))]


def form_heard(score: Score, bars: int) -> str:
    """A letter for each four bars of the tune: the same where its onsets and pitches mostly come again, or those of its first half,
    as A and A' are one letter; `-` where nobody sings."""
    beats, notes = _beats(score) * PHRASE, tune(score).notes
    known: list[tuple[Phrase, str]] = []
    found = ""
    for at in range(bars // PHRASE):
        heard = {(round((note.start - at * beats) * 12), note.pitch) for note in notes if at * beats - 1e-6 <= note.start < (at + 1) * beats - 1e-6}
        if not heard:
            found += "-"
            continue
        now = heard, {place for place in heard if place[0] < beats * 6 - 1e-6}
        alike = max(known, key=lambda one: _shared(one[0], now), default=None)
        letter = alike[1] if alike and _shared(alike[0], now) >= _ALIKE else chr(ord("A") + len({name for _, name in known}))
        known.append((now, letter))
        found += letter
    return found


def form_found(heard: str, planned: str) -> bool:
    """Whether nine in ten pairs of phrases are told to be the same, or not the same, as they were planned; silent ones do not count."""
    pairs = [(a, b) for b in range(len(planned)) for a in range(b) if "-" not in (heard[a], heard[b])]
    right = sum((heard[a] == heard[b]) == (planned[a] == planned[b]) for a, b in pairs)
    return right >= 0.9 * len(pairs)


def windows(score: Score, bars: int) -> set[int]:
    """What any four bars of the tune are, however they are transposed: onsets, lengths and steps."""
    beats, notes = _beats(score), tune(score).notes
    found = set()
    for at in range(bars - PHRASE + 1):
        inside = [note for note in notes if at * beats - 1e-6 <= note.start < (at + PHRASE) * beats - 1e-6]
        if len(inside) > 3:
            found.add(hash(tuple((round((note.start - at * beats) * 12), round(note.duration * 12), note.pitch - inside[0].pitch) for note in inside)))
    return found


def copied(all_windows: Sequence[set[int]]) -> list[float]:
    """Of each piece, the share of its windows that occur in another."""
    counts: dict[int, int] = {}
    for found in all_windows:
        for window in found:
            counts[window] = counts.get(window, 0) + 1
    return [mean(counts[window] > 1 for window in found) for found in all_windows if found]


def out_of_range(track: Track) -> int:
    """How many notes lie where the instrument does not play with ease."""
    low, high = reach(track.program)
    return 0 if track.is_drum else sum(not low <= note.pitch <= high for note in track.notes)


def summary(figures: Iterable[dict[str, float]]) -> dict[str, tuple[float, float, float]]:
    """Mean, least and most of each figure."""
    rows = list(figures)
    return {name: (mean(values := [row[name] for row in rows]), min(values), max(values)) for name in rows[0]}


def _beats(score: Score) -> float:
    """Of a bar, of a piece in one metre."""
    return 4 * score.metres[0][1] / score.metres[0][2]


def _height(track: Track) -> float:
    return mean(note.pitch for note in track.notes)


def _shared(one: Phrase, other: Phrase) -> float:
    return max(len(a & b) / max(1, len(a), len(b)) for a, b in zip(one, other))


def _together(a: Note, b: Note) -> float:
    """Beats in which two notes sound at once."""
    return max(0.0, min(a.start + a.duration, b.start + b.duration) - max(a.start, b.start))


def _overlaps(track: Track) -> int:
    ends: dict[int, float] = {}
    count = 0
    for note in track.notes:
        count += note.start < ends.get(note.pitch, 0.0) - 1e-6
        ends[note.pitch] = note.start + note.duration
    return count


def _turned(melody: Track, starts: list[float]) -> float:
    """The share of leaps of a fifth or more inside a phrase after which the tune turns back by less."""
    leaps = [(b.pitch - a.pitch, c.pitch - b.pitch) for notes in _phrases(melody, starts) for a, b, c in zip(notes, notes[1:], notes[2:])
             if abs(b.pitch - a.pitch) >= 7]
    return mean(after * leap <= 0 and abs(after) < abs(leap) for leap, after in leaps) if leaps else 1.0


def _edges(starts: list[float]) -> list[tuple[float, float]]:
    length = starts[1] - starts[0] if len(starts) > 1 else 4.0
    return list(zip(starts, [*starts[1:], starts[-1] + length]))


def _rhythms(pitched: list[Track], melody: Track, bass: Track, starts: list[float]) -> int:
    """How many different sets of onsets the bars of one track have, of that which has most and is neither tune nor bass."""
    def sets(track: Track) -> int:
        found: dict[int, set[float]] = {}
        for note in track.notes:
            at = bisect_right(starts, note.start + 1e-6) - 1
            found.setdefault(at, set()).add(round(note.start - starts[at], 3))
        return len({frozenset(one) for one in found.values()})

    return max((sets(track) for track in pitched if track not in (melody, bass)), default=0)


def _locked(score: Score, bass: Track) -> float:
    """The share of kicks, where the bass plays in that bar, that fall on a note of the bass; 1 without kicks."""
    plucked = {round(note.start * 12) for note in bass.notes}
    beats = round(_beats(score) * 12)
    bars = {at // beats for at in plucked}
    kicks = [round(note.start * 12) for track in score.tracks if track.is_drum for note in track.notes if note.pitch in (35, 36)]
    heard = [at in plucked for at in kicks if at // beats in bars]
    return mean(heard) if heard else 1.0


def _phrases(melody: Track, starts: list[float]) -> list[list[Note]]:
    edges = _edges(starts)
    found = []
    for at in range(0, len(edges) - PHRASE + 1, PHRASE):
        begin, end = edges[at][0], edges[at + PHRASE - 1][1]
        inside = [note for note in melody.notes if begin - 1e-6 <= note.start < end - 1e-6]
        if len(inside) > 2:
            found.append(inside)
    return found


def _rested(melody: Track, starts: list[float]) -> float:
    """The share of phrases whose last note is longer than their middling one, or is followed by a rest."""
    phrases = _phrases(melody, starts)
    beats = _edges(starts)[0][1] - starts[0]
    found = []
    for notes in phrases:
        last, lengths = notes[-1], sorted(note.duration for note in notes)
        end = (last.start + 1e-6) // beats * beats + beats
        found.append(last.duration >= 1.4 * lengths[len(lengths) // 2] or end - last.start - last.duration > 0.2)
    return mean(found) if found else 1.0


def _arched(melody: Track, starts: list[float]) -> float:
    """The share of phrases that do not begin nor end on their highest note."""
    phrases = _phrases(melody, starts)
    return mean(max(note.pitch for note in notes) not in (notes[0].pitch, notes[-1].pitch) for notes in phrases) if phrases else 1.0


def _spread(melody: Track, starts: list[float]) -> float:
    """Standard deviation of the mean velocity of bars."""
    means = [mean(found) for begin, end in _edges(starts) if (found := [note.velocity for note in melody.notes if begin <= note.start < end])]
    return pstdev(means)


def _silent(score: Score, starts: list[float]) -> list[float]:
    """For each bar the share of tracks that rest."""
    return [mean(not any(note.start < end and note.start + note.duration > begin for note in track.notes) for track in score.tracks)
            for begin, end in _edges(starts)]
