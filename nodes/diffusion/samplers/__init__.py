"""Samplers and schedules by the names that artists know them by, as schedulers that pipelines of diffusers take.

The same word means the same method, whether a model predicts noise, v or a flow. Where diffusers has the class it is
used; the others, and those of its classes that cannot follow a schedule, are written here.
"""

from __future__ import annotations

import copy
import inspect
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

from nodegraph import InputError

from ...common.folders import settings
from . import classes, tailor
from .classes import FLOW, NOISE, OWN, is_flow as is_flow
from .schedules import CURVES, FLAGS, FORMULAS, given
from .tailor import noisy_scale as noisy_scale

Sampler = Literal[
    "model", "euler", "euler_ancestral", "heun", "heunpp2", "dpm_2", "dpm_2_ancestral", "lms", "dpm_fast",
    "dpm_adaptive", "dpmpp_2s_ancestral", "dpmpp_sde", "dpmpp_2m", "dpmpp_2m_sde", "dpmpp_3m_sde", "ddpm", "lcm", "tcd",
    "ipndm", "ipndm_v", "deis", "res_multistep", "gradient_estimation", "er_sde", "seeds_2", "seeds_3", "sa_solver",
    "ddim", "uni_pc", "uni_pc_bh2", "pndm"]
Schedule = Literal["model", "normal", "karras", "exponential", "beta", "sgm_uniform", "simple", "ddim_uniform",
                   "linear_quadratic", "kl_optimal"]

GONE = {"scheduler": "What it said are two inputs now, sampler and schedule: write sampler: dpmpp_2m for dpm++_2m, that "
                     "and schedule: karras for dpm++_2m_karras, sampler: uni_pc_bh2 for unipc; other names are those of "
                     "samplers."}
_ONE_SCHEDULE = ("tcd", "pndm")  # which count the timesteps that they were trained on


_FOR_NOISE = [name for name in get_args(Sampler) if name in {*NOISE, *OWN}]
_FOR_FLOWS = [name for name in get_args(Sampler) if name in {*FLOW, *OWN} - {"ddpm"}]


@dataclass(frozen=True)
class Sampling:
    """How a latent is sampled: sampler and schedule by name.

    sigmas: levels of noise, falling, in the place of a schedule; their number is that of the steps and one.
    """

    sampler: str = "model"
    schedule: str = "model"
    sigmas: tuple[float, ...] | None = None

    @property
    def own(self) -> bool:
        """Whether all is left to the model."""
        return self == Sampling()


def scheduler_for(pipe: Any, sampling: Sampling, generator: Any = None) -> Any:
    """A new scheduler for this pipeline.

    generator: where the noise of samplers that make some comes from, if the pipeline hands none on to its scheduler.
    Raises InputError, naming the samplers that fit, when one does not suit the model or the schedule.
    """
    wrong = refusal(sampling)
    if wrong:
        raise InputError(wrong)
    own = pipe.scheduler
    if sampling.own:
        return tailor.with_noise_of(copy.deepcopy(own), generator)
    able = fitting_samplers(pipe)
    name = named(own) if sampling.sampler == "model" else sampling.sampler
    if sampling.sampler == "model" and (name not in able or refusal(replace(sampling, sampler=name))):
        raise InputError("sampler is model, which goes by the model's own schedule alone; this one takes "
                         + ", ".join(["model", *able]))
    if name not in able:
        raise InputError(_unfit(name, is_flow(own), ["model", *able]))
    sampling = replace(sampling, sampler=name)
    return _of_diffusers(pipe, sampling, generator) or _of_our_own(pipe, sampling, generator)


