"""The nodes for softness and grain: blur, sharpen and noise."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nodegraph import Range, Seed, node

from ..common import blur as blurring
from ..media.types import Image


@node("picture.blur", version=1)
def blur(image: Image, radius: Annotated[float, Range(0, 1000)] = 4.0,
         method: Literal["gaussian", "box"] = "gaussian") -> Image:
    """Blur a picture.

    image: the picture; what is transparent in it leaves no dark fringes.
    radius: in pixels: the standard deviation of a gaussian, or how far a box reaches to each side.
    method: gaussian is smooth; box is the plain mean of a square.
    """
    return blurring.gaussian(image, radius) if method == "gaussian" else blurring.box(image, radius)


@node("picture.sharpen", version=1)
def sharpen(image: Image, radius: Annotated[float, Range(0, 1000)] = 2.0, amount: Annotated[float, Range(0, 20)] = 1.0,
            threshold: Annotated[float, Range(0, 1)] = 0.0) -> Image:
    """Sharpen a picture: what a blur would take away is added (an unsharp mask). Alpha stays as it is.

    image: the picture.
    radius: of that blur, in pixels.
    amount: how much is added; 1 doubles the difference at an edge.
    threshold: differences up to this, 0 to 1, are left alone, so that grain does not grow.
    """
    import torch

    colors = image[:3]
    difference = colors - blurring.gaussian(image, radius)[:3]
    kept = difference * (difference.abs() > threshold)
    return torch.cat([(colors + amount * kept).clamp(0, 1), image[3:]])


@node("picture.noise", version=1)
def noise(image: Image, amount: Annotated[float, Range(0, 1)] = 0.05, monochrome: bool = False,
          seed: Seed = 0) -> Image:
    """Add grain to a picture. Alpha stays as it is.

    image: the picture.
    amount: standard deviation of the noise; the picture goes from 0 to 1.
    monochrome: whether red, green and blue get the same grain, so that no colours come in.
    seed: another gives other grain; the same gives the same on every device.
    """
    import torch

    return torch.cat([(image[:3] + amount * grain(image, monochrome, seed)).clamp(0, 1), image[3:]])


def grain(image: Any, monochrome: bool, seed: int) -> Any:
    """Standard normal noise for a picture's colours, drawn on the CPU: (1 or 3, height, width) on its device."""
    import torch

    shape = 1 if monochrome else 3, *image.shape[1:]
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(image.device)
