"""What `nodegraph edit` does once it is known that there is a display: a session, a worker with an engine, a window."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from nodegraph import Catalogue, Engine

from . import settings as kept
from .commands import COMMANDS
from .document.document import Document
from .runs.runner import Runner
from .session import Session
from .shortcuts import Shortcuts
from .words.speak import set_language


def main(path: str | Path | None = None, *, packs: Iterable[str | Path] = (), **machine: Any) -> int:
    """Open the editor, on a graph file if one is named, and return once it is closed; the exit code.

    packs: nodes that are not installed. machine: what else an Engine takes: cache, device, dtype, host,
    device_memory, disk, download.
    """
    from .window import app

    # As for `nodegraph run`: threads that spin while they wait would take the cores from the window.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    session = make_session(packs=packs, **machine)
    try:
        if path is not None:
            begin(session, Path(path))
        session.files.offer_recovery()
        return app.run(session)
    finally:
        session.files.watching.close()
        if session.shelf is not None:
            session.shelf.close()
        session.runner.close()


def make_session(*, packs: Iterable[str | Path] = (), folder: Path | None = None, **machine: Any) -> Session:
    """A session with a worker of its own, with the user's settings and keys. folder: where those are kept."""
    folder = folder or kept.user_folder()
    settings, told = kept.load(folder)
    set_language(settings.language)
    shortcuts = Shortcuts.load(folder)
    catalogue = Catalogue(folders=packs, models=machine.pop("models", ()))
    checking = Engine(None, catalogue=catalogue, device="cpu")  # it looks at graphs and never runs one
    runner = Runner(lambda: Engine(catalogue=catalogue, previews=True, **machine))
    session = Session(checker=checking.check, catalogue=catalogue, runner=runner, commands=COMMANDS, settings=settings,
                      shortcuts=shortcuts, folder=folder)
    for sentence in (*told, *shortcuts.problems):
        session.say(sentence, "error")
    return session


def begin(session: Session, path: Path) -> None:
    """Open a file; one that is not there yet, in a folder that is, begins as an empty graph of that name."""
    if path.suffix.lower() in (".yaml", ".yml") and not path.exists() and path.absolute().parent.is_dir():
        document = Document()
        session.files.show(Document(replace(document.graph, path=path.absolute())))
    else:
        session.open(path)
