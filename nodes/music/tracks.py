"""Nodes for the tracks of scores: taken out, put together, cut."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from nodegraph import Choice, InputError, Range, node

from ..media.score import Event, Note, Score, Track, whole_bars
from .instruments import program_named
from .theory import melody_of


def part_of(score: Score, start: float, end: float) -> Score:
    """What lies between two beats, from beat 0 on and exactly so long; notes that begin before it are not in it.

    Pedals and controllers that hold at its beginning are told there.
    """
    tracks = []
    for track in score.tracks:
        notes = tuple(Note(note.pitch, note.start - start, min(note.duration, end - note.start), note.velocity)
                      for note in track.notes if start - 1e-6 <= note.start < end - 1e-6)
        held: dict[tuple[str, int], Event] = {(event.kind, event.number): event for event in track.events
                                              if event.beat < start - 1e-6}
        events = (*(event._replace(beat=0.0) for event in held.values()),
                  *(event._replace(beat=event.beat - start) for event in track.events if start - 1e-6 <= event.beat < end))
        texts = tuple(text._replace(beat=max(0.0, text.beat - start)) for text in track.texts if start <= text.beat < end)
        tracks.append(replace(track, notes=tuple(note._replace(start=max(0.0, note.start)) for note in notes),
                              events=tuple(event._replace(beat=max(0.0, event.beat)) for event in events), texts=texts))
    maps = {name: _from(getattr(score, name), start, end) for name in ("tempos", "metres", "keys")}
    texts = tuple(text._replace(beat=text.beat - start) for text in score.texts if start <= text.beat < end)
    return replace(score, tracks=tuple(tracks), texts=texts, raw=(), **maps)


def _from(entries: tuple, start: float, end: float) -> tuple:
    before = [entry for entry in entries if entry[0] <= start + 1e-6]
    inside = [(entry[0] - start, *entry[1:]) for entry in entries if start + 1e-6 < entry[0] < end - 1e-6]
    return ((0.0, *before[-1][1:]), *inside) if before else tuple(inside)


def found(score: Score, which: str) -> list[int]:
    """The numbers of the tracks that a word names: `melody`, `drums`, `bass`, an instrument, a name, or numbers from 1."""
    plain = which.strip().lower()
    if plain == "melody":
        return [melody_of(score)]
    if plain == "drums":
        return [at for at, track in enumerate(score.tracks) if track.is_drum]
    if plain == "bass":
        pitched = [(sum(note.pitch for note in track.notes) / len(track.notes), at)
                   for at, track in enumerate(score.tracks) if track.notes and not track.is_drum]
        return [min(pitched)[1]] if pitched else []
    numbers = plain.replace(",", " ").split()
    if numbers and all(number.isdigit() for number in numbers):
        return [int(number) - 1 for number in numbers if 1 <= int(number) <= len(score.tracks)]
    named = [at for at, track in enumerate(score.tracks) if plain and plain in track.name.lower()]
    if named:
        return named
    try:
        program = program_named(plain)
    except InputError:
        return []
    return [at for at, track in enumerate(score.tracks) if not track.is_drum and track.program == program]


@node("music.take_tracks", version=1)
def take_tracks(score: Score, which: str = "melody", keep: Annotated[str, Choice("these", "the others")] = "these") -> Score:
    """Take tracks out of a score, or leave them out.

    score: the music.
    which: `melody`, `drums`, `bass`, an instrument such as `flute`, a part of a track's name, or numbers from 1 such as `1, 3`.
    keep: whether these stay or the others.
    """
    chosen = set(found(score, which))
    if not chosen:
        names = ", ".join(f"{at} {track.name or 'unnamed'}" for at, track in enumerate(score.tracks, 1))
        raise InputError(f"no track is {which!r}; the score has {names or 'none'}")
    return replace(score, tracks=tuple(track for at, track in enumerate(score.tracks) if (at in chosen) == (keep == "these")))


@node("music.merge", version=1)
def merge(scores: list[Score]) -> Score:
    """Play several scores at the same time, from the same beat. Tempo, metre and key are those of the first.

    scores: the music; each keeps its tracks.
    """
    if not scores:
        raise InputError("there are no scores to merge")
    tracks, channel = list[Track](), 0
    for score in scores:
        used = sorted({track.channel for track in score.tracks if track.channel is not None})
        renamed = {one: channel + one % 16 + 16 * (one // 16) for one in used}
        tracks += [track if track.channel is None else replace(track, channel=renamed[track.channel]) for track in score.tracks]
        channel += 16 * (1 + max((one // 16 for one in used), default=0))
    ticks = max(score.ticks_per_beat for score in scores)
    texts = tuple(text for score in scores for text in score.texts)
    return replace(scores[0], tracks=tuple(tracks), ticks_per_beat=ticks, texts=texts)


@node("music.cut", version=1)
def cut(score: Score, from_bar: Annotated[int, Range(1, 10_000)] = 1, to_bar: Annotated[int, Range(0, 10_000)] = 8) -> Score:
    """Cut bars out of a score: what begins in them, from its beginning.

    score: the music.
    from_bar: the first bar that is kept; the first of the score is 1.
    to_bar: the last bar that is kept; 0 is the last of the score.
    """
    from .theory import spans

    bars = spans(score)
    last = to_bar or len(bars)
    if not from_bar <= last <= len(bars):
        raise InputError(f"the bars are {from_bar} to {last}; the score has 1 to {len(bars)}")
    return part_of(score, bars[from_bar - 1][0], bars[last - 1][1] if last < len(bars) else whole_bars(score))


@node("music.balance", version=1)
def balance(score: Score, which: str, level: Annotated[float, Range(-40, 4, 0.5)] = 0.0,
            pan: Annotated[float, Range(-1, 1, 0.05)] = 0.0) -> Score:
    """Set how loud a part is played, and where it stands: controllers 7 and 10, which a MIDI file keeps.

    For a room of its own take a part out, play it with `room: 0`, and put it together again with audio.reverb and audio.mix.

    score: the music.
    which: `melody`, `drums`, `bass`, an instrument, part of a name, or numbers from 1 such as `1, 3`.
    level: decibels against what instruments begin with; 4 is as loud as MIDI has it. What was set before goes.
    pan: -1 left to 1 right.
    """
    chosen = found(score, which)
    if not chosen:
        names = ", ".join(f"{at + 1} {track.name}" for at, track in enumerate(score.tracks))
        raise InputError(f"which is {which!r}, and the score has no such part; it has {names or 'none'}")
    volume, place = min(127, round(100 * 10 ** (level / 40))), max(0, min(127, round(64 + 63.5 * pan)))

    def placed(track: Track) -> Track:
        kept = (event for event in track.events if (event.kind, event.number) not in (("control", 7), ("control", 10)))
        return replace(track, events=(Event(0.0, "control", volume, 7), Event(0.0, "control", place, 10), *kept), channel=None)

    return replace(score, tracks=tuple(placed(track) if at in chosen else track for at, track in enumerate(score.tracks)))
