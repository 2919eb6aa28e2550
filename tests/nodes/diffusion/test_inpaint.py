"""What a mask covers is painted anew: by models that were trained to see around it, and by blending in the loop."""

import diffusers
import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.diffusion.decode import decode
from nodegraph_nodes.diffusion.encode import encode, encode_image
from nodegraph_nodes.diffusion.paint import paint
from nodegraph_nodes.diffusion.sample import sample
from nodegraph_nodes.media.types import Latent

from . import tiny

pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:.* is far from the 256 x 256:UserWarning")]

PICTURE = torch.rand(3, 32, 48, generator=torch.Generator().manual_seed(4))
MASK = torch.zeros(1, 32, 48)
MASK[:, 8:24, 16:40] = 1


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The live models that were trained for inpainting, by name."""
    return {name: tiny.live(name, tmp_path_factory.mktemp(name) / "model")
            for name in ("sd3", "sd3_inpaint", "sd_inpaint", "flux_fill")}


def inpainted(model, strength=1.0, steps=3, guidance=3.0, image=PICTURE, mask=MASK, **more):
    start = encode_image(model, image, mask=mask)
    return start, sample(model, encode(model, "a boat"), seed=2, steps=steps, guidance_scale=guidance, start=start,
                         strength=strength, **more)


def of_pipeline(model, **arguments):
    """The latents that a pipeline's own call gives."""
    return model(prompt="a boat", guidance_scale=3.0, generator=torch.Generator().manual_seed(2), height=32, width=48,
                 output_type="latent", return_dict=False, **arguments)[0]


@pytest.mark.parametrize("strength, steps", [(1.0, 3), (0.6, 5)])
def test_a_painter_of_33_channels_paints_what_its_inpaint_pipeline_paints(trained, strength, steps):
    model = trained["sd3_inpaint"]
    start, ours = inpainted(model, strength, steps)
    assert start.masked.shape == start.samples.shape == (16, 16, 24) and torch.equal(start.mask, MASK)
    theirs = of_pipeline(model, image=PICTURE[None], mask_image=MASK[None], strength=strength,
                         num_inference_steps=steps)
    assert torch.equal(ours.samples, theirs[0])


@pytest.mark.parametrize("strength, steps", [(1.0, 3), (0.6, 5)])
def test_a_unet_of_9_channels_paints_what_its_inpaint_pipeline_paints(trained, strength, steps):
    model = trained["sd_inpaint"]
    start, ours = inpainted(model, strength, steps)
    theirs = of_pipeline(model, image=start.samples[None], mask_image=MASK[None], strength=strength,
                         masked_image_latents=start.masked[None], num_inference_steps=steps)
    assert torch.equal(ours.samples, theirs[0])


def test_flux_fill_paints_what_its_pipeline_paints(trained, monkeypatch):
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    # Its pipeline draws the latents of what it sees, and takes no others; these nodes take the likeliest.
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    model = trained["flux_fill"]
    _, ours = inpainted(model)
    theirs = of_pipeline(model, image=PICTURE[None], mask_image=MASK[None], num_inference_steps=3)
    assert torch.equal(ours.samples, model._unpack_latents(theirs, 32, 48, 2)[0])


@pytest.mark.parametrize("kind, name", [("sd", "StableDiffusionInpaintPipeline"),
                                        ("sd3", "StableDiffusion3InpaintPipeline")])
@pytest.mark.parametrize("strength, steps", [(1.0, 3), (0.6, 5)])
def test_a_model_that_was_not_trained_for_it_blends_as_diffusers_does(models, trained, kind, name, strength, steps):
    model = models[kind] if kind == "sd" else trained[kind]
    start, ours = inpainted(model, strength, steps)
    assert start.masked is None
    parts = {part: value for part, value in model.components.items() if part != "image_encoder"}
    theirs = getattr(diffusers, name)(**parts, **{"requires_safety_checker": False} if kind == "sd" else {})
    theirs.set_progress_bar_config(disable=True)
    image = start.samples[None] if kind == "sd" else PICTURE[None]
    wanted = of_pipeline(theirs, image=image, mask_image=MASK[None], strength=strength, num_inference_steps=steps,
                         **{"masked_image_latents": image} if kind == "sd" else {})
    assert torch.equal(ours.samples, wanted[0])


