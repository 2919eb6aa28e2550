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
    "city": ((112, 112, 122), (150, 150, 160)), "meadow": ((126, 190, 70), (160, 210, 104)),
    "kitchen": ((196, 138, 88), (224, 232, 226)), "mountains": ((104, 150, 92), (122, 134, 160)),
    "beach": ((246, 222, 160), (52, 160, 196)), "space": ((122, 92, 150), (76, 66, 128)),
    "garden": ((112, 178, 78), (58, 128, 66)), "rain": ((94, 104, 122), (142, 148, 162))}


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
    {"sea": _sea, "forest": _forest, "snow": _snow, "desert": _desert, "city": _city, "meadow": _meadow,
     "kitchen": _kitchen, "mountains": _mountains, "beach": _beach, "space": _space, "garden": _garden, "rain": _rain}[
         setting](pen, near, far, tinted, light, rng)


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


def _kitchen(pen, near, far, tinted, light, rng) -> None:
    wall = tinted(far)
    left = rng.choice((0.06, 0.62)) + rng.uniform(-0.03, 0.03)
    right, frame = left + 0.32, tinted((250, 248, 240))
    for box in ((-0.01, -0.01, left, 0.7), (right, -0.01, 1.01, 0.7), (left, -0.01, right, 0.08), (left, 0.42, right, 0.7)):
        pen.box(*box, wall)
    for box in ((left - 0.02, 0.06, right + 0.02, 0.09), (left - 0.03, 0.41, right + 0.03, 0.45), (left - 0.02, 0.06, left + 0.01, 0.44),
                (right - 0.01, 0.06, right + 0.02, 0.44), (left + 0.15, 0.07, left + 0.17, 0.43)):
        pen.box(*box, frame)
    seam = mix(wall, (120, 130, 140), 0.3)
    for y in (0.5, 0.58, 0.66):
        pen.box(-0.01, y, 1.01, y + 0.008, seam)
        for x in np.arange(0.03 + 0.06 * (round(y * 100) % 4 == 2), 1, 0.12):
            pen.box(x, y - 0.08, x + 0.006, y, seam)
    _shelf(pen, 0.56 if left < 0.4 else 0.08, tinted, rng)
    pen.box(-0.01, 0.7, 1.01, 1.01, tinted(near))
    pen.box(-0.01, 0.7, 1.01, 0.735, tinted(mix(near, (255, 240, 210), 0.4)))
    for y in (0.82, 0.92):
        pen.box(-0.01, y, 1.01, y + 0.008, tinted(mix(near, (90, 50, 30), 0.35)))


def _shelf(pen, x, tinted, rng) -> None:
    """A board with pots and jars on it."""
    pots = ((206, 78, 66), (70, 130, 170), (240, 190, 80), (240, 240, 232), (90, 150, 96))
    for k in range(3):
        at, high = x + 0.03 + 0.12 * k, rng.uniform(0.08, 0.13)
        pen.box(at, 0.3 - high, at + 0.085, 0.3, tinted(pots[rng.integers(len(pots))]), 0.015)
        pen.box(at + 0.01, 0.3 - high - 0.02, at + 0.075, 0.3 - high, tinted((120, 84, 60)), 0.008)
    pen.box(x, 0.3, x + 0.38, 0.325, tinted((150, 98, 60)))


def _mountains(pen, near, far, tinted, light, rng) -> None:
    snow = tinted((250, 252, 255))
    for depth, foot in ((0.45, 0.66), (0.1, 0.72)):
        rock = mix(tinted(far), light.horizon, depth)
        for x in ((0.14, 0.55, 0.92) if depth > 0.3 else (-0.02, 0.33, 0.74, 1.04)):
            x, top = x + rng.uniform(-0.05, 0.05), rng.uniform(0.16, 0.3) + (0.12 if depth < 0.3 else 0.0)
            half = (foot - top) * 0.62
            pen.polygon([(x, top), (x + half, foot + 0.03), (x - half, foot + 0.03)], rock)
            pen.polygon([(x, top), (x + half, foot + 0.03), (x + half * 0.2, foot + 0.03), (x + 0.015, top + 0.2)], mix(rock, (30, 34, 60), 0.22))
            cap, k = top + 0.1, 0.1 * half / (foot + 0.03 - top)
            pen.polygon([(x, top), (x + k, cap), (x + k * 0.45, cap - 0.02), (x, cap + 0.025), (x - k * 0.5, cap - 0.02), (x - k, cap)], snow)
    _ridge(pen, 0.71, 0.02, 1.2, rng, tinted(near))
    _ridge(pen, 0.86, 0.015, 1.6, rng, tinted(mix(near, (40, 80, 50), 0.3)))
    for k in range(5):
        x, y = rng.uniform(0, 1), rng.uniform(0.78, 0.96)
        pen.blob([(x - 0.04, y), (x - 0.02, y - 0.03), (x + 0.02, y - 0.028), (x + 0.045, y), (x, y + 0.012)], tinted((150, 152, 158)))


