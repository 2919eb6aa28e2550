"""The node that hears a picture: what music goes with a Style."""

from __future__ import annotations

import colorsys
from typing import Annotated, NamedTuple

from nodegraph import Choice, node

from ..media.score import key_name
from ..media.types import MOODS, TEMPOS, Style
from .generate import STYLES

_STYLES = {  # by mood: for a still picture, and for a lively one
    "calm": ("lullaby", "waltz"), "joyful": ("waltz", "march"), "sad": ("lullaby", "waltz"),
    "mysterious": ("ambient", "jazz"), "tense": ("march", "jazz"), "dreamy": ("ambient", "lullaby"),
}


class Music(NamedTuple):
    """What to ask a composer for."""

    mood: Annotated[str, Choice(*MOODS)]
    style: Annotated[str, Choice(*STYLES)]
    tempo: Annotated[str, Choice(*TEMPOS)]
    key: str


@node("music.mood", version=1)
def mood(style: Style) -> Music:
    """What music goes with a picture: its mood and tempo, a style by mood and liveliness, a key by colour.

    The tonic follows the hue of the most vivid large colour around the circle of fifths, red for C, orange
    for G, yellow for D, as Scriabin's table for Prometheus has it; the mode is the picture's own.

    style: the record of a picture, from style.analyze.
    mood: the picture's mood.
    tempo: the picture's tempo.
    key: such as `D minor`.
    """
    kind = _STYLES[style.mood][style.energy >= 0.5]
    return Music(style.mood, kind, style.tempo, key_name(7 * _fifths(style), style.mode))


def _fifths(style: Style) -> int:
    """How many fifths above C the picture's main hue is, 0 to 11; a grey picture is in C."""
    def weighed(item: tuple[str, float]) -> float:
        return item[1] * colorsys.rgb_to_hsv(*_rgb(item[0]))[1]

    color, weight = max(zip(style.palette.colors, style.palette.weights), key=weighed)
    if weighed((color, weight)) == 0:
        return 0
    return round(12 * colorsys.rgb_to_hsv(*_rgb(color))[0]) % 12


def _rgb(color: str) -> tuple[float, ...]:
    return tuple(byte / 255 for byte in bytes.fromhex(color[1:]))
