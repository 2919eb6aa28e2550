"""The nodes that dye a picture with a palette: by how light it is, or as a print of three inks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nodegraph import Range, node

from ..common.colors import rgba
from ..common.palettes import colors_of, dealt
from ..common.pixels import luma
from ..media.types import Image, Palette
from .color import LUMA
from .tone import on_colors

Order = Literal["light", "palette"]


@node("picture.gradient_map", version=1)
def gradient_map(image: Image, palette: Palette, order: Order = "light", smooth: bool = True) -> Image:
    """Dye a picture with the colours of a palette: its dark parts with the darkest, its light ones with the lightest.

    image: the picture; only how light it is counts.
    palette: of any number of colours, as style.palette makes them of a picture.
    order: light sorts the colours from dark to light; palette takes them as they come, the first for black.
    smooth: whether colours pass into each other; else there is one step for each.
    """
    colors = colors_of(palette, order)

    def changed(picture: Any) -> Any:
        ramp = picture.new_tensor(colors)
        grey = luma(picture, LUMA["bt601"])[0].clamp(0, 1)
        if not smooth:
            return ramp[(grey * len(ramp)).long().clamp(max=len(ramp) - 1)].permute(2, 0, 1)
        at = grey * (len(ramp) - 1)
        below = at.floor().clamp(0, max(0, len(ramp) - 2)).long()
        above = (below + 1).clamp(max=len(ramp) - 1)
        return (ramp[below] + (ramp[above] - ramp[below]) * (at - below)[..., None]).permute(2, 0, 1)
    return on_colors(image, changed)


@node("picture.print_inks", version=1)
def print_inks(image: Image, palette: Palette, sharpness: Annotated[float, Range(1, 50)] = 1.0,
               turn: Annotated[int, Range(0, 23)] = 0) -> Image:
    """Print a picture in three inks: its red, green and blue say how much of each ink lies where, and what none covers
    is paper. The starter weaver's ornaments are such pictures.

    image: how much there is of each ink.
    palette: its first colour becomes the paper, the next three the inks; of fewer colours some come twice.
    sharpness: 1 mixes inks where they meet; more makes their edges crisp, which is for pictures that were enlarged:
        about as much as they were enlarged by.
    turn: another one of the 24 ways to deal four colours.
    """
    paper, *inks = [rgba(color)[:3] for color in dealt(palette, turn)]

    def changed(picture: Any) -> Any:
        import torch

        inked = picture.clamp(0, 1)
        parts = torch.cat([inked, (1 - inked.sum(0, keepdim=True)).clamp(min=0)])
        parts = parts / parts.sum(0, keepdim=True).clamp(min=1e-6)
        if sharpness > 1:
            # a soft choice of the largest part: as crisp as a ramp that is so many times as steep
            parts = torch.softmax((parts - parts.amax(0, keepdim=True)) * 4 * sharpness, 0)
        return torch.einsum("khw,kc->chw", parts, picture.new_tensor([*inks, paper]))
    return on_colors(image, changed)
