"""The nodes that tell facts of a picture: its size, and the mean of its colours."""

from __future__ import annotations

from typing import NamedTuple

from nodegraph import Color, InputError, node

from ..common.colors import hex_of
from ..common.pixels import alpha_of
from ..media.types import Image


class Size(NamedTuple):
    """How large a picture is, in pixels."""

    width: int
    height: int


@node("picture.size", version=1)
def size(image: Image) -> Size:
    """Tell how large a picture is, in pixels.

    image: the picture.
    width: of the picture.
    height: of the picture.
    """
    return Size(image.shape[2], image.shape[1])


@node("picture.average_color", version=1)
def average_color(image: Image) -> Color:
    """Find the mean colour of a picture, "#rrggbb".

    image: the picture; what is transparent in it counts by its alpha.
    """
    colors, alpha = image[:3].double(), alpha_of(image).double()
    if not alpha.any():
        raise InputError("the picture is transparent all over, so it has no colour")
    return hex_of(*((colors * alpha).sum((1, 2)) / alpha.sum()).tolist())
