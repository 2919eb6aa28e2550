"""The training of an adapter: what is learned from, a step, and how well pictures that were held out are foreseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from ...common.training import optimiser_tensors, restore_optimiser
from ..families import denoiser
from ..space import packed
from .calls import Call, Habit, answer, beside, shape_of, together
from .targets import Targets

_OLD = 0.25  # of what is learned are pictures that the model painted itself
_ENOUGH = 6  # pictures, to hold some out
_LEVELS = 8  # of noise, at which held-out pictures are asked for
_CLIP, _DECAY = 1.0, 1e-2
_WARM = 10  # steps until the rate is whole
_LOUD = 256.0  # by how much gradients in float16 are kept from vanishing


@dataclass(frozen=True)
class Example:
    """A picture as the denoiser sees it, samples (1, channels, h, w), and how the denoiser is called for its caption."""

    samples: Any
    call: Call


@dataclass(frozen=True)
class Material:
    """What is learned from. Each of `new` is a picture in its variants, as it is and mirrored.

    old: that the model painted itself; out: held out.
    """

    new: tuple[tuple[Example, ...], ...]
    old: tuple[Example, ...]
    out: tuple[Example, ...]


class Lesson:
    """A Learner of nodegraph_nodes.common.training: AdamW on the weights of an adapter that the denoiser wears."""

    def __init__(self, pipe: Any, learns: dict[str, Any], material: Material, targets: Targets, habit: Habit, rate: float,
                 batch: int):
        import torch

        self.pipe, self.learns, self.material, self.targets, self.habit = pipe, learns, material, targets, habit
        self.rate, self.batch = rate, batch
        self.optimiser = torch.optim.AdamW(learns.values(), lr=rate, weight_decay=_DECAY, betas=(0.9, 0.99))
        first = next(denoiser(pipe).parameters())
        self.loud = _LOUD if first.dtype is torch.float16 else 1.0

    def step(self, number: int, fraction: float) -> Mapping[str, Any]:
        """One update by a batch of pictures, a quarter of which the model painted itself, where there are such."""
        import torch

        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * min(1.0, (number + 1) / _WARM) * (0.1 + 0.9 * min(1.0, 2 * (1 - fraction)))
        examples = self._drawn()
        levels = self.targets.drawn(len(examples))
        noises = [torch.randn(example.samples.shape) for example in examples]
        with torch.enable_grad():
            losses = self._losses(examples, noises, levels)
            (self.loud * losses.mean()).backward()
        for part in self.learns.values():
            if part.grad is not None:
                part.grad /= self.loud
        norm = torch.nn.utils.clip_grad_norm_(self.learns.values(), _CLIP)
        if norm.isfinite():
            self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return {"loss": losses.mean().detach()}

    def _drawn(self) -> list[Example]:
        import torch

        old = torch.rand(self.batch) < _OLD if self.material.old else torch.zeros(self.batch)
        return [_one_of(self.material.old) if kept else _one_of(_one_of(self.material.new)) for kept in old.tolist()]

    def _losses(self, examples: Sequence[Example], noises: Sequence[Any], levels: Any) -> Any:
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

    def foreseen(self, examples: Sequence[Example]) -> float:
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
                    losses.append(self._losses([example] * len(noises[some]), noises[some], levels[some]))
        return float(torch.cat(losses).mean())

    def tensors(self) -> Mapping[str, Any]:
        """The adapter and the state of its optimiser."""
        return {**{f"adapter/{name}": part for name, part in self.learns.items()}, **optimiser_tensors("adamw", self.optimiser)}

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """Go on from such tensors."""
        for name, part in self.learns.items():
            part.data.copy_(tensors[f"adapter/{name}"])
        restore_optimiser("adamw", self.optimiser, tensors)


def _one_of(several: Sequence[Any]) -> Any:
    import torch

    return several[int(torch.randint(len(several), ()))]


def _half(like: Any) -> AbstractContextManager[Any]:
    """Half precision where the network is, with an adapter that is not."""
    import torch

    if like.dtype.itemsize < 4:
        return torch.autocast(like.device.type, dtype=like.dtype)
    return nullcontext()


def parted(examples: Sequence[tuple[Example, ...]], seed: int) -> tuple[tuple[tuple[Example, ...], ...], tuple[Example, ...]]:
    """Those to learn from, in all their variants, and those held out, as they are: one in eight, of six or more."""
    import torch

    order = torch.randperm(len(examples), generator=torch.Generator().manual_seed(seed)).tolist()
    out = max(1, len(examples) // 8) if len(examples) >= _ENOUGH else 0
    return tuple(examples[k] for k in sorted(order[out:])), tuple(examples[k][0] for k in sorted(order[:out]))
