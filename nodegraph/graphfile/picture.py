"""The graph that a picture carries: its text, the record of the run that made it, and where the files are that it names.

No path in a picture is absolute. Those that it names begin at the folder where its graph lay; the record says where that
is from the picture and from the folder in which the run was started.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..graph import Graph
from ..pngtext import SIGNATURE, texts

EMBEDDED = "nodegraph"  # the keyword of the text in a PNG that is the graph it was made by
RUN = "nodegraph.run"  # and of the text that tells of the run


def embedded_graph(path: str | Path) -> tuple[str, dict[str, Any]] | None:
    """The graph file's text that a picture carries, and the record of its run; None where there is none.

    The record has `output`, `inputs`, `seeds`, `versions`, `files` and `graphs`; it is empty where a tool lost or
    damaged it. Raises OSError if the file cannot be read.
    """
    found = texts(Path(path).read_bytes())
    if EMBEDDED not in found:
        return None
    try:
        record = json.loads(found.get(RUN, "{}"))
    except (ValueError, RecursionError):
        record = {}
    return found[EMBEDDED], record if isinstance(record, dict) else {}


def at_home(graph: Graph, base: str | Path | None = None) -> Graph:
    """A graph that was read from a picture, with the folder that its paths begin at and the graphs it brings along.

    base: that folder, if someone knows it better than the record. Other graphs stay as they are.
    """
    if graph.path is None or not _is_png(graph.path):
        return graph
    found = embedded_graph(graph.path)
    record = found[1] if found is not None else {}
    folder = Path(base) if base is not None else _home(graph.path, record)
    parts = record.get("graphs")
    carried = {resolved(folder / name): text for name, text in parts.items() if isinstance(text, str)} \
        if isinstance(parts, dict) else {}
    return replace(graph, base=folder, carried=carried, recorded=packs_of(record))


def packs_of(record: Mapping[str, Any]) -> dict[str, str]:
    """What brought each pack of the nodes that made a picture (`Pack.origin`)."""
    versions = record.get("versions")
    packs = versions.get("packs") if isinstance(versions, dict) else None
    return {name: origin for name, origin in packs.items() if isinstance(origin, str)} if isinstance(packs, dict) else {}


def files_of(record: Mapping[str, Any]) -> dict[str, str]:
    """The files that a run read, and the digest of what each held, in hex."""
    files = record.get("files")
    return {str(name): str(content) for name, content in files.items()} if isinstance(files, dict) else {}


def resolved(path: Path) -> Path:
    """The path of a file by which it is known: that of its folder, links followed, and its name."""
    try:
        return path.parent.resolve() / path.name
    except (OSError, RuntimeError, ValueError):  # a loop of links, or no path at all: reading it will tell
        return path.absolute()


def _home(picture: Path, record: Mapping[str, Any]) -> Path:
    """Where the files lie that the run read: of the places that the graph may have lain in, the first that has most."""
    places = list(_places(picture, record))
    files = files_of(record)
    return max(places, key=lambda place: sum((place / name).exists() for name in files)) if files else places[0]


def _places(picture: Path, record: Mapping[str, Any]) -> Iterator[Path]:
    for key, start in (("folder", picture.parent), ("started", Path())):
        name = record.get(key)
        if isinstance(name, str) and (start / name).is_dir():
            yield start / name
    yield picture.parent


def _is_png(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(SIGNATURE)) == SIGNATURE
    except OSError:
        return False
