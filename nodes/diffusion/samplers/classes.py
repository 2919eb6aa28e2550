"""Which class of diffusers is which sampler, and what one is made from so that a model's facts are carried over.

What a model was trained with (its noise schedule, what it predicts, whether it clips, where its steps end) is a fact
of the model and carried over, also where its settings leave it to the default of its own scheduler. How the steps of a
method are spaced is the method's own affair, unless the model's settings say it or a schedule is chosen.
"""

from __future__ import annotations

import inspect
from typing import Any

from . import adaptive, ancestral, exponential, ode
from .schedules import CURVES

_SOLVER = {"algorithm_type": "dpmsolver++", "solver_order": 2}
_SDE = {"algorithm_type": "sde-dpmsolver++"}
NOISE: dict[str, tuple[str, dict[str, Any]]] = {
    "ddim": ("DDIMScheduler", {}),
    "ddpm": ("DDPMScheduler", {}),
    # Runge-Kutta steps take four steps at least, and latent diffusion is better off without them (Liu et al., 2022).
    "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler_ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpm_2": ("KDPM2DiscreteScheduler", {}),
    "dpm_2_ancestral": ("KDPM2AncestralDiscreteScheduler", {}),
    "dpmpp_2m": ("DPMSolverMultistepScheduler", _SOLVER),
    "dpmpp_2m_sde": ("DPMSolverMultistepScheduler", {**_SDE, "solver_order": 2}),
    "dpmpp_3m_sde": ("DPMSolverMultistepScheduler", {**_SDE, "solver_order": 3}),
    "deis": ("DEISMultistepScheduler", {}),
    "uni_pc": ("UniPCMultistepScheduler", {"solver_type": "bh1"}),
    "uni_pc_bh2": ("UniPCMultistepScheduler", {"solver_type": "bh2"}),
    "sa_solver": ("SASolverScheduler", {}),
    "lcm": ("LCMScheduler", {}),
    "tcd": ("TCDScheduler", {}),
}
# The sigmas of a flow are its own; Karras' and others' would be computed from betas that it does not have.
_FLOWS = {"use_flow_sigmas": True, "prediction_type": "flow_prediction", **dict.fromkeys(CURVES[:3], False)}
FLOW: dict[str, tuple[str, dict[str, Any]]] = {
    "euler": ("FlowMatchEulerDiscreteScheduler", {}),
    "heun": ("FlowMatchHeunDiscreteScheduler", {}),
    "lcm": ("FlowMatchLCMScheduler", {}),
    **{name: (NOISE[name][0], {**NOISE[name][1], **_FLOWS})
       for name in ("dpmpp_2m", "dpmpp_2m_sde", "dpmpp_3m_sde", "deis", "uni_pc", "uni_pc_bh2", "sa_solver")},
}
# Our own: name -> (method, questions to the model in a step, whether it counts in the logarithm of the SNR).
OWN: dict[str, tuple[Any, int, bool]] = {
    "euler": (ode.euler, 1, False), "ddim": (ode.euler, 1, False), "heun": (ode.heun, 2, False),
    "heunpp2": (ode.heunpp2, 3, False), "dpm_2": (ode.dpm_2, 2, False), "lms": (ode.lms, 1, False),
    "ipndm": (ode.ipndm, 1, False), "ipndm_v": (ode.ipndm_v, 1, False),
    "gradient_estimation": (ode.gradient_estimation, 1, False),
    "euler_ancestral": (ancestral.euler_ancestral, 1, False), "ddpm": (ancestral.euler_ancestral, 1, False),
    "dpm_2_ancestral": (ancestral.dpm_2_ancestral, 2, False), "lcm": (ancestral.lcm, 1, False),
    "dpmpp_2s_ancestral": (ancestral.dpmpp_2s_ancestral, 2, True), "dpmpp_sde": (ancestral.dpmpp_sde, 2, True),
    "res_multistep": (exponential.res_multistep, 1, True), "er_sde": (exponential.er_sde, 1, True),
    "seeds_2": (exponential.seeds_2, 2, True), "seeds_3": (exponential.seeds_3, 3, True),
    "dpm_fast": (adaptive.dpm_fast, 1, True), "dpm_adaptive": (adaptive.dpm_adaptive, 1, True),
}
# Schedules that these classes follow; the others are left to our own samplers of the same name. (At timesteps that do
# not lie one regular step apart, DDIM's and DDPM's steps would end elsewhere than the next one begins.)
FOLLOWS = {"DDIMScheduler": ("model", "sgm_uniform", "simple", "ddim_uniform"),
           "DDPMScheduler": ("model", "sgm_uniform", "simple", "ddim_uniform"),
           "LCMScheduler": ("model",), "PNDMScheduler": ("model",), "TCDScheduler": ("model",)}
# Formulas that have no value where no noise is left: the level at which they end instead, far below what can be seen.
LAST = {"DEISMultistepScheduler": 1e-4, "SASolverScheduler": 1e-4, "uni_pc": 1e-6}
_OF_THE_MODEL = ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas", "prediction_type",
                 "rescale_betas_zero_snr", "steps_offset", "set_alpha_to_one", "thresholding",
                 "dynamic_thresholding_ratio", "sample_max_value", "clip_sample_range", "use_dynamic_shifting",
                 "time_shift_type", "shift_terminal")


def is_flow(scheduler: Any) -> bool:
    """Whether it integrates a flow (Lipman et al., 2023) rather than taking noise away."""
    own = getattr(scheduler, "path", None)
    return own.flow if own is not None else (
        type(scheduler).__name__.startswith("FlowMatch") or bool(scheduler.config.get("use_flow_sigmas")))


def has_betas(scheduler: Any) -> bool:
    """Whether its noise schedule is one that the others can be told: betas, and nothing on top of them."""
    return "beta_schedule" in scheduler.config and "snr_shift_scale" not in scheduler.config


def made_like(own: Any, class_name: str, changes: dict[str, Any]) -> Any:
    """A new scheduler of a class of diffusers, with the facts of the model's own one."""
    import diffusers

    kind = getattr(diffusers, class_name)
    return kind.from_config(_settings(own, kind, changes))


def _settings(own: Any, kind: Any, changes: dict[str, Any]) -> dict[str, Any]:
    """What a scheduler of another class is made from: what the own one's settings say, and what it is by default.

    Pipelines mend the settings that they are loaded with (steps_offset is 1 for Stable Diffusion), so it is the live
    scheduler that is asked. What only pipelines read of a scheduler stays among its settings.
    """
    config, by_default = own.config, set(own.config.get("_use_default_values", ()))
    knows = set(inspect.signature(type(own).__init__).parameters)
    takes = set(inspect.signature(kind.__init__).parameters)
    settings = {name: value for name, value in config.items() if not name.startswith("_") and not (
        name in takes and name in by_default and name not in _OF_THE_MODEL)}
    if "clip_sample" in takes:
        settings["clip_sample"] = bool("clip_sample" in knows and config.get("clip_sample"))
    shift = config.get("shift") or config.get("flow_shift") or 1.0
    settings |= {name: shift for name in ("shift", "flow_shift") if name in takes}
    return {**settings, **changes, "_class_name": type(own).__name__}
