"""`nodegraph pack`: makes a pack of one's own, tries it, and tells of those that are there."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from ..documents import Description
from ..errors import GraphError, PackError, Problem
from ..graphfile import nearest
from ..nodetype import MISSING, Port
from ..packs import Catalogue, Pack, licence_of
from ..wording import say
from .exits import DONE, NODE_FAILED
from .options import Options
from .stdout import Stdout
from .terminal import known_words, table, typed


def pack(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code."""
    return {"new": _new, "test": _test, "list": _list, "info": _info, "docs": _docs}[options.action](options, stdout)


def _new(options: Options, stdout: Stdout) -> int:
    from ..scaffold import pack_files

    name = options.name
    if not name:
        raise GraphError([Problem(None, "pack new takes the name of the pack", "Such as: nodegraph pack new watercolor")])
    if not name.isidentifier() or name != name.lower():
        raise GraphError([Problem(None, f"{name!r} cannot be the name of a pack; it takes one word of small letters, "
                                  "digits and _, such as watercolor", _like(name))])
    taken = Catalogue().packs.get(name)
    if taken is not None:
        raise GraphError(f"there is a pack {name} already, {_origin(taken)}; choose another name")
    folder = Path(options.folder or f"nodegraph-{name}")
    if folder.exists() and any(folder.iterdir()):
        raise GraphError(f"{folder} is there, and something is in it; name another folder")
    _put(folder, pack_files(name))
    graph, package = typed(folder / "graphs/first.yaml"), typed(folder / f"nodegraph_{name}")
    stdout(f"{folder}: the pack {name}, with two nodes, a type, a graph and tests\n\n"
           f"    nodegraph run {graph} --pack {package}\n"
           f"    nodegraph pack test {typed(folder)}\n    pip install --editable {typed(folder)}")
    return DONE


def _put(folder: Path, texts: dict[str, str]) -> None:
    """Write files into a new folder: all of them, or, where one cannot be written, none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        for path, text in texts.items():
            target = Path(scratch, "pack", path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        if folder.exists():
            folder.rmdir()  # it is empty
        Path(scratch, "pack").rename(folder)


def _like(name: str) -> str:
    """A hint that spells a name as a pack may be called; empty where that takes more than other letters."""
    spelled = re.sub(r"\W+", "_", name.lower()).strip("_")
    return say("hint.meant", name=spelled) if spelled.isidentifier() else ""


def _test(options: Options, stdout: Stdout) -> int:
    from ..contract import judge

    with tempfile.TemporaryDirectory() as scratch:
        trials = judge(options.name or ".", Path(scratch))
    for trial in trials:
        stdout(f"{'no ' if trial.problem else 'yes'}  {trial.name}" + f"\n       {trial.problem}" * bool(trial.problem))
    return NODE_FAILED if any(trial.problem for trial in trials) else DONE


def _list(options: Options, stdout: Stdout) -> int:
    catalogue = Catalogue(folders=options.pack)
    rows = [[name, pack.version, str(len(pack.nodes)), _origin(pack), pack.title]
            for name, pack in sorted(catalogue.packs.items())]
    stdout(table(rows, ["pack", "version", "nodes", "from", "what it is"]))
    for error in catalogue.broken.values():
        stdout(f"broken: {error}")
    return DONE


def _named(options: Options) -> tuple[Catalogue, Pack]:
    catalogue = Catalogue(folders=options.pack)
    packs = catalogue.packs
    if options.name in packs:
        return catalogue, packs[options.name]
    if options.name in catalogue.broken:
        raise catalogue.broken[options.name]
    what = f"there is no pack {options.name}" if options.name else f"pack {options.action} takes the name of a pack"
    raise GraphError([Problem(None, what, nearest(options.name, packs))])


def _info(options: Options, stdout: Stdout) -> int:
    catalogue, pack = _named(options)
    rows = [["version", pack.version], ["what it is", pack.title], ["from", _origin(pack)], ["licence", _licence(pack)],
            ["folder", str(pack.folder)], ["requires", ", ".join(pack.requires) or "no other pack"],
            ["nodes", ", ".join(sorted(pack.nodes))], ["types", ", ".join(sorted(pack.types)) or "none"],
            ["models", ", ".join(sorted(pack.models)) or "none"]]
    stdout(table(rows, [pack.name, ""]))
    for line in known_words(catalogue, sorted(pack.models)):
        stdout(line)
    return DONE


def _docs(options: Options, stdout: Stdout) -> int:
    """The pack's nodes as a page of Markdown."""
    catalogue, pack = _named(options)
    lines = [f"# {pack.name}", "", pack.title, ""]
    for name in sorted(pack.nodes):
        nodetype = catalogue.nodetype(name)
        if nodetype is None:
            raise PackError(f"pack {pack.name}: {name} cannot be found")
        lines += markdown(Description.of(nodetype))
    stdout("\n".join(lines).rstrip())
    return DONE


def markdown(description: Description) -> list[str]:
    """A node type as lines of Markdown: its help, what it takes, what it gives."""
    rows = [f"| `{port.name}` | {port} | {_default(port)} | {_limits(port)} | {_cell(port.help)} |"
            for port in description.inputs.values()]
    gives = [f"| `{name}` | {flow.type.name}{'[]' * flow.depth} | {_cell(description.output_help.get(name, ''))} |"
             for name, flow in description.outputs.items()]
    return [f"## {description.name}", "", description.help, "",
            *(["| input | type | default | takes | |", "|---|---|---|---|---|", *rows, ""] if rows else []),
            "| output | type | |", "|---|---|---|", *gives, ""]


def _default(port: Port) -> str:
    return "must be given" if port.default is MISSING else f"`{port.default!r}`"


def _limits(port: Port) -> str:
    return str(port.range) if port.range else ", ".join(port.choices or ())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _origin(pack: Pack) -> str:
    return pack.distribution or str(pack.folder)


def _licence(pack: Pack) -> str:
    return licence_of(pack.distribution) or ("not told" if pack.distribution else "not told: it is not installed")
