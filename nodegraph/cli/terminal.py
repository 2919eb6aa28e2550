"""How a run looks in a terminal: a bar for each node at work, a line for each that is done; plain lines in a pipe."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from .. import events as ev
from ..packs import Catalogue, Knowledge
from ..wording import say

MOST_REMEMBERED = 40  # nodes that are told of one by one
MOST_FAILED = 5  # runs of one node
TICK = 0.25  # seconds between two looks at what goes on
LONG = 5  # seconds after which a mapped node tells how far it is, in a pipe


class Display:
    """Tells the events of a run on a stream, stderr if none is given. Lively, it redraws bars in place; else it prints
    a line per event. When whoever reads the stream goes away it falls silent, and the run goes on.
    """

    def __init__(self, stream: TextIO | None = None, lively: bool | None = None):
        self.stream: TextIO | None = stream or sys.stderr
        self.lively = self.stream.isatty() if lively is None else lively
        self.working: dict[str, ev.Progress] = {}
        self.since: dict[str, float] = {}
        self.library = ""  # that is being imported
        self.drawn = 0
        self.last_drawn = 0.0
        self.said: dict[str, int] = {}
        self.remembered = 0
        self.failed: Counter[str] = Counter()
        self.width = 12
        self.loading: dict[str, str] = {}  # nodes that wait for a model, and which
        self.mapped: dict[str, tuple[float, ev.Progress]] = {}  # items that were done when a node began, and are now
        self.libraries: set[str] = set()  # that were told of
        self.lock = threading.RLock()  # events come from the run, and now and then the ticker draws

    def __call__(self, event: ev.Event) -> None:
        with self.lock:
            self.show(event)

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """While this lasts, something moves even where nobody tells anything: libraries take seconds to import."""
        over = threading.Event()

        def tick() -> None:
            importing = Importing()
            while not over.wait(TICK):
                with self.lock:
                    self.tick(importing)
        ticker = threading.Thread(target=tick, name="nodegraph-display", daemon=True)
        ticker.start()
        try:
            yield
        finally:
            over.set()
            ticker.join()
            self.erase()

    def tick(self, importing: Importing) -> None:
        """Draw again; in a pipe, a line for each large library that is being imported."""
        self.library = importing.library()
        if self.lively:
            self.draw(True)
        elif self.library and self.library not in self.libraries:
            self.libraries.add(self.library)
            self.line(f"  {say('run.loading', what=self.library)}")

    def show(self, event: ev.Event) -> None:
        """What one event amounts to."""
        match event:
            case ev.Planned():
                self.width = min(32, max([12, *(_columns(name) for name in event.nodes[:2000])]))
            case ev.Started():
                self.working[event.node] = ev.Progress(event.node, 0, None)
                self.since[event.node] = time.monotonic()
                self.draw()
            case ev.Progress():
                self.loading.pop(event.node, None)
                if event.text == "items":
                    self.mapped.setdefault(event.node, (event.done, event))
                    self.mapped[event.node] = self.mapped[event.node][0], event
                else:
                    self.working[event.node] = event
                self.draw() if self.lively else self.milestone(event)
            case ev.Loading():
                self.loading[event.node] = event.source
                if self.lively:
                    self.draw(True)
                else:
                    self.line(f"  {_padded(event.node, self.width)}  {say('run.loading', what=event.source)}")
            case ev.Loaded():
                self.loading.pop(event.node, None)
                loaded = say("run.loaded", what=event.source)
                self.line(f"  {_padded(event.node, self.width)}  {loaded}  {event.seconds:.2f} s")
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
        """In a pipe, a line each quarter of the way is enough; of a mapped node, of its items, if it takes its time."""
        seconds = time.monotonic() - self.since.get(event.node, time.monotonic())
        items = event.text == "items"
        if not event.total or event.node in self.mapped and not items or items and seconds < LONG:
            return
        quarter = int(4 * event.done / event.total)
        if 0 < quarter < 4 and self.said.get(event.node, 0) < quarter:
            self.said[event.node] = quarter
            told = self.items(event.node, seconds) if items else f"{event.done:g} of {event.total:g} {event.text}"
            self.line(f"  {_padded(event.node, self.width)}  {told}".rstrip())

    def items(self, node: str, seconds: float) -> str:
        """How many items of a mapped node are done, and how long the others will take if they are like these."""
        first, event = self.mapped[node]
        total = event.total or 0
        items = say("run.items", done=f"{event.done:g}", total=f"{total:g}")
        new = event.done - first
        if new <= 0 or event.done >= total:
            return items
        return say("run.left", items=items, time=duration(seconds / new * (total - event.done)))

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
        if self.library and not bars:
            bars = [f"  {say('run.loading', what=self.library)}"]
        if bars:
            self.write("\n".join(bars) + "\n")
        self.drawn = len(bars)

    def bar(self, event: ev.Progress, seconds: float) -> str:
        text = " ".join(event.text.split())  # a line feed would spoil the count of lines
        if not event.total and not text and (what := self.library or self.loading.get(event.node)):
            text = say("run.loading", what=what)
        within = f"{event.done:g}/{event.total:g}  " if event.total else ""
        if event.node in self.mapped:
            done = self.mapped[event.node][1]
            drawn, within = _drawn(done.done, done.total or 1), f"{self.items(event.node, seconds)}  {within}"
        elif event.total:
            drawn, within = _drawn(event.done, event.total), f"{within}{seconds:.1f} s  "
        else:
            drawn, within = f"{'.' * (1 + int(seconds * 2) % 20):20}", f"{seconds:6.1f} s  "
        return f"  {_padded(event.node, self.width)}  {drawn}  {within}{text}".rstrip()


def _drawn(done: float, total: float) -> str:
    return f"{'#' * int(min(1.0, done / total) * 20):-<20}"


class Importing:
    """Which of the libraries that take their time is being imported right now, by whichever thread."""

    def __init__(self, names: Sequence[str] = ("torch", "diffusers", "transformers", "scipy", "pretty_midi", "miditok")):
        self.names = names

    def library(self) -> str:
        """Its name, or ""."""
        for name in self.names:
            spec = getattr(sys.modules.get(name), "__spec__", None)
            if getattr(spec, "_initializing", False):  # what the import system keeps while a module's code runs
                return name
        return ""


def duration(seconds: float) -> str:
    """A time to come, as one says it: 40 s, 3 min, 2 h."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{round(seconds / 3600)} h"


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


def typed(path: Path) -> str:
    """A path as it is typed in a shell: in quotes where it has spaces and the like."""
    if os.name != "nt":
        return shlex.quote(str(path))
    return f'"{path}"' if set(str(path)) & set(" &()'") else str(path)
