"""The command `nodegraph`. Exit codes: 0 done; 1 a node failed; 2 the graph or the usage is wrong; 130 interrupted.

Only argparse is imported until a command is known, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

DONE, NODE_FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130


def main(argv: list[str] | None = None) -> int:
    """Run the command line; the exit code."""
    arguments = _parser().parse_args(argv)
    code = DONE
    try:
        with _Stdout() as arguments.tell:
            code = _answer(arguments)
        sys.stderr.flush()  # what a display could not write any more would otherwise fail at exit, with code 120
    except BrokenPipeError:
        _silence()  # whoever read the output has gone; there is no one to tell
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _answer(arguments: argparse.Namespace) -> int:
    from ..errors import GraphError, NodegraphError, Problem

    try:
        return arguments.command(arguments)
    except NodegraphError as error:
        print(error, file=sys.stderr)
        if getattr(arguments, "json", False):
            problems = error.problems if isinstance(error, GraphError) else [Problem(None, str(error))]
            _tell_json(arguments, {"exit": WRONG, "problems": [_json_problem(p) for p in problems]})
        return WRONG


class _Stdout:
    """Keeps stdout for what was asked for: while it is open, what nodes and packs print goes to stderr.

    Called with a text, it writes a line to the real stdout. Libraries that write to the file descriptor are
    turned aside too.
    """

    def __enter__(self) -> _Stdout:
        import os

        self.stream, self.kept = sys.stdout, None
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter shows its number
        try:
            if sys.stdout.fileno() == 1:
                sys.stdout.flush()
                self.kept = os.dup(1)
                os.dup2(2, 1)
                self.stream = open(self.kept, "w", encoding=sys.stdout.encoding, errors="backslashreplace")
        except (OSError, ValueError, AttributeError):
            pass  # a stdout that is no file, in tests and notebooks, or none at all
        self.before, sys.stdout = sys.stdout, sys.stderr
        return self

    def __call__(self, text: str) -> None:
        if self.stream is not None:
            self.stream.write(f"{text}\n")
            self.stream.flush()

    def __exit__(self, *error: object) -> None:
        import os

        sys.stdout = self.before
        if self.kept is not None:
            _flush_libraries()
            os.dup2(self.kept, 1)
            self.stream.close()


def _flush_libraries() -> None:
    """What C libraries still hold of their stdout goes where it went while they ran."""
    if "ctypes" in sys.modules and sys.platform != "win32":
        import ctypes

        ctypes.CDLL(None).fflush(None)


def _silence() -> None:
    """Point the standard streams nowhere, so that closing them at exit raises nothing."""
    import os

    null = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(null, number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nodegraph", description="Pipelines of pictures, music and words, run from a text file.",
        epilog="Exit codes: 0 done, 1 a node failed, 2 the graph or the usage is wrong, 130 interrupted.")
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    parser.set_defaults(command=_version_or_help)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    run = _command(commands, "run", _run, "run a graph and write its outputs")
    run.add_argument("graph", metavar="GRAPH", help="a graph file, or a PNG that a run made")
    _set_option(run)
    run.add_argument("--out", default="out", metavar="DIR", help="where outputs are written (default: out)")
    run.add_argument("--only", action="append", default=[], metavar="OUTPUT", help="make only this output")
    run.add_argument("--sweep", action="append", default=[], metavar="NODE.PORT=VALUES",
                     help="run for each value: 1..8, a,b,c or '[a, \"b, c\"]', "
                          "for a node's port or an input of the graph")
    run.add_argument("--overwrite", action="store_true", help="write over files of an earlier run")
    run.add_argument("--json", action="store_true", help="print one JSON document on stdout, and nothing else there")
    run.add_argument("--profile", action="store_true",
                     help="tell where time and memory went; writes DIR/profile.json for chrome://tracing")
    run.add_argument("--quiet", action="store_true", help="print only the paths of what was made, and errors")
    _machine_options(run)

    edit = _command(commands, "edit", _edit, "open the editor, in a window")
    edit.add_argument("graph", nargs="?", metavar="GRAPH", help="a graph file, or a PNG that a run made")
    _machine_options(edit)

    check = _command(commands, "check", _check, "find everything that is wrong with graph files")
    check.add_argument("graphs", nargs="+", metavar="GRAPH")
    check.add_argument("--json", action="store_true", help="print the problems as JSON")
    _pack_option(check)

    nodes = _command(commands, "nodes", _nodes, "list node types, or tell all about one")
    nodes.add_argument("name", nargs="?", metavar="NAME", help="a node type, a pack, switch, or a graph file")
    nodes.add_argument("--json", action="store_true", help="print as JSON")
    _pack_option(nodes)

    plan = _command(commands, "plan", _plan, "tell what a run would do: what is remembered and what will run")
    plan.add_argument("graph", metavar="GRAPH")
    why = _command(commands, "why", _why, "tell which ingredient of a node changed since it last ran")
    why.add_argument("graph", metavar="GRAPH")
    why.add_argument("node", metavar="NODE")
    for command in (plan, why):
        _set_option(command)
        command.add_argument("--only", action="append", default=[], metavar="OUTPUT")
        _cache_option(command)
        _pack_option(command)

    cache = _command(commands, "cache", _cache, "look after what is remembered")
    cache.add_argument("action", choices=["info", "prune", "clear"])
    cache.add_argument("--to", metavar="SIZE", help="for prune: the size to go down to, such as 2GB (default: the budget)")
    _cache_option(cache)
    return parser


def _command(commands: Any, name: str, function: Any, help: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
    command.set_defaults(command=function)
    return command


def _set_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                         help="give an input of the graph; a list as a,b,c or '[a, \"b, c\"]'")


def _cache_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cache", metavar="DIR", help="the cache folder (default: the user's; `none` keeps nothing)")


def _pack_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--pack", action="append", default=[], metavar="PATH",
                         help="a pack that is not installed: a folder, or one Python file with nodes")


def _machine_options(command: argparse.ArgumentParser) -> None:
    _cache_option(command)
    _pack_option(command)
    command.add_argument("--device", default="auto", metavar="DEVICE", help="auto, cpu, cuda or cuda:0")
    command.add_argument("--dtype", default="auto", choices=["auto", "float32", "bfloat16", "float16"],
                         help="the floating type of models (auto: half precision on a GPU)")
    command.add_argument("--host-memory", default="0.4", metavar="SIZE",
                         help="for values kept in memory: a size such as 4GB, or a fraction (default: 0.4)")
    command.add_argument("--device-memory", default="0.9", metavar="SIZE",
                         help="of a GPU, for models and values (default: 0.9)")
    command.add_argument("--disk", default="10GB", metavar="SIZE", help="for the cache folder (default: 10GB)")
    command.add_argument("--download", action="store_true", help="allow models to be fetched from a hub by name")


def _version_or_help(arguments: argparse.Namespace) -> int:
    if arguments.version:
        from .. import __version__

        arguments.tell(f"nodegraph {__version__}")
        return DONE
    arguments.tell(_parser().format_help().rstrip())
    return WRONG


# ---- run ----------------------------------------------------------------------------------------------------------

def _run(arguments: argparse.Namespace) -> int:
    import os
    import threading
    from pathlib import Path

    from .profile import Profile
    from .terminal import Display

    # Nodes that overlap each bring OpenMP threads; spinning while they wait, they would take the cores from each other.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    engine = _engine(arguments)
    checked, recorded = _read(engine, arguments.graph), _recorded(arguments.graph)
    variants = _variants(engine, checked, arguments, recorded.get("inputs"))
    cancel = threading.Event()
    display = Display() if not (arguments.json or arguments.quiet) else None
    warnings = [f"{p.where}  {p.message}" if p.where else p.message for p in checked.problems]
    profile = Profile() if arguments.profile else None
    documents, code, taken = [], DONE, set()
    if display is not None and recorded.get("inputs"):
        display.line("as it was made: " + ", ".join(f"{k} = {v}" for k, v in recorded["inputs"].items()))
    with engine, _interruptible(cancel):
        for label, checked, given in variants:
            if cancel.is_set():
                break
            if display is not None and label:
                display.line(", ".join(f"{k} = {v}" for k, v in label.items()))
            plan = engine.plan(checked, given, arguments.only or None, recorded.get("seeds"))
            if not documents:
                _make_folder(arguments.out)
            if display is not None and plan.seeds:
                display.line("  rolled " + ", ".join(f"{k} = {v}" for k, v in plan.seeds.items()))
            result = engine.run_plan(plan, emit=_Listener(display, warnings, profile), cancel=cancel)
            document = _write_outputs(engine, result, Path(arguments.out), label, arguments.overwrite, taken)
            documents.append(document)
            for error in result.errors:
                print(error.report(), file=sys.stderr)
            missing = [name for name in plan.outputs if name not in result.digests]
            if missing and not (result.errors or cancel.is_set()):
                print(f"these outputs were not made: {', '.join(missing)}", file=sys.stderr)
            if result.errors or document["errors"] or missing:
                code = NODE_FAILED
            if display is not None:
                display.line(_summary(result))
            for name, output in document["outputs"].items() if not arguments.json else ():
                for path in output["paths"]:
                    arguments.tell(path if arguments.quiet else f"{name}: {path}")
    if cancel.is_set():
        code = INTERRUPTED
    if profile is not None:
        profile.write(Path(arguments.out) / "profile.json")
        print(profile.text(), file=sys.stderr)
    if arguments.json:
        _tell_json(arguments, _json_document(arguments, documents, warnings, code))
    return code


class _Listener:
    """Passes events on to a display and a profile, and keeps the warnings."""

    def __init__(self, display: Any, warnings: list[str], profile: Any):
        self.display, self.warnings, self.profile = display, warnings, profile

    def __call__(self, event: Any) -> None:
        if type(event).__name__ == "Warned":
            self.warnings.append(event.message)
            if self.display is None:
                print(f"warning: {event.message}", file=sys.stderr)
        if self.display is not None:
            self.display(event)
        if self.profile is not None:
            self.profile(event)


class _interruptible:
    """Ctrl-C asks the run to stop at the next report; a second one ends the process at once."""

    def __init__(self, cancel: Any):
        self.cancel = cancel

    def __enter__(self) -> None:
        import signal

        self.before = signal.signal(signal.SIGINT, self.interrupt)

    def __exit__(self, *error: object) -> None:
        import signal

        signal.signal(signal.SIGINT, self.before)

    def interrupt(self, number: int, frame: Any) -> None:
        import os

        if self.cancel.is_set():
            os._exit(INTERRUPTED)  # what was finished is on disk already
        self.cancel.set()
        # Past Python's buffers, which may be in the middle of a write.
        os.write(2, b"\nstopping: what is finished is kept; press Ctrl-C again to leave at once\n")


def _make_folder(name: str) -> None:
    """Make the folder of --out, so that a run is not for nothing. Raises GraphError where no file can be written."""
    import os
    from pathlib import Path

    from ..errors import GraphError, Problem

    try:
        Path(name).mkdir(parents=True, exist_ok=True)
        why = "" if os.access(name, os.W_OK | os.X_OK) else "Permission denied"
    except FileExistsError:
        raise GraphError([Problem(None, f"--out {name} is a file; it takes a folder",
                                  "Each output is written into it, as a file of its own.")]) from None
    except OSError as error:
        why = error.strerror
    if why:
        raise GraphError([Problem(None, f"--out {name}: nothing can be written there: {why}", "Name another folder.")])


def _write_outputs(engine: Any, result: Any, folder: Any, label: dict[str, Any], overwrite: bool,
                   taken: set[str]) -> dict[str, Any]:
    """Export what was made; a part of the JSON document. taken: file names that this command has used already."""
    from ..export import safe_name

    outputs, errors = {}, [_json_error(error) for error in result.errors]
    for name in result:
        flow = result.raw.plan.outputs[name].flow
        stem = safe_name(".".join([name, *(f"{k.replace('.', '-')}={v}" for k, v in label.items())]), taken)
        try:
            paths = engine.export(result, name, folder, stem, overwrite=overwrite)
        except Exception as error:  # a type's own writer may raise anything
            message = f"output {name} cannot be written: {type(error).__name__}: {error}"
            print(message, file=sys.stderr)
            errors.append({"node": None, "message": message})
            continue
        outputs[name] = {"type": flow.type.name, "paths": [str(p) for p in paths],
                         "digest": result.raw.digests[name].hex()}
    return {"sweep": label, "outputs": outputs, "seeds": result.raw.plan.seeds, "seconds": round(result.seconds, 6),
            "nodes": {name: _json_node(node) for name, node in result.nodes.items()}, "errors": errors}


def _json_node(node: Any) -> dict[str, Any]:
    told = {"status": node.status, "seconds": round(node.seconds, 6)}
    if node.ran + node.remembered > 1:
        told |= {"ran": node.ran, "remembered": node.remembered}
    return told


def _json_error(error: Any) -> dict[str, Any]:
    return {"node": error.node, "message": error.message, "where": str(error.where) if error.where else None,
            "inputs": error.inputs, "trace": error.trace}


def _json_document(arguments: argparse.Namespace, documents: list[dict], warnings: list[str], code: int) -> dict:
    head = {"graph": arguments.graph, "exit": code, "warnings": warnings}
    if arguments.sweep:
        return head | {"runs": documents}
    return head | {k: v for k, v in (documents[0] if documents else {}).items() if k != "sweep"}


def _summary(result: Any) -> str:
    """The closing line: what ran, what was remembered, seconds."""
    counts: dict[str, int] = {}
    for node in result.nodes.values():
        counts[node.status] = counts.get(node.status, 0) + 1
    words = {"ran": "ran", "cached": "remembered", "failed": "failed", "skipped": "skipped"}
    told = ", ".join(f"{counts[status]} {word}" for status, word in words.items() if counts.get(status))
    return f"{told or 'nothing to do'}, {result.seconds:.2f} s" + (", stopped" if result.raw.cancelled else "")


def _edit(arguments: argparse.Namespace) -> int:
    from nodegraph_editor import door

    door.look()
    from nodegraph_editor.main import main as open_editor

    return open_editor(arguments.graph, packs=arguments.pack, **_machine(arguments))


# ---- what is asked for --------------------------------------------------------------------------------------------

def _engine(arguments: argparse.Namespace) -> Any:
    from ..engine import Engine

    settings = _machine(arguments)
    return Engine(settings.pop("cache"), packs=arguments.pack, **settings)


def _machine(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the options say about the machine, as an Engine takes it."""
    from ..engine import default_cache_folder
    from ..errors import GraphError

    cache = getattr(arguments, "cache", None)
    if cache == "none":
        cache = None
    elif cache is None:
        cache = default_cache_folder()
    device = getattr(arguments, "device", "cpu")
    if device not in ("auto", "cpu", "cuda") and not device.removeprefix("cuda:").isdigit():
        raise GraphError(f"--device is {device!r}; it takes auto, cpu, cuda or cuda:0")
    return dict(cache=cache, device=device, dtype=getattr(arguments, "dtype", "auto"),
                download=getattr(arguments, "download", False),
                host=_budget(getattr(arguments, "host_memory", "0.4"), "--host-memory"),
                device_memory=_budget(getattr(arguments, "device_memory", "0.9"), "--device-memory"),
                disk=_bytes(getattr(arguments, "disk", "10GB"), "--disk"))


