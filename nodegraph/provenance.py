"""What a picture tells of how it was made: its graph and those in it, what the run was given, and the files it read.

No absolute path and no user's name is in it. A path is told from the folder of the graph; of a file that lies elsewhere
altogether, its name alone.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path, PureWindowsPath
from typing import Any
from weakref import WeakKeyDictionary

import yaml

from . import graphfile
from .cache.files import content_digest
from .check import Checked
from .check.origins import origins_of
from .errors import GraphError
from .filelist import beside
from .graph import Graph, Node
from .graphfile.picture import resolved
from .plan import REQUEST, Plan
from .types import FILE
from .wording import say


def provenance(plan: Plan, output: str, folder: Path | None = None) -> dict[str, str]:
    """The texts that a picture made by a plan carries: its graph, and the inputs, seeds and versions of the run.

    folder: where the picture is going to lie. Inputs that are no plain data, such as a picture handed in from Python,
    are named under `live`.
    """
    try:
        text, told = _story(plan, folder)
    except yaml.YAMLError:  # a graph made in Python may hold what no text can say
        return {}
    return {graphfile.EMBEDDED: text, graphfile.RUN: json.dumps({"output": output, **told}, ensure_ascii=False)}


def _story(plan: Plan, folder: Path | None) -> tuple[str, dict[str, Any]]:
    """The graph's text and the record, but for the output; made once for all outputs of a run."""
    known = _STORIES.setdefault(plan, {})
    if folder not in known:
        places = Places(plan.graph.folder)
        here = frozenset(str(value) for type, value, start, _ in plan.located if type is FILE and start == Path())
        plain = {name: places.shown(value, here) for name, value in plan.given.items() if _is_plain(value)}
        nodetypes = [step.nodetype for step in plan.steps if step.kind == REQUEST]
        types = {nodetype.name: nodetype.version for nodetype in nodetypes}
        text = places.text(plan.graph, "")
        files = {places.told(os.path.abspath(path)): content.hex() for path, content in files_read(plan)}
        told = {"inputs": plain, "live": sorted(plan.given.keys() - plain.keys()), "seeds": plan.seeds,
                "versions": {"nodegraph": _own_version(), "nodes": dict(sorted(types.items())),
                             "packs": origins_of(nodetypes)}}
        more = {"files": files, "graphs": dict(_parts(plan.graph, places)), **dict(_lay(places, folder))}
        known[folder] = text, told | {word: value for word, value in more.items() if value}
    return known[folder]


_STORIES: WeakKeyDictionary[Plan, dict[Path | None, tuple[str, dict[str, Any]]]] = WeakKeyDictionary()


def _lay(places: Places, folder: Path | None) -> Iterator[tuple[str, str]]:
    """Where the graph lay, from the picture and from where the run was started, as far as that is nobody's secret."""
    for key, start in (("folder", folder), ("started", Path())):
        path = Places(start).relative(places.folder) if start is not None else None
        if path is not None:
            yield key, path


def files_read(plan: Plan) -> Iterator[tuple[Path, bytes]]:
    """The files that a plan found, with the digests of what they hold."""
    for type, _, _, named in plan.located:
        if type is FILE and getattr(named, "content", None) is not None:
            yield named.value, named.content[1]


def _parts(graph: Graph, places: Places) -> Iterator[tuple[str, str]]:
    """The graphs that stand in a graph as nodes, at any depth, by the paths that are told, with their texts."""
    done, stack = set(), [graph]
    while stack:
        around = stack.pop()
        for node in around.nodes.values():
            path = around.folder / node.type
            placed = resolved(path)
            if node.is_graph and placed not in done:
                done.add(placed)
                try:
                    carried = graph.carried.get(placed)
                    inner = (graphfile.parse(carried, path) if carried is not None else graphfile.read(path))[0]
                except GraphError:  # the file has gone since
                    continue
                inner = replace(inner, carried=graph.carried)
                name = places.told(os.path.abspath(path))
                yield name, places.text(inner, os.path.dirname(name))
                stack.append(inner)


