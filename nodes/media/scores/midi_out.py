"""Writing Scores as MIDI files, through mido."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from nodegraph import warn

from ..score import TEXTS, Event, Score, Text, Track, fifths_of, key_parts

_DRUMS, _PORTS = 9, 128
_TEXT_TYPES = {kind: number for number, kind in enumerate(TEXTS, 1)}
_OFF, _EVENT, _ON = 1, 2, 3  # in this order at one tick
_LONGEST_DELTA = 0x0FFFFFFF  # ticks that a file can wait


def save_midi(score: Score, path: str | Path) -> None:
    """Write a standard MIDI file of format 1: names and words in UTF-8, drums on channel 10.

    Each track has a channel to itself, or shares the one that its own `channel` says. Where 15 pitched channels do not
    do, further ones go to further ports, with a warning. Everything falls on its nearest tick; a score that was read
    from a file is written on the same ticks. Of notes of one pitch that overlap, the first off ends the first.
    """
    import mido

    file = mido.MidiFile(type=1, ticks_per_beat=score.ticks_per_beat)
    channels = _channels(score.tracks)
    file.tracks.append(_timed(_head(score), score.ticks_per_beat))
    programmed = _with_programs(score.tracks, channels)
    for track, channel, events in zip(score.tracks, channels, programmed, strict=True):
        file.tracks.append(_timed(_body(track, channel, events, score.ticks_per_beat), score.ticks_per_beat))
    with open(path, "wb") as handle:
        file.save(file=handle)


def _timed(entries: list[tuple[float, int, Any]], ticks_per_beat: int) -> Any:
    """A mido track of (beat, rank, message), in order."""
    import mido

    track, last = mido.MidiTrack(), 0
    for tick, _, message in sorted(((round(beat * ticks_per_beat), rank, message) for beat, rank, message in entries),
                                   key=lambda entry: entry[:2]):
        while tick - last > _LONGEST_DELTA:
            track.append(_meta(_TEXT_TYPES["text"], b"").copy(time=_LONGEST_DELTA))
            last += _LONGEST_DELTA
        message.time = tick - last
        track.append(message)
        last = tick
    return track


def _meta(type: int, data: bytes) -> Any:
    import mido

    return mido.UnknownMetaMessage(type, data=tuple(data))


def _words(texts: tuple[Text, ...]) -> list[tuple[float, int, Any]]:
    return [(text.beat, 0, _meta(_TEXT_TYPES[text.kind], text.text.encode("utf-8", "replace"))) for text in texts]


def _head(score: Score) -> list[tuple[float, int, Any]]:
    """The first track: words, tempos, metres, keys, and messages for some instrument or program."""
    import mido

    entries = _words(score.texts)
    for beat, bpm in score.tempos:
        microseconds = max(1, min(0xFFFFFF, round(60e6 / bpm)))
        entries.append((beat, 1, mido.MetaMessage("set_tempo", tempo=microseconds)))
    for beat, upper, lower in score.metres:
        if upper < 256:
            entries.append((beat, 1, mido.MetaMessage("time_signature", numerator=upper, denominator=lower)))
        else:
            warn(f"the metre {upper}/{lower} is not written: a MIDI file takes 255 at most")
    entries += [(beat, 1, _meta(0x59, bytes([fifths_of(key) & 0xFF, key_parts(key)[1] == "minor"])))
                for beat, key in score.keys]
    for beat, data in score.raw:
        message = _raw(data)
        if message:
            entries.append((beat, 1, message))
        else:
            warn(f"a message of {len(data)} bytes for an instrument is not written: it is not whole ({data[:8].hex(' ')} ...)")
    return entries


def _raw(data: bytes) -> Any:
    import mido

    if data[:1] == b"\xff" and len(data) > 1:
        return _meta(data[1], data[2:])
    if data[:1] == b"\xf0" and data[-1:] == b"\xf7" and max(data[1:-1], default=0) < 128:
        return mido.Message("sysex", data=tuple(data[1:-1]))
    return None


def _body(track: Track, channel: int | None, events: list[Event], ticks_per_beat: int) -> list[tuple[float, int, Any]]:
    import mido

    entries: list[tuple[float, int, Any]] = [(0.0, -1, mido.MetaMessage("midi_port", port=channel // 16))] \
        if channel is not None and channel >= 16 else []
    if track.name:
        entries.append((0.0, -1, _meta(3, track.name.encode("utf-8", "replace"))))
    entries += _words(track.texts)
    if channel is None:
        return entries
    entries += [(event.beat, _EVENT, _message(event, channel % 16)) for event in events]
    for note in track.notes:
        start = round(note.start * ticks_per_beat)
        end = max(start + 1, round((note.start + note.duration) * ticks_per_beat))
        on = mido.Message("note_on", channel=channel % 16, note=note.pitch, velocity=note.velocity)
        off = mido.Message("note_off", channel=channel % 16, note=note.pitch, velocity=0)
        entries += [(start / ticks_per_beat, _ON, on), (end / ticks_per_beat, _OFF, off)]
    return entries


def _message(event: Event, channel: int) -> Any:
    import mido

    if event.kind == "control":
        return mido.Message("control_change", channel=channel, control=event.number, value=event.value)
    if event.kind == "program":
        return mido.Message("program_change", channel=channel, program=event.value)
    if event.kind == "bend":
        return mido.Message("pitchwheel", channel=channel, pitch=event.value)
    if event.kind == "pressure":
        return mido.Message("aftertouch", channel=channel, value=event.value)
    return mido.Message("polytouch", channel=channel, note=event.number, value=event.value)


def _channels(tracks: tuple[Track, ...]) -> list[int | None]:
    """A channel for each track, 16 to a port; None for one that plays nothing."""
    groups: dict[object, list[int]] = defaultdict(list)
    for at, track in enumerate(tracks):
        if track.notes or track.events:
            alone = ("drums", track.program, track.events) if track.is_drum else at
            groups[alone if track.channel is None else (track.channel, track.is_drum)].append(at)
    found: list[int | None] = [None] * len(tracks)
    taken: set[int] = set()
    waiting = []
    for group in groups.values():
        first = tracks[group[0]]
        wanted = first.channel
        if wanted is not None and wanted < 16 * _PORTS and (wanted % 16 == _DRUMS) == first.is_drum and wanted not in taken:
            _take(found, taken, group, wanted)
        else:
            waiting.append(group)
    kept = max(taken, default=0) // 16
    for group in waiting:
        is_drum = tracks[group[0]].is_drum
        _take(found, taken, group, next(channel for channel in range(16 * 10 ** 6)
                                        if (channel % 16 == _DRUMS) == is_drum and channel not in taken))
    ports = max(taken, default=0) // 16
    if ports > kept:
        warn(f"the score needs {len(groups)} channels and a MIDI port has 16: it is written for {ports + 1} ports, and a "
             "player that knows one port alone plays some tracks on wrong instruments")
    return found


def _take(found: list[int | None], taken: set[int], group: list[int], channel: int) -> None:
    taken.add(channel)
    for at in group:
        found[at] = channel


def _with_programs(tracks: tuple[Track, ...], channels: list[int | None]) -> list[list[Event]]:
    """The events of each track, with changes of program such that each has its own at its first note."""
    events = [_named(track) for track in tracks]
    changes: dict[int | None, list[Event]] = defaultdict(list)
    for channel, own in zip(channels, events, strict=True):
        changes[channel] += [event for event in own if event.kind == "program"]
    for at in sorted((at for at, track in enumerate(tracks) if track.notes), key=lambda at: tracks[at].notes[0].start):
        track, first = tracks[at], tracks[at].notes[0].start
        earlier = sorted((event for event in changes[channels[at]] if event.beat <= first), key=lambda event: event.beat)
        if earlier[-1].value == track.program if earlier else track.is_drum and not track.program:
            continue
        change = Event(first if earlier else 0.0, "program", track.program)
        changes[channels[at]].append(change)
        events[at] = [*events[at], change] if earlier else [change, *events[at]]
    return events


def _named(track: Track) -> list[Event]:
    """A track's events, the last program before its first note being the track's own."""
    events = list(track.events)
    before = [at for at, event in enumerate(events) if event.kind == "program" and track.notes
              and event.beat <= track.notes[0].start]
    for at in before[-1:]:
        events[at] = events[at]._replace(value=track.program)
    return events
