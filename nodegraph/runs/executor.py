"""Runs Plans against one cache and one store of models, and learns what nodes cost."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from copy import copy
from time import perf_counter
from weakref import WeakSet

from .. import events as ev
from ..cache import Cache
from ..cache.memory import HOST
from ..models import Models
from ..nodetype import NodeType
from ..plan import Plan
from .result import Result
from .run import Run
from .short import COSTLY
from .values import Values


class Executor:
    """Runs Plans against one cache and one store of models. Not for two threads at once.

    workers: threads for costly nodes. previews: whether nodes are to make them. warn: told, in a sentence, of what
    is not as it should be.
    """

    def __init__(self, cache: Cache, models: Models, *, workers: int | None = None, previews: bool = False,
                 warn: Callable[[str], None] = lambda message: None):
        self.cache, self.models, self.previews, self.warn = cache, models, previews, warn
        self.workers = workers or max(2, min(4, os.cpu_count() or 2))
        self.costs: dict[NodeType, float] = {}  # seconds a call, a running average
        self.kept: WeakSet[Values] = WeakSet()  # of runs whose Results someone still has
        self._downstream: tuple[Plan | None, dict[int, set[int]]] = (None, {})

    def run(self, plan: Plan, emit: Callable[[ev.Event], None] | None = None,
            cancel: threading.Event | None = None, since: Result | None = None,
            edited: list[int] | None = None) -> Result:
        """Carry out a Plan. Never raises for what nodes do: failures are in the Result and in the events.

        since: the result, without errors, of a Plan that differed from this one in the steps `edited` alone; only
        those, and what depends on them, are looked at.
        """
        run = Run(self, plan, emit, cancel or threading.Event())
        order = run.take_over(since.run, edited or []) if since is not None and plan.flat else None
        seconds = run.go(order)
        result = Result(run, seconds, run.cancel.is_set())
        self.kept.add(run.values)
        memory = self.cache.memory
        if memory.taken(HOST) > memory.budgets.get(HOST, 1 << 62):
            for values in list(self.kept):
                values.keep_outputs()
        self.cache.settle()
        return result

    def again(self, since: Result, emit: Callable[[ev.Event], None] | None = None) -> Result:
        """The result of running the very same Plan once more, when nothing it reads has changed."""
        started = perf_counter()
        result = copy(since)
        result.__dict__.pop("nodes", None)
        result.unchanged = True
        result.seconds = perf_counter() - started
        if emit is not None:
            emit(ev.Planned(()))
            for sentence in since.run.report.warnings:
                emit(sentence)
            emit(ev.Done(result.seconds))
        return result

    def costly(self, nodetype: NodeType) -> bool:
        """Whether a node is worth a worker thread, by its declaration or by what it took so far."""
        if nodetype.costly is not None:
            return nodetype.costly
        if nodetype.context is not None or nodetype.models or nodetype.timeout or nodetype.retry:
            return True
        return self.costs.get(nodetype, 0.0) > COSTLY

    def learn(self, nodetype: NodeType, seconds: float) -> None:
        """Note what one call took."""
        self.costs[nodetype] = 0.7 * self.costs.get(nodetype, seconds) + 0.3 * seconds

    def downstream(self, plan: Plan, index: int) -> set[int]:
        """The steps that may read what a step gives, directly or not."""
        known, table = self._downstream
        if known is not plan:
            table = {}
            self._downstream = (plan, table)
        if index not in table:
            table[index] = set(plan.dependents([index]))
        return table[index]
