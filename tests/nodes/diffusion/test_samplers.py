"""Samplers and schedules by name paint what diffusers paints with the same class and flags, told the model's facts."""

import inspect
from functools import partial
from itertools import product

import diffusers
import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.diffusion import samplers
from nodegraph_nodes.diffusion.calls import own_copy
from nodegraph_nodes.diffusion.encode import encode_image
from nodegraph_nodes.diffusion.paint import decode, encode, paint, sample
from nodegraph_nodes.diffusion.samplers import Sampler, Sampling, Schedule, scheduler_for

pytestmark = [pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
              pytest.mark.filterwarnings("ignore:.* is far from the 256 x 256:UserWarning")]

ALL = Sampler.__args__
# What the folders say; a scheduler that is saved says also what it is by default.
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1,
      "timestep_spacing": "leading"}
XL = {"beta_schedule": "scaled_linear", "timestep_spacing": "linspace"}
FLOW = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
SDE = {"algorithm_type": "sde-dpmsolver++"}
BETAS = {"beta_start": 0.0001, "beta_end": 0.02}  # which these classes have otherwise by default


def noise(facts, ends_at_zero):
    """The methods for a model that predicts noise, none of which clips, as diffusers has them: who makes each."""
    multistep = partial(diffusers.DPMSolverMultistepScheduler, **facts)
    return {
        "ddim": partial(diffusers.DDIMScheduler, **facts, clip_sample=False, set_alpha_to_one=ends_at_zero),
        "ddpm": partial(diffusers.DDPMScheduler, **facts, clip_sample=False),
        "pndm": partial(diffusers.PNDMScheduler, **facts, skip_prk_steps=True),
        "euler": partial(diffusers.EulerDiscreteScheduler, **facts),
        "euler_ancestral": partial(diffusers.EulerAncestralDiscreteScheduler, **facts),
        "heun": partial(diffusers.HeunDiscreteScheduler, **{**BETAS, **facts}),
        "dpm_2": partial(diffusers.KDPM2DiscreteScheduler, **{**BETAS, **facts}),
        "dpm_2_ancestral": partial(diffusers.KDPM2AncestralDiscreteScheduler, **{**BETAS, **facts}),
        "dpmpp_2m": multistep, "dpmpp_2m_sde": partial(multistep, **SDE), "dpmpp_3m_sde": partial(multistep, **SDE, solver_order=3),
        "deis": partial(diffusers.DEISMultistepScheduler, **facts),
        "uni_pc_bh2": partial(diffusers.UniPCMultistepScheduler, **facts, solver_type="bh2"),
        "sa_solver": partial(diffusers.SASolverScheduler, **facts),
        "lcm": partial(diffusers.LCMScheduler, **{**BETAS, **facts}, clip_sample=False, set_alpha_to_one=ends_at_zero),
        "tcd": partial(diffusers.TCDScheduler, **{**BETAS, **facts}, clip_sample=False, set_alpha_to_one=ends_at_zero),
    }


def by_hand(kind, name):
    """The scheduler of diffusers that a model of a kind gets for a sampler, with the model's facts."""
    multistep, unipc = diffusers.DPMSolverMultistepScheduler, diffusers.UniPCMultistepScheduler
    return {
        "sd": noise(SD, ends_at_zero=False), "xl": noise(XL, ends_at_zero=True),
        "sd3": {"euler": partial(diffusers.FlowMatchEulerDiscreteScheduler, shift=2.0),
                "heun": partial(diffusers.FlowMatchHeunDiscreteScheduler, shift=2.0),
                "lcm": partial(diffusers.FlowMatchLCMScheduler, shift=2.0),
                "dpmpp_2m": partial(multistep, **FLOW, flow_shift=2.0),
                "dpmpp_2m_sde": partial(multistep, **FLOW, **SDE, flow_shift=2.0),
                "uni_pc_bh2": partial(unipc, **FLOW, flow_shift=2.0)},
        "flux": {"euler": partial(diffusers.FlowMatchEulerDiscreteScheduler, use_dynamic_shifting=True),
                 "dpmpp_2m": partial(multistep, **FLOW, use_dynamic_shifting=True),
                 "uni_pc_bh2": partial(unipc, **FLOW, use_dynamic_shifting=True)},
    }[kind][name]()


NOISE = ("ddim", "ddpm", "pndm", "euler", "euler_ancestral", "heun", "dpm_2", "dpm_2_ancestral", "dpmpp_2m", "dpmpp_2m_sde",
         "dpmpp_3m_sde", "deis", "uni_pc_bh2", "sa_solver", "lcm", "tcd")
