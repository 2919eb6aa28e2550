"""The nodes for colours: hue and saturation, grey, and colouring. Alpha stays as it is."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nodegraph import Color, Range, node

from ..common.colors import rgba
from ..common.pixels import luma
from ..media.types import Image
from .tone import on_colors

LUMA = {"bt601": (0.299, 0.587, 0.114), "bt709": (0.2126, 0.7152, 0.0722), "average": (1 / 3, 1 / 3, 1 / 3)}
Weights = Literal["bt601", "bt709", "average"]


@node("picture.hue_saturation", version=1)
def hue_saturation(image: Image, hue: Annotated[float, Range(-360, 360)] = 0.0,
                   saturation: Annotated[float, Range(0, 10)] = 1.0,
                   lightness: Annotated[float, Range(-1, 1)] = 0.0) -> Image:
    """Turn the hues of a picture, and change how vivid and how light it is (in HSL).

    image: the picture.
    hue: degrees around the wheel: 120 makes red green, and 180 gives each its opposite.
    saturation: factor; 1 changes nothing, 0 is grey.
    lightness: 0 changes nothing, 1 is white, -1 is black.
    """
    def changed(colors: Any) -> Any:
        h, s, light = hsl(colors)
        light = light + (1 - light) * lightness if lightness > 0 else light * (1 + lightness)
        return rgb((h + hue) % 360, (s * saturation).clamp(0, 1), light)
    return on_colors(image, changed)


@node("picture.grayscale", version=1)
def grayscale(image: Image, weights: Weights = "bt601") -> Image:
    """Make a picture grey.

    image: the picture.
    weights: what red, green and blue count for: bt601 as in JPEG and Pillow, bt709 as in HDTV, or the plain average.
    """
    return on_colors(image, lambda colors: luma(colors, LUMA[weights]).expand(3, -1, -1))


@node("picture.colorize", version=1)
def colorize(image: Image, dark: Color = "#1b1035", light: Color = "#ffe9c4", middle: Color | None = None) -> Image:
    """Put colours in the place of light and dark: a duotone, or with a middle colour three.

    image: the picture; only how light it is counts.
    dark: what black becomes.
    light: what white becomes.
    middle: what middle grey becomes; left out, the mean of both.
    """
    colors = [rgba(color)[:3] for color in (dark, middle, light) if color]

    def changed(picture: Any) -> Any:
        ramp = picture.new_tensor(colors)
        at = luma(picture, LUMA["bt601"])[0].clamp(0, 1) * (len(colors) - 1)
        below = at.floor().clamp(0, len(colors) - 2).long()
        return (ramp[below] + (ramp[below + 1] - ramp[below]) * (at - below)[..., None]).permute(2, 0, 1)
    return on_colors(image, changed)


@node("picture.tint", version=1)
def tint(image: Image, color: Color = "#ff9a3c", strength: Annotated[float, Range(0, 1)] = 0.5) -> Image:
    """Give a picture a cast of one colour, as glass of that colour before it would, keeping how light it is.

    image: the picture.
    color: of the glass.
    strength: 0 changes nothing; at 1 only light and dark are left of the picture's own.
    """
    def changed(colors: Any) -> Any:
        paint = colors.new_tensor(rgba(color)[:3])[:, None, None]
        grey = luma(colors, LUMA["bt601"])
        return colors + (with_luma(paint, grey) - colors) * strength
    return on_colors(image, changed)


def with_luma(colors: Any, target: Any, weights: tuple[float, float, float] = LUMA["bt601"]) -> Any:
    """Colours moved to a luma, (1, height, width), and towards grey where they would leave 0..1.

    This is SetLum and ClipColor of W3C Compositing and Blending Level 1, section 13.
    """
    colors = colors + (target - luma(colors, weights))
    grey = luma(colors, weights)
    low, high = colors.amin(0, keepdim=True), colors.amax(0, keepdim=True)
    colors = colors.where(low >= 0, grey + (colors - grey) * grey / (grey - low).clamp_min(1e-9))
    return colors.where(high <= 1, grey + (colors - grey) * (1 - grey) / (high - grey).clamp_min(1e-9))


def hsl(colors: Any) -> tuple[Any, Any, Any]:
    """Hue in degrees, saturation and lightness in 0..1, each (height, width), of sRGB (3, height, width)."""
    import torch

    red, green, blue = colors
    high, low = colors.amax(0), colors.amin(0)
    spread, total = high - low, high + low
    safe = torch.where(spread > 0, spread, 1.0)
    hue = torch.where(high == red, (green - blue) / safe, torch.where(
        high == green, (blue - red) / safe + 2, (red - green) / safe + 4)) * 60 % 360
    room = 1 - (total - 1).abs()
    return hue, torch.where(spread > 0, spread / room.clamp_min(1e-9), 0.0).clamp(0, 1), total / 2


def rgb(hue: Any, saturation: Any, lightness: Any) -> Any:
    """sRGB (3, height, width) of HSL; the formula of CSS Color 4, section 7.1."""
    import torch

    reach = saturation * torch.minimum(lightness, 1 - lightness)
    turns = [(start + hue / 30) % 12 for start in (0, 8, 4)]
    return torch.stack([lightness - reach * torch.minimum(k - 3, 9 - k).clamp(-1, 1) for k in turns])
