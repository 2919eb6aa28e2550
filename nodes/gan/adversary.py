"""The game between two networks (Goodfellow et al., 2014) as one Learner: a generator, its critic, their optimisers.

The generator maximises log D(G(z)) instead of minimising log(1 - D(G(z))): the non-saturating form, whose gradient does
not vanish while the critic is winning. The critic is held back by R1, the squared gradient at true pictures (Mescheder
et al., 2018), taken now and then and weighed up for it (Karras et al., 2020). What is kept is a moving average of the
generator. With few pictures the critic learns them by heart; what it sees is then augmented, as much as keeps it
unsure (`augmentation`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from ..common.training import module_tensors, optimiser_tensors, restore_modules, restore_optimiser
from .networks import Discriminator, Generator, Shape, averaged

Draw = Callable[[int, int], tuple[torch.Tensor, torch.Tensor | None]]  # (step, n) -> pictures in -1..1, one-hot kinds
Augment = Callable[[torch.Tensor, float], torch.Tensor]

_R1_EVERY = 4
_R1_UP, _R1_DOWN, _R1_RANGE = 0.08, 0.01, (0.05, 1e4)  # the most that its weight changes each time, as shares
_RECENT = 0.05  # the share of the last step in the mean loss
_HELD = 0.6  # the mean sign of the critic's scores of true pictures that augmentation aims at (Karras et al., 2020)
_HOLD_PICTURES = 100_000  # for augmentation to rise from 0 to 1


@dataclass(frozen=True)
class Rules:
    """How the game is played.

    rate: of both Adams; it falls to `final` of itself over the last `falling` of the time. r1: weight of the penalty at
    first; it then grows while the critic's loss is below `aim` and falls while it is above. What weight is right goes with
    the square of the side, with the networks and with how far the generator has come, and a critic that wins outright
    teaches nothing: one trained with a weight that was a tenth of what it should have been had collapsed by step 100.
    kinds, forged_kinds: weights of the kind in the losses of critic and generator: the critic learns to name the kind of
    true pictures, the generator to forge what it names rightly (Odena et al., 2017). By projection alone kinds ran into
    each other.
    noise: standard deviation of what is laid over true and forged pictures before the critic sees them, at first; a third
    of it is left at the end. No flat ground is told by how flat it is. memory: pictures after which half of the average
    is forgotten.
    """

    batch: int = 32
    rate: float = 2.5e-3
    final: float = 0.1
    falling: float = 0.4
    r1: float = 15.0
    aim: float = 0.65
    kinds: float = 1.0
    forged_kinds: float = 0.3
    noise: float = 0.05
    memory: float = 10_000


class Game:
    """A Learner. `average` is the generator to keep; `strength` how often pictures are augmented, 0 to 1."""

    def __init__(self, shape: Shape, rules: Rules, draw: Draw, device: str, augment: Augment | None = None) -> None:
        self.rules, self.draw, self.augment, self.device = rules, draw, augment, torch.device(device)
        layout = torch.channels_last  # on a CPU, too, half as fast again
        self.generator = Generator(shape).to(self.device, memory_format=layout)
        self.critic = Discriminator(shape).to(self.device, memory_format=layout)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        lazy = _R1_EVERY / (_R1_EVERY + 1)  # R1 comes as one more step among these
        self.movers = (torch.optim.Adam(self.generator.parameters(), rules.rate, betas=(0.0, 0.99), eps=1e-8),
                       torch.optim.Adam(self.critic.parameters(), rules.rate * lazy, betas=(0.0, 0.99**lazy), eps=1e-8))
        self.rates = [mover.param_groups[0]["lr"] for mover in self.movers]
        self.strength = torch.zeros((), device=self.device)
        self.sign = torch.zeros((), device=self.device)
        self.slope = torch.zeros((), device=self.device)
        self.r1 = torch.tensor(rules.r1, device=self.device)
        self.loss = torch.tensor(rules.aim, device=self.device)  # the critic's, a mean over the last steps
        self.fraction = 0.0

    def step(self, number: int, fraction: float) -> Mapping[str, torch.Tensor]:
        """One update of each network."""
        fall = max(0.0, fraction - 1 + self.rules.falling) / self.rules.falling
        for mover, rate in zip(self.movers, self.rates, strict=True):
            mover.param_groups[0]["lr"] = rate * (1 - (1 - self.rules.final) * fall)
        self.fraction = fraction
        pictures, kinds = self.draw(number, self.rules.batch)
        critic_loss, sign = self._criticise(pictures, kinds)
        told = {"critic": critic_loss, "sign": sign}
        self.loss.lerp_(critic_loss, _RECENT)
        if number % _R1_EVERY == 0:
            lacking = ((self.rules.aim - self.loss) / 0.1).clamp(-1, 1)
            self.r1.mul_(torch.exp(lacking.clamp(min=0) * _R1_UP + lacking.clamp(max=0) * _R1_DOWN)).clamp_(*_R1_RANGE)
            self.slope = self._flatten(pictures, kinds)
        told |= {"slope": self.slope, "r1": self.r1}
        told["generator"] = self._forge(kinds)
        share = 1 - 0.5 ** (self.rules.batch / min(self.rules.memory, max(1.0, (number + 1) * self.rules.batch * 0.05)))
        averaged(self.average, self.generator, share)
        if self.augment:
            self.sign.lerp_(sign, 0.05)
            self.strength.add_(torch.sign(self.sign - _HELD) * (self.rules.batch / _HOLD_PICTURES)).clamp_(0, 0.85)
            told["augmentation"] = self.strength
        return told

    def _noise(self) -> torch.Tensor:
        return torch.randn(self.rules.batch, self.generator.shape.z, device=self.device)

    def _seen(self, pictures: torch.Tensor) -> torch.Tensor:
        if self.rules.noise:
            pictures = pictures + self.rules.noise * (1 - self.fraction * 2 / 3) * torch.randn_like(pictures)
        return self.augment(pictures, float(self.strength)) if self.augment else pictures

    def _criticise(self, pictures: torch.Tensor, kinds: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            styles = self.generator.mapping(self._noise(), kinds)
            self.generator.mapping.w_avg.lerp_(styles.mean(0), 0.005)
            forged = self.generator.painted(styles[:, None].expand(-1, 2 * len(self.generator.shape.widths), -1))
        true, named = self.critic.judged(self._seen(pictures), kinds)
        false = self.critic(self._seen(forged), kinds)
        loss = F.softplus(-true).mean() + F.softplus(false).mean()
        self._move(1, loss + self.rules.kinds * _misnamed(named, kinds))
        return loss.detach(), true.detach().sign().mean()

    def _flatten(self, pictures: torch.Tensor, kinds: torch.Tensor | None) -> torch.Tensor:
        seen = self._seen(pictures).detach().requires_grad_()
        slope, = torch.autograd.grad(self.critic(seen, kinds).sum(), seen, create_graph=True)
        steepness = slope.square().sum((1, 2, 3)).mean()
        self._move(1, steepness * (self.r1 / 2 * _R1_EVERY))
        return steepness.detach()

    def _forge(self, kinds: torch.Tensor | None) -> torch.Tensor:
        self.critic.requires_grad_(False)
        scores, named = self.critic.judged(self._seen(self.generator(self._noise(), kinds)), kinds)
        loss = F.softplus(-scores).mean()
        self._move(0, loss + self.rules.forged_kinds * _misnamed(named, kinds))
        self.critic.requires_grad_(True)
        return loss.detach()

    def _move(self, player: int, loss: torch.Tensor) -> None:
        self.movers[player].zero_grad(set_to_none=True)
        loss.backward()
        self.movers[player].step()

    def _parts(self) -> dict[str, torch.nn.Module]:
        return {"generator": self.generator, "critic": self.critic, "average": self.average}

    def tensors(self) -> dict[str, torch.Tensor]:
        """Both networks, the average, the moments of their optimisers, and how strong augmentation is."""
        held = module_tensors(self._parts())
        for name, mover in zip(("adam.generator", "adam.critic"), self.movers, strict=True):
            held |= optimiser_tensors(name, mover)
        return held | {"strength": self.strength, "sign": self.sign, "r1": self.r1, "loss": self.loss}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from such tensors."""
        restore_modules(self._parts(), tensors)
        for name, mover in zip(("adam.generator", "adam.critic"), self.movers, strict=True):
            restore_optimiser(name, mover, tensors)
        for name in ("strength", "sign", "r1", "loss"):
            getattr(self, name).copy_(tensors[name])


def _misnamed(named: torch.Tensor | None, kinds: torch.Tensor | None) -> torch.Tensor | float:
    """The cross entropy of kinds as the critic names them; 0 where there are none."""
    return 0.0 if named is None else F.cross_entropy(named, kinds)