def _beach(pen, near, far, tinted, light, rng) -> None:
    pen.box(-0.01, 0.54, 1.01, 1.01, tinted(far))
    for y in (0.58, 0.63):
        _waves(pen, y, rng.uniform(), mix(tinted(far), (255, 255, 255), 0.35))
        _waves(pen, y + 0.012, rng.uniform(), tinted(far))
    _ridge(pen, 0.7, 0.018, 1, rng, tinted((255, 252, 244)))
    _ridge(pen, 0.715, 0.018, 1, rng, tinted(near))
    for k in range(7):
        x, y = rng.uniform(0, 1), rng.uniform(0.78, 0.97)
        pen.oval(x, y, 0.012, 0.008, tinted(mix(near, (170, 120, 70), 0.45)))
    x, lean = (0.08, 0.1) if rng.uniform() < 0.5 else (0.92, -0.1)
    x += rng.uniform(-0.03, 0.03)
    pen.stroke([(x, 0.8), (x + lean * 0.3, 0.6), (x + lean * 0.5, 0.42), (x + lean, 0.26)], 0.035, tinted((142, 98, 62)))
    for a in (-2.9, -2.3, -1.2, -0.3, 0.25):
        dx, dy = 0.2 * math.cos(a), 0.14 * math.sin(a)
        pen.blob([(x + lean, 0.26), (x + lean + dx * 0.5, 0.22 + dy), (x + lean + dx, 0.31 + dy), (x + lean + dx * 0.55, 0.26 + dy)], tinted((52, 138, 78)))
    fall = 0.76 if x < 0.5 else 0.1
    colours = (tinted((232, 84, 74)), tinted((252, 244, 226)))
    for k in range(4):
        pen.polygon([(fall + 0.07, 0.5), (fall - 0.05 + 0.06 * k, 0.6), (fall + 0.01 + 0.06 * k, 0.6)], colours[k % 2])
    pen.box(fall + 0.065, 0.58, fall + 0.077, 0.78, tinted((150, 110, 80)))


SPACES = {"day": (28, 52, 120), "dusk": (72, 34, 92), "night": (14, 14, 40), "dawn": (126, 72, 124)}  # the dark between stars


def _space(pen, near, far, tinted, light, rng) -> None:
    dark = SPACES[next(time for time, known in LIGHTS.items() if known == light)]
    pen.box(-0.01, -0.01, 1.01, 1.01, dark)
    for _ in range(3):
        x, y = rng.uniform(0, 1, 2)
        for r in (0.3, 0.2):
            pen.oval(x, y, r, r * 0.6, mix(dark, far, 0.22 if r > 0.25 else 0.4))
    for _ in range(26):
        x, y = rng.uniform(0, 1, 2)
        r = rng.choice((0.005, 0.008, 0.013))
        pen.oval(x, y, r, r, (252, 248, 226))
    x, y, r = rng.choice((0.16, 0.84)) + rng.uniform(-0.04, 0.04), rng.uniform(0.14, 0.26), rng.uniform(0.09, 0.13)
    colour = ((236, 160, 92), (120, 186, 202), (226, 120, 128))[rng.integers(3)]
    pen.oval(x, y, r, r, colour)
    pen.oval(x + r * 0.25, y + r * 0.2, r * 0.7, r * 0.7, mix(colour, dark, 0.25))
    pen.oval(x, y, r * 1.7, r * 0.32, mix(colour, (255, 244, 214), 0.6))
    pen.oval(x, y - r * 0.07, r * 1.3, r * 0.2, colour)
    pen.oval(1 - x, 0.45 + rng.uniform(-0.1, 0.1), 0.045, 0.045, (214, 214, 222))
    ground = mix(near, dark, 0.3)
    pen.oval(0.5, 1.34, 0.9, 0.52, ground)
    for k in range(5):
        pen.oval(rng.uniform(0.05, 0.95), rng.uniform(0.9, 0.98), 0.05, 0.016, mix(ground, dark, 0.4))


