"""Pictures of drawings: one to three of them, each in a colour, in a setting, a light and a style.

A composition always renders the same picture. Nothing here knows about models or words; the pictures are what the
painter learns from, and what may stand in for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .backdrops import LIGHTS, backdrop
from .pen import OUTLINE, PAINT, SIZE
from .recolour import recoloured
from .styling import STYLING

GREY = 128  # behind a reference
RIM = (222, 216, 206)  # the outline of what is black where it is dark


@dataclass(frozen=True)
class Place:
    """Where a drawing stands: x of its middle, y of its foot, the box it fits into, all of the frame; degrees of tilt."""

    x: float
    foot: float
    width: float
    height: float
    tilt: float = 0.0
    flip: bool = False


@dataclass(frozen=True, eq=False)
class Figure:
    """A drawing, uint8 (h, w, 4) cropped to what is drawn, in its own colours or in a paint, at a place."""

    drawing: np.ndarray
    place: Place
    colour: str | None = None


@dataclass(frozen=True, eq=False)
class Composition:
    """What is in a picture. The seed decides what the words leave open."""

    figures: tuple[Figure, ...]
    setting: str
    style: str
    time: str
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Rendered:
    """picture: uint8 (128, 128, 3), sRGB. mask: uint8 (128, 128), 255 where the figures are."""

    picture: np.ndarray
    mask: np.ndarray


def places(count: int, seed: int, shot: str = "") -> tuple[Place, ...]:
    """Places for one to three drawings from left to right, another arrangement for each seed.

    shot: `middle`, `close` (a large crop), `far` (small, in a wide setting), or empty for one by the seed.
    """
    rng = np.random.default_rng(seed)
    shot = shot or str(rng.choice(("middle", "middle", "middle", "close", "far")))
    scale = {"middle": 1.0, "close": 1.28, "far": 0.68}[shot] * rng.uniform(0.92, 1.06)
    width, height = {1: (0.74, 0.66), 2: (0.46, 0.54), 3: (0.33, 0.44)}[count]
    middles = {1: (0.5,), 2: (0.28, 0.73), 3: (0.19, 0.51, 0.82)}[count]
    if count > 1:
        scale = min(scale, 1.08)
    sway = 0.12 if shot == "far" else 0.05
    foot = {"middle": 0.87, "close": 0.97, "far": 0.84}[shot]
    return tuple(Place(
        x + rng.uniform(-sway, sway) * (1 if count == 1 else 0.5),
        foot + rng.uniform(-0.05, 0.04) - (rng.uniform(0.08, 0.2) if rng.uniform() < 0.12 else 0.0),
        width * scale, height * scale * rng.uniform(0.92, 1.05), float(rng.normal(0, 5)) if rng.uniform() < 0.5 else 0.0,
        bool(rng.uniform() < 0.5)) for x in middles)


def render(composition: Composition) -> Rendered:
    """Paint a composition; equal compositions give equal pixels."""
    rng = np.random.default_rng(composition.seed)
    light = LIGHTS[composition.time]
    behind = backdrop(composition.setting, composition.time, rng)
    if not composition.figures:
        bare = np.zeros((SIZE, SIZE, 1), np.float32)
        return Rendered(_bytes(STYLING[composition.style](behind, bare, rng)), bare[..., 0].astype(np.uint8))
    layers = [_layer(figure) for figure in composition.figures]
    picture, alpha = behind, np.zeros((SIZE, SIZE, 1), np.float32)
    if composition.setting != "space":
        picture = picture * (1 - 0.3 * _shadows(composition.figures, layers))
    glow = 0.84 + 0.16 * np.asarray(light.tint, np.float32)
    dark = composition.time == "night" or composition.setting == "space"
    for figure, layer in sorted(zip(composition.figures, layers, strict=True), key=lambda pair: pair[0].place.foot):
        rim = RIM if dark and figure.colour == "black" else OUTLINE
        edge = np.asarray(layer.getchannel("A").filter(ImageFilter.MaxFilter(3)), np.float32)[..., None] / 255
        paint = np.asarray(layer, np.float32)
        cover = paint[..., 3:] / 255
        picture = picture * (1 - edge) + np.asarray(rim, np.float32) * edge
        picture = picture * (1 - cover) + paint[..., :3] * glow * cover
        alpha = np.maximum(alpha, cover)
    picture = STYLING[composition.style](picture, alpha, rng)
    return Rendered(_bytes(picture), (alpha[..., 0] * 255).astype(np.uint8))


def reference(figures: tuple[Figure, ...], size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """What the painter is shown: the drawings on middle grey, uint8 (size, size, 3), and their cover, uint8 (size, size)."""
    picture, alpha = np.full((size, size, 3), GREY, np.float32), np.zeros((size, size, 1), np.float32)
    for figure in sorted(figures, key=lambda figure: figure.place.foot):
        paint = np.asarray(_layer(figure, size), np.float32)
        cover = paint[..., 3:] / 255
        picture, alpha = picture * (1 - cover) + paint[..., :3] * cover, np.maximum(alpha, cover)
    return _bytes(picture), (alpha[..., 0] * 255).astype(np.uint8)


def _bytes(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def _layer(figure: Figure, size: int = SIZE) -> Image.Image:
    """The figure alone at its place, RGBA at size x size."""
    drawing = figure.drawing if figure.colour is None else recoloured(figure.drawing, PAINT[figure.colour])
    place = figure.place
    image = Image.fromarray(drawing[:, ::-1] if place.flip else drawing)
    scale = min(place.width * size / image.width, place.height * size / image.height)
    image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))),
                         Image.Resampling.BICUBIC)
    if place.tilt:
        image = image.convert("RGBa").rotate(place.tilt, Image.Resampling.BICUBIC, expand=True).convert("RGBA")
    layer = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    layer.paste(image, (round(place.x * size - image.width / 2), round(place.foot * size - image.height)))
    return layer


def _shadows(figures: tuple[Figure, ...], layers: list[Image.Image]) -> np.ndarray:
    """Soft ovals below the figures, float32 (128, 128, 1), 0..1."""
    shade = Image.new("L", (SIZE, SIZE), 0)
    pen = ImageDraw.Draw(shade)
    for layer in layers:
        box = layer.getchannel("A").getbbox()
        if box is not None:
            left, _, right, foot = box
            half = 0.5 * (right - left)
            pen.ellipse([left + 0.1 * half, foot - 0.16 * half, right - 0.1 * half, foot + 0.16 * half], fill=255)
    return np.asarray(shade.filter(ImageFilter.BoxBlur(2)), np.float32)[..., None] / 255
