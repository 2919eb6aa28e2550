"""Written music, MusicXML and ABC, through music21 (BSD-3), which plays it as MIDI and writes what MIDI says as notes."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from nodegraph import InputError, warn

from ...common.extras import judge_there
from ..score import DENOMINATORS, FASTEST, SLOWEST, Note, Score, Text, Track, fifths_of, key_of, key_parts, length_complaint
from . import documents
from .medley import medley

LARGEST_MEGABYTES = 256  # of a document, unpacked
GRID = (8, 6)  # parts of a beat on which notes are written: down to thirty-seconds, and triplets of sixteenths
_FORMATS = {"musicxml": "MusicXML", "abc": "ABC"}
_NO_NAME = "MusicXML Part"  # what music21 calls a part without one
GRACE_BEATS = 0.125  # how long a note sounds that takes no time


def is_notation(data: bytes) -> bool:
    """Whether this is MusicXML, plain or packed, or ABC, by its content."""
    return data[:4] != b"MThd" and bool(data[:4] == b"PK\x03\x04" or _format(_text(data[:1 << 16])))


def from_bytes(data: bytes, name: str = "the file") -> Score:
    """The Score of a MusicXML or ABC document: repeats played out, ties joined, transposing instruments as they sound.

    The tunes of an ABC file are joined, each from a new bar. Raises InputError, which begins with the file's name.
    """
    text = _unpacked(data, name) if data[:4] == b"PK\x03\x04" else _text(data)
    format = _format(text)
    if not format:
        raise InputError(f"{name} holds no MusicXML and no ABC")
    if format == "musicxml":
        text = documents.musicxml(text)
    elif format == "abc":
        text = documents.abc(text)
    with _without_noise(name), _music21(f"{name} is {_FORMATS[format]}; reading it") as music21:
        document = music21.converter.parseData(text, format=format)
        pieces = list(document.scores) if isinstance(document, music21.stream.Opus) else [document]
        for piece in pieces:
            _kept_programs(piece, text, music21)
        scores = [_played(piece, name, music21) for piece in pieces]
        _tell_unread(text if format == "abc" else "", Path(name).name)
        if format == "abc" and ":|" in text and not document.recurse().getElementsByClass(music21.stream.Measure):
            warn(f"{Path(name).name}: repeats are not played, since music21 counts bars in longer tunes only")
    if len(scores) > 1:
        warn(f"{Path(name).name} holds {len(scores)} pieces; they are joined one after the other")
    score = medley(scores) if len(scores) != 1 else scores[0]
    if wrong := length_complaint(score):
        raise InputError(f"{name} {wrong}")
    if not any(track.notes for track in score.tracks):
        warn(f"{Path(name).name} is read, but it has no notes")
    return score


def _tell_unread(abc: str, name: str) -> None:
    """Warn of what a document says and a Score does not keep."""
    if re.search(r"^w:", abc, re.M):
        warn(f"{name} has words under its notes (w:), which are not read from ABC; MusicXML keeps them")


def save_musicxml(score: Score, path: str | Path) -> None:
    """Write MusicXML: notes on a grid of thirty-seconds and triplets of sixteenths, lyrics, tempos, metres and keys.

    What notation does not say (pedal, bends, controllers ...) and notes that are moved to the grid are told of.
    Raises InputError where music21 is missing, or cannot write the score.
    """
    sounding = [track for track in score.tracks if track.notes] or [Track("")]
    gridded = replace(score, tracks=tuple(map(_on_grid, sounding)))
    _tell_losses(score, gridded)
    with _without_noise(str(path)), _music21("writing MusicXML") as music21:
        title = next((text.text for text in score.texts if text.kind == "title"), "")
        document = music21.stream.Score([_part(gridded, number, music21) for number in range(len(gridded.tracks))])
        document.metadata = music21.metadata.Metadata(title=title or None, composer="")
        Path(path).write_bytes(music21.musicxml.m21ToXml.GeneralObjectExporter(document).parse())


@contextmanager
def _music21(purpose: str) -> Iterator[Any]:
    """music21; whatever it raises on a document becomes an InputError."""
    judge_there(purpose, "scores", "music21")
    import music21

    try:
        yield music21
    except InputError:
        raise
    except Exception as error:  # of any kind: it has no family of errors for damaged documents
        raise InputError(f"{purpose} failed: {str(error)[:200] or type(error).__name__} (music21); it may be cut or damaged: "
                         "write it anew in the program that it is from") from error


@contextmanager
def _without_noise(name: str) -> Iterator[None]:
    """Python's warnings of a library as warnings of the product."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for category, sentence in dict.fromkeys((warning.category, str(warning.message)) for warning in caught):
        if category.__module__.startswith("music21"):
            warn(f"{Path(name).name}: {sentence}")
        elif category is UserWarning:  # the product's own, told outside of any run
            warn(sentence)


