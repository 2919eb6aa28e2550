"""The fonts of the window, and how wide text is in them.

Dear PyGui draws each glyph at the size it is asked for, so text stays sharp at every zoom. The regular font holds
Latin, Greek, Cyrillic, the 6,763 characters of GB 2312, kana, 2,350 syllables of Hangul and emoji; the bold one has
Latin, Greek and Cyrillic alone, so titles with anything else in them are set in the regular one.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import dearpygui.dearpygui as dpg

FOLDER = Path(__file__).parent / "fonts"
FILES = {"regular": FOLDER / "sans.otf", "bold": FOLDER / "sans-bold.otf"}
SIZE = 16  # pixels, at a scale of 1
SIZES = {"title": ("bold", 26), "large": ("regular", 26), "heading": ("regular", 18)}  # besides SIZE
_MEASURED_AT = 32
_loaded: dict[str, int | str] = {}
_rulers: dict[str, int | str] = {}
_fonts: dict[tuple[Path, int], int | str] = {}  # all that were ever loaded, by file and size


def load(scale: float = 1.0) -> None:
    """Load the fonts at a scale, and bind the regular one to all widgets. May be called again with another scale.

    Those of a scale stay once they are loaded: Dear PyGui 2.3 may crash in the frame after one is deleted.
    """
    pixels = round(SIZE * scale)
    for name, path in FILES.items():
        _loaded[name] = _font(path, pixels)
        _rulers[name] = _font(path, _MEASURED_AT)
    for name, (kind, size) in SIZES.items():
        _loaded[name] = _font(FILES[kind], round(size * scale))
    dpg.bind_font(_loaded["regular"])


def _font(path: Path, pixels: int) -> int | str:
    if (path, pixels) not in _fonts:
        with dpg.font_registry():
            _fonts[path, pixels] = dpg.add_font(str(path), pixels)
    return _fonts[path, pixels]


def forget() -> None:
    """After `dpg.destroy_context`: nothing is loaded any more."""
    _loaded.clear()
    _rulers.clear()
    _fonts.clear()
    _width.cache_clear()


def font(name: str) -> int | str:
    """A loaded font: "regular", "bold", or one of SIZES."""
    return _loaded[name]


def is_bold(text: str) -> bool:
    """Whether the bold font has every character of a text."""
    return all(ord(c) < 0x460 or 0x2010 <= ord(c) <= 0x2027 for c in text)


def measure(text: str, size: float, bold: bool = False) -> float:
    """How wide a line of text is at a size, in the same unit. Known from the first frame on."""
    return _width(text, bold and is_bold(text)) * size / _MEASURED_AT


@lru_cache(maxsize=20_000)
def _width(text: str, bold: bool) -> float:
    found = dpg.get_text_size(text, font=_rulers["bold" if bold else "regular"])
    if not found:
        raise RuntimeError("text cannot be measured before the first frame")
    return found[0]
