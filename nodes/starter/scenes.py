"""The pictures the little illustrator learns from: a seeded renderer of small scenes.

A scene is one subject in one colour, a setting, a time of day and a style. The same scene always renders the same
picture, and its mask says where the subject is. Nothing here knows about models or words.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = 128
SUPERSAMPLING = 3

SUBJECTS = ("boat", "house", "fox", "cat", "bird", "fish", "tree", "flower", "car", "balloon")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")
SETTINGS = ("sea", "forest", "snow", "desert", "city", "meadow")
STYLES = ("watercolour", "ink", "poster", "crayon")
TIMES = ("day", "dusk", "night", "dawn")
ATTRIBUTES = {"subject": SUBJECTS, "colour": COLOURS, "setting": SETTINGS, "style": STYLES, "time": TIMES}

HELD_OUT_PERCENT = 12

Rgb = tuple[int, int, int]

PAINT: dict[str, Rgb] = {
    "red": (212, 40, 44), "orange": (242, 132, 24), "yellow": (254, 222, 56), "green": (58, 166, 76),
    "blue": (40, 104, 216), "purple": (128, 62, 178), "pink": (246, 134, 182), "white": (248, 248, 244)}
OUTLINE: Rgb = (46, 36, 48)
CREAM: Rgb = (250, 242, 222)


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


@dataclass(frozen=True)
class Scene:
    """What is in a picture. Each attribute is one of the module's tuples; the seed decides everything else."""

    subject: str
    colour: str
    setting: str
    style: str
    time: str
    seed: int = 0

    def __post_init__(self) -> None:
        for name, known in ATTRIBUTES.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it takes one of {', '.join(known)}")


@dataclass(frozen=True)
class Rendered:
    """picture: uint8 (128, 128, 3), sRGB. mask: uint8 (128, 128), 255 where the subject is."""

    picture: np.ndarray
    mask: np.ndarray


def held_out(scene: Scene) -> bool:
    """Whether the scene's (subject, colour, setting) belongs to the combinations that no training may see."""
    name = "|".join((scene.subject, scene.colour, scene.setting)).encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=4).digest(), "big") % 100 < HELD_OUT_PERCENT


def scenes(count: int, seed: int, unseen: bool = False) -> Iterator[Scene]:
    """`count` scenes drawn evenly from the training combinations, or from the held-out ones if `unseen`."""
    rng = np.random.default_rng(seed)
    while count:
        words = {name: known[rng.integers(len(known))] for name, known in ATTRIBUTES.items()}
        scene = Scene(**words, seed=int(rng.integers(2**31)))
        if held_out(scene) == unseen:
            count -= 1
            yield scene


def labels(scene: Scene) -> tuple[int, ...]:
    """The place of each attribute among its choices, in the order of ATTRIBUTES."""
    return tuple(known.index(getattr(scene, name)) for name, known in ATTRIBUTES.items())


def render(scene: Scene) -> Rendered:
    """Paint a scene; equal scenes give equal pixels."""
    rng = np.random.default_rng(scene.seed)
    light = LIGHTS[scene.time]
    backdrop = _backdrop(scene, light, rng)
    layer = _subject(scene, rng)
    edge = np.asarray(layer.getchannel("A").filter(ImageFilter.MaxFilter(3)), np.float32)[..., None] / 255
    paint = np.asarray(layer, np.float32)
    alpha = paint[..., 3:] / 255
    glow = 0.84 + 0.16 * np.asarray(light.tint, np.float32)
    picture = backdrop * (1 - edge) + np.asarray(OUTLINE, np.float32) * edge
    picture = picture * (1 - alpha) + paint[..., :3] * glow * alpha
    picture = STYLING[scene.style](picture, alpha, rng)
    return Rendered(np.clip(picture + 0.5, 0, 255).astype(np.uint8), (alpha[..., 0] * 255).astype(np.uint8))


# the pen: unit coordinates, y downwards, drawn on a supersampled canvas


