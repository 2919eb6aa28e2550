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
    parser = _parser()
    arguments = parser.parse_args(argv)
    if not hasattr(arguments, "command"):
        parser.print_help()
        return WRONG
    from .errors import NodegraphError

    try:
        return arguments.command(arguments)
    except NodegraphError as error:
        print(error, file=sys.stderr)
        return WRONG
    except BrokenPipeError:
        sys.stderr.close()  # whoever read the output has gone; there is no one to tell
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nodegraph", description="Pipelines of pictures, music and words, run from a text file.",
        epilog="Exit codes: 0 done, 1 a node failed, 2 the graph or the usage is wrong, 130 interrupted.")
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    parser.set_defaults(command=_version_or_help)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    run = _command(commands, "run", _run, "run a graph and write its outputs")
    run.add_argument("graph", metavar="GRAPH", help="a graph file")
    run.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="give an input of the graph")
    run.add_argument("--out", default="out", metavar="DIR", help="where outputs are written (default: out)")
    run.add_argument("--only", action="append", default=[], metavar="OUTPUT", help="make only this output")
    run.add_argument("--sweep", action="append", default=[], metavar="NODE.PORT=VALUES",
                     help="run for each value: 1..8 or a,b,c, for a node's port or an input of the graph")
    run.add_argument("--overwrite", action="store_true", help="write over files of an earlier run")
    run.add_argument("--json", action="store_true", help="print one JSON document on stdout, and nothing else there")
    run.add_argument("--profile", action="store_true",
                     help="tell where time and memory went; writes DIR/profile.json for chrome://tracing")
    run.add_argument("--quiet", action="store_true", help="print only the paths of what was made, and errors")
    _machine_options(run)

    check = _command(commands, "check", _check, "find everything that is wrong with graph files")
    check.add_argument("graphs", nargs="+", metavar="GRAPH")
    check.add_argument("--json", action="store_true", help="print the problems as JSON")
    _pack_option(check)

    nodes = _command(commands, "nodes", _nodes, "list node types, or tell all about one")
    nodes.add_argument("name", nargs="?", metavar="NAME", help="a node type, or a pack")
    nodes.add_argument("--json", action="store_true", help="print as JSON")
    _pack_option(nodes)

    plan = _command(commands, "plan", _plan, "tell what a run would do: what is remembered and what will run")
    plan.add_argument("graph", metavar="GRAPH")
    why = _command(commands, "why", _why, "tell which ingredient of a node changed since it last ran")
    why.add_argument("graph", metavar="GRAPH")
    why.add_argument("node", metavar="NODE")
    for command in (plan, why):
        command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
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
        from . import __version__

        print(f"nodegraph {__version__}")
        return DONE
    _parser().print_help()
    return WRONG


# ---- run ----------------------------------------------------------------------------------------------------------

def _run(arguments: argparse.Namespace) -> int:
    import threading
    from pathlib import Path

    from .profile import Profile
    from .terminal import Display

    engine = _engine(arguments)
    graph = _read(engine, arguments.graph, warn=not arguments.json)
    variants = _variants(engine, graph, arguments)
    cancel = threading.Event()
    display = Display() if not (arguments.json or arguments.quiet) else None
    warnings: list[str] = []
    profile = Profile() if arguments.profile else None
    documents, code = [], DONE
    with engine, _interruptible(cancel):
        for label, variant, given in variants:
            if cancel.is_set():
                break
            if display is not None and label:
                display.line(", ".join(f"{k} = {v}" for k, v in label.items()))
            plan = engine.plan(variant, given, arguments.only or None)
            if display is not None and plan.seeds:
                display.line("  rolled " + ", ".join(f"{k} = {v}" for k, v in plan.seeds.items()))
            result = engine.run_plan(plan, emit=_Listener(display, warnings, profile), cancel=cancel)
            document = _write_outputs(engine, result, Path(arguments.out), label, arguments.overwrite)
            documents.append(document)
            for error in result.errors:
                print(error.report(), file=sys.stderr)
            if result.errors or document["errors"]:
                code = NODE_FAILED
            if display is not None:
                _summary(display, result, document)
    if cancel.is_set():
        code = INTERRUPTED
    if profile is not None:
        profile.write(Path(arguments.out) / "profile.json")
        print(profile.text(), file=sys.stderr)
    if arguments.json:
        _print_json(_json_document(arguments, documents, warnings, code))
    elif arguments.quiet:
        for document in documents:
            for output in document["outputs"].values():
                print(*output["paths"], sep="\n")
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
        print("\nstopping: what is finished is kept; press Ctrl-C again to leave at once", file=sys.stderr)


