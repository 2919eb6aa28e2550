"""When the next frame comes, and how finely it is drawn: a window in which nothing changes rests."""

from __future__ import annotations

import time
from collections.abc import Callable

import dearpygui.dearpygui as dpg

from .wake import Wake

FRAME = 1 / 60  # seconds from one frame to the next while someone does something
SHOWN = 1 / 10  # while a run tells how it goes, or a cursor blinks
SHARE, RAREST = 1 / 8, 1.0  # the part of the time that frames may take then, where each takes long; and seconds between two
REST, LOOK = 5.0, 1 / 10  # while nothing goes on: where input wakes the window, and where it has to look for input
OWED = 3  # frames from input on: its callback comes after the one that takes it in
SLICE = 0.1  # seconds after which it is seen whether something happened besides
SLOW, QUICK = 0.022, 0.0175  # seconds of drawing a frame from which edges are not smoothed, and are again
AWAKE = 1.0  # seconds after the last sign of life until frames come slowly


class Pace:
    """Frames come as often as there is something to see. waking: what tells of input while no frame is drawn."""

    def __init__(self, waking: Callable[[], Wake | None] = Wake.here) -> None:
        self._awake = 0.0
        self._mouse: tuple[float, ...] = (0.0, 0.0)
        self._drawn = (-1, 0.0)  # the revision that was drawn last, and when
        self._drawing, self._smoothed = 0.0, True
        self._waking = waking
        self._wake: Wake | None = None
        self._owed = 0  # frames that input wants: one to take it in, and one to show what came of it

    def open(self) -> None:
        """The window is there: begin to hear of input."""
        self._wake = self._waking()

    def close(self) -> None:
        """Hear no more."""
        if self._wake is not None:
            self._wake.close()

    def wake(self) -> None:
        """Something happened."""
        self._awake = time.monotonic()

    @property
    def idle(self) -> bool:
        """Whether nobody has done anything for a while."""
        return time.monotonic() - self._awake > AWAKE

    def rest(self, began: float, revision: Callable[[], int], meanwhile: Callable[[], bool]) -> None:
        """Wait for the next frame. began: when this one did. meanwhile: called every tenth of a second; whether there
        is something to see although the revision is the same."""
        mouse = tuple(dpg.get_mouse_pos(local=False))
        if mouse != self._mouse:
            self.wake()
            self._mouse = mouse
        self._drawn, self._owed = (revision(), began), max(0, self._owed - 1)
        while (left := self._due(revision(), meanwhile()) - time.monotonic()) > 0:
            if self._wake is None or not self.idle:
                time.sleep(min(left, SLICE))
            elif self._wake.wait(min(left, SLICE)):
                self._owed = OWED
                return

    def _due(self, revision: int, moving: bool) -> float:
        """When the next frame is to be drawn."""
        seen, at = self._drawn
        if not self.idle or self._owed:
            return at + FRAME
        if revision != seen or moving:
            return at + min(RAREST, max(SHOWN, self._drawing / SHARE))
        return at + (REST if self._wake is not None else LOOK)

    def drew(self, seconds: float) -> None:
        """A frame took so long to draw. Where that is long, as without a graphics card, edges are not smoothed: a
        quarter less."""
        self._drawing += (seconds - self._drawing) / 20
        smooth = self._drawing < (SLOW if self._smoothed else QUICK)
        if smooth != self._smoothed:
            self._smoothed = smooth
            dpg.configure_app(anti_aliased_fill=smooth, anti_aliased_lines=smooth)