CASES = [*(("sd", name) for name in NOISE), *(("xl", name) for name in ("ddim", "euler", "heun", "dpmpp_2m")),
         *(("sd3", name) for name in ("euler", "heun", "lcm", "dpmpp_2m", "dpmpp_2m_sde", "uni_pc_bh2")),
         *(("flux", name) for name in ("euler", "dpmpp_2m", "uni_pc_bh2"))]
GUIDANCE = {"sd": 7.5, "xl": 5.0, "sd3": 7.0, "flux": 3.5}


def with_scheduler(model, scheduler, kind=None, **arguments):
    """What diffusers paints with the networks of a model and a scheduler of ours."""
    unchecked = {"requires_safety_checker": False} if "safety_checker" in model.components else {}
    kind = kind or type(model)
    parts = {name: part for name, part in model.components.items() if kind is type(model) or name != "image_encoder"}
    pipe = kind(**parts, **unchecked)
    pipe.scheduler = scheduler
    pipe.set_progress_bar_config(disable=True)
    return pipe(**arguments, output_type="pt").images[0]


def by_diffusers(models, kind, scheduler, steps):
    return with_scheduler(models[kind], scheduler, prompt="a red boat", num_inference_steps=steps, width=32, height=32,
                          guidance_scale=GUIDANCE[kind], generator=torch.Generator().manual_seed(3))


def handed(model, scheduler, generator):
    """The scheduler of diffusers, with a generator for the noise of its steps where the pipeline hands it none."""
    if not type(model).__name__.startswith("StableDiffusion3"):
        return scheduler
    step = scheduler.step
    scheduler.step = lambda *arguments, **more: step(*arguments, **{"generator": generator, **more})
    return scheduler


@pytest.mark.parametrize("kind, name", CASES)
def test_a_sampler_by_name_paints_what_its_class_in_diffusers_paints_with_the_models_facts(models, kind, name):
    steps = 4
    ours = paint(models[kind], "a red boat", seed=3, steps=steps, sampler=name, width=32, height=32)
    scheduler, generator = by_hand(kind, name), torch.Generator().manual_seed(3)
    if name.endswith("sde") or name == "lcm":
        scheduler = handed(models[kind], scheduler, generator)
    theirs = with_scheduler(models[kind], scheduler, prompt="a red boat", num_inference_steps=steps, width=32,
                            height=32, guidance_scale=GUIDANCE[kind], generator=generator)
    assert torch.equal(ours, theirs)


def driven(scheduler, steps=4, **facts):
    """What a scheduler makes of noise with a model that always sees the same: every question and every sample."""
    scheduler.set_timesteps(steps, **facts)
    generator = torch.Generator().manual_seed(0)
    x, seen = torch.randn(1, 2, 4, 4, generator=generator) * getattr(scheduler, "init_noise_sigma", 1.0), []
    more = {"generator": generator} if "generator" in inspect.signature(scheduler.step).parameters else {}
    for timestep in scheduler.timesteps:
        scaled = scheduler.scale_model_input(x, timestep) if hasattr(scheduler, "scale_model_input") else x
        x = scheduler.step(torch.sin(3 * scaled + timestep / 300), timestep, x, return_dict=False, **more)[0]
        seen += [scaled, x]
    return torch.stack(seen)


# Schedules as flags of diffusers.
FLAGS = {"normal": {"timestep_spacing": "linspace"}, "sgm_uniform": {"timestep_spacing": "trailing"},
         "simple": {"timestep_spacing": "trailing"}, "ddim_uniform": {"timestep_spacing": "leading"},
         "karras": {"timestep_spacing": "linspace", "use_karras_sigmas": True},
         "exponential": {"timestep_spacing": "linspace", "use_exponential_sigmas": True}}
FLAGGED = [("euler", "EulerDiscreteScheduler", {}), ("heun", "HeunDiscreteScheduler", BETAS),
           ("dpm_2", "KDPM2DiscreteScheduler", BETAS), ("dpmpp_2m", "DPMSolverMultistepScheduler", {}),
           ("dpmpp_2m_sde", "DPMSolverMultistepScheduler", SDE), ("deis", "DEISMultistepScheduler", {}),
           ("uni_pc_bh2", "UniPCMultistepScheduler", {}), ("sa_solver", "SASolverScheduler", {})]


