"""Values that are gone and that someone needs: what made them runs again, once, and fails its waiters where it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..plan import REQUEST, Index, Step, View
from .tables import BLOCKED, CACHED, FAILED, FLYING, RAN, SKIPPED, WAITING, Instance
from .values import Reference
from .walk import Walk

if TYPE_CHECKING:
    from .run import Run

GONE = object()  # in place of a value that has to be made again first


class Remaking:
    """Has Values made again, for one run. made_again: which, so that none is made twice.

    makers: what made those that were gone.
    """

    def __init__(self, run: Run):
        self.run, self.plan, self.tables, self.values = run, run.plan, run.tables, run.values
        self.made_again: set[Reference] = set()
        self.makers: dict[Reference, Instance] = {}

    def rebuild(self, step: Step, index: Index, lost: list[Reference]) -> None:
        """Run again what makes some Values, and then try the instance again."""
        self.rebuild_for(self.run.waits.entry(step, index), lost)

    def rebuild_for(self, entry: Any, lost: list[Reference]) -> bool:
        """Set in train that Values are made again, once; whoever waits for one that cannot be had is skipped."""
        origins = self.origins(lost)
        if self.run.dry:
            return self.put_off_for(entry, [origins[key] for key in lost if key in origins])
        entries: list[Any] = []
        self.makers = {**origins, **self.makers}
        for key in lost:
            origin = self.makers.get(key)
            if origin is None or key in self.made_again and self.run.status_of(origin) in (RAN, CACHED):
                return self.give_up(entry, origin)
            status = self.run.status_of(origin)
            if status in (FAILED, SKIPPED):
                return self.give_up(entry, origin)
            self.made_again.add(key)
            if status not in (FLYING, BLOCKED):
                self.run.forced.add(origin)
                self.tables.set_status(self.plan.steps[origin[0]], origin[1], WAITING)
                self.tables.empty(self.plan.steps[origin[0]], origin[1])
                entries.append(self.run.waits.entry(self.plan.steps[origin[0]], origin[1]))
            elif not entries and entry is not None:
                self.tables.waiting.setdefault(origin, []).append(entry)
                self.run.waits.mark(entry, BLOCKED)
                return True
        if entry is not None:
            self.run.waits.mark(entry, WAITING)
            self.run.stack.append(entry)
        self.run.stack.extend(entries)
        return True

    def put_off_for(self, entry: Any, origins: list[Instance]) -> bool:
        """In a dry run, what reads a Value that is gone waits for that to be made again."""
        for number, index in origins:
            self.run.would_run.add((number, index))
        if entry is not None and entry.__class__ is not Walk:
            number, index = entry if entry.__class__ is tuple else (entry, ())
            self.run.skip(self.plan.steps[number], index, origins[0] if origins else (number, index))
        return False

    def give_up(self, entry: Any, origin: Instance | None) -> bool:
        """A Value cannot be had any more: who waits for it fails, or is skipped with what should have made it."""
        if entry is None or entry.__class__ is Walk:
            return False
        number, index = entry if entry.__class__ is tuple else (entry, ())
        step = self.plan.steps[number]
        if origin is not None and self.run.status_of(origin) in (FAILED, SKIPPED):
            self.run.skip(step, index, origin)
        else:
            maker = self.plan.steps[origin[0]].name if origin is not None else "what made it"
            self.run.fail(step, index, InputError(f"a value that it reads is gone, and {maker} gave another when it was "
                                              "made again"), {})
        return False

    def origins(self, lost: list[Reference]) -> dict[Reference, Instance]:
        """Which instances made some Values."""
        wanted, origins = set(lost), dict[Reference, Instance]()
        for step in self.plan.steps:
            if step.kind != REQUEST:
                continue
            for slot, port in enumerate(step.nodetype.outputs.values(), step.first):
                space = None if port.type.natural else port.type
                table = self.tables.digests[slot]
                for index, name in table.items() if table.__class__ is dict else (((), table),):
                    for item in getattr(name, "items", (name,)):
                        if (item, space) in wanted:
                            origins.setdefault((item, space), (step.index, index))
        return origins

    def value(self, step: Step, index: Index, slot: int, at: Index, view: View, name: bytes) -> Any:
        """The Value that an instance reads in a slot, or GONE where it has to be made again first."""
        return self.value_for(self.run.waits.entry(step, index), slot, at, view, name)

    def value_for(self, waiter: Any, slot: int, at: Index, view: View, name: bytes) -> Any:
        type = self.values.type_at(slot, self.tables.place(slot, at, view))
        try:
            return self.values.live(type, name)
        except KeyError:
            self.rebuild_for(waiter, self.values.lost(type, name))
            return GONE
