"""The graphs that come along: where they lie, what they are called, and how one becomes a file of one's own."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from . import graphfile
from .errors import GraphError, Problem
from .filelist import listed_files
from .graph import Graph
from .wording import say

_HERE = Path(__file__).parent


def folder() -> Path | None:
    """Where the graphs lie that come along: inside the package, in a checkout beside it; None where they are not."""
    return next((place for place in (_HERE / "graphs", _HERE.parent / "graphs") if (place / "postcard.yaml").is_file()),
                None)


def graph_files() -> dict[str, Path]:
    """The graphs by name; parts of others, in folders below, are not among them."""
    place = folder()
    return {path.stem: path for path in sorted(place.glob("[!_]*.yaml"))} if place is not None else {}


def resolved(name: str) -> str:
    """The path of a graph that is named on a command line: a file that is there, or one that comes along.

    `postcard`, `postcard.yaml` and `graphs/postcard.yaml` all name the same where no such file is there. Raises GraphError
    for a word that is neither and all but the name of one that comes along.
    """
    path = Path(name)
    if path.exists() or path.suffix not in ("", ".yaml") or path.parent not in (Path("."), Path("graphs")):
        return name
    there = graph_files()
    close = get_close_matches(name, there, 1, 0.7) if path.stem not in there else []
    if close and not Path(f"{name}.yaml").exists():
        raise GraphError([Problem(None, say("file.none", path=name), say("hint.meant", name=close[0]))])
    return str(there.get(path.stem, name))


def path_of(path: str | Path) -> str | Path:
    """The same for a program, which means a file of its own by `postcard.yaml`: only `postcard` and `graphs/postcard.yaml`
    name what comes along.
    """
    plain = Path(path)
    return path if plain.suffix and plain.parent == Path(".") else resolved(str(path))


def copies(name: str) -> dict[str, bytes]:
    """A graph that comes along, the graphs that it uses and the files that they name, by their paths beside it."""
    top = graph_files()[name]
    texts: dict[str, bytes] = {}
    stack = [top]
    while stack:
        path = stack.pop()
        relative = path.relative_to(top.parent).as_posix()
        if relative in texts:
            continue
        texts[relative] = path.read_bytes()
        graph, _ = graphfile.read(path)
        stack += [(path.parent / inner).resolve() for inner in _inner(graph)]
        for file in _named_files(graph, path.parent):
            texts[file.resolve().relative_to(top.parent).as_posix()] = file.read_bytes()
    return texts


def _named_files(graph: Graph, folder: Path) -> list[Path]:
    """The files that a graph's inputs stand for where nothing is given."""
    return [file for put in graph.inputs.values() if "File" in (put.type or "") and isinstance(put.default, str)
            for file in listed_files(put.default, folder)]


def _inner(graph: Graph) -> list[str]:
    return [node.type for node in graph.nodes.values() if node.is_graph]
