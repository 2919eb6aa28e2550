"""Setting text: where lines may break, and how large a text can be in its box.

Knows Latin and Chinese, and scripts that part their words with spaces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .face import HAN, Face, OwnFont

_CLOSING = "，。、；：？！…）》〉」』】”’·"  # never at the start of a line
_OPENING = "（《〈「『【“‘"  # never at its end
_PIECES = rf"(?s)\s+|[{_OPENING}]*[{HAN}][{_CLOSING}]*|[^\s{HAN}{_OPENING}]+|."
_CLAUSES = r"[^，、；：,;:]*(?:[，、；：]+|[,;:]+(?=\s|$)\s*|[,;:]|$)"


def wrapped(text: str, face: Face, width: float) -> list[str]:
    """The text in lines no wider than this. Latin breaks at spaces, Chinese between characters; a word that is
    too long for a line of its own is cut.
    """
    lines, line, taken = [], "", 0.0
    for piece in re.findall(_PIECES, text.strip()):
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
    """The text in lines as `wrapped` gives them, but broken after commas where that takes no more lines and leaves none, but
    for the last, shorter than a third of the width.

    Line breaks of its own are taken for spaces.
    """
    text = " ".join(text.split())
    lines = wrapped(text, face, width)
    spoken = [""]
    for clause in re.findall(_CLAUSES, text):
        if spoken[-1] and face.width((spoken[-1] + clause).rstrip()) > width:
            spoken.append("")
        spoken[-1] += clause
    spoken = [line.strip() for line in spoken]
    fits = len(spoken) <= len(lines) and all(face.width(line) <= width for line in spoken) and \
        all(face.width(line) >= width / 3 for line in spoken[:-1])
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
           spacing: float = 1.5, hanging: bool = True, own: OwnFont | None = None) -> Block:
    """The text as large as it can be in a box. What does not fit at the smallest size ends with an ellipsis.

    A text is set smaller, down to two thirds, before its lines are broken; broken lines go on with an indent if
    they are `hanging`. Sizes are in pixels.
    """
    given = len(text.strip().splitlines())
    for size in range(largest, largest * 2 // 3 - 1, -1):
        block = _set(text, Face(size, italic, own), width, spacing, hanging)
        if len(block.lines) == given and block.height <= height:
            return block
    for size in range(largest, smallest - 1, -1):
        block = _set(text, Face(size, italic, own), width, spacing, hanging)
        if block.height <= height:
            return block
    room = max(1, int(height // block.leading))
    indent, last = block.lines[room - 1]
    while last and block.face.width(last + "…") > width - indent:
        last = last[:-1]
    return Block((*block.lines[:room - 1], (indent, last.rstrip("，,。. ") + "…")), block.face, block.leading)


def captions(texts: list[str], width: float, height: float, largest: int, smallest: int,
             spacing: float = 1.25, own: OwnFont | None = None) -> list[Block]:
    """Short texts for boxes of one size, all set alike: as large as the longest of them allows.

    They are set smaller, down to two thirds, where that breaks fewer lines. A text that does not fit at the smallest size ends
    with an ellipsis. Sizes are in pixels.
    """
    blocks: list[Block] = []
    for size in range(largest, smallest - 1, -1):
        if blocks and size < largest * 2 // 3:
            break
        face = Face(size, own=own)
        tried = [Block(tuple((0.0, line) for line in phrased(text, face, width)), face, size * spacing)
                 for text in texts]
        if all(block.height <= height for block in tried) and (not blocks or _lines(tried) < _lines(blocks)):
            blocks = tried
    blocks = blocks or tried
    return [block if block.height <= height else
            fitted(text, width, height, smallest, smallest, spacing=spacing, hanging=False, own=own)
            for text, block in zip(texts, blocks)]


def _lines(blocks: list[Block]) -> int:
    return sum(len(block.lines) for block in blocks)


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
