"""`nodegraph run`: runs a graph, once or swept, and writes its outputs."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

from .. import events as ev
from ..documents import Document, run_document
from ..engine import Engine
from ..errors import GraphError, NodeFailed, Problem
from ..export import leaves
from ..graph import Form
from ..naming import safe_name, swept_name
from ..outputs import OutputFiles, common_number, origin
from ..results import RunResult
from ..types import described
from ..wording import say
from .engine import Recorded, not_here, open_engine, read, recorded
from .exits import DONE, INTERRUPTED, NODE_FAILED
from .forms import forms
from .options import Options
from .profile import Profile
from .stdout import Stdout
from .sweep import Variant, variants
from .terminal import Display

MOST_FAILURES = 5  # of one node that are printed in full
MANY_FILES = 5000  # of one output, which are told of before they are written
MOST_LOST = 20  # items of one list that are named


def run(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code."""
    # Nodes that overlap each bring OpenMP threads; spinning while they wait, they would take the cores from each other.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    cancel = threading.Event()
    with open_engine(options) as engine:
        checked = read(engine, options.graph, options.set, options.base)
        record = recorded(engine, options.graph, checked)
        runs = Runs(engine, options, stdout, cancel, record, forms(checked, options, engine.catalogue))
        for sentence in record.warnings:
            runs.hear(ev.Warned(sentence))
        runs.warnings += [f"{p.where}  {p.message}" if p.where else p.message for p in checked.problems]
        todo = variants(engine, checked, options, record.inputs)
        with Interruptible(cancel), runs.display.ticking() if runs.display is not None else nullcontext():
            for variant in todo:
                if not cancel.is_set():
                    runs.run(variant)
    code = INTERRUPTED if cancel.is_set() else runs.code
    if runs.profile is not None:
        runs.profile.write(Path(options.out) / "profile.json")
        print(runs.profile.text(), file=sys.stderr)
    if options.json:
        stdout.json(runs.document(code))
    return code