def refusal(sampling: Sampling) -> str:
    """Why no model can be sampled so, in words that begin with the input; "" if one can."""
    sigmas, schedule = sampling.sigmas, sampling.schedule
    if sampling.sampler in _ONE_SCHEDULE and (schedule != "model" or sigmas):
        return (f"sampler is {sampling.sampler}, which counts the steps that its model was trained on and takes no "
                f"{'sigmas' if sigmas else f'schedule: {schedule}'}; take another, such as "
                + ("lcm" if sampling.sampler == "tcd" else "ipndm"))
    if sigmas and (len(sigmas) < 2 or any(a <= b for a, b in pairwise(sigmas)) or sigmas[-1] < 0):
        return "sigmas must be two levels of noise or more, falling, the last one 0 or more: [14.6, 5, 1.5, 0]"
    return f"sigmas are given and schedule is {schedule}; leave one of them out" if sigmas and schedule != "model" else ""


def unfit(folder: Path, sampler: str) -> str:
    """Why a sampler does not suit the model in a folder, by its settings alone; "" if it does, or that is not known."""
    try:
        config = settings(folder / "scheduler" / "scheduler_config.json")
    except ValueError:  # which is said where the model is loaded
        return ""
    flow = str(config.get("_class_name")).startswith("FlowMatch") or bool(config.get("use_flow_sigmas"))
    return _unfit(sampler, True, ["model", *_FOR_FLOWS]) if flow and sampler not in ("model", *_FOR_FLOWS) else ""


def _unfit(sampler: str, flow: bool, able: list[str]) -> str:
    return (f"sampler is {sampler}, which does not suit a model that predicts {'a flow' if flow else 'noise'}; this one "
            f"takes {', '.join(able)}")


def fitting_samplers(pipe: Any) -> list[str]:
    """The samplers that suit a pipeline, "model" aside."""
    own = pipe.scheduler
    if "original_inference_steps" in inspect.signature(type(pipe).__call__).parameters:
        return []  # which only the scheduler of LCM takes
    if type(pipe).__name__.startswith("CogView4"):
        return []  # its levels are shifted and its times are not
    if is_flow(own):
        return [] if own.config.get("invert_sigmas") else list(_FOR_FLOWS)
    return list(_FOR_NOISE) if classes.has_betas(own) else []


def named(own: Any) -> str:
    """The name of a model's own sampler; "" where it has none here."""
    kind = type(own).__name__
    for name, (of, changes) in (FLOW if is_flow(own) else NOISE).items():
        if of == kind and all(own.config.get(key) == value for key, value in changes.items()
                              if key in ("algorithm_type", "solver_order", "solver_type")):
            return name
    return {"LMSDiscreteScheduler": "lms", "DPMSolverSDEScheduler": "dpmpp_sde"}.get(kind, "")


def _of_diffusers(pipe: Any, sampling: Sampling, generator: Any) -> Any:
    """The scheduler as diffusers has it; None where its class cannot do what is asked, or there is none."""
    own, flow = pipe.scheduler, is_flow(pipe.scheduler)
    class_name, changes = (FLOW if flow else NOISE).get(sampling.sampler, ("", {}))
    if not class_name or sampling.schedule not in classes.FOLLOWS.get(class_name, get_args(Schedule)):
        return None
    if flow and not class_name.startswith("FlowMatch"):
        scheduler = _multistep(pipe, class_name, changes, sampling)
    elif class_name == "FlowMatchHeunDiscreteScheduler" and _lays_out(pipe, sampling):
        return None  # it has levels of its own and takes no others
    else:
        scheduler = _scheduled(own, class_name, changes, sampling)
    if scheduler is None:
        return None
    if sampling.sampler == "uni_pc":
        scheduler = tailor.with_last(scheduler, classes.LAST["uni_pc"], least=True)
    if flow and not own.config.get("use_dynamic_shifting"):
        scheduler = tailor.unshifted(scheduler)
    return tailor.with_noise_of(scheduler, generator)


