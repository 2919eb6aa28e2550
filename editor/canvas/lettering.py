"""Texts as the canvas has them: literals in a line, lines cut and broken to a width."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from nodegraph import Ref

Measure = Callable[..., float]  # (text, size, bold=False) -> width
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def seconds_words(seconds: float) -> str:
    """A length of time as a badge has it."""
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def brief(value: Any) -> str:
    """A literal in one short line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        more = [] if len(value) <= 8 else [ELLIPSIS]
        return ", ".join([*(f"${one.name}{'...' * one.spread}" if type(one) is Ref else brief(one) for one in value[:8]),
                          *more])
    return " ".join(str(value)[:200].split())


def elided(text: str, size: float, width: float, measure: Measure, bold: bool = False) -> str:
    """A line cut to a width, with an ellipsis where something is missing; empty where not even that has room."""
    if not text or measure(text, size, bold) <= width:
        return text
    kept = bisect_left(range(len(text)), True, key=lambda n: measure(text[:n + 1] + ELLIPSIS, size, bold) > width)
    return text[:kept].rstrip() + ELLIPSIS if kept else ""


def wrapped(text: str, size: float, width: float, measure: Measure, most: int) -> tuple[str, ...]:
    """A text as lines of at most a width: broken at spaces, between Chinese characters, and within words too long."""
    return _wrapped(text[:4000], size, width, measure, most)


@lru_cache(maxsize=2000)
def _wrapped(text: str, size: float, width: float, measure: Measure, most: int) -> tuple[str, ...]:
    lines: list[str] = []
    for paragraph in text.strip().splitlines():
        line = ""
        for piece in _pieces(paragraph):
            if line and measure((line + piece).rstrip(), size) > width:
                lines.append(line.rstrip())
                line, piece = "", piece.lstrip()
            while piece and measure(piece.rstrip(), size) > width:
                kept = max(1, bisect_left(range(len(piece)), True, key=lambda n: measure(piece[:n + 1], size) > width))
                lines.append(piece[:kept])
                piece = piece[kept:]
            line += piece
            if len(lines) > most:
                break
        lines.append(line.rstrip())
        if len(lines) > most:
            break
    if len(lines) > most:
        lines = lines[:most]
        lines[-1] = elided(lines[-1] + ELLIPSIS, size, width, measure)
    return tuple(lines)


_NO_START = set("，。！？；：、）》」』】…—,.!?;:)")


def _pieces(text: str) -> list[str]:
    """What a line may be broken between: words with the space after them, and single Chinese characters."""
    pieces: list[str] = []
    word = ""
    for character in text:
        wide = ord(character) >= 0x2E80
        if wide and character not in _NO_START:
            if word:
                pieces.append(word)
            word = character
            continue
        if word and (word[-1].isspace() and not character.isspace() or
                     ord(word[-1]) >= 0x2E80 and not wide and character not in _NO_START):
            pieces.append(word)
            word = ""
        word += character
    return [*pieces, word] if word else pieces
