"""Faces: which font draws which character, and what no font here has.

Latin, Greek and Cyrillic in one style, and beside it Chinese, kana and hangul. A font of one's own comes before them.
A character that no font has is drawn as a box, so that it can be seen to be missing; `tell_lacking` tells of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from nodegraph import InputError, warn

FONTS = Path(__file__).parent / "fonts"
EASTERN = ("han.otf", "kana.otf", "hangul.otf")
HAN_SCALE = 0.9  # Chinese characters fill their square, so they are set a little smaller than Latin
HAN = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_SHARED = "—…‘’“”·"  # in both fonts; among Chinese, the Chinese form is meant
_IS_HAN = f"[{HAN}]"  # compiled when it is first asked for, as are all patterns of large sets
_SHAPED = "[\u0600-\u08ff\u0900-\u0dff\u0e80-\u0fff\u1000-\u109f\u1780-\u17ff]"  # Arabic to Khmer
_NAMED = 8  # characters that a warning names, before it counts the rest


@dataclass(frozen=True)
class OwnFont:
    """A font of the user's own. stamp: tells a file from one of the same name that was changed."""

    path: str
    stamp: int


def own_font(path: Path | str | None) -> OwnFont | None:
    """A font file to be used before those that come along. Raises InputError for what is none."""
    if path is None:
        return None
    try:
        font = OwnFont(str(path), Path(path).stat().st_mtime_ns)
        _font(font, 32)
    except OSError as error:
        raise InputError(f"{path} cannot be used as a font ({error}); it takes an outline font, .ttf or .otf") from None
    return font


@lru_cache(maxsize=256)
def _font(name: str | OwnFont, size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(name.path if isinstance(name, OwnFont) else str(FONTS / name), size)


@lru_cache(maxsize=8192)
def has(name: str | OwnFont, character: str) -> bool:
    """Whether a font draws this character as itself, and not as the box for what it lacks."""
    return invisible(character) or bytes(_font(name, 32).getmask(character)) != _box(name)


@lru_cache(maxsize=64)
def _box(name: str | OwnFont) -> bytes:
    """What a font draws for a character that it lacks; this one is none, in any font."""
    return bytes(_font(name, 32).getmask("\U0010fffe"))


def invisible(character: str) -> bool:
    """Whether there is nothing to draw of a character: spaces, joiners, marks of direction and of variants."""
    return character.isspace() or unicodedata.category(character) == "Cf" or "\ufe00" <= character <= "\ufe0f"


@dataclass(frozen=True)
class Face:
    """Latin in one style and Chinese beside it, at a size in pixels; `own` comes before both."""

    size: int
    italic: bool = False
    own: OwnFont | None = None

    @property
    def latin(self) -> str:
        return "latin-italic.otf" if self.italic else "latin.otf"

    def fonts(self, eastern_first: bool = False) -> list[str | OwnFont]:
        """In the order in which they are asked for a character."""
        built_in = [*EASTERN, self.latin] if eastern_first else [self.latin, *EASTERN]
        return [self.own, *built_in] if self.own else list(built_in)

    def runs(self, text: str) -> Iterator[tuple[str, Any]]:
        """The text in stretches of one font each, with that font."""
        among_han = bool(re.search(_IS_HAN, text))
        start, current = 0, None
        for place, character in enumerate(text):
            name = self._name(character, among_han)
            if current not in (None, name):
                yield text[start:place], self._sized(current)
                start = place
            current = name
        if current is not None:
            yield text[start:], self._sized(current)

    def _name(self, character: str, among_han: bool) -> str | OwnFont:
        order = self.fonts(among_han and character in _SHARED)
        return next((name for name in order if has(name, character)), order[0])

    def _sized(self, name: str | OwnFont) -> Any:
        return _font(name, max(1, round(self.size * (HAN_SCALE if name in EASTERN else 1))))

    def width(self, text: str) -> float:
        """How many pixels wide a line is."""
        return _width(self, text)

    def draw(self, canvas: Any, x: float, baseline: float, text: str, fill: Any, stroke: int = 0) -> None:
        """Draw one line from its left end; stroke: pixels by which its letters are thickened all around."""
        for run, font in self.runs(text):
            canvas.text((x, baseline), run, font=font, fill=fill, anchor="ls", stroke_width=stroke)
            x += font.getlength(run)

    def lacking(self, text: str) -> list[str]:
        """The characters that no font of the face has, each once."""
        return [character for character in dict.fromkeys(text)
                if not any(has(name, character) for name in self.fonts())]


@lru_cache(maxsize=16384)
def _width(face: Face, text: str) -> float:
    return sum(font.getlength(run) for run, font in face.runs(text))


def tell_lacking(texts: Iterable[str], face: Face,
                 remedy: str = "give a font file that has them (font: mine.ttf)") -> None:
    """Warn of what is drawn as boxes, and of letters that are set side by side where they should be joined."""
    text = "\n".join(texts)
    lacking = face.lacking(text)
    if lacking:
        rest = len(lacking) - _NAMED
        more = f" and {rest} more" if rest > 0 else ""
        warn(f"no font here has {', '.join(map(_named, lacking[:_NAMED]))}{more}, drawn as boxes; {remedy}")
    from PIL import features

    if re.search(_SHAPED, text) and not features.check("raqm"):
        warn("Pillow was built without Raqm here, so letters of Arabic and Indic scripts are not joined; "
             "install Pillow from its own wheel")
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in text) and any(
            len(list(face.runs(line))) > 1 for line in text.splitlines()):
        warn("words that run from right to left share a line with letters of another font, and may stand in the "
             "wrong order; give a font file that has both (font: mine.ttf)")


def _named(character: str) -> str:
    """A character as a warning shows it."""
    return f"“{character}”" if character.isprintable() else f"U+{ord(character):04X}"
