"""The nodes that turn a picture: rotate and flip."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from nodegraph import Color, Range, node

from ..common.colors import rgba
from ..common.pixels import filled, over, placed_at, premultiplied, straight, with_alpha
from ..media.types import Image

MARGIN = 3  # transparent pixels around a picture that turns, so that its edges come out smooth


@node("picture.rotate", version=1)
def rotate(image: Image, degrees: Annotated[float, Range(-3600, 3600)] = 90.0, expand: bool = True,
           fill: Color = "#00000000", filter: Literal["nearest", "bilinear", "bicubic"] = "bicubic") -> Image:
    """Turn a picture about its middle.

    image: the picture.
    degrees: how far, against the clock; quarter turns are exact.
    expand: whether the result grows to hold all of it; else it keeps its size, and corners are cut.
    fill: the colour of what becomes free; left transparent the result has alpha.
    filter: nearest keeps hard pixels; bicubic is sharpest.
    """
    quarters = degrees / 90
    # A quarter turn in the same frame may lay pixels between pixels, which is then a turn like any other.
    aligned = expand or quarters % 2 == 0 or (image.shape[1] - image.shape[2]) % 2 == 0
    if quarters == round(quarters) and aligned:
        layer = image.rot90(round(quarters) % 4, (1, 2))
        if expand or layer.shape == image.shape:
            return layer.clone()
        layer = premultiplied(with_alpha(layer))
    else:
        layer = turned(premultiplied(with_alpha(image)), degrees, filter)
    return _on_fill(layer if expand else placed_at("center", layer, image.shape[2], image.shape[1]), image, fill)


@node("picture.flip", version=1)
def flip(image: Image, direction: Literal["horizontal", "vertical", "both"] = "horizontal") -> Image:
    """Mirror a picture.

    image: the picture.
    direction: horizontal swaps left and right, vertical swaps top and bottom.
    """
    return image.flip({"horizontal": (2,), "vertical": (1,), "both": (1, 2)}[direction])


def turned(layer: Any, degrees: float, filter: str) -> Any:
    """A premultiplied layer, its last channel alpha, turned against the clock and grown to hold all of it."""
    import numpy as np
    import torch
    from PIL import Image as Pil

    high, wide = layer.shape[1:]
    cosine, sine = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    width, height = (math.ceil(round(side, 6)) for side in (wide * cosine + high * sine, wide * sine + high * cosine))
    width, height = width + (width - wide) % 2, height + (height - high) % 2  # the middle stays where it is
    size = max(width, wide) + 2 * MARGIN, max(height, high) + 2 * MARGIN
    sheet = placed_at("center", layer, *size).detach().cpu().contiguous().numpy()
    method = Pil.Resampling[filter.upper()]
    made = np.stack([np.asarray(Pil.fromarray(plane).rotate(degrees, method)) for plane in sheet])
    return placed_at("center", torch.from_numpy(made).clamp(0, 1), width, height)


def _on_fill(layer: Any, image: Any, fill: str) -> Any:
    """A premultiplied layer on a colour; without alpha where neither that nor the picture has any."""
    ground = premultiplied(filled(rgba(fill), layer, *layer.shape[1:]))
    made = straight(over(layer, ground))
    return made[:3] if image.shape[0] == 3 and rgba(fill)[3] == 1 else made
