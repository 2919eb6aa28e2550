"""What the engine costs beside the work it runs, in multiples of a plain Python loop that takes turns with it.

    python benchmarks/engine.py [--nodes 10000] [--shape chain tree layered items] [--peers] [--postcard]
    python benchmarks/engine.py --json after.json --against before.json

Trivial integer nodes. Three shapes of graph (a chain, a binary tree, layers in which each node reads three of the layer
before) are measured against the plainest evaluator of the same graph: for each node, look up what it reads, call it,
keep the result. `items` are what repeats, so many times each: maps, switches, loops, folds; there the loop calls the
same functions in the same way, item by item. Every figure is a median of several rounds of processor time, and every
ratio the median of the rounds' ratios: in each round the loop runs right before what it is compared with.

`--peers` runs Hamilton, Dask and diskcache (the extra `bench`) on the same graphs. `--postcard` measures the second run
of graphs/postcard.yaml, into another folder; the first takes a minute or two. `--json` stores the figures, and
`--against` shows stored ones beside the new. Another commit is measured by the same file, and what it cannot say is
"not there":

    PYTHONPATH=$(python benchmarks/tree.py ../before) python benchmarks/engine.py --json before.json
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine_peers import peers
from engine_repeats import Repeats
from engine_shapes import Shape
from engine_turns import Row

POSTCARD = Path(__file__).resolve().parent.parent / "graphs" / "postcard.yaml"


class Postcard:
    """The processor time of a process that makes a postcard again, into another folder."""

    title, loop, count = "graphs/postcard.yaml", None, 1

    def __init__(self, rounds: int):
        self.rounds = rounds

    def rows(self) -> Iterator[Row]:
        """The first run is not measured."""
        with tempfile.TemporaryDirectory() as folder:
            self.once(folder, "first")
            seconds = statistics.median(self.once(folder, f"again{n}") for n in range(self.rounds))
            yield Row("made again, into another folder", seconds, 1, "run")

    def once(self, folder: str, out: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "nodegraph", "run", str(POSTCARD), "--cache", f"{folder}/cache",
                        "--out", f"{folder}/{out}"], check=True, capture_output=True, cwd=folder)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


Group = Shape | Repeats | Postcard


def groups(asked: argparse.Namespace) -> Iterator[Group]:
    """What is to be measured, one after another."""
    for count in asked.nodes:
        for shape in asked.shape:
            yield Repeats(count, asked.rounds) if shape == "items" else Shape(shape, count, asked.rounds)
    if asked.postcard:
        yield Postcard(asked.rounds)


def heading(group: Group) -> str:
    """What a group of rows is compared with."""
    if group.loop is None:
        return group.title
    what = "an item" if isinstance(group, Repeats) else "a node"
    return f"{group.title}: the plain loop takes {group.loop / group.count * 1e6:.2f} us {what}"


def line(row: Row, before: dict[str, Any] | None) -> str:
    """A row in words, with what was stored of it where something is."""
    if row.seconds is None:
        return f"  {row.what:36} {row.note}"
    text = f"  {row.what:36} {row.seconds * 1e3:10.2f} ms"
    if row.unit != "run":
        text += f" {row.seconds / row.number * 1e6:9.2f} us a {row.unit:9}"
    if row.times is not None:
        text += f" {row.times:8.2f} x the loop"
    return text + (f"   before {told_before(row, before)}" if before is not None else "")


def told_before(row: Row, before: dict[str, Any]) -> str:
    """The stored figure, and how the new one compares with it: by ratios to the loop, where there are any."""
    if before.get("seconds") is None:
        return str(before.get("note") or "not measured")
    if row.times is None or before.get("times") is None:
        return f"{before['seconds'] * 1e3:10.2f} ms {share(row.seconds, before['seconds'])}"
    return f"{before['times']:8.2f} x {share(row.times, before['times'])}"


def share(now: float | None, before: float) -> str:
    """How much more or less than before, in percent."""
    return f"({100 * ((now or 0) / before - 1):+.0f} %)"


def report(group: Group, rows: Iterator[Row], stored: dict[str, Any] | None) -> dict[str, Any]:
    """Print a group as it is measured; its figures, to be stored."""
    print(f"\n{heading(group)}", flush=True)
    before, figures = (stored or {}).get(group.title, {}), {}
    for row in rows:
        print(line(row, before.get(row.what, {}) if stored is not None else None), flush=True)
        figures[row.what] = row._asdict()
    return figures


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--nodes", type=int, nargs="+", default=[100, 1000, 10_000], help="nodes, or items")
    parser.add_argument("--shape", nargs="+", default=["chain", "tree", "layered", "items"],
                        choices=["chain", "tree", "layered", "items"])
    parser.add_argument("--rounds", type=int, default=5, help="figures are medians of this many")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--postcard", action="store_true", help="needs the starter models, and minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="store the figures")
    parser.add_argument("--against", type=Path, metavar="FILE", help="show stored figures beside the new ones")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Measure, print, and store."""
    asked = arguments(argv)
    stored = json.loads(asked.against.read_text("utf-8"))["groups"] if asked.against else None
    figures: dict[str, Any] = {"python": sys.version.split()[0], "cores": os.cpu_count(), "groups": {}}
    for group in groups(asked):
        figures["groups"][group.title] = report(group, rows_of(group, asked), stored)
        if asked.json:  # after each group, so that a measurement that is broken off is not lost
            asked.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def rows_of(group: Group, asked: argparse.Namespace) -> Iterator[Row]:
    """The rows of a group, and those of the peers."""
    yield from group.rows()
    if asked.peers and isinstance(group, Shape) and (group.count <= 1000 or group.shape != "chain"):
        yield from peers(group)


if __name__ == "__main__":
    main()
