"""Values written to files that people keep, never over one that is there unless that was asked for."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from .cache.files import content_digest
from .errors import InputError
from .types import PortType


def export(type: PortType, value: Any, folder: Path, name: str, *, many: bool = False, overwrite: bool = False,
           extension: str | None = None) -> list[Path]:
    """Write one output: `name.ext`, or `name.1.ext`, `name.2.ext`, ... for a list. The paths written.

    A name that is taken gives way to `name-2`, `name-3`, ..., unless `overwrite`. Each file appears whole or not
    at all. Raises InputError for an extension that the type cannot be written as, OSError where the disk refuses.
    """
    extension = extension or next(iter(type.exports))
    if extension not in type.exports:
        raise InputError(f"{type.name} is written as {', '.join(type.exports)}, not as {extension}")
    folder.mkdir(parents=True, exist_ok=True)
    tails = [f".{i}" for i in range(1, len(value) + 1)] if many else [""]
    values = value if many else [value]
    stem = name if overwrite else _free_stem(folder, name, tails, extension)
    paths = []
    for tail, one in zip(tails, values):
        path = folder / f"{stem}{tail}.{extension}"
        part = path.with_name(f".{path.stem}.{os.getpid()}.part.{extension}")
        try:
            type.exports[extension](one, part)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        paths.append(path)
    return paths


def find_same(contents: list[bytes], folder: Path, name: str, extension: str, *, many: bool = False) -> list[Path] | None:
    """The files of an earlier export under this name, or a numbered one, that hold just these contents; or None.

    contents: the XXH3-128 digest of each file. Files that were edited since are not the same.
    """
    stem, count = name, 1
    tails = [f".{i}" for i in range(1, len(contents) + 1)] if many else [""]
    while contents:
        paths = [folder / f"{stem}{tail}.{extension}" for tail in tails]
        if not all(path.is_file() for path in paths):
            return None
        if all(content_digest(path) == content for path, content in zip(paths, contents)):
            return paths
        count += 1
        stem = f"{name}-{count}"
    return None


def _free_stem(folder: Path, name: str, tails: list[str], extension: str) -> str:
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