def _read(engine: Any, path: str) -> Any:
    """A Checked graph that can run, with its warnings on stderr. Raises GraphError with every problem."""
    from .. import graphfile
    from ..errors import GraphError

    graph, problems = graphfile.read(path)
    checked = engine.check(graph, problems)
    if checked.errors:
        raise GraphError(checked.problems)
    for problem in checked.problems:
        print(problem, file=sys.stderr)
    return checked


def _recorded(path: str) -> dict[str, Any]:
    """What the run that made a picture was given, if the graph is read from one: its inputs and rolled seeds."""
    from ..export import embedded_graph

    found = embedded_graph(path)
    record = found[1] if found is not None else {}
    inputs, seeds = record.get("inputs"), record.get("seeds")
    return {"inputs": inputs if isinstance(inputs, dict) else {},
            "seeds": {k: v for k, v in seeds.items() if type(v) is int} if isinstance(seeds, dict) else {}}


def _settings(checked: Any, given: list[str]) -> dict[str, Any]:
    """What `--set name=value` gives, each in the type of its input."""
    from ..errors import GraphError, Problem
    from ..graphfile import nearest

    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise GraphError(f"--set {text}: it takes name=value")
        port = checked.inputs.get(name)
        if port is None:
            node, dot, _ = name.partition(".")
            raise GraphError([Problem(
                None, f"--set {name}: the graph has no input of that name",
                f"Sweep it with `--sweep {text}`, or link it to an input of the graph, which --set can give."
                if dot and node in checked.nodes else nearest(name, checked.inputs) or "It takes none.")])
        what = f"--set {name}"
        if port.many:
            found[name] = [_meant(what, port, word) for word in _words(what, value)] if value else []
        else:
            found[name] = _meant(what, port, value, _as_seed(port))
    return found


