"""The node that samples: from noise to a latent, step by step."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from nodegraph import SILENT, Context, InputError, Range, Recipe, Seed, Uses, node

from ..media.types import Conditioning, Image, Latent, Mask
from . import families, space, steered
from .advice import advice_of
from .beginning import Wanted, begun, window
from .calls import dice, own_copy, sampled
from .clips import judge_frames
from .control import Control
from .controlled import steer
from .edit import looked_at
from .guided import guide
from .inpaint import is_trained, text_pipeline
from .looking import look
from .models import DiffusionModel
from .preview import latent_picture
from .prompts import tell_of_negative
from .prompts.division import divide
from .samplers import GONE, Sampler, Sampling, Schedule, refusal, unfit
from .sizes import Side, size_refused, sizes_of
from .steps import Start, Steps
from .uses import SAMPLES

PREVIEWS = 8  # pictures shown in the course of one sampling

Count = Annotated[int, Range(1, 150)]
Frames = Annotated[int, Range(1, 1025)]
Step = Annotated[int, Range(0, 150)]
Strength = Annotated[float, Range(0.01, 1, 0.01)]
Guidance = Annotated[float, Range(0, 30, 0.1)]


def refused(model: Recipe | None = None, width: int | None = None, height: int | None = None, sampler: str = "model",
            schedule: str = "model", sigmas: list[float] | None = None, control: list[Any] | None = None) -> str:
    """Why nothing can be sampled so, told before a model is loaded; "" if it can, or that is not known.

    control: what steers it, or the Recipes of the nets alone where no more is known.
    """
    wrong = refusal(Sampling(sampler, schedule, tuple(sigmas or ()) or None))
    if not wrong and model is not None:
        wrong = unfit(Path(model.folder or model.source), sampler)
    nets = [one if isinstance(one, Recipe) else one.net for one in control or ()]
    return wrong or size_refused(model, width, height) or steered.refused(model, nets)


@node("diffusion.sample", version=3, costly=True, refuses=refused, gone=GONE)
def sample(model: Annotated[DiffusionModel, Uses(*SAMPLES)], conditioning: Conditioning, seed: Seed = 0, steps: Count = 30,
           guidance_scale: Guidance | None = None, width: Side | None = None, height: Side | None = None,
           sampler: Sampler = "model", schedule: Schedule = "model", sigmas: list[float] | None = None,
           start: Latent | None = None, mask: Mask | None = None,
           strength: Strength = 0.7, start_step: Step = 0, end_step: Step = 0,
           add_noise: bool = True, keep_noise: bool = False, reference: list[Image] | None = None,
           frames: Frames | None = None, control: list[Control] | None = None,
           ctx: Context = SILENT) -> Latent:
    """Paint what a conditioning says, from noise, step by step. The result is a latent, still to be decoded.

    With a latent to start from, a picture is painted over rather than from nothing (Meng et al., SDEdit, 2022); with
    a mask besides, only what it covers is painted anew. What a mask covers by half is painted anew in the later half
    of the steps alone (Levin and Fried, Differential Diffusion, 2023).

    model: starter/painter, or a folder or hub name of a diffusers pipeline.
    conditioning: from diffusion.encode with the same model, or one of its family.
    seed: where the noise comes from; the same seed paints the same picture again.
    steps: how often the picture is improved.
    guidance_scale: how closely the prompt is followed; left out, what suits the model or its family.
    width, height: in pixels, multiples of 8 or 16 as the model has it; left out or 0, what the model was made for.
    sampler: the method of the steps; `model` is the one that comes with the model.
    schedule: how the steps are spread between much noise and none; `model` is as it comes with the model.
    sigmas: the levels of noise themselves, falling, in the place of a schedule: steps is then one less than these.
    start: a latent of the size wanted, from diffusion.encode_image or an earlier sampling.
    mask: where `start` is painted anew, 1 inside; left out, the mask that was encoded with it. A model that was
        trained for inpainting wants the mask in diffusion.encode_image.
    strength: how much of `start` is painted over; 1 leaves next to nothing of it.
    start_step: the step to begin with, so that a part of the steps is another sampling's; 0 leaves it to `strength`.
    end_step: the step to end before; 0 takes them all.
    add_noise: whether noise is added to `start`. Not to one that an earlier sampling left with `keep_noise`.
    keep_noise: whether an early end leaves the noise in that is still there, for another sampling to go on with.
    reference: pictures that the model looks at, such as the one to edit, of a model that takes them (Flux Kontext,
        Flux.2); with width and height left out, the first one's shape at the size the model was made for. The starter
        painter is shown drawings so, with alpha, as starter.scene gives them, also beside a start with a mask.
    frames: how many, of a model that paints clips; left out, as many as its pipeline makes.
    control: what else steers it, from diffusion.control and diffusion.ip_adapter.
    """
    judge_frames(model, frames)
    wanted = Wanted(start, mask, float(strength), start_step, end_step, add_noise)
    sampling, steps = Sampling(sampler, schedule, tuple(sigmas or ()) or None), len(sigmas) - 1 if sigmas else steps
    order = order_of(model, [conditioning], sampling, steps, guidance_scale, (width, height), wanted, reference)
    order = replace(order, whole=not keep_noise, control=control, frames=frames)
    samples = painted(model, [conditioning], [seed], order, ctx)
    return Latent(samples[0].contiguous(), space.latent_family(model))


@dataclass(frozen=True)
class Order:
    """What is asked of a sampling besides its prompts and seeds, alike for all that are sampled at once.

    steps: of the whole schedule. width, height: in pixels. wanted: what it begins with, and which steps are taken.
    whole: whether what an early end leaves of noise is taken away. more: what else the pipeline's call takes.
    """

    sampling: Sampling
    steps: int
    guidance_scale: float | None
    width: int
    height: int
    wanted: Wanted = field(default_factory=Wanted)
    whole: bool = True
    control: list[Control] | None = None
    frames: int | None = None
    more: dict[str, Any] = field(default_factory=dict)


def order_of(model: Any, conditionings: Sequence[Conditioning], sampling: Sampling, steps: int, guidance_scale: float | None,
             asked: tuple[int | None, int | None], wanted: Wanted, reference: list[Any] | None) -> Order:
    """What is asked of a sampling, judged. asked: width and height. reference: pictures that the model looks at, or, of one
    that was trained for inpainting, that it is shown."""
    guidance = guidance_for(model, conditionings, guidance_scale)
    trained = is_trained(model)
    more = {} if trained else looked_at(model, reference or [])
    wanted = replace(wanted, reference=tuple(reference or ()) if trained else ())
    width, height = size(model, *asked, wanted.start, reference[0] if reference else None)
    return Order(sampling, steps, guidance, width, height, wanted, more=more)


def painted(model: Any, conditionings: Sequence[Conditioning], seeds: Sequence[int], order: Order, ctx: Context) -> Any:
    """Samples (batch, channels, [frames,] h, w): one for each conditioning and its seed, all in one go.

    Conditionings of several are without parts, and alike in their shapes.
    """
    generators: Any = [dice(seed) for seed in seeds]
    generators = generators if len(seeds) > 1 else generators[0]
    pipe = own_copy(text_pipeline(model), order.sampling, order.steps, generators)
    looks = look(pipe, order.control, ctx)
    wanted = order.wanted
    whole = wanted.start is None and not wanted.first and not wanted.last
    guide(pipe, order.guidance_scale, len(seeds), len(conditionings[0].parts), order.steps * whole)
    begin = begun(pipe, order.wanted, order.width, order.height)
    if begin is not None:
        begin.latents, begin.mask = (one if one is None else one.expand(len(seeds), *one.shape[1:])
                                     for one in (begin.latents, begin.mask))
    course = _course(pipe, order, begin, reporter(pipe, ctx, order.width, order.height))
    steer(pipe, order.control, looks, ctx, course, order.width, order.height)
    divide(pipe, conditionings[0], course, order.steps, order.width, order.height)
    tensors, more = joined(conditionings), dict(order.more)
    if "prompt_embeds" in more:  # of a picture, in the place of words
        tensors["prompt_embeds"] = more.pop("prompt_embeds").expand(len(seeds), -1, -1)
    return sampled(pipe, tensors, course, generators, order.steps, order.width, order.height, order.guidance_scale,
                   order.frames, lambda: ctx.report(course.index, len(course.timesteps), "sampling"), **more)


def joined(conditionings: Sequence[Conditioning]) -> dict[str, Any]:
    """The tensors of several conditionings, one below the other."""
    import torch

    first = conditionings[0].tensors
    if len(conditionings) == 1:
        return dict(first)
    return {name: torch.cat([conditioning.tensors[name] for conditioning in conditionings]) for name in first}


def guidance_for(model: Any, conditionings: Sequence[Conditioning], guidance_scale: float | None) -> float | None:
    """The guidance scale that is asked for, else what suits the model, or its family; warns of a negative prompt in vain.

    Raises InputError where a conditioning is for another family.
    """
    family, mine = families.known_family(model), families.prompt_family(model)
    for conditioning in conditionings:
        if conditioning.family != mine:
            raise InputError(f"conditioning is for {conditioning.family}, and this model is {mine}; "
                             "encode the prompt with this model")
    advised = advice_of(model).guidance_scale or family.guidance_scale
    guidance = advised if guidance_scale is None else float(guidance_scale)
    if guidance is not None:
        for negative in dict.fromkeys(conditioning.negative_prompt for conditioning in conditionings):
            tell_of_negative(negative, guidance)
    return guidance


def _course(pipe: Any, order: Order, begin: Start | None, after: Any) -> Steps:
    """The steps that are taken. The scheduler of latent consistency spreads all of them over what is painted over."""
    wanted = order.wanted
    if begin is not None and "strength" in inspect.signature(pipe.scheduler.set_timesteps).parameters \
            and "original_inference_steps" in inspect.signature(type(pipe).__call__).parameters:
        own = {"strength": wanted.strength}
        return Steps(pipe.scheduler, wanted.first, wanted.last or None, begin, order.whole, own, after)
    return Steps(pipe.scheduler, *window(pipe, wanted, order.steps), begin, order.whole, after=after)


def size(model: Any, width: int | None, height: int | None, start: Latent | None = None,
         reference: Any = None) -> tuple[int, int]:
    """Width and height in pixels: those wanted, else those of the start, else the model's own.

    With a reference, a picture float32 (channels, height, width), the model's own is brought to that one's shape.
    """
    sizes = sizes_of(model)
    if start is not None:
        if not space.same_space(start, model):
            raise InputError(f"start is in the space of {start.family}, and this model has {space.latent_family(model)}; "
                             "encode the picture with this model")
        own = tuple(side * space.scale_of(model) for side in reversed(start.samples.shape[-2:]))
        if (width or own[0], height or own[1]) != own:
            raise InputError(f"start is {own[0]} x {own[1]}, and {width or own[0]} x {height or own[1]} is asked "
                             "for; leave width and height out")
    else:
        own = sizes.shaped(reference.shape[2] / reference.shape[1]) if reference is not None else sizes.whole
    width, height = width or own[0], height or own[1]
    sizes.judge(width, height)
    return width, height


def reporter(pipe: Any, ctx: Context, width: int, height: int) -> Callable[[int, int, Any, Callable[[], Any]], None]:
    """What is done after each step: it is said how far the sampling is, now and then with a picture."""

    def report(index: int, total: int, latents: Any, forecast: Callable[[], Any]) -> None:
        preview = None
        if ctx.previews and index % max(1, total // PREVIEWS) == 0:
            seen = space.unpacked(pipe, forecast(), width, height)[:1]
            preview = latent_picture(pipe, seen[:, :, seen.shape[2] // 2] if seen.ndim == 5 else seen)
        ctx.report(index, total, "sampling", preview)

    return report


@node("diffusion.magnitudes", version=1, costly=True, refuses=refused)
def magnitudes(model: Annotated[DiffusionModel, Uses(*SAMPLES)], conditioning: Conditioning, seed: Seed = 0, steps: Count = 30,
               width: Side | None = None, height: Side | None = None, sampler: Sampler = "model", schedule: Schedule = "model",
               ctx: Context = SILENT) -> list[float]:
    """Measure how what the blocks of a transformer add grows from step to step, for diffusion.cache with way: magnitude.

    One sampling is enough for a model: the numbers hold for other prompts, and are stretched to other counts of steps.

    model: a model with a transformer, such as Stable Diffusion 3.
    conditioning: any prompt, from diffusion.encode with the same model.
    seed: where the noise comes from.
    steps: how many are measured.
    width, height: in pixels; left out or 0, what the model was made for.
    sampler, schedule: those that it is to be used with.
    """
    live, ratios = copy.copy(model), []  # type: ignore[var-annotated]
    others = [patch for patch in getattr(model, "patches", ()) if patch.kind != "cache"]
    live.patches = (*others, Recipe("cache", "", options=(("ratios", ratios), ("way", "measure"))))
    alone = 1.0 if families.known_family(model).takes_negative else None  # the prompt by itself
    order = order_of(live, [conditioning], Sampling(sampler, schedule), steps, alone, (width, height), Wanted(), None)
    painted(live, [conditioning], [seed], order, ctx)
    return ratios
