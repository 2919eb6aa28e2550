"""The colours of a card, taken from a palette so that everything on it can be read."""

from __future__ import annotations

from dataclasses import dataclass

from ..media.types import Palette

Rgb = tuple[int, int, int]

READABLE = 4.5  # WCAG 2.1, success criterion 1.4.3, for small text
COMFORTABLE = 7.0  # 1.4.6
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class Theme:
    """paper: the card. mat: around the picture. ink: the words. faint: small print. accent: ornaments only."""

    paper: Rgb
    mat: Rgb
    ink: Rgb
    faint: Rgb
    accent: Rgb


def theme_of(palette: Palette) -> Theme:
    """A light card for most pictures, a dark one for pictures of the night."""
    colors = [rgb(color) for color in palette.colors]
    total = sum(palette.weights) or 1
    light = sum(luminance(color) * weight for color, weight in zip(colors, palette.weights)) / total
    darkest, lightest = min(colors, key=luminance), max(colors, key=luminance)
    vivid = max(colors, key=lambda color: max(color) - min(color))
    if light < 0.08:
        paper = mixed(darkest, BLACK, 0.55)
        while luminance(paper) > 0.03:
            paper = mixed(paper, BLACK, 0.2)
        return Theme(paper, mixed(paper, WHITE, 0.09), readable(lightest, paper, COMFORTABLE),
                     readable(mixed(lightest, paper, 0.35), paper, READABLE), vivid)
    paper = mixed(WHITE, colors[0], 0.07)
    return Theme(paper, mixed(WHITE, paper, 0.25), readable(darkest, paper, COMFORTABLE),
                 readable(mixed(darkest, paper, 0.35), paper, READABLE), vivid)


def rgb(color: str) -> Rgb:
    """The bytes of "#rrggbb"; an alpha behind them does not count."""
    red, green, blue = bytes.fromhex(color[1:7])
    return red, green, blue


def mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    """One colour with a share, 0..1, of the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other))
    return red, green, blue


def luminance(color: Rgb) -> float:
    """Relative luminance, 0..1 (WCAG 2.1)."""
    light = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in color)]
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio, 1..21 (WCAG 2.1)."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def readable(color: Rgb, paper: Rgb, ratio: float) -> Rgb:
    """The colour, moved towards black or white until its contrast with the paper reaches the ratio."""
    end = BLACK if luminance(paper) > 0.18 else WHITE
    for step in range(21):
        moved = mixed(color, end, step / 20)
        if contrast(moved, paper) >= ratio:
            return moved
    return end
