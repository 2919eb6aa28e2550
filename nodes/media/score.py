"""What a piece of music is on a link: tracks of notes with maps of tempo, metre and key, in beats.

A beat is a quarter note. Everything is tuples of numbers and short names, so that a Score compares, hashes
and stores as plain data; pretty_midi and MIDI files are its edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nodegraph import InputError, PortType

from .kinds import kind

TICKS_PER_BEAT = 480
TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_PITCH_CLASSES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_TRACK_COLORS = ((240, 178, 74), (92, 168, 224), (214, 96, 110), (120, 196, 132), (178, 132, 220),
                 (220, 220, 220))


class Note(NamedTuple):
    """One note. pitch: MIDI 0..127. start, duration: beats. velocity: 1..127."""

    pitch: int
    start: float
    duration: float
    velocity: int = 80


@dataclass(frozen=True, slots=True)
class Track:
    """The notes of one instrument, by start, then pitch. program: General MIDI 0..127 (ignored for drums)."""

    name: str
    program: int = 0
    is_drum: bool = False
    notes: tuple[Note, ...] = ()

    def __post_init__(self):
        if not 0 <= self.program <= 127:
            raise InputError(f"track {self.name!r} has program {self.program}; General MIDI has 0 to 127")
        notes = tuple(sorted((Note(*note) for note in self.notes), key=lambda note: (note.start, note.pitch)))
        for note in notes:
            wrong = _complaint(note)
            if wrong:
                raise InputError(f"track {self.name!r}: {wrong} ({note})")
        object.__setattr__(self, "notes", notes)


@dataclass(frozen=True, slots=True)
class Score:
    """Tracks, and what holds from a beat onwards.

    tempos: (beat, quarter notes per minute). metres: (beat, numerator, denominator). keys: (beat, "D minor").
    Raises InputError when a map is out of order, does not begin at beat 0, or holds an impossible value.
    """

    tracks: tuple[Track, ...] = ()
    tempos: tuple[tuple[float, float], ...] = ((0.0, 120.0),)
    metres: tuple[tuple[float, int, int], ...] = ((0.0, 4, 4),)
    keys: tuple[tuple[float, str], ...] = ()

    def __post_init__(self):
        for name in ("tracks", "tempos", "metres", "keys"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("tempos", "metres", "keys"):
            entries = tuple(tuple(entry) for entry in getattr(self, name))
            beats = [entry[0] for entry in entries]
            if beats != sorted(set(beats)) or (beats and beats[0] < 0):
                raise InputError(f"the score's {name} are at beats {beats}; they must rise from 0")
            if name != "keys" and (not beats or beats[0] != 0):
                raise InputError(f"the score's {name} must say what holds from beat 0")
            object.__setattr__(self, name, entries)
        for beat, bpm in self.tempos:
            if not 4 <= bpm <= 1000:
                raise InputError(f"the tempo at beat {beat} is {bpm}; "
                                 "it takes 4 to 1000 quarter notes per minute")
        for beat, numerator, denominator in self.metres:
            if numerator < 1 or denominator not in (1, 2, 4, 8, 16, 32):
                raise InputError(f"the metre at beat {beat} is {numerator}/{denominator}; "
                                 "the lower number must be 1, 2, 4, 8, 16 or 32")
        for _, key in self.keys:
            key_parts(key)

    @property
    def beats(self) -> float:
        """When the last note ends, in beats."""
        return max((note.start + note.duration for track in self.tracks for note in track.notes), default=0.0)

    @property
    def seconds(self) -> float:
        """When the last note ends, in seconds."""
        return seconds_at(self, self.beats)


def _complaint(note: Note) -> str | None:
    if not 0 <= note.pitch <= 127:
        return f"pitch {note.pitch} is outside 0 to 127"
    if not 0 <= note.start < float("inf"):
        return f"a note starts at beat {note.start}"
    if not 0 < note.duration < float("inf"):
        return f"a note lasts {note.duration} beats"
    if not 1 <= note.velocity <= 127:
        return f"velocity {note.velocity} is outside 1 to 127"
    return None


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


def seconds_at(score: Score, beat: float) -> float:
    """The time of a beat in seconds, tempo changes honoured."""
    seconds, last_beat, last_bpm = 0.0, 0.0, score.tempos[0][1]
    for start, bpm in score.tempos:
        if start >= beat:
            break
        seconds += (start - last_beat) * 60 / last_bpm
        last_beat, last_bpm = start, bpm
    return seconds + (beat - last_beat) * 60 / last_bpm


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


def transposed(score: Score, semitones: int) -> Score:
    """Every pitched note and key shifted; drums stay. Raises InputError when a note would leave 0..127."""
    tracks = tuple(track if track.is_drum else
                   Track(track.name, track.program, False,
                         tuple(note._replace(pitch=note.pitch + semitones) for note in track.notes))
                   for track in score.tracks)
    keys = tuple((beat, key_name(key_parts(key)[0] + semitones, key_parts(key)[1]))
                 for beat, key in score.keys)
    return Score(tracks, score.tempos, score.metres, keys)


def to_plain(score: Score) -> dict:
    """The score as lists and numbers, for storing. `from_plain` gives it back."""
    return {"tracks": [[track.name, track.program, track.is_drum, [list(note) for note in track.notes]]
                       for track in score.tracks],
            "tempos": [list(entry) for entry in score.tempos],
            "metres": [list(entry) for entry in score.metres],
            "keys": [list(entry) for entry in score.keys]}


def from_plain(data: dict) -> Score:
    """The Score that `to_plain` wrote."""
    tracks = tuple(Track(name, program, is_drum, tuple(Note(*note) for note in notes))
                   for name, program, is_drum, notes in data["tracks"])
    return Score(tracks, data["tempos"], data["metres"], data["keys"])


def to_pretty_midi(score: Score):
    """A `pretty_midi.PrettyMIDI` at 480 ticks per beat; each note falls on its nearest tick."""
    import io

    import mido
    import pretty_midi

    def tick(beat: float) -> int:
        return round(beat * TICKS_PER_BEAT)

    # pretty_midi takes a tempo map only from a file, so it is given one that holds nothing else.
    tempo_map = mido.MidiTrack()
    last = 0
    for beat, bpm in score.tempos:
        tempo_map.append(mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm), time=tick(beat) - last))
        last = tick(beat)
    file = io.BytesIO()
    mido.MidiFile(ticks_per_beat=TICKS_PER_BEAT, tracks=[tempo_map]).save(file=file)
    file.seek(0)
    midi = pretty_midi.PrettyMIDI(file)
    midi.time_signature_changes = [
        pretty_midi.TimeSignature(numerator, denominator, midi.tick_to_time(tick(beat)))
        for beat, numerator, denominator in score.metres]
    midi.key_signature_changes = [
        pretty_midi.KeySignature(tonic + (12 if mode == "minor" else 0), midi.tick_to_time(tick(beat)))
        for beat, (tonic, mode) in ((beat, key_parts(key)) for beat, key in score.keys)]
    for track in score.tracks:
        instrument = pretty_midi.Instrument(track.program, track.is_drum, track.name)
        for note in track.notes:
            start = tick(note.start)
            end = max(start + 1, tick(note.start + note.duration))
            instrument.notes.append(pretty_midi.Note(note.velocity, note.pitch, midi.tick_to_time(start),
                                                     midi.tick_to_time(end)))
        midi.instruments.append(instrument)
    return midi


def from_pretty_midi(midi) -> Score:
    """The Score of a `pretty_midi.PrettyMIDI`: beats are its ticks over its resolution."""
    def beat(seconds: float) -> float:
        return int(midi.time_to_tick(seconds)) / midi.resolution

    times, bpms = midi.get_tempo_changes()
    tempos = dict(zip(map(beat, times), (round(float(bpm), 3) for bpm in bpms)))
    metres = {beat(metre.time): (metre.numerator, metre.denominator) for metre in midi.time_signature_changes}
    keys = {beat(key.time): key_name(key.key_number, "minor" if key.key_number >= 12 else "major")
            for key in midi.key_signature_changes}
    tracks = []
    for instrument in midi.instruments:
        notes = []
        for note in instrument.notes:
            start, end = int(midi.time_to_tick(note.start)), int(midi.time_to_tick(note.end))
            notes.append(Note(note.pitch, start / midi.resolution, max(1, end - start) / midi.resolution,
                              max(1, note.velocity)))
        tracks.append(Track(instrument.name, instrument.program, instrument.is_drum, tuple(notes)))
    return Score(tuple(tracks), tuple(sorted({0.0: 120.0, **tempos}.items())),
                 tuple((at, *metre) for at, metre in sorted({0.0: (4, 4), **metres}.items())),
                 tuple(sorted(keys.items())))


def save_midi(score: Score, path: str | Path) -> None:
    """Write a standard MIDI file."""
    to_pretty_midi(score).write(str(path))


def load_midi(path: str | Path) -> Score:
    """Read a MIDI file. Raises InputError when it is none."""
    import pretty_midi

    try:
        midi = pretty_midi.PrettyMIDI(str(path))
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except (OSError, EOFError, ValueError, IndexError, KeyError) as error:
        raise InputError(f"{path} is not a MIDI file that can be read: {error}") from error
    return from_pretty_midi(midi)


def piano_roll_picture(score: Score, width: int = 480, height: int = 160):
    """The notes drawn over time, a colour for each track, with bar lines: uint8 (height, width, 3)."""
    import numpy as np

    picture = np.full((height, width, 3), (24, 26, 32), np.uint8)
    pitches = [note.pitch for track in score.tracks if not track.is_drum for note in track.notes]
    if not pitches:
        return picture
    low, high = min(pitches) - 2, max(pitches) + 2
    columns = (width - 1) / score.beats
    row_height = height / (high - low + 1)
    for start in bar_starts(score):
        picture[:, int(start * columns)] = (46, 50, 60)
    for index, track in enumerate(score.tracks):
        color = np.array(_TRACK_COLORS[index % len(_TRACK_COLORS)])
        for note in track.notes if not track.is_drum else ():
            top = int((high - note.pitch) * row_height)
            left = int(note.start * columns)
            right = max(left + 1, int((note.start + note.duration) * columns) - 1)
            shade = 0.55 + 0.45 * note.velocity / 127
            picture[top:max(top + 1, int(top + row_height)), left:right] = (color * shade).astype(np.uint8)
    return picture


Score.__porttype__ = PortType(
    "Score", "Symbolic music: tracks of notes with tempo, metre and key.",
    complaint=lambda v: None if isinstance(v, Score) else f"is {kind(v)}",
    preview=piano_roll_picture, exports={"mid": save_midi}, color="#78c484",
    flatten=to_plain, restore=from_plain,
    summary=lambda v: f"{len(v.tracks)} tracks, {v.beats:g} beats, {v.seconds:.1f} s")
