"""Words of a prompt that its model does not know, told by what the model says of itself (`knows.json`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from nodegraph import Knowledge, KnownWords, warn

_HAN = re.compile("[\u3400-\u9fff]")
_KNOWN = "\0"  # stands where a word was that the model knows
_ENDS = re.compile(f"[{_KNOWN},.;:!?()\\[\\]，。；：！？、（）\n]")
_PARTICLES = "的在有了是着地一只条个座棵朵辆艘栋间幅张 "
_LONGEST = 60  # characters of a prompt that are shown


def tell_of_unknown(knowledge: Knowledge | None, prompt: str, shown: bool = False) -> None:
    """Warn, in one sentence with the words that are known, of what a prompt asks for and its model never learned.

    knowledge: of the model; None says nothing. A prompt with a subject that is known may say more than the model reads:
    of that only a setting, a style or a mood is told. shown: the model may be shown its subject, which then need not be
    known.
    """
    if knowledge is None or not any(letter.isalpha() for letter in prompt):
        return
    if knowledge.forms and not any(re.search(form, prompt) for form in knowledge.forms):
        warn(f"this model was not taught to read prompts like {_brief(prompt)}; {knowledge.advice}")
        return
    chinese = bool(_HAN.search(prompt))
    strangers = [pair for pair in _strangers(knowledge, prompt) if not (shown and pair[0].wanted)]
    _tell(knowledge, strangers, chinese)


def _tell(knowledge: Knowledge, strangers: list[tuple[KnownWords, str]], chinese: bool) -> None:
    told = [f"{what} (its {group.name}: {group.listed(chinese)})" for group, what in strangers]
    advice = f"; {knowledge.advice}" if knowledge.advice and any(group.wanted for group, _ in strangers) else ""
    if told:
        warn("this model does not know " + ", nor ".join(told) + advice)


def _strangers(knowledge: Knowledge, prompt: str) -> Iterator[tuple[KnownWords, str]]:
    """Groups of which a prompt asks for something that is not known, and what that is."""
    present, rest = _read(knowledge, prompt.lower())
    runs = [run.strip() for run in _ENDS.split(rest)]
    for group in knowledge.groups:
        if group.form:
            asked = re.search(group.form, prompt)
            if asked and not any(asked[1].lower() in ways for ways in group.words.values()):
                yield group, f"the {group.one} {asked[1]!r}"
        elif group.wanted and group not in present:
            yield group, f"the {group.one} of {_brief(prompt)}"
        elif group not in present:
            found = next(filter(None, (_asked(run, group, knowledge) for run in runs)), "")
            if found:
                yield group, f"the {group.one} {found!r}"


def _read(knowledge: Knowledge, prompt: str) -> tuple[list[KnownWords], str]:
    """The groups of which a prompt has words that are known, and the prompt with a mark in place of these.

    The longest way of saying something is read first: "among the trees" is a setting, and no tree.
    """
    ways: list[tuple[str, KnownWords | None]] = [
        (way, group) for group in knowledge.groups if not group.form for row in group.words.values() for way in row]
    ways += [(phrase, None) for phrase in knowledge.passed_over
             if " " in phrase or _HAN.search(phrase) and len(phrase) > 1]
    present = []
    for way, group in sorted(ways, key=lambda pair: -len(pair[0])):
        prompt, count = _pattern(way).subn(_KNOWN, prompt)
        if count and group is not None:
            present.append(group)
    return present, prompt


@lru_cache(maxsize=8192)  # more than the patterns that `re` keeps, and all are wanted for each prompt
def _pattern(way: str) -> re.Pattern[str]:
    """Finds one way of saying something: Chinese anywhere, else a whole word, also in the plural."""
    return re.compile(re.escape(way) if _HAN.search(way) else rf"\b{re.escape(way)}(?:e?s)?\b")


def _asked(run: str, group: KnownWords, knowledge: Knowledge) -> str:
    """What some words in a row, none of them known, ask for of a group; or ""."""
    if _HAN.search(run):
        said = run.strip(_PARTICLES)
        return said if said not in group.signs and any(sign in run for sign in group.signs if _HAN.search(sign)) else ""
    words = run.split()
    others = {sign for other in knowledge.groups if other is not group for sign in other.signs}
    for place, word in enumerate(words):
        if word in group.before and not others & set(words[place:]):
            behind = [w for w in words[place + 1:] if w not in knowledge.passed_over and w not in group.before]
            if behind:
                return " ".join(behind[:3])
        elif word in group.signs:
            return _trimmed(words[max(0, place - 1):place + 4], knowledge.passed_over)
    return ""


def _trimmed(words: list[str], passed_over: tuple[str, ...]) -> str:
    """Some words in a row, without those at the ends that mean nothing."""
    while words and words[-1] in passed_over:
        words = words[:-1]
    while words and words[0] in (*passed_over, "in", "on"):
        words = words[1:]
    return " ".join(words)


def _brief(prompt: str) -> str:
    text = " ".join(prompt.split())
    return repr(text if len(text) <= _LONGEST else text[:_LONGEST - 3] + "...")
