"""Latent and Conditioning: what a denoiser works on, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

from nodegraph import PortType

from .image import to_array
from .kinds import is_tensor, kind


@dataclass(frozen=True, eq=False)
class Latent:
    """A picture or a clip in the space of an autoencoder.

    samples: (channels, height, width), of a clip (channels, frames, height, width); floating, scaled as the denoiser
    sees them. family: one line that tells this latent space from others.
    mask: where it is to be painted anew, float32 (1, height, width) in pixels, 1 inside; or None for all of it.
    masked: samples of the picture without what the mask covers, for a model that was trained for inpainting, or None.
    noise: how much noise is left in it, as the scheduler that left it counts (its sigma, or its timestep); 0 for none.
    """

    samples: Any
    family: str
    mask: Any = None
    masked: Any = None
    noise: float = 0.0
    __porttype__: ClassVar[PortType]


@dataclass(frozen=True, eq=False)
class Part:
    """What a denoiser is told in a part of the steps, or of the picture.

    tensors: by name, each with a batch of 1. begin, end: shares of the steps, from 0 to 1. turn: of so many steps,
    which one: (1, 2) is every second. mask: where it holds, float32 (1, height, width) in pixels, or None for everywhere.
    weight: of its prediction, beside those of others that hold in the same place.
    """

    tensors: dict[str, Any]
    begin: float = 0.0
    end: float = 1.0
    turn: tuple[int, int] = (0, 1)
    mask: Any = None
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Conditioning:
    """What a denoiser is told.

    tensors: by name, each with a batch of 1. family: one line on who can read them.
    negative_prompt: what they were made of that is to be stayed away from, which takes guidance; "" for nothing.
    parts: where it is told other things at other steps or in other places; `tensors` are then those of the first.
    """

    tensors: dict[str, Any]
    family: str
    negative_prompt: str = ""
    parts: tuple[Part, ...] = ()
    __porttype__: ClassVar[PortType]


def _latent_complaint(value: Any) -> str | None:
    if not isinstance(value, Latent):
        return f"is {kind(value)}"
    if not (is_tensor(value.samples) and value.samples.ndim in (3, 4) and value.samples.is_floating_point()):
        return f"holds {kind(value.samples)}"
    for name, tensor in (("mask", value.mask), ("masked", value.masked)):
        if tensor is not None and not (is_tensor(tensor) and tensor.is_floating_point()):
            return f"holds {kind(tensor)} as its {name}"
    return None if value.samples.isfinite().all() else "holds values that are not finite"


def _latent_preview(latent: Latent) -> Any:
    """Three channels stretched to the full range: shapes can be told, colours mean nothing."""
    import torch

    samples = latent.samples.detach().to("cpu", torch.float32)
    samples = samples[:, samples.shape[1] // 2] if samples.ndim == 4 else samples
    first = samples[torch.arange(3) % samples.shape[0]]
    low, high = first.amin((1, 2), keepdim=True), first.amax((1, 2), keepdim=True)
    return to_array((first - low) / (high - low).clamp_min(1e-6))


def _conditioning_complaint(value: Any) -> str | None:
    if not isinstance(value, Conditioning):
        return f"is {kind(value)}"
    for tensors in (value.tensors, *(part.tensors for part in value.parts)):
        for name, tensor in tensors.items():
            if not is_tensor(tensor):
                return f"holds {kind(tensor)} as {name}"
            if tensor.is_floating_point() and not tensor.isfinite().all():
                return f"holds values that are not finite in {name}"
    return None


def _flat(latent: Latent) -> dict[str, Any]:
    """Its parts, but for those that say nothing."""
    plain = {field.name: getattr(latent, field.name) for field in fields(latent)}
    return {name: value for name, value in plain.items() if value is not None and not (name == "noise" and not value)}


def _save_latent(latent: Latent, path: Path) -> None:
    parts = {"samples": latent.samples, "mask": latent.mask, "masked": latent.masked}
    _save_tensors({name: tensor for name, tensor in parts.items() if tensor is not None}, latent.family, path)


def _flat_conditioning(conditioning: Conditioning) -> dict[str, Any]:
    plain = {"tensors": conditioning.tensors, "family": conditioning.family, "negative_prompt": conditioning.negative_prompt}
    parts = [{field.name: getattr(part, field.name) for field in fields(part)} for part in conditioning.parts]
    return {**plain, "parts": parts} if parts else plain


def _restored(plain: dict[str, Any]) -> Conditioning:
    parts = tuple(Part(**{**part, "turn": tuple(part["turn"])}) for part in plain.get("parts", ()))
    return Conditioning(**{**plain, "parts": parts})


def _save_conditioning(conditioning: Conditioning, path: Path) -> None:
    parts = {f"{name}.{number}": tensor for number, part in enumerate(conditioning.parts)
             for name, tensor in {**part.tensors, **({} if part.mask is None else {"mask": part.mask})}.items()}
    _save_tensors(parts or conditioning.tensors, conditioning.family, path)


def _save_tensors(tensors: dict[str, Any], family: str, path: Path) -> None:
    from safetensors.torch import save_file

    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path,
              metadata={"family": family})


Latent.__porttype__ = PortType(
    "Latent", "A picture or a clip in the space of an autoencoder, before it is decoded.",
    complaint=_latent_complaint, preview=_latent_preview, exports={"safetensors": _save_latent},
    color="#c98bd6",
    flatten=_flat, restore=lambda plain: Latent(**plain),
    summary=lambda v: f"{'x'.join(map(str, v.samples.shape))}, {v.family}" + ", with a mask" * (v.mask is not None))

Conditioning.__porttype__ = PortType(
    "Conditioning", "A prompt as a denoiser reads it.",
    complaint=_conditioning_complaint, exports={"safetensors": _save_conditioning}, color="#e58f65",
    flatten=_flat_conditioning, restore=_restored,
    summary=lambda v: f"{', '.join(v.tensors)}, {v.family}" + f", in {len(v.parts)} parts" * bool(v.parts))
