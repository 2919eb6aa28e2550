"""The main colours of a picture: k-means in CIELAB, the same on every machine."""

from __future__ import annotations

from typing import Any

from ..media.types import Palette
from .color import hex_of, srgb

ROUNDS = 30


def palette_of(pixels: Any, count: int, seed: int) -> Palette:
    """At most `count` colours of CIELAB pixels (n, 3), by how much of the picture each has.

    Lloyd's iterations from a k-means++ start (Arthur and Vassilvitskii, 2007). A picture with fewer colours
    gives fewer.
    """
    import numpy as np

    centres = _start(pixels, count, np.random.default_rng(seed))
    for _ in range(ROUNDS):
        nearest = _distances(pixels, centres).argmin(1)
        moved = np.stack([pixels[nearest == i].mean(0) if (nearest == i).any() else centre
                          for i, centre in enumerate(centres)])
        if np.array_equal(moved, centres):
            break
        centres = moved
    counts = np.bincount(_distances(pixels, centres).argmin(1), minlength=len(centres))
    shares: dict[str, int] = {}
    for color, share in zip(map(hex_of, srgb(centres)), counts.tolist()):
        if share:
            shares[color] = shares.get(color, 0) + share
    ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    return Palette(tuple(color for color, _ in ordered),
                   tuple(round(share / len(pixels), 4) for _, share in ordered))


def _start(pixels: Any, count: int, rng: Any) -> Any:
    """Centres far from each other: each next one is drawn by its squared distance to those before."""
    import numpy as np

    centres = pixels[rng.integers(len(pixels))][None]
    while len(centres) < count:
        distance = _distances(pixels, centres).min(1)
        total = distance.cumsum()
        if total[-1] < 1e-9:
            break
        chosen = np.searchsorted(total, rng.random() * total[-1], side="right").clip(max=len(pixels) - 1)
        centres = np.concatenate([centres, pixels[chosen][None]])
    return centres


def _distances(pixels: Any, centres: Any) -> Any:
    return ((pixels[:, None] - centres[None]) ** 2).sum(-1)
