"""How often a node runs and what becomes of failures: the words of the file, one Field for each.

They are typed as the file has them, and read by the reader of graph files, so that they are judged alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from nodegraph import Graph, GraphError, Node, Problem, Ref
from nodegraph.editing import PICK, SWITCH, TEXT, Checked, Port, as_written, graphfile, say, scalar, written

from ..document import edits
from ..document.items import REPEAT, Item
from ..words.speak import said, t
from .faults import problem_at, problems_of
from .field import Field

WORDS = ("each", "cross", REPEAT, "until", "carry", "count", "failed", "timeout", "retry")
_PASSING = ("each", "failed")  # those of nodes that only pass on what they are given
_OF_CODE = ("timeout", "retry")  # those of nodes whose code runs
_SPECIAL = frozenset("[]{},:#&*!|>'\"%@`$ \t")


def fields(checked: Checked, item: Item) -> list[Field]:
    """The words that a node may have, and what stands there."""
    if item.kind != "node" or item.name not in checked.graph.nodes:
        return []
    node, problems = checked.graph.nodes[item.name], problems_of(checked, item)
    return [Field(word, t(f"word.{word}"), "word", TEXT.name, typed_text(node, word), bool(value_of(node, word)),
                  help=t(f"word.{word}.help"), problem=problem_at(problems, word), port=Port(word, TEXT))
            for word in words_of(node)]


def words_of(node: Node) -> list[str]:
    """The words that have a meaning on a node, and those that stand there."""
    passing = node.type in (SWITCH, PICK)
    return [word for word in WORDS if value_of(node, word) is not None or
            (word in _PASSING if passing else not (node.is_graph and word in _OF_CODE))]


def value_of(node: Node, word: str) -> Any:
    """What stands behind a word; None where it does not stand."""
    return (node.each or None) if word == "each" else node.control.get(word)


def typed_text(node: Node, word: str) -> str:
    """A word's value as it is typed: `parsed` reads it back."""
    value = value_of(node, word)
    if value is None:
        return ""
    if type(value) is Ref:
        return str(value)
    if isinstance(value, Mapping):
        if any(input != output for input, output in value.items()):
            return f"{{{', '.join(f'{_name(input)}: {_name(output)}' for input, output in value.items())}}}"
        value = tuple(value)
    if isinstance(value, tuple):
        return _name(value[0]) if len(value) == 1 else f"[{_names(value)}]"
    return _name(value) if isinstance(value, str) else str(value)


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(_name, names))


def _name(name: str) -> str:
    """A name as a file has it: in quotes where it would be read as something else."""
    plain = name and scalar(name) is name and _SPECIAL.isdisjoint(name) and name[0] not in "-?"
    return name if plain else json.dumps(name, ensure_ascii=False)


def parsed(name: str, word: str, text: str) -> tuple[Any, str]:
    """What a typed text means behind a word of a node, and ""; or None and a sentence. Empty: the word goes."""
    text = " ".join(text.split())
    if not text:
        return None, ""
    try:
        graph, problems = graphfile.parse(
            f"nodegraph: {graphfile.VERSION}\nnodes:\n  {name}:\n    type: any.node\n    {word}: {text}\n")
    except GraphError as error:
        return None, said(error.problems[0])
    if problems:
        return None, said(problems[0])
    value = value_of(graph.nodes[name], word)
    if value is None and word in graph.nodes[name].inputs:  # the value of an input called count
        value_ = written(as_written(graph.nodes[name].inputs[word]))
        return None, said(Problem(None, say("node.count-wrong", node=name, value=value_)))
    return (value, "") if value is not None else (None, t("typed.nothing", word=word))


def changed(graph: Graph, item: Item, word: str, value: Any) -> Graph:
    """The graph with one word of a node set; None takes it out."""
    node = graph.nodes[item.name]
    if word == "each":
        return edits.set_words(graph, item.name, value or (), node.control)
    control = {**node.control, word: value}
    if value is None:
        del control[word]
    return edits.set_words(graph, item.name, node.each, control)
