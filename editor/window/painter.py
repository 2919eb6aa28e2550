"""Draws the boxes of the canvas at a scale."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from ..canvas.box import (
    DOT,
    LINE,
    NAME_AT,
    NOTE_LINE,
    PAD,
    SMALL_SIZE,
    SMALL_TEXT,
    TEXT_SIZE,
    TITLE,
    TITLE_SIZE,
    Box,
    Picture,
    Pin,
    Rectangle,
)
from ..canvas.curve import Segment, bezier
from ..canvas.lettering import elided
from ..words.speak import t
from . import constructs, fonts, theme, tiles
from .pen import NONE, PINS, Pen
from .theme import RGBA, color, faded, mixed, of_type

NAMES = 0.24  # the scale below which names are not drawn
ROUND = 6.0


class Painter(Pen):
    """Draws boxes at a scale into a draw node."""

    def item(self, box: Box) -> None:
        """Everything that belongs to a box itself."""
        if tiles.is_tile(self.zoom, box):
            if box.construct is not None:
                constructs.cards(self, box, box.construct)
            tiles.tile(self, box, constructs.ROLES[box.construct.kind] if box.construct is not None else "")
            if box.look:
                self.frame(0, 0, box.width, box.height, NONE, faded(color("canvas"), 0.5), ROUND)
            return
        getattr(self, f"_{box.item.kind}")(box)

    # -- the kinds

    def _node(self, box: Box) -> None:
        z, width, height = self.zoom, box.width, box.height
        own = theme.rgba(box.color) if box.color else None
        title = mixed(color("node_title"), own, 0.6) if own else color("node_title")
        if z >= PINS:
            self.frame(1, height - 6, width - 2, 9, NONE, color("shadow"), ROUND)
        if box.construct is not None:
            constructs.cards(self, box, box.construct)
        if box.graph:  # a second sheet behind says that there is more inside
            self.frame(4, -4, width - 8, 16, color("outline"), title, ROUND)
        if box.collapsed:
            self.frame(0, 0, width, height, NONE, title, ROUND)
        else:
            self.frame(0, 0, width, TITLE + ROUND, NONE, title, ROUND)
            self._foot(TITLE, width, height, color("node"))
        self.frame(0, 0, width, height, color("outline"), NONE, ROUND)
        if box.construct is not None and not box.collapsed:
            constructs.band(self, box, box.construct)
        gives = next((pin for pin in box.pins if pin.gives), None)
        if gives is not None and z >= PINS and not box.collapsed:
            dpg.draw_line((1, round(TITLE * z)), (round(width * z) - 1, round(TITLE * z)),
                          color=faded(of_type(gives.type.color), 0.75), thickness=max(1.0, 1.6 * z), parent=self.node)
        shade = theme.text_on(title) if own else color("text")
        if z >= NAMES:
            self._title(box, shade)
        if z >= PINS:
            if z >= SMALL_TEXT:
                self._chevron(box.collapsed, shade)
            if z >= SMALL_TEXT and not box.collapsed:
                for pin in box.pins:
                    self._row(box, pin)
        for at, line in enumerate(box.words if z >= SMALL_TEXT else ()):
            self.text(PAD, box.words_at + LINE * (at + 0.5) - 4, line, SMALL_SIZE, color("info"))
        if not box.collapsed:
            tiles.slot(self, box)
        for shown in box.pictures:
            self._picture(box, shown)
        if box.folded and z >= SMALL_TEXT and not box.collapsed:
            words = t("slot.more", count=box.folded) if box.folded > 0 else t("slot.fewer")
            self.text(PAD, box.more_at, words, TEXT_SIZE, color("faint"))
        if box.lines and box.slot is None and z >= SMALL_TEXT:
            top = height - len(box.lines) * 15 - 12
            self.frame(6, top, width - 12, len(box.lines) * 15 + 8, NONE, faded(color("error"), 0.16), 4)
            for at, line in enumerate(box.lines):
                self.text(PAD, top + 11 + at * 15, line, SMALL_SIZE, color("error"))
        if box.look:
            self.frame(0, 0, width, height, NONE, faded(color("canvas"), 0.62 if box.look == "mute" else 0.38), ROUND)
            if box.look == "bypass" and z >= PINS:
                self._passage(box)
        if z >= PINS:
            for pin in {(pin.x, pin.y): pin for pin in reversed(box.pins)}.values():
                self.pin(pin.x, pin.y, pin, faint=box.look == "mute")

    def _foot(self, top: float, width: float, height: float, fill: RGBA) -> None:
        """The lower part of a box, round below and straight above."""
        z = self.zoom
        if z < PINS:
            self.frame(0, top, width, height - top, NONE, fill, 0)
            return
        self.frame(0, top, width, 8.0, NONE, fill, 0)
        self.frame(0, top + 1, width, height - top - 1, NONE, fill, ROUND)

    def _title(self, box: Box, shade: RGBA) -> None:
        z = self.zoom
        if z >= SMALL_TEXT:
            self.text(NAME_AT, TITLE / 2, box.title, TITLE_SIZE, shade, bold=True)
            if box.subtitle:
                self.text_to(box.width - PAD, TITLE / 2, box.subtitle, SMALL_SIZE, faded(shade, 0.68))
            return
        size = 11.0 / z  # from far away, the name alone, as large as can be read
        words = elided(box.title, size, box.width - 8, fonts.measure, bold=True)
        self.text(6, max(TITLE / 2, size / 2 + 1), words, size, shade, bold=True)

    def _chevron(self, collapsed: bool, shade: RGBA) -> None:
        x, y, z = 14.0, TITLE / 2, self.zoom
        points = [(x - 2.5, y - 4.5), (x + 3, y), (x - 2.5, y + 4.5)] if collapsed else \
            [(x - 4.5, y - 2.5), (x, y + 3), (x + 4.5, y - 2.5)]
        dpg.draw_polyline([(a * z, b * z) for a, b in points], color=faded(shade, 0.7), thickness=max(1.0, 1.6 * z),
                          parent=self.node)

    def _row(self, box: Box, pin: Pin) -> None:
        """The words beside a pin."""
        right, size = box.width - PAD, TEXT_SIZE
        if pin.gives:
            self.text_to(right, pin.y, pin.label, size, color("text"))
            self.text(PAD, pin.y, pin.value, size, color("success"))
            return
        if pin.value and pin.tone != "linked" or pin.tone in ("literal", "default") and pin.shape != "slot":
            self.frame(PAD - 4, pin.y - box.row / 2 + 2, box.width - 2 * PAD + 8, box.row - 4, NONE, color("value"), 3)
        label = color("faint") if pin.shape == "slot" else color("dim") if pin.tone != "linked" else color("text")
        self.text(PAD, pin.y, pin.label, size, color("error") if pin.tone == "missing" else label)
        if pin.each:
            words = t("badge.each")
            x = PAD + fonts.measure(pin.label, size) + 8
            wide = fonts.measure(words, SMALL_SIZE) + 10
            self.frame(x, pin.y - 8, wide, 16, NONE, faded(color("info"), 0.22), 8)
            self.text(x + 5, pin.y, words, SMALL_SIZE, color("info"))
        if pin.value:
            shade = of_type(pin.type.color) if pin.tone == "linked" else color("text" if pin.tone == "literal" else "faint")
            self.text_to(right, pin.y, pin.value, size, shade)

    def _picture(self, box: Box, shown: Picture) -> None:
        if shown.thumbnail.picture is None:
            if self.zoom >= SMALL_TEXT:
                self.frame(shown.x, shown.y, shown.width, shown.height, NONE, color("well"), 4)
                for at, line in enumerate(shown.lines):
                    y = shown.y + 6 + LINE * (at + 0.5)
                    self.text(shown.x + 8, y, line, SMALL_SIZE, color("text"))
            return
        self.image(box, shown, shown.x, shown.y, shown.width, shown.height)

    def _passage(self, box: Box) -> None:
        """The line of what a bypassed node passes on."""
        for into, gives in box.passages:
            points = scaled(bezier((into.x, into.y), (gives.x, gives.y)), self.zoom)
            dpg.draw_bezier_cubic(*points, color=faded(of_type(gives.type.color), 0.8), thickness=2.4 * self.zoom,
                                  parent=self.node)

    def _input(self, box: Box) -> None:
        self._end(box, "input")
        if box.value and self.zoom >= SMALL_TEXT:
            self.text(PAD + 4, 42, box.value, TEXT_SIZE, color("dim"))

    def _output(self, box: Box) -> None:
        self._end(box, "output")
        if box.value and self.zoom >= SMALL_TEXT:
            self.text(PAD, 42, box.value, TEXT_SIZE, color("dim"))
        tiles.slot(self, box)
        for shown in box.pictures:
            self._picture(box, shown)
        tiles.buttons(self, box)

    def _end(self, box: Box, role: str) -> None:
        """The box of an input or output of the whole graph."""
        z, pin = self.zoom, box.pins[0]
        own = mixed(color(role), theme.rgba(box.color), 0.5) if box.color else color(role)
        stripe = of_type(pin.type.color)
        round_ = 8.0
        self.frame(0, 0, box.width, box.height, color("outline"), own, round_)
        self.frame(0.0, 6, 4, box.height - 12, NONE, stripe, 2)
        shade = theme.text_on(own) if box.color else color("text")
        if z >= SMALL_TEXT:
            self.text(PAD + (4 if role == "input" else 0), 17, box.title, TITLE_SIZE, shade, bold=True)
            if box.subtitle:
                self.text_to(box.width - PAD, 17, box.subtitle, SMALL_SIZE, faded(shade, 0.68))
        elif z >= NAMES:
            size = 11.0 / z
            words = elided(box.title, size, box.width - 10, fonts.measure, bold=True)
            self.text(8, max(16.0, size / 2 + 1), words, size, shade, bold=True)
        if z >= PINS:
            self.pin(pin.x, pin.y, pin)

    def _dot(self, box: Box) -> None:
        middle = DOT / 2 * self.zoom
        dpg.draw_circle((middle, middle), max(2.0, 5 * self.zoom), color=color("outline"), fill=color("dim"),
                        parent=self.node)

    def _note(self, box: Box) -> None:
        own = theme.rgba(box.color) if box.color else color("note")
        shade = theme.text_on(own) if box.color else color("note_text")
        self.frame(0, 0, box.width, box.height, mixed(own, shade, 0.25), own, 4)
        if self.zoom >= SMALL_TEXT:
            for at, line in enumerate(box.lines):
                self.text(PAD, 19 + at * NOTE_LINE, line, TEXT_SIZE, shade)
        self._grip(box, shade)

    def _frame(self, box: Box) -> None:
        own = theme.rgba(box.color) if box.color else color("frame")
        self.frame(0, 0, box.width, box.height, faded(own, 0.8), faded(own, 0.14), ROUND)
        self.frame(0, 0, box.width, TITLE, NONE, faded(own, 0.35), ROUND)
        shade = color("text")
        if self.zoom >= SMALL_TEXT:
            self.text(PAD, TITLE / 2, box.title, TITLE_SIZE, shade, bold=True)
        elif self.zoom >= 0.1:
            size = 13.0 / self.zoom
            words = elided(box.title, size, box.width - 12, fonts.measure, bold=True)
            self.text(8, size / 2 + 4, words, size, shade, bold=True)
        self._grip(box, own)

    def _grip(self, box: Box, shade: RGBA) -> None:
        if self.zoom < SMALL_TEXT:
            return
        z, x, y = self.zoom, box.width - 4, box.height - 4
        for length in (4, 8):
            ends = ((x - length) * z, y * z), (x * z, (y - length) * z)
            dpg.draw_line(*ends, color=faded(shade, 0.6), parent=self.node)


def scaled(segment: Segment, zoom: float) -> tuple[tuple[float, float], ...]:
    return tuple((segment[at] * zoom, segment[at + 1] * zoom) for at in (0, 2, 4, 6))


def steps(points: tuple[tuple[float, float], ...]) -> int:
    """How many straight pieces look like the curve."""
    length = abs(points[3][0] - points[0][0]) + abs(points[3][1] - points[0][1])
    return int(max(8, min(48, length / 14)))


def touches(one: Rectangle, other: Rectangle, margin: float = 24.0) -> bool:
    return one[0] < other[0] + other[2] + margin and other[0] - margin < one[0] + one[2] \
        and one[1] < other[1] + other[3] + margin and other[1] - margin < one[1] + one[3]
