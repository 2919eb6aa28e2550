"""What was chosen in the palette, put on the canvas and linked to what was dragged there, in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nodegraph import Graph, Ref
from nodegraph.editing import ANY, MISSING, Port

from ..canvas import placing
from ..document import edits
from ..document.edits import EditRefused
from ..document.items import Item, Target, placed, position, with_fact
from ..document.ports import flow_of, input_at
from ..words.speak import t
from .finding import Found
from .palette import Entry, Fits, fits_from, fits_into

if TYPE_CHECKING:
    from ..asking import PaletteRequest
    from ..session import Session

LINK_HEIGHT = 44.0  # how far below a node's upper edge its first pin is
WIDTH = 224.0  # of a new node, about
FRAME = (360.0, 240.0)
_FIRST = {"Text": "", "Choice": "a", "Int": 0, "Float": 0.0, "Bool": False, "Seed": 0, "Color": "#808080"}


def fits_of(session: Session, request: PaletteRequest) -> tuple[Fits | None, str]:
    """What the palette is filtered by for this request, and the type that it is about; None and "" for everything."""
    if request.source is not None:
        flow = flow_of(session.checked, request.source)
        return (fits_from(flow), flow.type.name) if flow is not None else (None, "")
    if request.target is not None:
        port = port_at(session, request.target)
        node = session.checked.nodes.get(request.target.name)
        maps = node is None or node.nodetype is None or node.nodetype.batch is None
        return fits_into(port, maps), port.type.name
    return None, ""


def port_at(session: Session, target: Target) -> Port:
    """The port that a link to here would end in."""
    if target.kind == "node":
        found = input_at(session.checked, target.name, target.port)
        if found is not None:
            return found
    return Port(target.port, ANY)


def add(session: Session, request: PaletteRequest, found: Found) -> None:
    """Add it where the palette was opened, link it, select it. Raises EditRefused."""
    entry, fit = found.entry, found.fit
    if entry.problem:
        raise EditRefused(entry.problem)
    if entry.kind in ("node", "switch", "pick", "graph"):
        graph, item = edits.add_node(session.graph, entry.name, _place(request), name=_name(entry))
    else:
        graph, item = _ADDED[entry.kind](session, request, entry)
    if fit is not None and item.kind != "output":
        graph = linked(session, graph, request, item, fit.port)
    session.edit("undo.added", aside(session, graph, item))
    session.select([item])
    session.change_settings(recent_nodes=session.settings.with_recent_node(entry.id).recent_nodes)
    if entry.kind == "note":
        session.do("edit.rename")


def aside(session: Session, graph: Graph, item: Item) -> Graph:
    """The graph with an item that has just come beside what it would cover. Notes and frames lie where they were put."""
    at = position(graph, item)
    if item.kind not in ("node", "input", "output") or at is None:
        return graph
    size = placing.sizes(graph, session.checker(graph), {})[item]
    there = {one: box for one, box in session.boxes().items() if one.kind not in ("frame", "dot")}
    return with_fact(graph, [item], "at", placed(placing.clear_of(at, size, there.values())))


def linked(session: Session, graph: Graph, request: PaletteRequest, item: Item, port: str) -> Graph:
    """The graph with the dragged link joined to a port of the new item."""
    checked = session.checker(graph)
    if request.source is not None and item.kind == "node":
        return edits.connect(graph, checked, request.source, Target("node", item.name, port))
    if request.target is not None and item.kind in ("node", "input"):
        return edits.connect(graph, checked, Ref(item.name, port or None), request.target)
    return graph


def _name(entry: Entry) -> str:
    return entry.name if entry.kind in ("switch", "pick") else ""


def _place(request: PaletteRequest) -> tuple[float, float]:
    """The upper left corner, so that the pin that is linked lies where the link was dropped."""
    x, y = request.at
    if request.target is not None:
        return x - WIDTH, y - LINK_HEIGHT
    return (x, y - LINK_HEIGHT) if request.source is not None else (x, y)


def _input(session: Session, request: PaletteRequest, entry: Entry) -> tuple[Graph, Item]:
    if request.target is not None:
        port = port_at(session, request.target)
        node = session.graph.nodes.get(request.target.name)
        value: Any = node.inputs.get(port.name, port.default) if node is not None else MISSING
        like = edits.input_like(port, MISSING if isinstance(value, Ref | list) else value)
        graph, item = edits.add_input(session.graph, port.name or "input", entry.name, _place(request))
        return edits.set_input(graph, item.name, **like._replace(type=entry.name)._asdict()), item
    more = {"choices": ("a", "b")} if entry.name == "Choice" else {}
    return edits.add_input(session.graph, entry.name.lower(), entry.name, _place(request), _FIRST.get(entry.name),
                           entry.name in _FIRST, **more)


def _output(session: Session, request: PaletteRequest, entry: Entry) -> tuple[Graph, Item]:
    if request.source is None:
        raise EditRefused(t("refused.output_needs_link"))
    return edits.add_output(session.graph, request.source, _place(request))


def _note(session: Session, request: PaletteRequest, entry: Entry) -> tuple[Graph, Item]:
    return edits.add_note(session.graph, request.at, t("note.text"))


def _frame(session: Session, request: PaletteRequest, entry: Entry) -> tuple[Graph, Item]:
    return edits.add_frame(session.graph, request.at, FRAME, t("frame.title"))


_ADDED = {"input": _input, "output": _output, "note": _note, "frame": _frame}
