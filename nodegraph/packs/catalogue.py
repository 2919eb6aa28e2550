"""Packs: importable folders of NodeTypes and PortTypes, found by entry point and read by manifest.

A pack is a Python package with a `pack.yaml` beside its `__init__.py`:

    pack: music
    version: 1.0.0
    title: Symbolic music
    nodes:                       # node type: the module inside the pack that declares it
      music.generate: generate
      music.transpose: edit
    types:                       # port types that graph files may name
      Score: types
    models:                      # names for `model:`, and the folders they stand for
      starter/composer: models/composer

and an entry point in the group `nodegraph.packs`, whose name is the pack's. The manifest is read without importing
the pack; a module is imported when a graph uses a node in it.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import graphfile
from ..digest import digest_bytes
from ..errors import GraphError, PackError
from ..nodetype import MISSING, NodeType
from ..types import PLAIN, PortType

GROUP = "nodegraph.packs"
_LOOSE = "nodegraph_loose_"  # how the modules of packs that are not installed are called inside of Python


@dataclass(frozen=True, eq=False)
class Pack:
    """A manifest, and where the package it speaks of is."""

    name: str
    package: str
    folder: Path
    version: str
    title: str
    nodes: dict[str, str]
    types: dict[str, str]
    models: dict[str, str]


def read_pack(package: str, folder: Path) -> Pack:
    """The Pack whose manifest lies in this folder. Raises PackError saying what is wrong with it."""
    manifest = folder / "pack.yaml"
    if not manifest.is_file():
        raise PackError(f"pack {folder}: every pack has a pack.yaml, and there is none")
    try:
        data = graphfile.read_mapping(manifest)
    except GraphError as error:
        raise PackError(f"pack {folder}: {error}") from None
    for key in data:
        if key not in _MANIFEST:
            raise PackError(f"{manifest}:{data.marks[key][0]}  {key!r} is no part of a manifest. "
                            f"{graphfile.nearest(key, _MANIFEST)}")
    name = data.get("pack")
    if not isinstance(name, str) or not name.isidentifier():
        raise PackError(f"{manifest}: pack is {graphfile.written(name)}; it takes the pack's name, one word")
    tables = {key: _table(manifest, key, data.get(key)) for key in ("nodes", "types", "models")}
    for node in tables["nodes"]:
        if not node.startswith(f"{name}."):
            raise PackError(f"{manifest}: node {node} must begin with the pack's name, {name}.")
    return Pack(name, package, folder, str(data.get("version", "0")), str(data.get("title") or ""), **tables)


_MANIFEST = ("pack", "version", "title", "nodes", "types", "models")


def _table(manifest: Path, key: str, found: Any) -> dict[str, str]:
    """Names and what they stand for; an absent or empty one has none."""
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise PackError(f"{manifest}: {key} is {graphfile.written(found)}; it takes a mapping of names")
    for name, value in found.items():
        if not isinstance(value, str) or not value:
            wanted = "a folder" if key == "models" else "the module that declares it"
            raise PackError(f"{manifest}: {name} under {key} is {graphfile.written(value)}; it takes {wanted}")
    return dict(found)


class Catalogue:
    """What exists: the packs that can be found, and their NodeTypes and PortTypes, imported when asked for.

    functions: nodes declared outside any pack, as tests and notebooks do.
    folders: packs that are not installed, given as folders (`--pack`) or single Python files.
    """

    def __init__(self, functions: Iterable[Callable] = (), folders: Iterable[str | Path] = (), installed: bool = True):
        self._installed = installed
        self.broken: dict[str, PackError] = {}  # installed packs that cannot be read, and why
        self._packs: dict[str, Pack] | None = None
        self._nodes: dict[str, NodeType] = {}
        self._types: dict[str, PortType] = dict(PLAIN)
        self._loose: dict[str, Pack] = {}
        for function in functions:
            self.add(function)
        for folder in folders:
            self._add_folder(Path(folder))

    def add(self, function: Callable) -> None:
        """Make a declared function known under its node name."""
        nodetype = getattr(function, "__nodetype__", None)
        if nodetype is None:
            raise PackError(f"{getattr(function, '__name__', function)!r} is no node; "
                            'declare it with @node("pack.name")')
        self._nodes[nodetype.name] = nodetype
        nodetype.version  # follows the code as it is now: nodes that ran may have changed what stands beside them
        for port in (*nodetype.inputs.values(), *nodetype.outputs.values()):
            self._types.setdefault(port.type.name, port.type)

    @property
    def packs(self) -> dict[str, Pack]:
        """Every pack that can be found, by name."""
        if self._packs is None:
            self._packs = {**(_installed_packs(self.broken) if self._installed else {}), **self._loose}
        return self._packs

    def nodetype(self, name: str) -> NodeType | None:
        """The NodeType of this name, or None. Imports the module that declares it."""
        found = self._nodes.get(name)
        if found is None and "." in name:
            pack = self.packs.get(name.split(".", 1)[0])
            if name.split(".", 1)[0] in self.broken:
                raise self.broken[name.split(".", 1)[0]]
            if pack is not None and name in pack.nodes:
                self._import(pack, pack.nodes[name])
                found = self._nodes.get(name)
                if found is None:
                    raise PackError(f"pack {pack.name}: its manifest says that {name} is in {pack.nodes[name]}, "
                                    "but no function there is declared so")
        return found

    def porttype(self, name: str) -> PortType | None:
        """The PortType of this name, or None."""
        if name not in self._types:
            for pack in self.packs.values():
                if name in pack.types:
                    self._import(pack, pack.types[name])
                    break
        return self._types.get(name)

    def node_names(self) -> list[str]:
        """The names of all node types, imported or not, sorted."""
        return sorted({*self._nodes, *(n for pack in self.packs.values() for n in pack.nodes)})

    def type_names(self) -> list[str]:
        """The names of all port types, sorted."""
        return sorted({*self._types, *(n for pack in self.packs.values() for n in pack.types)})

    def converters(self, source: PortType, target: PortType) -> list[str]:
        """The node types imported so far that need just the one type and give the other, sorted."""
        return sorted(t.name for t in self._nodes.values()
                      if [p.type for p in t.inputs.values() if p.default is MISSING] == [source]
                      and any(p.type is target for p in t.outputs.values()))

    def model_names(self) -> list[str]:
        """The names that packs give to model folders, sorted."""
        return sorted(n for pack in self.packs.values() for n in pack.models)

    def model_folder(self, source: str) -> Path | None:
        """The folder that a pack gives this name to, or None."""
        for pack in self.packs.values():
            if source in pack.models:
                return pack.folder / pack.models[source]
        return None

    def _import(self, pack: Pack, module: str) -> None:
        name = f"{pack.package}.{module}" if pack.package != module else module
        with _importing(f"pack {pack.name}", name, pack.package, pack.folder):
            loaded = importlib.import_module(name)
        self._collect(loaded)

    def _collect(self, module) -> None:
        for value in list(vars(module).values()):
            if isinstance(getattr(value, "__nodetype__", None), NodeType):
                self.add(value)
            for mark in getattr(value, "__metadata__", ()):
                if isinstance(mark, PortType):
                    self._types.setdefault(mark.name, mark)
            porttype = getattr(value, "__porttype__", None)
            if isinstance(porttype, PortType):
                self._types.setdefault(porttype.name, porttype)

    def _add_folder(self, path: Path) -> None:
        """A pack in a folder, or loose nodes in one Python file, imported from where it lies."""
        if not path.exists():
            raise PackError(f"pack {path}: there is no such file or folder")
        source = path / "__init__.py" if path.is_dir() else path
        if not source.exists():
            raise PackError(f"pack {path}: a pack's folder has an __init__.py (it may be empty) and a pack.yaml")
        # A name of its own, so that a file called json.py stands in nobody's way.
        name = f"{_LOOSE}{path.resolve().stem}_{digest_bytes(str(path.resolve()).encode()).hex()[:8]}"
        spec = importlib.util.spec_from_file_location(
            name, source, submodule_search_locations=[str(path.absolute())] if path.is_dir() else None)
        if spec is None:
            raise PackError(f"pack {path}: this is neither a folder nor a Python file (.py)")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        with _importing(f"pack {path}", name, name, path):
            spec.loader.exec_module(module)
        if path.is_dir():
            pack = read_pack(name, path)
            self._loose[pack.name] = pack
            return
        before = set(self._nodes)
        self._collect(module)
        for added in self._nodes.keys() - before:
            own = self._nodes[added].pack
            self._loose.setdefault(own, Pack(own, name, path.parent, "0", "", {}, {}, {}))


@contextmanager
def _importing(who: str, name: str, package: str, source: Path) -> Iterator[None]:
    """Whatever goes wrong while a module of a pack is imported, told as a PackError that says where.

    source: the pack's folder, or its only file, as the user named it.
    """
    try:
        yield
    except Exception as error:
        told = _told(error, name, package, source)
        told = _in_files(told, package, source) if package.startswith(_LOOSE) else told
        raise PackError(f"{who}: {told}") from error


def _told(error: Exception, name: str, package: str, source: Path) -> str:
    """What is wrong with a module of a pack, or with what it imports."""
    if isinstance(error, PackError):
        return str(error)
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing and missing.startswith(f"{package}."):
        by = "its pack.yaml" if f"{name}.".startswith(f"{missing}.") else _place(error).removesuffix(": ")
        missing = missing.removeprefix(f"{package}.")
        above, dot, _ = missing.rpartition(".")
        there = pkgutil.iter_modules([str(source.joinpath(*above.split(".")))])
        hint = graphfile.nearest(missing, [above + dot + module.name for module in there])
        return f"{by} names the module {missing}, and there is none in {source}. {hint}".rstrip()
    what = "it" if name == package else name
    if missing:
        return f"{what} cannot be imported: {_place(error)}{error}; install what it needs into this environment"
    return f"{what} cannot be imported: {_place(error)}{type(error).__name__}: {error}"


def _in_files(text: str, package: str, source: Path) -> str:
    """A text in which Python's names for the modules of a loose pack are the files that its user knows."""
    def file(match: re.Match) -> str:
        path, names = source, match[1].split(".")[1:]
        while names and path.suffix != ".py":
            path /= names.pop(0)
            path = path if path.is_dir() else path.with_suffix(".py")
        return f"{'.'.join(names)} in {path}" if names else str(path)

    return re.sub(rf"{re.escape(package)}((?:\.[\w<>]+)*)", file, text.replace(str(source.absolute()), str(source)))


def _place(error: Exception) -> str:
    """The line of the pack's own code that an error comes from."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: " if error.filename not in str(error) else ""
    import traceback

    frames = [f for f in traceback.extract_tb(error.__traceback__)
              if "importlib" not in f.filename and f.filename != __file__]
    return f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""


def _installed_packs(broken: dict[str, PackError]) -> dict[str, Pack]:
    """The packs that distributions in this environment announce; one that cannot be read spoils no other."""
    from importlib.metadata import entry_points

    packs = {}
    for entry in entry_points(group=GROUP):
        try:
            packs[entry.name] = _installed_pack(entry.name, entry.value)
        except PackError as error:
            broken[entry.name] = error
    return packs


def _installed_pack(name: str, package: str) -> Pack:
    try:
        spec = importlib.util.find_spec(package)
    except ImportError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise PackError(f"pack {name}: the installed entry point names {package}, which is not there; "
                        "reinstall the distribution that brought it")
    return read_pack(package, Path(next(iter(spec.submodule_search_locations))))
