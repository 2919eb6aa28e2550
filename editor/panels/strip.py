"""The line of time as it lies in a panel, in pixels, and what a pointer does with it: drags pieces, seeks, loops, zooms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ..document.spans import Span, moved, snapped, stretched
from .timeline import Timeline

RULER, GAP, EDGE = 22.0, 4.0, 6.0  # pixels at the usual size of text: the ruler's height, between tracks, of an edge to grip
SHARES = {"pictures": 2.0, "lines": 1.0, "sound": 2.0}  # how the height is shared among tracks
MOST = 44.0  # pixels for a share, however much room there is
SNAP = 7.0  # pixels within which an edge is drawn to a bar or another edge
CLICK = 4.0  # pixels: what is dragged less is clicked
MARGIN = 1.06  # how much more than all of it is seen at first, so that there is room to drag further
NEAREST = 400.0  # pixels for a second at the most
STEPS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)  # seconds between numbers


class Hit(NamedTuple):
    """What lies at a pixel. part: "ruler", "body", "begin" or "end"; row, number: the track and the piece there."""

    part: str = ""
    row: int = -1
    number: int = -1


class Asked(NamedTuple):
    """What a press that ended asks for. kind: "seek" (to begin), "loop" (begin to end), "edit" (of a row), "click"."""

    kind: str = ""
    begin: float = 0.0
    end: float = 0.0
    row: int = -1
    number: int = -1
    spans: tuple[Span, ...] = ()


@dataclass
class Strip:
    """Where everything lies. width, height: pixels; first: the second at its left end; scale: pixels for a second, 0 for
    all of it in view; units: how much larger than at the usual size of text."""

    width: float = 800.0
    height: float = 180.0
    first: float = 0.0
    scale: float = 0.0
    units: float = 1.0

    def per_second(self, line: Timeline) -> float:
        """Pixels for a second."""
        return self.scale or self.width / max(1.0, line.seconds * MARGIN)

    def x(self, line: Timeline, second: float) -> float:
        """The pixel across at a time."""
        return (second - self.first) * self.per_second(line)

    def second(self, line: Timeline, x: float) -> float:
        """The time at a pixel across."""
        return max(0.0, self.first + x / self.per_second(line))

    def rows(self, line: Timeline) -> list[tuple[float, float]]:
        """The top and the height of each track."""
        top, gap = RULER * self.units, GAP * self.units
        room = self.height - top - gap * len(line.tracks)
        whole = sum(SHARES[track.kind] for track in line.tracks) or 1.0
        found = []
        for track in line.tracks:
            high = max(14.0 * self.units, min(room / whole, MOST * self.units) * SHARES[track.kind])
            found.append((top + gap, high))
            top += high + gap
        return found

    def hit(self, line: Timeline, x: float, y: float) -> Hit:
        """What lies at a pixel."""
        if not 0 <= x < self.width or not 0 <= y < self.height:
            return Hit()
        for row, (top, high) in enumerate(self.rows(line)):
            if not top <= y < top + high:
                continue
            for number, piece in reversed([*enumerate(line.tracks[row].pieces)]):
                left, right = self.x(line, piece.span.begin), self.x(line, piece.span.end)
                grip = min(EDGE * self.units, (right - left) / 3)
                if left - grip / 2 <= x < right + grip / 2:
                    return Hit("begin" if x < left + grip else "end" if x >= right - grip else "body", row, number)
        return Hit("ruler") if y < RULER * self.units else Hit("ground")

    def numbers(self, line: Timeline) -> Iterator[tuple[float, str]]:
        """The times that the ruler tells, in view, with their words."""
        each = self.per_second(line)
        step = next((step for step in STEPS if step * each >= 64 * self.units), STEPS[-1])
        at = int(self.first / step) * step
        while self.x(line, at) < self.width:
            if self.x(line, at) >= -40:
                yield at, clock(at, step < 1)
            at += step

    def bars(self, line: Timeline) -> list[tuple[int, float]]:
        """The bars in view with their numbers from 1 on: each of them, or each second, fourth ... where they are dense."""
        if len(line.bars) < 2:
            return [(1, bar) for bar in line.bars]
        wide = (line.bars[1] - line.bars[0]) * self.per_second(line)
        every = 1
        while wide * every < 9 * self.units and every < 256:
            every *= 2
        return [(number + 1, bar) for number, bar in enumerate(line.bars) if number % every == 0]

    def zoom(self, line: Timeline, factor: float, x: float) -> None:
        """Come nearer, or go farther, about a pixel across; never farther than all of it."""
        at, whole = self.second(line, x), self.width / max(1.0, line.seconds * MARGIN)
        scale = min(NEAREST, self.per_second(line) * factor)
        self.scale = 0.0 if scale <= whole else scale
        self.first = max(0.0, at - x / self.per_second(line)) if self.scale else 0.0

    def shift(self, line: Timeline, pixels: float) -> None:
        """Go along it, while it is zoomed."""
        end = max(0.0, line.seconds * MARGIN - self.width / self.per_second(line))
        self.first = min(end, max(0.0, self.first + pixels / self.per_second(line))) if self.scale else 0.0


class Grip:
    """A press on the strip, until it is let go. head: where the playhead is, for edges to snap to."""

    def __init__(self, strip: Strip, line: Timeline, x: float, y: float, head: float = 0.0):
        self.strip, self.line, self.x, self.head = strip, line, x, head
        self.hit = strip.hit(line, x, y)
        self.begun = False  # whether it was moved further than a click is
        self.spans = line.tracks[self.hit.row].spans if self.hit.row >= 0 else []
        self._now, self._free = strip.second(line, x), False

    @property
    def shown(self) -> Timeline:
        """The line as it would be if it were let go now."""
        return self.line.with_track(self.hit.row, self.spans) if self.begun and self.hit.row >= 0 else self.line

    @property
    def loop(self) -> Span | None:
        """What is dragged over on the ruler."""
        if not self.begun or self.hit.part != "ruler":
            return None
        reach = 0.0 if self._free else SNAP * self.strip.units / self.strip.per_second(self.line)
        low, high = sorted(snapped(at, self.line.edges(), reach) for at in (self.strip.second(self.line, self.x), self._now))
        return Span(low, high) if high > low else None

    def move(self, x: float, free: bool = False) -> None:
        """The pointer is at a pixel across. free: snaps to nothing."""
        self.begun = self.begun or abs(x - self.x) >= CLICK * self.strip.units
        self._now, self._free = self.strip.second(self.line, x), free
        if not self.begun or self.hit.row < 0:
            return
        track = self.line.tracks[self.hit.row]
        each, before = self.strip.per_second(self.line), track.spans
        reach = 0.0 if free else SNAP * self.strip.units / each
        marks = [] if free else [*self.line.edges((self.hit.row, self.hit.number)), self.head]
        span, by = before[self.hit.number], (x - self.x) / each
        if self.hit.part == "body":
            begin, end = span.begin + by, span.end + by
            one, other = snapped(begin, marks, reach) - begin, snapped(end, marks, reach) - end
            held = [(abs(way), way) for way, at in ((one, begin + one), (other, end + other)) if at in marks]
            self.spans = moved(before, self.hit.number, max(0.0, begin + (min(held)[1] if held else one)))
        else:
            at = snapped((span.begin if self.hit.part == "begin" else span.end) + by, marks, reach)
            self.spans = stretched(before, self.hit.number, self.hit.part, at)
        own = track.own[self.hit.number]
        if track.kind == "sound" and own:  # no longer than it lasts
            self.spans = [Span(one.begin, min(one.end, one.begin + own)) for one in self.spans]

    def release(self) -> Asked:
        """What it asks for, now that it ends."""
        now = self.strip.second(self.line, self.x)
        if self.loop is not None:
            return Asked("loop", *self.loop)
        if self.begun and self.hit.row >= 0:
            changed = self.spans != self.line.tracks[self.hit.row].spans
            return Asked("edit" if changed else "", row=self.hit.row, number=self.hit.number, spans=tuple(self.spans))
        return Asked("seek", now) if self.hit.row < 0 else Asked("click", now, row=self.hit.row, number=self.hit.number)


def clock(seconds: float, parts: bool = True) -> str:
    """A time as a player shows it: 1:05.2."""
    minutes, rest = divmod(max(0.0, seconds), 60)
    return f"{int(minutes)}:{rest:04.1f}" if parts else f"{int(minutes)}:{int(rest):02d}"
