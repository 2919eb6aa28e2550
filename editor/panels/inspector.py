"""What can be set about a thing on the canvas: for each parameter a Field with the widget that suits it.

A Field is read from the checked graph and shown; `parse_typed` judges what is typed into it, and `changed`
and `reset` make the next graph.
"""

from __future__ import annotations

import json
import math
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field as attribute
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from nodegraph.check import RANDOM, Checked, CheckedNode
from nodegraph.errors import InputError, Problem
from nodegraph.graph import SWITCH, Graph, GraphInput, Ref, label_of, refs
from nodegraph.graphfile import scalar, written
from nodegraph.nodetype import MISSING, NodeType, Port
from nodegraph.packs import Catalogue, Knowledge
from nodegraph.types import ANY, BOOL, COLOR, FILE, FLOAT, INT, PLAIN, SEED, TEXT, ModelType, PortType, short

from ..document import edits, items as on_canvas
from ..document.edits import EditRefused
from ..document.items import Item, mapped as mapped_inputs
from ..document.ports import inputs_of, new_branch
from ..words.speak import has, language, name_of, said, t

WIDGETS = ("slider_int", "slider_float", "drag_int", "drag_float", "text", "multiline", "choice", "checkbox",
           "color", "seed", "file", "model", "list", "link_only", "any", "word")
MOST_ON_A_SLIDER = 10_000  # whole numbers in a range; more of them are dragged
LONG_TEXTS = ("prompt", "text", "template", "verse", "description", "subject", "help")  # ports of sentences


@dataclass(frozen=True)
class Field:
    """One thing that can be set.

    name: the port, or the fact of an input, note or frame. widget: one of WIDGETS. type: the PortType's name.
    value: as it stands in the file; the default where nothing stands there. given: whether something does.
    default: None where there is none. required: it must be given and is not.
    low, high, step: None where there is no limit. choices: of a choice, or names to offer for a model.
    links: what flows in (several in a list). each: whether the node runs once per item of it; None where it
    cannot. problem: what is wrong with it, in a sentence. port: what `parse_typed` judges by.
    """

    name: str
    label: str
    widget: str
    type: str = ""
    value: Any = None
    given: bool = False
    default: Any = None
    required: bool = False
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    links: tuple[Ref, ...] = ()
    promotable: bool = False
    each: bool | None = None
    help: str = ""
    problem: str = ""
    port: Port = attribute(default=Port("", ANY), compare=False, repr=False)

    @property
    def link(self) -> Ref | None:
        """The one link that stands in place of a value."""
        return self.value if type(self.value) is Ref else None

    @property
    def is_default(self) -> bool:
        """Whether its default holds."""
        return not self.given

    @property
    def locked(self) -> bool:
        """Of a seed: whether it is a number, and not rolled for each run."""
        return bool(self.value != RANDOM)

    @property
    def shown(self) -> str:
        """The value as a text field shows it."""
        return typed_text(self.port, self.value)


def fields(checked: Checked, item: Item, catalogue: Catalogue | None = None) -> list[Field]:
    """What can be set about an item, in the order of its ports; empty for an item that is not there.

    catalogue: where the names of models and types to offer come from.
    """
    if not on_canvas.exists(checked.graph, item):
        return []
    return _READERS[item.kind](checked, item, catalogue)


# ---- nodes -------------------------------------------------------------------------------------------------

def _node_fields(checked: Checked, item: Item, catalogue: Catalogue | None) -> list[Field]:
    known = checked.nodes[item.name]
    ports = {port.name: port for port in inputs_of(checked, item.name)}
    if known.node.type == SWITCH and new_branch(known.node) not in known.node.inputs:
        ports.pop(new_branch(known.node), None)
    problems = problems_of(checked, item)
    return [_port_field(port, known, catalogue, problems) for port in ports.values()]