def _as_seed(port: Any) -> str:
    """What to do where an input of the graph is an Int and is given `random`."""
    from ..nodetype import MISSING

    default = "" if port.default in (MISSING, None) else f", default: {port.default}"
    return f"Declare it as `{port.name}: {{type: Seed{default}}}`."


def _words(what: str, text: str, lists: bool = False) -> list[Any]:
    """The items of `a,b,"c, d"`, or of a YAML list in brackets, each as it is written.

    lists: whether each item is a list itself, which only brackets can tell.
    """
    import re

    from ..errors import GraphError, Problem

    if lists or text.startswith("["):
        found = _bracketed(text, 2 if lists else 1)
        if found is None and lists:
            raise GraphError([Problem(None, f"{what} is {text!r}; it takes a list for each run",
                                      'Write [[one, two], ["three, four"]].')])
        if found is None:
            raise GraphError([Problem(None, f"{what} is {text!r}, which is no list",
                                      'Write [one, "two, three"]; quote what holds a comma, a colon or a bracket.')])
        return found
    found, at = [], 0
    item = re.compile(r"""\s*("[^"]*"|'[^']*')\s*(?=,|\Z)|[^,]*""")  # other quotes are letters like any
    while at <= len(text):
        match = item.match(text, at)
        found.append(match[1][1:-1] if match[1] else match[0])
        at = match.end() + 1
    return found


