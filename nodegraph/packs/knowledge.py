"""What a model says of itself: `knows.json` in its folder, which any model may have and none must.

    {"about": {"en": "Paints small scenes of one subject.", "zh": "..."},
     "groups": {"subjects": {"wanted": true, "words": {"boat": ["boat", "ship", "小船"], "fox": ["fox", "狐狸"]}},
                "settings": {"before": ["in", "on"], "signs": ["里"], "words": {"sea": ["on the sea", "海上"]}}},
     "passed_over": ["a", "the", "please"]}

words: by the plainest word, all the ways in which the model was taught to read it. wanted: a prompt should have one of
them. before: words behind which one of the group is to be expected; signs: words that are part of one, whether it is
known or not ("oil painting"). form: a pattern that finds a word of the group in a prompt. forms: patterns of the prompts
that the model was taught, with how such a prompt is had in `advice`. passed_over: what means nothing to it.
The file changes no weights, so it does not count for what a model is named by.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KNOWS = "knows.json"
_HAN = "[\u3400-\u9fff]"  # compiled when it is first asked for: a set of this size takes milliseconds


@dataclass(frozen=True)
class KnownWords:
    """Words of one kind that a model knows, such as subjects: the ways of saying each, by the plainest."""

    name: str
    words: Mapping[str, tuple[str, ...]]
    wanted: bool = False
    before: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    form: str = ""

    @property
    def one(self) -> str:
        """What one of it is called: subject, of subjects."""
        return self.name.removesuffix("s")

    def listed(self, chinese: bool = False) -> str:
        """Its words in a line: boat, house, fox."""
        return ("、" if chinese else ", ").join(
            next((way for way in ways if re.search(_HAN, way)), word) if chinese else word
            for word, ways in self.words.items())


@dataclass(frozen=True)
class Knowledge:
    """What a model is for, by language, and the words that it knows."""

    about: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[KnownWords, ...] = ()
    passed_over: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    advice: str = ""

    @classmethod
    def of(cls, folder: str | Path) -> Knowledge | None:
        """What a model's folder tells; None where it tells nothing that can be read."""
        try:
            told = json.loads((Path(folder) / KNOWS).read_text(encoding="utf-8"))
            return cls(told["about"], tuple(_group(name, group) for name, group in told["groups"].items()),
                       tuple(told.get("passed_over", ())), tuple(told.get("forms", ())), told.get("advice", ""))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def lines(self, chinese: bool = False) -> list[str]:
        """A sentence on what it is for, and a line for each group."""
        about = self.about.get("zh" if chinese else "en", next(iter(self.about.values()), ""))
        return [about, *(f"{group.name}: {group.listed(chinese)}" for group in self.groups)]


def _group(name: str, told: Mapping[str, Any]) -> KnownWords:
    return KnownWords(name, {word: tuple(ways) for word, ways in told["words"].items()}, bool(told.get("wanted")),
                 tuple(told.get("before", ())), tuple(told.get("signs", ())), told.get("form", ""))
