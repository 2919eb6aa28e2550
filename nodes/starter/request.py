"""What a sentence asks a picture to show: things with their colours and numbers, a setting, a style, a light.

Read by rules, in English and Chinese: the longest phrase that is known counts, drawings answer to the nouns, and what
nobody knows is handed back rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, takewhile

from . import drawings, lexicon, vocabulary
from .drawings import Drawing

LONGEST = 9  # words, or Chinese characters, of a phrase that is looked up
ARTICLES = ("a", "an", "the", "one")
UNREAD = 3.0  # what a character that is not read counts beside a phrase
KINDS = {word: kind for kind, words in (("setting", vocabulary.SETTINGS), ("style", vocabulary.STYLES), ("time", vocabulary.TIMES),
                                        ("colour", vocabulary.COLOURS)) for word in words}
_SPLIT = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|&|\S")
_KANA = "[\u3040-\u30ff]"
_SCRIPTS = "[\u0370-\u1dff\u3040-\u30ff\uac00-\ud7af]"  # letters from Greek to Georgian and beyond, kana, Korean


@dataclass(frozen=True)
class Thing:
    """A noun of the request, the drawing that answers to it, its colour (None: the drawing's own) and how many of it."""

    noun: str
    drawing: Drawing | None
    colour: str | None = None
    count: int = 1


@dataclass(frozen=True)
class Request:
    """What was read. What the sentence leaves open is None or empty.

    aloft: whether the first thing flies. strange: words that nobody knows, with the kind of word that they seem to be: `setting`, `style` or `thing`.
    loose: nouns to which a drawing answers by a keyword only, so that what it shows is to be told.
    dropped: words that are known and find no place, and why. foreign: whether it seems to be of a language that is not read.
    """

    language: str
    things: tuple[Thing, ...] = ()
    setting: str | None = None
    style: str | None = None
    time: str | None = None
    shot: str = ""
    aloft: bool = False
    strange: tuple[tuple[str, str], ...] = ()
    loose: tuple[tuple[str, Drawing], ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()
    foreign: bool = False


@dataclass
class Item:
    """A phrase of the sentence: of a kind of word, and what it says. `placed`: a setting said with its preposition."""

    kind: str
    text: str
    value: str = ""
    placed: bool = False
    drawing: Drawing | None = None
    rank: int = drawings.KEYWORD
    count: int = 1
    colour: str | None = None
    tint: str | None = None  # of the noun itself, as in red paper lantern
    compound: bool = False  # of two nouns, of which the last found the drawing
    said: str = ""

    def __post_init__(self) -> None:
        self.said = self.said or self.text


def read(text: str, brought: bool = False) -> Request:
    """Read a sentence; English or Chinese by its letters, in either script.

    brought: the first thing has a drawing of its own, so that it may be called as nothing is that is known.
    """
    language = "zh" if drawings.HAN.search(text) else "en"
    items = list(_items(text.lower().replace("’", "'").translate(lexicon.TRADITIONAL), language))
    _settle_colours(items)
    _settle_places(items)
    items = list(_joined(_within(_owned(items)), language))
    loose = (*_settle_keywords(items), *_stretched(items))
    if brought:
        items = _named(items, language)
    _settle_numbers(items)
    dropped = (*_give_colours(items), *_seconds(items))
    first = {kind: next((item.value for item in items if item.kind == kind), None) for kind in ("setting", "style", "time", "shot")}
    things = tuple(Thing(item.text, item.drawing, item.colour or item.tint, item.count) for item in items if item.kind == "noun")
    return Request(language, things, first["setting"], first["style"], first["time"], first["shot"] or "",
                   any(item.text in lexicon.ALOFT for item in items), _strange(items), loose, dropped, is_foreign(text))


def is_foreign(text: str) -> bool:
    """Whether a sentence seems to be neither English nor Chinese: by its script, or by the small words between its nouns.

    A noun tells nothing, since a name may come from anywhere; and so may a small word that is part of names (El Paso).
    """
    if drawings.HAN.search(text):
        return bool(re.search(_KANA, text))
    words = set(re.findall(r"[^\W\d_]+", text.lower()))
    others = 2 * sum(word in lexicon.SMALL_ELSEWHERE or bool(re.search(_SCRIPTS, word)) for word in words) + len(words & lexicon.SMALL_IN_NAMES)
    return others > 1 and others > 2 * len(words & lexicon.SMALL_EN)


# phrases


@lru_cache(maxsize=1)
def _phrases() -> dict[str, dict[str, Item]]:
    """By language and phrase: what it says."""
    table: dict[str, dict[str, Item]] = {"en": {}, "zh": {}}

    def add(language: str, kind: str, value: str, ways: Iterable[str], placed: bool = False) -> None:
        for way in ways:
            table[language].setdefault(way, Item(kind, way, value, placed))

    for value, kind in KINDS.items():
        places = kind == "setting"
        add("en", kind, value, (way for way in vocabulary.ENGLISH[value] if " " in way or not places), places)
        add("en", kind, value, filter(None, lexicon.PHRASES_EN.get(value, "").split("|")), places)
        if places:
            add("en", kind, value, lexicon.PLACES_EN[value].split())
        for way in (*vocabulary.CHINESE[value], *filter(None, lexicon.PHRASES_ZH[value].split("|"))):
            add("zh", kind, value, [way, f"{way}色", f"{way}色的", f"{way}的"] if kind == "colour" else [way], places and way[-1] in "里上中下旁边前间")
    for value, ways in lexicon.SHOTS.items():
        for way in ways:
            add("zh" if drawings.HAN.search(way) else "en", "shot", value, [way])
    add("en", "preposition", "", lexicon.PREPOSITIONS)
    add("en", "joint", "", lexicon.JOINTS)
    add("en", "little", "", (*lexicon.LITTLE, *(f"{part} of" for part in lexicon.PARTS)))
    add("zh", "preposition", "", lexicon.PREPOSITIONS_ZH)
    add("zh", "joint", "", lexicon.JOINTS_ZH)
    for word, count in lexicon.COUNTS_EN.items():
        add("en", "number", str(count), [word])
    for word, count in lexicon.COUNTS_ZH.items():
        add("zh", "number", str(count), [word, *(word + measure for measure in lexicon.MEASURES)])
    add("zh", "number", "1", (f"一{measure}" for measure in lexicon.MEASURES))
    add("zh", "little", "", (*lexicon.LITTLE_ZH, *lexicon.MEASURES))
    return table


def _items(text: str, language: str) -> Iterator[Item]:
    """The phrases of a sentence in order; what is none is `strange`, and a sign ends a phrase."""
    for words in _runs(text, language):
        if not _is_word(words[0]):
            yield Item("joint" if words[0] in "&、" else "break", words[0])
        else:
            yield from _phrased(words, language)


def _runs(text: str, language: str) -> Iterator[list[str]]:
    """Words or characters without a sign between them, and each sign by itself."""
    parts = _SPLIT.findall(text) if language == "en" else re.findall(r"[a-z0-9]+|\S", text)
    for _, run in groupby(enumerate(parts), lambda pair: -1 if _is_word(pair[1]) else pair[0]):
        yield [part for _, part in run]


def _phrased(words: list[str], language: str) -> tuple[Item, ...]:
    """The fewest phrases that leave the fewest words unread; of two such ways the one that ends in the longer phrase.

    So the swan in "白天鹅" is white, and no goose by day; and a brown mushroom house is a house.
    """
    glue = " " if language == "en" else ""
    ways: list[tuple[float, tuple[Item, ...]]] = [(0.0, ())]
    for end in range(1, len(words) + 1):
        options = []
        for start in range(max(0, end - LONGEST), end):
            item = _item(glue.join(words[start:end]), language) or language == "en" and _plainer(words[start:end])
            if item or end - start == 1:
                cost, items = ways[start]
                options.append((cost + (1 if item else UNREAD), (*items, item or Item("strange", words[start]))))
        ways.append(min(options, key=lambda option: option[0]))
    return ways[-1][1]


def _is_word(part: str) -> bool:
    return bool(re.match(r"\w", part))


def _item(phrase: str, language: str) -> Item | None:
    """What a phrase says as a whole, if anything: an attribute that may also be a thing carries the drawing of it."""
    known = _phrases()[language].get(phrase)
    rank, drawing = drawings.answer(phrase, language) or (drawings.KEYWORD, None)
    if known:
        return replace(known, text=phrase, said=phrase, drawing=drawing if rank <= drawings.NAME else None)
    if drawing is None and language == "en" and phrase.endswith("'s") and " " not in phrase:
        return Item("little", phrase)  # whose it is
    if drawing is None or language == "zh" and rank > drawings.CHOICE and _is_painted(phrase, drawing.name_en):
        return None
    first, _, rest = phrase.partition(" ")
    if language == "en" and rest and KINDS.get(first) == "colour":
        return Item("noun", rest, said=phrase, tint=first, drawing=drawing, rank=rank, count=_plural(phrase, drawing))
    return Item("noun", phrase, drawing=drawing, rank=rank, count=_plural(phrase, drawing) if language == "en" else 1)


def _is_painted(phrase: str, english: str) -> bool:
    """Whether it is a colour and a noun, which are read one by one: a black cat is a cat."""
    colour = _phrases()["zh"].get(phrase[:1])
    rank, _ = drawings.answer(phrase[1:], "zh") or (drawings.KEYWORD, None)
    return colour is not None and colour.kind == "colour" and rank < drawings.KEYWORD and english.split()[0] == colour.value


def _plainer(words: list[str]) -> Item | None:
    """A place that is known without its adjectives: "below a high mountain"."""
    kept = [words[0], *(word for word in words[1:-1] if word not in _adjectives()), words[-1]]
    known = _phrases()["en"].get(" ".join(kept)) if len(kept) < len(words) else None
    return replace(known, said=" ".join(words)) if known and known.placed else None


@lru_cache(maxsize=1)
def _adjectives() -> frozenset[str]:
    around = (word for row in vocabulary.SURROUNDINGS_EN.values() for phrase in row for word in phrase.split())
    colours = (word for colour in vocabulary.COLOURS for way in vocabulary.ENGLISH[colour] for word in way.split())
    return frozenset((*around, *colours, *lexicon.LITTLE)) - {"a", "an", "the", "of", "in", "my", "your", "our", "his", "her", "their",
                                                              "snowy", "starry"}


def _plural(phrase: str, drawing: Drawing) -> int:
    """2 for a noun in the plural that shows one thing, else 1."""
    word = phrase.split()[-1]
    return 1 + (drawings.singular(word) != word and not drawing.name_en.endswith(word) and not drawings.chosen(phrase))


# what the phrases mean beside each other


def _settle_colours(items: list[Item]) -> None:
    """`an orange` is a fruit and `an orange cat` is not: a colour that is also a thing colours the thing behind it."""
    for place, item in enumerate(items):
        if item.kind == "colour" and item.drawing is not None:
            run = [other.kind for other in _run(items, place)]
            others = any(other.kind == "noun" and other.rank < drawings.KEYWORD for other in items)
            before = items[place - 1].text if place else ""
            alone = not others and before not in ("is", "are", "in", "painted", "coloured", "colored", "thing")
            if not {"noun", "strange", "setting", "colour"} & set(run) and (alone or before in ARTICLES):
                item.kind, item.rank = "noun", drawings.NAME


def _settle_places(items: list[Item]) -> None:
    """A place behind a preposition, or before a thing, is the setting; counted or with an article it is a thing.

    So it is, if there is a drawing of it, in a request without another thing. And "a pencil" is no style.
    """
    bare = [(place, item) for place, item in enumerate(items) if item.kind in ("setting", "style") and not item.placed]
    for place, item in bare:
        before = list(takewhile(lambda other: other.kind in ("little", "colour", "number"), reversed(items[:place])))
        head = items[place - len(before) - 1] if place > len(before) else None
        item.placed = head is not None and head.kind == "preposition"
        counted = any(other.kind == "number" or other.text in ARTICLES for other in before)
        behind = items[place + 1:place + 2]
        modifies = behind and behind[0].kind == "noun" and behind[0].rank < drawings.KEYWORD
        if item.drawing is not None and counted and not item.placed and not modifies:
            item.kind, item.rank = "noun", drawings.NAME
    if not any(item.kind == "noun" for item in items):
        for _, item in bare:
            if item.kind == "setting" and item.drawing is not None and not item.placed:
                item.kind, item.rank = "noun", drawings.NAME


def _within(items: list[Item]) -> list[Item]:
    """Without the setting that another one holds already, such as the city of rain in the city."""
    said = {item.value for item in items if item.kind == "setting"}
    return [item for item in items if item.kind != "setting" or not (
        lexicon.WITHIN.get(item.value, set()) & said or len(said) > 1 and item.text.endswith(lexicon.INDOORS))]


def _owned(items: list[Item]) -> list[Item]:
    """Without those whose the thing behind them is: of grandfather's radio, the radio is shown."""
    kept: list[Item] = []
    for place, item in enumerate(items):
        before = items[place - 1] if place else None
        begins = before is None or before.kind in ("break", "preposition", "joint", "number") or before.text in lexicon.OWNED_ZH
        owns = items[place + 1:] and items[place + 1].text.startswith("的")
        if not (item.text in lexicon.OWNERS_ZH and begins and owns and _run(items, place + 1)):
            kept.append(item)
    return kept


def _joined(items: list[Item], language: str) -> Iterator[Item]:
    """Things without a word between them are one, of which the last is what it is: an apple tree is a tree."""
    for item, behind in zip(items, (*items[1:], None)):
        if item.kind == "noun" and behind is not None and behind.kind == "noun" and behind.rank < drawings.KEYWORD:
            behind.text = f"{item.text}{' ' if language == 'en' else ''}{behind.text}"
            behind.colour = behind.colour or item.colour
            behind.compound = True
        else:
            yield item


def _settle_keywords(items: list[Item]) -> tuple[tuple[str, Drawing], ...]:
    """Words that are but a keyword of a drawing are strange, save the one that leads a request without another thing."""
    named = any(item.kind == "noun" and item.rank < drawings.KEYWORD for item in items)
    ends = ("preposition", "break", "joint", "setting")
    first = next((k for k, item in enumerate(items) if item.kind in ends and any(i.kind in ("noun", "strange") for i in items[:k])), len(items))
    lead = next((item for item in reversed(items[:first]) if item.kind in ("noun", "strange")), None)
    loose = []
    for item in items:
        if item.kind == "noun" and item.rank == drawings.KEYWORD:
            if item is lead and not named:
                loose.append((item.text, item.drawing))
            else:
                item.kind, item.drawing = "strange", None
    return tuple((text, drawing) for text, drawing in loose if drawing is not None)


def _stretched(items: list[Item]) -> tuple[tuple[str, Drawing], ...]:
    """Compounds with the drawing of another compound: a sewing machine for which a fax machine stands."""
    return tuple((item.text, item.drawing) for item in items if item.kind == "noun" and item.compound and item.drawing
                 and item.rank == drawings.HEAD and " " in item.drawing.name_en)


def _named(items: list[Item], language: str) -> list[Item]:
    """With a noun for the words that nobody knows, where they stand before every thing that is known."""
    first = next((k for k, item in enumerate(items) if item.kind in ("noun", "strange") and not _is_style(item.text)), len(items))
    row = list(takewhile(lambda item: item.kind == "strange", items[first:]))
    behind = items[first + len(row):first + len(row) + 1]
    if not row or behind and behind[0].kind == "noun":
        return items
    noun = Item("noun", (" " if language == "en" else "").join(item.text for item in row))
    return [*items[:first], noun, *items[first + len(row):]]


def _settle_numbers(items: list[Item]) -> None:
    for place, item in enumerate(items):
        if item.kind == "number":
            noun = next((other for other in _run(items, place) if other.kind == "noun"), None)
            if noun is not None:
                noun.count = int(item.value)


def _give_colours(items: list[Item]) -> Iterator[tuple[str, str]]:
    """A colour belongs to the next thing of its phrase, else to the thing before it, else to the next that has none.

    Yields the colours that no thing takes.
    """
    for place, item in enumerate(items):
        if item.kind != "colour":
            continue
        owner = next((other for other in _run(items, place) if other.kind in ("noun", "setting", "strange")), None)
        if owner is None:
            bare = [other for other in (*reversed(items[:place]), *items[place:]) if other.kind == "noun" and not other.colour]
            owner = bare[0] if bare else None
        if owner is not None and owner.kind == "noun" and not owner.colour:
            owner.colour = item.value
        elif owner is None or owner.kind == "noun" and owner.colour != item.value:
            yield item.text, "one colour is given to a thing"


def _seconds(items: list[Item]) -> Iterator[tuple[str, str]]:
    """Settings, styles and times of day that differ from the first of their kind."""
    for kind in ("setting", "style", "time"):
        said = [item for item in items if item.kind == kind]
        yield from ((item.text, f"the {kind} is {said[0].text!r}") for item in said if item.value != said[0].value)


def _run(items: list[Item], place: int) -> list[Item]:
    """What stands behind a place up to the end of its phrase."""
    run = []
    for item in items[place + 1:]:
        if item.kind in ("break", "preposition", "joint") or item.placed and " " in item.said:
            break
        run.append(item)
    return run


def _strange(items: list[Item]) -> tuple[tuple[str, str], ...]:
    """Words in a row that nobody knows, each row once, and what they seem to be."""
    rows: list[tuple[str, str]] = []
    row: list[str] = []
    placed = False
    for item in (*items, Item("break", "")):
        if item.kind == "strange" and not (row and _is_style(item.text) != _is_style(row[-1])):
            row.append(item.text)
            continue
        rows += _told(row, placed or item.text in "里上中下旁" and item.text != "")
        row = [item.text] if item.kind == "strange" else []
        placed = item.kind == "preposition" or placed and item.kind in ("little", "colour", "number")
    return tuple(dict.fromkeys(rows))


def _told(row: list[str], placed: bool) -> list[tuple[str, str]]:
    text = ("" if row and drawings.HAN.search(row[0]) else " ").join(row)
    if len(text) < 2 and not drawings.HAN.search(text):
        return []
    return [(text, "style" if any(sign in text for sign in lexicon.STYLE_SIGNS) else "setting" if placed else "thing")]


def _is_style(word: str) -> bool:
    return word in lexicon.STYLE_SIGNS
