"""Commands that change what is selected: undo, copy, delete, rename."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..document import clipboard, edits
from ..document.edits import EditRefused
from ..words.speak import has, t
from .table import command, of_kind, several

if TYPE_CHECKING:
    from ..session import Session

PASTE_OFFSET = (32.0, 32.0)


@command("edit.undo", lambda s: s.document.steps > 0)
def edit_undo(session: Session) -> None:
    _travel(session, session.document.undo, "status.undone")


@command("edit.redo", lambda s: bool(s.document.redo_label))
def edit_redo(session: Session) -> None:
    _travel(session, session.document.redo, "status.redone")


def _travel(session: Session, go: Callable[[], str], word: str) -> None:
    before = session.document.graph
    label = go()
    session.after_edit(before)
    session.say(t(word, label=t(label) if has(label) else label))


@command("edit.copy", several(1))
def edit_copy(session: Session) -> None:
    session.clipboard.put(clipboard.copied(session.graph, session.selection))
    session.say(t("status.copied", count=len(session.selection)))


@command("edit.cut", several(1))
def edit_cut(session: Session) -> None:
    session.clipboard.put(clipboard.copied(session.graph, session.selection))
    session.edit("undo.cut", edits.delete(session.graph, session.selection))


@command("edit.paste")
def edit_paste(session: Session, at: tuple[float, float] | None = None) -> None:
    text = session.clipboard.get()
    if not text:
        raise EditRefused(t("status.nothing_to_paste"))
    graph, made = clipboard.pasted(session.graph, text, at or session.pointer)
    session.edit("undo.paste", graph)
    session.select(made)


@command("edit.duplicate", several(1))
def edit_duplicate(session: Session) -> None:
    graph, made = clipboard.duplicate(session.graph, session.selection, PASTE_OFFSET)
    session.edit("undo.duplicate", graph)
    session.select(made)


@command("edit.delete", lambda s: bool(s.selection or s.selected_links))
def edit_delete(session: Session) -> None:
    graph = edits.disconnect(session.graph, session.selected_links) if session.selected_links else session.graph
    session.edit("undo.delete", edits.delete(graph, session.selection) if session.selection else graph)


@command("edit.delete_reconnect", of_kind("node"))
def edit_delete_reconnect(session: Session) -> None:
    session.edit("undo.delete_reconnect",
                 edits.delete_reconnect(session.graph, session.checked, session.selection))


@command("edit.select_all")
def edit_select_all(session: Session) -> None:
    session.select(session.boxes())


@command("edit.select_none")
def edit_select_none(session: Session) -> None:
    session.select()


@command("edit.find")
def edit_find(session: Session) -> None:
    session.ask("find", session.jump)


@command("edit.rename", lambda s: len(s.selected("node", "input", "output", "frame", "note")) == 1)
def edit_rename(session: Session) -> None:
    item = session.selected()[0]
    if item.kind in ("frame", "note"):
        session.ask("text", lambda text: session.edit("undo.renamed", edits.set_text(session.graph, item, text)), item=item)
    else:
        session.ask("rename", lambda name: session.rename(item, name), item=item, name=item.name)
