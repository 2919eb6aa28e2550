"""Small pictures for buttons, drawn here as white shapes on nothing so that a theme can tint them.

A shape is a list of strokes in a square of 24 units: ("line", points), ("fill", points), ("dot", x, y, radius),
("ring", x, y, radius) and ("arc", x, y, radius, from, to), with angles in degrees, clockwise from the right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dearpygui.dearpygui as dpg
import numpy as np
from PIL import Image, ImageDraw

from . import theme, widgets

SIDE = 48  # pixels of a texture, twice what is shown at the usual size of text
_SMOOTH = 4  # drawn so many times larger, and made small

SHAPES: dict[str, list[tuple]] = {
    # of port types
    "type_picture": [("box", 3, 4, 21, 20), ("dot", 8.5, 9, 1.8),
                    ("fill", (5, 18), (11, 11), (14, 14.5), (16, 12), (19, 18))],
    "type_text": [("line", (5, 5), (19, 5)), ("line", (12, 5), (12, 19))],
    "type_words": [("line", (4, 6), (20, 6)), ("line", (4, 12), (16, 12)), ("line", (4, 18), (11, 18)),
                    ("dot", 18, 18, 2.2)],
    "type_score": [("dot", 7.5, 18, 3), ("line", (10, 18), (10, 5), (18, 3.5), (18, 15.5)), ("dot", 15.5, 16, 3)],
    "type_sound": [("line", (3, 11), (3, 13)), ("line", (7.5, 8), (7.5, 16)), ("line", (12, 4), (12, 20)),
                   ("line", (16.5, 8), (16.5, 16)), ("line", (21, 11), (21, 13))],
    "type_video": [("box", 3, 5, 21, 19), ("fill", (10, 8.5), (16, 12), (10, 15.5))],
    "type_mask": [("ring", 12, 12, 8), ("fill", (12, 4), (18, 7), (20, 12), (18, 17), (12, 20))],
    "type_latent": [("box", 4, 4, 20, 20), ("fill", (5, 5), (12, 5), (12, 12), (5, 12)),
                    ("fill", (12, 12), (19, 12), (19, 19), (12, 19))],
    "type_style": [("ring", 12, 12, 8.5), ("dot", 8.5, 9, 1.7), ("dot", 15, 8.5, 1.7), ("dot", 16, 14.5, 1.7)],
    "type_number": [("line", (9, 4), (7, 20)), ("line", (17, 4), (15, 20)), ("line", (4, 9), (20, 9)),
                    ("line", (4, 15), (20, 15))],
    "type_other": [("box", 5, 5, 19, 19), ("dot", 12, 12, 2.4)],
    # of commands
    "run": [("fill", (7, 4), (20, 12), (7, 20))],
    "stop": [("fill", (6, 6), (18, 6), (18, 18), (6, 18))],
    "repeat": [("arc", 12, 12, 7.5, 200, 350), ("arc", 12, 12, 7.5, 20, 170),
               ("fill", (22.5, 7.5), (16.5, 11.5), (22.5, 13)), ("fill", (1.5, 16.5), (7.5, 12.5), (1.5, 11))],
    "undo": [("arc", 12, 14, 6.5, 190, 380), ("fill", (2, 9.5), (9.5, 11), (4, 17))],
    "redo": [("arc", 12, 14, 6.5, 160, 350), ("fill", (22, 9.5), (14.5, 11), (20, 17))],
    "form": [("line", (4, 6), (9, 6)), ("line", (12, 6), (20, 6)), ("line", (4, 12), (9, 12)),
             ("line", (12, 12), (20, 12)), ("line", (4, 18), (9, 18)), ("line", (12, 18), (20, 18))],
    "nodes": [("box", 3, 4, 11, 10), ("box", 13, 14, 21, 20), ("line", (11, 7), (17, 7), (17, 14))],
    "gallery": [("box", 3, 4, 11, 11), ("box", 13, 4, 21, 11), ("box", 3, 13, 11, 20), ("box", 13, 13, 21, 20)],
    "time": [("line", (3, 4), (21, 4)), ("fill", (3, 8), (13, 8), (13, 12), (3, 12)),
             ("fill", (9, 15), (21, 15), (21, 19), (9, 19)), ("line", (15, 4), (15, 21))],
    "branch": [("line", (3, 12), (9, 12), (20, 5)), ("line", (9, 12), (20, 19)), ("dot", 20, 5, 2.2), ("dot", 20, 19, 2.2)],
    "dice": [("box", 4, 4, 20, 20), ("dot", 8.5, 8.5, 1.7), ("dot", 15.5, 8.5, 1.7), ("dot", 12, 12, 1.7),
             ("dot", 8.5, 15.5, 1.7), ("dot", 15.5, 15.5, 1.7)],
    "locked": [("fill", (5, 11), (19, 11), (19, 20), (5, 20)), ("arc", 12, 10, 4.5, 180, 360),
               ("line", (7.5, 10), (7.5, 12)), ("line", (16.5, 10), (16.5, 12))],
    "unlocked": [("box", 5, 11, 19, 20), ("arc", 12, 9, 4.5, 180, 340), ("line", (7.5, 9), (7.5, 11))],
    "reset": [("arc", 12, 12.5, 7, -60, 210), ("fill", (16, 1.5), (15.5, 10.5), (9, 5.5))],
    "unlink": [("arc", 7, 12, 4, 40, 320), ("arc", 17, 12, 4, 220, 500), ("line", (10, 19), (14, 5))],
    "promote": [("line", (4, 12), (15, 12)), ("fill", (13, 6.5), (20, 12), (13, 17.5)), ("line", (4, 5), (4, 19))],
    "file": [("line", (3, 6), (3, 19), (21, 19), (21, 8), (12, 8), (10, 5), (3, 5), (3, 8))],
    "panel": [("box", 3, 4, 21, 20), ("line", (15, 4), (15, 20)), ("line", (17, 8), (19, 8)), ("line", (17, 12), (19, 12))],
    "bell": [("line", (6, 17), (6, 11), (8, 7), (12, 5.5), (16, 7), (18, 11), (18, 17)), ("line", (4, 17), (20, 17)),
             ("dot", 12, 20.3, 1.6)],
    "save": [("line", (12, 3), (12, 14)), ("fill", (6.5, 11.5), (12, 17), (17.5, 11.5)), ("line", (4, 20), (20, 20))],
    "copy": [("box", 4, 8, 15, 20), ("line", (9, 4), (20, 4), (20, 15))],
    "add": [("line", (12, 5), (12, 19)), ("line", (5, 12), (19, 12))],
    "remove": [("line", (6, 6), (18, 18)), ("line", (18, 6), (6, 18))],
    "up": [("line", (5, 14), (12, 7), (19, 14))],
    "down": [("line", (5, 10), (12, 17), (19, 10))],
    "folder": [("fill", (3, 5), (10, 5), (12, 8), (21, 8), (21, 19), (3, 19))],
    "paper": [("line", (6, 3), (14, 3), (18, 7), (18, 21), (6, 21), (6, 3))],
    "picture": [("box", 3, 5, 21, 19), ("fill", (5, 17), (10, 11), (13, 14), (16, 11), (19, 17)),
                ("dot", 15.5, 8.7, 1.5)],
    "warning": [("line", (12, 4), (21, 20), (3, 20), (12, 4)), ("line", (12, 10), (12, 14.5)), ("dot", 12, 17.2, 1.2)],
    "error": [("ring", 12, 12, 8.5), ("line", (12, 7), (12, 13)), ("dot", 12, 16.4, 1.3)],
    "good": [("line", (5, 12.5), (10, 17.5), (19.5, 7))],
    "search": [("ring", 10.5, 10.5, 6), ("line", (15, 15), (20.5, 20.5))],
    "fit": [("line", (3, 8), (3, 3), (8, 3)), ("line", (16, 3), (21, 3), (21, 8)), ("box", 8, 8, 16, 16),
            ("line", (21, 16), (21, 21), (16, 21)), ("line", (8, 21), (3, 21), (3, 16))],
    "mute": [("ring", 12, 12, 8.5), ("line", (6, 18), (18, 6))],
    "bypass": [("line", (2, 12), (7, 12)), ("arc", 12, 12, 5, 180, 360), ("line", (17, 12), (22, 12)),
               ("dot", 12, 16, 2)],
    "compare": [("box", 3, 4, 10, 20), ("box", 14, 4, 21, 20)],
    "each": [("box", 3, 8, 14, 19), ("line", (7, 5), (17, 5), (17, 15)), ("line", (11, 2), (20, 2), (20, 11))],
    "align_left": [("line", (4, 3), (4, 21)), ("fill", (7, 6), (20, 6), (20, 10), (7, 10)),
                   ("fill", (7, 14), (15, 14), (15, 18), (7, 18))],
    "align_right": [("line", (20, 3), (20, 21)), ("fill", (4, 6), (17, 6), (17, 10), (4, 10)),
                    ("fill", (9, 14), (17, 14), (17, 18), (9, 18))],
    "align_top": [("line", (3, 4), (21, 4)), ("fill", (6, 7), (10, 7), (10, 20), (6, 20)),
                  ("fill", (14, 7), (18, 7), (18, 15), (14, 15))],
    "align_bottom": [("line", (3, 20), (21, 20)), ("fill", (6, 4), (10, 4), (10, 17), (6, 17)),
                     ("fill", (14, 9), (18, 9), (18, 17), (14, 17))],
    "align_center_x": [("line", (12, 3), (12, 21)), ("fill", (4, 6), (20, 6), (20, 10), (4, 10)),
                       ("fill", (7, 14), (17, 14), (17, 18), (7, 18))],
    "align_center_y": [("line", (3, 12), (21, 12)), ("fill", (6, 4), (10, 4), (10, 20), (6, 20)),
                       ("fill", (14, 7), (18, 7), (18, 17), (14, 17))],
    "distribute_x": [("line", (3, 3), (3, 21)), ("line", (21, 3), (21, 21)),
                     ("fill", (9, 7), (15, 7), (15, 17), (9, 17))],
    "distribute_y": [("line", (3, 3), (21, 3)), ("line", (3, 21), (21, 21)),
                     ("fill", (7, 9), (17, 9), (17, 15), (7, 15))],
}


def picture(name: str, width: float = 2.0) -> np.ndarray:
    """One icon: uint8 (48, 48, 4), white, its shape in the fourth channel. width: of lines, in units."""
    side = SIDE * _SMOOTH
    unit = side / 24
    alpha = Image.new("L", (side, side))
    pen = ImageDraw.Draw(alpha)
    for kind, *told in SHAPES[name]:
        _STROKES[kind](pen, told, unit, round(width * unit))
    small = np.asarray(alpha.resize((SIDE, SIDE), Image.Resampling.BOX))
    return np.dstack([np.full((SIDE, SIDE, 3), 255, np.uint8), small])


def _line(pen: ImageDraw.ImageDraw, points: list, unit: float, width: int) -> None:
    scaled = [(x * unit, y * unit) for x, y in points]
    pen.line(scaled, 255, width, joint="curve")
    for x, y in scaled:
        _round(pen, x, y, width / 2)


def _fill(pen: ImageDraw.ImageDraw, points: list, unit: float, width: int) -> None:
    pen.polygon([(x * unit, y * unit) for x, y in points], 255)


def _box(pen: ImageDraw.ImageDraw, told: list, unit: float, width: int) -> None:
    pen.rounded_rectangle([v * unit for v in told], 2 * unit, outline=255, width=width)


def _dot(pen: ImageDraw.ImageDraw, told: list, unit: float, width: int) -> None:
    _round(pen, *(v * unit for v in told))


def _ring(pen: ImageDraw.ImageDraw, told: list, unit: float, width: int) -> None:
    _arc(pen, [*told, 0, 360], unit, width)


def _arc(pen: ImageDraw.ImageDraw, told: list, unit: float, width: int) -> None:
    x, y, radius, start, end = told
    outer = radius * unit + width / 2
    pen.arc([x * unit - outer, y * unit - outer, x * unit + outer, y * unit + outer], start, end, 255, width)


def _round(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    pen.ellipse([x - radius, y - radius, x + radius, y + radius], 255)


_STROKES: dict[str, Callable] = {"line": _line, "fill": _fill, "box": _box, "dot": _dot, "ring": _ring, "arc": _arc}


class Icons:
    """The icons as textures, and buttons that show them."""

    def __init__(self) -> None:
        self._registry = dpg.add_texture_registry()
        self._textures: dict[str, tuple[int | str, np.ndarray]] = {}

    def texture(self, name: str) -> int | str:
        """The texture of an icon; made when it is first asked for."""
        if name not in self._textures:
            floats = np.ascontiguousarray(picture(name), dtype=np.float32) / np.float32(255)
            made = dpg.add_raw_texture(SIDE, SIDE, floats, format=dpg.mvFormat_Float_rgba, parent=self._registry)
            self._textures[name] = made, floats  # Dear PyGui reads the array whenever it draws
        return self._textures[name][0]

    def button(self, name: str, call: Callable[[], Any], *, tooltip: str = "", size: float = 16,
               look: str = "flat", enabled: bool = True, small: bool = False, **more: Any) -> int | str:
        """A flat button with an icon. look: see `look`; small: with hardly any room around it."""
        side = widgets.px(size)
        made = dpg.add_image_button(self.texture(name), width=side, height=side, **more,
                                    callback=(lambda: call()) if enabled else None)
        self.look(made, look if enabled else "off")
        if small:
            dpg.bind_item_theme(made, theme.look("small"))
        widgets.tip(made, tooltip)
        return made

    def image(self, name: str, role: str = "dim", size: float = 16, **more: Any) -> int | str:
        """An icon that is no button."""
        side = widgets.px(size)
        return dpg.add_image(self.texture(name), width=side, height=side, tint_color=theme.color(role), **more)

    @staticmethod
    def look(button: int | str, name: str) -> None:
        """Make a button look "flat", "quiet", "on", "off" (not to be pressed), "go" or "halt"."""
        tint = {"flat": "dim", "on": "accent", "off": "scroll", "go": "success", "halt": "error",
                "quiet": "faint"}[name]
        dpg.configure_item(button, tint_color=theme.color(tint))
        dpg.bind_item_theme(button, theme.look("selected" if name == "on" else "flat"))

    def close(self) -> None:
        """Let go of the textures."""
        self._textures.clear()
        dpg.delete_item(self._registry)