@pytest.mark.parametrize("name, kind, more", FLAGGED)
@pytest.mark.parametrize("schedule", FLAGS)
def test_a_schedule_is_a_flag_of_diffusers_where_its_class_has_one(models, name, kind, more, schedule):
    ours = scheduler_for(models["sd"], Sampling(name, schedule))
    theirs = getattr(diffusers, kind)(**{**more, **SD, **FLAGS[schedule]})
    assert torch.equal(driven(ours), driven(theirs))


@pytest.mark.parametrize("schedule", ["karras", "sgm_uniform"])
def test_and_so_it_paints(models, schedule):
    ours = paint(models["sd"], "a red boat", seed=3, steps=4, sampler="dpmpp_2m", schedule=schedule, width=32, height=32)
    theirs = diffusers.DPMSolverMultistepScheduler(**{**SD, **FLAGS[schedule]})
    assert torch.equal(ours, by_diffusers(models, "sd", theirs, 4))


@pytest.mark.parametrize("schedule", ["karras", "exponential"])
def test_so_it_is_for_flows(models, schedule):
    for kind, facts in (("sd3", {"shift": 2.0}), ("flux", {"use_dynamic_shifting": True})):
        ours = paint(models[kind], "a red boat", seed=3, steps=4, sampler="euler", schedule=schedule, width=32, height=32)
        theirs = diffusers.FlowMatchEulerDiscreteScheduler(**facts, **{f"use_{schedule}_sigmas": True})
        assert torch.equal(ours, by_diffusers(models, kind, theirs, 4))


def latent_by(model, scheduler, generator, steps):
    """The latent that a pipeline of diffusers makes of a prompt with a scheduler."""
    pipe = own_copy(model, Sampling(), steps)
    pipe.scheduler = scheduler
    return pipe(prompt="a red boat", num_inference_steps=steps, width=32, height=32, guidance_scale=3.0,
                generator=generator, output_type="latent", return_dict=False)[0]


TWINS = [("sd", "euler"), ("sd", "euler_ancestral"), ("sd", "heun"), ("sd", "dpm_2"), ("sd", "dpm_2_ancestral"),
         ("sd3", "euler"), ("sd3", "heun"), ("sd3", "lcm")]


@pytest.mark.parametrize("kind, name", TWINS)
def test_our_own_form_of_a_sampler_is_that_of_diffusers_to_the_last_digits(models, kind, name):
    model = models[kind]
    theirs, ours = (make(model, Sampling(name), None) for make in (samplers._of_diffusers, samplers._of_our_own))
    assert (type(ours).__name__, hasattr(theirs, "config")) == ("GeneratorScheduler", True)
    theirs, ours = driven(theirs), driven(ours)
    assert (theirs - ours).abs().max() < 1e-5 * theirs.abs().max()


def test_ancestral_steps_along_a_flow_are_those_of_diffusers_for_its_video_models(models):
    ours = scheduler_for(models["sd3"], Sampling("euler_ancestral"))
    theirs = diffusers.LTXEulerAncestralRFScheduler.from_config(models["sd3"].scheduler.config)
    theirs.init_noise_sigma = 1.0
    assert (driven(ours) - driven(theirs)).abs().max() < 1e-5


KINDS, SCHEDULES = ("sd", "sd3", "flux"), Schedule.__args__
STEPS = {"sd": 3, "sd3": 2, "flux": 2}


def by_turns(number):
    """What the sampler of a number is tried with: each schedule, with the kinds of models by turns, and a single step."""
    return [*((kind, schedule, STEPS[kind]) for place, schedule in enumerate(SCHEDULES) for kind in [KINDS[(number + place) % 3]]),
            (KINDS[number % 2], "model", 1), (KINDS[(number + 1) % 2], "linear_quadratic", 1)]


EVERY = [*product(["sd"], SCHEDULES, [3]), *product(["sd3", "flux"], SCHEDULES, [2]),
         *product(["sd", "sd3"], ["model", "linear_quadratic"], [1])]


@pytest.mark.parametrize("sampler, tried", [
    *(pytest.param(sampler, by_turns(number), id=sampler) for number, sampler in enumerate(ALL)),
    *(pytest.param(sampler, EVERY, id=f"{sampler}-every", marks=pytest.mark.slow) for sampler in ALL)])
def test_a_few_steps_of_any_sampler_at_any_schedule_end_somewhere_or_in_a_sentence(models, sampler, tried):
    for kind, schedule, steps in tried:
        try:
            scheduler = scheduler_for(models[kind], Sampling(sampler, schedule), torch.Generator().manual_seed(0))
        except InputError as error:
            assert "takes no schedule" in str(error) or "this one takes model, euler" in str(error)
        else:
            shift = {"mu": 0.6} if kind == "flux" else {}
            assert driven(scheduler, steps, **shift)[-1].isfinite().all()


