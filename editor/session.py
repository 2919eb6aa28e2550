"""The editor without a window: documents, what is selected and seen, commands, and how the last run goes.

Everything a mouse or a key can do goes through here, so all of it can be driven from a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph.check import Checked
from nodegraph.errors import GraphError, NodegraphError
from nodegraph.graph import Graph, Ref
from nodegraph.packs import Catalogue
from nodegraph.types import TEXT

from .document import arrange
from .document import edits
from . import settings as kept
from .document.document import Document, recoveries, write_atomically
from .document.edits import EditRefused
from .runs.gallery import Gallery
from .document.items import Item, Link, Target, collapsed, exists, items, links, position, with_facts
from .panels.judge import Found, Judged, judge
from .document.ports import inputs_of, outputs_of
from .runs.progress import Progress
from .runs.runner import Runner
from .canvas.scene import MOST_PICTURES, PICTURE_HEIGHT, PICTURED_WIDTH
from .settings import Settings
from .shortcuts import Shortcuts
from .document.slices import runnable, sinks
from .words.speak import t, translated

DEBOUNCE = 0.4  # seconds between the last edit and a run on change
PICTURE_ROOM, TEXT_ROOM = PICTURE_HEIGHT + 8, 72.0  # canvas units, for a result that is not there yet
WATCH = 1.0  # seconds between two looks at the file on disk


class View(NamedTuple):
    """What of the canvas is seen: the canvas point in the widget's upper left corner, and the scale.

    A canvas point (a, b) is shown at ((a - x) * zoom, (b - y) * zoom), in pixels of the widget.
    """

    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """The canvas point that is shown at a pixel of the widget."""
        return self.x + x / self.zoom, self.y + y / self.zoom

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of the widget at which a canvas point is shown."""
        return (x - self.x) * self.zoom, (y - self.y) * self.zoom


@dataclass
class NodeState:
    """How a node is doing. status: "", "waiting", "running", "ran", "cached", "failed" or "skipped".

    thumbnails: by output port; the one under "" shows what is being made while the node runs.
    stale: what is shown no longer follows from the graph.
    """

    status: str = ""
    done: float = 0.0
    total: float | None = None
    text: str = ""
    seconds: float = 0.0
    error: str = ""
    report: str = ""
    stale: bool = False
    thumbnails: dict[str, Any] = field(default_factory=dict)


class Dialog(NamedTuple):
    """Something the window has to ask or show. answer: called with what was chosen, as each kind says.

    kinds: "open" and "save_as" (answer(path)), "unsaved" (answer("save" | "discard" | "cancel")),
    "changed_on_disk" (answer("reload" | "keep")), "recover" (answer(recovery | None)), "rename", "text"
    (answer(text)), "find" (answer(item)), "context" (data: item or link, at), "group" (answer(name)), "shortcuts",
    "about", "templates" (answer(path)), "recent" (answer(path)), "error" (data: title, text).
    """

    kind: str
    data: dict[str, Any]
    answer: Callable[..., None]


class PaletteRequest(NamedTuple):
    """The palette is open: at a canvas point; source or target: the end of a link that was dropped there."""

    at: tuple[float, float]
    source: Ref | None = None
    target: Target | None = None


class Clipboard:
    """Where copied nodes lie. This one is the session's own; a window puts the system's in its place."""

    def __init__(self) -> None:
        self._text = ""

    def get(self) -> str:
        """The text that lies there."""
        return self._text

    def put(self, text: str) -> None:
        """Lay a text there."""
        self._text = text


class Level(NamedTuple):
    """A document that was left for a graph inside it."""

    document: Document
    node: str
    view: View
    states: dict[str, NodeState]


