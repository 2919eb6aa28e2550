"""A scheduler of diffusers cut to what is wanted of it: a schedule, levels of another, noise of its own.

It stays what it is, an object of its class; what is changed stands in a subclass of the same name.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from .classes import is_flow
from .paths import ALMOST_NOISE
from .schedules import EVEN, Formula


def with_method(scheduler: Any, name: str, make: Callable[[Any], Any]) -> Any:
    """The scheduler, with a method made from the one that it has."""
    method = make(getattr(type(scheduler), name))
    kind = type(scheduler)
    scheduler.__class__ = type(kind.__name__, (kind,), {name: method, "__module__": kind.__module__})
    return scheduler


def with_formula(scheduler: Any, formula: Formula) -> Any:
    """The scheduler, with its levels from a formula: in the place where diffusers would ask scipy for a Beta's."""
    scheduler.register_to_config(use_beta_sigmas=True, use_karras_sigmas=False, use_exponential_sigmas=False)
    scheduler.use_beta_sigmas, scheduler.use_karras_sigmas, scheduler.use_exponential_sigmas = True, False, False

    def convert(make: Any) -> Any:
        def converted(self: Any, in_sigmas: Any, num_inference_steps: int) -> Any:
            return formula(float(in_sigmas[0]), float(in_sigmas[-1]), num_inference_steps)
        return converted

    return with_method(scheduler, "_convert_to_beta", convert)


def with_times(scheduler: Any, schedule: str) -> Any:
    """The scheduler of a flow, at times of a schedule rather than those that the pipeline proposes."""
    def timed(set_timesteps: Any) -> Any:
        @functools.wraps(set_timesteps)
        def at_times(self: Any, num_inference_steps: Any = None, device: Any = None, sigmas: Any = None,
                     **more: Any) -> None:
            steps = num_inference_steps or len(sigmas)
            own = {} if schedule == "normal" else {"sigmas": EVEN[schedule](steps)}
            set_timesteps(self, num_inference_steps=steps, device=device, **own, **more)
        return at_times

    return with_method(scheduler, "set_timesteps", timed)


def with_written(scheduler: Any, sigmas: Sequence[float]) -> Any:
    """The scheduler of a flow, at levels that a person wrote down, the last one included."""
    def laid(set_timesteps: Any) -> Any:
        @functools.wraps(set_timesteps)
        def lay_out(self: Any, num_inference_steps: Any = None, device: Any = None, sigmas: Any = None,
                    **more: Any) -> None:
            import torch

            set_timesteps(self, num_inference_steps=len(written) - 1, device=device, **more)
            self.sigmas = torch.tensor(written, dtype=torch.float32, device=device)
            self.timesteps = self.sigmas[:-1] * self.config.num_train_timesteps
        return lay_out

    written = list(sigmas)
    return with_method(scheduler, "set_timesteps", laid)


def with_levels_of(scheduler: Any, flow: Any, last: float = 0.0) -> Any:
    """A multistep scheduler, at the levels that a scheduler of flows lays out, down to a last one."""
    def laid(set_timesteps: Any) -> Any:
        def lay_out(self: Any, num_inference_steps: int | None = None, device: Any = None, sigmas: Any = None,
                    mu: float | None = None) -> None:
            import torch

            proposed = {name: value for name, value in (("sigmas", sigmas), ("mu", mu)) if value is not None}
            flow.set_timesteps(num_inference_steps or len(sigmas), device="cpu", **proposed)
            takes = inspect.signature(set_timesteps).parameters
            set_timesteps(self, len(flow.sigmas) - 1, device=device, **({"mu": mu} if mu and "mu" in takes else {}))
            self.sigmas = flow.sigmas.clamp(last, ALMOST_NOISE)
            self.timesteps = (flow.sigmas[:-1] * self.config.num_train_timesteps).to(device=device, dtype=torch.int64)
        return lay_out

    return with_method(scheduler, "set_timesteps", laid)


def with_last(scheduler: Any, sigma: float, least: bool = False) -> Any:
    """The scheduler, with its last step ending at a level; or, if that is the least, no lower."""
    def ended(set_timesteps: Any) -> Any:
        @functools.wraps(set_timesteps)
        def end(self: Any, *arguments: Any, **settings: Any) -> None:
            set_timesteps(self, *arguments, **settings)
            self.sigmas[-1] = max(sigma, float(self.sigmas[-1])) if least else sigma
        return end

    return with_method(scheduler, "set_timesteps", ended)


def unshifted(scheduler: Any) -> Any:
    """The scheduler, deaf to the shift that some pipelines compute whether their model wants one or not."""
    if "mu" not in inspect.signature(scheduler.set_timesteps).parameters:
        return scheduler

    def deaf(set_timesteps: Any) -> Any:
        @functools.wraps(set_timesteps)
        def set_unshifted(self: Any, *arguments: Any, mu: float | None = None, **settings: Any) -> None:
            set_timesteps(self, *arguments, **settings)
        return set_unshifted

    return with_method(scheduler, "set_timesteps", deaf)


def with_noise_of(scheduler: Any, generator: Any) -> Any:
    """The scheduler, drawing from a generator where the pipeline hands it none, and taking one that it has no use for."""
    takes = "generator" in inspect.signature(scheduler.step).parameters

    def drawing(step: Any) -> Any:
        @functools.wraps(step)
        def drawn(self: Any, *arguments: Any, **settings: Any) -> Any:
            given = settings.pop("generator", None)
            own = {"generator": generator if given is None else given} if takes else {}
            return step(self, *arguments, **settings, **own)
        return drawn

    return with_method(scheduler, "step", drawing)


# Classes of diffusers whose samples explode with their noise, as Karras' do; others keep a variance of one.
_EXPLODING = ("EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "HeunDiscreteScheduler",
              "KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler", "LMSDiscreteScheduler", "GeneratorScheduler")


def noisy_scale(scheduler: Any, at: int) -> float:
    """What a sample of this scheduler at a step is multiplied with to be picture + sigma * noise.

    In this form noisy latents go from one sampler to another. Along a flow every sampler has one form.
    """
    if is_flow(scheduler) or type(scheduler).__name__ in _EXPLODING:
        return 1.0
    sigmas = getattr(scheduler, "sigmas", None)
    if sigmas is not None:
        return float((1 + sigmas[at].double() ** 2).sqrt())
    return float(scheduler.alphas_cumprod[int(scheduler.timesteps[at])].double() ** -0.5)
