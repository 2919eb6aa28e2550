"""Models in the folders that people have: those of ComfyUI and InvokeAI, the hub's cache, and any others.

A folder is walked once, and again when something in it changed. What lies there has several names: the path below the
folder, the path below the folder of its kind (`loras/`, `checkpoints/`), the file's name, and that without its ending; a
snapshot in a hub's cache the name of its repository, with `@` and a revision where it is not the usual one. Which kind of
model a file is of is for the types of packs to say; nothing here opens one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ENDINGS = (".safetensors", ".sft", ".gguf", ".ckpt", ".pt", ".pth")
DEEPEST = 6  # folders below the one that was named
MOST = 200_000  # files looked at, so that a folder that is a whole disk ends too
_INDICES = ("model_index.json", "modular_model_index.json", "adapter_config.json")
_WEIGHTS = (".safetensors", ".gguf")


class Found(NamedTuple):
    """A model in one of the folders. names: the longest first; those after it may be others' too."""

    path: Path
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name that no other in its folder has."""
        return self.names[0]


class Library:
    """The models below some folders."""

    def __init__(self, folders: Iterable[str | Path] = ()):
        self.folders = [Path(folder).expanduser() for folder in folders]
        self._found: list[Found] = []
        self._stamps: dict[Path, int] | None = None

    @property
    def found(self) -> list[Found]:
        """All models, in the order of the folders."""
        if self._stamps is None or any(_stamp(folder) != stamp for folder, stamp in self._stamps.items()):
            self._stamps = {folder: _stamp(folder) for folder in self.folders}
            self._found = [found for folder in self.folders for found in _walked(folder, self._stamps)]
        return self._found

    def named(self, source: str) -> list[Found]:
        """The models of a name; as it is written, or else in other letters."""
        wanted = source.replace("\\", "/").removeprefix("./")
        if not self.folders or not wanted:
            return []
        exact = [found for found in self.found if wanted in found.names]
        return exact or [found for found in self.found if wanted.lower() in map(str.lower, found.names)]


def folders_of(environment: dict[str, str] | os._Environ[str]) -> list[Path]:
    """The folders that the environment names (NODEGRAPH_MODELS), and the hub's cache."""
    named = [Path(text).expanduser() for text in environment.get("NODEGRAPH_MODELS", "").split(os.pathsep) if text]
    home = environment.get("HF_HOME") or os.path.join(environment.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    return [*named, Path(environment.get("HF_HUB_CACHE") or os.path.join(home, "hub")).expanduser()]


def _stamp(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def _walked(root: Path, stamps: dict[Path, int]) -> Iterator[Found]:
    """What lies below a folder; notes when each folder on the way was last changed."""
    stack, seen, files = [(root, 0)], set[tuple[int, int]](), 0
    while stack and files < MOST:
        folder, depth = stack.pop()
        try:
            stat = folder.stat()
            inside = sorted(folder.iterdir())
        except OSError:  # not there, or not to be read: nothing that can be loaded
            continue
        if (stat.st_dev, stat.st_ino) in seen:
            continue
        seen.add((stat.st_dev, stat.st_ino))
        stamps[folder] = stat.st_mtime_ns
        files += len(inside)
        if folder != root and _is_model({path.name for path in inside}):
            yield Found(folder, tuple(_names(root, folder)))
            if not folder.parent.name == "snapshots":
                continue
        for path in inside:
            if path.suffix.lower() in ENDINGS and "-of-0" not in path.name and path.is_file():
                yield Found(path, tuple(_names(root, path)))
        if depth < DEEPEST:
            stack += reversed([(path, depth + 1) for path in inside if not path.name.startswith(".")
                               and path.name not in ("blobs", "refs") and path.is_dir()])


def _is_model(names: set[str]) -> bool:
    """Whether a folder is one model, by the names of its files."""
    return any(name in names for name in _INDICES) or \
        "config.json" in names and any(name.endswith(_WEIGHTS) or name.endswith(".index.json") for name in names)


def _names(root: Path, path: Path) -> Iterator[str]:
    """The names of a model, the surest first."""
    parts = path.relative_to(root).parts
    hub = next((at for at, part in enumerate(parts) if part.startswith("models--") and len(parts) > at + 2), -1)
    if hub >= 0:
        yield from _hub_names(root.joinpath(*parts[:hub + 1]), parts[hub + 2], parts[hub + 3:])
        return
    if parts[0] == "models" and len(parts) > 1:
        parts = parts[1:]
    names = dict.fromkeys("/".join(parts[at:]) for at in range(len(parts)))
    yield from names
    if path.suffix.lower() in ENDINGS:
        yield from dict.fromkeys(name[:-len(path.suffix)] for name in names)


def _hub_names(repository: Path, commit: str, inside: tuple[str, ...]) -> Iterator[str]:
    """The names of a snapshot, or of a file in it: the repository's for its main branch, and with `@` for any revision."""
    name = "/".join(repository.name.split("--")[1:])
    tail = "".join(f"/{part}" for part in inside)
    revisions = {ref.relative_to(repository / "refs").as_posix() for ref in (repository / "refs").rglob("*")
                 if ref.is_file() and ref.read_text(encoding="utf-8").strip() == commit}
    alone = len(list((repository / "snapshots").iterdir())) == 1
    if "main" in revisions or alone:
        yield name + tail
    yield from (f"{name}@{revision}{tail}" for revision in (*sorted(revisions), commit))
