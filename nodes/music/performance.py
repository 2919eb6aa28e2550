"""How a score sounds over time: what its events do to its notes and to the loudness, place and pitch of a channel.

Played are volume (controller 7), expression (11), pan (10), the sustain pedal (64), all sound and notes off (120, 123),
reset (121), pitch bend with the range that RPN 0 sets, and changes of program. Times are seconds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..media.score import Event, Score, Track
from .room import ringing_end

_VOLUME, _PAN, _EXPRESSION = 100, 64, 127  # until a controller says otherwise
_BEND_RANGE = 2.0  # semitones
_RAMP = 0.005  # seconds in which a controller reaches its value, so that it does not click


class Sounding(NamedTuple):
    """One note as it is played. start, end: seconds."""

    start: float
    end: float
    pitch: int
    velocity: int
    program: int
    is_drum: bool


@dataclass
class Curve:
    """A value that changes in steps, at seconds that rise."""

    value: float
    times: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def set(self, time: float, value: float) -> None:
        """From a moment on, at or after the last."""
        if self.times and self.times[-1] == time:
            self.values[-1] = value
        elif value != (self.values[-1] if self.values else self.value):
            self.times.append(time)
            self.values.append(value)

    def before(self, time: float) -> float:
        """The value just before a moment."""
        at = bisect_left(self.times, time)
        return self.values[at - 1] if at else self.value

    @property
    def is_flat(self) -> bool:
        return not self.times

    def ramped(self) -> tuple[list[float], list[float]]:
        """Times and values between which straight lines go."""
        times, values, last = [0.0], [self.value], self.value
        for time, value in zip(self.times, self.values, strict=True):
            times += [max(time, times[-1]), max(time, times[-1]) + _RAMP]
            values += [last, value]
            last = value
        return times, values


@dataclass
class Channel:
    """The notes of one channel, and how it is set over time. bend: semitones."""

    notes: list[Sounding] = field(default_factory=list)
    volume: Curve = field(default_factory=lambda: Curve(_VOLUME))
    expression: Curve = field(default_factory=lambda: Curve(_EXPRESSION))
    pan: Curve = field(default_factory=lambda: Curve(_PAN))
    bend: Curve = field(default_factory=lambda: Curve(0.0))
    pedal: Curve = field(default_factory=lambda: Curve(0.0))
    stops: list[float] = field(default_factory=list)

    @property
    def is_plain(self) -> bool:
        """Whether nothing but its notes is to be heard."""
        return all(curve.is_flat for curve in (self.volume, self.expression, self.pan, self.bend))

    def levels(self) -> tuple[Any, Any]:
        """Seconds (n) between which the gains of the left and the right (2, n) go in straight lines.

        General MIDI level 1 has loudness go with the square of volume and expression, RP-036 has pan go by sine and
        cosine.
        """
        import numpy as np

        curves = [curve.ramped() for curve in (self.volume, self.expression, self.pan)]
        times = np.unique(np.concatenate([np.asarray(times) for times, _ in curves]))
        volume, expression, pan = (np.interp(times, *curve) for curve in curves)
        angle = np.maximum(pan - 1, 0) / 126 * np.pi / 2
        gain = (volume / _VOLUME * expression / 127) ** 2 * np.sqrt(2)
        return times, np.stack([gain * np.cos(angle), gain * np.sin(angle)])


def channels(score: Score) -> list[Channel]:
    """The channels of a score that have notes, ready to be played."""
    seconds = clock(score)
    return [_channel(tracks, seconds) for tracks in shared(score) if any(track.notes for track in tracks)]


def shared(score: Score) -> list[list[Track]]:
    """The tracks of each channel."""
    groups: dict[object, list[Track]] = defaultdict(list)
    for at, track in enumerate(score.tracks):
        groups[("alone", at) if track.channel is None else track.channel].append(track)
    return list(groups.values())


def settings(tracks: list[Track], time: Callable[[float], float]) -> Channel:
    """How the events of one channel's tracks set it, without notes. time: of a beat."""
    channel = Channel()
    _set(channel, sorted((event for track in tracks for event in track.events), key=lambda event: event.beat), time)
    return channel


