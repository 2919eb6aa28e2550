"""A docstring as the parts of a simple page: paragraphs, headings, lists, what keeps its lines. As much of it as help has."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple


class Part(NamedTuple):
    """kind: "text", "heading", "item" (of a list; mark is its bullet or number) or "code", which keeps its lines."""

    kind: str
    text: str
    mark: str = ""


_ITEM = re.compile(r"(?:([-*+])|(\d+)[.)])\s+(.*)")


def parts(text: str) -> list[Part]:
    """The parts of a text, in order."""
    found: list[Part] = []
    lines = text.expandtabs(4).strip("\n").split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif line.startswith("```"):
            end = next((to for to in range(at + 1, len(lines)) if lines[to].startswith("```")), len(lines))
            found.append(Part("code", "\n".join(lines[at + 1:end])))
            at = end + 1
        elif line.startswith("    ") and not (found and found[-1].kind == "item" and lines[at - 1].strip()):
            end = _end(lines, at, lambda one: one.startswith("    ") or not one.strip())
            found.append(Part("code", "\n".join(one[4:] for one in lines[at:end]).rstrip()))
            at = end
        elif heading := re.match(r"#{1,6}\s+(.+?)\s*#*$", line):
            found.append(Part("heading", inline(heading[1])))
            at += 1
        elif item := _ITEM.match(line.strip()):
            end = _end(lines, at + 1, lambda one: one.startswith(" ") and not _ITEM.match(one.strip()))
            mark = f"{item[2]}." if item[2] else "\N{BULLET}"
            found.append(Part("item", inline(" ".join([item[3], *map(str.strip, lines[at + 1:end])])), mark))
            at = end
        else:
            end = _end(lines, at + 1, lambda one: bool(one.strip()) and not one.startswith(("    ", "#", "```"))
                       and not _ITEM.match(one))
            found.append(Part("text", inline(" ".join(map(str.strip, lines[at:end])))))
            at = end
    return found


def _end(lines: list[str], at: int, goes_on: Callable[[str], bool]) -> int:
    """The first line from here on for which something does not go on."""
    while at < len(lines) and goes_on(lines[at]):
        at += 1
    return at


def inline(text: str) -> str:
    """A line without the signs that stand for looks; a link is its words, and its address where that is one of the web."""
    text = re.sub(r"\[([^\]]+)\]\((https?://[^)\s]+)\)", r"\1 (\2)", text)
    text = re.sub(r"\[([^\]]+)\]\([^)\s]*\)", r"\1", text)
    text = re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    text = re.sub(r"(?<![\w*])\*(?=[^\s*])(.+?)(?<=[^\s*])\*(?![\w*])", r"\1", text)
    return re.sub(r"``?([^`]+)``?", r"\1", text)
