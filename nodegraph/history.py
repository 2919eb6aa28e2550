"""How graphs came about: which edits of inputs lead from one to another, so that a run looks at no more than those.

A graph's meaning stands for what it says, its layout aside; graphs that differ in layout alone share one. A history
lists earlier meanings, held weakly, with the nodes edited since each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from weakref import ref

LONGEST = 64


class Meaning:
    """Stands for what a graph says."""

    __slots__ = ("__weakref__",)


Steps = tuple[tuple["ref[Meaning]", tuple[str, ...]], ...]


class History(NamedTuple):
    """The steps that led to a graph with this very content; it says nothing of one that `dataclasses.replace` made."""

    nodes: Mapping[str, Any]
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    forms: Mapping[str, Any]
    steps: Steps

    def steps_to(self, nodes: Mapping[str, Any], inputs: Mapping[str, Any], outputs: Mapping[str, Any],
                 forms: Mapping[str, Any]) -> Steps:
        """The steps that led to this content; none if they led elsewhere."""
        own = self.nodes is nodes and self.inputs is inputs and self.outputs is outputs and self.forms is forms
        return self.steps if own else ()


def continued(steps: Steps, meaning: Meaning, node: str) -> Steps:
    """The steps to a graph that follows on another by an edit of a node: the last that some graph still stands for."""
    kept = [(earlier, names if node in names else (*names, node)) for earlier, names in steps if earlier() is not None]
    return ((ref(meaning), (node,)), *kept[:LONGEST])


def edited_between(mine: tuple[Meaning, Steps], theirs: tuple[Meaning, Steps]) -> list[str] | None:
    """The nodes edited from one graph to the other, or since an earlier one that both come from; None if there is none."""
    one, other = _nodes_since(*mine), _nodes_since(*theirs)
    meeting = next((key for key in one if key in other), None)
    return list(dict.fromkeys([*one[meeting], *other[meeting]])) if meeting is not None else None


def _nodes_since(meaning: Meaning, steps: Steps) -> dict[int, tuple[str, ...]]:
    """The nodes edited since each earlier meaning, by its id."""
    since: dict[int, tuple[str, ...]] = {id(meaning): ()}
    for earlier, names in steps:
        alive = earlier()
        if alive is not None:
            since[id(alive)] = names
    return since
