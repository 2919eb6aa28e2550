"""The nodes that change how large a picture is: resize, fit, crop and pad."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nodegraph import Color, InputError, Range, node

from ..common.colors import rgba
from ..common.pixels import Anchor, Filter, corner, placed, resampled, size_words, target_size, with_alpha
from ..media.types import Image

Side = Annotated[int, Range(0, 16384)]
Place = Annotated[int, Range(-16384, 16384)]


@node("picture.resize", version=1)
def resize(image: Image, width: Side = 0, height: Side = 0, scale: Annotated[float, Range(0, 64)] = 0.0,
           filter: Filter = "lanczos") -> Image:
    """Make a picture larger or smaller.

    image: the picture.
    width: in pixels; 0 follows the height, so that nothing is stretched.
    height: in pixels; 0 follows the width.
    scale: times its size, in place of width and height: 0.5 halves it.
    filter: nearest keeps hard pixels; lanczos and bicubic are sharpest; box, bilinear and hamming are softer. What
        becomes smaller is averaged (all but nearest), so that nothing flickers.
    """
    if bool(width or height) == bool(scale):
        raise InputError("scale is given beside width or height; give one or the other" if scale else
                         "width, height and scale are all 0; give one of them")
    high, wide = image.shape[1:]
    if scale:
        return resampled(image, max(1, round(wide * scale)), max(1, round(high * scale)), filter)
    return resampled(image, *target_size(width, height, wide, high), filter)


@node("picture.fit", version=1)
def fit(image: Image, width: Annotated[int, Range(1, 16384)], height: Annotated[int, Range(1, 16384)],
        method: Literal["crop", "pad", "stretch"] = "crop", anchor: Anchor = "center", color: Color = "#000000",
        filter: Filter = "lanczos") -> Image:
    """Bring a picture to a size, whatever its shape.

    image: the picture.
    width: of the result, in pixels.
    height: of the result, in pixels.
    method: crop fills the size and cuts what sticks out; pad shows all of it with colour around; stretch distorts it.
    anchor: what stays when cropping, or where the picture stands when padding.
    color: around it when padding; with an alpha below ff (`transparent`) the result has alpha.
    filter: see picture.resize.
    """
    high, wide = image.shape[1:]
    if method == "stretch":
        return resampled(image, width, height, filter)
    if method == "crop":
        scale = max(width / wide, height / high)
        x, y = corner(anchor, (wide, high), (width / scale, height / scale))
        box = x, y, min(wide, x + width / scale), min(high, y + height / scale)
        return resampled(image, width, height, filter, box)
    scale = min(width / wide, height / high)
    inner = max(1, round(wide * scale)), max(1, round(high * scale))
    x, y = corner(anchor, (width, height), inner)
    return on_color(resampled(image, *inner, filter), int(x), int(y), width, height, color)


@node("picture.crop", version=1)
def crop(image: Image, left: Side = 0, top: Side = 0, width: Side = 0, height: Side = 0) -> Image:
    """Cut a part out of a picture.

    image: the picture.
    left: where the part begins, in pixels from the left edge.
    top: where it begins from the upper edge.
    width: of the part; 0 goes on to the right edge.
    height: of the part; 0 goes on to the lower edge.
    """
    high, wide = image.shape[1:]
    right, bottom = left + width if width else wide, top + height if height else high
    if left >= wide or top >= high or right > wide or bottom > high:
        raise InputError(f"the part from {left}, {top} to {right}, {bottom} reaches beyond the picture, which is "
                         f"{size_words(image)}; take less of it, or widen it with picture.pad first")
    return image[:, top:bottom, left:right].clone()


@node("picture.pad", version=1)
def pad(image: Image, left: Side = 0, top: Side = 0, right: Side = 0, bottom: Side = 0,
        method: Literal["color", "edge", "mirror"] = "color", color: Color = "#000000") -> Image:
    """Put a border around a picture, of as many pixels as are given for each side.

    image: the picture.
    left, top, right, bottom: pixels to add there.
    method: what fills the border: a colour, the picture's edge drawn out, or the picture mirrored.
    color: of the border; with an alpha below ff (`transparent`) the result has alpha.
    """
    import torch

    high, wide = image.shape[1:]
    if method == "color":
        return on_color(image, left, top, wide + left + right, high + top + bottom, color)
    rows = torch.arange(-top, high + bottom, device=image.device)
    columns = torch.arange(-left, wide + right, device=image.device)
    inside = _mirrored if method == "mirror" else _nearest
    return image[:, inside(rows, high)][:, :, inside(columns, wide)]


def _nearest(at: Any, length: int) -> Any:
    return at.clamp(0, length - 1)


def _mirrored(at: Any, length: int) -> Any:
    """Indices beyond the ends, reflected there and back without the edge being doubled."""
    if length == 1:
        return at * 0
    at = at.remainder(2 * (length - 1))
    return at.minimum(2 * (length - 1) - at)


def on_color(image: Any, x: int, y: int, width: int, height: int, color: str) -> Any:
    """A picture at (x, y) on a sheet of a colour, seen as it is; with alpha if either has any."""
    import torch

    paint = rgba(color)
    if image.shape[0] == 3 and paint[3] < 1:
        image = with_alpha(image)
    sheet = placed(image, x, y, width, height)
    covered = placed(torch.ones_like(image[:1]), x, y, width, height) > 0
    return torch.where(covered, sheet, image.new_tensor(paint[:image.shape[0]])[:, None, None])
