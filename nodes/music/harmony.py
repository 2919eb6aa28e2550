"""Nodes for the pitches of a score: its key, its chords, its tune, and who plays them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Annotated, NamedTuple

from nodegraph import Choice, InputError, Range, Seed, node

from ..media.score import Note, Score, Text, bar_starts, key_parts
from .bands import BANDS, played
from .chords import chord, laid, sheet
from .composing import parsed_metre
from .controls import Chord
from .given import metre_at
from .shaping import (
    arpeggiated,
    canon as in_canon,
    chord_track,
    in_key,
    inverted,
    reversed_score,
    step_of_key,
    swung,
    within_reach,
)
from .theory import PROFILES, chords_for, chords_of, key_of_score, melody_of, sections_of, stated_key, with_chords


class Heard(NamedTuple):
    """What is heard in a score."""

    key: str
    certainty: float
    chords: str
    sections: str
    score: Score


@node("music.analyse", version=1)
def analyse(score: Score, chords_a_bar: Annotated[int, Range(1, 4)] = 1,
            profile: Annotated[str, Choice(*PROFILES)] = "Temperley") -> Heard:
    """Hear a score's key, chords and sections.

    score: the music.
    chords_a_bar: how many chords to hear in each bar.
    profile: whose profile of keys: Temperley's (2001) or Krumhansl and Kessler's (1990).
    key: such as `D minor`.
    certainty: how well the profile fits, -1 to 1.
    chords: as a lead sheet, `Am7 | D7 | Gmaj7`.
    sections: a letter and its bar on each line.
    """
    if not any(track.notes for track in score.tracks):
        raise InputError("the score has no notes to hear anything in")
    key, certainty = key_of_score(score, profile)
    found = chords_of(score if score.keys else replace(score, keys=((0.0, key),)), chords_a_bar)
    lines = bar_starts(score)
    sections = sections_of(score)
    text = "\n".join(f"{letter}: bar {lines.index(beat) + 1}" for beat, letter in sections)
    marked = replace(score, texts=(*(one for one in score.texts if one.kind != "marker"),
                                   *(Text(beat, letter, "marker") for beat, letter in sections)))
    return Heard(key, round(certainty, 3), sheet_text(found, chords_a_bar), text,
                 with_chords(replace(marked, keys=score.keys or ((0.0, key),)), found))


def sheet_text(chords: list[Chord], a_bar: int) -> str:
    """Chords as a lead sheet."""
    bars = [chords[at:at + a_bar] for at in range(0, len(chords), a_bar)]
    return " | ".join(" ".join(one.name for at, one in enumerate(bar) if not at or one.name != bar[at - 1].name)
                      for bar in bars)


@node("music.to_key", version=1)
def to_key(score: Score, key: str = "C major") -> Score:
    """Put a score in another key, by the shortest way; between major and minor, the steps of the scale are exchanged.

    score: the music; its key is the one it names, else the one that is heard.
    key: a tonic and a mode, such as `D minor` or `F# major`.
    """
    key_parts(key)
    return in_key(score, key)


@node("music.fit_range", version=1)
def fit_range(score: Score, lowest: Annotated[int, Range(0, 127)] = 0, highest: Annotated[int, Range(0, 127)] = 127) -> Score:
    """Move notes by octaves to where an instrument can play them.

    score: the music.
    lowest: the lowest pitch (60 is middle C); with highest at 127 and this at 0, the range of each instrument holds.
    highest: the highest pitch.
    """
    if (lowest, highest) == (0, 127):
        return within_reach(score)
    if highest < lowest + 11:
        raise InputError(f"the range from {lowest} to {highest} is less than an octave, so notes cannot be moved into it")
    return within_reach(score, lowest, highest)


@node("music.lead_sheet", version=2)
def lead_sheet(score: Score, chords: str = "", chords_a_bar: Annotated[int, Range(0, 4)] = 0) -> Score:
    """Make a lead sheet of a score: its tune with chord symbols above it.

    score: the music; words that are sung stay.
    chords: such as `Am7 | D7 | Gmaj7`; empty takes those heard, or those that fit where there is a tune alone.
    chords_a_bar: how many in each bar; 0 for one, and for a tune alone another on a strong beat whose note asks for it.
    """
    if not any(track.notes for track in score.tracks):
        raise InputError("the score has no notes, so there is no tune in it")
    tune = score.tracks[melody_of(score)]
    alone = replace(score, tracks=(replace(tune, name=tune.name or "Melody"),))
    metre = metre_at(score, 0.0)
    if chords.strip():
        found = laid(sheet(chords), len(bar_starts(score)), 4 * metre[0] / metre[1])
    elif sum(bool(track.notes) and not track.is_drum for track in score.tracks) > 1:
        found = tuple(chords_of(score, chords_a_bar or 1))
    else:
        found = tuple(chords_for(alone, stated_key(score), chords_a_bar))
    return with_chords(replace(alone, keys=score.keys or ((0.0, stated_key(score)),)), found)


@node("music.chords", version=1)
def chords(text: str = "C | Am | F | G7", bars: Annotated[int, Range(0, 256)] = 0, metre: str = "4/4",
           bpm: Annotated[float, Range(20, 400)] = 100) -> Score:
    """Chords from symbols, held until the next, each close to the one before; the symbols stand above them.

    text: a lead sheet such as `Am7 | D7 | Gmaj7`: bars between lines, chords between blanks, `%` for the bar before,
        `N.C.` for none.
    bars: how many; 0 for as many as are written. Fewer come again.
    metre: such as `4/4` or `6/8`.
    bpm: quarter notes a minute.
    """
    upper, lower = parsed_metre(metre) or (4, 4)
    written = sheet(text)
    if not written:
        raise InputError("text has no chord; give such as `Am7 | D7 | Gmaj7`")
    count, length = bars or len(written), 4 * upper / lower
    found = laid(written, count, length)
    score = Score((chord_track(found, count * length),), ((0.0, bpm),), ((0.0, upper, lower),))
    return with_chords(score, found)


@node("music.arpeggiate", version=1)
def arpeggiate(score: Score, pattern: Annotated[str, Choice("up", "down", "up and down", "random")] = "up",
               note: Annotated[str, Choice("1/4", "1/8", "1/8 triplet", "1/16")] = "1/8") -> Score:
    """Play the chords of a score one note after the other. Single notes and drums stay.

    score: the music.
    pattern: the order of the notes.
    note: how long each lasts.
    """
    from .shaping import GRIDS

    return replace(score, tracks=tuple(track if track.is_drum else arpeggiated(track, pattern, GRIDS[note])
                                       for track in score.tracks))


@node("music.arrange", version=2)
def arrange(score: Score, style: Annotated[str, Choice(*BANDS)] = "pop", chords: str = "",
            fills: Annotated[int, Range(0, 16)] = 4) -> Score:
    """Arrange a lead sheet for a band: chords, bass and drums in a style, under the tune, which stays as it is.

    score: the tune, with chord symbols (music.lead_sheet, music.harmonise) or without.
    style: who plays, and in which rhythm. Jazz swings; its tune is not bent.
    chords: such as `Am7 | D7 | Gmaj7`; empty takes the symbols of the score, else those that fit.
    fills: every how many bars the drums play a fill; 0 never.
    """
    if not any(track.notes for track in score.tracks):
        raise InputError("the score has no notes to arrange; music.chords makes some from symbols")
    metre = metre_at(score, 0.0)
    beats, bars = 4 * metre[0] / metre[1], len(bar_starts(score))
    if len(score.metres) > 1:
        raise InputError("the metre changes on the way, and a band keeps one; cut the score at the changes (music.cut)")
    symbols = tuple(replace(chord(text.text), beat=text.beat) for text in score.texts if text.kind == "cue")
    found = laid(sheet(chords), bars, beats) if chords.strip() else symbols or tuple(chords_for(score, stated_key(score), 0))
    tracks = played(style, found, bars, beats, fills)
    swing = BANDS[style].swing
    if swing != 0.5:
        tracks = list(swung(replace(score, tracks=tuple(tracks)), swing, 0.5).tracks)
    tune = replace(score, tracks=(score.tracks[melody_of(score)],)) if symbols and len(score.tracks) > 1 else score
    return with_chords(replace(tune, tracks=(*tune.tracks, *(track for track in tracks if track.notes))), found)


@node("music.canon", version=1)
def canon(score: Score, voices: Annotated[int, Range(2, 8)] = 3, bars: Annotated[float, Range(0.25, 32)] = 2,
          semitones: str = "0") -> Score:
    """A canon of a score's tune: each voice begins some bars after the one before.

    score: the music; its tune is taken.
    voices: how many sing.
    bars: how many bars later each begins.
    semitones: by how much each voice is moved, such as `0, 12, -12`; they come again for further voices.
    """
    try:
        shifts = [int(part) for part in semitones.replace(",", " ").split()]
    except ValueError:
        raise InputError(f"semitones is {semitones!r}; it takes whole numbers such as 0, 12, -12") from None
    if not score.tracks:
        raise InputError("the score has no notes, so there is no tune in it")
    metre = metre_at(score, 0.0)
    return in_canon(score, score.tracks[melody_of(score)], voices, bars * 4 * metre[0] / metre[1], shifts)


@node("music.mirror", version=1)
def mirror(score: Score, how: Annotated[str, Choice("upside down", "backwards", "both")] = "upside down",
           axis: Annotated[int, Range(0, 127)] = 0) -> Score:
    """Turn a score upside down, where steps up the key become steps down, or backwards.

    score: the music.
    how: upside down (inversion), backwards (retrograde), or both.
    axis: the pitch that stays where it is (60 is middle C); 0 is the first note's.
    """
    turned = inverted(score, axis or None, stated_key(score)) if how != "backwards" else score
    return turned if how == "upside down" else reversed_score(turned)


@node("music.vary", version=1)
def vary(score: Score, amount: Annotated[float, Range(0, 1, 0.05)] = 0.5, seed: Seed = 0) -> Score:
    """Vary the tune of a score: notes on the beats stay, those between them are ornamented, moved, joined or turned.

    Neighbours and passing notes are of the key; every other track stays as it was, to the tick.

    score: the theme. The track that carries the tune is found by its name, or by lying highest.
    amount: how many of the notes change.
    seed: where the dice begin.
    """
    if not any(track.notes for track in score.tracks):
        raise InputError("the score has no notes to vary")
    dice, at = random.Random(seed), melody_of(score)
    key = stated_key(score)
    notes = list(score.tracks[at].notes)
    changed: list[Note] = []
    for number, note in enumerate(notes):
        following = notes[number + 1] if number + 1 < len(notes) else None
        changed += _ornamented(note, following, key, dice) if dice.random() < amount else [note]
    track = replace(score.tracks[at], notes=tuple(changed))
    return replace(score, tracks=(*score.tracks[:at], track, *score.tracks[at + 1:]))


def _ornamented(note: Note, following: Note | None, key: str, dice: random.Random) -> list[Note]:
    """A note as a turn, with a passing note after it, broken in two, or off its beat at another step of the key."""
    half = note.duration / 2
    if note.duration >= 0.5:
        kind = dice.choice(("neighbour", "pass", "repeat"))
        if kind == "pass" and following and abs(following.pitch - note.pitch) > 2:
            toward = 1 if following.pitch > note.pitch else -1
            return [note._replace(duration=half), note._replace(start=note.start + half, duration=half,
                                                                pitch=step_of_key(note.pitch, toward, key))]
        if kind == "neighbour" and note.duration >= 1:
            return [note._replace(duration=half / 2),
                    note._replace(start=note.start + half / 2, duration=half / 2, pitch=step_of_key(note.pitch, 1, key)),
                    note._replace(start=note.start + half, duration=half)]
        return [note._replace(duration=half), note._replace(start=note.start + half, duration=half,
                                                            velocity=max(1, note.velocity - 8))]
    on_beat = abs(note.start - round(note.start)) < 1e-6
    return [note] if on_beat else [note._replace(pitch=step_of_key(note.pitch, dice.choice((-1, 1)), key))]
