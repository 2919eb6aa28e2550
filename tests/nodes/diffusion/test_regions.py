"""Conditionings in parts: by regions, by steps, by turns, mixed; against loops written out by hand."""

import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.diffusion.encode import encode, encode_image
from nodegraph_nodes.diffusion.regions import combine, region
from nodegraph_nodes.diffusion.sample import sample
from nodegraph_nodes.media.types import Conditioning

pytestmark = [pytest.mark.filterwarnings("ignore:.* is far from the:UserWarning"),
              pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")]
KINDS = ["sd", "xl", "sd3", "flux"]
SIDE = 32


def half(left, side=SIDE):
    mask = torch.zeros(1, side, side)
    mask[..., :side // 2 if left else side] = 1
    if not left:
        mask[..., :side // 2] = 0
    return mask


def painted(model, conditioning, **more):
    return sample(model, conditioning, **{"seed": 3, "steps": 2, "width": SIDE, "height": SIDE, **more}).samples


@pytest.mark.parametrize("kind", KINDS)
def test_one_region_alone_or_twice_the_same_is_the_plain_picture(models, kind):
    idea = encode(models[kind], "a red boat")
    plain = painted(models[kind], idea)
    assert torch.equal(painted(models[kind], region(idea, half(True))), plain)
    both = combine([region(idea, half(True)), region(encode(models[kind], "a red boat"), half(False), weight=3)])
    assert torch.allclose(painted(models[kind], both), plain, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_region_that_covers_everything_beside_one_of_next_to_nothing_has_its_own_picture(models, kind):
    red, blue = (encode(models[kind], text) for text in ("a red boat", "a blue sea, and fog"))
    speck = torch.zeros(1, SIDE, SIDE)
    speck[..., 0, 0] = 1e-6
    made = painted(models[kind], combine([region(blue, torch.ones(1, SIDE, SIDE)), region(red, speck)]))
    assert torch.allclose(made, painted(models[kind], blue), atol=1e-3)
    assert not torch.allclose(made, painted(models[kind], red), atol=1e-2)


def test_predictions_are_blended_by_the_masks_at_each_step(models):
    """A loop by hand: the denoiser is asked for both, with guidance, and its answers are put together by halves."""
    model = models["sd"]
    red, blue = (encode(model, text, "fog") for text in ("a red boat", "a blue sea"))
    made = painted(model, combine([region(red, half(True)), region(blue, half(False), weight=2)]), sampler="ddim",
                   guidance_scale=5)
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler.from_config(model.scheduler.config, clip_sample=False, set_alpha_to_one=False)
    scheduler.set_timesteps(2)
    latents = torch.randn(1, 4, SIDE // model.vae_scale_factor, SIDE // model.vae_scale_factor,
                          generator=torch.Generator().manual_seed(3))
    left = torch.nn.functional.interpolate(half(True)[None], latents.shape[-2:], mode="area")
    for timestep in scheduler.timesteps:
        both = []
        with torch.no_grad():
            for one in (red, blue):
                no, yes = (model.unet(latents, timestep, one.tensors[name]).sample
                           for name in ("negative_prompt_embeds", "prompt_embeds"))
                both.append(no + 5 * (yes - no))
        latents = scheduler.step(left * both[0] + (1 - left) * both[1], timestep, latents).prev_sample
    assert torch.allclose(made, latents[0], atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_prompt_that_switches_is_one_sampling_handed_over_to_another(models, kind):
    model = models[kind]
    text = "a [red:blue:0.5] boat"
    made = painted(model, encode(model, text), steps=4)
    early = sample(model, encode(model, "a red boat"), seed=3, steps=4, width=SIDE, height=SIDE, end_step=2,
                   keep_noise=True) if kind != "sd" else None
    if early is not None:
        late = sample(model, encode(model, "a blue boat"), seed=3, steps=4, start=early, start_step=2, add_noise=False)
        assert torch.allclose(made, late.samples, atol=1e-5)
    assert not torch.allclose(made, painted(model, encode(model, "a red boat"), steps=4), atol=1e-5)


def test_alternation_is_the_same_as_parts_of_one_step_each(models):
    model = models["xl"]
    red, blue = (encode(model, f"a {colour} boat") for colour in ("red", "blue"))
    steps = combine([region(one, begin=step / 4, end=(step + 1) / 4) for step, one in enumerate((red, blue, red, blue))])
    assert torch.equal(painted(model, encode(model, "a [red|blue] boat"), steps=4), painted(model, steps, steps=4))


def test_regions_hold_in_a_picture_that_is_painted_over(models):
    model = models["xl"]
    start = encode_image(model, torch.rand(3, SIDE, SIDE))
    idea = encode(model, "a red boat")
    both = combine([region(idea, half(True)), region(idea, half(False))])
    plain = sample(model, idea, seed=3, steps=4, start=start, strength=0.5)
    assert torch.allclose(sample(model, both, seed=3, steps=4, start=start, strength=0.5).samples, plain.samples, atol=1e-5)


def test_an_average_lies_between_and_a_row_is_one_after_the_other(models):
    red, blue = (encode(models["xl"], text) for text in ("red", "blue"))
    mean = combine([red, blue], "average", [1, 3])
    row = combine([red, blue], "row")
    for name in red.tensors:
        assert torch.allclose(mean.tensors[name], 0.25 * red.tensors[name] + 0.75 * blue.tensors[name], atol=1e-6)
    assert torch.equal(row.tensors["prompt_embeds"], torch.cat([one.tensors["prompt_embeds"] for one in (red, blue)], 1))
    assert torch.equal(row.tensors["pooled_prompt_embeds"], red.tensors["pooled_prompt_embeds"])
    assert painted(models["xl"], row).isfinite().all()


def test_a_conditioning_in_parts_is_remembered_as_it_is(models, tmp_path):
    both = combine([region(encode(models["sd"], "red"), half(True), end=0.5), encode(models["sd"], "a [x|y]")])
    kind = Conditioning.__porttype__
    again = kind.restore(kind.flatten(both))
    assert [part.turn for part in again.parts] == [(0, 1), (0, 2), (1, 2)] and again.parts[0].end == 0.5
    assert torch.equal(again.parts[0].mask, half(True)) and kind.complaint(again) is None
    assert kind.summary(both).endswith("in 3 parts")
    kind.exports["safetensors"](both, tmp_path / "both.safetensors")


@pytest.mark.parametrize("make, words", [
    (lambda one, other: combine([]), "conditionings is empty"),
    (lambda one, other: combine([one, other]), "encode them all with one model"),
    (lambda one, other: combine([one, one], "together", [1]), "1 weights and 2 conditionings"),
    (lambda one, other: combine([one], "row", [1]), "weights have no meaning"),
    (lambda one, other: region(one, begin=0.6, end=0.4), "leaves no steps between"),
    (lambda one, other: region(one, torch.zeros(1, 8, 8)), "mask is 0 everywhere"),
    (lambda one, other: combine([region(one, half(True)), one], "average"), "in parts already")])
def test_what_cannot_be_put_together_is_told(models, make, words):
    with pytest.raises(InputError, match=words):
        make(encode(models["sd"], "red"), encode(models["xl"], "red"))


def test_steps_that_nothing_holds_at_are_told_before_any_is_taken(models):
    with pytest.raises(InputError, match="no part of the conditioning holds at step 3 of 4"):
        painted(models["sd"], region(encode(models["sd"], "red"), end=0.5), steps=4)


def test_families_that_cannot_be_told_in_parts_say_so(tmp_path):
    from . import tiny

    for name, words in (("ltx", "holds clips in rows of patches"), ("z_image", "takes no conditioning in parts")):
        model = tiny.live(name, tmp_path / name)
        both = combine([region(encode(model, text), half(left)) for text, left in (("red", True), ("blue", False))])
        with pytest.raises(InputError, match=words):
            sample(model, both, steps=1, width=SIDE, height=SIDE)
