"""Sounds played by whatever the system has."""

import os
import stat
import sys

import pytest

from nodegraph_editor.runs.player import CannotPlay, Player

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows plays sounds itself")
PATIENCE = 30  # seconds; only a failure takes that long


@pytest.fixture
def players(tmp_path, monkeypatch):
    """A PATH with nothing on it; what is put there is a shell script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(name: str, script: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(stat.S_IRWXU)
    return put


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "a tune.wav"
    path.write_bytes(b"RIFF")
    return path


@pytest.fixture
def silence(tmp_path):
    """A pipe that nobody writes to."""
    os.mkfifo(tmp_path / "silence")
    return tmp_path / "silence"


def ended(player: Player) -> None:
    """Wait for the program that plays now."""
    player._process.wait(PATIENCE)


def test_the_first_player_there_is_gets_the_path_after_its_options(players, sound, tmp_path):
    players("aplay", f'echo "$@" > {tmp_path}/said')
    player = Player()
    player.play(sound)
    ended(player)
    player.look()
    assert (tmp_path / "said").read_text() == f"-q {sound}\n" and not player.playing


def test_a_player_that_fails_gives_way_to_the_next(players, sound, tmp_path):
    players("paplay", "exit 1")
    players("play", f"echo heard > {tmp_path}/said")
    player = Player()
    player.play(sound)
    ended(player)
    player.look()
    ended(player)
    player.look()
    assert (tmp_path / "said").read_text() == "heard\n"


def test_where_all_fail_a_sentence_tells_which(players, sound):
    players("aplay", "exit 3")
    player = Player()
    player.play(sound)
    ended(player)
    with pytest.raises(CannotPlay, match=r"a tune.wav: aplay \(exit code 3\). See whether"):
        player.look()
    player.look()  # told once


def test_where_there_is_no_player_a_sentence_tells_what_to_do(players, sound):
    with pytest.raises(CannotPlay, match=r"looked for afplay, .*\). Install ffmpeg or sox, or save"):
        Player().play(sound)


def test_playing_goes_on_beside_the_window_until_it_is_stopped(players, sound, silence):
    players("play", f"read forever < {silence}")
    player = Player()
    player.play(sound)
    assert player.playing
    process = player._process
    player.stop()
    assert not player.playing and process.returncode is not None
    player.look()


def test_another_sound_takes_the_place_of_the_first(players, sound, silence):
    players("play", f"read forever < {silence}")
    player = Player()
    player.play(sound)
    first = player._process
    player.play(sound)
    assert first.returncode is not None and player.playing
    player.stop()


def test_a_file_that_is_gone_is_told(tmp_path):
    with pytest.raises(CannotPlay, match=f"There is no file {os.path.join(tmp_path, 'none.wav')} to play"):
        Player().play(tmp_path / "none.wav")