def _port_field(port: Port, known: CheckedNode, catalogue: Catalogue | None,
                problems: list[Problem]) -> Field:
    node, named = known.node, known.known
    given = port.name in node.inputs
    value = node.inputs[port.name] if given else _as_written(port.default)
    mapped = port.name in mapped_inputs(node)
    listed = port if port.many or not (mapped or isinstance(value, list)) else _many(port)
    links = tuple(refs(value))
    batch = known.nodetype.batch if known.nodetype is not None else None
    maps = named and not port.many and batch in (None, port.name)
    required = not given and port.default is MISSING and not port.optional and named and node.type != SWITCH
    return Field(
        port.name, label_of(port.name) if node.type == SWITCH else label(port.name), _widget(listed, value),
        port.type.name, value, given,
        default=None if port.default is MISSING else _as_written(port.default), required=required,
        **_limits(port), choices=port.choices or _models(port.type, catalogue), links=links,
        promotable=named and not links and port.type is not ANY, each=mapped if maps or mapped else None,
        help=_help(port, value, catalogue),
        port=listed, problem=problem_at(problems, port.name))


def _many(port: Port) -> Port:
    return Port(port.name, port.type, True, port.optional, port.default, port.range, port.choices, port.help)


def _as_written(default: Any) -> Any:
    """A port's default as a graph file would write it."""
    if default is MISSING:
        return None
    if isinstance(default, Path):
        return str(default)
    return list(default) if isinstance(default, tuple) else default


def label(port: str) -> str:
    """A port's name as people read it."""
    return name_of("port", port) if has(f"port.{port}") else port.replace("_", " ")


def _limits(port: Port) -> dict[str, float | None]:
    if port.range is None:
        return {"low": None, "high": None, "step": None}
    low, high, step = port.range
    return {"low": low if math.isfinite(low) else None, "high": high if math.isfinite(high) else None,
            "step": step}


def _widget(port: Port, value: Any) -> str:
    """What a value of this port is set with."""
    kind = port.type
    if kind.parse is None:
        return "link_only"
    if port.many or isinstance(value, list):
        return "list"
    if port.choices:
        return "choice"
    if kind in (INT, FLOAT):
        if value is None:
            return "text"  # a slider would show a number where there is none
        low, high = (port.range.low, port.range.high) if port.range is not None else (-math.inf, math.inf)
        fine = math.isfinite(high - low) and (kind is FLOAT or high - low <= MOST_ON_A_SLIDER)
        return ("slider_" if fine else "drag_") + ("int" if kind is INT else "float")
    if kind is TEXT:
        texts = [text for text in (value, port.default) if isinstance(text, str)]
        long = any("\n" in text or len(text) > 60 for text in texts)
        return "multiline" if long or port.name.endswith(LONG_TEXTS) else "text"
    return "model" if isinstance(kind, ModelType) else _OF_TYPE.get(kind.name, "any")


_OF_TYPE = {BOOL.name: "checkbox", COLOR.name: "color", SEED.name: "seed", FILE.name: "file"}


def _models(type: PortType, catalogue: Catalogue | None) -> tuple[str, ...]:
    if not isinstance(type, ModelType) or catalogue is None:
        return ()
    packed = [name for name in catalogue.model_names() if _is_in(type, catalogue.model_folder(name))]
    found = [model.name for model in catalogue.library.found
             if (type.files or model.path.is_dir()) and _is_in(type, model.path)]
    return (*packed, *found)


def _help(port: Port, value: Any, catalogue: Catalogue | None) -> str:
    """A port's help; of a model that a pack brings, also the words that it knows."""
    if not isinstance(port.type, ModelType) or catalogue is None or not isinstance(value, str):
        return port.help
    folder = catalogue.model_folder(value)
    return "\n".join([port.help, *(_known_words(folder, language() == "zh") if folder is not None else ())])


@cache
def _known_words(folder: Path, chinese: bool) -> tuple[str, ...]:
    """What a model says that it knows, in lines; read once."""
    knowledge = Knowledge.of(folder)
    return tuple(knowledge.lines(chinese)) if knowledge is not None else ()


@cache
def _is_in(type: ModelType, folder: Path) -> bool:
    """Whether a model of this type may lie in a folder; looked up once, since packs stay as they are."""
    return type.holds is None or type.holds(folder)


def dice() -> int:
    """A new seed, as random as the system can make it."""
    return secrets.randbelow(2 ** 31)


# ---- problems ----------------------------------------------------------------------------------------------

