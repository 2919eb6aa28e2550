import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nodegraph.errors import InputError
from nodegraph_nodes.media import score as s

TICK = 1 / s.TICKS_PER_BEAT


def waltz() -> s.Score:
    melody = s.Track("melody", 73, False, (s.Note(72, 0, 1, 90), s.Note(74, 1, 2 / 3, 70),
                                           s.Note(76, 3, 3, 80)))
    bass = s.Track("bass", 32, False, (s.Note(48, 0, 3, 60), s.Note(43, 3, 3, 60)))
    return s.Score((melody, bass), ((0.0, 90.0), (3.0, 141.5)), ((0.0, 3, 4),), ((0.0, "D minor"),))


@st.composite
def scores(draw):
    starts = draw(st.lists(st.integers(0, 4000), min_size=1, max_size=12, unique=True))
    notes = tuple(s.Note(draw(st.integers(0, 127)), start / 480, draw(st.integers(1, 900)) / 480,
                         draw(st.integers(1, 127))) for start in starts)
    # Notes of one pitch must not overlap: a MIDI file cannot say which of them ends.
    notes = tuple({note.pitch: note for note in notes}.values())
    tempos = {0.0: 100.0} | {draw(st.integers(1, 4000)) / 480: float(draw(st.integers(30, 240)))
                             for _ in range(3)}
    return s.Score((s.Track("one", draw(st.integers(0, 127)), False, notes),), tuple(sorted(tempos.items())))


@settings(max_examples=30, deadline=None)
@given(scores())
def test_a_score_comes_back_from_pretty_midi_exactly(score):
    back = s.from_pretty_midi(s.to_pretty_midi(score))
    assert back.seconds == pytest.approx(score.seconds, rel=1e-4)
    assert back.tracks == score.tracks


def test_a_score_comes_back_from_a_midi_file_to_the_tick(tmp_path):
    s.save_midi(waltz(), tmp_path / "waltz.mid")
    back = s.load_midi(tmp_path / "waltz.mid")
    assert (back.tempos, back.metres, back.keys) == (waltz().tempos, waltz().metres, waltz().keys)
    for track, other in zip(back.tracks, waltz().tracks, strict=True):
        assert (track.name, track.program) == (other.name, other.program)
        assert np.allclose(track.notes, other.notes, atol=TICK / 2)


def test_seconds_follow_the_tempo_changes():
    assert waltz().seconds == pytest.approx(3 * 60 / 90 + 3 * 60 / 141.5)
    assert s.to_pretty_midi(waltz()).get_end_time() == pytest.approx(waltz().seconds, abs=1e-4)


def test_a_score_survives_being_made_plain():
    assert s.from_plain(s.to_plain(waltz())) == waltz()


@pytest.mark.parametrize("change, words", [
    (dict(tempos=((0.0, 0.5),)), "tempo at beat 0.0 is 0.5"),
    (dict(tempos=((1.0, 90.0),)), "beat 0"),
    (dict(metres=((0.0, 3, 5),)), "3/5"),
    (dict(keys=((0.0, "H dur"),)), "H dur"),
])
def test_an_impossible_score_is_refused_in_words(change, words):
    with pytest.raises(InputError, match=words):
        dataclasses.replace(waltz(), **change)


@pytest.mark.parametrize("note", [(128, 0, 1, 80), (60, -1, 1, 80), (60, 0, 0, 80), (60, 0, 1, 0)])
def test_an_impossible_note_is_refused(note):
    with pytest.raises(InputError, match="track 'one'"):
        s.Track("one", 0, False, (note,))


def test_transposing_up_and_down_again_changes_nothing():
    assert s.transposed(s.transposed(waltz(), 5), -5) == waltz()
    assert s.transposed(waltz(), 2).keys == ((0.0, "E minor"),)


def test_transposing_out_of_range_is_refused():
    with pytest.raises(InputError, match="outside"):
        s.transposed(waltz(), 60)


def test_bars_follow_the_metre():
    score = dataclasses.replace(waltz(), metres=((0.0, 3, 4), (3.0, 6, 8)))
    assert s.bar_starts(score, 9) == [0, 3, 6]


def test_the_piano_roll_shows_each_track_in_its_own_colour_and_high_notes_on_top():
    picture = s.piano_roll_picture(waltz(), 120, 60)
    assert picture.shape == (60, 120, 3) and picture.dtype == np.uint8
    warm = (picture[..., 0] > 120) & (picture[..., 2] < 90)
    cool = (picture[..., 2] > 120) & (picture[..., 0] < 90)
    assert warm.any() and cool.any()
    assert np.argwhere(warm)[:, 0].max() < np.argwhere(cool)[:, 0].min()


def test_a_file_that_is_no_midi_is_named(tmp_path):
    (tmp_path / "noise.mid").write_bytes(b"not music")
    with pytest.raises(InputError, match="noise.mid"):
        s.load_midi(tmp_path / "noise.mid")
