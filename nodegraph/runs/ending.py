"""The end of a run: what did not come to its end is told of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..plan import Step
from .pieces import kept, made
from .tables import BLOCKED, CACHED, FAILED, FLYING, RAN, SKIPPED, WAITING, Instance

if TYPE_CHECKING:
    from .run import Run


def end(run: Run, needed: list[int]) -> None:
    """What did not come to its end is told of."""
    stopped = run.cancel.is_set()
    for index in needed:
        step = run.plan.steps[index]
        if step.axes:
            end_mapped(run, step, stopped)
        elif run.tables.state[index] in (WAITING, FLYING, BLOCKED):
            run.tables.state[index] = SKIPPED
            if stopped:  # otherwise nothing asked for it
                run.report.skipped(step, "", True)
    for step in run.plan.steps if run.plan.axes and run.emit is not None else ():
        if step.axes and step.index in run.report.tallies:
            run.report.close(step, stopped)
    if not run.dry:
        for out in run.plan.outputs.values():
            if run.tables.digests[out.slot] is None and not stopped:
                run.values.kept_slots |= kept(made(run, out.slot)[0])
        run.values.settle()


def end_mapped(run: Run, step: Step, stopped: bool) -> None:
    """A node under an axis that was never opened is skipped with it."""
    if not step.shown:
        return
    tally = run.report.tally(step)
    if stopped and tally.ended and not all(run.tables.status(run.plan.steps[index], ()) in (RAN, CACHED)
                                           for index in run.plan.exits[step.axes[0]]
                                           if not run.plan.steps[index].axes):
        tally.skipped += 1
    if not tally.ended:
        shut = next((place for axis in step.axes for place in closed(run, run.plan.axes[axis].opener)), None)
        if stopped or shut is not None:
            tally.skipped += 1
            tally.because = "" if stopped or shut is None else run.plan.steps[run.tables.cause(shut)[0]].name


def closed(run: Run, opener: int) -> Iterator[Instance]:
    """The places where an axis could not be opened."""
    if not run.plan.steps[opener].axes:
        if run.tables.state[opener] in (FAILED, SKIPPED):
            yield opener, ()
        return
    yield from (place for place, status in run.tables.trouble.items()
                if place[0] == opener and status in (FAILED, SKIPPED))
