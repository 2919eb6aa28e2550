"""A checked Graph laid out as a Plan: graphs inside it inlined, axes opened and left, literals in their places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ..check import Checked, output_flow
from ..errors import GraphError, InputError, Problem
from ..graphfile import nearest
from ..nodetype import MISSING
from .inputs import Boundary, Expand, Locate, accept, unknown_input
from .layout import Layout, Scope
from .placement import inline
from .steps import Output, Plan


def plan(checked: Checked, given: Mapping[str, Any] | None = None, only: Iterable[str] | None = None,
         locate: Locate | None = None, roll: Callable[[], int] | None = None,
         seeds: Mapping[str, int] | None = None, expand: Expand | None = None) -> Plan:
    """Plan a checked graph.

    given: values for its inputs, by name. only: the outputs that are wanted; all, left out.
    locate: completes literals that name files and models (with the digest of their content).
    roll: where `seed: random` comes from; the system's own source of randomness, left out.
    seeds: what was rolled in an earlier run (`Plan.seeds`), to be taken again.
    expand: the files that a pattern or a folder stands for.
    Raises GraphError with every problem: unknown names, values that do not fit, files that are missing.
    """
    checked.raise_errors()
    return Planner(checked, dict(given or {}), only, Boundary(locate, expand, roll, seeds or {})).plan()


class Planner:
    """Lays out one graph. `place` is the way of one node: open its axes, put it down, leave them."""

    def __init__(self, checked: Checked, given: dict[str, Any], only: Iterable[str] | None, boundary: Boundary):
        self.checked, self.given, self.boundary = checked, given, boundary
        self.left_out = checked.left_out
        self.only = list(only) if only is not None else [n for n in checked.graph.outputs if n not in self.left_out]
        self.all = only is None
        self.problems = boundary.problems
        self.layout = Layout(boundary)

    def plan(self) -> Plan:
        graph, layout = self.checked.graph, self.layout
        self.judge_outputs()
        scope = Scope(self.checked, self.graph_inputs(), "", ())
        if self.problems:
            raise GraphError(self.problems)
        inline(layout, scope)
        outputs = {}
        for name in self.only:
            flow = output_flow(self.checked, name)
            assert flow is not None
            source = layout.source(scope, graph.outputs[name])
            outputs[name] = Output(name, layout.slot(source, flow), flow)
        if self.problems:
            raise GraphError(self.problems)
        layout.finish()
        return Plan(layout.steps, layout.givens, outputs, layout.producers, layout.types, layout.slot_axes,
                    layout.axes, frozenset(layout.mixed), self.boundary.seeds, self.boundary.located, graph,
                    left_out=self.left_out if self.all else {}, given=self.given)

    def judge_outputs(self) -> None:
        graph = self.checked.graph
        for name in self.only:
            if name not in graph.outputs:
                self.problems.append(Problem(None, f"the graph has no output {name}", nearest(name, graph.outputs)))
            elif name in self.left_out:
                cause = self.left_out[name]
                self.problems.append(Problem(graph.where("outputs", name), f"output {name} cannot be made, since {cause} "
                                             "is muted", f"Take `mute: true` away from {cause}.", at=("outputs", name)))

    def graph_inputs(self) -> dict[str, Any]:
        """The inputs as sources: what was given, or the defaults."""
        checked, names = self.checked, {}
        self.problems += [unknown_input(name, checked.inputs) for name in self.given if name not in checked.inputs]
        for name, port in checked.inputs.items():
            value, where = port.default, None
            folder = checked.graph.folder
            if name in self.given:
                value, folder = self.given[name], Path()
            elif value is MISSING:
                self.problems.append(Problem(checked.graph.where("inputs", name),
                                             f"input {name} has no default and was not given",
                                             f"Give it: --set {name}=..., or {name}=... in Python."))
                continue
            else:
                where = checked.graph.where("inputs", name, "default", value=True)
            try:
                value = accept(port, value) if value is not None or name in self.given else None
            except InputError as error:
                self.problems.append(Problem(where, f"input {name} {error}"))
                continue
            names[name] = self.layout.resolved(port, value, folder, name, where)
        return names


