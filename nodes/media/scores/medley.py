"""Scores one after the other as one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import Any

from ..score import Event, Score, Text, Track, whole_bars

_Voice = tuple[str, int, bool, int]  # name, program, is_drum, and which of those that are the same in these


def medley(scores: Iterable[Score]) -> Score:
    """The scores in order, each from a new bar, each in its own tempo, metre and key.

    Tracks of the same name and instrument become one. Nothing that a score did to its instruments (volume, pedal,
    bend, another program) holds on in the next.
    """
    scores = _with_agreed_channels(list(scores))
    tracks: dict[_Voice, Track] = {}
    whole: dict[str, list[Any]] = {name: [] for name in ("tempos", "metres", "keys", "texts", "raw")}
    offset = 0.0
    for at, score in enumerate(scores):
        length = whole_bars(score) if at + 1 < len(scores) else math.inf
        for voice, track in _voices(score).items():
            earlier = tracks.get(voice, replace(track, notes=(), events=(), texts=()))
            tracks[voice] = _continued(earlier, track, offset, length)
        for name, entries in whole.items():
            limit = length if name in ("tempos", "metres", "keys") else math.inf
            entries += [(entry[0] + offset, *entry[1:]) for entry in getattr(score, name) if entry[0] < limit]
        offset += length
    ticks = reduce(math.lcm, (score.ticks_per_beat for score in scores), 1)
    if ticks > 32767:
        ticks = max(score.ticks_per_beat for score in scores)
    maps = {name: tuple({entry[0]: entry for entry in whole[name]}.values()) for name in ("tempos", "metres", "keys")}
    return Score(tuple(tracks.values()), **maps, texts=tuple(Text(*text) for text in whole["texts"]),
                 raw=tuple(whole["raw"]), ticks_per_beat=ticks)


def _voices(score: Score) -> dict[_Voice, Track]:
    counts: Counter[tuple[str, int, bool]] = Counter()
    voices = {}
    for track in score.tracks:
        same = (track.name, track.program, track.is_drum)
        voices[(*same, counts[same])] = track
        counts[same] += 1
    return voices


def _continued(earlier: Track, track: Track, offset: float, length: float) -> Track:
    """A track with what another plays from a beat on; what happens on its instrument after its length, happens then."""
    return replace(
        earlier,
        notes=earlier.notes + tuple(note._replace(start=note.start + offset) for note in track.notes),
        events=earlier.events + tuple(_fresh(earlier, track, offset)) + tuple(
            event._replace(beat=min(event.beat, length) + offset) for event in track.events),
        texts=earlier.texts + tuple(text._replace(beat=text.beat + offset) for text in track.texts))


def _fresh(earlier: Track, track: Track, offset: float) -> list[Event]:
    """What makes an instrument as it is at the beginning of a piece, as far as an earlier one changed it.

    "Reset all controllers" leaves volume, pan and the range of bends as they are (MIDI Association, RP-015).
    """
    changed = {(event.kind, event.number if event.kind == "control" else 0) for event in earlier.events}
    found = [Event(offset, "control", 0, 121)] if changed - {("program", 0)} else []
    found += [Event(offset, "control", default, number) for number, default in ((7, 100), (10, 64))
              if ("control", number) in changed]
    if {("control", 6), ("control", 100)} <= changed:
        found += [Event(offset, "control", value, number) for number, value in ((101, 0), (100, 0), (6, 2), (38, 0))]
    if ("program", 0) in changed:
        found.append(Event(offset, "program", track.program))
    return found


def _with_agreed_channels(scores: list[Score]) -> list[Score]:
    """The scores with channels that mean the same in all of them: voices that share one in a score share it in all.

    Where that cannot be, each track has a channel to itself and the events of those it shared one with.
    """
    sharing: dict[_Voice, set[frozenset[_Voice]]] = {}
    for score in scores:
        for group in _groups(score):
            for voice in group:
                sharing.setdefault(voice, set()).add(group)
    if any(len(groups) > 1 for groups in sharing.values()):
        return [replace(score, tracks=tuple(_separated(score, track) for track in score.tracks)) for score in scores]
    numbers: dict[frozenset[_Voice], int] = {}
    for score in scores:
        for group in _groups(score):
            wanted = next(track.channel for voice, track in _voices(score).items() if voice in group)
            if group not in numbers and wanted is not None:
                taken = set(numbers.values())
                numbers[group] = wanted if wanted not in taken else 256 + len(taken)
    return [replace(score, tracks=tuple(
        replace(track, channel=next((number for group, number in numbers.items() if voice in group), None))
        for voice, track in _voices(score).items())) for score in scores]


def _groups(score: Score) -> list[frozenset[_Voice]]:
    by_channel: dict[object, set[_Voice]] = {}
    for voice, track in _voices(score).items():
        by_channel.setdefault(voice if track.channel is None else track.channel, set()).add(voice)
    return [frozenset(group) for group in by_channel.values()]


def _separated(score: Score, track: Track) -> Track:
    if track.channel is None:
        return track
    events = [event for other in score.tracks if other.channel == track.channel for event in other.events]
    return replace(track, events=tuple(events), channel=None)
