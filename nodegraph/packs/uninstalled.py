"""Packs and single files that are not installed: what they bring to a catalogue, and that they are read again once edited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from ..errors import PackError
from ..wording import say
from .loose import Stamp, forget, load, stamp_of
from .manifest import LOOSE_ORIGIN, Pack
from .modules import declared, port_types, types_of

if TYPE_CHECKING:
    from .catalogue import Catalogue


class Uninstalled:
    """What a catalogue has of folders (`--pack`) and single Python files. A name that is taken is refused.

    packs: those of folders, with their manifests. files: the nodes of single files, and where they are declared.
    gone: node types whose place cannot be read any more, and why.
    """

    def __init__(self, catalogue: Catalogue):
        self.catalogue = catalogue
        self.packs: list[Pack] = []
        self.files: dict[str, Path] = {}
        self.gone: dict[str, PackError] = {}
        self._stamps: dict[Path, Stamp] = {}  # of places, as they were read
        self._named: dict[Path, Path] = {}  # and as their user names them
        self._lost_from: dict[str, Path] = {}  # node types that were let go of to be read again, and where they lay

    def join(self, path: Path) -> None:
        """Make known what lies at a path. The same one counts once."""
        place = path.resolve()
        if place not in self._stamps:
            stamp = stamp_of(place)
            self._join(path)
            self._stamps[place], self._named[place] = stamp, path

    @property
    def lost(self) -> dict[Path, PackError]:
        """The places that cannot be read any more since they were edited, and why."""
        return {self._lost_from[name]: error for name, error in self.gone.items() if name in self._lost_from}

    def edited(self) -> list[Path]:
        """The places that are not as they were read."""
        return [place for place, stamp in self._stamps.items() if stamp_of(place) != stamp]

    def read_again(self, places: list[Path]) -> None:
        """Let go of what lay at these places, and make known what lies there now. Raises PackError of the first that cannot be
        read any more; its nodes are gone until it is mended.
        """
        errors, gone = [], {}
        for place in places:
            self._stamps[place] = stamp_of(place)
            gone[place] = self._forget(place)
        for place in places:
            self.gone = {name: error for name, error in self.gone.items() if name not in gone[place]}
            try:
                self._join(self._named[place])
            except PackError as error:
                gone[place] |= self._forget(place)  # of what was let in before it went wrong
                errors.append(error)
                self.gone.update(dict.fromkeys(gone[place], error))
        if errors:
            raise errors[0]

    def _forget(self, place: Path) -> set[str]:
        """Let go of everything that lies at a place; the node types that it had."""
        gone = self.catalogue.known_of(forget(place)) | {name for name, path in self.files.items() if path.resolve() == place}
        gone |= {name for pack in self.packs if pack.folder.resolve() == place for name in pack.nodes}
        gone |= {name for name, at in self._lost_from.items() if at == place}
        self._lost_from.update(dict.fromkeys(gone, place))
        self.packs = [pack for pack in self.packs if pack.folder.resolve() != place]
        self.files = {name: path for name, path in self.files.items() if name not in gone}
        self.catalogue.let_go(gone, place)
        return gone

    def _join(self, path: Path) -> None:
        """Let in what lies at a path, where no name in it is taken."""
        if any(pack.folder.resolve() == path.resolve() for pack in self.catalogue.manifests()):
            return  # an installed pack, given as the folder that it was installed from
        loose = load(path)
        if loose.pack is None:
            self._join_file(path, loose.module)
            return
        for kind, names in (("node", loose.pack.nodes), ("type", loose.pack.types), ("model", loose.pack.models)):
            for name in names:
                self._judge_free(path, kind, name)
        self.packs.append(loose.pack)

    def _join_file(self, path: Path, module: ModuleType) -> None:
        for function, nodetype in declared(module):
            if self.catalogue.is_known(nodetype):
                continue
            self._judge_free(path, "node", nodetype.name)
            self.catalogue.judge_types(path, path, types_of(nodetype))
            nodetype = replace(nodetype, origin=f"{path.resolve().name}{LOOSE_ORIGIN}")
            function.__nodetype__ = nodetype
            self.catalogue.know(nodetype)
            self.files[nodetype.name] = path
        self.catalogue.judge_types(path, path, port_types(module))

    def _judge_free(self, path: Path, kind: str, name: str) -> None:
        """Raise PackError where a node, type or model of this name is declared already."""
        owner = self.catalogue.owner(kind, name)
        if owner is not None:
            raise PackError(say("pack.name-taken", path=path, kind=kind, name=name, owner=owner))
