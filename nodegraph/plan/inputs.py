"""What comes in from outside of a graph, judged once: values given, defaults, literals, seeds, files and models.

A value is turned into what it means at one place and one time in each run. `random` becomes a number, under the name
of the input where it stands; a file becomes its path and the digest of its content, a model the digest of its files,
a pattern the files that match it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..check import RANDOM
from ..digest import ListDigest, digest, is_array, is_tensor
from ..errors import InputError, Position, Problem
from ..nodetype import Port
from ..recipe import Recipe
from ..types import FILE, SEED, PortType, complaint_of, described, short
from ..wording import say
from .steps import Given, Named

Locate = Callable[[PortType, Any, Path], Named]
Expand = Callable[[str, Path], list[Path]]


class Literal(NamedTuple):
    """A value that is known before the run. content: what counts for it in Keys, where that is not the value."""

    value: Any
    content: Any = None


class Boundary:
    """Turns what stands in files and what callers give into Literals.

    locate: completes what names a file or a model; left out, it stays as it is. expand: the files that a pattern or
    a folder stands for. roll: where `random` comes from. known: numbers that were rolled before, to be taken again.
    """

    def __init__(self, locate: Locate | None, expand: Expand | None, roll: Callable[[], int] | None,
                 known: Mapping[str, int]):
        self.locate, self.expand, self.roll, self.known = locate, expand, roll or rolled, known
        self.seeds: dict[str, int] = {}
        self.located: list[tuple[PortType, Any, Path, Any]] = []
        self.problems: list[Problem] = []

    def seed(self, name: str) -> int:
        """The number that `random` is in this run, at one place."""
        if name not in self.seeds:
            known = self.known.get(name)
            self.seeds[name] = known if known is not None else self.roll()
        return self.seeds[name]

    def literal(self, type: PortType, value: Any, folder: Path, name: str, where: Position | None = None,
                many: bool = False) -> Literal:
        """What a value means in this run. name: of the place where it stands, `node.port`; many: a list is wanted."""
        if value is None or not (type is SEED or type.located):
            return Literal(value)
        if many and type is FILE and isinstance(value, (str, Path)) and self.expand is not None:
            value = [path.absolute() for path in self.files(value, folder, name, where)]
        if isinstance(value, list):
            items = [self.literal(type, item, folder, f"{name}[{at}]", where) for at, item in enumerate(value)]
            contents = [item.content for item in items]
            return Literal([item.value for item in items], None if None in contents else contents)
        if type is SEED:
            return Literal(self.seed(name) if value == RANDOM else value)
        return self.place(type, value, folder, name, where)

    def place(self, type: PortType, value: Any, folder: Path, name: str, where: Position | None) -> Literal:
        if self.locate is None or isinstance(value, Recipe) and value.fingerprint:
            return Literal(value)
        named = self.locate(type, value, folder)
        self.located.append((type, value, folder, named))
        if named.problem:
            self.problems.append(Problem(where, f"{name}: {named.problem}"))
        return Literal(named.value, named.content)

    def files(self, pattern: Any, folder: Path, name: str, where: Position | None) -> list[Path]:
        assert self.expand is not None
        paths = self.expand(str(pattern), folder)
        self.located.append((FILE, _Pattern(str(pattern)), folder, paths))
        if not paths:
            self.problems.append(Problem(where, f"{name}: no file is called {pattern}",
                                         "A pattern begins at the folder of the graph file; * stands for any letters."))
        return paths


class _Pattern(str):
    """A pattern that was expanded; what is written down beside it are the files."""


def still_located(row: tuple[PortType, Any, Path, Any], locate: Locate, expand: Expand) -> bool:
    """Whether a row of `located` would be the same today."""
    type, value, folder, was = row
    if isinstance(value, _Pattern):
        return bool(expand(value, folder) == was)
    return bool(locate(type, value, folder) == was)


def accept(port: Port, value: Any) -> Any:
    """A value given from outside: in the form of a file's literal, or live (a tensor, a Score).

    Raises InputError saying what the port takes.
    """
    if value is None and port.optional:
        return None
    if not port.many:
        return accept_one(port, value)
    if port.type is FILE and isinstance(value, (str, Path)):
        return value
    if (is_tensor(value) or is_array(value)) and value.ndim:
        value = list(value)
    if not isinstance(value, (list, tuple)):
        raise InputError(f"is {short(value)}; it takes a list of {port.type.name}")
    return [accept_one(port, item) for item in value]


def accept_one(port: Port, value: Any) -> Any:
    """One value given from outside, as its port takes it."""
    if port.type is SEED and value == RANDOM:
        return value
    try:
        value = port.type.adopt(value)
    except InputError:
        raise
    except Exception as error:  # the type's own code
        raise InputError(say("value.unread", value=short(value), takes=port.takes, why=described(error))) from error
    if port.type.parse is not None and (isinstance(value, (str, int, float)) or complaint_of(port.type, value)):
        value = port.parse(value)
    wrong = port.complaint(value)
    if wrong:
        raise InputError(wrong)
    if not (port.type.natural or port.type.located):
        try:
            port.type.flatten(value)
        except Exception as error:  # the type's own code
            raise InputError(f"cannot be named: {described(error)}") from error
    return value


def judged(value: Any, port: Port) -> str | None:
    """What a port has against a value that a link brought, or each item of a list; None if nothing."""
    for item in value if port.many and isinstance(value, list) else [value]:
        if item is None and port.optional:
            continue
        wrong = port.complaint(item)
        if wrong:
            return wrong
    return None


def given_digest(given: Given) -> bytes:
    """The digest of a value that was there before the run."""
    return _digest(given.type, given.depth, given.value, given.contents)


def _digest(type: PortType, depth: int, value: Any, content: Any) -> bytes:
    if value is None:
        return digest(None)
    if depth and isinstance(value, (list, tuple)):
        contents = content if content is not None else [None] * len(value)
        return ListDigest.of([_digest(type, depth - 1, item, one) for item, one in zip(value, contents)])
    return digest(content if content is not None else type.flatten(value))


def rolled() -> int:
    """A random seed from the system."""
    import secrets  # here, since few graphs ask for it and it brings the whole of cryptography

    return secrets.randbelow(2 ** 31)


def rolled_at(number: int, index: tuple[int, ...]) -> int:
    """The seed of one item or round where `random` was rolled as `number` for all of them."""
    return int.from_bytes(digest([number, *index])[:4], "big") & 0x7FFFFFFF if index else number


def unknown_input(name: str, names: Any) -> Problem:
    """What is said of a value for an input that the graph has not."""
    from ..graphfile import nearest

    return Problem(None, f"the graph has no input {name}", nearest(name, names))
