"""What `--set name=value` gives: each value in the type of its input."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ..check import RANDOM, Checked, likely
from ..errors import GraphError, InputError, Problem
from ..filelist import beside
from ..graphfile import nearest, scalar
from ..graphfile.tree import events
from ..nodetype import MISSING, Port
from ..types import FILE, INT, SEED
from ..wording import say


def settings(checked: Checked, given: list[str]) -> dict[str, Any]:
    """The inputs that `--set` gives, by name. Raises GraphError for what an input refuses."""
    values: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        what = f"--set {name}"
        if not equals:
            raise GraphError(f"--set {text}: it takes name=value")
        if (port := checked.inputs.get(name)) is None:
            raise GraphError([_no_input(checked, name, text)])
        refuse_bytes(what, value)
        values[name] = items(what, port, value) if port.many else literal(what, port, value, declare_seed(port))
    return values


def _no_input(checked: Checked, name: str, text: str) -> Problem:
    node, dot, _ = name.partition(".")
    hint = (f"Sweep it with `--sweep {text}`, or link it to an input of the graph, which --set can give."
            if dot and node in checked.nodes else nearest(name, checked.inputs) or "It takes none.")
    return Problem(None, f"--set {name}: the graph has no input of that name", hint)


def refuse_bytes(what: str, text: str) -> None:
    """Raise GraphError for bytes that are no text: nothing could be remembered or written by them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        shown = text.encode(errors="backslashreplace").decode()
        raise GraphError([Problem(None, say("set.no-text", what=what, value=shown), say("set.in-unicode"))]) from None


def items(what: str, port: Port, text: str) -> list[Any] | str:
    """The list that a text gives; of files a folder or a pattern stays the text that names them all."""
    if port.type is FILE and _names_many(text):
        return str(beside(Path.cwd(), text))
    return [literal(what, port, word) for word in words(what, text)] if text else []


def _names_many(text: str) -> bool:
    """Whether a text is a folder or a pattern, and not one file or a list of them."""
    path = beside(Path(), text)
    if not text or path.is_file() or text.startswith("[") and _bracketed(text, 1) is not None:
        return False
    return path.is_dir() or "," not in text and any(letter in text for letter in "*?[")


def literal(what: str, port: Port, text: str, as_seed: str = "") -> Any:
    """A text from the command line as the literal it would be in a file. Raises GraphError if the port refuses it.

    as_seed: the hint where `random` is given to an Int.
    """
    if port.type is FILE and text:
        return str(beside(Path.cwd(), text))  # beside the person who types, not beside the graph
    value = scalar(text) if port.type.name in ("Int", "Float", "Bool", "Seed", "Any") else text
    if port.type is SEED and value == RANDOM:
        return value
    try:
        port.parse(value)
    except InputError as error:
        hint = as_seed if port.type is INT and value == RANDOM else likely(text, port.choices)
        raise GraphError([Problem(None, f"{what} {error}", hint)]) from None
    return value


def declare_seed(port: Port) -> str:
    """What to do where an input of the graph is an Int and is given `random`."""
    default = "" if port.default in (MISSING, None) else f", default: {port.default}"
    return f"Declare it as `{port.name}: {{type: Seed{default}}}`."


# ---- lists

def words(what: str, text: str) -> list[str]:
    """The items of `a,b,"c, d"`, or of a YAML list in brackets, each as it is written."""
    if text.startswith("["):
        listed = _bracketed(text, 1)
        if listed is None:
            raise GraphError([Problem(None, f"{what} is {text!r}, which is no list",
                                      'Write [one, "two, three"]; quote what holds a comma, a colon or a bracket.')])
        return listed
    parts: list[str] = []
    at = 0
    item = re.compile(r"""\s*("[^"]*"|'[^']*')\s*(?=,|\Z)|[^,]*""")  # other quotes are letters like any
    while at <= len(text):
        match = item.match(text, at)
        assert match is not None  # it matches an empty text
        parts.append(match[1][1:-1] if match[1] else match[0])
        at = match.end() + 1
    return parts


def lists(what: str, text: str) -> list[list[str]]:
    """The lists in a YAML list in brackets."""
    listed = _bracketed(text, 2)
    if listed is None:
        raise GraphError([Problem(None, f"{what} is {text!r}; it takes a list for each run",
                                  'Write [[one, two], ["three, four"]].')])
    return listed


def _bracketed(text: str, depth: int) -> list[Any] | None:
    """The texts in a YAML list; at depth 2, in the lists that it holds. None if it is something else."""
    around: list[list[Any]] = [[]]
    try:
        for event in events(text):
            if isinstance(event, yaml.MappingStartEvent) or getattr(event, "tag", None) \
                    or getattr(event, "anchor", None):
                return None
            if isinstance(event, yaml.SequenceStartEvent):
                around.append([])
            elif isinstance(event, yaml.SequenceEndEvent):
                last = around.pop()
                around[-1].append(last)
                if len(around) > depth:
                    return None
            elif isinstance(event, yaml.ScalarEvent):
                around[-1].append(event.value)
                if len(around) != depth + 1:
                    return None
    except yaml.YAMLError:
        return None
    return around[0][0] if len(around[0]) == 1 else None
