"""How finely the display draws: the scale that a person set for their desktop, so that the window follows it."""

from __future__ import annotations

import ctypes
import os
import re
import sys

USUAL = 96.0  # dots per inch at a scale of 1
LEAST, MOST = 1.0, 4.0


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


def _kept(wanted: float) -> float:
    return min(MOST, max(LEAST, round(wanted * 4) / 4))


def _resources() -> str:
    """The X resources of the desktop; "" where there are none."""
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return ""
    x11.XOpenDisplay.argtypes, x11.XOpenDisplay.restype = [ctypes.c_char_p], ctypes.c_void_p
    x11.XResourceManagerString.argtypes, x11.XResourceManagerString.restype = [ctypes.c_void_p], ctypes.c_char_p
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display = x11.XOpenDisplay(None)
    if not display:
        return ""
    told = x11.XResourceManagerString(display) or b""
    x11.XCloseDisplay(display)
    return told.decode("latin-1")
