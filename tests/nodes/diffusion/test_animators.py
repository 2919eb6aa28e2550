"""Clips that begin with a picture, by the nodes and by the pipelines' own calls."""

import copy

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image

from nodegraph import Engine, InputError, Recipe
from nodegraph.graphfile import parse
from nodegraph_nodes.diffusion.batch import sample_seeds
from nodegraph_nodes.diffusion.clips import decode_clip, frames_of
from nodegraph_nodes.diffusion.conditioning import encoded
from nodegraph_nodes.diffusion.encode import encode
from nodegraph_nodes.diffusion.guidance import motion
from nodegraph_nodes.diffusion.paint import paint
from nodegraph_nodes.diffusion.sample import sample

from . import animators

pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning"),
              pytest.mark.filterwarnings("ignore:.*prompt has .* tokens:UserWarning")]

PICTURES = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(8))
SEEN = [Image.fromarray((picture.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)) for picture in PICTURES]
ASKED = {"steps": 2, "width": 32, "height": 32}


@pytest.fixture(scope="module")
def animator(tmp_path_factory):
    """animator(name): a live model of a family, made when it is first asked for."""
    known = {}

    def found(name):
        if name not in known:
            known[name] = animators.live(name, tmp_path_factory.mktemp(name) / "model")
        return known[name]
    return found


def by_the_pipeline(model, frames, **more):
    words = {} if type(model).__name__.startswith("StableVideo") else {"prompt": "a boat"}
    made = model(image=SEEN[0], **words, width=32, height=32, num_frames=frames, num_inference_steps=2, output_type="np",
                 generator=torch.Generator().manual_seed(7), **more)[0][0]
    return torch.as_tensor(np.asarray(made)).permute(0, 3, 1, 2)


def clip(model, frames, pictures=PICTURES[:1], **more):
    words = "" if type(model).__name__.startswith("StableVideo") else "a boat"
    return sample(model, encode(model, words), seed=7, frames=frames, reference=list(pictures), **ASKED, **more)


def told(model, patches):
    """The model with patches that change no weights."""
    model = copy.copy(model)
    model.patches = patches
    return model


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name in ("wan", "skyreels") else ())
                                  for name in animators.MOVED])
def test_a_clip_of_a_picture_has_the_frames_of_a_plain_call(animator, name):
    model, frames = animator(name), animators.MOVED[name][1]
    latent = clip(model, frames)  # before the plain call, which of some families wants ftfy
    ours = torch.stack([*frames_of(model, latent.samples[None])])
    assert torch.allclose(ours, by_the_pipeline(model, frames), atol=1e-5) and len(ours) == frames
    assert not torch.allclose(clip(model, frames, PICTURES[1:]).samples, latent.samples, atol=1e-3)


def test_a_clip_ends_with_a_second_picture(animator):
    model = animator("wan_two")
    ours = torch.stack([*frames_of(model, clip(model, 5, PICTURES).samples[None])])
    assert torch.equal(ours, by_the_pipeline(model, 5, last_image=SEEN[1]))


def test_how_much_moves_is_told_to_those_that_ask(animator):
    said = motion(Recipe("DiffusionModel", "stable_video"), motion=20, fps=9, noise=0.1).patches
    model = told(animator("stable_video"), said)
    ours = torch.stack([*frames_of(model, clip(model, 3).samples[None])])
    assert torch.equal(ours, by_the_pipeline(model, 3, motion_bucket_id=20, fps=9, noise_aug_strength=0.1))
    assert decode_clip(model, clip(model, 3)).form.fps == (7, 1)
    with pytest.raises(InputError, match="is not told how much there is to move"):
        clip(told(animator("wan_two"), said), 5)


def test_what_cannot_be_moved_is_told(animator):
    model = animator("ltx")
    with pytest.raises(InputError, match="begin with a picture; give it as reference"):
        sample(model, encode(model, "a boat"), **ASKED)
    with pytest.raises(InputError, match="reference holds 2 pictures, and a LTXImageToVideoPipeline takes the first of the clip"):
        clip(model, 9, PICTURES)
    with pytest.raises(InputError, match="begins with the picture that it is given as reference; leave start out"):
        clip(model, 9, start=clip(model, 9))
    with pytest.raises(InputError, match="it also needs a picture to begin with"):
        paint(model, "a boat")
    whole = copy.copy(model)
    whole.__class__ = diffusers.HunyuanVideoImageToVideoPipeline
    with pytest.raises(InputError, match="reads its words together with a picture, which cannot be done in stages here"):
        encoded(whole, "a boat", "")
    with pytest.warns(UserWarning, match="reads no words, and these have no effect: it paints clips"):
        encode(animator("stable_video"), "a boat")


def test_each_of_a_batch_of_clips_is_what_it_is_alone(animator):
    model, asked = animator("stable_video"), {**ASKED, "steps": 1, "reference": list(PICTURES[:1])}
    nothing = encode(model, "")
    both = sample_seeds(model, nothing, [7, 8], **asked)
    alone = sample(model, nothing, seed=8, **asked)
    assert torch.equal(both[1].samples, alone.samples)


GRAPH = """
nodegraph: 1
inputs: {model: {type: DiffusionModel}, photo: {type: File}, motion: 100}
nodes:
  seen: {type: media.read_image, file: $photo}
  calm: {type: diffusion.motion, model: $model, motion: $motion}
  words: {type: diffusion.encode, model: $calm, prompt: ""}
  moving:
    {type: diffusion.sample, model: $calm, conditioning: $words, reference: [$seen], frames: 3, width: 32, height: 32,
     steps: 1}
  clip: {type: diffusion.decode_clip, model: $calm, latent: $moving}
outputs: {clip: $clip}
"""


def test_another_picture_or_motion_encodes_no_words_again(tmp_path):
    animators.saved("stable_video", tmp_path / "model")
    for seen, name in zip(SEEN, ("one", "two"), strict=True):
        seen.save(tmp_path / f"{name}.png")
    graph = parse(GRAPH)[0]

    def ran(engine, **given):
        asked = {"model": str(tmp_path / "model"), "photo": str(tmp_path / "one.png"), **given}
        return {name for name, node in engine.run(graph, asked).nodes.items() if node.status == "ran"}
    with Engine(tmp_path / "cache", device="cpu") as engine:
        assert {"words", "moving", "clip"} <= ran(engine)
        assert ran(engine) == set()
        assert ran(engine, photo=str(tmp_path / "two.png")) == {"seen", "moving", "clip"}
        assert ran(engine, motion=20) - {"calm"} == {"moving", "clip"}
