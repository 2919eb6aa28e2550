"""The many ways of saying a composition, in English and in Chinese: what the painter's words are learned from.

The drawings carry the shapes, so any noun may stand in a sentence, and none need be understood: what is to be read are
the colours in their order, the setting, the style, the time of day and how many.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from .captions import (
    CLOSINGS_EN,
    CLOSINGS_ZH,
    KINDS_EN,
    KINDS_ZH,
    LANGUAGES,
    OPENINGS_EN,
    OPENINGS_ZH,
)
from .drawings import singular
from .vocabulary import CHINESE, COLOURS, ENGLISH, MOST, SETTINGS, STYLES, SURROUNDINGS_EN, SURROUNDINGS_ZH, TIMES

__all__ = ["ALONE", "CODES", "LANGUAGES", "Said", "Wanted", "codes", "plain", "sentence"]

# the nouns that are understood, for a picture without a drawing
ALONE = {"boat": ("sailboat", "小船"), "house": ("house", "房子"), "fox": ("fox", "狐狸"), "cat": ("cat", "猫"),
         "bird": ("bird", "小鸟"), "fish": ("fish", "鱼"), "tree": ("tree", "大树"), "flower": ("flower", "花"),
         "car": ("car", "汽车"), "balloon": ("balloon", "气球")}
COUNTS = (1, 2, 3)
CODES = {"noun": tuple(ALONE), **{f"colour {k + 1}": COLOURS for k in range(MOST)}, "setting": SETTINGS, "style": STYLES,
         "time": TIMES, "count": COUNTS}

NUMBERS_EN, NUMBERS_ZH = {2: "two", 3: "three"}, {2: "两", 3: "三"}
MEASURES = "只个座朵条辆棵把张艘"
JOINTS_EN, JOINTS_ZH = (" and ", ", ", " with ", " next to ", " beside "), ("和", "与", "、", "，", "旁边有")


@dataclass(frozen=True)
class Wanted:
    """What a sentence is to say. nouns: (English, Chinese) from left to right, empty where there is none.

    colours: one a noun, None where it keeps the colours of its drawing. alike: all nouns are one, counted.
    None in place of a word leaves it unsaid.
    """

    nouns: tuple[tuple[str, str], ...]
    colours: tuple[str | None, ...]
    setting: str | None
    style: str | None
    time: str | None
    alike: bool = False
    noun: str | None = None  # of ALONE, if it is to be understood


@dataclass(frozen=True)
class Said:
    """A sentence, and what it says: one place among its choices for each of CODES, or -1."""

    text: str
    codes: tuple[int, ...]


def codes(wanted: Wanted) -> tuple[int, ...]:
    """The place of each of CODES among its choices, or -1 where it is not said."""
    colours = [*wanted.colours, *[None] * (MOST - len(wanted.colours))]
    said = (wanted.noun, *colours, wanted.setting, wanted.style, wanted.time, len(wanted.nouns) or None)
    return tuple(-1 if word is None else choices.index(word) for word, choices in zip(said, CODES.values(), strict=True))


def sentence(wanted: Wanted, language: str, seed: int) -> Said:
    """One phrasing, chosen by the seed."""
    rng = random.Random(seed)
    return Said({"en": _english, "zh": _chinese}[language](wanted, rng), codes(wanted))


def plain(wanted: Wanted, language: str) -> str:
    """The plainest full sentence: what a reader of scenes gives to the painter."""
    if language == "zh":
        things = "和".join(f"{CHINESE[c][0] + '色的' if c else ''}{noun[1]}" for noun, c in _counted(wanted))
        number = f"{NUMBERS_ZH[len(wanted.nouns)]}只" if wanted.alike and len(wanted.nouns) > 1 else ""
        place = f"{CHINESE[wanted.setting][0]}{'的' if things else ''}" if wanted.setting else ""
        head = f"{CHINESE[wanted.time][0]}，" if wanted.time else ""
        return f"{head}{place}{number}{things}" + (f"，{CHINESE[wanted.style][0]}" if wanted.style else "")
    things = " and ".join(_with_article(" ".join(filter(None, (c, noun[0]))), wanted) for noun, c in _counted(wanted))
    words = [things, *(ENGLISH[word][0] for word in (wanted.setting, wanted.time) if word)]
    return " ".join(filter(None, words)) + (f", {ENGLISH[wanted.style][0]}" if wanted.style else "")


def _counted(wanted: Wanted) -> list[tuple[tuple[str, str], str | None]]:
    """Each noun with its colour, or the one noun of a number of them."""
    pairs = list(zip(wanted.nouns, wanted.colours, strict=True))
    return pairs[:1] if wanted.alike else pairs


def _with_article(thing: str, wanted: Wanted) -> str:
    if wanted.alike and len(wanted.nouns) > 1:
        return f"{NUMBERS_EN[len(wanted.nouns)]} {thing}{'' if thing.endswith('s') else 's'}"
    if not thing or singular(thing.split()[-1]) != thing.split()[-1]:  # chopsticks
        return thing
    return f"{_article(thing)} {thing}"


def _article(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"


def _english(wanted: Wanted, rng: random.Random) -> str:
    things = rng.choice(JOINTS_EN[:2] if len(wanted.nouns) > 2 else JOINTS_EN).join(
        _english_thing(noun, colour, wanted, rng) for noun, colour in _counted(wanted))
    place, time, style = (rng.choice(ENGLISH[word]) if word else "" for word in (wanted.setting, wanted.time, wanted.style))
    if place and rng.random() < 0.35:
        place = _adorned(place, rng.choice(SURROUNDINGS_EN[wanted.setting]))
    form = rng.randrange(7)
    if form == 0:
        text = _joined((f"{things} {place} {time}", style), ", ")
    elif form == 1:
        text = _joined((things, place, time, style), ", ")
    elif form == 2:
        text = _joined((time, f"{things} {place}", style), ", ")
    elif form == 3:
        text = _joined((f"{style}{rng.choice((' of', ':', ','))} {things} {time} {place}" if style
                        else f"{things} {time} {place}",), "")
    elif form == 4:
        text = _joined((place, f"{things} {time}", style), ", ")
    elif form == 5:
        parts = [part for part in (place, time, style) if part]
        rng.shuffle(parts)
        text = _joined((things, *parts), rng.choice((", ", " ")))
    else:
        text = _joined((f"{things} {time} {place}", style), rng.choice((", ", " ", ". ")))
    if form != 3 and rng.random() < 0.25:
        text = f"{rng.choice(OPENINGS_EN)} {text}"
    return _dressed(text, rng, "en")


def _english_thing(noun: tuple[str, str], colour: str | None, wanted: Wanted, rng: random.Random) -> str:
    word = noun[0] if rng.random() < 0.85 else rng.choice(("thing", "one", _nonsense(rng)))
    if wanted.noun:
        word = rng.choice(_ways_of(wanted.noun))
    paint = rng.choice(ENGLISH[colour]) if colour else ""
    kind = rng.choice(KINDS_EN) if rng.random() < 0.22 else ""
    if paint and rng.random() < 0.08 and not wanted.alike:
        return f"{_article(kind or word)} {kind} {word} {rng.choice(('that is', 'in', 'which is', 'painted'))} {paint}"
    words = " ".join(filter(None, (kind, paint, word) if rng.random() < 0.8 else (paint, kind, word)))
    if wanted.alike and len(wanted.nouns) > 1:
        return f"{NUMBERS_EN[len(wanted.nouns)]} {words}{'' if words.endswith('s') else 's'}"
    if rng.random() < 0.15:
        return words
    return f"{rng.choice((_article(words), _article(words), 'the', 'one', 'my'))} {words}"


def _ways_of(noun: str) -> tuple[str, ...]:
    from .captions import ENGLISH as nouns

    return nouns[noun]


def _adorned(place: str, adjective: str) -> str:
    words = place.split(" ")
    for k, word in enumerate(words):
        if word in ("a", "an", "the"):
            return " ".join((*words[:k], word if word == "the" else _article(adjective), adjective, *words[k + 1:]))
    return place


def _chinese(wanted: Wanted, rng: random.Random) -> str:
    comma = rng.choice(("，", "，", ",", "、", " "))
    things = rng.choice(JOINTS_ZH).join(_chinese_thing(noun, colour, wanted, rng) for noun, colour in _counted(wanted))
    place, time, style = (rng.choice(CHINESE[word]) if word else "" for word in (wanted.setting, wanted.time, wanted.style))
    if place and rng.random() < 0.3:
        place = rng.choice(SURROUNDINGS_ZH[wanted.setting]) + place
    has = rng.choice(("有", "的", "", "，")) if place else ""
    form = rng.randrange(6)
    if form == 0:
        text = _joined((f"{time}{'的' if time and place else ''}{place}{has}{things}", style), comma)
    elif form == 1:
        text = _joined((things, time, style, place), comma)
    elif form == 2:
        text = (f"{style}{rng.choice(('：', ':', '，'))}" if style else "") + f"{time}{place}{has}{things}"
    elif form == 3:
        text = _joined((time, f"{place}{has}{things}", style), comma)
    elif form == 4:
        text = _joined((f"{things}{'在' if place else ''}{place}", time, style), comma)
    else:
        text = _joined((style, time, place, things), comma)
    if rng.random() < 0.22:
        text = f"{rng.choice(OPENINGS_ZH)}{text}"
    return _dressed(text, rng, "zh")


def _chinese_thing(noun: tuple[str, str], colour: str | None, wanted: Wanted, rng: random.Random) -> str:
    from .captions import CHINESE as nouns

    word = noun[1] if rng.random() < 0.88 else rng.choice(("东西", "", "小家伙"))
    if wanted.noun:
        word = rng.choice(nouns[wanted.noun])
    paint = ""
    if colour:
        paint = rng.choice(CHINESE[colour])
        paint += "色" if rng.random() < 0.8 or not word else ""
    many = len(wanted.nouns) > 1 and wanted.alike
    number = NUMBERS_ZH[len(wanted.nouns)] if many else "一"
    measure = f"{number}{rng.choice(MEASURES)}" if many or rng.random() < 0.6 and word else ""
    kind = rng.choice(KINDS_ZH) if rng.random() < 0.2 else ""
    of = "的" if paint and rng.random() < 0.75 else ""
    return rng.choice((f"{measure}{kind}{paint}{of}{word}", f"{measure}{paint}{of}{kind}{word}"))


def _dressed(text: str, rng: random.Random, language: str) -> str:
    """A closing word now and then, and sometimes a word that means nothing, at any place."""
    if rng.random() < 0.16:
        text = text + (", " + rng.choice(CLOSINGS_EN) if language == "en" else "，" + rng.choice(CLOSINGS_ZH))
    if language == "en":
        if rng.random() < 0.12:
            words = text.split(" ")
            words.insert(rng.randrange(len(words) + 1), _nonsense(rng))
            text = " ".join(words)
        return " ".join(text.split()) + ("." if rng.random() < 0.1 else "")
    if rng.random() < 0.1:
        text = f"{_nonsense(rng)} {text}" if rng.random() < 0.5 else f"{text}，{_nonsense(rng)}"
    return text + ("。" if rng.random() < 0.15 else "")


def _nonsense(rng: random.Random) -> str:
    return "".join(rng.choice("bcdfghjklmnprstvwz") + rng.choice("aeiou") for _ in range(rng.randint(1, 4)))


def _joined(parts: tuple[str, ...], comma: str) -> str:
    return comma.join(part for part in (" ".join(part.split()) for part in parts) if part)
