"""Draws a line of time: its ruler and bars, its tracks, the playhead, and what is seen there."""

from __future__ import annotations

from typing import Any

import dearpygui.dearpygui as dpg

from ..canvas.lettering import elided, wrapped
from ..document.spans import Span
from ..panels.field import label
from ..panels.strip import RULER, Hit, Strip
from ..panels.timeline import Piece, Timeline, Track
from ..runs.thumbnails import Thumbnail
from . import fonts, theme
from .pen import NONE
from .pictures import Pictures
from .theme import color, faded
from .widgets import px

LABELS, SEEN = 92, 196  # units at the left: names of tracks, and what is seen at the playhead
ROUND, TEXT = 4, 13  # units: of corners, of letters
OF_KIND = {"pictures": "accent", "lines": "warning", "sound": "success"}


class TimelinePainter:
    """Draws into two draw nodes: what stays while it plays, and what moves."""

    def __init__(self, strip: Strip):
        self.strip, self.pictures = strip, Pictures()
        self.base: int | str = 0
        self.top: int | str = 0
        self._key: Any = None  # what was painted
        self._above: Any = None
        self._names: set[str] = set()

    def begin(self, parent: int | str) -> None:
        """Draw into another list from now on."""
        self.base, self.top = dpg.add_draw_node(parent=parent), dpg.add_draw_node(parent=parent)
        self._key = self._above = None

    def close(self) -> None:
        """Let go of the pictures."""
        self.pictures.close()

    def paint(self, line: Timeline) -> None:
        """The ruler and the tracks, where they have changed."""
        key = (line.tracks, self.strip.first, self.strip.scale, self.strip.width, self.strip.height, theme.current())
        if self._key is not None and _same(key, self._key):
            return
        self._key = key
        dpg.delete_item(self.base, children_only=True)
        self._names = set()
        left = px(LABELS + SEEN)
        self._ruler(line, left)
        for (top, high), track in zip(self.strip.rows(line), line.tracks):
            words = elided(label(track.port), px(TEXT), px(LABELS - 12), fonts.measure)
            dpg.draw_text((px(SEEN + 8), top + high / 2 - px(TEXT) / 2), words, size=px(TEXT), color=color("dim"),
                          parent=self.base)
            dpg.draw_rectangle((left, top), (left + self.strip.width, top + high), color=NONE, fill=color("field"),
                               rounding=px(ROUND), parent=self.base)
            for number, piece in enumerate(track.pieces):
                self._piece(track, number, piece, left, (top, high), self.strip.per_second(line))
        self._bars(line, left)
        self.pictures.keep_only(self._names | {"seen"})

    def _ruler(self, line: Timeline, left: float) -> None:
        high = px(RULER)
        for second, words in self.strip.numbers(line):
            x = left + self.strip.x(line, second)
            if left - 1 <= x <= left + self.strip.width - px(20):
                dpg.draw_line((x, px(4)), (x, high), color=color("border"), parent=self.base)
                dpg.draw_text((x + px(4), px(2)), words, size=px(12), color=color("dim"), parent=self.base)

    def _bars(self, line: Timeline, left: float) -> None:
        """The bars of the music, over all tracks: each fourth is stronger."""
        bottom, high = self.strip.height, px(RULER)
        for number, bar in self.strip.bars(line):
            x = left + self.strip.x(line, bar)
            if left <= x <= left + self.strip.width:
                strong = (number - 1) % 4 == 0
                dpg.draw_line((x, high - px(7 if strong else 4)), (x, bottom), parent=self.base,
                              color=faded(color("text"), 0.45 if strong else 0.16))

    def _piece(self, track: Track, number: int, piece: Piece, left: float, rows: tuple[float, float], each: float) -> None:
        (top, high), (x, end) = rows, (left + (at - self.strip.first) * each for at in piece.span)
        low, far = max(x, left), min(end, left + self.strip.width)
        if far - low < 1:
            return
        tint = color(OF_KIND[track.kind])
        said = number < track.said  # what the file says is solid, what follows from the rest pale
        dpg.draw_rectangle((low + 1, top), (far - 1, top + high), color=NONE, fill=faded(tint, 0.34 if said else 0.16),
                           rounding=px(ROUND), parent=self.base)
        shown = piece.seen
        if shown is not None and shown.picture is not None and track.kind != "lines":
            self._picture(track, piece, shown, (x, low, far), rows, each)
        elif far - low > px(14):
            words = elided(piece.words, px(TEXT), far - low - px(10), fonts.measure)
            dpg.draw_text((low + px(6), top + high / 2 - px(TEXT) / 2), words, size=px(TEXT), color=color("text"),
                          parent=self.base)
        dpg.draw_rectangle((low + 1, top), (far - 1, top + high), color=faded(tint, 0.9 if said else 0.45),
                           rounding=px(ROUND), parent=self.base)

    def _picture(self, track: Track, piece: Piece, shown: Thumbnail, across: tuple[float, float, float],
                 rows: tuple[float, float], each: float) -> None:
        """The picture of a piece: what lasts lies along its own time, and what is held is seen again and again."""
        assert shown.picture is not None
        name = f"{track.port}.{piece.source}"
        self._names.add(name)
        texture = self.pictures.texture(name, shown.picture)
        (x, low, far), (top, high) = across, rows
        tall, wide = shown.picture.shape[:2]
        if shown.seconds:
            length = shown.seconds * each
            stop = min(far, x + length)
            if stop - low > 2:
                dpg.draw_image(texture, (low + 2, top + 2), (stop - 1, top + high - 2), parent=self.base,
                               uv_min=((low - x) / length, 0.0), uv_max=((stop - x) / length, 1.0))
            return
        step = (high - 4) * wide / tall
        at = x + 2
        while at < far - 3:
            part = min(1.0, (far - 2 - at) / step)
            skipped = min(1.0, max(0.0, (low - at) / step))
            if skipped < part:
                dpg.draw_image(texture, (at + skipped * step, top + 2), (at + part * step, top + high - 2), parent=self.base,
                               uv_min=(skipped, 0.0), uv_max=(part, 1.0))
            at += step + px(3)

    def paint_above(self, line: Timeline, over: Hit | None, second: float, loop: Span | None) -> None:
        """The playhead at a second, a loop, what is seen there, and what the pointer is over."""
        seen, lines = line.at(min(second, max(0.0, line.seconds - 1e-3)))
        key = (over, round(second, 3), loop, seen, *lines[:1], self._key)
        if self._above is not None and len(key) == len(self._above) and _same(key, self._above):
            return
        self._above = key
        dpg.delete_item(self.top, children_only=True)
        left, right = px(LABELS + SEEN), px(LABELS + SEEN) + self.strip.width
        if loop is not None:
            low, high = (min(right, max(left, left + self.strip.x(line, at))) for at in loop)
            dpg.draw_rectangle((low, 1), (high, self.strip.height), color=NONE, fill=faded(color("accent"), 0.18),
                               parent=self.top)
            dpg.draw_rectangle((low, 1), (high, px(4)), color=NONE, fill=color("accent"), parent=self.top)
        if over is not None and over.row >= 0:
            top, high = self.strip.rows(line)[over.row]
            low, far = (left + self.strip.x(line, at) for at in line.tracks[over.row].pieces[over.number].span)
            dpg.draw_rectangle((max(left, low), top), (min(right, far), top + high), color=color("selected"), thickness=1.5,
                               rounding=px(ROUND), parent=self.top)
            if over.part in ("begin", "end"):
                edge = low + 2 if over.part == "begin" else far - 2
                dpg.draw_line((edge, top + 3), (edge, top + high - 3), color=color("selected"), thickness=px(3),
                              parent=self.top)
        at = left + self.strip.x(line, second)
        if left <= at <= right:
            dpg.draw_line((at, px(6)), (at, self.strip.height), color=color("selected"), thickness=1.5, parent=self.top)
            dpg.draw_triangle((at - px(5), 0), (at + px(5), 0), (at, px(8)), color=color("selected"), fill=color("selected"),
                              parent=self.top)
        self._seen(seen, lines)

    def _seen(self, piece: Piece | None, lines: list[Piece]) -> None:
        """At the left, what is seen at the playhead, with its line."""
        wide, high = px(SEEN - 10), self.strip.height - px(4)
        dpg.draw_rectangle((0, 0), (wide, high), color=color("border"), fill=color("well"), rounding=px(ROUND), parent=self.top)
        words = "\n".join(one.words for one in lines)
        rows = wrapped(words, px(TEXT), wide - px(12), fonts.measure, 3) if words else ()
        foot = high - px(4) - len(rows) * px(TEXT + 4)
        if piece is not None and piece.seen is not None and piece.seen.picture is not None:
            texture = self.pictures.texture("seen", piece.seen.picture)
            tall, broad = piece.seen.picture.shape[:2]
            scale = min((wide - 8) / broad, (foot - 6) / tall)
            x, y = (wide - broad * scale) / 2, (foot - tall * scale) / 2
            dpg.draw_image(texture, (x, y), (x + broad * scale, y + tall * scale), parent=self.top)
        for number, row in enumerate(rows):
            x = (wide - fonts.measure(row, px(TEXT))) / 2
            dpg.draw_text((x, foot + number * px(TEXT + 4)), row, size=px(TEXT), color=color("text"), parent=self.top)


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether two keys are alike: by identity in what holds pictures, which do not compare."""
    return all(a is b or isinstance(a, (str, float, int, Hit, Span)) and a == b for a, b in zip(one, other, strict=True))
