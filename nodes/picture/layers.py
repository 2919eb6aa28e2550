"""The nodes that lay pictures over each other, and bring masks and pictures together."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nodegraph import Color, Range, node

from ..common.colors import rgba
from ..common.pixels import Anchor, alpha_of, laid, placed_at, premultiplied, resampled, same_size, straight
from ..media.types import Image, Mask
from .modes import MODES
from .size import Place, fit as fitted

Mode = Literal["normal", "multiply", "screen", "overlay", "soft_light", "hard_light", "darken", "lighten",
               "difference", "exclusion", "color_dodge", "color_burn", "linear_light", "add", "subtract", "hue",
               "saturation", "color", "luminosity"]
Share = Annotated[float, Range(0, 1)]


@node("picture.blend", version=1)
def blend(image: Image, layer: Image, mode: Mode = "normal", opacity: Share = 1.0, mask: Mask | None = None,
          fit: Literal["exact", "crop", "pad", "stretch"] = "exact") -> Image:
    """Lay a picture over another of the same size, by one of the blend modes that painting programs have.

    image: the picture below; the result is as large, and has alpha if this has.
    layer: what lies on it.
    mode: how their colours are mixed. multiply darkens and screen lightens; overlay and the lights raise contrast;
        hue, saturation, color and luminosity take just that from the layer.
    opacity: of the layer; at 0 nothing of it is seen.
    mask: where the layer is seen; as large as the picture.
    fit: what to do with a layer of another size: exact refuses it; crop, pad and stretch are those of picture.fit.
    """
    if fit != "exact" and layer.shape[1:] != image.shape[1:]:
        layer = fitted(layer, image.shape[2], image.shape[1], fit, color="#00000000")
    same_size("layer", layer, "image", image, "say fit: crop, pad or stretch, or bring it to that size first")
    return _blended(image, layer, mode, _opacity(layer, opacity, mask))


@node("picture.composite", version=1)
def composite(background: Image, image: Image, anchor: Anchor = "top_left", x: Place = 0, y: Place = 0,
              scale: Annotated[float, Range(0.001, 64)] = 1.0, opacity: Share = 1.0, mask: Mask | None = None) -> Image:
    """Put a picture at a place on another; what sticks out is cut.

    background: the picture below; the result is as large, and has alpha if this has.
    image: the picture to put on it.
    anchor: where it stands: in a corner, at the middle of an edge, or in the centre.
    x: pixels to the right from there.
    y: pixels downwards from there.
    scale: times its size.
    opacity: how much of it is seen.
    mask: which of its parts are seen; as large as the image before it is scaled.
    """
    alpha = _opacity(image, opacity, mask)
    if scale != 1:
        size = max(1, round(image.shape[2] * scale)), max(1, round(image.shape[1] * scale))
        image = resampled(_with(image, alpha), *size, "lanczos")
        alpha = image[3:]
    layer = placed_at(anchor, _with(image, alpha), background.shape[2], background.shape[1], x, y)
    return _blended(background, layer, "normal", layer[3:])


@node("picture.with_alpha", version=1)
def with_alpha(image: Image, mask: Mask, method: Literal["replace", "multiply"] = "replace") -> Image:
    """Make a picture transparent where a mask is 0.

    image: the picture.
    mask: its new alpha; as large as the picture.
    method: replace forgets the alpha that the picture had; multiply keeps what was transparent so.
    """
    same_size("mask", mask, "image", image, "bring the mask to that size with mask.resize")
    return _with(image, mask.to(image.device) * (alpha_of(image) if method == "multiply" else 1))


@node("picture.from_mask", version=1)
def from_mask(mask: Mask, inside: Color = "#ffffff", outside: Color = "#000000") -> Image:
    """Show a mask as a picture of two colours.

    mask: the mask.
    inside: the colour where it is 1.
    outside: the colour where it is 0; where either colour is transparent the picture has alpha.
    """
    import torch

    ends = [mask.new_tensor(rgba(color)) for color in (outside, inside)]
    low, high = (premultiplied(end[:, None, None]) for end in ends)
    made = straight(torch.lerp(low.expand(-1, *mask.shape[1:]), high.expand(-1, *mask.shape[1:]), mask))
    return made if min(end[3] for end in ends) < 1 else made[:3]


def _with(image: Any, alpha: Any) -> Any:
    import torch

    return torch.cat([image[:3], alpha])


def _opacity(layer: Any, opacity: float, mask: Any) -> Any:
    """The alpha of a layer, by its opacity and a mask."""
    alpha = alpha_of(layer) * opacity
    if mask is None:
        return alpha
    same_size("mask", mask, "image", layer, "bring the mask to that size with mask.resize")
    return alpha * mask.to(alpha.device)


def _blended(back: Any, layer: Any, mode: str, alpha: Any) -> Any:
    """Source over with a blend mode: W3C Compositing and Blending Level 1, sections 5 and 10.

    alpha: how much of the layer is seen, (1, height, width).
    """
    layer, alpha = layer.to(back.device), alpha.to(back.device)
    colors = MODES[mode](back[:3], layer[:3])
    below = alpha_of(back)
    colors = layer[:3] + (colors - layer[:3]) * below
    return laid(premultiplied(_with(colors, alpha)), back)