def problems_of(checked: Checked, item: Item) -> list[Problem]:
    """The problems of an item; not those of graphs inside it, which carry the place of another file."""
    section = {"node": "nodes", "input": "inputs", "output": "outputs"}.get(item.kind, "")
    own = str(checked.graph.path or "graph")
    return [problem for problem in checked.problems if problem.at[:2] == (section, item.name)
            and (problem.where is None or problem.where.file == own)]


def problem_at(problems: Iterable[Problem], key: str) -> str:
    """What is wrong with one part of an item: told at its key, or of the item that lacks it."""
    about = next((p for p in problems if p.at[2:3] == (key,)), None) or \
        next((p for p in problems if lacking(p) == key), None)
    return said(about) if about is not None else ""


_LACKS = {"switch.no-on": "on", "pick.no-from": "from", "pick.no-where": "where"}


def lacking(problem: Problem) -> str:
    """The input that a problem says is not given; "" for any other problem."""
    if problem.code in ("node.needs", "node.input-reserved"):
        return str(problem.facts["input"])
    return _LACKS.get(problem.code, "")


def item_problems(checked: Checked, item: Item) -> list[str]:
    """What is wrong with an item and belongs to none of its fields."""
    problems = problems_of(checked, item)
    if item.kind == "node":
        problems = [p for p in problems if p.at[2:3] in ((), ("type",), ("each",))]
        return [said(p) for p in problems if not lacking(p)]
    return [said(p) for p in problems if len(p.at) == 2 and item.kind == "input"]


# ---- inputs and outputs of the graph, notes, frames --------------------------------------------------------

_FACTS = {"low": "inspector.min", "high": "inspector.max", "help": "inspector.help_field",
          "type": "inspector.type", "default": "inspector.default", "choices": "inspector.choices",
          "source": "inspector.source", "text": "inspector.text", "title": "inspector.title_field",
          "color": "inspector.color"}
_IN_FILE = {"low": "min", "high": "max"}  # what a fact is called in the file, and so in problems
_NUMBERS = ("Int", "Float", "Seed")


def _fact(name: str, widget: str, value: Any, problems: Iterable[Problem] = (), port: Port | None = None,
          **more: Any) -> Field:
    port, more = port or Port(name, TEXT), {"given": value not in (None, ""), **more}
    return Field(name, t(_FACTS[name]), widget, port.type.name, value, port=port,
                 problem=problem_at(problems, _IN_FILE.get(name, name)), **more)


def _input_fields(checked: Checked, item: Item, catalogue: Catalogue | None) -> list[Field]:
    made, port, problems = checked.graph.inputs[item.name], checked.inputs[item.name], problems_of(checked, item)
    found = [_fact("type", "choice", made.type, problems, choices=type_choices(catalogue, made.type))]
    value = made.default if made.has_default else None
    widget = _widget(_named(port, item.name), value)
    found.append(_fact("default", widget, value, problems, _named(port, "default"), given=made.has_default,
                       **_limits(port), choices=port.choices or _models(port.type, catalogue)))
    if made.type in _NUMBERS:
        limit = Port("", FLOAT if made.type == "Float" else INT, optional=True)
        found += [_fact(name, "text", getattr(made, name), problems, _named(limit, _IN_FILE[name]))
                  for name in ("low", "high")]
    if made.type.removeprefix("list of ") == "Choice":
        words = Port("choices", TEXT, many=True)
        found.append(_fact("choices", "list", list(made.choices or ()), problems, words,
                           help=t("inspector.choices.help")))
    return [*found, _fact("help", "multiline", made.help, problems)]


def _named(port: Port, name: str) -> Port:
    return Port(name, port.type, port.many, port.optional, port.default, port.range, port.choices, port.help)


def type_choices(catalogue: Catalogue | None, now: str = "") -> tuple[str, ...]:
    """The types that an input of a graph may have: plain ones, those of packs, and lists of them."""
    names = ["Text", "Choice", *(name for name in PLAIN if name not in ("Text", ANY.name))]
    if catalogue is not None:
        names += [name for name in catalogue.type_names() if name not in names]
    return tuple(dict.fromkeys([*names, *(f"list of {name}" for name in names), *([now] if now else [])]))


def _output_fields(checked: Checked, item: Item, catalogue: Catalogue | None) -> list[Field]:
    ref = checked.graph.outputs[item.name]
    problem = next((said(p) for p in problems_of(checked, item)), "")
    return [Field("source", t(_FACTS["source"]), "link_only", value=ref, given=True, links=(ref,),
                  problem=problem)]


