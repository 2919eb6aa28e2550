"""The weaver's ornaments are coverages that any palette dresses, and a training of it leaves a model whatever happens."""

import json

import pytest
import torch

from nodegraph import Recipe
from nodegraph_nodes.gan import models
from nodegraph_nodes.gan.adversary import Game
from nodegraph_nodes.starter.ornaments import KINDS, drawn, dressed
from nodegraph_nodes.starter.train import weaver
from nodegraph_nodes.starter.train.weaver_judge import Judge, frechet, scores

TINY = {"seconds": 600, "side": 16, "batch": 8, "judge_steps": 2, "scored": 24}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_covers_its_sheet_with_three_inks(kind):
    made = drawn(kind, 8, 24, torch.Generator().manual_seed(1))
    assert made.shape == (8, 3, 24, 24) and made.isfinite().all()
    assert made.min() >= 0 and made.sum(1).max() <= 1 + 1e-5
    assert torch.equal(made, drawn(kind, 8, 24, torch.Generator().manual_seed(1)))
    assert (made.sum((1, 2, 3)) / 24**2 > 0.02).all()  # none is empty
    assert torch.cdist(made.flatten(1), made.flatten(1)).fill_diagonal_(9).min() > 0.5  # none comes twice


def test_a_palette_dresses_a_drawing_exactly():
    covered = torch.tensor([[1, 0, 0], [0, 0.5, 0], [0, 0, 0], [0.25, 0.25, 0.5]]).T[:, None]
    colors = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])
    wanted = torch.tensor([[1, 0, 0], [0.5, 1, 0.5], [1, 1, 1], [0.25, 0.25, 0.5]]).T[:, None]
    assert torch.allclose(dressed(covered, colors), wanted)


def test_what_waits_in_the_pool_depends_on_seed_and_step_alone(monkeypatch):
    monkeypatch.setitem(weaver.POOL, "cpu", 8)
    walked, jumped = (weaver.Pool(8, 4, "cpu", 5) for _ in range(2))
    for step in range(40):
        walked(step, 4)
    pictures, kinds = jumped(39, 4)
    assert torch.equal(walked.held, jumped.held) and not torch.equal(walked.held, weaver.Pool(8, 4, "cpu", 6).held)
    assert pictures.shape == (4, 3, 8, 8) and pictures.abs().max() <= 1 and kinds.sum(1).tolist() == [1, 1, 1, 1]


def test_two_clouds_of_one_shape_are_no_distance_apart():
    cloud = torch.randn(500, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert frechet(cloud, cloud) == pytest.approx(0, abs=1e-8)
    assert frechet(cloud, cloud + 2) == pytest.approx(16)
    assert frechet(cloud, cloud * 3) == pytest.approx(16 + 4 * cloud.mean(0).square().sum().item(), rel=0.1)


@pytest.fixture
def asked(tmp_path, monkeypatch):
    monkeypatch.setitem(weaver.POOL, "cpu", 8)
    return weaver.Asked(tmp_path / "out", tmp_path / "kept", steps=3, **TINY)


def test_a_training_leaves_a_folder_that_the_nodes_read(asked):
    log = weaver.woven(asked)
    model = models.load(Recipe("GanModel", "weaver", str(asked.out)), "cpu", "float32")
    assert model.kinds == tuple(KINDS) and model.own_middles and model.resolution == 16
    told = json.loads((asked.out / "config.json").read_text())["training"]
    assert told["kept"]["step"] == 3 and log["kept"]["pictures"] == 24 and (asked.out / "sheet.png").exists()
    assert {"distance", "floor", "kinds", "kinds_0.7", "nearest", "nearest_drawn"} <= set(told["kept"])


def test_a_training_that_breaks_leaves_its_last_checkpoint(asked, monkeypatch, capsys):
    step = Game.step

    def breaking(self, number, fraction):
        if number == 2:
            raise RuntimeError("the card is gone")
        return step(self, number, fraction)

    monkeypatch.setattr(Game, "step", breaking)
    log = weaver.woven(asked)
    assert "the card is gone" in log["failure"] and "the card is gone" in capsys.readouterr().err
    assert models.holds(asked.out)


def test_copies_of_drawings_are_seen_for_what_they_are(monkeypatch):
    torch.manual_seed(0)
    judge = Judge(("waves", "rosette"), 16, "cpu", 0)
    judge.learn(600, 30)
    generator = weaver.Generator(weaver.Shape(16, 2, (8, 8, 8), (8, 8), 8, 8))
    copies = judge.drawings(12, 900_003)
    monkeypatch.setattr("nodegraph_nodes.starter.train.weaver_judge.woven_pictures", lambda *_args: copies)
    figures = scores(generator, judge, 24, 0)
    assert figures["nearest"] == pytest.approx(0, abs=1e-3) and figures["nearest_drawn"] > 0.1
    assert figures["kinds"] > 0.6
