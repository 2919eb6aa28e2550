"""A few trivial nodes and helpers that the engine's tests share."""

from __future__ import annotations

import threading
from typing import Annotated, Any, NamedTuple

from nodegraph import Catalogue, Context, Engine, PortType, Range, events as ev, node
from nodegraph.context import SILENT
from nodegraph.graphfile import parse

Tensor = Annotated[Any, PortType("Tensor")]


@node("t.add", version=1)
def add(a: int, b: int = 0) -> int:
    """Add two numbers."""
    return a + b


@node("t.scale", version=1)
def scale(x: float, by: Annotated[float, Range(0, 10)] = 2.0) -> float:
    """Multiply."""
    return x * by


@node("t.upper", version=1)
def upper(text: str) -> str:
    """Shout."""
    return text.upper()


@node("t.words", version=1)
def words(text: str) -> list[str]:
    """Split a text."""
    return text.split()


@node("t.join", version=1)
def join(texts: list[str], by: str = " ") -> str:
    """Join texts."""
    return by.join(texts)


@node("t.same", version=1)
def same(text: str) -> str:
    """Whatever is said, answer alike."""
    return "always"


class Halves(NamedTuple):
    first: str
    rest: str


@node("t.halves", version=1)
def halves(text: str) -> Halves:
    """Cut a text in two."""
    return Halves(text[:1], text[1:])


@node("t.fail", version=1)
def fail(text: str) -> str:
    """Fail."""
    raise ZeroDivisionError("on purpose")


@node("t.long", version=1)
def long(text: str, steps: int = 5, ctx: Context = SILENT) -> str:
    """Work in steps."""
    for step in range(steps):
        ctx.report(step + 1, steps)
    return text


@node("t.tensor", version=1)
def tensor(size: int, fill: float = 0.0) -> Tensor:
    """A vector."""
    import torch

    return torch.full((size,), fill)


@node("t.sum", version=1)
def total(tensor: Tensor) -> float:
    """Sum up."""
    return float(tensor.sum())


@node("t.batch", version=1, batch="texts")
def batch(texts: list[str]) -> list[str]:
    """Shout all at once."""
    BATCHES.append(list(texts))
    return [text.upper() for text in texts]


BATCHES: list[list[str]] = []
ALL = [add, scale, upper, words, join, same, halves, fail, long, tensor, total, batch]


def engine(cache=None, more=(), **settings) -> Engine:
    """An Engine that knows the nodes above and no pack."""
    return Engine(cache, catalogue=Catalogue([*ALL, *more], installed=False), device="cpu",
                  warn=settings.pop("warn", fail_on_warning), **settings)


def fail_on_warning(message: str) -> None:
    raise AssertionError(message)


def graph(text: str, path=None):
    """A graph from the YAML below `nodegraph: 1`."""
    found, problems = parse("nodegraph: 1\n" + text, path)
    assert not problems, problems
    return found


class Story(list):
    """The events of runs, and what they say."""

    __call__ = list.append

    def names(self, kind) -> list[str]:
        return [event.node for event in self if type(event) is kind]

    @property
    def ran(self) -> list[str]:
        return self.names(ev.Finished)

    @property
    def remembered(self) -> list[str]:
        return self.names(ev.Cached)

    def items(self, name: str) -> tuple[int, int]:
        """How many items of a mapped node ran, and how many were remembered."""
        return next((e.ran, e.remembered) for e in self if type(e) is ev.Finished and e.node == name)


def told(engine: Engine, document, given=None, **more) -> tuple[Story, Any]:
    """Run a graph; its events and its result."""
    story = Story()
    result = engine.run(document, given, emit=story, **more)
    return story, result


class Gate:
    """Lets two nodes wait for each other: passes only if they are at work at the same time."""

    def __init__(self, parties: int):
        self.barrier = threading.Barrier(parties, timeout=20)
