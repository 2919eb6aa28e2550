"""Openly licensed drawings of things, found by their names in English and in Chinese.

The drawings are Fluent Emoji by Microsoft (MIT) and some of this project's own (MIT); the words are Unicode's CLDR
annotations (Unicode-3.0) and a list of choices. README.md beside this file has the licences and how it is made again.
"""

from __future__ import annotations

import difflib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

HERE = Path(__file__).parent
LICENCES = {"fluent": "MIT (Microsoft)", "own": "MIT (the nodegraph authors)"}
HAN = re.compile("[\u3400-\u9fff]")
_WORD = re.compile(r"[a-z0-9]+(?:['’-][a-z0-9]+)*")
_LONGEST = 5  # words of an English name that are looked up at once
_ARTICLES = {"a", "an", "the", "some", "my", "your", "our", "his", "her", "their", "one", "two", "three", "this", "that"}
_ODD = {"mice": "mouse", "geese": "goose", "men": "man", "women": "woman", "children": "child", "people": "person", "feet": "foot",
        "teeth": "tooth", "leaves": "leaf", "wolves": "wolf", "knives": "knife", "loaves": "loaf", "elves": "elf", "oxen": "ox",
        "calves": "calf", "cacti": "cactus", "thieves": "thief", "shelves": "shelf", "scarves": "scarf", "buses": "bus",
        "horses": "horse", "houses": "house", "roses": "rose", "noses": "nose", "axes": "axe", "shoes": "shoe", "snakes": "snake",
        "eyes": "eye", "canoes": "canoe", "cookies": "cookie", "ties": "tie", "pies": "pie", "bees": "bee", "moose": "moose",
        "vases": "vase", "cheeses": "cheese", "movies": "movie", "zombies": "zombie", "genies": "genie", "pixies": "pixie"}
CHOICE, NAME, HEAD, KEYWORD = range(4)


@dataclass(frozen=True)
class Drawing:
    """One drawing: its id, its names, the set that it comes from (`fluent` or `own`) and that set's licence."""

    id: str
    name_en: str
    name_zh: str
    set: str
    licence: str


class Mention(NamedTuple):
    """A word in a text that a drawing answers to; `rank` is CHOICE, NAME, HEAD (of a name) or KEYWORD, the better the smaller."""

    start: int
    end: int
    word: str
    rank: int
    drawing: Drawing


def every() -> tuple[Drawing, ...]:
    """All the drawings that are kept, by set and id."""
    return tuple(drawing for drawing, _ in _kept().values())


def by_id(name: str) -> Drawing:
    """The drawing of that id; KeyError where there is none."""
    return _kept()[name][0]


def named(noun: str) -> Drawing | None:
    """The drawing that answers best to a noun of either language, or None."""
    return next(iter(search(noun)), None)


def search(words: str, language: str | None = None) -> list[Drawing]:
    """Drawings that answer to the words, the best first.

    The longest word or phrase of the text that is known counts first (`ice cream` before `ice`); for that phrase, a
    choice of ours comes before a name, a name before a keyword, and a drawing of few keywords before one of many.

    words: a noun, a phrase or a sentence; articles and plurals are understood.
    language: `en` or `zh`; left out, Chinese where the words hold Chinese characters.
    """
    order = sorted(mentions(words, language), key=lambda told: (min(told.rank, NAME) - len(told.word), told.rank, told.start))
    told = [drawing for mention in order for _, drawing in _answers(mention.word, _language(words, language))]
    return list(dict.fromkeys(told))


def answer(phrase: str, language: str) -> tuple[int, Drawing] | None:
    """The drawing that answers best to just this phrase, and how: CHOICE, NAME, HEAD or KEYWORD; None where none does."""
    words = phrase.lower()
    if language == "en" and words.split()[:1] and words.split()[0] in _ARTICLES:
        return None
    forms = (words, _plain(words)) if language == "en" else (words,)
    return min((told for form in forms if form for told in islice(_answers(form, language), 1)), key=lambda told: told[0], default=None)


def chosen(phrase: str) -> bool:
    """Whether this English phrase, as it stands, is one of the choices."""
    return phrase in {word for english, _ in _choices().values() for word in english}


def mentions(text: str, language: str | None = None) -> list[Mention]:
    """The nouns of a text that drawings answer to, in order; of phrases that overlap the longest one is taken."""
    return list((_chinese if _language(text, language) == "zh" else _english)(text))


def nearest(word: str, count: int = 3) -> list[str]:
    """Known words that are spelt like this one, the nearest first; perhaps none."""
    index = _index()[_language(word, None)]
    return difflib.get_close_matches(word.lower(), [key for key, rows in index.items() if rows[0][0] <= NAME], count, 0.8)


def keywords(drawing: Drawing) -> tuple[str, ...]:
    """English words about a drawing, its name first: of Unicode's, or of our own."""
    row = _kept()[drawing.id][1]
    return (*row["en"], *row.get("keywords", ()))


