"""What paper and tool do to a picture of 128 x 128."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

from .pen import SIZE


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


def _oil(picture: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dabs of one colour each, laid along a slowly turning direction, with the relief of their edges."""
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    dabbed = np.asarray(image.filter(ImageFilter.ModeFilter(5)).filter(ImageFilter.SMOOTH), np.float32)
    grey = _grey(dabbed)
    vivid = grey + (dabbed - grey) * 1.2
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)[..., None]
    turn = 2.2 * _cloudy(rng, 4)
    bristles = np.sin(2.1 * (x * np.cos(turn) + y * np.sin(turn))) * (0.6 + 0.4 * _cloudy(rng, 24))
    relief = np.diff(grey, axis=1, append=grey[:, -1:]) + np.diff(grey, axis=0, append=grey[-1:])
    return vivid + 9 * bristles + 0.3 * np.clip(relief, -60, 60)


def _chalk(picture: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Chalk on a blackboard: colours lightened, dark places left to the board."""
    board = np.asarray((40, 58, 54), np.float32) + 5 * _cloudy(rng)
    grey = _grey(picture)
    light = np.clip(picture * 0.85 + 50, 0, 255)
    amount = np.clip(0.16 + 0.66 * grey / 255, 0, 0.8) * (0.6 + 0.15 * alpha) + 0.34 * alpha
    grain = np.clip(0.82 + 0.3 * _tiles()["crayon"], 0.45, 1)
    drawn = board + (light - board) * np.clip(amount * grain, 0, 1)
    lines = np.maximum(_contours(picture) * 0.75, 0)
    return drawn * (1 - lines) + np.asarray((238, 238, 226), np.float32) * lines


BAYER = np.asarray(((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5)), np.float32) / 16 - 0.5


def _pixel(picture: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Squares of two pixels in few colours, dithered in order (Bayer, 1973) behind the subject."""
    half = SIZE // 2
    small, cover = picture.reshape(half, 2, half, 2, 3).mean((1, 3)), alpha.reshape(half, 2, half, 2, 1).mean((1, 3))
    grey = _grey(small)
    vivid = np.clip(grey + (small - grey) * 1.3, 0, 255)
    dither = np.tile(BAYER, (half // 4, half // 4))[..., None] * 52 * (1 - 0.75 * cover)
    few = np.round((vivid + dither) / 51) * 51
    return few.repeat(2, 0).repeat(2, 1)


def _cartoon(picture: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Clean colours, as drawn, a little brighter."""
    grey = _grey(picture)
    return np.clip(grey + (picture - grey) * 1.12, 0, 255) * 0.96 + 10


STYLING = {"watercolour": _watercolour, "ink": _ink, "poster": _poster, "crayon": _crayon, "oil": _oil, "chalk": _chalk,
           "pixel": _pixel, "cartoon": _cartoon}
