"""Rules of harmony that write little tunes for melody, chords and bass, and a checker that knows theory.

A tune is made top down: a form of four-bar phrases (AABA, ABAC, ...), a functional progression for each
(tonic, subdominant, dominant; Piston, "Harmony"), a motif that is repeated, moved in sequence, inverted and
varied over that progression, and an accompaniment in the manner of the style. Time is counted in ticks, 12
to a quarter note, which holds sixteenths, triplets and swung quavers alike. Nothing here knows the model that
learns from these tunes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ..media.score import TONICS, Note, Score, Track, key_name, key_parts

TICKS = 12
STYLES = ("waltz", "march", "lullaby", "jazz", "ambient")
MOODS = ("calm", "joyful", "sad", "mysterious", "tense", "dreamy")
TEMPI = ("slow", "medium", "fast")
KEYS = tuple(f"{tonic} {mode}" for mode in ("major", "minor") for tonic in TONICS)
BARS = (8, 12, 16, 20, 24, 28, 32)
METRES = {"waltz": ((3, 4),), "march": ((4, 4), (2, 4)), "lullaby": ((3, 4), (6, 8)), "jazz": ((4, 4),),
          "ambient": ((4, 4),)}
BPM = {  # quarter notes per minute, lowest and highest
    "waltz": {"slow": (80, 105), "medium": (120, 145), "fast": (160, 190)},
    "march": {"slow": (70, 85), "medium": (100, 120), "fast": (130, 155)},
    "lullaby": {"slow": (50, 60), "medium": (65, 80), "fast": (90, 105)},
    "jazz": {"slow": (75, 95), "medium": (115, 145), "fast": (165, 200)},
    "ambient": {"slow": (45, 55), "medium": (60, 75), "fast": (80, 95)},
}
# General MIDI: flute, clarinet, oboe, violin, trumpet, alto sax, music box, vibraphone;
# piano, electric piano, guitar, harp, strings, accordion, warm pad;
# double bass, electric bass, cello, contrabass, tuba, synth bass.
MELODY_PROGRAMS = (73, 71, 68, 40, 56, 65, 10, 11)
CHORD_PROGRAMS = (0, 4, 24, 46, 48, 21, 89)
BASS_PROGRAMS = (32, 33, 42, 43, 58, 39)
FORMS = {8: ("AA",), 12: ("ABA", "AAB"), 16: ("AABA", "ABAC", "ABAB"), 20: ("AABAC", "ABACA", "ABABA"),
         24: ("AABACA", "ABABCA", "AABBAA"), 28: ("AABACAA", "ABACABA"),
         32: ("AABBAACA", "ABACABAC", "AABACABA")}

_M, _m, _DIM, _DOM7 = (0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 7, 10)
_MAJ7, _MIN7, _HALF, _DIM7 = (0, 4, 7, 11), (0, 3, 7, 10), (0, 3, 6, 10), (0, 3, 6, 9)
_ADD9, _MADD9 = (0, 4, 7, 14), (0, 3, 7, 14)
# Roman numerals: semitones of the root above the tonic, and intervals above the root.
CHORDS = {
    "I": (0, _M), "ii": (2, _m), "iii": (4, _m), "IV": (5, _M), "V": (7, _M), "vi": (9, _m),
    "viio": (11, _DIM), "i": (0, _m), "iio": (2, _DIM), "III": (3, _M), "iv": (5, _m), "v": (7, _m),
    "VI": (8, _M), "VII": (10, _M),
    "bII": (1, _M), "V7": (7, _DOM7), "V7/V": (2, _DOM7), "V7/vi": (4, _DOM7), "V7/ii": (9, _DOM7),
    "V7/IV": (0, _DOM7), "V7/iv": (0, _DOM7), "subV": (1, _DOM7), "Imaj7": (0, _MAJ7), "ii7": (2, _MIN7),
    "iii7": (4, _MIN7), "IVmaj7": (5, _MAJ7), "vi7": (9, _MIN7), "viih7": (11, _HALF), "i7": (0, _MIN7),
    "iih7": (2, _HALF), "IIImaj7": (3, _MAJ7), "iv7": (5, _MIN7), "v7": (7, _MIN7), "VImaj7": (8, _MAJ7),
    "VII7": (10, _DOM7), "viio7": (11, _DIM7), "Iadd9": (0, _ADD9), "IVadd9": (5, _ADD9),
    "viadd9": (9, _MADD9),
    "iadd9": (0, _MADD9), "ivadd9": (5, _MADD9), "VIadd9": (8, _ADD9),
}
_SEVENTHS = {"I": "Imaj7", "ii": "ii7", "iii": "iii7", "IV": "IVmaj7", "V": "V7", "vi": "vi7",
             "viio": "viih7", "i": "i7", "iio": "iih7", "III": "IIImaj7", "iv": "iv7", "v": "v7",
             "VI": "VImaj7", "VII": "VII7"}
_NINTHS = {"I": "Iadd9", "IV": "IVadd9", "vi": "viadd9", "i": "iadd9", "iv": "ivadd9", "VI": "VIadd9"}
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}

# What each function may be, with weights; a mood adds its own.
_FUNCTIONS = {
    "major": {"T": {"I": 6, "vi": 2, "iii": 1}, "S": {"IV": 4, "ii": 4}, "D": {"V": 4, "V7": 4}},
    "minor": {"T": {"i": 6, "VI": 2, "III": 2}, "S": {"iv": 5, "iio": 2, "VI": 1}, "D": {"V": 4, "V7": 4}},
}
_COLOURS = {
    ("mysterious", "major"): {"S": {"iv": 3}, "T": {"vi": 4, "iii": 3}},
    ("mysterious", "minor"): {"S": {"bII": 4}, "T": {"VI": 3}, "D": {"VII": 2}},
    ("tense", "major"): {"D": {"viio": 4}, "S": {"iv": 3, "V7/V": 2}},
    ("tense", "minor"): {"D": {"viio7": 5}, "S": {"bII": 3, "iio": 3}},
    ("sad", "major"): {"S": {"iv": 2, "ii": 3}, "T": {"vi": 4, "iii": 2}},
    ("sad", "minor"): {"S": {"iv": 3}, "D": {"v": 2}},
    ("dreamy", "major"): {"T": {"iii": 3}, "S": {"IV": 4}},
    ("dreamy", "minor"): {"D": {"VII": 3}, "T": {"III": 3}},
    ("calm", "minor"): {"D": {"VII": 2, "v": 2}},
}
_OPENINGS = ("TS", "TT", "TD", "TT", "TS")
_CONTRASTS = {"major": (("vi", "iii"), ("IV", "I"), ("vi", "IV"), ("V7/vi", "vi"), ("ii", "vi"),
                        ("V7/IV", "IV"),
                        ("iii", "vi"), ("V7/ii", "ii")),
              "minor": (("III", "VII"), ("VI", "III"), ("iv", "i"), ("VI", "iv"), ("V7/iv", "iv"),
                        ("VII", "III"))}


@dataclass(frozen=True)
class Request:
    """What is asked of a tune. key: "D minor"; bars: one of BARS."""

    style: str
    mood: str
    tempo: str
    key: str
    bars: int

    def __post_init__(self):
        for name, allowed in (("style", STYLES), ("mood", MOODS), ("tempo", TEMPI), ("bars", BARS)):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}; "
                                 f"it takes one of {', '.join(map(str, allowed))}")
        key_parts(self.key)


@dataclass(frozen=True)
class Tune:
    """A Score, with the plan it was made from: a letter for each four bars, and the chords of each bar."""

    request: Request
    score: Score
    form: str
    harmony: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Mood:
    """How a mood moves. density: weights of sparse, middling and busy bars. centre: pitch around which it
    sings, for a tonic of C. arc: semitones above it, bar by bar. steps: weights of repeat, step, third, leap.
    rise: the chance that a move goes up. length: share of a note's time that sounds. rests, chromatic:
    chances per note."""

    density: tuple[int, int, int]
    centre: int
    arc: tuple[int, int, int, int]
    steps: tuple[int, int, int, int]
    rise: float
    length: float
    rests: float = 0.0
    chromatic: float = 0.0


_MOODS = {
    "calm": _Mood((4, 5, 0), 70, (0, 2, 2, 0), (1, 8, 2, 0), 0.5, 1.0),
    "joyful": _Mood((0, 3, 6), 76, (0, 3, 5, 2), (1, 4, 4, 3), 0.6, 0.75),
    "sad": _Mood((4, 4, 1), 67, (5, 3, 1, -2), (1, 8, 1, 1), 0.25, 1.0),
    "mysterious": _Mood((4, 4, 1), 62, (0, -2, 3, -1), (2, 3, 3, 3), 0.5, 0.9, rests=0.18, chromatic=0.12),
    "tense": _Mood((0, 2, 7), 70, (0, 2, 4, 5), (7, 4, 1, 1), 0.55, 0.5, chromatic=0.1),
    "dreamy": _Mood((2, 5, 2), 79, (0, 4, 6, 3), (0, 2, 6, 4), 0.6, 1.0),
}
# Rhythms of one bar in ticks, sparse to busy; a negative length is a rest.
_RHYTHMS = {
    (3, 4): (((36,), (24, 12), (12, 24)),
             ((12, 12, 12), (24, 12), (18, 6, 12), (24, 6, 6), (12, 18, 6), (-12, 12, 12)),
             ((6, 6, 12, 12), (12, 6, 6, 12), (6, 6, 6, 6, 12), (18, 6, 6, 6), (6, 6, 6, 6, 6, 6),
              (12, 12, 6, 6))),
    (6, 8): (((36,), (18, 18), (18, 12, 6), (30, 6)),
             ((12, 6, 12, 6), (18, 12, 6), (12, 6, 18), (24, 6, 6), (18, 6, 6, 6)),
             ((6, 6, 6, 12, 6), (6, 6, 6, 6, 6, 6), (12, 6, 6, 6, 6), (6, 6, 6, 18), (9, 3, 6, 12, 6),
              (9, 3, 6, 18))),
    (4, 4): (((48,), (24, 24), (36, 12)),
             ((12, 12, 24), (24, 12, 12), (12, 12, 12, 12), (18, 6, 24), (18, 6, 12, 12), (24, 18, 6)),
             ((6, 6, 12, 12, 12), (12, 6, 6, 12, 12), (18, 6, 18, 6), (6, 6, 6, 6, 24), (9, 3, 12, 9, 3, 12),
              (6, 6, 6, 6, 12, 12), (9, 3, 9, 3, 12, 12), (12, 12, 6, 6, 12))),
    (2, 4): (((24,), (12, 12)),
             ((12, 12), (18, 6), (12, 6, 6), (6, 6, 12)),
             ((6, 6, 6, 6), (9, 3, 12), (6, 6, 12), (9, 3, 9, 3), (12, 9, 3), (6, 3, 3, 12))),
    "jazz": (((24, 24), (-12, 12, 24), (36, 12), (-24, 24), (12, 36)),
             ((8, 4, 12, 24), (-12, 8, 4, 24), (12, 8, 4, -12, 12), (8, 16, 8, 16), (-8, 4, 8, 4, 24),
              (20, 16, 12),
              (12, 8, 28), (-20, 4, 12, 12)),
             ((8, 4, 8, 4, 8, 4, 12), (8, 4, 8, 4, 24), (-8, 4, 8, 4, 8, 4, 12), (8, 4, 8, 16, 12),
              (4, 4, 4, 12, 8, 4, 12),
              (12, 8, 4, 8, 4, 12), (8, 16, 8, 4, 12), (-12, 8, 4, 8, 4, 8, 4))),
    "ambient": (((48,), (24, 24), (-12, 36), (36, 12), (-24, 24), (12, 36)),
                ((24, 12, 12), (12, 24, 12), (-12, 12, 24), (12, 12, 24), (18, 30), (30, 18), (18, 18, 12)),
                ((12, 12, 12, 12), (18, 6, 24), (6, 18, 24), (12, 6, 6, 24), (6, 6, 12, 24), (24, 6, 6, 12))),
}
_PROGRAMS = {  # by mood: melody, then chords and bass by style
    "calm": (73, 71, 40, 11), "joyful": (73, 56, 40, 71, 65), "sad": (40, 68, 71),
    "mysterious": (68, 71, 11, 73),
    "tense": (40, 56, 65, 68), "dreamy": (10, 11, 73),
}
_BACKING = {"waltz": ((0, 48, 21, 24), (43, 32, 42)), "march": ((0, 48, 21), (58, 43, 33)),
            "lullaby": ((46, 24, 0, 4), (42, 43, 32)), "jazz": ((0, 4, 24), (32, 33)),
            "ambient": ((89, 48, 4, 46), (39, 42, 43))}


def draw_request(seed: int) -> Request:
    """A request with every part drawn evenly, except that short tunes come more often than long ones."""
    rng = random.Random(seed)
    bars = rng.choices(BARS, (6, 5, 8, 1, 1, 1, 1))[0]
    return Request(rng.choice(STYLES), rng.choice(MOODS), rng.choice(TEMPI), rng.choice(KEYS), bars)


def home_shift(key: str) -> int:
    """Semitones from a tune written around C to one around this key's tonic, -5 to 6."""
    return (key_parts(key)[0] + 5) % 12 - 5