class Runs:
    """The runs of one command: tells of them while they go on, and writes what they give."""

    def __init__(self, engine: Engine, options: Options, stdout: Stdout, cancel: threading.Event, record: Recorded,
                 forms: dict[str, Form]):
        self.engine, self.options, self.stdout, self.cancel, self.record = engine, options, stdout, cancel, record
        self.forms = forms
        self.display = None if options.json or options.quiet else Display()
        self.profile = Profile() if options.profile else None
        self.warnings: list[str] = []
        self.documents: list[Document] = []
        self.taken: set[str] = set()  # file names that this command has used already
        self.taken_before: set[str] = set()  # those that earlier releases would have used
        self.code = DONE
        self.line(record.inputs, "as it was made: ")

    def line(self, values: dict[str, Any], head: str = "") -> None:
        """A line with names and their values, for whoever looks."""
        if self.display is not None and values:
            self.display.line(head + ", ".join(f"{k} = {v}" for k, v in values.items()))

    def run(self, variant: Variant) -> None:
        """Run a graph, and write what it gives."""
        self.line(variant.label)
        try:
            plan = self.engine.plan(variant.checked, variant.given, self.options.only or None, self.record.seeds)
        except GraphError as error:
            raise GraphError([*error.problems, *not_here(self.options.graph, variant.checked.graph)]) from None
        if not self.documents:
            make_folder(self.options.out)
        self.line(plan.seeds, "  rolled ")
        result = self.engine.run_plan(plan, emit=self.hear, cancel=self.cancel)
        paths, unwritten = self.write(result, variant)
        document = run_document(result, paths)
        document["errors"] += unwritten
        self.documents.append({"sweep": variant.label, **document})
        tell_failures([*result.errors, *result.passed_over])
        tell_unwritten(unwritten)
        tell_lost(result, paths)
        failed = result.errors
        missing = [name for name in plan.outputs if name not in result.digests and name not in result.lost]
        if missing and not (failed or self.cancel.is_set()):
            print(f"these outputs were not made: {', '.join(missing)}", file=sys.stderr)
        if failed or unwritten or missing:
            self.code = NODE_FAILED
        if self.display is not None:
            line = summary(result)
            folders = {path.parent for written in paths.values() for path in written}
            self.display.line(say("run.folder", summary=line, folder=f"{self.options.out}{os.sep}") if folders else line)
        self.tell_paths(paths)

    def hear(self, event: ev.Event) -> None:
        """Pass an event on, and keep the warnings."""
        if isinstance(event, ev.Warned):
            self.warnings.append(str(event))
            if self.display is None:
                print(f"warning: {event}", file=sys.stderr)
        if self.display is not None:
            self.display(event)
        if self.profile is not None:
            self.profile(event)

    def write(self, result: RunResult, variant: Variant) -> tuple[dict[str, list[Path]], list[Document]]:
        """Write what was made, all under one number: the paths by output, and what could not be written."""
        paths: dict[str, list[Path]] = {}
        unwritten: list[Document] = []
        rows: dict[str, tuple[OutputFiles, str, tuple[str, ...]]] = {}
        folder, overwrite = Path(self.options.out), self.options.overwrite
        for name in (*result, *result.lost):
            with telling(name, unwritten):
                rows[name] = self.row(result, name, variant)
        number = 0 if overwrite else self.number(rows, folder, unwritten)
        for name, (files, stem, stems) in reversed(rows.items()):  # so that the first is the newest, which `open` shows
            with telling(name, unwritten):
                written = files.write(folder, stem, overwrite, stems, number)
                paths[name] = written.paths
                unwritten += [{"node": None, "output": name, "path": str(file.path), "message": str(say(
                    "run.unwritten", output=name, reason=f"{file.path}: {file.reason}"))} for file in written.unwritten]
                for sentence in written.warnings:
                    self.hear(ev.Warned(sentence, name))
        return {name: paths[name] for name in rows if name in paths}, unwritten

    def row(self, result: RunResult, name: str, variant: Variant) -> tuple[OutputFiles, str, tuple[str, ...]]:
        """An output on its way to files, what they are called, and what other releases would have called them."""
        stem = safe_name(swept_name(name, variant.names), self.taken)
        before = safe_name(swept_name(name, {k: str(v) for k, v in variant.label.items()}), self.taken_before)
        count = len(leaves(result.digests[name], result.raw.plan.outputs[name].flow.depth)) if name in result else 0
        if count > MANY_FILES:
            self.hear(ev.Warned(say("run.many-files", count=f"{count:,}"), name))
        files = self.engine.files(result, name, form=self.forms.get(name), graph=not self.options.no_graph)
        return files, stem, (before,) if before != stem else ()

    @staticmethod
    def number(rows: dict[str, tuple[OutputFiles, str, tuple[str, ...]]], folder: Path, unwritten: list[Document]) -> int:
        """The number of all the files; an output whose files cannot even be looked at is left out of `rows`."""
        for name, row in list(rows.items()):
            with telling(name, unwritten):
                row[0].fits(folder, 1, *row[1:])
                continue
            del rows[name]
        return common_number(rows.values(), folder)

    def tell_paths(self, paths: dict[str, list[Path]]) -> None:
        if not self.options.json:
            for name, written in paths.items():
                for path in written:
                    self.stdout(str(path) if self.options.quiet else f"{name}: {path}")
                if not (written or self.options.quiet):
                    self.stdout(f"{name}: nothing")

    def document(self, code: int) -> Document:
        """All of it, as --json prints it."""
        head = {"graph": self.options.graph, "exit": code, "warnings": self.warnings}
        if self.options.sweep:
            return head | {"runs": self.documents}
        return head | {k: v for document in self.documents for k, v in document.items() if k != "sweep"}


@contextmanager
def telling(name: str, unwritten: list[Document]) -> Iterator[None]:
    """What keeps an output from being written is told, and the others are written all the same."""
    try:
        yield
    except Exception as error:  # what is there already cannot be read, say
        message = say("run.unwritten", output=name, reason=described(error))
        unwritten.append({"node": None, "output": name, "message": str(message), "path": None})


