"""Pieces of sections, and pieces longer than a model composes at once."""

from pathlib import Path

import pytest

from nodegraph import InputError, Recipe
from nodegraph_nodes.media.score import Note, Score, Track, bar_starts
from nodegraph_nodes.music.form import later, pieced, sections
from nodegraph_nodes.music.generate import generate
from nodegraph_nodes.music.models import load

BAND = Score((Track("tune", 0, False, tuple(Note(72 + at, at, 1) for at in range(16))),
              Track("chords", 1, False, tuple(Note(60, 4 * at, 4) for at in range(4))),
              Track("bass", 32, False, tuple(Note(36, 2 * at, 1) for at in range(8))),
              Track("drums", 0, True, tuple(Note(38, at, .2) for at in range(16)))))


@pytest.fixture(scope="module")
def starter():
    from nodegraph_nodes import starter

    folder = Path(starter.__file__).parent / "models" / "composer"
    return load(Recipe("MusicModel", "starter/composer", str(folder)), "cpu", "float32")


def test_sections_are_read_from_text():
    assert sections("intro 2, Verse 16; chorus 8\nverse, coda") == [
        ("intro", 2), ("verse", 16), ("chorus", 8), ("verse", 16), ("coda", 8)]
    assert sections(" ") == []
    for text, said in (("8", "a section is a name and its bars"), ("a 0", "1 or more"), ("a 200, b 200", "400 bars in all"),
                       ("intro 4", "no section with a tune")):
        with pytest.raises(InputError, match=said):
            sections(text)


def test_a_section_that_comes_again_is_the_same_an_intro_has_no_tune_and_a_break_only_bass_and_drums():
    asked = []

    def extend(song, at, bars, goes_on):
        asked.append((at, bars, goes_on))
        new = tuple(Note(50, at + beat, 1) for beat in range(4 * bars))
        return Score((Track("tune", 0, False, (*song.tracks[0].notes, *new)), *song.tracks[1:]))

    song = pieced(sections("intro 2, a 4, b 2, break 2, a"), lambda bars, goes_on: BAND, extend)
    assert asked == [(24.0, 2, True)] and [(text.beat, text.text) for text in song.texts] == [
        (0, "intro"), (8, "a"), (24, "b"), (32, "break"), (40, "a")]
    playing = [{track.name for track in later(song, start, 4).tracks if track.notes} for start in (0, 8, 24, 32, 40)]
    assert playing == [{"chords", "bass", "drums"}, {"tune", "chords", "bass", "drums"}, {"tune"}, {"tune"},
                       {"tune", "chords", "bass", "drums"}]
    assert [track.notes for track in later(song, 8, 16).tracks] == [track.notes for track in later(song, 40, 16).tracks]


def test_the_starter_composes_a_song_of_sections(starter):
    plan = "intro 2, verse 8, chorus 4, break 2, verse, chorus, coda 2"
    song = generate(starter, style="march", form=plan, metre="4/4", seed=3)
    assert len(bar_starts(song)) == 30 and [text.text for text in song.texts] == [one.name for one in sections(plan)]
    verse, again = (later(song, 4.0 * bar, 32) for bar in (2, 16))
    assert [track.notes for track in verse.tracks] == [track.notes for track in again.tracks]
    assert all(any(start <= note.start < start + 4 for track in song.tracks for note in track.notes)
               for start in bar_starts(song))


@pytest.mark.slow
def test_the_starter_composes_more_bars_than_it_composes_at_once(starter):
    long = generate(starter, style="march", bars=38, metre="4/4", seed=3)
    assert len(bar_starts(long)) == 38 and long.beats <= 152
