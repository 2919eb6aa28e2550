"""Chords by Roman numerals: progressions of phrases in families of styles, scales over chords, and voices that lead.

Pitch classes are semitones above the tonic until a tonic is added. Functions after Piston, "Harmony"; turnarounds as jazz
players have them.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

from ...music.theory import PROFILES, correlation

_M, _m, _DIM, _DOM = (0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 7, 10)
_MAJ7, _MIN7, _HALF, _DIM7 = (0, 4, 7, 11), (0, 3, 7, 10), (0, 3, 6, 10), (0, 3, 6, 9)
# Semitones of the root above the tonic, and intervals above the root.
CHORDS: dict[str, tuple[int, tuple[int, ...]]] = {
    "I": (0, _M), "ii": (2, _m), "iii": (4, _m), "IV": (5, _M), "V": (7, _M), "vi": (9, _m), "viio": (11, _DIM),
    "i": (0, _m), "iio": (2, _DIM), "III": (3, _M), "iv": (5, _m), "v": (7, _m), "VI": (8, _M), "VII": (10, _M), "bII": (1, _M),
    "V7": (7, _DOM), "V7/V": (2, _DOM), "V7/vi": (4, _DOM), "V7/ii": (9, _DOM), "V7/IV": (0, _DOM), "V7/iv": (0, _DOM), "subV": (1, _DOM),
    "I7": (0, _DOM), "IV7": (5, _DOM), "Imaj7": (0, _MAJ7), "ii7": (2, _MIN7), "iii7": (4, _MIN7), "IVmaj7": (5, _MAJ7), "vi7": (9, _MIN7),
    "viih7": (11, _HALF), "i7": (0, _MIN7), "iih7": (2, _HALF), "IIImaj7": (3, _MAJ7), "iv7": (5, _MIN7), "v7": (7, _MIN7),
    "VImaj7": (8, _MAJ7), "VII7": (10, _DOM), "viio7": (11, _DIM7), "Iadd9": (0, (0, 4, 7, 14)), "IVadd9": (5, (0, 4, 7, 14)),
    "viadd9": (9, (0, 3, 7, 14)), "iadd9": (0, (0, 3, 7, 14)), "ivadd9": (5, (0, 3, 7, 14)), "VIadd9": (8, (0, 4, 7, 14)),
}
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_COLOURS = {
    "sevenths": {"I": "Imaj7", "ii": "ii7", "iii": "iii7", "IV": "IVmaj7", "V": "V7", "vi": "vi7", "viio": "viih7", "i": "i7", "iio": "iih7",
                 "III": "IIImaj7", "iv": "iv7", "v": "v7", "VI": "VImaj7", "VII": "VII7"},
    "ninths": {"I": "Iadd9", "IV": "IVadd9", "vi": "viadd9", "i": "iadd9", "iv": "ivadd9", "VI": "VIadd9"},
    "dominants": {"I": "I7", "IV": "IV7", "V": "V7", "i": "i7", "iv": "iv7"}, "triads": {},
}
Bars = tuple[tuple[str, ...], ...]

# The first two bars of a phrase, of a theme and of what stands against it; then bar 3 and 4 of its ends. A space parts chords of a bar.
_OPENINGS = {
    ("classic", "major"): "I,IV I,V7 I,vi I,I I,ii I,V I,iii IV,I",
    ("classic", "minor"): "i,iv i,V i,VI i,i i,iio i,V7 i,VII",
    ("chorale", "major"): "I-V,vi I-IV,I I,V-vi I-vi,IV-I vi-iii,IV I-ii,V-I I-V,I-IV",
    ("chorale", "minor"): "i-V,VI i-iv,i i,iv-i VI-III,iv i-VII,III i-V,i-iv",
    ("folk", "major"): "I,IV I,V I,I I,ii I,vi I-IV,I I,IV-V", ("folk", "minor"): "i,VII i,i i,iv i-VII,i i,VI i,v",
    ("pop", "major"): "I,V vi,IV I,vi IV,I I,IV I,iii", ("pop", "minor"): "i,VI i,VII VI,VII i,iv i,III VI,i",
    ("jazz", "major"): "I,vi I,V7/ii ii-V7,I I,ii-V7 iii,vi I,IV I-vi,ii-V7", ("jazz", "minor"): "i,iio-V7 i,iv i,VI i,i iv,i i-VI,iio-V7",
    ("modal", "major"): "I,IV I,I I,vi IV,I vi,IV I,ii", ("modal", "minor"): "i,VI i,i i,iv VI,i i,VII",
    ("film", "major"): "I,iii I,vi I,IV vi,IV I,V IV,vi", ("film", "minor"): "i,VI i,iv i,III i,VII VI,III i,i",
}
_CONTRASTS = {
    "major": "vi,iii IV,I vi,IV V7/vi,vi ii,vi V7/IV,IV iii,vi V7/ii,ii", "minor": "III,VII VI,III iv,i VI,iv V7/iv,iv VII,III",
    ("jazz", "major"): "V7/vi,vi V7/IV,IV iii-V7/ii,ii iv,VII7 ii-V7,iii-V7/ii", ("jazz", "minor"): "V7/iv,iv VII7,III iv-VII7,III VI,iio",
    ("modal", "major"): "vi,IV IV,I ii,V", ("modal", "minor"): "iv,i VI,i VII,i",
}
_OPEN = {"major": "IV,V ii,V vi,V ii-V7/V,V IV,V7 I,V", "minor": "iv,V iio,V VI,V iv,V7 i,V VII,V",
         ("jazz", "major"): "vi,ii-V7 ii,V7 IV,ii-V7 iii-V7/ii,ii-V7", ("jazz", "minor"): "VI,iio-V7 iv,V7 i,iio-V7",
         ("modal", "major"): "IV,V ii,IV vi,V IV,ii", ("modal", "minor"): "iv,v VI,v i,v"}
_CLOSED = {"major": "V7,I IV-V7,I ii-V7,I I-V7,I V,I", "minor": "V7,i iv-V7,i iio-V7,i i-V7,i V,i",
           ("jazz", "major"): "ii-V7,I ii-subV,I ii-V7,I", ("jazz", "minor"): "iio-V7,i iio-V7,i iv-V7,i",
           ("pop", "major"): "IV-V,I V,I IV,I ii-V,I", ("pop", "minor"): "VI-VII,i V,i iv-V,i",
           ("modal", "major"): "IV,I V,I ii-V,I", ("modal", "minor"): "VII,i iv-v,i V,i"}
_BLUES = {"major": {"A": ("I,IV,I,I", "I,I,I,I"), "B": ("IV,IV,I,I", "IV,IV,I,V7/ii"), "C": ("V,IV,I,V", "ii,V,I,V", "V,IV,I-IV,V")},
          "minor": {"A": ("i,iv,i,i", "i,i,i,i"), "B": ("iv,iv,i,i",), "C": ("V7,iv,i,V7", "VI,V7,i,V7")}}


def phrase_chords(rng: random.Random, family: str, mode: str, letter: str, colour: str, dark: float) -> dict[str, Bars]:
    """The chords of four bars for each way in which a phrase of this letter may end: open, closed, final."""
    if family == "blues" and letter in "ABCDEF":
        return _of_blues(rng, mode, "ABC"["ABCDEF".index(letter) % 3], colour)
    opening = rng.choice((_OPENINGS[family, mode] if letter in "AIZ" else
                          _CONTRASTS.get((family, mode)) or _CONTRASTS[mode]).split()) if family != "blues" else \
        ("I,I" if mode == "major" else "i,i")
    found = {}
    for ending, table in (("open", _OPEN), ("closed", _CLOSED)):
        choice = rng.choice((table.get((family, mode)) or table[mode]).split())
        found[ending] = _bars(f"{opening},{choice}", colour)
    found["final"] = found["closed"]
    if mode == "major" and rng.random() < dark:
        found = {ending: tuple(tuple("iv" if name in ("IV", "IVmaj7") and at == 2 else name for name in bar) for at, bar in enumerate(bars))
                 for ending, bars in found.items()}
    if mode == "minor" and rng.random() < dark / 2:
        found = {ending: tuple(tuple("bII" if name in ("iio", "iih7") else name for name in bar) for bar in bars)
                 for ending, bars in found.items()}
    return found


def _of_blues(rng: random.Random, mode: str, third: str, colour: str) -> dict[str, Bars]:
    bars = _bars(rng.choice(_BLUES[mode][third]), colour)
    tonic = ("I",) if mode == "major" else ("i",)
    before = bars[:2] + (bars[2][:1],) if third == "C" else bars[:2] + (_bars("V" if mode == "major" else "V7", colour)[0],)
    return {"open": bars, "closed": bars, "final": (*before, tonic)}


def _bars(text: str, colour: str) -> Bars:
    return tuple(tuple(_COLOURS[colour].get(name, name) for name in bar.split("-")) for bar in text.split(","))


def tones(name: str, tonic: int) -> tuple[int, ...]:
    """The pitch classes of a chord, root first."""
    root, intervals = CHORDS[name]
    return tuple((tonic + root + interval) % 12 for interval in intervals)


def scale_over(name: str, tonic: int, mode: str) -> frozenset[int]:
    """The scale over a chord: that of the key, bent to what the chord has of its own."""
    root, intervals = CHORDS[name]
    scale = set(SCALES[mode])
    for interval in intervals:
        tone = (root + interval) % 12
        if tone not in scale:
            scale.discard((tone - 1) % 12 if interval == 4 else (tone + 1) % 12)
            scale.add(tone)
    return frozenset((tonic + step) % 12 for step in scale | {(root + interval) % 12 for interval in intervals})


def voiced(classes: Sequence[int], before: Sequence[int], low: int, roof: int, most: int = 4) -> tuple[int, ...]:
    """Notes of a chord from low to roof, as near as can be to those before, without clumps: nothing closer than a third below 55.

    Where three do not fit, two do, or one. A chord of four leaves out its fifth if only three are wanted.
    """
    wanted = [tone for at, tone in enumerate(classes) if not (len(classes) > most and at == 2)][:most]
    for size in range(len(wanted), 0, -1):
        options = _stacks(wanted, size, low, roof)
        if options:
            return min(options, key=lambda pitches: (_strain(pitches, before, low), pitches))
    return ()


def _stacks(classes: Sequence[int], size: int, low: int, roof: int) -> list[tuple[int, ...]]:
    found = []
    for bottom in range(low, roof + 1):
        if bottom % 12 not in classes:
            continue
        order = sorted(classes, key=lambda tone: (tone - bottom) % 12)
        for chosen in _subsets(order, size):
            pitches = [bottom + (tone - bottom) % 12 for tone in chosen]
            if pitches[-1] <= roof and all(b - a > 2 or a >= 55 for a, b in zip(pitches, pitches[1:])):
                found.append(tuple(pitches))
    return found


def _subsets(order: list[int], size: int) -> list[list[int]]:
    """The lowest with others above it: all, or all but some."""
    if size >= len(order):
        return [order]
    return [[order[0], *rest] for rest in ([order[1:size], order[2:size + 1]] if size > 1 else [[]])]


def _strain(pitches: Sequence[int], before: Sequence[int], low: int) -> float:
    middle = sum(pitches) / len(pitches)
    if not before:
        return abs(middle - (low + 10))
    moved = sum(min(abs(pitch - other) for other in before) for pitch in pitches)
    return moved + abs(middle - sum(before) / len(before)) / 2 + abs(middle - (low + 9)) / 4 + 2 * abs(len(pitches) - len(before))


def near(classes: Sequence[int], pitch: float, low: int, high: int) -> int:
    """The pitch of one of these classes that is nearest, from low to high."""
    return min((p for p in range(low, high + 1) if p % 12 in classes), key=lambda p: (abs(p - pitch), p))


def stepped(pitch: int, steps: int, scale: Collection[int], low: int, high: int) -> int:
    """So many steps of a scale from a pitch, from low to high."""
    rungs = [p for p in range(low, high + 1) if p % 12 in scale]
    at = min(range(len(rungs)), key=lambda i: abs(rungs[i] - pitch))
    return rungs[max(0, min(len(rungs) - 1, at + steps))]


def key_margin(names: Sequence[str], tonic: int, mode: str) -> float:
    """By how much chords, each as long as the next, go better with the profile of a key than with that of any other; Temperley (2001)."""
    heard = [0.0] * 12
    for name in names:
        for at, tone in enumerate(tones(name, tonic)):
            heard[tone] += 2.0 if at == 0 else 1.0
    fits = {(tonic_, mode_): correlation(heard, [values[(pitch - tonic_) % 12] for pitch in range(12)])
            for mode_, values in zip(("major", "minor"), PROFILES["Temperley"]) for tonic_ in range(12)}
    return fits.pop((tonic, mode)) - max(fits.values())
