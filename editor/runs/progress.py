"""How the nodes are doing, taken in from what the runner tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nodegraph import Catalogue, Graph, PackError

from ..words.speak import said, t, translated
from . import updates as up
from .gallery import Result
from .staleness import Shown

if TYPE_CHECKING:
    from ..session import Session

_OVER = ("ran", "cached", "failed", "skipped")


class Progress:
    """What became of the jobs so far. number: of the newest; done, count: nodes of it."""

    def __init__(self) -> None:
        self.number = 0
        self.done = self.count = self.ran = self.cached = 0
        self.shown = Shown()
        self.aside: set[int] = set()  # jobs whose results are for the gallery alone
        self._waiting: dict[tuple[type, int, str], Callable[[Any], None]] = {}

    def asked(self, number: int) -> None:
        """A job was asked for."""
        self.number = number
        self.done = self.count = self.ran = self.cached = 0

    def when(self, kind: type, job: int, output: str, call: Callable[[Any], None]) -> None:
        """Call once an update of this kind (Exported, Enlarged; Done, or Refused in its place, of no output) comes."""
        self._waiting[kind, job, output] = call

    def take(self, session: Session, update: up.Update) -> None:
        """Take in one update."""
        if getattr(update, "job", None) in self.aside and not isinstance(update, (up.Done, up.Refused, up.Warned)):
            return
        self.shown.take(update)
        name = type(update).__name__.lower()
        getattr(self, f"_{name}")(session, update)

    def stale(self, graph: Graph, catalogue: Catalogue) -> set[str]:
        """The nodes whose shown results no longer follow from the graph and from the code of its nodes."""
        def code(type: str) -> str:
            try:
                nodetype = catalogue.nodetype(type)
            except PackError:  # its file is broken now
                return ""
            return nodetype.code if nodetype is not None else ""
        return self.shown.stale(graph, code=code if catalogue.revision else None)

    def _planned(self, session: Session, update: up.Planned) -> None:
        if update.job == self.number:
            self.count = len(update.nodes)
        for name in update.nodes:
            state = session.state(name)
            state.status, state.done, state.total, state.text, state.error, state.report = "waiting", 0, None, "", "", ""

    def _started(self, session: Session, update: up.Started) -> None:
        state = session.state(update.node)
        state.status, state.done, state.total, state.text = "running", 0, None, ""

    def _progress(self, session: Session, update: up.Progress) -> None:
        state = session.state(update.node)
        state.done, state.total, state.text = update.done, update.total, update.text
        if update.preview is not None:
            state.thumbnails = {**state.thumbnails, "": update.preview}

    def _loading(self, session: Session, update: up.Loading) -> None:
        session.state(update.node).text = t("run.loading", source=update.source)

    def _loaded(self, session: Session, update: up.Loaded) -> None:
        session.state(update.node).text = update.source

    def _finished(self, session: Session, update: up.Finished) -> None:
        self.ran += 1
        self._over(session, update.node, "ran", update.seconds)

    def _cached(self, session: Session, update: up.Cached) -> None:
        self.cached += 1
        self._over(session, update.node, "cached", 0.0)

    def _over(self, session: Session, name: str, status: str, seconds: float) -> None:
        self.done += 1
        state = session.state(name)
        state.status, state.seconds, state.stale, state.text = status, seconds, False, ""
        state.thumbnails = {port: picture for port, picture in state.thumbnails.items() if port}

    def _failed(self, session: Session, update: up.Failed) -> None:
        self._over(session, update.node, "failed", 0.0)
        state = session.state(update.node)
        state.error, state.report = translated(update.message), update.report
        session.say(f"{update.node}: {translated(update.message)}", "error")

    def _skipped(self, session: Session, update: up.Skipped) -> None:
        self._over(session, update.node, "skipped", 0.0)
        session.state(update.node).text = update.because

    def _pictured(self, session: Session, update: up.Pictured) -> None:
        state = session.state(update.node)
        state.thumbnails = {**state.thumbnails, update.port: update.thumbnail}

    def _remembered(self, session: Session, update: up.Remembered) -> None:
        for name in update.nodes:
            state = session.state(name)
            if not state.status:
                state.status, state.stale = "cached", False
        session.restale()

    def _foreseen(self, session: Session, update: up.Foreseen) -> None:
        session.running.foresaw(update)

    def _warned(self, session: Session, update: up.Warned) -> None:
        session.say(update.message)

    def _refused(self, session: Session, update: up.Refused) -> None:
        problem = update.problems[0]
        call = self._waiting.pop((up.Done, update.job, ""), None)
        if call is not None:
            call(update)
        session.say(said(problem), "error")
        if update.report:
            session.ask("error", title=t("error.title"), text=update.report)
        self._settle(session)

    def _done(self, session: Session, update: up.Done) -> None:
        self._settle(session)
        call = self._waiting.pop((up.Done, update.job, ""), None)
        if call is not None:
            self.aside.discard(update.job)
            call(update)
            return
        shown = {} if update.job in self.aside else {name: {port: picture for port, picture in state.thumbnails.items() if port}
                                                     for name, state in session.states.items() if state.thumbnails}
        session.gallery.add(replace(Result.of(update), shown=shown))
        self.aside.discard(update.job)
        seconds = f"{update.seconds:.1f}" if update.seconds >= 0.1 else f"{update.seconds:.3f}"
        if update.cancelled:
            session.say(t("status.stopped", seconds=seconds))
        elif not update.failed and not self.ran and not self.cached:
            session.say(t("status.unchanged"))
        elif not update.failed:
            session.say(t("status.finished", seconds=seconds, ran=self.ran, cached=self.cached))

    def _settle(self, session: Session) -> None:
        """No node is at work any more, once the last job is over."""
        if session.runner.busy:
            return
        for state in session.states.values():
            if state.status not in _OVER:
                state.status, state.text = "", ""
            state.thumbnails = {port: picture for port, picture in state.thumbnails.items() if port}
        session.restale()

    def _exported(self, session: Session, update: up.Exported) -> None:
        call = self._waiting.pop((up.Exported, update.job, update.output), None)
        if call is not None:
            call(update)
        elif update.problem:
            session.say(update.problem, "error")
        else:
            session.say(t("status.saved", name=", ".join(path.name for path in update.paths)))

    def _enlarged(self, session: Session, update: up.Enlarged) -> None:
        call = self._waiting.pop((up.Enlarged, update.job, update.output), None)
        if call is not None:
            call(update)
