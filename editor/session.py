"""The editor without a window: documents, what is selected and seen, commands, and how the last run goes.

Everything a mouse or a key can do goes through here, so all of it can be driven from a test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodegraph import Catalogue, Graph, Ref
from nodegraph.editing import Checked

from . import settings as kept
from .asking import PaletteRequest
from .canvas import placing
from .canvas.placing import Placing
from .comparing import Comparing
from .document import edits
from .document.clipboard import Clipboard
from .document.document import Document, means_same
from .document.items import Item, Target, exists, links
from .files import Files
from .panels.judge import Found, Judged, Judgement, found_in_file
from .rewind import rewind, runs_of
from .running import Running
from .runs.gallery import Gallery, Result
from .runs.progress import Progress
from .runs.runner import Runner
from .runs.shelf import Shelf
from .runs.state import NodeState
from .seeing import Seeing
from .settings import Settings
from .shortcuts import Shortcuts
from .views import first_look
from .words.speak import t

if TYPE_CHECKING:
    from .commands import Command


class Session(Seeing):
    """See the module's text. `revision` goes up with whatever a view must be painted again for."""

    def __init__(self, *, checker: Callable[[Graph], Checked], catalogue: Catalogue, runner: Runner,
                 commands: Mapping[str, Command], settings: Settings | None = None,
                 shortcuts: Shortcuts | None = None, folder: Path | None = None):
        super().__init__()
        self.checker, self.catalogue, self.runner = checker, catalogue, runner
        self.commands = commands
        self.settings = settings or Settings()
        self.shortcuts = shortcuts or Shortcuts.usual()
        self.folder = folder
        self.files, self.running, self.progress = Files(self), Running(self), Progress()
        self.comparing = Comparing(self)
        self.clipboard, self.gallery = Clipboard(), Gallery()
        self.shelf = Shelf(folder / "gallery") if folder is not None else None  # the runs of all sessions
        self.document = Document()
        self.pointer = (200.0, 150.0)
        self.states: dict[str, NodeState] = {}
        self.palette: PaletteRequest | None = None
        self.played: tuple[str, float] | None = None  # what is heard, "node.port", and how far it has come, 0 to 1
        self.rewound = -1  # the job of the earlier run that is shown
        self.panels: set[str] = set()  # those that are open: form, gallery, problems
        self.closing = False
        self.hear: Callable[..., None] | None = None  # plays a result, where there is a window
        self.revision = 0
        self._placing = Placing()
        self._shown: tuple[Graph, Graph] | None = None
        self._judgement = Judgement(checker)

    # -- what is being edited

    @property
    def graph(self) -> Graph:
        """The document's graph, with a place for everything: what the file does not place stands where it fits."""
        document = self.document.graph
        if self._shown is None or self._shown[0] is not document:
            self._shown = document, self._placing.place(document, self.room_table)
        return self._shown[1]

    def drawn(self, sizes: Mapping[Item, tuple[float, float]]) -> bool:
        """Take in how large everything is drawn; whether that gave what the file does not place other places."""
        self.sizes = sizes
        if not self._placing.drawn():
            return False
        self._shown = None
        return True

    def room_table(self, graph: Graph) -> dict[Item, tuple[float, float]]:
        """The room to leave for each item: its size, in which results have their place before they are there."""
        return placing.sizes(graph, self.checked_of(graph), self.sizes)

    def checked_of(self, graph: Graph) -> Checked | None:
        """What was found out about the last graph that was judged, if it has these very nodes."""
        return self._judgement.known(graph)

    @property
    def judged(self) -> Judged:
        """What is known about the graph as it is now."""
        return self._judgement.of(self.document.graph)

    @property
    def checked(self) -> Checked:
        """What `check` found out about the graph as it is now."""
        return self.judged.checked

    @property
    def problems(self) -> list[Found]:
        """What is wrong, by place: with the form of the file as it was read, and with the graph as it is."""
        if not self.document.problems:
            return self.judged.found
        return [*map(found_in_file, self.document.problems), *self.judged.found]

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
        if not means_same(before, graph):
            self.running.edited(graph.nodes.keys() - before.nodes.keys())
            for name in [name for name in self.states if name.partition("/")[0] not in graph.nodes]:
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

    def restart(self, states: dict[str, NodeState] | None = None) -> None:
        """Begin with a document that has just come: nothing selected, nothing run, all of it in view."""
        self.runner.stop()
        self.running.rest()
        self.messages.rest()
        self.dialog = None
        self.selection, self.selected_links = frozenset(), frozenset()
        self.states = states if states is not None else {}
        self.palette, self.sizes, self._placing, self.rewound = None, {}, Placing(), -1
        self.comparing.against = None
        self._shown = None
        self._judgement.forget()
        _ = self.judged  # sizes of unplaced nodes come from what is known of them
        first_look(self)
        self.running.opened()

    def reread(self) -> None:
        """The document was read from its file again."""
        self._judgement.forget()
        self.after_edit(Graph({}))

    def touch(self) -> None:
        """Have everything painted again."""
        self.revision += 1

    # -- commands

    def do(self, command: str, **more: Any) -> None:
        """Carry out a command by its name, if it can be done now."""
        found = self.commands[command]
        if self.can(command):
            self.attempt(found.function, self, **more)
        else:
            self.say(t("status.cannot", command=t(f"command.{command}")))

    def can(self, command: str) -> bool:
        """Whether a command would do anything now: what is done to the canvas is not done while nobody sees it."""
        found = self.commands[command]
        return found.can(self) and not (found.on_canvas and "form" in self.panels)

    # -- files and the clock

    def open(self, path: str | Path) -> None:
        """Open a graph file, or the graph in a picture; asks about unsaved changes first."""
        self.files.open(path)

    def tick(self, now: float) -> None:
        """Once a frame: take in what the run tells, run on change, keep a copy, look at the file."""
        self.running.tick(now)

    def change_settings(self, **changes: Any) -> None:
        """Change some of the settings, and keep them."""
        if changes.get("language", self.settings.language) != self.settings.language:
            self.messages.rest()  # what was said stays in the language it was said in
        self.settings = replace(self.settings, **changes)
        if self.folder is not None:
            self.attempt(kept.save, self.settings, self.folder)
        self.touch()

    # -- how nodes are doing

    def state(self, name: str) -> NodeState:
        """How a node is doing; made when it is first asked for."""
        return self.states.setdefault(name, NodeState())

    def earlier_runs(self) -> list[Result]:
        """The runs of this document that can be gone back to, the oldest first."""
        return runs_of(self)

    def rewind(self, number: int) -> None:
        """Show one of the earlier runs: its graph and its results; one step that can be undone."""
        rewind(self, runs_of(self)[number])

    def restale(self) -> None:
        """Find out anew which results no longer follow from the graph."""
        stale = self.progress.stale(self.document.graph, self.catalogue)
        inside = {name.partition("/")[0] for name, state in self.states.items() if "/" in name and state.status}
        for name, state in self.states.items():  # a graph that stands as a node has no status but those inside
            state.stale = name in stale and (state.status not in ("", "waiting", "running") or name in inside)

    # -- what the panels ask for

    def palette_at(self, at: tuple[float, float] | None = None, source: Ref | None = None,
                   target: Target | None = None) -> None:
        """Open the palette at a canvas point, for the end of a link that was dropped there."""
        self.palette = PaletteRequest(at or self.pointer, source, target)
        self.touch()
