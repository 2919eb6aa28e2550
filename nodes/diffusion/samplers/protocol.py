"""A sampler as a scheduler of diffusers: the pipeline calls the model, this hands its answers on to the generator.

Imports torch and diffusers, so it is imported where a pipeline is at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import numpy as np
import torch
from diffusers import ConfigMixin, SchedulerMixin
from diffusers.utils import BaseOutput
from diffusers.utils.torch_utils import randn_tensor

from nodegraph import InputError

from .ode import Sampler
from .paths import ALMOST_NOISE, EXPLODING, FLOW

Method = Callable[..., Sampler]


@dataclass
class Step(BaseOutput):
    """What a step gives, as diffusers names it."""

    prev_sample: Any
    pred_original_sample: Any = None


class Evaluations(torch.Tensor):
    """The timesteps of a sampler that finds its own: as many as it takes, told while it runs."""

    scheduler: Any = None

    def __iter__(self) -> Iterator[Any]:
        yield self.scheduler.timesteps_now()
        while not self.scheduler.done:
            yield self.scheduler.timesteps_now()


class GeneratorScheduler(SchedulerMixin, ConfigMixin):
    """The protocol of diffusers' schedulers around one of our samplers.

    base: an Euler scheduler of diffusers, which knows the model's levels and how they are spread. method: the sampler.
    order: how often it asks the model in one step. in_snr: whether it counts in the logarithm of the signal to noise
    ratio. adaptive: whether it finds its own steps. levels: sigmas in the place of the base's. generator: draws the
    noise where the pipeline hands none on.
    """

    config_name = "scheduler_config.json"

    def __init__(self, base: Any, method: Method, order: int, flow: bool, in_snr: bool = False, adaptive: bool = False,
                 levels: Sequence[float] | None = None, generator: Any = None):
        self.base, self.method, self.order, self.path = base, method, order, FLOW if flow else EXPLODING
        self.in_snr, self.adaptive, self.given, self.generator = in_snr, adaptive, levels, generator
        self.levels: list[float] = []
        self._forget()

    @property
    def config(self) -> Any:
        """The settings of the model's own scheduler, as far as Euler's takes them."""
        return self.base.config

    def _forget(self) -> None:
        self._begin: int | None = None
        self._index: int | None = None
        self._run: Sampler | None = None
        self._asked: tuple[Any, float] | None = None
        self._handed: Any = None
        self.done = False
        self.denoised: Any = None

    # How diffusers asks for the steps.

    def set_timesteps(self, num_inference_steps: int | None = None, device: Any = None,
                      sigmas: Sequence[float] | None = None, mu: float | None = None) -> None:
        """Lays out the levels for so many steps, and the timesteps of each question to the model."""
        facts = {"sigmas": sigmas, "mu": mu} if self.path.flow else {}
        steps = num_inference_steps or len(sigmas)  # type: ignore[arg-type]  # one of them is there
        self.base.set_timesteps(**({"num_inference_steps": steps, "device": "cpu"} | {
            name: value for name, value in facts.items() if value is not None}))
        levels = self.base.sigmas.double().tolist() if self.given is None else list(self.given)
        exact = dict(zip(levels, self.base.timesteps.tolist())) if self.given is None else {}
        if self.in_snr and self.path.flow:
            levels[0] = min(levels[0], ALMOST_NOISE)
        self.levels = levels
        self._forget()
        asked = [sigma for _, sigma in self._dry(self.levels)]
        times = [exact.get(sigma, self._time(sigma)) for sigma in asked]
        self.sigmas = torch.tensor([*asked, self.levels[-1]], dtype=torch.float32)
        self.timesteps = torch.tensor(times, dtype=torch.float32, device=device)
        self.num_inference_steps = len(self.levels) - 1
        if self.adaptive:
            kind = type("Evaluations", (Evaluations,), {"scheduler": self})
            self.timesteps = self.timesteps.as_subclass(kind)

    def _dry(self, levels: list[float]) -> Iterator[tuple[Any, float]]:
        """What the sampler asks of these levels. One that finds its own steps is only heard for as many as wanted."""
        run = self.method(torch.zeros(1), levels, self.path, lambda: torch.zeros(1))
        zero = torch.zeros(1)
        asked = next(run)
        for _ in islice(count(), len(levels) - 2 if self.adaptive else None):
            yield asked
            try:
                asked = run.send((zero, zero))
            except StopIteration:
                return
        yield asked

    def _time(self, sigma: float) -> float:
        """The timestep that the model is told for a level."""
        if self.path.flow:
            return sigma * float(self.base.config.num_train_timesteps)
        cumulative = self.base.alphas_cumprod
        logs = np.log(np.array(((1 - cumulative) / cumulative) ** 0.5))
        return float(self.base._sigma_to_t(np.array(sigma), logs))

    def timesteps_now(self) -> Any:
        """The timestep of the next question."""
        sigma = self._asked[1] if self._asked else self.levels[0]
        return torch.tensor(self._time(sigma), dtype=torch.float32, device=self.timesteps.device)

    def set_begin_index(self, begin_index: int = 0) -> None:
        """The question at which the run begins, counted from the first of them all."""
        if begin_index and (self.adaptive or self.method.__name__ == "dpm_fast"):
            raise InputError(f"{self.method.__name__} finds its own steps and cannot begin in the middle of them; take "
                             "strength: 1, or another sampler")
        if begin_index and begin_index >= len(self.timesteps):
            raise InputError(f"{self.method.__name__} cannot begin with the very last step; raise strength or steps")
        self._begin = begin_index

    @property
    def begin_index(self) -> int | None:
        return self._begin

    @property
    def step_index(self) -> int | None:
        return self._index

    @property
    def init_noise_sigma(self) -> float:
        """What pure noise is multiplied with at the start, as Euler's scheduler of diffusers has it."""
        below = self.base.config.get("timestep_spacing") == "leading"  # the highest level that the model knows
        return 1.0 if self.path.flow else (self.levels[0] ** 2 + below) ** 0.5

    def index_for_timestep(self, timestep: Any, schedule_timesteps: Any = None) -> int:
        """The question at which a timestep is told."""
        times = self.timesteps if schedule_timesteps is None else schedule_timesteps
        return int((times.as_subclass(torch.Tensor).cpu() - float(timestep)).abs().argmin())

    def scale_model_input(self, sample: Any, timestep: Any = None) -> Any:
        """The sample as the network takes it."""
        if self.path.flow:
            return sample
        sigma = self._asked[1] if self._asked else self.levels[self._first_step(timestep)]
        return sample / (sigma ** 2 + 1) ** 0.5

    def add_noise(self, original_samples: Any, noise: Any, timesteps: Any) -> Any:
        """A picture with noise, at the level of the next question (or the one that a timestep belongs to)."""
        at = self._index if self._index is not None else self._begin
        at = self.index_for_timestep(torch.as_tensor(timesteps).flatten()[0]) if at is None else at
        sigma = float(self.sigmas[at])
        return original_samples * self.path.alpha(sigma) + noise * sigma

    def scale_noise(self, sample: Any, timestep: Any, noise: Any = None) -> Any:
        """The same, as pipelines of flows call it."""
        return self.add_noise(sample, noise, timestep)

    # One answer of the model, and the next question.

    def step(self, model_output: Any, timestep: Any, sample: Any, generator: Any = None, return_dict: bool = True) -> Any:
        """The next sample to be judged, or the last one, of the type of `model_output`; and the picture seen in this one."""
        if self._run is None:
            self._begin_run(sample, timestep, generator)
        asked, sigma = self._asked  # type: ignore[misc]  # there is one while the run goes on
        # What was handed out is carried on as it was, whole; what came back as another tensor was painted into.
        x = asked if sample is self._handed else sample.float()
        self.denoised = self._denoised(model_output.float(), x, sigma)
        try:
            self._asked = self._run.send((x, self.denoised))  # type: ignore[union-attr]
            x = self._asked[0]
        except StopIteration as finished:
            x, self.done, self._asked = finished.value, True, None
        self._index = (self._index or 0) + 1
        self._handed = x.to(model_output.dtype)
        made = {"prev_sample": self._handed, "pred_original_sample": self.denoised.to(model_output.dtype)}
        return Step(**made) if return_dict else tuple(made.values())

    def _first_step(self, timestep: Any) -> int:
        at = self._begin if self._begin is not None else (
            0 if self.adaptive or timestep is None else self.index_for_timestep(timestep))
        return at // self.order

    def _begin_run(self, sample: Any, timestep: Any, generator: Any) -> None:
        generator, first = generator or self.generator, self._first_step(timestep)

        def noise() -> Any:
            return randn_tensor(sample.shape, generator=generator, device=sample.device, dtype=torch.float32)

        self._index = self._begin or first * self.order
        self._run = self.method(sample.float(), self.levels[first:], self.path, noise)
        self._asked, self._handed = next(self._run), sample

    def _denoised(self, output: Any, x: Any, sigma: float) -> Any:
        """The picture that the model sees in x."""
        if self.path.flow:
            return x - sigma * output
        kind = self.base.config.prediction_type
        if kind == "epsilon":
            picture = x - sigma * output
        elif kind == "v_prediction":
            picture = x / (sigma ** 2 + 1) - output * (sigma / (sigma ** 2 + 1) ** 0.5)
        else:
            picture = output
        limit = self.base.config.get("clip_sample_range", 1.0) if self.base.config.get("clip_sample") else None
        return picture if limit is None else picture.clamp(-limit, limit)

    def __len__(self) -> int:
        return int(self.base.config.num_train_timesteps)
