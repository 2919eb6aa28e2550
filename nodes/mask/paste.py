"""The node that puts what was painted anew back into the picture that it was painted for."""

from __future__ import annotations

from typing import Annotated, Any

from nodegraph import InputError, Range, node

from ..common.blur import gaussian
from ..common.pixels import resampled, same_size, size_words
from ..media.types import Image, Mask

FAINTEST = 1e-4  # of what is known in a neighbourhood: less says nothing
SURE = 0.05  # of a neighbourhood is known: of less, what is led on fades out
OTHER = 0.12  # how far colours may be apart and still be those of one thing
NEAR = 3.0  # pixels over which the colours beside a seam are averaged
SHAPES = 0.02  # how far two ratios of width to height may be apart that are one to the eye


@node("mask.paste_back", version=1)
def paste_back(image: Image, painted: Image, mask: Mask, softness: Annotated[float, Range(0, 200, 0.5)] = 4.0,
               match: Annotated[float, Range(0, 1, 0.05)] = 1.0) -> Image:
    """Put what was painted anew back into its picture: the rest of it stays as it was, pixel for pixel.

    A model gives back a whole picture, also where nothing was to change, and there it is a copy, softer and in slightly
    other colours. This takes of it what the mask covers, fades it out around, and gives it the colours that the picture
    has along the seam.

    image: the picture as it was.
    painted: the picture as a model painted it; of the same shape, at any size.
    mask: where it was painted anew, 1 inside; as large as image.
    softness: over how many pixels the new goes over into the old, outside of the mask.
    match: how much of the difference in colour along the seam is taken out of what is new (as in seamless cloning, Perez,
        Gangnet and Blake, 2003).
    """
    same_size("mask", mask, "image", image, "bring the mask to that size with mask.resize")
    new = _brought(painted, image)
    mask = mask.to(image.device)
    inside = (2 * gaussian(mask, softness / 2)).clamp(0, 1).maximum(mask) if softness else mask
    if match and bool((mask < 0.5).any()):
        apart = image[:3] - new
        alike = (-(apart.square().mean(0, keepdim=True) / OTHER ** 2)).exp()  # or what lies there was painted anew as well
        new = (new + match * _difference(apart, (mask < 0.5) * alike)).clamp(0, 1)
    made = image.clone()
    made[:3] = image[:3].lerp(new, inside)
    if image.shape[0] == 4:
        made[3:] = image[3:].lerp(image.new_ones(()), inside)
    return made


def _brought(painted: Any, image: Any) -> Any:
    """The colours of a picture at the size of another. Raises InputError where it has another shape."""
    ratio = (painted.shape[2] * image.shape[1]) / (painted.shape[1] * image.shape[2])
    if abs(ratio - 1) > SHAPES:
        raise InputError(f"painted is {size_words(painted)} and image is {size_words(image)}, which is another shape; encode "
                         "the picture whole (fit: stretch), or cut both to one shape with picture.fit")
    return resampled(painted[:3], image.shape[2], image.shape[1], "lanczos").to(image)


def _difference(apart: Any, known: Any) -> Any:
    """A difference (3, height, width) that is known outside of a mask, led on smoothly into what is inside.

    It is averaged over ever larger neighbourhoods: what is near the seam counts first, and deep inside the whole seam.
    """
    height, width = apart.shape[1:]
    total, reach = (apart + 1) / 2 * known, NEAR  # what is blurred is kept to 0..1
    led, done = apart.new_zeros(apart.shape), known.new_zeros(known.shape)
    while reach < 2 * max(height, width):
        near = gaussian(known, reach)
        share = (1 - done) * near
        led = led + share * (2 * gaussian(total, reach) / near.clamp_min(FAINTEST) - 1)
        done, reach = done + share, 2 * reach
    return led / done.clamp_min(SURE)
