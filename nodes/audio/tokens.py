"""Sound as MusicGen writes it, token for token (Copet et al., "Simple and Controllable Music Generation", 2023)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nodegraph import Context, InputError, warn

from ..common.context import finite
from ..common.loading import heard

_HARMLESS = ("generation flags", "max_length", "attention_mask", "_from_model_config")  # settings that are not asked


class Dice:
    """Draws each token by dice of its own, since those of torch are everybody's: what it drew is left as the only choice.

    shaped: what the library does to logits before it draws. tick: called before each draw; what it raises ends the writing.
    """

    def __init__(self, seed: int, temperature: float, shaped: list[Any], tick: Callable[[], None]):
        import torch

        self.dice = torch.Generator().manual_seed(seed)
        self.temperature, self.shaped, self.tick = temperature, shaped, tick

    def __call__(self, ids: Any, scores: Any) -> Any:
        import torch

        self.tick()
        scores = finite(scores)
        if self.temperature == 0:
            return scores
        for shape in self.shaped:
            scores = shape(ids, scores)
        chosen = torch.multinomial(scores.softmax(-1).cpu(), 1, generator=self.dice).to(scores.device)
        return torch.full_like(scores, float("-inf")).scatter_(1, chosen, 0.0)


class Last(list[Any]):
    """A list whose first member stays the last: the library puts its guidance behind what it is given."""

    def append(self, member: Any) -> None:
        self.insert(0, member)


def written(model: Any, tokenizer: Any, prompt: str, seconds: float, seed: int, guidance_scale: float | None,
            temperature: float | None, ctx: Context) -> tuple[Any, int]:
    """Samples float32 (channels, n) and their rate, of a MusicGen; n may be a frame more than was asked for."""
    import torch

    wishes, coder = model.generation_config, model.config.audio_encoder
    rate, channels = coder.sampling_rate, model.config.decoder.audio_channels
    frames = math.ceil(round(seconds * rate) * coder.frame_rate / rate)
    count = frames + model.config.decoder.num_codebooks // channels - 1  # each book comes a token later than the one before
    taught = (wishes.max_length or 0) / coder.frame_rate
    if 1 < taught < seconds:
        warn(f"this model writes {taught:.0f} seconds at a time by its own settings; what comes behind these may go astray")
    heat = (1.0 if wishes.temperature is None else wishes.temperature) if temperature is None else temperature
    done = 0

    def tick() -> None:
        nonlocal done
        ctx.report(done, count, "writing")
        done += 1

    given = tokenizer(prompt, return_tensors="pt", verbose=False).to(model.device)
    dice = Dice(seed, heat, _shapes(wishes, heat), tick)
    guidance = {} if guidance_scale is None else {"guidance_scale": guidance_scale}
    with torch.no_grad(), heard("transformers", harmless=_HARMLESS):
        sound = model.generate(input_ids=given["input_ids"], attention_mask=given["attention_mask"], do_sample=False,
                               temperature=None, top_k=None, top_p=None, max_new_tokens=count, logits_processor=Last([dice]),
                               **guidance)
    if not sound.isfinite().all():
        raise InputError("the model made numbers that are none (NaN): its weights are damaged, or too large for its floating "
                         "type; download it again, or run with --dtype float32")
    return sound[0].float().cpu(), rate


def _shapes(wishes: Any, temperature: float) -> list[Any]:
    """What the library would do to logits by the model's own settings, in its order."""
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    shapes: list[Any] = [TemperatureLogitsWarper(float(temperature))] if temperature not in (0, 1) else []
    top_k = 50 if wishes.top_k is None else wishes.top_k  # which is the library's own
    shapes += [TopKLogitsWarper(top_k)] if top_k else []
    return shapes + ([TopPLogitsWarper(wishes.top_p)] if wishes.top_p and wishes.top_p < 1 else [])
