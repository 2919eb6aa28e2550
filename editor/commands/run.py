"""Commands of the palette, of runs, and of help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .table import command, of_kind

if TYPE_CHECKING:
    from ..session import Session


@command("palette.open")
def palette_open(session: Session, at: tuple[float, float] | None = None) -> None:
    session.palette_at(at)


@command("run.all", lambda s: bool(s.graph.nodes))
def run_all(session: Session) -> None:
    session.running.run()


@command("run.to_selected", of_kind("node", "output"))
def run_to_selected(session: Session) -> None:
    outputs = session.graph.outputs
    names = [outputs[item.name].name if item.kind == "output" else item.name
             for item in session.selected("node", "output")]
    session.running.run(names)


@command("run.on_change")
def run_on_change(session: Session) -> None:
    session.change_settings(run_on_change=not session.settings.run_on_change)
    if session.settings.run_on_change and session.graph.nodes:
        session.running.run(supersede=True)


@command("run.stop", lambda s: s.runner.busy)
def run_stop(session: Session) -> None:
    session.running.stop()


@command("help.node")
def help_node(session: Session) -> None:
    chosen = session.selected("node")
    known = session.checked.nodes[chosen[0].name].nodetype if len(chosen) == 1 else None
    if known is None:
        session.ask("shortcuts")
    else:
        session.ask("help", name=known.name)


@command("help.shortcuts")
def help_shortcuts(session: Session) -> None:
    session.ask("shortcuts")


@command("help.about")
def help_about(session: Session) -> None:
    session.ask("about")
