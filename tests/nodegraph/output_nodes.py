"""Nodes whose results are written in several forms, one of which may fail: for the tests of outputs."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Annotated, Any

import nodegraph
from nodegraph import File, PortType, node
from tests.nodegraph.picture_nodes import png


def save_png(value: str, path: Path) -> None:
    path.write_bytes(png(value))


def save_jpg(value: str, path: Path, quality: int = 90) -> None:
    if value == "00ff00":
        nodegraph.warn("its green is gone")
    path.write_text(f"{value} at {quality}")


def save_raw(value: str, path: Path) -> None:
    path.write_text(value)
    if value == "ff0000":
        raise OSError(errno.ENOSPC, "No space left on device")
    if value == "0000ff":
        raise PermissionError(errno.EACCES, "Permission denied")
    if value == "eeeeee":
        path.write_text("\ud800", encoding="utf-8")
    if value == "ffffff":
        raise ZeroDivisionError("division by zero")


Patch = Annotated[Any, PortType("Patch", exports={"png": save_png, "jpg": save_jpg, "raw": save_raw})]


def save_reel(value: Any, path: Path) -> None:
    path.write_text(" ".join(value))


Reel = Annotated[Any, PortType("Reel", exports={"gif": save_reel, "mp4": save_reel})]


@node("patch.one", version=1)
def one(color: str) -> Patch:
    """A patch of one colour.

    color: six hex digits.
    """
    if color == "bad":
        raise nodegraph.InputError(f"is {color}, which is no colour")
    return color


@node("patch.read", version=1)
def read(file: File) -> Patch:
    """A patch of the colour that a file names.

    file: six hex digits.
    """
    text = file.read_text().strip()
    if len(text) != 6:
        raise nodegraph.InputError(f"{file.name} holds no colour")
    return text


@node("patch.dark", version=1)
def dark(patch: Patch) -> Patch:
    """The same, darker.

    patch: the patch.
    """
    return patch.replace("f", "8")


@node("patch.reel", version=1)
def reel(patches: list[Patch], fps: float = 8.0) -> Reel:
    """Patches that move.

    patches: in order.
    fps: how many each second.
    """
    return list(patches)
