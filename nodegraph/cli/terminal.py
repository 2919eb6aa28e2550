"""How a run looks in a terminal: a bar for each node at work, a line for each that is done; plain lines in a pipe."""

from __future__ import annotations

import os
import shutil
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import TextIO

from .. import events as ev
from ..packs import Catalogue, Knowledge
from ..wording import say

MOST_REMEMBERED = 40  # nodes that are told of one by one
MOST_FAILED = 5  # runs of one node


class Display:
    """Tells the events of a run on a stream, stderr if none is given. Lively, it redraws bars in place; else it prints
    a line per event. When whoever reads the stream goes away it falls silent, and the run goes on.
    """

    def __init__(self, stream: TextIO | None = None, lively: bool | None = None):
        self.stream: TextIO | None = stream or sys.stderr
        self.lively = self.stream.isatty() if lively is None else lively
        self.working: dict[str, ev.Progress] = {}
        self.since: dict[str, float] = {}
        self.drawn = 0
        self.last_drawn = 0.0
        self.said: dict[str, int] = {}
        self.remembered = 0
        self.failed: Counter[str] = Counter()
        self.width = 12

    def __call__(self, event: ev.Event) -> None:
        match event:
            case ev.Planned():
                self.width = min(32, max([12, *(_columns(name) for name in event.nodes[:2000])]))
            case ev.Started():
                self.working[event.node] = ev.Progress(event.node, 0, None)
                self.since[event.node] = time.monotonic()
                self.draw()
            case ev.Progress():
                self.working[event.node] = event
                self.draw() if self.lively else self.milestone(event)
            case ev.Finished():
                items = f"   {event.ran} items, {event.remembered} remembered" * (event.ran + event.remembered > 1)
                self.done(event.node, "ran", f"{event.seconds:8.2f} s{items}")
            case ev.Cached():
                self.remember(event)
            case ev.Failed():
                self.fail(event)
            case ev.Skipped():
                self.done(event.node, "skipped", _reason(event))
            case ev.Warned():
                self.line(f"{colored('warning', 'warning', self.stream)}: {event}")
            case ev.Done():
                self.erase()

    def remember(self, event: ev.Cached) -> None:
        """A line for what was remembered; of a large graph, the first lines are enough."""
        self.remembered += 1
        if self.remembered <= MOST_REMEMBERED:
            self.done(event.node, "remembered", "")
        elif self.remembered == MOST_REMEMBERED + 1:
            self.line("...")

    def fail(self, event: ev.Failed) -> None:
        """A line for what failed; of a node that ran for many items, the first lines are enough."""
        self.failed[event.node] += 1
        if self.failed[event.node] <= MOST_FAILED:
            self.done(event.error.instance, "failed", "")
        elif self.failed[event.node] == MOST_FAILED + 1:
            self.line("...")

    def done(self, node: str, word: str, more: str) -> None:
        self.working.pop(node, None)
        self.line(f"  {_padded(node, self.width)}  {colored(f'{word:10}', word, self.stream)}  {more}".rstrip())

    def line(self, text: str) -> None:
        """A line that stays."""
        self.erase()
        self.write(text + "\n")
        if self.lively:
            self.draw(True)

    def write(self, text: str) -> None:
        if self.stream is not None:
            try:
                self.stream.write(text)
                self.stream.flush()
            except (OSError, ValueError):  # a closed pipe, a closed terminal
                self.stream = None

    def milestone(self, event: ev.Progress) -> None:
        """In a pipe, a line each quarter of the way is enough."""
        if not event.total or event.text == "items":
            return
        quarter = int(4 * event.done / event.total)
        if 0 < quarter < 4 and self.said.get(event.node, 0) < quarter:
            self.said[event.node] = quarter
            self.line(f"  {_padded(event.node, self.width)}  {event.done:g} of {event.total:g} {event.text}".rstrip())

    def erase(self) -> None:
        if self.drawn:
            self.write(f"\x1b[{self.drawn}F\x1b[J")
            self.drawn = 0

    def draw(self, always: bool = False) -> None:
        """Draw the bars of the nodes at work, at most fifteen times a second."""
        now = time.monotonic()
        if not self.lively or not always and now - self.last_drawn < 1 / 15:
            return
        self.last_drawn = now
        self.erase()
        columns = shutil.get_terminal_size().columns
        bars = [_cut(self.bar(event, now - self.since.get(event.node, now)), columns - 1)
                for event in list(self.working.values())[:8]]
        if bars:
            self.write("\n".join(bars) + "\n")
        self.drawn = len(bars)

    def bar(self, event: ev.Progress, seconds: float) -> str:
        head = f"  {_padded(event.node, self.width)}  "
        text = " ".join(event.text.split())  # a line feed would spoil the count of lines
        if not event.total:
            return f"{head}{'.' * (1 + int(seconds * 2) % 20):20}  {seconds:6.1f} s  {text}"
        part = min(1.0, event.done / event.total)
        full = int(part * 20)
        return f"{head}{'#' * full:-<20}  {event.done:g}/{event.total:g}  {seconds:.1f} s  {text}"


