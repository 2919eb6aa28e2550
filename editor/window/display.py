"""The display as the desktop has it: the scale that a person set, so that the window follows it, and how large it is."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

USUAL = 96.0  # dots per inch at a scale of 1
LEAST, MOST = 1.0, 4.0
EDGE = 12  # pixels: the frame that a desktop draws round a window may lie beside the screen


def scale() -> float:
    """The display's scale, 1 to 4 in quarters. On X11 from GDK_SCALE or the Xft.dpi of the desktop; elsewhere the system
    scales the window itself, so it is 1."""
    if not sys.platform.startswith("linux"):
        return LEAST
    asked = os.environ.get("GDK_SCALE", "")
    if re.fullmatch(r"\d+(\.\d+)?", asked):
        return _kept(float(asked))
    found = re.search(r"^Xft\.dpi:\s*([\d.]+)", _resources(), re.MULTILINE)
    return _kept(float(found[1]) / USUAL) if found is not None else LEAST


def screen() -> tuple[int, int, int, int] | None:
    """Left, top, width and height of all screens together, in pixels; None where the system keeps windows on them itself."""
    if sys.platform == "win32":
        told = ctypes.windll.user32.GetSystemMetrics
        return told(76), told(77), told(78), told(79)  # SM_XVIRTUALSCREEN and the three that follow it
    if not sys.platform.startswith("linux"):
        return None
    with _x11() as (x11, display):
        return (0, 0, x11.XDisplayWidth(display, 0), x11.XDisplayHeight(display, 0)) if display else None


def fitted(size: tuple[int, int], corner: tuple[int, int], screen: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Where a window stands that is wholly on the screen: left, top, width, height; as it was where that is so already."""
    left, top, width, height = screen
    wide, high = min(size[0], width), min(size[1], height)
    return (min(max(corner[0], left), left + width - wide), min(max(corner[1], top), top + height - high), wide, high)


def fills(size: tuple[int, int], corner: tuple[int, int], screen: tuple[int, int, int, int]) -> bool:
    """Whether a window takes the whole width of the screen and nearly its height (a bar of the desktop may be left)."""
    left, top, width, height = screen
    return size[0] >= width - 2 * EDGE and size[1] >= 0.85 * height and abs(corner[0] - left) <= EDGE


def _kept(wanted: float) -> float:
    return min(MOST, max(LEAST, round(wanted * 4) / 4))


@contextmanager
def _x11() -> Iterator[tuple[Any, Any]]:
    """The X library and a connection to the display; the connection is None where there is none."""
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        yield None, None
        return
    x11.XOpenDisplay.argtypes, x11.XOpenDisplay.restype = [ctypes.c_char_p], ctypes.c_void_p
    x11.XResourceManagerString.argtypes, x11.XResourceManagerString.restype = [ctypes.c_void_p], ctypes.c_char_p
    x11.XDisplayWidth.argtypes = x11.XDisplayHeight.argtypes = [ctypes.c_void_p, ctypes.c_int]
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display = x11.XOpenDisplay(None)
    try:
        yield x11, display
    finally:
        if display:
            x11.XCloseDisplay(display)


def _resources() -> str:
    """The X resources of the desktop; "" where there are none."""
    with _x11() as (x11, display):
        told = x11.XResourceManagerString(display) if display else None
        return (told or b"").decode("latin-1")
