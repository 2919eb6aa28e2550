"""What brought the packs of a graph's nodes when that was recorded, in the file or in a picture, and what does here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..nodetype import NodeType
from ..packs.manifest import LOOSE_ORIGIN, OWN
from ..wording import Phrase, closest, say
from .checked import Checked
from .site import Site

_DISTRIBUTION = re.compile(r"([A-Za-z0-9][\w.-]*)(?: \S+)?\Z")


def origins_of(nodetypes: Iterable[NodeType]) -> dict[str, str]:
    """What brings each pack of some node types (`Pack.origin`), sorted; several where loose files add to a pack."""
    origins: dict[str, set[str]] = {}
    for nodetype in nodetypes:
        if nodetype.origin:
            origins.setdefault(nodetype.pack, set()).add(nodetype.origin)
    return {pack: ", ".join(sorted(origins[pack])) for pack in sorted(origins)}


def nodetypes_of(checked: Checked) -> Iterable[NodeType]:
    """The node types of a graph and of those inside it."""
    for node in checked.nodes.values():
        if node.nodetype is not None:
            yield node.nodetype
        if node.graph is not None:
            yield from nodetypes_of(node.graph)


def not_here(site: Site, type_name: str, name: str) -> tuple[Phrase, str] | None:
    """The problem and hint of a node type that is not here, if it is recorded what brought its pack."""
    pack = type_name.partition(".")[0]
    origin = site.graph.packs.get(pack) or site.graph.recorded.get(pack)
    if origin is None:
        return None
    if LOOSE_ORIGIN in origin:
        files = ", ".join(part.removesuffix(LOOSE_ORIGIN) for part in origin.split(", ") if LOOSE_ORIGIN in part)
        return (say("node.pack-loose", node=name, type=type_name, pack=pack, files=files), say("hint.pack-loose", file=files))
    match = _DISTRIBUTION.match(origin)
    known = site.catalogue.packs.get(pack)
    if match is None or known is not None and (known.origin == origin or closest(type_name, known.nodes)):
        return None
    message = say("node.pack-missing", node=name, type=type_name, pack=pack, origin=origin)
    if match[1] == OWN:
        return message, say("hint.newer-nodegraph")
    return message, say("hint.install", distribution=match[1]) if known is None else \
        say("hint.upgrade", here=known.origin, distribution=match[1])


def other_origins(site: Site) -> None:
    """Warn of packs that something else brings here than when it was recorded.

    Not of nodegraph's own: the versions of its nodes say what matters.
    """
    recorded = {**site.graph.recorded, **site.graph.packs}
    if not recorded or site.around[1:]:
        return
    checked_nodes = [node.nodetype for node in site.nodes.values() if node.nodetype is not None]
    inside = [nodetype for node in site.nodes.values() if node.graph is not None for nodetype in nodetypes_of(node.graph)]
    for pack, now in origins_of([*checked_nodes, *inside]).items():
        then = recorded.get(pack, now)
        if then != now and not {then.partition(" ")[0], now.partition(" ")[0]} == {OWN}:
            site.problem(say("packs.other", pack=pack, now=now, then=then), "", "packs", pack, value=True, severity="warning")
