"""Live models: found by name, named by the content of their files, loaded once, leased per call.

Only this module loads models and lets them go. One live copy serves all nodes that ask for it, one call at a time.
Nothing is fetched from a hub unless downloads were allowed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .cache.disk import content_digest
from .digest import digest_bytes
from .errors import InputError
from .graphfile import nearest
from .packs import Catalogue
from .plan import Named
from .types import FILE, ModelType, PortType, Recipe

_SKIPPED = (".md", ".txt~", ".gitattributes", ".lock")


class _Live:
    """A loaded model and who uses it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.model: Any = None
        self.bytes = 0
        self.seconds = 0.0
        self.touched = 0.0
        self.users = 0


class Models:
    """Finds and holds models.

    device: where they are loaded, "cpu" or "cuda:0". dtype: "float32", "bfloat16", ...
    budget: bytes of models kept on the device. download: whether a hub may be asked.
    digests: a function (path) -> digest of a file's content, if someone keeps those between runs.
    """

    def __init__(self, catalogue: Catalogue, *, device: str = "cpu", dtype: str = "float32", budget: int = 16 << 30,
                 download: bool = False, digests: Callable[[Path], bytes] | None = None):
        self.catalogue, self.device, self.dtype, self.budget, self.download = \
            catalogue, device, dtype, budget, download
        self.file_digest = digests or content_digest
        self._live: dict[tuple, _Live] = {}
        self._lock = threading.Lock()
        self._building = threading.Lock()  # libraries patch themselves while they build: one model at a time
        self._clock = 0.0
        self.loads = 0

    # -- finding

    def find(self, type: PortType, value: Any, folder: Path) -> str | None:
        """What is missing about a file or a model that a graph names, or None. Reads no content."""
        if type is FILE:
            return _file_problem(folder / value)
        return self._folder(value, folder)[1]

    def locate(self, type: PortType, value: Any, folder: Path) -> Named:
        """A file's path or a model's Recipe, with the digest of the content."""
        if type is FILE:
            path = folder / value
            problem = _file_problem(path)
            return Named(value, None, problem) if problem else Named(path, self.file_digest(path))
        found, problem = self._folder(value, folder)
        if problem:
            return Named(value, None, problem)
        return Named(value._replace(folder=str(found), fingerprint=self.fingerprint(found)))

    def completed(self, type: ModelType, recipe: Recipe) -> Recipe:
        """A Recipe that a node gave, with its folder and fingerprint. Raises InputError if there is no such model."""
        if recipe.fingerprint:
            return recipe
        named = self.locate(type, recipe, Path())
        if named.problem:
            raise InputError(named.problem)
        return named.value

    def _folder(self, recipe: Recipe, beside: Path) -> tuple[Path | None, str]:
        source = recipe.source
        packed = self.catalogue.model_folder(source)
        if packed is not None:
            if packed.is_dir():
                return packed, ""
            return None, f"the pack names {source}, but its folder {packed.name} is not there; install the pack again"
        for path in (beside / source, Path(source).expanduser()):
            if path.is_dir():
                return path, ""
        if source.count("/") == 1 and not source.startswith((".", "~", "/")):
            return self._hub_folder(source)
        return None, f"there is no model {source}, neither by that name nor as a folder. " + \
            nearest(source, self.catalogue.model_names())

    def _hub_folder(self, source: str) -> tuple[Path | None, str]:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError

        try:
            return Path(snapshot_download(source, local_files_only=not self.download,
                                          allow_patterns=["*.json", "*.safetensors", "*.txt", "*.model"])), ""
        except LocalEntryNotFoundError:
            hint = nearest(source, self.catalogue.model_names())
            return None, (f"there is no model {source} on this machine. {hint} If it is the name of a hub "
                          "repository, run once with --download; otherwise give a folder.")

    def fingerprint(self, folder: Path) -> bytes:
        """A digest of the names and contents of a model folder's files; notes and hidden files do not count."""
        parts = []
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not name.startswith(".") and not name.endswith(_SKIPPED):
                parts.append(name.encode() + b"\0" + self.file_digest(path))
        return digest_bytes(b"".join(parts))

    # -- leasing

    @contextmanager
    def lease(self, type: ModelType, recipe: Recipe) -> Iterator[Any]:
        """The live model, for the length of a `with`. One call at a time uses it."""
        key = (type.name, recipe.fingerprint or recipe.source, recipe.options, self.device, self.dtype)
        with self._lock:
            live = self._live.setdefault(key, _Live())
            live.users += 1
        try:
            with live.lock:
                if live.model is None:
                    self._load(live, type, recipe)
                live.touched = self._clock
                yield live.model
        finally:
            with self._lock:
                live.users -= 1

    def _load(self, live: _Live, type: ModelType, recipe: Recipe) -> None:
        with self._building:
            started = time.perf_counter()
            model = type.load(recipe, self.device, self.dtype)
            live.seconds = time.perf_counter() - started
            live.bytes = max(1, (type.size or weight_bytes)(model))
            self.make_room(live.bytes)
            live.model = model
            self.loads += 1

    def make_room(self, size: int) -> int:
        """Let unused models go until `size` more bytes fit; GreedyDual-Size, as for Values. The bytes freed."""
        freed = 0
        with self._lock:
            held = sum(live.bytes for live in self._live.values() if live.model is not None)
            idle = sorted((live.touched + live.seconds / live.bytes, key) for key, live in self._live.items()
                          if live.model is not None and not live.users)
            for worth, key in idle:
                if held - freed + size <= self.budget:
                    break
                freed += self._live.pop(key).bytes
                self._clock = worth
        return freed

    def clear(self) -> None:
        """Let every idle model go."""
        with self._lock:
            for key in [key for key, live in self._live.items() if not live.users]:
                del self._live[key]


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
    if path.is_dir():
        return f"{path} is a folder; it takes a file"
    return "" if path.is_file() else f"there is no file {path}"
