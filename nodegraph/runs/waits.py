"""Who waits for what: entries of the stack that are tried again once an instance is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..plan import REQUEST, Index, Step, View
from .tables import BLOCKED, FAILED, FLYING, SKIPPED, WAITING, Instance
from .walk import Walk

if TYPE_CHECKING:
    from .run import Run


class Waits:
    """Lets instances wait, and wakes them."""

    def __init__(self, run: Run):
        self.run, self.plan, self.tables = run, run.plan, run.tables

    def entry(self, step: Step, index: Index) -> Any:
        """What stands on the stack for an instance."""
        return (step.index, index) if step.axes else step.index

    def wait_for(self, source: Instance, entry: Any) -> bool:
        """Have an entry tried again once an instance is done. False where that will never be."""
        producer, where = source
        step = self.plan.steps[producer]
        status = self.tables.status(step, where)
        if status in (FAILED, SKIPPED):
            return False
        if status in (FLYING, BLOCKED):
            self.tables.waiting.setdefault(source, []).append(entry)
            self.mark(entry, BLOCKED)
        else:
            self.mark(entry, WAITING)
            self.run.stack.append(entry)
            self.run.stack.append(self.entry(step, where))
        return True

    def mark(self, entry: Any, status: int) -> None:
        if entry.__class__ is int:
            self.tables.state[entry] = status
        elif entry.__class__ is tuple:
            self.tables.set_status(self.plan.steps[entry[0]], entry[1], status)

    def blocked(self, step: Step, index: Index) -> None:
        """Something this instance reads is not there: skip it, or let it wait."""
        lazy = step.nodetype.lazy if step.kind == REQUEST else ()
        slot, view = self.tables.missing(step, index, lazy)
        self.await_slot(step, index, slot, index, view)

    def await_slot(self, step: Step, index: Index, slot: int, at: Index, view: View) -> None:
        """Have an instance wait for what fills a slot."""
        self.await_instance(step, index, self.tables.source(slot, at, view))

    def await_instance(self, step: Step, index: Index, source: Instance) -> None:
        if not self.wait_for(source, self.entry(step, index)):
            self.run.skip(step, index, source)

    def await_instances(self, step: Step, index: Index, sources: list[Instance]) -> None:
        """Have an instance wait for several, those that nobody has tried among them."""
        untried = [s for s in sources if self.tables.status(self.plan.steps[s[0]], s[1]) == WAITING]
        if not untried:
            return self.await_instance(step, index, sources[-1])
        self.run.stack.append(self.entry(step, index))
        self.run.stack.extend(self.entry(self.plan.steps[producer], where) for producer, where in reversed(untried))

    def await_source(self, slot: int, at: Index, view: View, waiter: Any) -> None:
        """Have whatever stands on the stack wait for what fills a slot."""
        source = self.tables.source(slot, at, view)
        if not self.wait_for(source, waiter) and waiter.__class__ is not Walk:
            number, index = waiter if waiter.__class__ is tuple else (waiter, ())
            self.run.skip(self.plan.steps[number], index, source)

    def wake(self, number: int, index: Index) -> None:
        """An instance is done, one way or the other: what waits for it is tried again."""
        entries = self.tables.waiting.pop((number, index), None)
        if entries:
            for entry in reversed(entries):
                self.wake_entry(entry)

    def wake_entry(self, entry: Any) -> None:
        self.mark(entry, WAITING)
        self.run.stack.append(entry)
