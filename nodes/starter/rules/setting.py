"""How what was played becomes a Score: ticks and swing, accents of the bar, tempo that gives way, marks of the sections."""

from __future__ import annotations

import random
from itertools import groupby

from ...media.score import Note, Score, Text, Track, key_name, key_parts
from .cast import UNPITCHED
from .form import PHRASE, Phrase, Request
from .players import Strikes
from .rhythms import bar_length
from .styles import MOODS, STYLES, Metre

TICKS = 12  # to a quarter note
NAMES = {"lead": "Melody", "harmony": "Second voice", "counter": "Counter-melody", "stabs": "Stabs", "arpeggio": "Arpeggio", "chords": "Chords",
         "pad": "Pad", "bass": "Bass", "drums": "Drums", "percussion": "Percussion"}
_SWUNG = {0: 0, 3: 4, 6: 8, 9: 8, 12: 12}  # ticks of a beat


def score_of(request: Request, played: dict[str, Strikes], programs: dict[str, int], plan: list[Phrase], metre: Metre, bpm: float,
             breathing: bool) -> Score:
    """What each role played, in sixteenths, as a Score."""
    bar, style = bar_length(metre), STYLES[request.style]
    count = len(plan) * PHRASE
    rng = random.Random(len(plan) * 31 + bar)
    tracks = []
    for role in NAMES:
        if role in played:
            sounding = MOODS[request.mood].sounding if role == "lead" else 1.0
            notes = _notes(played[role], bar, count * bar, sounding, style.swung and metre != (6, 8), rng)
            tracks.append(Track(NAMES[role], programs.get(role, 0), role in UNPITCHED, notes))
    marks, number = [], 0
    for name, group in groupby(plan, key=lambda phrase: (phrase.section, phrase.letter if phrase.letter in "IKZ" else "")):
        marks.append(Text(number * bar / 4, name[0], "marker"))
        number += PHRASE * len(list(group))
    beats = bar / 4
    tempos = _tempos(bpm, style.free, plan, beats) if breathing else ((0.0, bpm),)
    return Score(tuple(tracks), tempos, ((0.0, *metre),), ((0.0, key_name(*key_parts(request.key))),), tuple(marks))


def _notes(strikes: Strikes, bar: int, end: int, sounding: float, swung: bool, rng: random.Random) -> tuple[Note, ...]:
    """Strikes as notes: accents of the bar, no pitch over itself, none beyond the end."""
    limit = 3 * end
    set_down: dict[tuple[int, int], tuple[int, int]] = {}
    for start, length, pitch, velocity in strikes:
        begin = _placed(3 * start, swung)
        finish = min(limit, max(begin + 3, _placed(3 * (start + length), swung)))  # swung, the last two sixteenths of a beat are one
        if length <= 4 and sounding < 1:
            finish = max(begin + 2, begin + round((finish - begin) * sounding))
        accent = 6 if start % bar == 0 else 2 if start % 4 == 0 else -3
        set_down.setdefault((begin, pitch), (finish, max(20, min(122, velocity + accent + rng.randint(-3, 3)))))
    found, following = [], dict[int, int]()
    for (begin, pitch), (finish, velocity) in sorted(set_down.items(), reverse=True):
        finish = min(finish, following.get(pitch, finish))
        following[pitch] = begin
        if finish > begin:
            found.append(Note(pitch, begin / TICKS, (finish - begin) / TICKS, velocity))
    return tuple(sorted(found, key=lambda note: (note.start, note.pitch)))


def _placed(tick: int, swung: bool) -> int:
    return tick - tick % TICKS + _SWUNG[tick % TICKS] if swung else tick


def _tempos(bpm: float, free: float, plan: list[Phrase], beats: float) -> tuple[tuple[float, float], ...]:
    """The tempo by bars: it gives way where a phrase ends, and slows in the last two bars unless they lead back."""
    found = {0.0: bpm}
    for phrase in plan if free else ():
        start = phrase.first * beats
        found |= {start: bpm, start + beats: bpm * (1 + free / 2), start + 3 * beats: bpm * (1 - free)}
    if plan[-1].ending == "final":
        end = (plan[-1].first + PHRASE) * beats
        found |= {end - 2 * beats: bpm * 0.94, end - beats: bpm * 0.84}
    return tuple(sorted((beat, round(value, 2)) for beat, value in found.items()))
