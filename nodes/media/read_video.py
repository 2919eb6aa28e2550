"""Nodes that bring moving pictures into a graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nodegraph import File, InputError, node

from .footage import animation
from .probe import film
from .video import Video


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
    return animation(data, path.name) if _is_picture(data) else film(data, path.name)


def _bytes(path: Path) -> Any:
    """A file's bytes: a flat uint8 tensor. Raises InputError for what is no film at a glance."""
    import numpy as np
    import torch

    try:
        data = np.fromfile(path, np.uint8)
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    start = bytes(data[:512]).lstrip().lower()
    if not start:
        raise InputError(f"{path.name} is empty")
    if start.startswith(b"version https://git-lfs"):
        raise InputError(f"{path.name} is a Git LFS pointer and not the film itself; fetch it with `git lfs pull`")
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg")):
        raise InputError(f"{path.name} is a web page and no film; download the film itself")
    if start.startswith(b"\xff\xd8\xff"):
        raise InputError(f"{path.name} is a JPEG, which does not move; media.read_image reads it")
    if start.startswith(b"#extm3u"):
        raise InputError(f"{path.name} is a playlist, which names films and holds none; give one of those")
    return torch.from_numpy(data)


def _is_picture(data: Any) -> bool:
    """Whether Pillow reads it, as a picture that may move."""
    head = bytes(data[:12].numpy())
    return head.startswith((b"GIF8", b"\x89PNG\r\n")) or head[8:] == b"WEBP" or head[4:] in (b"ftypavif", b"ftypavis")
