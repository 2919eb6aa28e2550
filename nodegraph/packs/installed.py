"""The packs that distributions in this environment announce, in the entry-point group `nodegraph.packs`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PackError
from ..wording import say
from .manifest import Pack, read_pack

if TYPE_CHECKING:
    from importlib.metadata import Distribution

GROUP = "nodegraph.packs"


def installed_packs() -> tuple[dict[str, Pack], dict[str, PackError]]:
    """The packs by name, and what is wrong with those that cannot be read: one spoils no other."""
    from importlib.metadata import entry_points

    packs: dict[str, Pack] = {}
    broken: dict[str, PackError] = {}
    names: dict[int, str] = {}
    for entry in entry_points(group=GROUP):
        distribution = names.get(id(entry.dist)) or names.setdefault(id(entry.dist), _name(entry.dist))
        try:
            pack = _installed_pack(entry.name, entry.value, distribution)
            first = packs.setdefault(entry.name, pack)
            if first.package != pack.package:
                broken[f"{entry.name} ({distribution})"] = PackError(say(
                    "pack.brought-twice", pack=entry.name, one=first.distribution, other=distribution))
        except PackError as error:
            broken[entry.name] = error
    return packs, broken


def _name(distribution: Distribution | None) -> str:
    """What a distribution is called; `Distribution.name` would parse the whole README behind that line."""
    for file in ("METADATA", "PKG-INFO"):
        for line in ((distribution.read_text(file) or "") if distribution is not None else "").splitlines():
            if line.lower().startswith("name:"):
                return line.partition(":")[2].strip()
    return ""


def _installed_pack(name: str, package: str, distribution: str) -> Pack:
    try:
        spec = importlib.util.find_spec(package)
    except ImportError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise PackError(f"pack {name}: the installed entry point names {package}, which is not there; "
                        "reinstall the distribution that brought it")
    pack = read_pack(package, Path(next(iter(spec.submodule_search_locations))), distribution)
    if pack.name != name:
        raise PackError(say("pack.two-names", manifest=pack.folder / "pack.yaml", pack=pack.name, entry=name))
    return pack
