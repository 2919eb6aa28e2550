"""Keys as Dear PyGui numbers them, by the names that shortcuts.yaml uses."""

from __future__ import annotations

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
    ctrl = _CTRL if dpg.get_platform() == dpg.mvPlatform_Apple else _CTRL[:2]
    return any(map(dpg.is_key_down, ctrl)), any(map(dpg.is_key_down, _SHIFT)), any(map(dpg.is_key_down, _ALT))
