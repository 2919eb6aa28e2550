"""What a piece of music is on a link: tracks of notes and events with maps of tempo, metre and key, in beats.

A beat is a quarter note. Everything is tuples of plain numbers and texts, so that a Score compares, hashes and
stores as plain data; `midi` and `notation` know files.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import index as whole_number
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from nodegraph import InputError, PortType

from .kinds import kind

TICKS_PER_BEAT = 480
TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
DENOMINATORS = tuple(2 ** power for power in range(9))  # of metres: 1 to 256
LONGEST_HOURS = 24
SLOWEST, FASTEST = 3.5, 100_000.0  # quarter notes per minute
# Of an event's value, by its kind; those with a number have one of 0 to 127.
EVENTS = {"control": (0, 127), "program": (0, 127), "bend": (-8192, 8191), "pressure": (0, 127),
          "key_pressure": (0, 127)}
TEXTS = ("text", "copyright", "title", "instrument", "lyric", "marker", "cue", "program", "device")
_PITCH_CLASSES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class Note(NamedTuple):
    """One note. pitch: MIDI 0..127. start, duration: beats. velocity: 1..127."""

    pitch: int
    start: float
    duration: float
    velocity: int = 80


class Event(NamedTuple):
    """What happens on an instrument beside its notes, as MIDI has it.

    kind: control (number: 1 modulation, 7 volume, 10 pan, 11 expression, 64 pedal ...), program (another instrument from
        here on), bend (-8192..8191, two semitones either way unless controllers say otherwise), pressure, or key_pressure
        (number: the pitch). value: 0..127.
    """

    beat: float
    kind: str
    value: int
    number: int = 0


class Text(NamedTuple):
    """Words at a beat. kind: lyric, marker, text, title, copyright, instrument, cue, program or device."""

    beat: float
    text: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Track:
    """The notes of one instrument, by start, then pitch.

    program: General MIDI 0..127 at its first note; the kit for drums. events, texts: in the order in which they
    happen. channel: tracks of one channel share what its events change, as in a file; None has a channel to itself.
    Numbers of libraries become Python's own. Raises InputError for what is no music.
    """

    name: str
    program: int = 0
    is_drum: bool = False
    notes: tuple[Note, ...] = ()
    events: tuple[Event, ...] = ()
    texts: tuple[Text, ...] = ()
    channel: int | None = None

    def __post_init__(self) -> None:
        where = f"track {str(self.name)!r}"
        program, channel = _whole(self.program, where), self.channel
        if not 0 <= program <= 127:
            raise InputError(f"{where} has program {program}; General MIDI has 0 to 127")
        if channel is not None and (channel := _whole(channel, where)) < 0:
            raise InputError(f"{where} has channel {channel}; it takes 0 or more")
        notes = tuple(sorted(_plain_note(note, where) for note in self.notes))
        events = tuple(sorted((_plain_event(event, where) for event in self.events), key=_beat))
        for name, value in (("name", str(self.name)), ("program", program), ("is_drum", bool(self.is_drum)),
                            ("notes", tuple(sorted(notes, key=lambda note: (note.start, note.pitch)))),
                            ("events", events), ("texts", _plain_texts(self.texts, where)), ("channel", channel)):
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class Score:
    """Tracks, and what holds from a beat onwards.

    tempos: (beat, quarter notes per minute). metres: (beat, numerator, denominator). keys: (beat, "D minor").
    texts: title, markers and words of the whole. raw: (beat, bytes), messages that only some instrument or program
    understands, as a file has them. ticks_per_beat: how finely a file of it counts.
    Raises InputError when a map is out of order, does not begin at beat 0, or holds an impossible value.
    """

    tracks: tuple[Track, ...] = ()
    tempos: tuple[tuple[float, float], ...] = ((0.0, 120.0),)
    metres: tuple[tuple[float, int, int], ...] = ((0.0, 4, 4),)
    keys: tuple[tuple[float, str], ...] = ()
    texts: tuple[Text, ...] = ()
    raw: tuple[tuple[float, bytes], ...] = ()
    ticks_per_beat: int = TICKS_PER_BEAT
    __porttype__: ClassVar[PortType]

    def __post_init__(self) -> None:
        ticks = _whole(self.ticks_per_beat, "the score")
        if not 1 <= ticks <= 32767:
            raise InputError(f"the score has {ticks} ticks to a beat; a file takes 1 to 32767")
        raw = tuple(sorted(((_finite(beat, "the score"), bytes(data)) for beat, data in self.raw), key=_beat))
        for name, value in (
                ("tracks", tuple(self.tracks)), ("ticks_per_beat", ticks), ("raw", raw),
                ("tempos", tuple((float(beat), float(bpm)) for beat, bpm in self.tempos)),
                ("metres", tuple((float(beat), _whole(upper, "a metre"), _whole(lower, "a metre"))
                                 for beat, upper, lower in self.metres)),
                ("keys", tuple((float(beat), str(key)) for beat, key in self.keys)),
                ("texts", _plain_texts(self.texts, "the score"))):
            object.__setattr__(self, name, value)
        for name in ("tempos", "metres", "keys"):
            _check_order(name, [entry[0] for entry in getattr(self, name)])
        _check_values(self)

    @property
    def beats(self) -> float:
        """When the last note ends, in beats."""
        return max((note.start + note.duration for track in self.tracks for note in track.notes), default=0.0)

    @property
    def seconds(self) -> float:
        """When the last note ends, in seconds."""
        return seconds_at(self, self.beats)

    @property
    def bar_seconds(self) -> tuple[float, ...]:
        """When each bar begins, in seconds."""
        return tuple(seconds_at(self, beat) for beat in bar_starts(self))


def _beat(entry: tuple) -> float:
    return entry[0]


def _whole(value: Any, where: str) -> int:
    """A whole number as Python's own int, whatever library it comes from."""
    try:
        return whole_number(value)
    except TypeError:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        raise InputError(f"{where} has {value!r} where a whole number belongs") from None