@dataclass(frozen=True)
class Pen:
    """Draws shapes given in units of `scale` pixels around an origin."""

    draw: ImageDraw.ImageDraw
    x: float
    y: float
    scale: float

    def polygon(self, points, fill: Rgb) -> None:
        self.draw.polygon([(self.x + px * self.scale, self.y + py * self.scale) for px, py in points], fill=fill)

    def blob(self, points, fill: Rgb) -> None:
        """A closed smooth curve through the points."""
        self.polygon(_closed_spline(tuple(points)), fill)

    def oval(self, cx: float, cy: float, rx: float, ry: float, fill: Rgb) -> None:
        x, y, s = self.x, self.y, self.scale
        self.draw.ellipse([x + (cx - rx) * s, y + (cy - ry) * s, x + (cx + rx) * s, y + (cy + ry) * s], fill=fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Rgb, round_: float = 0.0) -> None:
        x, y, s = self.x, self.y, self.scale
        self.draw.rounded_rectangle([x + left * s, y + top * s, x + right * s, y + bottom * s], round_ * s, fill=fill)

    def stroke(self, points, width: float, fill: Rgb) -> None:
        self.draw.line([(self.x + px * self.scale, self.y + py * self.scale) for px, py in points],
                       fill=fill, width=max(1, round(width * self.scale)), joint="curve")


@lru_cache(maxsize=256)
def _closed_spline(points: tuple[tuple[float, float], ...], parts: int = 8) -> tuple[tuple[float, float], ...]:
    """A closed Catmull-Rom spline (Catmull and Rom, 1974) through the points."""
    p = np.asarray(points)
    before, after, beyond = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    curve = []
    for t in np.arange(parts) / parts:
        curve.append(0.5 * (2 * p + (after - before) * t + (2 * before - 5 * p + 4 * after - beyond) * t**2
                            + (3 * p - before - 3 * after + beyond) * t**3))
    return tuple(map(tuple, np.stack(curve, 1).reshape(-1, 2).tolist()))


def _mix(a: Rgb, b: Rgb, amount: float) -> Rgb:
    return tuple(round(x + (y - x) * amount) for x, y in zip(a, b, strict=True))


def _shade(colour: Rgb) -> Rgb:
    return _mix(colour, (44, 28, 66), 0.28)


def _light(colour: Rgb) -> Rgb:
    return _mix(colour, (255, 255, 255), 0.42)


def _pale(colour: Rgb) -> Rgb:
    """Belly, tail tip, sail: cream, unless the subject itself is white."""
    return (206, 212, 224) if min(colour) > 230 else CREAM


# the subjects, each in a box of about -1..1


def _boat(pen: Pen, c: Rgb, lit: bool) -> None:
    pen.box(-0.06, -1.0, 0.02, 0.4, (110, 74, 48))
    pen.polygon([(0.06, -0.95), (0.86, 0.24), (0.06, 0.24)], _pale(c))
    pen.polygon([(0.06, -0.35), (0.465, -0.35), (0.66, -0.05), (0.06, -0.05)], c)
    pen.polygon([(-0.1, -0.72), (-0.1, 0.24), (-0.66, 0.24)], _light(c))
    pen.polygon([(-0.02, -1.06), (0.3, -0.96), (-0.02, -0.86)], c)
    pen.blob([(-1.05, 0.34), (-0.5, 0.36), (0.0, 0.38), (0.5, 0.36), (1.08, 0.32), (0.84, 0.72), (0.6, 0.92),
              (0.0, 0.96), (-0.6, 0.92), (-0.86, 0.7)], c)
    pen.polygon([(-0.8, 0.66), (0.82, 0.66), (0.6, 0.93), (0.0, 0.97), (-0.6, 0.93)], _shade(c))


def _house(pen: Pen, c: Rgb, lit: bool) -> None:
    window = (255, 220, 110) if lit else (176, 222, 244)
    pen.box(0.36, -0.96, 0.6, -0.3, (150, 96, 78))
    pen.box(-0.78, -0.22, 0.78, 0.98, c)
    pen.box(0.3, -0.22, 0.78, 0.98, _shade(c))
    pen.polygon([(-1.0, -0.14), (0.0, -0.98), (1.0, -0.14)], (122, 72, 60))
    pen.polygon([(0.0, -0.98), (1.0, -0.14), (0.42, -0.14)], (98, 56, 50))
    pen.box(-0.16, 0.36, 0.2, 0.98, (112, 66, 40), 0.1)
    for x in (-0.62, 0.4):
        pen.box(x - 0.04, 0.1, x + 0.32, 0.5, CREAM)
        pen.box(x + 0.02, 0.16, x + 0.26, 0.44, window)
    pen.oval(0.0, -0.45, 0.16, 0.16, window)


