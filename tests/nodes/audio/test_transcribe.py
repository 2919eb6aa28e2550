"""Notes that are heard in sound: the network is its authors', and what is rendered comes back."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from nodegraph import Cancelled, InputError, Recipe
from nodegraph.packs import Catalogue
from nodegraph_nodes.audio import notes as decoding, transcribe as node, transcriber
from nodegraph_nodes.audio.transcribe import transcribe
from nodegraph_nodes.media.score import Note, Score, Track
from nodegraph_nodes.media.types import Audio
from nodegraph_nodes.music.render import render

FOLDER = Catalogue().model_folder("audio/transcriber")


@pytest.fixture(scope="module")
def model():
    return node.load(Recipe("TranscriberModel", str(FOLDER)), "cpu", "float32")


AUTHORS = [[0.9402, 0.9313, 0.9444], [0.8003, 0.7854, 0.7968]]
MEANS = 0.09512, 0.1182


def chord(seconds=2):
    """C major in three steps, with five partials each; no dice and no soundfont."""
    time = np.arange(seconds * 22_050) / 22_050
    wave = sum(np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * k * time) / k * (time > at) * np.exp(at - time)
               for pitch, at in ((60, 0.3), (64, 0.8), (67, 1.3)) for k in range(1, 6))
    return Audio(torch.from_numpy((0.15 * wave).astype(np.float32))[None], 22_050)


def test_the_network_answers_what_its_authors_file_answers(model):
    """What ONNX Runtime made of this chord by nmp.onnx of basic-pitch 0.4.0, at three frames of three keys, and in all."""
    begun, sounding = model(chord().samples[:, :transcriber.WINDOW])
    keys = torch.tensor([60, 64, 67]) - transcriber.LOWEST
    told = torch.stack([begun[0, [26, 69, 112]][:, keys].diagonal(), sounding[0, [40, 90, 140]][:, keys].diagonal()])
    assert torch.allclose(told, torch.tensor(AUTHORS), atol=3e-4)
    assert float(begun.mean()) == pytest.approx(MEANS[0], abs=1e-4) and float(sounding.mean()) == pytest.approx(MEANS[1], abs=1e-4)


@pytest.mark.slow
def test_a_tune_on_a_piano_comes_back_where_and_as_it_was_played(model):
    tune = tuple(Note(pitch, beat / 2, 0.5, 90) for beat, pitch in enumerate((60, 64, 67, 72, 67, 64, 60, 55)))
    sound = render(Score((Track("Piano", 0, False, tune),), ((0.0, 100.0),)), room=0)
    heard = transcribe(sound, model, bpm=100.0, highest=75)
    (track,) = heard.tracks
    near = {(note.pitch, round(note.start * 2)): note for note in track.notes if abs(note.start * 2 - round(note.start * 2)) < 0.15}
    assert {(note.pitch, round(note.start * 2)) for note in tune} <= set(near) and len(track.notes) <= 20
    assert heard.tempos == ((0.0, 100.0),) and max(note.pitch for note in track.notes) <= 75
    assert transcribe(sound, model, bpm=100.0, highest=75) == heard


def test_windows_meet_without_a_gap(model):
    """The frames of a sound are the same, whether a window begins at it or elsewhere; and as many as there are hops."""
    sound = torch.cat([chord().samples[0]] * 2)
    begun, sounding = transcriber.heard_in(model, sound)
    assert begun.shape == sounding.shape == (-(-len(sound) // transcriber.HOP), 88)
    strikes = [int(begun[from_:from_ + 130, 60 - 21].argmax()) + from_ for from_ in (0, 172)]
    assert strikes[1] - strikes[0] == pytest.approx(44_100 / transcriber.HOP, abs=1)


def test_a_note_runs_while_its_key_sounds_and_what_never_began_is_found_too():
    begun, sounding = np.zeros((60, 88), np.float32), np.zeros((60, 88), np.float32)
    begun[10, 40] = begun[30, 40] = 0.9
    sounding[10:50, 40] = 0.6
    sounding[20:25, 40] = 0.1  # falls silent for a moment
    sounding[5:40, 70] = np.linspace(0.31, 0.8, 35)  # swells
    sounding[0:9, 20] = 0.9  # too short
    found = decoding.notes(begun, sounding, 0.5, 0.3, 11)
    assert [(note.key, note.first, note.end) for note in found] == [(70, 5, 40), (40, 10, 30), (40, 30, 50)]
    assert decoding.notes(begun[:0], sounding[:0], 0.5, 0.3, 11) == []


def test_silence_progress_and_a_stop(model, listening):
    with pytest.warns(UserWarning, match="the sound is silent"):
        assert not transcribe(Audio(torch.zeros(2, 44_100), 44_100), model).tracks[0].notes
    with pytest.raises(Cancelled):
        transcribe(Audio(torch.zeros(1, 22_050 * 4), 22_050), model, ctx=listening(stop_after=1))
    with pytest.raises(InputError, match="lowest is 80 and highest 20"):
        transcribe(chord(), model, lowest=80, highest=20)


def test_what_is_no_transcriber_is_a_sentence(tmp_path):
    assert "makes the folder of it" in node.kind_problem(tmp_path / "nmp.onnx")
    (tmp_path / "other").mkdir()
    save_file({"a": torch.zeros(1)}, tmp_path / "other/model.safetensors")
    assert node.kind_problem(tmp_path / "other") == "holds another kind of network"
    (tmp_path / "half").mkdir()
    save_file({name: tensor for name, tensor in load_file(FOLDER / "model.safetensors").items() if name != "gain"},
              tmp_path / "half/model.safetensors")
    with pytest.raises(InputError, match="cannot be loaded as a TranscriberModel.*take the whole of it"):
        node.load(Recipe("TranscriberModel", str(tmp_path / "half")), "cpu", "float32")
