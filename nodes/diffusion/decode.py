"""The node that turns a latent into a picture."""

from __future__ import annotations

from typing import Annotated

from nodegraph import InputError, Uses, node

from ..media.types import Image, Latent
from . import families, space
from .models import DiffusionModel
from .uses import DECODES


@node("diffusion.decode", version=1, costly=True)
def decode(model: Annotated[DiffusionModel, Uses(*DECODES)], latent: Latent) -> Image:
    """Turn a latent into a picture.

    model: starter/painter, or a folder or hub name of a diffusers pipeline.
    latent: from diffusion.sample with the same model, or one with the same autoencoder.
    """
    mine = space.latent_family(model)
    if latent.family != mine:
        raise InputError(f"latent is in the space of {latent.family}, and this model has {mine}; "
                         "decode it with the model that painted it")
    return space.decoded(model, latent.samples[None].to(families.device_of(model)))
