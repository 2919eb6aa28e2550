"""Every command of the editor by its name: what menus list, keys are bound to and tests call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from nodegraph import graphfile

from . import sharing
from .document import arrange, clipboard, edits, grouping
from .document.document import Document, write_atomically
from .document.edits import EditRefused
from .document.items import Item, collapsed
from .words.speak import has, language, t

if TYPE_CHECKING:
    from .session import Session

PASTE_OFFSET = (32.0, 32.0)
FRAME_MARGIN, FRAME_TITLE = 24.0, 32.0
F = TypeVar("F", bound=Callable[..., Any])
FONT_SCALES = (0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)


class Command(NamedTuple):
    """What a command does, and whether it would do anything now. on_canvas: whether it is done to what the canvas shows.

    Those are not done while the form stands in its place, and their keys without Ctrl or Alt count only while the pointer
    is over it, as in Blender.
    """

    function: Callable[..., Any]
    can: Callable[[Session], bool]
    on_canvas: bool


COMMANDS: dict[str, Command] = {}


_OF_CANVAS = ("edit.", "node.", "palette.", "view.frame_", "view.zoom_", "view.snap", "view.minimap", "view.compact",
              "run.to_selected")
_ANYWHERE = ("edit.undo", "edit.redo", "node.leave")  # those of them that are done in the form too


def _always(session: Session) -> bool:
    return True


def _command(name: str, can: Callable[[Session], bool] = _always) -> Callable[[F], F]:
    def keep(function: F) -> F:
        COMMANDS[name] = Command(function, can, name.startswith(_OF_CANVAS) and name not in _ANYWHERE)
        return function
    return keep


def _any(*kinds: str) -> Callable[[Session], bool]:
    return lambda session: any(item.kind in kinds or not kinds for item in session.selection)


def _several(count: int) -> Callable[[Session], bool]:
    return lambda session: len(session.selection) >= count


# ---- file ---------------------------------------------------------------------------------------------------------

@_command("file.new")
def file_new(session: Session) -> None:
    session.files.new()


@_command("file.open")
def file_open(session: Session) -> None:
    folder = session.document.path.parent if session.document.path else None
    session.ask("open", session.open, folder=str(folder or ""))


@_command("file.open_recent", lambda s: bool(s.settings.recent_files))
def file_open_recent(session: Session) -> None:
    session.ask("recent", session.open, paths=list(session.settings.recent_files))


@_command("file.save")
def file_save(session: Session) -> None:
    session.files.save()


@_command("file.save_as")
def file_save_as(session: Session) -> None:
    path = session.document.path
    session.ask("save_as", session.files.save, folder=str(path.parent if path else ""),
                name=path.name if path else "graph.yaml")


@_command("file.new_from_template")
def file_new_from_template(session: Session) -> None:
    from .document.templates import templates

    session.ask("templates", session.files.open_template, templates=templates())


@_command("app.quit")
def app_quit(session: Session) -> None:
    session.files.close()


# ---- edit ---------------------------------------------------------------------------------------------------------

@_command("edit.undo", lambda s: s.document.steps > 0)
def edit_undo(session: Session) -> None:
    _travel(session, session.document.undo, "status.undone")


@_command("edit.redo", lambda s: bool(s.document.redo_label))
def edit_redo(session: Session) -> None:
    _travel(session, session.document.redo, "status.redone")


def _travel(session: Session, go: Callable[[], str], word: str) -> None:
    before = session.document.graph
    label = go()
    session.after_edit(before)
    session.say(t(word, label=t(label) if has(label) else label))


@_command("edit.copy", _several(1))
def edit_copy(session: Session) -> None:
    session.clipboard.put(clipboard.copied(session.graph, session.selection))
    session.say(t("status.copied", count=len(session.selection)))


@_command("edit.cut", _several(1))
def edit_cut(session: Session) -> None:
    session.clipboard.put(clipboard.copied(session.graph, session.selection))
    session.edit("undo.cut", edits.delete(session.graph, session.selection))


@_command("edit.paste")
def edit_paste(session: Session, at: tuple[float, float] | None = None) -> None:
    text = session.clipboard.get()
    if not text:
        raise EditRefused(t("status.nothing_to_paste"))
    graph, made = clipboard.pasted(session.graph, text, at or session.pointer)
    session.edit("undo.paste", graph)
    session.select(made)


@_command("edit.duplicate", _several(1))
def edit_duplicate(session: Session) -> None:
    graph, made = clipboard.duplicate(session.graph, session.selection, PASTE_OFFSET)
    session.edit("undo.duplicate", graph)
    session.select(made)


@_command("edit.delete", lambda s: bool(s.selection or s.selected_links))
def edit_delete(session: Session) -> None:
    graph = edits.disconnect(session.graph, session.selected_links) if session.selected_links else session.graph
    session.edit("undo.delete", edits.delete(graph, session.selection) if session.selection else graph)


@_command("edit.delete_reconnect", _any("node"))
def edit_delete_reconnect(session: Session) -> None:
    session.edit("undo.delete_reconnect",
                 edits.delete_reconnect(session.graph, session.checked, session.selection))


@_command("edit.select_all")
def edit_select_all(session: Session) -> None:
    session.select(session.boxes())


@_command("edit.select_none")
def edit_select_none(session: Session) -> None:
    session.select()


@_command("edit.find")
def edit_find(session: Session) -> None:
    session.ask("find", session.jump)


@_command("edit.rename", lambda s: len(s.selected("node", "input", "output", "frame", "note")) == 1)
def edit_rename(session: Session) -> None:
    item = session.selected()[0]
    if item.kind in ("frame", "note"):
        session.ask("text", lambda text: session.edit("undo.renamed", edits.set_text(session.graph, item, text)), item=item)
    else:
        session.ask("rename", lambda name: session.rename(item, name), item=item, name=item.name)


# ---- nodes --------------------------------------------------------------------------------------------------------

def _toggle_state(session: Session, state: str) -> None:
    names = [item.name for item in session.selected("node")]
    nodes = session.graph.nodes
    on = all(edits.state_of(nodes[name]) == state for name in names)
    session.edit(f"undo.{state}", edits.set_state(session.graph, names, "normal" if on else state))


@_command("node.mute", _any("node"))
def node_mute(session: Session) -> None:
    _toggle_state(session, "mute")


@_command("node.bypass", _any("node"))
def node_bypass(session: Session) -> None:
    _toggle_state(session, "bypass")


@_command("node.collapse", _any("node"))
def node_collapse(session: Session) -> None:
    chosen = session.selected("node")
    on = not all(collapsed(session.graph, item) for item in chosen)
    session.edit("undo.collapse", edits.collapse(session.graph, chosen, on))


@_command("node.frame")
def node_frame(session: Session) -> None:
    around = arrange.bounds(session.boxes(session.selection).values()) if session.selection else None
    x, y, w, h = around or (*session.pointer, 320.0, 200.0)
    graph, item = edits.add_frame(session.graph, (x - FRAME_MARGIN, y - FRAME_MARGIN - FRAME_TITLE),
                                  (w + 2 * FRAME_MARGIN, h + 2 * FRAME_MARGIN + FRAME_TITLE), t("item.frame.title"))
    session.edit("undo.frame", graph)
    session.select([item])


@_command("node.note")
def node_note(session: Session, at: tuple[float, float] | None = None) -> None:
    graph, item = edits.add_note(session.graph, at or session.pointer, "")
    session.edit("undo.note", graph)
    session.select([item])
    session.do("edit.rename")


@_command("node.group", _any("node"))
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


@_command("node.ungroup", lambda s: any(s.graph.nodes[i.name].is_graph for i in s.selected("node")))
def node_ungroup(session: Session) -> None:
    graph, before = session.graph, {*session.graph.nodes}
    for item in session.selected("node"):
        node = graph.nodes[item.name]
        if node.is_graph:
            inner = Document.open(graph.folder / node.type).graph
            graph = grouping.ungroup(graph, item.name, inner, session.checked)
    session.edit("undo.ungroup", graph)
    session.select(Item("node", name) for name in graph.nodes if name not in before)


@_command("node.enter")
def node_enter(session: Session) -> None:
    chosen = session.selected("node")
    if len(chosen) == 1 and session.graph.nodes[chosen[0].name].is_graph:
        session.files.enter(chosen[0].name)
    else:
        session.palette_at()


@_command("node.leave", lambda s: bool(s.files.levels))
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
    _command(f"node.align_{_edge}", _several(2))(_arranged(_edge, False))
for _edge in ("x", "y"):
    _command(f"node.distribute_{_edge}", _several(3))(_arranged(_edge, True))


@_command("node.layout")
def node_layout(session: Session) -> None:
    chosen = session.selection if len(session.selection) > 1 else None
    session.edit("undo.layout", arrange.arranged(session.graph, session.room_table(session.graph), chosen))
    session.see(session.boxes(chosen))


# ---- view ---------------------------------------------------------------------------------------------------------

@_command("view.frame_all")
def view_frame_all(session: Session) -> None:
    session.see(session.boxes())


@_command("view.frame_selected", _several(1))
def view_frame_selected(session: Session) -> None:
    session.see(session.boxes(session.selection))


@_command("view.zoom_in")
def view_zoom_in(session: Session) -> None:
    session.zoom(1.25)


@_command("view.zoom_out")
def view_zoom_out(session: Session) -> None:
    session.zoom(0.8)


@_command("view.zoom_reset")
def view_zoom_reset(session: Session) -> None:
    session.zoom(1.0 / session.view.zoom)


@_command("view.minimap")
def view_minimap(session: Session) -> None:
    session.change_settings(minimap=not session.settings.minimap)


@_command("view.inspector")
def view_inspector(session: Session) -> None:
    session.change_settings(inspector=not session.settings.inspector)


@_command("view.snap")
def view_snap(session: Session) -> None:
    session.change_settings(snap=not session.settings.snap)


@_command("view.theme")
def view_theme(session: Session) -> None:
    session.change_settings(theme="light" if session.settings.theme == "dark" else "dark")


@_command("view.language")
def view_language(session: Session) -> None:
    from .words.speak import set_language

    session.change_settings(language="en" if language() == "zh" else "zh")
    set_language(session.settings.language)


@_command("view.font_larger")
def view_font_larger(session: Session) -> None:
    _font(session, (scale for scale in FONT_SCALES if scale > session.settings.font_scale))


@_command("view.font_smaller")
def view_font_smaller(session: Session) -> None:
    _font(session, (scale for scale in reversed(FONT_SCALES) if scale < session.settings.font_scale))


def _font(session: Session, scales: Iterable[float]) -> None:
    session.change_settings(font_scale=next(iter(scales), session.settings.font_scale))


@_command("view.compact")
def view_compact(session: Session) -> None:
    session.change_settings(compact=not session.settings.compact)


def _panel(name: str) -> Callable[[Session], None]:
    def function(session: Session) -> None:
        session.panels ^= {name}
        session.touch()
    return function


for _name in ("form", "gallery", "problems"):
    _command(f"view.{_name}")(_panel(_name))


# ---- palette, run, help -------------------------------------------------------------------------------------------

@_command("palette.open")
def palette_open(session: Session, at: tuple[float, float] | None = None) -> None:
    session.palette_at(at)


@_command("run.all", lambda s: bool(s.graph.nodes))
def run_all(session: Session) -> None:
    session.running.run()


@_command("run.to_selected", _any("node", "output"))
def run_to_selected(session: Session) -> None:
    outputs = session.graph.outputs
    names = [outputs[item.name].name if item.kind == "output" else item.name
             for item in session.selected("node", "output")]
    session.running.run(names)


@_command("run.on_change")
def run_on_change(session: Session) -> None:
    session.change_settings(run_on_change=not session.settings.run_on_change)
    if session.settings.run_on_change and session.graph.nodes:
        session.running.run(supersede=True)


@_command("run.stop", lambda s: s.runner.busy)
def run_stop(session: Session) -> None:
    session.running.stop()


@_command("help.node")
def help_node(session: Session) -> None:
    chosen = session.selected("node")
    known = session.checked.nodes[chosen[0].name].nodetype if len(chosen) == 1 else None
    if known is None:
        session.ask("shortcuts")
    else:
        session.ask("help", name=known.name)


@_command("help.shortcuts")
def help_shortcuts(session: Session) -> None:
    session.ask("shortcuts")


@_command("help.about")
def help_about(session: Session) -> None:
    session.ask("about")


# ---- packs and sharing --------------------------------------------------------------------------------------------

@_command("view.packs")
def view_packs(session: Session) -> None:
    session.ask("packs")


@_command("file.share", lambda s: bool(s.graph.nodes))
def file_share(session: Session) -> None:
    sharing.share(session)


@_command("edit.copy_without_texts", lambda s: bool(s.graph.nodes))
def edit_copy_without_texts(session: Session) -> None:
    sharing.copy_without_texts(session)
