"""What the signs of a prompt mean: weights, changes in the course of the steps, breaks.

The signs are those of the field (AUTOMATIC1111's, and compel's plus and minus), as far as they are no plain English:

    (words:1.3)      these words at 1.3 of their weight
    [before:after:0.4]   before, and after 0.4 of the steps after; either may be empty
    [one|other]      in turns, a step each
    BREAK            what follows begins a new chunk of the encoder's
    \\( \\) \\[ \\] \\|   the sign itself

and, where all signs are to count, (words) as 1.1, [words] as 1 / 1.1, word+ and word- as 1.1 and 0.9 a sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from math import lcm
from typing import Literal

Signs = Literal["numbers", "all", "none"]

_MORE, _PLUS, _MINUS = 1.1, 1.1, 0.9
_HEAVIEST = 10.0  # beyond it a number is no weight: "(7:30)"
_TURNS = 24  # steps after which alternations must have come round
_PAIRS = {"(": ")", "[": "]"}
# A ratio or a time of day is none either: "(a picture of 16:9)".
_WEIGHT = re.compile(r"(?<!\d):\s*([-+]?(?:\d+\.?\d*|\.\d+))\s*$|(?<=\d):\s*([-+]?\d*\.\d+)\s*$")
_SHARE = re.compile(r"^\s*(0?\.\d+|0|1|0\.|1\.0*)\s*$")
_BREAK = re.compile(r"\s*\bBREAK\b\s*")
_EMPHASIS = re.compile(r"([^\s,.;:!?+\-][^\s,.;:!?+]*?)(\++|-{2,}|-)(?=[\s,.;:!?]|$)")
_STRAY = re.compile("[\U0010f000-\U0010f8ff]")  # which mark weights later on, and are letters of nobody


@dataclass(frozen=True)
class Words:
    """Plain words."""

    text: str


@dataclass(frozen=True)
class Weighted:
    """What has another weight than the words around it."""

    inner: tuple[Part, ...]
    weight: float


@dataclass(frozen=True)
class Switch:
    """What is read until a share of the steps is done, and what from then on."""

    before: tuple[Part, ...]
    after: tuple[Part, ...]
    at: float


@dataclass(frozen=True)
class Turns:
    """What is read in turns, a step each."""

    choices: tuple[tuple[Part, ...], ...]


@dataclass(frozen=True)
class Break:
    """Where a new chunk begins."""


Part = Words | Weighted | Switch | Turns | Break
Piece = tuple[str, float] | None  # words and their weight, or a break


@dataclass(frozen=True)
class Moment:
    """When a reading of a prompt holds: from a share of the steps to before another, and of these one in so many."""

    begin: float = 0.0
    end: float = 1.0
    turn: tuple[int, int] = (0, 1)


def parsed(text: str, signs: Signs = "numbers") -> tuple[Part, ...]:
    """The parts of a prompt. What is not closed, or means nothing, is words."""
    text = _STRAY.sub("", text)
    return (Words(text),) * bool(text) if signs == "none" else tuple(_parts(text, 0, len(text), _matches(text), signs))


def _matches(text: str) -> dict[int, int]:
    """Where each bracket that is closed is closed."""
    found: dict[int, int] = {}
    stack: list[int] = []
    for place, sign in _signs(text):
        if sign in _PAIRS:
            stack.append(place)
        elif sign in _PAIRS.values():
            while stack and _PAIRS[text[stack[-1]]] != sign:
                stack.pop()
            if stack:
                found[stack.pop()] = place
    return found


def _signs(text: str) -> Iterator[tuple[int, str]]:
    """The signs of a text that no backslash stands before."""
    place = 0
    while place < len(text):
        if text[place] == "\\" and text[place + 1:place + 2] in tuple("()[]|\\"):
            place += 2
            continue
        yield place, text[place]
        place += 1


def _parts(text: str, start: int, stop: int, matches: dict[int, int], signs: Signs) -> Iterator[Part]:
    plain = place = start
    while place < stop:
        if text[place] == "\\" and text[place + 1:place + 2] in tuple("()[]|\\"):
            place += 2
            continue
        close = matches.get(place, stop)
        group = _group(text, place, close, matches, signs) if close < stop else None
        if group is None:
            place += 1
            continue
        yield from _words(text[plain:place], signs)
        plain = place = close + 1
        grown = re.compile(r"\++|-+").match(text, place, stop) if signs == "all" and text[close] == ")" else None
        if grown and isinstance(group, Weighted):  # (words)++ says how much by its signs
            group = Weighted(group.inner, _power(grown[0]))
            plain = place = grown.end()
        yield group
    yield from _words(text[plain:stop], signs)


def _power(signs: str) -> float:
    return float((_PLUS if signs[0] == "+" else _MINUS) ** len(signs))


def _group(text: str, start: int, close: int, matches: dict[int, int], signs: Signs) -> Part | None:
    """What a bracket and all in it mean; None where it is only letters."""
    inner = start + 1
    if text[start] == "(":
        number = _WEIGHT.search(text[inner:close])
        weight = float(number[1] or number[2]) if number else _MORE
        if number and abs(weight) <= _HEAVIEST and number.start():
            return Weighted(tuple(_parts(text, inner, inner + number.start(), matches, signs)), weight)
        return Weighted(tuple(_parts(text, inner, close, matches, signs)), _MORE) if signs == "all" else None
    bars = _splits(text, inner, close, "|", matches)
    if len(bars) > 1:
        return Turns(tuple(tuple(_parts(text, *bar, matches, signs)) for bar in bars))
    colons = _splits(text, inner, close, ":", matches)
    share = _SHARE.match(text[slice(*colons[-1])]) if 1 < len(colons) < 4 else None
    if share:
        first, last = ((inner, inner), colons[0]) if len(colons) == 2 else (colons[0], colons[1])
        return Switch(tuple(_parts(text, *first, matches, signs)), tuple(_parts(text, *last, matches, signs)),
                      float(share[1]))
    return Weighted(tuple(_parts(text, inner, close, matches, signs)), 1 / _MORE) if signs == "all" else None


def _splits(text: str, start: int, stop: int, sign: str, matches: dict[int, int]) -> list[tuple[int, int]]:
    """The pieces of a text between signs that stand in no bracket of their own."""
    pieces, place, begin = [], start, start
    while place < stop:
        if text[place] == "\\":
            place += 2
        elif matches.get(place, stop) < stop:
            place = matches[place] + 1
        else:
            if text[place] == sign:
                pieces.append((begin, place))
                begin = place + 1
            place += 1
    return [*pieces, (begin, stop)]


def _words(text: str, signs: Signs) -> Iterator[Part]:
    """Words between brackets: breaks, and words with a plus or a minus of their own."""
    for number, stretch in enumerate(_BREAK.split(text)):
        if number:
            yield Break()
        place = 0
        for word in _EMPHASIS.finditer(stretch) if signs == "all" else ():
            yield from _letters(stretch[place:word.start()])
            yield Weighted(tuple(_letters(word[1])), _power(word[2]))
            place = word.end()
        yield from _letters(stretch[place:])


def _letters(text: str) -> Iterator[Words]:
    text = re.sub(r"\\([()\[\]|\\])", r"\1", text)
    if text:
        yield Words(text)


def moments(*prompts: tuple[Part, ...]) -> list[Moment]:
    """When prompts are read anew: all of the steps for those without signs of time."""
    times = sorted({0.0, 1.0, *(part.at for prompt in prompts for part in _all(prompt) if isinstance(part, Switch))})
    turns = reduce(lcm, (len(part.choices) for prompt in prompts for part in _all(prompt) if isinstance(part, Turns)), 1)
    turns = min(turns, _TURNS)
    return [Moment(begin, end, (turn, turns)) for begin, end in zip(times, times[1:]) for turn in range(turns)]


def _all(prompt: tuple[Part, ...]) -> Iterator[Part]:
    for part in prompt:
        yield part
        if isinstance(part, Weighted):
            yield from _all(part.inner)
        elif isinstance(part, Switch):
            yield from _all((*part.before, *part.after))
        elif isinstance(part, Turns):
            for choice in part.choices:
                yield from _all(choice)


def pieces(prompt: tuple[Part, ...], moment: Moment = Moment(), weight: float = 1.0) -> list[Piece]:
    """What a prompt says at a moment: words with their weights, and breaks."""
    made: list[Piece] = []
    for part in prompt:
        if isinstance(part, Words):
            made.append((part.text, weight))
        elif isinstance(part, Break):
            made.append(None)
        elif isinstance(part, Weighted):
            made += pieces(part.inner, moment, weight * part.weight)
        elif isinstance(part, Switch):
            made += pieces(part.before if moment.begin < part.at else part.after, moment, weight)
        else:
            made += pieces(part.choices[moment.turn[0] % len(part.choices)], moment, weight)
    return made


def plain(said: list[Piece]) -> str:
    """The words alone."""
    return "".join(" " if piece is None else piece[0] for piece in said)
