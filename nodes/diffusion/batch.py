"""Nodes that sample several latents at once: one for each seed, or one for each prompt. Each is what it is alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from nodegraph import SILENT, Context, InputError, Range, Seed, Uses, node

from ..media.types import Conditioning, Image, Latent
from . import space
from .beginning import Wanted, begun
from .calls import dice, own_copy, sampled
from .edit import looked_at
from .guided import guide, settings_of
from .inpaint import is_trained, text_pipeline
from .models import DiffusionModel
from .prompts.division import divide
from .sample import Count, Guidance, guidance_for, refused, reporter, size
from .samplers import Sampler, Sampling, Schedule
from .sizes import Side
from .steps import Steps
from .uses import SAMPLES

AtOnce = Annotated[int, Range(1, 64)]


@node("diffusion.sample_seeds", version=1, costly=True, refuses=refused, batch="seeds", batch_size=64)
def sample_seeds(model: Annotated[DiffusionModel, Uses(*SAMPLES)], conditioning: Conditioning, seeds: list[Seed],
                 steps: Count = 30, guidance_scale: Guidance | None = None, width: Side | None = None,
                 height: Side | None = None, sampler: Sampler = "model", schedule: Schedule = "model", at_once: AtOnce = 4,
                 reference: list[Image] | None = None, ctx: Context = SILENT) -> list[Latent]:
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
    reference: what a model trained for inpainting is shown, the same for all, as in diffusion.sample.
    """
    return _together(model, [conditioning] * len(seeds), seeds, Sampling(sampler, schedule), steps, guidance_scale, width,
                     height, at_once, reference, ctx)


@node("diffusion.sample_prompts", version=1, costly=True, refuses=refused, batch="conditionings", batch_size=64)
def sample_prompts(model: Annotated[DiffusionModel, Uses(*SAMPLES)], conditionings: list[Conditioning], seed: Seed = 0,
                   steps: Count = 30, guidance_scale: Guidance | None = None, width: Side | None = None,
                   height: Side | None = None, sampler: Sampler = "model", schedule: Schedule = "model",
                   at_once: AtOnce = 4, reference: list[Image] | None = None, ctx: Context = SILENT) -> list[Latent]:
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
    reference: what a model trained for inpainting is shown, the same for all, as in diffusion.sample.
    """
    return _together(model, conditionings, [seed] * len(conditionings), Sampling(sampler, schedule), steps, guidance_scale,
                     width, height, at_once, reference, ctx)


@dataclass(frozen=True)
class _Asked:
    """What is alike for all: how they are sampled, how strongly guided, their size in pixels, and what is shown."""

    sampling: Sampling
    steps: int
    guidance_scale: float | None
    width: int
    height: int
    reference: tuple[Any, ...] = ()


def _together(model: Any, conditionings: list[Conditioning], seeds: list[int], sampling: Sampling, steps: int,
              guidance_scale: float | None, width: int | None, height: int | None, at_once: int,
              reference: list[Any] | None, ctx: Context) -> list[Latent]:
    """A latent for each conditioning and its seed."""
    if reference and not is_trained(model):
        looked_at(model, reference)  # says what does not suit
        raise InputError("reference is of models trained for inpainting here; diffusion.sample edits pictures one by one")
    guidance = guidance_for(model, conditionings, guidance_scale)
    asked = _Asked(sampling, steps, guidance, *size(model, width, height), tuple(reference or ()))
    # What these find out of a batch as a whole would tie its items to one another.
    at_once = 1 if sampling.sampler == "dpm_adaptive" or "cache" in settings_of(model) else at_once
    made: dict[int, Any] = {}
    for start in range(0, len(seeds), at_once):
        for like in _alike(conditionings[start:start + at_once]):
            places = [start + place for place in like]
            made |= zip(places, _sampled(model, [conditionings[place] for place in places],
                                         [seeds[place] for place in places], asked, ctx), strict=True)
    return [Latent(made[place].contiguous(), space.latent_family(model)) for place in range(len(seeds))]


def _sampled(model: Any, conditionings: list[Conditioning], seeds: list[int], asked: _Asked, ctx: Context) -> Any:
    """Samples (batch, channels, h, w) of all of these in one go."""
    generators: Any = [dice(seed) for seed in seeds]
    generators = generators if len(seeds) > 1 else generators[0]
    pipe = own_copy(text_pipeline(model), asked.sampling, asked.steps, generators)
    guide(pipe, asked.guidance_scale, len(seeds), len(conditionings[0].parts))
    begin = begun(pipe, Wanted(reference=asked.reference), asked.width, asked.height)
    course = Steps(pipe.scheduler, start=begin, after=reporter(pipe, ctx, asked.width, asked.height))
    divide(pipe, conditionings[0], course, asked.steps, asked.width, asked.height)
    return sampled(pipe, _joined(conditionings), course, generators, asked.steps, asked.width, asked.height,
                   asked.guidance_scale, None, lambda: ctx.report(course.index, len(course.timesteps), "sampling"))


def _alike(conditionings: list[Conditioning]) -> list[list[int]]:
    """The places of conditionings that can go through a model together: with tensors of the same names and shapes.

    One of several parts goes by itself.
    """
    groups: dict[Any, list[int]] = {}
    for place, conditioning in enumerate(conditionings):
        shapes = tuple(sorted((name, tuple(tensor.shape[1:])) for name, tensor in conditioning.tensors.items()))
        groups.setdefault((shapes, place if conditioning.parts else -1), []).append(place)
    return list(groups.values())


def _joined(conditionings: list[Conditioning]) -> dict[str, Any]:
    """The tensors of several conditionings, one below the other."""
    import torch

    first = conditionings[0].tensors
    if len(conditionings) == 1:
        return first
    return {name: torch.cat([conditioning.tensors[name] for conditioning in conditionings]) for name in first}
