"""Keys: the name of a request. What goes in decides what comes out, and nothing else is in the name.

    Key = hash(node type, version, parameters, digest of each linked input)

Parameters left out count with their defaults, so writing a default down changes nothing. A file counts by its
content and a model by the content of its files. Names of nodes, places on the canvas, nesting and the order of the
YAML stay out. The distribution that a pack was installed from is in it, unless that is nodegraph's own; of a node
that is not installed its code is, since nobody keeps its name and version from being another's.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any
from weakref import WeakKeyDictionary

from ..digest import SIZE, encode
from ..nodetype import MISSING, NodeType, Port
from ..packs.manifest import OWN
from ..types import FLOAT

FORMAT = b"nodegraph key 1\0"  # changes when the recipe below does


def base(nodetype: NodeType, literals: dict[str, Any], linked: tuple[str, ...],
         contents: dict[str, Any] | None = None) -> bytes:
    """The part of a Key that is known before anything runs.

    linked: the ports that digests will follow for. contents: for ports that name files, what counts instead.
    """
    parts = _Parts.of(nodetype)
    out = [parts.head]
    # In the order of the names, so that neither the file's order nor the signature's moves a Key.
    for name, code in parts.ports:
        if contents and name in contents:
            out += (code, encode(contents[name]))
        elif name in literals:
            out += (code, parts.defaults[name] if parts.is_default(name, literals[name])
                    else parameter(nodetype.inputs[name], literals[name]))
        elif name not in linked and name in parts.defaults:
            out += (code, parts.defaults[name])
    out.append(b"|")
    out += [parts.codes[name] for name in linked]
    return blake2b(b"".join(out), digest_size=SIZE).digest()


def key(base: bytes, digests: Iterable[bytes]) -> bytes:
    """The Key of a request: its base, and the digest of what each linked port brings, in the base's order."""
    return blake2b(base + b"".join(digests), digest_size=SIZE).digest()


def parameter(port: Port, value: Any) -> bytes:
    """How a literal counts in a Key."""
    if value is None or type(value) is int or type(value) is str:
        return encode(value)
    if port.uses is not None:
        value = port.narrowed(value)
    if port.many:
        return encode([port.type.flatten(item) for item in value])
    return encode(port.type.flatten(value))


class _Parts:
    """The encoded pieces that all nodes of one type share."""

    _of: WeakKeyDictionary[NodeType, _Parts] = WeakKeyDictionary()

    def __init__(self, nodetype: NodeType):
        self.head = FORMAT + encode((nodetype.name, nodetype.version))
        if nodetype.distribution not in ("", OWN):
            self.head += encode(nodetype.distribution)
        if not nodetype.installed and nodetype.declared:
            self.head += encode(["code", nodetype.code])
        self.codes = {name: encode(name) for name in nodetype.inputs}
        self.ports = sorted(self.codes.items())
        self.defaults = {port.name: parameter(port, port.default)
                         for port in nodetype.inputs.values() if port.default is not MISSING}

        # A number that is written as an int by one and as a float by the other is the same number.
        self.numbers = {port.name: port.default for port in nodetype.inputs.values()
                        if port.type is FLOAT and type(port.default) in (int, float)}

    def is_default(self, name: str, value: Any) -> bool:
        """Whether a number is the default of its port, whatever kind of number either is."""
        return bool(self.numbers) and type(value) is float and self.numbers.get(name) == value and str(value) != "-0.0"

    @classmethod
    def of(cls, nodetype: NodeType) -> _Parts:
        found = cls._of.get(nodetype)
        if found is None:
            found = cls._of[nodetype] = cls(nodetype)
        return found
