"""Pictures that a model looks at: the one to edit, several for reference, and models that look at none."""

import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.diffusion.encode import encode
from nodegraph_nodes.diffusion.sample import sample
from nodegraph_nodes.diffusion.sizes import Sizes
from nodegraph_nodes.media.image import to_pil

from . import tiny

pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning")]

PICTURES = [torch.rand(3, 64, 96, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2)]


def edited(model, pictures, side=32):
    return sample(model, encode(model, "paint it red"), seed=7, steps=2, width=side, height=side, reference=pictures)


@pytest.mark.parametrize("count", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_flux2_edits_and_combines_what_its_pipeline_does(tmp_path, count):
    model = tiny.live("flux2_klein", tmp_path / "model")
    seen = PICTURES[:count]
    ours = edited(model, seen)
    theirs = model(prompt="paint it red", image=[*map(to_pil, seen)], width=32, height=32, num_inference_steps=2,
                   generator=torch.Generator().manual_seed(7), output_type="latent", return_dict=False)[0]
    variance = model.vae.bn.running_var + model.vae.config.batch_norm_eps
    loop = (model._patchify_latents(theirs) - model.vae.bn.running_mean.view(1, -1, 1, 1)) / variance.sqrt().view(1, -1, 1, 1)
    assert torch.allclose(ours.samples, model._unpatchify_latents(loop)[0], atol=1e-5)
    assert not torch.equal(ours.samples, edited(model, None).samples)


@pytest.mark.slow
def test_kontext_edits_what_its_pipeline_does_at_the_size_that_is_asked_for(tmp_path):
    model = tiny.live("kontext", tmp_path / "model")
    ours = edited(model, PICTURES[:1], 64)
    theirs = model(prompt="paint it red", image=to_pil(PICTURES[0]), width=64, height=64, max_area=64 * 64,
                   num_inference_steps=2, generator=torch.Generator().manual_seed(7), output_type="latent",
                   return_dict=False)[0]
    assert torch.equal(ours.samples, model._unpack_latents(theirs, 64, 64, 8)[0])
    with pytest.raises(InputError, match="holds 2 pictures, and a FluxKontextPipeline looks at one"):
        edited(model, PICTURES, 64)


def test_a_model_that_looks_at_no_pictures_says_so(models):
    with pytest.raises(InputError, match="StableDiffusionPipeline looks at no pictures while it paints"):
        edited(models["sd"], PICTURES[:1])


def test_an_edit_has_the_shape_of_its_picture_and_the_size_of_the_model():
    assert Sizes(16, (1024, 1024)).shaped(48 / 32) == (1248, 832)
    assert Sizes(16, None).shaped(1) == (16, 16)
