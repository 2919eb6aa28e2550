"""The sentences that people read, each under a code: an English table here, other languages where they are shown.

A Phrase is its English sentence, and remembers the code and the facts that it was made of. So it can be printed,
raised and put into a Problem like any text, and an editor can say the same in another language:

    say("node.no-input", node="blur", input="radios")     # 'blur has no input radios'
    phrase.code, phrase.facts                             # 'node.no-input', {'node': 'blur', 'input': 'radios'}

A fact may be a Phrase itself. A code is two short words, the thing and what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

ENGLISH: dict[str, str] = {
    "run.stopped": "the run was stopped",

    # graphfile: the words of a node
    "node.names-wrong": "{word} of {node} is {value}; it takes the name of an input, or a list of names",
    "node.name-linked": "{word} of {node} is {value}; it takes the name of one of {node}'s inputs, without $",
    "node.name-twice": "{word} of {node} names {name} twice",
    "node.repeat-wrong": "repeat of {node} is {value}; it takes a number of rounds, 0 to {most}, or a link",
    "node.until-wrong": "until of {node} is {value}; it takes the name of an output that is true or false",
    "node.count-wrong": "count of {node} is {value}; it takes the name of an input that is a whole number",
    "node.carry-wrong": "carry of {node} is {value}; it takes the name of an input and output, a list of names, "
                        "or a mapping of inputs to outputs",
    "node.failed-wrong": "failed of {node} is {value}; it takes skip",
    "node.timeout-wrong": "timeout of {node} is {value}; it takes a number of seconds above 0",
    "node.retry-wrong": "retry of {node} is {value}; it takes how many times to try again, 1 or more",
    "node.cases-wrong": "cases of {node} is {value}; it takes a mapping of labels",
    "node.case-twice": "{node} has two branches {label}, one of them under cases:",
    "link.spread-alone": "{link} stands alone; its dots join a list into another, inside brackets",

    # cache: what is not as it should be
    "cache.unusable": "the cache folder {folder} cannot be used ({error}); this run remembers in memory only",
    "cache.read-only": "the cache folder {folder} cannot be written; what it holds is used, nothing new is kept",
    "cache.set-aside": "the cache's index {path} {why}; it was set aside as {name} and a new one begun",
    "cache.taken-away": "the cache folder {folder} was taken away; it is begun anew",
    "cache.held": "the cache in {folder} is held by another process; what is new is written when it is free",
    "cache.not-kept": "the cache in {folder} is held by another process; what this one made is not kept",
    "cache.left": "the cache in {folder} {why}; this run goes on without it",
    "index.format": "was written by another release (format {format}; this one reads {own})",
    "index.damaged": "is damaged ({error})",
    "index.unreadable": "cannot be read ({error})",
    "index.unwritable": "cannot be written ({error})",
    "index.lost": "was taken away and cannot be made anew ({error})",
    "trace.damaged": "a remembered trace is damaged; its node runs again",
    "value.changed": "a remembered value was changed in place; it is read or made again",
    "value.damaged": "a remembered value {why} ({name}); it is made again",
    "value.unwritable": "a value cannot be written to disk ({error}); it is kept in memory alone",
    "damage.name": "does not match its name",
    "damage.checksum": "does not match its checksum",
    "damage.unreadable": "cannot be read ({error})",
    "damage.type": "cannot be read as {type} ({error})",

    # models
    "model.other-kind": "{source} holds no {kind}. {hint}",
    "model.unclear": "whether {source} holds a {kind} cannot be found out ({error})",

    # what to do
    "hint.models": "Such models are {names}.",
    "hint.no-model": "No pack has such a model; give a folder.",
    "hint.carry": "Write `carry: name`, or `carry: {{input: output}}`.",
    "hint.cases": "Write cases: and below it, indented, `label: ...`.",
    "hint.input-and-word": "Write `input: {link}` and `{word}: input`.",
    "hint.keep-one": "Keep one of the two.",
    "hint.meant": "Did you mean {name}?",
    "hint.there-is": "There is {names}.",
    "hint.link": "A link is written ${name}.",
    "hint.spread": "Write [{link}], or leave the dots out.",
    "hint.write-name": "Write `{word}: name`.",
    "hint.write-word": "Write `{word}: {value}`.",
}


class Phrase(str):
    """A sentence with the code and the facts behind it."""

    code: str
    facts: Mapping[str, Any]

    def __new__(cls, code: str, facts: Mapping[str, Any], text: str) -> Phrase:
        self = super().__new__(cls, text)
        self.code, self.facts = code, facts
        return self

    def __str__(self) -> str:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Phrase, (self.code, self.facts, self[:])


def say(code: str, **facts: Any) -> Phrase:
    """The English sentence of a code. Raises KeyError for a code or a fact that is not there."""
    return Phrase(code, facts, ENGLISH[code].format_map(facts))


# ---- values and names in words

_INT = re.compile(r"[-+]?[0-9]{1,4000}\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None,
          "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMERIC = frozenset("0123456789+-.")


def scalar(text: str) -> Any:
    """What a bare word means in a graph file: a number, true, false, null, or itself."""
    if text[:1] in _NUMERIC:
        if _INT.match(text):
            return int(text)
        if _FLOAT.match(text):
            number = float(text)
            return number if abs(number) != float("inf") else text  # too large to be a number
        return {".inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}.get(text, text)
    return _WORDS[text] if text in _WORDS else text


def written(value: Any) -> str:
    """A value in a few words, as a graph file writes it."""
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return brief(value)


def brief(value: Any) -> str:
    """The beginning of a value, as Python writes it."""
    text = repr(value)
    return text if len(text) <= 50 else f"{text[:47]}..."


def an(name: str) -> str:
    """A name with its article: an Image, a Text."""
    return ("an " if name[:1] in "AEIOUaeiou" else "a ") + name


def closest(name: str, names: Iterable[str]) -> str:
    """The one of some names that is most like this one, or an empty text if none is like it."""
    from difflib import get_close_matches

    names = [str(n) for n in names]
    found = get_close_matches(name, names, 1, 0.6) or [n for n in names if n.rsplit(".", 1)[-1] == name]
    if not found:
        same = [n for n in names if n.lower() == name.lower()]
        found = same or [n for n in names if "." in n and n.rsplit(".", 1)[-1] == name.rsplit(".", 1)[-1]]
    return found[0] if found else ""


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint that names the closest of some names, or what there is."""
    names = [str(n) for n in names]
    close = closest(name, names)
    if close:
        return say("hint.meant", name=close)
    if not names:
        return ""
    return say("hint.there-is", names=", ".join(sorted(names)[:12]) + (", ..." if len(names) > 12 else ""))


def likely(word: Any, words: Iterable[str] | None) -> str:
    """A hint that names the closest of some words, for a problem that lists them all; empty if none is like it."""
    close = closest(word, words) if words else ""
    return say("hint.meant", name=close) if close else ""
