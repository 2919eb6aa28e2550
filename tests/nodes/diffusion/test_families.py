"""Every family: its prompt, its steps and its decoder one by one give the pixels of a plain call of its pipeline."""

import ast
import inspect
import textwrap

import numpy as np
import pytest
import torch

from nodegraph import InputError, Recipe
from nodegraph_nodes.diffusion.decode import decode
from nodegraph_nodes.diffusion.encode import encode, encode_image
from nodegraph_nodes.diffusion.models import load
from nodegraph_nodes.diffusion.paint import paint
from nodegraph_nodes.diffusion.sample import sample
from nodegraph_nodes.diffusion.space import scale_of
from nodegraph_nodes.media.types import IMAGE, Conditioning, Latent

from . import tiny

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning"),
    pytest.mark.filterwarnings("ignore:`FluxPosEmbed` is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:Guiders are currently:UserWarning"),
    pytest.mark.filterwarnings("ignore:Token indices sequence length:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*prompt has .* tokens:UserWarning")]

QUICK = ("flux2_klein", "pixart_sigma", "qwen_image", "sana", "z_image")  # each reads its prompt another way
FAMILIES = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in tiny.PICTURES]


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    """function(name) -> the live model of a family, loaded as the engine loads it."""
    live = {}

    def loaded(name):
        if name not in live:
            folder = tiny.saved(name, tmp_path_factory.mktemp(name) / "model")
            live[name] = load(Recipe("DiffusionModel", name, str(folder)), "cpu", "float32")
        return live[name]
    return loaded


def plain(model, prompt, seed, side, **arguments):
    """The picture that the pipeline's own call paints at a size."""
    takes = inspect.signature(type(model).__call__).parameters
    own = {"use_resolution_binning": False, "max_area": side * side}
    arguments |= {name: value for name, value in own.items() if name in takes}
    pixels = model(prompt=prompt, width=side, height=side, generator=torch.Generator().manual_seed(seed),
                   output_type="np", **arguments)[0]
    return torch.as_tensor(np.asarray(pixels))[0].permute(2, 0, 1)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_in_stages_gives_the_pixels_of_a_plain_call(family, name):
    model, side = family(name), tiny.PICTURES[name][1]
    conditioning = encode(model, "a red boat")
    latent = sample(model, conditioning, seed=7, steps=2, width=side, height=side)
    picture = decode(model, latent)
    assert [IMAGE.complaint(picture), Conditioning.__porttype__.complaint(conditioning),
            Latent.__porttype__.complaint(latent)] == [None] * 3
    assert [length * scale_of(model) for length in latent.samples.shape[1:]] == [side, side]
    assert torch.equal(picture, plain(model, "a red boat", 7, side, num_inference_steps=2))
    assert torch.equal(picture, paint(model, "a red boat", seed=7, steps=2, width=side, height=side))


@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in ("flux2_klein",)])
def test_a_negative_prompt_and_a_guidance_mean_what_they_mean_to_the_pipeline(family, name):
    model, side = family(name), tiny.PICTURES[name][1]
    if name in ("kontext", "sana_sprint"):
        with pytest.raises(InputError, match="takes no negative_prompt"):
            encode(model, "a boat", "people")
        return
    guidance = "true_cfg_scale" if name == "qwen_image" else "guidance_scale"
    ours = decode(model, sample(model, encode(model, "a boat", "people"), seed=3, steps=2, guidance_scale=3.0,
                                width=side, height=side))
    scale = {guidance: 3.0}
    if name == "hunyuan_image":
        model.guider.guidance_scale, scale = 3.0, {}
    theirs = plain(model, "a boat", 3, side, num_inference_steps=2, negative_prompt="people", **scale)
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_picture_that_is_encoded_and_decoded_keeps_its_size_and_what_the_denoiser_would_see(family, name):
    model, side = family(name), tiny.PICTURES[name][1]
    latent = encode_image(model, torch.rand(3, side, side, generator=torch.Generator().manual_seed(4)))
    assert latent.family == sample(model, encode(model, "a boat"), steps=2, width=side, height=side).family
    assert [length * scale_of(model) for length in latent.samples.shape[1:]] == [side, side]
    assert decode(model, latent).shape == (3, side, side)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_paints_over_a_picture_and_less_of_it_at_less_strength(family, name):
    model, side = family(name), tiny.PICTURES[name][1]
    start = encode_image(model, torch.rand(3, side, side, generator=torch.Generator().manual_seed(4)))
    conditioning = encode(model, "a boat")
    if name == "sana_sprint":
        with pytest.raises(InputError, match="cannot begin with a picture"):
            sample(model, conditioning, steps=8, start=start)
        return
    far = [float((sample(model, conditioning, steps=8, start=start, strength=strength).samples
                  - start.samples).abs().mean()) for strength in (0.25, 0.9)]
    assert 0 < far[0] < far[1]


