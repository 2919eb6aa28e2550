"""Nodes that bring moving pictures into a graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nodegraph import File, InputError, file_kind, node

from ..common.files import reading
from .films.footage import animation
from .films.probe import film
from .video import Video

HEAD = 4096  # bytes by which a file's kind is told
MOVING = ("GIF", "PNG", "WebP", "AVIF")  # pictures that may move
ADVICE = {"picture": "media.read_image reads it", "page": "download the film itself",
          "pointer": "fetch the film itself with `git lfs pull`", "music": "media.read_score reads MIDI",
          "archive": "unpack it first"}


@node("media.read_video", version=1)
def read_video(file: File) -> Video:
    """Read moving pictures: MP4, MOV, MKV, WebM, AVI and what else PyAV knows, animated GIF, WebP, PNG and AVIF.

    Films take PyAV (the extra `video`); animations do not. Frames are turned upright as the file asks, and laid out
    at an even rate by the times at which they are shown. What a Video does not keep is told: further tracks,
    subtitles, HDR, more than 8 bits, uneven frames. The memory that it takes is that of the file.

    file: the film or animation.
    """
    path = Path(file)
    data = _bytes(path)
    kind = file_kind(bytes(data[:HEAD].numpy()))
    if kind is None or kind.family in ("video", "sound"):
        return film(data, path.name)
    if kind.name.split()[1] in MOVING:
        return animation(data, path.name)
    raise InputError(f"{path.name} is {kind.name} and no film; {ADVICE.get(kind.family, 'give an MP4 or a GIF')}")


def _bytes(path: Path) -> Any:
    """A file's bytes: a flat uint8 tensor."""
    import numpy as np
    import torch

    with reading(path, "name a film in it"):
        data = np.fromfile(path, np.uint8)
    if not len(data):
        raise InputError(f"{path.name} is empty")
    return torch.from_numpy(data)
