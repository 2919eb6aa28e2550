"""What is told of the packs that are there: what each brings, under which terms, where from, and what keeps one out."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from nodegraph import Catalogue
from nodegraph.editing import Pack, licence_of

from ..words.speak import name_of, t
from .palette import Entry

OWN = "nodegraph"


class PackTold(NamedTuple):
    """A pack for someone who wants to know.

    origin: what brings it, in words; place: where it lies. is_own: whether its code is the user's to edit, so that it is read
    again when it changes. nodes: types of nodes; broken: those of them that cannot be used, and why. problem: why none can.
    graphs: graph files that lie beside it.
    """

    name: str
    title: str = ""
    version: str = ""
    licence: str = ""
    origin: str = ""
    place: Path | None = None
    is_own: bool = False
    requires: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    graphs: tuple[Path, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()
    problem: str = ""

    @property
    def heading(self) -> str:
        """What it is called, in the language spoken now."""
        return name_of("pack", self.name)

    @property
    def counts(self) -> str:
        """What it brings, in one line."""
        told = (("packs.nodes", self.nodes), ("packs.types", self.types), ("packs.models", self.models),
                ("packs.graphs", self.graphs))
        return ", ".join(t(word, count=len(names)) for word, names in told if names) or t("packs.nothing")


def packs(catalogue: Catalogue, entries: Iterable[Entry] = ()) -> list[PackTold]:
    """Every pack, the broken ones first, then the user's own, then those that are installed, each by name.

    entries: what the palette knows of nodes so far: those that could not be imported are told of.
    """
    wrong: dict[str, list[tuple[str, str]]] = {}
    for entry in entries:
        if entry.kind == "node" and entry.problem:
            wrong.setdefault(entry.pack, []).append((entry.name, entry.problem))
    names = catalogue.node_names()
    found = [_told(pack, [node for node in names if node.partition(".")[0] == name], wrong.get(name, ()))
             for name, pack in catalogue.packs.items()]
    found += [PackTold(name, problem=str(error)) for name, error in catalogue.broken.items()]
    found += [PackTold(place.stem, place=place, is_own=True, origin=t("packs.loose", name=place.name), problem=str(error))
              for place, error in catalogue.lost.items()]
    return sorted(found, key=lambda one: (not (one.problem or one.broken), not one.is_own, one.name))


def _told(pack: Pack, nodes: Iterable[str], broken: Iterable[tuple[str, str]]) -> PackTold:
    own = not pack.distribution
    file = pack.folder / f"{pack.package}.py"
    place = file if own and not (pack.folder / "pack.yaml").is_file() and file.is_file() else pack.folder
    return PackTold(
        pack.name, pack.title, "" if own and pack.version == "0" else pack.version, licence(pack.distribution),
        t("packs.loose", name=place.name) if own else f"{pack.distribution} {pack.release}".strip(), place, own, pack.requires,
        tuple(sorted({*pack.nodes, *nodes})), tuple(sorted(pack.types)), tuple(sorted(pack.models)),
        graphs_of(pack) if place.is_dir() else (), tuple(broken))


@cache
def licence(distribution: str) -> str:
    """The licence of an installed distribution, in a few words; empty where it tells none."""
    return " ".join(licence_of(distribution).split())[:60]


def graphs_of(pack: Pack) -> tuple[Path, ...]:
    """The graph files that come with a pack: in the folder graphs/ in it, or beside it in its project."""
    if pack.distribution == OWN:
        return ()  # graphs/ there is nodegraph's, and no one pack's
    places = (pack.folder / "graphs", pack.folder.parent / "graphs")
    return next((found for place in places if (found := tuple(sorted(place.glob("*.yaml"))))), ())


def matching(found: Iterable[PackTold], query: str) -> list[PackTold]:
    """Those of them in which each word of a query stands: in a name, a title, or what they bring."""
    words = query.casefold().split()
    return [one for one in found if all(word in _text(one) for word in words)]


def _text(one: PackTold) -> str:
    return " ".join((one.name, one.heading, one.title, one.origin, one.licence, *one.nodes, *one.types, *one.models,
                     *(name_of("node", node) for node in one.nodes))).casefold()
