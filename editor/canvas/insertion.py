"""A node that goes into a link: whether it fits there, and by which of its ports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nodegraph import Graph, Ref
from nodegraph.editing import MISSING, Checked, Port, refs

from ..document import edits
from ..document.items import Link, Target
from ..document.ports import flow_of, inputs_of, outputs_of, ref_to, refusal
from ..words.speak import t

if TYPE_CHECKING:
    from ..session import Session


def insertion(checked: Checked, name: str, link: Link) -> tuple[str, Ref] | None:
    """The input and the output by which a node would go into a link; None where it does not fit there."""
    if name in (link.source.name, link.target.name):
        return None
    flow = flow_of(checked, link.source)
    if flow is None:
        return None
    given = checked.graph.nodes[name].inputs
    ports = sorted(by_likeness(inputs_of(checked, name), flow.type), key=lambda port: _stands(given.get(port.name)))
    into = next((port.name for port in ports
                 if not refusal(checked, link.source, Target("node", name, port.name))), None)
    if into is None:
        return None
    for port in outputs_of(checked, name):
        ref = ref_to(checked, name, port)
        if not refusal(checked, ref, link.target):
            return into, ref
    return None


def _stands(value: Any) -> int:
    """What a link would take the place of: nothing, another link, or, last of all, something that was typed."""
    return 0 if value is None else 1 if refs(value) else 2


def by_likeness(ports: Iterable[Port], type_: Any) -> list[Port]:
    """Ports with those of just this type first, and those that must be given before others."""
    return sorted(ports, key=lambda port: (port.type is not type_, port.default is not MISSING))


def insert(session: Session, graph: Graph, name: str, link: Link) -> Graph:
    """A node put into a link: what flowed there flows into it, and what it gives flows on."""
    checked = replace(session.checked, graph=graph)
    found = insertion(checked, name, link)
    if found is None:
        raise edits.EditRefused(t("refused.between", name=name, one=link.source.name, other=link.target.name))
    graph = edits.connect(graph, checked, link.source, Target("node", name, found[0]))
    return edits.connect(graph, session.checker(graph), found[1], link.target)
