"""Changing scores, hearing pictures, and playing."""

import numpy as np
import pytest

from nodegraph import InputError
from nodegraph_nodes.media.score import Event, Note, Score, Text, Track
from nodegraph_nodes.media.sounds import levels
from nodegraph_nodes.media.types import Palette, Style
from nodegraph_nodes.music.edit import dynamics, join, transpose
from nodegraph_nodes.music.mood import mood
from nodegraph_nodes.music.render import PEAK, render
from nodegraph_nodes.music.room import ringing_end
from nodegraph_nodes.music.tracks import balance

SAMPLE_RATE = 44_100


def piece(bpm=120.0, metre=(3, 4), key="C major", program=73) -> Score:
    line = tuple(Note(72 + beat, beat, 1) for beat in range(5))
    bass = tuple(Note(48, beat, 3) for beat in (0, 3))
    return Score((Track("Flute", program, False, line), Track("Acoustic Bass", 32, False, bass)),
                 ((0.0, bpm),),
                 ((0.0, *metre),), ((0.0, key),))


def style(mood_word="calm", energy=0.2, colors=("#ff0000", "#808080"), weights=(0.3, 0.7),
          mode="minor") -> Style:
    return Style(Palette(colors, weights), 0.5, 0.5, 0.5, 0.0, energy, mood_word, "slow", mode)


def test_transposing_moves_notes_and_key():
    moved = transpose(piece(), 2)
    assert [n.pitch for n in moved.tracks[0].notes] == [74, 75, 76, 77, 78]
    assert moved.keys == ((0.0, "D major"),)


def test_joined_pieces_begin_at_a_bar_line_and_keep_their_own_tempo_metre_and_key():
    joined = join([piece(), piece(90.0, (4, 4), "D minor")])
    assert [n.start for n in joined.tracks[0].notes] == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]
    assert joined.tempos == ((0.0, 120.0), (6.0, 90.0)) and joined.metres == ((0.0, 3, 4), (6.0, 4, 4))
    assert joined.keys == ((0.0, "C major"), (6.0, "D minor"))


def test_joining_keeps_different_instruments_apart():
    assert [t.program for t in join([piece(), piece(program=40)]).tracks] == [73, 32, 40]


def rich(volume=40, **more) -> Score:
    track = Track("Piano", 0, False, (Note(60, 0, 3), Note(62, 3, 1)),
                  (Event(0, "control", volume, 7), Event(1, "key_pressure", 9, 60), Event(2, "bend", 100),
                   Event(3, "program", 5), Event(9, "control", 127, 64)), (Text(1, "la", "lyric"),), **more)
    return Score((track,), ((0.0, 120.0), (20.0, 60.0)), ((0.0, 4, 4),), ((0.0, "Gb major"),), (Text(2, "B", "marker"),),
                 ((1.0, b"\xf0\x01\xf7"),), 96)


def test_no_edit_loses_what_is_not_notes():
    score = rich(channel=3)
    assert transpose(score, 0) == score == join([score])
    moved = transpose(score, 2)
    assert moved.tracks[0].events[1] == Event(1, "key_pressure", 9, 62) and moved.texts == score.texts
    shaped = dynamics(score, "tense")
    assert shaped.tracks[0].events == score.tracks[0].events and shaped.raw == score.raw
    assert shaped.tracks[0].texts == score.tracks[0].texts and shaped.ticks_per_beat == 96


def test_what_a_piece_did_to_its_instruments_ends_where_the_next_begins():
    joined = join([rich(), rich(90)])
    events = joined.tracks[0].events
    assert [event for event in events if event.beat == 4] == [
        Event(4, "control", 127, 64), Event(4, "control", 0, 121), Event(4, "control", 100, 7), Event(4, "program", 0),
        Event(4, "control", 90, 7)]
    assert [event[:3] for event in events if event.beat > 4] == [
        (5, "key_pressure", 9), (6, "bend", 100), (7, "program", 5), (13, "control", 127)]
    assert [text.beat for text in joined.tracks[0].texts] == [1, 5] and [text.beat for text in joined.texts] == [2, 6]
    assert [beat for beat, _ in joined.raw] == [1, 5] and joined.tempos == ((0, 120), (4, 120), (24, 60))


def test_pieces_that_use_channels_otherwise_do_not_meet_on_them():
    hands = Score(tuple(Track(name, 0, False, (Note(60, 0, 4),), events, channel=0) for name, events in (
        ("right", (Event(1, "control", 127, 64),)), ("left", ()))))
    alone = Score((Track("left", 0, False, (Note(48, 0, 4),), channel=2),))
    joined = join([hands, alone])
    assert [track.channel for track in joined.tracks] == [None, None]
    assert [Event(1, "control", 127, 64) in track.events for track in joined.tracks] == [True, True]
    assert [track.channel for track in join([hands, hands]).tracks] == [0, 0]
    assert len({track.channel for track in join([hands, piece()]).tracks[1:] if track.channel is not None} | {0}) == 1


def test_joining_keeps_tracks_of_one_name_apart():
    hands = Score((Track("Piano", 0, False, (Note(72, 0, 4),)), Track("Piano", 0, False, (Note(48, 0, 4),))))
    assert [[note.pitch for note in track.notes] for track in join([hands, hands]).tracks] == [[72, 72], [48, 48]]


