"""What a model adds to a score that stands: all that was given stays as it was, to the tick."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nodegraph import InputError, Recipe
from nodegraph_nodes.media.score import Event, Note, Score, Text, Track, bar_starts, whole_bars
from nodegraph_nodes.music import standing
from nodegraph_nodes.music.additions import accompany, fill, go_on, harmonise
from nodegraph_nodes.music.chords import chord
from nodegraph_nodes.music.composing import Wish
from nodegraph_nodes.music.metres import metre_for, suited
from nodegraph_nodes.music.models import load
from nodegraph_nodes.music.theory import chord_at, chords_for
from tests.nodes.music.test_tokenizations import folder_of, trained

GREEN = ((72, 2), (74, 1), (76, 1.5), (77, .5), (76, 1), (74, 2), (71, 1), (67, 1.5), (69, .5), (71, 1),
         (72, 2), (69, 1), (69, 1.5), (68, .5), (69, 1), (71, 2), (68, 1), (64, 3))  # Greensleeves, without its pickup


@pytest.fixture(scope="module")
def starter():
    from nodegraph_nodes import starter

    folder = Path(starter.__file__).parent / "models" / "composer"
    return load(Recipe("MusicModel", "starter/composer", str(folder)), "cpu", "float32")


@pytest.fixture(scope="module")
def song():
    """A tune with pedal, words, odd velocities and times off any grid, on instruments that no model here knows."""
    notes, at = [], 0.0
    for pitch, beats in GREEN:
        notes.append(Note(pitch, at + 0.013, beats - 0.1, 61 + pitch % 7))
        at += beats
    bass = tuple(Note(pitch, 3.0 * bar + 0.007, 2.9, 71) for bar, pitch in enumerate((45, 43, 43, 40, 41, 40, 40, 45)))
    return Score((Track("Shawm", 111, False, tuple(notes), (Event(0.5, "control", 127, 64), Event(2.5, "control", 0, 64)),
                        (Text(0.013, "A-", "lyric"),), 3),
                  Track("Viol", 43, False, bass), Track("Tabor", 0, True, tuple(Note(38, beat, .1) for beat in range(24)))),
                 ((0.0, 96.5),), ((0.0, 3, 4),), ((0.0, "A minor"),))


def kept(given, result):
    """Whether each note, event and word of a score is in another, and its maps are unchanged."""
    tracks = list(zip(given.tracks, result.tracks, strict=False))
    return len(tracks) == len(given.tracks) and all(
        not Counter(one.notes) - Counter(other.notes) and replace(one, notes=()) == replace(other, notes=())
        for one, other in tracks) and all(
        getattr(given, name) == getattr(result, name) for name in ("tempos", "metres", "keys"))


SLOW = pytest.mark.slow


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=SLOW), pytest.param(2, marks=SLOW), 3])
def test_a_score_that_is_gone_on_with_is_kept_and_grows_by_the_bars_asked_for(starter, song, seed):
    bars = 3 + 2 * seed
    longer = go_on(starter, song, bars=bars, style="waltz", seed=seed)
    assert kept(song, longer) and len(bar_starts(longer)) == 8 + bars
    new = [note for track in longer.tracks for note in track.notes if note.start > 24 - 1e-6]
    assert new and max(note.start + note.duration for note in new) <= 3 * (8 + bars) + 1e-6


@pytest.mark.slow
def test_a_score_is_gone_on_with_beyond_what_a_model_composes_at_once(starter, song):
    longer = go_on(starter, song, bars=40, style="waltz", seed=1)
    assert kept(song, longer) and len(bar_starts(longer)) == 48
    assert all(any(start <= note.start < start + 3 for track in longer.tracks for note in track.notes)
               for start in bar_starts(longer))


def test_a_gap_is_filled_and_nothing_outside_it_changes(starter, song):
    whole = fill(starter, song, 3, 4, replace_notes=True, style="waltz", seed=2)
    outside = [[note for note in track.notes if not 6 <= note.start < 12] for track in song.tracks]
    assert [[note for note in track.notes if not 6 <= note.start < 12] for track in whole.tracks[:3]] == outside
    assert any(6 <= note.start < 12 for track in whole.tracks for note in track.notes)
    assert all(note.start + note.duration <= 12 + 1e-6 for track in whole.tracks for note in track.notes
               if 6 <= note.start < 12)
    with pytest.raises(InputError, match="the gap is from bar 3 to 9; the score has bars 1 to 8"):
        fill(starter, song, 3, 9)


def test_a_melody_is_harmonised_with_chords_that_hold_its_strong_notes(starter, song):
    melody = replace(song, tracks=song.tracks[:1])
    full = harmonise(starter, melody, style="waltz", seed=1)
    assert kept(melody, full) and len(full.tracks) > 1
    names = [text.text for text in full.texts if text.kind == "cue"]
    assert len(names) >= 3
    symbols = [replace(chord(text.text), beat=text.beat) for text in full.texts if text.kind == "cue"]
    new = [note for track in full.tracks[1:] for note in track.notes]
    assert not any(track.is_drum for track in full.tracks) and all(note.pitch % 12 in chord_at(symbols, note.start).tones for note in new)
    strong = [note for note in melody.tracks[0].notes if (note.start - 0.013) % 3 == 0]
    assert sum(note.pitch % 12 in chord_at(symbols, note.start).tones for note in strong) >= 0.85 * len(strong)


def test_given_chords_are_kept_to(starter, song):
    melody = replace(song, tracks=song.tracks[:1])
    full = harmonise(starter, melody, chords="Am | G | Am | E", style="waltz", instruments="piano, acoustic bass")
    tones = ({9, 0, 4}, {7, 11, 2}, {9, 0, 4}, {4, 8, 11})
    assert all(note.pitch % 12 in tones[int(note.start / 3) % 4] for track in full.tracks[1:] for note in track.notes)
    assert {track.program for track in full.tracks[1:]} <= {0, 32}


def test_other_instruments_play_along_in_every_bar(starter, song):
    duo = replace(song, tracks=song.tracks[:1])
    full = accompany(starter, duo, instruments="acoustic bass", style="waltz", seed=3)
    assert kept(duo, full) and [track.program for track in full.tracks[1:]] == [32]
    assert all(any(start <= note.start < start + 3 for note in full.tracks[1].notes) for start in bar_starts(full)[:-1])


@pytest.mark.parametrize("kind", [
    ("REMI", {}, ""), pytest.param(("REMI", {"use_programs": True}, "BPE"), marks=SLOW), ("TSD", {"use_programs": True}, ""),
    pytest.param(("MIDILike", {"use_programs": True}, ""), marks=SLOW), ("PerTok", {}, "")], ids=str)
def test_models_of_other_tokenizations_go_on_and_play_along_too(tmp_path, song, kind):
    torch.manual_seed(0)
    model = load(Recipe("MusicModel", "mine", str(folder_of(trained(*kind), tmp_path))), "cpu", "float32")
    few = {"density": "sparse", "seed": 1}  # random weights would have every instrument play
    longer = go_on(model, song, bars=1, **few)
    assert kept(song, longer) and whole_bars(longer) <= 27
    if kind[0] != "PerTok":
        assert kept(song, accompany(model, song, instruments="cello", **few))
        return
    with pytest.raises(InputError, match=r"steps beside a grid \(PerTok\).* so it cannot play along with a score"):
        accompany(model, song, instruments="cello", **few)


def test_a_model_that_writes_track_after_track_says_that_it_cannot(tmp_path, song):
    model = load(Recipe("MusicModel", "mine", str(folder_of(trained("MMM", {}, ""), tmp_path))), "cpu", "float32")
    with pytest.raises(InputError, match=r"this model writes its tracks one after the other \(MMM\), so it cannot go on"):
        go_on(model, song)


def test_a_score_without_notes_is_refused(starter):
    with pytest.raises(InputError, match="the score has no notes to begin from; music.generate composes from nothing"):
        go_on(starter, Score())


def test_of_several_fillings_that_one_is_kept_from_which_what_follows_comes_likeliest(starter, song, monkeypatch):
    heard = []

    def listened(*asked):
        heard.append(likelihood(*asked))
        return heard[-1]

    likelihood = standing.likelihood
    monkeypatch.setattr(standing, "likelihood", listened)
    wholes = [fill(starter, song, 3, 4, replace_notes=True, tries=tries, seed=4) for tries in (1, 3)]
    assert len(heard) == 4 and heard[0] == heard[1] and len(set(heard[1:])) == 3
    assert (wholes[0] == wholes[1]) == (heard[1] == max(heard[1:]))
    end = fill(starter, song, 7, 8, replace_notes=True, tries=3, seed=4)
    assert len(heard) == 4 and kept(replace(song, tracks=tuple(
        replace(track, notes=tuple(note for note in track.notes if note.start < 18)) for track in song.tracks)), end)


def test_a_melody_has_a_chord_more_in_a_bar_where_its_strong_note_asks_for_one(starter):
    tune = Score((Track("Melody", 0, False, tuple(Note(pitch, 2.0 * at, 2) for at, pitch in enumerate((60, 62, 64, 65, 64, 60)))),))
    found = {a_bar: [one.name for one in chords_for(tune, "C major", a_bar)] for a_bar in (0, 1)}
    assert len(found[1]) == 3 and len(found[0]) == 6 and found[0][4:] == ["C", "C"]
    tones = [one.tones for one in chords_for(tune, "C major", 0)]
    assert all(pitch % 12 in one for pitch, one in zip((60, 62, 64, 65, 64, 60), tones, strict=True))


def test_what_a_model_would_write_beyond_a_given_note_becomes_the_note_and_no_heap_of_others(starter):
    quick = Score((Track("Fiddle", 40, False, tuple(Note(72 + 2 * (at % 3), at / 4, .25) for at in range(16))),),
                  metres=((0.0, 2, 4),))
    full = harmonise(starter, quick, style="march", seed=0)
    at_once = Counter(note.start for track in full.tracks[1:] for note in track.notes)
    assert kept(quick, full) and at_once and max(at_once.values()) <= 6 and len(full.tracks) <= 8


def test_a_metre_that_a_model_has_no_word_for_is_counted_in_one_that_it_has(starter, song):
    assert [metre_for(starter, metre) for metre in ((2, 2), (12, 8), (3, 8), (4, 4), (6, 4), (5, 4))] == [
        (4, 4), (6, 8), (6, 8), (4, 4), (3, 4), (5, 4)]
    reel = replace(song, metres=((0.0, 2, 2),))
    longer, whole = go_on(starter, reel, bars=3, style="march", seed=1), fill(starter, reel, 2, 2, tries=1, style="march")
    assert kept(reel, longer) and len(bar_starts(longer)) == 9 and kept(reel, whole) and longer.metres == reel.metres
    short = replace(song, metres=((0.0, 3, 8),))
    assert len(bar_starts(go_on(starter, short, bars=3, style="lullaby", seed=1))) == 19
    with pytest.raises(InputError, match="metre is 5/4; this model knows 2/4, 3/4, 4/4, 6/8"):
        go_on(starter, replace(song, metres=((0.0, 5, 4),)))


def test_a_style_that_a_model_does_not_play_in_the_metre_gives_way_with_a_warning(starter):
    with pytest.warns(UserWarning, match="this model plays no jazz in 2/4, so it is asked for march"):
        assert suited(starter, Wish(style="jazz", bars=8), (2, 4)).style == "march"
    assert suited(starter, Wish(style="jazz", bars=8), (4, 4)).style == "jazz"
