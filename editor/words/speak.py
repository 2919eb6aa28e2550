"""What the editor says, in the language of the person in front of it. The words are in table.py, and those
of the engine's sentences in sentences.py.

    t("menu.file")                    File, or 文件
    t("status.nodes", count=3)        3 nodes; with count=1 the words of `status.nodes.one`, if there are any
"""

from __future__ import annotations

import locale
import os
import re

from nodegraph import Problem
from nodegraph.editing import Phrase

from .helps import HELPS
from .sentences import CHINESE, TERMS
from .table import WORDS

LANGUAGES = {"en": 0, "zh": 1}  # the column of the table
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


def helped(name: str, help: str) -> str:
    """What a node type does, in the language spoken now. help: its docstring, for those that have no words here."""
    return HELPS.get(name, help) if _language == "zh" else help


# ---- sentences of the engine

# What the engine tells those who write a file, told to someone who drags and types.
BY_HAND = {
    "hint.add-link": "Drag a link to {input}.",
    "hint.add-list": "Drag a link that brings a list to {input}.",
    "hint.add-value": "Fill {input} in, or drag a link to it.",
    "hint.add-outputs": "Right click on the pin of a result to make it an output.",
}


def translated(sentence: str) -> str:
    """A sentence in the language spoken now: by its code where it is a Phrase, as it is where it has none."""
    if _language == "zh":
        return _chinese(sentence)
    if not isinstance(sentence, Phrase):
        return sentence
    if sentence.code in BY_HAND:
        return BY_HAND[sentence.code].format_map(sentence.facts)
    told = sentence.facts.get("takes")
    return sentence.replace(told, _brief(told), 1) if isinstance(told, str) and sentence.code == "node.needs" else sentence


def _brief(takes: str) -> str:
    """What a port takes without how that is kept in memory: an Image, of "an Image (float32 tensor of ...)"."""
    return takes.partition(" (")[0]


def _chinese(sentence: str) -> str:
    template = CHINESE.get(sentence.code) if isinstance(sentence, Phrase) else None
    if template is None or not isinstance(sentence, Phrase):
        return _term(sentence)
    facts = {name: _brief(value) if name == "takes" and isinstance(value, str) and " (" in value else value
             for name, value in sentence.facts.items()}
    return _spaced(template.format_map({name: _fact(value) for name, value in facts.items()}))


def _fact(value: object) -> object:
    return _chinese(value) if isinstance(value, str) else value


def _term(words: str) -> str:
    """A fact that is words itself, such as what a port takes: "an int, 1 to 150"."""
    if words in TERMS:
        return TERMS[words]
    kind, comma, limits = words.rpartition(", ")
    if comma and kind in TERMS:
        return f"{_limits(limits)}{TERMS[kind]}"
    return t("takes.one_of", words=words.removeprefix("one of ")) if words.startswith("one of ") else words


def _limits(limits: str) -> str:
    """A range as types.Range writes it."""
    low, to, high = limits.partition(" to ")
    if to:
        return f"{low} 到 {high} 的"
    number, _, side = limits.partition(" or ")
    return f"不小于 {number} 的" if side == "more" else f"不大于 {number} 的" if side == "less" else f"{limits} 的"


def told(problem: Problem) -> str:
    """A problem with its place, as the command line has it, in the language spoken now."""
    place = f"{problem.where}  " if problem.where is not None else ""
    hint = f"\n    {translated(problem.hint)}" if problem.hint else ""
    return f"{place}{translated(problem.message)}{hint}"


def said(problem: Problem) -> str:
    """What is wrong and what to do about it, in the language spoken now."""
    message, stop = translated(problem.message), "。" if _language == "zh" else ". "
    return f"{message}{stop}{translated(problem.hint)}".strip()


def _spaced(text: str) -> str:
    """Chinese with one space on each side of what is not, and none between two Chinese characters."""
    text = re.sub(r"([\u4e00-\u9fff])(?=[\w$'\"#\[])(?![\u4e00-\u9fff])", r"\1 ", text)
    text = re.sub(r"([\w'\"\])])(?<![\u4e00-\u9fff])(?=[\u4e00-\u9fff])", r"\1 ", text)
    return re.sub(r"(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])", "", re.sub(" {2,}", " ", text))
