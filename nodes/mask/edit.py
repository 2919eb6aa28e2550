"""The nodes that change masks: resize, grow, feather, invert and combine."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from nodegraph import InputError, Range, node

from ..common.blur import gaussian
from ..common.pixels import Filter, resampled, same_size, target_size
from ..media.types import Image, Mask


@node("mask.resize", version=1)
def resize(mask: Mask, width: Annotated[int, Range(0, 16384)] = 0, height: Annotated[int, Range(0, 16384)] = 0,
           like: Image | None = None, filter: Filter = "bilinear") -> Mask:
    """Bring a mask to another size.

    mask: the mask.
    width: in pixels; 0 follows the height.
    height: in pixels; 0 follows the width.
    like: a picture whose size the mask takes, in place of width and height.
    filter: nearest keeps hard edges; see picture.resize.
    """
    if like is not None:
        return resampled(mask, like.shape[2], like.shape[1], filter)
    if not (width or height):
        raise InputError("width and height are both 0; give one of them, or a picture as like")
    return resampled(mask, *target_size(width, height, mask.shape[2], mask.shape[1]), filter)


@node("mask.grow", version=1)
def grow(mask: Mask, pixels: Annotated[int, Range(-512, 512)] = 8,
         corners: Literal["round", "square"] = "round") -> Mask:
    """Make what is inside a mask larger, or with a negative number smaller.

    mask: the mask; soft edges stay soft.
    pixels: how far its edge moves outwards.
    corners: whether corners are rounded (to an octagon) or stay square.
    """
    reach = abs(pixels)
    # A square and a diamond one after the other make an octagon, a regular one with so much of the square.
    square = round(reach * (math.sqrt(2) - 1)) if corners == "round" else reach
    sign = 1 if pixels > 0 else -1  # what shrinks is the lowest of its neighbours: the highest of their negatives
    grown = _highest(_highest(sign * mask, square, 1), square, 2)
    for _ in range(reach - square):
        grown = _highest(grown, 1, 1).maximum(_highest(grown, 1, 2))
    return sign * grown


def _highest(mask: Any, reach: int, axis: int) -> Any:
    """The highest value within so many pixels along an axis, by doubling."""
    import torch

    length, width, span = mask.shape[axis], 2 * reach + 1, 1
    beside = (0, 0, reach, reach) if axis == 1 else (reach, reach)
    mask = torch.nn.functional.pad(mask, beside, value=-1.0)
    while 2 * span <= width:
        shorter = mask.shape[axis] - span
        mask, span = mask.narrow(axis, 0, shorter).maximum(mask.narrow(axis, span, shorter)), 2 * span
    return mask.narrow(axis, 0, length).maximum(mask.narrow(axis, width - span, length))


@node("mask.feather", version=1)
def feather(mask: Mask, radius: Annotated[float, Range(0, 1000)] = 8.0) -> Mask:
    """Soften the edge of a mask.

    mask: the mask.
    radius: standard deviation of the blur in pixels.
    """
    return gaussian(mask, radius)


@node("mask.invert", version=1)
def invert(mask: Mask) -> Mask:
    """Swap inside and outside.

    mask: the mask.
    """
    return 1 - mask


@node("mask.combine", version=1)
def combine(mask: Mask, other: Mask, method: Literal["union", "intersect", "subtract", "exclude"] = "union") -> Mask:
    """Make one mask of two of the same size.

    mask: the first.
    other: the second.
    method: union is inside either, intersect inside both, subtract inside the first but not the second, and exclude
        inside just one of them.
    """
    same_size("other", other, "mask", mask, "bring it to that size with mask.resize")
    other = other.to(mask.device)
    return {"union": mask.maximum, "intersect": mask.minimum, "subtract": lambda it: mask.minimum(1 - it),
            "exclude": lambda it: (mask - it).abs()}[method](other)
