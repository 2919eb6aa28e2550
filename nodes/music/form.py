"""Pieces of sections, and pieces that are longer than a model composes at once: window by window, the last bars in mind."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from nodegraph import InputError

from ..media.score import Note, Score, Text, Track
from .theory import melody_of

MOST_BARS = 256
BARS = 8  # of a section that has no number
LOUDNESS = {"intro": 0.85, "chorus": 1.1, "break": 0.8, "coda": 0.9}  # times what it would be


class Section(NamedTuple):
    """A part of a piece: what it is called, and how many bars it has."""

    name: str
    bars: int


def sections(text: str) -> list[Section]:
    """The sections that a text such as `intro 4, verse 8, chorus 8, verse, chorus, coda 4` says; none of an empty one.

    One without a number has as many bars as before, the first time 8. Raises InputError for what is none.
    """
    found: list[Section] = []
    for part in (part.strip() for part in re.split(r"[,;\n]", text)):
        if not part:
            continue
        told = re.fullmatch(r"([^\d,]*[^\d\s,])\s*(\d+)?", part)
        if not told:
            raise InputError(f"form has {part!r}; a section is a name and its bars, such as `verse 8`")
        name = " ".join(told[1].lower().split())
        bars = int(told[2]) if told[2] else next((one.bars for one in found if one.name == name), BARS)
        if bars < 1:
            raise InputError(f"form gives {name} {bars} bars; a section has 1 or more")
        found.append(Section(name, bars))
    total = sum(one.bars for one in found)
    if total > MOST_BARS:
        raise InputError(f"form has {total} bars in all; a piece has {MOST_BARS} at most")
    if found and all(one.name in ("intro", "break") for one in found):
        raise InputError("form has no section with a tune; an intro and a break are made of another, such as `verse 8`")
    return found


def pieced(plan: Sequence[Section], compose: Callable[[int, bool], Score], extend: Callable[[Score, float, int, bool], Score]
           ) -> Score:
    """A piece of these sections, each with a marker.

    compose: so many bars out of nothing; extend: a score, from a bar line on, by so many bars; both with whether more is to
    follow. A section that comes again is the same to the note. An intro is the section after it without its tune, a break
    the one before it with nothing but its lowest part and its drums.
    """
    first = next(one for one in plan if one.name not in ("intro", "break"))
    opening = compose(first.bars, first.name != plan[-1].name)
    bar = 4 * opening.metres[0][1] / opening.metres[0][2]
    parts = {first.name: first_bars(opening, first.bars * bar)}
    song, at, last = replace(opening, tracks=(), texts=()), 0.0, parts[first.name]
    tune = opening.tracks[melody_of(opening)]
    for section in plan:
        length = section.bars * bar
        if section.name == "intro":
            part = _filled(only(last if at else parts[first.name], lambda track: not alike(track, tune)), length)
        elif section.name == "break":
            part = _filled(_bare(last), length)
        elif section.name in parts:
            part = _filled(parts[section.name], length)
        else:
            part = parts[section.name] = later(extend(song, at, section.bars, section.name != plan[-1].name), at, length)
        song = appended(song, part, at, section.name)
        at, last = at + length, part
    return song


def first_bars(score: Score, beats: float) -> Score:
    """What begins in the first beats, ended there."""
    return later(score, 0.0, beats)


def later(score: Score, start: float, beats: float) -> Score:
    """What begins in so many beats from a moment on, from beat 0."""
    return replace(score, texts=(), tracks=tuple(replace(track, events=(), texts=(), notes=tuple(
        note._replace(start=max(0.0, note.start - start), duration=min(note.duration, start + beats - note.start))
        for note in track.notes if start - 1e-6 <= note.start < start + beats - 1e-6)) for track in score.tracks))


def only(score: Score, keeps: Callable[[Track], bool]) -> Score:
    """The tracks that have notes and are wanted; all of them where that leaves none."""
    kept = tuple(track for track in score.tracks if track.notes and keeps(track))
    return replace(score, tracks=kept or score.tracks)


def alike(one: Track, other: Track) -> bool:
    """Whether two tracks are the same part of a piece."""
    return (one.name, one.program, one.is_drum) == (other.name, other.program, other.is_drum)


def _bare(score: Score) -> Score:
    pitched = [track for track in score.tracks if track.notes and not track.is_drum]
    lowest = min(pitched, key=lambda track: sum(note.pitch for note in track.notes) / len(track.notes), default=None)
    return only(score, lambda track: track.is_drum or track is lowest)


def _filled(score: Score, beats: float) -> Score:
    """So many beats of a part, which begins again where it is shorter."""
    bar = 4 * score.metres[0][1] / score.metres[0][2]
    own = max(bar, -(-round(score.beats - 1e-6, 6) // bar) * bar)
    found = score
    at = own
    while at < beats - 1e-6:
        found = appended(found, score, at, "")
        at += own
    return first_bars(found, beats)


def appended(song: Score, part: Score, at: float, name: str) -> Score:
    """A song with a part from a beat on, as loud as a section of this name is, and a marker of the name."""
    tracks = list(song.tracks)
    gain = LOUDNESS.get(name, 1.0)
    for track in part.tracks:
        notes = tuple(Note(note.pitch, note.start + at, note.duration, max(1, min(127, round(note.velocity * gain))))
                      for note in track.notes)
        own = next((number for number, one in enumerate(tracks) if alike(one, track)), None)
        if own is None:
            tracks.append(replace(track, notes=notes, channel=None))
        else:
            tracks[own] = replace(tracks[own], notes=(*tracks[own].notes, *notes))
    return replace(song, tracks=tuple(tracks), texts=(*song.texts, Text(at, name, "marker")) if name else song.texts)