def _write_outputs(engine: Any, result: Any, folder: Any, label: dict[str, Any], overwrite: bool) -> dict[str, Any]:
    """Export what was made; a part of the JSON document."""
    from .errors import InputError
    from .export import export, safe_name

    outputs, errors = {}, [_json_error(error) for error in result.errors]
    for name in result:
        flow = result.raw.plan.outputs[name].flow
        stem = safe_name(".".join([name, *(f"{k.replace('.', '-')}={v}" for k, v in label.items())]))
        try:
            paths = export(result.raw.type(name), result[name], folder, stem, many=flow.many, overwrite=overwrite)
        except (OSError, InputError) as error:
            message = f"output {name} cannot be written: {error}"
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


def _summary(display: Any, result: Any, document: dict[str, Any]) -> None:
    """The closing lines: what ran, what was remembered, seconds, and where the outputs are."""
    counts: dict[str, int] = {}
    for node in result.nodes.values():
        counts[node.status] = counts.get(node.status, 0) + 1
    words = {"ran": "ran", "cached": "remembered", "failed": "failed", "skipped": "skipped"}
    told = ", ".join(f"{counts[status]} {word}" for status, word in words.items() if counts.get(status))
    display.line(f"{told or 'nothing to do'}, {result.seconds:.2f} s" + (", stopped" if result.raw.cancelled else ""))
    for name, output in document["outputs"].items():
        for path in output["paths"]:
            print(f"{name}: {path}")


# ---- what is asked for --------------------------------------------------------------------------------------------

def _engine(arguments: argparse.Namespace) -> Any:
    from .engine import Engine, default_cache_folder
    from .errors import GraphError

    cache = getattr(arguments, "cache", None)
    if cache == "none":
        cache = None
    elif cache is None:
        cache = default_cache_folder()
    device = getattr(arguments, "device", "cpu")
    if device not in ("auto", "cpu", "cuda") and not device.removeprefix("cuda:").isdigit():
        raise GraphError(f"--device is {device!r}; it takes auto, cpu, cuda or cuda:0")
    return Engine(cache, packs=arguments.pack, device=device, dtype=getattr(arguments, "dtype", "auto"),
                  download=getattr(arguments, "download", False),
                  host=_budget(getattr(arguments, "host_memory", "0.4"), "--host-memory"),
                  device_memory=_budget(getattr(arguments, "device_memory", "0.9"), "--device-memory"),
                  disk=_bytes(getattr(arguments, "disk", "10GB"), "--disk"))


def _read(engine: Any, path: str, warn: bool = True) -> Any:
    """A graph that can run, with its warnings on stderr. Raises GraphError with every problem."""
    from . import graphfile
    from .errors import GraphError

    graph, problems = graphfile.read(path)
    checked = engine.check(graph, problems)
    if checked.errors:
        raise GraphError(checked.problems)
    for problem in checked.problems if warn else ():
        print(f"warning: {problem}", file=sys.stderr)
    return graph


def _settings(engine: Any, graph: Any, given: list[str]) -> dict[str, Any]:
    """What `--set name=value` gives, each in the type of its input."""
    from .errors import GraphError
    from .graphfile import nearest

    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise GraphError(f"--set {text}: it takes name=value")
        if name not in graph.inputs:
            raise GraphError(f"--set {name}: the graph has no input {name}. {nearest(name, graph.inputs)}")
        found[name] = _typed(graph.inputs[name].type, value)
    return found


def _typed(type_name: str, text: str) -> Any:
    """A text from the command line as the literal it would be in a file; texts stay texts."""
    if type_name in ("Text", "Choice", "File", "Color"):
        return text
    from .graphfile import scalar, scalars

    return scalars(text) if type_name.startswith("list of ") else scalar(text)


