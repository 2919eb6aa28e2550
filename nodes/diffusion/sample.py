"""The node that samples: from noise to a latent, step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from nodegraph import SILENT, Context, InputError, Range, Seed, node

from ..media.types import Conditioning, Latent
from . import families, space
from .calls import dice, own_copy, sampled
from .models import DiffusionModel
from .preview import latent_picture
from .prompts import tell_of_negative
from .schedulers import is_flow
from .sizes import Side, size_refused, sizes_of
from .steps import Start, Steps

PREVIEWS = 8  # pictures shown in the course of one sampling

Count = Annotated[int, Range(1, 150)]
Guidance = Annotated[float, Range(0, 30, 0.1)]
Scheduler = Literal["model", "euler", "euler_ancestral", "heun", "dpm++_2m", "dpm++_2m_karras", "ddim", "pndm",
                    "unipc"]


@node("diffusion.sample", version=2, costly=True, refuses=size_refused)
def sample(model: DiffusionModel, conditioning: Conditioning, seed: Seed = 0, steps: Count = 30,
           guidance_scale: Guidance | None = None, width: Side | None = None, height: Side | None = None,
           scheduler: Scheduler = "model", start: Latent | None = None,
           strength: Annotated[float, Range(0.01, 1, 0.01)] = 0.7, ctx: Context = SILENT) -> Latent:
    """Paint what a conditioning says, from noise, step by step. The result is a latent, still to be decoded.

    With a latent to start from, a picture is painted over rather than from nothing (Meng et al., SDEdit, 2022).

    model: starter/painter, or a folder or hub name of a diffusers pipeline.
    conditioning: from diffusion.encode with the same model, or one of its family.
    seed: where the noise comes from; the same seed paints the same picture again.
    steps: how often the picture is improved.
    guidance_scale: how closely the prompt is followed; left out, what suits the model's family.
    width, height: in pixels, multiples of 8 or 16 as the model has it; left out or 0, what the model was made for.
    scheduler: the method of the steps; `model` is the one that comes with the model.
    start: a latent of the size wanted, from diffusion.encode_image or an earlier sampling.
    strength: how much of `start` is painted over; 1 leaves next to nothing of it.
    """
    family = families.known_family(model)
    mine = families.prompt_family(model)
    if conditioning.family != mine:
        raise InputError(f"conditioning is for {conditioning.family}, and this model is {mine}; "
                         "encode the prompt with this model")
    families.judge_words_alone(model)
    width, height = size(model, width, height, start)
    guidance = family.guidance_scale if guidance_scale is None else float(guidance_scale)
    if guidance is not None:
        tell_of_negative(conditioning.negative_prompt, guidance)
    pipe = own_copy(model, scheduler, steps)
    first, begin = _begin(pipe, start, strength, steps)
    course = Steps(pipe.scheduler, first, start=begin, after=_reporter(pipe, ctx, width, height))
    samples = sampled(pipe, conditioning.tensors, course, dice(seed), steps, width, height, guidance)
    return Latent(samples[0].contiguous(), space.latent_family(model))


def size(model: Any, width: int | None, height: int | None, start: Latent | None = None) -> tuple[int, int]:
    """Width and height in pixels: those wanted, else those of the start, else the model's own."""
    sizes = sizes_of(model)
    if start is not None:
        mine = space.latent_family(model)
        if start.family != mine:
            raise InputError(f"start is in the space of {start.family}, and this model has {mine}; "
                             "encode the picture with this model")
        own = tuple(side * space.scale_of(model) for side in reversed(start.samples.shape[-2:]))
        if (width or own[0], height or own[1]) != own:
            raise InputError(f"start is {own[0]} x {own[1]}, and {width or own[0]} x {height or own[1]} is asked "
                             "for; leave width and height out")
    else:
        own = sizes.own or (sizes.unit, sizes.unit)
    width, height = width or own[0], height or own[1]
    sizes.judge(width, height)
    return width, height


def _begin(pipe: Any, start: Latent | None, strength: float, steps: int) -> tuple[int, Start | None]:
    """The step that a sampling begins with, and what it begins with."""
    if start is None:
        return 0, None
    if int(steps * strength) < 1:
        raise InputError(f"strength {strength:g} of {steps} steps leaves none to paint; raise one of them")
    if not (is_flow(pipe.scheduler) or hasattr(pipe.scheduler, "add_noise")):
        raise InputError(f"a {type(pipe).__name__} cannot begin with a picture; leave start out")
    # Pipelines of flows take a part of a step for a whole one, and those of noise leave it out.
    first = int(steps - steps * strength) if is_flow(pipe.scheduler) else steps - int(steps * strength)
    samples = start.samples[None].to(families.device_of(pipe))
    return first, Start(space.packed(pipe, samples))


def _reporter(pipe: Any, ctx: Context, width: int, height: int) -> Callable[[int, int, Any, Callable[[], Any]], None]:
    """What is done after each step: it is said how far the sampling is, now and then with a picture."""

    def report(index: int, total: int, latents: Any, forecast: Callable[[], Any]) -> None:
        preview = None
        if ctx.previews and index % max(1, total // PREVIEWS) == 0:
            preview = latent_picture(pipe, space.unpacked(pipe, forecast(), width, height))
        ctx.report(index, total, "sampling", preview)

    return report
