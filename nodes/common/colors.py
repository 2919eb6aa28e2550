"""Colours as they are written: "#rrggbb", "#rrggbbaa", "#rgb", CSS names, and what else Pillow reads."""

from __future__ import annotations

from nodegraph import InputError


def rgba(color: str) -> tuple[float, float, float, float]:
    """Red, green, blue and alpha in 0..1. Raises InputError for what is no colour."""
    from PIL import ImageColor

    try:
        parts = (0, 0, 0, 0) if color == "transparent" else ImageColor.getrgb(color)
    except (ValueError, AttributeError, TypeError):
        raise InputError(f"{color!r} is no colour; write \"#rrggbb\", \"#rrggbbaa\", or a name such as teal") from None
    red, green, blue, alpha = (part / 255 for part in (*parts, 255)[:4])
    return red, green, blue, alpha


def hex_of(red: float, green: float, blue: float) -> str:
    """"#rrggbb" of sRGB in 0..1."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in (red, green, blue))
