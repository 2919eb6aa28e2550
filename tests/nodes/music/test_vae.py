"""MusicVAE: two bars drawn, interpolated and changed, of networks with random weights."""

import json

import numpy as np
import pytest
import torch

from nodegraph import InputError, Recipe
from nodegraph_nodes.media.score import Note, Score, Track
from nodegraph_nodes.music.learned import course, folders, grids, vae as network
from nodegraph_nodes.music.learned.grids import DRUMS, FIRST, HOLD, LOWEST, MELODY, REST
from nodegraph_nodes.music.vae import attribute, interpolate, vae


def shape(kind):
    return network.Shape(kind, z=6, encoder=8, conductor=8, decoder=8)


@pytest.fixture(scope="module", params=[DRUMS, MELODY])
def model(request, tmp_path_factory):
    """A live model, stored and loaded as the engine loads it."""
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(1)
    made = network.MusicVae(shape(request.param))
    with torch.no_grad():  # so that it writes something
        made.direct.weight.mul_(8)
        made.whole.weight.mul_(8)
    directions = {"density": torch.ones(6)}
    folders.stored(folder, folders.VAE, made, directions, {})
    return folders.load_vae(Recipe("VaeModel", str(folder)), "cpu", "float32")


def tune(bars=2, key="D major", drums=False):
    pitches = (36, 38, 42, 51) if drums else (62, 64, 66, 69)
    notes = tuple(Note(pitches[k % 4], k, 0.75, 70 + k) for k in range(4 * bars))
    return Score((Track("a", 0, drums, notes),), ((0.0, 90.0),), ((0.0, 4, 4),), ((0.0, key),))


def test_a_score_goes_onto_the_grid_and_comes_back():
    melody, drums = grids.melody_grid(tune()), grids.drum_grid(tune(drums=True))
    assert melody.shape == (32,) and drums.shape == (32, 9)
    assert [int(token) + LOWEST - FIRST for token in melody[:16:4]] == [60, 62, 64, 67]  # moved to C major
    assert list(melody[1:5]) == [HOLD, HOLD, REST, melody[4]]
    assert [(n.pitch, n.start, n.duration) for n in grids.score_of(melody, MELODY, 90.0, "D major").tracks[0].notes] == [
        (n.pitch, n.start, n.duration) for n in tune().tracks[0].notes]
    back = grids.score_of(drums, DRUMS).tracks[0].notes
    assert [(n.pitch, n.start, n.velocity) for n in back] == [(n.pitch, n.start, n.velocity) for n in tune(drums=True).tracks[0].notes]


def test_what_has_no_such_music_is_refused_in_a_sentence():
    with pytest.raises(InputError, match="the score has no drums"):
        grids.drum_grid(tune())
    with pytest.raises(InputError, match="the score has no melody"):
        grids.melody_grid(tune(drums=True))


def test_what_is_written_step_by_step_is_what_the_network_foretells_of_it(model):
    z = torch.randn(5, 6, generator=torch.Generator().manual_seed(2))
    written = model.network.written(z)
    logits = model.network.predicted(z, written)
    if model.network.shape.kind == MELODY:
        assert torch.equal(logits.argmax(-1), written.long())
    else:
        assert torch.equal(logits.chunk(2, -1)[0] > 0, written > 0)
    assert len({row.numpy().tobytes() for row in written}) > 1


def test_four_patterns_of_length_32_at_temperature_1_are_drawn_and_more_begin_with_the_same(model):
    four = vae(model, 4, 32, 1.0, seed=5)
    assert len(four) == 4 and all(isinstance(score, Score) for score in four)
    assert vae(model, 6, 32, 1.0, seed=5)[:4] == four and vae(model, 4, 32, 1.0, seed=6) != four
    assert all(note.start < 4 for score in vae(model, 3, 16) for track in score.tracks for note in track.notes)
    with pytest.raises(InputError, match="length is 33; this model writes 32 sixteenths at most"):
        vae(model, 1, 33)


