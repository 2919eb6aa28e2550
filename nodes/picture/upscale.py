"""The node that makes a picture larger by a network that has learned how edges and surfaces look."""

from __future__ import annotations

from typing import Annotated, Any

from nodegraph import Context, InputError, Range, node

from ..common.pixels import FAINTEST, premultiplied
from ..media.types import Image
from .tiles import count, enlarged
from .upscalers import UpscaleModel

LARGEST = 16384  # pixels a side


@node("picture.upscale", version=1, costly=True)
def upscale(image: Image, ctx: Context, model: UpscaleModel = "picture/upscaler",
            scale: Annotated[float, Range(0, 32)] = 0.0, tile: Annotated[int, Range(0, 4096)] = 0) -> Image:
    """Make a picture larger with sharp edges, which no resizing can: a network draws what should be there.

    image: the picture; its alpha is enlarged with it.
    model: picture/upscaler comes along: clean lines and areas, four times larger. For photographs give an ESRGAN, or
        another upscaler, as safetensors.
    scale: times its size, 1 or more; 0 is what the model was made for. What the model makes too large is made smaller
        again, and what it does not make large enough goes through it once more.
    tile: pixels a side of the pieces in which the picture goes through the model; 0 leaves it to the model. Smaller ones
        need less memory. No seams are seen.
    """
    high, wide = image.shape[1:]
    sizes = _sizes(wide, high, scale or float(model.scale), model.scale)
    planes = [_opaque(image), *(alpha.expand(3, -1, -1) for alpha in image[3:])]
    side = tile or model.side
    steps = _Steps(ctx, len(planes) * sum(count(*size, side) for size in [(wide, high), *sizes[:-1]]))
    for width, height in sizes:
        planes = [enlarged(model, plane, width, height, side, steps.next) for plane in planes]
    steps.next()
    return _joined(*planes)


class _Steps:
    """How many of the pieces are begun, told to whoever runs the graph."""

    def __init__(self, ctx: Context, total: int):
        self.ctx, self.total, self.done = ctx, total, 0

    def next(self) -> None:
        """Raises Cancelled when the run was asked to stop."""
        self.ctx.report(self.done, self.total)
        self.done += 1


def _sizes(wide: int, high: int, factor: float, each: int) -> list[tuple[int, int]]:
    """The sizes (width, height) that a picture has after each time that it goes through a model of scale `each`."""
    if factor < 1:
        raise InputError(f"scale is {factor:g}, and what is below 1 makes a picture smaller; picture.resize does that")
    if factor > 1 and each < 2:
        raise InputError(f"scale is {factor:g}, and this model mends pictures without making them larger; leave scale "
                         "out, or take another model")
    last = round(wide * factor), round(high * factor)
    if max(last) > LARGEST:
        raise InputError(f"{factor:g} times {wide} x {high} is {last[0]} x {last[1]}, and {LARGEST} pixels a side are "
                         "the most; take a smaller scale")
    sizes, reached = [], each
    while reached < factor:
        sizes.append((wide * reached, high * reached))
        reached *= each
    return [*sizes, last]


def _opaque(image: Any) -> Any:
    """The colours of a picture, and where nothing is seen those of what is near, so that no edge of alpha is one."""
    if image.shape[0] == 3 or bool((image[3:] == 1).all()):
        return image[:3]
    return _spread(premultiplied(image))[:3].clamp(0, 1)


def _spread(image: Any) -> Any:
    """Colours divided by alpha; where there is none, those of the picture at half its size (a pyramid of holes)."""
    from torch.nn import functional as F

    seen = image[3:] > FAINTEST
    colors = image[:3] / image[3:].clamp_min(FAINTEST)
    if bool(seen.all()) or max(image.shape[1:]) == 1:
        return colors * seen
    smaller = _spread(F.avg_pool2d(image[None], 2, ceil_mode=True)[0])
    near = F.interpolate(smaller[None], size=image.shape[1:], mode="bilinear", align_corners=False)[0]
    return colors.where(seen, near)


def _joined(colors: Any, alpha: Any = None) -> Any:
    """A picture of what came of its colours and of its alpha; what cannot be seen is black."""
    import torch

    if alpha is None:
        return colors
    alpha = alpha.mean(0, keepdim=True)
    return torch.cat([colors * (alpha > 0), alpha])