def _finite(value: Any, where: str) -> float:
    """A moment in beats as Python's own float."""
    try:
        beat = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{where} has {value!r} where a number of beats belongs") from None
    if not 0 <= beat < math.inf:
        raise InputError(f"{where} has something at beat {beat}")
    return beat


def _plain_note(note: Iterable, where: str) -> Note:
    pitch, start, duration, velocity = Note(*note)
    try:
        plain = Note(_whole(pitch, where), float(start), float(duration), _whole(velocity, where))
    except (TypeError, ValueError):
        raise InputError(f"{where}: {note!r} is no note") from None
    wrong = _complaint(plain)
    if wrong:
        raise InputError(f"{where}: {wrong} ({plain})")
    return plain


def _complaint(note: Note) -> str | None:
    if not 0 <= note.pitch <= 127:
        return f"pitch {note.pitch} is outside 0 to 127"
    if not 0 <= note.start < math.inf:
        return f"a note starts at beat {note.start}"
    if not 0 < note.duration < math.inf:
        return f"a note lasts {note.duration} beats"
    if not 1 <= note.velocity <= 127:
        return f"velocity {note.velocity} is outside 1 to 127"
    return None


def _plain_event(event: Iterable, where: str) -> Event:
    beat, kind, value, number = Event(*event)
    plain = Event(_finite(beat, where), str(kind), _whole(value, where), _whole(number, where))
    low, high = EVENTS.get(plain.kind, (1, 0))
    if not low <= plain.value <= high or not 0 <= plain.number <= 127:
        raise InputError(f"{where}: {plain} is no event; it takes one of {', '.join(EVENTS)} with a value in its range")
    return plain


def _plain_texts(texts: Iterable, where: str) -> tuple[Text, ...]:
    plain = [Text(_finite(beat, where), str(text), str(kind)) for beat, text, kind in (Text(*text) for text in texts)]
    for text in plain:
        if text.kind not in TEXTS:
            raise InputError(f"{where} has a text of kind {text.kind!r}; it takes {', '.join(TEXTS)}")
    return tuple(sorted(plain, key=_beat))


def _check_order(name: str, beats: list[float]) -> None:
    if beats != sorted(set(beats)) or (beats and beats[0] < 0):
        raise InputError(f"the score's {name} are at beats {beats}; they must rise from 0")
    if name != "keys" and (not beats or beats[0] != 0):
        raise InputError(f"the score's {name} must say what holds from beat 0")


def _check_values(score: Score) -> None:
    for beat, bpm in score.tempos:
        if not SLOWEST <= bpm <= FASTEST:
            raise InputError(f"the tempo at beat {beat} is {bpm}; "
                             f"it takes {SLOWEST:g} to {FASTEST:g} quarter notes per minute")
    for beat, numerator, denominator in score.metres:
        if numerator < 1 or denominator not in DENOMINATORS:
            raise InputError(f"the metre at beat {beat} is {numerator}/{denominator}; "
                             f"the lower number must be one of {', '.join(map(str, DENOMINATORS))}")
    for _, key in score.keys:
        key_parts(key)


def key_parts(key: str) -> tuple[int, str]:
    """Pitch class of the tonic (0 is C) and "major" or "minor", from a name such as "F# minor".

    Raises InputError when the name is none.
    """
    words = key.replace("♯", "#").replace("♭", "b").split()
    tonic, mode = (words[0], words[1].lower()) if len(words) == 2 else ("", "")
    letter, accidentals = tonic[:1].upper(), tonic[1:]
    if letter not in _PITCH_CLASSES or accidentals not in ("", "#", "b") or mode not in ("major", "minor"):
        raise InputError(f"the key is {key!r}; it takes a tonic and a mode, such as 'D minor' or 'F# major'")
    return (_PITCH_CLASSES[letter] + {"": 0, "#": 1, "b": -1}[accidentals]) % 12, mode


