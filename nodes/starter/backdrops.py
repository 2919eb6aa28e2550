"""What stands behind a subject: sky, sun or moon, and the land or water of a setting, in the light of a time of day."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from .pen import SIZE, SUPERSAMPLING, Pen, Rgb, mix


@dataclass(frozen=True)
class Light:
    """A time of day: the sky from top to horizon, the tint of everything below it, and the sun or moon."""

    zenith: Rgb
    horizon: Rgb
    tint: tuple[float, float, float]
    disc: Rgb
    disc_height: float  # of the frame, from the top
    disc_radius: float  # of the frame


LIGHTS = {
    "day": Light((104, 184, 240), (220, 242, 252), (1.0, 1.0, 1.0), (255, 226, 92), 0.16, 0.085),
    "dusk": Light((98, 62, 132), (255, 150, 84), (0.86, 0.66, 0.66), (255, 96, 60), 0.50, 0.16),
    "night": Light((12, 18, 52), (42, 58, 116), (0.36, 0.44, 0.70), (250, 246, 214), 0.17, 0.09),
    "dawn": Light((246, 178, 190), (255, 240, 196), (1.0, 0.92, 0.86), (255, 252, 228), 0.47, 0.11)}

GROUNDS: dict[str, tuple[Rgb, Rgb]] = {  # near, far
    "sea": ((24, 92, 168), (70, 150, 206)), "forest": ((46, 104, 58), (30, 78, 54)),
    "snow": ((244, 248, 254), (206, 222, 240)), "desert": ((232, 186, 110), (244, 212, 150)),
    "city": ((112, 112, 122), (150, 150, 160)), "meadow": ((126, 190, 70), (160, 210, 104))}


def backdrop(setting: str, time: str, rng: np.random.Generator) -> np.ndarray:
    """Sky, sun or moon, and the land or water: float32 (128, 128, 3)."""
    light = LIGHTS[time]
    canvas = SIZE * SUPERSAMPLING
    image = _sky(light, canvas)
    pen = Pen(ImageDraw.Draw(image), 0.0, 0.0, canvas)
    _heavens(pen, time, light, rng)
    _land(pen, setting, light, rng)
    return np.asarray(image.reduce(SUPERSAMPLING), np.float32)


def _sky(light: Light, canvas: int) -> Image.Image:
    ramp = np.clip(np.linspace(0, 1.5, canvas), 0, 1)[:, None, None]
    column = np.asarray(light.zenith) * (1 - ramp) + np.asarray(light.horizon) * ramp
    return Image.fromarray(np.broadcast_to(column, (canvas, canvas, 3)).astype(np.uint8))


def _heavens(pen: Pen, time: str, light: Light, rng: np.random.Generator) -> None:
    x = rng.choice((0.17, 0.83)) + rng.uniform(-0.03, 0.03)
    y, r = light.disc_height + rng.uniform(-0.02, 0.02), light.disc_radius
    pen.oval(x, y, r * 1.4, r * 1.4, mix(light.horizon, light.disc, 0.45) if time != "night" else (44, 54, 100))
    pen.oval(x, y, r, r, light.disc)
    if time == "night":
        pen.oval(x + r * 0.45, y - r * 0.2, r * 0.82, r * 0.82, (44, 54, 100))
        for sx, sy in ((0.08, 0.36), (0.3, 0.08), (0.44, 0.2), (0.58, 0.06), (0.68, 0.26), (0.93, 0.4), (0.06, 0.1)):
            pen.oval(sx + rng.uniform(-0.03, 0.03), sy + rng.uniform(-0.03, 0.03), 0.012, 0.012, (250, 248, 224))
        return
    cloud = mix(light.horizon, (255, 255, 255), 0.6 if time != "dusk" else 0.15)
    for cx, cy in ((0.28, 0.14), (0.72, 0.26)):
        cx, cy = cx + rng.uniform(-0.1, 0.1), cy + rng.uniform(-0.05, 0.05)
        for dx, dy, rx in ((-0.08, 0.015, 0.07), (0.0, -0.01, 0.085), (0.09, 0.015, 0.065)):
            pen.oval(cx + dx, cy + dy, rx, rx * 0.5, cloud)


def _ridge(pen: Pen, height: float, swing: float, waves: float, rng: np.random.Generator, fill: Rgb) -> None:
    """Land below a rolling line at `height` of the frame."""
    x = np.linspace(0, 1, 41)
    y = height + swing * np.sin(math.tau * (waves * x + rng.uniform()))
    pen.polygon([(0, 1.01), *zip(x.tolist(), y.tolist(), strict=True), (1, 1.01)], fill)


def _land(pen: Pen, setting: str, light: Light, rng: np.random.Generator) -> None:
    def tinted(colour: Rgb) -> Rgb:
        return tuple(round(c * t) for c, t in zip(colour, light.tint, strict=True))

    near, far = (tinted(colour) for colour in GROUNDS[setting])
    {"sea": _sea, "forest": _forest, "snow": _snow, "desert": _desert, "city": _city, "meadow": _meadow}[setting](
        pen, near, far, tinted, light, rng)


def _sea(pen, near, far, tinted, light, rng) -> None:
    pen.box(-0.01, 0.6, 1.01, 1.01, far)
    crest = mix(far, (255, 255, 255), 0.5)
    for k, height in enumerate((0.67, 0.78, 0.89)):
        fill = mix(far, near, (k + 1) / 3)
        shift = rng.uniform()
        _waves(pen, height - 0.012, shift, crest)
        _waves(pen, height + 0.01, shift, fill)


def _waves(pen: Pen, height: float, shift: float, fill: Rgb) -> None:
    x = np.linspace(0, 1, 61)
    y = height - 0.028 * np.abs(np.sin(math.pi * (4 * x + shift)))
    pen.polygon([(0, 1.01), *zip(x.tolist(), y.tolist(), strict=True), (1, 1.01)], fill)


def _pine(pen: Pen, x: float, foot: float, height: float, fill: Rgb, cap: Rgb | None = None) -> None:
    pen.box(x - 0.014, foot - 0.06, x + 0.014, foot + 0.02, (74, 54, 44))
    for k in range(3):
        top, half = foot - height * (1 - 0.24 * k), height * (0.17 + 0.06 * k)
        low = top + height * 0.45
        pen.polygon([(x, top), (x + half, low), (x - half, low)], fill)
        if cap:
            pen.polygon([(x, top), (x + half * 0.5, top + height * 0.22), (x - half * 0.5, top + height * 0.22)], cap)


def _forest(pen, near, far, tinted, light, rng) -> None:
    _ridge(pen, 0.5, 0.03, 2, rng, mix(far, light.horizon, 0.35))
    _ridge(pen, 0.66, 0.015, 1, rng, near)
    for x in (0.34, 0.5, 0.66):
        _pine(pen, x + rng.uniform(-0.03, 0.03), 0.68, 0.34, mix(far, light.horizon, 0.2))
    for x in (0.02, 0.17, 0.83, 0.98):
        _pine(pen, x + rng.uniform(-0.03, 0.03), 0.76, 0.56 + rng.uniform(-0.05, 0.05), tinted((24, 84, 52)))


def _snow(pen, near, far, tinted, light, rng) -> None:
    _ridge(pen, 0.55, 0.04, 1.5, rng, far)
    for x in (0.06, 0.2, 0.82, 0.95):
        _pine(pen, x + rng.uniform(-0.03, 0.03), 0.68, 0.34, tinted((62, 108, 104)), near)
    _ridge(pen, 0.68, 0.025, 1, rng, near)
    for x, y in ((0.12, 0.3), (0.33, 0.2), (0.24, 0.46), (0.6, 0.13), (0.72, 0.42), (0.9, 0.24), (0.46, 0.32)):
        pen.oval(x + rng.uniform(-0.04, 0.04), y + rng.uniform(-0.04, 0.04), 0.014, 0.014, (252, 253, 255))


def _desert(pen, near, far, tinted, light, rng) -> None:
    _ridge(pen, 0.6, 0.04, 1, rng, far)
    _ridge(pen, 0.7, 0.04, 1.3, rng, near)
    _ridge(pen, 0.86, 0.025, 1, rng, mix(near, (150, 90, 40), 0.18))
    green = tinted((72, 138, 82))
    for x in (0.1 + rng.uniform(-0.04, 0.04), 0.9 + rng.uniform(-0.04, 0.04)):
        pen.box(x - 0.03, 0.44, x + 0.03, 0.76, green, 0.03)
        pen.box(x - 0.09, 0.52, x - 0.05, 0.64, green, 0.02)
        pen.box(x - 0.09, 0.61, x, 0.65, green, 0.02)
        pen.box(x + 0.05, 0.48, x + 0.09, 0.6, green, 0.02)
        pen.box(x, 0.57, x + 0.09, 0.61, green, 0.02)


def _city(pen, near, far, tinted, light, rng) -> None:
    glass = (255, 218, 110) if light in (LIGHTS["night"], LIGHTS["dusk"]) else (214, 232, 244)
    walls = [tinted(c) for c in ((150, 160, 182), (178, 156, 150), (132, 140, 166), (168, 170, 178))]
    for k, left in enumerate((-0.02, 0.15, 0.32, 0.5, 0.67, 0.84)):
        top = (0.26, 0.38, 0.2, 0.3, 0.4, 0.24)[k] + rng.uniform(-0.05, 0.05)
        pen.box(left, top, left + 0.17, 0.72, walls[k % 4])
        for row in np.arange(top + 0.05, 0.66, 0.1):
            for column in (0.035, 0.1):
                pen.box(left + column, row, left + column + 0.04, row + 0.05, glass)
    pen.box(-0.01, 0.7, 1.01, 1.01, near)
    pen.box(-0.01, 0.69, 1.01, 0.73, far)
    for x in (0.02, 0.3, 0.58, 0.86):
        pen.box(x, 0.9, x + 0.14, 0.925, tinted((244, 234, 190)))


def _meadow(pen, near, far, tinted, light, rng) -> None:
    _ridge(pen, 0.54, 0.035, 1, rng, mix(far, light.horizon, 0.4))
    _ridge(pen, 0.62, 0.03, 1.3, rng, far)
    _ridge(pen, 0.72, 0.02, 1, rng, near)
    blossoms = ((255, 240, 120), (255, 170, 196), (255, 255, 250))
    for k, (x, y) in enumerate(((0.07, 0.8), (0.2, 0.9), (0.84, 0.78), (0.95, 0.9), (0.78, 0.93), (0.08, 0.95))):
        x, y = x + rng.uniform(-0.03, 0.03), y + rng.uniform(-0.02, 0.02)
        pen.oval(x, y, 0.026, 0.026, tinted(blossoms[k % 3]))
        pen.oval(x, y, 0.01, 0.01, tinted((240, 160, 50)))
