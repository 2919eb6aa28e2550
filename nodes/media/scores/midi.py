"""Reading MIDI files into Scores. `midi_out` writes them, `smf` knows their bytes."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from nodegraph import InputError, warn

from ..score import DENOMINATORS, FASTEST, Event, Note, Score, Text, Track, key_of, length_complaint
from .charset import decoded, encoding_of
from .medley import medley
from .midi_out import save_midi
from .smf import END_OF_TRACK, META, Message, MidiFile, messages

__all__ = ["from_bytes", "load_midi", "save_midi"]

TEXT_TYPES = {1: "text", 2: "copyright", 3: "title", 4: "instrument", 5: "lyric", 6: "marker", 7: "cue",
              8: "program", 9: "device"}
PORT, TEMPO, METRE, KEY, CHANNEL_PREFIX = 0x21, 0x51, 0x58, 0x59, 0x20
_CHANNEL_EVENTS = {0xA0: "key_pressure", 0xB0: "control", 0xC0: "program", 0xD0: "pressure", 0xE0: "bend"}
_DRUMS = 9


@dataclass
class _Part:
    """What one channel plays in one track of a file. Moments are ticks until it becomes a Track."""

    name: bytes = b""
    channel: int | None = None
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)  # start, end, pitch, velocity
    events: list[tuple[int, str, int, int]] = field(default_factory=list)
    texts: list[tuple[int, bytes, str]] = field(default_factory=list)


@dataclass
class _Maps:
    """What holds for the whole piece, by tick."""

    tempos: dict[int, float] = field(default_factory=dict)
    metres: dict[int, tuple[int, int, int]] = field(default_factory=dict)  # the last number is the track's
    keys: dict[int, tuple[str, int]] = field(default_factory=dict)
    raw: list[tuple[int, bytes]] = field(default_factory=list)


def load_midi(path: str | Path) -> Score:
    """Read a MIDI file as players do; what cannot be understood is passed over with a warning.

    Raises InputError when there is no file, or nothing in it can be read.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    return from_bytes(data, str(path))


def from_bytes(data: bytes, name: str = "the file") -> Score:
    """The Score of a MIDI file's bytes. Raises InputError, which begins with the file's name.

    - A pitch that is struck twice at once: the first off ends the first; an off ends a note of its own track if there
      is one, else one of another track on its channel. One never ended lasts until the last event of the file, one of
      no length for a tick.
    - A track's program is what its channel has at its first note, whichever track set it.
    - Tempos count on any track. Of metres and keys at one moment the first track's counts. Where the division is frames
      of SMPTE, a beat is a second and tempos do not count.
    - The tracks of a file of format 2 are joined, each from a new bar.
    """
    losses: Counter[str] = Counter()
    try:
        if not data:
            raise InputError("is empty")
        file = messages(data, losses)
        groups = [[track] for track in file.tracks] if file.format == 2 else [file.tracks]
        scores = [_score(group, file, losses) for group in groups]
        score = medley(scores) if len(scores) > 1 else scores[0] if scores else _score([], file, losses)
        if wrong := length_complaint(score):
            raise InputError(wrong)
    except InputError as error:
        raise InputError(f"{name} {error}") from None
    if not any(track.notes for track in score.tracks):
        losses["it has no notes"] += 1
    if losses:
        warn(f"{Path(name).name} is read, but " +
             "; ".join(phrase if count == 1 else f"{phrase} ({count} times)" for phrase, count in losses.items()))
    return score


def _score(tracks: list[list[Message]], file: MidiFile, losses: Counter[str]) -> Score:
    ticks_per_beat, fixed_bpm = _beat(file.division)
    maps, parts = _Maps(), []
    for number, track in enumerate(tracks):
        parts.append(_parts(number, track, maps, losses))
    _pair(tracks, parts)
    _count_other_drums(_all(parts), [data for _, data in maps.raw], losses)
    encoding = encoding_of(text for part in _all(parts) for text in (part.name, *(text for _, text, _ in part.texts)))

    def texts(part: _Part) -> tuple[Text, ...]:
        return tuple(Text(tick / ticks_per_beat, decoded(text, encoding), kind) for tick, text, kind in part.texts)

    head = parts[0].pop(None) if parts and list(parts[0]) == [None] else _Part()
    title = decoded(head.name, encoding)
    programs = _programs(_all(parts))
    tempos = {0: fixed_bpm} if fixed_bpm else {0: 120.0} | maps.tempos
    return Score(
        tuple(_track(part, programs, texts(part), decoded(part.name, encoding), ticks_per_beat) for part in _all(parts)),
        tuple((tick / ticks_per_beat, bpm) for tick, bpm in sorted(tempos.items())),
        tuple((tick / ticks_per_beat, *metre[:2]) for tick, metre in sorted(({0: (4, 4, 0)} | maps.metres).items())),
        tuple((tick / ticks_per_beat, key) for tick, (key, _) in sorted(maps.keys.items())),
        ((Text(0.0, title, "title"),) if title else ()) + texts(head),
        tuple((tick / ticks_per_beat, data) for tick, data in maps.raw), ticks_per_beat)


