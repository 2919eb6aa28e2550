"""The part of a sound that is heard: a place in it, and a loop."""

from __future__ import annotations

import wave

import pytest

from nodegraph_editor.runs.player import seconds_of
from nodegraph_editor.runs.stretch import LOOPED, Stretch, chosen, cut


def test_a_click_goes_on_from_a_place_and_a_drag_either_way_is_a_loop():
    assert chosen(0.3, 0.3) == Stretch(0.3) and chosen(0.3, 0.305) == Stretch(0.3)
    assert chosen(0.6, 0.2) == Stretch(0.2, 0.6, True) and chosen(-4, 0.5) == Stretch(0.0, 0.5, True)
    assert chosen(1.7, 1.7).begin < 1


def test_the_playhead_goes_round_in_a_loop_and_stays_at_the_end_without_one():
    assert [Stretch(0.5).at(seconds, 10.0) for seconds in (0, 2, 99)] == [0.5, 0.7, 1.0]
    loop = Stretch(0.25, 0.75, True)
    assert [loop.at(seconds, 4.0) for seconds in (0, 1, 2, 3, 2001)] == [0.25, 0.5, 0.25, 0.5, 0.5]
    assert Stretch(0.2).at(5, 0.0) == 0.2


def test_a_place_within_a_loop_keeps_it_and_one_outside_ends_it():
    loop = Stretch(0.25, 0.75, True)
    assert loop.from_place(0.5) is loop and loop.from_place(0.9) == Stretch(0.9) and Stretch(0.1).from_place(0.5) == Stretch(0.5)


@pytest.fixture
def sound(tmp_path):
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(1000)
        file.writeframes(b"".join(number.to_bytes(2, "little") * 2 for number in range(1000)))
    return tmp_path / "a.wav"


def samples(path):
    with wave.open(str(path), "rb") as file:
        data = file.readframes(file.getnframes())
    return [int.from_bytes(data[at:at + 2], "little") for at in range(0, len(data), 4)]


def test_a_loop_is_one_file_that_goes_round_without_a_gap_and_may_begin_in_its_midst(sound, tmp_path):
    looped = cut(sound, Stretch(0.2, 0.7, True), tmp_path / "b.wav")
    told = samples(looped)
    assert told[:501] == [*range(200, 700), 200] and seconds_of(looped) == LOOPED
    assert samples(cut(sound, Stretch(0.2, 0.7, True), tmp_path / "c.wav", 0.5))[:201] == [*range(500, 700), 200]
    assert samples(cut(sound, Stretch(0.9), tmp_path / "d.wav")) == [*range(900, 1000)] and cut(sound, Stretch(), tmp_path) == sound
