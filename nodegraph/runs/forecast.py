"""What a run would do: Keys are followed through the traces, axes opened and switches turned, and nothing is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..events import Event
from ..plan import Plan, Step
from .executor import Executor
from .run import Run
from .tables import CACHED, SKIPPED

REMEMBERED, RUNS, DEPENDS = "remembered", "will run", "depends"


class Forecast(NamedTuple):
    """One node before a run. status: remembered, will run, or depends (on what comes before it).

    seconds, bytes: what it took and gave when it last ran, or None. because: for `depends`, the nodes it waits to see.
    """

    node: str
    status: str
    seconds: float | None
    bytes: int | None = None
    because: tuple[str, ...] = ()


def peak_bytes(plan: Plan, rows: list[Forecast]) -> int:
    """The most bytes of Values alive at once, each from when it is made to its last reader, by what they were."""
    sizes = {row.node: row.bytes or 0 for row in rows}
    last = {slot: step.index for step in plan.steps for slot in step.slots}
    last.update((out.slot, len(plan.steps)) for out in plan.outputs.values())
    ends: dict[int, int] = {}
    now = most = 0
    for step in plan.steps:
        size = sizes.get(step.name, 0) if step.shown else 0
        now += size
        most = max(most, now)
        end = max((last.get(slot, step.index) for slot in range(step.first, step.first + step.count)),
                  default=step.index)
        ends[end] = ends.get(end, 0) + size
        now -= ends.pop(step.index, 0)
    return most


def dry_run(plan: Plan, executor: Executor, emit: Callable[[Event], None] | None = None) -> Run:
    """A run that calls nothing: what would be called counts as not to be had, and so does what depends on it.

    emit: hears what the run tells, and so what is remembered.
    """
    run = Run(executor, plan, emit, None, dry=True)
    run.go()
    return run


def forecast(plan: Plan, run: Run, history: dict[str, tuple[float | None, int | None]]) -> list[Forecast]:
    """How each node that the outputs need would fare. history: what it took and gave when it last ran."""
    needed = set(plan.needed(out.slot for out in plan.outputs.values())) | run.tried
    rows = []
    for step in plan.steps:
        if step.index in needed and step.shown:
            seconds, size = history.get(step.name, (None, None))
            status, because = _status(step, run)
            rows.append(Forecast(step.name, status, seconds, size, because))
    return rows


def _status(step: Step, run: Run) -> tuple[str, tuple[str, ...]]:
    steps = run.plan.steps
    if step.index in {number for number, _ in run.would_run}:
        return RUNS, ()
    if run.report.status(step) == CACHED:
        return REMEMBERED, ()
    causes: dict[str, Any] = {}
    for (number, index), because in run.tables.because.items():
        if number == step.index:
            causes[steps[run.tables.cause((number, index))[0]].name] = because
    if run.report.status(step) != SKIPPED or not causes:
        causes = {steps[number].name: None for number, _ in run.would_run}
    return DEPENDS, tuple(causes)
