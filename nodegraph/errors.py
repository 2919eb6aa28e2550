"""What can go wrong, as a family of exceptions, and how a problem is told to a person.

    NodegraphError
      GraphError       the document is wrong; carries every Problem found
      PackError        a pack, or a node's declaration, is wrong
      InputError       a node was handed something it cannot take; nodes raise it themselves
      NodeFailed       a node's own code raised; carries the node, its inputs and the traceback
      Cancelled        the run was asked to stop
      OutOfMemory      a device has no room left, even after eviction

A Problem says where, what was found, what was wanted, and what to do next.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .wording import Phrase


class Position(NamedTuple):
    """A place in a text file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


def code_of(message: str) -> str:
    """The code of a sentence that has one, or ""."""
    return message.code if isinstance(message, Phrase) else ""


def facts_of(message: str) -> Mapping[str, Any]:
    """What a sentence that has a code was made of; nothing for any other."""
    return message.facts if isinstance(message, Phrase) else {}


def text_of(error: BaseException) -> str:
    """What an exception says, in one line; one that cannot even say it is told by that."""
    try:
        return " ".join(str(error).split())
    except Exception as worse:
        return f"its text cannot be read ({type(worse).__name__})"


class Problem(NamedTuple):
    """One thing that is wrong: `message` says what was found and wanted, `hint` what to do.

    at: the keys that lead to it in its graph, ("nodes", "verse", "prompt"), whether or not that came from a file.
    """

    where: Position | None
    message: str
    hint: str = ""
    severity: str = "error"  # or "warning": the graph still runs
    at: tuple[str | int, ...] = ()

    @property
    def code(self) -> str:
        """The code of its sentence in `wording`, or "" where it has none."""
        return code_of(self.message)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What its sentence was made of, by name."""
        return facts_of(self.message)

    def __str__(self) -> str:
        head = "warning: " * (self.severity == "warning") + (f"{self.where}  " if self.where else "")
        text = head + self.message
        if self.hint:
            text += "\n" + " " * min(len(head), 24) + self.hint
        return text


class NodegraphError(Exception):
    """Anything this package raises on purpose."""


class GraphError(NodegraphError):
    """The document, or what was asked of it, is wrong. `problems` lists everything found."""

    def __init__(self, problems: list[Problem] | tuple[Problem, ...] | str):
        if isinstance(problems, str):
            problems = [Problem(None, problems)]
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class PackError(NodegraphError):
    """A pack or the declaration of a node cannot be used; the message says which and why."""


class InputError(NodegraphError, ValueError):
    """A node cannot work with what it was given. The message alone is shown, without a traceback."""


class NodeFailed(NodegraphError):
    """A node's own code raised.

    node: its name in the graph. instance: which of its runs, where it was mapped or looped ("m[2]/a"), else its name.
    message: may be a Phrase. where: its place in the file, if it has one.
    inputs: a short summary of each input. trace: the traceback of the node's own code.
    left_out: whether its item was left out (`failed: skip`), so that the run goes on without it.
    """

    def __init__(self, node: str, message: str, where: Position | None = None, inputs: dict[str, str] | None = None,
                 trace: str = "", instance: str = "", left_out: bool = False):
        self.node, self.message, self.where, self.trace = node, message, where, trace
        self.instance, self.inputs, self.left_out = instance or node, inputs or {}, left_out
        super().__init__(f"{where or self.instance}  {self.instance} failed: {message}")

    @property
    def code(self) -> str:
        """The code of its sentence in `wording`, or "" where it has none."""
        return code_of(self.message)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What its sentence was made of, by name."""
        return facts_of(self.message)

    def report(self) -> str:
        """The whole story: message, inputs and traceback, over several lines."""
        lines = [str(self)]
        lines += [f"    {name} = {text}" for name, text in self.inputs.items()]
        return "\n".join(lines + ([self.trace.rstrip()] if self.trace else []))


class Cancelled(NodegraphError):
    """The run was asked to stop; raised by `Context.report` inside a node."""

    def __init__(self, message: str = "the run was stopped"):
        super().__init__(message)


class OutOfMemory(NodegraphError):
    """A device has no room for what is needed, after everything that could go has gone."""
