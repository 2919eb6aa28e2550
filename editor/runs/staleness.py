"""Which shown results no longer follow from the graph, told without running anything.

Each node has a signature: a hash of what it says (type, literals, how often it runs, whether it is bypassed
or muted) and of the signatures of what it reads, down to the defaults of the graph's inputs. A result
is stale when its node's signature is no longer the one it was made under. Names, layout and the order of things
play no part, but the code of nodes that are not installed does, since that may be edited while they are looked at.
What only a run can tell (files, models and graphs that changed on disk) is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any

from nodegraph import Graph, Node, Ref
from nodegraph.editing import Checked

from . import updates as up

Signatures = dict[str, bytes]
Codes = Mapping[str, Mapping[str, str]]  # by the type of a node: the code of each type in it that is not installed
_CYCLE = b"in a cycle"


class Signer:
    """Signs the nodes of graphs; what a node says by itself is put into words once, not for every graph."""

    def __init__(self) -> None:
        self._told: dict[int, tuple[Node, bytes, list[str]]] = {}  # by id: a Node, its words, what it reads

    def sign(self, graph: Graph, given: Mapping[str, Any] | None = None, codes: Codes | None = None) -> Signatures:
        """The signature of every node. given: values that stand in for the inputs' defaults."""
        codes = codes or {}
        told = self._told
        self._told = {id(node): told.get(id(node)) or (node, *_words(node)) for node in graph.nodes.values()}
        given = given or {}
        signed = {name: _hash(repr((True, given[name]) if name in given else (item.has_default, item.default)))
                  for name, item in graph.inputs.items()}
        stack = [name for name in reversed(graph.nodes) if name not in signed]
        entered: set[str] = set()
        while stack:  # depth first, what is read before what reads it; a chain of any length recurses nowhere
            name = stack[-1]
            if name in signed:
                stack.pop()
                continue
            entered.add(name)
            _, words, names = self._told[id(graph.nodes[name])]
            parts, depth = [words], len(stack)
            if graph.nodes[name].type in codes:
                parts.append(_hash(repr(sorted(codes[graph.nodes[name].type].items()))))
            for other in names:
                if other in signed:
                    parts.append(signed[other])
                elif other not in graph.nodes:
                    parts.append(b"nothing")
                elif other in entered:
                    parts.append(_CYCLE)
                else:
                    stack.append(other)
            if len(stack) == depth:
                signed[name] = _hash(b"".join(parts))
                stack.pop()
        return {name: signed[name] for name in graph.nodes}


def signatures(graph: Graph, given: Mapping[str, Any] | None = None) -> Signatures:
    """The signature of every node of a graph."""
    return Signer().sign(graph, given)


def stale(graph: Graph, ran: Mapping[str, bytes], signer: Signer | None = None,
          given: Mapping[str, Any] | None = None, codes: Codes | None = None) -> set[str]:
    """The nodes whose results, made under the signatures in `ran`, no longer follow from the graph."""
    now = (signer or Signer()).sign(graph, given, codes)
    return {name for name, signature in ran.items() if name in now and now[name] != signature}


def codes_of(checked: Checked) -> dict[str, dict[str, str]]:
    """The code of the node types of a graph that are not installed, by the types of its nodes, graphs among them."""
    found: dict[str, dict[str, str]] = {}
    for node in checked.nodes.values():
        if node.graph is not None:
            inside = {name: code for codes in codes_of(node.graph).values() for name, code in codes.items()}
            found.setdefault(node.node.type, {}).update(inside)
        elif node.nodetype is not None and not node.nodetype.installed:
            found[node.node.type] = {node.nodetype.name: node.nodetype.code}
    return found


def _words(node: Node) -> tuple[bytes, list[str]]:
    """What a node says by itself, and the names it reads, in the order in which its words leave them out."""
    names: list[str] = []

    def told(value: Any) -> str:
        if type(value) is Ref:
            names.append(value.name)
            return f"${value.port or ''}{'...' * value.spread}"
        if type(value) is list:
            return f"[{','.join(map(told, value))}]"
        return repr(value)

    ports = ";".join(f"{port!r}:{told(value)}" for port, value in sorted(node.inputs.items()))
    words = ";".join(f"{word}:{told(value)}" for word, value in sorted(node.control.items()))
    rest = node._replace(inputs={}, each=tuple(sorted(node.each)), control={})
    return f"{rest!r}{words};{ports}".encode("utf-8", "surrogatepass"), names


def _hash(data: bytes | str) -> bytes:
    data = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return blake2b(data, digest_size=16).digest()


class Shown:
    """What the results on the canvas were made from, kept up to date from a Runner's updates."""

    def __init__(self) -> None:
        self.ran: Signatures = {}
        self.made: dict[str, Graph] = {}  # the graph by which each node's result was made
        self._graphs: dict[int, Graph] = {}
        self._signer = Signer()
        self._jobs: dict[int, Signatures] = {}
        self._codes: dict[str, Mapping[str, str]] = {}

    def take(self, update: up.Update) -> None:
        """Note what an update tells."""
        match update:
            case up.Planned():
                self._codes |= update.codes
                self._graphs[update.job] = update.graph
                self._jobs[update.job] = Signer().sign(update.graph, update.given, self._codes)
            case up.Remembered():
                self._codes |= update.codes
                signed = Signer().sign(update.graph, None, self._codes)
                for name in {node.split("/", 1)[0] for node in update.nodes} & signed.keys():
                    self.ran[name], self.made[name] = signed[name], update.graph
            case up.Finished() | up.Cached():
                name = update.node.split("/", 1)[0]  # a graph that stands as a node is signed as one
                signature = self._jobs.get(update.job, {}).get(name)
                if signature is not None:
                    self.ran[name] = signature
                    self.made[name] = self._graphs[update.job]
            case up.Failed():
                self.ran.pop(update.node.split("/", 1)[0], None)
            case up.Done() | up.Refused():
                self._jobs.pop(update.job, None)
                self._graphs.pop(update.job, None)

    def stale(self, graph: Graph, given: Mapping[str, Any] | None = None,
              code: Callable[[str], str] | None = None) -> set[str]:
        """The nodes whose shown results no longer follow from the graph, run with these inputs.

        code: what the code of a node type is now; None where none of it can have changed.
        """
        codes = {type: {name: code(name) for name in known} for type, known in self._codes.items()} if code else self._codes
        return stale(graph, self.ran, self._signer, given, codes)

    def renamed(self, old: str, new: str) -> None:
        """A node goes by another name, and what is shown in it stays."""
        if old in self.ran:
            self.ran[new] = self.ran.pop(old)
            self.made.pop(old, None)

    def forget(self, names: Iterable[str] | None = None) -> None:
        """Nothing is shown any more for these nodes, or for any."""
        for name in list(self.ran) if names is None else names:
            self.ran.pop(name, None)
