"""The steps of one sampling: a scheduler of which a pipeline sees a part, and what is done after each step.

By this the pipeline that paints from words alone also paints over a picture (Meng et al., SDEdit, 2022), paints anew
what a mask covers, begins where another model has left off, and tells how far it is, whatever its family.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Any

from nodegraph import InputError

from .samplers import is_flow, noisy_scale

After = Callable[[int, int, Any, Callable[[], Any]], None]


@dataclass
class Start:
    """What a sampling begins with, as the loop of its pipeline holds it.

    latents: of the picture. mask: 1 where it is painted anew, in the shape of the latents, or None for all of it.
    noisy: whether the latents are those that another sampling left, noise and all. bare: whether the first step sees
    noise alone. noise: what the pipeline drew; drawn: the tensor that its loop begins with, to be filled.
    """

    latents: Any
    mask: Any = None
    noisy: bool = False
    bare: bool = False
    noise: Any = None
    drawn: Any = None

    def take(self, drawn: Any) -> None:
        """Take the noise that the pipeline has drawn, in the tensor that its loop begins with."""
        self.drawn, self.noise = drawn, drawn.clone()


class Steps:
    """A scheduler that shows a pipeline only its steps from `first` to before `last`.

    It is one to whoever asks what it is, and all that is not said here is the scheduler's own affair.
    first, last: in the pipeline's steps; a negative or None end is the schedule's.
    start: what is painted over, or None. whole: whether what an early end leaves of noise is taken away at once.
    settings: what else the scheduler's set_timesteps is told.
    after: function(index, total, latents, forecast) called after each step; forecast() is what the denoised picture
    is thought to be, in the loop's form.
    """

    def __init__(self, scheduler: Any, first: int = 0, last: int | None = None, start: Start | None = None,
                 whole: bool = True, settings: dict[str, Any] | None = None, after: After | None = None):
        self.inner, self.start, self.whole, self.after = scheduler, start, whole, after
        self.settings = settings or {}
        self.first, self.last = first * scheduler.order, None if last is None else last * scheduler.order
        self.index = 0  # of the step that comes next, within the window
        self.latents: Any = None  # that the last step left
        # Pipelines look at the parameters of these two.
        self.set_timesteps = _like(scheduler.set_timesteps, self._set_timesteps)
        self.step = _like(scheduler.step, self._step)
        self._takes = signature(scheduler.step)
        if hasattr(scheduler, "set_begin_index"):
            self.set_begin_index = self._set_begin_index

    def __getattr__(self, name: str) -> Any:
        if name == "inner":  # while it is being copied
            raise AttributeError(name)
        return getattr(self.inner, name)

    @property  # pipelines ask for the class of their scheduler
    def __class__(self) -> type:  # type: ignore[override]
        return type(self.inner)

    @property
    def timesteps(self) -> Any:
        """Those of the window."""
        return self.inner.timesteps[self.first:self.last]

    @property
    def init_noise_sigma(self) -> Any:
        """What pipelines multiply their noise with: of a start, nothing, since it is mixed here."""
        return 1.0 if self.start is not None else self.inner.init_noise_sigma

    def scale_model_input(self, sample: Any, *arguments: Any, **settings: Any) -> Any:
        """What the denoiser reads of latents; of a flow these themselves."""
        scale = getattr(self.inner, "scale_model_input", None)
        return sample if scale is None else scale(sample, *arguments, **settings)

    def _set_begin_index(self, begin_index: int = 0) -> None:
        self.inner.set_begin_index(self.first + begin_index)

    def _set_timesteps(self, *arguments: Any, **settings: Any) -> None:
        self.inner.set_timesteps(*arguments, **settings, **self.settings)
        self.index = 0
        if not len(self.timesteps):
            raise InputError(f"of {len(self.inner.timesteps)} steps, those from {self.first} to "
                             f"{len(self.inner.timesteps) if self.last is None else self.last} are asked for, which "
                             "is none; raise steps or strength, or widen start_step and end_step")
        if self.first and hasattr(self.inner, "set_begin_index"):
            self.inner.set_begin_index(self.first)
        self.begin()

    def begin(self) -> None:
        """Mix the start with the noise that the pipeline drew, once both that and the timesteps are known."""
        start = self.start
        if start is not None and start.drawn is not None and len(getattr(self.inner, "timesteps", ())):
            start.drawn.copy_(self._first_latents(start))

    def _first_latents(self, start: Start) -> Any:
        latents = start.latents.to(start.drawn)
        if start.noisy:
            return latents / noisy_scale(self.inner, self.first)
        if start.bare and not self.first:
            return start.noise * self.inner.init_noise_sigma if hasattr(self.inner, "init_noise_sigma") else start.noise
        return self.noised(latents, self.first)

    def noised(self, latents: Any, position: int) -> Any:
        """Latents with the noise that belongs to a position in the whole schedule; past its end, without any."""
        noise, inner = self.start.noise.to(latents), self.inner  # type: ignore[union-attr]
        if position >= len(inner.timesteps):
            return latents
        if is_flow(inner):
            sigma = inner.sigmas[position].to(latents)
            return sigma * noise + (1.0 - sigma) * latents
        return inner.add_noise(latents, noise, inner.timesteps[position:position + 1])

    def _step(self, *arguments: Any, **settings: Any) -> Any:
        # Not every scheduler has them in the same places (CogVideoX's takes what it thought before as well).
        named = {name: value for name, value in settings.items() if name in self._takes.parameters}
        given = self._takes.bind(*arguments, **named).arguments
        model_output, timestep, sample = (given[name] for name in ("model_output", "timestep", "sample"))
        position, total = self.first + self.index, len(self.timesteps)
        if not self.index:
            self._judge_begin(sample)
        made = self.inner.step(*arguments, **settings)
        latents = made[0] if isinstance(made, tuple) else made.prev_sample
        self.index += 1

        def forecast() -> Any:
            return self._forecast(made, model_output, timestep, sample, latents, position)

        early = position + 1 < len(self.inner.timesteps)
        kept = forecast() if self.whole and early and self.index == total else latents
        kept = self._held(kept, position + 1 if early and not (self.whole and self.index == total)
                          else len(self.inner.timesteps))
        if early and self.index == total and not self.whole:
            kept = kept * noisy_scale(self.inner, position + 1)
        self.latents = kept
        if self.after is not None:
            self.after(self.index, total, kept, forecast)
        if kept is latents:
            return made
        return (kept, *made[1:]) if isinstance(made, tuple) else type(made)(**{**made, "prev_sample": kept})

    def _judge_begin(self, sample: Any) -> None:
        import torch

        start = self.start
        if start is not None and (start.drawn is None or not torch.equal(start.drawn, sample.to(start.drawn))):
            raise InputError("this model's pipeline cannot begin with a picture; leave start out")

    def _held(self, latents: Any, position: int) -> Any:
        """The latents, with the start's own where its mask does not reach yet.

        What is half covered is painted anew in the later half of the steps alone (Levin and Fried, Differential
        Diffusion, 2023); of a mask of 0 and 1 that is what inpainting does.
        """
        import torch

        if self.start is None or self.start.mask is None:
            return latents
        keep = self.start.mask.to(latents.device) <= 1 - self.index / len(self.timesteps)
        own = self.noised(self.start.latents.to(latents), position)
        return torch.where(keep, own, latents)

    def _forecast(self, made: Any, output: Any, timestep: Any, sample: Any, latents: Any, position: int) -> Any:
        """The denoised latents as this step sees them: the scheduler's own word, or along its line."""
        own = made[1] if isinstance(made, tuple) and len(made) > 1 else getattr(made, "pred_original_sample", None)
        if own is not None and getattr(own, "shape", None) == latents.shape:
            return own
        sigma = self._sigma(timestep, position)
        if sigma is None:
            return latents
        if is_flow(self.inner):
            return sample - sigma * output.to(sample)
        return _of_noise(self.inner, sample, output.to(sample), sigma)

    def _sigma(self, timestep: Any, position: int) -> float | None:
        """The ratio of noise to signal at a step, of a flow the share of noise; None where a scheduler tells neither."""
        sigmas = getattr(self.inner, "sigmas", None)
        if sigmas is not None and len(sigmas) > position:
            return float(sigmas[position])
        kept = getattr(self.inner, "alphas_cumprod", None)
        if kept is None:
            return None
        signal = float(kept[min(int(timestep), len(kept) - 1)])
        return ((1 - signal) / max(signal, 1e-6)) ** 0.5


def _like(pattern: Callable[..., Any], method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(pattern)
    def called(*arguments: Any, **settings: Any) -> Any:
        return method(*arguments, **settings)
    return called


def _of_noise(scheduler: Any, sample: Any, output: Any, sigma: float) -> Any:
    """The denoised latents of a model that predicts noise, at a ratio sigma of noise to signal."""
    alpha = (1 + sigma ** 2) ** -0.5
    if float(scheduler.init_noise_sigma) > 1.5:  # its latents are not scaled to a variance of 1
        sample = sample * alpha
    kind = scheduler.config.get("prediction_type")
    if kind == "sample":
        return output
    if kind == "v_prediction":
        return alpha * sample - sigma * alpha * output
    return (sample - sigma * alpha * output) / alpha
