"""The node that makes sound from words, with a model of one's own."""

from __future__ import annotations

from typing import Annotated

from nodegraph import SILENT, Context, InputError, Range, Seed, node

from ..media.types import Audio
from .makers import SoundModel


@node("audio.generate", version=1, costly=True)
def generate(model: SoundModel, prompt: str, seconds: Annotated[float, Range(0.1, 600)] = 10.0, negative_prompt: str = "",
             lyrics: str = "", seed: Seed = 0, steps: Annotated[int, Range(1, 500)] | None = None,
             guidance_scale: Annotated[float, Range(0, 30, 0.1)] | None = None,
             temperature: Annotated[float, Range(0, 2, 0.05)] | None = None, ctx: Context = SILENT) -> Audio:
    """Make sound from words, by a model of your own: MusicGen as transformers stores it, or a pipeline of diffusers, such as
    Stable Audio, ACE-Step or AudioLDM 2. Nothing is clipped here: use audio.loudness behind it.

    model: the folder of the model. docs/models.md tells what it holds.
    prompt: what is to be heard, `a calm piano with rain`.
    seconds: how long it is to last.
    negative_prompt: what to stay away from, of models that take one.
    lyrics: what is sung, of models that sing (ACE-Step).
    seed: where the dice begin; the same seed makes the same sound again.
    steps: how often the sound is improved, of a pipeline; left out, as often as its authors do it.
    guidance_scale: how closely the prompt is followed; left out, as its authors have it.
    temperature: how adventurous a MusicGen is; 0 always takes the likeliest; left out, as its authors have it.
    """
    if not prompt.strip():
        raise InputError("prompt is empty; say what is to be heard")
    if model.tokenizer is None:
        from .noise import denoised

        _refuse("a pipeline of diffusers", temperature=temperature)
        samples, rate = denoised(model.model, seconds, seed, ctx, prompt=prompt, negative_prompt=negative_prompt, lyrics=lyrics,
                                 num_inference_steps=steps, guidance_scale=guidance_scale)
    else:
        from .tokens import written

        _refuse("a MusicGen", negative_prompt=negative_prompt or None, lyrics=lyrics or None, steps=steps)
        samples, rate = written(model.model, model.tokenizer, prompt, seconds, seed, guidance_scale, temperature, ctx)
    return Audio(samples[:, :max(1, round(seconds * rate))].contiguous(), rate)


def _refuse(kind: str, **given: object) -> None:
    """Raises InputError for what a model of a kind does not take."""
    strange = [name for name, value in given.items() if value is not None]
    if strange:
        raise InputError(f"{kind} takes no {', '.join(strange)}; leave that out")
