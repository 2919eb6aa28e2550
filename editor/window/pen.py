"""Draws the simple things that all on the canvas is made of."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from ..canvas.box import Box, Picture, Pin, PinAt
from . import fonts
from .icons import Icons
from .textures import Textures
from .theme import RGBA, color, faded, mixed, of_type

PINS = 0.3  # the scale below which pins are not drawn
NONE: RGBA = (0, 0, 0, 0)


class Pen:
    """Draws rectangles, texts, pictures and pins at a scale into a draw node. Lengths are in canvas units."""

    def __init__(self, node: int | str, zoom: float, textures: Textures | None = None, budget: list[int] | None = None,
                 icons: Icons | None = None):
        self.node, self.zoom, self.textures, self.budget, self.icons = node, zoom, textures, budget, icons

    def frame(self, x: float, y: float, width: float, height: float, line: RGBA, fill: RGBA, rounding: float,
              thickness: float = 1.0) -> None:
        z = self.zoom
        dpg.draw_rectangle((round(x * z), round(y * z)), (round((x + width) * z), round((y + height) * z)), color=line,
                           fill=fill if fill[3] else (0, 0, 0, 0), rounding=rounding * z if z >= PINS else 0,
                           thickness=thickness, parent=self.node)

    def text(self, x: float, y: float, words: str, size: float, shade: RGBA, bold: bool = False) -> None:
        """A line of text, its middle at a height."""
        if not words:
            return
        z = self.zoom
        corner = (round(x * z), round((y - size / 2) * z))
        drawn = dpg.draw_text(corner, words, size=size * z, color=shade, parent=self.node)
        if bold and fonts.is_bold(words):
            dpg.bind_item_font(drawn, fonts.font("bold"))

    def text_to(self, right: float, y: float, words: str, size: float, shade: RGBA) -> None:
        """A line of text that ends at a place."""
        self.text(right - fonts.measure(words, size), y, words, size, shade)

    def icon(self, name: str, x: float, y: float, side: float, shade: RGBA) -> None:
        """A small picture, tinted."""
        if self.icons is not None:
            z = self.zoom
            dpg.draw_image(self.icons.texture(name), (round(x * z), round(y * z)),
                           (round((x + side) * z), round((y + side) * z)), color=shade, parent=self.node)

    def image(self, box: Box, shown: Picture, x: float, y: float, width: float, height: float) -> None:
        """The picture of a result in a rectangle."""
        z = self.zoom
        made = self.textures.get(box.item, shown.port, shown.thumbnail.picture, self.budget) \
            if self.textures is not None else None
        if made is not None:
            dpg.draw_image(made, (round(x * z), round(y * z)), (round((x + width) * z), round((y + height) * z)),
                           parent=self.node)

    def pin(self, x: float, y: float, pin: Pin, faint: bool = False) -> None:
        """The sign of a pin: its shape and colour say what may be linked there."""
        z, shade = self.zoom, of_type(pin.type.color)
        if faint:
            shade = mixed(shade, color("node"), 0.6)
        x, y = round(x * z), round(y * z)
        edge, fill, size = color("pin_edge"), shade, 5.0 * z
        if pin.tone == "missing":
            edge, fill = color("error"), color("node")
        elif pin.shape == "slot":
            edge, fill = shade, color("node")
        if pin.shape == "square":
            dpg.draw_rectangle((x - size, y - size), (x + size, y + size), color=edge, fill=fill, rounding=1.5 * z,
                               thickness=max(1.0, 1.4 * z), parent=self.node)
        elif pin.shape == "diamond":
            reach = size * 1.25
            dpg.draw_quad((x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y), color=edge, fill=fill,
                          thickness=max(1.0, 1.4 * z), parent=self.node)
        else:
            dpg.draw_circle((x, y), size, color=edge, fill=fill, thickness=max(1.0, 1.4 * z), parent=self.node)

    def ring(self, at: PinAt, shade: RGBA) -> None:
        """A pin lit up."""
        z = self.zoom
        dpg.draw_circle((round(at.x * z), round(at.y * z)), 9 * max(z, 0.5), color=shade, fill=faded(shade, 0.25),
                        thickness=max(1.0, 1.6 * z), parent=self.node)
        self.pin(at.x, at.y, at.pin)

    def veil(self, at: PinAt) -> None:
        """A pin that steps back."""
        z = self.zoom
        dpg.draw_circle((round(at.x * z), round(at.y * z)), 6.5 * z, color=NONE, fill=faded(color("node"), 0.8),
                        parent=self.node)
