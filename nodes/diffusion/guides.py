"""Ways of guiding a denoiser: what is made of its answers with the prompt and without, as pure functions of these.

`with_prompt` and `without` are predictions (batch, channels, [frames,] h, w) of noise, v or a flow; so is what is given.
"""

from __future__ import annotations

import math
from typing import Any


def plain(with_prompt: Any, without: Any, scale: float) -> Any:
    """Classifier-free guidance (Ho and Salimans, 2022)."""
    return without + scale * (with_prompt - without)


def zero_star(with_prompt: Any, without: Any, scale: float, first: bool) -> Any:
    """CFG-Zero* (Fan et al., 2025): what is guided away from is scaled to fit, and the first step goes nowhere."""
    from diffusers.guiders.classifier_free_zero_star_guidance import cfg_zero_star_scale

    if first:
        return with_prompt * 0
    fit = cfg_zero_star_scale(with_prompt.flatten(1), without.flatten(1))
    without = without * fit.view(-1, *(1,) * (without.ndim - 1))
    return without + scale * (with_prompt - without)


def projected(with_prompt: Any, without: Any, scale: float, eta: float, limit: float, average: Any = None) -> Any:
    """Adaptive projected guidance (Sadat et al., 2024).

    eta: how much counts of the part that only strengthens the prediction. limit: of the length of the difference, 0 for
    none. average: a MomentumBuffer of diffusers that holds the differences of earlier steps, or None.
    """
    from diffusers.guiders.adaptive_projected_guidance import normalized_guidance

    return normalized_guidance(with_prompt, without, scale, average, eta, limit)


def momentum(share: float) -> Any:
    """What `projected` keeps from step to step, each earlier difference counting by this share; None for 0."""
    from diffusers.guiders.adaptive_projected_guidance import MomentumBuffer

    return MomentumBuffer(share) if share else None


def rescaled(guided: Any, with_prompt: Any, share: float) -> Any:
    """The guided prediction, its deviation brought by a share to that of the prompt's own (Lin et al., 2023, 3.4)."""
    dims = list(range(1, guided.ndim))
    fit = with_prompt.std(dim=dims, keepdim=True) / guided.std(dim=dims, keepdim=True)
    return share * (guided * fit) + (1 - share) * guided


def manifold(guided: Any, without: Any, seen: Any, sigma: float, to: float, kind: str) -> Any:
    """CFG++ (Chung et al., 2024): to the guided picture, and on with the noise that is seen without the prompt.

    It is given as the prediction by which a step of Euler's method from sigma to another level does so.
    seen: what the denoiser was shown. kind: what it predicts, "epsilon", "v_prediction" or "flow".
    """
    if kind == "flow":
        there = (1 - to) * (seen - sigma * guided) + to * (seen + (1 - sigma) * without)
        return (there - seen) / (to - sigma)
    if kind == "epsilon":
        return (sigma * guided - to * without) / (sigma - to)
    alpha = 1 / math.sqrt(1 + sigma ** 2)
    noises = [alpha * v + sigma * alpha * seen for v in (guided, without)]
    return ((sigma * noises[0] - to * noises[1]) / (sigma - to) - sigma * alpha * seen) / alpha
