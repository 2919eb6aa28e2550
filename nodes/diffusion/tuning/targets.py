"""What a denoiser is asked in training and what it should answer, by its scheduler: a flow, noise, velocity, a picture."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from nodegraph import InputError

from ..samplers import is_flow


class Question(NamedTuple):
    """Noisy latents at times (batch,), in the scheduler's timesteps, and the answer that is right."""

    noisy: Any
    times: Any
    answer: Any


class Targets:
    """From a picture to noise, as a model was trained on it.

    Of flows (Lipman et al., 2023) the share of noise is drawn logit-normally and shifted as the scheduler's settings say
    (Esser et al., 2024); of the others (Ho et al., 2020; Salimans and Ho, 2022) the timestep is drawn evenly.
    """

    def __init__(self, scheduler: Any, tokens: int):
        config = scheduler.config
        self.flow, self.count = is_flow(scheduler), int(config.get("num_train_timesteps") or 1000)
        self.kind = str(config.get("prediction_type") or "epsilon")
        self.kept = getattr(scheduler, "alphas_cumprod", None)
        if not self.flow and (self.kept is None or self.kind not in ("epsilon", "v_prediction", "sample")):
            raise InputError(f"this model's scheduler is a {type(scheduler).__name__}, whose noise diffusion.train_lora does "
                             "not know; take a model that predicts noise, velocity or a flow")
        self.shift = _shift(config, tokens) if self.flow else 1.0

    def drawn(self, n: int) -> Any:
        """Levels (n,) of noise, 0 to 1, in the parts of the course that teach."""
        import torch

        return self.spread(torch.randn(n).sigmoid() if self.flow else torch.rand(n))

    def spread(self, levels: Any) -> Any:
        """Even levels as the course has them."""
        return self.shift * levels / (1 + (self.shift - 1) * levels)

    def question(self, samples: Any, noise: Any, levels: Any) -> Question:
        """What is asked of samples (batch, ...) with noise at levels (batch,), all float32."""
        wide = (-1, *(1,) * (samples.ndim - 1))
        if self.flow:
            s = levels.to(samples).view(wide)
            return Question((1 - s) * samples + s * noise, levels.to(samples) * self.count, noise - samples)
        steps = (levels * self.count).long().clamp(max=self.count - 1)
        kept = self.kept.to(samples)[steps.to(samples.device)].view(wide)
        signal, hiss = kept.sqrt(), (1 - kept).sqrt()
        answers = {"epsilon": noise, "sample": samples, "v_prediction": signal * noise - hiss * samples}
        return Question(signal * samples + hiss * noise, steps.to(samples.device), answers[self.kind])


def _shift(config: Any, tokens: int) -> float:
    """How much a flow dwells on noise: as set, or by the count of its tokens."""
    if not config.get("use_dynamic_shifting"):
        return float(config.get("shift") or 1.0)
    low, high = config.get("base_image_seq_len") or 256, config.get("max_image_seq_len") or 4096
    base, most = config.get("base_shift") or 0.5, config.get("max_shift") or 1.15
    mu = base + (most - base) * (tokens - low) / (high - low)
    return math.exp(mu) if config.get("time_shift_type", "exponential") == "exponential" else mu
