"""Sound as pipelines of diffusers make it, out of noise: each is called with what its signature takes."""

from __future__ import annotations

import copy
import inspect
from typing import Any

from nodegraph import Context, InputError, warn

from ..diffusion.calls import dice, in_a_sentence
from ..diffusion.doors import Watched
from ..diffusion.families import denoiser, denoiser_name
from ..diffusion.models import quiet

_LENGTHS = ("audio_end_in_s", "audio_length_in_s", "audio_duration", "audio_duration_s", "duration")
_RATES = ("sampling_rate", "sample_rate")


def denoised(model: Any, seconds: float, seed: int, ctx: Context, **wanted: Any) -> tuple[Any, int]:
    """Samples float32 (channels, n) and their rate, of a pipeline.

    wanted: what else is asked of it (prompt, negative_prompt, lyrics, num_inference_steps, guidance_scale); None and "" are
    left to it. Raises InputError where it takes less, and in its words for what it refuses.
    """
    import torch

    takes, kind = inspect.signature(type(model).__call__).parameters, type(model).__name__
    length = next((name for name in _LENGTHS if name in takes), "")
    if "prompt" not in takes or not length:
        raise InputError(f"this model is a {kind}, which does not make sound of a length from words; take another one")
    given = {name: value for name, value in wanted.items() if value not in (None, "")}
    strange = sorted(set(given) - set(takes))
    if strange:
        shown = ", ".join(name.replace("num_inference_steps", "steps") for name in strange)
        raise InputError(f"a {kind} takes no {shown}; leave that out")
    pipe = copy.copy(model)  # a pipeline keeps the state of its call in itself
    pipe.scheduler = copy.deepcopy(model.scheduler)
    done = 0

    def tick(*told: Any) -> Any:
        nonlocal done
        done += bool(told)
        ctx.report(done, len(pipe.scheduler.timesteps), "sampling")
        return told[-1] if told and isinstance(told[-1], dict) else None

    pipe.__dict__[denoiser_name(pipe)] = Watched(denoiser(pipe), tick)
    after = next((name for name in ("callback_on_step_end", "callback") if name in takes), "")
    given |= {length: float(seconds), "generator": dice(seed)} | ({after: tick} if after else {})
    with torch.no_grad(), quiet(), in_a_sentence(pipe):
        made = torch.as_tensor(pipe(**given, return_dict=False)[0])
    samples = made.reshape(-1, made.shape[-1]) if made.ndim < 3 else made[0]
    if not samples.isfinite().all():
        raise InputError("the model made numbers that are none (NaN): half precision is too coarse for it, or its weights are "
                         "damaged; run with --dtype float32, or download it again")
    rate = _rate(pipe)
    if samples.shape[1] < round(seconds * rate) - 1:
        warn(f"{seconds:g} seconds were asked for, and a {kind} makes {samples.shape[1] / rate:.2f} at most")
    return samples.float().cpu(), rate


def _rate(pipe: Any) -> int:
    """Samples a second, as the part says that makes them."""
    configs = [getattr(getattr(pipe, name, None), "config", {}) for name in ("vocoder", "vae")]
    told = [getattr(config, name, None) for config in configs for name in _RATES]
    found = next((int(rate) for rate in (*told, getattr(pipe, "sample_rate", None)) if rate), 0)
    if not found:
        raise InputError(f"a {type(pipe).__name__} does not say how many samples a second it makes; its vae wants a "
                         "sampling_rate in config.json")
    return found
