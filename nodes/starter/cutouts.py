"""A person's own drawing cut out of its ground: by its alpha, else by the plain colour around it."""

from __future__ import annotations

from typing import Any

import numpy as np

from nodegraph import InputError, warn

from ..media.image import to_array

MOST = 512  # pixels of the longer side that are looked at
TOLERANCE = 40  # of 255: how far a channel may be from the colour of the ground
PLAIN = 0.7  # of the border has the colour of the ground, or there is no ground
FAINT = 8  # of 255: an alpha below this shows nothing


def cutout(image: Any) -> np.ndarray:
    """The drawing of an Image, uint8 (h, w, 4), cropped to what is drawn. Raises InputError where nothing is."""
    pixels = _small(to_array(image))
    if pixels.shape[2] == 3 or pixels[..., 3].min() > FAINT:
        pixels = np.concatenate([pixels[..., :3], _cover(pixels[..., :3])[..., None]], 2)
    rows, columns = np.flatnonzero((pixels[..., 3] > FAINT).any(1)), np.flatnonzero((pixels[..., 3] > FAINT).any(0))
    if not rows.size:
        raise InputError("reference shows nothing: it is of one colour, or transparent all over; give a drawing, on "
                         "a plain ground or with alpha")
    return np.ascontiguousarray(pixels[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1])


def _small(pixels: np.ndarray) -> np.ndarray:
    from PIL import Image

    image = Image.fromarray(pixels)
    if max(image.size) > MOST:
        image.thumbnail((MOST, MOST), Image.Resampling.BOX)
    return np.asarray(image)


def _cover(rgb: np.ndarray) -> np.ndarray:
    """uint8 (h, w): 255 but where the colour of the border reaches inwards from the border."""
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
    ground = np.median(border, 0)
    plain = np.abs(rgb.astype(int) - ground).max(2) <= TOLERANCE
    rim = np.concatenate([plain[0], plain[-1], plain[:, 0], plain[:, -1]])
    if rim.mean() < PLAIN:
        warn("reference has neither alpha nor a plain ground around what is drawn, so all of it stands in the picture")
        return np.full(plain.shape, 255, np.uint8)
    return np.where(_reached(plain), 0, 255).astype(np.uint8)


def _reached(free: np.ndarray) -> np.ndarray:
    """Where one comes from the border over free pixels, going up, down, left and right."""
    reached = np.zeros_like(free)
    reached[[0, -1]], reached[:, [0, -1]] = free[[0, -1]], free[:, [0, -1]]
    before = -1
    while before != (before := int(reached.sum())):
        for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
            reached = _swept(reached, free, axis, step)
    return reached


def _swept(reached: np.ndarray, free: np.ndarray, axis: int, step: int) -> np.ndarray:
    """What is reached, and all that is free behind it along an axis."""
    rows, open_ = np.moveaxis(reached, axis, 0)[::step].copy(), np.moveaxis(free, axis, 0)[::step]
    for k in range(1, len(rows)):
        rows[k] |= rows[k - 1] & open_[k]
    return np.moveaxis(rows[::step], 0, axis)
