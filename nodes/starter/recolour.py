"""A drawing in another colour: its main colours give way to a paint, their light and shade stay."""

from __future__ import annotations

import numpy as np

from .pen import Rgb

GREYS = 3  # dark, middle and light, after the twelve hues
ENOUGH = 0.5  # of a drawing's area is to have the paint


def recoloured(drawing: np.ndarray, paint: Rgb) -> np.ndarray:
    """The drawing, uint8 (h, w, 4), with its largest areas of one hue (or of grey) in the paint.

    Areas are taken by size until half of the drawing is painted, so that a drawing whose main hue is small changes too;
    lines and eyes, dark and small, stay.
    """
    rgb, alpha = drawing[..., :3].astype(np.float32), drawing[..., 3].astype(np.float32) / 255
    kinds, light = _kinds(rgb), _light(rgb)
    areas = np.bincount(kinds.ravel(), alpha.ravel(), 12 + GREYS)
    chosen = _chosen(areas)
    picked = np.isin(kinds, chosen) & (alpha > 0)
    if not picked.any():
        return drawing
    middle = float(np.median(light[picked & (kinds == chosen[0])])) if (kinds == chosen[0]).any() else 128.0
    painted = _shaded(np.asarray(paint, np.float32), light / max(middle, 24.0))
    out = drawing.copy()
    out[..., :3][picked] = np.clip(painted[picked], 0, 255).astype(np.uint8)
    return out


def rotated(drawing: np.ndarray, turn: float) -> np.ndarray:
    """The drawing with all its hues moved by `turn` of the circle, 0 to 1, about the grey axis."""
    a = 2 * np.pi * turn
    c, s = np.cos(a), np.sin(a) / np.sqrt(3)
    matrix = np.full((3, 3), (1 - c) / 3) + c * np.eye(3) + s * np.asarray(((0, -1, 1), (1, 0, -1), (-1, 1, 0)))
    out = drawing.copy()
    out[..., :3] = np.clip(drawing[..., :3].astype(np.float32) @ matrix.T.astype(np.float32), 0, 255).astype(np.uint8)
    return out


def grey(drawing: np.ndarray) -> np.ndarray:
    """The drawing without colours."""
    out = drawing.copy()
    out[..., :3] = _light(drawing[..., :3].astype(np.float32))[..., None].astype(np.uint8)
    return out


def _light(rgb: np.ndarray) -> np.ndarray:
    return rgb @ np.asarray((0.299, 0.587, 0.114), np.float32)


def _kinds(rgb: np.ndarray) -> np.ndarray:
    """One of twelve hues for each pixel, or 12 dark, 13 middle, 14 light where there is little colour."""
    high, low = rgb.max(-1), rgb.min(-1)
    span = np.maximum(high - low, 1e-6)
    red, green, blue = np.moveaxis(rgb, -1, 0)
    hue = np.where(high == red, ((green - blue) / span) % 6,
                   np.where(high == green, (blue - red) / span + 2, (red - green) / span + 4))
    dull = (high - low < 0.2 * high + 8) | (high < 64)
    shade = np.digitize(_light(rgb), (72, 190))
    return np.where(dull, 12 + shade, (hue * 2).astype(int) % 12)


def _chosen(areas: np.ndarray) -> list[int]:
    weight = areas.copy()
    weight[:12] = areas[:12] + 0.25 * (np.roll(areas[:12], 1) + np.roll(areas[:12], -1))
    weight[12:] *= (0.35, 0.75, 0.6)
    chosen: list[int] = []
    for kind in np.argsort(-weight):
        if areas[kind] == 0 or (chosen and areas[chosen].sum() >= ENOUGH * areas.sum()):
            break
        if kind == 12 and chosen:  # dark lines
            continue
        # neighbours of a hue are its light and its shade
        chosen += [kind, (kind + 1) % 12, (kind - 1) % 12] if kind < 12 else [kind]
        chosen = list(dict.fromkeys(int(k) for k in chosen))
    return chosen


def _shaded(paint: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """The paint darker where the ratio of light is below one, and lighter where it is above."""
    ratio = ratio[..., None]
    darker = paint * (0.35 + 0.65 * np.minimum(ratio, 1))
    return np.where(ratio <= 1, darker, paint + (255 - paint) * 0.42 * np.clip(ratio - 1, 0, 1.2))
