"""Values written to files that people keep, never over one that is there unless that was asked for.

A PNG carries, beside its picture, the graph that made it and what that run was given (`provenance`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from . import graphfile, pngtext
from .cache.files import content_digest
from .digest import ListDigest
from .errors import InputError
from .graphfile import RUN as RUN, embedded_graph as embedded_graph
from .naming import numbers, safe_name as safe_name
from .types import PortType, described
from .wholefile import whole_file
from .wording import say


class Unwritten(NamedTuple):
    """A file that could not be written, and why."""

    path: Path
    reason: str
    error: Exception


@dataclass
class Written:
    """What became of an export: the files that are there now, those that could not be written, what writers told."""

    paths: list[Path] = field(default_factory=list)
    unwritten: list[Unwritten] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Spot(NamedTuple):
    """Where one thing is to be written. same: that file is there already, and holds just this."""

    path: Path
    same: bool


def export(type: PortType, value: Any, folder: Path, name: str, *, depth: int = 0, overwrite: bool = False,
           extension: str | None = None, quality: int | None = None,
           embed: Mapping[str, str] | None = None) -> list[Path]:
    """Write one output: `name.ext`; `name.1.ext`, `name.2.ext`, ... for a list. The paths written.

    depth: 1 for a list, 2 for a list of lists (`name.1.2.ext`), and so on. embed: texts by keyword that a PNG carries
    along. A file is copied; of None nothing is written. A name that is taken gives way to `name-2`, `name-3`, ..., unless
    `overwrite`. Each file appears whole or not at all. Raises InputError for an extension that the type cannot be written
    as; where a file cannot be written, the others are, and the first such error is raised.
    """
    values = {tail: one for tail, one in leaves(value, depth).items() if one is not None}
    form = chosen(type, extension)
    spots = placed(folder, name, {tail: ending(one, form) for tail, one in values.items()}, {}, overwrite)
    written = write(type, [(spots[tail].path, partial(values.get, tail)) for tail in values], form, quality, embed)
    if written.unwritten:
        raise written.unwritten[0].error
    return written.paths


def chosen(type: PortType, extension: str | None) -> str:
    """The extension that a type is written as; the usual one, if none is named. Raises InputError for one that it has not.

    For files, which are copied, it does not matter.
    """
    if extension and not type.located and extension not in type.exports:
        raise InputError(f"{type.name} is written as {', '.join(type.exports)}, not as {extension}")
    return extension or next(iter(type.exports))


def ending(value: Any, extension: str) -> str:
    """The extension of the file that a value becomes: that of the file that it is, or the one that was chosen."""
    return (value.suffix[1:] or "bin") if isinstance(value, Path) else extension


def leaves(value: Any, depth: int, padded: bool = True) -> dict[str, Any]:
    """The single things in a value of some depth, each by what its file's name ends in: "", ".1", ".1.2".

    The digest of a list counts as the list of its items' digests. padded: `.01` where there are ten and more.
    """
    by_place = items(value, depth)
    tails = numbers(by_place, padded)
    return {tails[place]: item for place, item in by_place.items()}


def items(value: Any, depth: int) -> dict[tuple[int, ...], Any]:
    """The same by the number of each in its lists, counted from 1."""
    by_place: dict[tuple[int, ...], Any] = {(): value}
    for _ in range(depth):
        by_place = {(*place, number): item for place, one in by_place.items()
                    for number, item in enumerate(_list_of(one), 1)}
    return by_place


def _list_of(one: Any) -> Any:
    if isinstance(one, bytes):  # a digest: of a list, or of nothing at all
        return one.items if isinstance(one, ListDigest) else ()
    return one or ()


def depth_of(digest: bytes) -> int:
    """How deep the lists are that a digest names, as far as there is anything in them."""
    return 1 + max(map(depth_of, digest.items), default=0) if isinstance(digest, ListDigest) else 0


# ---- writing

def write(type: PortType, files: Iterable[tuple[Path, Callable[[], Any]]], extension: str, quality: int | None = None,
          embed: Mapping[str, str] | None = None) -> Written:
    """Write each file; where that fails, the others are written all the same.

    files: paths, and what gives the value for each.
    """
    done = Written()
    for path, read in files:
        try:
            if write_one(type, read(), path, extension, quality, embed):
                done.paths.append(path)
        except Exception as error:  # a type's own writer may raise anything
            done.unwritten.append(Unwritten(path, reason(error), error))
    return done


def write_one(type: PortType, value: Any, path: Path, extension: str, quality: int | None,
              embed: Mapping[str, str] | None) -> bool:
    """Write one file, whole or not at all. Whether there was anything to write."""
    if value is None:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        if isinstance(value, Path):
            shutil.copyfile(value, part)
        elif quality is not None and type.takes_quality(extension):
            type.exports[extension](value, part, quality=quality)
        else:
            type.exports[extension](value, part)
        if embed and path.suffix == ".png" and not isinstance(value, Path):
            part.write_bytes(pngtext.with_texts(part.read_bytes(), embed))
    return True


def reason(error: Exception) -> str:
    """Why a file could not be written, in a few words."""
    if isinstance(error, UnicodeEncodeError):
        character = error.object[error.start:error.start + 1].encode("unicode_escape").decode()
        return say("export.no-unicode", character=character)
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error) if isinstance(error, InputError) else described(error)


def file_bytes(type: PortType, value: Any, extension: str) -> bytes:
    """What a file with a Value would hold."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"value.{extension}"
        type.exports[extension](value, path)
        return path.read_bytes()


