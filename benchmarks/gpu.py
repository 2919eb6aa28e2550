"""`make gpu`: the tests that need a CUDA device, and what the engine costs there, in at most five minutes.

    python benchmarks/gpu.py [--write docs/gpu.md] [--seconds 290] [--dry]

Needs no installation: where nodegraph cannot be imported, the tree beside this file is used as it lies. What is written
is the page given, from the line that says so to its end. Exit code 1: a test failed or something could not be measured;
2: there is no device. `--dry` runs all that a processor can, in small, and writes nothing unless told where.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
import traceback
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tree import ROOT, importable

PAGE = ROOT / "docs" / "gpu.md"
MARK = "<!-- From here on `make gpu` writes. -->"
LIBRARIES = ("torch", "diffusers", "transformers", "accelerate", "xxhash")
TESTS_TAKE_AT_MOST = 0.6  # of the time there is


class Test(NamedTuple):
    """One test: its sentence, whether it passed, what it measured, and what is wrong with it."""

    name: str
    state: str
    figures: list[tuple[str, str]]
    message: str = ""


class Part(NamedTuple):
    """Something that is measured. rows: (what, what came out); wrong: why there are none."""

    title: str
    rows: list[tuple[str, str]]
    wrong: str = ""


# ---- tests --------------------------------------------------------------------------------------------------------

def tests(folder: Path, seconds: float, dry: bool) -> list[Test]:
    """Run the tests in tests/gpu, in a process of their own."""
    report = folder / "tests.xml"
    # Nobody's plugins, and no warning of another version of a library, decide about a device.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **({"NODEGRAPH_GPU": "dry"} if dry else {})}
    plugins = ["-p", "pytest_timeout"] if importlib.util.find_spec("pytest_timeout") else []
    command = [sys.executable, "-m", "pytest", "tests/gpu", *plugins, "-o", "filterwarnings=default",
               "-o", "junit_family=xunit1", "-o", f"cache_dir={folder / 'cache'}", f"--junitxml={report}"]
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, timeout=seconds)
    except subprocess.TimeoutExpired:
        return [Test("the tests came to an end", "failed", [], f"they were stopped after {seconds:.0f} s")]
    if not report.exists():
        return [Test("the tests could be run", "failed", [], f"pytest ended with code {done.returncode}")]
    return [test_of(case) for case in ElementTree.parse(report).iter("testcase")]


def test_of(case: ElementTree.Element) -> Test:
    """A test from its report."""
    figures = [(p.get("name", ""), p.get("value", "")) for p in case.iter("property")]
    name, _, variant = case.get("name", "").removeprefix("test_").partition("[")
    sentence = name.replace("_", " ") + (f" ({variant.rstrip(']')})" if variant else "")
    for state in ("failure", "error", "skipped"):
        told = case.find(state)
        if told is not None:
            return Test(sentence, "skipped" if state == "skipped" else "failed", figures, told.get("message") or "")
    return Test(sentence, "passed", figures)


# ---- measurements -------------------------------------------------------------------------------------------------

def part(title: str, rows: Callable[[], Iterator[tuple[str, str]]], left: Callable[[], float]) -> Part:
    """Measure something, if there is time; what goes wrong there spoils nothing else."""
    if left() < 0:
        return Part(title, [], "there was no time left")
    print(f"\n{title}", flush=True)
    found: list[tuple[str, str]] = []
    try:
        for what, value in rows():
            print(f"  {what:62} {value}", flush=True)
            found.append((what, value))
    except Exception as error:  # a figure that cannot be had is told, and the others are still wanted
        traceback.print_exc()
        return Part(title, found, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
    return Part(title, found)


def over_diffusers(device: str, dry: bool) -> Iterator[tuple[str, str]]:
    """What the engine adds to plain calls of diffusers."""
    import overhead

    for dtype in ("float32", "bfloat16"):
        found = overhead.measured(steps=2 if dry else 20, rounds=1 if dry else 7, device=device, dtype=dtype,
                                  cache=False)
        yield (f"{dtype}: plain diffusers {found.plain_wall * 1e3:.1f} ms, the graph {found.engine_wall * 1e3:.1f} ms",
               f"{100 * found.added_wall:+.1f} % by the clock, {100 * found.added_cpu:+.1f} % of processor time; "
               f"{'the same pixels' if found.same else 'pixels differ'}")


def between_nodes(device: str, dry: bool) -> Iterator[tuple[str, str]]:
    """What a node costs, and how fast tensors are named and moved."""
    import residency

    yield from residency.measured(device, dry)


# ---- the page -----------------------------------------------------------------------------------------------------

def machine(device: str) -> str:
    """The card, and what it was used with."""
    from importlib.metadata import PackageNotFoundError, version

    import torch

    card = torch.cuda.get_device_name(0) if device != "cpu" else "no card: a dry run on a processor"
    versions = []
    for name in LIBRARIES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"no {name}")
    return f"{card}. Python {sys.version.split()[0]}, {', '.join(versions)}."


def page(about: str, results: list[Test], parts: list[Part]) -> Iterator[str]:
    """The lines of what is written."""
    count = {state: sum(test.state == state for test in results) for state in ("passed", "failed", "skipped")}
    yield f"{MARK}\n\n## As measured\n\n{about}\n"
    yield f"{count['passed']} tests passed, {count['failed']} failed, {count['skipped']} were skipped.\n"
    yield "| test | | measured |\n|---|---|---|"
    for test in results:
        figures = "; ".join(f"{name}: {value}" for name, value in test.figures) or (
            cell(test.message) if test.state == "failed" else "")
        yield f"| {test.name} | {test.state} | {figures} |"
    for measured in parts:
        yield f"\n| {measured.title} | |\n|---|---|"
        yield from (f"| {what} | {value} |" for what, value in measured.rows)
        if measured.wrong:
            yield f"| not measured | {cell(measured.wrong)} |"


def cell(text: str) -> str:
    """The first line of a text, fit for a table."""
    return (text.splitlines() or [""])[0].replace("|", "/")[:160]


def write(path: Path, lines: Iterator[str]) -> None:
    """Put the measured part below what the page says of itself."""
    head = PAGE.read_text("utf-8").split(MARK)[0]
    path.write_text(head + "\n".join(lines) + "\n", "utf-8")


# ---- all of it ----------------------------------------------------------------------------------------------------

def arguments(argv: list[str] | None) -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--write", type=Path, metavar="FILE", help="the page to write; docs/gpu.md unless it is dry")
    parser.add_argument("--seconds", type=float, default=290)
    parser.add_argument("--dry", action="store_true", help="on a processor, in small")
    asked = parser.parse_args(argv)
    asked.write = asked.write or (None if asked.dry else PAGE)
    return asked


def use_tree() -> None:
    """Make the packages importable, here and in what is started from here, where they are not installed."""
    if importlib.util.find_spec("nodegraph") is None or importlib.util.find_spec("nodegraph_nodes") is None:
        folder = str(importable())
        sys.path.insert(0, folder)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))


def main(argv: list[str] | None = None) -> int:
    """Test, measure, write; the exit code."""
    started, asked = time.monotonic(), arguments(argv)
    use_tree()
    import torch

    if not asked.dry and not torch.cuda.is_available():
        print("there is no CUDA device here; --dry runs what a processor can", file=sys.stderr)
        return 2
    device = "cuda:0" if torch.cuda.is_available() else "cpu"

    def left() -> float:
        return float(asked.seconds) - (time.monotonic() - started)

    with tempfile.TemporaryDirectory() as folder:
        results = tests(Path(folder), TESTS_TAKE_AT_MOST * left(), asked.dry)
    measurements: list[tuple[str, Callable[[str, bool], Iterator[tuple[str, str]]]]] = [
        ("Between nodes", between_nodes), ("Over plain diffusers, starter/painter, 20 steps", over_diffusers)]
    parts = [part(title, partial(rows, device, asked.dry), left) for title, rows in measurements]
    if asked.write is not None:
        write(asked.write, page(machine(device), results, parts))
    print(f"\n{machine(device)}\n{time.monotonic() - started:.0f} s")
    for test in results:
        if test.state == "failed":
            print(f"failed: {test.name}: {cell(test.message)}")
    return int(any(test.state == "failed" for test in results) or any(one.wrong for one in parts))


if __name__ == "__main__":
    sys.exit(main())
