"""What in the palette answers a search, in two languages, and what would be linked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .palette import Entry, Fit, Fits, Index, plain


class Found(NamedTuple):
    """An entry that answers a search. fit: how it takes up the dragged link, if there is one."""

    entry: Entry
    score: float
    fit: Fit | None = None


def search(entries: Sequence[Entry], query: str = "", recents: Sequence[str] = (), fits: Fits | None = None,
           most: int | None = None) -> list[Found]:
    """The entries that answer a query, best first; all of them, the recent ones first, when it is empty.

    query: words, each of which has to match: a name, a tag, a pack, a type or the help, in either language;
    names also by some of their letters ("dp" finds diffusion.paint). recents: ids, newest first; where a link from an
    output was dropped and nothing is typed, an output of the graph stands before them. The same question always has
    the same answer.
    """
    terms = [_Term(word) for word in plain(query).split()]
    age, title = {name: at for at, name in enumerate(recents)}, " ".join(term.text for term in terms)
    found = []
    for at, entry in enumerate(entries):
        score = _score(entry.index, terms) if terms else 1.0
        fit = fits(entry) if fits is not None and score else None
        if not score or (fit is None if fits is not None else entry.kind == "output"):
            continue  # an output of the graph begins as a link
        recency = 1 - age[entry.id] / len(age) if entry.id in age else 0.0
        if terms:
            score += 6 * recency - (2 * fit.distance if fit is not None else 0) - 4 * bool(entry.problem)
            rank: tuple[float, ...] = (-score, title not in entry.title.casefold())  # of equals, what is called so
        else:
            rank = (entry.kind != "output", -recency, bool(entry.problem), fit.distance if fit is not None else 0)
        found.append((rank, at, Found(entry, score, fit)))
    return [answer for _, _, answer in sorted(found, key=lambda one: one[:2])[:most]]


class _Term:
    """One word of a query, compiled."""

    def __init__(self, text: str):
        self.text, self.line = text, f"\n{text}\n"
        self.hasty = len(text) == 1 and text.isascii()  # one letter: only what begins with it
        # The letters of the word in their order: anywhere; at the start of a word or right after the last.
        first, *rest = [re.escape(letter) for letter in text]
        self.scattered = re.compile(first + "".join(rf"[^\n{letter}]*{letter}" for letter in rest))
        self.initials = re.compile(rf"(?:^|[\W_]){first}" + "".join(rf"(?:{c}|.*?[\W_]{c})" for c in rest))


def _score(index: Index, terms: Iterable[_Term]) -> float:
    """How well an entry answers all the words of a query; 0 if one of them matches nothing."""
    total = 0.0
    for term in terms:
        best = 0.0
        if term.hasty:
            if term.text in index.starts:
                best = max([_in_name(term, name) for name in index.names])
        elif term.text in index.all:
            if term.text in index.lines:
                best = max([_in_name(term, name) for name in index.names])
            if best < 70:
                for text, whole, begins, within in index.texts:
                    if best < whole and term.text in text:
                        best = max(best, whole if term.line in text else
                                   begins if _begins_word(term.text, text) else within)
        elif len(term.text) > 1 and term.scattered.search(index.lines):
            best = max(_by_letters(term, name) for name in index.names)
        if not best:
            return 0.0
        total += best
    return total


def _in_name(term: _Term, name: str) -> float:
    """How well a word matches a name: whole, its beginning, the beginning of one of its words, or inside."""
    if term.text not in name:
        return 0.0
    shortness = 10 * len(term.text) / len(name)
    if name == term.text:
        return 100
    if name.startswith(term.text):
        return 85 + shortness
    if _begins_word(term.text, name):
        return 75 + shortness
    return 0.0 if term.hasty else 45 + shortness


def _begins_word(word: str, text: str) -> bool:
    """Whether a word of the text begins so. Chinese has no spaces: any character may begin a word."""
    at = text.find(word)
    while at > 0:
        before = text[at - 1]
        if not before.isalnum() or not before.isascii():
            return True
        at = text.find(word, at + 1)
    return at == 0


def _by_letters(term: _Term, name: str) -> float:
    """How well the letters of a word match a name: as beginnings of its words, or close together."""
    match = term.initials.search(name)
    if match is not None:
        return 40 + 10 * len(term.text) / (match.end() - match.start() + 1)
    match = term.scattered.search(name)
    spread = len(term.text) / (match.end() - match.start()) if match is not None else 0.0
    return 20 * spread if spread > 0.4 and len(term.text) > 2 else 0.0