def _variants(engine: Any, graph: Any, arguments: argparse.Namespace) -> list[tuple[dict, Any, dict]]:
    """The graph once, or once for each combination of swept values: (label, graph, inputs)."""
    from itertools import product

    given = _settings(engine, graph, arguments.set)
    sweeps = [_sweep(graph, text) for text in arguments.sweep]
    variants = []
    for values in product(*(values for _, _, values in sweeps)):
        variant, inputs, label = graph, dict(given), {}
        for (node, port, _), value in zip(sweeps, values):
            if port:
                variant = variant.with_value(node, port, value)
            else:
                inputs[node] = value
            label[f"{node}.{port}" if port else node] = value
        if sweeps:
            engine.check(variant).raise_errors()
        variants.append((label, variant, inputs))
    return variants


def _sweep(graph: Any, text: str) -> tuple[str, str, list[Any]]:
    """`node.port=1..8` or `name=a,b,c` as (node or input, port or "", values)."""
    from .errors import GraphError
    from .graphfile import nearest, scalar

    target, equals, values = text.partition("=")
    node, _, port = target.partition(".")
    if not equals or not values:
        raise GraphError(f"--sweep {text}: it takes node.port=1..8 or node.port=a,b,c")
    if port and node not in graph.nodes:
        raise GraphError(f"--sweep {text}: the graph has no node {node}. {nearest(node, graph.nodes)}")
    if not port and node not in graph.inputs:
        raise GraphError(f"--sweep {text}: the graph has no input {node}. {nearest(node, graph.inputs)}")
    first, dots, last = values.partition("..")
    if dots:
        try:
            low, high = int(first), int(last)
        except ValueError:
            raise GraphError(f"--sweep {text}: a range goes from one whole number to another, as in 1..8") from None
        if low > high:
            raise GraphError(f"--sweep {text}: the range goes from {low} down to {high}; turn it round")
        return node, port, list(range(low, high + 1))
    if not port:
        return node, port, [_typed(graph.inputs[node].type, v) for v in values.split(",")]
    return node, port, [scalar(v) for v in values.split(",")]


# ---- the other commands -------------------------------------------------------------------------------------------

def _check(arguments: argparse.Namespace) -> int:
    from . import graphfile
    from .check import check
    from .errors import GraphError
    from .models import Models
    from .packs import Catalogue

    catalogue = Catalogue(folders=arguments.pack)
    finder = Models(catalogue)
    told, wrong = [], False
    for path in arguments.graphs:
        try:
            graph, problems = graphfile.read(path)
            problems = check(graph, catalogue, problems, finder.find).problems
            about = f"{path}: {len(graph.nodes)} nodes, {len(graph.outputs)} outputs, nothing wrong"
        except GraphError as error:
            problems, about = list(error.problems), ""
        wrong = wrong or bool(problems)
        if arguments.json:
            told += [{"file": path, "line": p.where.line if p.where else None,
                      "column": p.where.column if p.where else None, "severity": p.severity,
                      "message": p.message, "hint": p.hint} for p in problems]
        else:
            for problem in problems:
                print(problem, file=sys.stderr)
            if not problems:
                print(about)
    if arguments.json:
        _print_json({"problems": told})
    return WRONG if wrong else DONE


def _nodes(arguments: argparse.Namespace) -> int:
    from .errors import GraphError
    from .graphfile import nearest
    from .packs import Catalogue

    catalogue = Catalogue(folders=arguments.pack)
    names = catalogue.node_names()
    for error in catalogue.broken.values():
        print(f"warning: {error}", file=sys.stderr)
    if arguments.name and arguments.name not in names:
        names = [n for n in names if n.startswith(f"{arguments.name}.")]
        if not names:
            raise GraphError(f"there is no node type {arguments.name}. {nearest(arguments.name, catalogue.node_names())}")
    elif arguments.name:
        nodetype = catalogue.nodetype(arguments.name)
        print(_node_text(nodetype)) if not arguments.json else _print_json(_node_json(nodetype))
        return DONE
    if arguments.json:
        _print_json([_node_json(catalogue.nodetype(name)) for name in names])
        return DONE
    from .terminal import table

    rows = []
    for name in names:
        nodetype = catalogue.nodetype(name)
        rows.append([name, " ".join(f"{p.name}:{p}" for p in nodetype.outputs.values()),
                     nodetype.help.split("\n")[0]])
    print(table(rows, ["node", "gives", "what it does"]))
    print("\nswitch and graph files (type: ./other.yaml) are nodes too; `nodegraph nodes NAME` tells all about one.")
    return DONE


