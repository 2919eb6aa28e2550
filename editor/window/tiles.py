"""Draws what a box shows of results: the slot in a node, the card of an output, and the tile that a node is from afar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dearpygui.dearpygui as dpg

from ..canvas.box import SMALL_SIZE, SMALL_TEXT, Box
from ..canvas.lettering import elided, wrapped
from ..words.speak import t
from . import fonts, theme
from .theme import color, faded, of_type

if TYPE_CHECKING:
    from .pen import Pen

TILE_NAME, TILE_TEXT = 13.0, 11.0  # pixels, whatever the scale
KINDS = {"Text": "type_text", "Image": "type_picture", "Mask": "type_mask", "Latent": "type_latent",
         "Score": "type_score", "Audio": "type_sound", "Video": "type_video", "Style": "type_style",
         "Palette": "type_style", "Conditioning": "type_words", "Int": "type_number", "Float": "type_number",
         "Seed": "type_number", "Bool": "type_number"}


def icon_of(kind: str) -> str:
    """The icon of a PortType, by its name."""
    return KINDS.get(kind, "type_other")


def slot(paint: Pen, box: Box) -> None:
    """The room for results: with a faint sign of what comes there until something does."""
    room = box.slot
    if room is None:
        return
    paint.frame(room.x, room.y, room.width, room.height, (0, 0, 0, 0), color("well"), 4)
    if box.lines:
        paint.frame(room.x, room.y, room.width, room.height, (0, 0, 0, 0), faded(color("error"), 0.16), 4)
        for at, line in enumerate(box.lines if paint.zoom >= SMALL_TEXT else ()):
            paint.text(room.x + 6, room.y + 12 + at * 15, line, SMALL_SIZE, color("error"))
    elif not box.pictures:
        side = min(40.0, room.height * 0.45)
        names = [type.name for _, type in room.ports] or [box.kind]
        words = paint.zoom >= 0.6 and room.height > 60
        wide = room.width / len(names)
        for at, name in enumerate(names):
            paint.icon(icon_of(name), room.x + wide * (at + 0.5) - side / 2,
                       room.y + (room.height - side) / 2 - (8 if words else 0), side, faded(color("dim"), 0.35))
        if words:
            told = t("slot.empty")
            paint.text(room.x + (room.width - fonts.measure(told, SMALL_SIZE)) / 2,
                       room.y + room.height / 2 + side / 2 + 4, told, SMALL_SIZE, faded(color("dim"), 0.6))


def buttons(paint: Pen, box: Box) -> None:
    """The signs on a card."""
    if paint.zoom < SMALL_TEXT:
        return
    for button in box.buttons:
        icon = {"play": "run", "large": "fit"}.get(button.name, button.name)
        paint.icon(icon, button.x + 2, button.y + 2, button.side - 4, color("success" if button.name == "play" else "dim"))


def tile(paint: Pen, box: Box, role: str = "") -> None:
    """A node or a card from afar: what it is, its name, and what it gave, as large as there is room; how many there are in
    the colour of a role, of a node that runs more than once."""
    z = paint.zoom
    own = theme.rgba(box.color) if box.color else color("node_title")
    strip = min(box.height * 0.5, (TILE_NAME + 6) / z)
    paint.frame(0, 0, box.width, box.height, color("outline"), color("node"), 4)
    paint.frame(0, 0, box.width, strip, (0, 0, 0, 0), own, 4)
    kind = next((pin.type for pin in box.pins if pin.gives), box.pins[0].type if box.pins else None)
    shade = of_type(kind.color) if kind is not None else color("dim")
    dpg.draw_rectangle((1, round((strip - 2 / z) * z)), (round(box.width * z) - 1, round(strip * z)), color=(0, 0, 0, 0),
                       fill=faded(shade, 0.8), parent=paint.node)
    side, size = min(strip, (TILE_NAME + 2) / z), TILE_NAME / z
    left = 3 / z
    if box.width * z >= 56:
        paint.icon(icon_of(box.kind), left, (strip - side) / 2, side, shade)
        left += side + 3 / z
    right = box.width - 2 / z
    if box.construct is not None and box.construct.times and box.width * z >= 72:
        count, small = box.construct.times.rsplit("= ", 1)[-1], TILE_TEXT / z
        wide = fonts.measure(count, small, True) + 6 / z
        right -= wide
        paint.frame(right, (strip - small) / 2 - 2 / z, wide, small + 4 / z, (0, 0, 0, 0), color(role), 5 / z)
        paint.text(right + 3 / z, strip / 2, count, small, theme.text_on(color(role)), bold=True)
    words = elided(box.title, size, right - left, fonts.measure, bold=True)
    paint.text(left, strip / 2, words, size, theme.text_on(own) if box.color else color("text"), bold=True)
    _filling(paint, box, strip)
    paint.frame(0, 0, box.width, box.height, color("outline"), (0, 0, 0, 0), 4)


def _filling(paint: Pen, box: Box, top: float) -> None:
    """What fills a tile below its name: the picture, else the words, else a sign of the type."""
    z, gap = paint.zoom, 3 / paint.zoom
    width, height = box.width - 2 * gap, box.height - top - 2 * gap
    if height * z < 10:
        return
    shown = next((one for one in box.pictures if one.thumbnail.picture is not None), None)
    if shown is not None:
        high, wide = shown.thumbnail.picture.shape[:2]
        scale = min(width / wide, height / high)
        wide, high = wide * scale, high * scale
        paint.image(box, shown, gap + (width - wide) / 2, top + gap + (height - high) / 2, wide, high)
    elif box.pictures and box.pictures[0].thumbnail.text:
        size = TILE_TEXT / z
        lines = wrapped(box.pictures[0].thumbnail.text, size, width - gap, fonts.measure, max(1, int(height / (size * 1.25))))
        for at, line in enumerate(lines):
            paint.text(2 * gap, top + gap + size * 1.25 * (at + 0.5), line, size, color("dim"))
    elif box.width * z >= 24:
        side = min(width, height, 40 / z) * 0.7
        paint.icon(icon_of(box.kind), gap + (width - side) / 2, top + gap + (height - side) / 2, side,
                   faded(color("dim"), 0.35))


def is_tile(zoom: float, box: Box) -> bool:
    """Whether a box is drawn as a tile at a scale."""
    return zoom < SMALL_TEXT and (box.item.kind == "node" and not box.collapsed or box.slot is not None)