def _beat(division: int) -> tuple[int, float]:
    """Ticks to a beat, and the tempo where that is the file's: frames of SMPTE are counted in seconds."""
    if division < 0x8000:
        if division == 0:
            raise InputError("has a division of 0: it says of no note when it sounds")
        return division, 0.0
    frames, parts = 256 - (division >> 8), division & 0xFF
    if parts == 0:
        raise InputError("counts in frames of no parts: it says of no note when it sounds")
    return (30 * parts, 60 / 1.001) if frames == 29 else (frames * parts, 60.0)  # 29 means 30 frames in 1.001 s


def _all(parts: list[dict[int | None, _Part]]) -> list[_Part]:
    return [part for group in parts for part in group.values()]


def _parts(number: int, track: list[Message], maps: _Maps, losses: Counter[str]) -> dict[int | None, _Part]:
    """The parts of a track by channel, without their notes; of one without channels, under None, its words."""
    parts: dict[int | None, _Part] = {}
    words, names, port = _Part(), dict[int | None, bytes](), 0
    prefix: int | None = None
    for tick, status, data, type in track:
        if status == META and type in TEXT_TYPES:
            if type == 3 and prefix not in names:
                names[prefix] = data
            elif data:
                words.texts.append((tick, data, TEXT_TYPES[type]))
        elif status == META and type == PORT and data:
            port = data[0]
        elif status == META and type == CHANNEL_PREFIX and data:
            prefix = 16 * port + (data[0] & 15)
        elif status == META:
            _note_map(maps, number, tick, type, data, losses)
        elif status >= 0xF0:
            maps.raw.append((tick, bytes([status]) + data))
        else:
            prefix = None
            numbered = 16 * port + (status & 15)
            part = parts.setdefault(numbered, _Part(channel=numbered))
            if status & 0xF0 in _CHANNEL_EVENTS:
                part.events.append((tick, *_event(status & 0xF0, [min(byte, 127) for byte in data])))
    if not parts and (names or words.texts or number == 0):
        parts[None] = _Part()
    for channel, part in parts.items():
        part.name = names.get(channel, names.get(None, b""))
    for first in list(parts.values())[:1]:
        first.texts = words.texts
    return parts


def _event(status: int, data: list[int]) -> tuple[str, int, int]:
    kind = _CHANNEL_EVENTS[status]
    if kind == "bend":
        return kind, data[0] + 128 * data[1] - 8192, 0
    return (kind, data[1], data[0]) if len(data) == 2 else (kind, data[0], 0)


def _note_map(maps: _Maps, number: int, tick: int, type: int, data: bytes, losses: Counter[str]) -> None:
    """Take note of a tempo, a metre or a key; other meta events are kept as they are."""
    if type == TEMPO:
        microseconds = int.from_bytes(data[:3], "big")
        if len(data) >= 3 and microseconds and 60e6 / microseconds <= FASTEST:
            maps.tempos[tick] = bpm(microseconds)
        else:
            losses[f"a tempo of {data.hex(' ') or 'no bytes'} is passed over"] += 1
    elif type == METRE:
        if len(data) >= 2 and data[0] and data[1] < len(DENOMINATORS):
            if maps.metres.get(tick, (0, 0, number))[2] == number:
                maps.metres[tick] = (data[0], 2 ** data[1], number)
        else:
            losses[f"a metre of {data.hex(' ') or 'no bytes'} is passed over"] += 1
    elif type == KEY:
        fifths = int.from_bytes(data[:1], "big", signed=True)
        if len(data) >= 2 and abs(fifths) <= 7 and data[1] in (0, 1):
            if maps.keys.get(tick, ("", number))[1] == number:
                maps.keys[tick] = (key_of(fifths, ("major", "minor")[data[1]]), number)
        else:
            losses[f"a key of {data.hex(' ') or 'no bytes'} is passed over"] += 1
    elif type not in (END_OF_TRACK, PORT, CHANNEL_PREFIX):
        maps.raw.append((tick, bytes([META, type]) + data))


