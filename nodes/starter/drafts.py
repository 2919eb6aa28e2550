"""A request made whole: its drawings found and placed, and what it leaves open chosen by a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nodegraph import InputError, warn

from . import drawings, lexicon, vocabulary
from .compositions import Composition, Figure, Place, places
from .request import Request, Thing, read
from .sentences import Wanted, plain

LIFT = 0.2  # of the frame, for what flies
MARGIN = 0.03  # of the frame, around what is shown whole
FINEST = 256  # pixels of a drawing before it is placed
STYLES = ("watercolour", "poster", "crayon", "oil", "cartoon")  # of which one is chosen where none is asked for
TIMES = {"day": 10, "dusk": 4, "dawn": 3, "night": 3}  # and of these, so often


@dataclass(frozen=True, eq=False)
class Draft:
    """A composition and the sentence for it, in the painter's words; `facts` tells each choice in a line."""

    composition: Composition
    prompt: str
    facts: str


def draft(text: str, seed: int, own: np.ndarray | None = None, side: int = FINEST, **asked: str | None) -> Draft:
    """The draft of a sentence. Warns of what was not read.

    What is left open depends on the seed and the things alone, so that a fox at dawn and at dusk are in one style.
    own: a drawing uint8 (h, w, 4) that takes the place of the first thing's. side: pixels of the others. asked: setting, style and time that
    count before those of the sentence. Raises InputError for a sentence without a letter.
    """
    if not any(letter.isalpha() for letter in text):
        raise InputError("text is empty; say what the picture shows, such as `a red fox in the snow at night`")
    request = read(text, brought=own is not None)
    if own is not None and not request.things:
        request = replace(request, things=(Thing("东西" if request.language == "zh" else "thing", None),))
    things = _counted(request.things)
    _tell(request, things, own is not None)
    dice = {name: random.Random(f"{name} {seed} {[thing.noun for thing in things]}") for name in ("setting", "style", "time")}
    chosen = {"setting": asked.get("setting") or request.setting or _fitting(things, dice["setting"]),
              "style": asked.get("style") or request.style or dice["style"].choice(STYLES),
              "time": asked.get("time") or request.time or _lit(things, dice["time"])}
    figures = tuple(_figures(things, own, seed, request, side))
    wanted = Wanted(tuple(_names(thing, request.language) for thing in things), tuple(thing.colour for thing in things),
                    **chosen, alike=len(things) > 1 and len({id(thing) for thing in things}) == 1)
    return Draft(Composition(figures, **chosen, seed=seed), plain(wanted, request.language), _facts(things, chosen, request, own is not None))


def _counted(things: tuple[Thing, ...]) -> list[Thing]:
    """Each thing so often as it is asked for, three in all."""
    return [thing for thing in things for _ in range(thing.count)][:vocabulary.MOST]


def _figures(things: list[Thing], own: np.ndarray | None, seed: int, request: Request, side: int) -> Iterator[Figure]:
    shot = request.shot or ("middle" if own is not None else "")  # nobody draws to be seen from afar
    spots = places(len(things), seed, shot) if things else ()
    for thing, spot in zip(things, spots):
        if thing.drawing and thing.drawing.id in lexicon.AIRBORNE or request.aloft and thing is things[0]:
            spot = replace(spot, foot=min(spot.foot, 0.88) - LIFT, width=0.85 * spot.width, height=0.85 * spot.height)
        if request.shot != "close":
            spot = _whole(spot)
        pixels = own if thing is things[0] or thing.drawing is None else None
        if pixels is None and thing.drawing is not None:
            pixels = _pixels(thing.drawing, side)
        if pixels is not None:
            yield Figure(pixels, spot, thing.colour)


def _whole(spot: Place) -> Place:
    """A place that lies in the frame, so that no head is cut off that nobody wanted close."""
    foot = min(spot.foot, 1 - MARGIN)
    return replace(spot, foot=foot, width=min(spot.width, 2 * (min(spot.x, 1 - spot.x) - MARGIN)),
                   height=min(spot.height, foot - MARGIN))


def _pixels(drawing: drawings.Drawing, side: int) -> np.ndarray:
    """A drawing as uint8 (h, w, 4), cropped to what is drawn."""
    pixels = np.rint(drawings.rgba(drawing, side).transpose(1, 2, 0) * 255).astype(np.uint8)
    rows, columns = np.flatnonzero(pixels[..., 3].any(1)), np.flatnonzero(pixels[..., 3].any(0))
    return pixels[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]


def _names(thing: Thing, language: str) -> tuple[str, str]:
    """The noun in English and in Chinese: as it was said, and as the drawing is called."""
    english, chinese = (thing.drawing.name_en, thing.drawing.name_zh) if thing.drawing else (thing.noun, thing.noun)
    if language == "zh":
        return english, thing.noun
    return thing.noun if thing.count == 1 else " ".join((*thing.noun.split()[:-1], drawings.singular(thing.noun.split()[-1]))), chinese


def _fitting(things: list[Thing], rng: random.Random) -> str:
    """A setting that suits the first thing by the words that Unicode has for its drawing."""
    words = set(drawings.keywords(things[0].drawing)) if things and things[0].drawing else set()
    return rng.choice(next((settings for word, *settings in lexicon.FITTING if word in words), list(lexicon.ANYWHERE)))


def _lit(things: list[Thing], rng: random.Random) -> str:
    """A time of day: night, where there is what is seen at night alone."""
    if any(thing.drawing and thing.drawing.id in lexicon.NOCTURNAL for thing in things):
        return "night"
    return rng.choices(list(TIMES), list(TIMES.values()))[0]


def _facts(things: list[Thing], chosen: dict[str, str], request: Request, own: bool) -> str:
    lines = [f"{thing.noun}: {'your drawing' if own and thing is things[0] else thing.drawing and thing.drawing.name_en}, {thing.colour or 'its own colours'}"
             for thing in dict.fromkeys(things)]
    said = {"setting": request.setting, "style": request.style, "time": request.time}
    return "\n".join([*lines, *(f"{name}: {word}{'' if said[name] == word else ' (chosen)'}" for name, word in chosen.items())])


# what is told


def _tell(request: Request, things: list[Thing], own: bool) -> None:
    told = [_unknown(words, kind, request.language) for words, kind in request.strange]
    told += [f"no drawing is called {words!r}, and that of {drawing.name_en!r} stands for it" for words, drawing in request.loose
             if not own or words != request.things[0].noun]
    told += [f"{words!r} is left out, since {reason}" for words, reason in request.dropped]
    if request.strange and not things:
        told.append("no drawing was found, so the setting alone is shown")
    count = sum(thing.count for thing in request.things)
    if count > len(things):
        told.append(f"of {count} things the first {len(things)} are shown")
    if request.foreign and (request.strange or request.loose):
        told.append("the languages that are read are English and Chinese")
    if told:
        warn("; ".join(told))


def _unknown(words: str, kind: str, language: str) -> str:
    if kind != "thing":
        known: Any = vocabulary.CHINESE if language == "zh" else {word: (word,) for word in vocabulary.ENGLISH}
        row = {"setting": vocabulary.SETTINGS, "style": vocabulary.STYLES}[kind]
        return f"{words!r} is no {kind} that is known ({', '.join(known[word][0] for word in row)})"
    near = drawings.nearest(words.split()[-1])
    return f"{words!r} was not read" + (f" (the nearest words are {', '.join(near)})" if near else "")
