"""What is typed into a field, and what a value looks like there: `parse_typed` reads what `typed_text` writes."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

from nodegraph import InputError, ModelType, Ref
from nodegraph.editing import ANY, COLOR, FILE, MISSING, RANDOM, SEED, TEXT, Port, scalar, short, written

from ..words.speak import has, t

_LINK = re.compile(r"\$([^\W\d][\w-]*)(?:\.([^\W\d][\w-]*))?(\.\.\.)?\Z")


def parse_typed(port: Port, text: str) -> tuple[Any, str]:
    """What a text typed into a field means, as a graph file holds it, and ""; or None and a sentence.

    Texts are taken as they are. A list has an item on each line, and a line `$name` is a link, and
    `$name...` joins the items of a list. An empty field
    leaves an optional port out (None).
    """
    if port.many:
        return _parse_lines(port, text)
    value = _literal(port, text)
    if value is None and (port.optional or port.default is None):
        return None, ""
    wrong = complaint(port, value)
    return (None, wrong) if wrong else (value, "")


def complaint(port: Port, value: Any) -> str:
    """What is wrong with one value for a port, in a sentence; empty if nothing is."""
    if port.type is SEED and value == RANDOM:
        return ""
    try:
        if value is None and port.type is not ANY:
            raise InputError("is empty")
        port.parse(value)
    except InputError as error:
        what = takes(port)
        if what:
            return t("typed.wrong", name=port.name, found=written(value), takes=what)
        return f"{port.name} {error}."
    return ""


def takes(port: Port) -> str:
    """What a port takes, in words of the language spoken now; empty where only its type can tell."""
    if port.choices is not None:
        return t("takes.one_of", words=", ".join(port.choices))
    kind = "model" if isinstance(port.type, ModelType) else port.type.name
    if not has(f"takes.{kind}"):
        return ""
    words = t(f"takes.{kind}")
    if port.range is None:
        return words
    low, high = number(port.range.low), number(port.range.high)
    between = "from" if not high else "to" if not low else "between"
    return t(f"takes.{between}", what=words, low=low, high=high)


def number(value: float) -> str:
    return short(value) if math.isfinite(value) else ""


def _literal(port: Port, text: str) -> Any:
    """One value as the file holds it."""
    if port.type is TEXT and not port.choices:
        return text if text or not port.optional else None
    text = text.strip()
    if port.type is TEXT or port.type in (FILE, COLOR) or isinstance(port.type, ModelType):
        return text or None
    if text[:1] in ('"', "[", "{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return scalar(text)


def _parse_lines(port: Port, text: str) -> tuple[Any, str]:
    one = Port(port.name, port.type, range=port.range, choices=port.choices)
    items = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        link = _LINK.match(line.strip())
        if link:
            items.append(Ref(link[1], link[2], bool(link[3])))
            continue
        value = _literal(one, _from_line(line))
        wrong = complaint(one, value)
        if wrong:
            return None, t("typed.line", line=number, problem=wrong)
        items.append(value)
    return items, ""


def _from_line(line: str) -> str:
    """A line of a list as a text; in quotes it may hold what a line cannot: line ends, or nothing."""
    if line[:1] == '"' and line[-1:] == '"' and len(line) > 1:
        try:
            return str(json.loads(line))
        except ValueError:
            return line
    return line[1:] if line[:2] == "$$" else line


def typed_text(port: Port, value: Any) -> str:
    """A value as it would be typed: `parse_typed` reads it back."""
    if port.many and isinstance(value, (list, tuple)):
        one = Port(port.name, port.type, range=port.range, choices=port.choices)
        return "\n".join(_to_line(one, item) for item in value)
    if value is None:
        return ""
    if type(value) is Ref:
        return str(value)
    if isinstance(value, str):
        plain = port.type is not ANY or scalar(value) is value and value[:1] not in ('"', "[", "{") \
            and value == value.strip()
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, (bool, list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _to_line(port: Port, item: Any) -> str:
    text = typed_text(port, item)
    if type(item) is Ref or not isinstance(item, str):
        return text
    misread = not text.strip() or "\n" in text or "\r" in text or text[:1] in (" ", "\t") and "$" in text
    if misread or text[:1] == '"':
        return json.dumps(text, ensure_ascii=False)
    return f"${text}" if text[:1] == "$" else text


def as_written(default: Any) -> Any:
    """A port's default as a graph file would write it."""
    if default is MISSING:
        return None
    if isinstance(default, Path):
        return str(default)
    return list(default) if isinstance(default, tuple) else default
