"""How well a denoiser foresees pictures: the error between its answers and the right ones."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from ..families import denoiser
from ..space import packed
from .calls import Call, Habit, answer, beside, shape_of, together
from .targets import Targets

_LEVELS = 8  # of noise, at which pictures are asked for


@dataclass(frozen=True)
class Example:
    """A picture as the denoiser sees it, samples (1, channels, h, w), and how the denoiser is called for its caption."""

    samples: Any
    call: Call


@dataclass(frozen=True)
class Loss:
    """The mean square error of a pipeline's denoiser, as it is now. batch: examples that it is asked at once."""

    pipe: Any
    targets: Targets
    habit: Habit
    batch: int

    def of(self, examples: Sequence[Example], noises: Sequence[Any], levels: Any) -> Any:
        """The error (n,) of what is foreseen; examples whose calls have the same shapes go together."""
        import torch

        groups: dict[Any, list[int]] = {}
        for k, example in enumerate(examples):
            groups.setdefault((tuple(example.samples.shape), shape_of(example.call)), []).append(k)
        parts = [self._errors([examples[k] for k in group], torch.cat([noises[k] for k in group]), levels[group])
                 for group in groups.values()]
        return torch.cat(parts)

    def _errors(self, examples: Sequence[Example], noise: Any, levels: Any) -> Any:
        """The mean square (n,) between the right answers and those of the denoiser."""
        import torch

        samples = torch.cat([example.samples for example in examples]).float()
        asked = self.targets.question(samples, noise.to(samples), levels)
        call = together([example.call for example in examples])
        pattern, more = call.latents, beside(self.pipe, call, samples)
        latents = packed(self.pipe, asked.noisy).to(pattern.dtype)
        if more is not None:
            latents = torch.cat([latents, more], dim=-1 if latents.ndim == 3 else 1)
        times = self.habit.slope * asked.times + self.habit.offset
        ready = call.with_latents(latents, times.to(call.time.dtype))
        with _half(pattern):
            made = answer(denoiser(self.pipe)(*ready.arguments, **ready.settings))
        right = self.habit.sign * packed(self.pipe, asked.answer)
        if made.ndim == 4:
            made = made[:, :right.shape[1]]  # without a variance
        return (made.float() - right).square().flatten(1).mean(1)

    def mean(self, examples: Sequence[Example]) -> float:
        """The error over examples, at fixed noises and levels: the same at any time of a training."""
        import torch

        generator = torch.Generator().manual_seed(0)
        levels = self.targets.spread((torch.arange(_LEVELS) + 0.5) / _LEVELS)
        losses = []
        with torch.no_grad():
            for example in examples:
                noises = [torch.randn(example.samples.shape, generator=generator) for _ in range(_LEVELS)]
                for k in range(0, _LEVELS, self.batch):
                    some = slice(k, k + self.batch)
                    losses.append(self.of([example] * len(noises[some]), noises[some], levels[some]))
        return float(torch.cat(losses).mean())


def _half(like: Any) -> AbstractContextManager[Any]:
    """Half precision where the network is, with an adapter that is not."""
    import torch

    if like.dtype.itemsize < 4:
        return torch.autocast(like.device.type, dtype=like.dtype)
    return nullcontext()
