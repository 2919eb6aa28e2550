"""`nodegraph check`: finds everything that is wrong with graph files."""

from __future__ import annotations

import sys
from collections.abc import Sized

from .. import graphfile
from ..check import check as check_graph, unread
from ..errors import GraphError, Problem
from ..graph import Graph
from ..models import Models
from ..packs import Catalogue
from .exits import DONE, WRONG
from .options import Options
from .stdout import Stdout


def check(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code."""
    catalogue = Catalogue(folders=options.pack)
    models = Models(catalogue)
    problems_by_graph: list[tuple[str, list[Problem]]] = []
    code = DONE
    for path in options.graphs:
        graph, problems = _problems(path, catalogue, models, options.base)
        if graph is None or any(problem.severity == "error" for problem in problems):
            code, graph = WRONG, None
        problems_by_graph.append((path, problems))
        if not options.json:
            _tell(path, graph, problems, stdout)
    if options.json:
        from ..documents import problem_document

        stdout.json({"exit": code, "problems": [problem_document(problem) | {"graph": path}
                                                for path, problems in problems_by_graph for problem in problems]})
    return code


def _problems(path: str, catalogue: Catalogue, models: Models, base: str) -> tuple[Graph | None, list[Problem]]:
    """A graph and what is wrong with it; None for one that cannot be read."""
    try:
        graph, problems = graphfile.read(path, base or None)
        checked = check_graph(graph, catalogue, problems, models.find)
        embedded = graphfile.embedded_graph(path)
        if embedded is None:
            return graph, graphfile.in_order([*checked.problems, *unread(checked)], graph.path)
        from ..provenance import differences
        from .engine import not_here

        now = [Problem(None, sentence, "", "warning") for sentence in differences(embedded[1], checked)]
        return graph, [*checked.problems, *now, *(not_here(path, graph) if checked.errors else [])]
    except GraphError as error:
        return None, list(error.problems)


def _tell(path: str, graph: Graph | None, problems: list[Problem], stdout: Stdout) -> None:
    for problem in problems:
        print(problem, file=sys.stderr)
    if graph is not None:
        stdout(f"{path}: {_count(graph.nodes, 'node')}, {_count(graph.outputs, 'output')}, "
               + (_count(problems, "warning") if problems else "nothing wrong"))


def _count(things: Sized, word: str) -> str:
    return f"{len(things)} {word}{'s' * (len(things) != 1)}"