def _bracketed(text: str, depth: int) -> list[Any] | None:
    """The texts in a YAML list; at depth 2, in the lists that it holds. None if it is something else."""
    import yaml

    from ..graphfile.tree import Loader

    around: list[list[Any]] = [[]]
    try:
        for event in yaml.parse(text, Loader=Loader):
            kind = type(event)
            if kind is yaml.MappingStartEvent or getattr(event, "tag", None) or getattr(event, "anchor", None):
                return None
            if kind is yaml.SequenceStartEvent:
                around.append([])
            elif kind is yaml.SequenceEndEvent:
                last = around.pop()
                around[-1].append(last)
                if len(around) > depth:
                    return None
            elif kind is yaml.ScalarEvent:
                around[-1].append(event.value)
                if len(around) != depth + 1:
                    return None
    except yaml.YAMLError:
        return None
    return around[0][0] if len(around[0]) == 1 else None


def _meant(what: str, port: Any, text: str, as_seed: str = "") -> Any:
    """A text from the command line as the literal it would be in a file. Raises GraphError if the port refuses it.

    as_seed: the hint where `random` is given to an Int.
    """
    from ..check import RANDOM, likely
    from ..errors import GraphError, InputError, Problem
    from ..graphfile import scalar
    from ..types import FILE, INT, SEED

    if port.type is FILE and text:
        from pathlib import Path

        return str(Path(text).absolute())  # beside the person who types, not beside the graph
    value = scalar(text) if port.type.name in ("Int", "Float", "Bool", "Seed", "Any") else text
    if port.type is SEED and value == RANDOM:
        return value
    try:
        port.parse(value)
    except InputError as error:
        hint = as_seed if port.type is INT and value == RANDOM else likely(text, port.choices)
        raise GraphError([Problem(None, f"{what} {error}", hint)]) from None
    return value


