"""The node that lays a picture, a verse and their colours out as a postcard."""

from __future__ import annotations

from typing import Any

from nodegraph import File, node

from ..common.face import Face, OwnFont, own_font, tell_lacking
from ..common.typesetting import fitted
from ..media.image import from_pil, to_pil
from ..media.types import Image, Palette
from .theme import Theme, rgb, theme_of

WIDTH, HEIGHT = 1200, 800
MARGIN = 56
FRAME = 568  # the longer side of the picture
MAT = 28  # the paper around it
COLUMN = MARGIN + FRAME + 2 * MAT + 48  # where the words begin
TOP = (HEIGHT - FRAME - 2 * MAT) // 2  # words begin where the mat of a square picture does, and end where it ends
SWATCH = 46
NAMED_SWATCHES = 6  # with more colours than this there is no room for their codes


@node("mix.postcard", version=2)
def postcard(picture: Image, verse: str, palette: Palette, title: str = "",
             font: File | None = None) -> Image:
    """Lay out a postcard, 1200 x 800: the picture in a mat, the verse beside it, and the colours they share.

    Paper and ink are taken from the palette; a picture of the night makes a dark card. Long verses are set
    smaller, and their lines broken where they must be. Latin, Greek, Cyrillic, Chinese, kana and Korean can be mixed.

    picture: of any size; a small one is enlarged smoothly.
    verse: one line of text for each line of the verse.
    palette: the picture's colours, from style.palette.
    title: what stands above the verse, if anything.
    font: a font file of your own (.ttf, .otf) for the words; what it lacks is set in the fonts that come along.
    """
    from PIL import Image as Pil, ImageDraw

    theme = theme_of(palette)
    card = Pil.new("RGB", (WIDTH, HEIGHT), theme.paper)
    _hang(card, to_pil(picture), theme)
    canvas = ImageDraw.Draw(card)
    _swatches(card, palette, theme, HEIGHT - TOP)
    own = own_font(font)
    _words(canvas, title, verse, theme, TOP, HEIGHT - TOP - SWATCH - 64, own)
    tell_lacking([title, verse], Face(16, own=own))
    return from_pil(card)


def _hang(card: Any, picture: Any, theme: Theme) -> None:
    """Paste the picture in its mat, with a soft shadow, in the middle of the left side."""
    from PIL import Image as Pil, ImageDraw, ImageFilter

    picture = enlarged(picture, FRAME)
    if picture.mode == "RGBA":
        ground = Pil.new("RGB", picture.size, theme.mat)
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    width, height = picture.width + 2 * MAT, picture.height + 2 * MAT
    left = MARGIN + (FRAME + 2 * MAT - width) // 2
    top = (HEIGHT - height) // 2
    shadow = Pil.new("L", card.size, 0)
    ImageDraw.Draw(shadow).rectangle([left, top + 6, left + width, top + height + 8], fill=80)
    card.paste((0, 0, 0), mask=shadow.filter(ImageFilter.GaussianBlur(12)))
    canvas = ImageDraw.Draw(card)
    canvas.rectangle([left, top, left + width - 1, top + height - 1], fill=theme.mat)
    card.paste(picture.convert("RGB"), (left + MAT, top + MAT))
    # The bevel of a cut mat: a shade above and left, a light below and right.
    edge = [left + MAT - 1, top + MAT - 1, left + MAT + picture.width, top + MAT + picture.height]
    canvas.line([edge[0], edge[3], edge[0], edge[1], edge[2], edge[1]], fill=_shade(theme.mat, -28))
    canvas.line([edge[0], edge[3], edge[2], edge[3], edge[2], edge[1]], fill=_shade(theme.mat, 28))


def _shade(color: tuple[int, int, int], by: int) -> tuple[int, ...]:
    return tuple(min(255, max(0, channel + by)) for channel in color)


def enlarged(picture: Any, side: int) -> Any:
    """A PIL picture with its longer side this long: smooth, and sharpened by as much as enlarging softens."""
    from PIL import Image as Pil, ImageFilter

    scale = side / max(picture.size)
    size = tuple(max(1, round(n * scale)) for n in picture.size)
    resized = picture.resize(size, Pil.Resampling.LANCZOS)
    if scale > 1.5:
        resized = resized.filter(ImageFilter.UnsharpMask(radius=scale * 0.55, percent=80, threshold=0))
    return resized


def _swatches(card: Any, palette: Palette, theme: Theme, bottom: float) -> None:
    """The colours in a row, the largest first, with their codes where there is room."""
    from PIL import ImageDraw

    canvas = ImageDraw.Draw(card)
    room = WIDTH - MARGIN - COLUMN
    count = len(palette.colors)
    named = count <= NAMED_SWATCHES
    step = room / count
    size = round(min(SWATCH, step - 8))
    for number, color in enumerate(palette.colors):
        x = round(COLUMN + number * step)
        y = bottom - (30 if named else 0) - size
        card.paste(theme.faint, (x, y), _disc(size))
        card.paste(rgb(color), (x + 1, y + 1), _disc(size - 2))
        if named:
            face = Face(14)
            face.draw(canvas, x + (size - face.width(color)) / 2, bottom - 6, color, theme.faint)


def _disc(size: int) -> Any:
    """The mask of a round swatch, its edge smooth."""
    from PIL import Image as Pil, ImageDraw

    large = Pil.new("L", (size * 4, size * 4), 0)
    ImageDraw.Draw(large).ellipse([0, 0, size * 4 - 1, size * 4 - 1], fill=255)
    return large.resize((size, size), Pil.Resampling.BOX)


def _words(canvas: Any, title: str, verse: str, theme: Theme, top: float, bottom: float,
           own: OwnFont | None) -> None:
    """Title, a rule in the accent colour, and the verse in the middle of what is left."""
    width = WIDTH - MARGIN - COLUMN
    if title.strip():
        heading = fitted(" ".join(title.split()), width, 150, largest=44, smallest=20, spacing=1.2,
                         hanging=False, own=own)
        heading.draw(canvas, COLUMN, top, theme.ink)
        top += heading.height + 16
        canvas.line([COLUMN, top, COLUMN + 72, top], fill=theme.accent, width=3)
        top += 24
    if verse.strip():
        block = fitted(verse, width, bottom - top, largest=34, smallest=13, italic=True, own=own)
        block.draw(canvas, COLUMN, top + max(0, (bottom - top - block.height) * 0.42), theme.ink)
