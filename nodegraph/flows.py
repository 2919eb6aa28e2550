"""What travels on a link."""

from __future__ import annotations

from typing import NamedTuple

from .types import PortType
from .wording import say


class Flow(NamedTuple):
    """The type of what travels, and its depth: 0 is one thing, 1 a list, 2 a list of lists.

    choices: the words that it may be, where they are known. optional: it may be nothing at all, as an input whose
    default is null.
    """

    type: PortType
    depth: int = 0
    choices: tuple[str, ...] | None = None
    optional: bool = False

    @property
    def many(self) -> bool:
        """Whether it is a list, of whatever depth."""
        return self.depth > 0

    def __str__(self) -> str:
        return listed(self.type.name, self.depth)


def listed(name: str, depth: int) -> str:
    """A type in words at a depth: Text, a list of Text, a list of lists of Text."""
    if depth > 1:
        return say("flow.lists", lists="of lists " * (depth - 1), type=name)
    return say("flow.list", type=name) if depth else name
