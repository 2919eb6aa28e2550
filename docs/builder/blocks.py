"""The blocks of a page: graphs, code and commands, and the files that a page has its reader make of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<fenced>.*?)^```$"
                    r"|(?P<indented>(?:^ {4}[^\n]*\n|(?<=\n)\n(?= {4}))+)", re.S | re.M)
_NAMED = re.compile(r"(?:[Tt]his as|This is|a line in) `([\w./-]+\.\w+)`(?:,[^:.]*\.?[^:]*)?:\Z")


class Block(NamedTuple):
    """A block of a page.

    language: that of the fence, "" where there is none. file: the name that the sentence before it gives, or "".
    end: where it ends in the text of the page.
    """

    language: str
    text: str
    file: str
    end: int


def blocks(page: str) -> list[Block]:
    """The blocks of a page's text, in order."""
    return [_block(page, match) for match in _BLOCK.finditer(page)]


def _block(page: str, match: re.Match[str]) -> Block:
    named = _NAMED.search(page[: match.start()].rstrip())
    indented = "\n".join(line[4:] for line in (match["indented"] or "").splitlines()) + "\n"
    return Block(match["language"] or "", match["fenced"] or indented, named[1] if named else "", match.end())


def put_files(page: str, folder: Path) -> None:
    """Write the files that a page has its reader write."""
    for block in blocks(page):
        if block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
