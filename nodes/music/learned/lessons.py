"""How a MusicVAE and a melody RNN are trained: steps for the loop of `common.training`, and what they are measured by."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import nn

from ...common.training import module_tensors, optimiser_tensors, restore_modules, restore_optimiser


class Material(Protocol):
    """What a training shows."""

    def __call__(self, n: int) -> torch.Tensor:
        """n grids, uint8, drawn by torch's dice."""


@dataclass(frozen=True)
class Rules:
    """How a network learns. free: nats of z that cost nothing; beta: what those beyond cost (MusicVAE's names).

    forgotten: share of steps that the decoder is not shown. average: decay of the moving average that is kept.
    """

    batch: int = 128
    rate: float = 2e-3
    warmup: int = 40
    free: float = 48.0
    beta: float = 0.25
    forgotten: float = 0.3
    average: float = 0.995
    clip: float = 1.0


class Lesson:
    """A network that learns, with its optimiser and the moving average of its weights, which is what is kept."""

    def __init__(self, network: nn.Module, material: Material, rules: Rules) -> None:
        self.network, self.material, self.rules = network, material, rules
        self.average = copy.deepcopy(network).eval().requires_grad_(False)
        self.optimiser = torch.optim.Adam(network.parameters(), rules.rate, betas=(0.9, 0.99))

    def loss(self, grids: torch.Tensor) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
        """The loss of a batch, and what there is to tell of it."""
        raise NotImplementedError

    def step(self, number: int, fraction: float) -> Mapping[str, torch.Tensor]:
        """One update; the rate rises over the warm-up and falls along a cosine."""
        rules = self.rules
        rate = rules.rate * min(1.0, (number + 1) / rules.warmup) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * fraction)))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        loss, told = self.loss(self.material(rules.batch))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), rules.clip)
        self.optimiser.step()
        decay = min(rules.average, (1 + number) / (10 + number))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), [p.detach() for p in self.network.parameters()], 1 - decay)
        return told

    def _parts(self) -> dict[str, nn.Module]:
        return {"network": self.network, "average": self.average}

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """Weights, their average and the optimiser's moments."""
        return {**module_tensors(self._parts()), **optimiser_tensors("adam", self.optimiser)}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from such tensors."""
        restore_modules(self._parts(), tensors)
        restore_optimiser("adam", self.optimiser, tensors)


class VaeLesson(Lesson):
    """A MusicVAE: nats of the music given z, and of z over its prior beyond the free ones."""

    def loss(self, grids: torch.Tensor) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
        nats, latent = self.network.losses(grids, self.rules.forgotten)
        over = (latent.mean() - self.rules.free).clamp(min=0)
        return nats.mean() + self.rules.beta * over, {"nats": nats.mean().detach(), "latent_nats": latent.mean().detach()}


class RnnLesson(Lesson):
    """A melody RNN: nats of a sixteenth."""

    def loss(self, grids: torch.Tensor) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
        nats = self.network.nats(grids)
        return nats, {"nats": nats.detach()}
