"""When the next frame comes, and how finely it is drawn."""

from __future__ import annotations

import time

import dearpygui.dearpygui as dpg

FRAME, IDLE_FRAME = 1 / 60, 1 / 15  # seconds from one frame to the next: with something going on, and without
SLOW, QUICK = 0.022, 0.0175  # seconds of drawing a frame from which edges are not smoothed, and are again
AWAKE = 1.0  # seconds after the last sign of life until frames come slowly


class Pace:
    """Frames come less often when nothing goes on."""

    def __init__(self) -> None:
        self._awake = 0.0
        self._mouse: tuple[float, ...] = (0.0, 0.0)
        self._revision = -1
        self._drawing, self._smoothed = 0.0, True

    def wake(self) -> None:
        """Something happened."""
        self._awake = time.monotonic()

    @property
    def idle(self) -> bool:
        """Whether nothing has gone on for a while."""
        return time.monotonic() - self._awake > AWAKE

    def rest(self, began: float, busy: bool, revision: int) -> None:
        """Wait for the next frame. began: when this one did; busy: whether something runs."""
        mouse = tuple(dpg.get_mouse_pos(local=False))
        if mouse != self._mouse or busy or self._revision != revision:
            self.wake()
            self._mouse, self._revision = mouse, revision
        left = (IDLE_FRAME if self.idle else FRAME) - (time.perf_counter() - began)
        if left > 0:
            time.sleep(left)

    def drew(self, seconds: float) -> None:
        """A frame took so long to draw. Where that is long, as without a graphics card, edges are not smoothed: a
        quarter less."""
        self._drawing += (seconds - self._drawing) / 20
        smooth = self._drawing < (SLOW if self._smoothed else QUICK)
        if smooth != self._smoothed:
            self._smoothed = smooth
            dpg.configure_app(anti_aliased_fill=smooth, anti_aliased_lines=smooth)
