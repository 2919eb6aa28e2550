"""Hearing of input without drawing: on X11, a second connection that is told of every move, press and key.

Dear PyGui takes in events only as it draws. A window that rests would have to draw all the time to notice that someone
came back; with this it sleeps until the X server says so.
"""

from __future__ import annotations

import ctypes
import os
import select
import sys
from ctypes import POINTER, byref, c_char_p, c_int, c_ubyte, c_uint, c_ulong, c_void_p

RAW_EVENTS = range(13, 18)  # XI_RawKeyPress to XI_RawMotion, of XInput 2
ALL_MASTERS = 1  # XIAllMasterDevices
EVENT_BYTES = 192  # of an XEvent


class _Mask(ctypes.Structure):
    _fields_ = [("device", c_int), ("length", c_int), ("bits", POINTER(c_ubyte))]


class Wake:
    """A connection to the X server that is told of input, wherever the pointer is."""

    def __init__(self, x11: ctypes.CDLL, display: int):
        self._x11, self._display = x11, display
        self._socket = x11.XConnectionNumber(display)
        self._pointer = self._where()

    @classmethod
    def here(cls) -> Wake | None:
        """One for this display; None where there is no X server with XInput 2."""
        if not sys.platform.startswith("linux") or not os.environ.get("DISPLAY"):
            return None
        try:
            x11, xi = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXi.so.6")
        except OSError:
            return None
        _declare(x11, xi)
        display = x11.XOpenDisplay(None)
        if not display:
            return None
        major, minor, opcode, spare = c_int(2), c_int(2), c_int(), c_int()
        if not x11.XQueryExtension(display, b"XInputExtension", byref(opcode), byref(spare), byref(spare)) \
                or xi.XIQueryVersion(display, byref(major), byref(minor)):
            x11.XCloseDisplay(display)
            return None
        bits = (c_ubyte * 4)()
        for event in RAW_EVENTS:
            bits[event // 8] |= 1 << event % 8
        xi.XISelectEvents(display, x11.XDefaultRootWindow(display), byref(_Mask(ALL_MASTERS, len(bits), bits)), 1)
        x11.XFlush(display)
        return cls(x11, display)

    def wait(self, seconds: float) -> bool:
        """Wait for input; whether there was some. A pointer that a program moved is seen once the time is over."""
        if self._taken():
            return True
        ready, _, _ = select.select([self._socket], [], [], seconds)
        before, self._pointer = self._pointer, self._where()
        return bool(ready) and self._taken() or self._pointer != before

    def _where(self) -> tuple[int, int]:
        """The pixel of the screen at which the pointer is."""
        spare, (x, y), held = c_ulong(), (c_int(), c_int()), c_uint()
        self._x11.XQueryPointer(self._display, self._x11.XDefaultRootWindow(self._display), byref(spare), byref(spare),
                                byref(x), byref(y), byref(c_int()), byref(c_int()), byref(held))
        return x.value, y.value

    def _taken(self) -> bool:
        """Take in all that there is; whether there was something."""
        event, found = ctypes.create_string_buffer(EVENT_BYTES), False
        while self._x11.XPending(self._display):
            self._x11.XNextEvent(self._display, event)
            found = True
        return found

    def close(self) -> None:
        """End the connection."""
        self._x11.XCloseDisplay(self._display)


def _declare(x11: ctypes.CDLL, xi: ctypes.CDLL) -> None:
    """Say what the functions take, so that pointers stay whole."""
    x11.XOpenDisplay.argtypes, x11.XOpenDisplay.restype = [c_char_p], c_void_p
    x11.XDefaultRootWindow.argtypes, x11.XDefaultRootWindow.restype = [c_void_p], c_ulong
    x11.XQueryExtension.argtypes = [c_void_p, c_char_p, POINTER(c_int), POINTER(c_int), POINTER(c_int)]
    x11.XQueryPointer.argtypes = [c_void_p, c_ulong, *[POINTER(c_ulong)] * 2, *[POINTER(c_int)] * 4, POINTER(c_uint)]
    x11.XNextEvent.argtypes = [c_void_p, c_char_p]
    for name in ("XConnectionNumber", "XPending", "XFlush", "XCloseDisplay"):
        getattr(x11, name).argtypes = [c_void_p]
    xi.XIQueryVersion.argtypes = [c_void_p, POINTER(c_int), POINTER(c_int)]
    xi.XISelectEvents.argtypes = [c_void_p, c_ulong, POINTER(_Mask), c_int]
    xi.XISelectEvents.restype = c_int
