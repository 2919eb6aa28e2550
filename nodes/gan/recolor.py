"""The node that gives a generator other colours: three inks and paper, laid into its last layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from nodegraph import InputError, Range, Unloaded, node

from ..common.colors import rgba
from ..common.palettes import dealt
from ..media.types import Palette
from .models import GanModel


@node("gan.recolor", version=1)
def recolor(model: Unloaded[GanModel], palette: Palette, turn: Annotated[int, Range(0, 23)] = 0) -> GanModel:
    """Have a generator draw in the colours of a palette. What was red, green and blue becomes three inks, and what was
    black becomes paper, exactly: its pictures are sums of colour layers, which are changed and nothing else. The starter
    weaver draws inks already; of others this makes prints in false colours.

    model: a generator of three channels.
    palette: its first colour becomes the paper, the next three the inks; of fewer colours some come twice.
    turn: another one of the 24 ways to deal four colours.
    """
    return model.with_option("inks", tuple(dealt(palette, turn)))


def dye(generator: Any, colors: Sequence[str]) -> None:
    """Change a generator's colour layers, in place, so that a picture p in 0..1 becomes paper + sum p_k (ink_k - paper).

    colors: four of them, that of the paper first. An affine map of a sum of layers is a linear map of each, and its
    constant part in the bias of the last.
    """
    if generator.channels != 3:
        raise InputError("this model draws in grey; one of three channels can be given inks")
    like = generator.tensors["mapping.w_avg"]
    paper, *inks = (like.new_tensor(rgba(color)[:3]) for color in colors)
    mixture = _columns(inks, paper)
    for side in generator.resolutions:
        for part in ("weight", "bias"):
            name = f"synthesis.b{side}.torgb.{part}"
            tensor = generator.tensors[name]
            generator.tensors[name] = (mixture @ tensor.flatten(1) if tensor.ndim > 1 else mixture @ tensor).view_as(tensor)
    # pictures are -1..1 inside: 2 (paper + M (p + 1) / 2) - 1 = M p + (2 paper - 1 + M 1)
    last = f"synthesis.b{generator.resolution}.torgb.bias"
    generator.tensors[last] = generator.tensors[last] + 2 * paper - 1 + mixture.sum(1)


def _columns(inks: Sequence[Any], paper: Any) -> Any:
    import torch

    return torch.stack([ink - paper for ink in inks], 1)
