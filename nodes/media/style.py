"""Palette and Style: colours, and how a picture feels, in words and numbers that music and text can follow."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from nodegraph import PortType

from .image import save_array
from .kinds import kind

MOODS = ("calm", "joyful", "sad", "mysterious", "tense", "dreamy")
TEMPOS = ("slow", "medium", "fast")
MODES = ("major", "minor")


@dataclass(frozen=True)
class Palette:
    """Colours, "#rrggbb", and how much of the picture each has; weights sum to 1, the largest first."""

    colors: tuple[str, ...]
    weights: tuple[float, ...]
    __porttype__: ClassVar[PortType]


@dataclass(frozen=True)
class Style:
    """How a picture feels, in words and numbers that music and text can follow.

    brightness, contrast, saturation, energy: 0..1. warmth: -1 (cold) to 1 (warm).
    mood, tempo, mode: one of MOODS, TEMPOS and MODES. `style.analyze` says how each is found.
    """

    palette: Palette
    brightness: float
    contrast: float
    saturation: float
    warmth: float
    energy: float
    mood: str
    tempo: str
    mode: str
    __porttype__: ClassVar[PortType]


_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")


def _palette_complaint(value: Any) -> str | None:
    if not isinstance(value, Palette):
        return f"is {kind(value)}"
    if not value.colors or len(value.colors) != len(value.weights):
        return f"has {len(value.colors)} colours and {len(value.weights)} weights"
    for color in value.colors:
        if not (isinstance(color, str) and _HEX.match(color)):
            return f"has {color!r} among its colours"
    if not all(weight >= 0 for weight in value.weights):
        return f"has weights {value.weights}"
    return None


def _style_complaint(value: Any) -> str | None:
    if not isinstance(value, Style):
        return f"is {kind(value)}"
    for name, words in (("mood", MOODS), ("tempo", TEMPOS), ("mode", MODES)):
        if getattr(value, name) not in words:
            return f"has the {name} {getattr(value, name)!r}, which is none of {', '.join(words)}"
    for name, low in (("brightness", 0), ("contrast", 0), ("saturation", 0), ("warmth", -1), ("energy", 0)):
        if not low <= getattr(value, name) <= 1:
            return f"has {name} {getattr(value, name)}, outside {low} to 1"
    return _palette_complaint(value.palette)


def palette_picture(palette: Palette, width: int = 320, height: int = 64) -> Any:
    """The colours side by side, each as wide as its weight: uint8 (height, width, 3)."""
    import numpy as np

    shares = np.cumsum([max(weight, 0.02) for weight in palette.weights])
    ends = np.rint(shares / shares[-1] * width).astype(int)
    strip = np.zeros((height, width, 3), np.uint8)
    for color, start, end in zip(palette.colors, [0, *ends], ends):
        strip[:, start:end] = tuple(bytes.fromhex(color[1:]))
    return strip


def _save_palette_png(palette: Palette, path: Path) -> None:
    save_array(palette_picture(palette, 800, 160), path)


def _save_json(value: Any, path: Path) -> None:
    import json

    path.write_text(json.dumps(asdict(value), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _restore_palette(plain: dict[str, Any]) -> Palette:
    return Palette(tuple(plain["colors"]), tuple(plain["weights"]))


def _restore_style(plain: dict[str, Any]) -> Style:
    return Style(**{**plain, "palette": _restore_palette(plain["palette"])})


Palette.__porttype__ = PortType(
    "Palette", "Colours and how much of a picture each has.",
    complaint=_palette_complaint, preview=palette_picture, color="#e0a458",
    exports={"json": _save_json, "png": _save_palette_png},
    flatten=asdict, restore=_restore_palette, summary=lambda v: " ".join(v.colors))

Style.__porttype__ = PortType(
    "Style", "How a picture feels: colours, mood, tempo and mode.",
    complaint=_style_complaint, preview=lambda v: palette_picture(v.palette), exports={"json": _save_json},
    flatten=asdict, restore=_restore_style, color="#d67b9a",
    summary=lambda v: f"{v.mood}, {v.tempo}, {v.mode}; {' '.join(v.palette.colors)}")