MOST_RUNS = 10_000


def _variants(engine: Any, checked: Any, arguments: argparse.Namespace,
              recorded: dict[str, Any] | None = None) -> list[tuple[dict, Any, dict]]:
    """The graph once, or once for each combination of swept values: (label, checked graph, inputs).

    recorded: inputs that hold where the command line says nothing else.
    """
    from itertools import product
    from math import prod

    from ..errors import GraphError

    given = {**(recorded or {}), **_settings(checked, arguments.set)}
    if not arguments.sweep:
        return [({}, checked, given)]
    sweeps: dict[tuple[str, str], list[Any]] = {}
    for text in arguments.sweep:
        target, values = _sweep(checked, text)
        if target in sweeps:
            raise GraphError(f"--sweep {text}: {'.'.join(filter(None, target))} is swept already")
        sweeps[target] = values
    runs = prod(map(len, sweeps.values()))
    if runs > MOST_RUNS:
        raise GraphError(f"--sweep: that is {runs} runs; one command does {MOST_RUNS} at most")
    variants = []
    for values in product(*sweeps.values()):
        graph, inputs, label = checked.graph, dict(given), {}
        for (node, port), value in zip(sweeps, values):
            if port:
                graph = graph.with_value(node, port, value)
            else:
                inputs[node] = value
            label[f"{node}.{port}" if port else node] = value
        variants.append((label, engine.check(graph).raise_errors() if graph is not checked.graph else checked, inputs))
    return variants


