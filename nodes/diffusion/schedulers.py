"""Schedulers by name: the same word means the same method, whether a model predicts noise or a flow."""

from __future__ import annotations

from typing import Any

from nodegraph import InputError

NOISE = {
    "ddim": ("DDIMScheduler", {}),
    "pndm": ("PNDMScheduler", {}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler_ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpm++_2m": ("DPMSolverMultistepScheduler", {}),
    "dpm++_2m_karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "unipc": ("UniPCMultistepScheduler", {}),
}
FLOW = {
    "euler": ("FlowMatchEulerDiscreteScheduler", {}),
    "heun": ("FlowMatchHeunDiscreteScheduler", {}),
    "dpm++_2m": ("DPMSolverMultistepScheduler", {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}),
    "unipc": ("UniPCMultistepScheduler", {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}),
}


def scheduler_named(name: str, pipe: Any) -> Any:
    """A new scheduler for this pipeline, with the model's own noise schedule; "model" is the model's own kind.

    Raises InputError, naming those that fit, when the method does not suit the model.
    """
    import diffusers

    own = pipe.scheduler
    if name == "model":
        return type(own).from_config(own.config)
    flow = is_flow(own)
    fitting = dict(FLOW if flow else NOISE)
    if type(pipe).__name__ == "FluxPipeline":
        del fitting["heun"]  # it cannot shift its schedule by the size of the picture, which Flux asks for
    if name not in fitting:
        kind = "a flow" if flow else "noise"
        raise InputError(f"scheduler is {name}, which does not suit a model that predicts {kind}; "
                         f"this one takes model, {', '.join(fitting)}")
    class_name, changes = fitting[name]
    if "use_flow_sigmas" in changes:
        changes = {**changes, "flow_shift": own.config.get("shift", 1.0)}
    return getattr(diffusers, class_name).from_config(own.config, **changes)


def is_flow(scheduler: Any) -> bool:
    """Whether it integrates a flow (Lipman et al., 2023) rather than taking noise away."""
    return type(scheduler).__name__.startswith("FlowMatch") or bool(scheduler.config.get("use_flow_sigmas"))
