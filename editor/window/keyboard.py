"""Keys as Dear PyGui numbers them, by the names that shortcuts.yaml uses."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import groupby

import dearpygui.dearpygui as dpg

# Dear PyGui's own constants for the keys from ' to ` are those of an older release and do not come as events.
_SIGNS = dict(zip("',-./;=[\\]`", range(dpg.mvKey_Comma - 1, dpg.mvKey_Comma + 10), strict=True))
NAMES: dict[int, str] = {
    **{getattr(dpg, f"mvKey_{name}"): name for name in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"},
    **{getattr(dpg, f"mvKey_F{n}"): f"F{n}" for n in range(1, 13)},
    **{getattr(dpg, f"mvKey_NumPad{n}"): f"Num{n}" for n in range(10)},
    **{number: sign for sign, number in _SIGNS.items()},
    dpg.mvKey_Spacebar: "Space", dpg.mvKey_Tab: "Tab", dpg.mvKey_Return: "Enter", dpg.mvKey_Escape: "Escape",
    dpg.mvKey_Back: "Backspace", dpg.mvKey_Delete: "Delete", dpg.mvKey_Insert: "Insert", dpg.mvKey_Home: "Home",
    dpg.mvKey_End: "End", dpg.mvKey_Down + 1: "PageUp", dpg.mvKey_Down + 2: "PageDown", dpg.mvKey_Left: "Left",
    dpg.mvKey_Right: "Right", dpg.mvKey_Up: "Up", dpg.mvKey_Down: "Down", dpg.mvKey_Add: "Num+",
    dpg.mvKey_Subtract: "Num-", dpg.mvKey_Multiply: "Num*", dpg.mvKey_Divide: "Num/", dpg.mvKey_Decimal: "Num.",
    dpg.mvKey_NumPadEnter: "NumEnter",
}
_CTRL = (dpg.mvKey_LControl, dpg.mvKey_RControl, dpg.mvKey_LWin, dpg.mvKey_RWin)
_SHIFT = (dpg.mvKey_LShift, dpg.mvKey_RShift)
_ALT = (dpg.mvKey_LAlt, dpg.mvKey_RAlt)


def held() -> tuple[bool, bool, bool]:
    """Whether Ctrl (Cmd on a Mac), Shift and Alt are held down now."""
    return any(map(dpg.is_key_down, _ctrl())), any(map(dpg.is_key_down, _SHIFT)), any(map(dpg.is_key_down, _ALT))


def _ctrl() -> tuple[int, ...]:
    return _CTRL if sys.platform == "darwin" else _CTRL[:2]


class Keys:
    """Key presses with what was held down beside them, as their events tell it.

    Dear PyGui's events may come a frame late, when a modifier that was held is let go already. Those of one frame
    come in the order of their numbers, so a modifier may come after the key that it goes with.
    """

    def __init__(self) -> None:
        self._events: list[tuple[bool, int]] = []
        self._down: set[int] = set()

    def press(self, number: int) -> None:
        """A key went down, or is held and comes again."""
        self._events.append((True, number))

    def release(self, number: int) -> None:
        """A key was let go."""
        self._events.append((False, number))

    def take(self) -> Iterator[tuple[bool, int, tuple[bool, bool, bool]]]:
        """Whether it went down, which key, and whether Ctrl, Shift and Alt were held, for each event that came."""
        events, self._events = self._events, []
        for down, burst in groupby(events, key=lambda event: event[0]):
            numbers = [number for _, number in burst]
            if down:
                self._down.update(numbers)
            held = _among(self._down)
            if not down:
                self._down.difference_update(numbers)
            for number in numbers:
                yield down, number, held
        if not events:  # a release that was never told, as when the window lost the keyboard, is noticed here
            self._down = {key for key in self._down if dpg.is_key_down(key)}


def _among(down: Iterable[int]) -> tuple[bool, bool, bool]:
    down = set(down)
    return not down.isdisjoint(_ctrl()), not down.isdisjoint(_SHIFT), not down.isdisjoint(_ALT)
