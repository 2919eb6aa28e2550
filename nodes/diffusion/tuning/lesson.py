"""The training of an adapter: what is learned from, and a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...common.training import optimiser_tensors, restore_optimiser
from ..families import denoiser
from .loss import Example, Loss

_OLD = 0.25  # of what is learned are pictures that the model painted itself
_ENOUGH = 6  # pictures, to hold some out
_CLIP, _DECAY = 1.0, 1e-2
_WARM = 10  # steps until the rate is whole
_LOUD = 256.0  # by how much gradients in float16 are kept from vanishing


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

    def __init__(self, learns: dict[str, Any], material: Material, loss: Loss, rate: float):
        import torch

        self.learns, self.material, self.loss, self.rate = learns, material, loss, rate
        self.optimiser = torch.optim.AdamW(learns.values(), lr=rate, weight_decay=_DECAY, betas=(0.9, 0.99))
        first = next(denoiser(loss.pipe).parameters())
        self.loud = _LOUD if first.dtype is torch.float16 else 1.0

    def step(self, number: int, fraction: float) -> Mapping[str, Any]:
        """One update by a batch of pictures, a quarter of which the model painted itself, where there are such."""
        import torch

        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * min(1.0, (number + 1) / _WARM) * (0.1 + 0.9 * min(1.0, 2 * (1 - fraction)))
        examples = self._drawn()
        levels = self.loss.targets.drawn(len(examples))
        noises = [torch.randn(example.samples.shape) for example in examples]
        with torch.enable_grad():
            losses = self.loss.of(examples, noises, levels)
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

        old = torch.rand(self.loss.batch) < _OLD if self.material.old else torch.zeros(self.loss.batch)
        return [_one_of(self.material.old) if kept else _one_of(_one_of(self.material.new)) for kept in old.tolist()]

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


def parted(examples: Sequence[tuple[Example, ...]], seed: int) -> tuple[tuple[tuple[Example, ...], ...], tuple[Example, ...]]:
    """Those to learn from, in all their variants, and those held out, as they are: one in eight, of six or more."""
    import torch

    order = torch.randperm(len(examples), generator=torch.Generator().manual_seed(seed)).tolist()
    out = max(1, len(examples) // 8) if len(examples) >= _ENOUGH else 0
    return tuple(examples[k] for k in sorted(order[out:])), tuple(examples[k][0] for k in sorted(order[:out]))