def _garden(pen, near, far, tinted, light, rng) -> None:
    hedge = tinted(far)
    pen.box(-0.01, 0.47, 1.01, 0.8, hedge)
    for x in np.arange(0, 1.05, 0.09):
        pen.oval(x, 0.47 + rng.uniform(-0.02, 0.02), 0.062, 0.05, hedge)
        pen.oval(x + 0.04, 0.55 + rng.uniform(-0.02, 0.02), 0.03, 0.02, mix(hedge, (20, 60, 40), 0.3))
    fence = tinted((250, 246, 236))
    for x in np.arange(0.01, 1.0, 0.11):
        pen.polygon([(x, 0.62), (x + 0.03, 0.57), (x + 0.06, 0.62), (x + 0.06, 0.79), (x, 0.79)], fence)
    for y in (0.64, 0.72):
        pen.box(-0.01, y, 1.01, y + 0.025, fence)
    pen.box(-0.01, 0.77, 1.01, 1.01, tinted(near))
    blossoms = ((236, 80, 96), (255, 206, 76), (246, 150, 200), (150, 110, 214), (255, 255, 250))
    for x in (*np.arange(0.04, 0.3, 0.085), *np.arange(0.72, 1.0, 0.085)):
        x, y, c = x + rng.uniform(-0.02, 0.02), rng.uniform(0.72, 0.84), tinted(blossoms[rng.integers(len(blossoms))])
        pen.box(x - 0.006, y, x + 0.006, y + 0.13, tinted((60, 126, 60)))
        for a in (0, 1.26, 2.51, 3.77, 5.03):
            pen.oval(x + 0.026 * math.cos(a), y + 0.026 * math.sin(a), 0.02, 0.02, c)
        pen.oval(x, y, 0.016, 0.016, tinted((250, 190, 70)))


def _rain(pen, near, far, tinted, light, rng) -> None:
    grey = mix(light.zenith, tinted((150, 158, 172)), 0.72)
    pen.box(-0.01, -0.01, 1.01, 0.75, grey)
    for k in range(5):
        pen.oval(0.1 + 0.22 * k + rng.uniform(-0.05, 0.05), 0.04 + rng.uniform(-0.02, 0.03), 0.17, 0.085, mix(grey, (70, 76, 92), 0.35))
    walls = [tinted(c) for c in ((176, 112, 96), (200, 176, 140), (120, 136, 150), (160, 140, 160), (140, 110, 100))]
    pane = (255, 218, 120) if light in (LIGHTS["night"], LIGHTS["dusk"]) else (186, 204, 216)
    shift = int(rng.integers(5))
    for k, left in enumerate((-0.06, 0.16, 0.38, 0.6, 0.82)):
        top = 0.34 + rng.uniform(-0.05, 0.05)
        pen.box(left, top, left + 0.22, 0.74, walls[(k + shift) % 5])
        pen.polygon([(left - 0.01, top), (left + 0.11, top - 0.13), (left + 0.23, top)], tinted((92, 74, 84)))
        for x in (0.045, 0.135):
            for y in (0.06, 0.2):
                pen.box(left + x, top + y, left + x + 0.05, top + y + 0.075, pane)
    pen.box(-0.01, 0.72, 1.01, 1.01, tinted(near))
    pen.box(-0.01, 0.72, 1.01, 0.76, tinted(far))
    for k in range(4):
        x, y, r = rng.uniform(0.05, 0.95), rng.uniform(0.82, 0.97), rng.uniform(0.06, 0.12)
        pen.oval(x, y, r, r * 0.22, mix(tinted(near), light.horizon, 0.4))
    for _ in range(34):
        x, y, n = rng.uniform(0, 1.1), rng.uniform(0, 0.95), rng.uniform(0.06, 0.1)
        pen.stroke([(x, y), (x - n * 0.35, y + n)], 0.008, mix(grey, (236, 244, 252), 0.75))
