"""What a sampling begins with: noise, a picture that is painted over, one with a mask, or what another has left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from nodegraph import InputError, warn

from ..media.types import Latent
from . import space
from .families import device_of, judge_words_alone, moves_picture, varies
from .inpaint import blend_mask, is_trained, masked_latents, nothing_seen, reference_seen, widened
from .samplers import is_flow
from .shown import tell_of_nothing_shown
from .steps import Start


@dataclass(frozen=True)
class Wanted:
    """What is asked of a start.

    start: the latent, or None for noise alone. mask: float32 (1, height, width), of more weight than the start's own.
    strength: how much of it is painted over. first, last: the steps taken, of all; 0 is the whole schedule's.
    add_noise: whether noise is added to the start, or is in it already. reference: pictures that a model trained for
    inpainting is shown in the place of what lies around the mask.
    """

    start: Latent | None = None
    mask: Any = None
    strength: float = 1.0
    first: int = 0
    last: int = 0
    add_noise: bool = True
    reference: tuple[Any, ...] = ()

    @property
    def own_mask(self) -> Any:
        """The mask that counts, in pixels; None for none."""
        return self.mask if self.mask is not None or self.start is None else self.start.mask


def window(pipe: Any, wanted: Wanted, steps: int) -> tuple[int, int | None]:
    """The steps that are taken: from the first to before the last, of all. Raises InputError where none is left."""
    last = min(wanted.last, steps) if wanted.last else None
    first = wanted.first
    if wanted.start is not None and not first and wanted.add_noise:
        if int(steps * wanted.strength) < 1:
            raise InputError(f"strength {wanted.strength:g} of {steps} steps leaves none to paint; raise one of them")
        # Pipelines of flows take a part of a step for a whole one, and those of noise leave it out.
        whole = steps - steps * wanted.strength
        first = int(whole) if is_flow(pipe.scheduler) else steps - int(steps * wanted.strength)
    if first >= (steps if last is None else last):
        raise InputError(f"the steps from {first} to {steps if last is None else last} are none; widen start_step and "
                         "end_step, or raise steps")
    return first, last


def begun(pipe: Any, wanted: Wanted, width: int, height: int) -> Start | None:
    """What a sampling begins with, as the pipeline's loop holds it. Raises InputError for what cannot be a start.

    Of a model that was trained for inpainting the denoiser is widened, in this pipeline of the call's own. Without a
    mask it sees nothing, and paints all of the picture. With a reference it sees that, and what lies outside of the mask
    is put back after each step, as with a model that was not trained for it.
    """
    start = wanted.start
    if start is not None and moves_picture(pipe):
        raise InputError(f"a {type(pipe).__name__} begins with the picture that it is given as reference; leave start out")
    if start is None:
        _judge_without(pipe, wanted)
        if not is_trained(pipe):
            return None
        if not wanted.reference:
            tell_of_nothing_shown(pipe)
        mask, grey = nothing_seen(pipe, width, height)
        start = Latent(grey[0], space.latent_family(pipe), None if wanted.reference else mask, grey[0])
        wanted = replace(wanted, start=start, strength=1.0)
    if not (is_flow(pipe.scheduler) or hasattr(pipe.scheduler, "add_noise")):
        raise InputError(f"a {type(pipe).__name__} cannot begin with a picture; leave start out")
    samples, mask = start.samples[None].to(device_of(pipe)), wanted.own_mask
    _judge_mask(pipe, mask, start)
    blend = None if mask is None else blend_mask(pipe, mask.to(samples), samples)
    if wanted.reference:
        widened(pipe, *reference_seen(pipe, list(wanted.reference), width, height))
    elif is_trained(pipe):
        seen = nothing_seen(pipe, width, height) if mask is None else (mask, _masked(pipe, wanted, samples))
        widened(pipe, *seen)
        blend = None
    bare = wanted.strength >= 1 and (mask is not None or bool(wanted.reference))
    return Start(space.packed(pipe, samples), blend, not wanted.add_noise, bare)


def _judge_without(pipe: Any, wanted: Wanted) -> None:
    if not varies(pipe) and not moves_picture(pipe):  # which were given their picture
        judge_words_alone(pipe)
    if wanted.mask is not None:
        raise InputError("mask says where start is painted anew, and there is no start; encode the picture with "
                         "diffusion.encode_image and give it as start")
    if wanted.first or not wanted.add_noise:
        raise InputError("start_step above 0, or no noise added, takes a start: the latent of the steps before, or "
                         "one from diffusion.encode_image")


def _judge_mask(pipe: Any, mask: Any, start: Latent) -> None:
    if mask is None:
        return
    height, width = (side * space.scale_of(pipe) for side in start.samples.shape[-2:])
    if tuple(mask.shape[-2:]) != (height, width):
        raise InputError(f"mask is {mask.shape[2]} x {mask.shape[1]}, and start is {width} x {height} pixels; give the "
                         "mask to diffusion.encode_image, which brings both to one size, or make it that size")


def _masked(pipe: Any, wanted: Wanted, samples: Any) -> Any:
    """Samples of the picture around the mask: those of the start, or made of it where it has none of this mask."""
    start = wanted.start
    if start.masked is not None and wanted.mask is None:  # type: ignore[union-attr]
        return start.masked[None].to(samples)  # type: ignore[union-attr]
    warn("this model was trained for inpainting, and what lies around the mask is decoded and encoded again for it; "
         "give the mask to diffusion.encode_image instead, with the picture, and nothing is lost")
    picture = space.decoded(pipe, samples)
    return masked_latents(pipe, picture, wanted.own_mask.to(picture))
