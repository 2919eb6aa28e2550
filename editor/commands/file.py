"""Commands on files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .table import command

if TYPE_CHECKING:
    from ..session import Session


@command("file.new")
def file_new(session: Session) -> None:
    session.files.new()


@command("file.open")
def file_open(session: Session) -> None:
    folder = session.document.path.parent if session.document.path else None
    session.ask("open", session.open, folder=str(folder or ""))


@command("file.open_recent", lambda s: bool(s.settings.recent_files))
def file_open_recent(session: Session) -> None:
    session.ask("recent", session.open, paths=list(session.settings.recent_files))


@command("file.save")
def file_save(session: Session) -> None:
    session.files.save()


@command("file.save_as")
def file_save_as(session: Session) -> None:
    path = session.document.path
    session.ask("save_as", session.files.save, folder=str(path.parent if path else ""),
                name=path.name if path else "graph.yaml")


@command("file.new_from_template")
def file_new_from_template(session: Session) -> None:
    from ..document.templates import templates

    session.ask("templates", session.files.open_template, templates=templates())


@command("app.quit")
def app_quit(session: Session) -> None:
    session.files.close()
