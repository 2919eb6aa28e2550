"""Blurring along both axes, for tensors of (channels, height, width) on any device; what lies outside repeats the edge."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from .pixels import premultiplied, straight

REACH = 4  # a Gaussian is cut off at so many standard deviations, where it is 3e-4 of its height
COARSE = 6  # with a standard deviation of more sample steps than this, a coarser step does
ENOUGH = 0.8  # standard deviation, in steps, that a picture must have before it is sampled by them: aliasing is 3e-6


def gaussian(image: Any, radius: float) -> Any:
    """A Gaussian blur with this standard deviation in pixels.

    A wide one is made of several: a small blur, then one of every fourth pixel, and so on (Burt, "Fast filter
    transforms for image processing", 1981). Variances add, so that the result is the Gaussian asked for.
    """
    passes = list(_gaussians(radius))
    return _blurred(image, sum(len(weights) // 2 * step for weights, step in passes),
                    lambda plane, axis: _weighted(plane, passes, axis))


def box(image: Any, radius: float) -> Any:
    """The mean of a square of 2 radius + 1 pixels; those at its rim count by the fraction of the radius."""
    whole = math.floor(radius)
    return _blurred(image, whole + 1, lambda plane, axis: _mean(plane, whole, radius - whole, axis))


def _blurred(image: Any, reach: int, along: Callable[[Any, int], Any]) -> Any:
    import torch

    if reach == 0:
        return image
    rows, columns = (torch.arange(-reach, n + reach, device=image.device).clamp(0, n - 1) for n in image.shape[1:])
    return straight(torch.stack([along(along(plane[rows], 0)[:, columns], 1) for plane in premultiplied(image)]))


def _gaussians(deviation: float) -> Iterator[tuple[list[float], int]]:
    """Weights, and the step between the samples that they are for, of Gaussians that come to one of this deviation."""
    step = 1
    while deviation / step > COARSE:
        part = ENOUGH * 4 * step
        yield _weights(part / step), step
        deviation, step = math.sqrt(deviation ** 2 - part ** 2), step * 4
    if deviation > 0:
        yield _weights(deviation / step), step


def _weights(deviation: float) -> list[float]:
    reach = max(1, math.ceil(REACH * deviation))
    heights = [math.exp(-0.5 * (at / deviation) ** 2) for at in range(-reach, reach + 1)]
    return [height / sum(heights) for height in heights]


def _weighted(plane: Any, passes: list[tuple[list[float], int]], axis: int) -> Any:
    """Each pass shortens the axis by its reach at both ends."""
    for weights, step in passes:
        length = plane.shape[axis] - (len(weights) - 1) * step
        total = plane.narrow(axis, 0, length) * weights[0]
        for number, weight in enumerate(weights[1:], 1):
            total.add_(plane.narrow(axis, number * step, length), alpha=weight)
        plane = total
    return plane


def _mean(plane: Any, whole: int, fraction: float, axis: int) -> Any:
    length = plane.shape[axis] - 2 * (whole + 1)
    total = _sums(plane, 2 * whole + 1, axis).narrow(axis, 1, length)
    rim = plane.narrow(axis, 0, length) + plane.narrow(axis, 2 * whole + 2, length)
    return (total + fraction * rim) / (2 * whole + 1 + 2 * fraction)


def _sums(plane: Any, width: int, axis: int) -> Any:
    """The sum of each `width` neighbours, by doubling: few additions, and hardly any rounding."""
    length = plane.shape[axis] - width + 1
    total, begin, span = 0, 0, 1
    while True:
        if width & span:
            total = total + plane.narrow(axis, begin, length)
            begin += span
        if 2 * span > width:
            return total
        shorter = plane.shape[axis] - span
        plane, span = plane.narrow(axis, 0, shorter) + plane.narrow(axis, span, shorter), 2 * span
