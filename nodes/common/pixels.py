"""Pictures as tensors, (channels, height, width) in 0..1: their alpha, their size, and what lies where.

Colours are multiplied by alpha before they are mixed with their neighbours: what is not seen counts for nothing.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from nodegraph import InputError

Filter = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
Anchor = Literal["top_left", "top", "top_right", "left", "center", "right", "bottom_left", "bottom", "bottom_right"]
FAINTEST = 1e-6  # an alpha below this is none: a colour divided by it would be made of rounding errors


def premultiplied(image: Any) -> Any:
    """The colours times alpha, and alpha; a picture without alpha as it is."""
    if image.shape[0] != 4:
        return image
    made = image.clone()
    made[:3].mul_(image[3:])
    return made


def straight(image: Any) -> Any:
    """The reverse of `premultiplied`, kept to 0..1, in place on what was just made; what cannot be seen is black."""
    if image.shape[0] != 4:
        return image.clamp_(0, 1)
    alpha = image[3:].clamp_(0, 1)
    image[:3].div_(alpha.clamp_min(FAINTEST)).clamp_(0, 1).mul_(alpha > FAINTEST)
    return image


def with_alpha(image: Any) -> Any:
    """A picture of 4 channels: opaque where it had none."""
    import torch

    return image if image.shape[0] == 4 else torch.cat([image, torch.ones_like(image[:1])])


def alpha_of(image: Any) -> Any:
    """The alpha of a picture, (1, height, width)."""
    import torch

    return image[3:] if image.shape[0] == 4 else torch.ones_like(image[:1])


def filled(color: tuple[float, ...], like: Any, height: int, width: int) -> Any:
    """A picture of one colour, its channels as many as the colour has parts; of the device and dtype of another."""
    return like.new_tensor(color)[:, None, None].repeat(1, height, width)


def over(image: Any, background: Any) -> Any:
    """Source over: both premultiplied, (4, height, width) on (3 or 4, height, width)."""
    return image[:background.shape[0]] + background * (1 - image[3:])


def luma(image: Any, weights: tuple[float, float, float]) -> Any:
    """The weighted sum of red, green and blue, (1, height, width)."""
    return (image[:3] * image.new_tensor(weights)[:, None, None]).sum(0, keepdim=True)


def resampled(image: Any, width: int, height: int, filter: str,
              box: tuple[float, float, float, float] | None = None) -> Any:
    """A picture or a mask at another size, by Pillow's filters, which are widened where it becomes smaller.

    box: the part that is taken: left, top, right, bottom in pixels, which need not be whole. The result is on the CPU
    unless nothing changes.
    """
    import numpy as np
    import torch
    from PIL import Image as Pil

    if (height, width) == tuple(image.shape[1:]) and box in (None, (0, 0, width, height)):
        return image
    method = Pil.Resampling[filter.upper()]
    planes = premultiplied(image).detach().to("cpu", torch.float32).contiguous().numpy()
    made = np.stack([np.asarray(Pil.fromarray(plane).resize((width, height), method, box)) for plane in planes])
    return straight(torch.from_numpy(made))


def target_size(width: int, height: int, wide: int, high: int) -> tuple[int, int]:
    """The width and height asked for (either may be 0: then it follows the other in the ratio of wide x high)."""
    if width and height:
        return width, height
    if width:
        return width, max(1, round(high * width / wide))
    return max(1, round(wide * height / high)), height


def corner(anchor: str, outer: tuple[float, float], inner: tuple[float, float]) -> tuple[float, float]:
    """Where the top left corner (x, y) of a box lies that stands at an anchor of another; sizes are (width, height)."""
    across = 0.0 if "left" in anchor else 1.0 if "right" in anchor else 0.5
    down = 0.0 if "top" in anchor else 1.0 if "bottom" in anchor else 0.5
    return (outer[0] - inner[0]) * across, (outer[1] - inner[1]) * down


def placed_at(anchor: str, image: Any, width: int, height: int, x: int = 0, y: int = 0) -> Any:
    """A picture on nothing, width x height, at an anchor and x, y pixels from there."""
    left, top = corner(anchor, (width, height), (image.shape[2], image.shape[1]))
    return placed(image, math.floor(left) + x, math.floor(top) + y, width, height)


def placed(image: Any, x: int, y: int, width: int, height: int) -> Any:
    """A picture on nothing: zeros of width x height with its top left corner at (x, y); what lies outside is cut."""
    made = image.new_zeros(image.shape[0], height, width)
    left, top = max(0, x), max(0, y)
    right, bottom = min(width, x + image.shape[2]), min(height, y + image.shape[1])
    if right > left and bottom > top:
        made[:, top:bottom, left:right] = image[:, top - y:bottom - y, left - x:right - x]
    return made


def size_words(image: Any) -> str:
    """Its size in words, 640 x 480."""
    return f"{image.shape[2]} x {image.shape[1]}"


def same_size(name: str, image: Any, other_name: str, other: Any, remedy: str) -> None:
    """Raise InputError unless two pictures have one size."""
    if image.shape[1:] != other.shape[1:]:
        raise InputError(f"{name} is {size_words(image)} and {other_name} is {size_words(other)}; {remedy}")


def laid(layer: Any, background: Any) -> Any:
    """A premultiplied layer over a picture, straight again; where nothing of it is seen the picture is as it was."""
    return background.where(layer[3:] <= 0, straight(over(layer, premultiplied(background))))