# ---- what is there already

def placed(folder: Path, name: str, endings: Mapping[str, str], contents: Mapping[str, bytes], overwrite: bool = False,
           usable: Callable[[Path], bool] = lambda path: True) -> dict[str, Spot]:
    """Where to write things: under this name, or the first numbered one under which nothing else is in the way.

    endings: the extension of each, by what its file's name ends in. contents: the `bare_digest` of what is known of them:
    a file that holds the same is left as it is, where it is `usable`.
    """
    count = 1
    while True:
        spots = spots_at(folder, stem_of(name, count), endings, contents, usable)
        if overwrite or free(spots):
            return spots
        count += 1


def stem_of(name: str, number: int) -> str:
    """The name under a number: card, card-2, card-3."""
    return name if number == 1 else f"{name}-{number}"


def spots_at(folder: Path, stem: str, endings: Mapping[str, str], contents: Mapping[str, bytes],
             usable: Callable[[Path], bool] = lambda path: True) -> dict[str, Spot]:
    """Where things would be under just this name, and which of them are there already."""
    return {tail: _spot(folder / f"{stem}{tail}.{extension}", contents.get(tail), usable)
            for tail, extension in endings.items()}


def free(spots: Mapping[str, Spot]) -> bool:
    """Whether nothing that holds something else is in the way."""
    return all(spot.same or not os.path.lexists(spot.path) for spot in spots.values())


def _spot(path: Path, content: bytes | None, usable: Callable[[Path], bool]) -> Spot:
    return Spot(path, content is not None and path.is_file() and bare_digest(path) == content and usable(path))


def find_same(contents: Mapping[str, bytes], folder: Path, name: str, extension: str | Mapping[str, str], *,
              numbered: bool = True, usable: Callable[[Path], bool] = lambda path: True) -> list[Path] | None:
    """The files of an earlier export under this name, or a numbered one, that hold just these contents; or None.

    contents: the `bare_digest` of each file, by what its name ends in (`leaves`). Files that were edited since are
    not the same.
    """
    count = 1
    while contents:
        stem = stem_of(name, count)
        paths = [folder / f"{stem}{tail}.{extension if isinstance(extension, str) else extension[tail]}"
                 for tail in contents]
        if not all(path.is_file() for path in paths):
            return None
        if all(bare_digest(path) == content and usable(path) for path, content in zip(paths, contents.values())):
            return paths
        if not numbered:
            return None
        count += 1
    return None


def retell(paths: Iterable[Path], embed: Mapping[str, str] | None) -> None:
    """Put other texts into PNGs, in place of those that tell of a run, or take these out; files as wanted stay as they are."""
    for path in paths:
        if path.suffix == ".png":
            data = path.read_bytes()
            told = pngtext.with_texts(data, embed) if embed else pngtext.without_texts(data, TOLD)
            if told != data:
                with whole_file(path) as part:
                    part.write_bytes(told)


def tells_nothing(path: Path) -> bool:
    """Whether a file carries no graph and no record of a run."""
    return path.suffix != ".png" or not pngtext.texts(path.read_bytes()).keys() & set(TOLD)


def bare_digest(path: Path) -> bytes:
    """The XXH3-128 of a file; of a PNG without the graph that it carries, so that the same picture is the same."""
    if path.suffix != ".png":
        return content_digest(path)
    import xxhash

    return xxhash.xxh3_128_digest(pngtext.without_texts(path.read_bytes(), TOLD))


TOLD = (graphfile.EMBEDDED, RUN)