def svg(drawing: Drawing) -> str:
    """A drawing as an SVG file."""
    body = _kept()[drawing.id][1]["svg"]
    return body if body.lstrip().startswith("<svg") else (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32">{body}</svg>')


def rgba(drawing: Drawing, size: int) -> np.ndarray:
    """A drawing as pixels, float32 (4, size, size): sRGB and coverage, 0..1, the colours not multiplied by the coverage."""
    import numpy as np
    import resvg_py
    from PIL import Image

    png = resvg_py.svg_to_bytes(svg_string=svg(drawing), width=size, height=size, skip_system_fonts=True)
    pixels = np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA"), np.float32) / 255
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


@lru_cache(maxsize=1)
def _kept() -> dict[str, tuple[Drawing, dict[str, Any]]]:
    return {row["id"]: (Drawing(row["id"], row["en"][0], row["zh"][0], kind, LICENCES[kind]), row)
            for kind, rows in (("fluent", _fluent()), ("own", _own())) for row in rows}


def _fluent() -> Iterator[dict[str, Any]]:
    return map(json.loads, (HERE / "fluent.jsonl").read_text(encoding="utf-8").splitlines())


def _own() -> Iterator[dict[str, Any]]:
    for line in (HERE / "own.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield {"zh-Hant": [], **row, "svg": (HERE / "own" / f"{row['id']}.svg").read_text(encoding="utf-8")}


@lru_cache(maxsize=1)
def _index() -> dict[str, dict[str, list[tuple[int, int, str]]]]:
    """By language and word: (rank, number of keywords, id) of the drawings that answer, the best first; ours before others."""
    index: dict[str, dict[str, list[tuple[int, int, str]]]] = {"en": {}, "zh": {}}
    for drawing, row in _kept().values():
        for language, key, rank in _keys(drawing, row):
            index[language].setdefault(key, []).append((rank, len(row["en"]) if drawing.set == "fluent" else 0, drawing.id))
    for table in index.values():
        for rows in table.values():
            rows.sort()
    return index


@lru_cache(maxsize=1)
def _choices() -> dict[str, tuple[list[str], list[str]]]:
    """By id: the English and the Chinese words that are for this drawing, whatever Unicode says."""
    lines = (HERE / "choices.tsv").read_text(encoding="utf-8").splitlines()
    return {name: ([*filter(None, english.split("; "))], [*filter(None, chinese.split("；"))])
            for name, english, chinese in (line.split("\t") for line in lines)}


def _keys(drawing: Drawing, row: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    english, chinese = _choices().get(drawing.id, ((), ()))
    yield from (("en", _plain(word), CHOICE) for word in english)
    yield from (("zh", word, CHOICE) for word in chinese)
    for place, word in enumerate((drawing.id.replace("-", " "), *row["en"])):
        named = place < 2 or drawing.set == "own"
        yield "en", word, NAME if named else KEYWORD
        yield "en", _plain(word), KEYWORD if not named else NAME if drawing.set == "own" else HEAD
    head = drawing.name_en.split()[-1]
    if not head.endswith("ing") or head == drawing.name_en:  # a man dancing is no dancing
        yield "en", _plain(head), HEAD
    for language in ("zh", "zh-Hant"):
        for place, word in enumerate(row[language]):
            if not place or len(word) > 1:  # one character alone is a part of too many words
                yield "zh", word, KEYWORD if place and drawing.set != "own" else NAME


def _answers(word: str, language: str) -> Iterator[tuple[int, Drawing]]:
    for rank, _, name in _index()[language].get(word, ()):
        yield rank, by_id(name)


def _language(text: str, language: str | None) -> str:
    return language or ("zh" if HAN.search(text) else "en")


def _plain(words: str) -> str:
    """English words in the form that they are looked up in: small letters, no article, the last word singular."""
    parts = _WORD.findall(words.lower().replace("’", "'").replace("-", " "))
    while len(parts) > 1 and parts[0] in _ARTICLES:
        parts = parts[1:]
    return " ".join((*parts[:-1], singular(parts[-1]))) if parts else ""


def singular(word: str) -> str:
    """An English noun in the singular, by rule; a word that is none comes back as it is."""
    if word in _ODD:
        return _ODD[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(s|x|z|ch|sh|o)es$", word):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not re.search(r"(ss|us|is)$", word) else word


def _english(text: str) -> Iterator[Mention]:
    tokens = [match.span() for match in re.finditer(r"[a-z0-9]+(?:['’][a-z0-9]+)*", text.lower())]
    place = 0
    while place < len(tokens):
        for length in range(min(_LONGEST, len(tokens) - place), 0, -1):
            start, end = tokens[place][0], tokens[place + length - 1][1]
            key = _plain(text[start:end])
            if text[start:end].lower().split()[0] not in _ARTICLES and (told := next(_answers(key, "en"), None)):
                yield Mention(start, end, key, *told)
                break
        else:
            length = 1
        place += length


def _chinese(text: str) -> Iterator[Mention]:
    index, place = _index()["zh"], 0
    while place < len(text):
        for length in range(min(8, len(text) - place), 0, -1):
            if rows := index.get(text[place:place + length].lower()):
                yield Mention(place, place + length, text[place:place + length].lower(), rows[0][0], by_id(rows[0][2]))
                break
        else:
            length = 1
        place += length
