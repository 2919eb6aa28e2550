"""The strip below the canvas with everything on one line of time: pictures, lines of a verse, a tune with its bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..document.spans import Span
from ..panels.strip import Asked, Grip, Strip, clock
from ..panels.timeline import Timeline, select_node, timeline
from ..words.speak import t
from . import keyboard, widgets
from .playhead import Playhead
from .timelinepainter import LABELS, SEEN, TimelinePainter
from .widgets import px

if TYPE_CHECKING:
    from .app import App

HEAD = 38  # units: the row of buttons
WHEEL = 1.25


class TimelinePanel:
    """Fills a panel. `update` is called once a frame, `wheel` when the wheel is turned over the window."""

    def __init__(self, app: App, parent: int | str):
        self.app, self.session, self.parent = app, app.session, parent
        self.head, self.strip = Playhead(app), Strip()
        self.painter = TimelinePainter(self.strip)
        self.wanted = ""  # the node that was chosen among several
        self.grip: Grip | None = None
        self._line: Timeline | None = None
        self._of: Any = None  # what the line was made of
        self._made: Any = None  # what the widgets were made of
        self._panned: float | None = None
        self.list: int | str = 0

    @property
    def is_open(self) -> bool:
        """Whether it is seen."""
        return "timeline" in self.session.panels and not self.app.form_is_open

    @property
    def line(self) -> Timeline | None:
        """What is on it, made again when the document or a result has changed."""
        session = self.session
        of = (session.graph, session.checked, session.selection, self.wanted,
              tuple(id(shown) for state in session.states.values() for shown in state.thumbnails.values()))
        if self._of is None or any(a is not b for a, b in zip(of[:2], self._of[:2])) or of[2:] != self._of[2:]:
            self._line, self._of = timeline(session, self.wanted), of
        return self._line

    def update(self) -> None:
        """Show how it is now, and follow the pointer."""
        if not self.is_open:
            if self.head.playing:
                self.head.stop()
            return
        line = self.line
        size = dpg.get_item_width(self.parent), dpg.get_item_height(self.parent)
        made = (size, line and (line.node, line.offered, line.others, bool(line.tracks)), self.head.playing)
        if made != self._made:
            self._made = made
            self._build(line, *size)
        if line is None:
            return
        self.head.update(line)
        dpg.set_value(self.told, f"{clock(self.head.second)} / {clock(line.seconds)}")
        self._point(line)
        shown = self.grip.shown if self.grip is not None else line
        over = self.grip.hit if self.grip is not None else self.strip.hit(line, *self._at()) if self._is_over() else None
        loop = self.grip.loop if self.grip is not None else None
        self.painter.paint(shown)
        self.painter.paint_above(shown, over, self.head.second, loop or self.head.loop)

    # -- widgets

    def _build(self, line: Timeline | None, width: int, height: int) -> None:
        widgets.clear(self.parent)
        with widgets.inside(self.parent):
            with widgets.spread() as (left, right):
                with widgets.inside(left):
                    self._buttons(line)
                self.app.icons.button("remove", lambda: self.app.do("view.timeline"), size=14, parent=right,
                                      tooltip=t("button.close"))
            if line is None:
                widgets.says(t("timeline.empty"), "dim", wrap=width - px(30))
                return
            wide, high = max(px(200), width - px(18)), max(px(80), height - px(HEAD + 20))
            self.list = dpg.add_drawlist(wide, high)
        self.painter.begin(self.list)
        self.strip.units = px(100) / 100
        self.strip.width, self.strip.height = float(wide - px(LABELS + SEEN)), float(high)

    def _buttons(self, line: Timeline | None) -> None:
        playing = self.head.playing
        if line is not None:
            self.app.icons.button("stop" if playing else "run", lambda: self.head.toggle(line),
                                  look="halt" if playing else "go", tooltip=t("timeline.rest" if playing else "timeline.play"))
            self.told = widgets.says("", "text", framed=True)
            widgets.bar(22)
        widgets.says(t("timeline.title"), "dim", framed=True)
        if line is None:
            return
        if line.offered:
            widgets.button(t("timeline.make"), self._make, primary=True, tooltip=t("timeline.make.help"))
        elif len(line.others) > 1:
            dpg.add_combo(list(line.others), default_value=line.node, width=px(160), callback=lambda s, a: self._choose(a))
        else:
            widgets.button(line.node, lambda: select_node(self.session, line), flat=True)
        widgets.says(t("timeline.hint"), "faint", framed=True)

    def _choose(self, name: str) -> None:
        self.wanted = name
        self.session.select()

    def _make(self) -> None:
        """Put the node that is offered into the graph."""
        line = self.line
        if line is not None and line.offered:
            self.session.edit("undo.timeline", line.graph)
            select_node(self.session, Timeline(line.graph, line.node, ()))

    # -- the pointer

    def _at(self) -> tuple[float, float]:
        (x, y), (left, top) = dpg.get_mouse_pos(local=False), dpg.get_item_rect_min(self.list)
        return x - left - px(LABELS + SEEN), y - top

    def _is_over(self) -> bool:
        return self.session.dialog is None and bool(dpg.is_item_hovered(self.list))

    def _point(self, line: Timeline) -> None:
        x, y = self._at()
        if self.grip is None and self._is_over():
            if dpg.is_mouse_button_double_clicked(dpg.mvMouseButton_Left):
                self._twice(line, x, y)
            elif dpg.is_mouse_button_clicked(dpg.mvMouseButton_Left) and self.strip.hit(line, x, y).part:
                self.grip = Grip(self.strip, line, x, y, self.head.second)
            elif dpg.is_mouse_button_clicked(dpg.mvMouseButton_Middle):
                self._panned = x
        if self._panned is not None:
            self.strip.shift(line, self._panned - x)
            self._panned = x if dpg.is_mouse_button_down(dpg.mvMouseButton_Middle) else None
        if self.grip is None:
            return
        self.grip.move(x, free=keyboard.held()[2])
        if not dpg.is_mouse_button_down(dpg.mvMouseButton_Left):
            grip, self.grip = self.grip, None
            self.session.attempt(self._ask, grip.line, grip.release())

    def _ask(self, line: Timeline, asked: Asked) -> None:
        """Do what a press asked for."""
        if asked.kind == "edit":
            self.session.edit("undo.timeline", line.written(asked.row, list(asked.spans)))
        elif asked.kind == "loop":
            self.head.repeat(line, Span(asked.begin, asked.end))
        elif asked.kind:
            self.head.seek(line, asked.begin)
        self.session.touch()

    def _twice(self, line: Timeline, x: float, y: float) -> None:
        """A double click: on a piece, its track's times are shared evenly again; on the ruler, all of it is in view."""
        found = self.strip.hit(line, x, y)
        if found.part == "ruler":
            self.strip.scale = self.strip.first = 0.0
            self.head.loop = None
        elif found.row >= 0 and line.tracks[found.row].said:
            self.session.edit("undo.timeline", line.cleared(found.row))
        self.session.touch()

    def wheel(self, steps: float) -> bool:
        """The wheel was turned: over the strip it zooms, with Shift goes along; whether it was over the strip."""
        line = self.line if self.is_open else None
        if line is None or not self.list or not dpg.does_item_exist(self.list) or not self._is_over():
            return False
        if keyboard.held()[1]:
            self.strip.shift(line, -steps * px(80))
        else:
            self.strip.zoom(line, WHEEL ** steps, max(0.0, self._at()[0]))
        self.session.touch()
        return True

    def close(self) -> None:
        """Be silent, and let go of the pictures."""
        if self.head.playing:
            self.head.stop()
        self.painter.close()
