"""Draws how often a node runs: a band below its title, and cards behind it where that is more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..canvas.box import BAND, PAD, SMALL_SIZE, SMALL_TEXT, TEXT_SIZE, TITLE, Box
from ..canvas.constructs import Construct
from ..canvas.lettering import elided
from . import fonts, theme
from .theme import color, faded, mixed

if TYPE_CHECKING:
    from .pen import Pen

ROLES = {"loop": "warning", "product": "info", "map": "cached", "switch": "loose", "pick": "loose"}
SIGNS = {"loop": "repeat", "product": "gallery", "map": "each", "switch": "branch", "pick": "good"}
NONE = (0, 0, 0, 0)
ROUND = 6.0


def cards(paint: Pen, box: Box, construct: Construct) -> None:
    """The frame around a node that runs more than once, or chooses; cards behind it, where it runs more than once."""
    shade = color(ROLES[construct.kind])
    if construct.stacked:
        for away in (12.0, 6.0):
            paint.frame(away, away, box.width, box.height, faded(shade, 0.8), mixed(color("node"), shade, 0.22), ROUND)
    paint.frame(-3, -3, box.width + 6, box.height + 6, shade, NONE, ROUND + 2, max(1.0, 1.6 * paint.zoom))


def band(paint: Pen, box: Box, construct: Construct) -> None:
    """How often, for what, and how many: below the title."""
    shade, middle = color(ROLES[construct.kind]), TITLE + BAND / 2
    paint.frame(1, TITLE + 1, box.width - 2, BAND - 1, NONE, mixed(color("node"), shade, 0.24), 0)
    if paint.zoom < SMALL_TEXT:
        return
    paint.icon(SIGNS[construct.kind], PAD - 3, middle - 8, 16, shade)
    wide = fonts.measure(construct.times, SMALL_SIZE, True) + 12 if construct.times else 0.0
    room = box.width - PAD - 18 - PAD - (wide + 6 if wide else 0)
    words = elided(construct.words, TEXT_SIZE, room, fonts.measure, bold=True)
    paint.text(PAD + 18, middle, words, TEXT_SIZE, color("text"), bold=True)
    if wide:
        paint.frame(box.width - PAD + 4 - wide, middle - 9, wide, 18, NONE, shade, 9)
        paint.text(box.width - PAD + 10 - wide, middle, construct.times, SMALL_SIZE, theme.text_on(shade), bold=True)
