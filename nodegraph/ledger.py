"""What each node was made of the last time it ran from a file, for `why` and for forecasts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .cache import Cache
from .digest import decode, encode
from .nodetype import Port
from .plan import REQUEST, Plan, Step, keys
from .runs import Result
from .runs.forecast import REMEMBERED, RUNS, Forecast
from .runs.report import nested
from .runs.run import Run
from .runs.tables import Tables
from .types import short


def remember(result: Result, cache: Cache) -> None:
    """Keep what the nodes of a run were made from, and what they took."""
    plan = result.plan
    if cache.disk is None or plan.graph.path is None or plan.before is not None:
        return
    report = result.run.report
    old = last_times(plan, cache)
    rows = []
    for index in result.finished():
        step = plan.steps[index]
        if step.kind == REQUEST:
            row, before = ingredients(plan, step, result.run.tables), old.get(step.name, (None, None))
            fared = report.tallies.get(index)
            seconds = fared.seconds if fared is not None and fared.ran else result.run.tables.seconds.get(index)
            size = fared.size if fared is not None and fared.ran else result.run.tables.sizes.get(index)
            row["seconds"] = before[0] if seconds is None else seconds
            row["bytes"] = before[1] if size is None else size
            rows.append((step.name, encode(row)))
    cache.disk.remember_history(graph_name(plan), rows)


def ingredients(plan: Plan, step: Step, tables: Tables) -> dict[str, Any]:
    """What a node's Key is made of, told so that a person can compare it."""
    nodetype = step.nodetype
    row: dict[str, Any] = {"type": nodetype.name, "version": nodetype.version}
    for name, value in step.literals.items():
        port = nodetype.inputs[name]
        row[f"= {name}"] = [short(value), _code(port, value).hex()[:400]]
    for port_name, slot in zip(step.ports, step.slots):
        digest = tables.digests[slot]
        if digest.__class__ is dict:
            digest = nested(digest, len(plan.slot_axes[slot]))
        row[f"$ {port_name}"] = [", ".join(sources(plan, slot)), (digest or b"?").hex()]
    return row


def _code(port: Port, value: Any) -> bytes:
    """How a parameter is compared: as it counts in the Key, or where a file stands for more than its port knows, by name."""
    try:
        return keys.parameter(port, value)
    except TypeError:
        return encode(short(value, 400))


def sources(plan: Plan, slot: int) -> list[str]:
    """The nodes that a slot's values come from, through what only passes them on."""
    names: dict[str, None] = {}
    stack, seen = [slot], set()
    while stack:
        producer = plan.producers[stack.pop()]
        if producer < 0 or producer in seen:
            continue
        seen.add(producer)
        step = plan.steps[producer]
        if step.shown:
            names[step.name] = None
        else:
            stack += step.slots
    return list(names)


def graph_name(plan: Plan) -> str:
    """The name under which a graph's history is kept: its file, or its title."""
    graph = plan.graph
    return str(graph.path.resolve()) if graph.path is not None else graph.title


def histories(plan: Plan, cache: Cache) -> dict[str, dict[str, Any]]:
    """What is known of each node of this graph from the last time that it ran."""
    return dict(cache.disk.histories(graph_name(plan), decode)) if cache.disk is not None else {}


def last_times(plan: Plan, cache: Cache) -> dict[str, tuple[float | None, int | None]]:
    """Seconds that each node of this graph took when it last ran, and the bytes it gave."""
    return {node: (row.get("seconds"), row.get("bytes")) for node, row in histories(plan, cache).items()}


def why(plan: Plan, run: Run, rows: Iterable[Forecast], cache: Cache, name: str) -> list[str]:
    """Sentences that say which ingredient of a node changed since it last ran, back to where that began.

    run, rows: a dry run of the plan, and the forecast that was made of it.
    """
    steps = {step.name: step for step in plan.steps if step.kind == REQUEST}
    status = {row.node: row for row in rows}
    past = histories(plan, cache)
    lines: list[str] = []
    queue, seen = [name], set()
    while queue:
        node = queue.pop(0)
        if node in seen or node not in steps:
            continue
        seen.add(node)
        row = status.get(node)
        if row is None:
            lines.append(f"{node} is not needed for the outputs.")
        elif row.status == REMEMBERED:
            lines.append(f"{node} is remembered: this very request ran before.")
        elif node not in past:
            lines.append(f"{node} runs: it has not run from this file before.")
        else:
            changes = _changes(past[node], ingredients(plan, steps[node], run.tables), row.because)
            lines += [f"{node} {'runs' if row.status == RUNS else 'may run'}: {change}" for change in changes] or \
                [f"{node} runs: nothing about it changed, but its result is no longer remembered."]
            queue += row.because
    return lines


def _changes(old: dict[str, Any], new: dict[str, Any], because: tuple[str, ...]) -> list[str]:
    changes = []
    for what in ("type", "version"):
        if old[what] != new[what]:
            changes.append(f"its {what} was {old[what]} and is {new[what]}")
    for name in sorted({*old, *new} - {"type", "version", "seconds", "bytes"}):
        kind, port = name[0], name[2:]
        if name not in old:
            changes.append(f"{port} was not {'linked' if kind == '$' else 'set here'} and is now"
                           + (f" {new[name][0]}" if new[name][0] else ""))
        elif name not in new:
            changes.append(f"{port} was {old[name][0]} and is no longer {'linked' if kind == '$' else 'set here'}")
        elif kind == "=" and old[name][1] != new[name][1]:
            changes.append(f"{port} was {old[name][0]} and is {new[name][0]}")
        elif kind == "$" and old[name][1] != new[name][1] and not set(new[name][0].split(", ")) & set(because):
            changes.append(f"{port} brings something else than before, from {new[name][0] or 'the graph'}")
    changes += [f"it reads {node}, which is not known before it has run" for node in because]
    return changes
