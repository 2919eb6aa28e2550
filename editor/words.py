"""What the editor says, in the language of the person in front of it. The words are in words_table.py.

    t("menu.file")                    File, or 文件
    t("status.nodes", count=3)        3 nodes; with count=1 the words of `status.nodes.one`, if there are any
"""

from __future__ import annotations

import locale
import os

from .words_table import WORDS

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
