"""Documents opened, saved, put away and recovered, and the graphs inside graphs that are looked into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nodegraph import PackError
from nodegraph.editing import resolved

from . import views
from .canvas.view import View
from .document.document import Document
from .document.edits import EditRefused, free_name
from .document.items import Item
from .document.recovery import recoveries
from .runs.state import NodeState
from .sharing import opened
from .watching import Watching
from .words.speak import t, told

if TYPE_CHECKING:
    from .session import Session


class Level(NamedTuple):
    """A document that was left for a graph inside it."""

    document: Document
    node: str
    view: View
    states: dict[str, NodeState]


class Files:
    """What a session does with files. levels: the documents around the one that is seen, the outermost first."""

    def __init__(self, session: Session):
        self.session = session
        self.levels: list[Level] = []
        self.watching = Watching(session)

    def new(self) -> None:
        """Begin an empty graph; asks about unsaved changes first."""
        self.leaving(lambda: self.show(Document()))

    def open(self, path: str | Path) -> None:
        """Open a graph file, or the graph in a picture; asks about unsaved changes first."""
        def go() -> None:
            try:
                found = opened(Path(path))
            except OSError as error:
                raise EditRefused(t("share.not_unpacked", path=path, why=error.strerror or error)) from error
            self.show(Document.open(found))
            self.remember(self.session.document.path)
            told = t("status.opened", name=Path(path).name)
            self.session.say(told if found == Path(path) else t("share.unpacked", name=Path(path).name, folder=found.parent))
        self.leaving(go)

    def open_template(self, path: Path) -> None:
        """Begin a new graph as a copy of a file."""
        self.leaving(lambda: self.show(Document.template(path)))

    def show(self, document: Document) -> None:
        """Make this the document: nothing selected, nothing run, all of it in view."""
        views.keep(self.session)
        self.forget_copies(self.session.document)
        self.session.document, self.levels = document, []
        self.watching.forget()
        self.session.restart()
        if document.problems:
            self.session.say(told(document.problems[0]), "error")

    def save(self, path: str | Path | None = None, then: Callable[[], object] = lambda: None,
             agreed: bool = False) -> bool:
        """Save, and do something then; asks for a name where there is none. Whether it is on disk now.

        agreed: that what is wrong with the form of the file is settled by that.
        """
        session, document = self.session, self.session.document
        if path is None and document.path is None:
            session.ask("save_as", lambda chosen: self.save(chosen, then), folder=str(document.graph.folder.resolve()),
                        name=f"{free_name(document.graph.title or 'graph', ())}.yaml")
        elif path is None and document.changed_on_disk:
            session.ask("changed_on_disk", lambda choice: self._save_over(choice, then), name=self._name())
        elif document.problems and path in (None, document.path) and not agreed:
            session.ask("settle", lambda choice: self.save(path, then, agreed=True), name=self._name(),
                        problems=tuple(document.problems))
        else:
            saved = document.save(path)
            self.remember(saved)
            self.forget_copies(document)
            self.watching.forget()
            session.say(t("status.saved", name=saved.name))
            then()
            return True
        return False

    def _save_over(self, choice: str, then: Callable[[], object]) -> None:
        self.answer_change(choice)
        if choice == "keep":
            self.save(None, then)

    def answer_change(self, choice: str) -> None:
        """The file was changed by someone else: "reload" it, or "keep" what is here."""
        if choice == "reload":
            self.session.document.reload()
            self.session.reread()
        else:
            self.session.document.keep_mine()
        self.watching.forget()

    def forget_copies(self, *documents: Document) -> None:
        """Take away the copies for recovery of documents that need none any more."""
        for document in documents:
            if self.session.folder is not None:
                document.forget_copy(self.recovery_folder)

    def leaving(self, go: Callable[[], None]) -> None:
        """Do something that puts the document away; unsaved changes are asked about first."""
        if not any(document.dirty for document in self.documents()):
            self.session.attempt(go)
            return

        def gone() -> None:
            self.forget_copies(*self.documents())
            go()

        def answered(choice: str) -> None:
            if choice == "discard":
                gone()
            elif choice == "save":
                self.save_all(gone)
        self.session.ask("unsaved", answered, name=self._name())

    def save_all(self, then: Callable[[], object]) -> None:
        """Save the document and those around it, each with what it has to ask, and do something then."""
        left = [document for document in self.documents() if document.dirty]
        if not left:
            then()
        elif left[0] is self.session.document:
            self.save(None, then)
        elif left[0].problems:
            def agreed(choice: str) -> None:
                left[0].save()
                self.save_all(then)
            self.session.ask("settle", agreed, problems=tuple(left[0].problems),
                             name=left[0].path.name if left[0].path is not None else t("app.untitled"))
        else:
            left[0].save()
            self.save_all(then)

    def _name(self) -> str:
        path = self.session.document.path
        return path.name if path is not None else t("app.untitled")

    def documents(self) -> list[Document]:
        """The document that is seen, and those around it."""
        return [*(level.document for level in self.levels), self.session.document]

    def close(self) -> None:
        """Ask the window to end; unsaved changes are asked about first."""
        def go() -> None:
            self.session.closing = True
        self.leaving(go)

    @property
    def recovery_folder(self) -> Path:
        """Where copies of unsaved documents are kept."""
        return (self.session.folder or Path()) / "recovery"

    def offer_recovery(self) -> None:
        """Ask about what a program that died left behind, if it did."""
        left = recoveries(self.recovery_folder) if self.session.folder is not None else []
        if not left:
            return

        def answered(chosen: Any) -> None:
            if chosen is not None:
                self.show(chosen.document())
                self.session.say(t("status.recovered", name=self.session.document.path or t("app.untitled")))
                self.session.document.autosave(self.recovery_folder)
            for recovery in [chosen] if chosen is not None else left:
                recovery.forget()
        self.session.ask("recover", answered, recoveries=left)

    def remember(self, path: Path | None) -> None:
        """Put a file among the recent ones."""
        if path is not None:
            self.session.settings = self.session.settings.with_recent_file(path)
            self.session.change_settings()

    def enter(self, name: str) -> None:
        """Open the graph that stands as a node here, with a way back."""
        node = self.session.document.graph.nodes[name]
        if not node.is_graph:
            raise EditRefused(t("error.no_graph_inside", name=name))
        path = self.session.document.graph.folder / node.type
        if resolved(path) in self.session.document.graph.carried and not path.exists():
            raise EditRefused(t("error.carried_inside", name=name))
        inner = Document.open(path)
        states = {inside.removeprefix(f"{name}/"): state for inside, state in self.session.states.items()
                  if inside.startswith(f"{name}/")}
        self.levels = [*self.levels, Level(self.session.document, name, self.session.view, self.session.states)]
        self.session.document = inner
        self.session.restart(states)

    def leave(self) -> None:
        """Go back to the graph around this one; changes here are saved on the way, as it needs them."""
        if not self.levels:
            return
        if self.session.document.dirty:
            self.save(None, self._up)
        else:
            self._up()

    def _up(self) -> None:
        *self.levels, level = self.levels
        self.session.document = level.document
        view = level.view
        self.session.restart(level.states)
        self.session.view = view
        self.session.select([Item("node", level.node)])

    def autosave(self) -> None:
        """Keep copies of what is not saved."""
        if self.session.folder is not None:
            for document in self.documents():
                self.session.attempt(document.autosave, self.recovery_folder)

    def watch(self) -> None:
        """See whether someone else wrote the file, or took it away."""
        if self.session.dialog is None:
            self.watching.look()

    def watch_packs(self) -> None:
        """Read packs again that are not installed and were edited; not while the worker may be using them."""
        session = self.session
        if not session.runner.idle:
            return
        before = session.catalogue.revision
        try:
            places = session.catalogue.refresh()
        except PackError as error:
            session.say(t("status.pack_broken", why=error), "error")
        else:
            if places:
                session.say(t("status.packs_reread", names=", ".join(place.name for place in places)))
        if session.catalogue.revision != before:
            session.reread()
