"""The pictures the little illustrator learns from: a seeded renderer of small scenes.

A scene is one subject in one colour, a setting, a time of day and a style. The same scene always renders the same
picture, and its mask says where the subject is. Nothing here knows about models or words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import ImageFilter

from .backdrops import LIGHTS, backdrop
from .pen import OUTLINE
from .styling import STYLING
from .subjects import subject_layer

SUBJECTS = ("boat", "house", "fox", "cat", "bird", "fish", "tree", "flower", "car", "balloon")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")
SETTINGS = ("sea", "forest", "snow", "desert", "city", "meadow")
STYLES = ("watercolour", "ink", "poster", "crayon")
TIMES = ("day", "dusk", "night", "dawn")
ATTRIBUTES = {"subject": SUBJECTS, "colour": COLOURS, "setting": SETTINGS, "style": STYLES, "time": TIMES}

HELD_OUT_PERCENT = 12


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
    behind = backdrop(scene.setting, scene.time, rng)
    layer = subject_layer(scene.subject, scene.colour, scene.time, rng)
    edge = np.asarray(layer.getchannel("A").filter(ImageFilter.MaxFilter(3)), np.float32)[..., None] / 255
    paint = np.asarray(layer, np.float32)
    alpha = paint[..., 3:] / 255
    glow = 0.84 + 0.16 * np.asarray(light.tint, np.float32)
    picture = behind * (1 - edge) + np.asarray(OUTLINE, np.float32) * edge
    picture = picture * (1 - alpha) + paint[..., :3] * glow * alpha
    picture = STYLING[scene.style](picture, alpha, rng)
    return Rendered(np.clip(picture + 0.5, 0, 255).astype(np.uint8), (alpha[..., 0] * 255).astype(np.uint8))