def compose(request: Request, seed: int) -> Tune:
    """A tune that answers the request; the same request and seed always give the same tune."""
    rng = random.Random(f"{request}/{seed}")
    metre = rng.choice(METRES[request.style])
    mode = key_parts(request.key)[1]
    form = rng.choice(FORMS[request.bars])
    phrases = _phrases(rng, request, metre, mode, form)
    shift, bar = home_shift(request.key), _bar_ticks(metre)
    parts: dict[str, list[tuple[int, int, int]]] = {"melody": [], "chords": [], "bass": []}
    harmony: list[tuple[str, ...]] = []
    for index, phrase in enumerate(phrases):
        harmony += phrase["harmony"]
        for part, notes in parts.items():
            notes += [(start + index * 4 * bar, length, pitch + shift)
                      for start, length, pitch in phrase[part]]
    low, high = BPM[request.style][request.tempo]
    bpm = float(5 * round(rng.uniform(low, high) / 5))
    backing = _BACKING[request.style]
    programs = (rng.choice(_PROGRAMS[request.mood]), rng.choice(backing[0]), rng.choice(backing[1]))
    tracks = tuple(Track(name, program, False, tuple(Note(pitch, start / TICKS, length / TICKS)
                                                     for start, length, pitch in notes))
                   for (name, notes), program in zip(parts.items(), programs))
    key = key_name(*key_parts(request.key))
    return Tune(request, Score(tracks, ((0.0, bpm),), ((0.0, *metre),), ((0.0, key),)), form, tuple(harmony))


