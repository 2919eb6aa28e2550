"""Live models: found by name, named by the content of their files, loaded once, leased per call.

Only this module loads models and lets them go. One live copy serves all nodes that ask for it, one call at a time.
Nothing is fetched from a hub unless downloads were allowed.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from .cache.files import content_digest
from .cache.memory import HOST, Holding, Memory
from .cache.values import words
from .digest import digest_bytes, encode
from .errors import InputError
from .graphfile import nearest
from .packs import KNOWS, Catalogue
from .recipe import Recipe
from .types import DAMAGED, FILE, ModelType, Named, PortType, short
from .warning import Remark, collected, warn
from .wording import say

_Name = tuple[Any, ...]  # of a live model: type, content, options, and which copy it is
Wanted = tuple[ModelType, Recipe]
_SKIPPED = (".md", ".txt~", ".gitattributes", ".lock")


# Libraries patch themselves while they build a model, and import their parts when these are first asked for: whoever
# does the same in another thread finds halves of modules. One model at a time in the whole process, therefore.
BUILDING = threading.RLock()


class _Live:
    """A loaded model, where it is, and who uses it."""

    def __init__(self, type: ModelType) -> None:
        self.type = type
        self.lock = threading.Lock()
        self.model: Any = None
        self.device = ""
        self.offloaded = False  # too large for the device: it lives on the host and visits in parts
        self.bytes = 0
        self.seconds = 0.0
        self.touched = 0.0
        self.users = 0
        self.remarks: list[Remark] = []  # what its loader told, which holds as long as it lives
        self.patches: tuple[Recipe, ...] | None = ()  # what is on it; None where nobody knows
        self.fitted: Any = None  # the model with these, as it is handed out
        self.fit_remarks: list[Remark] = []  # what was told of them

    def drop(self) -> None:
        """Let the model go, to be loaded anew."""
        self.model = self.fitted = None
        self.patches, self.bytes, self.remarks, self.fit_remarks = (), 0, [], []


class Models:
    """Finds and holds models.

    place: says where they run and in which floating type, ("cuda:0", "bfloat16"); asked when it first matters.
    memory: the account that their bytes are part of. download: whether a hub may be asked.
    digests: a function (path) -> digest of a file's content, if someone keeps those between runs.
    precision: the floating type that was asked for by name, which then counts in Keys: a picture made in bfloat16
        is not the one that float32 makes. "" leaves it to the device, and counts for nothing.
    """

    def __init__(self, catalogue: Catalogue, place: Callable[[], tuple[str, str]] = lambda: ("cpu", "float32"), *,
                 memory: Memory | None = None, download: bool = False,
                 digests: Callable[[Path], bytes] | None = None, precision: str = ""):
        self.catalogue, self._choose, self.download = catalogue, place, download
        self.precision = precision
        self.memory = memory if memory is not None else Memory({})
        self.memory.tenants.append(self)
        self.file_digest = digests or content_digest
        self._live: dict[_Name, _Live] = {}
        self._places: dict[bytes, str] = {}  # where the content of a fingerprint was last seen
        self._lock = threading.RLock()
        self.loads = self.fits = 0

    @cached_property
    def place(self) -> tuple[str, str]:
        """The device, and the floating type."""
        return self._choose()

    @property
    def device(self) -> str:
        """Where models run, a torch device name."""
        return self.place[0]

    @property
    def dtype(self) -> str:
        """The floating type they run in, by name."""
        return self.place[1]

    # -- finding

    def find(self, type: PortType, value: Any, folder: Path) -> str | None:
        """What is missing about a file or a model that a graph names, or None. Reads no content."""
        if type is FILE:
            return _file_problem(folder / value)
        return self._folder(type, value, folder)[1]

    def locate(self, type: PortType, value: Any, folder: Path) -> Named:
        """A file's path or a model's Recipe, with the digest of the content."""
        try:
            return self._located(type, value, folder)
        except OSError as error:
            return Named(value, None, f"{error.filename or value} cannot be read: {error.strerror}")

    def _located(self, type: PortType, value: Any, folder: Path) -> Named:
        if type is FILE:
            path = folder / value
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
            self._places[print] = recipe.folder
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
        folder, problem = self._named_folder(recipe.source, beside)
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

    def _names(self, type: ModelType) -> list[str]:
        """The models of packs that are of this kind."""
        folders = ((name, self.catalogue.model_folder(name)) for name in self.catalogue.model_names())
        return [name for name, folder in folders
                if folder is not None and folder.is_dir() and (type.holds is None or type.holds(folder))]

    def _named_folder(self, source: str, beside: Path) -> tuple[Path | None, str]:
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
        if source.count("/") == 1 and not source.startswith((".", "~", "/")):
            return self._hub_folder(source)
        return None, f"there is no model {source}, neither by that name nor as a folder. " + \
            nearest(source, self.catalogue.model_names())

    def _hub_folder(self, source: str) -> tuple[Path | None, str]:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

        try:
            return Path(snapshot_download(source, local_files_only=not self.download,
                                          allow_patterns=["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja",
                                                          "*.tiktoken"])), ""
        except HFValidationError:
            return None, f"there is no model {source}, and no hub repository can have that name. " + \
                nearest(source, self.catalogue.model_names())
        except LocalEntryNotFoundError:
            return None, self._not_fetched(source, None)
        except Exception as error:  # of the network, the hub and its rules, of which each has kinds of its own
            if not self.download and not isinstance(error, OSError):
                raise
            return None, self._not_fetched(source, error)

    def _not_fetched(self, source: str, error: Exception | None) -> str:
        """Why a hub repository is not there, and what to do: to allow downloads, unless they are allowed already."""
        hint = nearest(source, self.catalogue.model_names())
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
        for path, content in sorted(_files(folder)):
            name = path.relative_to(folder).as_posix()
            if not name.startswith(".") and not name.endswith(_SKIPPED) and name != KNOWS:
                parts.append(name.encode() + b"\0" + (content or self.file_digest(path)))
        return digest_bytes(b"".join(parts))

    # -- leasing

    @contextmanager
    def lease(self, type: ModelType, recipe: Recipe,
              told: Callable[[str, float, int], None] = lambda source, seconds, size: None,
              begun: Callable[[str], None] = lambda source: None) -> Iterator[Any]:
        """The live model, for the length of a `with`. One call at a time uses it.

        told: called with the source, seconds and bytes when the model had to be loaded; begun: before that is done.
        """
        with self._leased(self._name(type, recipe), type, recipe, told, begun) as model:
            yield model

    @contextmanager
    def leases(self, wanted: Iterable[Wanted], told: Callable[[str, float, int], None],
               begun: Callable[[str], None]) -> Iterator[list[Any]]:
        """Several live models for one call, in the order in which they are asked for.

        They are claimed in one order for all calls, so that no two calls wait for each other. The same recipe comes as one
        model; the same model with other patches as another copy of it, since both are to be on at once.
        """
        wanted = list(wanted)
        names: list[_Name] = []
        for type, recipe in wanted:
            name = self._name(type, recipe)
            copies = {n: r.patches for n, (_, r) in zip(names, wanted) if n[:-1] == name[:-1]}
            same = next((n for n, patches in copies.items() if patches == recipe.patches), None)
            names.append(same or (*name[:-1], len(copies)))
        models: dict[_Name, Any] = {}
        with ExitStack() as stack:
            for name, (type, recipe) in sorted(dict(zip(names, wanted)).items(), key=lambda item: repr(item[0])):
                models[name] = stack.enter_context(self._leased(name, type, recipe, told, begun))
            yield [models[name] for name in names]

    @staticmethod
    def _name(type: ModelType, recipe: Recipe) -> _Name:
        """Which live model a recipe asks for: the heavy patches make it another, the light ones are put on it."""
        heavy = tuple([patch.content for patch in recipe.patches if type.is_heavy(patch)])
        return type.name, recipe.fingerprint or recipe.source, recipe.options, encode(heavy) if heavy else b"", 0

    @contextmanager
    def _leased(self, name: _Name, type: ModelType, recipe: Recipe, told: Callable[[str, float, int], None],
                begun: Callable[[str], None]) -> Iterator[Any]:
        with self._lock:
            live = self._live.setdefault(name, _Live(type))
            live.users += 1
        try:
            with live.lock:
                if live.model is None:
                    recipe = self._found(recipe)
                    begun(recipe.source)
                    self._load(live, recipe._replace(patches=tuple(filter(type.is_heavy, recipe.patches))))
                    told(recipe.source, live.seconds, live.bytes)
                elif live.device != self.device and not live.offloaded:
                    self.memory.shrink({self.device: live.bytes})
                    with BUILDING:
                        self._move(live, self.device)
                model = live.model if live.patches == recipe.patches == () else self._fit(live, recipe)
                live.touched = self.memory.clock
                for remark in (*live.remarks, *live.fit_remarks):
                    warn(remark.sentence)
                yield model
        finally:
            with self._lock:
                live.users -= 1

    def _found(self, recipe: Recipe) -> Recipe:
        """A recipe that lost its place on its way through a cache, with that."""
        folder = recipe.folder or self._places.get(recipe.fingerprint, "")
        return recipe._replace(folder=folder, patches=tuple(map(self._found, recipe.patches)))

    def _fit(self, live: _Live, recipe: Recipe) -> Any:
        """The live model with the patches that a recipe has, and no others."""
        if live.type.fit is None:
            return live.model
        if live.patches != recipe.patches:
            live.fitted = None
            try:
                with BUILDING, collected() as live.fit_remarks:
                    fitted = live.type.fit(live.model, self._found(recipe))
            except BaseException:  # nobody knows what is on it now
                live.drop()
                raise
            self.fits += 1
            live.fitted = live.model if fitted is None else fitted
            live.patches = recipe.patches
            live.bytes = max(1, (live.type.size or weight_bytes)(live.model))
            self.memory.shrink()
        return live.fitted

    def _load(self, live: _Live, recipe: Recipe) -> None:
        # The size of the files is a fair guess of what is coming.
        coming = file_bytes(Path(recipe.folder))
        live.offloaded = self.device != HOST and coming > self.memory.budgets.get(self.device, 1 << 62)
        if live.offloaded:
            recipe = recipe.with_option("offload", True)
        self.memory.shrink({self.device: 0 if live.offloaded else coming})
        with BUILDING:
            started = time.perf_counter()
            with collected() as live.remarks:
                model = live.type.load(recipe, self.device, self.dtype)
            live.seconds = time.perf_counter() - started
        live.bytes = max(1, (live.type.size or weight_bytes)(model))
        live.model, live.device = model, HOST if live.offloaded else self.device
        self.loads += 1
        self.memory.shrink()

    def _move(self, live: _Live, device: str) -> None:
        (live.type.move or (lambda model, device: model.to(device)))(live.model, device)
        live.device = device

    # -- a tenant of the memory account

    def held(self, device: str) -> int:
        """Bytes of live models on a device."""
        with self._lock:
            return sum(live.bytes for live in self._live.values() if live.model is not None and live.device == device)

    def idle(self, device: str) -> list[Holding]:
        """The models on a device that no call is using."""
        with self._lock:
            return [Holding(live.touched + live.seconds / live.bytes, live.bytes, partial(self._release, key))
                    for key, live in self._live.items()
                    if live.model is not None and not live.users and live.device == device]

    def _release(self, key: _Name) -> None:
        """One tier down: from an accelerator to the host, from the host away."""
        with self._lock:
            live = self._live[key]
            if live.users:
                return
            if live.device == HOST:
                del self._live[key]
            else:
                self._move(live, HOST)

    def clear(self) -> None:
        """Let every idle model go."""
        with self._lock:
            for key in [key for key, live in self._live.items() if not live.users]:
                del self._live[key]


def file_bytes(folder: Path) -> int:
    """Bytes of the weights that lie in a model's folder, or of its one file."""
    if folder.is_file():
        return folder.stat().st_size
    return sum(path.stat().st_size for path, again in _files(folder) if path.suffix == ".safetensors" and not again) \
        if folder.name else 0


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
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


def weight_bytes(model: Any) -> int:
    """Bytes of the parameters and buffers of a torch module, or of the modules that an object holds."""
    import torch

    if isinstance(model, torch.nn.Module):
        modules = [model]
    else:
        parts = getattr(model, "components", None)
        parts = parts if isinstance(parts, dict) else getattr(model, "__dict__", {})
        modules = [part for part in parts.values() if isinstance(part, torch.nn.Module)]
    tensors = {t.data_ptr(): t.numel() * t.element_size()
               for module in modules for t in (*module.parameters(), *module.buffers())}
    return sum(tensors.values())


def _file_problem(path: Path) -> str:
    try:
        if path.is_dir():
            return f"{path} is a folder; it takes a file"
        return "" if path.is_file() else f"there is no file {path}"
    except OSError as error:  # a name too long to be one
        return f"{short(str(path))} cannot be read: {error.strerror}"