def _text(data: bytes) -> str:
    """The letters of a document; an XML declaration may tell its encoding."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if data[:4] in (b"<\0?\0", b"\0<\0?"):  # without its mark
        return data.decode("utf-16-le" if data[:1] == b"<" else "utf-16-be", "replace")
    declared = re.match(rb"""\s*<\?xml[^>]*encoding=["']([\w.-]+)""", data)
    for encoding in (declared[1].decode() if declared else "utf-8", "latin-1"):
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except (LookupError, UnicodeDecodeError):
            continue
    raise AssertionError("every byte is a letter of Latin-1")


def _format(text: str) -> str:
    start = text[:1 << 16]
    if re.match(r"\s*<", start):
        return "musicxml" if re.search(r"<(score-partwise|score-timewise)\b", start) else ""
    has_tune = re.search(r"^X:\s*\d", start, re.M) and re.search(r"^K:", start, re.M)
    return "abc" if has_tune and "\0" not in start else ""


class _NoScore(InputError):
    """An archive is whole, and there is no score in it that is read."""


def _midi_inside(names: list[str]) -> str:
    midi = next((one for one in names if one.lower().endswith((".mid", ".midi", ".kar"))), "")
    return f": it holds {midi}; unpack it first" if midi else "; unpack it, and give the file of music"


def _unpacked(data: bytes, name: str) -> str:
    """The score in a .mxl: the file that its container names, or the first that is one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            container = archive.read("META-INF/container.xml").decode("utf-8", "replace") \
                if "META-INF/container.xml" in names else ""
            root = re.search(r"""full-path=["']([^"']+)""", container)
            inside = [root[1]] if root and root[1] in names else \
                [one for one in names if one.endswith((".xml", ".musicxml")) and not one.startswith("META-INF")]
            if not inside:
                raise _NoScore(f"{name} is a ZIP archive without MusicXML in it{_midi_inside(names)}")
            if archive.getinfo(inside[0]).file_size > LARGEST_MEGABYTES << 20:
                raise _NoScore(f"{name} unpacks to more than {LARGEST_MEGABYTES} MB, the most that is read")
            return _text(archive.read(inside[0]))
    except _NoScore:
        raise
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, RuntimeError, KeyError, OSError) as error:
        raise InputError(f"{name} is a ZIP archive that is cut or damaged ({error}); fetch it again") from error


def _played(piece: Any, name: str, music21: Any) -> Score:
    """A piece as it sounds: repeats expanded, transposing instruments at their pitch, ties joined."""
    if piece.recurse().getElementsByClass(music21.stream.Measure):
        for part in list(piece.parts) or [piece]:
            _open_repeats(part, music21)
        try:
            piece = piece.expandRepeats()
        except music21.exceptions21.Music21Exception as error:
            if _has_repeats(piece, music21):
                warn(f"{Path(name).name}: repeats are not played: {error}")
    piece = piece.toSoundingPitch()
    parts = list(piece.parts) or [piece]
    title = piece.metadata.bestTitle if piece.metadata else None
    return Score(tuple(_track(part, name, music21) for part in parts), *_maps(piece, parts[0], music21),
                 (*((Text(0.0, title, "title"),) if title else ()), *_symbols(piece, music21)))


