"""What is done to the notes of a score, in plain functions: time, pitch, order. Nothing here knows a model."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from nodegraph import InputError

from ..media.score import FASTEST, SLOWEST, Note, Score, Track, bar_starts, key_name, key_parts, transposed, whole_bars
from .controls import Chord, reach, scale
from .theory import chord_at, stated_key

GRIDS = {"1/4": 1.0, "1/8": 0.5, "1/8 triplet": 1 / 3, "1/16": 0.25, "1/16 triplet": 1 / 6, "1/32": 0.125}


def noted(score: Score, change: Callable[[Note, Track], Note | None]) -> Score:
    """The score with each note as `change` gives it; those that it gives None for are gone."""
    return replace(score, tracks=tuple(replace(track, notes=tuple(
        new for note in track.notes if (new := change(note, track)) is not None)) for track in score.tracks))


def quantised(score: Score, grid: float, strength: float, lengths: bool) -> Score:
    """Onsets moved towards the nearest multiple of `grid` beats, by `strength` 0 to 1; ends too, if `lengths`."""
    def near(beat: float) -> float:
        target = round(beat / grid) * grid
        return target if strength == 1 else beat + (target - beat) * strength

    def change(note: Note, _: Track) -> Note:
        start, end = near(note.start), note.start + note.duration
        length = max(near(end) - start, grid) if lengths else note.duration
        return note._replace(start=max(0.0, start), duration=length)

    return noted(score, change)


def humanised(score: Score, timing: float, velocity: int, seed: int) -> Score:
    """Onsets scattered by up to `timing` beats and velocities by up to `velocity`, more often a little than much.

    Nothing moves over the bar line at the end.
    """
    dice = random.Random(seed)
    end = whole_bars(score) if any(track.notes for track in score.tracks) else 0.0

    def change(note: Note, _: Track) -> Note:
        late, loud = dice.triangular(-timing, timing, 0), dice.triangular(-velocity, velocity, 0)
        start = max(0.0, note.start + late)
        start = start if start < end else note.start
        return note._replace(start=start, duration=min(note.duration, end - start),
                             velocity=max(1, min(127, round(note.velocity + loud))))

    return noted(score, change)


def swung(score: Score, amount: float, unit: float) -> Score:
    """The second of each pair of `unit` beats comes later: at `amount` of the pair, 0.5 straight, 2/3 triplets.

    Time is bent evenly within the pair, so that what is between moves along.
    """
    def bent(beat: float) -> float:
        pair, place = divmod(beat, 2 * unit)
        part = place / (2 * unit)
        return pair * 2 * unit + 2 * unit * (part * 2 * amount if part < 0.5 else amount + (part - 0.5) * 2 * (1 - amount))

    def change(note: Note, _: Track) -> Note:
        start, end = bent(note.start), bent(note.start + note.duration)
        return note._replace(start=start, duration=max(1e-3, end - start))

    return noted(score, change)


def swing_of(score: Score) -> float:
    """Where in a beat the notes between beats lie: 0.5 straight, about 0.66 swung; 0.5 where there are none."""
    places = [note.start % 1 for track in score.tracks for note in track.notes if 0.4 < note.start % 1 < 0.75]
    swung_ones = sum(place > 0.58 for place in places)
    return sum(places) / len(places) if places and swung_ones > 0.7 * len(places) else 0.5


def step_of_key(pitch: int, steps: int, key: str) -> int:
    """A pitch so many steps of the key away; from one between the steps, to the next in that direction."""
    tones = scale(*key_parts(key)) if key_parts(key)[1] == "major" else frozenset(
        (key_parts(key)[0] + one) % 12 for one in (0, 2, 3, 5, 7, 8, 10))
    way = 1 if steps > 0 else -1
    for _ in range(abs(steps)):
        pitch += way
        while pitch % 12 not in tones:
            pitch += way
    return max(0, min(127, pitch))


def in_key(score: Score, key: str) -> Score:
    """The score in another key: to another tonic by the shortest way; between major and minor, step by step of the scale."""
    tonic, mode = key_parts(key)
    own = stated_key(score)
    semitones = (tonic - key_parts(own)[0] + 6) % 12 - 6
    moved = transposed(score, semitones)
    if key_parts(own)[1] != mode:
        natural = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
        table = dict(zip(natural[key_parts(own)[1]], natural[mode], strict=True))

        def change(note: Note, track: Track) -> Note:
            place = (note.pitch - tonic) % 12
            return note if track.is_drum else note._replace(pitch=note.pitch + table.get(place, place) - place)

        moved = noted(moved, change)
    return replace(moved, keys=((0.0, key_name(tonic, mode)),))


def within_reach(score: Score, low: int | None = None, high: int | None = None) -> Score:
    """Notes moved by octaves into a range: one of pitches, or that of each instrument."""
    def change(note: Note, track: Track) -> Note:
        if track.is_drum:
            return note
        lowest, highest = reach(track.program)
        lowest, highest = low if low is not None else lowest, high if high is not None else highest
        pitch = note.pitch
        while pitch < lowest and pitch + 12 <= highest:
            pitch += 12
        while pitch > highest and pitch - 12 >= lowest:
            pitch -= 12
        return note._replace(pitch=pitch)

    return noted(score, change)


def metred(score: Score, upper: int, lower: int) -> Score:
    """The score in another metre: each bar keeps its notes, stretched or pressed into the new length of a bar.

    A waltz becomes a march: what stood on the first beat stands there still. Rhythms are bent evenly.
    """
    lines = [*bar_starts(score), whole_bars(score)]
    length = 4 * upper / lower

    def placed(beat: float) -> float:
        for at, (start, end) in enumerate(zip(lines[:-1], lines[1:], strict=True)):
            if beat < end or at == len(lines) - 2:
                return at * length + (beat - start) / (end - start) * length
        return beat

    def change(note: Note, _: Track) -> Note:
        start, end = placed(note.start), placed(note.start + note.duration)
        return note._replace(start=round(start * 480) / 480, duration=max(1 / 480, round((end - start) * 480) / 480))

    def later(entries: Sequence[tuple]) -> tuple:
        return tuple((placed(entry[0]), *entry[1:]) for entry in entries)

    tracks = tuple(replace(track, events=tuple(event._replace(beat=placed(event.beat)) for event in track.events),
                           texts=tuple(text._replace(beat=placed(text.beat)) for text in track.texts))
                   for track in noted(score, change).tracks)
    return replace(score, tracks=tracks, metres=((0.0, upper, lower),), tempos=later(score.tempos), keys=later(score.keys),
                   texts=tuple(text._replace(beat=placed(text.beat)) for text in score.texts))


def inverted(score: Score, axis: int | None, key: str) -> Score:
    """The tune upside down: steps of the key up become steps down. axis: the pitch that stays, the first note's if None."""
    first = next((note.pitch for track in score.tracks if not track.is_drum for note in track.notes), 60)
    middle = step_number(axis if axis is not None else first, key)

    def change(note: Note, track: Track) -> Note:
        if track.is_drum:
            return note
        number, accidental = step_number(note.pitch, key), note.pitch - pitch_of_step(step_number(note.pitch, key), key)
        return note._replace(pitch=max(0, min(127, pitch_of_step(2 * middle - number, key) - accidental)))

    return noted(score, change)


