"""The line at the bottom: what was said last or what goes on now, how far the run is, and what there is."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from ..document.items import links
from ..panels.live import Live
from ..words.speak import t
from . import theme, widgets
from .widgets import px

if TYPE_CHECKING:
    from ..runs.state import NodeState
    from .app import App

BELL = 26  # units that the bell takes at the right


class StatusBar:
    """Fills one line; the message is cut to what there is room for and whole in its tooltip."""

    def __init__(self, app: App, parent: int | str):
        self.app, self.session = app, app.session
        self._seen: tuple[Any, ...] | None = None
        self.live = Live()
        with widgets.inside(parent):
            self._message = widgets.says("", pos=[px(10), px(5)])
            with dpg.tooltip(self._message, delay=0.4):
                self._whole = dpg.add_text("", wrap=px(480))
            self._progress = dpg.add_progress_bar(width=px(150), height=px(8), show=False)
            self._step = widgets.says("", "accent", show=False)
            self._counts = widgets.says("", "dim")
            self._unread = widgets.says("", "error")
            self._bell = app.icons.button("bell", self._list, size=14, look="quiet", tooltip=t("messages.title"))

    def update(self) -> None:
        """Say what is to be said, where it has changed."""
        width = dpg.get_viewport_client_width()
        now = time.monotonic()
        message = self.session.messages.now(now)
        going_on = self.live.told(self.session.states, self.session.running.stopping, now) if self.session.runner.busy else ""
        key = (self.session.revision, width, dpg.get_frame_count() > 3, message, going_on)  # text has no width before
        if self._seen == key:
            return
        self._seen = key
        left = self._right_end(width)
        taken = self._run(left)
        error = message is not None and message.kind == "error"
        words = message.text if message is not None and (error or not going_on) else going_on
        words = words or t("status.ready" if not self.session.runner.busy else "status.waiting")
        dpg.set_value(self._message, cut(words.replace("\n", "  "), left - px(30) - taken))
        dpg.configure_item(self._message, color=theme.color("error" if error else "text"))
        dpg.set_value(self._whole, words)

    def _right_end(self, width: int) -> int:
        """Place the counts, and the bell with what was not read; the pixel at which they begin."""
        unread = self.session.messages.unread
        dpg.set_value(self._unread, str(unread) if unread else "")
        self.app.icons.look(self._bell, "halt" if unread else "quiet")
        dpg.set_item_pos(self._bell, [width - px(BELL), px(2)])
        left = width - px(BELL) - (widgets.width_of(str(unread)) + px(4) if unread else 0)
        dpg.set_item_pos(self._unread, [left, px(5)])
        counts = "   ".join(self._told())
        left -= widgets.width_of(counts) + px(12)
        dpg.set_value(self._counts, counts)
        dpg.set_item_pos(self._counts, [left, px(5)])
        return left

    def _list(self) -> None:
        self.session.ask("messages")

    def _told(self) -> list[str]:
        session = self.session
        told = [t("status.selected", count=len(session.selection))] if session.selection else []
        return [*told, t("status.nodes", count=len(session.graph.nodes)),
                t("status.links", count=len(links(session.graph))),
                t("status.zoom", percent=round(session.view.zoom * 100))]

    def _run(self, left: int) -> int:
        """Show how far the run is; how many pixels that takes."""
        told = self.session.progress
        busy = self.session.runner.busy and bool(told.count)
        for part in (self._progress, self._step):
            dpg.configure_item(part, show=busy)
        if not busy:
            return 0
        words = t("status.step", done=told.done, count=told.count)
        wide = widgets.width_of(words) + px(16)
        dpg.set_value(self._step, words)
        dpg.set_item_pos(self._step, [left - wide, px(5)])
        dpg.set_value(self._progress, part_done(told.done, told.count, self.session.states.values()))
        dpg.set_item_pos(self._progress, [left - wide - px(160), px(11)])
        return wide + px(170)


def part_done(done: int, count: int, states: Iterable[NodeState]) -> float:
    """How far a run is, 0 to 1: nodes that are through count whole, those at work by what they report."""
    at_work = sum(min(1.0, state.done / state.total) for state in states if state.status == "running" and state.total)
    return min(1.0, (done + at_work) / count) if count else 0.0


def cut(words: str, room: float) -> str:
    """A line of text that fits into so many pixels."""
    if room <= 0 or widgets.width_of(words) <= room:
        return words
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if widgets.width_of(words[:middle] + "…") <= room else (low, middle - 1)
    return words[:low] + "…"