def _sweep(checked: Any, text: str) -> tuple[tuple[str, str], list[Any]]:
    """`node.port=1..8` or `name=a,b,c` or `name=[a, b]` as (node or input, port or ""), values."""
    from ..errors import GraphError, Problem
    from ..graphfile import nearest, scalar

    target, equals, values = text.partition("=")
    name, _, port_name = target.partition(".")
    if not equals or not values:
        raise GraphError(f"--sweep {text}: it takes node.port=1..8 or node.port=a,b,c")
    known = checked.nodes if port_name else checked.inputs
    if name not in known:
        raise GraphError([Problem(None, f"--sweep {target}: the graph has no {'node' if port_name else 'input'} {name}",
                                  nearest(name, known) if port_name or name not in checked.nodes
                                  else f"To sweep an input of the node write --sweep {name}.port=...")])
    port = known[name]
    if port_name:
        node = checked.nodes[name]
        ports = node.nodetype.inputs if node.nodetype else node.graph.inputs if node.graph else node.node.inputs
        if port_name not in ports:
            raise GraphError([Problem(None, f"--sweep {target}: {name} has no input {port_name}",
                                      nearest(port_name, ports))])
        port = None if node.switch else ports[port_name]
    what, as_seed = f"--sweep {target}", "" if port_name else _as_seed(port)
    lists = port is not None and (port.many or bool(port_name) and port_name in node.node.each)
    words = _range(text, values) or _words(what, values, lists)
    if not words:
        raise GraphError(f"--sweep {text}: there is no value in the list")
    if port is None:
        return (name, port_name), [scalar(word) for word in words]
    return (name, port_name), [[_meant(what, port, item) for item in word] if lists else
                               _meant(what, port, word, as_seed) for word in words]


def _range(text: str, values: str) -> list[str]:
    """The words that `1..8` stands for; none where it is no range."""
    import re

    from ..errors import GraphError

    if values[0] in "[\"'" or not re.fullmatch(r"[^,./\\]*\.\.[^,./\\]*", values):
        return []
    match = re.fullmatch(r"(-?\d{1,18})\.\.(-?\d{1,18})", values)
    if match is None:
        raise GraphError(f"--sweep {text}: a range goes from one whole number to another, as in 1..8")
    low, high = int(match[1]), int(match[2])
    if low > high:
        raise GraphError(f"--sweep {text}: the range goes from {low} down to {high}; turn it round")
    if high - low >= MOST_RUNS:
        raise GraphError(f"--sweep {text}: that is {high - low + 1} runs; one command does {MOST_RUNS} at most")
    return [str(number) for number in range(low, high + 1)]


# ---- the other commands -------------------------------------------------------------------------------------------

def _check(arguments: argparse.Namespace) -> int:
    from .. import graphfile
    from ..check import check
    from ..errors import GraphError
    from ..models import Models
    from ..packs import Catalogue

    catalogue = Catalogue(folders=arguments.pack)
    finder = Models(catalogue)
    told, wrong = [], False
    for path in arguments.graphs:
        try:
            graph, problems = graphfile.read(path)
            problems = check(graph, catalogue, problems, finder.find).problems
        except GraphError as error:
            graph, problems = None, list(error.problems)
        errors = [p for p in problems if p.severity == "error"]
        wrong = wrong or bool(errors)
        told += [_json_problem(p) | {"graph": path} for p in problems]
        for problem in problems if not arguments.json else ():
            print(problem, file=sys.stderr)
        if not errors and not arguments.json:
            arguments.tell(f"{path}: {_count(graph.nodes, 'node')}, {_count(graph.outputs, 'output')}, "
                           + (_count(problems, "warning") if problems else "nothing wrong"))
    if arguments.json:
        _tell_json(arguments, {"exit": WRONG if wrong else DONE, "problems": told})
    return WRONG if wrong else DONE


def _count(things: Any, word: str) -> str:
    return f"{len(things)} {word}{'s' * (len(things) != 1)}"


def _json_problem(problem: Any) -> dict[str, Any]:
    where = problem.where
    return {"file": where.file if where else None, "line": where.line if where else None,
            "column": where.column if where else None, "severity": problem.severity,
            "message": problem.message, "hint": problem.hint}


