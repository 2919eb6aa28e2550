"""The nodes that read a picture's style."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, NamedTuple

from nodegraph import Choice, Range, Seed, node

from ..media.types import MODES, MOODS, TEMPOS, Image, Palette, Style
from .color import small
from .feeling import measured, mode_of, mood_of, tempo_of
from .palette import palette_of

Colors = Annotated[int, Range(2, 16)]


class Analysis(NamedTuple):
    """How a picture feels, whole and in parts that can be linked one by one."""

    style: Style
    palette: Palette
    mood: Annotated[str, Choice(*MOODS)]
    tempo: Annotated[str, Choice(*TEMPOS)]
    mode: Annotated[str, Choice(*MODES)]


@node("style.palette", version=1)
def palette(image: Image, colors: Colors = 5, seed: Seed = 0) -> Palette:
    """Find the main colours of a picture, those that cover most of it first.

    image: the picture; what is transparent in it does not count.
    colors: how many; a picture that has fewer gives fewer.
    seed: where the search begins; another seed may find slightly other colours.
    """
    pixels, opaque = small(image)
    return palette_of(pixels[opaque], colors, seed)


@node("style.analyze", version=1)
def analyze(image: Image, colors: Colors = 5, seed: Seed = 0) -> Analysis:
    """Read how a picture feels: its colours, mood and tempo, and whether it would sound major or minor.

    The rules are those of colour psychology, told in the module `feeling` of this pack.

    image: the picture; what is transparent in it does not count.
    colors: how many colours the palette has.
    seed: where the search for the palette begins.
    style: all of it as one record.
    mood: calm, joyful, sad, mysterious, tense or dreamy.
    tempo: slow, medium or fast.
    mode: major or minor.
    """
    pixels, opaque = small(image)
    found = palette_of(pixels[opaque], colors, seed)
    measures = measured(pixels, opaque)
    style = Style(found, **asdict(measures), mood=mood_of(measures), tempo=tempo_of(measures),
                  mode=mode_of(measures))
    return Analysis(style, found, style.mood, style.tempo, style.mode)
