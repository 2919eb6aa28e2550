"""What a score is like, measured on tunes that are plainly so, and handed on as a Style."""

import pytest

from nodegraph import InputError
from nodegraph_nodes.media.score import TONICS, Note, Score, Track
from nodegraph_nodes.music.character import consonance, style, syncopation
from nodegraph_nodes.music.mood import mood


def piece(key="C major", bpm=120.0, steps=(0, 4, 7, 12), beat=1.0, velocity=80, low=60):
    notes = tuple(Note(low + steps[k % len(steps)], k * beat, beat, velocity) for k in range(round(32 / beat)))
    return Score((Track("Tune", 0, False, notes),), ((0.0, bpm),), keys=((0.0, key),))


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", TONICS)
def test_the_style_of_a_score_leads_music_back_to_its_key(tonic, mode):
    heard = style(piece(f"{tonic} {mode}"))
    assert heard.style.mode == mode and mood(heard.style).key == heard.key == f"{tonic} {mode}"
    assert mood(heard.style).tempo == "medium"


def test_numbers_are_those_of_the_notes():
    heard = style(piece(bpm=90.0, beat=0.5))
    assert (heard.bpm, heard.density, heard.lowest, heard.highest, heard.consonance) == (90.0, 3.0, 60, 72, 1.0)
    assert heard.form[0] == "A" and "90 beats a minute" in heard.words and heard.style.tempo == "medium"


def test_what_begins_off_the_beat_and_holds_over_it_is_syncopated():
    held = tuple(Note(60, k + 0.5, 1.0) for k in range(4))
    short = tuple(Note(60, k + 0.5, 0.5) for k in range(4))
    on = tuple(Note(60, k, 1.0) for k in range(4))
    assert [syncopation(Score((Track("Tune", 0, False, notes),))) for notes in (held, short, on, held + on[:0])] == [1, 0, 0, 1]


def test_a_triad_agrees_and_a_cluster_does_not():
    triad, cluster = ([Note(pitch, 0, 1) for pitch in pitches] for pitches in ((60, 64, 67), (60, 61, 66)))
    assert consonance(triad) == 1 and consonance(cluster) < 0.35 and consonance([Note(60, 0, 1), Note(61, 1, 1)]) == 1


@pytest.mark.parametrize("given, word", [
    (dict(key="D major", bpm=160, beat=0.5, velocity=100), "joyful"), (dict(key="D minor", bpm=160, beat=0.5, velocity=100), "tense"),
    (dict(key="C minor", bpm=60, beat=2, velocity=50, low=48), "sad"), (dict(key="F major", bpm=60, beat=2, velocity=45, low=65), "dreamy")])
def test_plain_cases_have_the_word_that_people_have_for_them(given, word):
    assert style(piece(**given)).mood == word


def test_drums_alone_are_refused():
    with pytest.raises(InputError, match="no notes but drums"):
        style(Score((Track("d", 0, True, (Note(36, 0, 1),)),)))
