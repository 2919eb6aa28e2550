"""The part of a sound that is played: from a place to the end, or from one to another again and again."""

from __future__ import annotations

import math
import wave
from pathlib import Path
from typing import NamedTuple

SHORTEST = 0.01  # of the sound: a drag that is shorter is a click
LOOPED = 60.0  # seconds that a file with a loop lasts at the least, so that a player is begun again seldom
MOST_LOOPED = 400  # times that a loop stands in one file


class Stretch(NamedTuple):
    """begin, end: 0 to 1 of the sound; loops: whether it begins again at its end."""

    begin: float = 0.0
    end: float = 1.0
    loops: bool = False

    def at(self, seconds: float, whole: float) -> float:
        """Where the playhead is, 0 to 1 of the sound, after so many seconds. whole: seconds of all of the sound."""
        if whole <= 0:
            return self.begin
        part = seconds / whole
        if self.loops:
            part %= self.end - self.begin
        return min(self.end, self.begin + part)

    def from_place(self, place: float) -> Stretch:
        """The same, begun elsewhere: within a loop that goes on as a loop, and outside of one to the end."""
        return self if self.loops and self.begin <= place < self.end else Stretch(place)


def chosen(start: float, end: float) -> Stretch:
    """What a drag from one place to another asks for: a loop of what is between, or from a place on where it is a click."""
    low, high = sorted((min(1.0, max(0.0, start)), min(1.0, max(0.0, end))))
    return Stretch(low, high, True) if high - low >= SHORTEST else Stretch(min(low, 1.0 - SHORTEST))


def cut(path: Path, stretch: Stretch, into: Path, start: float | None = None) -> Path:
    """A WAV file that plays a stretch of another; that one itself where it cannot be cut. start: where a loop first begins."""
    if stretch == Stretch():
        return path
    try:
        with wave.open(str(path), "rb") as sound:
            count, rate = sound.getnframes(), sound.getframerate()
            begin, end = int(count * stretch.begin), max(1, int(count * stretch.end))
            sound.setpos(min(begin, count))
            frames = sound.readframes(max(1, end - begin))
            size = sound.getsampwidth() * sound.getnchannels()
            times = 1
            if stretch.loops:
                times = min(MOST_LOOPED, max(1, math.ceil(LOOPED * rate / max(1, len(frames) // size))))
            skipped = int(count * start) - begin if start is not None and stretch.loops else 0
            first = frames[max(0, skipped) * size:]
            with wave.open(str(into), "wb") as part:
                part.setparams(sound.getparams())
                part.writeframes(first)
                for _ in range(times - 1):
                    part.writeframes(frames)
    except (OSError, EOFError, wave.Error):
        return path
    return into
