"""Commands on nodes: off and on, frames and notes, groups, places."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nodegraph.editing import graphfile

from ..document import arrange, edits, grouping, ungrouping
from ..document.document import Document, write_atomically
from ..document.edits import EditRefused
from ..document.items import Item, collapsed
from ..words.speak import t
from .table import command, of_kind, several

if TYPE_CHECKING:
    from ..session import Session

FRAME_MARGIN, FRAME_TITLE = 24.0, 32.0


def _toggle_state(session: Session, state: str) -> None:
    names = [item.name for item in session.selected("node")]
    nodes = session.graph.nodes
    on = all(edits.state_of(nodes[name]) == state for name in names)
    session.edit(f"undo.{state}", edits.set_state(session.graph, names, "normal" if on else state))


@command("node.mute", of_kind("node"))
def node_mute(session: Session) -> None:
    _toggle_state(session, "mute")


@command("node.bypass", of_kind("node"))
def node_bypass(session: Session) -> None:
    _toggle_state(session, "bypass")


@command("node.collapse", of_kind("node"))
def node_collapse(session: Session) -> None:
    chosen = session.selected("node")
    on = not all(collapsed(session.graph, item) for item in chosen)
    session.edit("undo.collapse", edits.collapse(session.graph, chosen, on))


@command("node.frame")
def node_frame(session: Session) -> None:
    around = arrange.bounds(session.boxes(session.selection).values()) if session.selection else None
    x, y, w, h = around or (*session.pointer, 320.0, 200.0)
    graph, item = edits.add_frame(session.graph, (x - FRAME_MARGIN, y - FRAME_MARGIN - FRAME_TITLE),
                                  (w + 2 * FRAME_MARGIN, h + 2 * FRAME_MARGIN + FRAME_TITLE), t("item.frame.title"))
    session.edit("undo.frame", graph)
    session.select([item])


@command("node.note")
def node_note(session: Session, at: tuple[float, float] | None = None) -> None:
    graph, item = edits.add_note(session.graph, at or session.pointer, "")
    session.edit("undo.note", graph)
    session.select([item])
    session.do("edit.rename")


@command("node.group", of_kind("node"))
def node_group(session: Session) -> None:
    if session.document.path is None:
        raise EditRefused(t("error.save_first"))
    session.ask("group", lambda name: group(session, name), name="group")


def group(session: Session, name: str) -> None:
    """Move the selected nodes into a graph file of their own, beside this one."""
    folder = session.document.graph.folder
    name = edits.free_name(name, ())
    number, path = 1, folder / f"{name}.yaml"
    while path.exists():
        number += 1
        path = folder / f"{name}{number}.yaml"
    made = grouping.group(session.graph, session.checked, session.selection, path.stem, folder)
    write_atomically(made.path, graphfile.dumps(made.inner))
    session.edit("undo.group", made.graph)
    session.select(Item("node", name) for name, node in made.graph.nodes.items() if node.type == f"./{made.path.name}")
    session.say(t("status.grouped", name=made.path.name))


@command("node.ungroup", lambda s: any(s.graph.nodes[i.name].is_graph for i in s.selected("node")))
def node_ungroup(session: Session) -> None:
    graph, before = session.graph, {*session.graph.nodes}
    for item in session.selected("node"):
        node = graph.nodes[item.name]
        if node.is_graph:
            inner = Document.open(graph.folder / node.type).graph
            graph = ungrouping.ungroup(graph, item.name, inner, session.checked)
    session.edit("undo.ungroup", graph)
    session.select(Item("node", name) for name in graph.nodes if name not in before)


@command("node.enter")
def node_enter(session: Session) -> None:
    chosen = session.selected("node")
    if len(chosen) == 1 and session.graph.nodes[chosen[0].name].is_graph:
        session.files.enter(chosen[0].name)
    else:
        session.palette_at()


@command("node.leave", lambda s: bool(s.files.levels))
def node_leave(session: Session) -> None:
    session.files.leave()


def _arranged(edge: str, spread: bool) -> Callable[[Session], None]:
    def function(session: Session) -> None:
        boxes = session.boxes(session.selection)
        places = arrange.distribute(boxes, edge) if spread else arrange.align(boxes, edge)
        kind = "distribute" if spread else "align"
        session.edit(f"undo.{kind}", edits.move(session.graph, places))
    return function


for _edge in ("left", "right", "top", "bottom", "center_x", "center_y"):
    command(f"node.align_{_edge}", several(2))(_arranged(_edge, False))
for _edge in ("x", "y"):
    command(f"node.distribute_{_edge}", several(3))(_arranged(_edge, True))


@command("node.layout")
def node_layout(session: Session) -> None:
    chosen = session.selection if len(session.selection) > 1 else None
    session.edit("undo.layout", arrange.arranged(session.graph, session.room_table(session.graph), chosen))
    session.see(session.boxes(chosen))
