"""Conditionings of several parts in the loop of a pipeline: each told at its steps, and blended where they share a place.

A pipeline is handed the tensors of the first part and calls its denoiser with them. The stand-in finds them among what
it is called with, puts those of each part that holds at this step in their place, and blends the predictions by masks
and weights (regions as of MultiDiffusion, Bar-Tal et al., 2023, in one picture).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nodegraph import InputError

from ...media.latent import Conditioning, Part
from .. import space
from ..conditioning import as_called
from ..doors import Door
from ..families import denoisers, known_family
from ..inpaint import blend_mask


def divide(pipe: Any, conditioning: Conditioning, course: Any, steps: int, width: int, height: int) -> None:
    """Make a pipeline of a call's own heed the parts of a conditioning.

    course: the Steps that are taken, of all `steps`. Raises InputError where a step is told nothing.
    """
    if not conditioning.parts:
        return
    _judge(conditioning, course, steps)
    parts = [_Ready(part, as_called(pipe, part.tensors), _mask(pipe, part.mask, width, height))
             for part in conditioning.parts]
    base = as_called(pipe, conditioning.tensors)
    for name, network in denoisers(pipe).items():
        pipe.__dict__[name] = Divided(network, base, parts, course)


def _judge(conditioning: Conditioning, course: Any, steps: int) -> None:
    last = steps if course.last is None else min(course.last, steps)
    for step in range(course.first, last):
        if not any(_holds(part, step / steps, step) for part in conditioning.parts):
            raise InputError(f"no part of the conditioning holds at step {step + 1} of {steps}: their shares of the steps "
                             "leave a gap; let one of them begin earlier or end later")


def _holds(part: Part, share: float, step: int) -> bool:
    return part.begin <= share + 1e-9 < part.end + (part.end >= 1) and step % part.turn[1] == part.turn[0]


def _mask(pipe: Any, mask: Any, width: int, height: int) -> Any:
    """A mask as the denoiser's predictions are: (1, 1, h, w), or rows of patches."""
    import torch

    if mask is None:
        return None
    scale = space.scale_of(pipe)
    small = torch.nn.functional.interpolate(mask[None].float(), (height // scale, width // scale), mode="area")
    if not hasattr(pipe, "_pack_latents"):
        return small
    if known_family(pipe).moving:
        raise InputError(f"a {type(pipe).__name__} holds clips in rows of patches, and no region of them is told apart; leave "
                         "mask out, and let prompts hold for a part of the steps")
    return blend_mask(pipe, mask, torch.zeros(1, space.channels_of(space.vae_of(pipe)), *small.shape[-2:]))


class _Ready:
    """A part with its tensors and its mask as a loop has them."""

    def __init__(self, part: Part, tensors: dict[str, Any], mask: Any):
        self.part, self.tensors, self.mask = part, tensors, mask


class Divided(Door):
    """A denoiser that is called once for each part that holds."""

    def __init__(self, network: Any, base: dict[str, Any], parts: list[_Ready], course: Any):
        super().__init__(network)
        self.base, self.parts, self.course = base, parts, course
        self.known: dict[int, tuple[Any, list[str] | None]] = {}

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        total, place = len(self.course.inner.timesteps), self.course.first + self.course.index
        step = place // (getattr(self.course.inner, "order", 1) or 1)
        parts = [ready for ready in self.parts if _holds(ready.part, place / total, step)] or self.parts[:1]
        made = [self._called(ready, arguments, settings) for ready in parts]
        first = made[0]
        if len(parts) == 1:  # alone it is all there is, wherever its mask is
            return first
        blended = _blended([one[0] for one in made], parts)
        return (blended, *first[1:]) if isinstance(first, tuple) else type(first)(**{**first, "sample": blended})

    def _called(self, ready: _Ready, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Any:
        if ready.tensors is self.base:
            return self.network(*arguments, **settings)
        swapped: set[str] = set()

        def swap(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: swap(inner) for name, inner in value.items()}
            rows = self._rows(value)
            if rows is None:
                return value
            import torch

            swapped.update(rows)
            return torch.cat([ready.tensors[name].to(value) for name in rows])
        arguments, settings = tuple(map(swap, arguments)), swap(settings)
        if "prompt_embeds" not in swapped:
            raise InputError("this model's pipeline changes what it is told before its denoiser reads it, so it takes no "
                             "conditioning in parts; give it one prompt without [signs of time] or regions, or an average")
        return self.network(*arguments, **settings)

    def _rows(self, value: Any) -> list[str] | None:
        """Which tensor of the base each row of a value is; None where it is something else."""
        if not hasattr(value, "shape") or value.ndim < 2:
            return None
        if id(value) not in self.known or self.known[id(value)][0] is not value:
            self.known[id(value)] = (value, self._read(value))
        return self.known[id(value)][1]

    def _read(self, value: Any) -> list[str] | None:
        import torch

        alike = {name: tensor.to(value) for name, tensor in self.base.items() if tensor.shape[1:] == value.shape[1:]}
        rows = []
        for place, row in enumerate(value):
            names = [name for name, tensor in alike.items() if torch.equal(row, tensor[0])]
            unwanted = len(value) > 1 and place < len(value) // 2  # pipelines put what is not to be painted first
            names.sort(key=lambda name: name.startswith("negative") is not unwanted)
            if not names:
                return None
            rows.append(names[0])
        return rows


def _blended(predictions: list[Any], parts: list[_Ready]) -> Any:
    """Their mean by weights and masks; where no mask reaches, that of those without one, or of all."""
    import torch

    like = predictions[0]
    shares = [torch.ones_like(like[:1, :1]) * one.part.weight if one.mask is None
              else (one.mask[:, :, None] if like.ndim == 5 else one.mask).to(like) * one.part.weight for one in parts]
    total: Any = sum(shares)
    bare = total <= 0
    total = torch.where(bare, torch.full_like(total, float(len(parts))), total)
    blended: Any = 0
    for prediction, share in zip(predictions, shares):
        blended = blended + prediction * (torch.where(bare, torch.ones_like(total), share) / total)
    return blended


def combined(conditionings: list[Conditioning]) -> Conditioning:
    """All of them at once, each where and when it holds."""
    parts = tuple(part for one in conditionings for part in parts_of(one))
    first = conditionings[0]
    return Conditioning(parts[0].tensors, first.family, "; ".join(
        dict.fromkeys(one.negative_prompt for one in conditionings if one.negative_prompt)), parts)


def parts_of(conditioning: Conditioning) -> tuple[Part, ...]:
    """Its parts, or it as the only one."""
    return conditioning.parts or (Part(conditioning.tensors),)


def mixed(conditionings: list[Conditioning], mix: Callable[[list[Any], str], Any]) -> Conditioning:
    """One conditioning of the tensors of several, mixed name by name."""
    first = conditionings[0]
    if any(one.parts for one in conditionings):
        raise InputError("a conditioning that is in parts already (by [signs of time], regions or blends) cannot be mixed; "
                         "mix first, and give regions afterwards")
    tensors = {name: mix([one.tensors[name] for one in conditionings], name) for name in first.tensors}
    return Conditioning(tensors, first.family, next((one.negative_prompt for one in conditionings if one.negative_prompt), ""))
