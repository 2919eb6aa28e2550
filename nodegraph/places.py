"""Where models and files lie: found by the names that graphs give them, and named by the content of their files.

Nothing is fetched from a hub unless downloads were allowed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from .cache.files import content_digest
from .cache.values import words
from .digest import digest_bytes
from .errors import InputError
from .filelist import beside
from .graphfile import nearest
from .packs import KNOWS, Catalogue
from .recipe import Recipe
from .types import DAMAGED, FILE, ModelType, Named, PortType, short
from .wording import likely, say

_SKIPPED = (".md", ".txt~", ".gitattributes", ".lock")


class Places:
    """Finds models and files. Its arguments are those of `Models`."""

    def __init__(self, catalogue: Catalogue, *, download: bool = False, digests: Callable[[Path], bytes] | None = None,
                 precision: str = ""):
        self.catalogue, self.download, self.precision = catalogue, download, precision
        self.file_digest = digests or content_digest
        self._seen: dict[bytes, str] = {}  # where the content of a fingerprint was last

    def placed(self, recipe: Recipe) -> Recipe:
        """A recipe that lost its place on its way through a cache, with that."""
        folder = recipe.folder or self._seen.get(recipe.fingerprint, "")
        return recipe._replace(folder=folder, patches=tuple(map(self.placed, recipe.patches)))

    def find(self, type: PortType, value: Any, folder: Path) -> str | None:
        """What is missing about a file or a model that a graph names, or None. Reads no content."""
        if type is FILE:
            return _file_problem(beside(folder, value))
        return self._folder(type, value, folder)[1]

    def locate(self, type: PortType, value: Any, folder: Path) -> Named:
        """A file's path or a model's Recipe, with the digest of the content."""
        try:
            return self._located(type, value, folder)
        except OSError as error:
            return Named(value, None, f"{error.filename or value} cannot be read: {error.strerror}")

    def _located(self, type: PortType, value: Any, folder: Path) -> Named:
        if type is FILE:
            path = beside(folder, value)
            problem = _file_problem(path)
            if problem:
                return Named(value, None, problem)
            stamp = self.stamp(path)  # before it is read, so that a change while it is read is seen
            return Named(path, (path.name, self.file_digest(path)), "", stamp)
        place, problem = self._folder(type, value, folder)
        if place is None:
            return Named(value, None, problem)
        try:
            recipe = self._filled(value._replace(folder=str(place.absolute()), fingerprint=b""))
        except InputError as error:
            return Named(value, None, str(error))
        return Named(recipe.with_option("dtype", self.precision) if self.precision else recipe)

    def _filled(self, recipe: Recipe) -> Recipe:
        """A recipe, and its patches, with the fingerprints of what lies in their places."""
        print = recipe.fingerprint
        if recipe.folder and not print:
            place = Path(recipe.folder)
            if not place.exists():
                raise InputError(say("model.patch-gone", kind=recipe.kind, source=recipe.source, place=recipe.folder))
            print = self.fingerprint(place)
        if print and recipe.folder:
            self._seen[print] = recipe.folder
        return recipe._replace(fingerprint=print, patches=tuple([self._filled(patch) for patch in recipe.patches]))

    @staticmethod
    def stamp(path: Path) -> Any:
        """What tells whether a file changed; None where it is gone."""
        from .cache.files import file_stamp

        try:
            return file_stamp(path)
        except OSError:
            return None

    def completed(self, type: ModelType, recipe: Recipe) -> Recipe:
        """A Recipe that a node gave, with its folder and fingerprint. Raises InputError if there is no such model."""
        if recipe.fingerprint:
            return self._filled(recipe)
        named = self.locate(type, recipe, Path())
        if named.problem:
            raise InputError(named.problem)
        found: Recipe = named.value
        return found

    def _folder(self, type: PortType, recipe: Recipe, beside: Path) -> tuple[Path | None, str]:
        """Where a model is, or what is wrong: it is not there, or what is there is of another kind."""
        folder, problem = self._named_folder(type, recipe.source, beside)
        if folder is not None and isinstance(type, ModelType):
            problem = self._misfit(type, recipe.source, folder)
        return (None if problem else folder), problem

    def _misfit(self, type: ModelType, source: str, path: Path) -> str:
        """What a kind of model has against the folder, or the file, that a graph names."""
        kind = re.sub("(?<=[a-z])(?=[A-Z])", " ", type.name).lower()
        try:
            fits = (type.files or path.is_dir()) and (type.holds is None or type.holds(path))
            problem = type.problem(path) if type.problem is not None else ""
            names = [] if fits else self._names(type)
        except Exception as error:  # the code of a pack
            return say("model.unclear", source=source, kind=kind, error=words(error))
        if fits or path.is_dir() and problem.startswith(DAMAGED):  # nobody is helped by the names of other models then
            return say("model.broken", source=source, problem=problem) if problem else ""
        hint = say("hint.models", names=", ".join(names)) if names else say("hint.no-model")
        if not problem and (type.files or path.is_dir()):
            return say("model.other-kind", source=source, kind=kind, hint=hint)
        return say("model.misfit", source=source, problem=problem or say("model.file"), kind=kind, hint=hint)

    def _names(self, type: PortType) -> list[str]:
        """The models of packs, and of the folders that people have, that are of this kind; a dozen at most."""
        folders = chain(((name, self.catalogue.model_folder(name)) for name in self.catalogue.model_names()),
                        ((found.name, found.path) for found in self.catalogue.library.found))
        return list(islice((name for name, folder in folders if folder is not None and self._is_of(type, folder)), 12))

    @staticmethod
    def _is_of(type: PortType, path: Path) -> bool:
        """Whether what lies at a path may be a model of a kind."""
        return isinstance(type, ModelType) and (path.is_dir() or type.files and path.is_file()) \
            and (type.holds is None or type.holds(path))

    def _named_folder(self, type: PortType, source: str, beside: Path) -> tuple[Path | None, str]:
        """The folder, or the file, that a name stands for."""
        packed = self.catalogue.model_folder(source)
        if packed is not None:
            if packed.is_dir():
                return packed, ""
            return None, f"the pack names {source}, but its folder {packed.name} is not there; install the pack again"
        try:
            for path in (beside / source, Path(source).expanduser()):
                if path.exists():
                    return path, ""
        except (OSError, RuntimeError) as error:  # a name too long to be one, or the home of a stranger
            return None, f"there is no model {short(source)}: {getattr(error, 'strerror', error)}"
        of_hub = source.count("/") == 1 and not source.startswith((".", "~", "/"))
        place, problem = self._in_library(type, source)
        fetched = place is not None and of_hub and self.download and place.parent.name == "snapshots"
        if problem or place is not None and not fetched:  # the hub may know of more of its files than are here
            return place, problem
        if of_hub:
            return self._hub_folder(type, source)
        return None, f"there is no model {source}, neither by that name nor as a folder. " + self._nearest(type, source)

    def _in_library(self, type: PortType, source: str) -> tuple[Path | None, str]:
        """What goes by a name in the folders that people have: of the right kind, if there is one."""
        named = self.catalogue.library.named(source)
        named = [found for found in named if found.name == source] or named
        fitting = [found for found in named if self._is_of(type, found.path)] or named
        if len(fitting) > 1:
            return None, say("model.several", source=source, names=", ".join(found.name for found in fitting[:6]))
        return (fitting[0].path, "") if fitting else (None, "")

    def _nearest(self, type: PortType, source: str) -> str:
        """A hint that names what is like a name, of packs or in the folders that people have, or what there is of that kind."""
        library = (name for found in self.catalogue.library.found for name in found.names)
        return likely(source, [*self.catalogue.model_names(), *library]) or nearest(source, self._names(type))

    def _hub_folder(self, type: PortType, source: str) -> tuple[Path | None, str]:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

        try:
            name, _, revision = source.partition("@")
            return Path(snapshot_download(name, revision=revision or None, local_files_only=not self.download,
                                          allow_patterns=["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja",
                                                          "*.tiktoken"])), ""
        except HFValidationError:
            return None, f"there is no model {source}, and no hub repository can have that name. " + self._nearest(type, source)
        except LocalEntryNotFoundError:
            return None, self._not_fetched(type, source, None)
        except Exception as error:  # of the network, the hub and its rules, of which each has kinds of its own
            if not self.download and not isinstance(error, OSError):
                raise
            return None, self._not_fetched(type, source, error)

    def _not_fetched(self, type: PortType, source: str, error: Exception | None) -> str:
        """Why a hub repository is not there, and what to do: to allow downloads, unless they are allowed already."""
        hint = self._nearest(type, source)
        if not self.download:
            return say("model.not-here", source=source, hint=hint)
        why = words(error).strip().split("\n")[0][:200] if error is not None else say("model.no-hub")
        return say("model.not-fetched", source=source, hint=hint, error=why)

    def fingerprint(self, folder: Path) -> bytes:
        """A digest of the names and contents of a model folder's files; notes and hidden files do not count.

        A model in a single file counts by its content alone.
        """
        if not folder.is_dir():
            return digest_bytes(b"file\0" + self.file_digest(folder))
        parts = []
        for path, content in sorted(files_of(folder)):
            name = path.relative_to(folder).as_posix()
            if not name.startswith(".") and not name.endswith(_SKIPPED) and name != KNOWS:
                parts.append(name.encode() + b"\0" + (content or self.file_digest(path)))
        return digest_bytes(b"".join(parts))


def files_of(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """The files below a folder, also where a link leads to a folder; and b"" for each.

    A folder that was met before, as in a loop of links, comes as one path, with the path that it was met by.
    """
    met: dict[tuple[int, int], str] = {}
    stack = [folder]
    while stack:
        here = stack.pop()
        stat = here.stat()
        first = met.setdefault((stat.st_dev, stat.st_ino), here.relative_to(folder).as_posix())
        if first != here.relative_to(folder).as_posix():
            yield here, b"the same as " + os.fsencode(first)
            continue
        inside = sorted(here.iterdir())
        stack += reversed([path for path in inside if path.is_dir()])
        yield from ((path, b"") for path in inside if path.is_file())


def _file_problem(path: Path) -> str:
    try:
        if path.is_dir():
            return f"{path} is a folder; it takes a file"
        return "" if path.is_file() else f"there is no file {path}"
    except OSError as error:  # a name too long to be one
        return f"{short(str(path))} cannot be read: {error.strerror}"