def _fox(pen: Pen, c: Rgb, lit: bool) -> None:
    dark = _mix(c, (40, 28, 40), 0.6)
    pen.blob([(0.4, 0.5), (0.72, 0.28), (0.86, -0.1), (1.12, -0.3), (1.3, 0.05), (1.22, 0.5), (0.9, 0.8),
              (0.5, 0.84)], c)
    pen.blob([(1.0, -0.16), (1.12, -0.32), (1.3, 0.05), (1.22, 0.34), (1.1, 0.18)], _pale(c))
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
              (-0.54, 0.38), (-0.84, 0.16)], _pale(c))
    for x in (-0.77, -0.3):
        pen.oval(x, -0.2, 0.085, 0.105, OUTLINE)
    pen.oval(-0.54, 0.28, 0.12, 0.1, OUTLINE)


def _cat(pen: Pen, c: Rgb, lit: bool) -> None:
    pen.stroke([(0.44, 0.84), (0.8, 0.8), (0.92, 0.52), (0.82, 0.18), (0.9, -0.06)], 0.2, _shade(c))
    pen.oval(0.9, -0.06, 0.1, 0.1, _shade(c))
    pen.blob([(-0.36, 0.0), (0.0, -0.1), (0.36, 0.0), (0.56, 0.5), (0.6, 0.92), (0.0, 1.0), (-0.6, 0.92),
              (-0.56, 0.5)], c)
    pen.oval(0.0, 0.52, 0.28, 0.4, _pale(c))
    for x in (-0.26, 0.26):
        pen.oval(x, 0.9, 0.2, 0.12, _light(c))
    for side in (-1, 1):
        pen.polygon([(side * 0.62, -0.34), (side * 0.64, -1.04), (side * 0.12, -0.74)], c)
        pen.polygon([(side * 0.54, -0.5), (side * 0.56, -0.86), (side * 0.28, -0.7)], (236, 160, 170))
    pen.oval(0.0, -0.36, 0.68, 0.5, c)
    for x in (-0.28, 0.28):
        pen.oval(x, -0.4, 0.14, 0.17, (252, 252, 240))
        pen.oval(x, -0.39, 0.09, 0.14, OUTLINE)
    pen.oval(0.0, -0.1, 0.24, 0.14, _pale(c))
    pen.polygon([(-0.08, -0.18), (0.08, -0.18), (0.0, -0.08)], (220, 100, 120))


def _bird(pen: Pen, c: Rgb, lit: bool) -> None:
    beak = (250, 170, 40) if c != PAINT["orange"] else (250, 214, 60)
    pen.polygon([(-0.4, 0.12), (-1.24, -0.12), (-1.14, 0.2), (-1.26, 0.46), (-0.4, 0.46)], _shade(c))
    for x in (-0.02, 0.24):
        pen.stroke([(x, 0.6), (x - 0.04, 0.94)], 0.07, beak)
        pen.stroke([(x - 0.18, 0.95), (x + 0.16, 0.95)], 0.07, beak)
    pen.polygon([(0.8, -0.44), (1.26, -0.26), (0.8, -0.12)], beak)
    pen.blob([(-0.74, 0.1), (-0.3, -0.24), (0.1, -0.5), (0.36, -0.82), (0.74, -0.78), (0.94, -0.4), (0.86, 0.1),
              (0.6, 0.54), (0.1, 0.74), (-0.4, 0.56)], c)
    pen.blob([(0.84, -0.02), (0.62, 0.5), (0.12, 0.7), (0.16, 0.46), (0.5, 0.2)], _pale(c))
    pen.blob([(-0.92, 0.06), (-0.3, -0.22), (0.16, -0.2), (0.3, 0.06), (0.1, 0.34), (-0.36, 0.38)], _shade(c))
    pen.blob([(-0.6, 0.04), (-0.2, -0.1), (0.1, -0.08), (0.14, 0.08), (-0.1, 0.2)], _light(c))
    pen.oval(0.62, -0.46, 0.13, 0.14, (252, 252, 244))
    pen.oval(0.65, -0.46, 0.08, 0.1, OUTLINE)


