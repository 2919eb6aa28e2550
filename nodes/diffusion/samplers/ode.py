"""Samplers that follow the flow of probability, with no new noise on the way.

Each is a generator: `x, denoised = yield x, sigma` asks for the model's picture in x at a level, and is handed it with
the x that was judged (a pipeline may have painted something back into it). sigmas: falling, floats, as many as there
are steps and one more. What it returns is the sample at the last level.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import pairwise
from typing import Any

from .paths import Path

Sampler = Generator[tuple[Any, float], tuple[Any, Any], Any]


def toward(x: Any, denoised: Any, sigma: float, to: float) -> Any:
    """x at another level if the denoised picture stays what it is: exact on both paths."""
    return denoised + (x - denoised) * (to / sigma)


def euler(x: Any, sigmas: Sequence[float], path: Path, noise: Any) -> Sampler:
    """Euler's method in sigma (Karras et al., 2022, algorithm 2 without churn); DDIM of eta 0 is the same."""
    for sigma, to in pairwise(sigmas):
        x, denoised = yield x, sigma
        x = toward(x, denoised, sigma, to)
    return x


def heun(x: Any, sigmas: Sequence[float], path: Path, noise: Any) -> Sampler:
    """Heun's method (Karras et al., 2022, algorithm 2): the slopes at both ends of a step, averaged."""
    for sigma, to in pairwise(sigmas):
        x, denoised = yield x, sigma
        there = toward(x, denoised, sigma, to)
        if to:
            slope = (x - denoised) / sigma
            there, denoised = yield there, to
            there = x + (slope + (there - denoised) / to) / 2 * (to - sigma)
        x = there
    return x


def heunpp2(x: Any, sigmas: Sequence[float], path: Path, noise: Any) -> Sampler:
    """Heun++ (sd-webui-samplers-scheduler, Carzit): slopes of up to two steps ahead, each weighed by its sigma."""
    for i, (sigma, to) in enumerate(pairwise(sigmas)):
        x, denoised = yield x, sigma
        slopes, there = [(x - denoised) / sigma], x
        ahead = [level for level in sigmas[i + 1:i + 3] if level != sigmas[-1]]
        for before, level in pairwise([sigma, *ahead]):
            there, denoised = yield there + slopes[-1] * (level - before), level
            slopes.append((there - denoised) / level)
        weights = [level / ((1 + len(ahead)) * sigmas[0]) for level in ahead]
        x = x + sum(((1 - sum(weights)) * slopes[0], *(w * s for w, s in zip(weights, slopes[1:], strict=True)))
                    ) * (to - sigma)
    return x


def dpm_2(x: Any, sigmas: Sequence[float], path: Path, noise: Any) -> Sampler:
    """The midpoint method, with its middle in log sigma (DPM-Solver-2 of Karras' library)."""
    for sigma, to in pairwise(sigmas):
        x, denoised = yield x, sigma
        if to:
            middle = (sigma * to) ** 0.5
            there, denoised = yield toward(x, denoised, sigma, middle), middle
            x = x + (there - denoised) / middle * (to - sigma)
        else:
            x = denoised
    return x


def lms(x: Any, sigmas: Sequence[float], path: Path, noise: Any) -> Sampler:
    """Linear multistep: the slopes of four steps, a polynomial through them, its integral (Adams and Bashforth)."""
    slopes: list[Any] = []
    for i, (sigma, to) in enumerate(pairwise(sigmas)):
        x, denoised = yield x, sigma
        slopes = [(x - denoised) / sigma, *slopes][:4]
        weights = adams(sigmas[max(0, i - 3):i + 1][::-1], sigma, to)
        x = x + sum(w * s for w, s in zip(weights, slopes, strict=True))
    return x


def adams(levels: Sequence[float], start: float, end: float) -> list[float]:
    """The integral from start to end of each Lagrange polynomial that is 1 at its level and 0 at the others."""
    import numpy as np

    weights = []
    for level in levels:
        others = [other - start for other in levels if other != level]
        polynomial = np.poly1d(others, r=True) if others else np.poly1d([1.0])
        weights.append(float(polynomial.integ()(end - start) / polynomial(level - start)))
    return weights


# Adams' weights for steps of one length.
_EVEN = ((1.0,), (3 / 2, -1 / 2), (23 / 12, -16 / 12, 5 / 12), (55 / 24, -59 / 24, 37 / 24, -9 / 24))


def ipndm(x: Any, sigmas: Sequence[float], path: Path, noise: Any) -> Sampler:
    """Improved pseudo numerical methods (Zhang and Chen, DEIS, 2023): the slopes of four steps, as if they were alike."""
    slopes: list[Any] = []
    for sigma, to in pairwise(sigmas):
        x, denoised = yield x, sigma
        slopes = [(x - denoised) / sigma, *slopes][:4]
        slope = sum(w * s for w, s in zip(_EVEN[len(slopes) - 1], slopes, strict=True))
        x = x + slope * (to - sigma) if to else denoised
    return x


def ipndm_v(x: Any, sigmas: Sequence[float], path: Path, noise: Any) -> Sampler:
    """iPNDM with weights for the true lengths of the steps (Zhang and Chen, 2023); the last step goes straight to 0."""
    steps = lms(x, sigmas if sigmas[-1] else sigmas[:-1], path, noise)
    x = yield from steps
    if not sigmas[-1]:
        x, denoised = yield x, sigmas[-2]
        x = denoised
    return x


def gradient_estimation(x: Any, sigmas: Sequence[float], path: Path, noise: Any, gamma: float = 2.0) -> Sampler:
    """Slopes of two steps, the newer one weighed by gamma, the older by 1 - gamma (Permenter and Yuan, 2023)."""
    before = None
    for sigma, to in pairwise(sigmas):
        x, denoised = yield x, sigma
        slope = (x - denoised) / sigma
        along = slope if before is None else gamma * slope + (1 - gamma) * before
        x, before = x + along * (to - sigma) if to else denoised, slope
    return x