def _layout_fields(checked: Checked, item: Item, catalogue: Catalogue | None) -> list[Field]:
    words = on_canvas.text(checked.graph, item)
    color = _fact("color", "color", on_canvas.color(checked.graph, item) or None, port=Port("color", COLOR))
    first = _fact("text", "multiline", words) if item.kind == "note" else _fact("title", "text", words)
    return [first, color]


_READERS: dict[str, Callable[[Checked, Item, Catalogue | None], list[Field]]] = {
    "node": _node_fields, "input": _input_fields, "output": _output_fields, "note": _layout_fields,
    "frame": _layout_fields, "dot": lambda checked, item, catalogue: []}


# ---- what is typed -----------------------------------------------------------------------------------------

_LINK = re.compile(r"\$([^\W\d][\w-]*)(?:\.([^\W\d][\w-]*))?(\.\.\.)?\Z")


def parse_typed(port: Port, text: str) -> tuple[Any, str]:
    """What a text typed into a field means, as a graph file holds it, and ""; or None and a sentence.

    Texts are taken as they are. A list has an item on each line, and a line `$name` is a link, and
    `$name...` joins the items of a list. An empty field
    leaves an optional port out (None).
    """
    if port.many:
        return _parse_lines(port, text)
    value = _literal(port, text)
    if value is None and (port.optional or port.default is None):
        return None, ""
    wrong = complaint(port, value)
    return (None, wrong) if wrong else (value, "")


def complaint(port: Port, value: Any) -> str:
    """What is wrong with one value for a port, in a sentence; empty if nothing is."""
    if port.type is SEED and value == RANDOM:
        return ""
    try:
        if value is None and port.type is not ANY:
            raise InputError("is empty")
        port.parse(value)
    except InputError as error:
        what = takes(port)
        if what:
            return t("typed.wrong", name=port.name, found=written(value), takes=what)
        return f"{port.name} {error}."
    return ""


def takes(port: Port) -> str:
    """What a port takes, in words of the language spoken now; empty where only its type can tell."""
    if port.choices is not None:
        return t("takes.one_of", words=", ".join(port.choices))
    kind = "model" if isinstance(port.type, ModelType) else port.type.name
    if not has(f"takes.{kind}"):
        return ""
    words = t(f"takes.{kind}")
    if port.range is None:
        return words
    low, high = _number(port.range.low), _number(port.range.high)
    between = "from" if not high else "to" if not low else "between"
    return t(f"takes.{between}", what=words, low=low, high=high)


def _number(value: float) -> str:
    return short(value) if math.isfinite(value) else ""


