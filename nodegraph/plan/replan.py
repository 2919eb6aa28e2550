"""The Plan of a graph in which only literals changed, made from the one before."""

from __future__ import annotations

from copy import copy

from ..check import Checked, CheckedNode
from ..errors import GraphError
from ..graph import Ref
from . import keys
from .inputs import Boundary, Expand, Literal, Locate
from .steps import Plan, Step


def replan(before: Plan, checked: Checked, names: list[str], locate: Locate | None = None,
           expand: Expand | None = None) -> Plan | None:
    """The Plan of a graph in which only literals of some nodes differ (see `check.recheck`); None if it needs more.

    Takes time for the nodes that changed, and for copying a list of steps.
    """
    if before.seeds or not before.flat:
        return None
    boundary = Boundary(locate, expand, None, {})
    steps = list(before.steps)
    for name in names:
        index = before.names.get(name)
        if index is None:
            continue  # no output needs it
        step = _relit(steps[index], checked.nodes[name], checked, boundary)
        if step is None or boundary.seeds:
            return None
        steps[index] = step
    if boundary.problems:
        raise GraphError(boundary.problems)
    changed = {(folder, value) for _, value, folder, _ in boundary.located}
    located = [row for row in before.located if (row[2], row[1]) not in changed] + boundary.located
    return Plan(steps, before.givens, before.outputs, before.producers, before.types, before.slot_axes, before.axes,
                before.mixed, {}, located, checked.graph, before.before or before, before.left_out, before.given)


def _relit(step: Step, node: CheckedNode, checked: Checked, boundary: Boundary) -> Step | None:
    """A step like this one with the literals of a node that was edited; None where that is not enough."""
    nodetype = step.nodetype
    literals, contents = {}, {}
    linked = set(step.ports)
    for port_name, value in node.node.inputs.items():
        if port_name in linked:
            continue
        port = nodetype.inputs[port_name]
        if type(value) is Ref:  # a graph input, whose value stands in the step
            if port.type.located:
                return None  # what counts for the file is not known here
            literals[port_name] = step.literals[port_name]
            continue
        literal = Literal((node.literals or {}).get(port_name))
        if port.type.outside:
            where = checked.graph.where("nodes", step.local_name, port_name, value=True)
            literal = boundary.literal(port.type, literal.value, checked.graph.folder, f"{step.name}.{port_name}",
                                       where, port.many)
        literals[port_name] = literal.value
        if literal.content is not None:
            contents[port_name] = literal.content
    for port_name in (*nodetype.models, *nodetype.recipes, *nodetype.blank):
        if port_name not in node.node.inputs and port_name in step.literals:
            literals[port_name] = step.literals[port_name]
    edited = copy(step)
    edited.literals = literals
    edited.base = keys.base(nodetype, literals, step.ports, contents)
    return edited