def _reason(event: ev.Skipped) -> str:
    return say("run.stopped") if event.stopped else f"because of {event.because}"


def _columns(text: str) -> int:
    """Terminal columns: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cut(text: str, columns: int) -> str:
    """The start of a text, as much as fits."""
    if _columns(text) <= columns:
        return text
    kept: list[str] = []
    for letter in text:
        columns -= _columns(letter)
        if columns < 0:
            break
        kept.append(letter)
    return "".join(kept)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))


def table(rows: Sequence[Sequence[object]], heads: Sequence[str], columns: int | None = None) -> str:
    """Rows under heads, in columns. In a terminal, or in so many columns, what is too wide goes on in the next line."""
    cells = [heads, *([str(c) for c in row] for row in rows)]
    widths = [max(_columns(row[i]) for row in cells) for i in range(len(heads))]
    room = columns if columns is not None else shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    if room is not None:
        widths = narrowed(widths, room - 2 * (len(widths) - 1))
    lines: list[str] = []
    for row in cells:
        parts = [wrapped(cell, width) if _columns(cell) > width else [cell] for cell, width in zip(row, widths)]
        for place in range(max(map(len, parts))):
            line = [part[place] if place < len(part) else "" for part in parts]
            lines.append("  ".join(_padded(cell, width) for cell, width in zip(line, widths)).rstrip())
    return "\n".join(lines)


def known_words(catalogue: Catalogue, models: Sequence[str]) -> list[str]:
    """What models of packs say of themselves: a paragraph for each that says something."""
    lines: list[str] = []
    for name in models:
        folder = catalogue.model_folder(name)
        knowledge = Knowledge.of(folder) if folder is not None else None
        if knowledge is not None:
            about, *groups = knowledge.lines()
            lines += ["", f"{name}  {about}", *(f"    {group}" for group in groups)]
    return lines


LEAST = 16  # columns of a table that is made narrower


def narrowed(widths: list[int], room: int) -> list[int]:
    """Widths that fit a room together: the widest give way, down to 16 each."""
    widths = list(widths)
    while sum(widths) > room and max(widths) > LEAST:
        widest = widths.index(max(widths))
        second = max([LEAST, *(width for place, width in enumerate(widths) if place != widest)])
        widths[widest] = max(LEAST, min(widths[widest] - 1, max(second, widths[widest] - (sum(widths) - room))))
    return widths


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of so many columns, broken between words; a word that is longer is cut."""
    lines, line = [], ""
    for word in text.split(" "):
        while _columns(word) > width:
            if line:
                lines.append(line)
                line = ""
            head = _cut(word, width)
            lines.append(head)
            word = word[len(head):]
        if line and _columns(line) + 1 + _columns(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line] if line or not lines else lines


COLORS = {"ran": 32, "remembered": 36, "failed": 31, "skipped": 33, "warning": 33}


def colored(text: str, word: str, stream: TextIO | None) -> str:
    """A text in the colour of a word, where a stream is a terminal and nobody asked for none (NO_COLOR, TERM=dumb)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or stream is None or not stream.isatty()
    return text if plain or word not in COLORS else f"\x1b[{COLORS[word]}m{text}\x1b[0m"


def size(count: float) -> str:
    """Bytes in a unit a person reads."""
    for unit in ("bytes", "KB", "MB", "GB"):
        if count < 1024 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError
