"""The melody RNN: what it sings is what it foretells, plans bring bars back, and what is given stays."""

import pytest
import torch

from nodegraph import InputError, Recipe
from nodegraph_nodes.media.score import Note, Score, Track
from nodegraph_nodes.music.learned import course, folders, rnn as network
from nodegraph_nodes.music.learned.grids import BAR, FIRST, HOLD, melody_grid
from nodegraph_nodes.music.rnn import drawn_plan, rnn


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rnn")
    torch.manual_seed(3)
    made = network.MelodyRnn(network.Shape(12))
    with torch.no_grad():
        made.head.weight.mul_(6)
    folders.stored(folder, folders.RNN, made, {}, {"plans": ["0010" * 4, "0002" * 4]})
    return folders.load_rnn(Recipe("MelodyRnnModel", str(folder)), "cpu", "float32")


def test_a_plan_is_the_nearest_bar_that_is_said_again():
    bar = torch.full((3, BAR), HOLD, dtype=torch.uint8)
    bar[:, 0] = torch.tensor([FIRST, FIRST + 1, FIRST + 2])
    a, b, c = bar
    plan = network.plans_of(torch.cat([a, a, b, a, a, b, b, b, a])[None])
    assert plan.tolist() == [[0, 1, 0, 2, 1, 0, 1, 1, 3]]
    assert network.plans_of(torch.cat([a, torch.zeros(BAR, dtype=torch.uint8), c])[None]).tolist() == [[0, 0, 0]]


def test_what_is_sung_step_by_step_is_what_the_network_foretells_of_it(model, monkeypatch):
    plan = [0, 0, 0, 0]
    sung = model.network.sung(plan, 64, 0.0, torch.Generator(), [FIRST + 3, FIRST + 5])
    monkeypatch.setattr(network, "plans_of", lambda voices: torch.tensor([plan]))
    assert model.network(torch.tensor([sung], dtype=torch.uint8))[0, 2:].argmax(-1).tolist() == sung[2:]
    assert sung[:2] == [FIRST + 3, FIRST + 5] and len(set(sung)) > 2


def test_what_the_plan_brings_back_is_the_same_to_the_note(model):
    sung = model.network.sung([0, 1, 0, 2, 4], 80, 1.0, torch.Generator().manual_seed(2))
    bars = [sung[at:at + BAR] for at in range(0, 80, BAR)]
    assert bars[1] == bars[0] and bars[3] == bars[1] and bars[2] != bars[0]  # of eight bars back there are none


def test_each_has_a_seed_of_its_own_and_a_primer_stays(model):
    two = rnn(model, n=2, length=64, seed=5)
    assert rnn(model, n=3, length=64, seed=5)[:2] == two and two[0] != two[1]
    notes = tuple(Note(pitch, k, 0.5) for k, pitch in enumerate((62, 66, 69, 74)))
    primer = Score((Track("a", 40, False, notes),), ((0.0, 90.0),), keys=((0.0, "D major"),))
    (sung,) = rnn(model, primer, length=48)
    assert [(n.pitch, n.start, n.duration) for n in sung.tracks[0].notes[:4]] == [(n.pitch, n.start, n.duration) for n in notes]
    assert sung.tracks[0].program == 40 and sung.tempos[0][1] == 90 and sung.keys == primer.keys
    assert melody_grid(sung)[:16].tolist() == melody_grid(primer).tolist()
    with pytest.raises(InputError, match="primer is not in 4/4"):
        rnn(model, Score(primer.tracks, metres=((0.0, 3, 4),)))


def test_plans_are_those_of_tunes(model):
    dice = torch.Generator().manual_seed(0)
    assert {tuple(drawn_plan(("0102", "0300"), 6, 1, dice)) for _ in range(20)} == {(0, 1, 0, 2, 0, 1), (0, 3, 0, 0, 0, 3)}
    assert drawn_plan((), 3, 0, dice) == [0, 0, 0]
    bar = torch.tensor([FIRST] + [HOLD] * 15, dtype=torch.uint8)
    assert course.plans_in(torch.cat([bar] * 4)[None]) == ["0111"]


def test_the_ends_of_tunes_do_not_count(model):
    voice = torch.randint(0, 30, (1, 32), dtype=torch.uint8)
    longer = torch.cat([voice, torch.full((1, 32), network.NOTHING, dtype=torch.uint8)], 1)
    assert float(model.network.nats(longer)) == pytest.approx(float(model.network.nats(voice)), abs=1e-5)
