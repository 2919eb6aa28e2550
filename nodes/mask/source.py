"""The nodes that find a mask in a picture: by its alpha, by light and dark, by a colour."""

from __future__ import annotations

from typing import Annotated, Any

from nodegraph import Color, InputError, Range, node

from ..common.colors import rgba
from ..common.pixels import alpha_of, luma
from ..media.types import Image, Mask

Share = Annotated[float, Range(0, 1)]
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as in JPEG


@node("mask.from_alpha", version=1)
def from_alpha(image: Image) -> Mask:
    """Take a picture's alpha for a mask: 1 where it is opaque.

    image: the picture; one without alpha is opaque all over.
    """
    return alpha_of(image).clone()


@node("mask.from_luma", version=1)
def from_luma(image: Image) -> Mask:
    """Take light and dark for a mask: white is inside, black is outside, and so is what is transparent.

    image: such as a mask that was painted by hand.
    """
    return (luma(image, LUMA) * alpha_of(image)).clamp(0, 1)


@node("mask.from_color", version=1)
def from_color(image: Image, color: Color = "#00ff00", tolerance: Share = 0.1, softness: Share = 0.0) -> Mask:
    """Find where a picture has a colour, such as a green screen.

    image: the picture; what is transparent in it has no colour.
    color: the colour.
    tolerance: how far red, green or blue may be from it, 0 to 1.
    softness: how much further the mask fades out.
    """
    paint = image.new_tensor(rgba(color)[:3])[:, None, None]
    distance = (image[:3] - paint).abs().amax(0, keepdim=True)
    return _within(tolerance - distance, softness) * alpha_of(image)


@node("mask.threshold", version=1)
def threshold(image: Image, low: Share = 0.5, high: Share = 1.0, softness: Share = 0.0) -> Mask:
    """Find where a picture is lighter than one tone and darker than another.

    image: the picture; what is transparent in it is outside.
    low: the darkest tone inside, 0 is black.
    high: the lightest tone inside, 1 is white.
    softness: how far beyond both the mask fades out.
    """
    if high < low:
        raise InputError(f"low is {low:g} and high is {high:g}; low must not be above high")
    tone = luma(image, LUMA)
    return _within((tone - low).minimum(high - tone), softness) * alpha_of(image)


def _within(room: Any, softness: float) -> Any:
    """1 where there is room, fading to 0 where as much is lacking as `softness`.

    A tone that is the limit itself is inside, though it was rounded on its way.
    """
    room = room + 1e-6
    return (1 + room / softness).clamp(0, 1) if softness else (room >= 0).float()
