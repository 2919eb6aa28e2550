"""Carries out a Case in the engine, run by run, and says the first thing in which it differs from plain recursion."""

from __future__ import annotations

import contextlib
import copy
import signal
import tempfile
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from nodegraph import Catalogue, Engine, GraphError
from nodegraph.graph import Graph, Ref
from nodegraph.graphfile import parse

from .generator import FILES, Case, Step
from .kinds import KINDS, Log, canonical, declared
from .reference import Call, Found, Interpreter, Lack, TooLarge, Value, input_slot, is_link, plain_of

MOST_EVENTS = 60_000
SECONDS = 8.0
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # the quick one, where PyYAML has it


class Fault(NamedTuple):
    """A disagreement. kind: value, missing, calls, status, refused, crash, hang, warning; step: in which run."""

    kind: str
    step: int
    told: str


class Hang(BaseException):
    """A run that does not end."""


@contextlib.contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Let a block take so many seconds of processor time, and three times as many in all, and no more.

    The alarm of the wall clock is pytest-timeout's; so a thread sends the other one, which is nobody's.
    """
    def stop(*_: Any) -> None:
        raise Hang

    before, here = signal.signal(signal.SIGVTALRM, stop), threading.get_ident()
    waited = threading.Timer(3 * seconds, lambda: signal.pthread_kill(here, signal.SIGVTALRM))
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    waited.start()
    try:
        yield
    finally:
        waited.cancel()
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        waited.join()
        signal.signal(signal.SIGVTALRM, before)


def first_fault(case: Case) -> Fault | None:
    """Carry a Case out in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="nodegraph-fuzz-") as folder, warnings.catch_warnings():
        trial = Trial(case, Path(folder))
        try:
            return trial.carry_out()
        finally:
            trial.close()


