"""Blurring along both axes, for tensors of (channels, height, width) on any device. Outside, the edge is repeated."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .pixels import premultiplied, straight

REACH = 4  # a Gaussian is cut off at so many standard deviations, where it is 3e-4 of its height
COARSE = 6  # with a standard deviation of more pixels than this, every fourth pixel does
STEP = 4
ENOUGH = 0.8 * STEP  # standard deviation with which every fourth pixel tells all of a line: aliasing is 3e-6


def gaussian(image: Any, radius: float) -> Any:
    """A Gaussian blur with this standard deviation in pixels.

    A wide one is made of three, since variances add: a small blur to every fourth pixel, the wide one of those, and a
    small one back to every pixel (a pyramid: Burt and Adelson, "The Laplacian pyramid as a compact image code", 1983).
    """
    reach = _reach(radius)
    return _blurred(image, reach, lambda plane: _smoothed(plane, radius)) if reach else image


def box(image: Any, radius: float) -> Any:
    """The mean of a square of 2 radius + 1 pixels; those at its rim count by the fraction of the radius."""
    whole = math.floor(radius)
    return _blurred(image, whole + 1, lambda plane: _mean(plane, whole, radius - whole))


def _blurred(image: Any, reach: int, down: Callable[[Any], Any]) -> Any:
    """`down` works along the first axis of a plane, and shortens it by its reach at both ends."""
    import torch

    rows, columns = (torch.arange(-reach, n + reach, device=image.device).clamp(0, n - 1) for n in image.shape[1:])
    return straight(torch.stack([down(down(plane.index_select(0, rows)).index_select(1, columns).T).T
                                 for plane in premultiplied(image)]))


def _reach(deviation: float) -> int:
    """How many pixels a line needs before its first and after its last."""
    if deviation > COARSE:
        return STEP * _reach(_between(deviation)) + 2 * math.ceil(REACH * ENOUGH)
    return math.ceil(REACH * deviation)


def _between(deviation: float) -> float:
    """Of the wide blur between two small ones, in steps."""
    return math.sqrt(deviation ** 2 - 2 * ENOUGH ** 2) / STEP


def _smoothed(plane: Any, deviation: float) -> Any:
    if deviation <= COARSE:
        return _weighted(plane, _weights(deviation), plane.shape[0] - 2 * _reach(deviation))
    plane = plane.contiguous()  # every fourth row of a plane that lies on its side would be slow to come by
    length, small = plane.shape[0] - 2 * _reach(deviation), _weights(ENOUGH)
    last = (plane.shape[0] - len(small)) // STEP
    coarse = _smoothed(_weighted(plane, small, STEP * last + 1, STEP), _between(deviation))
    made = plane.new_empty(length, plane.shape[1])
    for phase in range(min(STEP, length)):  # of the small weights, each pixel meets those that lie on a coarse one
        weights = small[(len(small) - 1 + phase) % STEP::STEP][::-1]
        first = -(-phase // STEP)
        count = len(range(phase, length, STEP))
        made[phase::STEP] = _weighted(coarse[first:], [weight / sum(weights) for weight in weights], count)
    return made


def _weights(deviation: float) -> list[float]:
    reach = max(1, math.ceil(REACH * deviation))
    heights = [math.exp(-0.5 * (at / deviation) ** 2) for at in range(-reach, reach + 1)]
    return [height / sum(heights) for height in heights]


def _weighted(plane: Any, weights: list[float], length: int, step: int = 1) -> Any:
    """The sum of weighted neighbours at the first `length` rows, or at every so many of them."""
    total = plane[:length:step] * weights[0]
    for number, weight in enumerate(weights[1:], 1):
        total.add_(plane[number:number + length:step], alpha=weight)
    return total


def _mean(plane: Any, whole: int, fraction: float) -> Any:
    length = plane.shape[0] - 2 * (whole + 1)
    total = _sums(plane, 2 * whole + 1)[1:1 + length]
    rim = plane[:length] + plane[2 * whole + 2:]
    return (total + fraction * rim) / (2 * whole + 1 + 2 * fraction)


def _sums(plane: Any, width: int) -> Any:
    """The sum of each `width` neighbours, by doubling: few additions, and hardly any rounding."""
    length = plane.shape[0] - width + 1
    total, begin, span = 0, 0, 1
    while True:
        if width & span:
            total = total + plane[begin:begin + length]
            begin += span
        if 2 * span > width:
            return total
        plane, span = plane[:-span] + plane[span:], 2 * span
