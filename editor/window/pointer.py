"""The pointer over the canvas, told to the gestures as presses, moves and releases in the canvas's own pixels."""

from __future__ import annotations

import math
import time

import dearpygui.dearpygui as dpg

from ..gestures import LEFT, MIDDLE, RIGHT, Gestures
from . import keyboard

BUTTONS = {LEFT: dpg.mvMouseButton_Left, RIGHT: dpg.mvMouseButton_Right, MIDDLE: dpg.mvMouseButton_Middle}
DOUBLE = 0.4  # seconds between the two presses of a double click
NEAR = 6  # pixels between them


class Pointer:
    """Watches the pointer for one canvas, an item of Dear PyGui whose upper left corner is pixel (0, 0)."""

    def __init__(self, gestures: Gestures, area: int | str):
        self.gestures, self.area = gestures, area
        self._down: set[str] = set()  # every button that is held, wherever it went down
        self._ours: set[str] = set()  # those that went down on the canvas
        self._last = (0.0, 0.0, 0.0, "")  # of the last press: when, where, which button
        self._at = (0.0, 0.0)
        self._ticked = time.monotonic()

    def local(self, mouse: tuple[float, float]) -> tuple[float, float]:
        """A point of the window in pixels of the canvas."""
        left, top = dpg.get_item_rect_min(self.area)
        return mouse[0] - left, mouse[1] - top

    def update(self, mouse: tuple[float, float], free: bool = True) -> bool:
        """Once a frame. free: nothing lies in front of the canvas. Whether something happened."""
        x, y = self.local(mouse)
        held = dict(zip(("ctrl", "shift", "alt"), keyboard.held(), strict=True))
        over = free and dpg.is_item_hovered(self.area)
        now = time.monotonic()
        happened = False
        for button, number in BUTTONS.items():
            down = dpg.is_mouse_button_down(number)
            if down and button not in self._down:
                self._down.add(button)
                if over:
                    self._ours.add(button)
                    self.gestures.press(x, y, button, clicks=self._clicks(now, x, y, button), **held)
                    happened = True
            elif not down and button in self._down:
                self._down.discard(button)
                if button in self._ours:
                    self._ours.discard(button)
                    self.gestures.release(x, y, button, **held)
                    happened = True
        if over or self._ours:
            happened |= (x, y) != self._at
            self.gestures.move(x, y, **held)
        else:
            self.gestures.leave()
        self.gestures.tick(now - self._ticked)
        self._at, self._ticked = (x, y), now
        return happened

    def wheel(self, steps: float, mouse: tuple[float, float]) -> None:
        """The wheel was turned while the pointer was here."""
        if dpg.is_item_hovered(self.area):
            self.gestures.wheel(steps, *self.local(mouse))

    def let_go(self) -> None:
        """Something came in front: what is dragged goes back to where it was."""
        if self._ours:
            self._ours.clear()
            self.gestures.cancel()

    def _clicks(self, now: float, x: float, y: float, button: str) -> int:
        when, old_x, old_y, old = self._last
        double = button == old and now - when < DOUBLE and math.dist((x, y), (old_x, old_y)) < NEAR
        self._last = (0.0, x, y, "") if double else (now, x, y, button)
        return 2 if double else 1
