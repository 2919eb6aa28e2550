"""How a band of a style plays a lead sheet: who plays, in which rhythm, and what the bass does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..media.score import Note, Track
from .controls import Chord
from .drums import drum_track
from .shaping import sounding_chord, voiced


@dataclass(frozen=True)
class Band:
    """A style: drums as text in steps of a sixteenth; comp and bass as (beat, length) in a bar of `beats`.

    tones: for each stroke of the bass, r root, f fifth, o octave, w a step of the way to the next root.
    """

    beats: float
    drums: str
    fill: str
    comp: tuple[tuple[float, float], ...]
    bass: tuple[tuple[float, float], ...]
    tones: str
    comp_program: int = 0
    bass_program: int = 32
    swing: float = 0.5
    broken: bool = False  # chords one note after the other


BANDS = {
    "pop": Band(4, "kick:x.....x.x.......; snare:....x.......x...; hihat:x.x.x.x.x.x.x.x.",
                "kick:x.......x.......; snare:....x...x.x.xxxx; crash:................",
                ((0, 1.5), (1.5, 1), (2.5, 1.5)), ((0, 1.5), (1.5, 0.5), (2, 1.5), (3.5, 0.5)), "rrfr", 4, 33),
    "rock": Band(4, "kick:x.......x.x.....; snare:....X.......X...; hihat:x.x.x.x.x.x.x.x.",
                 "kick:x...x...x...x...; snare:....X...xxxx....; tom:............xxxx",
                 ((0, 2), (2, 2)), tuple((beat / 2, 0.5) for beat in range(8)), "rrrrrrrr", 29, 33),
    "jazz": Band(4, "ride:x...x.x.x...x.x.; pedal hihat:....x.......x...; kick:g...g...g...g...",
                 "ride:x...x.x.....x...; snare:........o.o.x.x.; kick:x...........x...",
                 ((0, 0.5), (1.5, 0.5), (3.5, 0.5)), ((0, 1), (1, 1), (2, 1), (3, 1)), "rfow", 0, 32, 2 / 3),
    "bossa": Band(4, "kick:x..xx..xx..xx..x; rim:x..x..x...x..x..; hihat:xoxoxoxoxoxoxoxo",
                  "kick:x..xx..xx..xx..x; rim:x..x..x..xxxx.x.; hihat:xoxoxoxoxoxoxoxo",
                  ((0, 0.5), (1, 0.5), (2.5, 0.5), (3.5, 0.5)), ((0, 1.5), (1.5, 0.5), (2, 1.5), (3.5, 0.5)), "rffr", 24, 32),
    "ballad": Band(4, "kick:x.......x.......; rim:....x.......x...; hihat:o.o.o.o.o.o.o.o.",
                   "kick:x.......x.......; snare:....x.......o.oo; crash:................",
                   ((0, 4),), ((0, 3), (3, 1)), "rf", 0, 32, 0.5, True),
    "march": Band(4, "kick:x...x...x...x...; snare:..x...xx..x...xx",
                  "kick:x...x...x...x...; snare:x.x.xxxxx.x.xxxx", ((1, 0.5), (3, 0.5)), ((0, 1), (2, 1)), "rf", 61, 58),
    "folk": Band(4, "tambourine:....x.......x...; kick:x.......x.......", "tambourine:x.x.x.x.x.x.x.x.; kick:x.......x.......",
                 ((0, 1), (1, 0.5), (1.5, 0.5), (2, 1), (3, 0.5), (3.5, 0.5)), ((0, 2), (2, 2)), "rf", 24, 32),
    "waltz": Band(3, "kick:x...........; snare:....o...o...; hihat:x...x...x...",
                  "kick:x...........; snare:....x.x.xxxx", ((1, 1), (2, 1)), ((0, 3),), "r", 0, 32)}
_LOW, _HIGH = 28, 50


def played(style: str, chords: Sequence[Chord], bars: int, beats: float, fills: int) -> list[Track]:
    """Chords, bass and drums over so many bars of `beats`. fills: every how many bars the drums fill; 0 never."""
    band = BANDS[style]
    comp, bass = list[Note](), list[Note]()
    drums = list[Note]()
    before: list[int] = []
    for bar in range(bars):
        start = bar * beats
        for beat, length in _fitted(band.comp, band.beats, beats):
            chord = sounding_chord(chords, start + beat)
            if chord:
                before = voiced(chord, before)
                comp += _struck(before, start + beat, min(length, beats - beat), band.broken)
        bass += _bass_bar(band, chords, start, beats)
        fill = fills and (bar + 1) % fills == 0
        if abs(beats - band.beats) < 1e-6 or abs(beats % 1) < 1e-6:
            drums += drum_track(band.fill if fill else band.drums, beats, start=start).notes
    return [Track("Chords", band.comp_program, False, tuple(comp)), Track("Bass", band.bass_program, False, tuple(bass)),
            Track("Drums", 0, True, tuple(drums))]


def _fitted(strokes: Sequence[tuple[float, float]], own: float, beats: float) -> list[tuple[float, float]]:
    """The strokes of a bar that has another number of beats: those that still lie in it, again and again."""
    found = []
    for turn in range(int(beats // own) + 1):
        found += [(turn * own + beat, length) for beat, length in strokes if turn * own + beat < beats - 1e-6]
    return found


def _struck(pitches: Sequence[int], beat: float, length: float, broken: bool) -> list[Note]:
    if not broken:
        return [Note(pitch, beat, length * 0.95, 62) for pitch in pitches]
    wave = [*pitches, *pitches[-2:0:-1]]
    return [Note(wave[at % len(wave)], beat + at / 2, 0.5, 60) for at in range(int(length * 2 + 1e-6))]


def _bass_bar(band: Band, chords: Sequence[Chord], start: float, beats: float) -> list[Note]:
    found = []
    for at, (beat, length) in enumerate(_fitted(band.bass, band.beats, beats)):
        chord = sounding_chord(chords, start + beat)
        if not chord:
            continue
        root = _LOW + (chord.bass - _LOW) % 12
        after = sounding_chord(chords, start + beats)
        tone = band.tones[at % len(band.tones)]
        fifth = next((root + step for step in (7, 6, 8) if (chord.bass + step) % 12 in chord.tones), root)
        toward = _LOW + ((after or chord).bass - _LOW) % 12
        pitch = {"r": root, "f": fifth if fifth <= _HIGH else fifth - 12, "o": root + 12 if root + 12 <= _HIGH else root,
                 "w": toward + (1 if toward < root else -1)}[tone]
        if tone == "w" and pitch < 23:
            pitch += 12
        found.append(Note(pitch, start + beat, min(length, beats - beat) * 0.95, 82 if beat == 0 else 74))
    return found
