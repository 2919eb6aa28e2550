"""What a run gave."""

from __future__ import annotations

import weakref
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..cache import Cache
from ..errors import NodeFailed
from ..types import PortType
from .pieces import Piece, kept, made
from .report import NodeResult
from .tables import CACHED, RAN
from .values import references

if TYPE_CHECKING:
    from .run import Run


class Result:
    """What a Run gave; the Values of its outputs can be had for as long as it is there.

    errors: of what failed; passed_over: of what failed in lists that do without (`failed: skip`).
    """

    def __init__(self, run: Run, seconds: float, cancelled: bool):
        self.run, self.plan, self.seconds, self.cancelled, self.unchanged = run, run.plan, seconds, cancelled, False
        errors, passed = run.tables.errors, run.tables.passed
        self.errors: list[NodeFailed] = [errors[place] for place in sorted(errors) if place not in passed]
        self.passed_over: list[NodeFailed] = [errors[place] for place in sorted(passed) if place in errors]
        for error in self.passed_over:
            error.left_out = True
        weakref.finalize(run.values, _release, run.values.held, weakref.ref(run.cache))

    @cached_property
    def digests(self) -> dict[str, bytes]:
        """The digest of each output that was made."""
        return {name: digest for name, out in self.plan.outputs.items()
                if (digest := self.run.tables.digests[out.slot]) is not None}

    @cached_property
    def nodes(self) -> dict[str, NodeResult]:
        """How each node fared, by name."""
        results = {step.name: self.run.report.result(step) for step in self.plan.steps if step.shown}
        for (index, _), error in self.run.tables.errors.items():
            name = self.plan.steps[index].name
            if name not in results or results[name].error is None:
                before = results.get(name, NodeResult("failed", 0.0))
                results[name] = before._replace(status="failed", error=error)
        if self.unchanged:
            return {name: NodeResult("cached", 0.0) if node.status == "ran" else node for name, node in results.items()}
        return results

    def finished(self) -> list[int]:
        """The steps whose nodes ran, or were remembered."""
        return [step.index for step in self.plan.steps if step.shown and self.run.report.status(step) in (RAN, CACHED)]

    @cached_property
    def made(self) -> dict[str, Any]:
        """What is there of each output that is not whole: nested lists of Pieces, None for what failed."""
        return {name: tree for name, (tree, _) in self._parts.items()}

    @cached_property
    def lost(self) -> dict[str, list[tuple[tuple[int, ...], NodeFailed]]]:
        """For the same outputs, which items are not there, by their numbers, and why."""
        errors = self.run.tables.errors
        return {name: [(at, errors[cause]) for at, cause in lost] for name, (_, lost) in self._parts.items()}

    @cached_property
    def _parts(self) -> dict[str, tuple[Any, list[Any]]]:
        if self.cancelled:
            return {}
        parts = {name: made(self.run, out.slot) for name, out in self.plan.outputs.items() if name not in self.digests}
        return {name: (tree, lost) for name, (tree, lost) in parts.items()
                if kept(tree) and all(cause in self.run.tables.errors for _, cause in lost)}

    def item(self, piece: Piece, read: Any = None) -> Any:
        """One item of such a list, as a copy. Raises KeyError where it is gone."""
        return self.run.values.handed_out(self.run.values.type_at(piece.slot, piece.at), piece.digest, read)

    def type(self, name: str) -> PortType:
        """The PortType of what an output carries; of a list of several types, that of the slot."""
        slot = self.plan.outputs[name].slot
        type = self.run.values.type_at(slot, ())
        return type if isinstance(type, PortType) else self.plan.types[slot]

    def value(self, name: str, read: Any = None) -> Any:
        """One output, as a copy that may be changed. Raises KeyError if it was not made.

        A Value that was remembered and turns out to be gone or damaged is made again here.
        read: a function (type, digest) -> Value to ask in place of the cache's copy.
        """
        slot, values = self.plan.outputs[name].slot, self.run.values
        digest = self.digests[name]
        for _ in references(values.type_at(slot, ()), digest):  # at worst every one of them is gone
            try:
                return values.handed_out(values.type_at(slot, ()), self.digests[name], read)
            except KeyError:
                self.run.make_again(slot)
                self.__dict__.pop("digests", None)
        return values.handed_out(values.type_at(slot, ()), self.digests[name], read)

    def value_at(self, name: str, place: tuple[int, ...], read: Any = None) -> Any:
        """One item of an output, by its number in each list, counted from 1; () is the whole. Like `value`."""
        type, digest = self.run.values.type_at(self.plan.outputs[name].slot, ()), self.digests[name]
        for number in place:
            type = type[number - 1] if type.__class__ is tuple else type
            digest = digest.items[number - 1]  # type: ignore[attr-defined]
        try:
            return self.run.values.handed_out(type, digest, read)
        except KeyError:  # it is made again
            value = self.value(name)
            for number in place:
                value = value[number - 1]
            return value

    @property
    def ok(self) -> bool:
        """Whether everything that was asked for is there."""
        return len(self.digests) == len(self.plan.outputs)


def _release(held: dict[Any, list[Any]], cache: weakref.ref[Cache]) -> None:
    """The run has gone, and with it the last that asked for its Values.

    It is told of the cache weakly: whatever it holds stays until the run goes, and the cache leads back to the run.
    """
    there = cache()
    if there is not None:
        for name, _ in held:
            there.unpin(name)
