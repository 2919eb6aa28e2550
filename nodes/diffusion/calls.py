"""Calls of pipelines, each in a copy of its own, its complaints in sentences; and those that run as a whole."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nodegraph import Context, InputError, warn

from ..common.knowledge import tell_of_unknown
from ..common.loading import in_words
from .models import quiet
from .noise import with_whole_noise
from .prompts import tell_of_negative, tell_of_prompt
from .samplers import Sampling, judge_steps, scheduler_for
from .sizes import sizes_of


def dice(seed: int) -> Any:
    """A generator of this call's own, on the CPU, so that every device paints from the same noise."""
    import torch

    return torch.Generator().manual_seed(seed)


def own_copy(model: Any, sampling: Sampling, steps: int, generator: Any = None) -> Any:
    """The same networks in a pipeline of this call's own: a pipeline keeps the state of its call in itself.

    generator: where the noise of the steps comes from, if the pipeline hands none on to its scheduler.
    """
    pipe = copy.copy(model)
    pipe.scheduler = scheduler_for(model, sampling, generator)
    judge_steps(pipe.scheduler, steps)
    if pipe.dtype.itemsize < 4 and hasattr(pipe, "prepare_latents"):
        pipe.prepare_latents = with_whole_noise(pipe.prepare_latents)
    return pipe


@contextmanager
def in_a_sentence(pipe: Any) -> Iterator[None]:
    """What a pipeline says of its arguments, as an InputError."""
    try:
        yield
    except InputError:
        raise
    except (ValueError, TypeError) as error:
        raise InputError(f"a {type(pipe).__name__} refuses this: {in_words(error)}") from error
    except (LookupError, AttributeError, ArithmeticError) as error:  # over settings that the model brings
        raise InputError(f"a {type(pipe).__name__} refuses this: {in_words(error).rstrip('.')}; if this model never "
                         "paints, its settings are not those of its weights, and it should be downloaded "
                         "again") from error


def paint_whole(model: Any, ctx: Context, sampling: Sampling, **wanted: Any) -> Any:
    """A picture float32 (3, height, width) from a pipeline whose parts are not known here.

    It is called with what it takes of what is wanted. Raises InputError where it takes less, or more.
    """
    given = _arguments(model, ctx, wanted)
    if given.get("width") or given.get("height"):
        own = sizes_of(model).own or (0, 0)
        sizes_of(model).judge(given.get("width") or own[0], given.get("height") or own[1])
    pipe = own_copy(model, sampling, wanted["num_inference_steps"], wanted["generator"])
    with quiet(), in_a_sentence(pipe):
        for name in ("prompt", "negative_prompt"):
            tell_of_prompt(pipe, name, given.get(name) or "")
        tell_of_unknown(getattr(model, "knowledge", None), given.get("prompt") or "")
        images = pipe(**given, output_type="pt", return_dict=False)[0]
    _tell_of_guidance(pipe, given)
    return _picture(pipe, images[0], given)


def _arguments(model: Any, ctx: Context, wanted: dict[str, Any]) -> dict[str, Any]:
    """What of what is wanted a pipeline's call takes."""
    takes, kind = inspect.signature(type(model).__call__).parameters, type(model).__name__
    needed = [name for name, parameter in takes.items() if parameter.default is parameter.empty
              and name != "self" and parameter.kind is parameter.POSITIONAL_OR_KEYWORD and name not in wanted]
    if "prompt" not in takes or needed:
        raise InputError(f"this model is a {kind}, which does not paint from a prompt alone"
                         + (f"; it also needs {', '.join(needed)}" if needed else ""))
    given = {name: value for name, value in wanted.items() if value not in (None, "")
             and not (name in ("width", "height") and not value)}
    extra = sorted(set(given) - set(takes) - {"generator", "num_inference_steps"})
    if extra:
        raise InputError(f"a {kind} takes no {', '.join(extra)}; leave that out")
    if "generator" not in takes:
        warn(f"a {kind} takes no seed: the same seed will not paint the same picture again")

    def report(_: Any, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        ctx.report(index + 1, wanted["num_inference_steps"], "sampling")
        return tensors

    given |= {"callback_on_step_end": report, "num_frames": 1}
    return {name: value for name, value in given.items() if name in takes}


def _tell_of_guidance(pipe: Any, given: dict[str, Any]) -> None:
    """Warn of a negative prompt that had no effect, as the pipeline itself has it after its call."""
    default = inspect.signature(type(pipe).__call__).parameters.get("guidance_scale")
    scale = given.get("guidance_scale", default.default if default is not None else None)
    guided = getattr(pipe, "do_classifier_free_guidance", None)
    if guided is False and given.get("negative_prompt"):
        tell_of_negative(given["negative_prompt"], min(scale or 0, 1))
    elif guided is None and isinstance(scale, (int, float)):
        tell_of_negative(given.get("negative_prompt", ""), scale)


def _picture(pipe: Any, made: Any, given: dict[str, Any]) -> Any:
    """The picture among what a pipeline made, or the first frame. Warns of a size that was not asked for."""
    import torch

    made, kind = torch.as_tensor(made), type(pipe).__name__
    if made.ndim == 4:
        count = made.shape[0]
        warn(f"a {kind} paints moving pictures; this is "
             + ("a still one" if count == 1 else f"the first of {count} frames, and the others are dropped"))
        made = made[0] if made.shape[1] == 3 else made[:, 0]
    if made.ndim != 3 or made.shape[0] not in (1, 3):
        raise InputError(f"a {kind} made a tensor {tuple(made.shape)}, which is no picture; take a model that paints")
    height, width = made.shape[1:]
    asked = given.get("width") or width, given.get("height") or height
    if asked != (width, height):
        warn(f"{asked[0]} x {asked[1]} was asked for, and a {kind} paints in sizes of its own: "
             f"this is {width} x {height}")
    return made.float().clamp(0, 1).expand(3, -1, -1).contiguous()
