"""The nodes that turn words and pictures into what a denoiser works with: a Conditioning, a Latent."""

from __future__ import annotations

from typing import Annotated

from nodegraph import Range, node

from ..media.types import Conditioning, Image, Latent
from . import families, space
from .calls import in_a_sentence
from .conditioning import encoded
from .models import DiffusionModel
from .sizes import Fit, Side, fitted, size_refused, sizes_of


@node("diffusion.encode", version=2, costly=True)
def encode(model: DiffusionModel, prompt: str, negative_prompt: str = "",
           max_sequence_length: Annotated[int, Range(1, 512)] | None = None) -> Conditioning:
    """Turn a prompt into what the model's denoiser reads.

    model: starter/painter, or a folder or hub name of a diffusers pipeline.
    prompt: what to paint.
    negative_prompt: what to stay away from.
    max_sequence_length: how many tokens the third or T5 encoder of a Stable Diffusion 3 or Flux model reads; left
        out, what its pipeline reads. Where that encoder is absent these tokens are empty, and fewer are faster.
    """
    families.known_family(model)
    with in_a_sentence(model):
        tensors = encoded(model, prompt, negative_prompt, max_sequence_length)
    return Conditioning(tensors, families.prompt_family(model), negative_prompt)


@node("diffusion.encode_image", version=2, costly=True, refuses=size_refused)
def encode_image(model: DiffusionModel, image: Image, width: Side = 0, height: Side = 0, fit: Fit = "crop") -> Latent:
    """Turn a picture into a latent, to be painted over by diffusion.sample.

    Of a picture of another size than the one wanted, `crop` keeps the middle and fills the whole size, `pad` keeps
    all and repeats its edges around it, `stretch` keeps all and changes its shape.

    model: starter/painter, or a folder or hub name of a diffusers pipeline.
    image: the picture; what is transparent in it counts as white.
    width, height: of the latent in pixels; 0 is the picture's own, at the next multiple (of 8 or 16, say) that the
        model takes, or follows the other one.
    fit: how the picture is brought to that size.
    """
    if image.shape[0] == 4:
        image = image[:3] * image[3:] + (1 - image[3:])
    pixels = fitted(image, sizes_of(model), width, height, fit).to(families.device_of(model))
    return Latent(space.latents_of(model, pixels)[0].contiguous(), space.latent_family(model))
