"""The catalogue: what node types, port types and models there are. A module is imported when a graph needs it."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import PackError
from ..nodetype import MISSING, NodeType
from ..types import PLAIN, PortType
from ..wording import say
from .imports import importing
from .installed import installed_packs
from .library import Library, folders_of
from .manifest import Pack
from .modules import declared, port_types, types_of
from .uninstalled import Uninstalled

FUNCTION = "a function that was given"


class Catalogue:
    """What exists: the packs that can be found, and their NodeTypes and PortTypes, imported when asked for.

    functions: nodes declared outside any pack, as tests and notebooks do; they come before those of packs.
    folders: packs that are not installed, given as folders (`--pack`) or single Python files. What they declare joins
    what is installed; a name that is taken is refused. models: folders in which models are found by name, beside those
    that the environment names.
    """

    def __init__(self, functions: Iterable[Callable[..., Any]] = (), folders: Iterable[str | Path] = (),
                 installed: bool = True, models: Iterable[str | Path] = ()):
        self._use_installed = installed
        self._installed: dict[str, Pack] | None = None
        self._broken: dict[str, PackError] = {}
        self._nodes: dict[str, NodeType] = {}
        self._types: dict[str, PortType] = dict(PLAIN)
        self._declared_by: dict[str, Path | str] = {}  # of types: the place that is not installed, or else who, in words
        self._uninstalled = Uninstalled(self)
        self._models = tuple(models)
        self.revision = 0  # goes up whenever something was read again
        for path in folders:
            self.join(path)
        for function in functions:
            self.add(function)

    def join(self, path: str | Path) -> None:
        """Make a pack known that is not installed: a folder, or a single Python file. The same one counts once."""
        self._uninstalled.join(Path(path))

    def refresh(self) -> list[Path]:
        """Read those packs and files again that are not installed and were edited since; which they were.

        Raises PackError where one cannot be read any more; its nodes are gone until it is mended.
        """
        edited = self._uninstalled.edited()
        self.revision += bool(edited)
        self._uninstalled.read_again(edited)
        return edited

    def add(self, function: Callable[..., Any]) -> None:
        """Make a declared function known under its node name."""
        nodetype = getattr(function, "__nodetype__", None)
        if not isinstance(nodetype, NodeType):
            raise PackError(f"{getattr(function, '__name__', function)!r} is no node; "
                            'declare it with @node("pack.name")')
        for type in types_of(nodetype):
            if self._declared_by.get(type.name) == FUNCTION:  # as when a notebook's cell is run again
                self._types[type.name] = type
        self.judge_types("given in Python", FUNCTION, types_of(nodetype))
        self.know(nodetype)

    @property
    def packs(self) -> dict[str, Pack]:
        """Every pack that can be found, by name; what is not installed and has the name of a pack is part of it."""
        packs: dict[str, Pack] = {}
        for pack in self.manifests():
            first = packs.get(pack.name)
            packs[pack.name] = pack if first is None else replace(
                first, nodes=first.nodes | pack.nodes, types=first.types | pack.types,
                models=first.models | pack.models)
        for node, path in self._uninstalled.files.items():
            name = node.split(".", 1)[0]
            packs.setdefault(name, Pack(name, path.stem, path.parent))
        return packs

    @property
    def broken(self) -> dict[str, PackError]:
        """The installed packs that cannot be read, and why."""
        self.manifests()
        return self._broken

    @property
    def lost(self) -> dict[Path, PackError]:
        """The places of packs that are not installed and cannot be read any more since they were edited, and why."""
        return self._uninstalled.lost

    def nodetype(self, name: str) -> NodeType | None:
        """The NodeType of this name, or None. Imports the module that declares it."""
        if name in self._nodes or "." not in name:
            return self._nodes.get(name)
        pack = self._home(name)
        if pack is None:
            if (error := self._uninstalled.gone.get(name) or self._broken.get(name.split(".", 1)[0])) is not None:
                raise error
            return None
        self._import(pack, pack.nodes[name])
        if name not in self._nodes:
            raise PackError(f"pack {pack.name}: its manifest says that {name} is in {pack.nodes[name]}, "
                            "but no function there is declared so")
        return self._nodes[name]

    def porttype(self, name: str) -> PortType | None:
        """The PortType of this name, or None."""
        if name not in self._types:
            for pack in self.manifests():
                if name in pack.types:
                    self._import(pack, pack.types[name])
                    break
        return self._types.get(name)

    def node_names(self) -> list[str]:
        """The names of all node types, imported or not, sorted."""
        return sorted({*self._nodes, *(n for pack in self.manifests() for n in pack.nodes)})

    def type_names(self) -> list[str]:
        """The names of all port types, sorted."""
        return sorted({*self._types, *(n for pack in self.manifests() for n in pack.types)})

    def converters(self, source: PortType, target: PortType) -> list[str]:
        """The node types imported so far that need just the one type and give the other, sorted."""
        return sorted(t.name for t in self._nodes.values()
                      if [p.type for p in t.inputs.values() if p.default is MISSING] == [source]
                      and any(p.type is target and not p.many for p in t.outputs.values()))

    def model_names(self) -> list[str]:
        """The names that packs give to model folders, sorted."""
        return sorted(n for pack in self.manifests() for n in pack.models)

    @cached_property
    def library(self) -> Library:
        """The models in the folders that people have."""
        return Library([*self._models, *folders_of(os.environ)])

    def model_folder(self, source: str) -> Path | None:
        """The folder that a pack gives this name to, or None."""
        for pack in self.manifests():
            if source in pack.models:
                return pack.folder / pack.models[source]
        return None

    def model_place(self, source: str, beside: Path) -> Path:
        """Where a model of this name most likely lies: in a pack, beside a graph, or in the folders that people have."""
        place = self.model_folder(source) or beside / source
        return place if place.exists() else next((found.path for found in self.library.named(source)), place)

    # ---- packs with manifests

    def manifests(self) -> list[Pack]:
        """Every pack with a manifest, installed or not."""
        if self._installed is None:
            self._installed, self._broken = installed_packs() if self._use_installed else ({}, {})
        return [*self._installed.values(), *self._uninstalled.packs]

    def _home(self, name: str) -> Pack | None:
        """The pack whose manifest names a node."""
        return next((pack for pack in self.manifests() if name in pack.nodes), None)

    def _import(self, pack: Pack, module: str) -> None:
        self._require(pack)
        name = f"{pack.package}.{module}" if pack.package != module else module
        with importing(f"pack {pack.name}", name, pack.package, pack.folder):
            loaded = importlib.import_module(name)
        nodes = list(declared(loaded))
        types = [*port_types(loaded), *(type for _, nodetype in nodes for type in types_of(nodetype))]
        self.judge_types(pack.name, pack.owner if pack.distribution else pack.folder, types)
        for function, nodetype in nodes:
            if nodetype.pack == pack.name and not nodetype.distribution:
                # A pack that is not installed is not taken for a loose file with nodes of the same names.
                nodetype = replace(nodetype, distribution=pack.distribution or f"the folder of {pack.name}",
                                   origin=pack.origin, installed=bool(pack.distribution))
                function.__nodetype__ = nodetype  # one for all catalogues of the process
            if nodetype.name not in self._nodes:
                self.know(nodetype)

    def _require(self, pack: Pack) -> None:
        """Raise PackError where a pack that this one requires is not there."""
        there = {other.name for other in self.manifests()}
        for name in pack.requires:
            if name in self._broken:
                raise PackError(say("pack.requires-broken", pack=pack.name, name=name, why=self._broken[name]))
            if name not in there:
                raise PackError(say("pack.requires-missing", pack=pack.name, name=name))

    def know(self, nodetype: NodeType) -> None:
        """Know a node type by its name."""
        self._nodes[nodetype.name] = nodetype
        if not nodetype.installed:
            _ = nodetype.code  # follows the code as it is now: nodes that ran may have changed what stands beside them

    def judge_types(self, path: Path | str, owner: Path | str, types: Iterable[PortType]) -> None:
        """Know the types that a module brings. Raises PackError where one has the name of another's, and knows none then.

        path: of the module, for people. owner: its place, if it is not installed, or else who declares it.
        """
        types = list(types)
        for type in types:
            known = self._types.get(type.name)
            home = None if owner == FUNCTION else next((pack for pack in self.manifests() if type.name in pack.types), None)
            if known is None and home is not None and home.owner != owner and home.folder != owner:
                known = self.porttype(type.name)
            if known is not None and known is not type:
                other = home.owner if home is not None else str(self._declared_by.get(type.name, "nodegraph itself"))
                raise PackError(say("pack.name-taken", path=path, kind="type", name=type.name, owner=other))
        for type in types:
            if type.name not in self._types:
                self._types[type.name] = type
                self._declared_by[type.name] = owner

    # ---- for what is not installed

    def let_go(self, gone: set[str], place: Path) -> None:
        """Forget node types, and the port types that were declared at a place."""
        for name in gone:
            self._nodes.pop(name, None)
        for name in [name for name, owner in self._declared_by.items() if isinstance(owner, Path) and owner.resolve() == place]:
            del self._declared_by[name], self._types[name]

    def known_of(self, package: str) -> set[str]:
        """The node types that are known of the modules of a package."""
        return {name for name, nodetype in self._nodes.items() if _within(nodetype.call.__module__, package)}

    def is_known(self, nodetype: NodeType) -> bool:
        """Whether a node is one that is known: imported from where it is at home, or called by two names."""
        home, known = self._home(nodetype.name), self._nodes.get(nodetype.name)
        return home is not None and home.holds(nodetype.call.__module__) or known is not None and known.call is nodetype.call

    def owner(self, kind: str, name: str) -> str | None:
        """Where a node, type or model of this name is declared by a pack or file already."""
        if kind == "node" and name in self._uninstalled.files:
            return str(self._uninstalled.files[name])
        for pack in self.manifests():
            if name in {"node": pack.nodes, "type": pack.types, "model": pack.models}[kind]:
                return pack.owner
        return str(self._declared_by[name]) if kind == "type" and name in self._declared_by else None



def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