def _nodes(arguments: argparse.Namespace) -> int:
    from ..check import SWITCH
    from ..errors import GraphError, Problem
    from ..graphfile import nearest
    from ..packs import Catalogue

    catalogue = Catalogue(folders=arguments.pack)
    names = catalogue.node_names()
    for error in catalogue.broken.values():
        print(f"warning: {error}", file=sys.stderr)
    nodetype = _one_node(catalogue, arguments.name or "")
    if nodetype is not None:
        if arguments.json:
            _tell_json(arguments, _node_json(nodetype))
        else:
            arguments.tell(_node_text(nodetype))
        return DONE
    if arguments.name:
        names = [n for n in names if n.startswith(f"{arguments.name}.")]
        if not names:
            raise GraphError([Problem(None, f"there is no node type and no pack {arguments.name}",
                                      nearest(arguments.name, [*catalogue.node_names(), SWITCH]))])
    found = _importable(catalogue, names)
    if arguments.json:
        _tell_json(arguments, [_node_json(nodetype) for nodetype in found])
        return DONE
    from .terminal import table

    rows = [[t.name, " ".join(f"{p.name}:{p.type.name}{'[]' * p.many}" for p in t.outputs.values()),
             t.help.split("\n")[0]] for t in found]
    arguments.tell(table(rows, ["node", "gives", "what it does"]))
    arguments.tell("\nswitch and graph files (type: ./other.yaml) are nodes too; "
                   "`nodegraph nodes NAME` tells all about one.")
    return DONE


def _one_node(catalogue: Any, name: str) -> Any:
    """The NodeType of this name, or what tells the same of switch or of a graph file; None if it is none of them."""
    from types import SimpleNamespace as Told

    from .. import graphfile
    from ..check import SWITCH, check, output_flow
    from ..graph import Node
    from ..nodetype import Port
    from ..types import ANY

    if name in catalogue.node_names():
        return catalogue.nodetype(name)
    if name == SWITCH:
        return Told(name=name, version="", help=_SWITCH_HELP,
                    inputs={"on": Port("on", ANY, help="what chooses: a Bool, an Int or a Text")},
                    outputs={"value": Port("value", ANY, help="what the branch brings")})
    if not Node(name, {}).is_graph and not name.endswith(".png"):
        return None
    graph, problems = graphfile.read(name)
    checked = check(graph, catalogue, problems).raise_errors()
    flows = {output: output_flow(checked, output) for output in graph.outputs}
    return Told(name=name, version="", help="\n\n".join(filter(None, (graph.title, graph.description.rstrip()))),
                inputs=checked.inputs, outputs={output: Port(output, flow.type, flow.many, choices=flow.choices)
                                                for output, flow in flows.items()})


_SWITCH_HELP = """Passes on one of its branches and leaves the others alone: what only they need does not run.

Every other input is a branch, named after a value of `on`; `else` takes the rest. All carry one type. A switch cannot
be mapped with `each`; bypassed, it gives its first branch.

    picked:
      type: switch
      on: $long
      "true": $all
      "false": $first"""


def _importable(catalogue: Any, names: list[str]) -> list[Any]:
    """The NodeTypes of these names; those that cannot be imported are told on stderr, each cause once."""
    from ..errors import PackError

    found, told = [], set()
    for name in names:
        try:
            found.append(catalogue.nodetype(name))
        except PackError as error:
            if str(error) not in told:
                print(f"warning: {error}", file=sys.stderr)
            told.add(str(error))
    return found


def _node_text(nodetype: Any) -> str:
    from ..nodetype import MISSING
    from .terminal import table

    version = f"  (version {nodetype.version})" if nodetype.version else ""
    lines = [nodetype.name + version, "", *([nodetype.help, ""] if nodetype.help else ()), "takes"]
    rows = []
    for port in nodetype.inputs.values():
        limits = str(port.range) if port.range else ", ".join(port.choices or ())
        default = "must be given" if port.default is MISSING else f"= {port.default!r}"
        rows.append([f"  {port.name}", str(port), default, limits, port.help])
    lines.append(table(rows, ["  input", "type", "", "", ""]) if rows else "  nothing")
    lines += ["", "gives", *(f"  {p.name}  {p}  {p.help}".rstrip() for p in nodetype.outputs.values())]
    return "\n".join(lines)


def _node_json(nodetype: Any) -> dict[str, Any]:
    from ..nodetype import MISSING

    def port(p: Any) -> dict[str, Any]:
        told = {"name": p.name, "type": p.type.name, "many": p.many, "help": p.help}
        if p.range:
            told["range"] = [None if abs(limit) == float("inf") else limit for limit in (p.range.low, p.range.high)]
        if p.choices:
            told["choices"] = list(p.choices)
        return told

    inputs = [port(p) | ({"default": p.default} if p.default is not MISSING else {"required": True})
              for p in nodetype.inputs.values()]
    return {"name": nodetype.name, "version": nodetype.version, "help": nodetype.help, "inputs": inputs,
            "outputs": [port(p) for p in nodetype.outputs.values()]}


