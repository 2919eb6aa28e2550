"""What a service keeps that runs one graph again and again with other inputs: memory of the process, run after run.

    python benchmarks/long.py [GRAPH] [--runs 200] [--every 50] [--steps 1] [--host 0.4] [--objects]

The graph is made cheap first: one step of every sampler (or as many as `--steps`), few tokens. Tells the resident memory
after a quarter, a half and all of the runs, or after each `--every` runs, the growth of a run over the second half, and
what the Engine's budget for Values says. `--host` is that budget, as a share of the memory or in bytes. `--objects` also
tells which types of Python objects became more in the second half.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from nodegraph import Engine, Graph

MIB = 1 << 20
CHEAP = {"steps": 1, "max_tokens": 12, "bars": 8}  # what such inputs are set to, where a node has them as numbers
GRAPH = Path(__file__).parents[1] / "graphs/postcard.yaml"


class Reading(NamedTuple):
    """After so many runs: bytes resident, and bytes of Values in memory."""

    runs: int
    resident: int
    values: int


def main(arguments: list[str] | None = None) -> list[Reading]:
    """Carry out the runs, and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("graph", nargs="?", type=Path, default=GRAPH)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--every", type=int, help="tell after so many runs each")
    parser.add_argument("--steps", type=int, default=CHEAP["steps"], help="of every sampler")
    parser.add_argument("--host", type=float, default=0.4, help="the Engine's budget for Values in memory")
    parser.add_argument("--objects", action="store_true")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, Engine(folder, host=asked.host) as engine:
        print(f"budget for Values in memory: {engine.cache.memory.budgets['cpu'] / MIB:,.0f} MiB")
        return watched(engine, cheap(engine.load(asked.graph), asked.steps), asked.runs, asked.objects, asked.every)


def cheap(graph: Graph, steps: int = CHEAP["steps"]) -> Graph:
    """The graph with as little work in each node as there can be, but for the steps of its samplers."""
    for name, node in graph.nodes.items():
        for port, value in node.inputs.items():
            if port in CHEAP and isinstance(value, int):
                graph = graph.with_value(name, port, {**CHEAP, "steps": steps}[port])
    return graph


def watched(engine: Engine, graph: Graph, runs: int, objects: bool = False, every: int | None = None) -> list[Reading]:
    """Run so many times with a new seed each, and read memory at four places on the way, or after `every` runs."""
    stops = {*range(every, runs, every)} if every else {max(1, runs // 4), max(1, runs // 2), max(1, runs * 3 // 4)}
    stops.add(runs)
    readings, half = [], Counter[str]()
    for run in range(1, runs + 1):
        result = engine.run(graph, {"seed": 1000 + run})
        if result.errors:
            raise result.errors[0]
        del result
        if run in stops:
            readings.append(reading(engine, run))
            print(f"after {run:4} runs: {readings[-1].resident / MIB:8.1f} MiB resident, "
                  f"{readings[-1].values / MIB:8.1f} MiB of Values", flush=True)
        if objects and run in (runs // 2, runs):
            now = Counter(type(thing).__qualname__ for thing in gc.get_objects())
            half = now if run < runs else now - half
    first, last = next(row for row in readings if row.runs >= runs // 2), readings[-1]
    if last.runs > first.runs:
        grown = (last.resident - last.values - first.resident + first.values) / (last.runs - first.runs)
        print(f"a run adds {(last.resident - first.resident) / (last.runs - first.runs) / 1024:.1f} KiB, "
              f"{grown / 1024:.1f} KiB of it beside Values")
    for kind, count in half.most_common(15) if objects else ():
        print(f"  {count:+8} {kind}")
    return readings


def reading(engine: Engine, runs: int) -> Reading:
    """What is resident now, with the garbage gone."""
    gc.collect()
    return Reading(runs, resident(), engine.cache.memory.used.get("cpu", 0))


def resident() -> int:
    """Bytes of this process that lie in memory: now on Linux, at most so far elsewhere."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
