"""The node that looks for the styles that a generator would make a given picture of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nodegraph import SILENT, Context, Range, Seed, node

from ..common.pixels import resampled
from ..media.image import to_array
from ..media.types import Image
from .kinds import shares
from .models import GanLatent, GanModel, family_of

_DRAWN = 96  # pictures of which the nearest is the beginning
_RATE = 0.1
_PREVIEW_EVERY = 10
_BEYOND = 0.1  # how much counts what lies beyond black and white, which is cut off when a picture is shown


@node("gan.project", version=1, costly=True)
def project(model: GanModel, image: Image, steps: Annotated[int, Range(1, 10_000)] = 200,
            space: Literal["one", "layers"] = "layers", kinds: str = "", seed: Seed = 0,
            ctx: Context = SILENT) -> GanLatent:
    """Find the styles of a picture, so that it can be mixed and edited: the nearest that the generator can draw to it.

    model: a folder with the generator of a StyleGAN2 as safetensors.
    image: the picture; the square in its middle counts, at the size of the model.
    steps: of the search; more come nearer.
    space: layers gives each layer a style of its own, which comes nearest; one for all stays with what was learned.
    kinds: where to begin, as in gan.sample; left out, wherever the nearest picture is.
    seed: of the pictures that it begins with.
    """
    import torch

    target = _target(image, model)
    start = _nearest(model, target, kinds, seed)
    styles = start.repeat(model.layers if space == "layers" else 1, 1).requires_grad_()
    mover = torch.optim.Adam([styles], _RATE, betas=(0.9, 0.99))
    with torch.enable_grad():
        for number in range(steps):
            mover.param_groups[0]["lr"] = _RATE * min(1.0, 2 * (1 - number / steps))
            picture = _picture(model, styles)
            loss = _difference(picture, target)
            mover.zero_grad()
            loss.backward()
            mover.step()
            shown = ctx.previews and number % _PREVIEW_EVERY == 0
            ctx.report(number + 1, steps, f"{loss.item():.4f}", to_array(picture / 2 + 0.5) if shown else None)
    return GanLatent(styles.detach().expand(model.layers, -1).contiguous(), family_of(model))


def _target(image: Any, model: Any) -> Any:
    """The square in the middle of a picture, (channels, side, side) in -1..1, at the model's size."""
    if image.shape[0] == 4:
        image = image[:3] * image[3:]
    high, wide = image.shape[1:]
    side = min(high, wide)
    left, top = (wide - side) / 2, (high - side) / 2
    small = resampled(image, model.resolution, model.resolution, "box", (left, top, left + side, top + side))
    small = small.mean(0, keepdim=True) if model.channels == 1 else small
    return small.to(model.device) * 2 - 1


def _picture(model: Any, styles: Any) -> Any:
    from .stylegan2 import synthesised

    return synthesised(model, styles.expand(model.layers, -1))


def _nearest(model: Any, target: Any, kinds: str, seed: int) -> Any:
    """The style, of some that are drawn, whose picture comes nearest: of the kinds that are named, or of any."""
    import torch

    from .stylegan2 import mapped

    dice = torch.Generator().manual_seed(seed)
    labels = [shares(model, kinds)] if kinds.strip() else range(max(1, model.labels))
    noise = torch.randn(_DRAWN, model.z_width, generator=dice).to(model.device)
    with torch.no_grad():
        styles = [mapped(model, z, labels[number % len(labels)]) for number, z in enumerate(noise)]
        return min(styles, key=lambda style: _difference(_picture(model, style[None]), target).item())[None]


def _difference(picture: Any, target: Any) -> Any:
    """How far two pictures are from each other: the mean square at full size, at a half, and so on down to 4 pixels."""
    import torch
    import torch.nn.functional as F

    picture = torch.lerp(picture.clamp(-1, 1), picture, _BEYOND)
    total, count = 0.0, 0
    while picture.shape[-1] >= 4:
        total, count = total + (picture - target).square().mean(), count + 1
        picture, target = F.avg_pool2d(picture, 2), F.avg_pool2d(target, 2)
    return total / count
