"""`nodegraph check`: finds everything that is wrong with graph files."""

from __future__ import annotations

import sys
from collections.abc import Sized
from dataclasses import replace
from pathlib import Path

from .. import graphfile
from ..check import Checked, check as check_graph, unread
from ..check.origins import nodetypes_of, origins_of
from ..errors import GraphError, Problem
from ..graph import Graph
from ..models import Models
from ..packs import Catalogue
from ..packs.manifest import OWN
from ..wholefile import whole_file
from ..wording import say
from .exits import DONE, WRONG
from .options import Options
from .stdout import Stdout


def check(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code."""
    catalogue = Catalogue(folders=options.pack, models=options.models)
    models = Models(catalogue)
    problems_by_graph: list[tuple[str, list[Problem]]] = []
    code = DONE
    for path in options.graphs:
        checked, problems = _problems(path, catalogue, models, options.base)
        if checked is None or any(problem.severity == "error" for problem in problems):
            code, checked = WRONG, None
        elif options.record:
            problems = [*problems, *record(Path(path), checked)]
        problems_by_graph.append((path, problems))
        if not options.json:
            _tell(path, checked.graph if checked is not None else None, problems, stdout)
    if options.json:
        from ..documents import problem_document

        stdout.json({"exit": code, "problems": [problem_document(problem) | {"graph": path}
                                                for path, problems in problems_by_graph for problem in problems]})
    return code


def _problems(path: str, catalogue: Catalogue, models: Models, base: str) -> tuple[Checked | None, list[Problem]]:
    """A graph and what is wrong with it; None for one that cannot be read."""
    try:
        graph, problems = graphfile.read(path, base or None)
        checked = check_graph(graph, catalogue, problems, models.find)
        embedded = graphfile.embedded_graph(path)
        if embedded is None:
            return checked, graphfile.in_order([*checked.problems, *unread(checked)], graph.path)
        from ..provenance import differences
        from .engine import not_here

        now = [Problem(None, sentence, "", "warning") for sentence in differences(embedded[1], checked)]
        return checked, [*checked.problems, *now, *(not_here(path, graph) if checked.errors else [])]
    except GraphError as error:
        return None, list(error.problems)


def record(path: Path, checked: Checked) -> list[Problem]:
    """Write into a graph file what brings the packs of its nodes, nodegraph's own left out; what kept it from that."""
    origins = {pack: origin for pack, origin in origins_of(nodetypes_of(checked)).items()
               if origin.partition(" ")[0] != OWN}
    try:
        if graphfile.embedded_graph(path) is not None:
            return [Problem(None, say("record.picture", path=path), "", "warning")]
        text = graphfile.read_text(path)
        updated = graphfile.updated(text, replace(checked.graph, packs=origins))
        if updated != text:
            with whole_file(path.resolve()) as part:
                part.write_bytes(updated.encode("utf-8"))
    except OSError as error:
        return [Problem(None, say("record.unwritable", path=path, error=error.strerror or error), "", "warning")]
    return []


def _tell(path: str, graph: Graph | None, problems: list[Problem], stdout: Stdout) -> None:
    for problem in problems:
        print(problem, file=sys.stderr)
    if graph is not None:
        stdout(f"{path}: {_count(graph.nodes, 'node')}, {_count(graph.outputs, 'output')}, "
               + (_count(problems, "warning") if problems else "nothing wrong"))


def _count(things: Sized, word: str) -> str:
    return f"{len(things)} {word}{'s' * (len(things) != 1)}"