class Trial:
    """One Case under way. known: the requests that the engine remembers, and in which forms."""

    def __init__(self, case: Case, folder: Path):
        self.case, self.folder, self.log = case, folder, Log()
        self.files = copy.deepcopy(case.files)
        self.warned: list[str] = []
        self.known: dict[Any, set[Any]] = {}
        self.vague: set[Any] = set()  # requests of runs that were stopped
        self.lossy = case.lossy
        self.compared = self.unclear = 0
        (folder / "sub").mkdir()
        (folder / "data").mkdir()
        for name in FILES:
            (folder / "data" / name).write_text("one")
        (folder / "data" / ".hidden.txt").write_text("hidden")
        for file in self.files:
            self.write(file)
        self.engine = self.start()
        self.graph: Graph
        self.past: list[tuple[Any, Graph]] = []

    def start(self) -> Engine:
        """A new Engine on the same cache."""
        functions = [declared(kind, self.log, self.folder, True if kind.name in self.case.costly else None)
                     for kind in KINDS.values()]
        budgets = {"host": max(2, self.case.host)} if self.case.host is not None else {}
        if self.case.disk is not None:
            budgets["disk"] = self.case.disk
        return Engine(self.folder / "cache" if self.case.remembers else None, device="cpu", warn=self.warned.append,
                      catalogue=Catalogue(functions, installed=False), workers=2, **budgets)

    def close(self) -> None:
        """Let go of the cache."""
        self.engine.close()

    def write(self, file: str) -> None:
        """Write a graph file from its tree."""
        (self.folder / file).write_text(text_of(self.files[file]))

    def parsed(self) -> Graph:
        """The top graph, read from its text."""
        graph, problems = parse(text_of(self.files["main.yaml"]), self.folder / "main.yaml")
        if problems:
            raise GraphError(problems)
        return graph

    def carry_out(self) -> Fault | None:
        """Every step; the first fault."""
        try:
            self.graph = self.parsed()
        except GraphError as error:
            return Fault("refused", 0, str(error))
        for at, step in enumerate(self.case.steps):
            try:
                for operation in step.before:
                    getattr(self, f"do_{operation[0]}")(*operation[1:])
                fault = self.run(step)
            except GraphError as error:
                return Fault("refused", at, str(error))
            except TooLarge:
                return None
            except Hang:
                return Fault("hang", at, "the run did not end")
            except Exception as error:
                import traceback

                return Fault("crash", at, f"{type(error).__name__}: {error}\n" + "".join(
                    traceback.format_tb(error.__traceback__)[-5:]))
            if fault is not None:
                return Fault(fault[0], at, fault[1])
        return None

    # -- between runs

    def do_set(self, file: str, node: str, port: str, value: Any) -> None:
        """Edit the top graph by `with_value`; the text of what comes out must read as the same graph."""
        if not self.edit(file, node, port, value):
            return
        self.graph = self.graph.with_value(node, port, linked(value))
        if self.graph != self.parsed():
            raise AssertionError(f"with_value({node}, {port}, {value}) gives another graph than the text")

    def do_text(self, file: str, node: str, port: str, value: Any) -> None:
        """Edit the top graph by its text."""
        if self.edit(file, node, port, value):
            self.graph = self.parsed()

    def do_inner(self, file: str, node: str, port: str, value: Any) -> None:
        """Edit a graph file inside."""
        if file in self.files and node in self.files[file]["nodes"]:
            set_value(self.files[file]["nodes"][node], port, value)
            self.write(file)

    def edit(self, file: str, node: str, port: str, value: Any) -> bool:
        """Change the tree of the top graph, and keep what it was for `undo`."""
        if node not in self.files[file]["nodes"]:
            return False
        self.past.append((copy.deepcopy(self.files[file]), self.graph))
        set_value(self.files[file]["nodes"][node], port, value)
        self.write(file)
        return True

    def do_undo(self, back: int) -> None:
        """Take up an earlier graph."""
        if self.past:
            tree, graph = self.past[-1 - back % len(self.past)]
            self.past.append((copy.deepcopy(self.files["main.yaml"]), self.graph))
            self.files["main.yaml"], self.graph = copy.deepcopy(tree), graph
            self.write("main.yaml")

    def do_data(self, name: str, content: str) -> None:
        """Write another content into a data file."""
        (self.folder / "data" / name).write_text(content)

    def do_restart(self) -> None:
        """A new Engine."""
        self.engine.close()
        self.engine = self.start()
        if not self.case.remembers:
            self.known.clear()

    def do_prune(self) -> None:
        """Take every large Value off the disk."""
        if self.engine.cache.disk is not None:
            self.engine.cache.disk.prune(0)
            self.lossy = True

    def do_clear(self) -> None:
        """Let go of every Value in memory."""
        self.engine.cache.memory.clear()
        self.lossy |= not self.case.remembers

    # -- a run

    def run(self, step: Step) -> tuple[str, str] | None:
        """Run once, in both ways, and compare."""
        top = self.files["main.yaml"]
        given = {name: self.located(top["inputs"][name], value) for name, value in step.given.items()
                 if name in top["inputs"]}
        only = [name for name in step.only if name in top["outputs"]] if step.only is not None else None
        found = Interpreter(self.files, self.folder, given=given).run(only)
        if only and {*only} & Interpreter(self.files, self.folder).left_out("main.yaml"):
            return None
        self.log.take()
        self.warned.clear()
        cancel = threading.Event()
        counted = Counter[str]()

        def emit(event: Any) -> None:
            counted[type(event).__name__] += 1
            if step.cancel is not None and counted.total() == step.cancel:
                cancel.set()
            if counted.total() > MOST_EVENTS:
                raise Hang

        with limited():
            result = self.engine.run(self.graph, given, only=only, emit=emit, cancel=cancel)
            values = {name: result[name] for name in result}
            states = {name: node.status for name, node in result.nodes.items()}
        calls = Counter(self.log.take())
        stopped = result.cancelled
        fault = None
        if found.unclear:
            self.unclear += 1
        else:
            self.compared += 1
            fault = judged(found, values, states, bool(result.errors), stopped) or self.judge_calls(found, calls, stopped) \
                or (("warning", "; ".join(self.warned)) if self.odd_warnings() else None)
        self.learn(found, calls, stopped)
        return fault

    def located(self, tree: Any, value: Any) -> Any:
        """A given value; what names a file does so from where the process stands, and so here by its whole path."""
        if input_slot(tree)[0].type != "File":
            return value
        return [str(self.folder / one) for one in value] if isinstance(value, list) else str(self.folder / value)

    def odd_warnings(self) -> bool:
        return any("left out" not in text for text in self.warned) and not self.lossy

    def judge_calls(self, found: Found, calls: Counter[Any], stopped: bool) -> tuple[str, str] | None:
        """Compare the calls that were made with those that had to be."""
        extra = [key for key in calls if key not in found.calls]
        if extra:
            return "calls", f"nobody asked for {extra[:3]}"
        for key, call in found.calls.items():
            least, most = self.bounds(key, call, stopped)
            if not least <= calls[key] <= most:
                return "calls", f"{key}: called {calls[key]} times, not {least} to {most}" + (
                    " (it was remembered)" if key in self.known else "")
        return None

    def bounds(self, key: Any, call: Call, stopped: bool) -> tuple[int, float]:
        """How often a call may be made."""
        least = 0 if not call.sure or stopped or key in self.vague or self.known.get(key) else 1
        places = call.places.total()
        if call.fails:
            return least, places * (10 if self.lossy else 1)
        if not call.remember:
            return (0 if stopped else len(call.sure)), places * (10 if self.lossy else 1)
        if self.lossy:
            return least, 10 * places
        return least, len(call.forms - self.known.get(key, set()))

    def learn(self, found: Found, calls: Counter[Any], stopped: bool) -> None:
        """Note what the engine remembers from now on."""
        for key in calls:
            call = found.calls.get(key)
            if call is None or call.fails or not call.remember:
                continue
            if stopped or found.unclear:
                self.vague.add(key)
                self.known.setdefault(key, set())
            else:
                self.known.setdefault(key, set()).update(call.forms)
                self.vague.discard(key)