def _fish(pen: Pen, c: Rgb, lit: bool) -> None:
    pen.blob([(-0.5, 0.0), (-0.86, -0.5), (-1.2, -0.6), (-1.06, 0.0), (-1.2, 0.6), (-0.86, 0.5)], _shade(c))
    pen.blob([(-0.3, -0.44), (-0.1, -0.86), (0.34, -0.8), (0.44, -0.44)], _shade(c))
    pen.blob([(-0.1, 0.44), (-0.14, 0.84), (0.2, 0.76), (0.3, 0.44)], _shade(c))
    pen.blob([(-0.7, 0.0), (-0.36, -0.36), (0.1, -0.58), (0.6, -0.46), (1.04, 0.02), (0.6, 0.46), (0.1, 0.58),
              (-0.36, 0.36)], c)
    pen.blob([(-0.4, 0.2), (0.1, 0.26), (0.6, 0.24), (0.9, 0.18), (0.56, 0.44), (0.1, 0.54), (-0.3, 0.38)], _pale(c))
    for x in (-0.22, 0.1):
        pen.blob([(x - 0.06, -0.44), (x + 0.08, -0.46), (x + 0.16, 0.0), (x + 0.08, 0.46), (x - 0.06, 0.44),
                  (x + 0.02, 0.0)], _light(c))
    pen.oval(0.62, -0.12, 0.17, 0.17, (254, 254, 248))
    pen.oval(0.66, -0.11, 0.1, 0.11, OUTLINE)


def _tree(pen: Pen, c: Rgb, lit: bool) -> None:
    pen.polygon([(-0.17, 1.0), (-0.1, 0.1), (0.1, 0.1), (0.17, 1.0), (0.34, 1.04), (-0.34, 1.04)], (116, 78, 50))
    pen.stroke([(0.0, 0.42), (0.34, 0.14)], 0.1, (116, 78, 50))
    for x, y, r in ((-0.5, -0.06, 0.46), (0.52, -0.06, 0.46), (0.0, 0.02, 0.46)):
        pen.oval(x, y, r, r * 0.9, _shade(c))
    for x, y, r in ((-0.34, -0.5, 0.5), (0.36, -0.46, 0.5), (0.0, -0.3, 0.5)):
        pen.oval(x, y, r, r * 0.9, c)
    pen.oval(-0.3, -0.66, 0.26, 0.2, _light(c))
    pen.oval(0.34, -0.56, 0.2, 0.16, _light(c))


def _flower(pen: Pen, c: Rgb, lit: bool) -> None:
    leaf = (52, 128, 62)
    pen.stroke([(0.02, -0.1), (-0.03, 0.5), (0.0, 1.02)], 0.13, leaf)
    pen.blob([(0.0, 0.8), (0.3, 0.42), (0.72, 0.36), (0.5, 0.72)], (84, 164, 78))
    pen.blob([(0.0, 0.92), (-0.3, 0.56), (-0.7, 0.52), (-0.5, 0.86)], (84, 164, 78))
    for k in range(6):
        a = math.tau * k / 6
        pen.oval(0.5 * math.sin(a), -0.36 - 0.5 * math.cos(a), 0.3, 0.3, c if k % 2 else _mix(c, _light(c), 0.35))
    heart = (150, 88, 40) if c in (PAINT["yellow"], PAINT["orange"]) else (252, 206, 60)
    pen.oval(0.0, -0.36, 0.29, 0.29, _mix(heart, (60, 30, 20), 0.25))
    pen.oval(0.0, -0.38, 0.23, 0.22, heart)


def _car(pen: Pen, c: Rgb, lit: bool) -> None:
    glass = (190, 226, 240)
    pen.blob([(-0.62, 0.16), (-0.5, -0.34), (-0.2, -0.54), (0.24, -0.54), (0.5, -0.34), (0.72, 0.16)], c)
    pen.polygon([(-0.48, 0.06), (-0.4, -0.26), (-0.2, -0.38), (0.0, -0.38), (0.0, 0.06)], glass)
    pen.polygon([(0.1, 0.06), (0.1, -0.38), (0.24, -0.38), (0.42, -0.24), (0.54, 0.06)], glass)
    pen.box(-1.16, 0.02, 1.16, 0.68, c, 0.24)
    pen.box(-1.16, 0.42, 1.16, 0.7, _shade(c), 0.14)
    pen.oval(1.02, 0.24, 0.13, 0.13, (255, 240, 150))
    pen.box(0.14, 0.14, 0.36, 0.22, _light(c))
    for x in (-0.62, 0.62):
        pen.oval(x, 0.68, 0.33, 0.33, (48, 44, 52))
        pen.oval(x, 0.68, 0.16, 0.16, (206, 206, 212))


