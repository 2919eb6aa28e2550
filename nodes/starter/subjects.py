"""The ten subjects that the starter draws by code, each in a box of about -1..1."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from .pen import CREAM, OUTLINE, PAINT, SIZE, SUPERSAMPLING, Pen, Rgb, lighter, mix, pale, shade


def _boat(pen: Pen, c: Rgb, lit: bool) -> None:
    pen.box(-0.06, -1.0, 0.02, 0.4, (110, 74, 48))
    pen.polygon([(0.06, -0.95), (0.86, 0.24), (0.06, 0.24)], pale(c))
    pen.polygon([(0.06, -0.35), (0.465, -0.35), (0.66, -0.05), (0.06, -0.05)], c)
    pen.polygon([(-0.1, -0.72), (-0.1, 0.24), (-0.66, 0.24)], lighter(c))
    pen.polygon([(-0.02, -1.06), (0.3, -0.96), (-0.02, -0.86)], c)
    pen.blob([(-1.05, 0.34), (-0.5, 0.36), (0.0, 0.38), (0.5, 0.36), (1.08, 0.32), (0.84, 0.72), (0.6, 0.92),
              (0.0, 0.96), (-0.6, 0.92), (-0.86, 0.7)], c)
    pen.polygon([(-0.8, 0.66), (0.82, 0.66), (0.6, 0.93), (0.0, 0.97), (-0.6, 0.93)], shade(c))


def _house(pen: Pen, c: Rgb, lit: bool) -> None:
    window = (255, 220, 110) if lit else (176, 222, 244)
    pen.box(0.36, -0.96, 0.6, -0.3, (150, 96, 78))
    pen.box(-0.78, -0.22, 0.78, 0.98, c)
    pen.box(0.3, -0.22, 0.78, 0.98, shade(c))
    pen.polygon([(-1.0, -0.14), (0.0, -0.98), (1.0, -0.14)], (122, 72, 60))
    pen.polygon([(0.0, -0.98), (1.0, -0.14), (0.42, -0.14)], (98, 56, 50))
    pen.box(-0.16, 0.36, 0.2, 0.98, (112, 66, 40), 0.1)
    for x in (-0.62, 0.4):
        pen.box(x - 0.04, 0.1, x + 0.32, 0.5, CREAM)
        pen.box(x + 0.02, 0.16, x + 0.26, 0.44, window)
    pen.oval(0.0, -0.45, 0.16, 0.16, window)


def _fox(pen: Pen, c: Rgb, lit: bool) -> None:
    dark = mix(c, (40, 28, 40), 0.6)
    pen.blob([(0.4, 0.5), (0.72, 0.28), (0.86, -0.1), (1.12, -0.3), (1.3, 0.05), (1.22, 0.5), (0.9, 0.8),
              (0.5, 0.84)], c)
    pen.blob([(1.0, -0.16), (1.12, -0.32), (1.3, 0.05), (1.22, 0.34), (1.1, 0.18)], pale(c))
    for x in (-0.42, -0.2, 0.3, 0.52):
        pen.box(x - 0.09, 0.5, x + 0.09, 0.98, dark, 0.06)
    pen.blob([(-0.6, 0.2), (-0.2, 0.06), (0.3, 0.08), (0.68, 0.3), (0.66, 0.66), (0.3, 0.76), (-0.3, 0.76),
              (-0.6, 0.56)], c)
    pen.polygon([(-1.0, -0.32), (-1.02, -0.94), (-0.62, -0.54)], c)
    pen.polygon([(-0.42, -0.52), (-0.08, -0.94), (-0.06, -0.3)], c)
    pen.polygon([(-0.93, -0.46), (-0.94, -0.76), (-0.74, -0.55)], dark)
    pen.polygon([(-0.32, -0.52), (-0.16, -0.74), (-0.14, -0.44)], dark)
    pen.blob([(-1.06, -0.26), (-0.8, -0.54), (-0.54, -0.58), (-0.26, -0.54), (0.0, -0.26), (-0.2, 0.12),
              (-0.54, 0.4), (-0.86, 0.12)], c)
    pen.blob([(-1.02, -0.1), (-0.78, -0.1), (-0.54, 0.1), (-0.28, -0.1), (-0.04, -0.1), (-0.24, 0.16),
              (-0.54, 0.38), (-0.84, 0.16)], pale(c))
    for x in (-0.77, -0.3):
        pen.oval(x, -0.2, 0.085, 0.105, OUTLINE)
    pen.oval(-0.54, 0.28, 0.12, 0.1, OUTLINE)


def _cat(pen: Pen, c: Rgb, lit: bool) -> None:
    pen.stroke([(0.44, 0.84), (0.8, 0.8), (0.92, 0.52), (0.82, 0.18), (0.9, -0.06)], 0.2, shade(c))
    pen.oval(0.9, -0.06, 0.1, 0.1, shade(c))
    pen.blob([(-0.36, 0.0), (0.0, -0.1), (0.36, 0.0), (0.56, 0.5), (0.6, 0.92), (0.0, 1.0), (-0.6, 0.92),
              (-0.56, 0.5)], c)
    pen.oval(0.0, 0.52, 0.28, 0.4, pale(c))
    for x in (-0.26, 0.26):
        pen.oval(x, 0.9, 0.2, 0.12, lighter(c))
    for side in (-1, 1):
        pen.polygon([(side * 0.62, -0.34), (side * 0.64, -1.04), (side * 0.12, -0.74)], c)
        pen.polygon([(side * 0.54, -0.5), (side * 0.56, -0.86), (side * 0.28, -0.7)], (236, 160, 170))
    pen.oval(0.0, -0.36, 0.68, 0.5, c)
    for x in (-0.28, 0.28):
        pen.oval(x, -0.4, 0.14, 0.17, (252, 252, 240))
        pen.oval(x, -0.39, 0.09, 0.14, OUTLINE)
    pen.oval(0.0, -0.1, 0.24, 0.14, pale(c))
    pen.polygon([(-0.08, -0.18), (0.08, -0.18), (0.0, -0.08)], (220, 100, 120))


def _bird(pen: Pen, c: Rgb, lit: bool) -> None:
    beak = (250, 170, 40) if c != PAINT["orange"] else (250, 214, 60)
    pen.polygon([(-0.4, 0.12), (-1.24, -0.12), (-1.14, 0.2), (-1.26, 0.46), (-0.4, 0.46)], shade(c))
    for x in (-0.02, 0.24):
        pen.stroke([(x, 0.6), (x - 0.04, 0.94)], 0.07, beak)
        pen.stroke([(x - 0.18, 0.95), (x + 0.16, 0.95)], 0.07, beak)
    pen.polygon([(0.8, -0.44), (1.26, -0.26), (0.8, -0.12)], beak)
    pen.blob([(-0.74, 0.1), (-0.3, -0.24), (0.1, -0.5), (0.36, -0.82), (0.74, -0.78), (0.94, -0.4), (0.86, 0.1),
              (0.6, 0.54), (0.1, 0.74), (-0.4, 0.56)], c)
    pen.blob([(0.84, -0.02), (0.62, 0.5), (0.12, 0.7), (0.16, 0.46), (0.5, 0.2)], pale(c))
    pen.blob([(-0.92, 0.06), (-0.3, -0.22), (0.16, -0.2), (0.3, 0.06), (0.1, 0.34), (-0.36, 0.38)], shade(c))
    pen.blob([(-0.6, 0.04), (-0.2, -0.1), (0.1, -0.08), (0.14, 0.08), (-0.1, 0.2)], lighter(c))
    pen.oval(0.62, -0.46, 0.13, 0.14, (252, 252, 244))
    pen.oval(0.65, -0.46, 0.08, 0.1, OUTLINE)


def _fish(pen: Pen, c: Rgb, lit: bool) -> None:
    pen.blob([(-0.5, 0.0), (-0.86, -0.5), (-1.2, -0.6), (-1.06, 0.0), (-1.2, 0.6), (-0.86, 0.5)], shade(c))
    pen.blob([(-0.3, -0.44), (-0.1, -0.86), (0.34, -0.8), (0.44, -0.44)], shade(c))
    pen.blob([(-0.1, 0.44), (-0.14, 0.84), (0.2, 0.76), (0.3, 0.44)], shade(c))
    pen.blob([(-0.7, 0.0), (-0.36, -0.36), (0.1, -0.58), (0.6, -0.46), (1.04, 0.02), (0.6, 0.46), (0.1, 0.58),
              (-0.36, 0.36)], c)
    pen.blob([(-0.4, 0.2), (0.1, 0.26), (0.6, 0.24), (0.9, 0.18), (0.56, 0.44), (0.1, 0.54), (-0.3, 0.38)], pale(c))
    for x in (-0.22, 0.1):
        pen.blob([(x - 0.06, -0.44), (x + 0.08, -0.46), (x + 0.16, 0.0), (x + 0.08, 0.46), (x - 0.06, 0.44),
                  (x + 0.02, 0.0)], lighter(c))
    pen.oval(0.62, -0.12, 0.17, 0.17, (254, 254, 248))
    pen.oval(0.66, -0.11, 0.1, 0.11, OUTLINE)


def _tree(pen: Pen, c: Rgb, lit: bool) -> None:
    pen.polygon([(-0.17, 1.0), (-0.1, 0.1), (0.1, 0.1), (0.17, 1.0), (0.34, 1.04), (-0.34, 1.04)], (116, 78, 50))
    pen.stroke([(0.0, 0.42), (0.34, 0.14)], 0.1, (116, 78, 50))
    for x, y, r in ((-0.5, -0.06, 0.46), (0.52, -0.06, 0.46), (0.0, 0.02, 0.46)):
        pen.oval(x, y, r, r * 0.9, shade(c))
    for x, y, r in ((-0.34, -0.5, 0.5), (0.36, -0.46, 0.5), (0.0, -0.3, 0.5)):
        pen.oval(x, y, r, r * 0.9, c)
    pen.oval(-0.3, -0.66, 0.26, 0.2, lighter(c))
    pen.oval(0.34, -0.56, 0.2, 0.16, lighter(c))


def _flower(pen: Pen, c: Rgb, lit: bool) -> None:
    leaf = (52, 128, 62)
    pen.stroke([(0.02, -0.1), (-0.03, 0.5), (0.0, 1.02)], 0.13, leaf)
    pen.blob([(0.0, 0.8), (0.3, 0.42), (0.72, 0.36), (0.5, 0.72)], (84, 164, 78))
    pen.blob([(0.0, 0.92), (-0.3, 0.56), (-0.7, 0.52), (-0.5, 0.86)], (84, 164, 78))
    for k in range(6):
        a = math.tau * k / 6
        pen.oval(0.5 * math.sin(a), -0.36 - 0.5 * math.cos(a), 0.3, 0.3, c if k % 2 else mix(c, lighter(c), 0.35))
    heart = (150, 88, 40) if c in (PAINT["yellow"], PAINT["orange"]) else (252, 206, 60)
    pen.oval(0.0, -0.36, 0.29, 0.29, mix(heart, (60, 30, 20), 0.25))
    pen.oval(0.0, -0.38, 0.23, 0.22, heart)


def _car(pen: Pen, c: Rgb, lit: bool) -> None:
    glass = (190, 226, 240)
    pen.blob([(-0.62, 0.16), (-0.5, -0.34), (-0.2, -0.54), (0.24, -0.54), (0.5, -0.34), (0.72, 0.16)], c)
    pen.polygon([(-0.48, 0.06), (-0.4, -0.26), (-0.2, -0.38), (0.0, -0.38), (0.0, 0.06)], glass)
    pen.polygon([(0.1, 0.06), (0.1, -0.38), (0.24, -0.38), (0.42, -0.24), (0.54, 0.06)], glass)
    pen.box(-1.16, 0.02, 1.16, 0.68, c, 0.24)
    pen.box(-1.16, 0.42, 1.16, 0.7, shade(c), 0.14)
    pen.oval(1.02, 0.24, 0.13, 0.13, (255, 240, 150))
    pen.box(0.14, 0.14, 0.36, 0.22, lighter(c))
    for x in (-0.62, 0.62):
        pen.oval(x, 0.68, 0.33, 0.33, (48, 44, 52))
        pen.oval(x, 0.68, 0.16, 0.16, (206, 206, 212))


def _balloon(pen: Pen, c: Rgb, lit: bool) -> None:
    for x in (-0.3, 0.3):
        pen.stroke([(x, 0.22), (x * 0.62, 0.76)], 0.04, (92, 66, 50))
    pen.blob([(0.0, -1.08), (0.5, -0.94), (0.8, -0.48), (0.68, 0.0), (0.3, 0.42), (0.0, 0.48), (-0.3, 0.42),
              (-0.68, 0.0), (-0.8, -0.48), (-0.5, -0.94)], c)
    pen.blob([(0.0, -1.08), (0.3, -0.9), (0.44, -0.44), (0.3, 0.06), (0.1, 0.46), (-0.1, 0.46), (-0.3, 0.06),
              (-0.44, -0.44), (-0.3, -0.9)], pale(c))
    pen.blob([(0.0, -1.08), (0.12, -0.9), (0.17, -0.44), (0.12, 0.06), (0.04, 0.46), (-0.04, 0.46), (-0.12, 0.06),
              (-0.17, -0.44), (-0.12, -0.9)], c)
    pen.box(-0.24, 0.72, 0.24, 1.06, (164, 108, 60), 0.06)
    pen.box(-0.27, 0.7, 0.27, 0.8, (120, 76, 44), 0.04)


DRAWING: dict[str, Callable[[Pen, Rgb, bool], None]] = {
    "boat": _boat, "house": _house, "fox": _fox, "cat": _cat, "bird": _bird, "fish": _fish, "tree": _tree,
    "flower": _flower, "car": _car, "balloon": _balloon}
MIDDLE = {"fish": 0.55, "bird": 0.57, "balloon": 0.47, "car": 0.62, "boat": 0.56, "tree": 0.54, "flower": 0.55}
SPAN = {"fish": 0.35, "bird": 0.33, "balloon": 0.40, "car": 0.35, "boat": 0.38, "tree": 0.40, "flower": 0.38,
        "fox": 0.35, "cat": 0.38, "house": 0.36}


def subject_layer(subject: str, colour: str, time: str, rng: np.random.Generator) -> Image.Image:
    """The subject alone, RGBA at 128 x 128; where it is not, the colour is the outline's."""
    canvas = SIZE * SUPERSAMPLING
    layer = Image.new("RGBA", (canvas, canvas), (*OUTLINE, 0))
    x = 0.5 + rng.uniform(-0.05, 0.05) - (0.05 if subject == "fox" else 0)
    y = MIDDLE.get(subject, 0.57) + rng.uniform(-0.025, 0.025)
    scale = SPAN[subject] * rng.uniform(0.92, 1.06)
    pen = Pen(ImageDraw.Draw(layer), x * canvas, y * canvas, scale * canvas)
    DRAWING[subject](pen, PAINT[colour], time in ("dusk", "night"))
    return layer.reduce(SUPERSAMPLING)
