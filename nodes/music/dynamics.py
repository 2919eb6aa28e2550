"""How loud each note is played when the page does not say: by its voice, its place in bar and phrase."""

from __future__ import annotations

import math
from dataclasses import replace

from ..media.score import Note, Score, Track

_LOUDNESS = {"calm": 74, "joyful": 90, "sad": 72, "mysterious": 70, "tense": 96, "dreamy": 68}
_ACCENTS = {"calm": 5, "joyful": 10, "sad": 4, "mysterious": 6, "tense": 14, "dreamy": 3}


def shaped(score: Score, mood: str = "calm") -> Score:
    """The score with velocities: the upper voice stands out, strong beats are weighted, phrases swell.

    mood: sets how loud it is in all and how sharp its accents are; one of calm, joyful, sad, mysterious,
        tense, dreamy.
    """
    _, numerator, denominator = score.metres[0]
    bar = 4 * numerator / denominator
    heights = [_height(track) for track in score.tracks]
    sounding = [height for height, track in zip(heights, score.tracks, strict=True) if track.notes] or [0.0]
    tracks = []
    beats = score.beats
    for track, height in zip(score.tracks, heights, strict=True):
        voice = 8 if height == max(sounding) else -2 if height == min(sounding) else -16
        tracks.append(replace(track, notes=tuple(
            note._replace(velocity=_velocity(note, bar, beats, _LOUDNESS[mood] + voice, _ACCENTS[mood]))
            for note in track.notes)))
    return replace(score, tracks=tuple(tracks))


def _velocity(note: Note, bar: float, beats: float, loudness: int, accent: int) -> int:
    place = note.start % bar
    on_beat = 0.0 if place == int(place) else -0.4
    weight = 1.0 if place < 1e-6 else 0.4 if abs(place - bar / 2) < 1e-6 else on_beat
    swell = 6 * math.sin(math.pi * (note.start % (4 * bar)) / (4 * bar))
    farewell = 8 if note.start >= beats - bar - 1e-6 else 0
    return max(1, min(127, round(loudness + accent * weight + swell - farewell)))


def _height(track: Track) -> float:
    return sum(note.pitch for note in track.notes) / max(1, len(track.notes))