def tell_failures(errors: list[NodeFailed]) -> None:
    """Print the first failures of each node in full, and how many more there are."""
    counts: Counter[str] = Counter()
    for error in errors:
        counts[error.node] += 1
        if counts[error.node] <= MOST_FAILURES:
            print("warning: " * error.left_out + error.report(), file=sys.stderr)
    for node, count in counts.items():
        if count > MOST_FAILURES:
            print(say("run.more-failures", node=node, count=count - MOST_FAILURES), file=sys.stderr)


def tell_unwritten(unwritten: list[Document]) -> None:
    """Print the first files of each output that could not be written, and how many more there are."""
    counts: Counter[str] = Counter()
    for document in unwritten:
        counts[document["output"]] += 1
        if counts[document["output"]] <= MOST_FAILURES:
            print(document["message"], file=sys.stderr)
    for name, count in counts.items():
        if count > MOST_FAILURES:
            print(say("run.more-unwritten", output=name, count=count - MOST_FAILURES), file=sys.stderr)


def tell_lost(result: RunResult, paths: Mapping[str, Sequence[Path]]) -> None:
    """Print, of each output that is a list, which items are not in it, and why."""
    for name, lost in result.lost.items():
        items = ", ".join(".".join(map(str, place)) for place, _ in lost[:MOST_LOST]) + ", ..." * (len(lost) > MOST_LOST)
        print(say("run.items-lost", output=name, written=len(paths.get(name, ())), items=items), file=sys.stderr)
        for place, error in lost[:MOST_FAILURES]:
            path = origin(result.raw, name, place)
            of = f" (of {path})" if path is not None else ""
            print(f"    {'.'.join(map(str, place))}{of}  {error.instance}: {error.message}", file=sys.stderr)


def summary(result: RunResult) -> str:
    """The closing line: what ran, what was remembered, seconds. What no output that was asked for needs is not skipped."""
    run = result.raw.run
    kept_from = {run.plan.steps[index].name for index, _ in run.tables.because}
    counts = Counter(node.status for name, node in result.nodes.items()
                     if node.status != "skipped" or result.cancelled or name in kept_from)
    words = {"ran": "ran", "cached": "remembered", "failed": "failed", "skipped": "skipped"}
    line = ", ".join(f"{counts[status]} {word}" for status, word in words.items() if counts[status])
    return f"{line or 'nothing to do'}, {result.seconds:.2f} s" + (", stopped" if result.cancelled else "")


class Interruptible:
    """Ctrl-C asks the run to stop at the next report; a second one ends the process at once."""

    def __init__(self, cancel: threading.Event):
        self.cancel = cancel

    def __enter__(self) -> None:
        self.before = signal.signal(signal.SIGINT, self.interrupt)

    def __exit__(self, *error: object) -> None:
        signal.signal(signal.SIGINT, self.before)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """What is done at Ctrl-C."""
        if self.cancel.is_set():
            os._exit(INTERRUPTED)  # what was finished is on disk already
        self.cancel.set()
        # Past Python's buffers, which may be in the middle of a write.
        os.write(2, b"\nstopping: what is finished is kept; press Ctrl-C again to leave at once\n")


def make_folder(name: str) -> None:
    """Make the folder of --out, so that a run is not for nothing. Raises GraphError where no file can be written."""
    why = ""
    if not name.strip():
        raise GraphError([Problem(None, "--out is empty; it takes a folder", "`--out .` is the one that you are in.")])
    try:
        Path(name).mkdir(parents=True, exist_ok=True)
        if not os.access(name, os.W_OK | os.X_OK):
            why = "Permission denied"
    except FileExistsError:
        raise GraphError([Problem(None, f"--out {name} is a file; it takes a folder",
                                  "Each output is written into it, as a file of its own.")]) from None
    except OSError as error:
        why = error.strerror or str(error)
    if why:
        raise GraphError([Problem(None, f"--out {name}: nothing can be written there: {why}", "Name another folder.")])