def endings(form: str) -> tuple[str, ...]:
    """How each phrase of a form ends: on the dominant (open), on the tonic (closed), or for good (final)."""
    return tuple("final" if index == len(form) - 1 else "closed" if index % 2 else "open"
                 for index in range(len(form)))


def _bar_ticks(metre: tuple[int, int]) -> int:
    return 4 * TICKS * metre[0] // metre[1]


def _phrases(rng, request: Request, metre, mode: str, form: str) -> list[dict]:
    """Each phrase's notes by part and its chords; a letter that comes again brings its music again."""
    made: dict[tuple[str, str], dict] = {}
    openings: dict[str, dict] = {}
    textures = {letter: rng.randrange(3) for letter in "ABC"}
    textures["C"] = rng.choice((textures["A"], textures["C"]))
    phrases = []
    for letter, ending in zip(form, endings(form)):
        if (letter, ending) not in made:
            if letter not in openings:
                openings[letter] = _opening(rng, request, metre, mode, letter)
            made[letter, ending] = _finished(rng, request, metre, mode, openings[letter], ending,
                                             textures[letter])
        phrases.append(made[letter, ending])
    return phrases


def _opening(rng, request: Request, metre, mode: str, letter: str) -> dict:
    """The first two bars of a phrase, and what the rest is to be made of."""
    if letter == "A":
        chords = [_chord(rng, request, mode, function, first=index == 0)
                  for index, function in enumerate(rng.choice(_OPENINGS))]
    else:
        chords = [_coloured(rng, request, name) for name in rng.choice(_CONTRASTS[mode])]
    mood = _MOODS[request.mood]
    motif, answer = (_motif(rng, request, metre) for _ in range(2))
    second = rng.choice((motif, motif, _inverted(motif), answer, (motif[0], answer[1])))
    third = rng.choice((motif, answer, _varied(rng, motif), answer))
    harmony: list[tuple[str, ...]] = [(chord,) for chord in chords]
    if request.style == "jazz" and rng.random() < 0.4:
        harmony[1] = (chords[1], _coloured(rng, request, rng.choice(_passing(mode))))
    centre = mood.centre + (0 if letter == "A" else rng.choice((-3, 2, 4)))
    melody: list[tuple[int, int, int]] = []
    for index, cell in enumerate((motif, second)):
        melody += _sung(rng, cell, harmony[index], index, metre, mode, request, centre, melody)
    return {"melody": melody, "harmony": harmony, "third": third, "centre": centre,
            "backing": rng.getrandbits(32)}


