"""Rules that arrange an air for a band: an introduction, phrases with entries, a break, a return and an end.

Each phrase has its players: chords that lead from voice to voice and stay below the melody, a bass in the style's manner, drums
with a fill where a phrase ends, a counter-melody in long notes against the tune. Before a cadence chords change twice a bar, to
one that goes with what is sung. Sections have their own loudness. Time is counted in sixteenths of 4/4, C major or A minor.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ...media.score import Note, Score, Text, Track
from . import airs, grooves
from .airs import BAR, CHORDS

_PER_BEAT = 4
_RANGES = {73: (60, 96), 71: (50, 89), 68: (58, 91), 40: (55, 96), 56: (54, 82), 65: (49, 80), 10: (60, 96), 11: (53, 89), 22: (60, 88),
           80: (36, 96), 26: (40, 84), 24: (40, 84), 105: (48, 84), 21: (53, 89), 42: (36, 76), 60: (41, 77)}
_BASS_RANGE = (28, 52)
Strikes = list[tuple[int, int, int, int]]  # (start, length, pitch, velocity), in sixteenths


@dataclass(frozen=True)
class Manner:
    """How a style is played. Patterns have a sign for each sixteenth: `.` holds on, `_` is silent.

    drums: a style of grooves, or none. bass: r root, 5 fifth, o octave, 3 third, a on the way to the next root. chords: x a
    stroke, X an accent. lead, second, harmony, low: General MIDI programs. tempo: quarter notes per minute.
    """

    drums: str
    bass: tuple[str, ...]
    chords: tuple[str, ...]
    lead: tuple[int, ...]
    second: tuple[int, ...]
    harmony: tuple[int, ...]
    low: tuple[int, ...]
    tempo: tuple[int, int]


_HELD, _HALVES, _QUARTERS, _OFF = "x...............", "x.......x.......", "x...x...x...x...", "__x___x___x___x_"
MANNERS: dict[str, Manner] = {
    "hymn": Manner("", ("r.......5.......", "r...............", "r...5...r...5..."), (_QUARTERS, _HALVES), (68, 73, 71), (42, 60), (48, 19), (43, 42), (66, 84)),
    "ballad": Manner("ballad", ("r.......5.......", "r.....r.5......."), ("x.x.x.x.x.x.x.x.", _HALVES, "x...x...x...x..."), (73, 40, 65), (42, 60), (0, 4), (32, 33), (62, 80)),
    "reel": Manner("march", ("r...5...r...5...", "r...r...5...5..."), ("__x.__x.__x.__x.", "x.__x.__x.__x.__"), (40, 73), (22, 21), (24, 21), (32, 43), (104, 126)),
    "march": Manner("march", ("r...5...r...5...", "r_..5_..r_..5_.."), ("____x_______x___", "__x___x___x___x_"), (56, 71), (60, 71), (48, 0), (58, 43), (100, 120)),
    "pop": Manner("pop", ("r.....r.5.......", "r_r_r_r_r_r_r_r_", "r..r..r.5..5..o."), ("X.....x.X.......", "X..x..X..x..X...", _HALVES), (80, 40, 73), (48, 42), (4, 26, 0), (33, 39), (96, 124)),
    "jazz": Manner("swing", ("r...3...5...a...", "r...5...o...a...", "r...a...5...a..."), ("x___..x_________", "___x____x_______", "______x_____x___"), (65, 56, 11), (71, 66), (0, 26), (32,), (116, 168)),
    "bossa": Manner("bossa", ("r.....5.5.....r.", "r.....r.5.....5."), ("x__x__x___x__x__", "x___x_x___x___x_"), (73, 11, 65), (48, 71), (24, 0), (32,), (112, 138)),
    "blues": Manner("shuffle", ("r...3...5...a...", "r..rr..35..5a..r"), ("____x__x____x___", "x__x____x__x____"), (22, 65, 26), (66, 71), (16, 0), (33, 32), (84, 120)),
    "folk": Manner("", ("r.......5.......", "r...__..5...__.."), ("x.x.x.x.x.x.x.x.", "____x_x_____x_x_"), (73, 40, 22), (42, 71), (24, 21), (32, 43), (84, 112)),
    "film": Manner("", (_HELD.replace("x", "r"), "r.......r......."), (_HELD, "x.x.x.x.x.x.x.x."), (40, 68, 60), (42, 60), (48, 46), (43, 42), (60, 84)),
    "lullaby": Manner("", ("r...............", "r.......5......."), ("x.x.x.x.x.x.x.x.", "x...x...x...x..."), (10, 73, 11), (42, 71), (46, 24), (42, 43), (56, 76)),
    "chiptune": Manner("chiptune", ("r_o_r_o_r_o_r_o_", "r_r_o_r_r_r_o_r_"), ("x_x_x_x_x_x_x_x_", "X___x_x_X___x_x_"), (80,), (81,), (80,), (38, 39), (120, 160)),
    "ambient": Manner("", (_HELD.replace("x", "r"),), (_HELD, _HALVES), (11, 73, 88), (42, 91), (89, 48), (39, 43), (54, 76)),
    "tango": Manner("", ("r_..r_..r_..r_a.", "r..a..r.5...r..."), ("x_..x_..x_..x_x_", "x__x__x_x___x___"), (21, 40), (42, 71), (0, 21), (43, 32), (108, 132)),
    "disco": Manner("disco", ("r_o_r_o_r_o_r_o_", "r_..o_..r_..o_.."), ("__x___x___x___x_", "X..x..X..x..X..."), (40, 56, 80), (48, 61), (4, 26), (33, 39), (112, 126)),
    "reggae": Manner("reggae", ("____r.r.5.......", "r..r__5.....r..."), ("__x___x___x___x_", "____x_______x___"), (22, 56, 65), (48, 66), (16, 26), (33,), (70, 88)),
}
_AIRS = {"disco": "pop", "reggae": "folk"}  # whose melodies are another manner's
STYLES = tuple(MANNERS)
_LEVELS = {"intro": -14, "first": -6, "full": 0, "break": -16, "return": 4, "end": -4}


@dataclass(frozen=True)
class Arranged:
    """A Score for a band, with its plan. sections: (name, first bar, bars). chords: those of each bar, one or two."""

    style: str
    mode: str
    score: Score
    sections: tuple[tuple[str, int, int], ...]
    chords: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Phrase:
    """Four bars or fewer as they are played. notes begin at its own first bar."""

    name: str
    notes: airs.Notes
    chords: tuple[tuple[str, ...], ...]
    players: frozenset[str]


def arranged(seed: int, style: str = "") -> Arranged:
    """A tune for a band in a style, or in one that is drawn; the same seed always gives the same."""
    rng = random.Random(f"band/{style}/{seed}")
    style = style or rng.choice(STYLES)
    tune, manner = airs.air(seed, _AIRS.get(style, style)), MANNERS[style]
    phrases = _plan(rng, tune, manner)
    band = _Band(rng, manner, style, seed)
    sections, chords, at = [], [], 0
    for phrase in phrases:
        band.play(phrase, at)
        sections.append((phrase.name, at, len(phrase.chords)))
        chords += phrase.chords
        at += len(phrase.chords)
    band.end(at, tune.mode)
    chords.append((_tonic(tune.mode),))
    sections.append(("end", at, 1))
    marks = tuple(Text(BAR * bar / _PER_BEAT, name, "marker") for name, bar, _ in sections)
    key = "C major" if tune.mode == "major" else "A minor"
    score = Score(band.tracks(), ((0.0, float(rng.randint(*manner.tempo))),), ((0.0, 4, 4),), ((0.0, key),), marks)
    return Arranged(style, tune.mode, score, tuple(sections), tuple(chords))


def _tonic(mode: str) -> str:
    return "I" if mode == "major" else "i"


def _plan(rng: random.Random, tune: airs.Air, manner: Manner) -> list[_Phrase]:
    """An introduction without the tune, its phrases as players come in, a break, and the last phrases once more."""
    rhythm = {"chords", "bass", "drums"}
    parts = [_cut(tune, k) for k in range(4)]
    harmonies = [_harmony(rng, tune, k, notes) for k, notes in enumerate(parts)]
    first = rng.choice((frozenset({"chords"}), frozenset({"chords", "bass"}), frozenset({"drums", "bass"})))
    first = first if manner.drums else frozenset({"chords"})
    phrases = [_Phrase("intro", [], harmonies[0], first)]
    players = [rhythm | {"lead"}, rhythm | {"lead"}, rhythm | {"lead", "second"}, rhythm | {"lead", "second"}]
    if rng.random() < 0.4:
        players[0] = {"chords", "lead"}
    phrases += [_Phrase("first" if k < 2 else "full", parts[k], harmonies[k], frozenset(players[k])) for k in range(4)]
    lone = rng.choice((frozenset({"second", "chords"}), frozenset({"chords", "lead"}), frozenset({"bass", "lead"})))
    phrases.append(_Phrase("break", parts[2], harmonies[2], lone))
    phrases += [_Phrase("return", parts[k], harmonies[k], frozenset(rhythm | {"lead", "second"})) for k in (2, 3)]
    return phrases


def _cut(tune: airs.Air, phrase: int) -> airs.Notes:
    begin = phrase * 4 * BAR
    return [(start - begin, length, pitch) for start, length, pitch in tune.notes if begin <= start < begin + 4 * BAR]


def _harmony(rng: random.Random, tune: airs.Air, phrase: int, notes: airs.Notes) -> tuple[tuple[str, ...], ...]:
    """The chords of a phrase; before its cadence, and by chance elsewhere, a second one that goes with what is sung."""
    found: list[tuple[str, ...]] = []
    for bar, chord in enumerate(tune.chords[4 * phrase:4 * phrase + 4]):
        other = _fitting(tune.mode, notes, bar * BAR + BAR // 2, chord)
        split = other and rng.random() < (0.6 if bar == 2 else 0.2 if bar < 2 else 0.0)
        found.append((chord, other) if split else (chord,))
    return tuple(found)


def _fitting(mode: str, notes: airs.Notes, begin: int, chord: str) -> str:
    """Another chord that what is sung in this half bar belongs to more, or as much; or none."""
    sung = [(length, pitch) for start, length, pitch in notes if begin <= start < begin + BAR // 2]

    def weight(name: str) -> int:
        return sum(length if pitch % 12 in CHORDS[name] else -length for length, pitch in sung)

    others = ("I", "ii", "IV", "V", "vi") if mode == "major" else ("i", "iv", "VI", "III", "VII", "V7m")
    best = max((name for name in others if CHORDS[name] != CHORDS[chord]), key=weight)
    return best if sung and weight(best) >= max(1, weight(chord)) else ""


class _Band:
    """The players, and what they have played so far."""

    def __init__(self, rng: random.Random, manner: Manner, style: str, seed: int) -> None:
        self.rng, self.manner = rng, manner
        self.played: dict[str, Strikes] = {name: [] for name in ("lead", "second", "chords", "bass", "drums")}
        self.programs = {"lead": rng.choice(manner.lead), "second": rng.choice(manner.second), "chords": rng.choice(manner.harmony),
                         "bass": rng.choice(manner.low), "drums": 0}
        self.patterns = [(rng.choice(manner.chords), rng.choice(manner.bass)) for _ in range(2)]
        self.groove = grooves.groove(seed, manner.drums).strokes if manner.drums else {}
        self.voicing: tuple[int, ...] = ()
        self.low, self.line = 40, 62
        self.shift = self._octave()

    def _octave(self) -> int:
        """By how many octaves the lead has to be moved to lie within its range; lower where its air may go higher."""
        low, high = _RANGES.get(self.programs["lead"], (48, 96))
        return next((move for move in (0, 12, -12) if low <= airs.LOWEST + move and airs.HIGHEST + move <= high), 0)

    def sung(self, pitch: int) -> int:
        """A pitch of the air as the lead plays it."""
        low, high = _RANGES.get(self.programs["lead"], (48, 96))
        pitch += self.shift
        return pitch + 12 if pitch < low else pitch - 12 if pitch > high else pitch

    def play(self, phrase: _Phrase, bar: int) -> None:
        """Four bars, from a bar on."""
        level, at = _LEVELS[phrase.name], bar * BAR
        lead = [(start, length, self.sung(pitch)) for start, length, pitch in phrase.notes]
        strum, walk = self.patterns[phrase.name in ("break", "return")]
        if "lead" in phrase.players:
            self.played["lead"] += [(at + start, length, pitch, 90 + level + self._weight(start) + self._swell(start))
                                    for start, length, pitch in lead]
        for k, names in enumerate(phrase.chords):
            span = BAR // len(names)
            for part, name in enumerate(names):
                begin = k * BAR + part * span
                following = (*names, *(phrase.chords[(k + 1) % len(phrase.chords)]))[part + 1]
                floor = min((pitch for start, length, pitch in lead if start < begin + span and start + length > begin), default=72)
                self.voicing = voiced(CHORDS[name], self.voicing, floor)
                if "chords" in phrase.players:
                    self.played["chords"] += self._struck(strum[begin % BAR:begin % BAR + span], at + begin, 66 + level)
                if "bass" in phrase.players:
                    self.played["bass"] += self._walked(walk, part * span, span, at + begin, CHORDS[name], CHORDS[following], 84 + level)
                if "second" in phrase.players:
                    self.played["second"] += self._countered(CHORDS[name], lead, begin, span, at, 72 + level)
        if "drums" in phrase.players and self.groove:
            self._drummed(at, len(phrase.chords), level)

    def _weight(self, start: int) -> int:
        return (8, -4, 0, -4)[start % 4] + (6 if start % BAR == 0 else 0) + self.rng.randint(-3, 3)

    def _swell(self, start: int) -> int:
        """A phrase grows towards its third bar."""
        return (0, 4, 8, 2)[start // BAR % 4]

    def _struck(self, pattern: str, at: int, velocity: int) -> Strikes:
        found: Strikes = []
        for step, length in _lengths(pattern, "xX", first=True):
            accent = 12 if pattern[step] == "X" else 0
            found += [(at + step, length, pitch, velocity + accent + self.rng.randint(-3, 3)) for pitch in self.voicing]
        return found

    def _walked(self, pattern: str, begin: int, span: int, at: int, tones: Sequence[int], following: Sequence[int], velocity: int) -> Strikes:
        signs = pattern[begin:begin + span]
        if not any(sign in "r53oa" for sign in signs) or begin and signs[0] in "._":
            signs = "r" + signs[1:]
        root = _near(tones[:1], 0.5 * self.low + 20, *_BASS_RANGE)
        found: Strikes = []
        for step, length in _lengths(signs, "r53oa"):
            goal = _near(following[:1], root, *_BASS_RANGE)
            pitch = {"r": root, "5": _near(tones[2:3], root, *_BASS_RANGE), "3": _near(tones[1:2], root, *_BASS_RANGE),
                     "o": root + 12 if root + 12 <= _BASS_RANGE[1] else root - 12 if root - 12 >= _BASS_RANGE[0] else root,
                     "a": goal - 1 if goal > root else goal + 1}[signs[step]]
            found.append((at + step, length, pitch, velocity + self._weight(begin + step) // 2))
        self.low = root
        return found

    def _countered(self, tones: Sequence[int], lead: airs.Notes, begin: int, span: int, at: int, velocity: int) -> Strikes:
        """One long note against the tune: near the last, below what is sung, not in step with it."""
        sung = [pitch for start, length, pitch in lead if start < begin + span and start + length > begin]
        roof = min(sung, default=76) - 3
        low, high = _RANGES.get(self.programs["second"], (48, 84))
        options = [pitch for pitch in range(max(low, 50), max(low, 50, min(high, roof)) + 1) if pitch % 12 in tones]
        if not options:
            return []
        doubled = {pitch % 12 for pitch in sung[:1]}
        self.line = min(options, key=lambda pitch: (abs(pitch - self.line) + 4 * (pitch % 12 in doubled), pitch))
        return [(at + begin, span, self.line, velocity + self._swell(begin))]

    def _drummed(self, at: int, bars: int, level: int) -> None:
        strokes = {(step + 2 * BAR * turn, voice): velocity for turn in range(bars // 2) for (step, voice), velocity in self.groove.items()}
        strokes = grooves.filled(self.rng, strokes, self.rng.choice(grooves.STYLES[self.manner.drums].fill_kinds), bars * BAR,
                                 self.rng.choice((4, 8)))
        for (step, voice), velocity in sorted(strokes.items()):
            self.played["drums"].append((at + step, 1, DRUMS[voice], velocity + level))

    def end(self, bar: int, mode: str) -> None:
        """The last bar: the tonic, by all, held."""
        at, tones = bar * BAR, CHORDS[_tonic(mode)]
        last = self.played["lead"][-1][2] if self.played["lead"] else 72
        low, high = _RANGES.get(self.programs["lead"], (48, 96))
        lead = _near(tones[:1], last, low, high)
        self.voicing = voiced(tones, self.voicing, lead)
        self.played["lead"].append((at, BAR, lead, 84))
        self.played["chords"] += [(at, BAR, pitch, 62) for pitch in self.voicing]
        self.played["bass"].append((at, BAR, _near(tones[:1], self.low, *_BASS_RANGE), 80))
        if self.groove:
            self.played["drums"] += [(at, 1, DRUMS[grooves.KICK], 100), (at, 1, DRUMS[grooves.CRASH], 96)]

    def tracks(self) -> tuple[Track, ...]:
        """What was played, as tracks; those without notes are left out."""
        names = {"lead": "Melody", "second": "Counter-melody", "chords": "Chords", "bass": "Bass", "drums": "Drums"}
        return tuple(Track(names[name], self.programs[name], name == "drums", tuple(
            Note(pitch, start / _PER_BEAT, length / _PER_BEAT, max(1, min(127, velocity))) for start, length, pitch, velocity in played))
            for name, played in self.played.items() if played)


DRUMS = (36, 38, 42, 46, 45, 48, 50, 49, 51)  # by voice of grooves


def _lengths(pattern: str, signs: str, first: bool = False) -> list[tuple[int, int]]:
    """Where a pattern strikes and for how long: until the next stroke, or a silence. first: something always begins it."""
    starts = [step for step, sign in enumerate(pattern) if sign in signs]
    found = []
    for step in starts:
        end = next((later for later in range(step + 1, len(pattern)) if pattern[later] != "."), len(pattern))
        found.append((step, end - step))
    return found or ([(0, len(pattern))] if first and pattern and set(pattern) == {"."} else [])


def voiced(tones: Sequence[int], before: Sequence[int], floor: int) -> tuple[int, ...]:
    """Three notes of a chord, as near as can be to those before, between 48 and 71 and below a floor where there is room."""
    options = []
    for bottom in range(45, 64):
        if bottom % 12 in tones:
            pitches = [bottom]
            at = list(tones).index(bottom % 12)
            for tone in (*tones[at + 1:], *tones[:at]):
                pitches.append(pitches[-1] + 1 + (tone - pitches[-1] - 1) % 12)
            options.append(tuple(pitches))
    middle = sum(before) / len(before) if before else 57

    def cost(pitches: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        moved = sum(abs(a - b) for a, b in zip(pitches, before)) if before else abs(sum(pitches) / 3 - middle)
        return moved + 12 * max(0, pitches[-1] - floor + 1) + 2 * max(0, pitches[-1] - 71) + abs(sum(pitches) / 3 - 57) / 3, pitches
    return min(options, key=cost)


def _near(tones: Sequence[int], pitch: float, low: int, high: int) -> int:
    return min((p for p in range(low, high + 1) if p % 12 in tones), key=lambda p: (abs(p - pitch), p))
