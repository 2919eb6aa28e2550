"""Values written to files that people keep, never over one that is there unless that was asked for.

A PNG carries, beside its picture, the graph that made it and what that run was given.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from . import graphfile, pngtext
from .cache.files import content_digest
from .digest import ListDigest
from .errors import GraphError, InputError
from .graph import Graph
from .plan import REQUEST, Plan
from .types import PortType

RUN = "nodegraph.run"  # the keyword of the text in a PNG that tells of the run; the graph is under graphfile.EMBEDDED


def export(type: PortType, value: Any, folder: Path, name: str, *, depth: int = 0, overwrite: bool = False,
           extension: str | None = None, embed: Mapping[str, str] | None = None) -> list[Path]:
    """Write one output: `name.ext`; `name.1.ext`, `name.2.ext`, ... for a list. The paths written.

    depth: 1 for a list, 2 for a list of lists (`name.1.2.ext`), and so on. embed: texts by keyword that a PNG carries
    along. A file is copied; of None nothing is written. A name that is taken gives way to `name-2`, `name-3`, ..., unless `overwrite`. Each file appears whole or
    not at all. Raises InputError for an extension that the type cannot be written as, OSError where the disk refuses.
    """
    values = {tail: one for tail, one in leaves(value, depth).items() if one is not None}
    file = next((one for one in values.values() if isinstance(one, Path)), None)
    extension = extension or (file.suffix[1:] or "bin" if file is not None else next(iter(type.exports)))
    if extension not in type.exports and file is None:
        raise InputError(f"{type.name} is written as {', '.join(type.exports)}, not as {extension}")
    folder.mkdir(parents=True, exist_ok=True)
    stem = name if overwrite else _free_stem(folder, name, values, extension)
    paths = []
    for tail, one in values.items():
        path = folder / f"{stem}{tail}.{extension}"
        with _whole(path) as part:
            if isinstance(one, Path):
                shutil.copyfile(one, part)
                paths.append(path)
                continue
            type.exports[extension](one, part)
            if embed and extension == "png":
                part.write_bytes(pngtext.with_texts(part.read_bytes(), embed))
        paths.append(path)
    return paths


def leaves(value: Any, depth: int) -> dict[str, Any]:
    """The single things in a value of some depth, each by what its file's name ends in: "", ".1", ".1.2".

    The digest of a list counts as the list of its items' digests.
    """
    by_tail = {"": value}
    for _ in range(depth):
        by_tail = {f"{tail}.{number}": item for tail, one in by_tail.items()
                 for number, item in enumerate(one.items if isinstance(one, ListDigest) else one or (), 1)}
    return by_tail


def depth_of(digest: bytes) -> int:
    """How deep the lists are that a digest names, as far as there is anything in them."""
    return 1 + max(map(depth_of, digest.items), default=0) if isinstance(digest, ListDigest) else 0


def file_bytes(type: PortType, value: Any, extension: str) -> bytes:
    """What a file with a Value would hold."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"value.{extension}"
        type.exports[extension](value, path)
        return path.read_bytes()


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file beside this one to write to, which takes its place if nothing goes wrong."""
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def find_same(contents: Mapping[str, bytes], folder: Path, name: str, extension: str, *,
              numbered: bool = True) -> list[Path] | None:
    """The files of an earlier export under this name, or a numbered one, that hold just these contents; or None.

    contents: the `bare_digest` of each file, by what its name ends in (`leaves`). Files that were edited since are
    not the same.
    """
    stem, count = name, 1
    while contents:
        paths = [folder / f"{stem}{tail}.{extension}" for tail in contents]
        if not all(path.is_file() for path in paths):
            return None
        if all(bare_digest(path) == content for path, content in zip(paths, contents.values())):
            return paths
        if not numbered:
            return None
        count += 1
        stem = f"{name}-{count}"
    return None


def retell(paths: list[Path], embed: Mapping[str, str]) -> None:
    """Put other texts into PNGs, in place of those of the same keywords; files that have them stay as they are."""
    for path in paths:
        data = path.read_bytes()
        told = pngtext.with_texts(data, embed)
        if told != data:
            with _whole(path) as part:
                part.write_bytes(told)


def bare_digest(path: Path) -> bytes:
    """The XXH3-128 of a file; of a PNG without the graph that it carries, so that the same picture is the same."""
    if path.suffix != ".png":
        return content_digest(path)
    import xxhash

    return xxhash.xxh3_128_digest(pngtext.without_texts(path.read_bytes(), (graphfile.EMBEDDED, RUN)))


def provenance(plan: Plan, output: str) -> dict[str, str]:
    """The texts that a picture made by a plan carries: its graph, and the inputs, seeds and versions of the run.

    Inputs that are no plain data, such as a picture handed in from Python, are named under `live`.
    """
    given = {name: str(value) if isinstance(value, Path) else value for name, value in plan.given.items()}
    plain = {name: value for name, value in given.items() if _is_plain(value)}
    types = {step.nodetype.name: step.nodetype.version for step in plan.steps if step.kind == REQUEST}
    told = {"output": output, "inputs": plain, "live": sorted(given.keys() - plain.keys()), "seeds": plan.seeds,
            "versions": {"nodegraph": _own_version(), "nodes": dict(sorted(types.items()))}}
    try:
        text = _text_of(plan.graph)
    except yaml.YAMLError:  # a graph made in Python may hold what no text can say
        return {}
    return {graphfile.EMBEDDED: text, RUN: json.dumps(told, ensure_ascii=False)}


def embedded_graph(path: str | Path) -> tuple[str, dict[str, Any]] | None:
    """The graph file's text that a picture carries, and the record of its run; None where there is none.

    The record has `output`, `inputs`, `seeds` and `versions`; it is empty where a tool lost or damaged it. Raises
    OSError if the file cannot be read.
    """
    found = pngtext.texts(Path(path).read_bytes())
    if graphfile.EMBEDDED not in found:
        return None
    try:
        record = json.loads(found.get(RUN, "{}"))
    except (ValueError, RecursionError):
        record = {}
    return found[graphfile.EMBEDDED], record if isinstance(record, dict) else {}


def _text_of(graph: Graph) -> str:
    """The graph as its file tells it, comments and all, with what was edited since."""
    try:
        return graphfile.updated(graphfile.read_text(graph.path), graph) if graph.path else graphfile.dumps(graph)
    except GraphError:  # the file has gone
        return graphfile.dumps(graph)


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (str, int, float))


@cache
def _own_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("nodegraph")
    except PackageNotFoundError:  # run from its folder, not installed
        return ""


def _free_stem(folder: Path, name: str, tails: Iterable[str], extension: str) -> str:
    stem, count = name, 1
    while any((folder / f"{stem}{tail}.{extension}").exists() for tail in tails):
        count += 1
        stem = f"{name}-{count}"
    return stem


_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(?![^.])", re.IGNORECASE)
MOST_BYTES = 120  # of a name, so that with its ending and a temporary prefix it fits any file system


def safe_name(text: str, taken: set[str] | None = None) -> str:
    """A text made fit for a file name on any system: letters, digits, dot, minus, = and underscore.

    At most 120 bytes of UTF-8, and none of the names that Windows keeps for itself. taken: names used already, in
    small letters; the result is unlike all of them, and is added.
    """
    name = re.sub(r"[^\w.=-]+", "_", text).strip("._") or "value"
    name = name.encode("utf-8", "replace")[:MOST_BYTES].decode("utf-8", "ignore").rstrip("._")
    if _RESERVED.match(name):
        name = f"_{name}"
    if taken is None:
        return name
    free, count = name, 1
    while free.casefold() in taken:
        count += 1
        free = f"{name}-{count}"
    taken.add(free.casefold())
    return free
