"""Walks come back to where they began, pass their stations, and become films; recoloured models print exactly."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from nodegraph import Engine, InputError, Recipe
from nodegraph_nodes.gan import models, sample
from nodegraph_nodes.gan.edit import directions, edit
from nodegraph_nodes.gan.project import project
from nodegraph_nodes.gan.recolor import recolor
from nodegraph_nodes.gan.stylegan2 import Generator, synthesised
from nodegraph_nodes.gan.walk import curve, path, walk
from nodegraph_nodes.media.types import Palette

from .conftest import weights


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """A generator of three kinds, which have names and middles of their own."""
    folder = tmp_path_factory.mktemp("named")
    save_file(weights(labels=3), folder / "model.safetensors")
    (folder / "config.json").write_text('{"labels": ["vine", "waves", "star tile"], "truncation": "label"}')
    return models.load(Recipe("GanModel", "named", str(folder)), "cpu", "float32")


def test_a_path_passes_the_pictures_that_its_seeds_draw(gan):
    latents = path(gan, seed=5, stations=3, frames=12)
    assert len(latents) == 12
    for station in range(3):
        assert torch.allclose(latents[4 * station].styles, sample.map_noise(gan, 5 + station).styles, atol=1e-5)


def test_a_loop_has_no_seam_and_an_open_path_ends_at_its_last_station(gan):
    keys = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    closed, opened = curve(keys, 400, True), curve(keys, 400, False)
    steps = (closed - closed.roll(1, 0)).norm(dim=1)
    assert steps[0] < 1.1 * steps.median() * 3 and (closed[0] - closed[-1]).norm() <= steps.max()
    bends = (closed.roll(-1, 0) - 2 * closed + closed.roll(1, 0)).norm(dim=1)
    assert bends[0] <= bends.max() and bends.max() < steps.median()
    assert torch.allclose(opened[0], keys[0], atol=1e-5) and torch.allclose(opened[-1], keys[-1], atol=1e-5)


def test_kinds_are_named_blended_and_walked_through(named):
    assert torch.equal(sample.sample(named, 3, kinds="Waves"), sample.sample(named, 3, label=1))
    assert torch.equal(sample.sample(named, 3, kinds="2"), sample.sample(named, 3, kinds="star tile"))
    both = sample.map_noise(named, 3, kinds="vine 2, waves 2").styles
    assert torch.equal(both, sample.map_noise(named, 3, kinds="vine, waves").styles)
    assert not torch.allclose(both, sample.map_noise(named, 3, kinds="vine 3, waves").styles)
    latents = path(named, seed=1, stations=2, frames=4, kinds="vine > waves")
    assert torch.allclose(latents[2].styles, sample.map_noise(named, 2, label=1).styles, atol=1e-5)


@pytest.mark.parametrize(("kinds", "words"), [
    ("roof", "knows no kind 'roof'; it knows vine, waves, star tile"), ("vine 0", "all 0"), (",", "write names")])
def test_kinds_that_a_model_does_not_know_are_refused(named, kinds, words):
    with pytest.raises(InputError, match=words):
        sample.sample(named, 3, kinds=kinds)


def test_a_model_without_kinds_is_asked_for_none(gan):
    with pytest.raises(InputError, match="knows no kinds"):
        sample.sample(gan, 3, kinds="vine")


def test_each_kind_is_truncated_towards_its_own_middle(named):
    a, b, other = (sample.map_noise(named, seed, 0.0, label).styles for seed, label in ((1, 0), (2, 0), (1, 1)))
    assert torch.equal(a, b) and not torch.allclose(a, other)


def test_layers_beyond_those_that_are_truncated_keep_what_was_drawn(gan):
    whole, none, two = (sample.map_noise(gan, 3, psi, truncation_layers=n).styles for psi, n in ((0.5, 0), (1.0, 0), (0.5, 2)))
    assert torch.equal(two[:2], whole[:2]) and torch.allclose(two[2:], none[2:], atol=1e-5)


def test_a_walk_is_a_film_of_the_path(gan):
    film = walk(gan, seed=5, stations=2, frames=6, fps=8.0)
    assert (film.form.frames, film.fps, film.form.width) == (6, 8, 16)
    first = (sample.sample(gan, 5) * 255).round().to(torch.uint8).permute(1, 2, 0)
    assert (torch.tensor(film.still(0)).int() - first.int()).abs().max() <= 1


def test_edits_go_where_the_layers_are_moved_most(gan):
    latent = sample.map_noise(gan, 3)
    moved = [(synthesised(gan, edit(gan, latent, n, 1.0).styles) - synthesised(gan, latent.styles)).std() for n in (1, 8)]
    found = directions(gan, 0, gan.layers)
    assert torch.allclose(found @ found.T, torch.eye(len(found)), atol=1e-5)
    assert moved[0] > moved[1]
    coarse = edit(gan, latent, 1, 2.0, "coarse").styles
    assert torch.equal(coarse[2:], latent.styles[2:]) and not torch.equal(coarse[:2], latent.styles[:2])
    with pytest.raises(InputError, match="direction is 99, and this model's styles have 8"):
        edit(gan, latent, 99)


def test_a_picture_that_the_model_drew_is_found_again():
    small = Generator(weights(8))
    picture, told = sample.sample(small, 41, 1.0), []

    class Listener:
        previews = True

        def report(self, done, total=None, text="", preview=None):
            told.append((done, total, preview is not None))

    rough, fine = (project(small, picture, steps, ctx=Listener()) for steps in (1, 40))
    apart = [(sample.synthesize(small, latent) - picture).square().mean() for latent in (rough, fine)]
    assert apart[1] < apart[0] / 2
    assert told[1:] and told[-1][:2] == (40, 40) and sum(shown for *_, shown in told) == 5


def test_a_recoloured_model_prints_its_pictures_exactly(gan, gan_folder):
    palette = Palette(("#ffffff", "#ff0000", "#204060"), (0.5, 0.3, 0.2))
    dyed = models.load(recolor(Recipe("GanModel", "tiny", str(gan_folder)), palette), "cpu", "float32")
    latent = sample.map_noise(gan, 3)
    inked = (synthesised(gan, latent.styles) + 1) / 2
    paper, *inks = torch.tensor([[1, 1, 1], [1, 0, 0], [32 / 255, 64 / 255, 96 / 255], [1, 1, 1]])
    wanted = paper[:, None, None] + sum(part * (ink - paper)[:, None, None] for part, ink in zip(inked, inks, strict=True))
    assert torch.allclose((synthesised(dyed, latent.styles) + 1) / 2, wanted, atol=1e-4)
    stored = load_file(gan_folder / "model.safetensors")
    assert all(torch.equal(gan.tensors[name], stored[name]) for name in stored)


def test_a_graph_prints_one_model_in_two_palettes(gan_folder, tmp_path):
    (tmp_path / "two.yaml").write_text(f"""nodegraph: 1
nodes:
  red: {{type: style.palette_from_colors, colors: ["#ffffff", "#ff0000"]}}
  blue: {{type: style.palette_from_colors, colors: ["#ffffff", "#0000ff"]}}
  warm: {{type: gan.recolor, model: {gan_folder}, palette: $red}}
  cold: {{type: gan.recolor, model: {gan_folder}, palette: $blue}}
  a: {{type: gan.sample, model: $warm, seed: 1}}
  b: {{type: gan.sample, model: $cold, seed: 1}}
outputs: {{a: $a, b: $b}}
""")
    with Engine(tmp_path / "cache", device="cpu", warn=pytest.fail) as engine:
        made = engine.run(engine.load(tmp_path / "two.yaml"))
        assert not made.errors
        assert torch.allclose(made["a"][0], made["b"][2], atol=1e-4) and made["a"].std() > 0.05
        assert not torch.allclose(made["a"], made["b"], atol=0.1)
