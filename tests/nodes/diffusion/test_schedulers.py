"""Schedulers by name paint what diffusers paints with the same method, told the model's facts by hand."""

import diffusers
import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.diffusion.decode import decode
from nodegraph_nodes.diffusion.encode import encode, encode_image
from nodegraph_nodes.diffusion.paint import paint
from nodegraph_nodes.diffusion.sample import sample
from nodegraph_nodes.diffusion.schedulers import scheduler_named

pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:.* is far from the 256 x 256:UserWarning")]

ALL = ("model", "euler", "euler_ancestral", "heun", "dpm++_2m", "dpm++_2m_karras", "ddim", "pndm", "unipc")
# What the folders say; a scheduler that is saved says also what it is by default.
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1,
      "timestep_spacing": "leading"}
XL = {"beta_schedule": "scaled_linear", "timestep_spacing": "linspace"}
PIXART = {"timestep_spacing": "linspace"}
FLOW = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}


def noise(facts, ends_at_zero):
    """The methods for a model that predicts noise, none of which clips."""
    solver = {"algorithm_type": "dpmsolver++", "solver_order": 2}
    return {
        "ddim": diffusers.DDIMScheduler(**facts, clip_sample=False, set_alpha_to_one=ends_at_zero),
        "pndm": diffusers.PNDMScheduler(**facts, skip_prk_steps=True),
        "euler": diffusers.EulerDiscreteScheduler(**facts),
        "euler_ancestral": diffusers.EulerAncestralDiscreteScheduler(**facts),
        "heun": diffusers.HeunDiscreteScheduler(**{"beta_start": 0.0001, "beta_end": 0.02, **facts}),
        "dpm++_2m": diffusers.DPMSolverMultistepScheduler(**facts, **solver),
        "dpm++_2m_karras": diffusers.DPMSolverMultistepScheduler(**facts, **solver, use_karras_sigmas=True),
        "unipc": diffusers.UniPCMultistepScheduler(**facts),
    }


def by_hand():
    return {
        "sd": noise(SD, ends_at_zero=False), "xl": noise(XL, ends_at_zero=True),
        "pixart": noise(PIXART, ends_at_zero=True),
        "sd3": {"euler": diffusers.FlowMatchEulerDiscreteScheduler(shift=2.0),
                "heun": diffusers.FlowMatchHeunDiscreteScheduler(shift=2.0),
                "dpm++_2m": diffusers.DPMSolverMultistepScheduler(**FLOW, flow_shift=2.0),
                "unipc": diffusers.UniPCMultistepScheduler(**FLOW, flow_shift=2.0)},
        "flux": {"euler": diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
                 "dpm++_2m": diffusers.DPMSolverMultistepScheduler(**FLOW, use_dynamic_shifting=True),
                 "unipc": diffusers.UniPCMultistepScheduler(**FLOW, use_dynamic_shifting=True)},
    }


CASES = [(kind, name) for kind in ("sd", "xl", "pixart") for name in ALL[1:]] + [
    ("sd3", "euler"), ("sd3", "heun"), ("sd3", "dpm++_2m"), ("sd3", "unipc"),
    ("flux", "euler"), ("flux", "dpm++_2m"), ("flux", "unipc")]
GUIDANCE = {"sd": 7.5, "xl": 5.0, "sd3": 7.0, "flux": 3.5, "pixart": 4.5}


def with_scheduler(model, scheduler, kind=None, **arguments):
    """What diffusers paints with the networks of a model and a scheduler of ours."""
    unchecked = {"requires_safety_checker": False} if "safety_checker" in model.components else {}
    kind = kind or type(model)
    parts = {name: part for name, part in model.components.items() if kind is type(model) or name != "image_encoder"}
    pipe = kind(**parts, **unchecked)
    pipe.scheduler = scheduler
    pipe.set_progress_bar_config(disable=True)
    return pipe(**arguments, output_type="pt").images[0]


@pytest.mark.parametrize("kind, name", CASES)
@pytest.mark.parametrize("steps", [1, 2, 4, 11])
def test_a_scheduler_by_name_paints_what_diffusers_paints_with_the_models_facts(models, kind, name, steps):
    side = 256 if kind == "pixart" else 32
    if kind == "pixart" and steps > 4:
        pytest.skip("its pictures are large")
    ours = paint(models[kind], "a red boat", seed=3, steps=steps, scheduler=name, width=side, height=side)
    theirs = with_scheduler(models[kind], by_hand()[kind][name], prompt="a red boat", num_inference_steps=steps,
                            width=side, height=side, guidance_scale=GUIDANCE[kind],
                            generator=torch.Generator().manual_seed(3))
    assert torch.equal(ours, theirs)


OVER = [(kind, name) for kind, name in CASES if kind in ("sd", "xl", "sd3")]


@pytest.mark.parametrize("kind, name", OVER)
@pytest.mark.parametrize("steps, strength", [(4, 0.3), (6, 0.5), (5, 1.0)])
def test_painting_over_with_a_scheduler_by_name_is_diffusers_own(models, kind, name, steps, strength):
    model = models[kind]
    scheduler = by_hand()[kind][name]
    start = encode_image(model, torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(4)))
    asked = {"seed": 2, "steps": steps, "guidance_scale": 3.0, "start": start, "strength": strength, "scheduler": name}
    if kind == "sd3" and not hasattr(scheduler, "scale_noise"):  # of which diffusers' own pipelines cannot make a start
        assert sample(model, encode(model, "a boat"), **asked).samples.isfinite().all()
        return
    over = {"sd": diffusers.StableDiffusionImg2ImgPipeline, "xl": diffusers.StableDiffusionXLImg2ImgPipeline,
            "sd3": diffusers.StableDiffusion3Img2ImgPipeline}[kind]
    size = {"width": 32, "height": 32} if kind == "sd3" else {}
    theirs = with_scheduler(model, scheduler, over, prompt="a boat", image=start.samples[None], strength=strength,
                            num_inference_steps=steps, guidance_scale=3.0, generator=torch.Generator().manual_seed(2),
                            **size)
    assert torch.equal(decode(model, sample(model, encode(model, "a boat"), **asked)), theirs)


