"""What lies between a picture and noise: how much of each is in a sample at a level of noise, sigma.

A sampler is written once. On a path that explodes (Karras et al., 2022) a sample is picture + sigma * noise, which is
also how models that predict noise or v are run, their input scaled; along a rectified flow (Liu et al., 2023) it is
(1 - sigma) * picture + sigma * noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Path:
    """One way from noise to a picture. flow: whether the picture fades in as the noise fades out."""

    flow: bool

    def alpha(self, sigma: float) -> float:
        """How much of the picture is in a sample at this level."""
        return 1 - sigma if self.flow else 1.0

    def snr(self, sigma: float) -> float:
        """The logarithm of alpha / sigma, the lambda of Lu et al. (DPM-Solver, 2022)."""
        return math.log(self.alpha(sigma) / sigma)

    def sigma(self, snr: float) -> float:
        """The level at which `snr` is this."""
        return 1 / (1 + math.exp(snr)) if self.flow else math.exp(-snr)

    def split(self, sigma: float, to: float, eta: float = 1.0) -> tuple[float, float, float]:
        """An ancestral step from sigma to another level: down to a lower one, then x * scale + noise * up.

        Of noise that explodes as much is made anew as the posterior has (Karras' get_ancestral_step, after Song et
        al., 2021); along a flow the way down grows longer by the share that the step takes (the rectified-flow form).
        """
        if self.flow:
            down = to * (1 + (to / sigma - 1) * eta)
            scale = (1 - to) / (1 - down)
            return down, scale, math.sqrt(max(to ** 2 - (down * scale) ** 2, 0.0))
        up = min(to, eta * math.sqrt(to ** 2 * (sigma ** 2 - to ** 2) / sigma ** 2))
        return math.sqrt(to ** 2 - up ** 2), 1.0, up


EXPLODING, FLOW = Path(flow=False), Path(flow=True)
# Where a flow is noise alone its SNR is 0 and has no logarithm; methods that count in it begin here.
ALMOST_NOISE = 0.9999