def _symbols(piece: Any, music21: Any) -> list[Text]:
    """Chord symbols as cues: "Bb7" where music21 says B-7."""
    found = []
    for sign in piece.flatten().getElementsByClass(music21.harmony.ChordSymbol):
        figure = "N.C." if isinstance(sign, music21.harmony.NoChord) else \
            re.sub(r"(?<=[A-G])-", "b", str(sign.figure).replace(" ", ""))
        if not found or found[-1].text != figure:
            found.append(Text(float(sign.offset), figure, "cue"))
    return found


def _open_repeats(part: Any, music21: Any) -> None:
    """A repeat without a beginning goes back to the end of the one before, as players do; music21 goes back to the first
    bar each time, and doubles all between."""
    endings = {id(bar) for bracket in part.recurse().getElementsByClass(music21.spanner.RepeatBracket)
               for bar in bracket.getSpannedElements()}
    bars = list(part.getElementsByClass(music21.stream.Measure))
    for at, bar in enumerate(bars):
        if not _is_repeat(bar.rightBarline, "end"):
            continue
        following = [later for later in bars[at + 1:] if id(later) not in endings]
        for later in following:
            if _is_repeat(later.leftBarline, "start"):
                break
            if _is_repeat(later.rightBarline, "end"):
                following[0].leftBarline = music21.bar.Repeat(direction="start")
                break


def _has_repeats(piece: Any, music21: Any) -> bool:
    """Whether bars are to be played again, or out of their order."""
    marks = piece.recurse().getElementsByClass([music21.bar.Repeat, music21.repeat.RepeatMark, music21.spanner.RepeatBracket])
    return bool(marks) or any(_is_repeat(bar.leftBarline, "start") or _is_repeat(bar.rightBarline, "end")
                              for bar in piece.recurse().getElementsByClass(music21.stream.Measure))


def _is_repeat(line: Any, direction: str) -> bool:
    return getattr(line, "direction", None) == direction


def _maps(piece: Any, part: Any, music21: Any) -> tuple[Any, Any, Any]:
    """Tempos of the whole, and metres and keys of its first part."""
    tempos, metres, keys, flat = {0.0: 120.0}, {0.0: (4, 4)}, {}, part.flatten()
    for mark in piece.flatten().getElementsByClass(music21.tempo.MetronomeMark):
        bpm = mark.getQuarterBPM()
        if bpm and SLOWEST <= bpm <= FASTEST:
            tempos[float(mark.offset)] = round(float(bpm), 6)
    for metre in flat.getElementsByClass(music21.meter.TimeSignature):
        if metre.numerator and metre.denominator in DENOMINATORS:
            metres[float(metre.offset)] = (metre.numerator, metre.denominator)
    for key in flat.getElementsByClass(music21.key.KeySignature):
        if key.sharps is not None and abs(key.sharps) <= 7:
            mode = "minor" if getattr(key, "mode", None) == "minor" else "major"
            keys[float(key.offset)] = key_of(key.sharps, mode)
    return (_changes(tempos), tuple((beat, *metre) for beat, (metre,) in _changes({b: (m,) for b, m in metres.items()})),
            _changes(keys))


def _changes(values: dict[float, Any]) -> tuple[tuple[float, Any], ...]:
    """What holds from a beat on, without what says the same again."""
    found: list[tuple[float, Any]] = []
    for beat, value in sorted(values.items()):
        if not found or found[-1][1] != value:
            found.append((beat, value))
    return tuple(found)


def _track(part: Any, name: str, music21: Any) -> Track:
    instrument = part.getInstrument(returnDefault=True)
    flat = part.flatten()
    signs = [sign for sign in flat.notes if not isinstance(sign, music21.harmony.Harmony)]
    is_drum = instrument.midiChannel == 9 or any(isinstance(sign, music21.note.Unpitched) for sign in signs)
    notes: list[Note] = []
    tied: dict[int, int] = {}  # by pitch, the note that is to go on
    for sign in signs:
        velocity = max(1, min(127, round(127 * sign.volume.getRealized())))
        start, duration = float(sign.offset), float(sign.quarterLength) or GRACE_BEATS
        for note in getattr(sign, "notes", (sign,)):
            pitch, tie = _pitch(note, name), note.tie.type if note.tie else ""
            earlier = tied.pop(pitch, None) if tie in ("stop", "continue") else None
            if earlier is not None and abs(notes[earlier].start + notes[earlier].duration - start) < 1e-6:
                notes[earlier] = notes[earlier]._replace(duration=start + duration - notes[earlier].start)
            else:
                earlier = len(notes)
                notes.append(Note(pitch, start, duration, velocity))
            if tie in ("start", "continue"):
                tied[pitch] = earlier
    words = tuple(Text(float(sign.offset), sign.lyric, "lyric") for sign in signs if sign.lyric)
    label = part.partName or instrument.partName or ""
    label = "" if label == _NO_NAME else label
    program = instrument.midiProgram if instrument.midiProgram is not None else 0
    return Track(label, program, is_drum, tuple(notes), texts=words)


