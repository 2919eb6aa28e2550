"""The node that draws a mask: rectangles, ellipses and polygons."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from nodegraph import InputError, Range, node

from ..common.blur import gaussian
from ..media.types import Image, Mask

Edge = Annotated[float, Range(-10, 10)]
FINEST = 8  # shapes are drawn so many times larger, and then averaged, so that their edges are smooth
MOST_PIXELS = 1 << 26  # of what is drawn, so that a large mask takes no gigabytes


@node("mask.shape", version=1)
def shape(width: Annotated[int, Range(1, 16384)] = 512, height: Annotated[int, Range(1, 16384)] = 512,
          like: Image | None = None, kind: Literal["rectangle", "rounded", "ellipse", "polygon"] = "ellipse",
          left: Edge = 0.0, top: Edge = 0.0, right: Edge = 1.0, bottom: Edge = 1.0,
          radius: Annotated[float, Range(0, 0.5)] = 0.1, points: str = "0.5,0 1,1 0,1",
          softness: Annotated[float, Range(0, 1000)] = 0.0) -> Mask:
    """Draw a mask: 1 inside a shape, 0 outside.

    width: of the mask in pixels.
    height: of the mask in pixels.
    like: a picture whose size the mask takes, in place of width and height.
    kind: a rectangle, one with rounded corners, an ellipse, or a polygon.
    left, top, right, bottom: the edges of the shape: 0 is the left or upper edge of the mask, 1 the right or lower one.
    radius: of rounded corners, as a share of the shape's shorter side.
    points: the corners of a polygon, x,y as shares of the box that the four edges give, as in "0.5,0 1,1 0,1".
    softness: how far its edge is blurred, in pixels.
    """
    import numpy as np
    import torch
    from PIL import Image as Pil, ImageDraw

    if like is not None:
        height, width = like.shape[1:]
    if right <= left or bottom <= top:
        raise InputError(f"the edges {left:g}, {top:g}, {right:g}, {bottom:g} hold nothing; right must be above left, "
                         "and bottom above top")
    fine = max(1, min(FINEST, int((MOST_PIXELS / (width * height)) ** 0.5)))
    large = Pil.new("L", (width * fine, height * fine), 0)
    box = [left * large.width, top * large.height, right * large.width, bottom * large.height]
    _draw(ImageDraw.Draw(large), kind, box, radius, points)
    mask = torch.from_numpy(np.array(large.resize((width, height), Pil.Resampling.BOX), np.float32) / 255)[None]
    return gaussian(mask, softness)


def _draw(canvas: Any, kind: str, box: list[float], radius: float, points: str) -> None:
    """box: left, top, right and bottom; Pillow's own last pixel is inside, so that it ends one before."""
    left, top, right, bottom = box
    edges = [round(left), round(top), max(round(left), round(right) - 1), max(round(top), round(bottom) - 1)]
    if kind == "rectangle":
        canvas.rectangle(edges, fill=255)
    elif kind == "rounded":
        canvas.rounded_rectangle(edges, radius * min(right - left, bottom - top), fill=255)
    elif kind == "ellipse":
        canvas.ellipse(edges, fill=255)
    else:
        canvas.polygon([(left + x * (right - left) - 0.5, top + y * (bottom - top) - 0.5) for x, y in corners(points)],
                       fill=255)


def corners(points: str) -> list[tuple[float, float]]:
    """The pairs in "x,y x,y x,y". Raises InputError for what are no pairs, and for fewer than three."""
    words = re.sub(r"\s*,\s*", ",", points.strip()).split()
    try:
        pairs = [tuple(map(float, word.split(","))) for word in words]
    except ValueError:
        pairs = []
    if len(pairs) < 3 or any(len(pair) != 2 or not all(abs(number) <= 10 for number in pair) for pair in pairs):
        raise InputError(f'points is {points!r}; a polygon takes three corners or more, as in "0.5,0 1,1 0,1"')
    return [(x, y) for x, y in pairs]


