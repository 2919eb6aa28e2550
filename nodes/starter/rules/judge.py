"""A judge of tunes that knows nothing of who wrote them: what is counted of a Score, and of two sets of rules side by side.

    python -m nodegraph_nodes.starter.rules.judge 200
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import mean

from ...media.score import Note, Score, Track, bar_starts, key_parts, whole_bars
from ...music.theory import key_of_score
from .. import tunes
from . import band


def judged(score: Score) -> dict[str, float]:
    """Figures of one tune, most of them 0 or 1; masked and clashes are shares and counts."""
    pitched = [track for track in score.tracks if not track.is_drum]
    melody = max(pitched, key=lambda track: mean(note.pitch for note in track.notes))
    bass = min(pitched, key=lambda track: mean(note.pitch for note in track.notes))
    others = [note for track in pitched if track not in (melody, bass) for note in track.notes]
    tonic, mode = key_parts(score.keys[0][1])
    triad = {tonic, (tonic + (4 if mode == "major" else 3)) % 12, (tonic + 7) % 12}
    last = max(melody.notes, key=lambda note: note.start)
    bars = bar_starts(score, whole_bars(score))
    return {
        "parts": len(score.tracks), "drums": float(any(track.is_drum for track in score.tracks)),
        "ends on the tonic chord": float(last.pitch % 12 in triad),
        "bass ends on the tonic": float(max(bass.notes, key=lambda note: note.start).pitch % 12 == tonic),
        "Temperley key": float(key_found(score) == (tonic, mode)),
        "overlaps itself": float(sum(_overlaps(track) for track in pitched)),
        "masked": mean(any(_together(note, one) and one.pitch >= note.pitch for one in others) for note in melody.notes),
        "clashes a beat long": float(sum(_together(note, one) >= 1 and abs(note.pitch - one.pitch) == 1
                                         for note in melody.notes for one in others)),
        "leaps turned back": _turned(melody), "chord rhythms": float(_rhythms(pitched, melody, bass, bars)),
        "first four bass roots distinct": float(len(_roots(bass, bars)) >= 3),
        "loudness spread": _spread(melody, bars),
        "bars without a track": mean(_silent(score, bars)),
    }


def key_found(score: Score) -> tuple[int, str]:
    """The key whose profile goes best with how long each pitch class sounds."""
    return key_parts(key_of_score(score)[0])


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


def _turned(melody: Track) -> float:
    pitches = [note.pitch for note in melody.notes]
    leaps = [(b - a, c - b) for a, b, c in zip(pitches, pitches[1:], pitches[2:]) if abs(b - a) >= 7]
    return mean(after * leap <= 0 and abs(after) < abs(leap) for leap, after in leaps) if leaps else 1.0


def _rhythms(pitched: list[Track], melody: Track, bass: Track, bars: list[float]) -> int:
    middle = [track for track in pitched if track not in (melody, bass)]
    seen = set()
    for begin, end in zip(bars, [*bars[1:], bars[-1] + 4]):
        seen.add(tuple(sorted({round(note.start - begin, 3) for track in middle for note in track.notes if begin <= note.start < end})))
    return len(seen)


def _roots(bass: Track, bars: list[float]) -> set[int]:
    begun = next(k for k, begin in enumerate(bars) if any(begin <= note.start < begin + 4 for note in bass.notes))
    return {next((note.pitch % 12 for note in bass.notes if begin <= note.start), 0) for begin in bars[begun:begun + 4]}


def _spread(melody: Track, bars: list[float]) -> float:
    """Standard deviation of the mean velocity of bars."""
    from statistics import pstdev

    means = [mean(found) for begin, end in zip(bars, [*bars[1:], bars[-1] + 4])
             if (found := [note.velocity for note in melody.notes if begin <= note.start < end])]
    return pstdev(means)


def _silent(score: Score, bars: list[float]) -> list[float]:
    """For each bar the share of tracks that rest."""
    return [mean(not any(note.start < end and note.start + note.duration > begin for note in track.notes) for track in score.tracks)
            for begin, end in zip(bars, [*bars[1:], bars[-1] + 4])]


def compared(count: int) -> dict[str, tuple[float, float]]:
    """Means over so many tunes: those of the composer's present rules, and of the band's."""
    def drawn(seed: int) -> Score:
        return tunes.compose(tunes.draw_request(seed), seed).score

    makers: tuple[Callable[[int], Score], ...] = (drawn, lambda seed: band.arranged(seed).score)
    present, new = ([judged(make(10**9 + seed)) for seed in range(count)] for make in makers)
    return {name: (mean(one[name] for one in present), mean(one[name] for one in new)) for name in present[0]}


def main(words: list[str] | None = None) -> int:
    count = int((words or sys.argv[1:] or ["200"])[0])
    print(f"{'':32}{'tunes':>9}{'band':>9}   means over {count} tunes of each")
    for name, (present, new) in compared(count).items():
        print(f"{name:32}{present:9.3f}{new:9.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
