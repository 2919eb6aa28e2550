"""Calls of pipelines, each in a copy of its own, its complaints in sentences; and those that run as a whole."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from nodegraph import Context, InputError, warn

from ..common.knowledge import tell_of_unknown
from ..common.loading import in_words
from .conditioning import as_called
from .doors import Watched
from .families import denoiser, denoiser_name, known_family
from .guided import guide, shifted
from .inpaint import is_trained
from .models import quiet
from .noise import with_whole_noise
from .prompts import tell_of_negative, tell_of_prompt
from .samplers import Sampling, judge_steps, scheduler_for
from .sizes import sizes_of
from .space import channels_of, scale_of, unpacked, vae_of
from .steps import Steps

_GUIDERS = ("guider", "ocr_guider")  # of HunyuanImage


def dice(seed: int) -> Any:
    """A generator of this call's own, on the CPU, so that every device paints from the same noise."""
    import torch

    return torch.Generator().manual_seed(seed)


def own_copy(model: Any, sampling: Sampling, steps: int, generator: Any = None) -> Any:
    """The same networks in a pipeline of this call's own: a pipeline keeps the state of its call in itself.

    generator: where the noise of the steps comes from, if the pipeline hands none on to its scheduler.
    """
    pipe = copy.copy(model)
    pipe.scheduler = shifted(model)
    pipe.scheduler = scheduler_for(pipe, sampling, generator)
    judge_steps(pipe.scheduler, steps)
    for name in _GUIDERS:  # which keep the state of a call as well
        if getattr(pipe, name, None) is not None:
            pipe.__dict__[name] = copy.deepcopy(getattr(pipe, name))
    if pipe.dtype.itemsize < 4 and hasattr(pipe, "prepare_latents"):
        pipe.prepare_latents = with_whole_noise(pipe.prepare_latents)
    return pipe


def sampled(pipe: Any, tensors: dict[str, Any], steps: Steps, generator: Any, count: int, width: int, height: int,
            guidance_scale: float | None = None, frames: int | None = None, look: Callable[[], None] | None = None,
            **more: Any) -> Any:
    """Samples (batch, channels, [frames,] h, w) from a pipeline's own loop.

    pipe: of this call's own. tensors: from conditioning.encoded. count: of the steps of the whole schedule.
    look: called now and then within a step, so that it can end the sampling by what it raises.
    more: what else the pipeline's call takes, such as the picture of a ControlNet.
    Raises InputError in the pipeline's words for what it refuses.
    """
    takes = inspect.signature(type(pipe).__call__).parameters
    family = known_family(pipe)
    given = {**_own_way(pipe, count, width, height), "width": width, "height": height, "num_frames": frames,
             family.guidance: guidance_scale, "generator": generator, "num_inference_steps": count, **more}
    given = {name: value for name, value in given.items() if name in takes and value is not None}
    given |= {"negative_prompt": None} if "negative_prompt" in takes else {}
    given |= {"intermediate_timesteps": None} if "intermediate_timesteps" in takes and count != 2 else {}
    if not family.guidance and guidance_scale is not None:
        _guide(pipe, guidance_scale)
    if steps.start is not None and {"image", "strength"} <= set(takes):
        given |= {"image": steps.start.latents, "strength": 1.0}
        pipe.prepare_latents = _drawing_of_picture(steps, generator)
    elif steps.start is not None or is_trained(pipe):
        pipe.prepare_latents = _drawing_for(steps, channels_of(vae_of(pipe)), pipe.prepare_latents)
    pipe.scheduler = steps
    if denoiser_name(pipe):
        pipe.__dict__[denoiser_name(pipe)] = Watched(denoiser(pipe), look or (lambda: None))
    called = as_called(pipe, tensors)
    if type(pipe).__name__.startswith("CogView3"):  # which puts zeros in the place of what it is not to paint
        pipe.encode_prompt = lambda *_, **__: (called["prompt_embeds"], called["negative_prompt_embeds"])
    with quiet(), in_a_sentence(pipe):
        made = pipe(**called, **given, output_type="latent", return_dict=False)
    latents = made[0] if isinstance(made, tuple) else made  # of Stable Video Diffusion, which leaves the tuple out
    # Flux.2 gives those that its decoder reads, and others may take them further: these are of the loop.
    own = steps.latents if hasattr(pipe, "_patchify_latents") else latents
    samples = unpacked(pipe, own, width, height)
    _tell_of_size(pipe, samples, width, height)
    return samples


def _tell_of_size(pipe: Any, samples: Any, width: int, height: int) -> None:
    """Warn of a pipeline that has gone by a size of its own."""
    rows, columns = (side * scale_of(pipe) for side in samples.shape[-2:])
    if (columns, rows) != (width, height):
        warn(f"{width} x {height} was asked for, and a {type(pipe).__name__} paints in sizes of its own: this is "
             f"{columns} x {rows}")


def _guide(pipe: Any, guidance_scale: float) -> None:
    """Tell the guiders of a pipeline that has its guidance in them. Raises InputError where it has none."""
    guiders = [guider for guider in (getattr(pipe, name, None) for name in _GUIDERS) if guider is not None]
    if not guiders:
        raise InputError(f"a {type(pipe).__name__} takes no guidance_scale; leave it out")
    for guider in guiders:
        guider.guidance_scale = guidance_scale


def _own_way(pipe: Any, count: int, width: int, height: int) -> dict[str, Any]:
    """What keeps pipelines from painting in sizes of their own, since any that fits the model is kept to."""
    return {"use_resolution_binning": False, "max_area": width * height}


def _drawing_for(steps: Steps, channels: int, draw: Callable[..., Any]) -> Callable[..., Any]:
    """A pipeline's drawing of noise, which is then mixed with what the steps start from."""
    takes = inspect.signature(draw)

    @wraps(draw)
    def drawn(*arguments: Any, **settings: Any) -> Any:
        bound = takes.bind(*arguments, **settings)
        for name in ("num_channels_latents", "num_latents_channels"):
            if name in bound.arguments:  # which a model trained for inpainting has more of than it paints
                bound.arguments[name] = channels
        made = draw(*bound.args, **bound.kwargs)
        if steps.start is not None:
            steps.start.take(made[0] if isinstance(made, tuple) else made)
            steps.begin()
        return made
    return drawn


def _drawing_of_picture(steps: Steps, generator: Any) -> Callable[..., Any]:
    """The same for a pipeline that is made to begin with a picture (the refiner of Stable Diffusion XL)."""
    from diffusers.utils.torch_utils import randn_tensor

    def drawn(image: Any, *_: Any, **__: Any) -> Any:
        steps.start.take(randn_tensor(image.shape, generator, image.device, image.dtype))  # type: ignore[union-attr]
        steps.begin()
        return steps.start.drawn  # type: ignore[union-attr]
    return drawn


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
    guide(pipe, given.get("guidance_scale"), steps=wanted["num_inference_steps"])
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