def _literal(port: Port, text: str) -> Any:
    """One value as the file holds it."""
    if port.type is TEXT and not port.choices:
        return text if text or not port.optional else None
    text = text.strip()
    if port.type is TEXT or port.type in (FILE, COLOR) or isinstance(port.type, ModelType):
        return text or None
    if text[:1] in ('"', "[", "{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return scalar(text)


def _parse_lines(port: Port, text: str) -> tuple[Any, str]:
    one = Port(port.name, port.type, range=port.range, choices=port.choices)
    items = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        link = _LINK.match(line.strip())
        if link:
            items.append(Ref(link[1], link[2], bool(link[3])))
            continue
        value = _literal(one, _from_line(line))
        wrong = complaint(one, value)
        if wrong:
            return None, t("typed.line", line=number, problem=wrong)
        items.append(value)
    return items, ""


def _from_line(line: str) -> str:
    """A line of a list as a text; in quotes it may hold what a line cannot: line ends, or nothing."""
    if line[:1] == '"' and line[-1:] == '"' and len(line) > 1:
        try:
            return str(json.loads(line))
        except ValueError:
            return line
    return line[1:] if line[:2] == "$$" else line


def typed_text(port: Port, value: Any) -> str:
    """A value as it would be typed: `parse_typed` reads it back."""
    if port.many and isinstance(value, (list, tuple)):
        one = Port(port.name, port.type, range=port.range, choices=port.choices)
        return "\n".join(_to_line(one, item) for item in value)
    if value is None:
        return ""
    if type(value) is Ref:
        return str(value)
    if isinstance(value, str):
        plain = port.type is not ANY or scalar(value) is value and value[:1] not in ('"', "[", "{") \
            and value == value.strip()
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, (bool, list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _to_line(port: Port, item: Any) -> str:
    text = typed_text(port, item)
    if type(item) is Ref or not isinstance(item, str):
        return text
    misread = not text.strip() or "\n" in text or "\r" in text or text[:1] in (" ", "\t") and "$" in text
    if misread or text[:1] == '"':
        return json.dumps(text, ensure_ascii=False)
    return f"${text}" if text[:1] == "$" else text


# ---- the next graph ----------------------------------------------------------------------------------------

def changed(graph: Graph, item: Item, name: str, value: Any) -> Graph:
    """The graph with one field of an item set. value: as `parse_typed` gives it. Raises EditRefused."""
    if item.kind == "node":
        return edits.set_value(graph, item.name, name, value)
    if item.kind == "input":
        return edits.set_input(graph, item.name, **_input_changes(graph.inputs[item.name], name, value))
    if name == "color":
        return edits.paint(graph, [item], value or "")
    return edits.set_text(graph, item, value or "")


def reset(graph: Graph, item: Item, name: str) -> Graph:
    """The graph with one field of an item as it is when nothing is said."""
    if item.kind == "node":
        return edits.clear_value(graph, item.name, name)
    if item.kind == "input" and name == "default":
        return edits.set_input(graph, item.name, default=None, has_default=False)
    return changed(graph, item, name, "" if name == "help" else None)


def _input_changes(made: GraphInput, name: str, value: Any) -> dict[str, Any]:
    """What changes about an input of the graph; limits and choices that make no sense any more go."""
    if name == "default":
        return {"default": value, "has_default": True}
    if name == "choices":
        if not value:
            raise EditRefused(t("typed.no_choices"))
        return {"choices": tuple(value)}
    if name in ("low", "high"):
        low, high = {"low": made.low, "high": made.high, name: value}.values()
        if low is not None and high is not None and low > high:
            raise EditRefused(t("typed.min_above_max", low=low, high=high))
        return {name: value}
    if name == "type":
        kind = value.removeprefix("list of ")
        changes: dict[str, Any] = {"type": value}
        if kind not in _NUMBERS:
            changes |= {"low": None, "high": None}
        if kind == "Choice" and not made.choices:
            default = made.default if isinstance(made.default, str) and made.default else "a"
            changes["choices"] = tuple(dict.fromkeys([default, "b"]))
        elif kind != "Choice":
            changes["choices"] = None
        return changes
    return {name: value or ""}


# ---- help --------------------------------------------------------------------------------------------------

class PortHelp(NamedTuple):
    """A port for someone who wants to know. what: its type, limits and default, in one line."""

    name: str
    label: str
    what: str
    help: str


class NodeHelp(NamedTuple):
    """A node type for someone who wants to know."""

    title: str
    name: str
    pack: str
    version: str
    text: str
    inputs: tuple[PortHelp, ...]
    outputs: tuple[PortHelp, ...]


def node_help(nodetype: NodeType) -> NodeHelp:
    """All that a node type says of itself."""
    title = name_of("node", nodetype.name) if has(f"node.{nodetype.name}") else nodetype.name
    return NodeHelp(title, nodetype.name, nodetype.pack, nodetype.version, nodetype.help,
                    tuple(port_help(port) for port in nodetype.inputs.values()),
                    tuple(port_help(port) for port in nodetype.outputs.values()))


def port_help(port: Port) -> PortHelp:
    """What a port takes or gives."""
    kind = name_of("type", port.type.name)
    parts = [t("palette.list_of", type=kind) if port.many else kind]
    if port.choices:
        parts.append(t("takes.one_of", words=", ".join(port.choices)))
    if port.range is not None:
        low, high = _number(port.range.low), _number(port.range.high)
        parts.append(f"{low}-{high}" if low and high else f">= {low}" if low else f"<= {high}")
    if port.default is not MISSING and port.default not in (None, ""):
        parts.append(t("inspector.usually", value=typed_text(port, _as_written(port.default))))
    return PortHelp(port.name, label(port.name), ", ".join(parts), port.help)
