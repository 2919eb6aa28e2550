"""Setting text: which font draws which character, where lines may break, and how large a text can be in its box.

Knows Latin and Chinese. A character that no font here has is drawn as a box, so that it can be seen to be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parent / "fonts"
HAN_SCALE = 0.9  # Chinese characters fill their square, so they are set a little smaller than Latin
_HAN = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_CLOSING = "，。、；：？！…）》〉」』】”’·"  # never at the start of a line
_OPENING = "（《〈「『【“‘"  # never at its end
_SHARED = "—…‘’“”·"  # in both fonts; among Chinese, the Chinese form is meant
_PIECES = re.compile(rf"\s+|[{_OPENING}]*[{_HAN}][{_CLOSING}]*|[^\s{_HAN}{_OPENING}]+|.", re.DOTALL)
_IS_HAN = re.compile(f"[{_HAN}]")
_CLAUSES = re.compile(r"[^，、；：,;:]*(?:[，、；：]+|[,;:]+(?=\s|$)\s*|[,;:]|$)")


@lru_cache(maxsize=256)
def _font(name: str, size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(str(FONTS / name), size)


@lru_cache(maxsize=8192)
def _has(name: str, character: str) -> bool:
    """Whether a font draws this character as itself, and not as the box for what it lacks."""
    font = _font(name, 32)
    return character.isspace() or bytes(font.getmask(character)) != bytes(font.getmask("\U0010fffe"))


@dataclass(frozen=True)
class Face:
    """Latin in one style and Chinese beside it, at a size in pixels."""

    size: int
    italic: bool = False

    @property
    def latin(self) -> str:
        return "latin-italic.otf" if self.italic else "latin.otf"

    def runs(self, text: str) -> Iterator[tuple[str, Any]]:
        """The text in stretches of one font each, with that font."""
        among_han = bool(_IS_HAN.search(text))
        start, current = 0, None
        for place, character in enumerate(text):
            name = self._name(character, among_han)
            if current not in (None, name):
                yield text[start:place], self._sized(current)
                start = place
            current = name
        if current is not None:
            yield text[start:], self._sized(current)

    def _name(self, character: str, among_han: bool) -> str:
        order = [self.latin, "han.otf"]
        if among_han and character in _SHARED:
            order.reverse()
        return next((name for name in order if _has(name, character)), order[0])

    def _sized(self, name: str) -> Any:
        return _font(name, max(1, round(self.size * (HAN_SCALE if name == "han.otf" else 1))))

    def width(self, text: str) -> float:
        """How many pixels wide a line is."""
        return _width(self, text)

    def draw(self, canvas: Any, x: float, baseline: float, text: str, fill: Any) -> None:
        """Draw one line from its left end."""
        for run, font in self.runs(text):
            canvas.text((x, baseline), run, font=font, fill=fill, anchor="ls")
            x += font.getlength(run)


@lru_cache(maxsize=16384)
def _width(face: Face, text: str) -> float:
    return sum(font.getlength(run) for run, font in face.runs(text))


def wrapped(text: str, face: Face, width: float) -> list[str]:
    """The text in lines no wider than this. Latin breaks at spaces, Chinese between characters; a word that is
    too long for a line of its own is cut.
    """
    lines, line, taken = [], "", 0.0
    for piece in _PIECES.findall(text.strip()):
        wide = face.width(piece)
        if piece.isspace() or taken + wide <= width:
            line, taken = line + piece, taken + wide
            continue
        if line.strip():
            lines.append(line.strip())
        *whole, line = _cut(piece, face, width) if wide > width else [piece]
        lines += whole
        taken = face.width(line)
    return [*lines, line.strip()] if line.strip() or not lines else lines


def phrased(text: str, face: Face, width: float) -> list[str]:
    """The text in lines as `wrapped` gives them, but broken after commas where that takes no more lines.

    Line breaks of its own are taken for spaces.
    """
    text = " ".join(text.split())
    lines = wrapped(text, face, width)
    spoken = [""]
    for clause in _CLAUSES.findall(text):
        if spoken[-1] and face.width((spoken[-1] + clause).rstrip()) > width:
            spoken.append("")
        spoken[-1] += clause
    spoken = [line.strip() for line in spoken]
    fits = len(spoken) <= len(lines) and all(face.width(line) <= width for line in spoken)
    return spoken if fits else lines


def _cut(word: str, face: Face, width: float) -> list[str]:
    """A word in parts that each fit a line, whatever that does to the word."""
    parts, taken = [""], 0.0
    for character in word:
        wide = face.width(character)
        if parts[-1] and taken + wide > width:
            parts.append("")
            taken = 0.0
        parts[-1] += character
        taken += wide
    return parts


@dataclass(frozen=True)
class Block:
    """A text set in a box: its lines, each with its indent in pixels, the face, and the step from line to line."""

    lines: tuple[tuple[float, str], ...]
    face: Face
    leading: float

    @property
    def height(self) -> float:
        """In pixels."""
        return len(self.lines) * self.leading

    def draw(self, canvas: Any, x: float, y: float, fill: Any) -> None:
        """Draw it with its top left corner at (x, y)."""
        baseline = y + self.leading / 2 + self.face.size * 0.32
        for number, (indent, line) in enumerate(self.lines):
            self.face.draw(canvas, x + indent, baseline + number * self.leading, line, fill)


def fitted(text: str, width: float, height: float, largest: int, smallest: int, italic: bool = False,
           spacing: float = 1.5, hanging: bool = True) -> Block:
    """The text as large as it can be in a box. What does not fit at the smallest size ends with an ellipsis.

    A text is set smaller, down to two thirds, before its lines are broken; broken lines go on with an indent if
    they are `hanging`. Sizes are in pixels.
    """
    given = len(text.strip().splitlines())
    for size in range(largest, largest * 2 // 3 - 1, -1):
        block = _set(text, Face(size, italic), width, spacing, hanging)
        if len(block.lines) == given and block.height <= height:
            return block
    for size in range(largest, smallest - 1, -1):
        block = _set(text, Face(size, italic), width, spacing, hanging)
        if block.height <= height:
            return block
    room = max(1, int(height // block.leading))
    indent, last = block.lines[room - 1]
    while last and block.face.width(last + "…") > width - indent:
        last = last[:-1]
    return Block((*block.lines[:room - 1], (indent, last.rstrip("，,。. ") + "…")), block.face, block.leading)


def captions(texts: list[str], width: float, height: float, largest: int, smallest: int,
             spacing: float = 1.25) -> list[Block]:
    """Short texts for boxes of one size, all set alike: as large as the longest of them allows.

    A text that does not fit at the smallest size ends with an ellipsis. Sizes are in pixels.
    """
    for size in range(largest, smallest - 1, -1):
        face = Face(size)
        blocks = [Block(tuple((0.0, line) for line in phrased(text, face, width)), face, size * spacing)
                  for text in texts]
        if all(block.height <= height for block in blocks):
            break
    return [block if block.height <= height else
            fitted(text, width, height, smallest, smallest, spacing=spacing, hanging=False)
            for text, block in zip(texts, blocks)]


def _set(text: str, face: Face, width: float, spacing: float, hanging: bool) -> Block:
    lines: list[tuple[float, str]] = []
    indent = face.size * 1.2 if hanging else 0.0
    for line in text.strip().splitlines():
        first = wrapped(line, face, width)[0]
        lines.append((0.0, first))
        rest = line.strip().removeprefix(first).strip()
        if rest:
            lines += [(indent, part) for part in wrapped(rest, face, width - indent)]
    return Block(tuple(lines), face, face.size * spacing)
