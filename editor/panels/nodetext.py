"""What the canvas says about a node or a pin while the pointer rests on it: lines of words, each with a role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nodegraph import Ref
from nodegraph.editing import MISSING, short

from ..canvas.box import PinAt, Status
from ..canvas.lettering import brief, seconds_words
from ..document.items import Item, Target, linked_at
from ..document.ports import flow_of
from ..words.speak import helped, name_of, t, translated
from .palette import flow_title, type_title

if TYPE_CHECKING:
    from ..session import Session

Lines = list[tuple[str, str]]  # role ("title", "text", "dim", "error"), words


def about_pin(session: Session, at: PinAt) -> Lines:
    """Name, type, help and value of a pin, what is linked there, and what is wrong with it."""
    pin, port = at.pin, at.pin.port
    if isinstance(pin.end, Ref):
        flow = flow_of(session.checked, pin.end)
        name = pin.end.port or (port.name if port is not None else pin.label)
        lines = [("title", name), ("dim", flow_title(flow.type, flow.many) if flow is not None else type_title(pin.type.name))]
    else:
        name = pin.end.port or pin.end.name
        lines = [("title", name), ("dim", flow_title(port.type, port.many) if port is not None else type_title(pin.type.name))]
    if port is not None:
        if port.help:
            lines.append(("text", port.help))
        if not pin.gives and (port.range is not None or port.choices):
            lines.append(("dim", str(port.range) if port.range is not None else ", ".join(port.choices or ())))
    if isinstance(pin.end, Target):
        sources = linked_at(session.graph, pin.end)
        if sources:
            lines.append(("text", t("inspector.linked", source=", ".join(str(ref)[1:] for ref in sources))))
        elif at.item.kind == "node":
            inputs = session.graph.nodes[at.item.name].inputs
            value: Any = inputs.get(pin.end.port, port.default if port is not None else MISSING)
            if value is not MISSING and value is not None:
                lines.append(("text", brief(value) if not isinstance(value, str) else short(value, 160)))
    return lines + [("error", translated(found.problem.message)) for found in session.problems
                    if found.item == at.item and not pin.gives and found.port == pin.end.port]


def about_node(session: Session, item: Item, status: Status | None) -> Lines:
    """What a node is, how its last run went, and what is wrong with it."""
    lines: Lines = [("title", item.name)]
    graph = session.graph
    if item.kind == "node" and item.name in graph.nodes:
        type_name = graph.nodes[item.name].type
        words = name_of("node", type_name)
        lines.append(("dim", type_name if words == type_name else f"{words} ({type_name})"))
        known = session.checked.nodes.get(item.name)
        nodetype = known.nodetype if known is not None else None
        help_ = helped(nodetype.name, nodetype.help) if nodetype is not None else ""
        if help_:
            lines.append(("text", help_.split("\n\n")[0]))
        state = session.states.get(item.name)
        if state is not None and state.status:
            told = t(f"state.{'done' if state.status == 'ran' else state.status}")
            lines.append(("dim", f"{told}, {seconds_words(state.seconds)}" if state.seconds else told))
            if state.error:
                lines.append(("error", state.error))
    elif item.kind == "input" and item.name in graph.inputs:
        made = graph.inputs[item.name]
        lines.append(("dim", made.type))
        lines += [("text", made.help)] if made.help else []
        lines += [("text", brief(made.default))] if made.has_default and made.default is not None else []
    elif item.kind == "output" and item.name in graph.outputs:
        lines.append(("dim", str(graph.outputs[item.name])[1:]))
    return lines + [("error", translated(found.problem.message))
                    for found in session.problems if found.item == item]
