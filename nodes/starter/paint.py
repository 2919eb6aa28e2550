"""The node that turns a sentence into a painting: read, laid out, painted."""

from __future__ import annotations

from typing import Annotated

from nodegraph import SILENT, Context, Range, Seed, node

from ..diffusion.decode import decode
from ..diffusion.encode import encode, encode_image
from ..diffusion.models import DiffusionModel
from ..diffusion.sample import sample
from ..media.types import Image
from .scene import Setting, Style, Time, scene

EMPTY = 16  # tokens of the third text encoder, which says nothing


@node("starter.paint", version=2, costly=True)
def paint(text: str, model: DiffusionModel = "starter/painter", reference: Image | None = None, seed: Seed = 0,
          setting: Setting | None = None, style: Style | None = None, time: Time | None = None,
          steps: Annotated[int, Range(1, 150)] = 12, guidance_scale: Annotated[float, Range(0, 30, 0.1)] = 2.0,
          ctx: Context = SILENT) -> Image:
    """Paint what a sentence says, in English or in Chinese, 128 x 128, whatever the subject.

    starter.scene, diffusion.encode, diffusion.encode_image, diffusion.sample and diffusion.decode in one: drawings are
    found for the nouns, and the painter is shown them.

    text: what the picture shows; what is read is told at starter.scene.
    model: starter/painter, or what was made of it.
    reference: a drawing of your own, which takes the place of the first thing: with alpha, or on a plain ground.
    seed: another seed places the drawings otherwise, and paints otherwise.
    setting: where it is, before what the sentence says.
    style: how it is painted, before what the sentence says.
    time: the time of day, before what the sentence says.
    steps: how often the picture is improved.
    guidance_scale: how closely the sentence is followed.
    """
    laid = scene(text, reference, seed, setting, style, time)
    idea = encode(model, laid.prompt, max_sequence_length=EMPTY)
    shown = encode_image(model, laid.reference, mask=laid.mask)
    return decode(model, sample(model, idea, seed, steps, guidance_scale, start=shown, strength=1.0, ctx=ctx))
