"""What can stand on the command line, and what it says about the machine. Imports argparse alone."""

from __future__ import annotations

import argparse
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..machine import Machine


class Options(argparse.Namespace):
    """What stands on a command line. An option that a command does not have is as it stands here."""

    command = ""
    version = False
    graph = ""
    graphs: list[str] = []
    name = ""
    node = ""
    action = ""
    folder = ""
    template = ""
    file = ""
    shell = ""
    listing = False
    to = ""
    out = "out"
    set: list[str] = []
    only: list[str] = []
    sweep: list[str] = []
    pack: list[str] = []
    models: list[str] = []
    format: list[str] = []
    quality: list[str] = []
    no_graph = False
    record = False
    base = ""
    overwrite = False
    json = False
    profile = False
    quiet = False
    cache = ""
    device = "cpu"
    dtype = "auto"
    host_memory = "0.4"
    device_memory = "0.9"
    disk = "10GB"
    download = False


_Commands = argparse._SubParsersAction  # argparse has no public name for what add_subparsers gives


class _Parser(argparse.ArgumentParser):
    """Says which word was meant, where argparse would only list those that there are."""

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            from ..wording import nearest

            what = str(action.metavar or action.dest)
            raise argparse.ArgumentError(None, f"there is no {what.lower()} {value}. {nearest(str(value), action.choices)}")


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; it sets `command` to the name of a command."""
    whole = _Parser(
        prog="nodegraph", description="Pipelines of pictures, music and words, run from a text file.",
        epilog="Exit codes: 0 done, 1 a node failed or something could not be written, 2 the graph or the usage is "
               "wrong, 70 a fault of nodegraph itself, 130 interrupted.")
    whole.add_argument("--version", action="store_true", help="print the version and stop")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    _run(_command(commands, "run", "run a graph and write its outputs"))
    new = _command(commands, "new", "write a graph file to begin with")
    new.add_argument("template", nargs="?", default="", metavar="GRAPH", help="a graph that comes along (default: postcard)")
    new.add_argument("file", nargs="?", default="", metavar="FILE", help="what to call it (default: GRAPH.yaml)")
    new.add_argument("--list", action="store_true", dest="listing", help="show the graphs that there are")
    open = _command(commands, "open", "show what a run made, in the program that the system has for it")
    open.add_argument("name", nargs="?", default="", metavar="FILE", help="a file or an output (default: the newest)")
    open.add_argument("--out", default="out", metavar="DIR", help="where outputs were written (default: out)")
    bundle = _command(commands, "bundle", "put a graph and all that it reads into one zip, which `run` and `edit` open")
    bundle.add_argument("graph", metavar="GRAPH", help="a graph file, or a PNG that a run made")
    bundle.add_argument("file", nargs="?", default="", metavar="FILE", help="what to call it (default: GRAPH.zip)")
    bundle.add_argument("--overwrite", action="store_true", help="write over a file that is there")
    _cache_option(bundle)
    _pack_option(bundle)
    edit = _command(commands, "edit", "open the editor, in a window")
    edit.add_argument("graph", nargs="?", default="", metavar="GRAPH",
                      help="a graph file, a PNG that a run made, or a bundle (.zip)")
    _machine_options(edit)
    check = _command(commands, "check", "find everything that is wrong with graph files")
    check.add_argument("graphs", nargs="+", metavar="GRAPH")
    check.add_argument("--json", action="store_true", help="print the problems as JSON")
    check.add_argument("--record", action="store_true",
                       help="write into each graph file, under `packs:`, which distributions brought its node types")
    _base_option(check)
    _pack_option(check)
    nodes = _command(commands, "nodes", "list node types, or tell all about one")
    nodes.add_argument("name", nargs="?", default="", metavar="NAME",
                       help="a node type, a pack, switch, pick, a graph file, or a word to look for")
    nodes.add_argument("--json", action="store_true", help="print as JSON")
    _pack_option(nodes)
    plan = _command(commands, "plan", "tell what a run would do: what is remembered and what will run")
    plan.add_argument("graph", metavar="GRAPH")
    why = _command(commands, "why", "tell which ingredient of a node changed since it last ran")
    why.add_argument("graph", metavar="GRAPH")
    why.add_argument("node", metavar="NODE")
    for command in (plan, why):
        _set_option(command)
        _base_option(command)
        command.add_argument("--only", action="append", default=[], metavar="OUTPUT")
        _cache_option(command)
        _pack_option(command)
    pack = _command(commands, "pack", "make a pack of nodes of your own, try it, and tell of those that are there")
    pack.add_argument("action", choices=["new", "test", "list", "info", "docs"],
                      help="new NAME [FOLDER], test [FOLDER], list, info NAME, docs NAME (as Markdown)")
    pack.add_argument("name", nargs="?", default="", metavar="NAME", help="a pack; for test its folder (default: .)")
    pack.add_argument("folder", nargs="?", default="", metavar="FOLDER", help="for new (default: nodegraph-NAME)")
    _pack_option(pack)
    models = _command(commands, "models", "list the models that are found by name, and what is wrong with one")
    models.add_argument("name", nargs="?", default="", metavar="WORD", help="of those, the ones that speak of this")
    models.add_argument("--json", action="store_true", help="print one JSON document on stdout, and nothing else there")
    _pack_option(models)
    cache = _command(commands, "cache", "look after what is remembered")
    cache.add_argument("action", choices=["info", "prune", "clear"])
    cache.add_argument("--to", default="", metavar="SIZE",
                       help="for prune: the size to go down to, such as 2GB (default: the budget)")
    _cache_option(cache)
    doctor = _command(commands, "doctor", "tell of this machine and of what is installed, and what to do about what is not")
    _cache_option(doctor)
    _pack_option(doctor)
    completion = _command(commands, "completion", "print what makes a shell complete commands, graphs and node types")
    completion.add_argument("shell", choices=["bash", "zsh", "fish"],
                            help="bash: add `eval \"$(nodegraph completion bash)\"` to ~/.bashrc; zsh: likewise to ~/.zshrc; "
                                 "fish: nodegraph completion fish > ~/.config/fish/completions/nodegraph.fish")
    return whole


def _command(commands: _Commands[_Parser], name: str, help: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
    command.set_defaults(command=name)
    return command


def _run(run: argparse.ArgumentParser) -> None:
    run.add_argument("graph", metavar="GRAPH", help="a graph file, a PNG that a run made, or a bundle (.zip)")
    _set_option(run)
    run.add_argument("--out", default="out", metavar="DIR", help="where outputs are written (default: out)")
    run.add_argument("--only", action="append", default=[], metavar="OUTPUT", help="make only this output")
    run.add_argument("--sweep", action="append", default=[], metavar="NODE.PORT=VALUES",
                     help="run for each value: 1..8, 100..112:4, a,b,c or '[a, \"b, c\"]', "
                          "for a node's port or an input of the graph")
    run.add_argument("--format", action="append", default=[], metavar="KIND",
                     help="write every output that can be so as png, jpg, webp, wav, txt, json ...; OUTPUT=KIND for one")
    run.add_argument("--quality", action="append", default=[], metavar="1..100",
                     help="how good files are to be whose kind has a choice, such as jpg; OUTPUT=1..100 for one")
    run.add_argument("--no-graph", action="store_true",
                     help="write pictures without the graph that makes them and what the run was given")
    _base_option(run)
    run.add_argument("--overwrite", action="store_true", help="write over files of an earlier run")
    run.add_argument("--json", action="store_true", help="print one JSON document on stdout, and nothing else there")
    run.add_argument("--profile", action="store_true",
                     help="tell where time and memory went; writes DIR/profile.json for chrome://tracing")
    run.add_argument("--quiet", action="store_true", help="print only the paths of what was made, and errors")
    _machine_options(run)


def _base_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--base", default="", metavar="DIR",
                         help="for a PNG as the graph: where the files are that it was made of (default: sought)")


def _set_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                         help="give an input of the graph; a list as a,b,c or '[a, \"b, c\"]', files as 'photos/*.jpg'")


def _cache_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cache", default="", metavar="DIR",
                         help="the cache folder (default: the user's; `none` keeps nothing)")


def _pack_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--pack", action="append", default=[], metavar="PATH",
                         help="a pack that is not installed: a folder, or one Python file with nodes")


def _machine_options(command: argparse.ArgumentParser) -> None:
    _cache_option(command)
    _pack_option(command)
    command.add_argument("--device", default="auto", metavar="DEVICE", help="auto, cpu, mps, cuda or cuda:0")
    command.add_argument("--dtype", default="auto", choices=["auto", "float32", "bfloat16", "float16"],
                         help="the floating type of models (auto: half precision on a GPU)")
    command.add_argument("--host-memory", default="0.4", metavar="SIZE",
                         help="for values kept in memory: a size such as 4GB, or a fraction (default: 0.4)")
    command.add_argument("--device-memory", default="0.9", metavar="SIZE",
                         help="of a GPU, for models and values (default: 0.9)")
    command.add_argument("--disk", default="10GB", metavar="SIZE", help="for the cache folder (default: 10GB)")
    command.add_argument("--download", action="store_true", help="allow models to be fetched from a hub by name")


# ---- the machine

def machine(options: Options) -> Machine:
    """What the options say about the machine. Raises GraphError for a device or a size that cannot be."""
    from ..errors import GraphError
    from ..machine import Machine, default_cache_folder

    device = options.device
    if device not in ("auto", "cpu", "mps", "cuda") and not device.removeprefix("cuda:").isdigit():
        raise GraphError(f"--device is {device!r}; it takes auto, cpu, mps, cuda or cuda:0")
    return Machine(cache=None if options.cache == "none" else options.cache or default_cache_folder(),
                   device=device, dtype=options.dtype, download=options.download, models=tuple(options.models),
                   host=_budget(options.host_memory, "--host-memory"),
                   device_memory=_budget(options.device_memory, "--device-memory"),
                   disk=size_in_bytes(options.disk, "--disk"))


def _budget(text: str, option: str) -> float:
    """A size as bytes, or a fraction up to 1 as it is."""
    try:
        share = float(text)
    except ValueError:
        return size_in_bytes(text, option)
    return share if 0 <= share <= 1 else size_in_bytes(text, option)


def size_in_bytes(text: str, option: str) -> int:
    """`2GB`, `500MB`, `0` as bytes."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)B?\s*", text, re.IGNORECASE | re.ASCII)
    if not match:
        from ..errors import GraphError

        raise GraphError(f"{option} {text}: it takes a size such as 500MB or 2GB")
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))
