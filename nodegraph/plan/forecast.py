"""What a run would do, and why: keys are followed through the traces, and nothing is run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from . import keys
from ..cache import Cache
from ..digest import ListDigest, decode, encode
from .build import Plan, Step, chosen, given_digest
from ..types import short

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


def peak_bytes(plan: Plan, found: list[Forecast]) -> int:
    """The most bytes of Values alive at once, each from when it is made to its last reader, by what they were."""
    sizes = {f.node: f.bytes or 0 for f in found}
    last = {slot: step.index for step in plan.steps for slot in step.reads()}
    last.update((out.slot, len(plan.steps)) for out in plan.outputs.values())
    ends: dict[int, int] = {}
    now = most = 0
    for step in plan.steps:
        size = sizes.get(step.name, 0)
        now += size
        most = max(most, now)
        end = max((last.get(slot, step.index) for slot in range(step.first, step.first + step.count)))
        ends[end] = ends.get(end, 0) + size
        now -= ends.pop(step.index, 0)
    return most


def forecast(plan: Plan, cache: Cache) -> list[Forecast]:
    """How each node that the outputs need would fare. A switch shows both branches unless its choice is known."""
    return _Forecaster(plan, cache).nodes()


class _Forecaster:
    def __init__(self, plan: Plan, cache: Cache):
        self.plan, self.cache = plan, cache
        self.digests: list[bytes | None] = [None] * len(plan.producers)
        self.givens = {given.slot: given for given in plan.givens}
        for given in plan.givens:
            self.digests[given.slot] = given_digest(given)
        self.history = last_times(plan, cache)

    def nodes(self) -> list[Forecast]:
        wanted = set(self.plan.needed(out.slot for out in self.plan.outputs.values()))
        pending: dict[int, str] = {}
        found = []
        for step in self.plan.steps:
            if step.index not in wanted:
                continue
            if step.branches is not None:
                part = self.branch(step)
                behind = [part.slot] if part is not None else [p.slot for p in step.branches.values()]
                wanted.update(self.plan.needed(behind))
        for step in self.plan.steps:
            if step.index not in wanted or step.name.endswith(".list"):
                continue
            blockers = tuple(dict.fromkeys(pending[self.plan.producers[slot]] for slot in step.reads()
                                           if self.plan.producers[slot] in pending))
            seconds, size = self.history.get(step.name, (None, None))
            if blockers:
                status = DEPENDS
                pending[step.index] = step.name
            elif self.remembered(step):
                status, seconds = REMEMBERED, 0.0
            else:
                status = RUNS
                pending[step.index] = step.name
            found.append(Forecast(step.name, status, seconds, size, blockers))
        return found

    def branch(self, step: Step) -> Any:
        """The branch that a switch will take, if that is known before the run."""
        if not step.wires:
            return chosen(step, step.on)
        given = self.givens.get(step.wires[0].parts[0].slot)
        return chosen(step, given.value) if given is not None else None

    def remembered(self, step: Step) -> bool:
        """Whether a step's result is known; its digests are noted if so."""
        if step.branches is not None:
            part = self.branch(step)
            if part is None or self.digests[part.slot] is None:
                return False
            self.digests[step.first] = self.digests[part.slot]
            return True
        if not step.nodetype.remember:
            return False
        rows = []
        for item in range(self.items(step)) if step.mapped else [None]:
            trace = self.cache.trace(self.key(step, item))
            if trace is None:
                return False
            rows.append(trace.outputs)
        outputs = [ListDigest.of(column) for column in zip(*rows)] if step.mapped else rows[0]
        if step.mapped and not rows:
            outputs = [ListDigest.of(())] * step.count
        self.digests[step.first:step.first + step.count] = outputs
        return True

    def items(self, step: Step) -> int:
        return min(len(self.digests[p.slot].items) for wire in step.wires for p in wire.parts if p.lifted)

    def key(self, step: Step, item: int | None) -> bytes:
        found = []
        for wire in step.wires:
            digests = [self.digests[p.slot].items[item] if p.lifted else self.digests[p.slot] for p in wire.parts]
            found.append(ListDigest.of(digests) if wire.gather else digests[0])
        return keys.key(step.base, found)


# ---- what each node was made from, kept for `why` -----------------------------------------------------------------

