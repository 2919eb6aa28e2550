"""The node that samples: from noise to a latent, step by step."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from nodegraph import SILENT, Context, InputError, Range, Recipe, Seed, node

from ..media.types import Conditioning, Latent
from . import families, space
from .calls import dice, in_a_sentence, own_copy
from .models import DiffusionModel, quiet
from .preview import Forecast, latent_picture
from .prompts import tell_of_negative
from .samplers import GONE, Sampler, Sampling, Schedule, refusal, unfit
from .sizes import Side, size_refused, sizes_of

PREVIEWS = 8  # pictures shown in the course of one sampling

Steps = Annotated[int, Range(1, 150)]
Guidance = Annotated[float, Range(0, 30, 0.1)]

def refused(model: Recipe | None = None, width: int | None = None, height: int | None = None, sampler: str = "model",
            schedule: str = "model", sigmas: list[float] | None = None) -> str:
    """Why nothing can be sampled so, told before a model is loaded; "" if it can, or that is not known."""
    wrong = refusal(Sampling(sampler, schedule, tuple(sigmas or ()) or None))
    if not wrong and model is not None:
        wrong = unfit(Path(model.folder or model.source), sampler)
    return wrong or size_refused(model, width, height)


@node("diffusion.sample", version=3, costly=True, refuses=refused, gone=GONE)
def sample(model: DiffusionModel, conditioning: Conditioning, seed: Seed = 0, steps: Steps = 30,
           guidance_scale: Guidance | None = None, width: Side | None = None, height: Side | None = None,
           sampler: Sampler = "model", schedule: Schedule = "model", sigmas: list[float] | None = None,
           start: Latent | None = None,
           strength: Annotated[float, Range(0.01, 1, 0.01)] = 0.7, ctx: Context = SILENT) -> Latent:
    """Paint what a conditioning says, from noise, step by step. The result is a latent, still to be decoded.

    With a latent to start from, a picture is painted over rather than from nothing (Meng et al., SDEdit, 2022).

    model: starter/painter, or a folder or hub name of a diffusers pipeline.
    conditioning: from diffusion.encode with the same model, or one of its family.
    seed: where the noise comes from; the same seed paints the same picture again.
    steps: how often the picture is improved.
    guidance_scale: how closely the prompt is followed; left out, what suits the model's family.
    width, height: in pixels, multiples of 8 or 16 as the model has it; left out or 0, what the model was made for.
    sampler: the method of the steps; `model` is the one that comes with the model.
    schedule: how the steps are spread between much noise and none; `model` is as it comes with the model.
    sigmas: the levels of noise themselves, falling, in the place of a schedule: steps is then one less than these.
    start: a latent of the size wanted, from diffusion.encode_image or an earlier sampling.
    strength: how much of `start` is painted over; 1 leaves next to nothing of it.
    """
    family = families.known_family(model)
    mine = families.prompt_family(model)
    if conditioning.family != mine:
        raise InputError(f"conditioning is for {conditioning.family}, and this model is {mine}; "
                         "encode the prompt with this model")
    width, height = size(model, width, height, start)
    guidance = family.guidance_scale if guidance_scale is None else float(guidance_scale)
    tell_of_negative(conditioning.negative_prompt, guidance)
    sampling, steps = Sampling(sampler, schedule, tuple(sigmas or ()) or None), len(sigmas) - 1 if sigmas else steps
    generator = dice(seed)
    pipe = own_copy(model, sampling, steps, generator)
    beginning: dict[str, Any] = {"width": width, "height": height}
    if start is not None:
        with quiet():
            pipe, beginning = _painting_over(pipe, start, strength, steps, beginning)
    tensors = {name: tensor.to(families.device_of(model)) for name, tensor in conditioning.tensors.items()}
    with quiet(), in_a_sentence(pipe):
        latents = pipe(**tensors, **beginning, num_inference_steps=steps, output_type="latent", return_dict=False,
                       guidance_scale=guidance, generator=generator,
                       callback_on_step_end=_reporter(pipe, ctx, width, height))[0]
    samples = space.unpacked(model, latents, width, height)[0].contiguous()
    return Latent(samples, space.latent_family(model))


def size(model: Any, width: int | None, height: int | None, start: Latent | None = None) -> tuple[int, int]:
    """Width and height in pixels: those wanted, else those of the start, else the model's own."""
    sizes = sizes_of(model)
    if start is not None:
        mine = space.latent_family(model)
        if start.family != mine:
            raise InputError(f"start is in the space of {start.family}, and this model has {mine}; "
                             "encode the picture with this model")
        own = tuple(side * model.vae_scale_factor for side in reversed(start.samples.shape[1:]))
        if (width or own[0], height or own[1]) != own:
            raise InputError(f"start is {own[0]} x {own[1]}, and {width or own[0]} x {height or own[1]} is asked "
                             "for; leave width and height out")
    else:
        own = sizes.own or (sizes.unit, sizes.unit)
    width, height = width or own[0], height or own[1]
    sizes.judge(width, height)
    return width, height


def _painting_over(pipe: Any, start: Latent, strength: float, steps: int, size: dict[str, int]
                   ) -> tuple[Any, dict[str, Any]]:
    """The pipeline that begins with a picture, made of the same parts, and what its call takes for that."""
    from diffusers import AutoPipelineForImage2Image

    if int(steps * strength) < 1:
        raise InputError(f"strength {strength:g} of {steps} steps leaves none to paint; raise one of them")
    scheduler = pipe.scheduler
    pipe = AutoPipelineForImage2Image.from_pipe(pipe)
    pipe.scheduler = scheduler
    pipe.set_progress_bar_config(disable=True)
    takes = inspect.signature(type(pipe).__call__).parameters
    return pipe, {"image": start.samples[None].to(families.device_of(pipe)), "strength": float(strength),
                  **{name: side for name, side in size.items() if name in takes}}


def _reporter(pipe: Any, ctx: Context, width: int, height: int) -> Callable:
    """The pipeline's callback after each step: says how far it is, now and then with a picture."""
    forecast = Forecast(pipe.scheduler)

    def report(_, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        total = pipe.num_timesteps
        preview = None
        if ctx.previews:
            latents = forecast(index, tensors["latents"])
            if (index + 1) % max(1, total // PREVIEWS) == 0:
                preview = latent_picture(pipe, space.unpacked(pipe, latents, width, height))
        ctx.report(index + 1, total, "sampling", preview)
        return tensors

    return report
