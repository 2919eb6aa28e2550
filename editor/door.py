"""What must be there before a window can open: Dear PyGui, and on Linux a display. It imports neither.

Dear PyGui ends the whole process where there is no display, so that is found out before it is asked.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import closing
from importlib import import_module

from nodegraph import NodegraphError

X_PORT = 6000  # of display 0 over TCP
PATIENCE = 3.0  # seconds, for a display on another machine


class NoWindow(NodegraphError):
    """Why the editor cannot open, and what to do, in a sentence."""


def look(environment: Mapping[str, str] = os.environ) -> None:
    """Raise NoWindow where no window can be opened."""
    _look_for_dearpygui()
    if sys.platform.startswith("linux"):
        _look_for_display(environment.get("DISPLAY", ""))
        _look_for_opengl()


def _look_for_dearpygui() -> None:
    try:
        import_module("dearpygui.dearpygui")
    except ModuleNotFoundError:
        raise NoWindow('the editor needs Dear PyGui, which is not installed: pip install dearpygui pyperclip '
                       "brings it.") from None
    except ImportError as error:
        raise NoWindow(f"Dear PyGui is installed and cannot be loaded ({error}); on Debian or Ubuntu, "
                       "`sudo apt-get install libx11-6 libgl1` brings what it needs.") from None


def _look_for_display(display: str) -> None:
    if display and _answers(display):
        return
    found = f"nothing answers at DISPLAY={display}" if display else "there is no display here (DISPLAY is not set)"
    raise NoWindow(f"{found}, so the editor cannot open a window: start it from a desktop session or under "
                   "`xvfb-run -a`; `nodegraph run GRAPH` needs no display.")


def _answers(display: str) -> bool:
    """Whether an X server listens at `host:display.screen`."""
    host, colon, number = display.rpartition(":")
    number = number.split(".")[0]
    if not colon or not number.isdigit():
        return False
    if host in ("", "unix") or host.startswith("/"):
        path = f"{host}:{number}" if host.startswith("/") else f"/tmp/.X11-unix/X{number}"
        return any(_connects(socket.AF_UNIX, address) for address in (f"\0{path}", path))
    return _connects(socket.AF_INET, (host, X_PORT + int(number))) \
        or _connects(socket.AF_INET6, (host, X_PORT + int(number)))


def _connects(family: int, address: object) -> bool:
    try:
        with closing(socket.socket(family, socket.SOCK_STREAM)) as tried:
            tried.settimeout(PATIENCE)
            tried.connect(address)
    except (OSError, OverflowError):
        return False
    return True


def _look_for_opengl() -> None:
    try:
        ctypes.CDLL("libGL.so.1")
    except OSError as error:
        raise NoWindow(f"the editor draws with OpenGL, which is not here ({error}); on Debian or Ubuntu, "
                       "`sudo apt-get install libgl1 libgl1-mesa-dri` brings it.") from None
