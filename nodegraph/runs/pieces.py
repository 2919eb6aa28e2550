"""What there is of a list of which some items failed: the good ones, each in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..plan import LEAVE, Index, View
from .tables import SKIPPED, Instance

if TYPE_CHECKING:
    from .run import Run


class Gap(NamedTuple):
    """An item that is not there: the slot that would have brought it, read by whom, and what was to fill that."""

    slot: int
    at: Index
    view: View
    source: Instance


class Piece(NamedTuple):
    """An item that is there. slot, at: where it stands."""

    slot: int
    at: Index
    digest: bytes


def pieces(run: Run, slot: int, index: Index, view: View) -> list[Piece | Gap] | None:
    """The items of a list that could not be gathered since some failed; None if it is not such a list.

    All of them are done, one way or the other.
    """
    tables = run.tables
    slot, index, view = tables.origin(slot, index, view)
    number, where = tables.source(slot, index, view)
    step = run.plan.steps[number]
    if number < 0 or step.kind != LEAVE or tables.status(step, where) != SKIPPED:
        return None
    places = tables.places(step, where, lambda axis, at: tables.lengths.get((axis, at), tables.rounds.get((axis, at))))
    if places is None:
        return None
    of = slot - step.first
    return [_item(run, step.detail.sources[of], at, step.views[of]) for at in places]


def _item(run: Run, slot: int, index: Index, view: View) -> Piece | Gap:
    digest = run.tables.digest(slot, index, view)
    if digest is None:
        return Gap(slot, index, view, run.tables.source(slot, index, view))
    return Piece(slot, run.tables.place(slot, index, view), digest)


def made(run: Run, slot: int) -> tuple[Any, list[tuple[Index, Instance]]]:
    """What is there of an output, as nested lists of Pieces with None for what is not, and which failures left those."""
    lost: list[tuple[Index, Instance]] = []

    def of(slot: int, index: Index, view: View, at: Index) -> Any:
        found = pieces(run, slot, index, view)
        if found is None:
            lost.append((at, run.tables.cause(run.tables.source(slot, index, view))))
            return None
        return [of(*item[:3], (*at, number)) if isinstance(item, Gap) else item for number, item in enumerate(found, 1)]

    return of(slot, (), None, ()), lost


def kept(tree: Any) -> set[int]:
    """The slots that Pieces in such lists stand in."""
    if isinstance(tree, Piece):
        return {tree.slot}
    return {slot for item in tree or () for slot in kept(item)}
