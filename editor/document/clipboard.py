"""A selection as YAML text, and text from anywhere back into a Graph: copy, paste, duplicate.

The text is a small graph file, so what is copied in one window can be pasted in another, into a file, or into a
letter; and a whole graph file, or a few lines of one, can be pasted here.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from nodegraph import Graph, GraphError, Problem, Ref
from nodegraph.editing import graphfile

from ..words.speak import t, translated
from .arrange import missing_positions
from .edits import GONE, EditRefused, dots_renamed, free_name, prune_dots, taken, with_refs
from .items import Item, dots, exists, facts, items, links, placed, position, with_facts

MARK = "# nodegraph selection"


def copied(graph: Graph, selection: Iterable[Item]) -> str:
    """The selected items as YAML: a graph with the links among them, and those to others as they are written.

    Raises EditRefused if nothing is selected.
    """
    fragment = _fragment(graph, selection)
    if not items(fragment):
        raise EditRefused(t("refused.none_copied"))
    return f"{MARK}\n{graphfile.dumps(fragment)}"


def pasted(graph: Graph, text: str, at: tuple[float, float], keep_outside_links: bool = True
           ) -> tuple[Graph, list[Item]]:
    """The graph with what a text holds in it, its upper left corner at a point; the items that are new.

    Names that are taken get a number, and links follow. Links to what is not in the text are kept where the graph has
    something of that name, unless keep_outside_links is False. Raises EditRefused if the text holds no nodes.
    """
    fragment = _read(text)
    lost = missing_positions(fragment, {})
    fragment = with_facts(fragment, {item: {**facts(fragment, item), "at": placed(to)} for item, to in lost.items()})
    corners = [corner for item in items(fragment) if (corner := position(fragment, item)) is not None]
    left, top = (min(corner[axis] for corner in corners) for axis in (0, 1)) if corners else (0, 0)
    return _inserted(graph, fragment, (at[0] - left, at[1] - top), keep_outside_links)


def duplicate(graph: Graph, selection: Iterable[Item], offset: tuple[float, float] = (40, 40)
              ) -> tuple[Graph, list[Item]]:
    """The graph with the selected items once more, a little aside, reading what the originals read; the new items."""
    return _inserted(graph, _fragment(graph, selection), offset, True)


class Clipboard:
    """Where copied nodes lie. This one is the session's own; a window puts the system's in its place."""

    def __init__(self) -> None:
        self._text = ""

    def get(self) -> str:
        """The text that lies there."""
        return self._text

    def put(self, text: str) -> None:
        """Lay a text there."""
        self._text = text


# ---- out ----------------------------------------------------------------------------------------------------------

def _fragment(graph: Graph, selection: Iterable[Item]) -> Graph:
    """The part of a graph that the selected items are, with the dots on links between them."""
    chosen = {item for item in selection if exists(graph, item)}
    nodes = {name: node for name, node in graph.nodes.items() if Item("node", name) in chosen}
    inputs = {name: told for name, told in graph.inputs.items() if Item("input", name) in chosen}
    outputs = {name: ref for name, ref in graph.outputs.items() if Item("output", name) in chosen}
    bare = Graph(nodes, inputs, outputs, forms={name: graph.forms[name] for name in outputs if name in graph.forms})
    part = {link.target for link in links(bare)}
    for dot in dots(graph):
        item, targets = Item("dot", dot.name), [target for target in dot.targets if target in part]
        if item in chosen and not targets or not (dot.source.name in nodes or dot.source.name in inputs):
            chosen.discard(item)
        elif targets:
            chosen.add(item)
    told = {item: facts(graph, item) for item in items(graph) if item in chosen}
    return prune_dots(with_facts(bare, told))


# ---- in -----------------------------------------------------------------------------------------------------------

def _read(text: str) -> Graph:
    """What a text holds: a selection, a whole graph file, or a mapping of nodes by their names."""
    text = textwrap.dedent(text.replace("\r\n", "\n").lstrip("\ufeff"))
    told: Problem | None = None
    for candidate in (text, f"nodegraph: {graphfile.VERSION}\n{text}",
                      f"nodegraph: {graphfile.VERSION}\nnodes:\n{textwrap.indent(text, '  ')}"):
        try:
            graph, problems = graphfile.parse(candidate)
        except GraphError as error:
            graph, problems = None, list(error.problems)
        problems = [p for p in problems if p.at != ("nodes",)]  # a selection may be without nodes
        if graph is not None and not problems and items(graph):
            return graph
        told = told or next((problem for problem in problems[:1] if problem.where is not None), None)
    if not text.strip():
        raise EditRefused(t("refused.clipboard_empty"))
    ours = text.startswith(MARK) or "\nnodes:" in f"\n{text}"
    if ours and told is not None and told.where is not None:
        raise EditRefused(t("refused.clipboard_unread", line=told.where.line, problem=translated(told.message)))
    raise EditRefused(t("refused.clipboard_other"))


def _inserted(graph: Graph, fragment: Graph, shift: tuple[float, float], keep_outside_links: bool
              ) -> tuple[Graph, list[Item]]:
    """The graph with a fragment in it under free names."""
    renames = _new_names([*fragment.inputs, *fragment.nodes], taken(graph))
    outputs = _new_names(fragment.outputs, graph.outputs)

    def follow(ref: Ref) -> Any:
        if ref.name in renames:
            return ref._replace(name=renames[ref.name])
        there = ref.name in graph.nodes or ref.name in graph.inputs
        return ref if there and keep_outside_links else GONE
    nodes = {renames[name]: with_refs(node, follow) for name, node in fragment.nodes.items()}
    inputs = {renames[name]: told for name, told in fragment.inputs.items()}
    read = {outputs[name]: follow(ref) for name, ref in fragment.outputs.items()}
    kept = {name: ref for name, ref in read.items() if ref is not GONE}
    made = replace(graph, nodes={**graph.nodes, **nodes}, inputs={**graph.inputs, **inputs},
                   outputs={**graph.outputs, **kept},
                   forms={**graph.forms, **{outputs[name]: form for name, form in fragment.forms.items()}})
    fragment = dots_renamed(fragment, renames, outputs)
    names = {"node": renames, "input": renames, "output": outputs,
             **{kind: _new_names(_named(fragment, kind), _named(graph, kind)) for kind in ("dot", "note", "frame")}}
    told: dict[Item, Mapping[str, Any]] = {}
    for item in items(fragment):
        new = Item(item.kind, names[item.kind][item.name])
        if item.kind == "output" and new.name not in kept:
            continue
        told[new] = _shifted(facts(fragment, item), position(fragment, item), shift)
    made = prune_dots(with_facts(made, told))
    added = [item for item in told if exists(made, item)]
    if not added:
        raise EditRefused(t("refused.paste_outside"))
    return made, added


def _shifted(told: Mapping[str, Any], at: tuple[float, float] | None, shift: tuple[float, float]) -> dict[str, Any]:
    return dict(told) if at is None else {**told, "at": placed((at[0] + shift[0], at[1] + shift[1]))}


def _named(graph: Graph, kind: str) -> list[str]:
    return [item.name for item in items(graph) if item.kind == kind]


def _new_names(wanted: Iterable[str], taken_: Iterable[str]) -> dict[str, str]:
    """Free names for some that are wanted, unlike each other too."""
    used, found = set(taken_), {}
    for name in wanted:
        found[name] = free_name(name, used)
        used.add(found[name])
    return found
