"""What the steps that call nothing have in common: they pass references on, with their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..plan import Index, Step, View

if TYPE_CHECKING:
    from .run import Run


class Passer:
    """Passes references on, for one run. Those that do it are built on this."""

    def __init__(self, run: Run):
        self.run, self.plan, self.tables, self.values = run, run.plan, run.tables, run.values

    def finish(self, step: Step, index: Index, outputs: list[bytes], types: list[Any]) -> None:
        """Pass references on, with their types where these are not what the slots say."""
        for slot, (name, type) in enumerate(zip(outputs, types), step.first):
            if type is not None and slot in self.plan.mixed:
                self.values.odd[slot, index if slot in self.plan.slot_axes else ()] = type
        self.run.remember(step, index, tuple(outputs))
        for slot, name in enumerate(outputs, step.first):
            self.values.pass_on(slot, index, name)

    def view(self, step: Step, place: int) -> View:
        return step.views[place] if step.views else None

    def type_of(self, slot: int, at: Index, view: View) -> Any:
        if not self.plan.mixed:
            return None
        return self.values.type_at(slot, self.tables.place(slot, at, view))
