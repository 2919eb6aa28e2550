"""What sets the families of pipelines apart: how each reads a prompt, what sizes it paints, how it decodes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from nodegraph import InputError

from ..common.knowledge import tell_of_unknown
from .models import quiet
from .prompts import tell_of_prompt


@dataclass(frozen=True)
class Family:
    """One kind of pipeline.

    encode: function(pipe, prompt, negative_prompt) -> tensors, named as the pipeline's call takes them.
    guidance_scale: what its authors recommend. takes_negative: whether it can be told what not to paint.
    reads_long: whether it reads long prompts with T5, so that encode also takes max_sequence_length.
    """

    encode: Callable[..., dict[str, Any]]
    guidance_scale: float
    takes_negative: bool = True
    reads_long: bool = False


_PAIR = ("prompt_embeds", "negative_prompt_embeds")
_FOUR = (*_PAIR, "pooled_prompt_embeds", "negative_pooled_prompt_embeds")


def _encode_sd(pipe: Any, prompt: str, negative: str) -> dict[str, Any]:
    return dict(zip(_PAIR, pipe.encode_prompt(prompt, device_of(pipe), 1, True, negative or None), strict=True))


def _encode_xl(pipe: Any, prompt: str, negative: str) -> dict[str, Any]:
    return dict(zip(_FOUR, pipe.encode_prompt(prompt=prompt, device=device_of(pipe),
                                              negative_prompt=negative or None), strict=True))


def _encode_sd3(pipe: Any, prompt: str, negative: str, **length: int) -> dict[str, Any]:
    return dict(zip(_FOUR, pipe.encode_prompt(prompt=prompt, prompt_2=None, prompt_3=None, device=device_of(pipe),
                                              negative_prompt=negative or None, **length), strict=True))


def _encode_flux(pipe: Any, prompt: str, negative: str, **length: int) -> dict[str, Any]:
    prompt_embeds, pooled, _ = pipe.encode_prompt(prompt=prompt, prompt_2=None, device=device_of(pipe), **length)
    return {"prompt_embeds": prompt_embeds, "pooled_prompt_embeds": pooled}


FAMILIES = {
    "StableDiffusionPipeline": Family(_encode_sd, 7.5),
    "StableDiffusionXLPipeline": Family(_encode_xl, 5.0),
    "StableDiffusion3Pipeline": Family(_encode_sd3, 7.0, reads_long=True),
    "FluxPipeline": Family(_encode_flux, 3.5, takes_negative=False, reads_long=True),
}


def family_of(pipe: Any) -> Family | None:
    """The Family of a pipeline, or None when its kind is not known here."""
    return FAMILIES.get(type(pipe).__name__)


def device_of(pipe: Any) -> Any:
    """Where a pipeline computes. Parts of one that is offloaded may be elsewhere, waiting for their turn."""
    return pipe._execution_device


def known_family(pipe: Any) -> Family:
    """The Family of a pipeline. Raises InputError when its kind is not known here."""
    family = family_of(pipe)
    judge_words_alone(pipe)
    if family is None:
        raise InputError(f"this model is a {type(pipe).__name__}, whose steps are not known one by one; "
                         "diffusion.paint runs it as a whole")
    return family


# What a pipeline needs besides words, by what its name holds.
_MASKED = "a picture and a mask of what to paint anew"
_WANTS = {
    "Inpaint|Fill": _MASKED, "Control|T2IAdapter": "a control picture",
    "Upscale|SuperResolution": "a picture to enlarge",
    "Img2Img|ImageToImage|Refiner": "a picture to start from", "Pix2Pix|Edit": "a picture to edit",
    "Depth2Img|ImageVariation|Redux|(Image|Video)(To|2)Video|AnyText|PaintByExample|StableVideoDiffusion": "a picture",
}


def judge_words_alone(pipe: Any) -> None:
    """Raises InputError for a model that does not paint from words alone, saying what it wants besides."""
    name = type(pipe).__name__
    wants = next((wants for pattern, wants in _WANTS.items() if re.search(pattern, name)), "")
    config = getattr(denoiser(pipe), "config", {})
    more, own = config.get("in_channels") or 0, config.get("out_channels") or 0
    if not wants and own and more > own:  # latents of a picture come beside those that are painted
        wants = _MASKED if more > 2 * own else "a picture to edit"
    if wants:
        raise InputError(f"this model is a {name}, which does not paint from words alone: it also "
                         f"needs {wants}; take a model that paints from a prompt")


# A tokenizer changes its own padding while it works, so two threads must not ask it at once.
_tokenizers = Lock()


def encoded(pipe: Any, prompt: str, negative: str, max_sequence_length: int | None = None) -> dict[str, Any]:
    """The prompt, and what not to paint, as the tensors a sampling call takes."""
    import torch

    family = known_family(pipe)
    if negative and not family.takes_negative:
        raise InputError(f"a {type(pipe).__name__} takes no negative_prompt; say what to paint instead")
    if max_sequence_length is not None and not family.reads_long:
        raise InputError(f"a {type(pipe).__name__} takes no max_sequence_length; leave it out")
    length = {} if max_sequence_length is None else {"max_sequence_length": max_sequence_length}
    with torch.no_grad(), quiet(), _tokenizers:
        tell_of_prompt(pipe, "prompt", prompt, max_sequence_length)
        tell_of_prompt(pipe, "negative_prompt", negative, max_sequence_length)
        tell_of_unknown(getattr(pipe, "knowledge", None), prompt)
        tensors = family.encode(pipe, prompt, negative, **length)
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def denoiser(pipe: Any) -> Any:
    """The network that is called at every step, or None where a pipeline has it under another name."""
    return pipe.components.get("transformer") or pipe.components.get("unet")


def prompt_family(pipe: Any) -> str:
    """One line that tells whose prompts a model reads."""
    config = denoiser(pipe).config
    context = config.get("joint_attention_dim") or config.get("cross_attention_dim")
    pooled = config.get("pooled_projection_dim")
    return f"{type(pipe).__name__} (context {context}" + (f", pooled {pooled})" if pooled else ")")
