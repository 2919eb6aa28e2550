"""Values as small pictures and short texts, the way they are shown in nodes and in the gallery.

A PortType says itself how a value looks (`preview`) and what it is in a line (`summary`); this makes the one
size and the one pixel format of it that the window draws. It runs in the worker, never while a frame is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nodegraph import PortType

if TYPE_CHECKING:
    import numpy as np

SIDE = 256  # pixels on the long side
MOST_SHOWN = 9  # items of a list
MOST_TEXT = 20_000  # characters
GAP = 3  # pixels between the pictures of a contact sheet
KINDS = {"Score": "roll", "Audio": "wave", "Palette": "palette", "Style": "style", "Text": "text"}


class Thumbnail(NamedTuple):
    """How a value looks.

    kind: "picture", "roll", "wave", "palette", "style", "sheet" (many pictures), "text", or "value" (a line).
    picture: uint8 (height, width, 4), or None. text: what it says, or what it is in a line.
    seconds: how long the value lasts, if it does; bars: when its bars begin; things: of how many it is one picture.
    """

    kind: str
    picture: np.ndarray | None = None
    text: str = ""
    seconds: float = 0.0
    bars: tuple[float, ...] = ()
    things: int = 1

    @property
    def bytes(self) -> int:
        """What it takes to keep it."""
        return len(self.text) + (self.picture.nbytes if self.picture is not None else 0)


def thumbnail(type: PortType, value: Any, many: bool = False, *, side: int = SIDE,
              count: int | None = None) -> Thumbnail:
    """A value, or a list of them, made small.

    many: value is a list, of which the first nine are shown. count: how many there are, where value holds only
    the first ones. A picture is at most `side` pixels on its long side, and never made larger than it is.
    """
    if not many:
        return _one(type, value, side)
    shown = [_one(type, item, side) for item in value[:MOST_SHOWN]]
    count = len(value) if count is None else count
    title = f"{type.name} \N{MULTIPLICATION SIGN} {count}"
    pictures = [one.picture for one in shown if one.picture is not None]
    if pictures:
        return Thumbnail("sheet", contact_sheet(pictures, side), title, things=count)
    lines = [one.text.strip().split("\n", 1)[0] for one in shown]
    more = ["\N{HORIZONTAL ELLIPSIS}"] if count > len(shown) else []
    return Thumbnail("text" if lines else "value", None, "\n".join([*lines, *more]) or title, things=count)


def _one(type: PortType, value: Any, side: int) -> Thumbnail:
    preview = type.preview(value) if type.preview is not None else None
    if isinstance(preview, str):
        return Thumbnail("text", None, clipped(preview))
    line = clipped(type.summary(value))
    if preview is None:
        return Thumbnail("value", None, line)
    # What lasts has `seconds`, and music `bar_seconds`: any pack's values may.
    return Thumbnail(KINDS.get(type.name, "picture"), _rgba(preview, side), line, float(getattr(value, "seconds", 0.0)),
                     tuple(getattr(value, "bar_seconds", ())))


def preview_picture(preview: Any, side: int = SIDE) -> Thumbnail:
    """What a node shows of its work so far: a uint8 picture (height, width, 3 or 4) of any size, or a text."""
    if isinstance(preview, str):
        return Thumbnail("text", None, clipped(preview))
    return Thumbnail("picture", _rgba(preview, side), "")


def clipped(text: str, most: int = MOST_TEXT) -> str:
    """A text cut to so many characters, with a sign that it was."""
    return text if len(text) <= most else text[:most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def contact_sheet(pictures: Sequence[np.ndarray], side: int = SIDE) -> np.ndarray:
    """Pictures in a grid, each whole and centred in a cell, on nothing: uint8 (height, width, 4)."""
    import numpy as np

    columns, rows = _grid(pictures)
    aspect = max(picture.shape[0] / picture.shape[1] for picture in pictures)
    width = min((side - GAP * (columns - 1)) // columns, max(picture.shape[1] for picture in pictures))
    height = max(1, min((side - GAP * (rows - 1)) // rows, round(width * aspect)))
    sheet = np.zeros((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 4), np.uint8)
    for at, picture in enumerate(pictures):
        small = _fit(picture, width, height)
        top = at // columns * (height + GAP) + (height - small.shape[0]) // 2
        left = at % columns * (width + GAP) + (width - small.shape[1]) // 2
        sheet[top:top + small.shape[0], left:left + small.shape[1]] = small
    return sheet


def _grid(pictures: Sequence[np.ndarray]) -> tuple[int, int]:
    """Columns and rows: as square as the pictures allow, and a stack where they are wide strips."""
    aspect = sum(picture.shape[1] / picture.shape[0] for picture in pictures) / len(pictures)
    columns = max(1, min(len(pictures), math.ceil(math.sqrt(len(pictures) / aspect) - 1e-9)))
    return columns, math.ceil(len(pictures) / columns)


def _rgba(picture: Any, side: int) -> np.ndarray:
    """Any uint8 picture as RGBA, at most `side` pixels on its long side."""
    import numpy as np

    array = np.asarray(picture)
    if array.ndim == 2:
        array = array[:, :, None].repeat(3, axis=2)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] not in (1, 3, 4) or not array.size:
        found = f"{array.dtype} array {array.shape}"
        raise ValueError(f"a preview is a {found}; it has to be uint8 (height, width, 3)")
    if array.shape[2] == 1:
        array = array.repeat(3, axis=2)
    if array.shape[2] == 3:
        array = np.concatenate([array, np.full((*array.shape[:2], 1), 255, np.uint8)], axis=2)
    return np.ascontiguousarray(_fit(array, side, side))


def _fit(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """An RGBA picture made to fit, smaller where it has to be."""
    import numpy as np
    from PIL import Image

    factor = min(width / picture.shape[1], height / picture.shape[0])
    if factor >= 1:
        return picture
    size = max(1, round(picture.shape[1] * factor)), max(1, round(picture.shape[0] * factor))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX, reducing_gap=2.0))