@pytest.mark.parametrize("kind", ["sd", "xl", "sd3", "flux"])
def test_outside_the_mask_a_latent_stays_as_it_was(models, kind):
    start, ours = inpainted(models[kind], 0.8)
    outside = torch.nn.functional.avg_pool2d(MASK, 2)[0] == 0
    assert torch.equal(ours.samples[:, outside], start.samples[:, outside])
    assert not torch.equal(ours.samples[:, ~outside], start.samples[:, ~outside])


def test_what_is_covered_by_half_is_painted_anew_in_the_later_half_alone(models):
    """Of a ramp the last step paints all but what is not covered, the first only what is covered whole."""
    model, ramp = models["sd3"], torch.linspace(0, 1, 24).repeat_interleave(2).repeat(1, 32, 1)
    start, ours = inpainted(model, 1.0, 4, mask=ramp)
    moved = (ours.samples - start.samples).abs().amax((0, 1))  # by column
    assert moved[0] == 0 and (moved[7:] > 0).all()
    half, _ = inpainted(model, 1.0, 4, mask=torch.full((1, 32, 48), 0.5))
    plain = sample(model, encode(model, "a boat"), seed=2, steps=4, guidance_scale=3.0, strength=0.5,
                   start=encode_image(model, PICTURE))
    whole = sample(model, encode(model, "a boat"), seed=2, steps=4, guidance_scale=3.0, start=half, strength=1.0)
    assert torch.allclose(whole.samples, plain.samples, atol=1e-5)


def test_a_mask_beside_a_start_counts_more_than_its_own(models):
    model = models["sd3"]
    start = encode_image(model, PICTURE)
    beside = sample(model, encode(model, "a boat"), seed=2, steps=3, guidance_scale=3.0, start=start, strength=1,
                    mask=MASK)
    assert torch.equal(beside.samples, inpainted(model)[1].samples)


def test_a_trained_model_that_is_given_its_mask_too_late_says_so_and_paints(trained):
    model = trained["sd3_inpaint"]
    start = encode_image(model, PICTURE)
    with pytest.warns(UserWarning, match="give the mask to diffusion.encode_image instead"):
        late = sample(model, encode(model, "a boat"), seed=2, steps=3, start=start, strength=1, mask=MASK)
    assert late.samples.shape == start.samples.shape


@pytest.mark.parametrize("kind", ["sd_inpaint", "sd3_inpaint", "flux_fill"])
def test_a_trained_model_without_a_mask_paints_all_of_the_picture(trained, kind):
    """As its pipeline does of middle grey under a mask of everything."""
    model, grey = trained[kind], torch.full_like(PICTURE, 0.5)
    shown = encode_image(model, grey, mask=torch.ones_like(MASK))
    asked = {"seed": 2, "steps": 3, "guidance_scale": 3.0}
    idea = encode(model, "a boat")
    assert torch.equal(sample(model, idea, width=48, height=32, **asked).samples,
                       sample(model, idea, start=shown, strength=1, **asked).samples)
    over = encode_image(model, PICTURE)
    masked = encode_image(model, PICTURE, mask=torch.ones_like(MASK))
    assert torch.allclose(sample(model, idea, start=over, strength=0.6, **asked).samples,
                          sample(model, idea, start=masked, strength=0.6, **asked).samples, atol=1e-5)


def test_a_drawing_on_nothing_is_what_a_mask_leaves_of_it(trained):
    """The reference painter's way: a drawing with alpha, and a mask of all but it."""
    model, shape = trained["sd3_inpaint"], 1 - MASK
    drawing = torch.cat([PICTURE, MASK])
    lain = encode_image(model, drawing, mask=shape)
    on_grey = PICTURE * MASK + 0.5 * (1 - MASK)
    assert torch.equal(lain.masked, encode_image(model, on_grey).samples)
    assert torch.equal(lain.masked, lain.samples)


