"""DPM-Solver in noise (Lu et al., 2022): `dpm_fast`, which spends so many evaluations, and `dpm_adaptive`, which finds
its own steps. Both take of a schedule only where it begins and ends. How they are written is told in `ode`.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from typing import Any

from .ancestral import Noise
from .ode import Sampler
from .paths import Path

RELATIVE, ABSOLUTE, FIRST_STEP, SAFETY = 0.05, 0.0078, 0.05, 0.81  # of algorithm C.1, as Karras' library has them


def dpm_fast(x: Any, sigmas: Sequence[float], path: Path, noise: Noise) -> Sampler:
    """As many evaluations as there are steps, in solver steps of third order and a shorter one (section 3.4)."""
    evaluations = len(sigmas) - 1 - (not sigmas[-1])
    end = sigmas[-1] or sigmas[-2]
    if evaluations:
        orders = _orders(evaluations)
        start, stop = path.snr(sigmas[0]), path.snr(end)
        for i, order in enumerate(orders):
            at, to = (start + (stop - start) * k / len(orders) for k in (i, i + 1))
            x, slope = yield from _noise_in(x, at, path)
            x, _ = yield from _solved(x, slope, at, to, path, order)
    if not sigmas[-1]:
        x, denoised = yield x, end
        x = denoised
    return x


def _orders(evaluations: int) -> list[int]:
    whole, rest = divmod(evaluations, 3)
    return [3] * (whole - 1) + [2, 1] if whole and not rest else [3] * whole + [rest]


def dpm_adaptive(x: Any, sigmas: Sequence[float], path: Path, noise: Noise) -> Sampler:
    """Orders 2 and 3 side by side (appendix C); where they differ too much the step is taken again, shorter."""
    end = sigmas[-1] or sigmas[-2]
    at, stop = path.snr(sigmas[0]), path.snr(end)
    before, length = x, FIRST_STEP
    while at < stop - 1e-5:
        to = min(stop, at + length)
        x, slope = yield from _noise_in(x, at, path)
        high, low = yield from _solved(x, slope, at, to, path, 3)
        allowed = (RELATIVE * low.abs().maximum(before.abs())).clamp_min(ABSOLUTE)
        error = float(((low - high) / allowed).square().mean().sqrt())
        factor = 1 + math.atan((1e-8 + error) ** (-1 / 3) - 1)
        if factor >= SAFETY:
            x, before, at = high, low, to
        length *= factor
    if not sigmas[-1]:
        x, denoised = yield x, end
        x = denoised
    return x


Noisy = Generator[tuple[Any, float], tuple[Any, Any], tuple[Any, Any]]


def _noise_in(x: Any, snr: float, path: Path) -> Noisy:
    """x, and the noise that the model finds in it at a level."""
    sigma = path.sigma(snr)
    x, denoised = yield x, sigma
    return x, (x - path.alpha(sigma) * denoised) / sigma


def _solved(x: Any, noise: Any, at: float, to: float, path: Path, order: int) -> Noisy:
    """x at another level by the solver of an order, 1 to 3, and beside it what the order below has."""
    def reached(share: float, bend: Any = 0.0) -> Any:
        level, start = path.sigma(at + share * h), path.sigma(at)
        return x * (path.alpha(level) / path.alpha(start)) - level * (math.expm1(share * h) * noise + bend)

    h = to - at
    if order == 1:
        return reached(1.0), None
    share = 1 / order
    _, first = yield from _noise_in(reached(share), at + share * h, path)
    second = reached(1.0, math.expm1(h) / (2 * share) * (first - noise))
    if order == 2:
        return second, None
    share = 2 / 3
    bend = 2 * (math.expm1(share * h) / (share * h) - 1) * (first - noise)
    _, late = yield from _noise_in(reached(share, bend), at + share * h, path)
    return reached(1.0, (math.expm1(h) / h - 1) / share * (late - noise)), second
