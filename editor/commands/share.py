"""Commands that make something for someone else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import sharing
from .table import command

if TYPE_CHECKING:
    from ..session import Session


def _holds_nodes(session: Session) -> bool:
    return bool(session.graph.nodes)


@command("file.share", _holds_nodes)
def file_share(session: Session) -> None:
    sharing.share(session)


@command("edit.copy_without_texts", _holds_nodes)
def edit_copy_without_texts(session: Session) -> None:
    sharing.copy_without_texts(session)