def judged(found: Found, values: dict[str, Any], states: dict[str, str], errors: bool, stopped: bool) -> tuple[str, str] | None:
    """Compare outputs, and how the nodes at the top fared."""
    for name, value in found.values.items():
        fault = judge_value(name, value, values, stopped)
        if fault:
            return fault
    if extra := values.keys() - found.values.keys():
        return "value", f"outputs {sorted(extra)} were not to be made"
    if stopped:
        return None
    if errors and not found.failed and not found.may_fail:
        return "status", "there are errors, but nothing fails"
    if not errors and any(isinstance(value, Lack) for value in found.values.values()):
        return "status", "there are no errors, but outputs cannot be made"
    for name, state in found.status.items():
        got = states.get(name)
        if got is None or state == "any":
            continue
        if {"ran": "ok", "cached": "ok"}.get(got, got) != state:
            return "status", f"{name} is {got}, not {state}"
    return None


def judge_value(name: str, value: Value, values: dict[str, Any], stopped: bool) -> tuple[str, str] | None:
    """Compare one output."""
    if name not in values:
        return None if stopped or isinstance(value, Lack) else ("missing", f"output {name} is lacking; it is {plain_of(value)!r}")
    if isinstance(value, Lack):
        return "value", f"output {name} is {values[name]!r}; it cannot be made ({value.why})"
    if canonical(values[name]) != canonical(plain_of(value)):
        return "value", f"output {name} is {values[name]!r}, not {plain_of(value)!r}"
    return None


def set_value(tree: dict[str, Any], port: str, value: Any) -> None:
    """Write an input into a node's tree; `cases.x` is the branch x of a switch."""
    if port.startswith("cases.") and "cases" in tree:
        tree["cases"][port.removeprefix("cases.")] = value
    else:
        tree[port] = value


def linked(value: Any) -> Any:
    """What stands in the file as the document has it: texts that are links as Refs."""
    if isinstance(value, list):
        return [linked(item) for item in value]
    if not is_link(value):
        return value
    spread = value.endswith("...")
    name, _, port = value.removesuffix("...")[1:].partition(".")
    return Ref(name, port or None, True) if spread else Ref(name, port or None)


def text_of(tree: Any) -> str:
    """A tree as a graph file."""
    return str(yaml.dump({key: value for key, value in tree.items() if value != {} or key == "nodes"}, Dumper=DUMPER,
                         sort_keys=False, default_flow_style=None, width=110, allow_unicode=True))
