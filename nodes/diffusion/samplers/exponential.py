"""Samplers that solve the linear part of the equation exactly and count in lambda, the logarithm of alpha / sigma.

How they are written is told in `ode`. With r = lambda's step over the last one, and the functions phi of Hochbruck and
Ostermann (Exponential Integrators, 2010).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from .ancestral import Noise, between
from .ode import Sampler, toward
from .paths import Path


def res_multistep(x: Any, sigmas: Sequence[float], path: Path, noise: Noise) -> Sampler:
    """The refined exponential solver of second order, from two steps (Zhang et al., 2023)."""
    before, last = None, 0.0
    for sigma, to in pairwise(sigmas):
        x, denoised = yield x, sigma
        if not to:
            return denoised
        h = path.snr(to) - path.snr(sigma)
        change = 0.0 if before is None else (denoised - before) * (path.alpha(to) * h * phi_2(-h) * h / last)
        x, before, last = toward(x, denoised, sigma, to) + change, denoised, h
    return x


def phi_1(h: float) -> float:
    return math.expm1(h) / h


def phi_2(h: float) -> float:
    return (phi_1(h) - 1) / h


def er_sde(x: Any, sigmas: Sequence[float], path: Path, noise: Noise) -> Sampler:
    """Extended reverse-time SDE, third order (Cui et al., ER-SDE-Solvers, 2023, algorithm 3, noise scale of section 4)."""
    import numpy as np

    lambdas = [sigma / path.alpha(sigma) for sigma in sigmas]
    pictures: list[Any] = []  # the newest first
    slope = None
    for i, (sigma, to) in enumerate(pairwise(sigmas)):
        x, denoised = yield x, sigma
        pictures = [denoised, *pictures][:2]
        if not to:
            return denoised
        old, new, alpha = lambdas[i], lambdas[i + 1], path.alpha(to)
        ratio = _noise_scale(new) / _noise_scale(old)
        x = x * (alpha / path.alpha(sigma) * ratio) + denoised * (alpha * (1 - ratio))
        if len(pictures) > 1:
            step, nodes = new - old, new + (np.arange(200) + 0.5) * (old - new) / 200
            weights = _noise_scale(new) * (old - new) / 200 / _noise_scale(nodes)
            before, slope = slope, (pictures[0] - pictures[1]) / (old - lambdas[i - 1])
            x = x + slope * (alpha * (step + weights.sum()))
            if before is not None:
                bend = (slope - before) / ((old - lambdas[i - 2]) / 2)
                x = x + bend * (alpha * (step ** 2 / 2 + ((nodes - old) * weights).sum()))
        x = x + noise() * (alpha * math.sqrt(max(new ** 2 - (old * ratio) ** 2, 0.0)))
    return x


def _noise_scale(value: Any) -> Any:
    import numpy as np

    return value * (np.exp(value ** 0.3) + 10)


def seeds_2(x: Any, sigmas: Sequence[float], path: Path, noise: Noise) -> Sampler:
    """Stochastic exponential, derivative-free, two stages (Gonzalez et al., SEEDS, 2023), eta 1."""
    return (yield from _seeds(x, sigmas, path, noise, (0.5,)))


def seeds_3(x: Any, sigmas: Sequence[float], path: Path, noise: Noise) -> Sampler:
    """Stochastic exponential, derivative-free, three stages (Gonzalez et al., SEEDS, 2023), eta 1."""
    return (yield from _seeds(x, sigmas, path, noise, (1 / 3, 2 / 3)))


def _seeds(x: Any, sigmas: Sequence[float], path: Path, noise: Noise, stages: Sequence[float]) -> Sampler:
    """Stages at these shares of a step; the noise is one Ornstein-Uhlenbeck walk through all of them."""
    for sigma, to in pairwise(sigmas):
        x, denoised = yield x, sigma
        if not to:
            return denoised
        h, first, walk, change, at = path.snr(to) - path.snr(sigma), denoised, 0.0, 0.0, 0.0
        for share in (*stages, 1.0):
            level = between(path, sigma, to, share) if share < 1 else to
            since, width = (share - at) * h, share * h
            walk, at = walk * math.exp(-since) + noise() * math.sqrt(-math.expm1(-2 * since)), share
            drawn = x * (level / sigma * math.exp(-width)) - first * (path.alpha(level) * math.expm1(-2 * width))
            drawn = drawn + change * (path.alpha(level) * _bend(2 * width, stages)) * share + walk * level
            if share < 1:
                _, denoised = yield drawn, level
                change = (denoised - first) / share
        x = drawn
    return x


def _bend(width: float, stages: Sequence[float]) -> float:
    """The weight of the picture's change in a stage: SEEDS-2 takes its mean in the middle, SEEDS-3 its integral."""
    return -math.expm1(-width) / 2 if len(stages) == 1 else 1 + math.expm1(-width) / width
