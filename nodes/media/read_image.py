"""Nodes that bring pictures into a graph."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from nodegraph import File, Range, node

from .image import Image
from .pictures import files as image_files


@node("media.read_image", version=3)
def read_image(file: File, frame: Annotated[int, Range(1, math.inf)] = 1,
               largest: Annotated[float, Range(0.001, 100_000)] = image_files.LARGEST) -> Image:
    """Read a picture from a file (PNG, JPEG, WebP, AVIF, TIFF, GIF and what else Pillow knows), upright and in sRGB.

    8 and 16 bits are scaled, and a colour profile is followed. Numbers beyond 0..1 (a TIFF of floats or of 32 bits)
    are spread from black to white, and a warning tells from where to where. HEIC wants the extra `heif`.

    file: the picture.
    frame: which one, where the file has several frames or pages; 1 is the first.
    largest: the most megapixels that are read, against files that would fill the memory.
    """
    return image_files.load(file, frame, largest)


class Frames(NamedTuple):
    """What read_frames gives."""

    images: list[Image]
    seconds: list[float]


@node("media.read_frames", version=2)
def read_frames(file: File, largest: Annotated[float, Range(0.001, 100_000)] = image_files.LARGEST) -> Frames:
    """Read all pictures of a file: the frames of a GIF, APNG, WebP or AVIF as they are seen, or the pages of a TIFF.

    file: the animation, or the file of several pages; a plain picture is one frame.
    largest: the most megapixels that are read, all frames together.
    images: the frames in order. Pages may differ in size.
    seconds: how long each stays; 0 where the file does not say.
    """
    frames = image_files.load_frames(file, largest)
    return Frames([one.image for one in frames], [one.seconds for one in frames])
