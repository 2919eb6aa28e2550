"""What must be there before a window can open: Dear PyGui, and on Linux a display. It imports neither.

Dear PyGui ends the whole process where there is no display, so that is found out before it is asked.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from importlib import import_module
from importlib.util import find_spec

from nodegraph import NodegraphError
from nodegraph.editing import has_driver

X_PORT = 6000  # of display 0 over TCP
PATIENCE = 3.0  # seconds, for a display on another machine


class NoWindow(NodegraphError):
    """Why the editor cannot open, and what to do, in a sentence."""


def look(environment: Mapping[str, str] = os.environ) -> None:
    """Raise NoWindow where no window can be opened; to be called before one is."""
    _look_for_dearpygui()
    if sys.platform.startswith("linux"):
        _look_for_display(environment.get("DISPLAY", ""))
        _part_llvms()
        _look_for_opengl()


def _part_llvms() -> None:
    """See to it that triton and the graphics driver do not meet in this process.

    torch imports triton where its wheel brings it, and triton has an LLVM of its own. Where Mesa has brought another one
    into the process before (llvmpipe, without a graphics card, or radeonsi), that import ends it (torch 2.13, Debian 12).
    Without a card triton does nothing, so it is not found then; with one it is loaded first, while it is alone.
    """
    if "triton" in sys.modules or find_spec("triton") is None:
        return
    if has_driver():
        with suppress(ImportError):
            import_module("triton")
    else:
        sys.modules["triton"] = None  # type: ignore[assignment]


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
