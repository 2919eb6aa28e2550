"""What everything looks like: the colours of the dark and the light theme by their role, and the looks of widgets.

`color` gives RGBA from 0 to 255 for the theme in use. Text in "text" and "dim" stands at 4.5 : 1 or better on every
ground it is put on (WCAG AA); a test holds both themes to that.
"""

from __future__ import annotations

from functools import lru_cache

import dearpygui.dearpygui as dpg

from . import fonts

RGBA = tuple[int, int, int, int]

_ROLES: dict[str, tuple[str, str]] = {  # role: (dark, light), as #rrggbb or #rrggbbaa
    # panels
    "window": ("#191b1f", "#e4e6ea"),
    "panel": ("#212429", "#f5f6f8"),
    "raised": ("#2a2e34", "#ffffff"),
    "field": ("#15171a", "#ffffff"),
    "button": ("#343941", "#e2e5ea"),
    "hover": ("#414752", "#d5dae1"),
    "active": ("#4d5461", "#c6cdd7"),
    "border": ("#3a3f48", "#c4cad2"),
    "separator": ("#31353c", "#d6dae0"),
    "scroll": ("#3f4550", "#b9c0ca"),
    "ring": ("#5aa2f7aa", "#1a66c9aa"),
    # text
    "text": ("#e7e9ec", "#1b1f24"),
    "dim": ("#b0b7c1", "#545c68"),
    "faint": ("#8b929d", "#6b7480"),
    "accent": ("#5aa2f7", "#1a66c9"),
    "on_accent": ("#0c1622", "#ffffff"),
    "error": ("#ff7b72", "#b3261e"),
    "warning": ("#e9b04f", "#875300"),
    "success": ("#6cc785", "#1a7a37"),
    "info": ("#5aa2f7", "#1a66c9"),
    # the canvas
    "canvas": ("#1a1c20", "#e9ecf0"),
    "grid": ("#22252a", "#dfe3e8"),
    "grid_strong": ("#292d33", "#d3d8df"),
    "node": ("#2b2f36", "#ffffff"),
    "node_title": ("#383e47", "#eceff3"),
    "input": ("#26303a", "#f4f8fd"),
    "output": ("#2f2c38", "#f9f6fd"),
    "outline": ("#101114", "#b4bbc5"),
    "hovered": ("#6f7885", "#7f8996"),
    "selected": ("#ffffff", "#101317"),  # no colour of a type, so that nothing selected looks like a picture's
    "shadow": ("#00000055", "#1b1f2418"),
    "value": ("#1d2025", "#f1f3f6"),
    "well": ("#17191d", "#f1f3f6"),
    "note": ("#3d3a26", "#fff6cf"),
    "note_text": ("#e9e3c0", "#4a4213"),
    "frame": ("#4a6078", "#8fa7c2"),
    "pin_edge": ("#121316", "#ffffff"),
    "loose": ("#e7e9ec", "#1b1f24"),
    "band": ("#ffffff", "#101317"),
    "knife": ("#ff7b72", "#b3261e"),
    "snap": ("#59c2c9", "#0a7f88"),
    "minimap": ("#14161aee", "#f7f8faee"),
    "tooltip": ("#0f1114f2", "#23272df2"),
    "tooltip_text": ("#e7e9ec", "#f2f4f6"),
    "tooltip_dim": ("#a9b0ba", "#b4bbc5"),
    "tooltip_error": ("#ff9a93", "#ffb4ae"),
    # how nodes are doing
    "waiting": ("#7d8590", "#7d8692"),
    "running": ("#c8f04a", "#566b00"),
    "ran": ("#6cc785", "#1a7a37"),
    "cached": ("#4fbdb5", "#0b766f"),
    "failed": ("#ff7b72", "#b3261e"),
    "skipped": ("#7d8590", "#7d8692"),
    "stale": ("#e9b04f", "#875300"),
    "clear": ("#00000000", "#00000000"),
}
THEMES = ("dark", "light")
_current = 0
_looks: dict[tuple[str, int], int | str] = {}


@lru_cache(maxsize=4096)
def rgba(text: str) -> RGBA:
    """The colour that #rrggbb or #rrggbbaa means."""
    parts = [int(text[at:at + 2], 16) for at in range(1, len(text), 2)]
    return (parts[0], parts[1], parts[2], parts[3] if len(parts) > 3 else 255)


def color(role: str) -> RGBA:
    """The colour of a role in the theme in use."""
    return rgba(_ROLES[role][_current])


def current() -> str:
    """The theme in use: "dark" or "light"."""
    return THEMES[_current]