def clock(score: Score) -> Callable[[float], float]:
    """Seconds of a beat, tempo changes honoured."""
    beats, bpms, times = [beat for beat, _ in score.tempos], [bpm for _, bpm in score.tempos], [0.0]
    for last, beat, bpm in zip(beats, beats[1:], bpms, strict=False):
        times.append(times[-1] + (beat - last) * 60 / bpm)

    def seconds(beat: float) -> float:
        at = max(0, bisect_right(beats, beat) - 1)
        return times[at] + (beat - beats[at]) * 60 / bpms[at]
    return seconds


def _channel(tracks: list[Track], seconds: Callable[[float], float]) -> Channel:
    channel = settings(tracks, seconds)
    changes = sorted((event.beat, event.value) for track in tracks for event in track.events if event.kind == "program")
    for track in tracks:
        if track.notes:
            channel.notes += _notes(track, changes, seconds)
    channel.notes = _held(sorted(channel.notes), channel)
    return channel


def _notes(track: Track, changes: list[tuple[float, int]], seconds: Callable[[float], float]) -> list[Sounding]:
    """The notes of a track with the program of each: its own until another comes after its first note."""
    first = bisect_right(changes, track.notes[0].start, key=lambda change: change[0])
    found = []
    for note in track.notes:
        at = bisect_right(changes, note.start, key=lambda change: change[0])
        program = changes[at - 1][1] if at > first else track.program
        found.append(Sounding(seconds(note.start), seconds(note.start + note.duration), note.pitch, note.velocity,
                              program, track.is_drum))
    return found


def _set(channel: Channel, events: list[Event], seconds: Callable[[float], float]) -> None:
    wheel, span, parameter = 0, _BEND_RANGE, (127, 127)
    for event in events:
        time = seconds(event.beat)
        if event.kind == "bend":
            wheel = event.value
        elif event.kind == "control":
            if event.number in (100, 101):
                parameter = (event.value, parameter[1]) if event.number == 101 else (parameter[0], event.value)
            elif event.number in (98, 99):
                parameter = (127, 127)
            elif event.number in (6, 38) and parameter == (0, 0):
                span = event.value + span % 1 if event.number == 6 else int(span) + min(event.value, 99) / 100
            elif event.number == 121:
                wheel = 0
            _control(channel, time, event.number, event.value)
        channel.bend.set(time, wheel / 8192 * span)


def _control(channel: Channel, time: float, number: int, value: int) -> None:
    if number == 121:
        channel.expression.set(time, _EXPRESSION)
        channel.pedal.set(time, 0)
    elif number in (120, 123):
        channel.stops.append(time)
    elif number in (7, 10, 11, 64):
        {7: channel.volume, 10: channel.pan, 11: channel.expression, 64: channel.pedal}[number].set(time, value)


def _held(notes: list[Sounding], channel: Channel) -> list[Sounding]:
    """The notes as long as they sound: to the lifting of the pedal, with the ringing of what nobody damps, and not over
    a stroke of the same string or an end of all sound."""
    lifted = [time for time, value in zip(channel.pedal.times, channel.pedal.values, strict=True) if value < 64]
    following: dict[tuple[int, int], float] = {}
    found = []
    for note in reversed(notes):
        end, again = note.end, following.get((note.program, note.pitch))
        if not note.is_drum and channel.pedal.before(end) >= 64:
            at = bisect_left(lifted, end)
            up = lifted[at] if at < len(lifted) else float("inf")
            end = max(end, min(up, again if again is not None else float("inf")))
        elif not note.is_drum:
            end = ringing_end(note.program, note.is_drum, end, again, 60)
        at = bisect_right(channel.stops, note.start)
        end = min(end, channel.stops[at]) if at < len(channel.stops) else end
        following[note.program, note.pitch] = note.start
        found.append(note._replace(end=end))
    return found[::-1]
