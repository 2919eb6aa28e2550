"""The nodes that turn words and pictures into what a denoiser works with: a Conditioning, a Latent."""

from __future__ import annotations

from typing import Annotated

from nodegraph import InputError, Range, Uses, node

from ..media.types import Conditioning, Image, Latent, Mask
from . import families, space
from .calls import in_a_sentence
from .conditioning import TOKENIZERS
from .inpaint import is_trained, masked_latents
from .models import DiffusionModel
from .prompts.reading import conditioning_of
from .prompts.syntax import Signs
from .sizes import Fit, Side, fitted, size_refused, sizes_of
from .uses import DECODES, ENCODES


@node("diffusion.encode", version=3, costly=True)
def encode(model: Annotated[DiffusionModel, Uses(*ENCODES)], prompt: str, negative_prompt: str = "",
           max_sequence_length: Annotated[int, Range(1, 512)] | None = None, signs: Signs = "numbers",
           clip_skip: Annotated[int, Range(0, 12)] = 0) -> Conditioning:
    """Turn a prompt into what the model's denoiser reads.

    (words:1.3) are weighed, here by 1.3; [before:after:0.4] changes after 0.4 of the steps, [one|other] with every
    step; BREAK begins a new chunk of 75 tokens, of which a longer prompt fills as many as it needs (a model with CLIP:
    Stable Diffusion, also XL and 3). A backslash before a sign makes a letter of it. A language model (of Qwen-Image, say)
    weighs nothing, and that is told.

    model: starter/painter, or a folder or hub name of a diffusers pipeline.
    prompt: what to paint.
    negative_prompt: what to stay away from.
    max_sequence_length: how many tokens the third or T5 encoder of a Stable Diffusion 3 or Flux model reads; left
        out, what the model's makers advise, else what its pipeline reads. Where that encoder is absent these tokens
        are empty, and fewer are faster.
    signs: which of these count. `numbers`: those above. `all`: also (words) at 1.1, ((words)) at 1.21, [words] at 0.9,
        word++ and word--. `none`: all of them are letters.
    clip_skip: how many of the last layers of CLIP are left out; other programs count from 1, and their 2 is 1 here.
    """
    with in_a_sentence(model), TOKENIZERS:
        return conditioning_of(model, prompt, negative_prompt, max_sequence_length, signs, clip_skip)


@node("diffusion.encode_image", version=3, costly=True, refuses=size_refused)
def encode_image(model: Annotated[DiffusionModel, Uses(*DECODES)], image: Image, width: Side = 0, height: Side = 0,
                 fit: Fit = "crop", mask: Mask | None = None) -> Latent:
    """Turn a picture into a latent, to be painted over by diffusion.sample.

    Of a picture of another size than the one wanted, `crop` keeps the middle and fills the whole size, `pad` keeps
    all and repeats its edges around it, `stretch` keeps all and changes its shape. With a mask the latent is one to be
    painted anew where the mask is 1, also by a model that was trained to see what lies around.

    model: starter/painter, or a folder or hub name of a diffusers pipeline.
    image: the picture; what is transparent in it counts as white, and with a mask as middle grey, which is nothing.
    width, height: of the latent in pixels; 0 is the picture's own, at the next multiple (of 8 or 16, say) that the
        model takes, or follows the other one.
    fit: how the picture, and the mask with it, is brought to that size.
    mask: where the picture is to be painted anew, of the picture's size.
    """
    import torch

    if mask is not None and mask.shape[1:] != image.shape[1:]:
        raise InputError(f"mask is {mask.shape[2]} x {mask.shape[1]}, and image is {image.shape[2]} x "
                         f"{image.shape[1]}; give them one size")
    if image.shape[0] == 4:
        image = image[:3] * image[3:] + (1.0 if mask is None else 0.5) * (1 - image[3:])
    layers = image if mask is None else torch.cat([image, mask])
    pixels = fitted(layers, sizes_of(model), width, height, fit).to(families.device_of(model))
    family = space.latent_family(model)
    samples = space.latents_of(model, pixels[:3])[0].contiguous()
    if mask is None:
        return Latent(samples, family)
    covered = pixels[3:].contiguous()
    masked = masked_latents(model, pixels[:3], covered)[0].contiguous() if is_trained(model) else None
    return Latent(samples, family, covered, masked)
