"""The node that turns a latent into a picture."""

from __future__ import annotations

from typing import Annotated

from nodegraph import InputError, Uses, node

from ..media.types import Image, Latent
from . import space
from .families import device_of
from .models import DiffusionModel
from .uses import DECODES


@node("diffusion.decode", version=1, costly=True)
def decode(model: Annotated[DiffusionModel, Uses(*DECODES)], latent: Latent) -> Image:
    """Turn a latent into a picture.

    model: starter/painter, or a folder or hub name of a diffusers pipeline.
    latent: from diffusion.sample with the same model, or one with the same autoencoder.
    """
    space.judge_latent(model, latent)
    samples = latent.samples[None].to(device_of(model))
    if samples.ndim == 5:
        if samples.shape[2] > 1:
            raise InputError(f"latent is a clip of {samples.shape[2]} frames in the space of its autoencoder; "
                             "diffusion.decode_clip makes a Video of it")
        samples = samples[:, :, 0]
    return space.decoded(model, samples)
