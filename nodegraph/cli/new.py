"""`nodegraph new`: writes a graph file to begin with."""

from __future__ import annotations

from pathlib import Path

from .. import graphfile
from ..errors import GraphError, Problem
from ..shipped import copies, graph_files
from ..wholefile import whole_file
from .exits import DONE
from .options import Options
from .stdout import Stdout
from .terminal import table, typed


def new(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code."""
    there = graph_files()
    if options.listing:
        rows = [[name, _about(path)] for name, path in there.items()]
        stdout(table(rows, ["graph", "what it makes"]))
        return DONE
    name = options.template or "postcard"
    if name not in there:
        raise GraphError([Problem(None, f"there is no graph {name} to begin with",
                                  graphfile.nearest(name, there) or "nodegraph new --list shows what there is.")])
    target = Path(options.file or f"{name}.yaml")
    texts = {(target if path == f"{name}.yaml" else target.parent / path): text for path, text in copies(name).items()}
    for path, text in texts.items():
        if path.exists() and (path == target or path.read_bytes() != text):
            raise GraphError([Problem(None, f"{path} is there already", f"Name another file: nodegraph new {name} FILE")])
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            part.write_bytes(text)
    parts = len(texts) - 1
    stdout(f"{target}" + (f", and {parts} file{'s' * (parts > 1)} that it uses" if parts else "")
           + f"\n\n    nodegraph run {typed(target)}\n    nodegraph edit {typed(target)}")
    return DONE


def _about(path: Path) -> str:
    """What a graph says of itself, in one sentence."""
    graph, _ = graphfile.read(path)
    words = " ".join(graph.description.split())
    first = words.partition(". ")[0].rstrip(".")
    return f"{graph.title}: {first}" if first else graph.title
