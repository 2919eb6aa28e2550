"""The system's clipboard, for copied nodes: other windows, other editors and chat programs see them as text.

Dear PyGui can put text there, but asking it for text ends the process where the clipboard holds none (a picture, or
nothing at all). So it is read through pyperclip; where that finds no way (on Linux it takes xclip, xsel or
wl-clipboard), a file in the user's folder stands in, which the editor's other windows see.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import dearpygui.dearpygui as dpg
import pyperclip

from nodegraph.editing import write_whole

PATIENCE = 1.0  # seconds to wait for a program that owns the clipboard


class SystemClipboard:
    """Text for everyone. folder: the user's, for where there is no way to the system's clipboard."""

    def __init__(self, folder: Path | None):
        self._file = folder / "clipboard.yaml" if folder is not None else None
        self._text = ""

    def put(self, text: str) -> None:
        """Lay a text there."""
        self._text = text
        dpg.set_clipboard_text(text)
        if self._file is not None:
            write_whole(self._file, text)

    def get(self) -> str:
        """The text that lies there; empty if it is something else."""
        found: list[str] = []

        def ask() -> None:
            try:
                found.append(pyperclip.paste() or "")
            except pyperclip.PyperclipException:
                found.append(self._kept())
            except UnicodeDecodeError:  # a picture lies there
                found.append("")
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        end = time.monotonic() + PATIENCE
        while asking.is_alive() and time.monotonic() < end:
            dpg.render_dearpygui_frame()  # what was copied from a field of our own window is given out here
        return found[0] if found else ""

    def _kept(self) -> str:
        if self._file is None or not self._file.exists():
            return self._text
        return self._file.read_text(encoding="utf-8")
