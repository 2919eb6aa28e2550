"""When a session runs its graph, and what it does once a frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from . import recents
from .document.document import means_same
from .document.slices import runnable, sinks
from .runs import updates as up
from .runs.foresight import Outlook
from .words.speak import t, translated

if TYPE_CHECKING:
    from nodegraph import Graph

    from .session import Session

DEBOUNCE = 0.4  # seconds between the last edit and a run on change
WATCH = 1.0  # seconds between two looks at the file on disk


class Running:
    """The runs of a session, and its clock."""

    def __init__(self, session: Session):
        self.session = session
        self._now = self._saved = self._watched = 0.0
        self._due: float | None = None
        self.foresight = False  # whether what a run would do is found out after each change; a window asks for it
        self.outlook: Outlook | None = None
        self.pointed = False  # whether the pointer rests on the button that runs
        self._look: float | None = None
        self._fill: bool | frozenset[str] = False  # whether what is remembered is shown: of everything, or of these nodes
        self._stopping: int | None = None  # the job that was asked to stop

    def opened(self) -> None:
        """Another document is there: what is remembered of it is shown."""
        self.outlook, self._fill = None, True
        self._look = self._now

    @property
    def outlined(self) -> frozenset[str]:
        """The nodes that a run would run, while the pointer asks."""
        return self.outlook.runs if self.pointed and self.outlook is not None else frozenset()

    def foresaw(self, update: up.Foreseen) -> None:
        """Take in a forecast, if it is of the graph as it is now."""
        if means_same(update.graph, self.session.document.graph):
            self.outlook = Outlook.of(update.rows)

    def _foresee(self) -> None:
        """Ask for a forecast once edits have come to rest and nothing runs."""
        if self._look is not None and self._now >= self._look and self.foresight and self.session.runner.idle:
            self._look = None
            self.session.runner.foresee(self.session.document.graph, self._fill)
            self._fill = False

    @property
    def stopping(self) -> bool:
        """Whether the run that goes on was asked to stop, and has not yet."""
        return self._stopping is not None and self._stopping == self.session.runner.running

    def stop(self) -> None:
        """Stop the run at its next report of progress, and forget those that wait."""
        self._stopping = self.session.runner.running
        self.session.runner.stop()
        self.session.touch()

    def edited(self, came: Iterable[str] = ()) -> None:
        """The graph says something else now: with runs on change, one is due soon.

        came: the nodes that were not there before (pasted, or back with undo); what is remembered of them is shown.
        """
        self._look, self.outlook = self._now + DEBOUNCE, None
        if self._fill is not True:
            self._fill = frozenset(came).union(self._fill or ())
        if self.session.settings.run_on_change:
            self._due = self._now + DEBOUNCE

    def rest(self) -> None:
        """No run is due any more."""
        self._due = None

    def run(self, to: Iterable[str] | None = None, supersede: bool = False) -> None:
        """Run everything that can run, or to some nodes."""
        wrong = {found.item.name for found in self.session.judged.found
                 if found.item is not None and found.item.kind in ("node", "input")
                 and found.problem.severity == "error"}
        part = runnable(self.session.document.graph, wrong, to)
        if not part.to:
            first = next((f for f in self.session.judged.found if f.problem.severity == "error"), None)
            if first is None:
                return self.session.say(t("status.nothing_to_run"))
            if first.item is not None and not supersede:
                self.session.jump(first.item)
            return self.session.say(f"{first.place}: {translated(first.problem.message)}", "error")
        graph = part.graph
        if any(node.is_graph for node in graph.nodes.values()):
            graph = replace(graph, edits=())  # what is inside may have changed on disk
        self._due = None
        whole = to is None and not part.left_out and {*sinks(graph)} <= {ref.name for ref in graph.outputs.values()}
        self.session.progress.asked(self.session.runner.run(graph, to=None if whole else part.to, supersede=supersede))
        if part.left_out:
            self.session.say(t("status.left_out", count=part.left_out))

    def sweep(self, graphs: Iterable[tuple[str, Graph]]) -> None:
        """Run the graph once for each of several values, for the gallery; what is on the canvas stays. Label, graph."""
        session, count = self.session, 0
        for label, graph in graphs:
            session.progress.aside.add(session.runner.run(graph, label=label, aside=True))
            count += 1
        session.panels |= {"gallery"}
        session.say(t("sweep.begun", count=count))

    def _keep(self, job: int) -> None:
        """Keep what a job made for later sessions, and a small picture of it for the start page."""
        session, result = self.session, next(iter(self.session.gallery), None)
        if session.shelf is not None and result is not None and result.job == job:
            session.shelf.keep(result)
        if session.folder is not None and result is not None and result.path is not None:
            try:
                recents.keep(session.folder, result.path, result)
                recents.forget_others(session.folder, session.settings.recent_files)
            except OSError as error:
                session.say(t("settings.not_saved", path=session.folder / recents.FOLDER, why=error.strerror or error), "error")

    def tick(self, now: float) -> None:
        """Once a frame: take in what the run tells, run on change, keep a copy, look at the file."""
        self._now = now
        updates = self.session.runner.poll()
        if updates:
            for update in updates:
                self.session.progress.take(self.session, update)
                if isinstance(update, up.Done):
                    self.session.attempt(self._keep, update.job)
            self.session.touch()
            if any(isinstance(update, up.Done) for update in updates):
                self._look = now
        self._foresee()
        if self._due is not None and now >= self._due:
            self._due = None
            self.run(supersede=True)
        if now - self._saved >= self.session.settings.autosave_seconds:
            self._saved = now
            self.session.files.autosave()
        if now - self._watched >= WATCH:
            self._watched = now
            self.session.files.watch()
            self.session.files.watch_packs()