def step_number(pitch: int, key: str) -> int:
    """How many steps of the key a pitch is above the lowest tonic; one between the steps counts as the lower."""
    tonic, mode = key_parts(key)
    steps = (0, 2, 4, 5, 7, 9, 11) if mode == "major" else (0, 2, 3, 5, 7, 8, 10)
    octave, place = divmod(pitch - tonic, 12)
    return 7 * octave + max(at for at, step in enumerate(steps) if step <= place)


def pitch_of_step(number: int, key: str) -> int:
    """The pitch of a step; the inverse of `step_number`."""
    tonic, mode = key_parts(key)
    steps = (0, 2, 4, 5, 7, 9, 11) if mode == "major" else (0, 2, 3, 5, 7, 8, 10)
    octave, place = divmod(number, 7)
    return tonic + 12 * octave + steps[place]


def reversed_score(score: Score) -> Score:
    """The score from its end to its beginning (a retrograde), within whole bars."""
    end = whole_bars(score)
    return noted(score, lambda note, _: note._replace(start=max(0.0, end - note.start - note.duration)))


def canon(score: Score, track: Track, voices: int, delay: float, semitones: Sequence[int]) -> Score:
    """A tune in canon with itself: each voice begins `delay` beats after the one before, moved by its semitones."""
    parts = []
    for voice in range(voices):
        shift = semitones[voice % len(semitones)] if semitones else 0
        notes = tuple(note._replace(start=note.start + voice * delay, pitch=note.pitch + (0 if track.is_drum else shift))
                      for note in track.notes)
        if any(not 0 <= note.pitch <= 127 for note in notes):
            raise InputError(f"voice {voice + 1} of the canon would leave the keyboard; move it by fewer semitones")
        parts.append(replace(track, name=f"{track.name or 'Voice'} {voice + 1}", notes=notes, channel=None))
    return replace(score, tracks=tuple(parts))


