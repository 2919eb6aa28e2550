"""Fuzz by hand: `python -m tests.nodegraph.fuzz --seed 1 --graphs 1000 --seconds 600`. Exit 1 with a small failing graph."""

from __future__ import annotations

import argparse
import re
import sys
import time
import warnings

from .generator import Case, case, smaller
from .trial import Fault, first_fault, text_of


def _likeness(fault: Fault) -> tuple[str, str]:
    """What two faults have in common that are the same: of what is refused, why; without names, numbers and places."""
    words = re.sub(r"^\S*\.yaml:\S+ *|\b[nio]\d+\w*\b|\d", "", fault.told) if fault.kind == "refused" else ""
    return fault.kind, words[:40]


def shrunk(failing: Case, fault: Fault, seconds: float) -> tuple[Case, Fault]:
    """A smaller Case with the same kind of fault."""
    ends = time.monotonic() + seconds
    again = True
    while again and time.monotonic() < ends:
        again = False
        for less in smaller(failing):
            if time.monotonic() > ends:
                break
            try:
                other = first_fault(less)
            except Exception:  # what is left says nothing any more, in the reference at least
                continue
            if other is not None and _likeness(other) == _likeness(fault):
                failing, fault, again = less, other, True
                break
    return failing, fault


def story(failing: Case, fault: Fault) -> str:
    """A failing Case, to be read."""
    lines = [f"{fault.kind} in run {fault.step + 1}: {fault.told}", ""]
    for file, tree in failing.files.items():
        lines += [f"# {file}", text_of(tree)]
    for at, step in enumerate(failing.steps, 1):
        lines.append(f"run {at}: before {list(step.before)}, given {step.given}, only {step.only}, cancel {step.cancel}")
    lines.append(f"costly {sorted(failing.costly)}, disk cache {failing.remembers}, host {failing.host}, disk {failing.disk}")
    return "\n".join(lines)


def main() -> int:
    """Run the fuzz."""
    parser = argparse.ArgumentParser(prog="python -m tests.nodegraph.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--graphs", type=int, default=1000, help="how many graphs")
    parser.add_argument("--seconds", type=float, default=3600, help="stop after so long")
    parser.add_argument("--shrink", type=float, default=60, help="seconds for making a failing graph smaller")
    parser.add_argument("--go-on", action="store_true", help="do not stop at the first fault")
    options = parser.parse_args()
    warnings.simplefilter("error")
    started, faults, done = time.monotonic(), 0, 0
    for seed in range(options.seed, options.seed + options.graphs):
        if time.monotonic() - started > options.seconds:
            break
        done += 1
        failing = case(seed)
        fault = first_fault(failing)
        if fault is None:
            continue
        faults += 1
        failing, fault = shrunk(failing, fault, options.shrink)
        print(f"---- seed {seed}\n{story(failing, fault)}\n", flush=True)
        if not options.go_on:
            break
    print(f"{done} graphs, {faults} faults, {time.monotonic() - started:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
