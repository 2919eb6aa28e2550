"""A part of the steps: what one sampling leaves another goes on with, and a refiner takes over from its base."""

import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.diffusion.encode import encode, encode_image
from nodegraph_nodes.diffusion.sample import sample

from . import tiny

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")


def asked(model, **more):
    return {"model": model, "conditioning": encode(model, "a boat"), "seed": 2, "steps": 5, "guidance_scale": 3.0, **more}


@pytest.mark.parametrize("kind, sampler", [("sd", "euler"), ("sd", "ddim"), ("xl", "model"), ("sd3", "model"),
                                           ("flux", "euler"), ("sd3", "dpm_2")])
@pytest.mark.filterwarnings("ignore:.* is far from the 256 x 256:UserWarning")
def test_steps_in_two_parts_are_the_steps_in_one(models, kind, sampler):
    how = asked(models[kind], sampler=sampler)
    whole = sample(**how, width=32, height=32)
    half = sample(**how, width=32, height=32, end_step=2, keep_noise=True)
    rest = sample(**how, start=half, start_step=2, add_noise=False)
    assert not torch.equal(half.samples, whole.samples)
    if sampler == "ddim":  # whose samples are scaled to the form in which all samplers hand them on
        assert torch.allclose(rest.samples, whole.samples, atol=1e-5)
    else:
        assert torch.equal(rest.samples, whole.samples)


def test_what_one_sampler_leaves_another_goes_on_with(models):
    """Two samplers that make the same steps, one in samples that explode with their noise, one in samples that do not."""
    how = asked(models["xl"], schedule="sgm_uniform")
    whole = sample(**how, width=32, height=32, sampler="euler")
    for first, second in (("ddim", "euler"), ("euler", "ddim")):
        half = sample(**how, width=32, height=32, end_step=2, keep_noise=True, sampler=first)
        rest = sample(**how, start=half, start_step=2, add_noise=False, sampler=second)
        assert (rest.samples - whole.samples).abs().max() < 0.1 * whole.samples.std()


@pytest.mark.parametrize("kind", ["sd", "xl", "sd3"])
def test_an_early_end_leaves_no_noise_unless_it_is_asked_to(models, kind):
    """What is left is what the last step takes the picture to be, which lies nearer to the end than the noise does."""
    how = asked(models[kind], width=32, height=32)
    whole, clean, noisy = (sample(**how, **more).samples for more in (
        {}, {"end_step": 3}, {"end_step": 3, "keep_noise": True}))
    assert (clean - whole).abs().mean() < (noisy - whole).abs().mean()


def test_a_refiner_goes_on_where_its_base_has_left_off(tmp_path):
    base, refiner = (tiny.live(name, tmp_path / name) for name in ("xl", "xl_refiner"))
    plain = {"num_inference_steps": 5, "guidance_scale": 3.0, "output_type": "latent", "return_dict": False}
    left = base("a boat", denoising_end=0.6, width=32, height=32, generator=torch.Generator().manual_seed(2), **plain)[0]
    refined = refiner("a boat", image=left, denoising_start=0.6, generator=torch.Generator().manual_seed(2), **plain)[0]
    half = sample(**asked(base), width=32, height=32, end_step=3, keep_noise=True)
    assert torch.equal(half.samples, left[0])
    ours = sample(**asked(refiner), start=half, start_step=3, add_noise=False)
    assert torch.equal(ours.samples, refined[0])
    with pytest.raises(InputError, match="a picture to start from"):
        sample(**asked(refiner), width=32, height=32)


def test_a_refiner_paints_over_a_picture_as_its_pipeline_does(tmp_path):
    refiner = tiny.live("xl_refiner", tmp_path / "model")
    start = encode_image(refiner, torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(4)))
    plain = refiner("a boat", image=start.samples[None], strength=0.4, num_inference_steps=5, guidance_scale=3.0,
                    generator=torch.Generator().manual_seed(2), output_type="latent", return_dict=False)[0]
    assert torch.equal(sample(**asked(refiner), start=start, strength=0.4).samples, plain[0])


def test_latent_consistency_paints_over_a_picture_as_its_own_pipeline_does(models):
    import diffusers

    model = models["whole"]
    start = encode_image(model, torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(4)))
    over = diffusers.LatentConsistencyModelImg2ImgPipeline(
        **{name: part for name, part in model.components.items() if name != "image_encoder"},
        requires_safety_checker=False)
    over.set_progress_bar_config(disable=True)
    theirs = over("a boat", image=start.samples[None], strength=0.6, num_inference_steps=3, guidance_scale=3.0,
                  generator=torch.Generator().manual_seed(2), output_type="latent", return_dict=False)[0]
    assert torch.equal(sample(**{**asked(model), "steps": 3}, start=start, strength=0.6).samples, theirs[0])


def test_steps_that_are_none_are_told(models):
    start = encode_image(models["sd"], torch.rand(3, 32, 32))
    for more in ({"start_step": 3, "end_step": 3}, {"start_step": 7}):
        with pytest.raises(InputError, match="are none; widen start_step and end_step"):
            sample(**asked(models["sd"]), start=start, **more)
    with pytest.raises(InputError, match="takes a start: the latent of the steps before"):
        sample(**asked(models["sd"]), start_step=2)


@pytest.mark.parametrize("name", ["EulerDiscreteScheduler", "DDIMScheduler", "PNDMScheduler",
                                  "DPMSolverMultistepScheduler", "HeunDiscreteScheduler"])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_a_forecast_is_the_picture_that_a_perfect_denoiser_points_to(name, prediction):
    """A denoiser that knows the picture names its noise at every step; each forecast is then that picture."""
    import diffusers

    from nodegraph_nodes.diffusion.steps import Steps

    told = {"skip_prk_steps": True} if name == "PNDMScheduler" else {}
    scheduler = getattr(diffusers, name)(beta_schedule="scaled_linear", prediction_type=prediction, **told)
    if name == "DDIMScheduler":
        scheduler.register_to_config(clip_sample=False)
    picture, noise = torch.rand(1, 4, 8, 8), torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    seen = []
    steps = Steps(scheduler, after=lambda index, total, latents, forecast: seen.append(forecast()))
    steps.set_timesteps(4)
    latents = scheduler.add_noise(picture, noise, steps.timesteps[:1])
    for timestep in steps.timesteps:
        kept = scheduler.alphas_cumprod[int(timestep)]
        share = steps.scale_model_input(latents, timestep)
        here = (share - kept.sqrt() * picture) / (1 - kept).sqrt()
        output = here if prediction == "epsilon" else kept.sqrt() * here - (1 - kept).sqrt() * picture
        latents = steps.step(output, timestep, latents, return_dict=False)[0]
    assert seen and torch.allclose(seen[0], picture, atol=0.05) and torch.allclose(seen[-1], picture, atol=0.05)