class Session:
    """See the module's text. `revision` goes up with whatever a view must be painted again for."""

    def __init__(self, *, checker: Callable[[Graph], Checked], catalogue: Catalogue, runner: Runner,
                 settings: Settings | None = None, shortcuts: Shortcuts | None = None,
                 folder: Path | None = None):
        from .commands import COMMANDS

        self.checker, self.catalogue, self.runner = checker, catalogue, runner
        self.settings = settings or Settings()
        self.shortcuts = shortcuts or Shortcuts.usual()
        self.folder, self.commands = folder, COMMANDS
        self.clipboard, self.gallery = Clipboard(), Gallery()
        self.document, self.levels = Document(), []
        self.selection: frozenset[Item] = frozenset()
        self.selected_links: frozenset[Link] = frozenset()
        self.view, self.canvas_size = View(), (1200.0, 800.0)
        self.pointer = (200.0, 150.0)
        self.sizes: Mapping[Item, tuple[float, float]] = {}
        self.states: dict[str, NodeState] = {}
        self.dialog: Dialog | None = None
        self.palette: PaletteRequest | None = None
        self.panels: set[str] = set()  # those that are open: form, gallery, problems
        self.closing = False
        self.message, self.message_kind = "", "info"
        self.revision = 0
        self.progress = Progress()
        self._now = self._edited = self._saved = self._watched = 0.0
        self._due: float | None = None
        self._shown: tuple[Graph, Graph] | None = None
        self._judged: tuple[Graph, Judged] | None = None

    # -- what is being edited

    @property
    def graph(self) -> Graph:
        """The document's graph, with a place for everything: what the file does not place stands where it fits."""
        document = self.document.graph
        if self._shown is None or self._shown[0] is not document:
            self._shown = document, self._placed(document)
        return self._shown[1]

    def _placed(self, graph: Graph) -> Graph:
        missing = [item for item in items(graph) if position(graph, item) is None]
        if not missing:
            return graph
        places = arrange.missing_positions(graph, self.room_table(graph))
        # Only what has no place gets one: a gesture that moves nothing writes no layout.
        return with_facts(graph, {item: {**dict(_facts(graph, item)), "at": edits.placed(places[item])}
                                  for item in missing if item in places})

    def size_table(self, graph: Graph | None = None) -> dict[Item, tuple[float, float]]:
        """How large each item is drawn, or about how large where it was not drawn yet."""
        graph = graph or self.graph
        return {item: self.sizes.get(item) or _about_size(graph, item, self.checked_of(graph))
                for item in items(graph)}

    def room_table(self, graph: Graph | None = None) -> dict[Item, tuple[float, float]]:
        """The room to leave for each item: its size, and for a node that has not run yet, that of its pictures too."""
        graph = graph or self.graph
        checked, rooms = self.checked_of(graph), self.size_table(graph)
        for item, (width, height) in rooms.items():
            state = self.states.get(item.name)
            if item.kind == "node" and checked is not None and not collapsed(graph, item) and not (
                    state is not None and state.thumbnails):
                shown = list(outputs_of(checked, item.name).values())[:MOST_PICTURES]
                more = sum(PICTURE_ROOM if flow.type.preview and flow.type is not TEXT else TEXT_ROOM for flow in shown)
                rooms[item] = max(width, PICTURED_WIDTH), height + more
        return rooms

    def checked_of(self, graph: Graph) -> Checked | None:
        """What was found out about the last graph that was judged, if it has these very nodes."""
        if self._judged is not None and self._judged[0].nodes is graph.nodes:
            return self._judged[1].checked
        return None

    @property
    def judged(self) -> Judged:
        """What is known about the graph as it is now."""
        graph = self.document.graph
        if self._judged is None or not _means_same(self._judged[0], graph):
            self._judged = graph, judge(graph, self.checker)
        return self._judged[1]

    @property
    def checked(self) -> Checked:
        """What `check` found out about the graph as it is now."""
        return self.judged.checked

    @property
    def problems(self) -> list[Found]:
        """What is wrong, by place."""
        return self.judged.found

    def edit(self, label: str, graph: Graph, merge: str = "") -> bool:
        """Make this the graph: one step that can be undone. label: the key of the words for the step."""
        before = self.document.graph
        if self._shown is not None and graph.layout is self._shown[1].layout and self._shown[0] is before:
            graph = graph.with_layout(before.layout) if graph.nodes is before.nodes else \
                replace(graph, layout=before.layout)  # nothing was moved: what the file does not place stays so
        if not self.document.edit(label, graph, merge):
            return False
        self.after_edit(before)
        return True

    def after_edit(self, before: Graph) -> None:
        """Take in that the document's graph is another one than before."""
        graph = self.document.graph
        self.selection = frozenset(item for item in self.selection if exists(graph, item))
        if self.selected_links:
            there = set(links(graph))
            self.selected_links = frozenset(link for link in self.selected_links if link in there)
        if not _means_same(before, graph):
            self._edited = self._now
            if self.settings.run_on_change:
                self._due = self._now + DEBOUNCE
            for name in [name for name in self.states if name not in graph.nodes]:
                del self.states[name]
            self.restale()
        self.touch()

    def rename(self, item: Item, name: str) -> None:
        """Give a node, input or output another name; it stays selected and keeps how it is doing."""
        self.edit("undo.renamed", edits.rename(self.graph, item, name))
        renamed = item._replace(name=name)
        if item.kind == "node" and item.name in self.states and name != item.name:
            self.states[name] = self.states.pop(item.name)
            self.progress.shown.renamed(item.name, name)
        self.select([renamed])

    def touch(self) -> None:
        """Have everything painted again."""
        self.revision += 1

    def attempt(self, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Call; what the user asked for and cannot have becomes the message, and the result is None."""
        try:
            return function(*args, **more)
        except GraphError as error:
            self.ask("error", title=t("error.title"), text=str(error))
        except NodegraphError as error:
            self.say(str(error), "error")
        return None

    def say(self, message: str, kind: str = "info") -> None:
        """Put a sentence into the status line. kind: "info" or "error"."""
        self.message, self.message_kind = translated(message), kind
        self.touch()

    def ask(self, kind: str, answer: Callable[..., None] = lambda *chosen: None, **data: Any) -> None:
        """Have the window ask or show something (see Dialog)."""
        self.dialog = Dialog(kind, data, answer)
        self.touch()

    def answer(self, *chosen: Any) -> None:
        """Close the dialog with an answer; with none, it is only closed."""
        dialog, self.dialog = self.dialog, None
        self.touch()
        if dialog is not None and chosen:
            self.attempt(dialog.answer, *chosen)

    # -- selection and view

    def select(self, chosen: Iterable[Item] = (), links: Iterable[Link] = (), add: bool = False,
               toggle: bool = False) -> None:
        """Select these, or these too; toggle: those of them that are selected are not any more."""
        chosen, picked = frozenset(chosen), frozenset(links)
        if toggle:
            self.selection, self.selected_links = self.selection ^ chosen, self.selected_links ^ picked
        elif add:
            self.selection, self.selected_links = self.selection | chosen, self.selected_links | picked
        else:
            self.selection, self.selected_links = chosen, picked
        self.document.seal()
        self.touch()

    def selected(self, *kinds: str) -> list[Item]:
        """The selected items of these kinds, or all, in the graph's order."""
        if not self.selection:
            return []
        return [item for item in items(self.document.graph)
                if item in self.selection and (not kinds or item.kind in kinds)]

    def boxes(self, chosen: Iterable[Item] | None = None) -> dict[Item, tuple[float, float, float, float]]:
        """Where items are and how large: x, y, width, height in canvas units."""
        graph, sizes = self.graph, self.size_table()
        chosen = items(graph) if chosen is None else chosen
        return {item: (*position(graph, item), *sizes[item]) for item in chosen if position(graph, item) is not None}

    def see(self, boxes: Mapping[Item, tuple[float, float, float, float]]) -> None:
        """Set the view so that all of these boxes are seen, not larger than life."""
        if not boxes:
            self.view = View()
            return self.touch()
        left, top = min(b[0] for b in boxes.values()), min(b[1] for b in boxes.values())
        right, bottom = max(b[0] + b[2] for b in boxes.values()), max(b[1] + b[3] for b in boxes.values())
        width, height = self.canvas_size
        zoom = min(1.0, width / (right - left + 96), height / (bottom - top + 96))
        zoom = max(0.1, zoom)
        self.view = View((left + right - width / zoom) / 2, (top + bottom - height / zoom) / 2, zoom)
        self.touch()

    def zoom(self, factor: float, at: tuple[float, float] | None = None) -> None:
        """Zoom about a pixel of the canvas widget (its middle, left out); the scale stays in 0.1 to 2.5."""
        x, y = at if at is not None else (self.canvas_size[0] / 2, self.canvas_size[1] / 2)
        zoom = min(2.5, max(0.1, self.view.zoom * factor))
        a, b = self.view.to_canvas(x, y)
        self.view = View(a - x / zoom, b - y / zoom, zoom)
        self.touch()

    def jump(self, item: Item) -> None:
        """Select an item and bring it into view."""
        if exists(self.document.graph, item):
            self.select([item])
            x, y, w, h = self.boxes([item])[item]
            width, height = self.canvas_size
            zoom = max(self.view.zoom, 0.5)
            self.view = View(x + w / 2 - width / zoom / 2, y + h / 2 - height / zoom / 2, zoom)
            self.touch()

    # -- commands

    def do(self, command: str, **more: Any) -> None:
        """Carry out a command by its name, if it can be done now."""
        found = self.commands[command]
        if self.can(command):
            self.attempt(found.function, self, **more)
        else:
            self.say(t("status.cannot", command=t(f"command.{command}")))

    def can(self, command: str) -> bool:
        """Whether a command would do anything now."""
        return self.commands[command].can(self)

    # -- files

    def new(self) -> None:
        """Begin an empty graph; asks about unsaved changes first."""
        self.leaving(lambda: self.show(Document()))

    def open(self, path: str | Path) -> None:
        """Open a graph file, or the graph in a picture; asks about unsaved changes first."""
        def go() -> None:
            self.show(Document.open(path))
            self._remember_file(self.document.path)
            self.say(t("status.opened", name=Path(path).name))
        self.leaving(go)

    def open_template(self, path: Path) -> None:
        """Begin a new graph as a copy of a file."""
        self.leaving(lambda: self.show(Document.template(path)))

    def show(self, document: Document) -> None:
        """Make this the document: nothing selected, nothing run, all of it in view."""
        if self.folder is not None:
            self.document.forget_copy(self.recovery_folder)
        self.document, self.levels = document, []
        self._fresh()
        if document.problems:
            self.say(str(document.problems[0]), "error")

    def _fresh(self, states: dict[str, NodeState] | None = None) -> None:
        self.runner.stop()
        self.selection, self.selected_links = frozenset(), frozenset()
        self.states = states if states is not None else {}
        self.palette, self._due, self.sizes = None, None, {}
        self._shown = self._judged = None
        _ = self.judged  # sizes of unplaced nodes come from what is known of them
        self._shown = None
        self.see(self.boxes())

    def save(self, path: str | Path | None = None) -> bool:
        """Save; asks for a name where there is none. Whether it is on disk now."""
        if path is None and self.document.path is None:
            self.ask("save_as", lambda chosen: self.save(chosen), folder=str(Path.cwd()),
                     name=f"{edits.free_name(self.document.graph.title or 'graph', ())}.yaml")
            return False
        if path is None and self.document.changed_on_disk:
            self.ask("changed_on_disk", self._answer_change, name=self.document.path.name)
            return False
        saved = self.document.save(path)
        self._remember_file(saved)
        if self.folder is not None:
            self.document.forget_copy(self.recovery_folder)
        self.say(t("status.saved", name=saved.name))
        return True

    def _answer_change(self, choice: str) -> None:
        if choice == "reload":
            self.document.reload()
            self._judged = None
            self.after_edit(Graph({}))
        else:
            self.document.keep_mine()

    def leaving(self, go: Callable[[], None]) -> None:
        """Do something that puts the document away; unsaved changes are asked about first."""
        if not any(document.dirty for document in self.documents()):
            return self.attempt(go)

        def answered(choice: str) -> None:
            if choice == "discard" or choice == "save" and all(self._save_one(d) for d in self.documents()):
                if self.folder is not None:
                    self.document.forget_copy(self.recovery_folder)
                go()
        name = self.document.path.name if self.document.path else t("app.untitled")
        self.ask("unsaved", answered, name=name)

    def _save_one(self, document: Document) -> bool:
        if not document.dirty:
            return True
        if document is self.document:
            return self.save()
        document.save()
        return True

    def documents(self) -> list[Document]:
        """The document that is seen, and those around it."""
        return [*(level.document for level in self.levels), self.document]

    def close(self) -> None:
        """Ask the window to end; unsaved changes are asked about first."""
        def go() -> None:
            self.closing = True
        self.leaving(go)

    @property
    def recovery_folder(self) -> Path:
        """Where copies of unsaved documents are kept."""
        return self.folder / "recovery"

    def offer_recovery(self) -> None:
        """Ask about what a program that died left behind, if it did."""
        left = recoveries(self.recovery_folder) if self.folder is not None else []
        if not left:
            return

        def answered(chosen: Any) -> None:
            if chosen is not None:
                self.show(chosen.document())
                self.say(t("status.recovered", name=self.document.path or t("app.untitled")))
                self.document.autosave(self.recovery_folder)
            for recovery in [chosen] if chosen is not None else left:
                recovery.forget()
        self.ask("recover", answered, recoveries=left)

    def _remember_file(self, path: Path | None) -> None:
        if path is not None:
            self.settings = self.settings.with_recent_file(path)
            self.change_settings()

    def change_settings(self, **changes: Any) -> None:
        """Change some of the settings, and keep them."""
        self.settings = replace(self.settings, **changes)
        if self.folder is not None:
            self.attempt(kept.save, self.settings, self.folder)
        self.touch()

    # -- graphs inside graphs

    def enter(self, name: str) -> None:
        """Open the graph that stands as a node here, with a way back."""
        node = self.document.graph.nodes[name]
        if not node.is_graph:
            raise EditRefused(t("error.no_graph_inside", name=name))
        inner = Document.open(self.document.graph.folder / node.type)
        states = {inside.removeprefix(f"{name}/"): state for inside, state in self.states.items()
                  if inside.startswith(f"{name}/")}
        self.levels = [*self.levels, Level(self.document, name, self.view, self.states)]
        self.document = inner
        self._fresh(states)

    def leave(self) -> None:
        """Go back to the graph around this one; changes here are saved on the way, as it needs them."""
        if not self.levels:
            return
        if self.document.dirty:
            self.save()
        *self.levels, level = self.levels
        self.document = level.document
        view = level.view
        self._fresh(level.states)
        self.view = view
        self.select([Item("node", level.node)])

    # -- running

    def run(self, to: Iterable[str] | None = None, supersede: bool = False) -> None:
        """Run everything that can run, or to some nodes."""
        wrong = {found.item.name for found in self.problems
                 if found.item is not None and found.item.kind in ("node", "input")
                 and found.problem.severity == "error"}
        part = runnable(self.document.graph, wrong, to)
        if not part.to:
            first = next((f for f in self.problems if f.problem.severity == "error"), None)
            if first is None:
                return self.say(t("status.nothing_to_run"))
            if first.item is not None and not supersede:
                self.jump(first.item)
            return self.say(f"{first.place}: {first.problem.message}", "error")
        graph = part.graph
        if any(node.is_graph for node in graph.nodes.values()):
            graph = replace(graph, edits=())  # what is inside may have changed on disk
        self._due = None
        whole = to is None and not part.left_out and {*sinks(graph)} <= {ref.name for ref in graph.outputs.values()}
        self.progress.asked(self.runner.run(graph, to=None if whole else part.to, supersede=supersede))
        if part.left_out:
            self.say(t("status.left_out", count=part.left_out))

    def stop(self) -> None:
        """Stop the run."""
        self.runner.stop()

    def tick(self, now: float) -> None:
        """Once a frame: take in what the run tells, run on change, keep a copy, look at the file."""
        self._now = now
        updates = self.runner.poll()
        if updates:
            for update in updates:
                self.progress.take(self, update)
            self.touch()
        if self._due is not None and now >= self._due:
            self._due = None
            self.run(supersede=True)
        if self.folder is not None and now - self._saved >= self.settings.autosave_seconds:
            self._saved = now
            for document in self.documents():
                self.attempt(document.autosave, self.recovery_folder)
        if now - self._watched >= WATCH:
            self._watched = now
            self._watch()

    def _watch(self) -> None:
        if self.dialog is None and self.document.changed_on_disk:
            if self.document.dirty:
                self.ask("changed_on_disk", self._answer_change, name=self.document.path.name)
            else:
                self.attempt(self._answer_change, "reload")
                self.say(t("status.reloaded", name=self.document.path.name))

    def state(self, name: str) -> NodeState:
        """How a node is doing; made when it is first asked for."""
        return self.states.setdefault(name, NodeState())

    def restale(self) -> None:
        """Find out anew which results no longer follow from the graph."""
        stale = self.progress.stale(self.document.graph)
        for name, state in self.states.items():
            state.stale = name in stale and state.status not in ("", "waiting", "running")

    # -- what the panels ask for

    def palette_at(self, at: tuple[float, float] | None = None, source: Ref | None = None,
                   target: Target | None = None) -> None:
        """Open the palette at a canvas point, for the end of a link that was dropped there."""
        self.palette = PaletteRequest(at or self.pointer, source, target)
        self.touch()

    def write_file(self, path: Path, text: str) -> None:
        """Write a text file beside the documents, whole or not at all. Raises SaveFailed."""
        write_atomically(path, text)


def _facts(graph: Graph, item: Item) -> Mapping[str, Any]:
    from .document.items import facts

    return facts(graph, item)


def _means_same(one: Graph, other: Graph) -> bool:
    """Whether two graphs differ in their layout alone; 1, 1.0 and true are three things."""
    return one is other or one.nodes is other.nodes and one.inputs is other.inputs and one.outputs is other.outputs \
        or repr((one.nodes, one.inputs, one.outputs)) == repr((other.nodes, other.inputs, other.outputs))


def _about_size(graph: Graph, item: Item, checked: Checked | None) -> tuple[float, float]:
    """About how large an item is drawn, in canvas units."""
    from .document.items import size

    told = size(graph, item)
    if item.kind == "dot":
        return 16.0, 16.0
    if item.kind in ("note", "frame"):
        return told or (200.0, 96.0)
    if item.kind != "node":
        return 176.0, 56.0
    rows = len(graph.nodes[item.name].inputs) + 1
    if checked is not None and item.name in checked.nodes:
        rows = len(inputs_of(checked, item.name)) + len(outputs_of(checked, item.name))
    return 224.0, 48.0 + 24.0 * rows