def _plan(arguments: argparse.Namespace) -> int:
    from ..plan.forecast import RUNS, forecast, peak_bytes
    from .terminal import size, table

    with _engine(arguments) as engine:
        checked = _read(engine, arguments.graph)
        plan = engine.plan(checked, _settings(checked, arguments.set), arguments.only or None)
        found = forecast(plan, engine.cache)
    rows = [[f.node, f.status, "" if f.seconds is None else f"{f.seconds:.2f} s",
             "" if f.bytes is None else size(f.bytes), f"on {', '.join(f.because)}" if f.because else ""] for f in found]
    arguments.tell(table(rows, ["node", "", "last took", "last gave", ""]))
    will = [f for f in found if f.status != "remembered"]
    known = sum(f.seconds or 0 for f in will)
    arguments.tell(f"\n{len(found) - len(will)} remembered, {sum(f.status == RUNS for f in will)} will run, "
          f"{sum(f.status != RUNS for f in will)} depend on those"
          + (f"; about {known:.1f} s by what they last took" if known else "")
          + (f", at most {size(most)} of values at once" if (most := peak_bytes(plan, found)) else ""))
    return DONE


def _why(arguments: argparse.Namespace) -> int:
    from ..errors import GraphError, Problem
    from ..plan.forecast import why
    from ..graphfile import nearest

    with _engine(arguments) as engine:
        checked = _read(engine, arguments.graph)
        plan = engine.plan(checked, _settings(checked, arguments.set), arguments.only or None)
        names = [step.name for step in plan.steps]
        if arguments.node in checked.muted:
            raise GraphError([Problem(None, f"{arguments.node} does not run, since {checked.muted[arguments.node]} is muted")])
        if arguments.node in checked.nodes and checked.nodes[arguments.node].through is not None:
            raise GraphError([Problem(None, f"{arguments.node} does not run, since it is bypassed")])
        if arguments.node not in names:
            raise GraphError([Problem(None, f"the graph has no node {arguments.node}", nearest(arguments.node, names))])
        arguments.tell("\n".join(why(plan, engine.cache, arguments.node)))
    return DONE


def _cache(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from ..cache import Cache
    from ..engine import default_cache_folder
    from ..errors import GraphError, Problem
    from .terminal import size

    if arguments.cache == "none":
        raise GraphError("--cache none keeps nothing, so there is nothing to look after; "
                         "name a folder, or leave it out")
    folder = Path(arguments.cache or default_cache_folder())
    if not (folder / "index.sqlite").exists():  # a Cache would make one
        if arguments.cache:
            raise GraphError([Problem(None, f"there is no cache in {folder}", "Check the name and the folder.")])
        arguments.tell(f"there is no cache in {folder} yet; the first run makes it")
        return DONE
    with Cache(folder, warn=lambda message: print(f"warning: {message}", file=sys.stderr)) as cache:
        if cache.disk is None:
            raise GraphError(f"there is no usable cache in {folder}")
        if arguments.action == "clear":
            counts = cache.disk.counts()
            cache.disk.clear()
            arguments.tell(f"forgot {counts['traces']} traces and {counts['values']} values, {size(counts['bytes'])}")
        elif arguments.action == "prune":
            limit = _bytes(arguments.to) if arguments.to else cache.disk.budget
            gone, freed = cache.disk.prune(limit)
            arguments.tell(f"let go of {gone} values, {size(freed)}; {size(cache.disk.size)} left")
        else:
            counts = cache.disk.counts()
            arguments.tell(f"folder   {folder}\ntraces   {counts['traces']}\nvalues   {counts['values']}\n"
                  f"size     {size(counts['bytes'])} of {size(cache.disk.budget)}")
    return DONE


def _budget(text: str, option: str) -> float:
    """A size as bytes, or a fraction up to 1 as it is."""
    try:
        share = float(text)
    except ValueError:
        return _bytes(text, option)
    return share if 0 <= share <= 1 else _bytes(text, option)


def _bytes(text: str, option: str = "--to") -> int:
    """`2GB`, `500MB`, `0` as bytes."""
    import re

    from ..errors import GraphError

    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)B?\s*", text, re.IGNORECASE)
    if not match:
        raise GraphError(f"{option} {text}: it takes a size such as 500MB or 2GB")
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))


def _tell_json(arguments: argparse.Namespace, document: Any) -> None:
    import json

    encoding = getattr(arguments.tell.stream, "encoding", None) or "utf-8"
    unicode = encoding.lower().replace("-", "").startswith("utf")
    arguments.tell(json.dumps(document, ensure_ascii=not unicode, indent=2, default=str))
