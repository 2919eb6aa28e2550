"""Variations of a picture, by the nodes and by the pipelines' own calls."""

import numpy as np
import pytest
import torch
from PIL import Image

from nodegraph import InputError, Recipe
from nodegraph_nodes.diffusion.batch import sample_seeds
from nodegraph_nodes.diffusion.decode import decode
from nodegraph_nodes.diffusion.encode import encode
from nodegraph_nodes.diffusion.models import load
from nodegraph_nodes.diffusion.paint import paint
from nodegraph_nodes.diffusion.sample import sample

from .variations import image_variation, unclip

pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:The configuration file of:FutureWarning"),
              pytest.mark.filterwarnings("ignore:.*deprecat.*:FutureWarning"),
              pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning")]

PICTURES = torch.rand(2, 3, 40, 40, generator=torch.Generator().manual_seed(8))
ASKED = {"steps": 3, "guidance_scale": 3.0, "width": 32, "height": 32}


@pytest.fixture(scope="module")
def variers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("variers")
    for name, make in {"variation": image_variation, "unclip": unclip}.items():
        torch.manual_seed(6)
        make().save_pretrained(folder / name)
    return {name: load(Recipe("DiffusionModel", name, str(folder / name)), "cpu", "float32")
            for name in ("variation", "unclip")}


@pytest.mark.parametrize("kind, prompt", [("variation", ""), pytest.param("unclip", "", marks=pytest.mark.slow), ("unclip", "a boat")])
def test_a_picture_is_varied_as_by_the_pipeline_itself(variers, kind, prompt):
    model, picture = variers[kind], PICTURES[0]
    seen = Image.fromarray((picture.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))
    words = {"prompt": prompt} if kind == "unclip" else {}
    plain = model(image=seen, **words, num_inference_steps=3, guidance_scale=3.0, width=32, height=32,
                  generator=torch.Generator().manual_seed(5), output_type="np").images[0]
    latent = sample(model, encode(model, prompt), seed=5, reference=[picture], **ASKED)
    assert torch.allclose(decode(model, latent), torch.as_tensor(plain).permute(2, 0, 1), atol=1e-5)
    other = sample(model, encode(model, prompt), seed=5, reference=[PICTURES[1]], **ASKED)
    assert not torch.allclose(other.samples, latent.samples, atol=1e-3)


def test_each_of_a_batch_of_variations_is_what_it_is_alone(variers):
    model = variers["variation"]
    nothing = encode(model, "")
    together = sample_seeds(model, nothing, [5, 6], reference=[PICTURES[0]], **ASKED)
    for seed, latent in zip((5, 6), together, strict=True):
        alone = sample(model, nothing, seed=seed, reference=[PICTURES[0]], **ASKED)
        assert torch.allclose(latent.samples, alone.samples, atol=1e-5)


def test_what_cannot_be_varied_is_told(variers):
    model = variers["variation"]
    with pytest.warns(UserWarning, match="reads no words, and these have no effect"):
        words = encode(model, "a boat")
    with pytest.raises(InputError, match="paints variations of a picture; give it as reference"):
        sample(model, words, **ASKED)
    with pytest.raises(InputError, match="reference holds 2 pictures, and a StableUnCLIPImg2ImgPipeline varies one"):
        sample(variers["unclip"], encode(variers["unclip"], ""), reference=list(PICTURES), **ASKED)
    with pytest.raises(InputError, match="it also needs a picture to vary .diffusion.sample takes it as reference"):
        paint(variers["unclip"], "a boat")
