"""Packs that are not installed: a folder with a manifest, or one Python file with nodes."""

from __future__ import annotations

import importlib.util
import linecache
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from ..digest import digest_bytes
from ..errors import PackError
from .imports import LOOSE, importing
from .manifest import Pack, read_pack


class Loose(NamedTuple):
    """What lies at a path. pack: of a folder, what its manifest says; None for a file, which has none."""

    path: Path
    module: ModuleType
    pack: Pack | None


def load(path: Path) -> Loose:
    """Import what lies at a path, from where it lies. Raises PackError saying what is wrong with it."""
    if not path.exists():
        raise PackError(f"pack {path}: there is no such file or folder")
    path = _package(path)
    source = path / "__init__.py" if path.is_dir() else path
    if not source.exists():
        raise PackError(f"pack {path}: a pack's folder has an __init__.py (it may be empty) and a pack.yaml")
    name = module_name(path)
    module = _import(path, source, name)
    return Loose(path, module, read_pack(name, path) if path.is_dir() else None)


def _package(path: Path) -> Path:
    """The folder with the manifest: this one, or, of a project such as `pack new` makes, the one in it that has one."""
    if not path.is_dir() or (path / "__init__.py").exists():
        return path
    inner = [manifest.parent for manifest in path.glob("*/pack.yaml")]
    return inner[0] if len(inner) == 1 else path


Stamp = tuple[tuple[str, int, int], ...]


def stamp_of(path: Path) -> Stamp:
    """By which it is seen whether a pack was edited: names, times of change and sizes of its code and manifest."""
    return tuple([(str(file), stat.st_mtime_ns, stat.st_size) for file in sorted(_files(path))
                  if (stat := _stat(file)) is not None])


def _files(path: Path) -> Iterator[Path]:
    """The code and the manifest of a pack; hidden folders and virtual environments hold neither."""
    if path.is_file():
        yield path
    for folder, inside, files in os.walk(path):
        inside[:] = [name for name in inside if not name.startswith((".", "__pycache__"))
                     and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))]
        yield from (Path(folder, name) for name in files if name.endswith(".py") or name == "pack.yaml")


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except OSError:  # an editor has just moved it
        return None


def module_name(path: Path) -> str:
    """A name of its own for what lies at a path, so that a file called json.py stands in nobody's way."""
    return f"{LOOSE}{path.resolve().stem}_{digest_bytes(str(path.resolve()).encode()).hex()[:8]}"


def forget(path: Path) -> str:
    """Have Python forget the modules of what lies at a path, so that they are read again; what they are called.

    What it keeps of them compiled goes too: it takes a file of the same second and length for the one that it compiled.
    """
    name = module_name(path)
    for file in _files(_package(path)):
        if file.suffix == ".py":
            with suppress(OSError):  # there is none, or a folder where none could be written
                os.unlink(importlib.util.cache_from_source(str(file)))
    for module in [module for module in sys.modules if module == name or module.startswith(f"{name}.")]:
        del sys.modules[module]
    linecache.checkcache()
    return name


def _import(path: Path, source: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        name, source, submodule_search_locations=[str(path.absolute())] if path.is_dir() else None)
    if spec is None or spec.loader is None:
        raise PackError(f"pack {path}: this is neither a folder nor a Python file (.py)")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with importing(f"pack {path}", name, name, path):
        spec.loader.exec_module(module)
    return module
