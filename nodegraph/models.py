"""Live models: found by name, named by the content of their files, loaded once, leased per call.

Only this module loads models and lets them go. One live copy serves all nodes that ask for it, one call at a time. Where
they lie is known to `places`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from .cache.memory import HOST, Holding, Memory
from .digest import encode
from .packs import Catalogue
from .places import Places, files_of
from .recipe import Recipe
from .types import ModelType, Named, PortType
from .warning import Remark, collected, warn

_Name = tuple[Any, ...]  # of a live model: type, content, options, and which copy it is
Wanted = tuple[ModelType, Recipe]


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
        self.catalogue, self._choose = catalogue, place
        self.places = Places(catalogue, download=download, digests=digests, precision=precision)
        self.memory = memory if memory is not None else Memory({})
        self.memory.tenants.append(self)
        self._live: dict[_Name, _Live] = {}
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

    # -- finding, which `places` does

    def find(self, type: PortType, value: Any, folder: Path) -> str | None:
        """What is missing about a file or a model that a graph names, or None. Reads no content."""
        return self.places.find(type, value, folder)

    def locate(self, type: PortType, value: Any, folder: Path) -> Named:
        """A file's path or a model's Recipe, with the digest of the content."""
        return self.places.locate(type, value, folder)

    def completed(self, type: ModelType, recipe: Recipe) -> Recipe:
        """A Recipe that a node gave, with its folder and fingerprint. Raises InputError if there is no such model."""
        return self.places.completed(type, recipe)

    def fingerprint(self, folder: Path) -> bytes:
        """A digest of the content of a model's files."""
        return self.places.fingerprint(folder)

    @staticmethod
    def stamp(path: Path) -> Any:
        """What tells whether a file changed; None where it is gone."""
        return Places.stamp(path)

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
                    recipe = self.places.placed(recipe)
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

    def _fit(self, live: _Live, recipe: Recipe) -> Any:
        """The live model with the patches that a recipe has, and no others."""
        if live.type.fit is None:
            return live.model
        if live.patches != recipe.patches:
            live.fitted = None
            try:
                with BUILDING, collected() as live.fit_remarks:
                    fitted = live.type.fit(live.model, self.places.placed(recipe))
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
    return sum(path.stat().st_size for path, again in files_of(folder) if path.suffix == ".safetensors" and not again) \
        if folder.name else 0


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
