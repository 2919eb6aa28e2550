"""What a press of a button means that does not become a drag."""

from __future__ import annotations

from nodegraph.editing import BOOL

from ..document import edits
from ..document.items import with_fact
from .box import DOT
from .cards import act, seek
from .overlay import Pressed
from .stage import Stage
from .values import clicked_value, port_at, type_value


def pressed_left(stage: Stage, pressed: Pressed) -> None:
    """Select what is pressed already, so that it can be dragged at once."""
    hit, session = pressed.hit, stage.session
    parts = ("title", "item", "thumbnail", "corner", "collapse", "more", "value")
    if hit.kind in parts and not (pressed.ctrl or pressed.shift) \
            and hit.item is not None and hit.item not in session.selection:
        session.select([hit.item])


def clicked(stage: Stage, pressed: Pressed) -> None:
    """A press and a release in the same place."""
    hit, session = pressed.hit, stage.session
    more = pressed.ctrl or pressed.shift
    if hit.kind == "button" and hit.item is not None:
        act(session, hit.button, hit.item)
    elif hit.kind == "more" and hit.item is not None and not more:
        session.edit("undo.collapse", with_fact(session.graph, [hit.item], "open", stage.scene.boxes[hit.item].folded > 0))
    elif hit.kind == "collapse" and hit.item is not None and not more:
        on = not stage.scene.boxes[hit.item].collapsed
        session.edit("undo.collapse", edits.collapse(session.graph, [hit.item], on))
    elif hit.item is not None and hit.kind in ("pin", "title", "item", "thumbnail", "corner", "collapse", "value", "badge"):
        session.select([hit.item], toggle=pressed.ctrl, add=pressed.shift and not pressed.ctrl)
        shown = hit.picture
        if shown is not None and not more and session.played is not None:  # while something is heard, a click goes there
            left = stage.scene.at[hit.item][0] + shown.x
            seek(session, hit.item, shown.port, (pressed.at[0] - left) / shown.width)
        port = port_at(pressed)
        if port is not None and not more:
            clicked_value(session, hit.item, port)
    elif hit.link is not None:
        session.select(links=[hit.link], toggle=pressed.ctrl, add=pressed.shift and not pressed.ctrl)
    elif not more:
        session.select()


def double_clicked(stage: Stage, pressed: Pressed) -> bool:
    """What a double click does; whether it does anything."""
    hit, session = pressed.hit, stage.session
    if hit.kind == "nothing":
        session.palette_at(pressed.at)
    elif hit.kind == "link":
        at = pressed.at[0] - DOT / 2, pressed.at[1] - DOT / 2
        made = session.attempt(edits.add_dot, session.graph, hit.link, at)
        if made is not None:
            session.edit("undo.dot", made[0])
            session.select([made[1]])
    elif hit.item is None:
        return False
    elif hit.kind == "value":
        port = port_at(pressed)
        if port is None or port.choices:
            return False
        if port.type is not BOOL:
            type_value(session, hit.item, port)
    elif hit.kind == "thumbnail" and hit.picture is not None:
        act(session, "large", hit.item, hit.picture.port)
    elif hit.kind in ("title", "item") and hit.item.kind == "node" and session.graph.nodes[hit.item.name].is_graph:
        session.select([hit.item])
        session.do("node.enter")
    elif hit.kind == "title" and hit.item.kind != "dot" or hit.kind == "item" and hit.item.kind == "note":
        session.select([hit.item])
        session.do("edit.rename")
    else:
        return False
    return True


def menu(stage: Stage, pressed: Pressed) -> None:
    """A right click: the menu of what is there, or the palette."""
    hit, session = pressed.hit, stage.session
    if hit.kind == "nothing":
        session.palette_at(pressed.at)
        return
    if hit.item is not None and hit.item not in session.selection:
        session.select([hit.item])
    elif hit.link is not None and hit.link not in session.selected_links:
        session.select(links=[hit.link])
    session.ask("context", item=hit.item, link=hit.link, at=pressed.at,
                pin=hit.pin.pin.end if hit.pin is not None else None)