def test_an_interpolation_ends_in_what_was_given_and_the_dice_of_temperature_0_are_idle(model):
    drums = model.network.shape.kind == DRUMS
    first, second = tune(drums=drums), tune(drums=drums)
    second = Score((Track("b", 3, drums, second.tracks[0].notes[::2]),), ((0.0, 110.0),), second.metres, second.keys)
    way = interpolate(model, first, second, 5)
    assert len(way) == 5 and way == interpolate(model, first, second, 5, seed=9)
    for given, end in ((first, way[0]), (second, way[-1])):
        assert [(n.pitch, n.start) for n in end.tracks[0].notes] == [(n.pitch, n.start) for n in given.tracks[0].notes]
    assert [score.tempos[0][1] for score in way] == [90, 95, 100, 105, 110]


def test_an_attribute_moves_z_along_its_direction_and_no_other_is_known(model, monkeypatch):
    drums = model.network.shape.kind == DRUMS
    seen = []
    written = network.MusicVae.written
    monkeypatch.setattr(network.MusicVae, "written", lambda self, z, *rest: seen.append(z) or written(self, z, *rest))
    for amount in (0.0, 2.0):
        attribute(model, tune(drums=drums), "density", amount)
    assert torch.allclose(seen[1] - seen[0], torch.full((1, 6), 2.0), atol=1e-5)
    with pytest.raises(InputError, match="attribute is height, which this model of .* knows nothing of; it takes density"):
        attribute(model, tune(drums=drums), "height")


def test_of_longer_music_the_first_bars_count_and_other_metres_are_refused(model):
    drums = model.network.shape.kind == DRUMS
    with pytest.warns(UserWarning, match="score has 3 bars; the first 2 count"):
        longer = attribute(model, tune(3, drums=drums), "density", 0)
    assert longer == attribute(model, tune(2, drums=drums), "density", 0)
    with pytest.raises(InputError, match="score is not in 4/4 throughout"):
        attribute(model, Score(tune(drums=drums).tracks, metres=((0.0, 3, 4),)), "density")


def test_directions_point_to_where_there_is_more():
    torch.manual_seed(0)
    voices = torch.where(torch.rand(64, 32) < torch.linspace(0.1, 0.9, 64)[:, None], FIRST + 12, HOLD).to(torch.uint8)
    found = course.attributes_of(voices)
    assert found["density"][-1] > found["density"][0] and set(found) == {"density", "syncopation", "height"}
    off = torch.zeros(2, 32, 9, dtype=torch.uint8)
    off[0, ::4, 0] = off[1, 1::4, 0] = 90
    assert list(course.attributes_of(off)["syncopation"]) == [0.0, 3.0]
    made = network.MusicVae(shape(MELODY))
    direction = course.directions(made, voices)["density"]
    means = made.encoded(voices)[0] @ direction
    assert means[-16:].mean() > means[:16].mean()


def test_folders_of_other_things_are_refused_in_a_sentence(tmp_path):
    load = lambda: folders.load_vae(Recipe("VaeModel", str(tmp_path)), "cpu", "float32")
    with pytest.raises(InputError, match="is empty"):
        load()
    (tmp_path / "config.json").write_text(json.dumps({"architecture": "MelodyRNN"}))
    with pytest.raises(InputError, match="holds a MelodyRNN, and a MusicVAE is wanted"):
        load()
    (tmp_path / "config.json").write_text(json.dumps({"architecture": "MusicVAE", "shape": {"kind": "drums"}}))
    with pytest.raises(InputError, match=r"has no model.safetensors"):
        load()
    made = network.MusicVae(shape(DRUMS))
    with torch.no_grad():
        made.head.bias[0] = float("nan")
    folders.stored(tmp_path, folders.VAE, made, {}, {})
    with pytest.raises(InputError, match="numbers that are none"):
        load()


def test_voices_are_moved_within_their_range():
    voices = torch.tensor([[FIRST, HOLD, REST, FIRST + 36, 255]], dtype=torch.uint8)
    assert course.moved(voices, torch.tensor([-2])).tolist() == [[FIRST + 10, HOLD, REST, FIRST + 34, 255]]
    assert course.moved(voices, torch.tensor([2])).tolist() == [[FIRST + 2, HOLD, REST, FIRST + 26, 255]]


def test_stretches_begin_with_what_sounds_on():
    whole = np.array([FIRST + 4] + [HOLD] * 47, np.uint8)
    assert [int(part[0]) for part in grids.windows(whole, 32)] == [FIRST + 4, FIRST + 4]