def _pitch(note: Any, name: str) -> int:
    """The key of a note; of a drum, its sound in General MIDI, else the line that it stands on."""
    if hasattr(note, "pitch"):
        place = note.pitch.ps
    else:
        key = documents.drum_key(note.displayStep, note.displayOctave)
        place = note.displayPitch().ps if key is None else key
    if place != int(place):
        warn(f"{Path(name).name} has notes between the keys of a piano; they are read as the nearest")
    return max(0, min(127, round(place)))


def _on_grid(track: Track) -> Track:
    """Notes begin and end on the grid; one of a pitch that is still sounding ends where the next begins."""
    grid = _grid(track)
    following: dict[int, float] = {}
    notes = []
    for note in reversed(track.notes):
        start, end = (_snapped(beat, grid) for beat in (note.start, note.start + note.duration))
        end = min(max(end, start + 1 / grid.get(int(start), GRID[0])), following.get(note.pitch, end + 1))
        if end > start:
            following[note.pitch] = start
            notes.append(Note(note.pitch, start, end - start, note.velocity))
    lyrics = tuple(text._replace(beat=_snapped(text.beat, grid)) for text in track.texts if text.kind == "lyric")
    return replace(track, notes=tuple(notes), events=(), texts=lyrics, channel=None)


def _grid(track: Track) -> dict[int, int]:
    """Into how many parts each beat of a track is divided, by what begins and ends in it."""
    places: dict[int, list[float]] = defaultdict(list)
    for note in track.notes:
        for beat, weight in ((note.start, 3), (note.start + note.duration, 1)):
            places[int(beat)] += [beat] * weight
    return {beat: min(GRID, key=lambda parts: sum(abs(round(place * parts) / parts - place) for place in inside))
            for beat, inside in places.items()}


def _snapped(beat: float, grid: dict[int, int]) -> float:
    parts = grid.get(int(beat), GRID[0])
    return round(beat * parts) / parts


def _tell_losses(score: Score, gridded: Score) -> None:
    events = sum(event.kind != "program" for track in score.tracks for event in track.events)
    if events or score.raw:
        warn(f"MusicXML says nothing of {events + len(score.raw)} events such as pedal, bends and controllers; a MIDI file "
             "keeps them")
    before = [note for track in score.tracks for note in track.notes]
    after = {(note.pitch, round(note.start, 4), round(note.duration, 4)) for track in gridded.tracks for note in track.notes}
    moved = sum((note.pitch, round(note.start, 4), round(note.duration, 4)) not in after for note in before)
    if moved:
        warn(f"{moved} of {len(before)} notes are written on the nearest thirty-second or triplet of sixteenths")


def _part(score: Score, number: int, music21: Any) -> Any:
    """A track as a part of measures, voices and rests. The first one says the tempos."""
    track, part = score.tracks[number], music21.stream.Part(id=f"P{number + 1}")
    part.partName = track.name
    part.insert(0, _instrument(track, number, music21))
    for beat, upper, lower in score.metres:
        part.insert(beat, music21.meter.TimeSignature(f"{upper}/{lower}"))
    for beat, key in score.keys:
        part.insert(beat, music21.key.KeySignature(fifths_of(key)).asKey(key_parts(key)[1]))
    for beat, bpm in score.tempos if number == 0 else ():
        part.insert(beat, music21.tempo.MetronomeMark(number=round(bpm, 3)))
    for text in score.texts if number == 0 else ():
        if (mark := _mark(text, music21)) is not None:
            part.insert(text.beat, mark)
    lyrics: dict[float, list[str]] = defaultdict(list)
    for text in track.texts:
        lyrics[text.beat].append(text.text)
    chords: dict[tuple[float, float], list[Note]] = defaultdict(list)
    for note in track.notes:
        chords[note.start, note.duration].append(note)
    for (start, duration), notes in chords.items():
        names = [_spelled(note.pitch, _middle_fifth(score, start)) for note in notes]
        sign = music21.note.Note(names[0]) if len(notes) == 1 else music21.chord.Chord(names)
        sign.quarterLength, sign.volume.velocity = duration, max(note.velocity for note in notes)
        for word in lyrics.pop(start, ()):
            sign.addLyric(word.strip())
        part.insert(start, sign)
    _, upper, lower = score.metres[0]
    return _measured(part, max(score.beats, 4 * upper / lower))