def test_a_mask_goes_with_its_picture_to_another_size(models):
    lain = encode_image(models["sd3"], PICTURE, 32, 32, "crop", mask=MASK)
    assert lain.mask.shape == (1, 32, 32) and torch.equal(lain.mask, MASK[:, :, 8:40])
    with pytest.raises(InputError, match="mask is 8 x 8, and image is 48 x 32"):
        encode_image(models["sd3"], PICTURE, mask=torch.ones(1, 8, 8))
    with pytest.raises(InputError, match="mask is 8 x 8, and start is 48 x 32 pixels"):
        sample(models["sd3"], encode(models["sd3"], "a boat"), start=encode_image(models["sd3"], PICTURE),
               mask=torch.ones(1, 8, 8))
    with pytest.raises(InputError, match="mask says where start is painted anew, and there is no start"):
        sample(models["sd3"], encode(models["sd3"], "a boat"), mask=MASK)


def test_a_latent_with_a_mask_survives_the_cache(models):
    lain = encode_image(models["sd3"], PICTURE, mask=MASK)
    kind = Latent.__porttype__
    again = kind.restore(kind.flatten(lain))
    assert kind.complaint(lain) is None and "with a mask" in kind.summary(lain)
    assert torch.equal(again.mask, MASK) and again.masked is None
    assert set(kind.flatten(encode_image(models["sd3"], PICTURE))) == {"samples", "family"}  # as it was stored before


def test_the_inpainting_model_paints_in_threads_what_it_paints_in_turn(trained):
    from concurrent.futures import ThreadPoolExecutor

    model = trained["sd_inpaint"]
    jobs = [MASK, 1 - MASK, MASK, torch.ones_like(MASK)]
    in_turn = [inpainted(model, mask=mask)[1].samples for mask in jobs]
    with ThreadPoolExecutor(4) as pool:
        assert all(map(torch.equal, pool.map(lambda mask: inpainted(model, mask=mask)[1].samples, jobs), in_turn))


def test_painting_with_a_picture_and_a_mask_is_the_three_steps_in_one(trained):
    model, asked = trained["sd3_inpaint"], {"seed": 2, "steps": 2, "guidance_scale": 3.0}
    start = encode_image(model, PICTURE, mask=MASK)
    latent = sample(model, encode(model, "a boat"), start=start, strength=1, **asked)
    assert torch.equal(paint(model, "a boat", image=PICTURE, mask=MASK, **asked), decode(model, latent))
    assert paint(model, "a boat", width=48, height=32, **asked).shape == (3, 32, 48)
    with pytest.raises(InputError, match="image and mask go together"):
        paint(model, "a boat", image=PICTURE, **asked)


def test_a_decoded_inpainting_is_a_picture(trained):
    for model in (trained["sd3_inpaint"], trained["flux_fill"]):
        assert decode(model, inpainted(model, steps=1)[1]).shape == (3, 32, 48)


def test_a_folder_for_painting_over_paints_from_words_too_where_its_network_does(models, tmp_path):
    from nodegraph import Recipe
    from nodegraph_nodes.diffusion.models import load
    from nodegraph_nodes.diffusion.paint import paint

    model = models["sd"]
    parts = {name: part for name, part in model.components.items() if name != "image_encoder"}
    diffusers.StableDiffusionImg2ImgPipeline(**parts, requires_safety_checker=False).save_pretrained(tmp_path / "over")
    over = load(Recipe("DiffusionModel", "over", str(tmp_path / "over")), "cpu", "float32")
    asked = {"seed": 2, "steps": 2, "width": 32, "height": 32}
    assert torch.allclose(paint(over, "a boat", **asked), paint(model, "a boat", **asked), atol=1e-5)
    assert encode(over, "a boat").family == encode(model, "a boat").family
