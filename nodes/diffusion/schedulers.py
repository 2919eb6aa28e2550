"""Schedulers by name: the same word means the same method, whether a model predicts noise or a flow.

What a model was trained with (its noise schedule, what it predicts, whether it clips, where its steps end) is a fact
of the model and carried over, also where its settings leave it to the default of its own scheduler. How the steps of a
method are spaced is the method's own affair, unless the model's settings say it.
"""

from __future__ import annotations

import copy
import inspect
from functools import wraps
from typing import Any

from nodegraph import InputError

NOISE = {
    "ddim": ("DDIMScheduler", {}),
    # Runge-Kutta steps take four steps at least, and latent diffusion is better off without them (Liu et al., 2022).
    "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler_ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpm++_2m": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++", "solver_order": 2}),
    "dpm++_2m_karras": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++", "solver_order": 2,
                                                        "use_karras_sigmas": True}),
    "unipc": ("UniPCMultistepScheduler", {}),
}
# The sigmas of a flow are its own; Karras' and others' would be computed from betas that it does not have.
_EVEN = dict.fromkeys(("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"), False)
FLOW = {
    "euler": ("FlowMatchEulerDiscreteScheduler", {}),
    "heun": ("FlowMatchHeunDiscreteScheduler", {}),
    "dpm++_2m": ("DPMSolverMultistepScheduler", {"use_flow_sigmas": True, "prediction_type": "flow_prediction",
                                                 "algorithm_type": "dpmsolver++", "solver_order": 2, **_EVEN}),
    "unipc": ("UniPCMultistepScheduler", {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}),
}
_OF_THE_MODEL = ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas", "prediction_type",
                 "rescale_betas_zero_snr", "steps_offset", "set_alpha_to_one", "thresholding",
                 "dynamic_thresholding_ratio", "sample_max_value", "clip_sample_range", "use_dynamic_shifting",
                 "time_shift_type", "shift_terminal")


def scheduler_named(name: str, pipe: Any) -> Any:
    """A new scheduler for this pipeline; "model" is one like the model's own.

    Raises InputError, naming those that fit, when the method does not suit the model.
    """
    import diffusers

    own = pipe.scheduler
    if name == "model":
        return copy.deepcopy(own)
    fitting = fitting_schedulers(pipe)
    if name not in fitting:
        kind = "a flow" if is_flow(own) else "noise"
        raise InputError(f"scheduler is {name}, which does not suit a model that predicts {kind}; this one takes "
                         + ", ".join(["model", *fitting]))
    class_name, changes = fitting[name]
    scheduler = getattr(diffusers, class_name)
    made = scheduler.from_config(_settings(own, scheduler, changes))
    return _unshifted(made) if is_flow(made) and not own.config.get("use_dynamic_shifting") else made


def fitting_schedulers(pipe: Any) -> dict[str, tuple[str, dict[str, Any]]]:
    """The methods that suit a pipeline: name -> (class of diffusers, what is set whatever the model says)."""
    own = pipe.scheduler
    if is_flow(own):
        fitting = dict(FLOW)
        shifts = bool(own.config.get("use_dynamic_shifting"))
        if shifts or type(pipe).__name__ == "FluxPipeline":
            del fitting["heun"]  # it cannot shift its schedule by the size of the picture
        if shifts and own.config.get("time_shift_type") == "linear":
            del fitting["dpm++_2m"]
    else:
        fitting = dict(NOISE) if _has_betas(own) else {}
    calls = inspect.signature(type(pipe).__call__).parameters
    return {} if "original_inference_steps" in calls else fitting  # which only the scheduler of LCM takes


def _has_betas(scheduler: Any) -> bool:
    """Whether its noise schedule is one that the others can be told: betas, and nothing on top of them."""
    return "beta_schedule" in scheduler.config and "snr_shift_scale" not in scheduler.config


def _settings(own: Any, scheduler: Any, changes: dict[str, Any]) -> dict[str, Any]:
    """What a scheduler of another class is made from: what the own one's settings say, and what it is by default.

    Pipelines mend the settings that they are loaded with (steps_offset is 1 for Stable Diffusion), so it is the live
    scheduler that is asked. What only pipelines read of a scheduler stays among its settings.
    """
    config, by_default = own.config, set(own.config.get("_use_default_values", ()))
    knows = set(inspect.signature(type(own).__init__).parameters)
    takes = set(inspect.signature(scheduler.__init__).parameters)
    settings = {name: value for name, value in config.items() if not name.startswith("_") and not (
        name in takes and name in by_default and name not in _OF_THE_MODEL)}
    if "clip_sample" in takes:
        settings["clip_sample"] = bool("clip_sample" in knows and config.get("clip_sample"))
    shift = config.get("shift") or config.get("flow_shift") or 1.0
    settings |= {name: shift for name in ("shift", "flow_shift") if name in takes}
    return {**settings, **changes, "_class_name": type(own).__name__}


def _unshifted(scheduler: Any) -> Any:
    """The scheduler, deaf to the shift that some pipelines compute whether their model wants one or not."""
    takes = inspect.signature(scheduler.set_timesteps).parameters
    if "mu" not in takes:
        return scheduler
    set_timesteps = scheduler.set_timesteps

    @wraps(set_timesteps)
    def unshifted(*arguments: Any, mu: float | None = None, **settings: Any) -> Any:
        return set_timesteps(*arguments, **settings)

    scheduler.set_timesteps = unshifted
    return scheduler


def judge_steps(scheduler: Any, steps: int) -> None:
    """Raises InputError for fewer steps than a scheduler can take."""
    needed = scheduler.pndm_order if scheduler.config.get("skip_prk_steps") is False else 1
    if type(scheduler).__name__ == "PNDMScheduler" and steps < needed:
        raise InputError(f"steps is {steps}; the model's own scheduler (PNDM with Runge-Kutta steps) takes {needed} or "
                         "more; raise it, or choose scheduler: pndm or ddim")


def is_flow(scheduler: Any) -> bool:
    """Whether it integrates a flow (Lipman et al., 2023) rather than taking noise away."""
    return type(scheduler).__name__.startswith("FlowMatch") or bool(scheduler.config.get("use_flow_sigmas"))
