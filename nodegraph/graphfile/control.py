"""The words of a node that say how often it runs and what becomes of failures: read, and written back.

Read, each is in one form (see `graph.Node`), however it stood in the file: `carry: text` is {"text": "text"}.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..graph import Ref
from ..nodetype import COUNT
from ..wording import say, written

MOST_ROUNDS = 10_000


class Reader(Protocol):
    """What these words need of whoever reads the file."""

    def problem(self, message: str, hint: str, *keys: Any, value: bool = False) -> None: ...

    def reference(self, text: str, *keys: Any) -> Any: ...

    def is_name(self, text: Any) -> bool: ...


def read_control(reader: Reader, name: str, node: Mapping[str, Any]) -> dict[str, Any]:
    """The words that stand in a node, as `Node.control` has them; one that cannot be understood is left out."""
    control = {}
    for word in node:
        if word in _WORDS and not is_input(word, node[word]):
            value = _WORDS[word](reader, name, word, node[word])
            if value is not None:
                control[word] = value
    return control


def is_input(word: str, value: Any) -> bool:
    """Whether a word of a node stands for an input that is called so: `count: 3`, where `count: name` numbers rounds."""
    return word == COUNT and (not isinstance(value, str) or value[:1] == "$")


def written_control(control: Mapping[str, Any]) -> dict[str, Any]:
    """These words as they stand in a file, in the shortest form."""
    return {word: _written_names(value) if word == "cross" else _written_pairs(value) if word == "carry" else
            str(value) if type(value) is Ref else value for word, value in control.items()}


def names(reader: Reader, name: str, word: str, value: Any) -> tuple[str, ...]:
    """The inputs that `each` or `cross` names: one, or a list."""
    listed = [value] if isinstance(value, str) else value
    if not (isinstance(listed, list) and listed and all(isinstance(item, str) and item for item in listed)):
        reader.problem(say("node.names-wrong", word=word, node=name, value=written(value)),
                       say("hint.write-name", word=word), "nodes", name, word, value=True)
        return ()
    ports: list[str] = []
    for at, port in enumerate(listed):
        place = ("nodes", name, word, at) if isinstance(value, list) else ("nodes", name, word)
        if port.startswith("$"):
            reader.problem(say("node.name-linked", word=word, node=name, value=repr(port)),
                           say("hint.input-and-word", word=word, link=port), *place, value=True)
        elif port in ports:
            reader.problem(say("node.name-twice", word=word, node=name, name=port), say("hint.keep-one"), *place,
                           value=True)
        else:
            ports.append(port)
    return tuple(ports)


def _cross(reader: Reader, name: str, word: str, value: Any) -> tuple[str, ...] | None:
    return names(reader, name, word, value) or None


def _repeat(reader: Reader, name: str, word: str, value: Any) -> int | Ref | None:
    if isinstance(value, str) and value.startswith("$"):
        link = reader.reference(value, "nodes", name, word)
        return link if type(link) is Ref else None
    if type(value) is int and 0 <= value <= MOST_ROUNDS:
        return value
    hint = say("hint.link", name=value) if reader.is_name(value) else say("hint.write-word", word=word, value=10)
    reader.problem(say("node.repeat-wrong", node=name, value=written(value), most=MOST_ROUNDS), hint,
                   "nodes", name, word, value=True)
    return None


def _port(reader: Reader, name: str, word: str, value: Any) -> str | None:
    if isinstance(value, str) and value and not value.startswith("$"):
        return value
    linked = value.rpartition(".")[2].lstrip("$") if isinstance(value, str) else ""
    message = say("node.until-wrong", node=name, value=written(value)) if word == "until" else \
        say("node.count-wrong", node=name, value=written(value))
    reader.problem(message, say("hint.write-word", word=word, value=linked or "name"), "nodes", name, word, value=True)
    return None


def _carry(reader: Reader, name: str, word: str, value: Any) -> dict[str, str] | None:
    if isinstance(value, dict):
        pairs = dict(value)
    else:
        listed = [value] if isinstance(value, str) else value
        pairs = {item: item for item in listed if isinstance(item, str)} if isinstance(listed, list) else {}
    parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else [*pairs]
    odd = [part for part in parts if not isinstance(part, str) or not part or part.startswith("$")]
    twice = next((part for at, part in enumerate(parts) if part in parts[:at]), "") if isinstance(value, list) else ""
    if pairs and not odd and not twice:
        return pairs
    if twice and not odd:
        reader.problem(say("node.name-twice", word=word, node=name, name=twice), say("hint.keep-one"),
                       "nodes", name, word, value=True)
        return None
    message = say("node.carry-part", node=name, value=written(odd[0])) if odd else \
        say("node.carry-wrong", node=name, value=written(value))
    reader.problem(message, say("hint.carry"), "nodes", name, word, value=True)
    return None


def _failed(reader: Reader, name: str, word: str, value: Any) -> str | None:
    if value == "skip":
        return "skip"
    reader.problem(say("node.failed-wrong", node=name, value=written(value)),
                   say("hint.write-word", word=word, value="skip"), "nodes", name, word, value=True)
    return None


def _timeout(reader: Reader, name: str, word: str, value: Any) -> float | None:
    if type(value) in (int, float) and 0 < value < math.inf:
        return value  # type: ignore[no-any-return]
    reader.problem(say("node.timeout-wrong", node=name, value=written(value)),
                   say("hint.write-word", word=word, value=60), "nodes", name, word, value=True)
    return None


def _retry(reader: Reader, name: str, word: str, value: Any) -> int | None:
    if type(value) is int and value >= 1:
        return value
    reader.problem(say("node.retry-wrong", node=name, value=written(value)),
                   say("hint.write-word", word=word, value=2), "nodes", name, word, value=True)
    return None


_WORDS: dict[str, Callable[[Reader, str, str, Any], Any]] = {
    "cross": _cross, "repeat": _repeat, "until": _port, "carry": _carry, "count": _port, "failed": _failed,
    "timeout": _timeout, "retry": _retry,
}
CONTROL = frozenset(_WORDS)


def _written_names(names: tuple[str, ...]) -> Any:
    return names[0] if len(names) == 1 else list(names)


def _written_pairs(pairs: Mapping[str, str]) -> Any:
    if any(port != output for port, output in pairs.items()):
        return dict(pairs)
    return _written_names(tuple(pairs))
