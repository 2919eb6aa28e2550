"""Samplers that make some of the noise anew at each step. How they are written is told in `ode`; noise() is a normal
draw in the shape of x.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from .ode import Sampler, toward
from .paths import Path

Noise = Callable[[], Any]


def euler_ancestral(x: Any, sigmas: Sequence[float], path: Path, noise: Noise) -> Sampler:
    """Euler's method to a lower level, and up again with new noise; DDPM's posterior (Ho et al., 2020) is the same."""
    for sigma, to in pairwise(sigmas):
        x, denoised = yield x, sigma
        down, scale, up = path.split(sigma, to)
        x = toward(x, denoised, sigma, down) * scale + noise() * up
    return x


def dpm_2_ancestral(x: Any, sigmas: Sequence[float], path: Path, noise: Noise) -> Sampler:
    """The midpoint method in log sigma to a lower level, and up again with new noise."""
    for sigma, to in pairwise(sigmas):
        x, denoised = yield x, sigma
        down, scale, up = path.split(sigma, to)
        if down:
            middle = math.sqrt(sigma * down)
            there, denoised = yield toward(x, denoised, sigma, middle), middle
            x = (x + (there - denoised) / middle * (down - sigma)) * scale + noise() * up
        else:
            x = denoised * scale + noise() * up
    return x


def lcm(x: Any, sigmas: Sequence[float], path: Path, noise: Noise) -> Sampler:
    """The picture at once, and all its noise anew (multistep consistency sampling, Song et al., 2023)."""
    for sigma, to in pairwise(sigmas):
        x, denoised = yield x, sigma
        x = denoised * path.alpha(to) + noise() * to if to else denoised
    return x


def dpmpp_2s_ancestral(x: Any, sigmas: Sequence[float], path: Path, noise: Noise) -> Sampler:
    """DPM-Solver++(2S) (Lu et al., 2022) to a lower level, the picture judged in the middle, and up with new noise."""
    for sigma, to in pairwise(sigmas):
        x, denoised = yield x, sigma
        down, scale, up = path.split(sigma, to)
        if down:
            middle = between(path, sigma, down)
            _, denoised = yield toward(x, denoised, sigma, middle), middle
        x = toward(x, denoised, sigma, down) * scale + noise() * up
    return x


def dpmpp_sde(x: Any, sigmas: Sequence[float], path: Path, noise: Noise) -> Sampler:
    """DPM-Solver++(S) as a stochastic equation, second order, r = 1/2 (Karras' library, after Lu et al., 2022).

    Both noises of a step are one Brownian walk: that of the whole step holds that of its first half.
    """
    for sigma, to in pairwise(sigmas):
        x, denoised = yield x, sigma
        if not to:
            x = denoised
            continue
        middle = between(path, sigma, to)
        first = noise()
        share = (sigma - middle) / (sigma - to)
        whole = first * math.sqrt(share) + noise() * math.sqrt(1 - share)
        down, scale, up = path.split(sigma, middle)
        _, denoised = yield toward(x, denoised, sigma, down) * scale + first * up, middle
        down, scale, up = path.split(sigma, to)
        x = toward(x, denoised, sigma, down) * scale + whole * up
    return x


def between(path: Path, sigma: float, to: float, share: float = 0.5) -> float:
    """The level that is a share of the way on, in the logarithm of the signal to noise ratio."""
    return path.sigma(path.snr(sigma) * (1 - share) + path.snr(to) * share)
