import dataclasses

import numpy as np
import pytest

from nodegraph.errors import InputError
from nodegraph_nodes.media import score as s
from nodegraph_nodes.media.scores.midi import load_midi, save_midi
from nodegraph_nodes.media.scores.roll import piano_roll_picture

TICK = 1 / s.TICKS_PER_BEAT


def waltz() -> s.Score:
    melody = s.Track("melody", 73, False, (s.Note(72, 0, 1, 90), s.Note(74, 1, 2 / 3, 70),
                                           s.Note(76, 3, 3, 80)))
    bass = s.Track("bass", 32, False, (s.Note(48, 0, 3, 60), s.Note(43, 3, 3, 60)))
    return s.Score((melody, bass), ((0.0, 90.0), (3.0, 141.5)), ((0.0, 3, 4),), ((0.0, "D minor"),))


def test_a_score_comes_back_from_a_midi_file_to_the_tick(tmp_path):
    save_midi(waltz(), tmp_path / "waltz.mid")
    back = load_midi(tmp_path / "waltz.mid")
    assert (back.tempos, back.metres, back.keys) == (waltz().tempos, waltz().metres, waltz().keys)
    for track, other in zip(back.tracks, waltz().tracks, strict=True):
        assert (track.name, track.program) == (other.name, other.program)
        assert np.allclose(track.notes, other.notes, atol=TICK / 2)


def test_seconds_follow_the_tempo_changes():
    assert waltz().seconds == pytest.approx(3 * 60 / 90 + 3 * 60 / 141.5)


def test_a_score_survives_being_made_plain():
    assert s.from_plain(s.to_plain(waltz())) == waltz()


@pytest.mark.parametrize("change, words", [
    ({"tempos": ((0.0, 0.5),)}, "tempo at beat 0.0 is 0.5"),
    ({"tempos": ((1.0, 90.0),)}, "beat 0"),
    ({"metres": ((0.0, 3, 5),)}, "3/5"),
    ({"keys": ((0.0, "H dur"),)}, "H dur"),
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
    picture = piano_roll_picture(waltz(), 120, 60)
    assert picture.shape == (60, 120, 3) and picture.dtype == np.uint8
    warm = (picture[..., 0] > 120) & (picture[..., 2] < 90)
    cool = (picture[..., 2] > 120) & (picture[..., 0] < 90)
    assert warm.any() and cool.any()
    assert np.argwhere(warm)[:, 0].max() < np.argwhere(cool)[:, 0].min()


def test_a_file_that_is_no_midi_is_named(tmp_path):
    (tmp_path / "noise.mid").write_bytes(b"not music")
    with pytest.raises(InputError, match=r"noise\.mid"):
        load_midi(tmp_path / "noise.mid")


def test_numbers_of_libraries_become_pythons_own():
    track = s.Track(np.str_("x"), np.int64(5), np.bool_(False), ((np.int64(60), np.float32(0.5), np.float64(1), np.uint8(80)),),
                    ((np.float64(1), "control", np.int64(3), np.int64(64)),), ((np.float32(0), np.str_("la")),), np.int64(2))
    score = s.Score((track,), ((np.float64(0), np.float32(90)),), ((np.int64(0), np.int64(3), np.int64(4)),))
    plain = s.to_plain(score)
    found = [plain[name] for name in plain]
    while found:
        value = found.pop()
        assert type(value) in (list, str, int, float, bool, bytes, type(None)), value
        found += value if isinstance(value, list) else []
    assert s.from_plain(plain) == score


def test_a_score_of_an_earlier_cache_is_given_back():
    earlier = {"tracks": [["melody", 73, False, [[72, 0.0, 1.0, 90]]]], "tempos": [[0.0, 90.0]], "metres": [[0.0, 3, 4]],
               "keys": [[0.0, "D minor"]]}
    assert s.from_plain(earlier) == s.Score((s.Track("melody", 73, False, (s.Note(72, 0, 1, 90),)),), ((0, 90),),
                                            ((0, 3, 4),), ((0, "D minor"),))


@pytest.mark.parametrize("more, words", [
    ({"events": ((0, "control", 128, 7),)}, "no event"), ({"events": ((0, "wink", 1),)}, "no event"),
    ({"events": ((-1, "bend", 0),)}, "beat -1"), ({"texts": ((0, "x", "poem"),)}, "'poem'"), ({"channel": -1}, "channel -1"),
    ({"notes": (("C", 0, 1, 80),)}, "no note"), ({"notes": ((60, "x", 1, 80),)}, "no note"),
])
def test_an_impossible_event_or_text_is_refused(more, words):
    with pytest.raises(InputError, match=f"track 'one'.*{words}"):
        s.Track("one", **more)


@pytest.mark.parametrize("key, fifths", [("C major", 0), ("Gb major", -6), ("F# major", 6), ("G# major", -4), ("D# minor", 6),
                                         ("Db minor", 4), ("a minor", 0)])
def test_a_key_has_so_many_sharps(key, fifths):
    assert s.fifths_of(key) == fifths


def test_the_small_picture_of_drums_alone_shows_them_and_of_nothing_is_empty():
    drums = piano_roll_picture(s.Score((s.Track("kit", 0, True, (s.Note(36, 0, 1),)),)))
    assert drums.max() > 100 > piano_roll_picture(s.Score()).max()
