"""`nodegraph models`: lists the models that graphs can name, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import PackError
from ..models import file_bytes
from ..packs import Catalogue
from ..types import ModelType
from ..wording import say
from .exits import DONE
from .options import Options
from .stdout import Stdout
from .terminal import size, table


class Row(NamedTuple):
    """A model. kinds: the names of the types that take it. remark: what is wrong with it, or is to be known of it."""

    name: str
    kinds: tuple[str, ...]
    bytes: int
    remark: str
    path: Path


def models(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code."""
    catalogue = Catalogue(folders=options.pack, models=options.models)
    rows = [row for row in listed(catalogue) if speaks_of(row, options.name)]
    if options.json:
        stdout.json([{**row._asdict(), "path": str(row.path)} for row in rows])
        return DONE
    if rows:
        stdout(table([[row.name, ", ".join(row.kinds) or "?", size(row.bytes), row.remark] for row in rows],
                     ["model", "kind", "size", ""]))
    else:
        stdout(say("models.none", word=options.name) if options.name else say("models.no-folder"))
    return DONE


def speaks_of(row: Row, words: str) -> bool:
    """Whether every one of some words stands in a model's name, kinds or remark."""
    text = " ".join((row.name, *row.kinds, row.remark)).casefold()
    return all(word in text for word in words.casefold().split())


def listed(catalogue: Catalogue) -> Iterator[Row]:
    """The models of packs, and those in the folders that people have."""
    types = model_types(catalogue)
    for name in catalogue.model_names():
        folder = catalogue.model_folder(name)
        if folder is not None and folder.is_dir():
            yield _row(types, name, folder)
    for found in catalogue.library.found:
        yield _row(types, found.name, found.path)


def model_types(catalogue: Catalogue) -> list[ModelType]:
    """The kinds of models that packs declare."""
    types = []
    for name in catalogue.type_names():
        try:
            type = catalogue.porttype(name)
        except PackError:
            continue  # `nodegraph pack list` tells of it
        if isinstance(type, ModelType):
            types.append(type)
    return types


def _row(types: list[ModelType], name: str, path: Path) -> Row:
    kinds = [type for type in types if (type.files or path.is_dir()) and type.holds is not None and type.holds(path)]
    remarks = [problem for type in kinds if type.problem is not None and (problem := type.problem(path))]
    remarks += [about for type in kinds if type.about is not None and (about := type.about(path))]
    if not kinds:
        pickled = path.suffix in (".ckpt", ".pt", ".pth")
        remarks = [say("models.pickle")] if pickled else [say("models.unknown")]
    return Row(name, tuple(type.name for type in kinds), file_bytes(path), "; ".join(remarks), path)
