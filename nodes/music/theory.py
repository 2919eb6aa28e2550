"""What is heard in a score: its key, its chords, its sections; and the chords that a melody asks for.

Keys are found with the profiles of Krumhansl and Kessler (Krumhansl, "Cognitive Foundations of Musical Pitch", 1990) and
of Temperley ("The Cognition of Basic Musical Structures", 2001): the key whose profile correlates best with how long each
pitch class sounds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from ..media.score import TONICS, Score, Text, Track, bar_starts, fifths_of, key_name, key_parts, whole_bars
from .controls import Chord, scale

PROFILES = {
    "Krumhansl": ((6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
                  (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)),
    "Temperley": ((5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
                  (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0))}
QUALITIES = {"": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10),
             "dim": (0, 3, 6), "m7-5": (0, 3, 6, 10), "sus4": (0, 5, 7)}
_PLAIN = {"": 0.0, "m": 0.0, "7": -0.06, "maj7": -0.1, "m7": -0.1, "dim": -0.12, "m7-5": -0.16, "sus4": -0.2}
_MAJOR_STEPS = ((0, "", 0.35), (2, "m", 0.15), (4, "m", 0.0), (5, "", 0.25), (7, "", 0.25), (7, "7", 0.2), (9, "m", 0.2),
                (11, "dim", -0.2))
_MINOR_STEPS = ((0, "m", 0.35), (2, "dim", -0.1), (3, "", 0.15), (5, "m", 0.25), (7, "", 0.2), (7, "7", 0.25),
                (8, "", 0.15), (10, "", 0.1), (7, "m", 0.0))

PLAYED = 0.07  # beats that what is played by hand lies beside a beat
WITHIN_A_BAR = 0.9  # what a chord that changes within a bar has to be worth


def weights(score: Score, start: float = 0.0, end: float = float("inf")) -> list[float]:
    """How many beats each pitch class sounds between two beats, drums apart."""
    found = [0.0] * 12
    for track in score.tracks:
        for note in () if track.is_drum else track.notes:
            found[note.pitch % 12] += max(0.0, min(note.start + note.duration, end) - max(note.start, start))
    return found


def key_of_score(score: Score, profile: str = "Temperley") -> tuple[str, float]:
    """The key of a score and the correlation of its profile, -1 to 1. A score without pitched notes is in C major, 0."""
    heard = weights(score)
    if not any(heard):
        return "C major", 0.0
    found = []
    for mode, values in zip(("major", "minor"), PROFILES[profile], strict=True):
        for tonic in range(12):
            found.append((correlation(heard, [values[(pitch - tonic) % 12] for pitch in range(12)]), tonic, mode))
    best = max(found)
    return key_name(best[1], best[2]), best[0]


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    means = sum(one) / len(one), sum(other) / len(other)
    a, b = [value - means[0] for value in one], [value - means[1] for value in other]
    length = (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5
    return sum(x * y for x, y in zip(a, b, strict=True)) / length if length else 0.0


def stated_key(score: Score) -> str:
    """The key that a score names first, else the one that is heard."""
    return score.keys[0][1] if score.keys else key_of_score(score)[0]


def root_name(root: int, key: str) -> str:
    """A pitch class as the key spells it: with flats, or with sharps."""
    name = TONICS[root % 12]
    sharp = {"Db": "C#", "Eb": "D#", "Ab": "G#", "Bb": "A#"}
    return sharp.get(name, name) if fifths_of(key) > 0 else {"F#": "Gb"}.get(name, name) if fifths_of(key) < 0 else name


def spans(score: Score, a_bar: int = 1) -> list[tuple[float, float]]:
    """The bars of a score, or equal parts of them, as beats from and to. a_bar 0: as many parts as it has strong beats."""
    lines = [*bar_starts(score), whole_bars(score)]
    return [(start + (end - start) * part / parts, start + (end - start) * (part + 1) / parts)
            for start, end in pairwise(lines) for parts in [a_bar or strong_beats(score, start)] for part in range(parts)]


def strong_beats(score: Score, beat: float) -> int:
    """How many strong beats a bar that begins at a beat has: two of four, two of six eighths, three of nine, else one."""
    upper = max(metre for metre in score.metres if metre[0] <= beat + 1e-6)[1]
    return upper // 3 if upper % 3 == 0 and upper > 3 else 2 if upper % 2 == 0 and upper > 2 else 1


def chords_of(score: Score, a_bar: int = 1, first: float = 0.0) -> list[Chord]:
    """The chords that are heard from a beat on, one for each bar or part of one, by Viterbi's way through all that may be.

    A chord is likely by how much of what sounds is of it, its bass below; and by the step of its root from the one before.
    """
    key = stated_key(score)
    choices = [(root, quality) for root in range(12) for quality in QUALITIES]
    parts = [span for span in spans(score, a_bar) if span[0] > first - 1e-6]

    def fit(start: float, end: float) -> Callable[[tuple[int, str]], float]:
        heard, bass = weights(score, start, end), _bass(score, start, end)
        total = sum(heard)

        def of(choice: tuple[int, str]) -> float:
            root, quality = choice
            tones = {(root + step) % 12 for step in QUALITIES[quality]}
            if not total:
                return 0.0
            inside = sum(heard[pitch] for pitch in tones) / total
            used = sum(heard[pitch] > 0.02 * total for pitch in tones) / len(tones)
            return 2 * inside + 0.8 * used + 0.35 * (bass == root) + _PLAIN[quality] + 0.1 * (tones <= scale(*key_parts(key)))
        return of

    path = _best_path(choices, [fit(*span) for span in parts], lambda at, a, b: 0.12 * (a == b))
    return [_named(root, quality, start, key) for (root, quality), (start, _) in zip(path, parts, strict=True)]


def chords_for(melody: Score, key: str, a_bar: int = 1) -> list[Chord]:
    """Chords that go with a melody: of its key, one for each bar (or part), with what lasts and stands on beats in them.

    Roots move as they do in tonal harmony, by fifths and to neighbours (Piston, "Harmony"); the last is the tonic.
    a_bar 0: one for each bar, and another on a strong beat whose note asks for it.
    """
    tonic, mode = key_parts(key)
    steps = _MAJOR_STEPS if mode == "major" else _MINOR_STEPS
    choices = [((tonic + step) % 12, quality) for step, quality, _ in steps]
    liking = {((tonic + step) % 12, quality): value for step, quality, value in steps}
    parts = spans(melody, a_bar)
    bars = set(bar_starts(melody))

    def fit(at: int, start: float, end: float) -> Callable[[tuple[int, str]], float]:
        notes = [(note.pitch % 12, min(note.start + note.duration, end) - max(note.start, start), note.start)
                 for track in melody.tracks if not track.is_drum for note in track.notes
                 if note.start < end - 1e-6 and note.start + note.duration > start + 1e-6]

        def of(choice: tuple[int, str]) -> float:
            root, quality = choice
            tones = {(root + step) % 12 for step in QUALITIES[quality]}
            value = liking[choice]
            for pitch, length, begun in notes:
                opens, on_beat = not a_bar and abs(begun - start) < PLAYED, abs(begun - round(begun)) < PLAYED
                strong = 4.0 if opens else 2.5 if on_beat else 1.0
                harsh = any((pitch + near) % 12 in tones for near in (1, -1)) and length >= 1
                value += strong * length / max(1e-6, end - start) * (1.6 if pitch in tones else -2.4 - 3 * harsh)
            if at == len(parts) - 1:
                value += 3.0 * (root == tonic)
            if at == 0:
                value += 0.6 * (root == tonic)
            return value + (0.5 * (root == (tonic + 7) % 12) if at == len(parts) - 2 else 0.0)
        return of

    def move(at: int, one: tuple[int, str], other: tuple[int, str]) -> float:
        inside = not a_bar and parts[at][0] not in bars
        liked = {0: -0.1, 5: 0.4, 7: 0.15, 2: 0.15, 10: 0.1, 9: 0.15, 8: 0.1}.get((other[0] - one[0]) % 12, -0.1)
        return liked - (WITHIN_A_BAR if one != other else -0.1) * inside

    path = _best_path(choices, [fit(at, *span) for at, span in enumerate(parts)], move)
    return [_named(root, quality, start, key) for (root, quality), (start, _) in zip(path, parts, strict=True)]


def _named(root: int, quality: str, beat: float, key: str) -> Chord:
    return Chord(beat, frozenset((root + step) % 12 for step in QUALITIES[quality]), root,
                 root_name(root, key) + quality.replace("m7-5", "m7b5"))


def _best_path(choices: list, fits: list[Callable], move: Callable) -> list:
    """The way through choices whose fits and moves add up to the most (Viterbi, 1967). move: of a place, two choices."""
    if not fits:
        return []
    values = {choice: fits[0](choice) for choice in choices}
    back: list[dict] = []
    for at, fit in enumerate(fits[1:], 1):
        came, then = {}, {}
        for choice in choices:
            before = max(choices, key=lambda one: values[one] + move(at, one, choice))
            came[choice], then[choice] = before, values[before] + move(at, before, choice) + fit(choice)
        back.append(came)
        values = then
    path = [max(values, key=lambda choice: values[choice])]
    for came in reversed(back):
        path.append(came[path[-1]])
    return path[::-1]


def _bass(score: Score, start: float, end: float) -> int | None:
    sounding = [note for track in score.tracks if not track.is_drum for note in track.notes
                if note.start < end - 1e-6 and note.start + note.duration > start + 1e-6]
    first = [note for note in sounding if note.start <= start + 1e-6] or sounding
    return min(first, key=lambda note: note.pitch).pitch % 12 if first else None


def chord_at(chords: Sequence[Chord], beat: float) -> Chord | None:
    """The chord that holds at a beat."""
    at = bisect_right(chords, beat + 1e-6, key=lambda chord: chord.beat)
    return chords[at - 1] if at else None


def with_chords(score: Score, chords: Sequence[Chord]) -> Score:
    """The score with chord symbols above it, as cues; those it had are replaced."""
    kept = tuple(text for text in score.texts if text.kind != "cue")
    shown = [chord for at, chord in enumerate(chords) if chord.name and (not at or chord.name != chords[at - 1].name)]
    return replace(score, texts=(*kept, *(Text(chord.beat, chord.name, "cue") for chord in shown)))


def melody_of(score: Score) -> int:
    """The number of the track that carries the tune: the one named so, else the highest that mostly plays one note."""
    for at, track in enumerate(score.tracks):
        if track.notes and any(word in track.name.lower() for word in ("melody", "lead", "vocal", "voice", "tune")):
            return at
    pitched = [(at, track) for at, track in enumerate(score.tracks) if track.notes and not track.is_drum]
    return max(pitched, key=lambda entry: _tunefulness(entry[1]), default=(0, None))[0]


def _tunefulness(track: Track) -> float:
    height = sum(note.pitch for note in track.notes) / len(track.notes)
    moments = len({note.start for note in track.notes})
    return height - 30 * (len(track.notes) / moments - 1)


def sections_of(score: Score) -> list[tuple[float, str]]:
    """Where sections begin, and their letters: bars that sound like earlier ones carry on the same letter.

    Phrases of four bars (of one, in a piece of fewer than eight) are compared by the pitch classes and onsets of their bars.
    """
    bars = spans(score)
    step = 4 if len(bars) >= 8 else 1
    prints: list[tuple[list[float], str]] = []
    found: list[tuple[float, str]] = []
    for at in range(0, len(bars), step):
        now = _print(score, bars[at:at + step])
        near = max(prints, key=lambda known: correlation(known[0], now) if len(known[0]) == len(now) else -1, default=None)
        alike = near is not None and len(near[0]) == len(now) and correlation(near[0], now) > 0.86
        letter = near[1] if alike and near else chr(ord("A") + min(25, len({name for _, name in prints})))
        prints.append((now, letter))
        if not found or found[-1][1] != letter or step > 1:
            found.append((bars[at][0], letter))
    return found


def _print(score: Score, bars: Sequence[tuple[float, float]]) -> list[float]:
    values: list[float] = []
    for start, end in bars:
        heard = weights(score, start, end)
        total = sum(heard) or 1.0
        values += [value / total for value in heard]
        onsets = [0.0] * 8
        for track in score.tracks:
            for note in track.notes:
                if start - 1e-6 <= note.start < end - 1e-6:
                    onsets[int((note.start - start) / (end - start) * 8 + 1e-6) % 8] += 1
        values += [count / (sum(onsets) or 1.0) for count in onsets]
    return values
