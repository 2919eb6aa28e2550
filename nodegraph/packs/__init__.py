"""Packs: folders of node types and port types, their manifests, and the catalogue of what is there.

A pack that is installed announces itself by an entry point in the group `nodegraph.packs`, whose name is the pack's.
"""

from .catalogue import Catalogue as Catalogue
from .installed import licence_of as licence_of
from .knowledge import KNOWS as KNOWS, Knowledge as Knowledge, KnownWords as KnownWords
from .library import Found as Found, Library as Library
from .makers import makers_of as makers_of
from .manifest import Pack as Pack, read_pack as read_pack
from .project import known_packs as known_packs