@pytest.mark.parametrize("name, kind", [pytest.param("qwen_image", "QwenImageImg2ImgPipeline", marks=pytest.mark.slow),
                                        ("z_image", "ZImageImg2ImgPipeline")])
def test_a_picture_is_painted_over_as_the_familys_own_pipeline_for_that_does(family, name, kind, monkeypatch):
    import diffusers
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    # Those pipelines draw the latents of a picture; these nodes take the likeliest.
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    model, side = family(name), tiny.PICTURES[name][1]
    picture = torch.rand(3, side, side, generator=torch.Generator().manual_seed(4))
    start = encode_image(model, picture)
    over = getattr(diffusers, kind)(**model.components)
    over.set_progress_bar_config(disable=True)
    theirs = over(prompt="a boat", image=picture[None], strength=0.5, num_inference_steps=4, width=side, height=side,
                  output_type="np", generator=torch.Generator().manual_seed(2))[0]
    ours = decode(model, sample(model, encode(model, "a boat"), seed=2, steps=4, start=start, strength=0.5))
    assert torch.allclose(ours, torch.as_tensor(np.asarray(theirs))[0].permute(2, 0, 1), atol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_shows_what_it_is_painting(family, name, monkeypatch):
    """By its decoder where that is quick, and by the colours of its latents where it is not."""
    from nodegraph_nodes.diffusion import preview

    class Listener:
        previews = True

        def __init__(self):
            self.seen = []

        def report(self, done, total, text, preview=None):
            self.seen.append(preview)

    model, side = family(name), tiny.PICTURES[name][1]
    shown = {}
    for most in (preview.SMALL_DECODER, 0):
        monkeypatch.setattr(preview, "SMALL_DECODER", most)
        listener = Listener()
        sample(model, encode(model, "a boat"), steps=2, width=side, height=side, ctx=listener)
        shown[most] = listener.seen
    small = side // scale_of(model)
    assert [[picture.shape for picture in seen] for seen in shown.values()] == \
        [[(side, side, 3)] * 2, [(small, small, 3)] * 2]
    assert all(picture.std() > 0 for seen in shown.values() for picture in seen)


# Of these the names are in the calls of their pipelines and not in what encode_prompt says that it gives back.
UNSAID = {"ErnieImagePipeline", "LattePipeline", "LongCatImagePipeline", "VisualClozeGenerationPipeline"}


def given_back(kind):
    """The names in the last `return` of a pipeline's encode_prompt."""
    function = ast.parse(textwrap.dedent(inspect.getsource(kind.encode_prompt))).body[0]
    last = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None][-1]
    parts = last.elts if isinstance(last, ast.Tuple) else [last]
    return [ast.unparse(part.body if isinstance(part, ast.IfExp) else part) for part in parts]


@pytest.mark.slow
def test_what_an_encode_prompt_gives_back_is_named_as_its_own_source_names_it():
    """Read off the sources of all pipelines of diffusers, those that cannot be built here too."""
    import diffusers

    from nodegraph_nodes.diffusion.conditioning import _names
    from nodegraph_nodes.diffusion.families import family_named

    seen = 0
    for name in sorted(name for name in dir(diffusers) if name.endswith("Pipeline") and "Audio" not in name):
        kind = getattr(diffusers, name)
        if name in UNSAID or "dummy" in kind.__module__:  # which wants a library that is not here
            continue
        if not hasattr(kind, "encode_prompt") or family_named(kind) is None:
            continue
        calls = inspect.signature(kind.__call__).parameters
        theirs, ours = ([word if word in calls else "" for word in words] for words in (given_back(kind), _names(kind)))
        assert ours == theirs[:len(ours)] and not any(theirs[len(ours):]), name
        seen += 1
    assert seen > 150
