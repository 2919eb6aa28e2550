"""A session's graph for someone else: as one file with all that it reads, which opens too, or copied without its words."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from nodegraph.editing import bundle

from .document import clipboard
from .document.items import items
from .document.texts import without_texts
from .runs import updates as up
from .words.speak import t

if TYPE_CHECKING:
    from .session import Session


def share(session: Session) -> None:
    """Ask where to, and write the graph and all that it reads into one zip."""
    document = session.document
    stem = document.path.stem if document.path is not None else document.graph.title or "graph"

    def write(path: Path) -> None:
        def told(update: up.Exported) -> None:
            if update.problem:
                session.say(update.problem, "error")
            else:
                session.say(t("share.bundled", name=path.name))
        session.progress.when(up.Exported, session.runner.bundle(document.graph, path), path.name, told)
    session.ask("export", write, name=f"{stem.replace('/', '_')}{bundle.SUFFIX}", suffixes=(bundle.SUFFIX,),
                heading="share.title", folder=str(document.path.parent if document.path is not None else ""))


def copy_without_texts(session: Session) -> None:
    """Copy what is selected, or everything, with texts left out; and say what is out and what is not."""
    bare = without_texts(session.graph, session.checked)
    chosen = session.selection or frozenset(items(session.graph))
    left = [item for item in chosen if item.kind not in ("note", "frame")]
    session.clipboard.put(clipboard.copied(bare.graph, left))
    session.say(t("share.copied", count=bare.left_out))


def opened(path: Path) -> Path:
    """The graph file to open for a path: of a bundle, the one in it, unpacked into a folder beside it.

    A folder that this very bundle was unpacked into is taken again; one that holds something else is left alone.
    Raises GraphError for a file that is no bundle, OSError where nothing can be written there.
    """
    if path.suffix.lower() != bundle.SUFFIX:
        return path
    folder, number = path.with_suffix(""), 1
    while folder.exists() and not _is_of(folder, path):
        number += 1
        folder = path.with_name(f"{path.stem}-{number}")
    return bundle.unpacked(path, folder)


def _is_of(folder: Path, path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as packed:
            return (folder / bundle.MANIFEST).read_bytes() == packed.read(bundle.MANIFEST)
    except (OSError, KeyError, RuntimeError, zipfile.BadZipFile):
        return False