class Places:
    """Paths as they may be told: from one folder."""

    def __init__(self, folder: Path):
        self.folder = Path(os.path.abspath(folder))
        self.home = Path(os.path.expanduser("~"))

    def told(self, path: str) -> str:
        """A path from this folder; its name alone where the way there is nobody's business."""
        return self.relative(Path(path)) or PureWindowsPath(path).name or Path(path).name

    def relative(self, path: Path) -> str | None:
        """A path from this folder; None where the way there would tell how this machine is laid out."""
        if PureWindowsPath(path).drive and os.name != "nt":
            return None
        absolute = os.path.abspath(self.folder / os.path.expanduser(path))
        try:
            common = Path(os.path.commonpath([absolute, self.folder]))
        except ValueError:  # on another drive
            return None
        if len(common.parts) < 2 or common in self.home.parents:
            return None
        way = os.path.relpath(absolute, self.folder).replace(os.sep, "/")
        return None if self.home.name in way.split("/") else way

    def shown(self, value: Any, here: frozenset[str]) -> Any:
        """What a run was given, with its paths as they may be told. here: those that begin where the run was started."""
        if isinstance(value, (list, tuple)):
            return [self.shown(item, here) for item in value]
        if isinstance(value, Path) or isinstance(value, str) and value in here:
            return self.told(os.path.abspath(value))
        if isinstance(value, str):
            return self.told(value) if self.is_private(value) else self.scrubbed(value)
        return value

    def is_private(self, text: str) -> bool:
        """Whether a text as a whole is a path that tells of this machine."""
        if "\n" in text or len(text) > 4096:
            return False
        if re.match(r"[A-Za-z]:[\\/]|\\\\\w|~/", text):
            return True
        if text.startswith("/"):
            first = Path("/", *Path(text).parts[1:2])
            return first.exists() and len(Path(text).parts) > 2 or os.path.exists(text)
        return self.home.name in text.split("/")[:-1] and ".." in text.split("/")

    def text(self, graph: Graph, at: str) -> str:
        """A graph as its file tells it, comments and all, with what was edited since; at: the folder it is told to lie in."""
        nodes = {name: self._node(graph, node, at) for name, node in graph.nodes.items()}
        inputs = {name: item._replace(default=self._from(graph, item.default, at)) for name, item in graph.inputs.items()}
        hidden = replace(graph, nodes=nodes, inputs=inputs)
        return self.scrubbed(_text_of(hidden))

    def _node(self, graph: Graph, node: Node, at: str) -> Node:
        inputs = {port: self._from(graph, value, at) for port, value in node.inputs.items()}
        kind = node.type
        if node.is_graph:
            way = os.path.relpath(self.told(os.path.abspath(graph.folder / kind)), at or ".").replace(os.sep, "/")
            if os.path.normpath(kind) != os.path.normpath(way):
                kind = way if way.startswith("../") else f"./{way}"
        return node._replace(type=kind, inputs=inputs) if (kind, inputs) != (node.type, node.inputs) else node

    def _from(self, graph: Graph, value: Any, at: str) -> Any:
        """A literal of a graph; paths in a graph inside begin at the folder that it is told to lie in."""
        if type(value) is list:
            items = [self._from(graph, item, at) for item in value]
            return items if items != value else value
        if not (type(value) is str and self.is_private(value)):
            return value
        return os.path.relpath(self.told(value), at or ".").replace(os.sep, "/")

    def scrubbed(self, text: str) -> str:
        """A text without the paths that stand in its midst, such as in the comments of a graph file."""
        def shorter(match: re.Match[str]) -> str:
            return self.told(match[0]) if self.is_private(match[0]) else match[0]
        return re.sub(r"(?<![\w.:/~-])(?:~|[A-Za-z]:)?(?:[\\/][\w.@+ -]*[\w@+-])+", shorter, text)


def differences(record: Mapping[str, Any], checked: Checked) -> list[str]:
    """What is not as it was when a picture was made: versions of nodes, and files that hold something else."""
    versions = record.get("versions")
    nodes = versions.get("nodes") if isinstance(versions, dict) else None
    now = dict(_versions(checked))
    sentences: list[str] = [say("picture.version", node=name, then=_shown(then), now=_shown(now[name]))
                            for name, then in (nodes.items() if isinstance(nodes, dict) else ())
                            if name in now and now[name] != then]
    for name, content in graphfile.files_of(record).items():
        try:
            if content_digest(beside(checked.graph.folder, name)).hex() != content:
                sentences.append(say("picture.file-changed", file=name))
        except OSError:
            continue  # if it is wanted, that is told as an error
    return sentences


def missing(record: Mapping[str, Any], graph: Graph) -> dict[str, bytes]:
    """The files that a picture was made of and that are not where they were, with the digests of what they held."""
    return {name: bytes.fromhex(content) for name, content in graphfile.files_of(record).items()
            if re.fullmatch("([0-9a-f]{2})+", content) and not beside(graph.folder, name).exists()}


def with_files(graph: Graph, paths: Mapping[str, str]) -> Graph:
    """A graph in which files that it names are sought elsewhere: by what stands there, the path."""
    def followed(value: Any) -> Any:
        if type(value) is list:
            return [followed(item) for item in value]
        return paths.get(value, value) if type(value) is str else value

    nodes = {name: node._replace(inputs={port: followed(value) for port, value in node.inputs.items()})
             for name, node in graph.nodes.items()}
    return replace(graph, nodes=nodes, inputs={name: item._replace(default=followed(item.default))
                                               for name, item in graph.inputs.items()})


def _versions(checked: Checked) -> Iterator[tuple[str, str]]:
    for node in checked.nodes.values():
        if node.nodetype is not None:
            yield node.nodetype.name, node.nodetype.version
        if node.graph is not None:
            yield from _versions(node.graph)


def _shown(version: Any) -> str:
    return str(version)[:8]  # of one that follows from the code, as much as tells it apart


def _text_of(graph: Graph) -> str:
    try:
        carried = graph.carried.get(resolved(graph.path)) if graph.path else None
        text = carried if carried is not None or graph.path is None else graphfile.read_text(graph.path)
        return graphfile.updated(text, graph) if text is not None else graphfile.dumps(graph)
    except GraphError:  # the file has gone
        return graphfile.dumps(graph)


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (str, int, float, Path))


@cache
def _own_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("nodegraph")
    except PackageNotFoundError:  # run from its folder, not installed
        return ""
