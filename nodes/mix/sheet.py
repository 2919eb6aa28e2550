"""The node that shows many pictures on one sheet."""

from __future__ import annotations

import math
from typing import Annotated

from nodegraph import Color, File, InputError, Range, node

from ..common.face import Face, own_font, tell_lacking
from ..common.typesetting import captions
from ..media.image import from_pil, to_pil
from ..media.types import Image
from .theme import READABLE, readable, rgb


@node("mix.sheet", version=4)
def sheet(images: list[Image], labels: list[str] | None = None, columns: Annotated[int, Range(0, 64)] = 0,
          cell: Annotated[int, Range(32, 2048)] = 256, paper: Color = "#f7f5f0",
          font: File | None = None) -> Image:
    """Lay pictures out in rows on one sheet, each in a square cell, with words below them if there are any.

    images: the pictures, in reading order.
    labels: words for each picture, as many as there are pictures; all are set in one size.
    columns: how many stand side by side; 0 makes the sheet about as high as it is wide.
    cell: the side of a cell in pixels.
    paper: the colour between them; where it has alpha ("transparent") the sheet has.
    font: a font file of your own (.ttf, .otf) for the words; what it lacks is set in the fonts that come along.
    """
    from PIL import Image as Pil, ImageDraw

    if not images:
        raise InputError("images is empty; a sheet takes at least one picture")
    if labels is not None and len(labels) != len(images):
        raise InputError(f"labels has {len(labels)} texts for {len(images)} pictures; give each its own")
    columns = min(len(images), columns or math.ceil(math.sqrt(len(images))))
    rows = math.ceil(len(images) / columns)
    gap = max(6, cell // 16)
    caption = max(24, cell // 4) if labels else 0
    size = (gap + columns * (cell + gap), gap + rows * (cell + caption + gap))
    page = Pil.new("RGBA", size, paper)
    canvas = ImageDraw.Draw(page)
    own = own_font(font)
    words = captions(labels or [], cell, caption, largest=max(11, cell // 12), smallest=9, own=own)
    tell_lacking(labels or [], Face(16, own=own))
    ink = readable((40, 40, 44), rgb(paper), READABLE)
    for number, image in enumerate(images):
        left = gap + number % columns * (cell + gap)
        top = gap + number // columns * (cell + caption + gap)
        picture = to_pil(image).convert("RGBA")
        scale = cell / max(picture.size)
        picture = picture.resize(tuple(max(1, round(n * scale)) for n in picture.size), Pil.Resampling.LANCZOS)
        page.alpha_composite(picture, (left + (cell - picture.width) // 2, top + (cell - picture.height) // 2))
        if labels:
            words[number].draw(canvas, left, top + cell + 4, ink)
    return from_pil(page if len(paper) == 9 else page.convert("RGB"))