def _multistep(pipe: Any, class_name: str, changes: dict[str, Any], sampling: Sampling) -> Any:
    """A multistep class of diffusers that follows a flow."""
    own = pipe.scheduler
    scheduler = classes.made_like(own, class_name, changes)
    shifts = not own.config.get("use_dynamic_shifting") or (
        "mu" in inspect.signature(scheduler.set_timesteps).parameters
        and own.config.get("time_shift_type", "exponential") == "exponential")
    last = classes.LAST.get(class_name, 0.0)
    if sampling.schedule == "model" and not sampling.sigmas:
        if shifts:  # by itself diffusers lets two of these classes stop where noise can still be seen
            return tailor.with_last(scheduler, last) if last else scheduler
        sampling = replace(sampling, schedule="sgm_uniform")
    return tailor.with_levels_of(scheduler, _levels(pipe, sampling), last)


def _lays_out(pipe: Any, sampling: Sampling) -> bool:
    """Whether levels are wanted, or shifted by the pipeline, other than those that a flow has by itself."""
    source = inspect.getsource(type(pipe).__call__)
    proposes = "np.linspace(1" in source or ("mu" in source and "use_dynamic_shifting" not in source)
    return bool(sampling.schedule != "model" or sampling.sigmas or proposes
                or pipe.scheduler.config.get("use_dynamic_shifting"))


def _scheduled(own: Any, class_name: str, changes: dict[str, Any], sampling: Sampling) -> Any:
    """A class of diffusers at the levels of a schedule; None where it cannot lay them out."""
    import diffusers

    schedule, sigmas, flow = sampling.schedule, sampling.sigmas, is_flow(own)
    if schedule == "model" and not sigmas:
        return classes.made_like(own, class_name, changes)
    takes = set(inspect.signature(getattr(diffusers, class_name).__init__).parameters)
    flags = {} if sigmas else FLAGS.get(schedule, FLAGS["normal"])
    flags = {name: value for name, value in flags.items() if not flow or name in CURVES}
    straight = {name: False for name in CURVES if name in takes}
    formula = given(sigmas) if sigmas else FORMULAS.get(schedule)
    if not set(flags) <= takes | {"steps_offset"} or (formula and "use_beta_sigmas" not in takes):
        return None
    scheduler = classes.made_like(own, class_name, {**changes, **straight, **flags})
    if flow and sigmas:
        return tailor.with_written(scheduler, sigmas)
    if formula:
        scheduler = tailor.with_formula(scheduler, formula)
        last = (sigmas or (0.0,))[-1] or classes.LAST.get(class_name, 0.0)
        return tailor.with_last(scheduler, last) if last and (sigmas or schedule == "linear_quadratic") else scheduler
    return tailor.with_times(scheduler, schedule) if flow and not flags else scheduler


def _levels(pipe: Any, sampling: Sampling) -> Any:
    """The Euler scheduler of diffusers that lays out the levels of a schedule for this model."""
    own = pipe.scheduler
    if not is_flow(own):
        return _scheduled(own, "EulerDiscreteScheduler", {}, replace(sampling, sigmas=None))
    scheduler = _scheduled(own, "FlowMatchEulerDiscreteScheduler", {}, sampling)
    return scheduler if own.config.get("use_dynamic_shifting") else tailor.unshifted(scheduler)


def _of_our_own(pipe: Any, sampling: Sampling, generator: Any) -> Any:
    from .protocol import GeneratorScheduler

    method, order, in_snr = OWN[sampling.sampler]
    return GeneratorScheduler(
        _levels(pipe, sampling), method, order, is_flow(pipe.scheduler), in_snr=in_snr,
        adaptive=sampling.sampler == "dpm_adaptive", levels=sampling.sigmas, generator=generator)


def judge_steps(scheduler: Any, steps: int) -> None:
    """Raises InputError for fewer steps than a scheduler can take."""
    needed = scheduler.pndm_order if scheduler.config.get("skip_prk_steps") is False else 1
    if type(scheduler).__name__ == "PNDMScheduler" and steps < needed:
        raise InputError(f"steps is {steps}; the model's own scheduler (PNDM with Runge-Kutta steps) takes {needed} or "
                         "more; raise it, or choose sampler: pndm or ddim")
