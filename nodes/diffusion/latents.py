"""The node that changes the size of a latent, as other programs' latent upscale does."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from nodegraph import InputError, Range, node

from ..media.types import Latent

EVEN = 2  # latents on a side that most transformers take as one
MOST = 1024  # latents on a side


@node("diffusion.resize_latent", version=1)
def resize_latent(latent: Latent, factor: Annotated[float, Range(0.25, 4, 0.05)] = 1.5,
                  how: Literal["nearest", "bilinear", "bicubic"] = "nearest") -> Latent:
    """Enlarge a latent, to be painted over by another sampling (hires fix).

    What comes of it is blurred or blocky until it is painted over, with a strength of 0.5 and more. The picture, enlarged and
    encoded again, needs less: graphs/hires.yaml does so.

    latent: from diffusion.sample or diffusion.encode_image; its mask goes with it.
    factor: how many times as wide and as high, to the nearest even number of latents (16 pixels, where one stands for 8).
    how: `nearest` repeats latents, `bilinear` and `bicubic` go smoothly between them.
    """
    rows, columns = latent.samples.shape[-2:]
    size = (_side(rows, factor), _side(columns, factor))
    if max(size) > MOST:
        raise InputError(f"factor is {factor:g}, and the latent would be {size[1]} x {size[0]}; {MOST} is the most on a side")
    mask = latent.mask
    if mask is not None:
        high, wide = mask.shape[-2:]
        mask = _resized(mask, (high // rows * size[0], wide // columns * size[1]), "bilinear").clamp(0, 1)
    return replace(latent, samples=_resized(latent.samples, size, how), mask=mask,
                   masked=None if latent.masked is None else _resized(latent.masked, size, how))


def _side(side: int, factor: float) -> int:
    return max(EVEN, round(side * factor / EVEN) * EVEN)


def _resized(samples: Any, size: tuple[int, int], how: str) -> Any:
    """Tensors (channels, [frames,] h, w) at another height and width."""
    import torch

    wide = samples.flatten(0, -3)[:, None]
    corners = {} if how == "nearest" else {"align_corners": False}
    made = torch.nn.functional.interpolate(wide, size, mode=how, **corners)
    return made.reshape(*samples.shape[:-2], *size).contiguous()
