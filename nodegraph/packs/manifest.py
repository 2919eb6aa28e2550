"""A pack's manifest: what a pack holds, read without importing it.

A pack is a Python package with a `pack.yaml` beside its `__init__.py`:

    pack: music
    version: 1.0.0
    title: Symbolic music
    requires: [media]            # the packs that this one imports from
    nodes:                       # node type: the module inside the pack that declares it
      music.generate: generate
      music.transpose: edit
    types:                       # port types that graph files may name
      Score: types
    models:                      # names for `model:`, and the folders they stand for
      starter/composer: models/composer
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import graphfile
from ..errors import GraphError, PackError

OWN = "nodegraph"  # the distribution whose packs come with the engine
LOOSE_ORIGIN = " (not installed)"  # follows the name of a file or folder that brings nodes
KEYS = ("pack", "version", "title", "requires", "nodes", "types", "models")


@dataclass(frozen=True, eq=False)
class Pack:
    """A manifest, and where the package it speaks of is.

    distribution, release: the installed distribution that brought it, and its version; "" for a pack that is not
    installed.
    """

    name: str
    package: str
    folder: Path
    version: str = "0"
    title: str = ""
    nodes: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    distribution: str = ""
    release: str = ""

    @property
    def origin(self) -> str:
        """What brings it, in words that may be told to others: `nodegraph-ramp 1.2`, or `ramp (not installed)`."""
        return f"{self.distribution} {self.release}".strip() or f"{self.folder.resolve().name}{LOOSE_ORIGIN}"

    @property
    def owner(self) -> str:
        """Who declares what is in it, for people."""
        if not self.distribution:
            return f"the pack in {self.folder}"
        return f"the installed pack {self.name}" + f" of {self.distribution}" * (self.distribution != OWN)

    def holds(self, module: str) -> bool:
        """Whether a module, by its full name, belongs to this pack."""
        return module == self.package or module.startswith(f"{self.package}.")


def read_pack(package: str, folder: Path, distribution: str = "", release: str = "") -> Pack:
    """The Pack whose manifest lies in this folder. Raises PackError saying what is wrong with it."""
    manifest = folder / "pack.yaml"
    if not manifest.is_file():
        raise PackError(f"pack {folder}: every pack has a pack.yaml, and there is none")
    data = _mapping(manifest, folder)
    name = data.get("pack")
    if not isinstance(name, str) or not name.isidentifier():
        raise PackError(f"{manifest}: pack is {graphfile.written(name)}; it takes the pack's name, one word")
    nodes, types, models = (_table(manifest, key, data.get(key)) for key in ("nodes", "types", "models"))
    for node in nodes:
        if not node.startswith(f"{name}."):
            raise PackError(f"{manifest}: node {node} must begin with the pack's name, {name}.")
    return Pack(name, package, folder, str(data.get("version", "0")), str(data.get("title") or ""), nodes, types,
                models, _names(manifest, data.get("requires")), distribution, release)


def _mapping(manifest: Path, folder: Path) -> dict[str, Any]:
    try:
        data = graphfile.read_mapping(manifest)
    except GraphError as error:
        raise PackError(f"pack {folder}: {error}") from None
    for key in data:
        if key not in KEYS:
            line = getattr(data, "marks")[key][0]
            raise PackError(f"{manifest}:{line}  {key!r} is no part of a manifest. {graphfile.nearest(key, KEYS)}")
    return data


def _table(manifest: Path, key: str, value: Any) -> dict[str, str]:
    """Names and what they stand for; an absent or empty one has none."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise PackError(f"{manifest}: {key} is {graphfile.written(value)}; it takes a mapping of names")
    for name, what in value.items():
        if not isinstance(what, str) or not what:
            wanted = "a folder" if key == "models" else "the module that declares it"
            raise PackError(f"{manifest}: {name} under {key} is {graphfile.written(what)}; it takes {wanted}")
    return dict(value)


def _names(manifest: Path, value: Any) -> tuple[str, ...]:
    """The packs under `requires`; an absent or empty one names none."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) and name.isidentifier() for name in value):
        raise PackError(f"{manifest}: requires is {graphfile.written(value)}; it takes a list of packs, as in [media]")
    return tuple(value)
