"""Nodes that bring pictures into a graph."""

from __future__ import annotations

from nodegraph import File, node

from . import image
from .image import Image


@node("media.read_image", version=1)
def read_image(file: File) -> Image:
    """Read a picture from a file (PNG, JPEG, WebP and what else Pillow knows), turned upright.

    file: the picture.
    """
    return image.load(file)
