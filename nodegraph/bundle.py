"""A graph with all that it reads as one zip: its file, the graphs in it, the files that it names, and what brought its nodes.

Paths are as provenance tells them: from the folder of the graph, and by its name alone where a file lies elsewhere
altogether. A manifest, bundle.json, says which of the files is the graph. Models are named and not packed: their names are
in the graph, and their files may be of any size.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from . import graphfile
from .cache.files import content_digest
from .errors import GraphError, Problem
from .plan import Plan
from .provenance import Places, files_read, provenance
from .wholefile import whole_file
from .wording import say

SUFFIX = ".zip"
MANIFEST = "bundle.json"
VERSION = 1
MOST_FILES, MOST_BYTES = 20_000, 8 << 30  # that one is unpacked to


class Bundle(NamedTuple):
    """What is in a bundle. graph: its path inside; files: of those that the graph reads, how many; packs: what brought each."""

    graph: str
    files: int
    packs: dict[str, str]


def write(plan: Plan, path: Path, planned: Callable[[Path], Plan]) -> Bundle:
    """Write a plan's graph and all that it reads into a zip. It is there whole, or not at all.

    planned: makes a plan of a graph file; with it the zip is tried before it is put in place. Raises GraphError where the
    graph would not find the same files there, OSError where it cannot be written.
    """
    told = provenance(plan, "")
    record = json.loads(told[graphfile.RUN])
    packs = record["versions"]["packs"]
    texts = {f"{plan.graph.path.stem if plan.graph.path else 'graph'}.yaml": _with_packs(told[graphfile.EMBEDDED], packs),
             **record.get("graphs", {})}
    places, files = Places(plan.graph.folder), dict[str, tuple[Path, bytes]]()
    for file, content in files_read(plan):
        name = places.told(os.path.abspath(file))
        if files.setdefault(name, (file, content))[1] != content or name in texts:
            raise GraphError([Problem(None, say("bundle.same-name", name=name, one=files[name][0], other=file))])
    up = max((PurePosixPath(name).parts.count("..") for name in (*texts, *files)), default=0)
    inside = {name: os.path.normpath("/".join([*["graph"] * up, name])).replace(os.sep, "/") for name in (*texts, *files)}
    graph = inside[next(iter(texts))]
    manifest = {"bundle": VERSION, "graph": graph, "versions": record["versions"],
                "files": {inside[name]: content.hex() for name, (_, content) in files.items()}}
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
            for name, text in texts.items():
                packed.writestr(inside[name], text)
            for name, (file, _) in files.items():
                packed.write(file, inside[name])
        _judge(part, plan, planned)
    return Bundle(graph, len(files), packs)


def _with_packs(text: str, packs: dict[str, str]) -> str:
    """The text of a graph that says what brought its packs, so that one that is missing elsewhere can be named."""
    graph = graphfile.parse(text)[0]
    return graphfile.updated(text, replace(graph, packs={**graph.packs, **packs}))


def _judge(part: Path, plan: Plan, planned: Callable[[Path], Plan]) -> None:
    """Raise GraphError where the graph in a zip does not find the files there that the plan found here."""
    wanted = sorted(content for _, content in files_read(plan))
    with tempfile.TemporaryDirectory() as scratch:
        graph = unpacked(part, Path(scratch) / "bundle")
        found = sorted(content for file, content in files_read(planned(graph)) if file.resolve().is_relative_to(
            Path(scratch).resolve()))
    if found != wanted:
        raise GraphError([Problem(None, say("bundle.not-found", count=len(wanted) - len(found)))])


def unpacked(path: Path, folder: Path) -> Path:
    """Unpack a bundle into a new folder, whole or not at all; the path of its graph. A folder that is there is taken as it is.

    Raises GraphError for a file that is no bundle, or that would write beside the folder or more than a bundle may.
    """
    graph, names = _contents(path)
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
            place = Path(scratch, "bundle")
            with zipfile.ZipFile(path) as packed:
                for name in names:
                    packed.extract(name, place)
            place.rename(folder)
    return folder / graph


def _contents(path: Path) -> tuple[str, list[str]]:
    """The path of the graph in a bundle, and of everything that is in it. Raises GraphError."""
    try:
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
            manifest: Any = json.loads(packed.read(MANIFEST))
    except FileNotFoundError:
        raise GraphError([Problem(None, say("file.none", path=str(path)))]) from None
    except (OSError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile):
        raise GraphError([Problem(None, say("bundle.none", path=str(path)))]) from None
    graph = manifest.get("graph") if isinstance(manifest, dict) else None
    names = [entry.filename for entry in entries]
    if type(graph) is not str or graph not in names:
        raise GraphError([Problem(None, say("bundle.none", path=str(path)))])
    for entry in entries:
        if not _is_inside(entry.filename) or entry.external_attr >> 28 == 0xA:  # a link leads who knows where
            raise GraphError([Problem(None, say("bundle.unsafe", path=str(path), name=entry.filename))])
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise GraphError([Problem(None, say("bundle.too-large", path=str(path), size=f"{MOST_BYTES >> 30} GB"))])
    return graph, names


def _is_inside(name: str) -> bool:
    parts = name.rstrip("/").split("/")
    return bool(parts) and not any(part in ("", ".", "..") or "\\" in part or ":" in part for part in parts)


def graph_of(path: str | Path, cache: Path) -> Path:
    """The graph file that a path means: of a bundle, the one in it, unpacked into a cache folder by its content."""
    path = Path(path)
    if path.suffix.lower() != SUFFIX or not path.is_file():
        return path
    return unpacked(path, cache / "bundles" / content_digest(path).hex())