def _finished(rng, request: Request, metre, mode: str, opening: dict, ending: str, texture: int) -> dict:
    """The opening with two bars that end it: on the dominant (open), the tonic (closed), or for good."""
    if ending == "open":
        third, last = _chord(rng, request, mode, rng.choice("ST")), _chord(rng, request, mode, "D")
        harmony = opening["harmony"] + [(third,), (last,)]
        if request.style == "jazz" and rng.random() < 0.5:
            harmony[3] = (_coloured(rng, request, "ii" if mode == "major" else "iio"), last)
    else:
        dominant = _coloured(rng, request, rng.choice(("V", "V7")))
        if request.style == "jazz" and rng.random() < 0.25:
            dominant = "subV"
        split = metre == (4, 4) and rng.random() < (0.8 if request.style == "jazz" else 0.4)
        turn = (_chord(rng, request, mode, "S"), dominant) if split else (dominant,)
        harmony = opening["harmony"] + [turn, (_coloured(rng, request, "I" if mode == "major" else "i"),)]
    melody = list(opening["melody"])
    melody += _sung(rng, opening["third"], harmony[2], 2, metre, mode, request, opening["centre"], melody)
    melody += _cadence(rng, harmony[3], ending, metre, mode, request, melody)
    # Its own dice: the two bars that open a phrase are played alike however it is to end.
    chords, bass = _accompaniment(random.Random(opening["backing"]), request, harmony, metre, mode, texture,
                                  ending == "final")
    return {"melody": melody, "chords": chords, "bass": bass, "harmony": harmony}


def _chord(rng, request: Request, mode: str, function: str, first: bool = False) -> str:
    if first:
        return _coloured(rng, request, "I" if mode == "major" else "i")
    weights = dict(_FUNCTIONS[mode][function])
    for name, weight in _COLOURS.get((request.mood, mode), {}).get(function, {}).items():
        weights[name] = weights.get(name, 0) + weight
    return _coloured(rng, request, rng.choices(list(weights), list(weights.values()))[0])