def ingredients(plan: Plan, step: Step, digests: list[bytes | None]) -> dict[str, Any]:
    """What a node's Key is made of, told so that a person can compare it."""
    nodetype = step.nodetype
    told: dict[str, Any] = {"type": nodetype.name, "version": nodetype.version}
    for name, value in step.literals.items():
        port = nodetype.inputs[name]
        told[f"= {name}"] = [short(value), keys.parameter(port, value).hex()[:400]]
    for wire in step.wires:
        sources = [plan.steps[p].name if (p := plan.producers[part.slot]) >= 0 else "" for part in wire.parts]
        names = [digests[part.slot] for part in wire.parts]
        told[f"$ {wire.port}"] = [", ".join(filter(None, sources)), b"".join(n or b"?" for n in names).hex()]
    return told


def graph_name(plan: Plan) -> str:
    """The name under which a graph's history is kept: its file, or its title."""
    graph = plan.graph
    return str(graph.path.resolve()) if graph.path is not None else graph.title


def remember_ingredients(plan: Plan, cache: Cache, digests: list[bytes | None], seconds: dict[int, float],
                         sizes: dict[int, int], steps: Iterable[int]) -> None:
    """Keep what nodes were made from, and what they took."""
    if cache.disk is None:
        return
    name = graph_name(plan)
    old = last_times(plan, cache)
    rows = []
    for index in steps:
        step = plan.steps[index]
        if step.nodetype is not None:
            told = ingredients(plan, step, digests)
            before = old.get(step.name, (None, None))
            told["seconds"], told["bytes"] = seconds.get(index, before[0]), sizes.get(index, before[1])
            rows.append((step.name, encode(told)))
    cache.disk.remember_history(name, rows)


def last_times(plan: Plan, cache: Cache) -> dict[str, tuple[float | None, int | None]]:
    """Seconds that each node of this graph took when it last ran, and the bytes it gave."""
    if cache.disk is None:
        return {}
    return {node: (told.get("seconds"), told.get("bytes"))
            for node, told in cache.disk.histories(graph_name(plan), decode)}


def why(plan: Plan, cache: Cache, name: str) -> list[str]:
    """Sentences that say which ingredient of a node changed since it last ran, back to where that began."""
    steps = {step.name: step for step in plan.steps if step.nodetype is not None}
    forecaster = _Forecaster(plan, cache)
    status = {f.node: f for f in forecaster.nodes()}
    past = dict(cache.disk.histories(graph_name(plan), decode)) if cache.disk is not None else {}
    lines, queue, seen = [], [name], set()
    while queue:
        node = queue.pop(0)
        if node in seen or node not in steps:
            continue
        seen.add(node)
        told = status.get(node)
        if told is None:
            lines.append(f"{node} is not needed for the outputs.")
        elif told.status == REMEMBERED:
            lines.append(f"{node} is remembered: this very request ran before.")
        elif node not in past:
            lines.append(f"{node} runs: it has not run from this file before.")
        else:
            changes = _changes(past[node], ingredients(plan, steps[node], forecaster.digests), told.because)
            lines += [f"{node} {'runs' if told.status == RUNS else 'may run'}: {change}" for change in changes] or \
                [f"{node} runs: nothing about it changed, but its result is no longer remembered."]
            queue += told.because
    return lines


def _changes(old: dict[str, Any], new: dict[str, Any], because: tuple[str, ...]) -> list[str]:
    found = []
    for what in ("type", "version"):
        if old[what] != new[what]:
            found.append(f"its {what} was {old[what]} and is {new[what]}")
    for name in sorted({*old, *new} - {"type", "version", "seconds", "bytes"}):
        kind, port = name[0], name[2:]
        if name not in old:
            found.append(f"{port} was not {'linked' if kind == '$' else 'set here'} and is now"
                         + (f" {new[name][0]}" if new[name][0] else ""))
        elif name not in new:
            found.append(f"{port} was {old[name][0]} and is no longer {'linked' if kind == '$' else 'set here'}")
        elif kind == "=" and old[name][1] != new[name][1]:
            found.append(f"{port} was {old[name][0]} and is {new[name][0]}")
        elif kind == "$" and old[name][1] != new[name][1] and not set(new[name][0].split(", ")) & set(because):
            found.append(f"{port} brings something else than before, from {new[name][0] or 'the graph'}")
    found += [f"it reads {node}, which is not known before it has run" for node in because]
    return found