@pytest.mark.parametrize("kind, sampler", [("sd", "seeds_3"), ("sd3", "er_sde"), ("flux", "heun"), ("flux", "uni_pc")])
def test_our_own_samplers_paint_in_the_pipelines_of_each_family(models, kind, sampler):
    image = paint(models[kind], "a boat", steps=2, sampler=sampler, schedule="kl_optimal", width=32, height=32)
    assert image.isfinite().all() and image.std() > 0


def test_written_levels_are_gone_through_one_by_one(models):
    for kind, levels in (("sd", [9.0, 3.0, 1.0, 0.0]), ("sd3", [1.0, 0.7, 0.2, 0.0])):
        for name in ("euler", "dpmpp_2m", "res_multistep"):
            scheduler = scheduler_for(models[kind], Sampling(name, sigmas=tuple(levels)))
            scheduler.set_timesteps(3)
            assert scheduler.sigmas.tolist() == pytest.approx(levels, abs=2e-4)
    latent = sample(models["sd"], encode(models["sd"], "a boat"), sampler="euler", sigmas=[9.0, 3.0, 1.0, 0.0],
                    width=32, height=32)
    theirs = diffusers.EulerDiscreteScheduler(**SD)
    pipe = own_copy(models["sd"], Sampling(), 3)
    pipe.scheduler = theirs
    wanted = pipe(prompt="a boat", sigmas=[9.0, 3.0, 1.0, 0.0], width=32, height=32, output_type="latent",
                  generator=torch.Generator().manual_seed(0), return_dict=False)[0]
    assert (latent.samples - wanted[0]).abs().max() < 1e-4


@pytest.mark.parametrize("wrong, says", [
    ({"sigmas": [1.0]}, "sigmas must be two levels"), ({"sigmas": [1.0, 2.0]}, "sigmas must be two levels"),
    ({"sigmas": [1.0, 0.0], "schedule": "karras"}, "sigmas are given and schedule is karras"),
    ({"sampler": "pndm", "schedule": "karras"}, "sampler is pndm, which counts the steps .* takes no schedule: karras; .*ipndm"),
    ({"sampler": "tcd", "sigmas": [1.0, 0.0]}, "sampler is tcd, which counts the steps .* takes no sigmas; .*lcm")])
def test_what_no_model_can_be_sampled_with_is_told_before_one_is_loaded(models, wrong, says):
    import re

    from nodegraph_nodes.diffusion.sample import refused

    assert re.match(says, refused(**wrong))
    with pytest.raises(InputError, match=says):
        sample(models["sd"], encode(models["sd"], "a boat"), **wrong)


def test_a_graph_with_a_sampler_that_its_model_cannot_take_is_refused_by_check(checkpoints, tmp_path):
    from nodegraph import GraphError, load

    (tmp_path / "graph.yaml").write_text(f"""nodegraph: 1
nodes:
  old: {{type: diffusion.paint, model: {checkpoints / 'sd3'}, prompt: a boat, scheduler: dpm++_2m_karras}}
  unfit: {{type: diffusion.paint, model: {checkpoints / 'sd3'}, prompt: a boat, sampler: tcd}}
outputs: {{old: $old, unfit: $unfit}}
""")
    with pytest.raises(GraphError) as refused:
        load(tmp_path / "graph.yaml")
    told = [(str(problem.message), str(problem.hint)) for problem in refused.value.problems]
    assert told[0][0] == "old has no input scheduler"
    assert "write sampler: dpmpp_2m for dpm++_2m, that and schedule: karras for dpm++_2m_karras" in told[0][1]
    assert "unfit.sampler is tcd, which does not suit a model that predicts a flow; this one takes model, eul" in told[1][0]


def test_a_models_own_sampler_that_has_one_schedule_says_so(models):
    with pytest.raises(InputError, match="sampler is model, which goes by the model's own schedule alone; this one takes "
                                         "model, euler"):
        paint(models["sd"], "a boat", schedule="karras")
    image = paint(models["xl"], "a red boat", seed=3, steps=4, schedule="karras", width=32, height=32)
    assert torch.equal(image, paint(models["xl"], "a red boat", seed=3, steps=4, sampler="euler", schedule="karras",
                                    width=32, height=32))