def _coloured(rng, request: Request, name: str) -> str:
    """Sevenths for jazz and dreams, added ninths for ambient."""
    if request.style == "jazz" or (request.mood == "dreamy" and rng.random() < 0.6):
        return _SEVENTHS.get(name, name)
    if request.style == "ambient" and rng.random() < 0.5:
        return _NINTHS.get(name, name)
    return name


def _passing(mode: str) -> tuple[str, ...]:
    return ("vi", "V7/ii", "ii", "IV") if mode == "major" else ("VI", "iv", "V7/iv")


def _rhythm(rng, request: Request, metre) -> tuple[int, ...]:
    level = rng.choices((0, 1, 2), _MOODS[request.mood].density)[0]
    return rng.choice((_RHYTHMS[request.style] if request.style in _RHYTHMS else _RHYTHMS[metre])[level])


def _motif(rng, request: Request, metre) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """One bar: its rhythm, and scale steps from its first note to each note."""
    mood = _MOODS[request.mood]
    rhythm = _rhythm(rng, request, metre)
    at, steps = 0, [0]
    for _ in range(len(rhythm) - 1):
        size = rng.choices((0, 1, 2, 4), mood.steps)[0]
        at += size if rng.random() < mood.rise else -size
        at = max(-5, min(6, at))
        steps.append(at)
    return rhythm, tuple(steps)


def _inverted(motif):
    return motif[0], tuple(-step for step in motif[1])


def _varied(rng, motif):
    rhythm, steps = motif
    return rhythm, tuple(step if index < len(steps) / 2 else step + rng.choice((-1, 0, 1, 2))
                         for index, step in enumerate(steps))