def _balloon(pen: Pen, c: Rgb, lit: bool) -> None:
    for x in (-0.3, 0.3):
        pen.stroke([(x, 0.22), (x * 0.62, 0.76)], 0.04, (92, 66, 50))
    pen.blob([(0.0, -1.08), (0.5, -0.94), (0.8, -0.48), (0.68, 0.0), (0.3, 0.42), (0.0, 0.48), (-0.3, 0.42),
              (-0.68, 0.0), (-0.8, -0.48), (-0.5, -0.94)], c)
    pen.blob([(0.0, -1.08), (0.3, -0.9), (0.44, -0.44), (0.3, 0.06), (0.1, 0.46), (-0.1, 0.46), (-0.3, 0.06),
              (-0.44, -0.44), (-0.3, -0.9)], _pale(c))
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


def _subject(scene: Scene, rng: np.random.Generator) -> Image.Image:
    """The subject alone, RGBA at 128 x 128; where it is not, the colour is the outline's."""
    canvas = SIZE * SUPERSAMPLING
    layer = Image.new("RGBA", (canvas, canvas), (*OUTLINE, 0))
    x = 0.5 + rng.uniform(-0.05, 0.05) - (0.05 if scene.subject == "fox" else 0)
    y = MIDDLE.get(scene.subject, 0.57) + rng.uniform(-0.025, 0.025)
    scale = SPAN[scene.subject] * rng.uniform(0.92, 1.06)
    pen = Pen(ImageDraw.Draw(layer), x * canvas, y * canvas, scale * canvas)
    DRAWING[scene.subject](pen, PAINT[scene.colour], scene.time in ("dusk", "night"))
    return layer.reduce(SUPERSAMPLING)


# the settings


def _backdrop(scene: Scene, light: Light, rng: np.random.Generator) -> np.ndarray:
    """Sky, sun or moon, and the land or water: float32 (128, 128, 3)."""
    canvas = SIZE * SUPERSAMPLING
    image = _sky(light, canvas)
    pen = Pen(ImageDraw.Draw(image), 0.0, 0.0, canvas)
    _heavens(pen, scene.time, light, rng)
    _land(pen, scene.setting, light, rng)
    return np.asarray(image.reduce(SUPERSAMPLING), np.float32)


def _sky(light: Light, canvas: int) -> Image.Image:
    ramp = np.clip(np.linspace(0, 1.5, canvas), 0, 1)[:, None, None]
    column = np.asarray(light.zenith) * (1 - ramp) + np.asarray(light.horizon) * ramp
    return Image.fromarray(np.broadcast_to(column, (canvas, canvas, 3)).astype(np.uint8))


def _heavens(pen: Pen, time: str, light: Light, rng: np.random.Generator) -> None:
    x = rng.choice((0.17, 0.83)) + rng.uniform(-0.03, 0.03)
    y, r = light.disc_height + rng.uniform(-0.02, 0.02), light.disc_radius
    pen.oval(x, y, r * 1.4, r * 1.4, _mix(light.horizon, light.disc, 0.45) if time != "night" else (44, 54, 100))
    pen.oval(x, y, r, r, light.disc)
    if time == "night":
        pen.oval(x + r * 0.45, y - r * 0.2, r * 0.82, r * 0.82, (44, 54, 100))
        for sx, sy in ((0.08, 0.36), (0.3, 0.08), (0.44, 0.2), (0.58, 0.06), (0.68, 0.26), (0.93, 0.4), (0.06, 0.1)):
            pen.oval(sx + rng.uniform(-0.03, 0.03), sy + rng.uniform(-0.03, 0.03), 0.012, 0.012, (250, 248, 224))
        return
    cloud = _mix(light.horizon, (255, 255, 255), 0.6 if time != "dusk" else 0.15)
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
    crest = _mix(far, (255, 255, 255), 0.5)
    for k, height in enumerate((0.67, 0.78, 0.89)):
        fill = _mix(far, near, (k + 1) / 3)
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
    _ridge(pen, 0.5, 0.03, 2, rng, _mix(far, light.horizon, 0.35))
    _ridge(pen, 0.66, 0.015, 1, rng, near)
    for x in (0.34, 0.5, 0.66):
        _pine(pen, x + rng.uniform(-0.03, 0.03), 0.68, 0.34, _mix(far, light.horizon, 0.2))
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
    _ridge(pen, 0.86, 0.025, 1, rng, _mix(near, (150, 90, 40), 0.18))
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
    _ridge(pen, 0.54, 0.035, 1, rng, _mix(far, light.horizon, 0.4))
    _ridge(pen, 0.62, 0.03, 1.3, rng, far)
    _ridge(pen, 0.72, 0.02, 1, rng, near)
    blossoms = ((255, 240, 120), (255, 170, 196), (255, 255, 250))
    for k, (x, y) in enumerate(((0.07, 0.8), (0.2, 0.9), (0.84, 0.78), (0.95, 0.9), (0.78, 0.93), (0.08, 0.95))):
        x, y = x + rng.uniform(-0.03, 0.03), y + rng.uniform(-0.02, 0.02)
        pen.oval(x, y, 0.026, 0.026, tinted(blossoms[k % 3]))
        pen.oval(x, y, 0.01, 0.01, tinted((240, 160, 50)))