@pytest.mark.parametrize("kind, name", [("sd", "euler_ancestral"), ("sd3", "dpmpp_2m_sde"), ("flux", "seeds_2")])
def test_the_noise_of_the_steps_comes_from_the_seed(models, kind, name):
    conditioning, before = encode(models[kind], "a boat"), torch.get_rng_state()
    first, again, other = (sample(models[kind], conditioning, seed=seed, steps=2, sampler=name, width=32,
                                  height=32).samples for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_sampler_that_finds_its_own_steps_takes_as_many_as_it_needs(models):
    asked = []
    hook = models["sd"].unet.register_forward_pre_hook(lambda *_: asked.append(1))
    pipe = own_copy(models["sd"], Sampling("dpm_adaptive"), 4)
    latent_by(models["sd"], pipe.scheduler, torch.Generator().manual_seed(3), 4)
    hook.remove()
    assert len(asked) > 4 and pipe.scheduler.done


def test_half_precision_is_carried_whole_through_our_own_samplers(models):
    from nodegraph_nodes.diffusion.samplers.protocol import GeneratorScheduler

    pipe = models["sd"]
    scheduler = scheduler_for(pipe, Sampling("lms"))
    assert type(scheduler) is GeneratorScheduler
    scheduler.set_timesteps(4)
    x = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0)).bfloat16() * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        x = scheduler.step(scheduler.scale_model_input(x, timestep) * 0.9, timestep, x, return_dict=False)[0]
        assert x.dtype == torch.bfloat16
        assert scheduler.done or scheduler._asked[0].dtype == torch.float32


OVER = [*(("sd", name) for name in ("ddim", "euler", "heun", "dpm_2", "dpmpp_2m")), ("sd3", "euler"), ("sd3", "heun")]


@pytest.mark.parametrize("kind, name", OVER)
@pytest.mark.parametrize("steps, strength", [(6, 0.5)])
def test_painting_over_with_a_scheduler_by_name_is_diffusers_own(models, kind, name, steps, strength):
    model = models[kind]
    scheduler = by_hand(kind, name)
    start = encode_image(model, torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(4)))
    asked = {"seed": 2, "steps": steps, "guidance_scale": 3.0, "start": start, "strength": strength, "sampler": name}
    over = {"sd": diffusers.StableDiffusionImg2ImgPipeline, "xl": diffusers.StableDiffusionXLImg2ImgPipeline,
            "sd3": diffusers.StableDiffusion3Img2ImgPipeline}[kind]
    size = {"width": 32, "height": 32} if kind == "sd3" else {}
    theirs = with_scheduler(model, scheduler, over, prompt="a boat", image=start.samples[None], strength=strength,
                            num_inference_steps=steps, guidance_scale=3.0, generator=torch.Generator().manual_seed(2),
                            **size)
    assert torch.equal(decode(model, sample(model, encode(model, "a boat"), **asked)), theirs)


@pytest.mark.parametrize("name", ["heunpp2", "seeds_3", "dpmpp_2s_ancestral", "er_sde"])
def test_our_own_samplers_paint_over_a_picture_from_the_step_that_is_asked_for(models, name):
    for kind in ("sd", "sd3"):
        model, asked = models[kind], []
        start = encode_image(model, torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(4)))
        hook = (model.unet if kind == "sd" else model.transformer).register_forward_pre_hook(lambda *_: asked.append(1))
        near, far = (sample(model, encode(model, "a boat"), steps=6, start=start, strength=strength, sampler=name).samples
                     for strength in (0.5, 1.0))
        hook.remove()
        per_step, last = {"heunpp2": (3, 0), "seeds_3": (3, 1), "dpmpp_2s_ancestral": (2, 1), "er_sde": (1, 1)}[name]
        assert len(asked) == 7 * per_step + 2 * last  # three steps of six, and six
        assert (near - start.samples).abs().mean() < (far - start.samples).abs().mean()


@pytest.mark.parametrize("name", ["dpm_fast", "dpm_adaptive"])
def test_samplers_that_find_their_own_steps_say_that_they_cannot_begin_in_the_middle(models, name):
    start = encode_image(models["sd"], torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(4)))
    with pytest.raises(InputError, match=f"{name} finds its own steps and cannot begin in the middle"):
        sample(models["sd"], encode(models["sd"], "a boat"), steps=6, start=start, strength=0.5, sampler=name)


def pipe_with(model, scheduler):
    """The pipeline as it is when its folder has this scheduler."""
    return type(model)(**{**model.components, "scheduler": scheduler}, requires_safety_checker=False)


