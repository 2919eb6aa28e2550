"""The nodes of models that stand before another: what they make of words, or of pictures, is what that one reads."""

from __future__ import annotations

import copy
import inspect
from typing import Annotated, Any

from nodegraph import SILENT, Context, InputError, Range, Seed, Uses, node

from ..media.types import Conditioning, Image
from .calls import dice, in_a_sentence
from .conditioning import TOKENIZERS
from .edit import as_pictures
from .families import device_of, second_family
from .models import DiffusionModel, quiet
from .uses import ENCODES


@node("diffusion.prior", version=1, costly=True)
def prior(model: Annotated[DiffusionModel, Uses(*ENCODES)], prompt: str, negative_prompt: str = "", seed: Seed = 0,
          steps: Annotated[int, Range(2, 150)] = 25, guidance_scale: Annotated[float, Range(0, 30, 0.1)] = 4.0,
          ctx: Context = SILENT) -> Conditioning:
    """Turn a prompt into what the second model of Kandinsky 2.2 paints: the numbers of a picture that it would fit.

    model: the prior, or a folder that has both models.
    prompt: what to paint.
    negative_prompt: what to stay away from.
    seed: where the noise comes from.
    steps: how often the numbers are improved.
    guidance_scale: how closely the prompt is followed.
    """
    pipe = copy.copy(_prior_of(model))
    pipe.scheduler = copy.deepcopy(pipe.scheduler)

    def told(_: Any, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        ctx.report(index + 1, steps, "dreaming up")
        return tensors

    with in_a_sentence(pipe), quiet(), TOKENIZERS:
        seen, unseen = pipe(prompt, negative_prompt or None, num_inference_steps=steps, guidance_scale=float(guidance_scale),
                            generator=dice(seed), callback_on_step_end=told, return_dict=False)
    return Conditioning({"image_embeds": seen, "negative_image_embeds": unseen}, second_family(seen.shape[-1]), negative_prompt)


def _prior_of(model: Any) -> Any:
    """The prior of a model. Raises InputError where there is none."""
    pipe = getattr(model, "prior_pipe", model)
    takes = inspect.signature(type(pipe).__call__).parameters
    if "prior" not in pipe.components or not {"prompt", "callback_on_step_end"} <= set(takes):
        raise InputError(f"this model is a {type(model).__name__}, and no prior of Kandinsky 2.2; take diffusion.encode for "
                         "one that reads words by itself")
    return pipe


@node("diffusion.redux", version=1, costly=True)
def redux(model: Annotated[DiffusionModel, Uses()], conditioning: Conditioning, pictures: list[Image],
          weights: list[float] | None = None) -> Conditioning:
    """Let Flux read pictures beside words (Redux), so that it paints others like them.

    model: the folder of a Flux Redux.
    conditioning: from diffusion.encode with the Flux that paints; of an empty prompt, the pictures say all.
    pictures: what to read; what is transparent counts as white.
    weights: of each picture, and of the words with it; left out, all count alike and 1 together.
    """
    import torch

    if not hasattr(model, "image_embedder"):
        raise InputError(f"this model is a {type(model).__name__}, and no Flux Redux, which turns pictures into what "
                         "Flux reads")
    weights = [float(weight) for weight in weights or [1 / len(pictures)] * len(pictures)]
    if not pictures or len(weights) != len(pictures):
        raise InputError(f"pictures holds {len(pictures)}, and weights {len(weights)}; give at least one picture, and a weight "
                         "for each")
    words, pooled = (conditioning.tensors.get(name) for name in ("prompt_embeds", "pooled_prompt_embeds"))
    width = model.image_embedder.config.txt_in_features
    if words is None or pooled is None or conditioning.parts or words.shape[-1] != width:
        raise InputError(f"conditioning is for {conditioning.family}, and a Redux reads on from one prompt of a Flux of "
                         f"{width} numbers a token; encode a prompt without regions with such a Flux")
    with torch.no_grad(), in_a_sentence(model), quiet():
        seen = model.image_embedder(model.encode_image(as_pictures(pictures), device_of(model), 1)).image_embeds.to(words)
    rows = [weight * torch.cat([words, one[None]], dim=1) for weight, one in zip(weights, seen, strict=True)]
    return Conditioning({**conditioning.tensors, "prompt_embeds": sum(rows[1:], rows[0]),
                         "pooled_prompt_embeds": pooled * sum(weights)}, conditioning.family, conditioning.negative_prompt)
