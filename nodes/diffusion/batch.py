"""Nodes that sample several latents at once: one for each seed, or one for each prompt. Each is what it is alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from nodegraph import SILENT, Context, Range, Seed, Uses, node

from ..media.types import Conditioning, Image, Latent, Mask
from . import space
from .beginning import Wanted
from .control import Control
from .families import moves_picture
from .guided import settings_of
from .models import DiffusionModel
from .sample import Count, Guidance, Order, Step, Strength, order_of, painted, refused
from .samplers import Sampler, Sampling, Schedule
from .sizes import Side
from .uses import SAMPLES

AtOnce = Annotated[int, Range(1, 64)]


@node("diffusion.sample_seeds", version=1, costly=True, refuses=refused, batch="seeds", batch_size=64)
def sample_seeds(model: Annotated[DiffusionModel, Uses(*SAMPLES)], conditioning: Conditioning, seeds: list[Seed],
                 steps: Count = 30, guidance_scale: Guidance | None = None, width: Side | None = None,
                 height: Side | None = None, sampler: Sampler = "model", schedule: Schedule = "model", at_once: AtOnce = 4,
                 start: Latent | None = None, mask: Mask | None = None,
                 strength: Strength = 0.7, start_step: Step = 0, end_step: Step = 0, add_noise: bool = True,
                 keep_noise: bool = False, reference: list[Image] | None = None, control: list[Control] | None = None,
                 ctx: Context = SILENT) -> list[Latent]:
    """Paint what a conditioning says once for each seed, several at a time, which is faster on a GPU.

    Each latent is that of diffusion.sample with its seed, to the last digits. With `each: seeds` each is remembered by
    itself, and another seed samples that one alone.

    model: starter/painter, or a folder or hub name of a diffusers pipeline.
    conditioning: from diffusion.encode with the same model, or one of its family.
    seeds: where the noise comes from; each has noise of its own.
    steps: how often each picture is improved.
    guidance_scale: how closely the prompt is followed; left out, what suits the model's family.
    width, height: in pixels, multiples of 8 or 16 as the model has it; left out or 0, what the model was made for.
    sampler: the method of the steps; `model` is the one that comes with the model.
    schedule: how the steps are spread between much noise and none; `model` is as it comes with the model.
    at_once: how many go through the model together; fewer take less memory.
    start: a latent that all of them begin with, from diffusion.encode_image or an earlier sampling.
    mask: where `start` is painted anew, 1 inside; left out, the mask that was encoded with it.
    strength: how much of `start` is painted over; 1 leaves next to nothing of it.
    start_step: the step to begin with; 0 leaves it to `strength`.
    end_step: the step to end before; 0 takes them all.
    add_noise: whether noise is added to `start`. Not to one that an earlier sampling left with `keep_noise`.
    keep_noise: whether an early end leaves the noise in that is still there, for another sampling to go on with.
    reference: pictures that the model looks at, or is shown, the same for all, as in diffusion.sample.
    control: what else steers them all, from diffusion.control and diffusion.ip_adapter.
    """
    wanted = Wanted(start, mask, float(strength), start_step, end_step, add_noise)
    ideas = [conditioning] * len(seeds)
    order = order_of(model, ideas, Sampling(sampler, schedule), steps, guidance_scale, (width, height), wanted, reference)
    return _together(model, ideas, seeds, replace(order, whole=not keep_noise, control=control), at_once, ctx)


@node("diffusion.sample_prompts", version=1, costly=True, refuses=refused, batch="conditionings", batch_size=64)
def sample_prompts(model: Annotated[DiffusionModel, Uses(*SAMPLES)], conditionings: list[Conditioning], seed: Seed = 0,
                   steps: Count = 30, guidance_scale: Guidance | None = None, width: Side | None = None,
                   height: Side | None = None, sampler: Sampler = "model", schedule: Schedule = "model",
                   at_once: AtOnce = 4, start: Latent | None = None, mask: Mask | None = None,
                   strength: Strength = 0.7, start_step: Step = 0, end_step: Step = 0, add_noise: bool = True,
                   keep_noise: bool = False, reference: list[Image] | None = None, control: list[Control] | None = None,
                   ctx: Context = SILENT) -> list[Latent]:
    """Paint what each of several conditionings says from one seed, several at a time, which is faster on a GPU.

    Each latent is that of diffusion.sample with its conditioning, to the last digits. With `each: conditionings` each is
    remembered by itself.

    model: starter/painter, or a folder or hub name of a diffusers pipeline.
    conditionings: from diffusion.encode with the same model, or one of its family.
    seed: where the noise comes from, which is the same for all.
    steps: how often each picture is improved.
    guidance_scale: how closely the prompt is followed; left out, what suits the model's family.
    width, height: in pixels, multiples of 8 or 16 as the model has it; left out or 0, what the model was made for.
    sampler: the method of the steps; `model` is the one that comes with the model.
    schedule: how the steps are spread between much noise and none; `model` is as it comes with the model.
    at_once: how many go through the model together; fewer take less memory.
    start: a latent that all of them begin with, from diffusion.encode_image or an earlier sampling.
    mask: where `start` is painted anew, 1 inside; left out, the mask that was encoded with it.
    strength: how much of `start` is painted over; 1 leaves next to nothing of it.
    start_step: the step to begin with; 0 leaves it to `strength`.
    end_step: the step to end before; 0 takes them all.
    add_noise: whether noise is added to `start`. Not to one that an earlier sampling left with `keep_noise`.
    keep_noise: whether an early end leaves the noise in that is still there, for another sampling to go on with.
    reference: pictures that the model looks at, or is shown, the same for all, as in diffusion.sample.
    control: what else steers them all, from diffusion.control and diffusion.ip_adapter.
    """
    wanted = Wanted(start, mask, float(strength), start_step, end_step, add_noise)
    sampling = Sampling(sampler, schedule)
    order = order_of(model, conditionings, sampling, steps, guidance_scale, (width, height), wanted, reference)
    return _together(model, conditionings, [seed] * len(conditionings), replace(order, whole=not keep_noise, control=control),
                     at_once, ctx)


def _together(model: Any, conditionings: list[Conditioning], seeds: list[int], order: Order, at_once: int, ctx: Context
              ) -> list[Latent]:
    """A latent for each conditioning and its seed."""
    # What these find out of a batch as a whole would tie its items to one another.
    bound = order.sampling.sampler == "dpm_adaptive" or "cache" in settings_of(model)
    at_once = 1 if bound or moves_picture(model) else at_once  # whose pictures are one for each clip
    made: dict[int, Any] = {}
    for start in range(0, len(seeds), at_once):
        for like in _alike(conditionings[start:start + at_once]):
            places = [start + place for place in like]
            made |= zip(places, painted(model, [conditionings[place] for place in places],
                                        [seeds[place] for place in places], order, ctx), strict=True)
    return [Latent(made[place].contiguous(), space.latent_family(model)) for place in range(len(seeds))]


def _alike(conditionings: list[Conditioning]) -> list[list[int]]:
    """The places of conditionings that can go through a model together: with tensors of the same names and shapes.

    One of several parts goes by itself.
    """
    groups: dict[Any, list[int]] = {}
    for place, conditioning in enumerate(conditionings):
        shapes = tuple(sorted((name, tuple(tensor.shape[1:])) for name, tensor in conditioning.tensors.items()))
        groups.setdefault((shapes, place if conditioning.parts else -1), []).append(place)
    return list(groups.values())