@pytest.mark.filterwarnings("ignore:The configuration file of this scheduler:FutureWarning")
def test_what_the_pipeline_mends_in_the_settings_of_its_scheduler_stays_mended(models):
    pipe = pipe_with(models["sd"], diffusers.DDIMScheduler(beta_schedule="scaled_linear"))
    for name in ("model", "ddim"):
        config = scheduler_for(pipe, Sampling(name)).config
        assert config.clip_sample is False and config.steps_offset == 1


def test_a_model_that_clips_goes_on_clipping_and_one_that_only_says_so_does_not(models):
    clips = diffusers.DDPMScheduler(clip_sample=True, clip_sample_range=2.0)
    pipe = diffusers.StableDiffusionXLPipeline(**{**models["xl"].components, "scheduler": clips}, add_watermarker=False)
    config = scheduler_for(pipe, Sampling("ddim")).config
    assert config.clip_sample is True and config.clip_sample_range == 2.0
    says = diffusers.EulerDiscreteScheduler.from_config({"clip_sample": True, "beta_schedule": "scaled_linear"})
    pipe.scheduler = says
    assert scheduler_for(pipe, Sampling("ddim")).config.clip_sample is False


def test_what_a_model_predicts_and_how_its_noise_ends_are_carried_over(models):
    own = diffusers.DDIMScheduler(**{**SD, "timestep_spacing": "trailing"}, prediction_type="v_prediction",
                                  rescale_betas_zero_snr=True, clip_sample=False, set_alpha_to_one=False)
    pipe = pipe_with(models["sd"], own)
    for name in samplers.fitting_samplers(pipe):
        scheduler = scheduler_for(pipe, Sampling(name))
        config = scheduler.config
        assert (config.prediction_type, config.timestep_spacing) == ("v_prediction", "trailing")
        assert config.get("rescale_betas_zero_snr") is True
        assert driven(scheduler, 3)[-1].isfinite().all()
    assert paint(pipe, "a boat", steps=2, sampler="er_sde", width=32, height=32).isfinite().all()


def test_the_noise_schedule_that_a_scheduler_has_by_default_is_its_models(models):
    pipe = pipe_with(models["sd"], diffusers.LCMScheduler(steps_offset=1))
    for name in ("ddim", "euler", "heun", "dpmpp_2m", "lms"):
        config = scheduler_for(pipe, Sampling(name)).config
        assert (config.beta_start, config.beta_end, config.beta_schedule) == (0.00085, 0.012, "scaled_linear")


def test_karras_spacing_and_a_last_sigma_that_a_model_asks_for_are_kept(models):
    own = diffusers.EulerDiscreteScheduler(**SD, use_karras_sigmas=True, final_sigmas_type="sigma_min")
    pipe = pipe_with(models["sd"], own)
    config = scheduler_for(pipe, Sampling("dpmpp_2m")).config
    assert config.use_karras_sigmas is True and config.final_sigmas_type == "sigma_min"


@pytest.mark.parametrize("name, of", [("euler", "shift"), ("heun", "shift"), ("dpmpp_2m", "flow_shift"),
                                      ("uni_pc", "flow_shift")])
def test_the_shift_of_a_flow_is_kept_whatever_its_scheduler_calls_it(models, name, of):
    own = diffusers.UniPCMultistepScheduler(**FLOW, flow_shift=3.0)
    pipe = diffusers.StableDiffusion3Pipeline(**{**models["sd3"].components, "scheduler": own})
    assert scheduler_for(pipe, Sampling(name)).config[of] == 3.0


@pytest.mark.parametrize("name", ["model", "euler", "dpmpp_2m", "uni_pc"])
def test_a_flux_that_does_not_shift_by_size_paints_too(models, name):
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=1.0)
    pipe = diffusers.FluxPipeline(**{**models["flux"].components, "scheduler": scheduler})
    assert paint(pipe, "a boat", steps=2, sampler=name, width=32, height=32).isfinite().all()


def test_steps_that_a_models_own_scheduler_cannot_take_are_a_sentence(models):
    pipe = pipe_with(models["sd"], diffusers.PNDMScheduler(**SD, skip_prk_steps=False))
    with pytest.raises(InputError, match=r"steps is 2; the model's own scheduler .* takes 4 or more"):
        paint(pipe, "a boat", steps=2)
    assert paint(pipe, "a boat", steps=4).isfinite().all()
    with pytest.raises(InputError, match=r"LatentConsistencyModelPipeline refuses this: .*original_steps"):
        paint(models["whole"], "a boat", steps=60)