def arpeggiated(track: Track, pattern: str, step: float) -> Track:
    """Chords of a track as notes one after the other. pattern: up, down, up and down, or random."""
    chords: dict[float, list[Note]] = {}
    for note in track.notes:
        chords.setdefault(note.start, []).append(note)
    dice, found = random.Random(0), []
    for start, notes in chords.items():
        if len(notes) == 1:
            found += notes
            continue
        order = sorted(notes, key=lambda note: note.pitch)
        length = max(note.duration for note in notes)
        wave = {"up": order, "down": order[::-1], "up and down": order + order[-2:0:-1], "random": order}[pattern]
        for at in range(max(1, math.floor(length / step + 1e-6))):
            note = dice.choice(wave) if pattern == "random" else wave[at % len(wave)]
            found.append(note._replace(start=start + at * step, duration=min(step, length - at * step)))
    return replace(track, notes=tuple(found))


def with_tempo_curve(score: Score, points: Sequence[tuple[float, float]], steps_a_beat: int = 2) -> Score:
    """The score with tempos that go evenly from point to point. points: (beat, quarter notes per minute), rising."""
    for beat, bpm in points:
        if not SLOWEST <= bpm <= FASTEST:
            raise InputError(f"the tempo at beat {beat:g} is {bpm:g}; it takes {SLOWEST:g} to {FASTEST:g}")
    tempos: dict[float, float] = {0.0: points[0][1]}
    for (start, before), (end, after) in zip(points[:-1], points[1:], strict=True):
        if end <= start:
            raise InputError(f"the points of a tempo curve rise in time; beat {end:g} does not come after {start:g}")
        count = max(1, round((end - start) * steps_a_beat)) if before != after else 1
        for at in range(count):
            tempos[start + (end - start) * at / count] = round(before + (after - before) * at / count, 3)
    tempos[points[-1][0]] = points[-1][1]
    return replace(score, tempos=tuple(sorted(tempos.items())))


def voiced(chord: Chord, near: Sequence[int], low: int = 48, high: int = 72) -> list[int]:
    """A chord as pitches from low to high, each as near as may be to the chord before (voice leading)."""
    places = [[pitch for pitch in range(low, high + 1) if pitch % 12 == tone] for tone in sorted(chord.tones)[:5]]
    middle = list(near) or [(low + high) // 2]
    found = [min(options, key=lambda pitch: min(abs(pitch - one) for one in middle)) for options in places if options]
    return sorted(set(found))


def chord_track(chords: Sequence[Chord], end: float, name: str = "Chords", program: int = 0, velocity: int = 64) -> Track:
    """Chords held until the next, close to each other."""
    notes: list[Note] = []
    before: list[int] = []
    for at, chord in enumerate(chords):
        until = chords[at + 1].beat if at + 1 < len(chords) else end
        if chord.bass < 0 or until <= chord.beat:
            continue
        before = voiced(chord, before)
        notes += [Note(pitch, chord.beat, until - chord.beat, velocity) for pitch in before]
    return Track(name, program, False, tuple(notes))


def sounding_chord(chords: Sequence[Chord], beat: float) -> Chord | None:
    """The chord at a beat, None where no chord is asked for."""
    chord = chord_at(chords, beat)
    return chord if chord and chord.bass >= 0 else None
