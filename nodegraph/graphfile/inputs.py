"""The inputs of a graph, as a file tells of them."""

from __future__ import annotations

from typing import Any, Protocol

from ..graph import Graph, GraphInput
from ..wording import nearest, say, spelled, written
from .tree import Map

_INPUT_KEYS = ("type", "default", "help", "min", "max", "choices")
GUESSED = {str: "Text", bool: "Bool", int: "Int", float: "Float"}  # the type of an input that is a bare default


class Reader(Protocol):
    """What this needs of whoever reads the file."""

    shell: Graph

    def problem(self, message: str, hint: str, *keys: Any, value: bool = False) -> None: ...

    def name(self, name: str, *keys: str) -> None: ...

    def odd(self, text: Any, *keys: str, value: bool = False) -> bool: ...

    def plain(self, value: Any, *keys: Any) -> Any: ...


def read_input(reader: Reader, name: str, value: Any) -> GraphInput:
    """One input as it stands in a file: a bare default, or a mapping."""
    reader.name(name, "inputs", name)
    if not isinstance(value, Map):
        guessed = GUESSED.get(type(value))
        if guessed is None:
            reader.problem(say("input.untyped", input=name, value=written(value)),
                           say("hint.write-input", input=name, type="list of " * isinstance(value, list) + "Text"),
                           "inputs", name, value=True)
        return GraphInput(guessed or "", reader.plain(value, "inputs", name), True)
    for key in value:
        if key not in _INPUT_KEYS and not reader.odd(key, "inputs", name, key):
            reader.problem(say("input.key-unknown", key=repr(key)), nearest(key, _INPUT_KEYS), "inputs", name, key)
    type_name = value.get("type")
    if type_name is None:
        reader.problem(say("input.no-type", input=name), say("hint.add-type"), "inputs", name)
    elif not isinstance(type_name, str):
        reader.problem(say("input.type-wrong", input=name, value=written(type_name)), say("hint.write-type"),
                       "inputs", name, "type", value=True)
    default = reader.plain(value.get("default"), "inputs", name, "default")
    low, high = _limit(reader, name, "min", value), _limit(reader, name, "max", value)
    if low is not None and high is not None and low > high:
        reader.problem(say("input.min-above-max", input=name, low=low, high=high), say("hint.turn-round"),
                       "inputs", name, "min", value=True)
        low = high = None
    help = value.get("help")
    if help is not None and not isinstance(help, str):
        words = spelled(help, reader.shell.source("inputs", name, "help"))
        reader.problem(say("input.help-wrong", input=name, value=words), say("hint.quotes"),
                       "inputs", name, "help", value=True)
    return GraphInput(type_name if isinstance(type_name, str) else "", default, "default" in value,
                      str(help or ""), low, high, _choices(reader, name, value))


def _limit(reader: Reader, name: str, key: str, value: Map) -> float | None:
    found = value.get(key)
    if isinstance(found, (int, float)) and type(found) is not bool and found == found:
        return found
    if key in value:
        reader.problem(say("input.limit-wrong", key=key, input=name, value=written(found)), "",
                       "inputs", name, key, value=True)
    return None


def _choices(reader: Reader, name: str, value: Map) -> tuple[str, ...] | None:
    found = value.get("choices")
    if "choices" not in value:
        return None
    if not isinstance(found, list) or not found:
        reader.problem(say("input.choices-wrong", input=name, value=written(found)), say("hint.write-choices"),
                       "inputs", name, "choices", value=True)
        return None
    for at, item in enumerate(found):
        if not isinstance(item, str):
            words = spelled(item, reader.shell.source("inputs", name, "choices", at))
            reader.problem(say("input.choice-wrong", input=name, value=words), say("hint.quote", value=words),
                           "inputs", name, "choices", at, value=True)
    return tuple(str(item) for item in found)
