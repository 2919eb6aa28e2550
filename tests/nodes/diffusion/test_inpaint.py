"""What a mask covers is painted anew: by models that were trained to see around it, and by blending in the loop."""

import diffusers
import pytest
import torch

from nodegraph import InputError, Recipe
from nodegraph.warning import collected
from nodegraph_nodes.diffusion.advice import Advice, advice_in
from nodegraph_nodes.diffusion.decode import decode
from nodegraph_nodes.diffusion.encode import encode, encode_image
from nodegraph_nodes.diffusion.paint import paint
from nodegraph_nodes.diffusion.sample import sample
from nodegraph_nodes.media.types import Latent
from nodegraph_nodes.starter.scene import scene

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


DRAWING = torch.cat([torch.rand(3, 32, 48, generator=torch.Generator().manual_seed(8)), torch.zeros(1, 32, 48)])
DRAWING[3:, 10:20, 20:34] = 1


def told(action):
    with collected() as remarks:
        made = action()
    return made, [remark.sentence for remark in remarks]


def test_a_reference_is_shown_as_a_latent_of_it_was_and_nothing_is_said_to_be_lacking(trained, monkeypatch):
    model = trained["sd3_inpaint"]
    monkeypatch.setattr(model, "advice", Advice(finder="starter.scene", finder_version="2"))
    idea = encode(model, "a boat")
    covered = torch.nn.functional.avg_pool2d(DRAWING[3:], 2)[0] > 0.02
    mask = (~covered).float()[None].repeat_interleave(2, 1).repeat_interleave(2, 2)
    shown = sample(model, idea, seed=2, steps=3, start=encode_image(model, DRAWING, mask=mask), strength=1.0)
    ours, remarks = told(lambda: sample(model, idea, seed=2, steps=3, width=48, height=32, reference=[DRAWING]))
    assert torch.equal(ours.samples, shown.samples) and remarks == []
    bare, remarks = told(lambda: sample(model, idea, seed=2, steps=3, width=48, height=32))
    assert ["starter.scene" in remark for remark in remarks] == [True] and not torch.equal(bare.samples, ours.samples)


def test_beside_a_reference_what_lies_outside_of_a_mask_is_put_back(trained):
    model = trained["sd3_inpaint"]
    start, without = inpainted(model)
    _, ours = inpainted(model, reference=[DRAWING])
    outside = torch.nn.functional.avg_pool2d(MASK, 2)[0] == 0
    assert torch.equal(ours.samples[:, outside], start.samples[:, outside])
    assert not torch.equal(ours.samples[:, ~outside], without.samples[:, ~outside])


def test_paint_shows_a_model_the_drawing_that_its_finder_has_for_the_words(trained, monkeypatch):
    model = trained["sd3_inpaint"]
    monkeypatch.setattr(model, "advice", Advice(guidance_scale=3.0, finder="starter.scene", finder_version="2"))
    laid = scene("a fox in the snow", seed=2)
    ours = paint(model, "a fox in the snow", seed=2, steps=2, width=48, height=32)
    latent = sample(model, encode(model, laid.prompt), seed=2, steps=2, guidance_scale=3.0, width=48, height=32,
                    reference=[laid.reference])
    assert torch.equal(ours, decode(model, latent))
    weighed = paint(model, "a (fox:1.4) in the snow", seed=2, steps=2, width=48, height=32)    # its signs count
    latent = sample(model, encode(model, "a (fox:1.4) in the snow"), seed=2, steps=2, width=48, height=32,
                    reference=[laid.reference])
    assert torch.equal(weighed, decode(model, latent))


def test_in_a_hole_the_drawing_is_as_large_as_the_hole(trained, monkeypatch):
    from nodegraph_nodes.diffusion import shown as module

    model, within = trained["sd3_inpaint"], []
    monkeypatch.setattr(model, "advice", Advice(finder="starter.scene", finder_version="2"))
    monkeypatch.setattr(module, "_within", lambda picture, mask, own=module._within: within.append(own(picture, mask)) or within[0])
    paint(model, "a fox", seed=2, steps=1, image=PICTURE, mask=MASK)
    [drawing] = within
    assert drawing.shape == (4, 32, 48) and (drawing[3:] * (1 - MASK)).max() == 0 and drawing[3].max() > 0.9
    paint(model, "a fox", seed=2, steps=1, image=DRAWING, mask=MASK)    # has alpha: it is what is shown
    assert len(within) == 1


def test_a_finder_of_another_version_is_refused_and_one_that_is_not_there_is_told(trained, monkeypatch):
    model = trained["sd3_inpaint"]
    monkeypatch.setattr(model, "advice", Advice(finder="starter.scene", finder_version="0"))
    with pytest.raises(InputError, match="goes with version 0 of starter.scene, and here that is 2"):
        paint(model, "a fox", steps=1, width=48, height=32)
    monkeypatch.setattr(model, "advice", Advice(finder="starter.nobody", finder_version="2"))
    _, remarks = told(lambda: paint(model, "a fox", steps=1, width=48, height=32))
    assert any("starter.nobody finds" in remark for remark in remarks)
    monkeypatch.setattr(model, "advice", Advice(finder="starter.prompt", finder_version="3"))
    with pytest.raises(InputError, match="mend its generation_config.json"):
        paint(model, "a fox", steps=1, width=48, height=32)


def test_advice_that_cannot_be_meant_is_refused(tmp_path):
    assert advice_in(tmp_path) == Advice()
    (tmp_path / "generation_config.json").write_text('{"guidance_scale": "high", "eta": 0}')
    with pytest.raises(InputError, match="gives guidance_scale as 'high', which it cannot be"):
        advice_in(tmp_path)


def test_words_that_call_up_an_adapter_stay_and_no_drawing_is_looked_for_by_them(trained, monkeypatch):
    from nodegraph_nodes.diffusion import shown as module

    model = trained["sd3_inpaint"]
    monkeypatch.setattr(model, "advice", Advice(finder="starter.scene", finder_version="2"))
    monkeypatch.setattr(model, "patches", (Recipe("lora", "hand", "hand.safetensors"),))
    monkeypatch.setattr(module, "triggers", lambda path: ["my hand"])
    prompt, picture = module.shown_of(model, "My hand, a fox in the snow", 2)
    laid = scene("a fox in the snow", seed=2)
    assert prompt == f"my hand, {laid.prompt}" and torch.equal(picture, laid.reference)
    assert module.shown_of(model, "!", 2) is None and module.shown_of(trained["sd3"], "a fox", 2) is None
