"""What events do to the sound: measured on what is rendered, and on how long notes are held."""

import numpy as np
import pytest

from nodegraph_nodes.media.score import Event, Note, Score, Track
from nodegraph_nodes.music.performance import channels, clock
from nodegraph_nodes.music.render import render

SAMPLE_RATE = 44_100


def flute(*events: Event, beats: float = 4, pitch: int = 69, **more) -> Score:
    return Score((Track("Flute", 73, False, (Note(pitch, 0, beats, 100),), events, **more),))


def sound(score: Score) -> np.ndarray:
    return render(score, room=0, tail=0).samples.numpy()


def hertz(samples: np.ndarray, begin: float, end: float) -> float:
    part = samples[0, int(begin * SAMPLE_RATE):int(end * SAMPLE_RATE)]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 19))
    return spectrum.argmax() * SAMPLE_RATE / (1 << 19)


def level(samples: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Of the left and the right, root mean square."""
    return np.sqrt((samples[:, int(begin * SAMPLE_RATE):int(end * SAMPLE_RATE)] ** 2).mean(1))


def test_a_bend_of_the_wheel_goes_two_semitones_up_and_the_note_ends_when_it_should():
    samples = sound(flute(Event(2, "bend", 8191)))
    assert hertz(samples, 1.1, 1.8) / hertz(samples, 0.3, 0.9) == pytest.approx(2 ** (2 / 12), rel=2e-3)
    assert samples.shape[1] == 2 * SAMPLE_RATE


def test_the_range_of_a_bend_is_what_rpn_0_says():
    wide = (Event(0, "control", 0, 101), Event(0, "control", 0, 100), Event(0, "control", 12, 6), Event(0, "bend", -8192))
    assert hertz(sound(flute(*wide)), 0.3, 1.5) / hertz(sound(flute()), 0.3, 1.5) == pytest.approx(0.5, rel=0.01)


def test_a_note_that_begins_while_others_were_bent_begins_in_time():
    score = Score((Track("Flute", 73, False, (Note(69, 0, 1), Note(69, 4, 1)),
                         (Event(0, "bend", 8191), Event(2, "bend", -8192), Event(3, "bend", 0))),))
    plain = Score((Track("Flute", 73, False, (Note(69, 0, 1), Note(69, 4, 1))),))
    starts = [np.argmax(np.abs(sound(one)[0, SAMPLE_RATE:]) > 0.01) for one in (score, plain)]
    assert starts[0] == pytest.approx(starts[1], abs=0.002 * SAMPLE_RATE)


@pytest.mark.parametrize("number", [7, 11])
def test_half_the_volume_or_expression_is_twelve_decibels_softer(number):
    before, after = {7: (100, 50), 11: (127, 64)}[number]
    samples = sound(flute(Event(0, "control", before, number), Event(4, "control", after, number), beats=8))
    assert 20 * np.log10(level(samples, 2.5, 3.5) / level(samples, 0.5, 1.5)) == pytest.approx(-12, abs=0.7)


@pytest.mark.parametrize("place, silent", [(0, 1), (127, 0)])
def test_pan_goes_to_one_side(place, silent):
    left_right = level(sound(flute(Event(0, "control", place, 10))), 0.5, 1.5)
    assert left_right[silent] < 1e-6 < left_right[1 - silent]


def test_an_event_of_another_track_of_the_channel_counts_and_of_another_channel_does_not():
    def both(channel: int) -> np.ndarray:
        mixer = Track("mixer", events=(Event(0, "control", 0, 10),), channel=channel)
        return level(sound(Score((*flute(channel=1).tracks, mixer))), 0.5, 1.5)
    assert both(1)[1] < 1e-6 < both(2)[1]


ONE = (Note(60, 0, 1),)


def held(*events: Event, notes: tuple[Note, ...] = ONE) -> list[tuple[float, float]]:
    score = Score((Track("Strings", 48, False, notes, events),), ((0, 60),))
    return [(note.start, note.end) for note in channels(score)[0].notes]


def pedal(*beats: float) -> tuple[Event, ...]:
    """Down, up, down, up ..."""
    return tuple(Event(beat, "control", 0 if at % 2 else 127, 64) for at, beat in enumerate(beats))


@pytest.mark.parametrize("beats, end", [
    ((), 1), ((0, 3), 3), ((2, 3), 1), ((0, 0.5), 1), ((0, 0.5, 0.75, 4), 4), ((0,), float("inf")),
])
def test_the_pedal_holds_what_ends_while_it_is_down(beats, end):
    assert held(*pedal(*beats)) == [(0, end)]


def test_a_string_that_is_struck_again_under_the_pedal_sounds_once():
    assert held(*pedal(0, 6), notes=(Note(60, 0, 1), Note(60, 2, 1), Note(64, 3, 1))) == [(0, 2), (2, 6), (3, 6)]


def test_all_notes_off_ends_everything_and_a_reset_lifts_the_pedal():
    assert held(Event(0.5, "control", 0, 123)) == [(0, 0.5)]
    assert held(*pedal(0), Event(2, "control", 0, 121)) == [(0, 2)]


def test_drums_know_no_pedal():
    score = Score((Track("kit", 0, True, (Note(36, 0, 1),), pedal(0, 4)),), ((0, 60),))
    assert channels(score)[0].notes[0].end == 1


def test_programs_change_within_a_track():
    track = Track("x", 73, False, tuple(Note(60, beat, 1) for beat in range(4)),
                  (Event(0, "program", 40), Event(2, "program", 19)))
    assert [note.program for note in channels(Score((track,)))[0].notes] == [73, 73, 19, 19]


def test_seconds_follow_the_tempos():
    seconds = clock(Score((), ((0, 60), (2, 120), (4, 30))))
    assert [seconds(beat) for beat in (0, 1, 2, 3, 4, 5)] == [0, 1, 2, 2.5, 3, 5]


def test_drums_alone_and_a_note_of_no_length_to_speak_of_are_played():
    for track in (Track("kit", 0, True, (Note(36, 0, 1),)), Track("x", 0, False, (Note(60, 0, 1e-4),))):
        assert np.abs(render(Score((track,)), tail=1, loudness=0).samples.numpy()).max() == pytest.approx(10 ** (-1 / 20), abs=1e-6)