def key_name(tonic: int, mode: str) -> str:
    """The name of a key: key_name(2, "minor") is "D minor"."""
    return f"{TONICS[tonic % 12]} {mode}"


def key_of(fifths: int, mode: str) -> str:
    """The key of so many sharps, or flats if negative: key_of(-1, "minor") is "D minor"."""
    place = fifths + (4 if mode == "minor" else 1)
    return "FCGDAEB"[place % 7] + {-1: "b", 0: "", 1: "#"}[place // 7] + " " + mode


def fifths_of(key: str) -> int:
    """How many sharps a key has, -7 to 7, negative for flats: that of its own name, or of the simplest that sounds so."""
    tonic, mode = key_parts(key)
    same = [fifths for fifths in range(-7, 8) if key_parts(key_of(fifths, mode))[0] == tonic]
    return min(same, key=lambda fifths: (key_of(fifths, mode).lower() != " ".join(key.split()).lower(), abs(fifths)))


def seconds_at(score: Score, beat: float) -> float:
    """The time of a beat in seconds, tempo changes honoured."""
    seconds, last_beat, last_bpm = 0.0, 0.0, score.tempos[0][1]
    for start, bpm in score.tempos:
        if start >= beat:
            break
        seconds += (start - last_beat) * 60 / last_bpm
        last_beat, last_bpm = start, bpm
    return seconds + (beat - last_beat) * 60 / last_bpm


def length_complaint(score: Score) -> str:
    """What is wrong with a file's score whose notes are out of all bounds; empty if they are not."""
    hours = score.seconds / 3600
    return f"has notes {hours:.0f} hours after its beginning, more than the {LONGEST_HOURS} that are read; it is likely " \
           "damaged" if hours > LONGEST_HOURS else ""


def bar_starts(score: Score, until: float | None = None) -> list[float]:
    """The beat of each bar line before `until` (the end of the score when left out)."""
    end = score.beats if until is None else until
    starts: list[float] = []
    for index, (beat, numerator, denominator) in enumerate(score.metres):
        stop = min(end, score.metres[index + 1][0]) if index + 1 < len(score.metres) else end
        bar = 4 * numerator / denominator
        count = 0
        while beat + count * bar < stop - 1e-6:
            starts.append(beat + count * bar)
            count += 1
    return starts


def whole_bars(score: Score) -> float:
    """The beat of the bar line at or after the end."""
    _, numerator, denominator = max(metre for metre in score.metres if metre[0] <= score.beats)
    starts = bar_starts(score)
    return starts[-1] + 4 * numerator / denominator if starts else 0.0


def transposed(score: Score, semitones: int) -> Score:
    """Every pitched note and key shifted; drums stay. Raises InputError when a note would leave 0..127."""
    keys = tuple((beat, key_name(key_parts(key)[0] + semitones, key_parts(key)[1]))
                 for beat, key in score.keys) if semitones else score.keys
    return replace(score, tracks=tuple(_shifted(track, semitones) for track in score.tracks), keys=keys)


def _shifted(track: Track, semitones: int) -> Track:
    if track.is_drum:
        return track
    return replace(
        track, notes=tuple(note._replace(pitch=note.pitch + semitones) for note in track.notes),
        events=tuple(event._replace(number=event.number + semitones) if event.kind == "key_pressure" else event
                     for event in track.events))


def to_plain(score: Score) -> dict:
    """The score as lists and numbers, for storing. `from_plain` gives it back."""
    return {"tracks": [[track.name, track.program, track.is_drum, [list(note) for note in track.notes],
                        [list(event) for event in track.events], [list(text) for text in track.texts], track.channel]
                       for track in score.tracks],
            **{name: [list(entry) for entry in getattr(score, name)]
               for name in ("tempos", "metres", "keys", "texts", "raw")},
            "ticks_per_beat": score.ticks_per_beat}


def from_plain(data: dict) -> Score:
    """The Score that `to_plain` wrote, this one or that of a version whose scores held notes alone."""
    return Score(**{**data, "tracks": tuple(Track(*fields) for fields in data["tracks"])})


def _write_midi(score: Score, path: Path) -> None:
    from .scores.midi import save_midi

    save_midi(score, path)


def _write_musicxml(score: Score, path: Path) -> None:
    from .scores.notation import save_musicxml

    save_musicxml(score, path)


def _preview(score: Score) -> Any:
    from .scores.roll import piano_roll_picture

    return piano_roll_picture(score)


Score.__porttype__ = PortType(
    "Score", "Symbolic music: tracks of notes with tempo, metre and key, and what a MIDI file has besides.",
    complaint=lambda v: None if isinstance(v, Score) else f"is {kind(v)}",
    preview=_preview, exports={"mid": _write_midi, "musicxml": _write_musicxml}, color="#78c484",
    flatten=to_plain, restore=from_plain,
    summary=lambda v: f"{len(v.tracks)} tracks, {v.beats:g} beats, {v.seconds:.1f} s")