@pytest.mark.parametrize("kind", ["sd", "xl", "sd3", "flux", "pixart", "whole"])
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_few_steps_of_any_scheduler_make_a_picture_or_a_sentence(models, kind, name, steps):
    side = 256 if kind == "pixart" else 32
    try:
        image = paint(models[kind], "a boat", steps=steps, scheduler=name, width=side, height=side)
    except InputError as error:
        assert f"scheduler is {name}, which does not suit" in str(error) and "this one takes model" in str(error)
    else:
        assert image.shape == (3, side, side) and image.isfinite().all()


def pipe_with(model, scheduler):
    """The pipeline as it is when its folder has this scheduler."""
    return type(model)(**{**model.components, "scheduler": scheduler}, requires_safety_checker=False)


@pytest.mark.filterwarnings("ignore:The configuration file of this scheduler:FutureWarning")
def test_what_the_pipeline_mends_in_the_settings_of_its_scheduler_stays_mended(models):
    pipe = pipe_with(models["sd"], diffusers.DDIMScheduler(beta_schedule="scaled_linear"))
    for name in ("model", "ddim"):
        config = scheduler_named(name, pipe).config
        assert config.clip_sample is False and config.steps_offset == 1


def test_a_model_that_clips_goes_on_clipping_and_one_that_only_says_so_does_not(models):
    clips = diffusers.DDPMScheduler(clip_sample=True, clip_sample_range=2.0)
    pipe = diffusers.StableDiffusionXLPipeline(**{**models["xl"].components, "scheduler": clips}, add_watermarker=False)
    config = scheduler_named("ddim", pipe).config
    assert config.clip_sample is True and config.clip_sample_range == 2.0
    says = diffusers.EulerDiscreteScheduler.from_config({"clip_sample": True, "beta_schedule": "scaled_linear"})
    pipe.scheduler = says
    assert scheduler_named("ddim", pipe).config.clip_sample is False


def test_what_a_model_predicts_and_how_its_noise_ends_are_carried_over(models):
    own = diffusers.DDIMScheduler(**{**SD, "timestep_spacing": "trailing"}, prediction_type="v_prediction",
                                  rescale_betas_zero_snr=True, clip_sample=False, set_alpha_to_one=False)
    pipe = pipe_with(models["sd"], own)
    for name in ALL:
        config = scheduler_named(name, pipe).config
        assert (config.prediction_type, config.timestep_spacing) == ("v_prediction", "trailing")
        assert config.get("rescale_betas_zero_snr") is True
        for steps in (1, 2, 3):
            assert paint(pipe, "a boat", steps=steps, scheduler=name, width=32, height=32).isfinite().all()


def test_the_noise_schedule_that_a_scheduler_has_by_default_is_its_models(models):
    pipe = pipe_with(models["sd"], diffusers.LCMScheduler(steps_offset=1))
    for name in ALL[1:]:
        config = scheduler_named(name, pipe).config
        assert (config.beta_start, config.beta_end, config.beta_schedule) == (0.00085, 0.012, "scaled_linear")


def test_karras_spacing_and_a_last_sigma_that_a_model_asks_for_are_kept(models):
    own = diffusers.EulerDiscreteScheduler(**SD, use_karras_sigmas=True, final_sigmas_type="sigma_min")
    pipe = pipe_with(models["sd"], own)
    config = scheduler_named("dpm++_2m", pipe).config
    assert config.use_karras_sigmas is True and config.final_sigmas_type == "sigma_min"


@pytest.mark.parametrize("name, of", [("euler", "shift"), ("heun", "shift"), ("dpm++_2m", "flow_shift"),
                                      ("unipc", "flow_shift")])
def test_the_shift_of_a_flow_is_kept_whatever_its_scheduler_calls_it(models, name, of):
    own = diffusers.UniPCMultistepScheduler(**FLOW, flow_shift=3.0)
    pipe = diffusers.StableDiffusion3Pipeline(**{**models["sd3"].components, "scheduler": own})
    assert scheduler_named(name, pipe).config[of] == 3.0


@pytest.mark.parametrize("name", ["model", "euler", "dpm++_2m", "unipc"])
def test_a_flux_that_does_not_shift_by_size_paints_too(models, name):
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=1.0)
    pipe = diffusers.FluxPipeline(**{**models["flux"].components, "scheduler": scheduler})
    assert paint(pipe, "a boat", steps=2, scheduler=name, width=32, height=32).isfinite().all()


def test_steps_that_a_models_own_scheduler_cannot_take_are_a_sentence(models):
    pipe = pipe_with(models["sd"], diffusers.PNDMScheduler(**SD, skip_prk_steps=False))
    with pytest.raises(InputError, match=r"steps is 2; the model's own scheduler .* takes 4 or more"):
        paint(pipe, "a boat", steps=2)
    assert paint(pipe, "a boat", steps=4).isfinite().all()
    with pytest.raises(InputError, match=r"LatentConsistencyModelPipeline refuses this: .*original_steps"):
        paint(models["whole"], "a boat", steps=60)
