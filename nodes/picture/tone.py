"""The nodes for light and dark: levels, curves, brightness and contrast, invert and posterise. Alpha stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from nodegraph import InputError, Range, node

from ..media.types import Image

Share = Annotated[float, Range(0, 1)]
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
_POINT = re.compile(rf"({_NUMBER})\s*,\s*({_NUMBER})\Z")


def on_colors(image: Any, change: Callable[[Any], Any]) -> Any:
    """A picture with its colours, (3, height, width), changed and kept to 0..1."""
    import torch

    return torch.cat([change(image[:3]).clamp(0, 1), image[3:]])


@node("picture.levels", version=1)
def levels(image: Image, black: Share = 0.0, white: Share = 1.0, gamma: Annotated[float, Range(0.01, 100)] = 1.0,
           out_black: Share = 0.0, out_white: Share = 1.0) -> Image:
    """Set which tones become black and white, and how the middle lies between them.

    image: the picture.
    black: what is this dark, 0 to 1, becomes black.
    white: what is this light becomes white.
    gamma: above 1 lightens the middle, below 1 darkens it.
    out_black: what black becomes.
    out_white: what white becomes; below out_black, the picture turns to its negative.
    """
    if white <= black:
        raise InputError(f"white is {white:g} and black is {black:g}; white must be above black")
    return on_colors(image, lambda colors: ((colors - black) / (white - black)).clamp(0, 1) ** (1 / gamma)
                     * (out_white - out_black) + out_black)


@node("picture.brightness_contrast", version=1)
def brightness_contrast(image: Image, brightness: Annotated[float, Range(0, 10)] = 1.0,
                        contrast: Annotated[float, Range(0, 10)] = 1.0) -> Image:
    """Change brightness, then contrast, as `brightness()` and `contrast()` of CSS do.

    image: the picture.
    brightness: factor; 1 changes nothing, 0 is black.
    contrast: factor about middle grey; 1 changes nothing, 0 is grey.
    """
    return on_colors(image, lambda colors: ((colors * brightness).clamp(0, 1) - 0.5) * contrast + 0.5)


@node("picture.invert", version=1)
def invert(image: Image) -> Image:
    """Turn a picture to its negative.

    image: the picture.
    """
    return on_colors(image, lambda colors: 1 - colors)


@node("picture.posterize", version=1)
def posterize(image: Image, levels: Annotated[int, Range(2, 256)] = 4) -> Image:
    """Leave only a few tones of red, green and blue, evenly spread.

    image: the picture.
    levels: how many of each.
    """
    return on_colors(image, lambda colors: (colors * (levels - 1)).round() / (levels - 1))


@node("picture.curves", version=1)
def curves(image: Image, points: str = "0,0 1,1", red: str = "", green: str = "", blue: str = "") -> Image:
    """Bend the tones of a picture along curves through points.

    A curve is smooth and never goes higher or lower than the points that it lies between (Fritsch and Carlson, 1980);
    before the first and after the last point it is level.

    image: the picture.
    points: of all three colours: what goes in and what comes out, 0 to 1, as in "0,0 0.5,0.6 1,1".
    red, green, blue: of one colour alone, before the curve of all three; empty leaves it.
    """
    import torch

    single = [_curve(text, name) for name, text in (("red", red), ("green", green), ("blue", blue))]
    every = _curve(points, "points")
    return on_colors(image, lambda colors: every(torch.stack([bend(plane) for bend, plane in zip(single, colors)])))


def _curve(text: str, name: str) -> Callable[[Any], Any]:
    """The curve that a text describes, as a function of tones."""
    import torch

    if not text.strip():
        return lambda tones: tones
    places, heights = zip(*_points(text, name))
    slopes = _slopes(places, heights)

    def bend(tones: Any) -> Any:
        x, y, m = (tones.new_tensor(numbers) for numbers in (places, heights, slopes))
        if len(places) == 1:
            return torch.full_like(tones, heights[0])
        inside = tones.clamp(places[0], places[-1])
        at = torch.bucketize(inside, x[1:-1].contiguous(), right=True)
        width = x[at + 1] - x[at]
        t = (inside - x[at]) / width
        # The cubic Hermite spline: values and slopes at both ends of each stretch.
        return ((1 + 2 * t) * (1 - t) ** 2 * y[at] + t * (1 - t) ** 2 * width * m[at]
                + t ** 2 * (3 - 2 * t) * y[at + 1] + t ** 2 * (t - 1) * width * m[at + 1])
    return bend


def _points(text: str, name: str) -> list[tuple[float, float]]:
    points = []
    for word in re.sub(r"\s*,\s*", ",", text.strip()).split():
        found = _POINT.match(word)
        point = (float(found[1]), float(found[2])) if found else (-1.0, -1.0)
        if not all(0 <= number <= 1 for number in point):
            raise InputError(f'{name} has {word!r}; it takes pairs of numbers from 0 to 1, as in "0,0 0.5,0.6 1,1"')
        points.append(point)
    points.sort()
    for (here, _), (there, _) in zip(points, points[1:]):
        if here == there:
            raise InputError(f"{name} has two points at {here:g}; a tone can only become one other")
    return points


def _slopes(x: tuple[float, ...], y: tuple[float, ...]) -> list[float]:
    """Of a monotone cubic at its points: the harmonic mean of both sides, weighted; level where it turns."""
    widths = [b - a for a, b in zip(x, x[1:])]
    rises = [(b - a) / width for a, b, width in zip(y, y[1:], widths)]
    if not rises:
        return [0.0]
    inner = []
    for (h0, h1), (d0, d1) in zip(zip(widths, widths[1:]), zip(rises, rises[1:])):
        w0, w1 = 2 * h1 + h0, h1 + 2 * h0
        inner.append((w0 + w1) / (w0 / d0 + w1 / d1) if d0 * d1 > 0 else 0.0)
    return [rises[0], *inner, rises[-1]]
