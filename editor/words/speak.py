"""What the editor says, in the language of the person in front of it. The words are in words_table.py.

    t("menu.file")                    File, or 文件
    t("status.nodes", count=3)        3 nodes; with count=1 the words of `status.nodes.one`, if there are any
"""

from __future__ import annotations

import locale
import os
import re
from functools import cache, lru_cache
from typing import NamedTuple

from .engine import PHRASES, SENTENCES
from .table import WORDS

LANGUAGES = {"en": 0, "zh": 1}  # the column of the table
LONGEST = 400  # characters of a sentence that is looked up; a longer text is a report
_language = "en"


def set_language(name: str) -> None:
    """Speak English ("en"), Chinese ("zh"), or what the system speaks ("auto")."""
    global _language
    if name != "auto" and name not in LANGUAGES:
        raise ValueError(f"language is {name!r}; it takes en, zh or auto")
    _language = system_language() if name == "auto" else name


def language() -> str:
    """What is spoken now: "en" or "zh"."""
    return _language


def system_language() -> str:
    """The language of the person's desktop, as far as it is one of ours; English otherwise."""
    named = next((os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), "")
    named = named or locale.getlocale()[0] or ""
    return "zh" if named.lower().startswith(("zh", "chinese")) else "en"


def t(key: str, /, **fields: object) -> str:
    """The words under a key, with its {fields} filled in. Raises KeyError if there are none."""
    if fields.get("count") == 1 and f"{key}.one" in WORDS:
        key += ".one"
    words = WORDS[key][LANGUAGES[_language]]
    return words.format_map(fields) if fields else words


def has(key: str) -> bool:
    """Whether there are words under a key."""
    return key in WORDS


def both(key: str) -> tuple[str, str]:
    """The words under a key in English and in Chinese; empty where there are none. For searching."""
    return WORDS.get(key, ("", ""))


def name_of(key: str, name: str) -> str:
    """The words under `key.name`, or the name itself where there are none: for what packs bring along."""
    found = WORDS.get(f"{key}.{name}")
    return found[LANGUAGES[_language]] if found else name


# ---- sentences that are made in English ------------------------------------------------------------------

class _Pattern(NamedTuple):
    shape: re.Pattern
    words: str


@cache
def _patterns(phrases: bool) -> tuple[_Pattern, ...]:
    table = PHRASES if phrases else SENTENCES
    return tuple(_Pattern(_shape(english), chinese) for english, chinese in table)


def _shape(english: str) -> re.Pattern:
    """What matches a sentence; a field that stands twice has to be the same in both places."""
    seen: set[str] = set()

    def group(match: re.Match) -> str:
        again = match[1] in seen
        seen.add(match[1])
        return f"(?P={match[1]})" if again else f"(?P<{match[1]}>.+?)"
    text = re.escape(english.replace("{{", "\0").replace("}}", "\1"))
    text = re.sub(r"\\{(\w+)\\}", group, text).replace("\0", "\\{").replace("\1", "\\}")
    return re.compile(text + r"\Z")


def translated(sentence: str) -> str:
    """A sentence of the engine, which speaks English, in the language spoken now; as it is if unknown.

    Several sentences, one after the other or on lines of their own, are told one by one.
    """
    if _language == "en" or not sentence or len(sentence) > LONGEST:
        return sentence
    parts = re.split(r"(\n|(?<=[.?!]) )", sentence)
    known = [_matched(part, phrases=False) for part in parts[::2]]
    if None in known:
        whole = _matched(sentence, phrases=False)
        if whole is not None:
            return whole
    parts[::2] = [chinese or part for chinese, part in zip(known, parts[::2])]
    for at, chinese in enumerate(known[:-1]):
        if chinese is not None and parts[2 * at + 1] == " ":  # a Chinese full stop is wide enough
            parts[2 * at + 1] = ""
    return "".join(parts)


@lru_cache(maxsize=4096)
def _matched(text: str, phrases: bool) -> str | None:
    """The Chinese for a text, with what stands in its fields told too; None where nothing matches."""
    for shape, chinese in _patterns(phrases):
        match = shape.match(text)
        if match is not None:
            found = {name: _matched(part, phrases=True) or part for name, part in match.groupdict().items()}
            return _spaced(chinese.format_map(found))
    return None


def _spaced(text: str) -> str:
    """Chinese with one space on each side of what is not, and none between two Chinese characters."""
    text = re.sub(r"([\u4e00-\u9fff])(?=[\w$'\"#\[])(?![\u4e00-\u9fff])", r"\1 ", text)
    text = re.sub(r"([\w'\"\])])(?<![\u4e00-\u9fff])(?=[\u4e00-\u9fff])", r"\1 ", text)
    return re.sub(r"(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])", "", re.sub(" {2,}", " ", text))