def bpm(microseconds: int) -> float:
    """Quarter notes per minute, in as few digits as give back these microseconds of a quarter note."""
    exact = 60e6 / microseconds
    return next((short for digits in range(7) if (short := round(exact, digits)) and
                 round(60e6 / short) == microseconds), exact)


def _pair(tracks: list[list[Message]], parts: list[dict[int | None, _Part]]) -> None:
    """Give the parts their notes: ons and offs of all tracks in the order of time."""
    merged = sorted(((message.tick, number, at) for number, track in enumerate(tracks)
                     for at, message in enumerate(track) if message.status & 0xE0 == 0x80 or message.type == PORT))
    last = max((message.tick for track in tracks for message in track), default=0)
    ports: dict[int, int] = defaultdict(int)
    sounding: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)  # number of track, start, velocity
    for tick, number, at in merged:
        _, status, data, type = tracks[number][at]
        if status == META:
            ports[number] = data[0] if data and type == PORT else ports[number]
            continue
        channel, (pitch, velocity) = 16 * ports[number] + (status & 15), (min(byte, 127) for byte in data)
        held = sounding[channel, pitch]
        if status & 0xF0 == 0x90 and velocity:
            held.append((number, tick, velocity))
        elif held:
            own = next((note for note in held if note[0] == number), held[0])
            held.remove(own)
            _end(parts, channel, pitch, own, tick)
    for (channel, pitch), held in sounding.items():
        for note in held:
            _end(parts, channel, pitch, note, last)


def _end(parts: list[dict[int | None, _Part]], channel: int, pitch: int, note: tuple[int, int, int], end: int) -> None:
    number, start, velocity = note
    parts[number][channel].notes.append((start, max(end, start + 1), pitch, velocity))


def _count_other_drums(parts: list[_Part], raw: list[bytes], losses: Counter[str]) -> None:
    """Note the channels beside the tenth that GS (a message), XG and GM2 (a bank) give to drums."""
    is_xg = any(data[1:2] == b"\x43" and data[3:8] == b"\x4c\0\0\x7e\0" for data in raw)
    banks = (120, 127) if is_xg else (120,)
    blocks = {data[6] & 15 for data in raw if data[1:2] == b"\x41" and data[3:6] == b"\x42\x12\x40" and len(data) > 8
              and data[6] >> 4 == 1 and data[7] == 0x15 and data[8]}
    gs = {block if block > 9 else (block - 1) % 16 if block else _DRUMS for block in blocks}
    for part in parts:
        channel = _DRUMS if part.channel is None or not part.notes else part.channel % 16
        if channel != _DRUMS and (channel in gs or any(
                kind == "control" and number == 0 and value in banks for _, kind, value, number in part.events)):
            losses[f"channel {channel + 1} is for drums by a message that General MIDI does not have, and is taken "
                   "for an instrument with pitches; put them on channel 10"] += 1


def _programs(parts: list[_Part]) -> dict[int | None, list[tuple[int, int]]]:
    """The programs of each channel: (tick, program), in the order of time."""
    found: dict[int | None, list[tuple[int, int]]] = defaultdict(list)
    for part in parts:
        found[part.channel] += [(tick, value) for tick, kind, value, _ in part.events if kind == "program"]
    return {channel: sorted(changes, key=lambda change: change[0]) for channel, changes in found.items()}


def _track(part: _Part, programs: dict[int | None, list[tuple[int, int]]], texts: tuple[Text, ...], name: str,
           ticks_per_beat: int) -> Track:
    first = min((note[0] for note in part.notes), default=None)
    if first is None:
        own = [value for _, kind, value, _ in part.events if kind == "program"]
        program = own[0] if own else 0
    else:
        changes = programs.get(part.channel, [])
        before = bisect_right(changes, first, key=lambda change: change[0])
        program = changes[before - 1][1] if before else 0
    return Track(
        name, program, part.channel is not None and part.channel % 16 == _DRUMS,
        tuple(Note(pitch, start / ticks_per_beat, (end - start) / ticks_per_beat, velocity)
              for start, end, pitch, velocity in part.notes),
        tuple(Event(tick / ticks_per_beat, kind, value, number) for tick, kind, value, number in part.events),
        texts, part.channel)
