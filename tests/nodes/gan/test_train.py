"""A folder of pictures becomes a generator that other nodes take, and a training that was killed goes on."""

import json
from dataclasses import replace

import pytest
import torch
import yaml

from nodegraph import Engine, InputError, events as ev
from nodegraph_nodes.common import training
from nodegraph_nodes.gan import adversary, models, sample, train as training_node
from nodegraph_nodes.gan.augmentation import augmented
from nodegraph_nodes.gan.measure import sliced_distance
from nodegraph_nodes.gan.networks import Discriminator, Generator, Shape, stored
from nodegraph_nodes.gan.stylegan2 import Generator as Drawn, mapped, synthesised
from nodegraph_nodes.gan.train import shape_of, train
from nodegraph_nodes.media.image import save_png
from nodegraph_nodes.starter.ornaments import drawn
from tests.nodes.listening import Listener, Stop

SMALL = {"size": "16", "network": "small", "shown": 48}


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """Sixty files of two kinds."""
    monkeypatch.setenv("NODEGRAPH_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "pictures"
    folder.mkdir()
    for kind in ("waves", "rosette"):
        for number, picture in enumerate(drawn(kind, 30, 20, torch.Generator().manual_seed(1))):
            save_png(picture, folder / f"{kind}-{number:02}.png")
    return sorted(folder.iterdir())


@pytest.mark.parametrize(("labels", "side"), [(0, 8), (3, 16)])
def test_what_is_trained_draws_what_the_nodes_draw_of_its_weights(labels, side):
    torch.manual_seed(0)
    generator = Generator(shape_of(side, "small", labels))
    with torch.no_grad():
        generator.mapping.w_avg.normal_()
        z = torch.randn(2, generator.shape.z)
        kinds = torch.eye(labels)[:2] if labels else None
        ours, read = generator(z, kinds), Drawn(dict(stored(generator)))
    for k in range(2):
        styles = mapped(read, z[k], k if labels else 0).repeat(read.layers, 1)
        assert torch.allclose(synthesised(read, styles), ours[k], atol=2e-5)


def test_networks_of_a_shape_that_does_not_hold_together_are_refused():
    with pytest.raises(ValueError, match="a side of 32 pixels needs 4 widths and 3 of the critic"):
        Shape(32, 0, (8, 8), (8,))


def test_the_critic_hears_the_kind_and_how_much_a_group_differs():
    torch.manual_seed(0)
    critic = Discriminator(shape_of(8, "small", 2))
    alike = torch.randn(1, 3, 8, 8).expand(4, -1, -1, -1)
    mixed = torch.cat([alike[:1], torch.randn(3, 3, 8, 8)])
    with torch.no_grad():
        first, second = (critic(alike, torch.eye(2)[[k] * 4]) for k in (0, 1))
        assert not torch.allclose(first, second)
        assert not torch.allclose(critic(mixed, torch.eye(2)[[0] * 4])[0], first[0])


def test_a_forgery_is_held_against_the_kind_that_the_critic_takes_it_for():
    torch.manual_seed(0)
    rules, kinds = adversary.Rules(batch=8), torch.eye(2).repeat(4, 1)
    names = {}
    for weight in (0.0, 1.0):
        torch.manual_seed(1)
        game = adversary.Game(shape_of(8, "small", 2), replace(rules, kinds=weight, forged_kinds=weight),
                              lambda step, n: (torch.zeros(n, 3, 8, 8), kinds), "cpu")
        before = game.critic.guess.weight.clone()
        game.step(1, 0.0)
        names[weight] = torch.equal(before, game.critic.guess.weight), game.generator.synthesis.b8.torgb.weight.clone()
    assert names[0.0][0] and not names[1.0][0]
    assert not torch.equal(names[0.0][1], names[1.0][1])


def test_pictures_whose_deviation_is_taken_together_are_of_one_kind():
    labels = torch.tensor([0, 1, 2, 1, 1, 0] * 10)
    pictures = labels[:, None, None, None].expand(-1, 3, 8, 8).to(torch.uint8)
    material = training_node.Material(pictures, labels, 3, False, 0, "cpu")
    seen = []
    for _ in range(40):
        drawn_, kinds = material(0, 16)
        assert torch.equal(((drawn_[:, 0, 0, 0] + 1) * 127.5).round().long(), kinds.argmax(1))
        assert (kinds.argmax(1).reshape(4, -1) == kinds.argmax(1)[:4]).all()
        seen += kinds.argmax(1)[:4].tolist()
    assert 0.4 < seen.count(1) / len(seen) < 0.6


def test_each_player_moves_alone_and_the_average_follows():
    torch.manual_seed(0)
    game = adversary.Game(shape_of(8, "small", 0), adversary.Rules(batch=4), lambda step, n: (torch.zeros(n, 3, 8, 8), None), "cpu")
    before = {name: value.clone() for name, value in game.tensors().items()}
    told = game.step(0, 0.0)
    after = game.tensors()
    assert {"critic", "generator", "slope", "sign", "r1"} == set(told)
    for part in ("generator", "critic", "average"):
        names = [name for name in before if name.startswith(f"{part}/") and name.endswith("weight")]
        assert any(not torch.equal(before[name], after[name]) for name in names)
    assert all(parameter.requires_grad for parameter in game.critic.parameters())


@pytest.mark.slow
def test_the_game_is_won_where_the_critic_can_tell_no_more():
    """One grey tone is all there is to draw: the generator finds it."""
    torch.manual_seed(0)
    game = adversary.Game(Shape(8, 0, (8, 8), (8,), 4, 4), adversary.Rules(batch=8, r1=0.5),
                          lambda step, n: (torch.full((n, 3, 8, 8), 0.4) + 0.02 * torch.randn(n, 3, 8, 8), None), "cpu")

    def apart():
        with torch.no_grad():
            return (game.generator(torch.randn(16, 4)) - 0.4).abs().mean().item()

    first = apart()
    for number in range(120):
        game.step(number, 0.0)
    assert apart() < first / 2


def test_the_critic_is_held_back_more_while_it_wins_and_less_while_it_loses():
    torch.manual_seed(0)
    game = adversary.Game(shape_of(8, "small", 0), adversary.Rules(batch=4), lambda step, n: (torch.zeros(n, 3, 8, 8), None), "cpu")
    for loss, grows in ((0.1, True), (2.0, False)):
        before = float(game.r1)
        game.loss.fill_(loss)
        game.step(0, 0.0)
        assert (float(game.r1) > before) == grows


def test_altered_pictures_are_still_pictures_and_more_are_altered_the_stronger():
    torch.manual_seed(0)
    pictures = torch.rand(64, 3, 16, 16) * 2 - 1
    changed = [(augmented(pictures, strength) - pictures).abs().amax((1, 2, 3)) > 1e-4 for strength in (0.0, 0.05, 0.8)]
    assert changed[0].sum() == 0 and 5 < changed[1].sum() < 50 and changed[2].all()
    grey = augmented(torch.full((64, 3, 16, 16), 0.2), 0.8)
    assert grey.isfinite().all() and (grey.amax((1, 2, 3)) - grey.amin((1, 2, 3))).max() < 1e-4  # greys stay grey


def test_augmentation_grows_while_the_critic_is_sure_and_lets_go_where_it_is_not():
    game = adversary.Game(shape_of(8, "small", 0), adversary.Rules(batch=4), lambda step, n: (torch.zeros(n, 3, 8, 8), None),
                          "cpu", augmented)
    game.sign.fill_(1.0)
    game.step(1, 0.0)
    grown = float(game.strength)
    game.sign.fill_(-1.0)
    game.step(2, 0.0)
    assert grown == pytest.approx(4 / 100_000) and float(game.strength) == 0


def test_the_held_out_distance_tells_like_from_unlike():
    waves, more, rosettes = (drawn(kind, 24, 32, torch.Generator().manual_seed(seed)) * 2 - 1
                             for kind, seed in (("waves", 1), ("waves", 2), ("rosette", 3)))
    assert sliced_distance(waves, waves) < 0.05
    assert sliced_distance(waves, more) < 0.5 * sliced_distance(waves, rosettes)


def test_a_folder_becomes_a_model_that_other_nodes_take(pictures, tmp_path):
    graph = {"nodegraph": 1, "inputs": {"shown": 48}, "nodes": {
        "grown": {"type": "gan.train", "pictures": f"{pictures[0].parent}/*.png", **SMALL, "shown": "$shown"},
        "made": {"type": "gan.sample", "model": "$grown", "seed": 4}}, "outputs": {"made": "$made"}}
    (tmp_path / "graph.yaml").write_text(yaml.safe_dump(graph))
    story = []
    with Engine(tmp_path / "cache", device="cpu", warn=pytest.fail) as engine:
        loaded = engine.load(tmp_path / "graph.yaml")
        made = engine.run(loaded)
        assert not made.errors and made["made"].shape == (3, 16, 16)
        engine.run(loaded, emit=story.append)
        assert not [e for e in story if isinstance(e, ev.Started)]
        (pictures[0].parent / "more.png").write_bytes(pictures[-1].read_bytes())
        engine.run(loaded, emit=story.append)
        assert {e.node for e in story if isinstance(e, ev.Finished)} >= {"grown", "made"}


def test_kinds_are_learned_by_their_names(pictures):
    kinds = [path.stem.split("-")[0] for path in pictures]
    recipe = train(pictures, kinds=kinds, **SMALL)
    model = models.load(recipe, "cpu", "float32")
    assert model.kinds == ("rosette", "waves") and model.own_middles
    assert not torch.equal(sample.sample(model, 1, kinds="waves"), sample.sample(model, 1, kinds="rosette"))
    told = json.loads((training.Path(recipe.source) / "config.json").read_text())["training"]
    assert told["pictures"] == 48 and told["distance"] > 0 and told["distance_learned"] > 0


def test_a_longer_training_goes_on_and_the_shorter_ones_model_stays(pictures, monkeypatch):
    taken = []
    step = adversary.Game.step
    monkeypatch.setattr(adversary.Game, "step", lambda self, number, fraction: taken.append(number) or step(self, number, fraction))
    first = train(pictures, **SMALL)
    longer = train(pictures, **SMALL | {"shown": 80})
    assert taken == [0, 1, 2, 3, 4] and first.source != longer.source
    assert all(training.Path(recipe.source, "model.safetensors").exists() for recipe in (first, longer))


def test_another_seed_is_another_training(pictures):
    first, other = (train(pictures, seed=seed, **SMALL) for seed in (0, 1))
    assert first.source != other.source
    assert not torch.equal(*(sample.sample(models.load(one, "cpu", "float32"), 1) for one in (first, other)))


def test_a_stopped_training_goes_on_and_shows_what_it_draws(pictures, monkeypatch):
    monkeypatch.setattr(training_node, "_TELL_SECONDS", -1)
    listener = Listener()
    with pytest.raises(Stop):
        train(pictures, ctx=listener, **SMALL)
    train(pictures, ctx=listener, **SMALL)
    assert len(listener.seen) == 3 and listener.seen[2][1] == (64, 64, 3) and listener.seen[2][0].startswith("48 pictures, D ")


def test_what_cannot_be_learned_from_is_refused_in_a_sentence(pictures, tmp_path):
    with pytest.raises(InputError, match="pictures has 3 files; a GAN learns from 4 at least"):
        train(pictures[:3], **SMALL)
    with pytest.raises(InputError, match="kinds has 1 words, and pictures has 60 files"):
        train(pictures, kinds=["waves"], **SMALL)
    train(pictures, folder=str(tmp_path / "own"), **SMALL)
    with pytest.raises(InputError, match="is of a training whose subject was"):
        train(pictures[:55], folder=str(tmp_path / "own"), **SMALL)


def test_few_pictures_are_warned_of(pictures):
    with pytest.warns(UserWarning, match="a GAN of 8 pictures draws little else than these"):
        train(pictures[:8], **SMALL)