def _mark(text: Text, music21: Any) -> Any:
    """A chord symbol, a section's letter or a word above the staff; None for what is not written there."""
    if text.kind == "cue":
        figure = re.sub(r"(?<=^[A-G])b|(?<=/[A-G])b", "-", text.text)
        try:
            return music21.harmony.ChordSymbol(figure)
        except Exception:  # of any kind, for a figure that it does not know: then it is a word
            return music21.expressions.TextExpression(text.text)
    if text.kind == "marker":
        return music21.expressions.RehearsalMark(text.text)
    return music21.expressions.TextExpression(text.text) if text.kind == "text" and len(text.text) < 40 else None


def _middle_fifth(score: Score, beat: float) -> float:
    """Where on the line of fifths, C being 0, the pitches of the key at a beat have their middle."""
    keys = [key for at, key in score.keys if at <= beat + 1e-6]
    if not keys:
        return 2.0
    return fifths_of(keys[-1]) + (3.5 if key_parts(keys[-1])[1] == "minor" else 2.0)


def _spelled(pitch: int, middle: float) -> str:
    """A pitch as music21 names it, "B-4", spelled nearest to a place on the line of fifths.

    On that line the steps of a key lie together (Temperley, "The Cognition of Basic Musical Structures", 2001, chapter 5).
    """
    place = min((one for one in range(-9, 14) if 7 * one % 12 == pitch % 12), key=lambda one: abs(one - middle))
    letter, accidentals = "FCGDAEB"[(place + 1) % 7], (place + 1) // 7
    octave = (pitch - accidentals) // 12 - 1
    return letter + ("#" * accidentals if accidentals > 0 else "-" * -accidentals) + str(octave)


def _instrument(track: Track, number: int, music21: Any) -> Any:
    instrument = music21.instrument.UnpitchedPercussion() if track.is_drum else music21.instrument.Instrument()
    instrument.partId, instrument.instrumentId = f"P{number + 1}", f"P{number + 1}-I1"
    instrument.instrumentName = instrument.partName = track.name
    instrument.midiProgram = track.program
    pitched = [channel for channel in range(16) if channel != 9]
    instrument.midiChannel = 9 if track.is_drum else pitched[number % len(pitched)]
    return instrument


def _measured(part: Any, beats: float) -> Any:
    """The part in measures for so many beats, with ties over bar lines, rests, and voices for what overlaps."""
    measured = part.makeMeasures(refStreamOrTimeRange=[0.0, beats])
    measured.makeTies(inPlace=True)
    for measure in measured.getElementsByClass("Measure"):
        if not measure.isSequence():
            measure.makeVoices(inPlace=True)
        for voice in measure.voices or [measure]:
            voice.makeRests(fillGaps=True, inPlace=True, timeRangeFromBarDuration=True)
    return measured


def _kept_programs(piece: Any, text: str, music21: Any) -> None:
    """Instruments as the document numbers them; music21 goes by their names first."""
    programs = dict(re.findall(r"""<score-part [^>]*?id=["']([^"']+)["'](?:(?!</score-part>).)*?<midi-program>\s*(\d+)""",
                               text, re.S))
    for instrument in piece.recurse().getElementsByClass(music21.instrument.Instrument):
        program = programs.get(str(instrument.partId))
        if program and 1 <= int(program) <= 128:
            instrument.midiProgram = int(program) - 1
