"""`nodegraph why`: tells which ingredient of a node changed since it last ran."""

from __future__ import annotations

from ..check import Checked
from ..errors import GraphError, Problem
from ..graphfile import nearest
from .engine import open_engine, read
from .exits import DONE
from .options import Options
from .settings import settings
from .stdout import Stdout


def why(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code."""
    with open_engine(options) as engine:
        checked = read(engine, options.graph, options.set, options.base)
        plan = engine.plan(checked, settings(checked, options.set), options.only or None)
        _refuse(checked, options.node, list(plan.names))
        stdout("\n".join(engine.why(plan, options.node)))
    return DONE


def _refuse(checked: Checked, name: str, steps: list[str]) -> None:
    """Raise GraphError for a node that does not run, or is not there."""
    if name in checked.muted:
        raise GraphError([Problem(None, f"{name} does not run, since {checked.muted[name]} is muted")])
    if name in checked.nodes and checked.nodes[name].through is not None:
        raise GraphError([Problem(None, f"{name} does not run, since it is bypassed")])
    if name not in steps:
        raise GraphError([Problem(None, f"the graph has no node {name}", nearest(name, steps))])
