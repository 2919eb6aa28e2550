"""The packs that distributions in this environment announce, in the entry-point group `nodegraph.packs`.

A name belongs to one. Where two distributions bring a pack of one name, neither is taken, since which of them came first
is chance; nodegraph's own packs keep their names against all others. A pack that gives a type or a model a name that an
earlier one gave is not taken.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PackError
from ..wording import say
from .manifest import OWN, Pack, read_pack

if TYPE_CHECKING:
    from importlib.metadata import Distribution

GROUP = "nodegraph.packs"


def installed_packs() -> tuple[dict[str, Pack], dict[str, PackError]]:
    """The packs by name, and what is wrong with those that cannot be read or taken: one spoils no other."""
    from importlib.metadata import entry_points

    packs: dict[str, list[Pack]] = {}
    failures: list[tuple[str, str, PackError]] = []
    names: dict[int, tuple[str, str]] = {}
    for entry in entry_points(group=GROUP):
        distribution, release = names.get(id(entry.dist)) or names.setdefault(id(entry.dist), _name(entry.dist))
        try:
            pack = _installed_pack(entry.name, entry.value, distribution, release)
            packs.setdefault(entry.name, []).append(pack)
        except PackError as error:
            failures.append((entry.name, distribution, error))
    broken: dict[str, PackError] = {}
    taken = ((name, _single(rivals, broken)) for name, rivals in packs.items())
    single = {name: pack for name, pack in taken if pack is not None}
    for name, distribution, failure in failures:
        _note(broken, name, distribution, failure, name in packs)
    return _without_clashes(single, broken), broken


def licence_of(distribution: str) -> str:
    """The licence that an installed distribution names, as it spells it; empty where it names none or is not there."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        about = metadata(distribution) if distribution else None
    except PackageNotFoundError:
        about = None
    return next((about[key] for key in ("License-Expression", "License") if key in about), "") if about is not None else ""


def _single(rivals: list[Pack], broken: dict[str, PackError]) -> Pack | None:
    """The one pack of a name; None where several distributions bring one, and none of them is nodegraph's own."""
    first = next((pack for pack in rivals if pack.distribution == OWN), rivals[0])
    for pack in rivals:
        if _normal(pack.distribution) == _normal(first.distribution) and pack.package == first.package:
            continue  # installed twice, as an editable installation beside an older one is
        error = PackError(say("pack.brought-twice", pack=pack.name, one=first.distribution, other=pack.distribution))
        _note(broken, pack.name, pack.distribution, error, first.distribution == OWN)
        if first.distribution != OWN:
            return None
    return first


def _note(broken: dict[str, PackError], name: str, distribution: str, error: PackError, there: bool) -> None:
    """Note what is wrong under the pack's name, unless that one is there or noted already: then with who brings it."""
    broken[f"{name} ({distribution})" if there or name in broken else name] = error


def _without_clashes(packs: dict[str, Pack], broken: dict[str, PackError]) -> dict[str, Pack]:
    """The packs but for those that name a type or a model as another does."""
    owners: dict[tuple[str, str], Pack] = {}
    kept: dict[str, Pack] = {}
    for pack in sorted(packs.values(), key=lambda pack: pack.distribution != OWN):
        named = list(_named(pack))
        clash = next((key for key in named if key in owners), None)
        if clash is None:
            owners.update(dict.fromkeys(named, pack))
            kept[pack.name] = pack
        else:
            broken[pack.name] = PackError(say("pack.name-taken", path=f"{pack.name} of {pack.distribution}", kind=clash[0],
                                              name=clash[1], owner=owners[clash].owner))
    return kept


def _named(pack: Pack) -> Iterable[tuple[str, str]]:
    return [*(("type", name) for name in pack.types), *(("model", name) for name in pack.models)]


def _normal(name: str) -> str:
    """The name of a distribution as installers compare it."""
    return re.sub("[-_.]+", "-", name).lower()


def _name(distribution: Distribution | None) -> tuple[str, str]:
    """What a distribution is called, and its version; `Distribution.name` would parse the whole README behind them."""
    for file in ("METADATA", "PKG-INFO"):
        text = (distribution.read_text(file) or "") if distribution is not None else ""
        fields = (line.partition(":") for line in reversed(text.partition("\n\n")[0].splitlines()))
        head = {key.lower(): value.strip() for key, _, value in fields}
        if "name" in head:
            return head["name"], head.get("version", "")
    return "", ""


def _installed_pack(name: str, package: str, distribution: str, release: str) -> Pack:
    try:
        spec = importlib.util.find_spec(package)
    except ImportError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise PackError(f"pack {name}: the installed entry point names {package}, which is not there; "
                        "reinstall the distribution that brought it")
    pack = read_pack(package, Path(next(iter(spec.submodule_search_locations))), distribution, release)
    if pack.name != name:
        raise PackError(say("pack.two-names", manifest=pack.folder / "pack.yaml", pack=pack.name, entry=name))
    return pack
