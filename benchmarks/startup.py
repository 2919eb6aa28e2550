"""How long the command line takes to answer, as multiples of a bare `python -c pass` on the same machine.

    python benchmarks/startup.py [rounds]

Bytecode is kept, in a folder of its own, as it is for anyone who runs a command twice; the first round, which
fills it, does not count. Commands take turns, so that other work on the machine weighs on all alike. Wall time is
the least of all rounds; CPU time (user and system, of the process and its children) is the median.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GRAPHS = Path(__file__).resolve().parent.parent / "graphs"
POSTCARD = str(GRAPHS / "postcard.yaml")
BARE = [sys.executable, "-c", "pass"]
COMMANDS = {
    "python -c pass": (BARE, None),
    "nodegraph --help": ([sys.executable, "-m", "nodegraph", "--help"], 3),
    "nodegraph check graphs/postcard.yaml": ([sys.executable, "-m", "nodegraph", "check", POSTCARD], 10),
    "nodegraph nodes": ([sys.executable, "-m", "nodegraph", "nodes"], None),
}


def once(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Wall and CPU milliseconds of one start."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env=environment)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall * 1000, (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000


def main(rounds: int = 25) -> None:
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for number in range(rounds + 1):
            for name, (command, _) in COMMANDS.items():
                taken = once(command, environment)
                if number:
                    measured[name].append(taken)
    bare_wall = min(wall for wall, _ in measured["python -c pass"])
    bare_cpu = statistics.median(cpu for _, cpu in measured["python -c pass"])
    print(f"{'':40} {'wall ms':>8} {'times':>6} {'CPU ms':>8} {'times':>6}  at most")
    for name, (_, most) in COMMANDS.items():
        wall, cpu = min(w for w, _ in measured[name]), statistics.median(c for _, c in measured[name])
        print(f"{name:40} {wall:8.1f} {wall / bare_wall:6.2f} {cpu:8.1f} {cpu / bare_cpu:6.2f}  {most or ''}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