def _chord_at(harmony: Sequence[str], onset: int, bar: int) -> str:
    return harmony[min(len(harmony) - 1, onset * len(harmony) // bar)]


def chord_pitch_classes(name: str) -> list[int]:
    """The chord's pitch classes above the tonic, root first."""
    root, intervals = CHORDS[name]
    return [(root + interval) % 12 for interval in intervals]


def _scale_over(name: str, mode: str) -> list[int]:
    """The key's seven tones, bent where the chord asks for it (in minor, a leading tone over a dominant)."""
    scale = list(SCALES[mode])
    for tone in chord_pitch_classes(name):
        if tone not in scale:
            near = min(range(7), key=lambda i: min((scale[i] - tone) % 12, (tone - scale[i]) % 12))
            scale[near] = tone
    if mode == "minor" and 11 in scale and 8 in scale and 8 not in chord_pitch_classes(name):
        scale[scale.index(8)] = 9  # melodic minor: no augmented second before the leading tone
    return sorted(scale)


def _nearest(tones: Sequence[int], pitch: float, low: int = 57, high: int = 88) -> int:
    """The pitch of one of these pitch classes (tonic C) that is nearest, inside the range."""
    return min((p for p in range(low, high + 1) if p % 12 in tones), key=lambda p: (abs(p - pitch), p))


def _stepped(pitch: int, steps: int, scale: Sequence[int]) -> int:
    """So many scale steps from a pitch."""
    tones = [p for p in range(pitch - 24, pitch + 25) if p % 12 in scale]
    at = min(range(len(tones)), key=lambda i: abs(tones[i] - pitch))
    return tones[at + steps]


def _sung(rng, motif, harmony, index: int, metre, mode, request: Request, centre: int, before) -> list:
    """A motif sung over a bar's chords: chord tones on strong beats, scale tones between, near what was."""
    mood, bar = _MOODS[request.mood], _bar_ticks(metre)
    target = centre + mood.arc[index]
    last = before[-1][2] if before else target
    anchor = _nearest(chord_pitch_classes(harmony[0]), 0.4 * last + 0.6 * target + rng.choice((-2, 0, 0, 2)))
    notes: list[tuple[int, int, int]] = []
    onset = 0
    for length, step in zip(*motif):
        if length < 0 or (onset and rng.random() < mood.rests):
            onset += abs(length)
            continue
        chord = _chord_at(harmony, onset, bar)
        pitch = _stepped(anchor, step, _scale_over(chord, mode))
        strong = onset == 0 or onset * 2 == bar or length >= 2 * TICKS
        if strong or request.mood == "dreamy":
            pitch = _nearest(chord_pitch_classes(chord), pitch)
        previous = notes[-1][2] if notes else last
        while pitch - previous > 9 or pitch > 86:
            pitch -= 12
        while previous - pitch > 9 or pitch < 57:
            pitch += 12
        if not strong and length <= TICKS and rng.random() < mood.chromatic:
            pitch = previous - 1 if notes else pitch
        notes.append((index * bar + onset, _sounding(length, mood.length), pitch))
        onset += length
    return notes or [(index * bar, _sounding(bar, mood.length), anchor)]


def _sounding(length: int, share: float) -> int:
    """Short notes are detached by the mood's share; long ones only lose a little."""
    if share == 1.0 or length <= 3:
        return length
    return max(2, round(length * share)) if length <= 24 else length - 6


def _cadence(rng, harmony, ending: str, metre, mode, request: Request, before) -> list:
    """The last bar of a phrase: a few notes that step onto a resting tone."""
    mood, bar = _MOODS[request.mood], _bar_ticks(metre)
    chord = harmony[-1]
    scale = _scale_over(chord, mode)
    resting = {"final": [0], "closed": [0, 0, 4 if mode == "major" else 3]}.get(ending)
    tones = [rng.choice(resting)] if resting else chord_pitch_classes(chord)[:3]
    goal = _nearest(tones, before[-1][2], 59, 84)
    half = bar // 2 if metre in ((4, 4), (6, 8), (2, 4)) else TICKS
    lead: tuple[int, ...] = ()
    if ending != "final" or rng.random() < 0.5:
        lead = rng.choice(((), (), (half,), (half // 2, half // 2)))
    if request.style == "jazz" and lead == (12, 12):
        lead = (16, 8)
    side = 1 if before[-1][2] >= goal else -1
    if len(harmony) > 1 and lead:
        lead = ()
    notes: list[tuple[int, int, int]] = []
    onset = 3 * bar
    for index, length in enumerate(lead):
        notes.append((onset, _sounding(length, mood.length),
                      _stepped(goal, side * (len(lead) - index), scale)))
        onset += length
    rest = 4 * bar - onset
    if ending != "final" and not lead and rng.random() < 0.5 and bar > 24:
        rest -= TICKS
    notes.append((onset, rest if ending == "final" else _sounding(rest, mood.length), goal))
    return notes


def _accompaniment(rng, request: Request, harmony, metre, mode, texture: int, final: bool):
    """Chords and bass for a phrase, in the manner of the style; voices move as little as they can."""
    bar = _bar_ticks(metre)
    chords, bass, voicing, low = [], [], None, 41
    for index, names in enumerate(harmony):
        span = bar // len(names)
        last = index == 3
        for part, name in enumerate(names):
            at = index * bar + part * span
            ahead = harmony[(index + 1) % 4] if index != 1 else names
            follower = names[part + 1] if part + 1 < len(names) else ahead[0]
            voicing = _voiced(rng, name, voicing, request)
            root = _nearest([CHORDS[name][0] % 12], low, 34, 48)
            if last and final:
                chords += [(at, span, pitch) for pitch in voicing]
                bass.append((at, span, root))
            else:
                pattern = {"waltz": _waltz, "march": _march, "lullaby": _lullaby, "jazz": _jazz,
                           "ambient": _ambient}[request.style]
                played, walked = pattern(rng, voicing, root, name, follower, span, index, texture, request,
                                         metre, mode)
                chords += [(at + onset, length, pitch) for onset, length, pitch in played]
                bass += [(at + onset, length, pitch) for onset, length, pitch in walked]
            low = round(0.5 * root + 0.5 * 41)
    return chords, bass


def _voiced(rng, name: str, before, request: Request) -> tuple[int, ...]:
    """Three or four notes between 50 and 72, as near as can be to the chord before."""
    root, intervals = CHORDS[name]
    if request.style == "jazz" and len(intervals) == 4:
        intervals = intervals[1:]  # rootless: the bass has the root
    classes = [(root + interval) % 12 for interval in intervals]
    options = []
    for bottom in range(50, 63):
        if bottom % 12 in classes:
            pitches = [bottom]
            for tone in classes[classes.index(bottom % 12) + 1:] + classes[:classes.index(bottom % 12)]:
                pitches.append(pitches[-1] + 1 + (tone - pitches[-1] - 1) % 12)
            if pitches[-1] <= 74:
                options.append(tuple(pitches))
    if before is None:
        return rng.choice(options)
    return min(options, key=lambda pitches: (sum(abs(a - b) for a, b in zip(pitches, before)), pitches))


def _fifth(root: int, name: str) -> int:
    fifth = root + CHORDS[name][1][2]
    return fifth if fifth <= 48 else fifth - 12


def _three(voicing, name: str) -> tuple[int, ...]:
    """Three notes to break a chord into, from the bottom up: of four, the fifth can go."""
    root, intervals = CHORDS[name]
    fifth = (root + intervals[2]) % 12
    return voicing if len(voicing) == 3 else tuple(pitch for pitch in voicing if pitch % 12 != fifth)[:3]


def _waltz(rng, voicing, root, name, follower, span, index, texture, request, metre, mode):
    low = _fifth(root, name) if index == 1 and texture != 1 else root
    length = {"tense": 6, "joyful": 8, "calm": 12, "sad": 12, "dreamy": 12, "mysterious": 8}[request.mood]
    if texture == 2 and request.mood in ("calm", "dreamy", "sad"):
        a, b, c = _three(voicing, name)
        tops = (a, b, c, b, a)
        return [(6 + 6 * i, 6, pitch) for i, pitch in enumerate(tops)], [(0, 36, low)]
    beats = (12,) if texture == 1 and index % 2 else (12, 24)
    return ([(beat, length, pitch) for beat in beats for pitch in voicing],
            [(0, 24 if texture == 0 else 12, low)])


def _march(rng, voicing, root, name, follower, span, index, texture, request, metre, mode):
    fifth = _fifth(root, name)
    length = {"tense": 4, "joyful": 5, "sad": 10, "calm": 10, "dreamy": 12, "mysterious": 6}[request.mood]
    if metre == (2, 4):
        beats = (6, 18) if texture == 0 else (12,) if texture == 1 else (6,)
        bass = [(0, 9, root), (12, 9, fifth)] if texture != 1 else [(0, 12, root)]
        return [(beat, min(length, 6), pitch) for beat in beats for pitch in voicing], bass
    if texture == 2:
        beats = tuple(range(0, span, 12))
        bass = [(0, 18, root), (18, 6, root), (24, 18, fifth)][:3 if span == 48 else 2]
    else:
        beats = tuple(range(12, span, 24)) if texture == 0 else tuple(range(6, span, 12))
        bass = [(0, 12, root), (24, 12, fifth)] if span == 48 else [(0, 12, root)]
    if texture == 1:
        length = min(length, 6)
    return [(beat, length, pitch) for beat in beats for pitch in voicing], bass


def _lullaby(rng, voicing, root, name, follower, span, index, texture, request, metre, mode):
    a, b, c = _three(voicing, name)
    order = ((a, b, c, b, c, b), (a, c, b, c, b, c), (c, b, a, b, c, b))[texture]
    if request.mood in ("sad", "calm") and texture == 2:
        return [(at, 12, pitch) for at, pitch in zip((0, 12, 24), (a, b, c))], [(0, 36, root)]
    rocking = metre == (6, 8) and texture == 1
    bass = [(0, 18, root), (18, 18, _fifth(root, name))] if rocking else [(0, 36, root)]
    return [(6 * i, 6, pitch) for i, pitch in enumerate(order)], bass


_COMPING = (((0, 12), (20, 8)), ((20, 12),), ((8, 8), (32, 12)), ((0, 8), (32, 8)), ((12, 6), (36, 6)))


def _jazz(rng, voicing, root, name, follower, span, index, texture, request, metre, mode):
    scale = _scale_over(name, mode)
    target = _nearest([CHORDS[follower][0] % 12], root, 33, 50)
    approach = target + rng.choice((1, -1, -1))
    if span == 24:
        return [(0 if texture else 8, 10, pitch) for pitch in voicing], [(0, 12, root), (12, 12, approach)]
    second = rng.choice((_fifth(root, name), root + CHORDS[name][1][1], _stepped(root, 1, scale)))
    third = rng.choice((_fifth(root, name), root + CHORDS[name][1][1]))
    line = [root, second, third if third != second else root, approach]
    hits = _COMPING[(2 * texture + (rng.random() < 0.4)) % len(_COMPING)]
    return ([(onset, length, pitch) for onset, length in hits for pitch in voicing],
            [(12 * i, 12, pitch) for i, pitch in enumerate(line)])


def _ambient(rng, voicing, root, name, follower, span, index, texture, request, metre, mode):
    bass = [(0, span, root)]
    if texture == 0 or span < 48:
        return [(0, span, pitch) for pitch in voicing], bass
    if texture == 1:
        offset = rng.choice((12, 6, 12))
        return [(offset * i, span - offset * i, pitch) for i, pitch in enumerate(voicing)], bass
    order = rng.choice((voicing, voicing[::-1]))
    return [(12 * i, 12, order[i % len(order)]) for i in range(4)], bass


# What the checker asks of a tune. It reads notes alone: it sees neither the plan nor the rules above.

def in_key_share(score: Score, key: str) -> float:
    """Share of sounding time, all tracks, on tones of the key (in minor, of its three scales together)."""
    tonic, mode = key_parts(key)
    scale = set(SCALES[mode]) | ({9, 11} if mode == "minor" else set())
    notes = [note for track in score.tracks if not track.is_drum for note in track.notes]
    inside = sum(note.duration for note in notes if (note.pitch - tonic) % 12 in scale)
    return inside / max(1e-9, sum(note.duration for note in notes))


def roles(score: Score) -> dict[str, tuple[Note, ...]]:
    """The notes of melody, chords and bass, told apart by instrument; empty when one is absent."""
    found = {}
    for role, programs in (("melody", MELODY_PROGRAMS), ("chords", CHORD_PROGRAMS), ("bass", BASS_PROGRAMS)):
        notes = [note for track in score.tracks if track.program in programs and not track.is_drum
                 for note in track.notes]
        found[role] = tuple(sorted(notes, key=lambda note: (note.start, note.pitch)))
    return found if all(found.values()) else {}


def returning_share(melody: Sequence[Note], bar: float, bars: int) -> float:
    """How well some phrase's first two bars come again in a later phrase's: shared notes, 0 to 1."""
    heads = []
    for start in range(0, bars, 4):
        heads.append({(round((note.start - start * bar) * TICKS), note.pitch) for note in melody
                      if start * bar - 1e-6 <= note.start < (start + 2) * bar - 1e-6})
    pairs = [(a, b) for i, a in enumerate(heads) for b in heads[i + 1:] if a and b]
    return max((len(a & b) / max(len(a), len(b)) for a, b in pairs), default=0.0)


def faults(score: Score, request: Request) -> list[str]:
    """What a teacher of harmony would mark in red; an empty list when the tune is as asked.

    Looked at: the key (sounding time on its tones), the metre, the number of bars and whether all of them are
    full, a phrase that returns, the ranges and leaps, and roots in the bass where phrases end.
    """
    found = []
    parts = roles(score)
    if not parts:
        return [f"it has {len(score.tracks)} tracks, not melody, chords and bass"]
    metre = score.metres[0][1:]
    if metre not in METRES[request.style] or len(score.metres) != 1:
        found.append(f"metre: {metre[0]}/{metre[1]} is not a {request.style}'s")
    bar = 4 * metre[0] / metre[1]
    share = in_key_share(score, request.key)
    if share < 0.85:
        found.append(f"key: {share:.0%} of the time on tones of {request.key}")
    bars = -(-round(score.beats * TICKS) // round(bar * TICKS))
    if bars != request.bars:
        found.append(f"bars: {bars} instead of {request.bars}")
    found += _bar_faults(parts, bar, min(bars, request.bars))
    if returning_share(parts["melody"], bar, request.bars) < 0.75:
        found.append("form: no phrase returns")
    found += _range_faults(parts, bar)
    found += _cadence_faults(parts, bar, request)
    low, high = BPM[request.style][request.tempo]
    if not low - 5 <= score.tempos[0][1] <= high + 5:
        found.append(f"tempo: {score.tempos[0][1]:.0f} is not {request.tempo} for a {request.style}")
    return found


def _bar_faults(parts, bar: float, bars: int) -> list[str]:
    found = []
    notes = [note for part in parts.values() for note in part]
    for index in range(bars):
        start, end = index * bar, (index + 1) * bar
        sounding = [(max(n.start, start), min(n.start + n.duration, end)) for n in notes
                    if n.start < end - 1e-6 and n.start + n.duration > start + 1e-6]
        if _covered(sounding) < 0.5 * bar:
            found.append(f"bars: bar {index + 1} is not full")
        elif not any(abs(n.start - start) < 1e-6 for n in (*parts["bass"], *parts["chords"])):
            found.append(f"metre: nothing marks the beginning of bar {index + 1}")
    return found


def _covered(spans: list[tuple[float, float]]) -> float:
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _range_faults(parts, bar: float) -> list[str]:
    found = []
    for role, (low, high) in {"melody": (50, 96), "chords": (43, 84), "bass": (26, 60)}.items():
        outside = [note.pitch for note in parts[role] if not low <= note.pitch <= high]
        if outside:
            found.append(f"range: the {role} has a note at {outside[0]}; it lies between {low} and {high}")
    line = parts["melody"]
    leaps = sum(abs(a.pitch - b.pitch) > 12 and int(a.start / (4 * bar)) == int(b.start / (4 * bar))
                for a, b in zip(line, line[1:]))
    if leaps > 0.03 * len(line):
        found.append(f"melody: {leaps} leaps of more than an octave inside a phrase")
    return found


def _cadence_faults(parts, bar: float, request: Request) -> list[str]:
    found = []
    tonic, mode = key_parts(request.key)
    for index in range(3, request.bars, 4):
        start = index * bar
        low = [n.pitch for n in parts["bass"] if start - 1e-6 <= n.start < start + bar / 2]
        above = {n.pitch % 12 for n in (*parts["chords"], *parts["bass"])
                 if start - 1e-6 <= n.start < start + bar}
        if not low:
            found.append(f"cadence: no bass in bar {index + 1}")
            continue
        if not {(low[0] + 3) % 12, (low[0] + 4) % 12} & above:
            found.append(f"cadence: the bass of bar {index + 1} is not the chord's root")
        if index == request.bars - 1 and low[0] % 12 != tonic:
            found.append("cadence: the last bass note is not the tonic")
    last = parts["melody"][-1].pitch
    if (last - tonic) % 12 not in (0, 4 if mode == "major" else 3, 7):
        found.append("cadence: the melody does not end on the tonic chord")
    return found
