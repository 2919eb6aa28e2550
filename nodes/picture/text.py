"""The node that sets words on a picture, or on nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from nodegraph import Color, File, Range, node, warn

from ..common.blur import gaussian
from ..common.colors import rgba
from ..common.face import Face, own_font, tell_lacking
from ..common.pixels import Anchor, corner, laid, over, placed, straight
from ..common.typesetting import wrapped
from ..media.types import Image
from .size import Place, Side
from .turn import turned

ASCENT = 0.32  # a baseline lies this much of the size below the middle of its line


@dataclass(frozen=True)
class _Words:
    """Lines that are set, and the box that they take in pixels, without outline and shadow."""

    lines: list[str]
    face: Face
    leading: float
    align: str

    @property
    def box(self) -> tuple[float, float]:
        """Width and height."""
        return max(1.0, *map(self.face.width, self.lines)), len(self.lines) * self.leading

    def mask(self, spill: int, stroke: int) -> Any:
        """Where letters are, thickened by a stroke, (1, height, width), with so many pixels free around the box."""
        import numpy as np
        import torch
        from PIL import Image as Pil, ImageDraw

        width, height = (math.ceil(side) + 2 * spill for side in self.box)
        page = Pil.new("L", (width, height), 0)
        canvas = ImageDraw.Draw(page)
        share = {"left": 0.0, "center": 0.5, "right": 1.0}[self.align]
        for number, line in enumerate(self.lines):
            x = spill + share * (self.box[0] - self.face.width(line))
            baseline = spill + (number + 0.5) * self.leading + ASCENT * self.face.size
            self.face.draw(canvas, x, baseline, line, 255, stroke)
        return torch.from_numpy(np.array(page, np.float32) / 255)[None]


@node("picture.text", version=1)
def text(text: str, image: Image | None = None, width: Side = 0, height: Side = 0, font: File | None = None,
         face: Literal["serif", "italic"] = "serif", size: Annotated[int, Range(4, 2048)] = 48,
         color: Color = "#ffffff", outline: Annotated[int, Range(0, 200)] = 0, outline_color: Color = "#000000",
         shadow: Annotated[float, Range(0, 200)] = 0.0, shadow_color: Color = "#000000a0", anchor: Anchor = "bottom",
         x: Place = 0, y: Place = 0, margin: Side = 24, wrap: Side = 0,
         align: Literal["left", "center", "right"] = "center", line_spacing: Annotated[float, Range(0.1, 10)] = 1.2,
         rotation: Annotated[float, Range(-360, 360)] = 0.0) -> Image:
    """Set words on a picture, or without one on a transparent picture of their own.

    text: the words; its own line breaks are kept. Latin, Greek, Cyrillic, Chinese, kana and Korean can be mixed; a
        script that the built-in fonts lack (Arabic, Hebrew, Hindi, Thai ...) wants a font that has it.
    image: the picture below.
    width: of the words' own picture, when there is no image; 0 is as wide as the words need.
    height: of the words' own picture; 0 is as high as they need.
    font: a font file of your own (.ttf, .otf); what it lacks is set in the built-in faces.
    face: the built-in face, upright or italic.
    size: of the letters in pixels.
    color: of the letters.
    outline: how many pixels they are thickened by in the outline's colour.
    outline_color: the colour of the outline.
    shadow: how far a soft shadow falls to the right and down, in pixels; 0 has none.
    shadow_color: the colour of the shadow.
    anchor: where on the picture the words stand: in a corner, at the middle of an edge, or in the centre.
    x: pixels to the right from there.
    y: pixels downwards from there.
    margin: pixels that stay free at the edges.
    wrap: how wide a line may be in pixels; 0 is as wide as the picture without its margins.
    align: how lines of different width stand below each other.
    line_spacing: from line to line, in sizes.
    rotation: degrees against the clock.
    """
    words_face = Face(size, face == "italic", own_font(font))
    tell_lacking([text], words_face)
    wide = image.shape[2] if image is not None else width
    room = wrap or max(1, wide - 2 * margin) if wide or wrap else math.inf
    lines = [part for line in text.expandtabs(4).splitlines() for part in wrapped(line, words_face, room)] or [""]
    words = _Words(lines, words_face, size * line_spacing, align)
    layer = _layer(words, (color, outline, outline_color, shadow, shadow_color))
    if rotation % 360:
        layer = turned(layer, rotation, "bicubic")
    box = _turned_box(words.box, rotation)
    if image is None:
        page = width or math.ceil(box[0]) + 2 * margin, height or math.ceil(box[1]) + 2 * margin
    else:
        page = image.shape[2], image.shape[1]
    if text.strip() and (box[0] > page[0] or box[1] > page[1]):
        warn(f"the words take {box[0]:.0f} x {box[1]:.0f} pixels and the picture has {page[0]} x {page[1]}, so some "
             "are cut; give a smaller size, or wrap: a width at which lines break")
    made = _set(layer, box, anchor, page, margin, x, y)
    return straight(made) if image is None else laid(made.to(image.device), image)


def _layer(words: _Words, look: tuple[str, int, str, float, str]) -> Any:
    """Letters over their outline over their shadow, premultiplied, with room around them for all of it."""
    color, outline, outline_color, shadow, shadow_color = look
    spill = math.ceil(words.face.size / 2) + outline + math.ceil(3 * shadow)
    letters, body = words.mask(spill, 0), words.mask(spill, outline)
    layer = _painted(letters, color)
    if outline:
        layer = over(layer, _painted(body, outline_color))
    if shadow:
        fallen = body.roll((round(shadow), round(shadow)), (1, 2))  # into the room around, which is empty
        layer = over(layer, _painted(gaussian(fallen, shadow / 2), shadow_color))
    return layer


def _painted(mask: Any, color: str) -> Any:
    """A mask filled with a colour: premultiplied, (4, height, width)."""
    red, green, blue, alpha = rgba(color)
    return mask * alpha * mask.new_tensor((red, green, blue, 1))[:, None, None]


def _turned_box(box: tuple[float, float], degrees: float) -> tuple[float, float]:
    """Width and height of what a box takes when it is turned."""
    cosine, sine = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    return box[0] * cosine + box[1] * sine, box[0] * sine + box[1] * cosine


def _set(layer: Any, box: tuple[float, float], anchor: str, page: tuple[int, int], margin: int, x: int, y: int) -> Any:
    """A layer, of which the box is the middle, on a page (width, height) so that the box stands at the anchor."""
    left, top = corner(anchor, (page[0] - 2 * margin, page[1] - 2 * margin), box)
    middle = margin + left + box[0] / 2 + x, margin + top + box[1] / 2 + y
    return placed(layer, round(middle[0] - layer.shape[2] / 2), round(middle[1] - layer.shape[1] / 2), *page)
