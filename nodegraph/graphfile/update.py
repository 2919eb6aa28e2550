"""A graph file changed to say what a Graph says, and no more of its text than that takes."""

from __future__ import annotations

from typing import Any

from ..errors import GraphError
from ..graph import Graph, GraphInput
from .inplace import NotPossible, changed
from .inputs import GUESSED
from .read import parse
from .tree import Map
from .write import as_written, dumps, same, tree_of


def updated(text: str, graph: Graph) -> str:
    """The text of a graph file, changed to say what `graph` says.

    What did not change stays as it is: comments, order, blank lines, quotes, brackets. A node, input or output
    that only has another name keeps its place and its comments. A text that cannot be read, or followed in this
    way, gives way to `dumps(graph)`.
    """
    try:
        before = parse(text)[0]
    except GraphError:
        return dumps(graph)
    old, new = tree_of(before), tree_of(graph)
    if same(old, new):
        return text
    renames = _renames(old, new)
    _keep_short_inputs(before, graph, old, new, renames.get(("inputs",), {}))
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    closed = plain if plain.endswith("\n") else plain + "\n"
    for coarse in (False, True):
        try:
            found = changed(closed, old, new, renames, "layout", coarse)
            if same(tree_of(parse(found)[0]), tree_of(graph)):
                return _in_form_of(text, found)
        except (NotPossible, GraphError):
            continue
    return dumps(graph)


def _in_form_of(text: str, found: str) -> str:
    """A text with the line ends of another, and like it in whether there is one at the end."""
    if not text.endswith("\n"):
        found = found.removesuffix("\n")
    if "\r\n" in text:
        found = found.replace("\n", "\r\n")
    return "\ufeff" * text.startswith("\ufeff") + found


def _keep_short_inputs(before: Graph, graph: Graph, old: dict[str, Any], new: dict[str, Any],
                       renames: dict[str, str]) -> None:
    """Inputs written as a bare default (`seed: 7`) stay so where that still says it all."""
    for name in before.inputs:
        if isinstance(before.marks["inputs"][name], Map):
            continue
        now = renames.get(name, name)
        old["inputs"][name] = as_written(before.inputs[name].default)
        item = graph.inputs.get(now)
        if item is not None and item == GraphInput(GUESSED.get(type(item.default), ""), item.default, True):
            new["inputs"][now] = as_written(item.default)


def _renames(old: dict[str, Any], new: dict[str, Any]) -> dict[tuple[str, ...], dict[str, str]]:
    """Which names of two trees stand for the same thing, by the path of the mapping they stand in."""
    gone, come = ({name for section in ("inputs", "nodes")
                   for name in here.get(section, {}).keys() - there.get(section, {})}
                  for here, there in ((old, new), (new, old)))
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for section in ("inputs", "nodes", "outputs"):
        before, after = ({name: _without_names(value, gone | come) for name, value in tree.get(section, {}).items()}
                         for tree in (old, new))
        found[section,] = _paired(before, after, _likeness if section == "nodes" else same)
    known = {**found["inputs",], **found["nodes",]}
    before, after = (tree.get("layout", {}) for tree in (old, new))
    for key in before.keys() & after.keys():
        if isinstance(before[key], dict) and isinstance(after[key], dict):
            pairs = known if key == "nodes" else found["outputs",] if key == "outputs" else {}
            pairs = {a: b for a, b in pairs.items() if a in before[key] and b in after[key] and a not in after[key]}
            found["layout", key] = pairs or _paired(before[key], after[key], same)
    return {path: pairs for path, pairs in found.items() if pairs}


def _paired(before: dict[str, Any], after: dict[str, Any], likeness: Any) -> dict[str, str]:
    """Old name -> new name for what is most alike, in order; likeness: 0 for things that are not the same."""
    come = [name for name in after if name not in before]
    gone = [name for name in before if name not in after]
    scored = sorted(((float(likeness(before[a], after[b])), a, b) for a in gone for b in come),
                    key=lambda row: -row[0]) if len(gone) * len(come) <= _MOST_PAIRS else []
    pairs: dict[str, str] = {}
    for score, a, b in scored:
        if score and a not in pairs and b not in pairs.values():
            pairs[a] = b
    return pairs


_MOST_PAIRS = 10_000  # of removed and added names that are compared


def _likeness(one: dict[str, Any], other: dict[str, Any]) -> float:
    """How much of two nodes is the same, up to 1; 0 for less than half, and for different types."""
    if one.get("type") != other.get("type"):
        return 0.0
    keys = one.keys() | other.keys()
    share = sum(key in one and key in other and same(one[key], other[key]) for key in keys) / len(keys)
    return share if share >= 0.5 else 0.0


def _without_names(value: Any, names: set[str]) -> Any:
    """A tree in which links to these names are all alike."""
    if isinstance(value, str) and value.startswith("$"):
        name, dot, port = value[1:].partition(".")
        return f"$?{dot}{port}" if name in names else value
    if isinstance(value, list):
        return [_without_names(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _without_names(item, names) for key, item in value.items()}
    return value
