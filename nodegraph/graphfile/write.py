"""Graph files written: plain data as YAML, and a Graph as plain data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from ..graph import CASES, SWITCH, Form, Graph, GraphInput, Node, Ref, label_of
from ..wording import scalar
from .control import written_control
from .read import VERSION

WIDTH = 110  # columns, of what is newly written
ONE_LINE = 80  # characters that a list or mapping in brackets may take
ENDLESS = 1 << 30  # a width at which nothing is wrapped


def same(one: Any, other: Any) -> bool:
    """Whether two trees say the same: 1, 1.0 and true are three things, .nan is itself; order in a mapping is none."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)


# ---- writing ------------------------------------------------------------------------------------------------------

_FOLDED = re.compile("[\x85\u2028\u2029\ufeff\\r]")  # line ends, to YAML 1.1


class InBrackets(dict[str, Any]):
    """A mapping that is written in one line where it fits: {type: Int, default: 7}."""


class InLines(list[Any]):
    """A list that is written with an item in each line, however short it is."""


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.1 readers, or `scalar`, would take for something else; never writes anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def text(self, value: str) -> yaml.ScalarNode:
        style = None if scalar(value) is value else "'"
        if "\n" in value:
            style = "|"  # falls back to quotes where YAML cannot keep every space
        if _FOLDED.search(value) or value.endswith("\n\n") or value == "\n":  # in lines, blank ones below would count
            style = '"'
        return self.represent_scalar("tag:yaml.org,2002:str", value, style)

    def items(self, value: list[Any]) -> yaml.SequenceNode:
        return self.represent_sequence("tag:yaml.org,2002:seq", value, _fits_one_line(value) or None)

    def items_in_lines(self, value: InLines) -> yaml.SequenceNode:
        return self.represent_sequence("tag:yaml.org,2002:seq", list(value), False)

    def names(self, value: dict[str, Any]) -> yaml.MappingNode:
        return self.represent_mapping("tag:yaml.org,2002:map", value)

    def names_in_brackets(self, value: InBrackets) -> yaml.MappingNode:
        return self.represent_mapping("tag:yaml.org,2002:map", dict(value), _fits_one_line(value) or None)


def _fits_one_line(value: Any) -> bool:
    """Whether a list or mapping is short enough for brackets, and holds no text of several lines."""
    return _width(value, ONE_LINE) <= ONE_LINE


def _width(value: Any, most: int) -> int:
    """About how many characters a value takes in one line; more than `most` where it had better not."""
    if isinstance(value, str):
        return len(value) + 2 if "\n" not in value else most + 1
    if not isinstance(value, (list, tuple, dict)):
        return len(repr(value))
    taken = 2
    for part in value.items() if isinstance(value, dict) else value:
        parts = part if isinstance(value, dict) else (part,)
        taken += sum(_width(p, most) for p in parts) + 2
        if taken > most:
            break
    return taken


_Dumper.add_representer(str, _Dumper.text)
_Dumper.add_representer(InBrackets, _Dumper.names_in_brackets)
_Dumper.add_representer(InLines, _Dumper.items_in_lines)
for _add in (_Dumper.add_representer, _Dumper.add_multi_representer):
    _add(list, _Dumper.items)
    _add(dict, _Dumper.names)


def dump(tree: Any, width: int = WIDTH, **style: Any) -> str:
    """A tree of plain data as YAML, ending with a line end."""
    text: str = yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=width, **style)
    return text


def in_brackets(value: Any) -> str:
    """A value as it may stand inside brackets, in one line."""
    return dump([value], ENDLESS, default_flow_style=True).strip()[1:-1]


def one_line(value: Any, within: bool, style: str | None = None) -> str:
    """A value in one line; within: inside brackets. style: the quotes that a text had before."""
    if isinstance(value, str):
        if style == "'" and "\n" not in value and value.isprintable():
            return "'" + value.replace("'", "''") + "'"
        if style == '"' or not within and "\n" in value:
            return yaml.safe_dump(value, default_style='"', width=ENDLESS, allow_unicode=True).strip()
        if not within:
            return dump(value, ENDLESS).removesuffix("\n").removesuffix("\n...")
    return in_brackets(value)


def under(tree: Any, head: str, column: int) -> str:
    """What follows `key:` or `-` (head) in a block at this column, without the last line end."""
    lines = dump(tree, max(WIDTH - column, 40)).removeprefix(head).removesuffix("\n").split("\n")
    return "\n".join([lines[0], *(" " * column + line if line else "" for line in lines[1:])])

# ---- a Graph

def dumps(graph: Graph) -> str:
    """The graph as YAML that `parse` reads back to an equal Graph: meaning first, canvas positions last."""
    return dump(tree_of(graph))


def tree_of(graph: Graph) -> dict[str, Any]:
    """The plain data of a graph file."""
    tree: dict[str, Any] = {"nodegraph": VERSION}
    if graph.title:
        tree["title"] = graph.title
    if graph.description:
        tree["description"] = graph.description
    if graph.packs:
        tree["packs"] = dict(graph.packs)
    if graph.inputs:
        tree["inputs"] = {name: InBrackets(_input_tree(i)) for name, i in graph.inputs.items()}
    tree["nodes"] = {name: _node_tree(node) for name, node in graph.nodes.items()}
    if graph.outputs:
        tree["outputs"] = {name: _output_tree(ref, graph.forms.get(name)) for name, ref in graph.outputs.items()}
    if graph.layout:
        tree["layout"] = {key: {name: InBrackets(item) if isinstance(item, dict) else item
                                for name, item in value.items()} if isinstance(value, dict) else value
                          for key, value in graph.layout.items()}
    return tree


def _output_tree(ref: Ref, form: Form | None) -> Any:
    if form is None:
        return str(ref)
    told = {"format": form.format or None, "quality": form.quality}
    return InBrackets({"value": str(ref), **{word: value for word, value in told.items() if value is not None}})


def _input_tree(item: GraphInput) -> dict[str, Any]:
    tree: dict[str, Any] = {"type": item.type}
    if item.has_default:
        tree["default"] = as_written(item.default)
    for key, value in (("help", item.help), ("min", item.low), ("max", item.high)):
        if value not in ("", None):
            tree[key] = value
    if item.choices:
        tree["choices"] = list(item.choices)
    return tree


def _node_tree(node: Node) -> dict[str, Any]:
    tree: dict[str, Any] = {"type": node.type}
    if node.each:
        tree["each"] = node.each[0] if len(node.each) == 1 else list(node.each)
    tree.update((key, True) for key in ("bypass", "mute") if getattr(node, key))
    if node.control:
        tree.update((word, InBrackets(value) if type(value) is dict else value)
                    for word, value in written_control(node.control).items())
    for port, value in node.inputs.items():
        if node.type == SWITCH and port.startswith(CASES):
            tree.setdefault("cases", {})[label_of(port)] = as_written(value)
        else:
            tree[port] = as_written(value)
    return tree


def as_written(value: Any) -> Any:
    if type(value) is Ref:
        return str(value)
    if isinstance(value, str) and value.startswith("$"):
        return "$" + value
    if isinstance(value, list):
        return [as_written(v) for v in value]
    if isinstance(value, dict):
        return {key: as_written(v) for key, v in value.items()}
    return value