def test_the_finest_ticks_of_joined_pieces_are_kept():
    assert join([rich(), Score(ticks_per_beat=480)]).ticks_per_beat == 480
    assert join([Score(ticks_per_beat=500), Score(ticks_per_beat=480)]).ticks_per_beat == 12000


def test_joining_nothing_is_refused():
    with pytest.raises(InputError, match="no scores"):
        join([])


def test_the_upper_voice_stands_out_and_downbeats_are_weighted():
    shaped = dynamics(piece(), "tense")
    flute, bass = (track.notes for track in shaped.tracks)
    assert flute[0].velocity > bass[0].velocity
    assert flute[3].velocity > flute[2].velocity
    assert dynamics(piece(), "dreamy").tracks[0].notes[0].velocity < flute[0].velocity


@pytest.mark.parametrize("color, key", [("#ff0000", "C minor"), ("#ff8000", "G minor"),
                                        ("#ffff00", "D minor"),
                                        ("#808080", "C minor")])
def test_the_key_follows_the_main_hue_around_the_circle_of_fifths(color, key):
    assert mood(style(colors=(color, "#808080"))).key == key


def test_mood_and_tempo_are_the_pictures_and_a_lively_picture_gets_the_livelier_style():
    assert mood(style("joyful", 0.2))[:3] == ("joyful", "waltz", "slow")
    assert mood(style("joyful", 0.8)).style == "march"


def test_a_score_becomes_stereo_sound_at_minus_one_decibel_that_rings_out():
    sound = render(piece(program=0), tail=1.5, loudness=0)
    samples = sound.samples.numpy()
    assert samples.dtype == np.float32 and samples.shape[0] == 2 and sound.sample_rate == SAMPLE_RATE
    assert sound.seconds == pytest.approx(3.0 + 1.5, abs=0.01)
    assert np.abs(samples).max() == pytest.approx(PEAK, abs=1e-6)
    after = np.abs(samples[:, 3 * SAMPLE_RATE + 2000:])
    assert after[:, :2000].max() > 10 * after[:, -22050:-20050].max() > 0
    assert np.abs(samples[:, -1]).max() == 0


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_score_is_as_loud_as_asked_and_stays_below_its_ceiling(rate):
    sound = render(piece(program=0), loudness=-16, sample_rate=str(rate))
    samples = sound.samples.numpy()
    assert sound.sample_rate == rate and sound.seconds == pytest.approx(5.0, abs=0.01)
    assert levels.loudness(samples, rate) == pytest.approx(-16, abs=0.5) and levels.true_peak(samples, rate) <= -1
    drums = Score((Track("Kit", 0, True, tuple(Note(38, beat, 0.25, 127) for beat in range(4))),))
    with pytest.warns(UserWarning, match="under a ceiling of -1 dBTP the sound is as loud as"):
        loud = render(drums, room=0, loudness=-8, sample_rate=str(rate)).samples.numpy()
    assert levels.true_peak(loud, rate) <= -1


def test_a_dry_flute_ends_with_its_note_and_a_room_answers():
    def rest(room):
        return np.abs(render(piece(), room=room, tail=1.0).samples.numpy()[:, int(3.1 * SAMPLE_RATE):]).max()
    assert rest(0) == 0 < rest(0.3)


def test_a_harp_rings_on_where_a_flute_stops_but_only_until_it_is_plucked_again():
    assert ringing_end(73, False, 4.0, None, 60) == 4.0
    assert ringing_end(46, False, 4.0, None, 60) == 4.5
    assert ringing_end(46, False, 4.0, 4.25, 60) == 4.25


def test_playing_the_same_score_twice_gives_the_same_sound():
    assert np.array_equal(render(piece()).samples.numpy(), render(piece()).samples.numpy())


def test_a_tempo_change_changes_the_length():
    slow = Score(piece().tracks, ((0.0, 120.0), (3.0, 60.0)), ((0.0, 3, 4),))
    assert render(slow, tail=0).seconds == pytest.approx(1.5 + 3.0, abs=0.01)


def test_an_empty_score_and_a_missing_soundfont_are_refused(tmp_path):
    with pytest.raises(InputError, match="no notes"):
        render(Score())
    with pytest.raises(InputError, match=r"absent\.sf2"):
        render(piece(), tmp_path / "absent.sf2")
    (tmp_path / "noise.sf2").write_bytes(b"not instruments")
    with pytest.raises(InputError, match=r"noise\.sf2"):
        render(piece(), tmp_path / "noise.sf2")


def test_a_part_is_set_louder_and_to_one_side_and_the_others_stay():
    score = piece()
    even = balance(score, "bass", -12, 1.0)
    assert even.tracks[0] == score.tracks[0] and even.tracks[1].notes == score.tracks[1].notes
    alone = [Score((one.tracks[1],), one.tempos, one.metres) for one in (score, even)]
    before, after = (np.abs(render(one, room=0, loudness=0).samples.numpy()).max(1) for one in alone)
    assert before[0] > 0.8 * before[1] and after[0] < 0.1 * after[1]
    assert balance(balance(score, "1", -6), "1", 0).tracks[0].events == balance(score, "1").tracks[0].events
    with pytest.raises(InputError, match="which is 'harp', and the score has no such part; it has 1 Flute, 2 Acoustic Bass"):
        balance(score, "harp")