# the styles: what paper and tool do to the picture, at 128 x 128


@lru_cache(maxsize=1)
def _tiles() -> dict[str, np.ndarray]:
    """Fixed paper and stroke patterns that repeat every 8 pixels, (128, 128, 1), in -1..1."""
    y, x = np.mgrid[:SIZE, :SIZE]
    crayon = np.asarray((1.0, 0.2, -0.7, -0.2, 0.7, -0.1, -0.9, 0.0))[(x + y) % 8]
    crayon = 0.7 * crayon + 0.3 * np.where((x + 3 * y) % 8 < 3, 1.0, -0.6)
    hatch = np.asarray((1.0, 0.25, 0.0, 0.25))[(x + y) % 4]
    return {"crayon": crayon[..., None].astype(np.float32), "hatch": hatch[..., None].astype(np.float32)}


def _cloudy(rng: np.random.Generator, cells: int = 5) -> np.ndarray:
    """Smooth noise in -1..1, (128, 128, 1)."""
    field = Image.fromarray(rng.uniform(-1, 1, (cells, cells)).astype(np.float32))
    return np.asarray(field.resize((SIZE, SIZE), Image.Resampling.BICUBIC))[..., None]


def _blurred(picture: np.ndarray, radius: float) -> np.ndarray:
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.BoxBlur(radius)), np.float32)


def _grey(picture: np.ndarray) -> np.ndarray:
    return picture @ np.asarray(((0.299,), (0.587,), (0.114,)), np.float32)


def _contours(picture: np.ndarray) -> np.ndarray:
    """How strongly neighbouring pixels differ, 0..1, (128, 128, 1)."""
    down = np.abs(np.diff(picture, axis=0, append=picture[-1:])).max(2, keepdims=True)
    across = np.abs(np.diff(picture, axis=1, append=picture[:, -1:])).max(2, keepdims=True)
    return np.clip((down + across) / 130, 0, 1)


@lru_cache(maxsize=1)
def _border() -> np.ndarray:
    """Distance to the nearest side, pixels, (128, 128, 1)."""
    side = np.minimum(np.arange(SIZE), np.arange(SIZE)[::-1])
    return np.minimum(side[:, None], side[None, :])[..., None].astype(np.float32)


def _watercolour(picture: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    soft = _blurred(picture, 0.5)
    pooled = _blurred(picture, 4) - soft
    wash = 1 + 0.16 * _cloudy(rng) * (1 - 0.5 * alpha)
    washed = 255 - (255 - soft + 0.30 * pooled) * 0.80 * wash
    ragged = np.clip((_border() - 5 - 3 * _cloudy(rng, 9)) / 4, 0, 1)
    return washed * ragged + np.asarray((252, 249, 242), np.float32) * (1 - ragged)


def _ink(picture: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    grey = _grey(picture)
    keep = 0.55 + 0.40 * alpha
    toned = grey + (picture - grey) * keep
    toned = 0.76 * toned + 0.24 * np.asarray((250, 244, 228), np.float32)
    dark = np.clip((140 - grey) / 110, 0, 1) * (1 - 0.6 * alpha)
    lines = np.maximum(_contours(picture), 0.5 * dark * _tiles()["hatch"])
    return toned * (1 - 0.92 * lines) + np.asarray((24, 22, 34), np.float32) * 0.92 * lines


def _poster(picture: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    grey = _grey(picture)
    vivid = np.clip(grey + (picture - grey) * 1.25, 0, 255)
    flat = np.round(vivid / 36) * 36
    framed = (_border() >= 6).astype(np.float32)
    return flat * framed + np.asarray((246, 236, 212), np.float32) * (1 - framed)


def _crayon(picture: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    grain = np.clip(0.5 + 0.5 * _tiles()["crayon"], 0, 1)
    shown = 0.10 + 0.34 * grain
    return picture * (1 - shown) + np.asarray((255, 250, 238), np.float32) * shown


STYLING = {"watercolour": _watercolour, "ink": _ink, "poster": _poster, "crayon": _crayon}
