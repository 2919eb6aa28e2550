"""The node types of the fuzz: plain functions, what their ports take, and a log of every call made of them."""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from nodegraph import File, InputError, Lazy, PortType, Range, node

MISSING = object()
LONG = 300  # letters: more than what is kept inside a trace


def _flat(value: Any) -> Any:
    return list(value)


VECTOR = PortType("Vector", complaint=lambda v: None if hasattr(v, "shape") else f"is {v!r}")
Vector = Annotated[Any, VECTOR]
Odd = PortType("Odd", complaint=lambda v: None if isinstance(v, frozenset) else f"is {v!r}",
               flatten=lambda v: sorted(v), restore=frozenset)
Letters = Annotated[Any, Odd]


class Halves(NamedTuple):
    first: str
    rest: str


class Round(NamedTuple):
    value: int
    done: bool


class Stats(NamedTuple):
    low: int
    every: list[int]
    even: list[bool]


class Turn(NamedTuple):
    text: str
    long: bool


def upper(text: str) -> str: return text.upper() + "'"
def tag(text: str, mark: Literal["a", "b", "c"] = "a") -> str: return f"{mark}({text})"
def join(texts: list[str], by: str = "-") -> str: return by.join(texts)
def words(text: str) -> list[str]: return [w for w in text.lower().replace("'", "-").split("-") if w][:3]
def halves(text: str) -> Halves: return Halves(text[:2], text[2:])
def pair(one: str, two: str) -> str: return one + "+" + two
def fresh(text: str) -> str: return text + "!"
def shouts(texts: list[str], mark: str = "") -> list[str]: return [t.upper() + mark for t in texts]
def numbers(values: list[int]) -> list[int]: return [v % 7 + 1 for v in values]
def bulk(texts: list[str]) -> list[str]: return sorted(texts)
def opt(text: str | None = None, other: str = "o") -> str: return f"{other}:{text}"
def even(text: str) -> bool: return len(text) % 2 == 0
def add(a: int, b: int = 0) -> int: return (a + b) % 1000
def less(a: int, b: int = 5) -> int: return a - b
def lim(n: Annotated[int, Range(0, 10)]) -> int: return 10 - n
def size(texts: list[str]) -> int: return len(texts)
def some(n: int) -> list[int]: return list(range(n % 4))
def few(n: int) -> int: return n % 4
def odd(n: int) -> bool: return n % 2 == 1
def say(n: int) -> str: return f"n{n}"
def total(values: list[int]) -> int: return sum(values) % 1000
def scale(x: float, by: Annotated[float, Range(0, 10)] = 2.0) -> float: return float(x * by)
def show(value: Any) -> str: return shown(value)
def long(text: str) -> str: return (text + "/") * (LONG // (len(text) + 1) + 1)
def short(text: str) -> str: return text[:3]
def name_file(which: Literal["a.txt", "b.txt", "c10.txt", "c2.txt"] = "a.txt") -> File: raise NotImplementedError
def read(path: File) -> str: return f"{path.name}={path.read_text()}"
def reads(paths: list[File]) -> str: return "|".join(map(read, paths))
def flip(flag: bool) -> bool: return not flag
def vector(n: int, fill: float = 1.0) -> Vector: return _vector(n, fill)
def weigh(vector: Vector) -> float: return float(vector.sum())
def letters(text: str) -> Letters: return frozenset(text)
def spell(letters: Letters) -> str: return "".join(sorted(letters))


def later(text: str) -> str:
    """Declared as an async node."""
    return text + "~"


def choose(flag: bool, yes: Lazy[str], no: Lazy[str]) -> str:
    """Asks for one of two."""
    return yes() + "?" if flag else no()


def picky(text: str, bad: str = "b") -> str:
    if bad and bad in text:
        raise ValueError(f"no {bad} please")
    return text + "."


def shy(n: int) -> int:
    if n % 3 == 2:
        raise InputError("does not like it")
    return n + 1


def step(value: int, step: int = 1) -> Round:
    return Round((value + step) % 50, (value + step) % 5 == 0)


def turn(text: str, last: str = "", step: int = 0) -> Turn:
    return Turn((last + text[:2] + str(step))[-12:], len(last) > 6)


def stats(values: list[int]) -> Stats:
    return Stats(min(values, default=0), [v * 2 for v in values], [v % 2 == 0 for v in values])


def box(text: str) -> Any:
    """Now one thing, now another."""
    return [text, len(text), len(text) % 2 == 0, float(len(text))][len(text) % 4]


def _vector(n: int, fill: float) -> Any:
    import torch

    return torch.full((n % 5 * 40 + 1,), float(fill))


def shown(value: Any) -> str:
    """A text that is the same for whatever counts as the same."""
    return repr(canonical(value))


def canonical(value: Any) -> Any:
    """What a value is, as something that can be compared: a file is its name and content, 3 is 3.0."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, (int, float)):
        return ("number", float(value))
    if isinstance(value, Path):
        return ("file", value.name, value.read_bytes() if value.is_file() else b"")
    if isinstance(value, (list, tuple)):
        return ("list", *map(canonical, value))
    if isinstance(value, frozenset):
        return ("set", *sorted(value))
    if isinstance(value, dict):
        return ("dict", *sorted((k, canonical(v)) for k, v in value.items()))
    return ("vector", *value.tolist())


class Slot(NamedTuple):
    """A port, as the fuzz sees it."""

    type: str
    depth: int = 0
    default: Any = MISSING
    optional: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | None = None
    folder: bool = False  # whether a folder or a pattern may stand for a list of files


@dataclass(frozen=True, eq=False)
class Kind:
    """A node type. batch: the port whose items come all at once; remember: whether it may be cached; lazy: the ports
    that are handed over as functions. How often a lazy node is called is its engine's business, and not counted.
    """

    name: str
    function: Callable[..., Any]
    inputs: dict[str, Slot]
    outputs: dict[str, Slot]
    batch: str | None = None
    remember: bool = True
    lazy: tuple[str, ...] = ()


_TYPES = {str: "Text", int: "Int", float: "Float", bool: "Bool", Any: "Any"}


def _slot(hint: Any, default: Any = MISSING) -> Slot:
    """The Slot that an annotation means."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Lazy:
        return _slot(inner[0], default)
    if origin is list:
        one = _slot(inner[0])
        return one._replace(depth=1, default=default, folder=one.type == "File")
    if origin in (typing.Union, types.UnionType):
        return _slot(inner[0])._replace(optional=True, default=None if default is MISSING else default)
    if origin is Literal:
        return Slot("Text", choices=inner, default=default)
    if origin is Annotated:
        mark = inner[1]
        if isinstance(mark, Range):
            return Slot(_TYPES[inner[0]], default=default, low=mark.low, high=mark.high)
        return Slot(mark.name, default=default)
    return Slot(_TYPES[hint], default=default)


def _kind(function: Callable[..., Any], **more: Any) -> Kind:
    hints = typing.get_type_hints(function, include_extras=True)
    given = hints.pop("return")
    parameters = inspect.signature(function).parameters
    inputs = {name: _slot(hint, parameters[name].default if parameters[name].default is not inspect.Parameter.empty
                          else MISSING) for name, hint in hints.items()}
    fields = getattr(given, "_fields", None)
    if fields is not None:
        outputs = {name: _slot(hint) for name, hint in typing.get_type_hints(given, include_extras=True).items()}
    else:
        only = _slot(given)
        outputs = {"value" if only.type == "Any" else only.type.lower() + "s" * bool(only.depth): only}
    return Kind(f"f.{function.__name__}", function, inputs, outputs, **more)


_PLAIN = (upper, tag, join, words, halves, pair, bulk, opt, even, add, less, lim, size, some, few, odd, say, total, scale,
          show, long, short, name_file, read, reads, flip, vector, weigh, letters, spell, picky, shy, step, turn,
          stats, box, later)
KINDS = {kind.name: kind for kind in (*map(_kind, _PLAIN), _kind(fresh, remember=False), _kind(choose, lazy=("yes", "no")),
                                      _kind(shouts, batch="texts"), _kind(numbers, batch="values"))}


class Log:
    """Every call that was made: (name of the kind, arguments by content), in order; from any thread."""

    def __init__(self) -> None:
        self._calls: list[tuple[str, Any]] = []
        self._lock = threading.Lock()

    def add(self, kind: str, arguments: dict[str, Any]) -> None:
        """Note one call."""
        with self._lock:
            self._calls.append(call_key(kind, arguments))

    def take(self) -> list[tuple[str, Any]]:
        """What was noted since the last time."""
        with self._lock:
            calls, self._calls = self._calls, []
        return calls


def call_key(kind: str, arguments: dict[str, Any]) -> tuple[str, Any]:
    """A call as something that can be counted."""
    return kind, tuple(sorted((port, canonical(value)) for port, value in arguments.items()))


def declared(kind: Kind, log: Log, folder: Path, costly: bool | None) -> Callable[..., Any]:
    """The node that an engine is handed: the function, with its calls written down."""
    signature = inspect.signature(kind.function)
    function = (lambda which="a.txt": folder / "data" / which) if kind.name == "f.name_file" else kind.function

    def noted(given: dict[str, Any]) -> dict[str, Any]:
        bound = signature.bind(**given)
        bound.apply_defaults()
        arguments = dict(bound.arguments)
        for item in arguments[kind.batch] if kind.batch else [None] if not kind.lazy else []:
            log.add(kind.name, {**arguments, kind.batch: item} if kind.batch else arguments)
        return arguments

    @functools.wraps(kind.function)
    def logged(**given: Any) -> Any:
        return function(**noted(given))

    @functools.wraps(kind.function)
    async def awaited(**given: Any) -> Any:
        await asyncio.sleep(0)
        return function(**noted(given))

    if kind.name == "f.later":
        made = node(kind.name, version=1)(awaited)
    else:
        made = node(kind.name, version=1, batch=kind.batch, remember=kind.remember, costly=costly)(logged)
    # The same code in each trial; to read it afresh each time (`codeversion`, with tests of its own) is half of the work.
    object.__setattr__(made.__nodetype__, "_code", f"code-{kind.name}")
    return made
