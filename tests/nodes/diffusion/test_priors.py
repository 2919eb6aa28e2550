"""Models that stand before others (Kandinsky's prior, Flux Redux), by the nodes and by the pipelines' own calls."""

import numpy as np
import pytest
import torch
from PIL import Image

from nodegraph import Engine, InputError, Recipe
from nodegraph.graphfile import parse
from nodegraph_nodes.diffusion.decode import decode
from nodegraph_nodes.diffusion.encode import encode, encode_image
from nodegraph_nodes.diffusion.models import load
from nodegraph_nodes.diffusion.paint import paint
from nodegraph_nodes.diffusion.priors import prior, redux
from nodegraph_nodes.diffusion.sample import sample

from . import priors

pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:.callback(_steps)?. is deprecated:FutureWarning"),
              pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning")]

PICTURES = torch.rand(2, 3, 20, 20, generator=torch.Generator().manual_seed(8))
SEEN = [Image.fromarray((picture.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)) for picture in PICTURES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, models):
    folder = tmp_path_factory.mktemp("priors")
    makers = {"prior": priors.prior, "second": priors.second, "combined": priors.combined, "redux": lambda: priors.redux(models["flux"])}
    for name, make in makers.items():
        torch.manual_seed(3)
        make().save_pretrained(folder / name)
    return folder


@pytest.fixture(scope="module")
def live(folder):
    return {path.name: load(Recipe("DiffusionModel", path.name, str(path)), "cpu", "float32") for path in folder.iterdir()}


@pytest.mark.parametrize("negative", ["", "people"])
def test_two_models_of_kandinsky_paint_what_their_pipelines_paint_one_after_the_other(live, negative):
    seen, unseen = live["prior"]("a boat", negative or None, num_inference_steps=3, return_dict=False,
                                 generator=torch.Generator().manual_seed(2))
    plain = live["second"](seen, unseen, width=64, height=64, num_inference_steps=3, output_type="np",
                           generator=torch.Generator().manual_seed(5)).images[0]
    told = prior(live["prior"], "a boat", negative, seed=2, steps=3)
    ours = decode(live["second"], sample(live["second"], told, seed=5, steps=3, width=64, height=64))
    assert torch.equal(ours, torch.as_tensor(plain).permute(2, 0, 1))


def test_a_folder_with_both_is_both_and_is_painted_with_as_a_whole_too(live):
    both = live["combined"]
    told = prior(both, "a boat", seed=2, steps=3)
    alone = prior(live["prior"], "a boat", seed=2, steps=3)
    assert told.family == alone.family
    start = encode_image(both, torch.rand(3, 64, 64))
    assert decode(both, sample(both, told, steps=3, start=start, strength=0.5)).shape == (3, 64, 64)
    plain = both("a boat", width=64, height=64, num_inference_steps=2, generator=torch.Generator().manual_seed(5),
                 output_type="pt").images[0]
    assert torch.equal(paint(both, "a boat", seed=5, steps=2, width=64, height=64), plain.clamp(0, 1))


def test_a_redux_reads_pictures_beside_words_as_its_pipeline_does(live, models):
    flux, words = models["flux"], encode(models["flux"], "a boat", max_sequence_length=512)
    theirs = live["redux"](SEEN, prompt="a boat", prompt_embeds_scale=[1.0, 0.5], pooled_prompt_embeds_scale=[1.0, 0.5],
                           return_dict=False)
    ours = redux(live["redux"], words, list(PICTURES), [1.0, 0.5])
    assert torch.allclose(ours.tensors["prompt_embeds"], theirs[0], atol=1e-5)
    assert torch.allclose(ours.tensors["pooled_prompt_embeds"], theirs[1], atol=1e-5)
    painted, bare = (sample(flux, one, seed=1, steps=1, width=16, height=16).samples for one in (ours, words))
    assert not torch.allclose(painted, bare, atol=1e-4)


def test_what_is_not_a_prior_or_stands_before_another_is_told(live, models):
    with pytest.raises(InputError, match="reads no words but what a prior makes of them; take diffusion.prior"):
        encode(live["second"], "a boat")
    with pytest.raises(InputError, match="is a StableDiffusionPipeline, and no prior of Kandinsky 2.2"):
        prior(models["sd"], "a boat")
    with pytest.raises(InputError, match="conditioning is for KandinskyV22Pipeline .prior 16., and this model is"):
        sample(models["sd"], prior(live["prior"], "a boat", steps=2))
    with pytest.raises(InputError, match="no Flux Redux"):
        redux(models["sd"], encode(models["flux"], ""), list(PICTURES))
    with pytest.raises(InputError, match="pictures holds 2, and weights 1"):
        redux(live["redux"], encode(models["flux"], ""), list(PICTURES), [1.0])
    with pytest.raises(InputError, match="a Redux reads on from one prompt of a Flux of 16 numbers"):
        redux(live["redux"], encode(models["sd"], ""), list(PICTURES))


GRAPH = """
nodegraph: 1
inputs: {first: {type: DiffusionModel}, second: {type: DiffusionModel}, steps: 1, seed: 1}
nodes:
  idea: {type: diffusion.prior, model: $first, prompt: a boat, steps: 2}
  sketch: {type: diffusion.sample, model: $second, conditioning: $idea, seed: $seed, steps: $steps, width: 64, height: 64}
  picture: {type: diffusion.decode, model: $second, latent: $sketch}
outputs: {picture: $picture}
"""


def test_other_steps_of_the_second_ask_the_prior_nothing_again(folder, tmp_path):
    graph = parse(GRAPH)[0]
    given = {"first": str(folder / "prior"), "second": str(folder / "second")}
    with Engine(tmp_path, device="cpu") as engine:
        engine.run(graph, given)
        ran = [name for name, node in engine.run(graph, {**given, "steps": 2}).nodes.items() if node.status == "ran"]
    assert ran == ["sketch", "picture"]
