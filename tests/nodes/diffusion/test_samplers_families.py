"""Pipelines that talk to their scheduler in ways of their own go through any sampler, and through batches."""

import pytest

from nodegraph import InputError, Recipe
from nodegraph_nodes.diffusion.batch import sample_seeds
from nodegraph_nodes.diffusion.encode import encode
from nodegraph_nodes.diffusion.models import load
from nodegraph_nodes.diffusion.sample import sample

from . import tiny

pytestmark = [pytest.mark.filterwarnings("ignore:__array(_wrap)?__ :DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning"),
              pytest.mark.filterwarnings("ignore:.*prompt has .* tokens:UserWarning")]


# Bria and Qwen propose levels, Z-Image a shift, Kandinsky 3 hands every scheduler a generator.
@pytest.mark.parametrize("name", ["qwen_image", *(pytest.param(name, marks=pytest.mark.slow)
                                                  for name in ("bria", "z_image", "kandinsky3", "sana"))])
def test_a_family_takes_samplers_schedules_and_batches(tmp_path, name):
    model = load(Recipe("DiffusionModel", name, str(tiny.saved(name, tmp_path / "model"))), "cpu", "float32")
    side, conditioning = tiny.PICTURES[name][1], encode(model, "a red boat")
    for sampler, schedule in (("heun", "model"), ("uni_pc", "simple"), ("res_multistep", "beta"), ("euler_ancestral", "karras")):
        latent = sample(model, conditioning, steps=2, width=side, height=side, sampler=sampler, schedule=schedule)
        assert latent.samples.isfinite().all()
    together = sample_seeds(model, conditioning, [5, 6], steps=2, width=side, height=side)
    alone = sample(model, conditioning, seed=6, steps=2, width=side, height=side).samples
    assert (together[1].samples - alone).abs().max() < 1e-5 * max(1, alone.abs().max())


@pytest.mark.slow
def test_a_family_whose_times_are_not_its_levels_keeps_its_own_sampler(tmp_path):
    model = load(Recipe("DiffusionModel", "cogview4", str(tiny.saved("cogview4", tmp_path / "model"))), "cpu", "float32")
    with pytest.raises(InputError, match="sampler is heun, which does not suit .* this one takes model$"):
        sample(model, encode(model, "a boat"), steps=2, sampler="heun")