def mixed(one: RGBA, other: RGBA, part: float) -> RGBA:
    """A colour between two: part 0 gives one, 1 the other."""
    return tuple(round(a + (b - a) * part) for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def faded(one: RGBA, part: float) -> RGBA:
    """A colour with this part of its opacity."""
    return (*one[:3], round(one[3] * part))


@lru_cache(maxsize=4096)
def _on_canvas(text: str, theme: int) -> RGBA:
    return rgba(text) if theme == 0 else mixed(rgba(text), (0, 0, 0, 255), 0.28)


def of_type(text: str) -> RGBA:
    """The colour of a PortType as it is drawn on the canvas; darker on a light ground."""
    return _on_canvas(text, _current)


def luminance(one: RGBA) -> float:
    """Relative luminance, 0 to 1 (WCAG 2)."""
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in one[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: RGBA, other: RGBA) -> float:
    """How far two colours stand apart, 1 to 21 (WCAG 2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_on(ground: RGBA) -> RGBA:
    """Black or white, whichever reads better on a ground."""
    dark, light = (16, 18, 22, 255), (255, 255, 255, 255)
    return dark if contrast(dark, ground) >= contrast(light, ground) else light


# ---- Dear PyGui ---------------------------------------------------------------------------------------------------

def font(name: str) -> int | str:
    """A loaded font by name: "regular" or "bold" (see fonts.load)."""
    return fonts.font(name)


def use(name: str, scale: float = 1.0) -> None:
    """Give all widgets the colours of a theme. scale: of paddings and roundings, with the size of the text."""
    global _current
    _current = THEMES.index(name)
    for item in _looks.values():
        dpg.delete_item(item)
    _looks.clear()
    dpg.bind_theme(_made("", scale))


def forget() -> None:
    """After `dpg.destroy_context`: nothing is made or loaded any more."""
    _looks.clear()
    fonts.forget()


def look(name: str) -> int | str:
    """The theme item of one kind of widget in the theme in use: "primary", "flat", "disabled", "danger",
    "selected" (a flat button that is on); and of areas: "main", "strip" (a bar of tools), "bare" (no padding) ..."""
    return _made(name, 1.0)


def _made(name: str, scale: float) -> int | str:
    key = (name, _current)
    if key not in _looks:
        with dpg.theme() as made, dpg.theme_component(dpg.mvAll):
            for target, role in (_WIDGETS if name == "" else _LOOKS[name]).items():
                dpg.add_theme_color(getattr(dpg, f"mvThemeCol_{target}"), color(role), category=dpg.mvThemeCat_Core)
            for target, size in (_STYLES if name == "" else _LOOK_STYLES.get(name, {})).items():
                dpg.add_theme_style(getattr(dpg, f"mvStyleVar_{target}"), *(round(s * scale) if s >= 1 else s for s in size),
                                    category=dpg.mvThemeCat_Core)
        _looks[key] = made
    return _looks[key]


_WIDGETS = {
    "Text": "text", "TextDisabled": "faint", "WindowBg": "panel", "ChildBg": "panel", "PopupBg": "raised",
    "Border": "border", "BorderShadow": "clear", "FrameBg": "field", "FrameBgHovered": "hover",
    "FrameBgActive": "active", "TitleBg": "window", "TitleBgActive": "window", "TitleBgCollapsed": "window",
    "MenuBarBg": "window", "ScrollbarBg": "clear", "ScrollbarGrab": "scroll", "ScrollbarGrabHovered": "faint",
    "ScrollbarGrabActive": "dim", "CheckMark": "accent", "SliderGrab": "accent", "SliderGrabActive": "accent",
    "Button": "button", "ButtonHovered": "hover", "ButtonActive": "active", "Header": "button",
    "HeaderHovered": "hover", "HeaderActive": "active", "Separator": "separator", "SeparatorHovered": "accent",
    "SeparatorActive": "accent", "ResizeGrip": "scroll", "ResizeGripHovered": "accent", "ResizeGripActive": "accent",
    "Tab": "window", "TabHovered": "hover", "TabActive": "raised", "TabUnfocused": "window",
    "TabUnfocusedActive": "raised", "TableHeaderBg": "raised", "TableBorderStrong": "border",
    "TableBorderLight": "separator", "TextSelectedBg": "active", "DragDropTarget": "selected",
    "NavHighlight": "accent", "PlotHistogram": "accent", "ModalWindowDimBg": "shadow",
}
_STYLES = {
    "WindowPadding": (10, 10), "FramePadding": (8, 5), "ItemSpacing": (8, 6), "ItemInnerSpacing": (6, 4),
    "CellPadding": (6, 4), "FrameRounding": (5,), "ChildRounding": (6,), "WindowRounding": (8,), "PopupRounding": (6,),
    "GrabRounding": (4,), "TabRounding": (5,), "ScrollbarRounding": (6,), "ScrollbarSize": (12,), "GrabMinSize": (10,),
    "WindowBorderSize": (1,), "ChildBorderSize": (0,), "PopupBorderSize": (1,), "FrameBorderSize": (1,),
    "IndentSpacing": (16,),
}
_LOOKS = {
    "primary": {"Button": "accent", "ButtonHovered": "info", "ButtonActive": "info", "Text": "on_accent"},
    "danger": {"Button": "error", "ButtonHovered": "failed", "ButtonActive": "failed", "Text": "on_accent"},
    "flat": {"Button": "clear", "ButtonHovered": "hover", "ButtonActive": "active", "Border": "clear"},
    "selected": {"Button": "active", "ButtonHovered": "hover", "ButtonActive": "active", "Border": "clear"},
    "disabled": {"Button": "panel", "ButtonHovered": "panel", "ButtonActive": "panel", "Text": "faint"},
    "bare": {"ChildBg": "canvas", "WindowBg": "canvas"},
    "main": {"WindowBg": "window", "ChildBg": "panel"},
    "strip": {"ChildBg": "window", "WindowBg": "window", "Button": "clear", "Border": "clear"},
    "banner": {"ChildBg": "raised", "Border": "border"},
    "grabbed": {"ChildBg": "accent"},
    "raised": {"ChildBg": "raised", "Header": "active"},
    "card": {"ChildBg": "panel", "Border": "border"},
    "chosen": {"ChildBg": "button", "Border": "accent"},
    "popup": {"WindowBg": "panel", "Header": "active"},
    "tight": {},
    "chip": {"Button": "raised", "Border": "accent", "Text": "accent"},
    "inner": {},
    "menu": {"PopupBg": "raised"},
    "start": {"ChildBg": "canvas"},
    "words": {},
    "card_picture": {"Button": "border", "ButtonHovered": "accent", "ButtonActive": "accent", "Border": "clear"},
    "line": {"Button": "clear", "ButtonHovered": "hover", "ButtonActive": "active", "Border": "clear"},
    "small": {"Button": "clear", "ButtonHovered": "hover", "ButtonActive": "active", "Border": "clear"},
    "label": {"Button": "clear", "ButtonHovered": "clear", "ButtonActive": "clear", "Border": "clear", "Text": "dim"},
    "label_missing": {"Button": "clear", "ButtonHovered": "clear", "ButtonActive": "clear", "Border": "clear", "Text": "error"},
    "run": {"Button": "success", "ButtonHovered": "ran", "ButtonActive": "ran", "Text": "on_accent", "Border": "clear"},
    "stop": {"Button": "active", "ButtonHovered": "hover", "ButtonActive": "hover", "Text": "error", "Border": "clear"},
    "tab": {"Button": "clear", "ButtonHovered": "hover", "ButtonActive": "active", "Border": "clear", "Text": "dim"},
    "tab_on": {"Button": "active", "ButtonHovered": "active", "ButtonActive": "active", "Border": "clear"},
    "search": {"FrameBg": "clear", "FrameBgHovered": "clear", "FrameBgActive": "clear", "Border": "clear"},
    "picture": {"Button": "clear", "ButtonHovered": "hover", "ButtonActive": "active", "Border": "clear"},
}
_LOOK_STYLES = {
    "main": {"WindowPadding": (0, 0), "WindowBorderSize": (0,)},
    "strip": {"WindowPadding": (8, 4), "FrameBorderSize": (0,)},
    "bare": {"WindowPadding": (0, 0), "ChildBorderSize": (0,), "ItemSpacing": (0, 0)},
    "raised": {"WindowPadding": (8, 8)},
    "banner": {"WindowPadding": (10, 5), "ChildBorderSize": (1,)},
    "card": {"ChildBorderSize": (1,), "WindowPadding": (8, 8)},
    "chosen": {"ChildBorderSize": (1,), "WindowPadding": (8, 8)},
    "popup": {"WindowPadding": (8, 8)},
    "menu": {"WindowPadding": (8, 8), "ItemSpacing": (10, 9), "FramePadding": (8, 5)},
    "tight": {"CellPadding": (0, 0)},
    "inner": {"WindowPadding": (10, 10)},
    "words": {"FramePadding": (0, 0)},
    "card_picture": {"FramePadding": (2, 2), "FrameBorderSize": (0,)},
    "line": {"FramePadding": (2, 1), "FrameBorderSize": (0,), "ButtonTextAlign": (0, 0.5)},
    "start": {"WindowPadding": (28, 16)},
    "small": {"FramePadding": (2, 5), "FrameBorderSize": (0,)},
    "label": {"FramePadding": (0, 5), "FrameBorderSize": (0,), "ButtonTextAlign": (0, 0.5)},
    "label_missing": {"FramePadding": (0, 5), "FrameBorderSize": (0,), "ButtonTextAlign": (0, 0.5)},
    "search": {"FramePadding": (0, 5), "FrameBorderSize": (0,)},
    "picture": {"FramePadding": (0, 0), "FrameBorderSize": (0,)},
}