def _node_text(nodetype: Any) -> str:
    from .nodetype import MISSING
    from .terminal import table

    lines = [f"{nodetype.name}  (version {nodetype.version})", "", nodetype.help, "", "takes"]
    rows = []
    for port in nodetype.inputs.values():
        limits = str(port.range) if port.range else ", ".join(port.choices or ())
        default = "must be given" if port.default is MISSING else f"= {port.default!r}"
        rows.append([f"  {port.name}", str(port), default, limits, port.help])
    lines.append(table(rows, ["  input", "type", "", "", ""]) if rows else "  nothing")
    lines += ["", "gives", *(f"  {p.name}  {p}  {p.help}".rstrip() for p in nodetype.outputs.values())]
    return "\n".join(lines)


def _node_json(nodetype: Any) -> dict[str, Any]:
    from .nodetype import MISSING

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
    from .forecast import RUNS, forecast, peak_bytes
    from .terminal import size, table

    with _engine(arguments) as engine:
        graph = _read(engine, arguments.graph)
        plan = engine.plan(graph, _settings(engine, graph, arguments.set), arguments.only or None)
        found = forecast(plan, engine.cache)
    rows = [[f.node, f.status, "" if f.seconds is None else f"{f.seconds:.2f} s",
             "" if f.bytes is None else size(f.bytes), f"on {', '.join(f.because)}" if f.because else ""] for f in found]
    print(table(rows, ["node", "", "last took", "last gave", ""]))
    will = [f for f in found if f.status != "remembered"]
    known = sum(f.seconds or 0 for f in will)
    print(f"\n{len(found) - len(will)} remembered, {sum(f.status == RUNS for f in will)} will run, "
          f"{sum(f.status != RUNS for f in will)} depend on those"
          + (f"; about {known:.1f} s by what they last took" if known else "")
          + (f", at most {size(most)} of values at once" if (most := peak_bytes(plan, found)) else ""))
    return DONE


def _why(arguments: argparse.Namespace) -> int:
    from .errors import GraphError
    from .forecast import why
    from .graphfile import nearest

    with _engine(arguments) as engine:
        graph = _read(engine, arguments.graph)
        plan = engine.plan(graph, _settings(engine, graph, arguments.set), arguments.only or None)
        names = [step.name for step in plan.steps]
        if arguments.node not in names:
            raise GraphError(f"the graph has no node {arguments.node}. {nearest(arguments.node, names)}")
        print("\n".join(why(plan, engine.cache, arguments.node)))
    return DONE


def _cache(arguments: argparse.Namespace) -> int:
    from .cache import Cache
    from .engine import default_cache_folder
    from .errors import GraphError
    from .terminal import size

    folder = arguments.cache or default_cache_folder()
    with Cache(folder, warn=lambda message: print(f"warning: {message}", file=sys.stderr)) as cache:
        if cache.disk is None:
            raise GraphError(f"there is no usable cache in {folder}")
        if arguments.action == "clear":
            counts = cache.disk.counts()
            cache.disk.clear()
            print(f"forgot {counts['traces']} traces and {counts['values']} values, {size(counts['bytes'])}")
        elif arguments.action == "prune":
            limit = _bytes(arguments.to) if arguments.to else cache.disk.budget
            gone, freed = cache.disk.prune(limit)
            print(f"let go of {gone} values, {size(freed)}; {size(cache.disk.size)} left")
        else:
            counts = cache.disk.counts()
            print(f"folder   {folder}\ntraces   {counts['traces']}\nvalues   {counts['values']}\n"
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

    from .errors import GraphError

    match = re.fullmatch(r"\s*([0-9.]+)\s*([KMGT]?)B?\s*", text, re.IGNORECASE)
    if not match:
        raise GraphError(f"{option} {text}: it takes a size such as 500MB or 2GB")
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))


def _print_json(document: Any) -> None:
    import json

    print(json.dumps(document, ensure_ascii=False, indent=2, default=str))
